//! The resources of a clinic: one file each, with its schema, its operations and its SQL. To add one: a migration, a file, and
//! a line in each of the lists below.

pub mod appointment_statistics;
pub mod audit_logs;
pub mod calendar;
pub mod patients;
pub mod platform;
pub mod practitioners;
pub mod staff;

use crate::error::ConstraintMessage;
use crate::sql::{Clinic, Statement};

/// The operations of all resources.
pub type Api = (
    appointment_statistics::AppointmentStatistics,
    audit_logs::AuditLogs,
    calendar::CalendarView,
    patients::Patients,
    practitioners::Api,
    staff::Staff,
    staff::Invitations,
    platform::Platform,
);

/// See [`Api`].
#[must_use]
pub const fn api() -> Api {
    (
        appointment_statistics::AppointmentStatistics,
        audit_logs::AuditLogs,
        calendar::CalendarView,
        patients::Patients,
        practitioners::api(),
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
        appointment_statistics::STATEMENTS,
        calendar::STATEMENTS,
        patients::STATEMENTS,
        practitioners::STATEMENTS,
        practitioners::availability::STATEMENTS,
        practitioners::services::STATEMENTS,
    ]
    .concat()
}

/// What the constraints of clinics' databases mean to a client.
pub static CONSTRAINTS: &[ConstraintMessage] = &[
    patients::NUMBER_TAKEN,
    patients::BIRTH_DATE_BOUNDS,
    practitioners::USER_TAKEN,
    practitioners::REGISTRATION_TAKEN,
    practitioners::availability::OVERLAP,
];
