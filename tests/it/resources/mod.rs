//! One file a resource, as in `src/resources`.

mod appointment_events;
mod appointment_items;
mod appointments;
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
mod products;
mod slots;
mod staff;
