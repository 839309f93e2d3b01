//! Limits by network address for what anybody may call: registering, logging in, asking for mail.
//!
//! The address is the connection's; headers that claim another are not believed.

use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::error::{ApiError, Result};

/// Requests a minute and address.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// `register` and `resend-verification`.
    pub registrations: NonZeroU32,
    /// `login`, `refresh` and `verify-email`.
    pub logins: NonZeroU32,
}

/// The limiters.
pub struct Throttle {
    registrations: DefaultKeyedRateLimiter<IpAddr>,
    logins: DefaultKeyedRateLimiter<IpAddr>,
}

impl std::fmt::Debug for Throttle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Throttle")
    }
}

impl Throttle {
    /// Nothing is counted yet.
    #[must_use]
    pub fn new(rates: Rates) -> Self {
        Self {
            registrations: RateLimiter::keyed(Quota::per_minute(rates.registrations)),
            logins: RateLimiter::keyed(Quota::per_minute(rates.logins)),
        }
    }

    /// Counts a registration or a request for mail.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub fn registration(&self, address: Option<IpAddr>) -> Result<()> {
        count(&self.registrations, address)
    }

    /// Counts a log-in.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub fn login(&self, address: Option<IpAddr>) -> Result<()> {
        count(&self.logins, address)
    }

    /// Forgets addresses that have been quiet, so that memory stays bounded.
    pub fn forget_quiet(&self) {
        self.registrations.retain_recent();
        self.logins.retain_recent();
    }
}

fn count(limiter: &DefaultKeyedRateLimiter<IpAddr>, address: Option<IpAddr>) -> Result<()> {
    // Whoever has no address (a socket file) shares one.
    let address = network(address.unwrap_or(IpAddr::from([0, 0, 0, 0])));
    limiter.check_key(&address).map_err(|not_until| {
        let wait = not_until.wait_time_from(DefaultClock::default().now());
        ApiError::RateLimited { retry_after: wait.as_secs() + 1 }
    })
}

/// A household gets an IPv6 network of 64 bits: counted as one.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            v6.to_ipv4_mapped().map_or_else(|| IpAddr::from([a, b, c, d, 0, 0, 0, 0]), IpAddr::V4)
        }
    }
}
