//! One file a resource, as in `src/resources`.

mod clinic;
mod closures;
mod facilities;
mod identity_audit;
mod patients;
mod practitioners;
mod staff;
