//! All checks, in the order in which they are told. A new one is a [`Check`] in one of these lists.

mod audit;
mod catalogue;
mod central;
mod context;
mod doors;
mod powers;
mod rights;
mod server;

use super::Check;

/// All of them.
#[must_use]
pub fn all() -> Vec<&'static Check> {
    [
        doors::CHECKS,
        context::CHECKS,
        rights::CHECKS,
        audit::CHECKS,
        powers::CHECKS,
        catalogue::CHECKS,
        server::CHECKS,
        central::CHECKS,
    ]
    .into_iter()
    .flatten()
    .collect()
}
