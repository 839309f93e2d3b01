//! MedicalPro: a multi-tenant backend for medical practices, one physical PostgreSQL database a clinic.
//!
//! # The map
//!
//! | module | owns |
//! | --- | --- |
//! | [`telemetry`] | logs, spans, metrics and their listener |
//! | [`ids`], [`error`], [`mod@sql`], [`secrets`], [`database`] | what everything else is made of |
//! | [`central`] | the central database: clinics, people, sessions, jobs, mail; never a patient |
//! | [`clinic`] | the way to a clinic's database: pool, checkout, transaction |
//! | [`region`], [`email`] | countries' rules as data; mail in its reader's language |
//! | [`api`] | the contract's building blocks: bodies, pages, answers |
//! | [`auth`] | who is asking |
//! | [`provisioning`] | making clinics' databases, and the worker that does |
//! | [`verification`] | the isolation of a live installation, attacked and reported |
//! | [`resources`] | a clinic's resources, one file each |
//! | [`http`] | what every request passes, the spec, the pages |
//! | [`config`], [`app`] | settings, and everything built once |
//! | [`embedded`], [`dev`] | the private PostgreSQL and the development mode |
//!
//! # The life of a request
//!
//! `http` (limits, request id) → `auth::caller` (token, session, clinic's status) → `clinic::connections` (the clinic's pool) →
//! `clinic::checkout` (BEGIN, role, signed context, in one message with the first statement) → `resources::…` (the operation, its SQL) →
//! commit → answer. Nothing later calls back into something earlier.

pub mod api;
pub mod app;
pub mod auth;
pub mod central;
pub mod clinic;
pub mod config;
pub mod database;
pub mod dev;
pub mod email;
pub mod embedded;
pub mod error;
pub mod http;
pub mod ids;
pub mod provisioning;
pub mod region;
pub mod resources;
pub mod secrets;
pub mod sql;
pub mod telemetry;
pub mod verification;
