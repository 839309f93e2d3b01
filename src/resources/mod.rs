//! The resources of a clinic: one file each, with its schema, its operations and its SQL. To add one: a migration, a file, and
//! a line in each of the lists below.

pub mod appointment_items;
pub mod audit_logs;
pub mod categories;
pub mod documents;
pub mod patients;
pub mod platform;
pub mod practitioners;
pub mod products;
pub mod staff;

use crate::error::ConstraintMessage;
use crate::sql::{Clinic, Statement};

/// The operations of all resources.
pub type Api = (
    appointment_items::AppointmentItems,
    audit_logs::AuditLogs,
    categories::Categories,
    documents::Documents,
    patients::Patients,
    practitioners::Practitioners,
    products::Products,
    staff::Staff,
    staff::Invitations,
    platform::Platform,
);

/// See [`Api`].
#[must_use]
pub const fn api() -> Api {
    (
        appointment_items::AppointmentItems,
        audit_logs::AuditLogs,
        categories::Categories,
        documents::Documents,
        patients::Patients,
        practitioners::Practitioners,
        products::Products,
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
        crate::api::tax::STATEMENTS,
        appointment_items::STATEMENTS,
        categories::STATEMENTS,
        documents::STATEMENTS,
        patients::STATEMENTS,
        practitioners::STATEMENTS,
        products::STATEMENTS,
    ]
    .concat()
}

/// What the constraints of clinics' databases mean to a client.
pub static CONSTRAINTS: &[ConstraintMessage] = &[
    patients::NUMBER_TAKEN,
    patients::BIRTH_DATE_BOUNDS,
    practitioners::USER_TAKEN,
    practitioners::REGISTRATION_TAKEN,
    categories::NAME_TAKEN,
    categories::PARENT_MISSING,
    categories::RING,
    categories::TOO_DEEP,
    categories::IN_USE,
    products::CODE_TAKEN,
    products::NO_DURATION,
    products::PERIOD,
    products::CATEGORY_MISSING,
    appointment_items::PRODUCT_MISSING,
];
