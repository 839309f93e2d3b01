//! Another password: with a mailed token by whoever forgot theirs, with the present one by whoever is logged in.
//!
//! Invariant: a new password ends the sessions that the old one opened, and everything that was on its way by mail. It never touches
//! the second factor.

use std::sync::Arc;

use poem::Request;
use poem::web::Data;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use serde_json::json;

use super::{Owners, forget, token_invalid};
use crate::api::Tag;
use crate::api::answer::Done;
use crate::api::body::Body;
use crate::api::text::{NewPassword, OpaqueToken, Password};
use crate::auth::alike::alike;
use crate::auth::caller::{Account, Callers, Owner};
use crate::auth::examples::checked;
use crate::auth::proxies::client_address;
use crate::auth::register::AddressOnly;
use crate::auth::throttle::Throttle;
use crate::auth::visitor::Visitor;
use crate::central::audit::{self, Event};
use crate::central::outbox::{Kind, To, queue_mail};
use crate::central::{Central, CentralTx, accounts, attempts, devices, email_changes};
use crate::error::{ApiError, Result};
use crate::ids::{SessionId, UserId};
use crate::secrets::sha256;
use crate::transaction;

/// A new password, and the token that allows it.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, example)]
pub struct PasswordReset {
    /// As in the mail's link.
    pub token: OpaqueToken,
    /// The password to log in with from now on: 12 characters or more.
    pub password: NewPassword,
}

/// A new password in place of the present one.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, example)]
pub struct PasswordChange {
    /// The password until now.
    pub current_password: Password,
    /// The password to log in with from now on: 12 characters or more.
    pub new_password: NewPassword,
}

/// Passwords.
#[derive(Clone, Copy, Debug)]
pub struct AccountPassword;

#[OpenApi(prefix_path = "/api/v1/auth", tag = "Tag::Auth")]
impl AccountPassword {
    /// Ask for a mail by which to set another password (public)
    ///
    /// Answered alike whether or not the address has an account. The mail's link works once, within 30 minutes.
    #[oai(path = "/forgot-password", method = "post", operation_id = "auth_forgot_password")]
    async fn forgot_password(
        &self,
        request: &Request,
        central: Data<&Central>,
        throttle: Data<&Arc<Throttle>>,
        body: Body<AddressOnly>,
    ) -> Result<Done> {
        throttle.registration(client_address(request))?;
        let (email, visitor) = (body.value.email.normalized(), Visitor::of(request));
        // Whoever asks too often for somebody else must not keep them from asking: the mail is on its way by then.
        let goes_on = throttle.registration_of(&email).is_ok();
        let asked = async {
            transaction!(central.work(), |tx| {
                let account = if goes_on { accounts::queue_reset(tx, &email).await? } else { None };
                // Also where there is none: what is answered then has taken the same statements and waited for the disk.
                let (user, queued) = account.unzip();
                let failed = queued != Some(true);
                audit::record(tx, &Event { failed, user, ..visitor.event("password_reset_requested") }).await
            })
        };
        alike(asked).await?;
        Ok(Done)
    }

    /// Set another password with the token of a mail (public)
    ///
    /// Ends all sessions; the mail has proven the address. A token works once, within 30 minutes, and a password that is refused
    /// leaves it unused. A second factor stays as it is. It opens no session: log in.
    #[oai(path = "/reset-password", method = "post", operation_id = "auth_reset_password")]
    async fn reset_password(
        &self,
        request: &Request,
        central: Data<&Central>,
        callers: Data<&Callers>,
        throttle: Data<&Arc<Throttle>>,
        owners: Data<&Owners>,
        body: Body<PasswordReset>,
    ) -> Result<Done> {
        throttle.login(client_address(request))?;
        let hash = sha256(body.value.token.as_str().as_bytes());
        throttle.login_of(hash)?;
        let user = accounts::resettable(&central, &hash).await?;
        let visitor = Visitor::of(request);
        let event = Event { user, ..visitor.event("password_reset") };
        let outcome = match user {
            None => Err(token_invalid()),
            Some(user) => reset(&central, &owners, user, &hash, &body.value.password, &event).await,
        };
        forget(&callers, audit::record_refusal(&central, &event, outcome).await?);
        Ok(Done)
    }

    /// Change the password
    ///
    /// Ends all other sessions; this one goes on.
    #[oai(path = "/change-password", method = "post", operation_id = "auth_change_password")]
    async fn change_password(
        &self,
        request: &Request,
        account: Account,
        central: Data<&Central>,
        callers: Data<&Callers>,
        owners: Data<&Owners>,
        body: Body<PasswordChange>,
    ) -> Result<Done> {
        let (caller, visitor) = (&account.0, Visitor::of(request));
        let event = Event { user: Some(caller.user()), ..visitor.event("password_changed") };
        let outcome = change(request, &central, &owners, caller, &body.value, &event).await;
        forget(&callers, audit::record_refusal(&central, &event, outcome).await?);
        Ok(Done)
    }
}

/// Sets a password with a token; the sessions that it ended.
async fn reset(
    central: &Central,
    owners: &Owners,
    user: UserId,
    token_hash: &[u8],
    password: &NewPassword,
    event: &Event<'_>,
) -> Result<Vec<SessionId>> {
    let password_hash = owners.accept(user, password, "/password").await?;
    let waits = owners.attempts_on(user).await?;
    transaction!(central.work(), |tx| {
        // The only statement that decides: of many at once, one goes on.
        let user = accounts::use_reset(tx, token_hash, &password_hash).await?.ok_or_else(token_invalid)?;
        // Who has shown the mailbox need not wait for what others tried at the log-in.
        attempts::forgive_in(tx, &waits).await?;
        changed(tx, user, None, event).await
    })
}

/// Sets a password in place of the present one; the sessions that it ended.
async fn change(
    request: &Request,
    central: &Central,
    owners: &Owners,
    caller: &Owner,
    change: &PasswordChange,
    event: &Event<'_>,
) -> Result<Vec<SessionId>> {
    let user = caller.user();
    let owner = owners.shown(request, caller, &change.current_password, "/currentPassword").await?;
    let password_hash = owners.accept(user, &change.new_password, "/newPassword").await?;
    transaction!(central.work(), |tx| {
        if !accounts::replace_password(tx, user, &owner.password_hash, &password_hash).await? {
            return Err(ApiError::Conflict {
                code: "password_changed",
                detail: "The password was changed meanwhile.".into(),
                pointer: None,
            });
        }
        changed(tx, user, Some(caller.session()), event).await
    })
}

/// What follows from another password; the sessions that it ended.
async fn changed(
    tx: &mut CentralTx,
    user: UserId,
    kept: Option<SessionId>,
    event: &Event<'_>,
) -> Result<Vec<SessionId>> {
    let ended = accounts::end_sessions(tx, user, kept, "password", event).await?;
    devices::forget(tx, user, kept).await?;
    email_changes::end_open(tx, user).await?;
    queue_mail(tx, Kind::PasswordChanged, To::User(user), None, &json!({})).await?;
    audit::record(tx, event).await?;
    Ok(ended)
}

impl Example for PasswordReset {
    fn example() -> Self {
        Self {
            token: checked("SRzBGTqZxXyH0u7Vw0a1lJ9cP2nD3mK4sR5tU6vW7xY"),
            password: checked("lantern quartz nine otters"),
        }
    }
}

impl Example for PasswordChange {
    fn example() -> Self {
        Self {
            current_password: checked("correct horse battery staple"),
            new_password: checked("lantern quartz nine otters"),
        }
    }
}
