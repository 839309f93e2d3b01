//! The public halves of the keys that sign access tokens, for services that verify tokens themselves.

use std::sync::Arc;

use poem::web::Data;
use poem_openapi::types::ParseFromJSON as _;
use poem_openapi::{Object, OpenApi};

use super::token::Tokens;
use crate::api::Tag;
use crate::api::answer::Listed;
use crate::error::{ApiError, Result};

/// Public keys (RFC 7517).
#[derive(Debug, Object)]
#[oai(example)]
pub struct KeySet {
    /// Those that may verify a token now; its `kid` names one.
    pub keys: Vec<PublicKey>,
}

/// An Ed25519 key (RFC 8037).
#[derive(Debug, Object)]
pub struct PublicKey {
    /// Its id.
    pub kid: String,
    /// `OKP`.
    pub kty: String,
    /// `Ed25519`.
    pub crv: String,
    /// The public half, base64url.
    pub x: String,
    /// `EdDSA`.
    pub alg: String,
    /// `sig`.
    #[oai(rename = "use")]
    pub usage: String,
}

/// The key set.
#[derive(Clone, Copy, Debug)]
pub struct Keys;

#[OpenApi(tag = "Tag::Auth")]
impl Keys {
    /// The public keys that verify access tokens (public)
    ///
    /// A JSON Web Key Set (RFC 7517), for services that verify tokens themselves.
    #[expect(clippy::unused_async, reason = "operations are asynchronous")]
    #[oai(path = "/.well-known/jwks.json", method = "get", operation_id = "auth_jwks")]
    async fn jwks(&self, tokens: Data<&Arc<Tokens>>) -> Result<Listed<KeySet>> {
        let keys = KeySet::parse_from_json(Some(tokens.jwks().clone()));
        keys.map(Listed).map_err(|_| ApiError::internal(anyhow::anyhow!("the key set is not one")))
    }
}
