//! The resources of a clinic: one file each, with its schema, its operations and its SQL. To add one: a migration, a file, and
//! a line in each of the lists below.

pub mod patients;

use crate::error::ConstraintMessage;
use crate::sql::{Clinic, Statement};

/// The operations of all resources.
pub type Api = (patients::Patients, ());

/// See [`Api`].
#[must_use]
pub const fn api() -> Api {
    (patients::Patients, ())
}

/// All statements on clinics' databases.
#[must_use]
pub fn statements() -> Vec<&'static Statement<Clinic>> {
    [
        crate::clinic::STATEMENTS,
        crate::clinic::outbox::STATEMENTS,
        crate::api::idempotency::STATEMENTS,
        patients::STATEMENTS,
    ]
    .concat()
}

/// What the constraints of clinics' databases mean to a client.
pub static CONSTRAINTS: &[ConstraintMessage] = &[patients::NUMBER_TAKEN, patients::BIRTH_DATE_BOUNDS];
