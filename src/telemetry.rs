//! Logs: JSON for machines in `serve` and `worker`, readable in `dev`. Never a secret, never a patient's data.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

/// What is logged unless `MEDICALPRO_LOG` says otherwise.
const DEFAULT: &str = "info,deadpool=warn,tokio_postgres=warn,refinery_core=warn";

/// Starts logging to standard error; once a process.
///
/// # Errors
/// When logging was started already.
pub fn start(json: bool, default: Option<&str>) -> anyhow::Result<()> {
    let filter =
        EnvFilter::try_from_env("MEDICALPRO_LOG").unwrap_or_else(|_| EnvFilter::new(default.unwrap_or(DEFAULT)));
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_span_events(FmtSpan::NONE);
    let outcome = if json { builder.json().try_init() } else { builder.compact().with_target(false).try_init() };
    outcome.map_err(|error| anyhow::anyhow!("logging cannot be started: {error}"))
}
