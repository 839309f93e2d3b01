//! `provisioning_jobs` and `provisioning_steps`: the server writes a job and waits for it; the worker takes it, records its
//! steps and ends it.
//!
//! The lease is an advisory lock on the worker's connection to central, the same connection that makes roles and databases:
//! it ends when that connection ends, so that a killed worker's clinic is free at once, and never before what the killed
//! worker had under way at the database has ended.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use uuid::Uuid;

use super::audit::{self, Event};
use super::companies::{self, Status};
use super::{Central, CentralTx, outbox};
use crate::error::{ApiError, Result};
use crate::ids::ClinicId;
use crate::sql;
use crate::sql::CentralLogin;
use crate::transaction;

/// On this channel the server tells the worker that there is a job.
pub const REQUESTED: &str = "medicalpro_provisioning_requested";
/// On this one the worker tells servers that one has ended.
pub const FINISHED: &str = "medicalpro_provisioning_finished";

/// How often a job is tried before it is given up.
pub const ATTEMPTS: i32 = 5;
/// And before it is given up although what was made of the clinic cannot be removed: the reaper names that from then on.
pub const REMOVALS: i32 = ATTEMPTS + 2;

const BOTH: [CentralLogin; 2] = [CentralLogin::Api, CentralLogin::Provisioner];
const WORKER: [CentralLogin; 1] = [CentralLogin::Provisioner];

// What only tells how far a job is need not wait for the disk: lost in a crash, the step runs again.
macro_rules! unhurried {
    () => {
        "FROM set_config('synchronous_commit', 'off', true)"
    };
}

sql! { Central;
    /// Asks for a clinic that is not ready, unless it is asked for already.
    REQUEST by BOTH;
        "INSERT INTO provisioning_jobs (company_id, reason)
         SELECT id, $2 FROM companies WHERE id = $1 AND status IN ('pending', 'provisioning')
         ON CONFLICT (company_id) WHERE state IN ('queued', 'running') DO NOTHING";
    /// Wakes whoever listens.
    NOTIFY by BOTH;
        "SELECT pg_notify($1, '')";
    /// What is to be done, oldest first; those under way are passed over by their lock.
    DUE by WORKER;
        "SELECT id, company_id, reason, attempts FROM provisioning_jobs
          WHERE state IN ('queued', 'running') AND run_after <= now()
          ORDER BY run_after, created_at LIMIT 64";
    /// Begins an attempt; no row when the job ended meanwhile.
    BEGIN_ATTEMPT by WORKER;
        (concat!(
            "UPDATE provisioning_jobs SET state = 'running', attempts = attempts + 1, worker = $2 ", unhurried!(), "
              WHERE id = $1 AND state IN ('queued', 'running') AND run_after <= now()
             RETURNING id, company_id, reason, attempts"
        ));
    /// From now on the clinic is being made; no row for one that was ready once, which nothing here may touch.
    MARK_PROVISIONING by WORKER;
        "UPDATE companies SET status = 'provisioning'
          WHERE id = $1 AND status IN ('pending', 'provisioning') AND provisioned_at IS NULL
         RETURNING id";
    /// Steps that an earlier attempt finished.
    FINISHED_STEPS by WORKER;
        "SELECT step FROM provisioning_steps WHERE job_id = $1";
    /// A step is finished.
    RECORD_STEP by WORKER;
        (concat!(
            "INSERT INTO provisioning_steps (job_id, step, duration_ms) SELECT $1, $2, $3 ", unhurried!(), "
             ON CONFLICT (job_id, step) DO UPDATE SET finished_at = now(), duration_ms = excluded.duration_ms"
        ));
    /// The clinic is ready.
    ACTIVATE by WORKER;
        "UPDATE companies SET status = 'active', schema_version = $2, provisioned_at = now()
          WHERE id = $1 AND status = 'provisioning'";
    /// A job is done.
    DONE by WORKER;
        "UPDATE provisioning_jobs SET state = 'done', error = NULL, finished_at = now() WHERE id = $1";
    /// A job will be tried again, each time later.
    TRY_AGAIN by WORKER;
        "UPDATE provisioning_jobs
            SET state = 'queued', error = $2, run_after = now() + interval '1 second' * power(2, attempts)
          WHERE id = $1 AND state = 'running'";
    /// A job is given up; no row for one that is done after all: its activation took effect and only the answer was lost.
    GIVE_UP by WORKER;
        "UPDATE provisioning_jobs SET state = 'failed', error = $2, finished_at = now() WHERE id = $1 AND state = 'running'
         RETURNING id";
    /// A clinic that could not be made goes back to where it was.
    BACK_TO_PENDING by WORKER;
        "UPDATE companies
            SET status = 'pending', database_server_id = NULL, db_host = NULL, db_port = NULL, db_name = NULL, db_user = NULL,
                db_password = NULL, context_kid = NULL, context_key = NULL, schema_version = NULL, provisioned_at = NULL,
                epoch = epoch + 1
          WHERE id = $1";
    /// A registration that could not be fulfilled leaves nothing: the people who have no other clinic.
    FORGET_PEOPLE by WORKER;
        "DELETE FROM users u USING memberships m
          WHERE m.user_id = u.id AND m.company_id = $1
            AND NOT EXISTS (SELECT FROM memberships o WHERE o.user_id = u.id AND o.company_id <> $1)";
    /// … and the clinic.
    FORGET_COMPANY by WORKER;
        "DELETE FROM companies WHERE id = $1 AND status <> 'active'";
}

/// Why a clinic is made; decides what becomes of it when it cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Somebody registered: undone when it fails.
    Registration,
    /// A pending clinic is used for the first time.
    FirstAccess,
    /// `medicalpro clinics provision`.
    Operator,
}

impl Reason {
    const fn name(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::FirstAccess => "first_access",
            Self::Operator => "operator",
        }
    }
}

/// A job, as taken by a worker.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its row.
    pub id: Uuid,
    /// The clinic to make.
    pub company_id: Uuid,
    /// See [`Reason`].
    pub reason: String,
    /// Which attempt this is, from 1.
    pub attempts: i32,
}

crate::from_row!(Job { id, company_id, reason, attempts });

/// Asks for a clinic, in the caller's transaction.
///
/// # Errors
/// As the database refuses.
pub async fn request(tx: &mut CentralTx, clinic: ClinicId, reason: Reason) -> Result<()> {
    tx.rows(&REQUEST, &[&clinic.0, &reason.name()]).await?;
    tx.rows(&NOTIFY, &[&REQUESTED]).await?;
    Ok(())
}

/// An operator asks for a clinic. Tells where it stood: one that is active or suspended is left as it is.
///
/// # Errors
/// Not found, or as the database refuses.
pub async fn ask(central: &Central, clinic: ClinicId) -> Result<Status> {
    let status = companies::status(central, clinic).await?;
    transaction!(central.work(), |tx| request(tx, clinic, Reason::Operator).await)?;
    Ok(status)
}

/// The server's side: asks for clinics and waits for them.
#[derive(Clone)]
pub struct Requests {
    central: Central,
    finished: watch::Receiver<u64>,
    patience: Duration,
}

impl std::fmt::Debug for Requests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Requests")
    }
}

impl Requests {
    /// `finished` counts the worker's notices ([`FINISHED`]); `patience` is how long a request waits.
    #[must_use]
    pub const fn new(central: Central, finished: watch::Receiver<u64>, patience: Duration) -> Self {
        Self { central, finished, patience }
    }

    /// Makes a pending clinic ready, at its first access: asks for it and waits.
    ///
    /// # Errors
    /// Unavailable while it is not ready, and when it could not be made.
    pub async fn first_access(&self, clinic: ClinicId) -> Result<()> {
        transaction!(self.central.work(), |tx| request(tx, clinic, Reason::FirstAccess).await)?;
        if self.wait(clinic).await? { Ok(()) } else { Err(ApiError::unavailable(companies::NOT_READY)) }
    }

    /// Waits until the clinic has been made. `Ok(false)` when that takes longer than the patience allows.
    ///
    /// # Errors
    /// Unavailable when the clinic could not be made.
    pub async fn wait(&self, clinic: ClinicId) -> Result<bool> {
        let deadline = tokio::time::Instant::now() + self.patience;
        let mut finished = self.finished.clone();
        loop {
            finished.mark_unchanged();
            match companies::status(&self.central, clinic).await {
                // Only what was active is suspended: it has been made, and who gets in is decided elsewhere.
                Ok(Status::Active | Status::Suspended) => return Ok(true),
                Ok(Status::Provisioning | Status::Pending) => {}
                Err(ApiError::NotFound) => return Err(ApiError::unavailable("clinic_not_provisioned")),
                Err(error) => return Err(error),
            }
            // A notice may be lost with its connection: look again now and then.
            let again = tokio::time::Instant::now() + Duration::from_millis(500);
            tokio::select! {
                _ = finished.changed() => {}
                () = tokio::time::sleep_until(again.min(deadline)) => {}
            }
            if tokio::time::Instant::now() >= deadline {
                return Ok(false);
            }
        }
    }
}

/// The worker's side.
#[derive(Clone, Debug)]
pub struct Journal {
    central: Central,
    worker: Arc<str>,
}

impl Journal {
    /// `worker` names this process, for people who read the journal.
    #[must_use]
    pub fn new(central: Central, worker: &str) -> Self {
        Self { central, worker: worker.into() }
    }

    /// Jobs that are due, held or not.
    ///
    /// # Errors
    /// As the database refuses.
    pub async fn due(&self) -> Result<Vec<Job>> {
        let rows = self.central.rows(&DUE, &[]).await?;
        Ok(rows.iter().map(Job::try_from).collect::<Result<_, _>>()?)
    }

    /// Begins an attempt; the caller holds the clinic's lease.
    ///
    /// # Errors
    /// As the database refuses.
    pub async fn begin(&self, job: Uuid) -> Result<Option<Job>> {
        transaction!(self.central.work(), |tx| {
            let Some(row) = tx.row(&BEGIN_ATTEMPT, &[&job, &&*self.worker]).await? else { return Ok(None) };
            let job = Job::try_from(&row)?;
            if tx.row(&MARK_PROVISIONING, &[&job.company_id]).await?.is_none() {
                tx.rows(&DONE, &[&job.id]).await?;
                return Ok(None);
            }
            Ok(Some(job))
        })
    }

    /// The steps that earlier attempts finished.
    ///
    /// # Errors
    /// As the database refuses.
    pub async fn finished_steps(&self, job: &Job) -> Result<Vec<String>> {
        let rows = self.central.rows(&FINISHED_STEPS, &[&job.id]).await?;
        Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
    }

    /// A step is finished.
    ///
    /// # Errors
    /// As the database refuses.
    pub async fn record(&self, job: &Job, step: &'static str, took: Duration) -> Result<()> {
        let milliseconds = i32::try_from(took.as_millis()).unwrap_or(i32::MAX);
        self.central.rows(&RECORD_STEP, &[&job.id, &step, &milliseconds]).await?;
        Ok(())
    }

    /// The clinic is ready: it becomes active, its people get their mail, the job ends, and the servers hear of it.
    ///
    /// # Errors
    /// As the database refuses.
    pub async fn activate(&self, job: &Job, schema_version: i32) -> Result<()> {
        transaction!(self.central.work(), |tx| {
            tx.rows(&ACTIVATE, &[&job.company_id, &schema_version]).await?;
            outbox::queue_clinics_verifications(tx, job.company_id).await?;
            tx.rows(&DONE, &[&job.id]).await?;
            let clinic = Some(ClinicId(job.company_id));
            audit::record(tx, &Event { action: "clinic_provisioned", clinic, ..Event::default() }).await?;
            tx.rows(&NOTIFY, &[&FINISHED]).await?;
            Ok(())
        })
    }

    /// An attempt failed; another follows.
    ///
    /// # Errors
    /// As the database refuses.
    pub async fn try_again(&self, job: &Job, error: &str) -> Result<()> {
        self.central.rows(&TRY_AGAIN, &[&job.id, &shortened(error)]).await?;
        Ok(())
    }

    /// The clinic cannot be made, and what was made of it is gone, or is not ours to remove: a registration is undone, so that the same address can
    /// register again; any other clinic is pending as before.
    ///
    /// # Errors
    /// As the database refuses.
    pub async fn give_up(&self, job: &Job, error: &str) -> Result<()> {
        transaction!(self.central.work(), |tx| {
            if tx.row(&GIVE_UP, &[&job.id, &shortened(error)]).await?.is_none() {
                return Ok(());
            }
            let clinic = Some(ClinicId(job.company_id));
            audit::record(tx, &Event { action: "clinic_not_provisioned", clinic, ..Event::default() }).await?;
            if job.reason == Reason::Registration.name() {
                tx.rows(&FORGET_PEOPLE, &[&job.company_id]).await?;
                tx.rows(&FORGET_COMPANY, &[&job.company_id]).await?;
            } else {
                tx.rows(&BACK_TO_PENDING, &[&job.company_id]).await?;
            }
            tx.rows(&NOTIFY, &[&FINISHED]).await?;
            Ok(())
        })
    }
}

fn shortened(error: &str) -> String {
    error.chars().take(2000).collect()
}
