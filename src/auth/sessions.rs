//! Staying logged in: refresh tokens.

use std::sync::Arc;

use poem::Request;
use poem::web::Data;
use poem_openapi::{Object, OpenApi};

use super::caller::Callers;
use super::login::{Holder, LoggedIn, choose};
use super::throttle::Throttle;
use super::token::Tokens;
use crate::api::Tag;
use crate::api::answer::Listed;
use crate::api::body::Body;
use crate::api::text::OpaqueToken;
use crate::central::Central;
use crate::central::audit::{self, Event};
use crate::central::sessions::{self, Refreshed};
use crate::central::users;
use crate::error::{ApiError, Result};
use crate::ids::{RequestId, UserId};
use crate::secrets::{random_text, sha256};
use crate::transaction;

/// A refresh token.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, example)]
pub struct Refresh {
    /// The newest one that was answered; each works once.
    pub refresh_token: OpaqueToken,
}

/// Sessions.
#[derive(Clone, Copy, Debug)]
pub struct Sessions;

#[OpenApi(tag = "Tag::Auth")]
impl Sessions {
    /// Exchange a refresh token (public)
    ///
    /// Each token works once: presented again, it ends the session, since then it was copied.
    #[oai(path = "/api/v1/auth/refresh", method = "post", operation_id = "auth_refresh")]
    async fn refresh(
        &self,
        request: &Request,
        central: Data<&Central>,
        tokens: Data<&Arc<Tokens>>,
        callers: Data<&Callers>,
        throttle: Data<&Arc<Throttle>>,
        body: Body<Refresh>,
    ) -> Result<Listed<LoggedIn>> {
        throttle.login(request.remote_addr().as_socket_addr().map(std::net::SocketAddr::ip))?;
        let refused =
            || ApiError::Unauthenticated { code: "refresh_token_invalid", detail: "The refresh token is not valid." };
        let successor = random_text();
        let (old, new) = (sha256(body.value.refresh_token.as_str().as_bytes()), sha256(successor.as_bytes()));
        let request_id = request.data::<RequestId>().map(|id| id.0);
        // Everything that may fail for a moment comes before the exchange: a token that was used up without an answer would
        // look copied when its holder tries again.
        let holder = match sessions::holder(&central, &old).await? {
            None => None,
            Some((user, clinic)) => {
                let user = users::by_id(&central, user).await?.ok_or_else(refused)?;
                let membership = choose(users::memberships(&central, UserId(user.id)).await?, Some(clinic.0))?;
                Some(Holder::of(&central, user, clinic, membership.role).await?)
            }
        };
        let outcome = transaction!(central.work(), |tx| {
            let outcome = sessions::refresh(tx, &old, &new).await?;
            if let Refreshed::Reused { user, clinic, .. } = outcome {
                let action = "refresh_token_reused";
                audit::record(
                    tx,
                    &Event { action, failed: true, clinic, user, request: request_id, ..Event::default() },
                )
                .await?;
            }
            Ok(outcome)
        })?;
        match (outcome, holder) {
            (Refreshed::Rotated { session }, Some(holder)) => holder.log_in(&tokens, session, &successor),
            (Refreshed::Reused { session, .. }, _) => {
                callers.forget(session).await;
                Err(refused())
            }
            _ => Err(refused()),
        }
    }
}
