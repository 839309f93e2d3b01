//! Access tokens: signed with Ed25519, short-lived, for one person at one clinic in one role (RFC 7519, RFC 9068).
//!
//! Keys lie in central, private halves sealed. Algorithm, type, issuer, audience, times and `kid` are checked; a `kid` is looked up
//! among our own keys and nowhere else, and what a token says of keys (`jku`, `jwk`, `x5u`) is not read.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context as _;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::central::Central;
use crate::central::signing_keys::{self, StoredKey};
use crate::error::{ApiError, Result};
use crate::ids::{ClinicId, Role, SessionId, UserId};
use crate::secrets::{MasterKeys, Purpose, sha256};

/// Seconds that an access token is good for.
pub const LIFETIME: i64 = 600;
/// `iss` and `aud`.
const ISSUER: &str = "medicalpro";
/// `typ` of an access token (RFC 9068, section 2.1).
const TYPE: &str = "at+jwt";

/// What a token says.
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

/// Whom a token is for.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The person.
    pub user: UserId,
    /// The person's address.
    pub email: &'a str,
    /// The clinic.
    pub clinic: ClinicId,
    /// The role there.
    pub role: Role,
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
    kid: String,
    signing: EncodingKey,
    verifying: HashMap<String, DecodingKey>,
    validation: Validation,
    jwks: serde_json::Value,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tokens({})", self.kid)
    }
}

fn place(kid: &str) -> String {
    format!("signing key {kid}")
}

/// Makes sure that there is a signing key. The worker does, since the server may not write here.
///
/// # Errors
/// As the database or the cipher refuses.
pub async fn ensure_signing_key(central: &Central, keys: &MasterKeys) -> anyhow::Result<()> {
    if !signing_keys::list(central).await.map_err(ApiError::into_cause)?.is_empty() {
        return Ok(());
    }
    let document =
        Ed25519KeyPair::generate_pkcs8(&aws_lc_rs::rand::SystemRandom::new()).ok().context("no key was made")?;
    let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).ok().context("no key was made")?;
    let public_key = pair.public_key().as_ref().to_vec();
    let kid = URL_SAFE_NO_PAD.encode(&sha256(&public_key)[..12]);
    let private_key = keys.seal(Purpose::SigningKey, &place(&kid), document.as_ref())?;
    signing_keys::insert_first(central, &StoredKey { kid, public_key, private_key }).await.map_err(ApiError::into_cause)
}

impl Tokens {
    /// Reads the keys in use.
    ///
    /// # Errors
    /// When there is none yet, or one does not open.
    pub async fn load(central: &Central, keys: &MasterKeys) -> anyhow::Result<Self> {
        let stored = signing_keys::list(central).await.map_err(ApiError::into_cause)?;
        Self::from_stored(&stored, keys)
    }

    fn from_stored(stored: &[StoredKey], keys: &MasterKeys) -> anyhow::Result<Self> {
        let newest = stored.first().context("there is no signing key yet: start `medicalpro worker` once")?;
        let private = keys.open(Purpose::SigningKey, &place(&newest.kid), &newest.private_key)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        validation.validate_nbf = true;
        validation.leeway = 0;
        let jwk = |key: &StoredKey| {
            serde_json::json!({
                "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
                "kid": key.kid, "x": URL_SAFE_NO_PAD.encode(&key.public_key),
            })
        };
        Ok(Self {
            kid: newest.kid.clone(),
            signing: EncodingKey::from_ed_der(&private),
            verifying: stored.iter().map(|key| (key.kid.clone(), DecodingKey::from_ed_der(&key.public_key))).collect(),
            validation,
            jwks: serde_json::json!({ "keys": stored.iter().map(jwk).collect::<Vec<_>>() }),
        })
    }

    /// The key set, public halves (RFC 7517).
    #[must_use]
    pub const fn jwks(&self) -> &serde_json::Value {
        &self.jwks
    }

    /// Issues a token.
    ///
    /// # Errors
    /// Internal when the library refuses.
    pub fn issue(&self, subject: &Subject<'_>, now: i64) -> Result<String> {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: ISSUER.to_owned(),
            sub: subject.user,
            iat: now,
            nbf: now,
            exp: now + subject.lifetime(now),
            jti: Uuid::now_v7(),
            sid: subject.session,
            user_id: subject.user,
            email: subject.email.to_owned(),
            company_id: subject.clinic,
            role: subject.role,
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(self.kid.clone());
        encode(&header, &claims, &self.signing).map_err(ApiError::internal)
    }

    /// Verifies a token.
    ///
    /// # Errors
    /// 401: `token_expired`, or `token_invalid` without saying why.
    pub fn verify(&self, token: &str) -> Result<Arc<Claims>> {
        let invalid = || ApiError::Unauthenticated { code: "token_invalid", detail: "The access token is not valid." };
        let header = decode_header(token).map_err(|_| invalid())?;
        if header.alg != Algorithm::EdDSA || header.typ.as_deref() != Some(TYPE) {
            return Err(invalid());
        }
        let key = header.kid.as_ref().and_then(|kid| self.verifying.get(kid)).ok_or_else(invalid)?;
        let claims = decode::<Claims>(token, key, &self.validation)
            .map_err(|error| match error.kind() {
                jsonwebtoken::errors::ErrorKind::ExpiredSignature => {
                    ApiError::Unauthenticated { code: "token_expired", detail: "The access token has expired." }
                }
                _ => invalid(),
            })?
            .claims;
        if claims.sub == claims.user_id { Ok(Arc::new(claims)) } else { Err(invalid()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens() -> Tokens {
        let keys = MasterKeys::parse(&MasterKeys::generate(chrono::NaiveDate::MIN)).expect("a generated key");
        let document = Ed25519KeyPair::generate_pkcs8(&aws_lc_rs::rand::SystemRandom::new()).expect("a key");
        let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).expect("a key");
        let kid = "test-key-1".to_owned();
        let private_key = keys.seal(Purpose::SigningKey, &place(&kid), document.as_ref()).expect("seals");
        let stored = StoredKey { kid, public_key: pair.public_key().as_ref().to_vec(), private_key };
        Tokens::from_stored(&[stored], &keys).expect("keys")
    }

    fn nurse(session_ends: i64) -> Subject<'static> {
        let (user, clinic, session) = (UserId::generate(), ClinicId::generate(), SessionId::generate());
        Subject { user, email: "a@example.org", clinic, role: Role::Nurse, session, session_ends }
    }

    fn issue(tokens: &Tokens, now: i64) -> String {
        tokens.issue(&nurse(now + 86_400), now).expect("issues")
    }

    #[test]
    fn a_token_verifies_until_it_expires() {
        let (tokens, now) = (tokens(), chrono::Utc::now().timestamp());
        assert_eq!(tokens.verify(&issue(&tokens, now)).expect("verifies").role, Role::Nurse);
        let expired = tokens.verify(&issue(&tokens, now - LIFETIME - 1)).expect_err("expired");
        assert!(matches!(expired, ApiError::Unauthenticated { code: "token_expired", .. }));
        assert!(tokens.verify(&issue(&tokens, now + 60)).is_err(), "not yet");
    }

    #[test]
    fn no_token_outlives_its_session() {
        let (tokens, now) = (tokens(), chrono::Utc::now().timestamp());
        for (left, lifetime) in [(86_400, LIFETIME), (LIFETIME, LIFETIME), (60, 60)] {
            let claims = tokens.verify(&tokens.issue(&nurse(now + left), now).expect("issues")).expect("verifies");
            assert_eq!(claims.exp - claims.iat, lifetime);
        }
    }

    #[test]
    fn a_token_of_other_keys_or_edited_is_refused() {
        let (ours, theirs, now) = (tokens(), tokens(), chrono::Utc::now().timestamp());
        assert!(ours.verify(&issue(&theirs, now)).is_err(), "another key of the same kid");
        let token = issue(&ours, now);
        let parts: Vec<&str> = token.split('.').collect();
        let mut claims: serde_json::Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).expect("base64")).expect("claims");
        claims["role"] = "admin".into();
        let edited = format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(claims.to_string()), parts[2]);
        assert!(ours.verify(&edited).is_err(), "edited claims");
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"at+jwt","kid":"test-key-1"}"#);
        assert!(ours.verify(&format!("{none}.{}.", parts[1])).is_err(), "alg none");
        for garbage in ["", ".", "..", "a.b.c", &"x".repeat(100_000)] {
            assert!(ours.verify(garbage).is_err());
        }
    }

    #[test]
    fn a_key_set_shows_public_halves_only() {
        let jwks = tokens().jwks().to_string();
        assert!(jwks.contains("\"x\"") && !jwks.contains("\"d\""));
    }
}
