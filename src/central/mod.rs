//! The central database: who the clinics are and who logs in. NEVER patient data.
//!
//! Owns the pool to it and [`CentralTx`]; each file below owns the statements of one table or two.

pub mod accounts;
pub mod attempts;
pub mod audit;
pub mod clinic_mail;
pub mod companies;
pub mod delivery;
pub mod devices;
pub mod email_changes;
pub mod invitations;
pub mod isolation_reports;
pub mod journal;
pub mod outbox;
pub mod platform;
pub mod profiles;
pub mod second_factor;
pub mod sessions;
pub mod signing_keys;
pub mod staff;
pub mod subscriptions;
pub mod suspension;
pub mod users;

use std::time::{Duration, Instant};

use deadpool::managed::QueueMode;
use deadpool_postgres::{Manager, Object, Pool, Runtime, Timeouts};
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres_rustls::MakeRustlsConnect;
use tracing::Instrument as _;

use crate::database::{Ended, Params, Tx, from_pool, harden, pool_use};
use crate::error::{ApiError, ConstraintMessage, Result};
use crate::sql::{Central as CentralDatabase, Picked};
use crate::telemetry::{metrics, timed};

/// What central's constraints mean to a client.
static CONSTRAINTS: &[ConstraintMessage] = &[
    ConstraintMessage {
        constraint: "users_email_key",
        code: "email_taken",
        detail: "An account with this e-mail address exists already.",
        pointer: "/email",
    },
    ConstraintMessage {
        constraint: "companies_email_key",
        code: "company_email_taken",
        detail: "A clinic with this e-mail address exists already.",
        pointer: "/companyEmail",
    },
    ConstraintMessage {
        constraint: "invitations_open_key",
        code: "already_invited",
        detail: "An invitation to this e-mail address is open: send it again, or withdraw it.",
        pointer: "/email",
    },
];

/// What a refusal by central means. Rights there are ours, not the caller's: to lack one is a defect.
fn refused(error: tokio_postgres::Error) -> ApiError {
    match error.code() {
        Some(code) if *code == SqlState::INSUFFICIENT_PRIVILEGE => ApiError::internal(error),
        _ => ApiError::from_postgres(error, CONSTRAINTS),
    }
}

/// The pool to central, under the login of this process (the server's or the worker's).
#[derive(Clone)]
pub struct Central {
    pool: Pool,
}

impl std::fmt::Debug for Central {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Central")
    }
}

impl Central {
    /// A pool of at most `size` connections; connects when first used.
    ///
    /// # Errors
    /// When the pool cannot be built, which is a defect.
    pub fn new(mut config: tokio_postgres::Config, tls: MakeRustlsConnect, size: usize) -> anyhow::Result<Self> {
        harden(&mut config, "medicalpro");
        let pool = Pool::builder(Manager::new(config, tls))
            .max_size(size)
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts {
                wait: Some(Duration::from_secs(5)),
                create: Some(Duration::from_secs(5)),
                recycle: Some(Duration::from_secs(5)),
            })
            .build()?;
        let weak = pool.weak();
        metrics::watch(metrics::Database::Central, move || {
            let pool = weak.upgrade()?;
            Some(async move { pool_use(&pool) })
        });
        Ok(Self { pool })
    }

    /// Runs one statement by itself.
    ///
    /// # Errors
    /// As the database refuses, in a client's terms.
    pub async fn rows(&self, statement: impl Into<Picked<CentralDatabase>>, params: Params<'_>) -> Result<Vec<Row>> {
        let connection = self.checkout().await?;
        let statement = statement.into();
        let answer = async {
            let prepared = connection.prepare_cached(statement.text()).await?;
            connection.query(&prepared, params).await
        };
        let span = statement.span();
        let _timed = timed(&span);
        match answer.instrument(span).await {
            Ok(rows) => Ok(rows),
            Err(error) => {
                let refused = refused(error);
                if matches!(refused, ApiError::Internal { .. }) {
                    // It may be the connection's: a statement that was prepared before a migration fails for ever.
                    drop(Object::take(connection));
                }
                Err(refused)
            }
        }
    }

    async fn checkout(&self) -> Result<Object> {
        let span = tracing::debug_span!("checkout", database = "central");
        let _timed = timed(&span);
        let started = Instant::now();
        let outcome = self.pool.get().instrument(span).await;
        metrics::checked_out(metrics::Database::Central, started.elapsed());
        outcome.map_err(from_pool)
    }

    /// Runs one statement that finds at most one row.
    ///
    /// # Errors
    /// As [`Self::rows`].
    pub async fn row(&self, statement: impl Into<Picked<CentralDatabase>>, params: Params<'_>) -> Result<Option<Row>> {
        Ok(self.rows(statement, params).await?.pop())
    }

    /// What [`crate::transaction!`] runs a block with.
    #[must_use]
    pub const fn work(&self) -> CentralWork<'_> {
        CentralWork(self)
    }
}

/// See [`Central::work`].
#[derive(Debug)]
pub struct CentralWork<'a>(&'a Central);

impl CentralWork<'_> {
    /// Begins a transaction.
    ///
    /// # Errors
    /// Unavailable when there is no connection.
    pub async fn begin(&self) -> Result<CentralTx> {
        let connection = self.0.checkout().await?;
        Ok(CentralTx(Tx::new(connection, "BEGIN".to_owned(), CONSTRAINTS)))
    }

    /// Ends it.
    pub async fn end<T>(&self, tx: CentralTx, outcome: Result<T>, attempt: u32) -> Ended<T> {
        tx.0.end(outcome, &[], attempt).await
    }
}

/// A transaction on central.
pub struct CentralTx(Tx<CentralDatabase>);

impl std::fmt::Debug for CentralTx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CentralTx")
    }
}

impl CentralTx {
    /// Runs a statement.
    ///
    /// # Errors
    /// As the database refuses, in a client's terms.
    pub async fn rows(
        &mut self,
        statement: impl Into<Picked<CentralDatabase>>,
        params: Params<'_>,
    ) -> Result<Vec<Row>> {
        self.0.rows(&statement.into(), params).await.map_err(|error| match error {
            ApiError::Forbidden { .. } => ApiError::internal(anyhow::anyhow!("central refused a statement of ours")),
            other => other,
        })
    }

    /// Runs a statement that finds at most one row.
    ///
    /// # Errors
    /// As [`Self::rows`].
    pub async fn row(
        &mut self,
        statement: impl Into<Picked<CentralDatabase>>,
        params: Params<'_>,
    ) -> Result<Option<Row>> {
        Ok(self.rows(statement, params).await?.pop())
    }
}
