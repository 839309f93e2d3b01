//! One file a resource, as in `src/resources`.

mod appointment_statistics;
mod calendar;
mod identity_audit;
mod patients;
mod practitioners;
mod staff;
