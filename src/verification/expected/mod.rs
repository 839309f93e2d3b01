//! What the migrations give, as it must stand in every clinic's database and in central: part of the binary, so that no altered
//! template and no altered migration passes for what it should be.
//!
//! The files are snapshots of `tests/it/isolation/matrix.rs`, and change with the migrations as its others do:
//! `INSTA_UPDATE=always INSTA_FORCE_PASS=1 scripts/test isolation::matrix`, and then one reads what has changed.

use std::collections::BTreeSet;

use tokio_postgres::Client;

use super::attempt::BRIEF;
use crate::ids::ClinicId;
use crate::provisioning::bootstrap::CENTRAL_DATABASE;
use crate::secrets::sha256;

const CATALOGUE: &str = include_str!("../catalogue.sql");
const COLUMNS: &str = include_str!("../columns.sql");

/// Of a clinic's database: owners, grants, row security, policies, functions, triggers, views.
pub const CLINIC: Expected = Expected(include_str!("clinic.snap"));
/// The same of central's.
pub const CENTRAL: Expected = Expected(include_str!("central.snap"));
/// Central's columns, each of which is known to hold nothing of a patient. What takes free text is written by the server alone: a
/// mail's `payload` says what its text needs beyond names, `detail` what an event is about, `address` is the clinic's own, `report` is
/// what this module's siblings wrote.
pub const COLUMNS_OF_CENTRAL: Expected = Expected(include_str!("columns.snap"));

/// Lines of a snapshot.
#[derive(Clone, Copy, Debug)]
pub struct Expected(&'static str);

impl Expected {
    fn text(self) -> &'static str {
        // Before the second rule stands where it comes from.
        self.0.splitn(3, "---\n").last().unwrap_or_default()
    }

    /// By which one knows which expectation a report was held to.
    #[must_use]
    pub fn digest(self) -> String {
        hex::encode(sha256(self.text().as_bytes()))
    }

    /// What is there and should not be, and what is missing.
    #[must_use]
    pub fn differences(self, found: &[String]) -> Vec<String> {
        let expected: BTreeSet<&str> = self.text().lines().filter(|line| !line.is_empty()).collect();
        let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
        let superfluous = found.difference(&expected).map(|line| format!("superfluous: {line}"));
        superfluous.chain(expected.difference(&found).map(|line| format!("missing: {line}"))).collect()
    }
}

/// A clinic's database, as it is.
///
/// # Errors
/// As PostgreSQL refuses.
pub async fn of_clinic(client: &Client, clinic: ClinicId) -> Result<Vec<String>, tokio_postgres::Error> {
    lines(client, CATALOGUE, &[&clinic.database_name(), "clinic", &clinic.to_string()]).await
}

/// Central, as it is.
///
/// # Errors
/// As PostgreSQL refuses.
pub async fn of_central(client: &Client) -> Result<Vec<String>, tokio_postgres::Error> {
    lines(client, CATALOGUE, &[CENTRAL_DATABASE, "central", "no id"]).await
}

/// Central's columns, as they are.
///
/// # Errors
/// As PostgreSQL refuses.
pub async fn columns_of_central(client: &Client) -> Result<Vec<String>, tokio_postgres::Error> {
    lines(client, COLUMNS, &[CENTRAL_DATABASE, "central"]).await
}

async fn lines(client: &Client, sql: &str, names: &[&str]) -> Result<Vec<String>, tokio_postgres::Error> {
    // So that every name is written in full, whoever asks.
    client.batch_execute(&format!("BEGIN READ ONLY; SET LOCAL search_path = pg_catalog; {BRIEF}")).await?;
    let types = vec![tokio_postgres::types::Type::TEXT; names.len()];
    let names: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> = names.iter().map(|name| name as _).collect();
    let asked = async { client.query(&client.prepare_typed(sql, &types).await?, &names).await }.await;
    client.batch_execute("ROLLBACK").await?;
    let mut lines = asked?.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, _>>()?;
    lines.sort();
    Ok(lines)
}
