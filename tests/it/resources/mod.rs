//! One file a resource, as in `src/resources`.

mod appointment_events;
mod identity_audit;
mod patients;
mod practitioners;
mod staff;
