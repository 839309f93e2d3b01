//! Access tokens: signed with Ed25519, short-lived, for one person at one clinic in one role (RFC 7519, RFC 9068); or for one of the
//! platform's own people, who is at none.
//!
//! Invariant: the two are of different audiences and are read as different types, so that neither ever passes for the other.
//!
//! Algorithm, type, issuer, audience, times and `kid` are checked; a `kid` is looked up among the keys that this process knows
//! ([`super::signing`]) and nowhere else, and what a token says of keys (`jku`, `jwk`, `x5u`) is not read.

use std::sync::Arc;

use anyhow::Context as _;
use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::signing::KeyRing;
use crate::central::Central;
use crate::central::signing_keys;
use crate::error::{ApiError, Result};
use crate::ids::{ClinicId, PlatformRole, Role, SessionId, UserId};
use crate::secrets::MasterKeys;

/// Seconds that an access token is good for.
pub const LIFETIME: i64 = 600;
/// `iss`, and `aud` of a clinic's people.
const ISSUER: &str = "medicalpro";
/// `aud` of the platform's own.
const PLATFORM: &str = "medicalpro-platform";
/// `typ` of an access token (RFC 9068, section 2.1).
const TYPE: &str = "at+jwt";

/// What a token of somebody at a clinic says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// For whom.
    pub aud: String,
    /// The person, again.
    pub sub: UserId,
    /// Seconds since 1970: issued,
    pub iat: i64,
    /// not before,
    pub nbf: i64,
    /// expires.
    pub exp: i64,
    /// Its own id.
    pub jti: Uuid,
    /// The session.
    pub sid: SessionId,
    /// The person.
    pub user_id: UserId,
    /// The person's address.
    pub email: String,
    /// The clinic.
    pub company_id: ClinicId,
    /// The role there.
    pub role: Role,
}

/// What a token of one of the platform's own people says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(missing_docs, reason = "as in `Claims`, but for the clinic, which there is none of")]
pub struct OperatorClaims {
    pub iss: String,
    pub aud: String,
    pub sub: UserId,
    pub iat: i64,
    pub nbf: i64,
    pub exp: i64,
    pub jti: Uuid,
    pub sid: SessionId,
    pub user_id: UserId,
    pub email: String,
    pub role: PlatformRole,
}

/// Where a token is good, and in which role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// At a clinic.
    Clinic(ClinicId, Role),
    /// On the platform, and at no clinic.
    Platform(PlatformRole),
}

/// What a token says that was verified, and by which key.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The person.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// When it expires.
    pub expires: i64,
    /// Where it is good.
    pub scope: Scope,
    /// Who signed it: it counts no longer than this key does.
    pub kid: String,
}

/// Whom a token is for.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The person.
    pub user: UserId,
    /// The person's address.
    pub email: &'a str,
    /// Where it is good.
    pub scope: Scope,
    /// The session.
    pub session: SessionId,
    /// When the session ends (seconds since 1970): no token outlives it.
    pub session_ends: i64,
}

impl Subject<'_> {
    /// Seconds that a token issued now is good for.
    #[must_use]
    pub fn lifetime(&self, now: i64) -> i64 {
        LIFETIME.min(self.session_ends - now)
    }
}

/// Issues and verifies access tokens.
pub struct Tokens {
    keys: ArcSwap<KeyRing>,
    validation: Validation,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens")
    }
}

impl Tokens {
    /// Reads the keys in use.
    ///
    /// # Errors
    /// When there is none that signs.
    pub async fn load(central: &Central, keys: &MasterKeys) -> anyhow::Result<Self> {
        let tokens = Self::of(KeyRing::default());
        tokens.reload(central, keys).await?;
        let signs = tokens.keys.load().signing(Utc::now()).is_some();
        signs.then_some(tokens).context(
            "there is no signing key that opens with these master keys: start `medicalpro worker` once, with the same",
        )
    }

    /// Reads the keys again.
    ///
    /// # Errors
    /// When central does not answer; all stays as it was then, and what has an end ends.
    pub async fn reload(&self, central: &Central, keys: &MasterKeys) -> anyhow::Result<()> {
        let stored = signing_keys::list(central).await.map_err(ApiError::into_cause)?;
        self.keys.store(Arc::new(KeyRing::of(&stored, keys)));
        Ok(())
    }

    fn of(keys: KeyRing) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[ISSUER, PLATFORM]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        validation.validate_nbf = true;
        validation.leeway = 0;
        Self { keys: ArcSwap::from_pointee(keys), validation }
    }

    /// With a key of its own: for tests/fuzz.
    #[cfg(fuzzing)]
    #[must_use]
    pub fn fuzzed(keys: &MasterKeys) -> Self {
        Self::of(KeyRing::of(&[super::signing::stored(keys, Utc::now(), None)], keys))
    }

    /// Whether a key counts still, that a token was verified with a moment ago.
    #[must_use]
    pub fn counts(&self, kid: &str) -> bool {
        self.keys.load().verifying(kid, Utc::now()).is_some()
    }

    /// `kid` and public half of each key that may verify a token now or soon, newest first.
    #[must_use]
    pub fn published(&self) -> Vec<(String, Vec<u8>)> {
        self.keys.load().published(Utc::now()).map(|(kid, public)| (kid.to_owned(), public.to_vec())).collect()
    }

    /// Issues a token.
    ///
    /// # Errors
    /// Unavailable when there is no key that signs; internal when the library refuses.
    pub fn issue(&self, subject: &Subject<'_>, now: i64) -> Result<String> {
        let (user, sid, email, iss) = (subject.user, subject.session, subject.email.to_owned(), ISSUER.to_owned());
        let (iat, exp, jti) = (now, now + subject.lifetime(now), Uuid::now_v7());
        let (sub, nbf, user_id) = (user, now, user);
        let claims = match subject.scope {
            Scope::Clinic(company_id, role) => {
                let aud = ISSUER.to_owned();
                serde_json::to_value(Claims {
                    iss,
                    aud,
                    sub,
                    iat,
                    nbf,
                    exp,
                    jti,
                    sid,
                    user_id,
                    email,
                    company_id,
                    role,
                })
            }
            Scope::Platform(role) => {
                let aud = PLATFORM.to_owned();
                serde_json::to_value(OperatorClaims { iss, aud, sub, iat, nbf, exp, jti, sid, user_id, email, role })
            }
        };
        let claims = claims.map_err(ApiError::internal)?;
        let keys = self.keys.load();
        let (kid, signing) = keys.signing(Utc::now()).ok_or(ApiError::unavailable("signing_key_missing"))?;
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(kid.to_owned());
        encode(&header, &claims, signing).map_err(ApiError::internal)
    }

    /// Verifies a token.
    ///
    /// # Errors
    /// 401: `token_expired`, or `token_invalid` without saying why.
    pub fn verify(&self, token: &str) -> Result<Verified> {
        self.verify_at(token, Utc::now())
    }

    fn verify_at(&self, token: &str, now: DateTime<Utc>) -> Result<Verified> {
        let invalid = || ApiError::Unauthenticated { code: "token_invalid", detail: "The access token is not valid." };
        let expired = || ApiError::Unauthenticated { code: "token_expired", detail: "The access token has expired." };
        let header = decode_header(token).map_err(|_| invalid())?;
        // RFC 7515, section 4.1.11: what must be understood and is not makes a token invalid.
        if header.alg != Algorithm::EdDSA || header.typ.as_deref() != Some(TYPE) || header.crit.is_some() {
            return Err(invalid());
        }
        let kid = header.kid.ok_or_else(invalid)?;
        let keys = self.keys.load();
        let key = keys.verifying(&kid, now).ok_or_else(invalid)?;
        let said = decode::<Value>(token, key, &self.validation)
            .map_err(|error| match error.kind() {
                ErrorKind::ExpiredSignature => expired(),
                _ => invalid(),
            })?
            .claims;
        let (times, sub, verified) = read(said, kid).ok_or_else(invalid)?;
        // RFC 7519, section 4.1.4: nor in the very second that it names, which the library lets pass.
        if times.1 <= now.timestamp() {
            return Err(expired());
        }
        // One that is issued later than now, or lives longer than ours do, is none of ours.
        let of_ours = times.0 <= now.timestamp() && times.1 - times.0 <= LIFETIME;
        if sub == verified.user && of_ours { Ok(verified) } else { Err(invalid()) }
    }
}

/// By its one audience, and as that one's tokens are: when it was issued and expires, its `sub`, and the rest.
fn read(said: Value, kid: String) -> Option<((i64, i64), UserId, Verified)> {
    match said["aud"].as_str()? {
        ISSUER => {
            let Claims { sub, iat, exp, sid: session, user_id: user, company_id, role, .. } =
                serde_json::from_value(said).ok()?;
            let scope = Scope::Clinic(company_id, role);
            Some(((iat, exp), sub, Verified { user, session, expires: exp, scope, kid }))
        }
        PLATFORM => {
            let OperatorClaims { sub, iat, exp, sid: session, user_id: user, role, .. } =
                serde_json::from_value(said).ok()?;
            Some(((iat, exp), sub, Verified { user, session, expires: exp, scope: Scope::Platform(role), kid }))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
