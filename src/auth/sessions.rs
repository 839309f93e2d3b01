//! Staying logged in, and where: refresh tokens, the list of sessions, their end, and the change to another clinic.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use poem::Request;
use poem::web::Data;
use poem_openapi::param::{Path, Query};
use poem_openapi::{Object, OpenApi};
use uuid::Uuid;

use super::caller::{Account, Callers, SESSION_ENDED};
use super::login::choose;
use super::opening::{self, Entry, LoggedIn, NO_MEMBERSHIP, Opened};
use super::proxies::client_address;
use super::throttle::Throttle;
use super::token::Tokens;
use super::visitor::{Visitor, device_name};
use crate::api::Tag;
use crate::api::answer::{Done, Listed};
use crate::api::body::Body;
use crate::api::text::OpaqueToken;
use crate::central::Central;
use crate::central::audit::{self, Event};
use crate::central::profiles;
use crate::central::sessions::{self, Limits, Refreshed, Which};
use crate::error::{ApiError, Result};
use crate::ids::SessionId;
use crate::secrets::{MasterKeys, sha256};
use crate::transaction;

const REFUSED: ApiError =
    ApiError::Unauthenticated { code: "refresh_token_invalid", detail: "The refresh token is not valid." };

/// A refresh token.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, example)]
pub struct Refresh {
    /// The newest one that was answered; each works once.
    pub refresh_token: OpaqueToken,
}

/// Another clinic.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, example)]
pub struct OtherClinic {
    /// Where to go on: one of `clinics`.
    pub company_id: Uuid,
}

/// The sessions of a person.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct SessionList {
    /// Those that go on, used last first, 200 at most.
    pub data: Vec<SessionView>,
}

/// A session.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", skip_serializing_if_is_none)]
pub struct SessionView {
    /// Its id.
    pub id: Uuid,
    /// Where.
    pub clinic: Option<SessionClinic>,
    /// A name of the program and the system, such as `Firefox on Linux`.
    pub device: String,
    /// The network that the log-in came from, not the whole address.
    pub network: Option<String>,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// When it was refreshed last.
    pub last_used_at: DateTime<Utc>,
    /// When it ends, whatever happens.
    pub expires_at: DateTime<Utc>,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// The clinic of a session.
#[derive(Debug, Object)]
pub struct SessionClinic {
    /// The clinic.
    pub id: Uuid,
    /// Its name.
    pub name: String,
}

/// Sessions.
#[derive(Clone, Copy, Debug)]
pub struct Sessions;

#[OpenApi(prefix_path = "/api/v1/auth", tag = "Tag::Auth")]
impl Sessions {
    /// Exchange a refresh token (public)
    ///
    /// Each token works once, and is answered alike for 30 seconds while the new one lies unused, should the answer get lost. Presented
    /// later, or after the new one was used, it ends the session, since then it was copied.
    #[oai(path = "/refresh", method = "post", operation_id = "auth_refresh")]
    #[expect(clippy::too_many_arguments, reason = "each of them shared with other operations")]
    async fn refresh(
        &self,
        request: &Request,
        central: Data<&Central>,
        keys: Data<&Arc<MasterKeys>>,
        tokens: Data<&Arc<Tokens>>,
        callers: Data<&Callers>,
        throttle: Data<&Arc<Throttle>>,
        limits: Data<&Limits>,
        body: Body<Refresh>,
    ) -> Result<Listed<LoggedIn>> {
        throttle.login(client_address(request))?;
        let (presented, visitor) = (body.value.refresh_token, Visitor::of(request));
        let mut successors = keys.successors(presented.as_str());
        let hashes: Vec<_> = successors.iter().map(|token| sha256(token.as_bytes())).collect();
        let event = visitor.event("refresh");
        let hash = sha256(presented.as_str().as_bytes());
        throttle.login_of(hash)?;
        match sessions::refresh(&central, &hash, &hashes, **limits, &event).await? {
            Refreshed::On { session, expires_at, place, profile } if place < successors.len() => {
                let refresh_token = successors.swap_remove(place);
                opening::answer(&tokens, &Opened { session, refresh_token, expires_at }, *profile, None).map(Listed)
            }
            Refreshed::Reused(session) => {
                callers.forget(session);
                Err(REFUSED)
            }
            Refreshed::On { .. } | Refreshed::Refused => audit::record_refusal(&central, &event, Err(REFUSED)).await,
        }
    }

    /// Change to another clinic
    ///
    /// Goes on there on the same device, until when the session would have ended, and ends it here.
    #[oai(path = "/switch-clinic", method = "post", operation_id = "auth_switch_clinic")]
    #[expect(clippy::too_many_arguments, reason = "each of them shared with other operations")]
    async fn switch_clinic(
        &self,
        request: &Request,
        account: Account,
        central: Data<&Central>,
        tokens: Data<&Arc<Tokens>>,
        callers: Data<&Callers>,
        limits: Data<&Limits>,
        body: Body<OtherClinic>,
    ) -> Result<Listed<LoggedIn>> {
        let (caller, mut visitor) = (&account.0, Visitor::of(request));
        let user = caller.user();
        let outcome = transaction!(central.work(), |tx| {
            // Who ends all sessions meanwhile ends this change, too.
            sessions::lock_person(tx, user).await?;
            let profile = profiles::within(tx, user, None).await?.ok_or(NO_MEMBERSHIP)?;
            let clinic = Some(choose(&profile.clinics, Some(body.value.company_id))?);
            // Of several that change at once, one finds the session still open.
            let old = sessions::revoke(tx, caller.session(), "switched").await?.ok_or(SESSION_ENDED)?;
            visitor.device = old.device_id;
            let entry = Entry { user, clinic, second_factor: old.second_factor, until: Some(old.expires_at) };
            let opened = opening::open(tx, **limits, &entry, &visitor).await?;
            for clinic in [caller.clinic(), clinic] {
                audit::record(tx, &Event { clinic, user: Some(user), ..visitor.event("clinic_switched") }).await?;
            }
            let profile = profiles::within(tx, user, clinic).await?.ok_or(NO_MEMBERSHIP)?;
            Ok((opened, profile))
        });
        let event = Event { clinic: caller.clinic(), user: Some(user), ..visitor.event("clinic_switched") };
        let (opened, profile) = audit::record_refusal(&central, &event, outcome).await?;
        callers.forget(caller.session());
        opening::answer(&tokens, &opened, profile, None).map(Listed)
    }

    /// List your sessions
    ///
    /// All that go on, at all your clinics: what is not yours or no longer needed can be ended.
    #[oai(path = "/sessions", method = "get", operation_id = "auth_sessions_list")]
    async fn list(&self, account: Account, central: Data<&Central>) -> Result<Listed<SessionList>> {
        let caller = &account.0;
        let view = |session: sessions::Session| SessionView {
            id: session.id,
            clinic: session.company_id.zip(session.company_name).map(|(id, name)| SessionClinic { id, name }),
            device: device_name(session.user_agent.as_deref()),
            network: session.network,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at,
            current: session.id == caller.session().0,
        };
        let data = sessions::list(&central, caller.user()).await?.into_iter().map(view).collect();
        Ok(Listed(SessionList { data }))
    }

    /// End one of your sessions
    ///
    /// Its access and refresh tokens are worth nothing within a second.
    #[oai(path = "/sessions/:id", method = "delete", operation_id = "auth_session_revoke")]
    async fn revoke(
        &self,
        request: &Request,
        account: Account,
        central: Data<&Central>,
        callers: Data<&Callers>,
        /// The session.
        id: Path<Uuid>,
    ) -> Result<Done> {
        let ended = end(&central, &callers, &account, request, Which::One(SessionId(id.0))).await?;
        if ended > 0 {
            return Ok(Done);
        }
        let (clinic, user, visitor) = (account.0.clinic(), Some(account.0.user()), Visitor::of(request));
        let event = Event { clinic, user, ..visitor.event("session_revoked") };
        audit::record_refusal(&central, &event, Err(ApiError::NotFound)).await
    }

    /// End your sessions
    ///
    /// All of them, or all but the one that asks.
    #[oai(path = "/sessions", method = "delete", operation_id = "auth_sessions_revoke")]
    async fn revoke_all(
        &self,
        request: &Request,
        account: Account,
        central: Data<&Central>,
        callers: Data<&Callers>,
        /// `true` lets the session go on that asks.
        #[oai(name = "keepCurrent")]
        keep_current: Query<Option<bool>>,
    ) -> Result<Done> {
        let keep = keep_current.0.unwrap_or(false);
        let which = if keep { Which::Others(account.0.session()) } else { Which::All };
        end(&central, &callers, &account, request, which).await?;
        Ok(Done)
    }
}

/// Ends sessions of whoever asks; how many went on until now.
async fn end(
    central: &Central,
    callers: &Callers,
    account: &Account,
    request: &Request,
    which: Which,
) -> Result<usize> {
    let (user, visitor) = (account.0.user(), Visitor::of(request));
    let event = visitor.event("session_revoked");
    let ended = transaction!(central.work(), |tx| sessions::revoke_of(tx, user, which, "person", &event).await)?;
    for session in &ended {
        callers.forget(*session);
    }
    Ok(ended.len())
}
