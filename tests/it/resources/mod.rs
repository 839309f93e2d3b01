//! One file a resource, as in `src/resources`.

mod appointments;
mod identity_audit;
mod patients;
mod practitioners;
mod staff;
