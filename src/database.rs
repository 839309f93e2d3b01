//! What central and the clinics share of talking to PostgreSQL: TLS, connection settings, and the transaction core.
//!
//! Invariant: a transaction that was neither committed nor rolled back never returns its connection to a pool; it closes it.

mod listener;

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use futures_util::future::join_all;
use futures_util::join;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, Row};
use tokio_postgres_rustls::MakeRustlsConnect;
use tracing::Instrument as _;

use crate::error::{ApiError, ConstraintMessage, Result, is_retryable};
use crate::sql::{Database, Picked};
use crate::telemetry::metrics::PoolUse;
use crate::telemetry::timed;

pub use listener::{Listener, Notice};

/// Parameters of a statement.
pub type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// Statements with their parameters, in the order in which they are sent.
type Batch<'a, D> = &'a [(&'a Picked<D>, Params<'a>)];

/// How often a transaction is run again after a deadlock or a serialization failure.
const RETRIES: u32 = 3;

/// The TLS side of connections: system roots, plus a private authority's certificate where one is configured.
///
/// # Errors
/// When the authority's file cannot be read or holds no certificate.
pub fn tls(authority: Option<&std::path::Path>) -> anyhow::Result<MakeRustlsConnect> {
    use rustls::pki_types::{CertificateDer, pem::PemObject as _};

    let mut roots = rustls::RootCertStore::empty();
    if let Some(path) = authority {
        let certificates = CertificateDer::pem_file_iter(path)
            .with_context(|| format!("cannot read the certificates of {}", path.display()))?;
        for certificate in certificates {
            roots.add(certificate.context("not a certificate")?)?;
        }
        anyhow::ensure!(!roots.is_empty(), "{} holds no certificate", path.display());
    } else {
        for certificate in rustls_native_certs::load_native_certs().certs {
            // A machine may carry roots that rustls does not read; the others are enough.
            let _ = roots.add(certificate);
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(client))
}

/// Fills in what every connection of ours has: a name, a timeout, keepalives, and TLS wherever the network is not the
/// machine itself. rustls always verifies certificate and name: `require` here is libpq's `verify-full`.
pub fn harden(config: &mut Config, application: &str) {
    config.application_name(application);
    config.connect_timeout(Duration::from_secs(5));
    config.keepalives_idle(Duration::from_secs(30));
    let hosts = config.get_hosts().iter().all(is_local);
    let addresses = config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback);
    let named = !config.get_hosts().is_empty() || !config.get_hostaddrs().is_empty();
    config.ssl_mode(if named && hosts && addresses { SslMode::Disable } else { SslMode::Require });
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        Host::Unix(_) => true,
    }
}

/// A connection outside every pool, for migrations, leases and listening; its task ends with the client.
///
/// # Errors
/// As PostgreSQL or the network answers.
pub fn connect(
    config: &Config,
    tls: &MakeRustlsConnect,
) -> impl Future<Output = Result<tokio_postgres::Client, tokio_postgres::Error>> + Send + use<> {
    let (config, tls) = (config.clone(), tls.clone());
    async move {
        let (client, connection) = config.connect(tls).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended");
            }
        });
        Ok(client)
    }
}

/// How a transaction ended; see [`crate::transaction!`].
#[derive(Debug)]
pub enum Ended<T> {
    /// For good.
    Done(Result<T>),
    /// By a deadlock or a serialization failure: run it again.
    Again,
}

/// Runs a block in one transaction: commits when it is `Ok`, rolls back otherwise, and runs it again after a deadlock or a
/// serialization failure. `?` and `return` inside end the block, not the function.
///
/// ```ignore
/// let patient = transaction!(clinics.write(caller), |tx| {
///     Ok(Patient::try_from(&tx.one(&FIND, &[&id]).await?)?)
/// })?;
/// ```
///
/// A macro rather than a function of a closure: the compiler cannot see yet that the future of an async closure which borrows
/// may be sent between threads.
#[macro_export]
macro_rules! transaction {
    ($work:expr, |$tx:ident| $block:expr) => {{
        let work = $work;
        let mut attempt = 0;
        loop {
            let span = tracing::debug_span!("transaction", retry = attempt);
            let _timed = $crate::telemetry::timed(&span);
            let once = async {
                let mut transaction = work.begin().await?;
                let outcome: $crate::error::Result<_> = async {
                    let $tx = &mut transaction;
                    $block
                }
                .await;
                Ok::<_, $crate::error::ApiError>(work.end(transaction, outcome, attempt).await)
            };
            match tracing::Instrument::instrument(once, span).await? {
                $crate::database::Ended::Done(outcome) => break outcome,
                $crate::database::Ended::Again => attempt += 1,
            }
        }
    }};
}

/// The core of [`crate::central::CentralTx`] and [`crate::clinic::ClinicTx`]: one transaction on one pooled connection.
/// Its opening message travels with the first statement, and its COMMIT with the last.
pub(crate) struct Tx<D: Database> {
    connection: Option<deadpool_postgres::Object>,
    opening: Option<String>,
    constraints: &'static [ConstraintMessage],
    retryable: bool,
    failed: bool,
    database: PhantomData<D>,
}

impl<D: Database> Tx<D> {
    /// A transaction whose `opening` (BEGIN and what belongs to it) is sent with its first statement.
    pub(crate) fn new(
        connection: deadpool_postgres::Object,
        opening: String,
        constraints: &'static [ConstraintMessage],
    ) -> Self {
        Self {
            connection: Some(connection),
            opening: Some(opening),
            constraints,
            retryable: false,
            failed: false,
            database: PhantomData,
        }
    }

    /// Runs a statement and returns its rows.
    pub(crate) async fn rows(&mut self, statement: &Picked<D>, params: Params<'_>) -> Result<Vec<Row>> {
        Ok(self.send(&[(statement, params)], false).await?.pop().unwrap_or_default())
    }

    /// Runs the transaction's last statement, in one message with its COMMIT, and returns its rows.
    pub(crate) async fn last_rows(&mut self, statement: &Picked<D>, params: Params<'_>) -> Result<Vec<Row>> {
        let rows = self.send(&[(statement, params)], true).await?.pop().unwrap_or_default();
        self.connection = None;
        Ok(rows)
    }

    /// Sends statements in one message, before them the opening if it has not been sent, after them COMMIT if that is wanted.
    async fn send(&mut self, batch: Batch<'_, D>, commit: bool) -> Result<Vec<Vec<Row>>> {
        let opening = self.opening.take();
        let connection = self.connection.as_ref().ok_or_else(finished)?;
        let answers = async {
            let mut prepared = Vec::with_capacity(batch.len());
            for (statement, _) in batch {
                // From the cache this is immediate, so that all of it leaves in one message.
                prepared.push(connection.prepare_cached(statement.text()).await?);
            }
            let queries = join_all(batch.iter().zip(&prepared).map(|((statement, params), prepared)| {
                let span = statement.span();
                let timed = timed(&span);
                let query = async move {
                    let _timed = timed;
                    connection.query(prepared, params).await
                };
                query.instrument(span)
            }));
            if !commit {
                return queries.await.into_iter().collect();
            }
            let (answers, committed) = join!(queries, connection.batch_execute("COMMIT"));
            // COMMIT after a failed statement rolls back and says nothing: the statements' answers decide.
            let answers = answers.into_iter().collect::<Result<_, _>>()?;
            committed.map(|()| answers)
        };
        let answers = match opening {
            None => answers.await,
            Some(opening) => {
                // Polled in this order, hence sent in this order: if the opening fails, what follows gets 25P02.
                let (opened, answers) = join!(connection.batch_execute(&opening), answers);
                if let Err(error) = opened {
                    return Err(self.not_opened(error));
                }
                answers
            }
        };
        answers.map_err(|error| self.refused(error))
    }

    /// The opening is ours alone: that a login may not take a role is no lack of the caller's rights.
    fn not_opened(&mut self, error: tokio_postgres::Error) -> ApiError {
        match error.as_db_error().map(|refusal| refusal.code().clone()) {
            Some(SqlState::INSUFFICIENT_PRIVILEGE) => {
                self.close();
                ApiError::Internal { code: "isolation_violation", cause: error.into() }
            }
            _ => self.refused(error),
        }
    }

    fn refused(&mut self, error: tokio_postgres::Error) -> ApiError {
        self.failed = true;
        self.retryable = is_retryable(&error);
        let refused = ApiError::from_postgres(error, self.constraints);
        if matches!(refused, ApiError::Internal { .. }) {
            self.close();
        }
        refused
    }

    /// Commits, with `last` in the same message.
    async fn commit(&mut self, last: Batch<'_, D>) -> Result<()> {
        if self.failed {
            // PostgreSQL would roll back and say nothing.
            return Err(ApiError::internal(anyhow::anyhow!("a failed transaction cannot be committed")));
        }
        // If nothing was sent, or the last statement took its COMMIT along, there is nothing to commit.
        let begun = self.opening.is_none() && self.connection.is_some();
        if begun || !last.is_empty() {
            self.send(last, true).await?;
        }
        self.connection = None;
        Ok(())
    }

    /// Ends with this outcome, `last` travelling with the COMMIT of an `Ok`.
    pub(crate) async fn end<T>(mut self, outcome: Result<T>, last: Batch<'_, D>, attempt: u32) -> Ended<T> {
        let outcome = match outcome {
            Ok(value) => self.commit(last).await.map(|()| value),
            Err(error) => Err(error),
        };
        if outcome.is_err() {
            self.roll_back().await;
            if self.retryable && attempt < RETRIES {
                return Ended::Again;
            }
        }
        Ended::Done(outcome)
    }

    /// Rolls back and returns the connection to its pool; a connection that cannot even do that is closed.
    async fn roll_back(&mut self) {
        if let Some(connection) = &self.connection {
            let clean = self.opening.is_some() || connection.batch_execute("ROLLBACK").await.is_ok();
            if clean {
                self.connection = None;
            } else {
                self.close();
            }
        }
    }

    fn close(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(deadpool_postgres::Object::take(connection));
        }
    }
}

impl<D: Database> Drop for Tx<D> {
    fn drop(&mut self) {
        if self.opening.is_none() {
            self.close();
        }
    }
}

fn finished() -> ApiError {
    ApiError::internal(anyhow::anyhow!("a transaction was used after its end"))
}

/// What a pool's refusal means to a request.
pub(crate) fn from_pool(error: deadpool_postgres::PoolError) -> ApiError {
    match error {
        deadpool_postgres::PoolError::Backend(error) => ApiError::from(error),
        deadpool_postgres::PoolError::Timeout(_) | deadpool_postgres::PoolError::Closed => {
            ApiError::unavailable("database_busy")
        }
        other => ApiError::internal(other),
    }
}

/// What a pool holds, for the metrics.
pub(crate) fn pool_use(pool: &deadpool_postgres::Pool) -> PoolUse {
    let status = pool.status();
    let in_use = status.size.saturating_sub(status.available);
    PoolUse { pools: 1, in_use, idle: status.available, waiting: status.waiting, limit: status.max_size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stays_on_this_machine_goes_without_tls() {
        let mode = |text: &str| {
            let mut config: Config = text.parse().expect(text);
            harden(&mut config, "test");
            config.get_ssl_mode()
        };
        for local in
            ["host=localhost", "host=127.0.0.1", "host=::1", "host=localhost hostaddr=127.0.0.1", "hostaddr=::1"]
        {
            assert_eq!(mode(local), SslMode::Disable, "{local}");
        }
        for remote in [
            "host=db.example",
            "host=localhost,db.example",
            "hostaddr=192.0.2.2",
            "host=localhost hostaddr=192.0.2.2",
            "user=x",
        ] {
            assert_eq!(mode(remote), SslMode::Require, "{remote}");
        }
    }
}
