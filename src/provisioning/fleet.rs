//! `medicalpro migrate`: central first, then every clinic to the newest schema. One clinic first (the canary), then several
//! at a time; each under its lease; a clinic that fails is set aside and named while the others go on. May be run again.

use std::time::Duration;

use futures_util::StreamExt as _;
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::schema::{self, State};
use super::server::{Server, register};
use super::worker::Lease;
use super::{bootstrap, template};
use crate::database::{connect, harden};
use crate::error::describe;
use crate::ids::ClinicId;

/// How often a clinic whose tables are in use is tried.
const TRIES: u32 = 3;

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Order {
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
    /// Clinics at once, after the canary.
    pub at_once: usize,
}

/// What became of one clinic.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The clinic.
    pub clinic: ClinicId,
    /// Its version before.
    pub from: i32,
    /// And after.
    pub to: i32,
    /// `current`, `migrated`, `would migrate`, `drifted`, `failed` or `busy`.
    pub result: &'static str,
    /// Why it was set aside.
    pub error: Option<String>,
}

impl Outcome {
    /// Whether somebody must look at this clinic.
    #[must_use]
    pub fn is_set_aside(&self) -> bool {
        matches!(self.result, "drifted" | "failed" | "busy")
    }
}

/// Migrates central, then the clinics; tells each outcome as it happens.
///
/// # Errors
/// When central cannot be migrated or read. A clinic's failure is an [`Outcome`].
pub async fn migrate(
    config: &Config,
    tls: &MakeRustlsConnect,
    order: &Order,
    mut tell: impl FnMut(&Outcome),
) -> anyhow::Result<Vec<Outcome>> {
    let mut config = config.clone();
    harden(&mut config, "medicalpro migrate");
    config.dbname(bootstrap::CENTRAL_DATABASE);
    let mut central = connect(&config, tls).await?;
    if !order.dry_run {
        schema::migrate_central(&mut central).await?;
    }
    let server = register(&central, &config, tls).await?;
    if !order.dry_run {
        template::ensure(&central, &server).await?;
    }
    let rows = central
        .query(
            "SELECT id FROM medicalpro_central.companies WHERE status IN ('active', 'suspended') ORDER BY provisioned_at, id",
            &[],
        )
        .await?;
    let mut clinics = Vec::new();
    for row in rows {
        clinics.push(ClinicId(row.try_get(0)?));
    }

    let mut outcomes = Vec::new();
    let one = |clinic| migrate_one(&config, tls, &server, clinic, order.dry_run);
    let mut waiting = clinics.into_iter();
    if let Some(canary) = waiting.next() {
        let outcome = one(canary).await;
        tell(&outcome);
        outcomes.push(outcome);
    }
    if outcomes.iter().any(|outcome| outcome.result == "failed") {
        anyhow::bail!(
            "the canary failed, so the other clinics were left as they are: {}",
            outcomes[0].error.as_deref().unwrap_or("")
        );
    }
    let mut others = futures_util::stream::iter(waiting.map(one)).buffer_unordered(order.at_once.max(1));
    while let Some(outcome) = others.next().await {
        tell(&outcome);
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

async fn migrate_one(
    config: &Config,
    tls: &MakeRustlsConnect,
    server: &Server,
    clinic: ClinicId,
    dry_run: bool,
) -> Outcome {
    let mut outcome = Outcome { clinic, from: 0, to: 0, result: "failed", error: None };
    let attempted = async {
        let central = connect(config, tls).await?;
        let Some(lease) = Lease::take(&central, clinic).await? else {
            outcome.result = "busy";
            return Ok(());
        };
        let name = clinic.database_name();
        let mut inside = server.connect(&name).await?;
        outcome.from = match schema::state(&inside).await? {
            State::At(version) => version,
            State::Drifted(version) => {
                (outcome.from, outcome.to, outcome.result) = (version, version, "drifted");
                outcome.error = Some(format!("migration {version} was edited since it ran here"));
                return if dry_run { Ok(()) } else { note(&central, &outcome).await };
            }
        };
        outcome.to = schema::newest();
        if outcome.from >= outcome.to {
            outcome.result = "current";
        } else if dry_run {
            outcome.result = "would migrate";
        } else {
            migrate_patiently(&mut inside, &name).await?;
            outcome.result = "migrated";
            central
                .execute(
                    "UPDATE medicalpro_central.companies SET schema_version = $2 WHERE id = $1",
                    &[&clinic.0, &outcome.to],
                )
                .await?;
            note(&central, &outcome).await?;
        }
        lease.give_back().await?;
        anyhow::Ok(())
    }
    .await;
    if let Err(error) = attempted {
        outcome.result = "failed";
        outcome.error = Some(describe(&error));
        if !dry_run && let Ok(central) = connect(config, tls).await {
            // The outcome itself is told either way.
            let _ = note(&central, &outcome).await;
        }
    }
    outcome
}

/// A clinic's tables may be in use for a moment: a migration then gives up after its lock timeout and is tried again.
async fn migrate_patiently(inside: &mut Client, name: &str) -> anyhow::Result<()> {
    let mut tries = 0;
    loop {
        tries += 1;
        match schema::migrate_clinic(inside, name).await {
            Ok(_) => return Ok(()),
            Err(error) if tries >= TRIES => return Err(error),
            Err(_) => tokio::time::sleep(Duration::from_secs(1) * tries).await,
        }
    }
}

async fn note(central: &Client, outcome: &Outcome) -> anyhow::Result<()> {
    let error: Option<String> = outcome.error.as_ref().map(|error| error.chars().take(2000).collect());
    central
        .execute(
            "INSERT INTO medicalpro_central.clinic_migrations (company_id, from_version, to_version, outcome, error)
             VALUES ($1, $2, $3, $4, $5)",
            &[&outcome.clinic.0, &outcome.from, &outcome.to, &outcome.result, &error],
        )
        .await?;
    Ok(())
}
