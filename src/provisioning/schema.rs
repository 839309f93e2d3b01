//! The migrations, embedded in the binary, and how they run: one transaction each, under the owner's role, in a schema that
//! they never name.

use anyhow::Context as _;
use tokio_postgres::Client;

mod central {
    refinery::embed_migrations!("migrations/central");
}

mod clinic {
    refinery::embed_migrations!("migrations/clinic");
}

/// Where refinery notes what it ran; outside the clinic's schema, so that it outlives that schema's renaming.
const HISTORY: &str = "app.refinery_schema_history";

/// The name of a clinic's schema until the database becomes a clinic's.
pub const UNNAMED: &str = "clinic";

/// The session roles, to which a clinic's schema is opened.
pub const SESSION_ROLES: &str = "medicalpro_admin, medicalpro_manager, medicalpro_practitioner, medicalpro_nurse, \
     medicalpro_secretary, medicalpro_readonly, medicalpro_worker, medicalpro_link";

/// The newest version of the clinics' schema.
#[must_use]
pub fn newest() -> i32 {
    clinic::migrations::runner().get_migrations().iter().map(refinery::Migration::version).max().unwrap_or(0)
}

/// A fingerprint of all clinic migrations: differs as soon as one was edited.
#[must_use]
pub fn fingerprint() -> String {
    let mut all = Vec::new();
    for migration in clinic::migrations::runner().get_migrations() {
        all.extend_from_slice(&migration.checksum().to_be_bytes());
    }
    hex::encode(&crate::secrets::sha256(&all)[..8])
}

/// What a database's history says against the binary's migrations.
#[derive(Debug, PartialEq, Eq)]
pub enum State {
    /// At this version, all its migrations unedited.
    At(i32),
    /// A migration that ran differs from the binary's of the same version.
    Drifted(i32),
}

/// Brings central to its newest schema. `client` is the provisioner's, connected to central.
///
/// # Errors
/// As a migration fails, or when one that ran was edited since.
pub async fn migrate_central(client: &mut Client) -> anyhow::Result<usize> {
    client.batch_execute("SELECT pg_advisory_lock(hashtext('medicalpro central migrations'))").await?;
    client.batch_execute("SET ROLE medicalpro_central_owner; SET search_path = medicalpro_central, pg_temp").await?;
    let report = central::migrations::runner()
        .set_migration_table_name("medicalpro_central.refinery_schema_history")
        .run_async(client)
        .await
        .context("central's migrations")?;
    client.batch_execute("RESET ROLE; RESET search_path; SELECT pg_advisory_unlock_all()").await?;
    Ok(report.applied_migrations().len())
}

/// Brings a clinic's database (or the template) to the newest schema. `client` is the provisioner's, connected to it; its
/// schema is still called [`UNNAMED`] or bears the clinic's name already.
///
/// # Errors
/// As a migration fails, or when one that ran was edited since.
pub async fn migrate_clinic(client: &mut Client, schema: &str) -> anyhow::Result<usize> {
    client
        .batch_execute(&format!(
            "SET lock_timeout = '5s';
             SET ROLE medicalpro_owner;
             CREATE SCHEMA IF NOT EXISTS app AUTHORIZATION medicalpro_owner;
             CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION medicalpro_owner;
             GRANT USAGE ON SCHEMA {schema} TO {SESSION_ROLES}, medicalpro_audit;
             SET search_path = {schema}, pg_temp"
        ))
        .await?;
    let report = clinic::migrations::runner()
        .set_migration_table_name(HISTORY)
        .run_async(client)
        .await
        .context("the clinic's migrations")?;
    client.batch_execute("RESET ROLE; RESET search_path").await?;
    Ok(report.applied_migrations().len())
}

/// What a clinic's database has run so far; one that a killed worker left without a history is at 0.
///
/// # Errors
/// As PostgreSQL refuses.
pub async fn state(client: &Client) -> anyhow::Result<State> {
    client.batch_execute("SET ROLE medicalpro_owner").await?;
    let rows = match client.query_opt("SELECT WHERE to_regclass($1) IS NOT NULL", &[&HISTORY]).await? {
        Some(_) => client.query(&format!("SELECT version, checksum FROM {HISTORY} ORDER BY version"), &[]).await?,
        None => Vec::new(),
    };
    client.batch_execute("RESET ROLE").await?;
    let runner = clinic::migrations::runner();
    let mut at = 0;
    for row in rows {
        let (version, checksum): (i32, String) = (row.try_get(0)?, row.try_get(1)?);
        let ours =
            runner.get_migrations().iter().find(|migration| i64::from(version) == i64::from(migration.version()));
        if ours.is_some_and(|migration| migration.checksum().to_string() != checksum) {
            return Ok(State::Drifted(version));
        }
        at = version;
    }
    Ok(State::At(at))
}
