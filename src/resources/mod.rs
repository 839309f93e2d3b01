//! The resources of a clinic: one file each, with its schema, its operations and its SQL. To add one: a migration, a file, and
//! a line in each of the lists below.

pub mod audit_logs;
pub mod patients;
pub mod platform;
pub mod practitioners;
pub mod staff;

use crate::error::ConstraintMessage;
use crate::sql::{Clinic, Statement};

/// The operations of all resources.
pub type Api = (
    audit_logs::AuditLogs,
    patients::Patients,
    patients::duplicates::Duplicates,
    practitioners::Practitioners,
    staff::Staff,
    staff::Invitations,
    platform::Platform,
);

/// See [`Api`].
#[must_use]
pub const fn api() -> Api {
    (
        audit_logs::AuditLogs,
        patients::Patients,
    patients::duplicates::Duplicates,
        practitioners::Practitioners,
        staff::Staff,
        staff::Invitations,
        platform::Platform,
    )
}

/// All statements on clinics' databases.
#[must_use]
pub fn statements() -> Vec<&'static Statement<Clinic>> {
    [
        crate::clinic::STATEMENTS,
        crate::clinic::outbox::STATEMENTS,
        crate::api::idempotency::STATEMENTS,
        patients::STATEMENTS,
        patients::duplicates::STATEMENTS,
        practitioners::STATEMENTS,
    ]
    .concat()
}

/// What the constraints of clinics' databases mean to a client.
pub static CONSTRAINTS: &[ConstraintMessage] = &[
    patients::NUMBER_TAKEN,
    patients::BIRTH_DATE_BOUNDS,
    patients::duplicates::MERGE_CHAIN,
    practitioners::USER_TAKEN,
    practitioners::REGISTRATION_TAKEN,
];
