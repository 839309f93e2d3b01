//! The JSON body of a request: size, media type, depth, duplicate keys, and all invalid fields at once.
//!
//! A body is checked against the very schema that the spec publishes (`schema`), so that the spec cannot promise what is not enforced.

use std::fmt;

use bytes::Bytes;
use poem::http::Method;
use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaMediaType, MetaRequest, Registry};
use poem_openapi::types::ParseFromJSON;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::schema;
use crate::error::ApiError;
use crate::region::{Locality, Region};

/// Bytes of a body.
pub const MAX_BYTES: usize = 1024 * 1024;
/// Levels of nesting.
pub const MAX_DEPTH: usize = 64;

/// A JSON body that passed every check.
#[derive(Debug)]
pub struct Body<T> {
    /// The value.
    pub value: T,
    /// The bytes as sent, to recognise a repeated request by.
    pub raw: Vec<u8>,
}

impl<'a, T: ParseFromJSON> ApiExtractor<'a> for Body<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        Some(MetaRequest {
            description: None,
            content: vec![MetaMediaType { content_type: "application/json", schema: T::schema_ref() }],
            required: true,
        })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        Ok(read(request, body).await?)
    }
}

/// The bytes of a body of one of these media types; what it is told to be, the first of them.
///
/// # Errors
/// 415 for another media type, 413 for more bytes than `limit`, 400 for a body that ends too early.
pub(super) async fn bytes(
    request: &Request,
    body: &mut RequestBody,
    media: &[&'static str],
    limit: usize,
) -> Result<Bytes, ApiError> {
    let essence = request.content_type().map(|text| text.split(';').next().unwrap_or("").trim().to_ascii_lowercase());
    if !essence.is_some_and(|essence| media.contains(&essence.as_str())) {
        return Err(ApiError::UnsupportedMediaType { expected: media.first().copied().unwrap_or_default() });
    }
    let too_large = || ApiError::TooLarge { limit };
    let told = request.header("content-length").and_then(|text| text.parse::<usize>().ok());
    if told.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    body.take().map_err(ApiError::internal)?.into_bytes_limit(limit).await.map_err(|error| match error {
        poem::error::ReadBodyError::PayloadTooLarge => too_large(),
        _ => ApiError::BadRequest { code: "incomplete_body", detail: "The body could not be read.".into() },
    })
}

async fn read<T: ParseFromJSON>(request: &Request, body: &mut RequestBody) -> Result<Body<T>, ApiError> {
    let raw = bytes(request, body, &["application/json", "application/merge-patch+json"], MAX_BYTES).await?;
    let mut value = parse(&raw)?;
    let region = request.data::<Locality>().map_or_else(Region::fallback, Locality::region);
    schema::check::<T>(&mut value, region, request.method() == Method::PATCH).map_err(ApiError::Invalid)?;
    // The schema was checked: what fails now is a rule that the schema does not tell.
    let value =
        T::parse_from_json(Some(value)).map_err(|_| ApiError::invalid("", "invalid", "The body is not valid."))?;
    Ok(Body { value, raw: raw.to_vec() })
}

/// Parses JSON (RFC 8259) strictly.
///
/// # Errors
/// 400 for what is no JSON, nested too deep or has a key twice; 422 for a NUL, which PostgreSQL cannot store.
pub fn parse(raw: &[u8]) -> Result<Value, ApiError> {
    let bad = |code, detail: &'static str| ApiError::BadRequest { code, detail: detail.into() };
    let mut deserializer = serde_json::Deserializer::from_slice(raw);
    let value = Strict { depth: 0 }.deserialize(&mut deserializer).map_err(|error| {
        let message = error.to_string();
        if message.starts_with(DUPLICATE) {
            bad("duplicate_key", "An object has the same key twice.")
        } else if message.starts_with(TOO_DEEP) || message.starts_with("recursion limit") {
            bad("json_too_deep", "The body is nested more than 64 levels deep.")
        } else if message.starts_with(NUL) {
            ApiError::invalid("", "nul", "Texts must not contain NUL.")
        } else {
            bad("malformed_json", "The body is not valid JSON in UTF-8.")
        }
    })?;
    deserializer.end().map_err(|_| bad("malformed_json", "The body is not valid JSON in UTF-8."))?;
    Ok(value)
}

const DUPLICATE: &str = "duplicate key";
const TOO_DEEP: &str = "too deep";
const NUL: &str = "NUL";

#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Strict {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH { Err(E::custom(TOO_DEEP)) } else { Ok(Self { depth: self.depth + 1 }) }
    }

    fn text<E: serde::de::Error>(text: String) -> Result<String, E> {
        if text.contains('\0') { Err(E::custom(NUL)) } else { Ok(text) }
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        Self::text(text.to_owned()).map(Value::String)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut object = serde_json::Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(inner)?;
            if object.insert(Self::text(key)?, value).is_some() {
                return Err(serde::de::Error::custom(DUPLICATE));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(raw: &[u8]) -> &'static str {
        match parse(raw) {
            Ok(_) => "ok",
            Err(ApiError::BadRequest { code, .. }) => code,
            Err(ApiError::Invalid(errors)) => errors[0].code,
            Err(_) => "other",
        }
    }

    #[test]
    fn json_is_read_strictly() {
        assert_eq!(code(br#"{"a": [1, 2.5, "x", null, true]}"#), "ok");
        assert_eq!(code(br#"{"a": 1, "a": 2}"#), "duplicate_key");
        assert_eq!(code(br#"{"a": "\u0000"}"#), "nul");
        assert_eq!(code(br#"{"a\u0000": 1}"#), "nul");
        assert_eq!(code(br#""\ud800""#), "malformed_json");
        assert_eq!(code(b"\"\xff\""), "malformed_json");
        assert_eq!(code(b"1e999"), "malformed_json");
        assert_eq!(code(b"{} x"), "malformed_json");
        assert_eq!(code(b""), "malformed_json");
        let nested = |depth: usize| [b"[".repeat(depth), b"]".repeat(depth)].concat();
        assert_eq!(code(&nested(64)), "ok");
        assert_eq!(code(&nested(65)), "json_too_deep");
        assert_eq!(code(&nested(10_000)), "json_too_deep");
    }
}
