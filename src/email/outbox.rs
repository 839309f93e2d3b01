//! Sends mail: takes what is due, and hands it to the transport. Two lines, so that neither waits for the other: mail about accounts,
//! from central's outbox (`accounts`), and mail about patients, clinic by clinic, from each clinic's own (`patients`).
//!
//! Of each line so many are under way at once, so that one slow mail or clinic holds up no other. A mail is marked sent after it was
//! handed over: a worker killed in between leaves it to be sent again when its lease has passed, with the same `Message-ID`; in the
//! normal case it is sent once.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use lettre::message::Mailbox;
use tokio::sync::{Semaphore, watch};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::{Mail, Reader, SendError, Transport, render};
use crate::central::{Central, clinic_mail, delivery};
use crate::clinic::Clinics;
use crate::database::Listener;
use crate::error::Result;
use crate::region::{Language, Region};
use crate::secrets::MasterKeys;
use crate::telemetry::metrics;

/// On this channel central tells that mail is due, as it is committed.
const DUE: &str = "medicalpro_mail";

/// How often is looked without having been told: mail that is tried again becomes due by time alone.
const PAUSE: Duration = Duration::from_millis(500);

/// And how often the outbox's length is taken, for the metrics.
const COUNT_PAUSE: Duration = Duration::from_secs(15);

/// All active clinics are looked at within this time, in case a notice of mail was lost; first when the worker has run for a while.
const SWEEP: Duration = Duration::from_hours(6);
const SWEEP_AFTER: Duration = Duration::from_mins(10);

/// Mails about accounts, and clinics whose mail is sent, at once.
pub const AT_ONCE: usize = 4;

/// What a worker sends mail with.
pub struct Sender {
    /// Central under the worker's login.
    pub central: Central,
    /// The connection that listens there.
    pub config: tokio_postgres::Config,
    /// How it is made.
    pub tls: MakeRustlsConnect,
    /// The clinics' databases.
    pub clinics: Clinics,
    /// What seals patients' links.
    pub keys: Arc<MasterKeys>,
    /// The way.
    pub transport: Transport,
    /// From whom.
    pub from: Mailbox,
    /// Where links lead: the server's address as people see it.
    pub public_url: String,
    /// Tells this worker's leases from others'.
    pub name: String,
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sender({})", self.name)
    }
}

/// What is taken from, each with its own number under way at once.
#[derive(Clone, Copy, Debug)]
enum Line {
    Accounts,
    Patients,
}

impl Sender {
    /// Sends until told to stop; what is under way is finished first.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let (notices, noticed) = watch::channel(0_u64);
        let listener = Listener { config: self.config.clone(), tls: self.tls.clone(), channel: DUE };
        let lines = async {
            tokio::join!(
                listener.run(move |_| notices.send_modify(|count| *count += 1), stop.clone()),
                self.send_until(Line::Accounts, noticed.clone(), &stop),
                self.send_until(Line::Patients, noticed, &stop),
            )
        };
        tokio::select! {
            _ = lines => {}
            () = self.count() => {}
            () = self.sweep() => {}
        }
    }

    /// By a clock of its own, since a scrape is no reason to ask central.
    async fn count(&self) {
        loop {
            match delivery::queue(&self.central).await {
                Ok(queue) => metrics::mail_queue(queue.due, queue.later, queue.dead, queue.oldest_seconds),
                Err(error) => tracing::warn!(%error, "the outbox could not be counted"),
            }
            tokio::time::sleep(COUNT_PAUSE).await;
        }
    }

    async fn sweep(&self) {
        tokio::time::sleep(SWEEP_AFTER).await;
        loop {
            if let Err(error) = clinic_mail::sweep(&self.central, SWEEP.as_secs_f64()).await {
                tracing::warn!(%error, "the clinics' mail could not be looked for");
            }
            tokio::time::sleep(SWEEP).await;
        }
    }

    async fn send_until(self: &Arc<Self>, line: Line, mut noticed: watch::Receiver<u64>, stop: &CancellationToken) {
        let free = Arc::new(Semaphore::new(AT_ONCE));
        let under_way = TaskTracker::new();
        while !stop.is_cancelled() {
            let permit = tokio::select! {
                Ok(permit) = free.clone().acquire_owned() => permit,
                () = stop.cancelled() => break,
            };
            noticed.mark_unchanged();
            match self.take(line).await {
                Ok(Some(task)) => {
                    under_way.spawn(async move {
                        task.await;
                        drop(permit);
                    });
                    continue;
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, ?line, "no mail could be taken"),
            }
            drop(permit);
            tokio::select! {
                Ok(()) = noticed.changed() => {}
                () = tokio::time::sleep(PAUSE) => {}
                () = stop.cancelled() => {}
            }
        }
        under_way.close();
        under_way.wait().await;
    }

    /// The next thing to do, if there is one.
    async fn take(self: &Arc<Self>, line: Line) -> Result<Option<BoxFuture<'static, ()>>> {
        let sender = self.clone();
        Ok(match line {
            Line::Accounts => {
                let due = delivery::claim(&self.central).await?;
                due.map(|due| Box::pin(async move { sender.send_to_account(&due).await }) as _)
            }
            Line::Patients => {
                let turn = clinic_mail::take(&self.central).await?;
                turn.map(|turn| Box::pin(async move { sender.send_clinics(&turn).await }) as _)
            }
        })
    }

    /// Renders a mail and hands it over. The `Message-ID` is the row's, at every attempt.
    pub(super) async fn post(
        &self,
        to: &str,
        mail: &Mail<'_>,
        reader: &Reader,
        id: Uuid,
    ) -> std::result::Result<(), SendError> {
        let rendered =
            render(mail, reader).map_err(|error| SendError { permanent: true, reason: error.to_string() })?;
        let message_id = format!("{id}@{}", self.from.email.domain());
        self.transport.send(&self.from, to, &rendered, &message_id).await
    }
}

/// Where a language is at home: whose rules apply where no clinic's do.
pub(super) fn home(language: Language) -> &'static Region {
    let regions = Region::all();
    regions.iter().find(|region| region.default_language == language.tag()).unwrap_or(&regions[0])
}
