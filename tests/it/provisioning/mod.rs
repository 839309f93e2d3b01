//! Making clinics' databases, and being killed while at it.
//!
//! | file | shows |
//! | --- | --- |
//! | `register` | a registration answers with the clinic ready, once, or makes nothing |
//! | `lazy` | an imported clinic is made at its first access |
//! | `kill` | server and worker killed after each step: the clinic ends active |
//! | `interrupted` | killed in the middle of a step |
//! | `failure` | what cannot be made is undone |
//! | `schema` | both ways give the same schema |
//! | `fleet` | `migrate`: every clinic to the newest schema, those that cannot be are named |
//! | `spares` | copies made ahead are taken, made anew, and dropped when they are no good |
//! | `leases` | one worker a clinic, and what no company owns |
//!
//! `site` is an installation of processes that can be killed, `pause` stops a worker at a moment that the test chooses.

mod failure;
mod fleet;
mod interrupted;
mod kill;
mod lazy;
mod leases;
pub mod pause;
mod purging;
mod register;
pub mod schema;
pub mod site;
mod spares;
