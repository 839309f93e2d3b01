//! The resources of a clinic: one file each, with its schema, its operations and its SQL. To add one: a migration, a file, and
//! a line in each of the lists below.

pub mod appointment_events;
pub mod appointment_items;
pub mod appointment_statistics;
pub mod appointments;
pub mod audit_logs;
pub mod calendar;
pub mod calendar_links;
pub mod categories;
pub mod clinic;
pub mod closures;
pub mod documents;
pub mod facilities;
pub mod isolation_report;
pub mod links;
pub mod patients;
pub mod platform;
pub mod practitioners;
pub mod products;
pub mod rooms;
pub mod slots;
pub mod staff;

use crate::error::ConstraintMessage;
use crate::sql::{Clinic, Statement};

/// The operations of all resources, in groups: one tuple holds at most sixteen.
pub type Api = (
    (audit_logs::AuditLogs, clinic::ClinicItself, closures::Closures, facilities::Facilities, rooms::Rooms),
    (staff::Staff, staff::Invitations, practitioners::Api),
    patients::Api,
    (appointments::Api, appointment_events::AppointmentEvents, appointment_statistics::AppointmentStatistics),
    (calendar::CalendarView, calendar_links::CalendarLinks, links::AppointmentLinks, links::CalendarFeed),
    (slots::Slots, slots::Holds),
    (categories::Categories, products::Products, appointment_items::AppointmentItems, documents::Documents),
    (platform::Platform, isolation_report::NewestReport),
);

/// See [`Api`].
#[must_use]
pub const fn api() -> Api {
    (
        (audit_logs::AuditLogs, clinic::ClinicItself, closures::Closures, facilities::Facilities, rooms::Rooms),
        (staff::Staff, staff::Invitations, practitioners::api()),
        patients::api(),
        (appointments::API, appointment_events::AppointmentEvents, appointment_statistics::AppointmentStatistics),
        (calendar::CalendarView, calendar_links::CalendarLinks, links::AppointmentLinks, links::CalendarFeed),
        (slots::Slots, slots::Holds),
        (categories::Categories, products::Products, appointment_items::AppointmentItems, documents::Documents),
        (platform::Platform, isolation_report::NewestReport),
    )
}

/// All statements on clinics' databases.
#[must_use]
pub fn statements() -> Vec<&'static Statement<Clinic>> {
    [
        crate::clinic::STATEMENTS,
        crate::clinic::housekeeping::STATEMENTS,
        crate::clinic::outbox::STATEMENTS,
        crate::api::idempotency::STATEMENTS,
        crate::api::tax::STATEMENTS,
        appointment_events::STATEMENTS,
        appointment_items::STATEMENTS,
        appointment_statistics::STATEMENTS,
        appointments::STATEMENTS,
        appointments::series::STATEMENTS,
        calendar::STATEMENTS,
        calendar_links::STATEMENTS,
        categories::STATEMENTS,
        clinic::STATEMENTS,
        closures::STATEMENTS,
        documents::STATEMENTS,
        facilities::STATEMENTS,
        links::STATEMENTS,
        patients::STATEMENTS,
        patients::duplicates::STATEMENTS,
        patients::export::STATEMENTS,
        patients::import::STATEMENTS,
        patients::timeline::STATEMENTS,
        practitioners::STATEMENTS,
        practitioners::availability::STATEMENTS,
        practitioners::services::STATEMENTS,
        products::STATEMENTS,
        rooms::STATEMENTS,
        slots::STATEMENTS,
    ]
    .concat()
}

/// What the constraints of clinics' databases mean to a client.
pub static CONSTRAINTS: &[ConstraintMessage] = &[
    appointment_items::PRODUCT_MISSING,
    appointments::FACILITY_GONE,
    appointments::PATIENT_BUSY,
    appointments::PRACTITIONER_BUSY,
    appointments::PRACTITIONER_GONE,
    appointments::ROOM_BUSY,
    appointments::ROOM_GONE,
    appointments::SERVICE_GONE,
    appointments::SLOT_HELD,
    categories::IN_USE,
    categories::NAME_TAKEN,
    categories::PARENT_MISSING,
    categories::RING,
    categories::TOO_DEEP,
    closures::ORDER,
    patients::BIRTH_DATE_BOUNDS,
    patients::NUMBER_TAKEN,
    patients::duplicates::MERGE_CHAIN,
    practitioners::REGISTRATION_TAKEN,
    practitioners::USER_TAKEN,
    practitioners::availability::OVERLAP,
    products::CATEGORY_MISSING,
    products::CODE_TAKEN,
    products::NO_DURATION,
    products::PERIOD,
    rooms::NAME_TAKEN,
    slots::TAKEN,
];
