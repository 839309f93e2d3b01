//! What can be observed of a process: logs and spans here, [`metrics`], and the [`listener`] that shows them.
//!
//! Invariant: never a secret, never a patient's data. A span or a metric bears ids, names of ours and durations; a statement's name
//! and never its parameters.

mod json;
pub mod listener;
pub mod metrics;

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use tracing::Span;
use tracing_subscriber::EnvFilter;

/// What is logged unless `MEDICALPRO_LOG` says otherwise.
const DEFAULT: &str = "info,poem=warn";

/// Starts logging to standard error; once a process. JSON is for machines, in `serve` and `worker`; `dev` is read by people.
///
/// # Errors
/// When logging was started already.
pub fn start(json: bool, default: Option<&str>) -> anyhow::Result<()> {
    let filter =
        EnvFilter::try_from_env("MEDICALPRO_LOG").unwrap_or_else(|_| EnvFilter::new(default.unwrap_or(DEFAULT)));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let outcome = if json {
        builder.fmt_fields(json::Members).event_format(json::Lines).try_init()
    } else {
        builder.compact().with_target(false).with_ansi(std::io::stderr().is_terminal()).try_init()
    };
    outcome.map_err(|error| anyhow::anyhow!("logging cannot be started: {error}"))
}

/// As durations are logged: exact to the microsecond.
#[must_use]
pub fn milliseconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 1e6).round() / 1e3
}

/// How long a span takes: logged in it, under its name and at level DEBUG, when this is dropped. (The library's own way would
/// log the end of every request a second time.)
#[must_use]
#[derive(Debug)]
pub struct Timed(Option<(Span, Instant)>);

/// Times a span until the answer is dropped; costs nothing where the span is not enabled.
pub fn timed(span: &Span) -> Timed {
    Timed((!span.is_disabled()).then(|| (span.clone(), Instant::now())))
}

impl Drop for Timed {
    fn drop(&mut self) {
        if let Some((span, started)) = self.0.take() {
            let milliseconds = milliseconds(started.elapsed());
            let name = span.metadata().map_or("", tracing::Metadata::name);
            span.in_scope(|| tracing::debug!(milliseconds, "{name}"));
        }
    }
}
