//! HTTP: the order of everything a request passes before and after its operation, written once, here.
//!
//! ```text
//! request id, span → panic guard → time limit → (readable → route → token → operation) → problem+json → security headers → access log
//! ```

pub mod appointment;
pub mod docs;
pub mod health;
pub mod link;
pub mod page;
pub mod probe;
pub mod problem;
mod query;
pub mod routes;
mod spec;
pub mod texts;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use poem::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use poem::{Endpoint, PathPattern, Request, Response};
use tracing::Instrument as _;

use crate::auth::caller::route_name;
use crate::error::ApiError;
use crate::ids::RequestId;
use crate::region::Locality;
use crate::telemetry::milliseconds;
use problem::Problems;

/// How long an operation may take, the reading of its body included: a slow client holds nothing for longer.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// The name of the request's id, in and out.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Wraps all routes.
pub fn guard<E: Endpoint>(routes: E, problems: Arc<Problems>) -> impl Endpoint<Output = Response> {
    Guard { routes, problems }
}

struct Guard<E> {
    routes: E,
    problems: Arc<Problems>,
}

impl<E: Endpoint> Endpoint for Guard<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let id = request.header(REQUEST_ID).and_then(|text| text.parse().ok()).unwrap_or_else(RequestId::generate);
        request.set_data(id);
        let locality = locality(&request);
        request.set_data(locality.clone());
        // Of the highest level, so that whatever is logged at all tells of which request and, once known, of which clinic.
        let span = tracing::error_span!("request", request = %id, clinic = tracing::field::Empty);
        Ok(self.answer(request, id, &locality).instrument(span).await)
    }
}

impl<E: Endpoint> Guard<E> {
    async fn answer(&self, request: Request, id: RequestId, locality: &Locality) -> Response {
        let started = Instant::now();
        let (method, uri) = (request.method().clone(), request.uri().clone());

        // What was half done when it panicked is dropped with its future: a transaction closes its connection.
        let operation = async {
            self.problems.readable(&request)?;
            self.routes.call(request).await
        };
        let operation = AssertUnwindSafe(operation).catch_unwind();
        let outcome = match tokio::time::timeout(TIME_LIMIT, operation).await {
            Ok(Ok(outcome)) => outcome.map(poem::IntoResponse::into_response),
            Ok(Err(_)) => Err(ApiError::internal(anyhow::anyhow!("an operation panicked")).into()),
            Err(_) => Err(ApiError::unavailable("timeout").into()),
        };
        let mut response = match outcome {
            Ok(response) => response,
            Err(error) => self.problems.answer(error, &method, &uri, id, locality.language()),
        };
        harden(response.headers_mut());
        if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        let pattern = response.data::<PathPattern>().map(|pattern| &*pattern.0);
        let (status, took) = (response.status().as_u16(), started.elapsed());
        self.problems.operation(&method, pattern).answered(status, took);
        // Words of ours: an unknown path or method may be anything.
        let route = pattern.filter(|pattern| !pattern.is_empty()).map_or_else(|| "-".to_owned(), route_name);
        let known =
            [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
        let method = known.iter().find(|known| **known == method).map_or("other", Method::as_str);
        tracing::info!(method, route, status, milliseconds = milliseconds(took), "request");
        response
    }
}

/// Of whom nothing is known yet but what the client accepts; several lines of a header are one list (RFC 9110, section 5.3).
fn locality(request: &Request) -> Locality {
    let lines = request.headers().get_all(header::ACCEPT_LANGUAGE).iter();
    Locality::accepting(lines.filter_map(|line| line.to_str().ok()).collect::<Vec<_>>().join(","))
}

/// What every answer bears. Pages set a policy of their own.
fn harden(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}
