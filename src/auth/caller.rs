//! From a request's token to a verified [`Caller`]: the only place that makes one for a request.
//!
//! The token is verified, then what its session, person, place and clinic stand for is looked up, at most a second ago
//! ([`super::standing`]): what is revoked, deactivated or suspended has no effect longer than that.

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use poem::{FromRequest, PathPattern, Request, RequestBody};
use poem_openapi::SecurityScheme;
use poem_openapi::auth;
use poem_openapi::auth::BearerAuthorization as _;

use super::standing::Standings;
use super::token::{Scope, Tokens, Verified};
use crate::central::companies::Status;
use crate::central::sessions::{AtClinic, Place, Standing};
use crate::clinic::Caller;
use crate::error::{ApiError, Result};
use crate::ids::{ClinicId, PlatformRole, RequestId, Role, SessionId, UserId};
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
    match verify(request, &bearer, Reach::Everything).await? {
        Whoever::Caller(caller) => Ok(caller),
        Whoever::Operator(_) => Err(ApiError::FORBIDDEN.into()),
    }
}

async fn check_account(request: &Request, bearer: auth::Bearer) -> poem::Result<Owner> {
    Ok(match verify(request, &bearer, Reach::OwnAccount).await? {
        Whoever::Caller(caller) => {
            Owner { user: caller.user(), session: caller.session(), clinic: Some(caller.clinic()) }
        }
        Whoever::Operator(seen) => Owner { user: seen.user, session: seen.session, clinic: None },
    })
}

/// A session that is over, whatever ended it.
pub(super) const SESSION_ENDED: ApiError =
    ApiError::Unauthenticated { code: "session_ended", detail: "The session has ended." };

/// Verifies the token of a request; of whom it is decides what it is good for.
pub(super) async fn verify(request: &Request, bearer: &auth::Bearer, reach: Reach) -> poem::Result<Whoever> {
    let callers = request.data::<Callers>().ok_or_else(|| ApiError::internal(anyhow::anyhow!("no callers")))?;
    Ok(callers.verify(request, &bearer.token, reach).await?)
}

/// The access token of a request: `Authorization: Bearer …`.
// For what is about one's own account: also without a second factor that is asked for elsewhere, and for the platform's own people.
#[derive(SecurityScheme)]
#[oai(rename = "bearer", ty = "bearer", bearer_format = "JWT", checker = "check_account")]
pub struct Account(pub Owner);

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Whoever asks for something of their own account: no way to any clinic's data.
#[derive(Clone, Copy, Debug)]
pub struct Owner {
    user: UserId,
    session: SessionId,
    clinic: Option<ClinicId>,
}

impl Owner {
    /// The person.
    #[must_use]
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// The log-in.
    #[must_use]
    pub const fn session(&self) -> SessionId {
        self.session
    }

    /// The clinic of the session; none for the platform's own people.
    #[must_use]
    pub const fn clinic(&self) -> Option<ClinicId> {
        self.clinic
    }
}

/// Of whom a token is, that was verified.
pub(super) enum Whoever {
    /// Somebody at a clinic.
    Caller(Caller),
    /// One of the platform's own people.
    Operator(OperatorSeen),
}

/// One of the platform's own people, as verified.
#[derive(Clone, Copy, Debug)]
pub(super) struct OperatorSeen {
    pub user: UserId,
    pub session: SessionId,
    pub role: PlatformRole,
}

/// How far a request reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    Everything,
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

    async fn verify(&self, request: &Request, token: &str, reach: Reach) -> Result<Whoever> {
        let said = self.said(token).await?;
        let standing = self.standings.of(said.session).await?.ok_or(SESSION_ENDED)?;
        let (whoever, asks) = match (&standing.place, said.scope, at_clinic(&standing, &said)) {
            (_, _, Some((clinic, role))) => {
                let caller = caller(request, &said, clinic, role)?;
                (Whoever::Caller(caller), "The clinic asks for a second factor: begin with POST /api/v1/auth/totp.")
            }
            (Place::Platform(now), Scope::Platform(role), _)
                if standing.user_id == said.user.0 && now == role.name() =>
            {
                let seen = OperatorSeen { user: said.user, session: said.session, role };
                (Whoever::Operator(seen), "The platform asks for a second factor: begin with POST /api/v1/auth/totp.")
            }
            _ => {
                return Err(ApiError::Unauthenticated {
                    code: "token_outdated",
                    detail: "The role has changed: refresh the token.",
                });
            }
        };
        if standing.second_factor_missing && reach == Reach::Everything {
            return Err(ApiError::Forbidden { code: "second_factor_enrolment_required", detail: asks });
        }
        Ok(whoever)
    }

    /// A signature takes 50 µs to verify: remembered for a moment, by the token's hash, and no longer than its key counts.
    async fn said(&self, token: &str) -> Result<Arc<Verified>> {
        let hash = sha256(token.as_bytes());
        let now = chrono::Utc::now().timestamp();
        let counts = |known: &Arc<Verified>| known.expires > now && self.tokens.counts(&known.kid);
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

/// The token of a request whose answer goes on for a while: to be looked at again and again, so that nothing is told to whoever may
/// not be told any more.
#[derive(Clone)]
pub struct Lasting {
    callers: Callers,
    said: Arc<Verified>,
}

impl std::fmt::Debug for Lasting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lasting")
    }
}

impl<'a> FromRequest<'a> for Lasting {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let callers = request.data::<Callers>().ok_or_else(|| ApiError::internal(anyhow::anyhow!("no callers")))?;
        let said = callers.said(&auth::Bearer::from_request(request)?.token).await?;
        Ok(Self { callers: callers.clone(), said })
    }
}

impl Lasting {
    /// Whether the token is still good for its clinic, by a look that is at most a second old.
    ///
    /// # Errors
    /// 401 once token or session have ended, role or clinic are others, or a second factor is missing; as the database refuses.
    pub async fn stands(&self) -> Result<()> {
        let Self { callers, said } = self;
        let standing = callers.standings.of(said.session).await?.ok_or(SESSION_ENDED)?;
        let suspended = match at_clinic(&standing, said) {
            Some((clinic, _)) => Status::parse(&clinic.status)? == Status::Suspended,
            None => true,
        };
        let expired = said.expires <= chrono::Utc::now().timestamp() || !callers.tokens.counts(&said.kid);
        if suspended || expired || standing.second_factor_missing { Err(SESSION_ENDED) } else { Ok(()) }
    }
}

/// The place that a session stands for and the role that its token says, if they are one another's.
fn at_clinic<'a>(standing: &'a Standing, said: &Verified) -> Option<(&'a AtClinic, Role)> {
    match (&standing.place, said.scope) {
        (Place::Clinic(clinic), Scope::Clinic(id, role))
            if standing.user_id == said.user.0 && clinic.company_id == id.0 && clinic.role == role.name() =>
        {
            Some((clinic, role))
        }
        _ => None,
    }
}

/// A caller, whose token says what their session stands for.
fn caller(request: &Request, said: &Verified, clinic: &AtClinic, role: Role) -> Result<Caller> {
    let company = ClinicId(clinic.company_id);
    if let Some(locality) = request.data::<Locality>() {
        locality.is_of_clinic(&clinic.country, &clinic.language);
    }
    // From here on every line that is logged tells whose request it is.
    tracing::Span::current().record("clinic", tracing::field::display(company));
    if Status::parse(&clinic.status)? == Status::Suspended {
        return Err(ApiError::Forbidden { code: "clinic_suspended", detail: "The clinic is suspended." });
    }
    let (id, operation) = asked(request);
    Ok(Caller::verified(company, said.user, role, said.session, id, operation, clinic.epoch))
}

/// What a request is called, and what it asks for: method and path pattern.
pub(super) fn asked(request: &Request) -> (RequestId, String) {
    let id = request.data::<RequestId>().copied().unwrap_or_else(RequestId::generate);
    let pattern = request.data::<PathPattern>().map_or("", |pattern| &pattern.0);
    (id, format!("{} {}", request.method(), route_name(pattern)))
}

/// A route's name for the logs: poem-openapi numbers the parameters of a path, `/patients/:param0`; all of ours are ids.
pub(crate) fn route_name(pattern: &str) -> String {
    let parts = pattern.split('/').map(|part| if part.starts_with(":param") { ":id" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_the_tokens_only_if_person_clinic_and_role_are_its_own() {
        let (user, company) = (UserId::generate(), ClinicId::generate());
        let at = |place| Standing { user_id: user.0, second_factor_missing: false, place };
        let standing = at(Place::Clinic(AtClinic {
            company_id: company.0,
            role: Role::Nurse.name().to_owned(),
            status: "active".to_owned(),
            country: "FR".to_owned(),
            language: "fr".to_owned(),
            epoch: 1,
        }));
        let said =
            |user, scope| Verified { user, session: SessionId::generate(), expires: 0, scope, kid: String::new() };
        let own = Scope::Clinic(company, Role::Nurse);
        let found = at_clinic(&standing, &said(user, own)).map(|(clinic, role)| (clinic.company_id, role));
        assert_eq!(found, Some((company.0, Role::Nurse)), "control");
        for (who, scope) in [
            (UserId::generate(), own),
            (user, Scope::Clinic(ClinicId::generate(), Role::Nurse)),
            (user, Scope::Clinic(company, Role::Admin)),
            (user, Scope::Platform(PlatformRole::Support)),
        ] {
            assert!(at_clinic(&standing, &said(who, scope)).is_none(), "{who:?} {scope:?}");
        }
        let on_platform = at(Place::Platform(PlatformRole::Support.name().to_owned()));
        assert!(at_clinic(&on_platform, &said(user, own)).is_none());
    }

    #[test]
    fn a_route_is_named_by_what_its_parameters_are() {
        assert_eq!(route_name("/api/v1/patients/:param0/notes/:param1"), "/api/v1/patients/:id/notes/:id");
        assert_eq!(route_name("/api/v1/patients"), "/api/v1/patients");
    }
}
