//! Central's audit log: who did what to accounts and clinics. Append-only by trigger.

use uuid::Uuid;

use super::{Central, CentralTx};
use crate::error::{ApiError, Result};
use crate::ids::{ClinicId, UserId};
use crate::sql;
use crate::sql::CentralLogin;
use crate::transaction;

sql! { Central;
    /// One event.
    RECORD by [CentralLogin::Api, CentralLogin::Provisioner];
        "INSERT INTO audit_logs (action, outcome, company_id, user_id, actor_id, request_id, network, detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
}

/// One event, to be written in the transaction that it is about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Event<'a> {
    /// What happened, such as `login`.
    pub action: &'static str,
    /// Whether it was refused.
    pub failed: bool,
    /// The clinic, where it is known.
    pub clinic: Option<ClinicId>,
    /// Whose account, where known.
    pub user: Option<UserId>,
    /// Who did it, where it was not the person themselves.
    pub actor: Option<UserId>,
    /// The HTTP request; none for the worker.
    pub request: Option<Uuid>,
    /// The network it came from, never a whole address.
    pub network: Option<&'a str>,
    /// A few words, no secret, no address.
    pub detail: Option<&'static str>,
}

/// Writes an event.
///
/// # Errors
/// As the database refuses.
pub async fn record(tx: &mut CentralTx, event: &Event<'_>) -> Result<()> {
    let Event { action, network, detail, request, .. } = event;
    let outcome = if event.failed { "failure" } else { "success" };
    let (clinic, user, actor) = (event.clinic.map(|id| id.0), event.user.map(|id| id.0), event.actor.map(|id| id.0));
    tx.rows(&RECORD, &[action, &outcome, &clinic, &user, &actor, request, network, detail]).await?;
    Ok(())
}

/// Passes an outcome on; where the attempt was refused, an event says so, in a transaction of its own: that of the attempt is rolled
/// back.
///
/// # Errors
/// The outcome's, or as the database refuses.
pub async fn record_refusal<T>(central: &Central, event: &Event<'_>, outcome: Result<T>) -> Result<T> {
    let detail = match &outcome {
        Err(ApiError::Forbidden { code, .. } | ApiError::Conflict { code, .. }) => *code,
        Err(ApiError::NotFound) => "not_found",
        Err(ApiError::RateLimited { .. }) => "rate_limited",
        Err(ApiError::Invalid(errors)) => errors.first().map_or("invalid", |error| error.code),
        _ => return outcome,
    };
    let refusal = Event { failed: true, detail: Some(detail), ..*event };
    transaction!(central.work(), |tx| record(tx, &refusal).await)?;
    outcome
}
