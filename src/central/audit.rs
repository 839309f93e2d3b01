//! Central's audit log: who did what to accounts and clinics. Append-only by trigger.
//!
//! Invariant: a clinic reads its own rows, and rows that name no clinic of people who work there, from the time on when they do.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Central, CentralTx};
use crate::error::{ApiError, Result};
use crate::ids::{ClinicId, UserId};
use crate::sql;
use crate::sql::CentralLogin;
use crate::transaction;

macro_rules! wanted {
    () => {
        "($2::text IS NULL OR l.action = $2) AND ($3::uuid IS NULL OR l.user_id = $3) AND ($4::timestamptz IS NULL OR l.at >= $4)
         AND ($5::timestamptz IS NULL OR l.at < $5) AND ($6::bigint IS NULL OR l.id < $6) ORDER BY l.id DESC LIMIT $7"
    };
}

sql! { Central;
    /// One event.
    RECORD by [CentralLogin::Api, CentralLogin::Provisioner];
        "INSERT INTO audit_logs (action, outcome, company_id, user_id, actor_id, request_id, network, detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    /// A page of what concerns a clinic, newest first: its own rows, and of those that name no clinic, its people's, of
    /// their present stay, or their last.
    LIST by [CentralLogin::Api];
        (concat!(
            "SELECT id, at, action, outcome, user_id, actor_id, request_id, network, detail
               FROM ((SELECT l.* FROM audit_logs l WHERE l.company_id = $1 AND ", wanted!(), ")
                     UNION ALL
                     (SELECT p.* FROM memberships m CROSS JOIN LATERAL
                             (SELECT l.* FROM audit_logs l
                               WHERE l.user_id = m.user_id AND l.company_id IS NULL AND l.at >= m.joined_at
                                 AND (m.ended_at IS NULL OR l.at <= m.ended_at) AND ", wanted!(), ") p
                       WHERE m.company_id = $1)) found
              ORDER BY id DESC LIMIT $7"
        ));
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
        Err(
            ApiError::Unauthenticated { code, .. }
            | ApiError::Forbidden { code, .. }
            | ApiError::Conflict { code, .. }
            | ApiError::RateLimited { code, .. },
        ) => *code,
        Err(ApiError::NotFound) => "not_found",
        Err(ApiError::PreconditionFailed) => "precondition_failed",
        Err(ApiError::Invalid(errors)) => errors.first().map_or("invalid", |error| error.code),
        _ => return outcome,
    };
    let refusal = Event { failed: true, detail: Some(detail), ..*event };
    transaction!(central.work(), |tx| record(tx, &refusal).await)?;
    outcome
}

/// What is looked for in the log.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter<'a> {
    /// This action.
    pub action: Option<&'a str>,
    /// About this person.
    pub user: Option<Uuid>,
    /// From then on.
    pub from: Option<DateTime<Utc>>,
    /// Before then.
    pub to: Option<DateTime<Utc>>,
    /// Before this row.
    pub before: Option<i64>,
}

/// A row of the log.
#[derive(Debug)]
pub struct Entry {
    /// Grows.
    pub id: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// See [`Event::action`].
    pub action: String,
    /// `success` or `failure`.
    pub outcome: String,
    /// Whose account.
    pub user_id: Option<Uuid>,
    /// Who did it, where it was not the person themselves.
    pub actor_id: Option<Uuid>,
    /// The HTTP request.
    pub request_id: Option<Uuid>,
    /// The network it came from.
    pub network: Option<String>,
    /// A few words.
    pub detail: Option<String>,
}

crate::from_row!(Entry { id, at, action, outcome, user_id, actor_id, request_id, network, detail });

/// What concerns a clinic, newest first, at most so many rows.
///
/// # Errors
/// As the database refuses.
pub async fn list(tx: &mut CentralTx, clinic: ClinicId, filter: &Filter<'_>, rows: i64) -> Result<Vec<Entry>> {
    let Filter { action, user, from, to, before } = filter;
    let rows = tx.rows(&LIST, &[&clinic.0, action, user, from, to, before, &rows]).await?;
    Ok(rows.iter().map(Entry::try_from).collect::<Result<_, _>>()?)
}
