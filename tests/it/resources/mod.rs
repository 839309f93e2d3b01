//! One file a resource, as in `src/resources`.

mod identity_audit;
mod patients;
mod practitioners;
mod slots;
mod staff;
