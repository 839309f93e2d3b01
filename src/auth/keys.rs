//! The public halves of the keys that sign access tokens, for services that verify tokens themselves.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poem::http::{StatusCode, header};
use poem::web::Data;
use poem::{IntoResponse, Response};
use poem_openapi::param::Header;
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, Registry};
use poem_openapi::types::{ToJSON as _, Type as _};
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::signing::AHEAD;
use super::token::Tokens;
use crate::api::Tag;
use crate::api::answer::{content_etag, is_known, text_header};
use crate::api::text::EntityTags;
use crate::error::Result;

/// Seconds that the key set may be kept: less than a key is published before it signs, so that whoever keeps it knows every key
/// that signs.
const MAX_AGE: i64 = 60;
const _: () = assert!(MAX_AGE <= AHEAD);

/// Public keys (RFC 7517).
#[derive(Debug, Object)]
#[oai(example)]
pub struct KeySet {
    /// Those that may verify a token now or soon; its `kid` names one.
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

impl PublicKey {
    fn of((kid, public): (String, Vec<u8>)) -> Self {
        let [kty, crv, alg, usage] = ["OKP", "Ed25519", "EdDSA", "sig"].map(str::to_owned);
        Self { kid, kty, crv, x: URL_SAFE_NO_PAD.encode(public), alg, usage }
    }
}

/// 200 with the key set, or 304 where the client has it. Anybody may keep it for a moment.
#[derive(Debug)]
pub struct PublishedKeys {
    keys: KeySet,
    if_none_match: Option<EntityTags>,
}

impl IntoResponse for PublishedKeys {
    fn into_response(self) -> Response {
        let body = self.keys.to_json_string();
        let etag = content_etag(body.as_bytes());
        let known = is_known(self.if_none_match.as_ref(), &etag);
        let response = Response::builder()
            .header(header::CACHE_CONTROL, format!("public, max-age={MAX_AGE}"))
            .header(header::ETAG, &etag);
        if known {
            response.status(StatusCode::NOT_MODIFIED).finish()
        } else {
            response.content_type("application/json").body(body)
        }
    }
}

impl ApiResponse for PublishedKeys {
    fn meta() -> MetaResponses {
        let answer = |status, description, content| MetaResponse {
            description,
            status: Some(status),
            status_range: None,
            content,
            headers: vec![
                text_header("Cache-Control", "How long the key set may be kept."),
                text_header("ETag", "Names this key set, for `If-None-Match`."),
            ],
        };
        let json = MetaMediaType { content_type: "application/json", schema: KeySet::schema_ref() };
        MetaResponses {
            responses: vec![
                answer(200, "The key set.", vec![json]),
                answer(304, "The key set named in If-None-Match is the newest.", vec![]),
            ],
        }
    }

    fn register(registry: &mut Registry) {
        KeySet::register(registry);
    }
}

/// The key set.
#[derive(Clone, Copy, Debug)]
pub struct Keys;

#[OpenApi(tag = "Tag::Auth")]
impl Keys {
    /// The public keys that verify access tokens (public)
    ///
    /// A JSON Web Key Set (RFC 7517), for services that verify tokens themselves. It may be kept for a minute: a new key is in it before it signs.
    #[expect(clippy::unused_async, reason = "operations are asynchronous")]
    #[oai(path = "/.well-known/jwks.json", method = "get", operation_id = "auth_jwks")]
    async fn jwks(
        &self,
        tokens: Data<&Arc<Tokens>>,
        /// The key set that the client has.
        #[oai(name = "If-None-Match")]
        if_none_match: Header<Option<EntityTags>>,
    ) -> Result<PublishedKeys> {
        let keys = tokens.published().into_iter().map(PublicKey::of).collect();
        Ok(PublishedKeys { keys: KeySet { keys }, if_none_match: if_none_match.0 })
    }
}
