//! One file a resource, as in `src/resources`.

mod clinic;
mod closures;
mod facilities;
mod appointments;
mod appointment_items;
mod categories;
mod documents;
mod appointment_events;
mod appointment_statistics;
mod calendar;
mod clinic;
mod closures;
mod facilities;
mod identity_audit;
mod links;
mod patients;
mod practitioners;
mod slots;
mod products;
mod staff;
