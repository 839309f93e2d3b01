//! One file a resource, as in `src/resources`.

mod appointment_events;
mod appointment_items;
mod appointments;
mod categories;
mod documents;
mod identity_audit;
mod links;
mod patients;
mod practitioners;
mod products;
mod slots;
mod staff;
