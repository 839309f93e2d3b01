//! The path to a clinic's database, that every request shares: pool, checkout, transaction.
//!
//! | file | owns |
//! | --- | --- |
//! | `context` | who asks ([`Caller`], [`Link`]), and the signature that tells PostgreSQL so |
//! | `credentials` | a clinic's login and context key, opened |
//! | `connections` | one private, bounded pool a clinic; the connection budget |
//! | `checkout` | the message that opens a transaction: session role, `search_path`, signed context |
//! | `link` | what a link's token says, sealed |
//! | `tx` | [`ClinicTx`]: the only thing that runs SQL on a clinic |
//! | `housekeeping` | what the worker throws away |
//! | `outbox` | mail about patients: queued by whoever causes it, taken by the worker |
//!
//! Invariant: no statement reaches a clinic's database outside a [`ClinicTx`], and there is no way to one but
//! [`Clinics::read`] and [`Clinics::write`], which take a verified [`Caller`], [`Clinics::link`], which takes a verified [`Link`], and
//! [`Clinics::run`], which takes the worker's [`Errand`].

mod checkout;
mod connections;
mod context;
mod credentials;
pub mod housekeeping;
mod link;
pub mod outbox;
mod tx;

pub use connections::{Clinics, PoolSettings};
pub use context::{Caller, ContextKey, Errand, Link};
pub use credentials::Credentials;
pub use link::{LinkKind, LinkToken};
pub use tx::{Access, ClinicTx, Read, STATEMENTS, Write};
