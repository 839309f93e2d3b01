//! The template that new clinics are copied from: the base plus the nine migrations, of nobody yet. Built by the worker,
//! named in central, never altered in place, closed to connections (a copy waits for, then fails on, whoever is inside).

use anyhow::Context as _;
use tokio_postgres::Client;

use super::schema;
use super::server::Server;

/// The empty, hardened database that `bootstrap` makes.
pub const BASE: &str = "medicalpro_clinic_base";

/// Which database new clinics are copied from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Way {
    /// A copy of the template: one file copy.
    #[default]
    Template,
    /// A copy of the base, then the nine migrations: the same schema, slower.
    Plain,
}

/// The template's name in this version.
#[must_use]
pub fn name() -> String {
    format!("medicalpro_clinic_template_v{}", schema::newest())
}

/// Copies a database; the copy is closed to connections. `client` is the provisioner's.
///
/// # Errors
/// As PostgreSQL refuses.
pub(super) async fn copy(client: &Client, from: &str, to: &str) -> Result<(), tokio_postgres::Error> {
    client.batch_execute(&format!("CREATE DATABASE {to} TEMPLATE {from} ALLOW_CONNECTIONS false")).await
}

/// Who may do what with a clinic's database, whichever the clinic.
pub(super) fn rights(database: &str) -> String {
    format!(
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC;
         GRANT CONNECT ON DATABASE {database} TO medicalpro_backup;
         GRANT CREATE ON DATABASE {database} TO medicalpro_owner"
    )
}

/// Makes sure that the server has a template of this version. `central` is the provisioner's connection to central.
///
/// # Errors
/// When it cannot be built, or when one of this version was built from other migrations (before 1.0.0 they may change in
/// place: everything is rebuilt then).
pub async fn ensure(central: &Client, server: &Server) -> anyhow::Result<()> {
    let (name, version, fingerprint) = (name(), schema::newest(), schema::fingerprint());
    let lock = "hashtext('medicalpro template')";
    central.batch_execute(&format!("SELECT pg_advisory_lock({lock})")).await?;
    let outcome = build(central, server, &name, version, &fingerprint).await;
    central.batch_execute(&format!("SELECT pg_advisory_unlock({lock})")).await?;
    outcome
}

async fn build(central: &Client, server: &Server, name: &str, version: i32, fingerprint: &str) -> anyhow::Result<()> {
    let row = central
        .query_one(
            "SELECT template, template_fingerprint FROM medicalpro_central.database_servers WHERE id = $1",
            &[&server.id],
        )
        .await?;
    let (known, known_fingerprint): (Option<String>, Option<String>) = (row.try_get(0)?, row.try_get(1)?);
    if known.as_deref() == Some(name) {
        anyhow::ensure!(
            known_fingerprint.as_deref() == Some(fingerprint),
            "the clinic migrations were edited since this installation was made; before version 1.0.0 that means rebuilding \
             everything: `medicalpro dev --rebuild`"
        );
        return Ok(());
    }
    tracing::info!(template = name, "building the template");
    // One that central does not name was left half-built.
    server.drop_database(central, name).await?;
    central.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {BASE}")).await?;
    central
        .batch_execute(&format!(
            "REVOKE ALL ON DATABASE {name} FROM PUBLIC; GRANT CREATE ON DATABASE {name} TO medicalpro_owner"
        ))
        .await?;
    let mut inside = server.connect(name).await?;
    schema::migrate_clinic(&mut inside, schema::UNNAMED).await.context("building the template")?;
    shrink(&inside).await?;
    drop(inside);
    central.batch_execute(&format!("ALTER DATABASE {name} IS_TEMPLATE true ALLOW_CONNECTIONS false")).await?;
    central
        .execute(
            "UPDATE medicalpro_central.database_servers
                SET template = $2, template_version = $3, template_fingerprint = $4 WHERE id = $1",
            &[&server.id, &name, &version, &fingerprint],
        )
        .await?;
    Ok(())
}

/// Every copy is as large, and as slow to make, as what the migrations left behind in the catalog. The clinic's own tables are let
/// be: known to be empty, they would be read without their indexes until they are analysed.
async fn shrink(inside: &Client) -> Result<(), tokio_postgres::Error> {
    let row = inside
        .query_one(
            "SELECT string_agg(oid::regclass::text, ', ') FROM pg_class
              WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r' AND NOT relisshared",
            &[],
        )
        .await?;
    inside.batch_execute(&format!("VACUUM (FULL, FREEZE) {}", row.try_get::<_, String>(0)?)).await
}
