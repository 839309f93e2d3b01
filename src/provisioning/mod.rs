//! Making a clinic's database ready, keeping it at the newest schema, and what was left over.
//!
//! | file | owns |
//! | --- | --- |
//! | `steps` | the seven steps, each idempotent |
//! | `schema` | the nine migrations of a clinic's database and how they run |
//! | `server` | a PostgreSQL server, as the provisioner reaches it |
//! | `template` | the database that new clinics are copied from |
//! | `spares` | copies of it made ahead |
//! | `worker` | the process that does all this |
//! | `fleet` | `medicalpro migrate`: every clinic to the newest schema |
//! | `housekeeping` | what the worker throws away, once a day |
//! | `reaper` | databases and roles that no company owns |
//! | `bootstrap` | once a PostgreSQL server, by its administrator |
//!
//! The jobs themselves are `central::journal`'s. Invariant: only the worker's login can make databases, and not even it can make roles: it calls a function that takes a
//! SCRAM verifier.

pub mod bootstrap;
pub mod fleet;
pub mod housekeeping;
pub mod reaper;
pub mod schema;
pub mod server;
mod spares;
pub mod steps;
pub mod template;
pub mod worker;
