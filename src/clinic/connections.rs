//! The connection manager: finds a clinic's credentials in central and keeps one private, bounded pool a clinic.
//!
//! Who calls it: every operation on a clinic, by [`Clinics::read`] and [`Clinics::write`]; links, by [`Clinics::link`]; the worker, by [`Clinics::run`]. Invariants: a pool is opened with
//! its own clinic's credentials only and is found by its principal's clinic only; all pools together never hold
//! more connections than the budget; a clinic whose credentials changed (`epoch`) gets a new pool before its next statement.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use deadpool::managed::QueueMode;
use deadpool_postgres::{Connect, Hook, Manager, Object, Pool, PoolError, Runtime, Timeouts};
use futures_util::future::BoxFuture;
use tokio::sync::{OnceCell, OwnedSemaphorePermit, RwLock, Semaphore};
use tokio::task::JoinHandle;
use tokio_postgres::error::SqlState;
use tokio_postgres_rustls::MakeRustlsConnect;
use tracing::Instrument as _;

use super::checkout;
use super::context::{Caller, ContextKey, Errand, Link, Principal};
use super::credentials::Credentials;
use super::tx::{ClinicTx, Read, Write};
use crate::central::Central;
use crate::central::journal::Requests;
use crate::central::{clinic_mail, companies};
use crate::database::{Ended, Tx, from_pool, pool_use};
use crate::error::{ApiError, ConstraintMessage, Result};
use crate::ids::ClinicId;
use crate::secrets::MasterKeys;
use crate::telemetry::metrics::{self, PoolUse};
use crate::telemetry::timed;

/// How a clinic's pool is bounded.
#[derive(Clone, Copy, Debug)]
pub struct PoolSettings {
    /// Connections a clinic.
    pub size: usize,
    /// Connections of all clinics together.
    pub budget: usize,
    /// How long a connection may lie idle before it is closed.
    pub idle: Duration,
    /// How long a request waits for a connection before it is answered 503.
    pub wait: Duration,
}

/// The clinics, as operations see them. Cheap to clone.
#[derive(Clone)]
pub struct Clinics(Arc<Inner>);

impl std::fmt::Debug for Clinics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clinics")
    }
}

struct Inner {
    central: Central,
    keys: Arc<MasterKeys>,
    tls: MakeRustlsConnect,
    settings: PoolSettings,
    constraints: &'static [ConstraintMessage],
    requests: Requests,
    budget: Arc<Semaphore>,
    started: Instant,
    // A cell a clinic, so that its credentials are fetched once however many requests arrive together.
    pools: RwLock<HashMap<ClinicId, Arc<OnceCell<Arc<ClinicPool>>>>>,
}

struct ClinicPool {
    pool: Pool,
    schema: String,
    key: ContextKey,
    epoch: i64,
    last_used: AtomicU64,
}

impl Clinics {
    /// No pool is opened until a clinic is used.
    #[must_use]
    pub fn new(
        central: Central,
        keys: Arc<MasterKeys>,
        tls: MakeRustlsConnect,
        settings: PoolSettings,
        constraints: &'static [ConstraintMessage],
        requests: Requests,
    ) -> Self {
        let clinics = Self(Arc::new(Inner {
            central,
            keys,
            tls,
            settings,
            constraints,
            requests,
            budget: Arc::new(Semaphore::new(settings.budget)),
            started: Instant::now(),
            pools: RwLock::default(),
        }));
        tokio::spawn(close_idle(Arc::downgrade(&clinics.0)));
        let weak = Arc::downgrade(&clinics.0);
        metrics::watch(metrics::Database::Clinic, move || {
            let clinics = weak.upgrade()?;
            Some(async move { clinics.pool_use().await })
        });
        clinics
    }

    /// What [`crate::transaction!`] runs an operation with that changes nothing: what it read is audited in the same transaction.
    #[must_use]
    pub const fn read<'a>(&'a self, caller: &'a Caller) -> ClinicWork<'a, Read> {
        ClinicWork { clinics: self, principal: &caller.principal, kind: PhantomData }
    }

    /// What [`crate::transaction!`] runs an operation with that changes data.
    #[must_use]
    pub const fn write<'a>(&'a self, caller: &'a Caller) -> ClinicWork<'a, Write> {
        ClinicWork { clinics: self, principal: &caller.principal, kind: PhantomData }
    }

    /// What [`crate::transaction!`] runs with for whoever holds a link: its functions write the audit log themselves.
    #[must_use]
    pub const fn link<'a>(&'a self, link: &'a Link) -> ClinicWork<'a, Write> {
        ClinicWork { clinics: self, principal: &link.0, kind: PhantomData }
    }

    /// What [`crate::transaction!`] runs with that is the worker's own.
    #[must_use]
    pub const fn run<'a>(&'a self, errand: &'a Errand) -> ClinicWork<'a, Write> {
        ClinicWork { clinics: self, principal: &errand.0, kind: PhantomData }
    }

    async fn begin<A>(&self, principal: &Principal) -> Result<ClinicTx<A>> {
        let clinic = self.pool(principal).await?;
        let connection = self.0.checkout(&clinic).await?;
        let opening = checkout::opening(principal, &clinic.schema, &clinic.key, chrono::Utc::now().timestamp());
        Ok(ClinicTx::new(Tx::new(connection, opening, self.0.constraints), principal.clinic))
    }

    /// The pool of a clinic, opened on first use and again after its credentials changed.
    async fn pool(&self, principal: &Principal) -> Result<Arc<ClinicPool>> {
        let clinic = principal.clinic;
        let known = self.0.pools.read().await.get(&clinic).cloned();
        let mut cell = match known {
            Some(cell) => cell,
            None => self.0.pools.write().await.entry(clinic).or_default().clone(),
        };
        if cell.get().is_some_and(|pool| pool.epoch < principal.epoch) {
            let mut pools = self.0.pools.write().await;
            let current = pools.entry(clinic).or_default();
            if let Some(stale) = current.get().filter(|pool| pool.epoch < principal.epoch) {
                metrics::evicted("credentials", stale.pool.status().size);
                stale.pool.close();
                *current = Arc::default();
            }
            cell = current.clone();
        }
        let pool = match cell.get_or_try_init(|| Inner::open(&self.0, clinic)).await {
            Err(ApiError::Unavailable { code: companies::NOT_READY, .. }) => {
                // Outside the cell, so that all who arrive meanwhile wait for the same making, side by side.
                self.0.requests.first_access(clinic).await?;
                cell.get_or_try_init(|| Inner::open(&self.0, clinic)).await?.clone()
            }
            outcome => outcome?.clone(),
        };
        pool.last_used.store(self.0.seconds(), Ordering::Relaxed);
        Ok(pool)
    }
}

/// See [`Clinics::read`], [`Clinics::write`], [`Clinics::link`] and [`Clinics::run`].
#[derive(Debug)]
pub struct ClinicWork<'a, A> {
    clinics: &'a Clinics,
    principal: &'a Principal,
    kind: PhantomData<A>,
}

impl<A> ClinicWork<'_, A> {
    /// Begins a transaction bound to whom it runs for.
    ///
    /// # Errors
    /// Unavailable when the clinic has no connection to give.
    pub async fn begin(&self) -> Result<ClinicTx<A>> {
        self.clinics.begin(self.principal).await
    }

    /// Ends it. A refusal for lack of rights is audited in a transaction of its own. Central is told of mail that it bears, so that it
    /// cannot be lost: see [`clinic_mail`].
    pub async fn end<T>(&self, tx: ClinicTx<A>, outcome: Result<T>, attempt: u32) -> Ended<T> {
        let (central, clinic, mail) = (&self.clinics.0.central, self.principal.clinic, tx.has_mail());
        let outcome = match outcome {
            Ok(value) if mail => clinic_mail::expect(central, clinic).await.map(|()| value),
            outcome => outcome,
        };
        let ended = tx.end(outcome, attempt).await;
        if mail
            && matches!(ended, Ended::Done(Ok(_)))
            && let Err(error) = clinic_mail::note(central, clinic).await
        {
            tracing::warn!(%error, "mail of a clinic waits until it is looked for");
        }
        if let Ended::Done(Err(ApiError::Forbidden { code, .. })) = &ended
            && let Err(error) = self.record_denial(code).await
        {
            return Ended::Done(Err(error));
        }
        ended
    }

    async fn record_denial(&self, code: &'static str) -> Result<()> {
        let tx = self.clinics.begin::<Write>(self.principal).await?;
        tx.record_denial(&self.principal.operation, code).await
    }
}

impl Inner {
    fn seconds(&self) -> u64 {
        self.started.elapsed().as_secs()
    }

    async fn open(self: &Arc<Self>, clinic: ClinicId) -> Result<Arc<ClinicPool>> {
        let credentials = Credentials::open(&self.keys, &companies::credentials(&self.central, clinic).await?)?;
        let connect =
            BudgetedConnect { tls: self.tls.clone(), budget: self.budget.clone(), clinics: Arc::downgrade(self) };
        let pool = Pool::builder(Manager::from_connect(
            credentials.config(),
            connect,
            deadpool_postgres::ManagerConfig::default(),
        ))
        .max_size(self.settings.size)
        // The connection used last has its caches warm; the others may fall idle.
        .queue_mode(QueueMode::Lifo)
        .runtime(Runtime::Tokio1)
        .timeouts(Timeouts {
            wait: Some(self.settings.wait),
            create: Some(self.settings.wait),
            recycle: Some(self.settings.wait),
        })
        .pre_recycle(Hook::async_fn(|connection, metrics| Box::pin(checkout::look_at_idle(connection, metrics))))
        .build()
        .map_err(ApiError::internal)?;
        Ok(Arc::new(ClinicPool {
            pool,
            schema: credentials.name,
            key: credentials.context_key,
            epoch: credentials.epoch,
            last_used: AtomicU64::new(self.seconds()),
        }))
    }

    async fn checkout(&self, clinic: &ClinicPool) -> Result<Object> {
        let span = tracing::debug_span!("checkout", database = "clinic");
        let _timed = timed(&span);
        let started = Instant::now();
        let outcome = self.connection(clinic).instrument(span).await;
        metrics::checked_out(metrics::Database::Clinic, started.elapsed());
        outcome
    }

    /// Takes a connection; where the login role's own limit is reached (other processes hold the rest), waits for one.
    async fn connection(&self, clinic: &ClinicPool) -> Result<Object> {
        let deadline = tokio::time::Instant::now() + self.settings.wait;
        loop {
            match clinic.pool.get().await {
                Err(PoolError::Backend(error))
                    if error.code() == Some(&SqlState::TOO_MANY_CONNECTIONS)
                        && tokio::time::Instant::now() < deadline =>
                {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                outcome => return outcome.map_err(from_pool),
            }
        }
    }

    /// Closes idle connections, the longest unused clinics' first, until one is free for another clinic.
    async fn shed_idle(&self) {
        let mut pools: Vec<_> = self.pools.read().await.values().filter_map(|cell| cell.get().cloned()).collect();
        pools.sort_by_key(|pool| pool.last_used.load(Ordering::Relaxed));
        for clinic in pools {
            let closed = clinic.pool.retain(|_, _| false).removed.len();
            if closed > 0 {
                metrics::evicted("budget", closed);
                return;
            }
        }
    }

    /// What the pools hold together; their limit is the budget.
    async fn pool_use(&self) -> PoolUse {
        let pools = self.pools.read().await;
        let open = pools.values().filter_map(|cell| cell.get());
        let sum = open.map(|clinic| pool_use(&clinic.pool)).fold(PoolUse::default(), PoolUse::and);
        PoolUse { limit: self.settings.budget, ..sum }
    }
}

/// Closes connections and forgets clinics that lie idle, for as long as the clinics exist.
async fn close_idle(clinics: Weak<Inner>) {
    loop {
        let Some(idle) = clinics.upgrade().map(|clinics| clinics.settings.idle) else { return };
        tokio::time::sleep(idle / 2).await;
        let Some(clinics) = clinics.upgrade() else { return };
        let now = clinics.seconds();
        clinics.pools.write().await.retain(|_, cell| {
            let Some(clinic) = cell.get() else { return Arc::strong_count(cell) > 1 };
            let closed = clinic.pool.retain(|_, connection| connection.last_used() < idle).removed.len();
            metrics::evicted("idle", closed);
            let unused = now.saturating_sub(clinic.last_used.load(Ordering::Relaxed)) > idle.as_secs();
            !(unused && clinic.pool.status().size == 0)
        });
    }
}

/// Opens connections within the budget: a permit lives as long as its connection.
struct BudgetedConnect {
    tls: MakeRustlsConnect,
    budget: Arc<Semaphore>,
    clinics: Weak<Inner>,
}

impl BudgetedConnect {
    /// Waits for as long as the pool lets it; connections of other clinics that fall idle meanwhile are closed for it.
    async fn permit(&self) -> OwnedSemaphorePermit {
        loop {
            if let Ok(permit) = self.budget.clone().try_acquire_owned() {
                return permit;
            }
            if let Some(clinics) = self.clinics.upgrade() {
                clinics.shed_idle().await;
            }
            let soon = Duration::from_millis(25);
            if let Ok(Ok(permit)) = tokio::time::timeout(soon, self.budget.clone().acquire_owned()).await {
                return permit;
            }
        }
    }
}

impl Connect for BudgetedConnect {
    fn connect(
        &self,
        config: &tokio_postgres::Config,
    ) -> BoxFuture<'_, Result<(tokio_postgres::Client, JoinHandle<()>), tokio_postgres::Error>> {
        let config = config.clone();
        Box::pin(async move {
            let permit = self.permit().await;
            let (client, connection) = config.connect(self.tls.clone()).await?;
            let task = tokio::spawn(async move {
                let _permit = permit;
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "a clinic's connection ended");
                }
            });
            Ok((client, task))
        })
    }
}
