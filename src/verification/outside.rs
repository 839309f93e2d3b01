//! What opens to a clinic's login: its own database, and no other.

use secrecy::ExposeSecret as _;
use tokio_postgres::Config;

use super::attempt::Outcome;
use crate::clinic::Credentials;
use crate::database::harden;
use crate::ids::ClinicId;

/// Whose database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Another clinic's: it is open, and not for us.
    Clinic(ClinicId),
    /// Nobody's: central, `postgres`, `template1` and whatever else takes connections there.
    Nobody,
    /// What is copied from: closed to connections.
    Template,
}

/// One database at which a clinic's login tried.
#[derive(Debug)]
pub struct Door {
    /// Its name.
    pub database: String,
    /// Whose.
    pub of: Of,
    /// What came of it.
    pub outcome: Outcome,
}

/// One clinic's login, and where it got with it.
#[derive(Debug)]
pub struct Outside {
    /// The clinic.
    pub clinic: ClinicId,
    /// Whether its sealed credentials open, or why not.
    pub sealed: Result<(), String>,
    /// At its own database.
    pub own: Outcome,
    /// At others.
    pub doors: Vec<Door>,
    /// With its password, as another clinic's login; none where there is no other clinic.
    pub as_another: Option<Outcome>,
}

/// A login with these credentials' password, for any database of any server.
pub(super) fn login(credentials: &Credentials, user: &str, place: (&str, u16), database: &str) -> Config {
    let mut config = Config::new();
    config.host(place.0).port(place.1).user(user).dbname(database);
    config.password(credentials.password.expose_secret());
    harden(&mut config, "medicalpro verify");
    config
}
