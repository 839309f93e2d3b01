//! The whole of it: central once, then all clinics, a few at a time. A clinic has one connection of ours at a time.

use std::sync::Arc;

use chrono::Utc;
use futures_util::StreamExt as _;
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::attempt::{Outcome, open};
use super::outside::{Door, Of, Outside, login};
use super::report::{Matrix, Report, Row, Scope};
use super::{Check, InCentral, Inside, Look, Tally, checks, pairs};
use crate::central::Central;
use crate::central::companies::{self, SealedCredentials};
use crate::clinic::{ContextKey, Credentials};
use crate::database::harden;
use crate::error::{ApiError, describe};
use crate::ids::ClinicId;
use crate::secrets::{KEY_BYTES, MasterKeys, random};

/// What is verified: an installation, as its server reaches it.
pub struct Fleet {
    /// The server's settings for central.
    pub config: Config,
    /// How connections are secured.
    pub tls: MakeRustlsConnect,
    /// What opens the clinics' credentials.
    pub keys: Arc<MasterKeys>,
}

impl std::fmt::Debug for Fleet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fleet")
    }
}

/// How it is done.
#[derive(Clone, Debug)]
pub struct Order {
    /// Clinics at once.
    pub at_once: usize,
    /// In a large fleet, how many others each clinic tries.
    pub sample: usize,
    /// Which ones.
    pub seed: String,
    /// Whether what a managed PostgreSQL refuses to have hardened is a warning.
    pub managed: bool,
}

/// What was found of one clinic.
struct Examined {
    at: usize,
    tallies: Vec<Tally>,
    cells: String,
}

/// What all clinics' turns have in common.
struct Turn<'a> {
    fleet: &'a Fleet,
    clinics: &'a [SealedCredentials],
    plan: &'a [Vec<usize>],
    /// Databases that are no clinic's.
    others: &'a [(String, Of)],
    checks: &'a [&'static Check],
}

/// Carries out every check; tells how many clinics are done, of how many.
///
/// # Errors
/// When central cannot be reached or read: nothing is known then. Whatever else cannot be tried is in the report, as not passed.
pub async fn run(fleet: &Fleet, order: &Order, mut tell: impl FnMut(usize, usize)) -> anyhow::Result<Report> {
    let started = Utc::now();
    let mut config = fleet.config.clone();
    harden(&mut config, "medicalpro verify");
    let failed = |outcome: Outcome| anyhow::anyhow!("central cannot be verified: {outcome}");
    let client = open(&config, &fleet.tls).await.map_err(failed)?;
    let central = Central::new(fleet.config.clone(), fleet.tls.clone(), 1)?;
    let (clinics, versions) = known(&central).await.map_err(ApiError::into_cause)?;
    let postgresql: String = client.query_one("SELECT current_setting('server_version')", &[]).await?.try_get(0)?;
    let ids: Vec<ClinicId> = clinics.iter().map(|sealed| sealed.clinic).collect();
    let others = not_of_clinics(&client, &ids).await?;
    let plan = pairs::plan(&ids, order.sample, &order.seed);
    let checks = checks::all();

    tell(0, clinics.len());
    let mut report = Report::new(&checks, postgresql, started, Scope::of(clinics.len(), order));
    let look =
        InCentral { clinics: &clinics, versions: &versions, client: &client, config: &fleet.config, tls: &fleet.tls };
    for (at, check) in checks.iter().enumerate() {
        if let Look::Central(see) = check.look {
            report.add(at, None, see(&look).await);
        }
    }
    let turn = Turn { fleet, clinics: &clinics, plan: &plan, others: &others, checks: &checks };
    let mut examined: Vec<Option<Examined>> = clinics.iter().map(|_| None).collect();
    let mut turns = futures_util::stream::iter((0..clinics.len()).map(|at| turn.examine(at)))
        .buffer_unordered(order.at_once.max(1));
    let mut done = 0;
    while let Some(one) = turns.next().await {
        done += 1;
        tell(done, clinics.len());
        let at = one.at;
        examined[at] = Some(one);
    }
    drop(turns);
    // In the order of the clinics, so that two reports of the same can be compared.
    let mut rows = Vec::new();
    for one in examined.into_iter().flatten() {
        for (at, tally) in one.tallies.into_iter().enumerate() {
            report.add(at, Some(ids[one.at]), tally);
        }
        rows.push(Row { clinic: ids[one.at], cells: one.cells });
    }
    report.finish(Matrix { columns: columns(&ids, &plan, &others), rows });
    Ok(report)
}

type Known = (Vec<SealedCredentials>, Vec<(ClinicId, Option<i32>)>);

async fn known(central: &Central) -> Result<Known, ApiError> {
    let databases = companies::databases(central).await?;
    let versions = databases.iter().map(|(sealed, version)| (sealed.clinic, *version)).collect();
    Ok((databases.into_iter().map(|(sealed, _)| sealed).collect(), versions))
}

/// The databases that are no clinic's, or one's that central does not know; spares come and go, and are looked up (`database-rights`), not tried.
async fn not_of_clinics(client: &Client, clinics: &[ClinicId]) -> anyhow::Result<Vec<(String, Of)>> {
    let rows = client
        .query(
            // One that was half dropped takes no connections, whatever it says.
            "SELECT datname::text, datallowconn AND datconnlimit <> -2 FROM pg_database
              WHERE NOT starts_with(datname::text, 'medicalpro_clinic_spare_') ORDER BY datallowconn DESC, 1",
            &[],
        )
        .await?;
    let mut others = Vec::new();
    for row in rows {
        let (name, open): (String, bool) = (row.try_get(0)?, row.try_get(1)?);
        // An open template is one that somebody opened.
        let template =
            !open || name.starts_with("medicalpro_clinic_base") || name.starts_with("medicalpro_clinic_template");
        if ClinicId::from_database_name(&name).is_none_or(|clinic| !clinics.contains(&clinic)) {
            others.push((name, if template { Of::Template } else { Of::Nobody }));
        }
    }
    Ok(others)
}

/// What stands above the matrix: the clinics themselves, or, of a sample, the how-manieth that was tried.
fn columns(ids: &[ClinicId], plan: &[Vec<usize>], others: &[(String, Of)]) -> Vec<String> {
    let clinics: Vec<String> = if ids.len() <= pairs::ALL_UP_TO {
        ids.iter().map(ToString::to_string).collect()
    } else {
        (1..=plan.first().map_or(0, Vec::len)).map(|number| format!("other clinic no. {number}")).collect()
    };
    clinics.into_iter().chain(others.iter().map(|(name, _)| name.clone())).collect()
}

impl Turn<'_> {
    async fn examine(&self, at: usize) -> Examined {
        let sealed = &self.clinics[at];
        let mut tallies: Vec<Tally> = self.checks.iter().map(|_| Tally::default()).collect();
        let outside = match Credentials::open(&self.fleet.keys, sealed) {
            Ok(credentials) => self.with(at, credentials, &mut tallies).await,
            Err(error) => {
                let why = "its credentials do not open";
                self.nobody_inside(&mut tallies, why);
                self.not_tried(at, Err(describe(&error.into_cause())), Outcome::Unknown(why.to_owned()), why)
            }
        };
        for (check, tally) in self.checks.iter().zip(&mut tallies) {
            if let Look::Outside(see) = check.look {
                *tally = see(&outside);
            }
        }
        Examined { at, tallies, cells: self.cells(at, &outside) }
    }

    /// A clinic whose login was tried nowhere else.
    fn not_tried(&self, at: usize, sealed: Result<(), String>, own: Outcome, why: &str) -> Outside {
        let unknown = || Outcome::Unknown(why.to_owned());
        let doors = self.doors(at).map(|(database, of, ..)| Door { database, of, outcome: unknown() }).collect();
        Outside { clinic: self.clinics[at].clinic, sealed, own, doors, as_another: self.other(at).map(|_| unknown()) }
    }

    /// First inside, with the only connection that we hold there; then, when it is let go, at others' doors.
    async fn with(&self, at: usize, credentials: Credentials, tallies: &mut [Tally]) -> Outside {
        let (fleet, sealed) = (self.fleet, &self.clinics[at]);
        let own = open(
            &login(&credentials, &credentials.name, (&credentials.host, credentials.port), &credentials.name),
            &fleet.tls,
        )
        .await;
        let (own, credentials) = match own {
            Ok(client) => (Outcome::Done(Vec::new()), self.inside(at, client, credentials, tallies).await),
            Err(outcome) => {
                self.nobody_inside(tallies, &format!("its database does not open: {outcome}"));
                (outcome, credentials)
            }
        };
        if !matches!(own, Outcome::Done(_)) {
            // Without the positive control a refusal would say nothing; and whoever is at the login's limit is not to be kept waiting.
            return self.not_tried(at, Ok(()), own, "its own database does not open");
        }
        let mut doors = Vec::new();
        for (database, of, host, port) in self.doors(at) {
            let tried = open(&login(&credentials, &credentials.name, (&host, port), &database), &fleet.tls).await;
            doors.push(Door {
                database,
                of,
                outcome: tried.map_or_else(|outcome| outcome, |_| Outcome::Done(Vec::new())),
            });
        }
        let as_another = match self.other(at) {
            Some(other) => {
                let name = other.clinic.database_name();
                let port = u16::try_from(other.port).unwrap_or_default();
                let tried = open(&login(&credentials, &name, (&other.host, port), &name), &fleet.tls).await;
                Some(tried.map_or_else(|outcome| outcome, |_| Outcome::Done(Vec::new())))
            }
            None => None,
        };
        Outside { clinic: sealed.clinic, sealed: Ok(()), own, doors, as_another }
    }

    async fn inside(&self, at: usize, client: Client, credentials: Credentials, tallies: &mut [Tally]) -> Credentials {
        let sealed = &self.clinics[at];
        let other_key =
            self.other(at).and_then(|other| Some(Credentials::open(&self.fleet.keys, other).ok()?.context_key));
        let inside = Inside {
            clinic: sealed.clinic,
            name: credentials.name.clone(),
            other: self.other(at).map_or_else(ClinicId::generate, |other| other.clinic),
            other_key: other_key.unwrap_or_else(|| ContextKey::new(sealed.context_kid, &random::<KEY_BYTES>())),
            credentials,
            client,
        };
        for (check, tally) in self.checks.iter().zip(tallies) {
            if let Look::Inside(see) = check.look {
                *tally = see(&inside).await;
            }
        }
        inside.credentials
    }

    fn nobody_inside(&self, tallies: &mut [Tally], why: &str) {
        for (check, tally) in self.checks.iter().zip(tallies) {
            if matches!(check.look, Look::Inside(_)) {
                tally.not_run(check.what, why);
            }
        }
    }

    /// Whose context and login this clinic is confronted with.
    fn other(&self, at: usize) -> Option<&SealedCredentials> {
        self.plan[at].first().map(|other| &self.clinics[*other])
    }

    /// Where this clinic's login is tried: database, whose, host and port.
    fn doors(&self, at: usize) -> impl Iterator<Item = (String, Of, String, u16)> {
        let own = &self.clinics[at];
        let place = |sealed: &SealedCredentials| (sealed.host.clone(), u16::try_from(sealed.port).unwrap_or_default());
        let clinics = self.plan[at].iter().map(move |other| {
            let other = &self.clinics[*other];
            let (host, port) = place(other);
            (other.clinic.database_name(), Of::Clinic(other.clinic), host, port)
        });
        let others = self.others.iter().map(move |(name, of)| {
            let (host, port) = place(own);
            (name.clone(), *of, host, port)
        });
        clinics.chain(others)
    }

    /// This clinic's row of the matrix, a character for a database: see [`Row`].
    fn cells(&self, at: usize, outside: &Outside) -> String {
        let cell = |outcome: &Outcome| match outcome {
            Outcome::Done(_) => '!',
            Outcome::Refused(_) => 'x',
            Outcome::Gone | Outcome::Unknown(_) => '?',
        };
        let mut cells: Vec<char> = outside.doors.iter().map(|door| cell(&door.outcome)).collect();
        if self.clinics.len() <= pairs::ALL_UP_TO {
            cells.insert(at, if matches!(outside.own, Outcome::Done(_)) { '=' } else { '#' });
        }
        cells.into_iter().collect()
    }
}
