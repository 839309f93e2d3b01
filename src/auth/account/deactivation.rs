//! The end of an account. Its person logs in nowhere any more; what they did stays, under their name.
//!
//! Invariant: a clinic that is not suspended keeps an active administrator.

use poem::Request;
use poem::web::Data;
use poem_openapi::OpenApi;

use super::{Owners, PasswordOnly, forget};
use crate::api::Tag;
use crate::api::answer::Done;
use crate::api::body::Body;
use crate::auth::caller::{Account, Callers, Owner};
use crate::auth::visitor::Visitor;
use crate::central::audit::{self, Event};
use crate::central::{Central, accounts, email_changes};
use crate::error::Result;
use crate::ids::SessionId;
use crate::transaction;

/// The end of an account.
#[derive(Clone, Copy, Debug)]
pub struct Deactivation;

#[OpenApi(prefix_path = "/api/v1/auth", tag = "Tag::Auth")]
impl Deactivation {
    /// Deactivate one's own account
    ///
    /// At all clinics, for good. The only active administrator of a clinic stays: 409 `last_admin`.
    #[oai(path = "/deactivate", method = "post", operation_id = "auth_deactivate")]
    async fn deactivate(
        &self,
        request: &Request,
        account: Account,
        central: Data<&Central>,
        callers: Data<&Callers>,
        owners: Data<&Owners>,
        body: Body<PasswordOnly>,
    ) -> Result<Done> {
        let (caller, visitor) = (&account.0, Visitor::of(request));
        let event = Event { user: Some(caller.user()), ..visitor.event("account_deactivated") };
        let outcome = end(request, &central, &owners, caller, &body.value, &event).await;
        forget(&callers, audit::record_refusal(&central, &event, outcome).await?);
        Ok(Done)
    }
}

async fn end(
    request: &Request,
    central: &Central,
    owners: &Owners,
    caller: &Owner,
    shown: &PasswordOnly,
    event: &Event<'_>,
) -> Result<Vec<SessionId>> {
    owners.shown(request, caller, &shown.password, "/password").await?;
    let user = caller.user();
    transaction!(central.work(), |tx| {
        accounts::deactivate(tx, user).await?;
        email_changes::end_open(tx, user).await?;
        let ended = accounts::end_sessions(tx, user, None, "deactivated", event).await?;
        audit::record(tx, event).await?;
        Ok(ended)
    })
}
