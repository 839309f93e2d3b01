//! One file a resource, as in `src/resources`.

mod appointment_items;
mod categories;
mod documents;
mod identity_audit;
mod patients;
mod practitioners;
mod products;
mod staff;
