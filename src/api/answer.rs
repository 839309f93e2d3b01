//! What operations answer with: status, `ETag` and `Location`, the same for every resource.

use std::marker::PhantomData;

use poem::http::{StatusCode, header};
use poem::{IntoResponse, Response};
use poem_openapi::ApiResponse;
use poem_openapi::registry::{
    MetaHeader, MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry,
};
use poem_openapi::types::{ParseFromJSON, ToJSON};

use super::text::EntityTags;
use crate::error::{ApiError, Result};
use crate::secrets::sha256;

/// Something with an address and a version. Its fields are never `read_only`: a stored answer is parsed again, which refuses those.
pub trait Resource: ParseFromJSON + ToJSON + Send {
    /// Its collection's path.
    const PATH: &'static str;

    /// Its id, the last part of its address.
    fn id(&self) -> uuid::Uuid;

    /// Grows with each change.
    fn version(&self) -> i32;
}

/// The strong entity tag of a version (RFC 9110, section 8.8.3).
#[must_use]
pub fn etag(version: i32) -> String {
    format!("\"{version}\"")
}

/// Whether `If-Match` or `If-None-Match` names this version. A weak tag never matches: ours are strong.
#[must_use]
pub fn names(tags: &EntityTags, version: i32) -> bool {
    names_tag(tags, &etag(version))
}

fn names_tag(tags: &EntityTags, ours: &str) -> bool {
    tags.as_str().split(',').map(str::trim).any(|tag| tag == "*" || tag == ours)
}

/// The strong entity tag of an answer that has no version: of its bytes.
#[must_use]
pub fn content_etag(bytes: &[u8]) -> String {
    format!("\"{}\"", hex::encode(&sha256(bytes)[..16]))
}

/// Whether `If-None-Match` names such a tag: compared weakly (RFC 9110, section 13.1.2).
#[must_use]
pub fn is_known(if_none_match: Option<&EntityTags>, etag: &str) -> bool {
    let is_ours = |tag: &str| tag == "*" || tag.trim_start_matches("W/") == etag;
    if_none_match.is_some_and(|tags| tags.as_str().split(',').map(str::trim).any(is_ours))
}

/// Holds a change to the version that its client has seen.
///
/// # Errors
/// 412 when `If-Match` names another version.
pub fn expect_version(if_match: Option<&EntityTags>, version: i32) -> Result<()> {
    expect_tag(if_match, &etag(version))
}

/// The same, of what has another entity tag than a version.
///
/// # Errors
/// 412 when `If-Match` names another tag.
pub fn expect_tag(if_match: Option<&EntityTags>, ours: &str) -> Result<()> {
    if if_match.is_none_or(|tags| names_tag(tags, ours)) { Ok(()) } else { Err(ApiError::PreconditionFailed) }
}

/// 200 with the resource and its `ETag`.
#[derive(Debug)]
pub struct Found<T>(pub T);

/// 200, or 304 where `If-None-Match` names the version.
#[derive(Debug)]
pub enum Read<T> {
    /// 200.
    Found(T),
    /// 304: the client has this version.
    NotModified(i32),
}

impl<T: Resource> Read<T> {
    /// Answers a read.
    #[must_use]
    pub fn of(resource: T, if_none_match: Option<&EntityTags>) -> Self {
        match if_none_match {
            Some(tags) if names(tags, resource.version()) => Self::NotModified(resource.version()),
            _ => Self::Found(resource),
        }
    }
}

/// 201 with the resource, its `ETag` and `Location`.
#[derive(Debug)]
pub struct Created<T>(pub T);

/// 200 with something whose entity tag is no version, and that tag.
#[derive(Debug)]
pub struct Tagged<T>(pub T, pub String);

/// 200 with a `T` that is stored as JSON, as it is stored; or 304 where `If-None-Match` names its tag.
#[derive(Debug)]
pub struct Verbatim<T> {
    json: String,
    tag: String,
    is_known: bool,
    kind: PhantomData<fn() -> T>,
}

impl<T> Verbatim<T> {
    /// Answers a read.
    #[must_use]
    pub fn of(json: String, tag: String, if_none_match: Option<&EntityTags>) -> Self {
        let is_known = is_known(if_none_match, &tag);
        Self { json, tag, is_known, kind: PhantomData }
    }
}

/// 200 with a page.
#[derive(Debug)]
pub struct Listed<T>(pub T);

/// 201 with what was made and its `Location`, where it has no version.
#[derive(Debug)]
pub struct Made<T>(pub T, pub String);

/// 204.
#[derive(Debug)]
pub struct Done;

fn json(status: StatusCode, value: &impl ToJSON) -> Response {
    let body = value.to_json_string();
    Response::builder().status(status).content_type("application/json").body(body)
}

fn with_etag(response: Response, version: i32) -> Response {
    with_tag(response, &etag(version))
}

fn with_tag(mut response: Response, tag: &str) -> Response {
    if let Ok(value) = tag.parse() {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}

impl<T: Resource> IntoResponse for Found<T> {
    fn into_response(self) -> Response {
        with_etag(json(StatusCode::OK, &self.0), self.0.version())
    }
}

impl<T: Resource> IntoResponse for Read<T> {
    fn into_response(self) -> Response {
        match self {
            Self::Found(resource) => Found(resource).into_response(),
            Self::NotModified(version) => with_etag(StatusCode::NOT_MODIFIED.into_response(), version),
        }
    }
}

impl<T: Resource> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let mut response = with_etag(json(StatusCode::CREATED, &self.0), self.0.version());
        if let Ok(value) = format!("{}/{}", T::PATH, self.0.id()).parse() {
            response.headers_mut().insert(header::LOCATION, value);
        }
        response
    }
}

impl<T: ToJSON + Send> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        with_tag(json(StatusCode::OK, &self.0), &self.1)
    }
}

impl<T> IntoResponse for Verbatim<T> {
    fn into_response(self) -> Response {
        if self.is_known {
            return with_tag(StatusCode::NOT_MODIFIED.into_response(), &self.tag);
        }
        with_tag(Response::builder().content_type("application/json").body(self.json), &self.tag)
    }
}

impl<T: ToJSON + Send> IntoResponse for Listed<T> {
    fn into_response(self) -> Response {
        json(StatusCode::OK, &self.0)
    }
}

impl<T: ToJSON + Send> IntoResponse for Made<T> {
    fn into_response(self) -> Response {
        let mut response = json(StatusCode::CREATED, &self.0);
        if let Ok(value) = self.1.parse() {
            response.headers_mut().insert(header::LOCATION, value);
        }
        response
    }
}

impl IntoResponse for Done {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

/// What the spec says of a header of an answer.
#[must_use]
pub fn text_header(name: &str, description: &str) -> MetaHeader {
    MetaHeader {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        required: true,
        deprecated: false,
        schema: MetaSchemaRef::Inline(Box::new(MetaSchema::new("string"))),
    }
}

fn documented(status: u16, description: &'static str, schema: Option<MetaSchemaRef>, headers: &[&str]) -> MetaResponse {
    let headers = headers.iter().map(|name| match *name {
        "Location" => text_header("Location", "Where the resource is."),
        _ => text_header("ETag", "The resource's version, for `If-Match` and `If-None-Match`."),
    });
    MetaResponse {
        description,
        status: Some(status),
        status_range: None,
        content: schema.map(|schema| MetaMediaType { content_type: "application/json", schema }).into_iter().collect(),
        headers: headers.collect(),
    }
}

macro_rules! answers {
    ($( $type:ident<$bound:ident> { $( $status:literal $description:literal $content:tt $headers:expr ),+ } )+) => {
        $(
            impl<T: $bound> ApiResponse for $type<T> {
                fn meta() -> MetaResponses {
                    MetaResponses { responses: vec![ $( documented($status, $description, answers!($content T), &$headers) ),+ ] }
                }

                fn register(registry: &mut Registry) {
                    T::register(registry);
                }
            }
        )+
    };
    (json $type:ident) => { Some(<$type as poem_openapi::types::Type>::schema_ref()) };
    (none $type:ident) => { None };
}

answers! {
    Found<Resource> { 200 "The resource." json ["ETag"] }
    Read<Resource> { 200 "The resource." json ["ETag"], 304 "The version named in If-None-Match is the newest." none ["ETag"] }
    Created<Resource> { 201 "Created." json ["ETag", "Location"] }
    Tagged<ToJSON> { 200 "The resource." json ["ETag"] }
    Verbatim<ToJSON> { 200 "The resource." json ["ETag"], 304 "The version named in If-None-Match is the newest." none ["ETag"] }
    Listed<ToJSON> { 200 "Done." json [] }
    Made<ToJSON> { 201 "Created." json ["Location"] }
}

impl ApiResponse for Done {
    fn meta() -> MetaResponses {
        MetaResponses { responses: vec![documented(204, "Done.", None, &[])] }
    }

    fn register(_: &mut Registry) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_name_versions() {
        let tags = |text: &str| text.parse::<EntityTags>().expect(text);
        assert!(names(&tags("\"3\""), 3) && names(&tags("\"1\", \"3\""), 3) && names(&tags("*"), 3));
        assert!(!names(&tags("\"2\""), 3) && !names(&tags("W/\"3\""), 3));
        assert!("3".parse::<EntityTags>().is_err() && "\"3\", 3".parse::<EntityTags>().is_err());
        assert!(
            expect_tag(Some(&tags("\"a\", \"b\"")), "\"b\"").is_ok()
                && expect_tag(Some(&tags("W/\"b\"")), "\"b\"").is_err()
        );
        assert!(expect_version(None, 3).is_ok() && expect_version(Some(&tags("\"2\"")), 3).is_err());
    }
}
