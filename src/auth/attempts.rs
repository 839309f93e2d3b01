//! Wrong passwords and codes make the next attempt wait longer. Nobody is locked out: a device that the person has logged in from
//! before is counted apart, so that it still gets in while others try their luck; one that was stolen gains no more attempts by it.
//!
//! All servers count together, in central. An address without an account is counted like one that has one, and nothing is verified
//! of an attempt that must wait.

use uuid::Uuid;

use crate::central::Central;
use crate::central::attempts::{self, Asked};
use crate::error::{ApiError, Result};
use crate::secrets::MasterKeys;

/// An attempt that may be looked at. It is counted as a failure unless it is [`Attempt::succeeded`].
#[derive(Debug)]
#[must_use = "an attempt that succeeded must be told to have"]
pub struct Attempt {
    subject: [u8; 32],
}

impl Attempt {
    /// An attempt on an account, by its normalised address, from a device that is known to be its person's, if it is.
    ///
    /// # Errors
    /// 429 with the seconds to wait, where there were too many failures.
    pub async fn on(central: &Central, keys: &MasterKeys, account: &str, device: Option<Uuid>) -> Result<Self> {
        // Keyed: who reads the table learns neither who was tried, nor which addresses have no account.
        let subject = match device {
            Some(device) => keys.fingerprint(format!("attempts by device {device}").as_bytes()),
            None => on_account(keys, account),
        };
        match attempts::ask(central, &subject).await? {
            Asked::Granted => Ok(Self { subject }),
            Asked::Wait(retry_after) => Err(ApiError::RateLimited { code: "too_many_attempts", retry_after }),
        }
    }

    /// It was no failure, and what failed before it is forgotten. Where a second factor is still to be shown, that decides: whoever has
    /// the password must not guess codes without end.
    ///
    /// # Errors
    /// Unavailable when central is.
    pub async fn succeeded(self, central: &Central) -> Result<()> {
        attempts::forgive(central, &self.subject).await
    }
}

/// Under what name attempts on an account are counted, by its normalised address, from devices that are not known.
pub(super) fn on_account(keys: &MasterKeys, account: &str) -> [u8; 32] {
    keys.fingerprint(format!("attempts on {account}").as_bytes())
}
