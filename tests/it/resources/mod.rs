//! One file a resource, as in `src/resources`.

mod appointment_events;
mod appointment_items;
mod appointment_statistics;
mod appointments;
mod calendar;
mod categories;
mod clinic;
mod closures;
mod documents;
mod facilities;
mod identity_audit;
mod links;
mod patients;
mod practitioners;
mod products;
mod slots;
mod staff;
