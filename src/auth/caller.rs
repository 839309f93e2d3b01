//! From a request's token to a verified [`Caller`]: the only place that makes one for a request.
//!
//! The token is verified, then what its session, person, place and clinic stand for is looked up, at most a second ago
//! ([`super::standing`]): what is revoked, deactivated or suspended has no effect longer than that.

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use poem::{PathPattern, Request};
use poem_openapi::SecurityScheme;
use poem_openapi::auth;

use super::standing::Standings;
use super::token::{Claims, Tokens};
use crate::central::companies::Status;
use crate::clinic::Caller;
use crate::error::{ApiError, Result};
use crate::ids::{ClinicId, RequestId, SessionId};
use crate::secrets::sha256;

/// How long a verified signature is remembered (its expiry is checked every time).
const VERIFIED_TTL: Duration = Duration::from_secs(30);

/// The access token of a request: `Authorization: Bearer …`.
#[derive(SecurityScheme)]
#[oai(rename = "bearer", ty = "bearer", bearer_format = "JWT", checker = "check")]
pub struct Bearer(pub Caller);

impl std::fmt::Debug for Bearer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

async fn check(request: &Request, bearer: auth::Bearer) -> poem::Result<Caller> {
    let callers = request.data::<Callers>().ok_or_else(|| ApiError::internal(anyhow::anyhow!("no callers")))?;
    Ok(callers.verify(request, &bearer.token).await?)
}

/// Verifies callers.
#[derive(Clone)]
pub struct Callers {
    standings: Standings,
    tokens: Arc<Tokens>,
    verified: Cache<[u8; 32], Arc<Claims>>,
}

impl std::fmt::Debug for Callers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Callers")
    }
}

impl Callers {
    /// Nothing is remembered yet.
    #[must_use]
    pub fn new(standings: Standings, tokens: Arc<Tokens>) -> Self {
        let verified = Cache::builder().max_capacity(10_000).time_to_live(VERIFIED_TTL).build();
        Self { standings, tokens, verified }
    }

    async fn verify(&self, request: &Request, token: &str) -> Result<Caller> {
        let claims = self.claims(token).await?;
        let standing = self
            .standings
            .of(claims.sid)
            .await?
            .ok_or(ApiError::Unauthenticated { code: "session_ended", detail: "The session has ended." })?;
        if standing.user_id != claims.user_id.0
            || standing.company_id != claims.company_id.0
            || standing.role != claims.role.name()
        {
            return Err(ApiError::Unauthenticated {
                code: "token_outdated",
                detail: "The role has changed: refresh the token.",
            });
        }
        // From here on every line that is logged tells whose request it is.
        tracing::Span::current().record("clinic", tracing::field::display(ClinicId(standing.company_id)));
        if Status::parse(&standing.status)? == Status::Suspended {
            return Err(ApiError::Forbidden { code: "clinic_suspended", detail: "The clinic is suspended." });
        }
        let id = request.data::<RequestId>().copied().unwrap_or_else(RequestId::generate);
        let pattern = request.data::<PathPattern>().map_or("", |pattern| &pattern.0);
        let operation = format!("{} {}", request.method(), route_name(pattern));
        Ok(Caller::verified(
            ClinicId(standing.company_id),
            claims.user_id,
            claims.role,
            claims.sid,
            id,
            operation,
            standing.epoch,
        ))
    }

    /// A signature takes 50 µs to verify: remembered for a moment, by the token's hash.
    async fn claims(&self, token: &str) -> Result<Arc<Claims>> {
        let hash = sha256(token.as_bytes());
        if let Some(claims) =
            self.verified.get(&hash).await.filter(|claims| claims.exp > chrono::Utc::now().timestamp())
        {
            return Ok(claims);
        }
        let claims = self.tokens.verify(token)?;
        self.verified.insert(hash, claims.clone()).await;
        Ok(claims)
    }

    /// Forgets a session at once, in this process.
    pub fn forget(&self, session: SessionId) {
        self.standings.forget(session);
    }
}

/// A route's name for the logs: poem-openapi numbers the parameters of a path, `/patients/:param0`; all of ours are ids.
pub(crate) fn route_name(pattern: &str) -> String {
    let parts = pattern.split('/').map(|part| if part.starts_with(":param") { ":id" } else { part });
    parts.collect::<Vec<_>>().join("/")
}
