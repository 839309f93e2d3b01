//! Central as the server's login sees it: what it may do there, and what the server's own catalog says of roles and databases.

use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::attempt::{self, Outcome, open};
use super::{Tally, expected};
use crate::central::companies::SealedCredentials;
use crate::database::harden;
use crate::ids::ClinicId;

/// A connection to central, with the server's own login.
pub struct InCentral<'a> {
    /// Every clinic that has a database.
    pub clinics: &'a [SealedCredentials],
    /// The versions of their schemas, by central's own account.
    pub versions: &'a [(ClinicId, Option<i32>)],
    pub(super) client: &'a Client,
    pub(super) config: &'a Config,
    pub(super) tls: &'a MakeRustlsConnect,
}

impl std::fmt::Debug for InCentral<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InCentral").field("clinics", &self.clinics.len()).finish_non_exhaustive()
    }
}

impl InCentral<'_> {
    /// Each of these is refused with 42501; the control is not.
    pub async fn denies(&self, control: &str, attempts: &[&str]) -> Tally {
        let mut tally = Tally::default();
        tally.allowed(control, &attempt::attempt(self.client, "BEGIN", control).await);
        for sql in attempts {
            tally.refused(*sql, &["42501"], &attempt::attempt(self.client, "BEGIN", sql).await);
        }
        tally
    }

    /// Each query of the catalog, with what it looks for, finds nothing; the control finds something. `{clinics}` is an array of the
    /// names of all clinics' databases.
    pub async fn finds_nothing(&self, control: &str, queries: &[(&str, &str)]) -> Tally {
        // Names that are computed from UUIDs.
        let names: Vec<String> =
            self.clinics.iter().map(|clinic| format!("'{}'", clinic.clinic.database_name())).collect();
        let names = format!("ARRAY[{}]::text[]", names.join(", "));
        let mut tally = Tally::default();
        let opening = "BEGIN READ ONLY; SET LOCAL search_path = pg_catalog";
        tally.something(control, &attempt::rows(self.client, opening, control).await);
        for (what, sql) in queries {
            tally.nothing(what, attempt::rows(self.client, opening, &sql.replace("{clinics}", &names)).await);
        }
        tally
    }

    /// What the catalog says of central.
    ///
    /// # Errors
    /// Why it could not be read.
    pub async fn catalogue(&self) -> Result<Vec<String>, Outcome> {
        expected::of_central(self.client).await.map_err(Outcome::from)
    }

    /// Which columns there are.
    ///
    /// # Errors
    /// Why it could not be read.
    pub async fn columns(&self) -> Result<Vec<String>, Outcome> {
        expected::columns_of_central(self.client).await.map_err(Outcome::from)
    }

    /// The server's login, tried at a clinic's database.
    pub async fn door(&self, clinic: &SealedCredentials) -> Outcome {
        let Ok(port) = u16::try_from(clinic.port) else { return Outcome::Unknown("no such port".to_owned()) };
        let mut config = Config::new();
        config.host(&clinic.host).port(port).dbname(clinic.clinic.database_name());
        config.user(self.config.get_user().unwrap_or_default());
        config.password(self.config.get_password().unwrap_or_default());
        harden(&mut config, "medicalpro verify");
        match open(&config, self.tls).await {
            Ok(_) => Outcome::Done(Vec::new()),
            Err(outcome) => outcome,
        }
    }
}
