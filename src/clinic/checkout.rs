//! Checkout: the message that opens every transaction on a clinic's database, and the check of connections that lay idle.
//!
//! Invariant: everything is `SET LOCAL`, so that nothing outlives the transaction, also behind a pooler in transaction mode.

use deadpool_postgres::{ClientWrapper, HookError, Metrics};
use std::time::Duration;

use super::context::{ContextKey, Principal};
use crate::telemetry::metrics;

/// A connection that lay idle for longer is looked at before it is used.
const LOOK_AFTER: Duration = Duration::from_secs(30);
/// Prepared statements that a connection keeps.
const STATEMENTS: usize = 100;

/// BEGIN, session role, `search_path` and signed context in one message. Nothing in it comes from outside: the role is an
/// enum's or the worker's, the schema is computed from a UUID, the context is of a charset that needs no escaping.
pub(super) fn opening(principal: &Principal, schema: &str, key: &ContextKey, now: i64) -> String {
    let Principal { clinic, user, session_role: role, request, .. } = principal;
    let context = key.sign(*clinic, role, *user, now);
    format!(
        "BEGIN; SET LOCAL ROLE {role}; SET LOCAL search_path = {schema}, pg_temp; \
         SET LOCAL app.ctx = '{context}'; SET LOCAL app.request_id = '{request}'"
    )
}

/// Before a connection is used again. The canary: an idle connection must be the bare login, with no context. One that is not has leaked and is closed.
pub(super) async fn look_at_idle(connection: &mut ClientWrapper, metrics: &Metrics) -> Result<(), HookError> {
    // Lists have hundreds of variants: a backend that has prepared many holds megabytes for them.
    if connection.statement_cache.size() > STATEMENTS {
        connection.statement_cache.clear();
    }
    if metrics.last_used() < LOOK_AFTER {
        return Ok(());
    }
    let clean = connection
        .query_one("SELECT current_user = session_user AND coalesce(current_setting('app.ctx', true), '') = ''", &[])
        .await
        .and_then(|row| row.try_get::<_, bool>(0))
        .map_err(HookError::Backend)?;
    if clean {
        Ok(())
    } else {
        metrics::denied("isolation_leak");
        metrics::evicted("leak", 1);
        tracing::error!(alarm = "isolation", "an idle connection kept a role or a context; closed");
        Err(HookError::message("an idle connection kept a role or a context"))
    }
}
