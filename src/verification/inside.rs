//! A clinic's database as its own login sees it, with the clinic's key to sign contexts: what the server could do there, and whoever
//! took the connection from it.

use tokio_postgres::Client;

use super::attempt::{self, Outcome};
use super::{Tally, expected};
use crate::clinic::{ContextKey, Credentials};
use crate::ids::{ClinicId, UserId};
use crate::provisioning::schema::SESSION_ROLES;

/// A connection of one clinic's, to its own database.
pub struct Inside {
    /// The clinic.
    pub clinic: ClinicId,
    /// Its database, schema and login.
    pub name: String,
    /// Another clinic; of an installation with one clinic only, an invented one.
    pub other: ClinicId,
    pub(super) credentials: Credentials,
    pub(super) other_key: ContextKey,
    pub(super) client: Client,
}

impl std::fmt::Debug for Inside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inside").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Every role that a clinic's login may take.
pub fn session_roles() -> impl Iterator<Item = &'static str> {
    SESSION_ROLES.split(',').map(str::trim)
}

/// In nobody's name.
const NOBODY: UserId = UserId(uuid::Uuid::nil());

fn now() -> i64 {
    chrono::Utc::now().timestamp()
}

impl Inside {
    /// What the server would sign for this role.
    #[must_use]
    pub fn context(&self, role: &'static str) -> String {
        self.context_at(role, now())
    }

    /// What it would have signed an hour ago.
    #[must_use]
    pub fn expired(&self, role: &'static str) -> String {
        self.context_at(role, now() - 3600)
    }

    fn context_at(&self, role: &'static str, at: i64) -> String {
        self.credentials.context_key.sign(self.clinic, role, NOBODY, at)
    }

    /// Signed with this clinic's key for another clinic.
    #[must_use]
    pub fn context_for_other(&self, role: &'static str) -> String {
        self.credentials.context_key.sign(self.other, role, NOBODY, now())
    }

    /// Signed with another clinic's key, for this clinic or for that one.
    #[must_use]
    pub fn context_by_other(&self, role: &'static str, of: ClinicId) -> String {
        self.other_key.sign(of, role, NOBODY, now())
    }

    /// The message that opens a transaction, as the server writes it; with whatever role and context.
    #[must_use]
    pub fn opening(&self, role: &str, context: &str) -> String {
        format!("BEGIN; SET LOCAL ROLE {role}; {}", self.without_role(context))
    }

    /// The same, for the bare login.
    #[must_use]
    pub fn bare(&self, context: &str) -> String {
        format!("BEGIN; {}", self.without_role(context))
    }

    fn without_role(&self, context: &str) -> String {
        format!("SET LOCAL search_path = {}, pg_temp; SET LOCAL app.ctx = '{context}'", self.name)
    }

    /// Rightly opened for this role.
    #[must_use]
    pub fn rightly(&self, role: &'static str) -> String {
        self.opening(role, &self.context(role))
    }

    /// Runs SQL after an opening, and rolls back. `{schema}`, `{login}` and `{other}` (another clinic's id) are filled in.
    pub async fn attempt(&self, opening: &str, sql: &str) -> Outcome {
        attempt::attempt(&self.client, opening, &self.fill(sql)).await
    }

    /// Runs a query likewise: the texts of its first column.
    pub async fn rows(&self, opening: &str, sql: &str) -> Outcome {
        attempt::rows(&self.client, opening, &self.fill(sql)).await
    }

    fn fill(&self, sql: &str) -> String {
        let filled = sql.replace("{schema}", &self.name).replace("{login}", &self.name);
        filled.replace("{other}", &self.other.to_string())
    }

    /// Each of these is refused with 42501 to these roles, rightly opened, all of which may do the first: the control.
    pub async fn denies(&self, roles: &[&'static str], control: &str, attempts: &[&str]) -> Tally {
        let mut tally = Tally::default();
        for role in roles {
            self.deny(&mut tally, role, &self.rightly(role), control, attempts).await;
        }
        tally
    }

    /// Each of these is refused with 42501 after this opening, where the control is allowed.
    pub async fn deny(&self, tally: &mut Tally, who: &str, opening: &str, control: &str, attempts: &[&str]) {
        tally.allowed(format!("{who}: {control}"), &self.attempt(opening, control).await);
        for sql in attempts {
            tally.refused(format!("{who}: {sql}"), &["42501"], &self.attempt(opening, sql).await);
        }
    }

    /// Each query of the catalog, with what it looks for, finds nothing; the control finds something.
    pub async fn finds_nothing(&self, control: &str, queries: &[(&str, &str)]) -> Tally {
        let mut tally = Tally::default();
        let opening = "BEGIN READ ONLY; SET LOCAL search_path = pg_catalog";
        tally.something(control, &self.rows(opening, control).await);
        for (what, sql) in queries {
            tally.nothing(what, self.rows(opening, sql).await);
        }
        tally
    }

    /// What the catalog says of this database.
    ///
    /// # Errors
    /// Why it could not be read.
    pub async fn catalogue(&self) -> Result<Vec<String>, Outcome> {
        expected::of_clinic(&self.client, self.clinic).await.map_err(Outcome::from)
    }
}
