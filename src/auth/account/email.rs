//! Another address: it counts once the old mailbox and the new one have both said yes, within a day.
//!
//! Invariant: nobody learns from it whether an address has an account, unless they read both mailboxes; the unique index decides, at
//! the very end.

use std::sync::Arc;

use poem::Request;
use poem::web::Data;
use poem_openapi::types::Example;
use poem_openapi::{Enum, Object, OpenApi};
use serde_json::json;

use super::{Owners, forget, token_invalid};
use crate::api::Tag;
use crate::api::answer::{Done, Listed};
use crate::api::body::Body;
use crate::api::text::{Email, OpaqueToken, Password};
use crate::auth::caller::{Account, Callers, Owner};
use crate::auth::examples::checked;
use crate::auth::proxies::client_address;
use crate::auth::throttle::Throttle;
use crate::auth::visitor::Visitor;
use crate::central::audit::{self, Event};
use crate::central::outbox::{Kind, To, queue_mail};
use crate::central::{Central, accounts, email_changes};
use crate::error::{ApiError, Result};
use crate::ids::{SessionId, UserId};
use crate::secrets::sha256;
use crate::transaction;

/// A new address.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, example)]
pub struct EmailChange {
    /// The password.
    pub password: Password,
    /// The address to log in with, once it is confirmed.
    pub new_email: Email,
}

/// The one-time token of either mail.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, example)]
pub struct EmailChangeConfirmation {
    /// As in the mail's link.
    pub token: OpaqueToken,
}

/// How far a change of address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum EmailChangeStatus {
    /// The other mailbox has not confirmed it yet.
    WaitingForOther,
    /// The account has moved.
    Changed,
}

/// What a confirmation did.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct EmailChangeConfirmed {
    /// `waiting_for_other` until both mailboxes have confirmed; then `changed`.
    pub status: EmailChangeStatus,
}

/// The address.
#[derive(Clone, Copy, Debug)]
pub struct AccountEmail;

#[OpenApi(prefix_path = "/api/v1/auth", tag = "Tag::Auth")]
impl AccountEmail {
    /// Ask for another address
    ///
    /// Mails a link to the present address and one to the new: the account moves when both were confirmed, within 24 hours. A further
    /// request takes the place of the one before. Answered alike whether or not the new address has an account.
    #[oai(path = "/change-email", method = "post", operation_id = "auth_change_email")]
    async fn change_email(
        &self,
        request: &Request,
        account: Account,
        central: Data<&Central>,
        throttle: Data<&Arc<Throttle>>,
        owners: Data<&Owners>,
        body: Body<EmailChange>,
    ) -> Result<Done> {
        throttle.registration(client_address(request))?;
        let (caller, visitor) = (&account.0, Visitor::of(request));
        let event = Event { user: Some(caller.user()), ..visitor.event("email_change_requested") };
        let outcome = ask(request, &central, &owners, caller, &body.value, &event).await;
        audit::record_refusal(&central, &event, outcome).await?;
        Ok(Done)
    }

    /// Confirm a change of address (public)
    ///
    /// With the token of either mail; each works once, within 24 hours. The second of the two moves the account and ends all its
    /// sessions: log in with the new address, which counts as verified.
    #[oai(path = "/confirm-email-change", method = "post", operation_id = "auth_confirm_email_change")]
    async fn confirm_email_change(
        &self,
        request: &Request,
        central: Data<&Central>,
        callers: Data<&Callers>,
        throttle: Data<&Arc<Throttle>>,
        body: Body<EmailChangeConfirmation>,
    ) -> Result<Listed<EmailChangeConfirmed>> {
        throttle.login(client_address(request))?;
        let hash = sha256(body.value.token.as_str().as_bytes());
        throttle.login_of(hash)?;
        let user = email_changes::owner(&central, &hash).await?;
        let visitor = Visitor::of(request);
        let event = Event { user, ..visitor.event("email_changed") };
        let outcome = confirm(&central, &hash, &event).await;
        if let (Some(user), Err(ApiError::Conflict { .. })) = (user, &outcome) {
            // Somebody else has the address by now: it will not become free by asking again.
            transaction!(central.work(), |tx| email_changes::end_open(tx, user).await)?;
        }
        let confirmed = audit::record_refusal(&central, &event, outcome).await?;
        let status = match confirmed {
            None => EmailChangeStatus::WaitingForOther,
            Some(ended) => {
                forget(&callers, ended);
                EmailChangeStatus::Changed
            }
        };
        Ok(Listed(EmailChangeConfirmed { status }))
    }
}

async fn ask(
    request: &Request,
    central: &Central,
    owners: &Owners,
    caller: &Owner,
    change: &EmailChange,
    event: &Event<'_>,
) -> Result<()> {
    let owner = owners.shown(request, caller, &change.password, "/password").await?;
    let (email, normalized) = (change.new_email.as_str(), change.new_email.normalized());
    if owner.email.parse::<Email>().is_ok_and(|present| present.normalized() == normalized) {
        return Err(ApiError::invalid("/newEmail", "email_unchanged", "is your address already"));
    }
    transaction!(central.work(), |tx| {
        let change = email_changes::open(tx, caller.user(), email, &normalized).await?;
        for kind in [Kind::EmailChangeOld, Kind::EmailChangeNew] {
            queue_mail(tx, kind, To::EmailChange(change), None, &json!({})).await?;
        }
        audit::record(tx, event).await
    })
}

/// Confirms a change; the sessions that it ended, if the account has moved.
async fn confirm(central: &Central, token_hash: &[u8], event: &Event<'_>) -> Result<Option<Vec<SessionId>>> {
    transaction!(central.work(), |tx| {
        let change = email_changes::confirm(tx, token_hash).await?.ok_or_else(token_invalid)?;
        let user = UserId(change.user_id);
        if !change.complete {
            audit::record(tx, &Event { action: "email_change_confirmed", ..*event }).await?;
            return Ok(None);
        }
        let moved = accounts::move_to(tx, user, &change.new_email, &change.new_email_normalized).await;
        let old_email = moved.map_err(taken)?.ok_or_else(token_invalid)?;
        email_changes::end_open(tx, user).await?;
        let ended = accounts::end_sessions(tx, user, None, "email", event).await?;
        let payload = json!({ "oldEmail": old_email });
        queue_mail(tx, Kind::EmailChanged, To::EmailChange(change.id), None, &payload).await?;
        audit::record(tx, event).await?;
        Ok(Some(ended))
    })
}

/// Both mailboxes are theirs: they may know.
fn taken(error: ApiError) -> ApiError {
    match error {
        ApiError::Conflict { code, .. } => {
            let detail = "The new address has an account of its own by now: the change has ended.".into();
            ApiError::Conflict { code, detail, pointer: None }
        }
        other => other,
    }
}

impl Example for EmailChange {
    fn example() -> Self {
        Self {
            password: checked("correct horse battery staple"),
            new_email: checked("camille.durand@cabinet-du-parc.example"),
        }
    }
}

impl Example for EmailChangeConfirmation {
    fn example() -> Self {
        Self { token: checked("SRzBGTqZxXyH0u7Vw0a1lJ9cP2nD3mK4sR5tU6vW7xY") }
    }
}

impl Example for EmailChangeConfirmed {
    fn example() -> Self {
        Self { status: EmailChangeStatus::WaitingForOther }
    }
}
