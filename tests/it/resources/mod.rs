//! One file a resource, as in `src/resources`.

mod patients;
mod staff;
