//! What the worker throws away, once a day: rows that are of no more use, or older than may be kept.
//!
//! Each purge deletes in batches, so that nothing waits for it long. Several workers may run it at once: who finds nothing is done.
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
    // Each answers how many rows it deleted, at most a batch.
    let purges: [(&'static str, &'static Statement<CentralDatabase>, Params<'_>); 1] =
        [("audit_logs", &AUDIT, &[&retention.audit_days])];
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
