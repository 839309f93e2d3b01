//! Every operation of the spec is attacked; bad input gets a clear answer.

mod bad_input;
mod bad_requests;
mod framing;
pub mod operations;
mod outsiders;
mod paging;
mod spec_walk;
pub mod tokens;
mod trail;
mod wire;
