//! The integration tests: behaviour on a real PostgreSQL, through HTTP and real tokens. One binary, a process a test.
//!
//! `scripts/test` starts one PostgreSQL for all of them; run alone (`cargo nextest run NAME`), a test starts one of its own.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod architecture;
mod asvs;
mod attack;
mod auth;
mod cli;
mod compose;
mod delivery;
mod dependencies;
mod isolation;
mod observed;
mod openapi;
mod plans;
mod provisioning;
mod readme;
mod region;
mod resources;
mod round_trips;
mod spec_links;
mod statements;
mod support;
