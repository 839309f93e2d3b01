//! The listener that shows the metrics: of its own, so that they are never on the public one. A worker listens nowhere else.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use poem::http::StatusCode;
use poem::listener::{Acceptor as _, Listener as _, TcpListener};
use poem::{IntoResponse, Response, Route, Server, get, handler};

use super::metrics;

/// Whether this process has begun its work.
static READY: AtomicBool = AtomicBool::new(false);

/// From now on `/health/ready` says so.
pub fn ready() {
    READY.store(true, Ordering::Relaxed);
}

/// Listens, where an address is set, until the process ends; tells where, for port 0.
///
/// # Errors
/// When the address is in use, or not this machine's.
pub async fn start(address: Option<SocketAddr>) -> anyhow::Result<Option<SocketAddr>> {
    let Some(address) = address else { return Ok(None) };
    let acceptor = TcpListener::bind(address)
        .into_acceptor()
        .await
        .with_context(|| format!("cannot listen on {address} for metrics"))?;
    let actual = acceptor.local_addr().first().and_then(|local| local.as_socket_addr().copied()).unwrap_or(address);
    let routes =
        Route::new().at("/metrics", get(show)).at("/health/live", get(live)).at("/health/ready", get(is_ready));
    tokio::spawn(async move {
        let server = Server::new_with_acceptor(acceptor).idle_timeout(Duration::from_mins(1));
        if let Err(error) = server.run(routes).await {
            tracing::error!(%error, "the metrics are shown no longer");
        }
    });
    tracing::info!(address = %actual, "showing metrics");
    Ok(Some(actual))
}

/// `GET /metrics`
#[handler]
async fn show() -> Response {
    metrics::shown().await.with_content_type(metrics::CONTENT_TYPE).into_response()
}

/// `GET /health/live`: the process lives.
#[handler]
fn live() -> &'static str {
    "ok\n"
}

/// `GET /health/ready`: it has begun its work.
#[handler]
fn is_ready() -> (StatusCode, &'static str) {
    if READY.load(Ordering::Relaxed) {
        (StatusCode::OK, "ok\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "starting\n")
    }
}
