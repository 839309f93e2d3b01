//! One file a resource, as in `src/resources`.

mod appointments;
mod identity_audit;
mod links;
mod patients;
mod practitioners;
mod slots;
mod staff;
