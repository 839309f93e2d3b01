//! Every failure as `application/problem+json` (RFC 9457), and the one place where failures are logged.

use std::fmt;

use poem::error::{MethodNotAllowedError, NotFoundError, ResponseError};
use poem::http::{Method, StatusCode, Uri, header};
use poem::{Error, PathPattern, Request, Response};
use poem_openapi::error::{AuthorizationError, ParseParamError, ParsePathError};
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, Registry};
use poem_openapi::types::{ToJSON as _, Type as _};
use poem_openapi::{ApiResponse, Object};

use super::routes::Routes;
use super::texts::translated;
use crate::error::{ApiError, FieldError, describe};
use crate::ids::RequestId;
use crate::region::Language;
use crate::telemetry::metrics::{self, Operation};

/// The media type of a failure.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// A failure (RFC 9457). `title` and `detail` are in the language of `Accept-Language`, else in the clinic's once the caller is known, else
/// in English; `Content-Language` names it. `code` is the same in all.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct Problem {
    /// `urn:medicalpro:problem:` and the code.
    #[oai(rename = "type")]
    pub kind: String,
    /// What the status means.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// Machine-readable, stable.
    pub code: String,
    /// For people.
    pub detail: String,
    /// Names this request in the server's log.
    pub request_id: String,
    /// The invalid fields, all of them.
    #[oai(skip_serializing_if_is_none)]
    pub errors: Option<Vec<InvalidField>>,
}

/// An invalid field.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct InvalidField {
    /// JSON pointer into the body (RFC 6901), or `/query/…`, `/path/…`, `/header/…`.
    pub pointer: String,
    /// Machine-readable, stable.
    pub code: String,
    /// The rule that was broken.
    pub detail: String,
}

impl Problem {
    /// With all that it says to people said otherwise; nothing, unless all of it can be.
    pub(super) fn map_texts(&self, say: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let field = |field: &InvalidField| {
            Some(InvalidField { pointer: field.pointer.clone(), code: field.code.clone(), detail: say(&field.detail)? })
        };
        let errors = match &self.errors {
            Some(errors) => Some(errors.iter().map(field).collect::<Option<_>>()?),
            None => None,
        };
        let Self { kind, status, code, request_id, .. } = self;
        let (kind, code, request_id) = (kind.clone(), code.clone(), request_id.clone());
        Some(Self {
            kind,
            title: say(&self.title)?,
            status: *status,
            code,
            detail: say(&self.detail)?,
            request_id,
            errors,
        })
    }
}

impl ApiError {
    /// Its HTTP status.
    #[must_use]
    pub const fn http_status(&self) -> StatusCode {
        match self {
            Self::BadRequest { .. } => StatusCode::BAD_REQUEST,
            Self::Unauthenticated { .. } => StatusCode::UNAUTHORIZED,
            Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::NotFound | Self::NotYet { .. } => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict { .. } | Self::Conflicts { .. } => StatusCode::CONFLICT,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::BadRequest { code, .. }
            | Self::Unauthenticated { code, .. }
            | Self::Forbidden { code, .. }
            | Self::NotYet { code, .. }
            | Self::Conflict { code, .. }
            | Self::Conflicts { code, .. }
            | Self::RateLimited { code, .. }
            | Self::Unavailable { code, .. }
            | Self::Internal { code, .. } => code,
            Self::NotFound => "not_found",
            Self::MethodNotAllowed { .. } => "method_not_allowed",
            Self::PreconditionFailed => "precondition_failed",
            Self::TooLarge { .. } => "body_too_large",
            Self::UnsupportedMediaType { .. } => "unsupported_media_type",
            Self::Invalid(errors) => match errors.as_slice() {
                [FieldError { code: code @ "idempotency_key_reused", .. }] => code,
                _ => "invalid",
            },
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::BadRequest { detail, .. } | Self::Conflict { detail, .. } => detail.to_string(),
            Self::Unauthenticated { detail, .. }
            | Self::Forbidden { detail, .. }
            | Self::NotYet { detail, .. }
            | Self::Conflicts { detail, .. } => (*detail).to_owned(),
            Self::NotFound => "There is nothing here.".to_owned(),
            Self::MethodNotAllowed { .. } => {
                "This path does not have this method; Allow names those it has.".to_owned()
            }
            Self::PreconditionFailed => "The resource has changed since the version named in If-Match.".to_owned(),
            Self::TooLarge { limit } => format!("The body is larger than {limit} bytes."),
            Self::UnsupportedMediaType { expected } => format!("The body must be {expected}."),
            Self::Invalid(_) => "Some fields are not valid.".to_owned(),
            Self::RateLimited { .. } => "Too many requests: try again later.".to_owned(),
            Self::Unavailable { .. } => "The service is busy: try again in a moment.".to_owned(),
            Self::Internal { .. } => "This is our fault. The request's id names it in our log.".to_owned(),
        }
    }

    fn fields(&self) -> Option<Vec<InvalidField>> {
        let field = |error: &FieldError| InvalidField {
            pointer: error.pointer.clone(),
            code: error.code.to_owned(),
            detail: error.detail.to_string(),
        };
        match self {
            Self::Invalid(errors) | Self::Conflicts { fields: errors, .. } => Some(errors.iter().map(field).collect()),
            Self::Conflict { code, detail, pointer: Some(pointer) } => {
                Some(vec![field(&FieldError::new(*pointer, code, detail.clone()))])
            }
            _ => None,
        }
    }

    fn render(&self, request: RequestId, language: Language) -> Response {
        let status = self.http_status();
        let problem = Problem {
            kind: format!("urn:medicalpro:problem:{}", self.code()),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            code: self.code().to_owned(),
            detail: self.detail(),
            request_id: request.to_string(),
            errors: self.fields(),
        };
        let (problem, language) = translated(problem, language);
        let mut response = Response::builder()
            .status(status)
            .content_type(CONTENT_TYPE)
            .header(header::CONTENT_LANGUAGE, language.tag())
            .header(header::VARY, "Accept-Language");
        match self {
            Self::Unauthenticated { .. } => response = response.header(header::WWW_AUTHENTICATE, "Bearer"),
            Self::MethodNotAllowed { allow } => response = response.header(header::ALLOW, allow),
            Self::RateLimited { retry_after, .. } | Self::Unavailable { retry_after, .. } => {
                response = response.header(header::RETRY_AFTER, retry_after.to_string());
            }
            _ => {}
        }
        response.body(problem.to_json_string())
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl std::error::Error for ApiError {}

impl ResponseError for ApiError {
    fn status(&self) -> StatusCode {
        self.http_status()
    }
}

impl ApiResponse for ApiError {
    fn meta() -> MetaResponses {
        MetaResponses {
            responses: vec![MetaResponse {
                description: "A failure.",
                status: None,
                status_range: None,
                content: vec![MetaMediaType { content_type: CONTENT_TYPE, schema: Problem::schema_ref() }],
                headers: vec![],
            }],
        }
    }

    fn register(registry: &mut Registry) {
        Problem::register(registry);
    }
}

/// Turns failures into answers.
#[derive(Debug)]
pub struct Problems {
    routes: Routes,
}

impl Problems {
    /// In the terms of these routes.
    #[must_use]
    pub const fn new(routes: Routes) -> Self {
        Self { routes }
    }

    /// Refuses what the framework would quietly replace or leave out. Of a query that is not UTF-8 nothing may be left to search
    /// for, and an `If-Match` left out overwrites another's work.
    ///
    /// # Errors
    /// 400 for the query and for two hosts, 422 for a header that an operation reads.
    pub(super) fn readable(&self, request: &Request) -> Result<(), ApiError> {
        let query = url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
        for (name, value) in query {
            if name.contains(char::REPLACEMENT_CHARACTER) || value.contains(char::REPLACEMENT_CHARACTER) {
                return Err(ApiError::BadRequest { code: "malformed_query", detail: "The query is not UTF-8.".into() });
            }
        }
        // RFC 9112, section 3.2: who stands between may have read the other one.
        if request.headers().get_all(header::HOST).iter().count() > 1 {
            return Err(ApiError::BadRequest { code: "bad_request", detail: "There is more than one Host.".into() });
        }
        for name in self.routes.headers().iter().map(String::as_str).chain(["authorization"]) {
            if request.headers().get_all(name).iter().count() > 1 {
                let detail = format!("There is more than one {name}.");
                return Err(ApiError::BadRequest { code: "bad_request", detail: detail.into() });
            }
            if request.headers().get_all(name).iter().any(|value| value.to_str().is_err()) {
                return Err(ApiError::invalid(format!("/header/{name}"), "format", "must be of ASCII characters"));
            }
        }
        Ok(())
    }

    /// What counts the requests of an operation.
    pub(super) fn operation(&self, method: &Method, pattern: Option<&str>) -> &Operation {
        self.routes.operation(method, pattern)
    }

    /// The answer to a failure, in this language; logs what is our fault, and counts who was turned away.
    pub(super) fn answer(
        &self,
        error: Error,
        method: &Method,
        uri: &Uri,
        request: RequestId,
        language: Language,
    ) -> Response {
        let pattern = error.data::<PathPattern>().cloned();
        let problem = self.classify(error, method, uri, pattern.as_ref().map(|pattern| &*pattern.0));
        match &problem {
            ApiError::Internal { code, cause } => {
                let (cause, alarm) = (describe(cause), *code == "isolation_violation");
                tracing::error!(code, cause, alarm, "internal error");
                if alarm {
                    metrics::denied(code);
                }
            }
            ApiError::Unavailable { code, .. } => {
                tracing::warn!(code, "unavailable");
                metrics::unavailable(code);
            }
            ApiError::Unauthenticated { .. } | ApiError::Forbidden { .. } | ApiError::RateLimited { .. } => {
                metrics::denied(problem.code());
            }
            _ => {}
        }
        let mut response = problem.render(request, language);
        if let Some(pattern) = pattern {
            response.set_data(pattern);
        }
        response
    }

    fn classify(&self, error: Error, method: &Method, uri: &Uri, pattern: Option<&str>) -> ApiError {
        let error = match error.downcast::<ApiError>() {
            Ok(ours) => return ours,
            Err(error) => error,
        };
        // The reasons quote what was sent: they are not told on.
        if let Some(parameter) = error.downcast_ref::<ParseParamError>() {
            if parameter.name.contains('-') {
                return ApiError::invalid(format!("/header/{}", parameter.name), "invalid", "is not valid");
            }
            let query = uri.query().unwrap_or_default();
            return ApiError::Invalid(self.routes.invalid_query(method, pattern, query, parameter.name));
        }
        if let Some(parameter) = error.downcast_ref::<ParsePathError>() {
            let name = self.routes.parameter(pattern, parameter.name);
            return ApiError::invalid(format!("/path/{name}"), "invalid", "is not valid");
        }
        if error.is::<NotFoundError>() {
            return ApiError::NotFound;
        }
        if error.is::<MethodNotAllowedError>() {
            return ApiError::MethodNotAllowed { allow: self.routes.allow(pattern) };
        }
        if error.is::<AuthorizationError>() {
            return ApiError::Unauthenticated { code: "unauthenticated", detail: "An access token is required." };
        }
        match error.status() {
            StatusCode::NOT_FOUND => ApiError::NotFound,
            StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge { limit: crate::api::body::MAX_BYTES },
            StatusCode::UNSUPPORTED_MEDIA_TYPE => ApiError::UnsupportedMediaType { expected: "application/json" },
            status if status.is_client_error() => {
                ApiError::BadRequest { code: "bad_request", detail: "The request cannot be read.".into() }
            }
            _ => ApiError::internal(anyhow::anyhow!("{error}")),
        }
    }
}
