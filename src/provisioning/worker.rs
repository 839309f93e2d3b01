//! The worker process: provisioning and account mail. It alone holds the provisioner's credential.
//!
//! Who runs it: `medicalpro worker`, and `medicalpro dev` beside the server. It spawns a task a lane, each with a connection of
//! its own to central, on which it holds the lease of the clinic it is making; one task that listens. Beside it runs `email::outbox`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::sync::{Notify, watch};
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use super::server::{Server, register};
use super::steps::{Step, Workshop};
use super::template::{self, Way};
use super::{reaper, schema, spares};
use crate::central::Central;
use crate::central::journal::{ATTEMPTS, Job, Journal, REMOVALS, REQUESTED};
use crate::database::{Listener, connect, harden};
use crate::error::ApiError;
use crate::error::describe;
use crate::ids::ClinicId;
use crate::secrets::MasterKeys;
use crate::telemetry::{metrics, milliseconds, timed};

/// How a worker works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The provisioner's connection to central.
    pub config: Config,
    /// Clinics made at once.
    pub lanes: usize,
    /// What new clinics are copied from.
    pub way: Way,
    /// Copies of the template that are kept ready.
    pub spares: usize,
    /// A clinic's login role's connection limit.
    pub clinic_connections: i32,
}

/// A worker, connected.
pub struct Worker {
    settings: Settings,
    central: Central,
    keys: Arc<MasterKeys>,
    tls: MakeRustlsConnect,
    server: Server,
    journal: Journal,
    /// There may be a job.
    requested: Notify,
    /// A clinic was made.
    made: Notify,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Worker({:?})", self.server)
    }
}

impl Worker {
    /// Connects, registers the server in central, and makes sure that it has a template.
    ///
    /// # Errors
    /// When central is out of reach or not bootstrapped, or the template cannot be built.
    pub async fn new(mut settings: Settings, keys: Arc<MasterKeys>, tls: MakeRustlsConnect) -> anyhow::Result<Self> {
        harden(&mut settings.config, "medicalpro worker");
        let central = Central::new(settings.config.clone(), tls.clone(), settings.lanes + 4)?;
        let client = connect(&settings.config, &tls).await.context("the worker cannot reach central")?;
        let server = register(&client, &settings.config, &tls).await?;
        if settings.way == Way::Template {
            template::ensure(&client, &server).await?;
        }
        for orphan in reaper::orphans(&client).await? {
            tracing::warn!(%orphan, "owned by no company");
        }
        let journal = Journal::new(central.clone(), &format!("pid {}", std::process::id()));
        Ok(Self { settings, central, keys, tls, server, journal, requested: Notify::new(), made: Notify::new() })
    }

    /// Central under the worker's login.
    #[must_use]
    pub const fn central(&self) -> &Central {
        &self.central
    }

    /// Works until it is told to stop; what is under way is finished first.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let (notices, noticed) = watch::channel(0_u64);
        let listener = Listener { config: self.settings.config.clone(), tls: self.tls.clone(), channel: REQUESTED };
        let tasks = TaskTracker::new();
        tasks.spawn(listener.run(move |_| notices.send_modify(|count| *count += 1), stop.clone()));
        tasks.spawn(self.clone().wake_lanes(noticed));
        if self.settings.way == Way::Template {
            tasks.spawn(self.clone().keep_spares(stop.clone()));
        }
        for lane in 0..self.settings.lanes {
            tasks.spawn(self.clone().lane(lane, stop.clone()));
        }
        tasks.close();
        tasks.wait().await;
    }

    /// A lane for each notice, rather than all of them: they would ask for the same job at once. Until the listener ends.
    async fn wake_lanes(self: Arc<Self>, mut noticed: watch::Receiver<u64>) {
        let mut answered = 0;
        while noticed.changed().await.is_ok() {
            let notices = *noticed.borrow_and_update();
            (answered..notices).for_each(|_| self.requested.notify_one());
            answered = notices;
        }
    }

    async fn lane(self: Arc<Self>, lane: usize, stop: CancellationToken) {
        let mut lease: Option<Client> = None;
        while !stop.is_cancelled() {
            if lease.as_ref().is_none_or(Client::is_closed) {
                lease = connect(&self.settings.config, &self.tls)
                    .await
                    .inspect_err(|error| tracing::warn!(lane, %error, "the worker cannot reach central"))
                    .ok();
            }
            let worked = match &lease {
                Some(client) => Box::pin(self.work_once(client)).await.unwrap_or_else(|error| {
                    tracing::warn!(lane, error = describe(&error), "the journal could not be read");
                    false
                }),
                None => false,
            };
            if !worked {
                // A notice may be lost, and a job may become due by time alone.
                tokio::select! {
                    () = self.requested.notified() => {}
                    () = tokio::time::sleep(Duration::from_secs(1)) => {}
                    () = stop.cancelled() => {}
                }
            }
        }
    }

    /// Has spares made whenever a clinic was made, and now and then.
    async fn keep_spares(self: Arc<Self>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let refilled = async {
                let client = connect(&self.settings.config, &self.tls).await?;
                loop {
                    spares::refill(&client, &self.server, self.settings.spares).await?;
                    let _ = tokio::time::timeout(Duration::from_mins(1), self.made.notified()).await;
                }
            };
            let failed: Result<(), tokio_postgres::Error> = tokio::select! {
                failed = refilled => failed,
                () = stop.cancelled() => return,
            };
            if let Err(error) = failed {
                tracing::warn!(error = describe(&error.into()), "no spare was made; clinics are made without");
            }
            let _ = tokio::time::timeout(Duration::from_secs(10), stop.cancelled()).await;
        }
    }

    /// Makes the first due clinic that nobody else is making. `false` when there is none.
    async fn work_once(&self, lease: &Client) -> anyhow::Result<bool> {
        for job in self.journal.due().await.map_err(ApiError::into_cause)? {
            let Some(held) = Lease::take(lease, ClinicId(job.company_id)).await? else { continue };
            let outcome = match self.journal.begin(job.id).await {
                Ok(Some(job)) => {
                    // Of the highest level, as a request's: whatever is logged tells of which job and clinic.
                    let (clinic, attempt) = (job.company_id, job.attempts);
                    let span = tracing::error_span!("job", job = %job.id, %clinic, attempt);
                    self.make(lease, &job).instrument(span).await.map(|()| true)
                }
                Ok(None) => Ok(false),
                Err(error) => Err(error.into_cause()),
            };
            held.give_back().await?;
            if outcome? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn make(&self, lease: &Client, job: &Job) -> anyhow::Result<()> {
        let clinic = ClinicId(job.company_id);
        let mut workshop = Workshop {
            central: &self.central,
            lease,
            server: &self.server,
            keys: &self.keys,
            way: self.settings.way,
            connections: self.settings.clinic_connections,
            clinic,
            inside: None,
        };
        let started = Instant::now();
        match self.take_steps(&mut workshop, job).await {
            Ok(()) => {
                metrics::attempted("ready");
                self.made.notify_one();
                tracing::info!(milliseconds = milliseconds(started.elapsed()), "clinic provisioned");
                Ok(())
            }
            Err(error) if job.attempts < ATTEMPTS => {
                let error = describe(&error);
                metrics::attempted("again");
                tracing::warn!(error, "provisioning failed; it will be tried again");
                self.journal.try_again(job, &error).await.map_err(ApiError::into_cause)
            }
            Err(error) => {
                let mut error = describe(&error);
                if let Err(left) = workshop.remove().await {
                    error = format!("{}; could not be removed after: {error}", describe(&left));
                    if job.attempts < REMOVALS {
                        metrics::attempted("again");
                        tracing::warn!(error, "it will be removed later");
                        return self.journal.try_again(job, &error).await.map_err(ApiError::into_cause);
                    }
                }
                metrics::attempted("given_up");
                tracing::error!(error, "provisioning given up");
                self.journal.give_up(job, &error).await.map_err(ApiError::into_cause)
            }
        }
    }

    async fn take_steps(&self, workshop: &mut Workshop<'_>, job: &Job) -> anyhow::Result<()> {
        let finished = self.journal.finished_steps(job).await.map_err(ApiError::into_cause)?;
        for step in Step::ALL {
            if finished.iter().any(|name| name == step.name()) {
                continue;
            }
            let took = observed(step.name(), workshop.run(step)).await?;
            self.journal.record(job, step.name(), took).await.map_err(ApiError::into_cause)?;
        }
        let activation = self.journal.activate(job, schema::newest());
        observed("activate", async { activation.await.map_err(ApiError::into_cause) }).await?;
        Ok(())
    }
}

/// Runs a step in its span, and counts it; tells how long it took.
async fn observed(name: &'static str, step: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<Duration> {
    let span = tracing::error_span!("step", step = name);
    let _timed = timed(&span);
    let started = Instant::now();
    let outcome = step.instrument(span).await;
    let took = started.elapsed();
    metrics::step(name, outcome.is_ok(), took);
    outcome.map(|()| took)
}

/// A clinic's lease: an advisory lock that ends with its holder's connection.
pub(super) struct Lease<'a> {
    client: &'a Client,
    clinic: ClinicId,
}

impl<'a> Lease<'a> {
    /// `None` when somebody else holds it.
    pub(super) async fn take(client: &'a Client, clinic: ClinicId) -> Result<Option<Self>, tokio_postgres::Error> {
        let row = client
            .query_one("SELECT pg_try_advisory_lock(hashtextextended($1::text, 0))", &[&clinic.to_string()])
            .await?;
        Ok(row.try_get::<_, bool>(0)?.then_some(Self { client, clinic }))
    }

    pub(super) async fn give_back(self) -> Result<(), tokio_postgres::Error> {
        let clinic = self.clinic.to_string();
        self.client.execute("SELECT pg_advisory_unlock(hashtextextended($1::text, 0))", &[&clinic]).await?;
        Ok(())
    }
}
