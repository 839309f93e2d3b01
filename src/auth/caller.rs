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
use super::token::{Tokens, Verified};
use crate::central::companies::Status;
use crate::clinic::Caller;
use crate::error::{ApiError, Result};
use crate::ids::{ClinicId, RequestId, SessionId};
use crate::region::Locality;
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
    verify(request, &bearer, Reach::Clinic).await
}

async fn check_account(request: &Request, bearer: auth::Bearer) -> poem::Result<Caller> {
    verify(request, &bearer, Reach::OwnAccount).await
}

async fn verify(request: &Request, bearer: &auth::Bearer, reach: Reach) -> poem::Result<Caller> {
    let callers = request.data::<Callers>().ok_or_else(|| ApiError::internal(anyhow::anyhow!("no callers")))?;
    Ok(callers.verify(request, &bearer.token, reach).await?)
}

/// The access token of a request: `Authorization: Bearer …`.
// For what is about the caller's own account: also without a second factor that their clinic asks for.
#[derive(SecurityScheme)]
#[oai(rename = "bearer", ty = "bearer", bearer_format = "JWT", checker = "check_account")]
pub struct Account(pub Caller);

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// How far a request reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Clinic,
    OwnAccount,
}

/// Verifies callers.
#[derive(Clone)]
pub struct Callers {
    standings: Standings,
    tokens: Arc<Tokens>,
    verified: Cache<[u8; 32], Arc<Verified>>,
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

    async fn verify(&self, request: &Request, token: &str, reach: Reach) -> Result<Caller> {
        let claims = &self.claims(token).await?.claims;
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
        if let Some(locality) = request.data::<Locality>() {
            locality.is_of_clinic(&standing.country, &standing.language);
        }
        // From here on every line that is logged tells whose request it is.
        tracing::Span::current().record("clinic", tracing::field::display(ClinicId(standing.company_id)));
        if Status::parse(&standing.status)? == Status::Suspended {
            return Err(ApiError::Forbidden { code: "clinic_suspended", detail: "The clinic is suspended." });
        }
        if standing.second_factor_missing && reach == Reach::Clinic {
            return Err(ApiError::Forbidden {
                code: "second_factor_enrolment_required",
                detail: "The clinic asks for a second factor: begin with POST /api/v1/auth/totp.",
            });
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

    /// A signature takes 50 µs to verify: remembered for a moment, by the token's hash, and no longer than its key counts.
    async fn claims(&self, token: &str) -> Result<Arc<Verified>> {
        let hash = sha256(token.as_bytes());
        let now = chrono::Utc::now().timestamp();
        let counts = |known: &Arc<Verified>| known.claims.exp > now && self.tokens.counts(&known.kid);
        if let Some(known) = self.verified.get(&hash).await.filter(counts) {
            return Ok(known);
        }
        let verified = Arc::new(self.tokens.verify(token)?);
        self.verified.insert(hash, verified.clone()).await;
        Ok(verified)
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
