//! What the worker throws away, once a day: rows that are of no more use, or older than may be kept.
//!
//! Each purge deletes in batches, so that nothing waits for it long. Several workers may run it at once: who finds nothing is done.
//! What is not thrown away: the used refresh tokens of a session that goes on, by which one that was copied is known again; and
//! clinics, even one that was registered and never used, since nobody but its people knows whether it is.
//! Invariant: central refuses to lose an audit row of the last year, whatever is asked for here (`refuse_young_deletion`).

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::central::Central;
use crate::database::Params;
use crate::error::{ApiError, Result, describe};
use crate::sql;
use crate::sql::{Central as CentralDatabase, CentralLogin, Statement};

/// How often.
const EVERY: Duration = Duration::from_hours(24);

/// Rows of a batch, as the statements say.
const BATCH: i64 = 5000;

const WORKER: [CentralLogin; 1] = [CentralLogin::Provisioner];

sql! { Central;
    /// Audit rows that are older than they have to be kept.
    AUDIT by WORKER;
        "WITH gone AS (DELETE FROM audit_logs
                        WHERE id = ANY (ARRAY(SELECT id FROM audit_logs WHERE at < now() - $1::int4 * interval '1 day' LIMIT 5000))
                       RETURNING id)
         SELECT count(*) FROM gone";
    /// Tokens of mails, a week after they expired; used or not.
    ONE_TIME_TOKENS by WORKER;
        "WITH gone AS (DELETE FROM one_time_tokens
                        WHERE expires_at <= (SELECT max(b.expires_at) FROM (SELECT expires_at FROM one_time_tokens
                                              WHERE expires_at < now() - interval '7 days' ORDER BY expires_at LIMIT 5000) AS b)
                       RETURNING expires_at)
         SELECT count(*) FROM gone";
    /// Sessions, 30 days after they ended; their refresh tokens go with them.
    SESSIONS by WORKER;
        "WITH gone AS (DELETE FROM sessions
                        WHERE least(revoked_at, expires_at) <= (SELECT max(b.ended_at) FROM (SELECT least(revoked_at, expires_at) AS ended_at FROM sessions
                                              WHERE least(revoked_at, expires_at) < now() - interval '30 days'
                                              ORDER BY least(revoked_at, expires_at) LIMIT 5000) AS b)
                       RETURNING id)
         SELECT count(*) FROM gone";
    /// Devices that nobody has logged in from for 400 days.
    DEVICES by WORKER;
        "WITH gone AS (DELETE FROM devices
                        WHERE last_used_at <= (SELECT max(b.last_used_at) FROM (SELECT last_used_at FROM devices
                                              WHERE last_used_at < now() - interval '400 days' ORDER BY last_used_at LIMIT 5000) AS b)
                       RETURNING id)
         SELECT count(*) FROM gone";
    /// Failed log-ins that no longer count.
    LOGIN_FAILURES by WORKER;
        "WITH gone AS (DELETE FROM login_failures
                        WHERE updated_at <= (SELECT max(b.updated_at) FROM (SELECT updated_at FROM login_failures
                                              WHERE updated_at < now() - interval '1 day' ORDER BY updated_at LIMIT 5000) AS b)
                       RETURNING subject)
         SELECT count(*) FROM gone";
    /// Mail that was sent 30 days ago.
    SENT_MAIL by WORKER;
        "WITH gone AS (DELETE FROM email_outbox
                        WHERE status = 'sent'
                          AND sent_at <= (SELECT max(b.sent_at) FROM (SELECT sent_at FROM email_outbox
                                              WHERE status = 'sent' AND sent_at < now() - interval '30 days' ORDER BY sent_at LIMIT 5000) AS b)
                       RETURNING id)
         SELECT count(*) FROM gone";
    /// Mail that was given up, or whose cause was gone; kept longer, for whoever asks what became of it.
    UNSENT_MAIL by WORKER;
        "WITH gone AS (DELETE FROM email_outbox
                        WHERE status IN ('dead', 'closed')
                          AND created_at <= (SELECT max(b.created_at) FROM (SELECT created_at FROM email_outbox
                                              WHERE status IN ('dead', 'closed') AND created_at < now() - interval '90 days' ORDER BY created_at LIMIT 5000) AS b)
                       RETURNING id)
         SELECT count(*) FROM gone";
    /// Keys of registrations that nobody repeats any more.
    IDEMPOTENCY_KEYS by WORKER;
        "WITH gone AS (DELETE FROM idempotency_keys
                        WHERE created_at <= (SELECT max(b.created_at) FROM (SELECT created_at FROM idempotency_keys
                                              WHERE created_at < now() - interval '7 days' ORDER BY created_at LIMIT 5000) AS b)
                       RETURNING created_at)
         SELECT count(*) FROM gone";
}

/// How long things are kept.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Days that central's audit log is kept.
    pub audit_days: i32,
}

/// Purges now and then, until told to stop.
pub async fn run(central: Central, retention: Retention, stop: CancellationToken) {
    loop {
        purge_all(&central, retention).await;
        if tokio::time::timeout(EVERY, stop.cancelled()).await.is_ok() {
            return;
        }
    }
}

async fn purge_all(central: &Central, retention: Retention) {
    // Each answers how many rows it deleted: a batch, or, if these were all, fewer.
    let purges: [(&'static str, &'static Statement<CentralDatabase>, Params<'_>); 8] = [
        ("audit_logs", &AUDIT, &[&retention.audit_days]),
        ("one_time_tokens", &ONE_TIME_TOKENS, &[]),
        ("sessions", &SESSIONS, &[]),
        ("devices", &DEVICES, &[]),
        ("login_failures", &LOGIN_FAILURES, &[]),
        ("email_outbox", &SENT_MAIL, &[]),
        ("email_outbox", &UNSENT_MAIL, &[]),
        ("idempotency_keys", &IDEMPOTENCY_KEYS, &[]),
    ];
    for (table, statement, params) in purges {
        match purge(central, statement, params).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(table, rows, "purged"),
            Err(error) => tracing::warn!(table, error = describe(&error.into_cause()), "could not be purged"),
        }
    }
}

async fn purge(central: &Central, statement: &'static Statement<CentralDatabase>, params: Params<'_>) -> Result<i64> {
    let mut rows = 0;
    loop {
        let row = central.row(statement, params).await?.ok_or(ApiError::NotFound)?;
        let batch: i64 = row.try_get(0)?;
        rows += batch;
        if batch < BATCH {
            return Ok(rows);
        }
    }
}
