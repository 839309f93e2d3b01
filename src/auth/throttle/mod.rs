//! Limits on what anybody may call, by three names at once: the address a request comes from, its network, and the account that it
//! is about, whether that exists or not.
//!
//! An address is an IPv4 one or an IPv6 network of 64 bits, such as a household gets; a network, of 24 or 48 bits, may do ten times
//! as much as one address. Which address a request comes from, [`super::proxies`] says.
//! Each process counts for itself; [`super::attempts`] counts wrong passwords for all of them.
//!
//! Invariant: memory is bounded, however many addresses call: each limit has a fixed number of places, and what shares one
//! shares its quota.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::proxies;
use crate::error::{ApiError, Result};

/// Places of a limit; a few MB when all are taken. With a thousand addresses in a minute, one in seventy shares its own.
const PLACES: u64 = 1 << 16;

/// How many addresses' worth a network may do.
const NETWORK: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

/// Requests a minute and address.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// What makes accounts or has mail sent.
    pub registrations: NonZeroU32,
    /// What proves who somebody is: passwords, codes, tokens.
    pub logins: NonZeroU32,
}

/// The limiters.
#[derive(Debug)]
pub struct Throttle {
    registrations: Limits,
    logins: Limits,
    // Apart, so that a calendar program with a link that was revoked keeps nobody of its network from logging in.
    links: Limits,
}

impl Throttle {
    /// Nothing is counted yet.
    #[must_use]
    pub fn new(rates: Rates) -> Self {
        let Rates { registrations, logins } = rates;
        Self { registrations: Limits::new(registrations), logins: Limits::new(logins), links: Limits::new(logins) }
    }

    /// Counts a registration or a request for mail.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub fn registration(&self, address: Option<IpAddr>) -> Result<()> {
        self.registrations.visit(address)
    }

    /// Counts what proves who somebody is: a log-in, a refresh, a token from a mail, a code.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub fn login(&self, address: Option<IpAddr>) -> Result<()> {
        self.logins.visit(address)
    }

    /// Counts a registration or a request for mail under an account's name: its normalised address.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub fn registration_of(&self, account: &str) -> Result<()> {
        self.registrations.account.count(&account)
    }

    /// Counts what proves who somebody is under an account's name: the normalised address, the person's id, or, where all that there
    /// is is a token, that.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub fn login_of(&self, account: impl Hash) -> Result<()> {
        self.logins.account.count(&account)
    }

    /// Counts a link's token that opens nothing.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub fn link(&self, address: Option<IpAddr>) -> Result<()> {
        self.links.visit(address)
    }

    /// Counts a visit by a link.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub fn link_of(&self, link: impl Hash) -> Result<()> {
        self.links.account.count(&link)
    }

    /// Forgets who has been quiet.
    pub fn forget_quiet(&self) {
        for Limits { address, network, account } in [&self.registrations, &self.logins, &self.links] {
            [address, network, account].into_iter().for_each(Limit::forget_quiet);
        }
    }
}

#[derive(Debug)]
struct Limits {
    address: Limit,
    network: Limit,
    account: Limit,
}

impl Limits {
    fn new(rate: NonZeroU32) -> Self {
        let network = rate.saturating_mul(NETWORK);
        Self { address: Limit::new(rate), network: Limit::new(network), account: Limit::new(rate) }
    }

    /// The address first: what one address does in vain takes nothing from its network.
    fn visit(&self, address: Option<IpAddr>) -> Result<()> {
        // Whoever has no address (a socket file) shares one.
        let address = address.unwrap_or(IpAddr::from([0, 0, 0, 0]));
        let (household, provider) = if address.is_ipv4() { (32, 24) } else { (64, 48) };
        self.address.count(&proxies::network(address, household))?;
        self.network.count(&proxies::network(address, provider))
    }
}

struct Limit {
    places: DefaultKeyedRateLimiter<u64>,
    /// Random in each process: nobody can look for a name that shares another's place.
    seed: RandomState,
}

impl std::fmt::Debug for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Limit")
    }
}

impl Limit {
    fn new(rate: NonZeroU32) -> Self {
        Self { places: RateLimiter::keyed(Quota::per_minute(rate)), seed: RandomState::new() }
    }

    fn count(&self, name: &impl Hash) -> Result<()> {
        let place = self.seed.hash_one(name) % PLACES;
        self.places.check_key(&place).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            ApiError::RateLimited { code: "rate_limited", retry_after: wait.as_secs() + 1 }
        })
    }

    fn forget_quiet(&self) {
        self.places.retain_recent();
        self.places.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests;
