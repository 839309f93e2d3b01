//! What tests stand on: a PostgreSQL, the server and the worker in this process, and clinics with people in them.
//!
//! Processes share one installation, as several servers and workers would: a job may be done by another test's worker.

mod links;
mod practice;
pub mod process;
pub mod sale;
pub mod tokens;
mod world;

pub use links::{LinkedVisit, calendar_token, link_token};
pub use world::{
    Answer, Clinic, MASTER_KEYS, MailFolder, OwnCluster, Person, World, admin_client, api_url, own_postgres, prepare,
    provisioner_url,
};

/// What every test account logs in with.
pub const PASSWORD: &str = "correct horse battery staple";
