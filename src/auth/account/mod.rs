//! What people do to their own account: another password, another address, the end.
//!
//! | file | owns |
//! | --- | --- |
//! | `password` | `POST /auth/forgot-password`, `reset-password`, `change-password` |
//! | `email` | `POST /auth/change-email`, `confirm-email-change` |
//! | `deactivation` | `POST /auth/deactivate` |
//!
//! Invariant: a session is not enough for any of it. Whoever is logged in shows the password again (`Owners::shown`), with no more
//! attempts than at a log-in; whoever is not shows what was mailed.

pub mod deactivation;
pub mod email;
pub mod password;

use std::sync::Arc;

use poem::Request;
use poem_openapi::Object;
use poem_openapi::types::Example;

use super::attempts::{Attempt, on_account};
use super::caller::{Callers, Owner, SESSION_ENDED};
use super::examples::checked;
use super::password::Passwords;
use super::proxies::client_address;
use super::throttle::Throttle;
use crate::api::text::{Email, NewPassword, Password};
use crate::central::users::{self, User};
use crate::central::{Central, accounts};
use crate::error::{ApiError, Result};
use crate::ids::{SessionId, UserId};
use crate::secrets::MasterKeys;

/// Holds whoever is logged in to showing the password again, since a session may have been left open, or stolen; and whatever password
/// they choose next to the policy.
#[derive(Clone, Debug)]
pub struct Owners {
    central: Central,
    keys: Arc<MasterKeys>,
    passwords: Passwords,
    throttle: Arc<Throttle>,
}

impl Owners {
    /// Of this installation.
    #[must_use]
    pub const fn new(central: Central, keys: Arc<MasterKeys>, passwords: Passwords, throttle: Arc<Throttle>) -> Self {
        Self { central, keys, passwords, throttle }
    }

    /// The person, if this is their password; it stands in the field at `pointer`.
    ///
    /// # Errors
    /// Invalid `password_wrong`; 429 after too many of them.
    async fn shown(
        &self,
        request: &Request,
        caller: &Owner,
        password: &Password,
        pointer: &'static str,
    ) -> Result<User> {
        let (user, attempt) = self.attempt(request, caller, password, pointer).await?;
        attempt.succeeded(&self.central).await?;
        Ok(user)
    }

    /// As [`Self::shown`], where the password is not all that is asked for: the attempt has succeeded once the rest was shown, too.
    ///
    /// # Errors
    /// As [`Self::shown`].
    pub(super) async fn attempt(
        &self,
        request: &Request,
        caller: &Owner,
        password: &Password,
        pointer: &'static str,
    ) -> Result<(User, Attempt)> {
        self.throttle.login(client_address(request))?;
        self.throttle.login_of(caller.user())?;
        // By session, not by account: whoever tries at the log-in must not keep the person from changing the password.
        let attempt = Attempt::on(&self.central, &self.keys, &format!("session {}", caller.session().0), None).await?;
        let user = users::by_id(&self.central, caller.user()).await?.ok_or(SESSION_ENDED)?;
        if !self.passwords.verify(password.as_str(), Some(&user.password_hash)).await? {
            return Err(ApiError::invalid(pointer, "password_wrong", "is not your password"));
        }
        Ok((user, attempt))
    }

    /// Under what name attempts on this person's account are counted.
    ///
    /// # Errors
    /// Internal when the address that is stored is none.
    async fn attempts_on(&self, user: UserId) -> Result<[u8; 32]> {
        let user = users::by_id(&self.central, user).await?.ok_or_else(token_invalid)?;
        let email: Email =
            user.email.parse().map_err(|rule| ApiError::internal(anyhow::anyhow!("an address {rule}")))?;
        Ok(on_account(&self.keys, &email.normalized()))
    }

    /// The hash of a new password for an account that is there.
    ///
    /// # Errors
    /// Invalid, with the policy's code.
    async fn accept(&self, user: UserId, password: &NewPassword, pointer: &'static str) -> Result<String> {
        let names = accounts::names(&self.central, user).await?;
        self.passwords.accept(password, pointer, &names.iter().map(String::as_str).collect::<Vec<_>>()).await
    }
}

/// The password.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, example)]
pub struct PasswordOnly {
    /// The password that the person logs in with.
    pub password: Password,
}

impl Example for PasswordOnly {
    fn example() -> Self {
        Self { password: checked("correct horse battery staple") }
    }
}

/// What a mailed token is answered that opens nothing, whatever the reason.
#[must_use]
pub fn token_invalid() -> ApiError {
    ApiError::invalid("/token", "token_invalid", "is not valid, was used already, or has expired")
}

/// Forgets sessions that were ended, in this process; the others hear of it.
fn forget(callers: &Callers, ended: Vec<SessionId>) {
    for session in ended {
        callers.forget(session);
    }
}
