//! Spares: copies of the template made ahead, closed and of nobody. A new clinic takes one by a rename, which is a matter of a
//! millisecond where a copy takes tens; the worker makes the next.
//!
//! Invariant: what bears a spare's name is complete, of this version's template, and nobody is in it. It is made under another
//! name, which it loses last; what a killed worker left half-made, and spares of other versions, are dropped.

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use super::schema;
use super::server::Server;
use super::template;

/// What all spares' names begin with.
const FAMILY: &str = "medicalpro_clinic_spare_";

/// What the names of this version's spares begin with.
fn prefix() -> String {
    format!("{FAMILY}v{}_{}_", schema::newest(), schema::fingerprint())
}

/// Makes a spare the database of this name; `false` when there is none. `client` is the provisioner's.
///
/// # Errors
/// As PostgreSQL refuses.
pub(super) async fn take(client: &Client, name: &str) -> Result<bool, tokio_postgres::Error> {
    for spare in named(client, &prefix()).await? {
        let rename = format!("SET LOCAL synchronous_commit = off; ALTER DATABASE {spare} RENAME TO {name}");
        match client.batch_execute(&rename).await {
            Ok(()) => return Ok(true),
            // Somebody else was quicker.
            Err(error) if error.code() == Some(&SqlState::INVALID_CATALOG_NAME) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

/// Drops what is no spare of this version and what is too many, and makes so many that there are `wanted`. One worker at a time does.
///
/// # Errors
/// As PostgreSQL refuses.
pub(super) async fn refill(client: &Client, server: &Server, wanted: usize) -> Result<(), tokio_postgres::Error> {
    let lock = "hashtext('medicalpro spares')";
    client.batch_execute(&format!("SELECT pg_advisory_lock({lock})")).await?;
    let outcome = refill_alone(client, server, wanted).await;
    client.batch_execute(&format!("SELECT pg_advisory_unlock({lock})")).await?;
    outcome
}

async fn refill_alone(client: &Client, server: &Server, wanted: usize) -> Result<(), tokio_postgres::Error> {
    let prefix = prefix();
    let ready = named(client, &prefix).await?;
    let all = client
        .query("SELECT datname::text FROM pg_database WHERE starts_with(datname::text, $1) ORDER BY 1", &[&FAMILY])
        .await?;
    for row in all {
        let name: String = row.try_get(0)?;
        if !ready.iter().take(wanted).any(|kept| *kept == name) {
            server.drop_database(client, &name).await?;
        }
    }
    for _ in ready.len()..wanted {
        make(client, server, &format!("{prefix}{}", Uuid::now_v7().simple())).await?;
    }
    Ok(())
}

async fn make(client: &Client, server: &Server, name: &str) -> Result<(), tokio_postgres::Error> {
    let unfinished = format!("{FAMILY}unfinished");
    template::copy(client, &template::name(), &unfinished).await?;
    let rights = template::rights(&unfinished);
    client.batch_execute(&format!("{rights}; ALTER DATABASE {unfinished} ALLOW_CONNECTIONS true")).await?;
    // The first connection leaves the caches behind that later ones start with.
    drop(server.connect(&unfinished).await?);
    client.batch_execute(&format!("ALTER DATABASE {unfinished} ALLOW_CONNECTIONS false")).await?;
    // Waits until that connection is gone.
    client.batch_execute(&format!("ALTER DATABASE {unfinished} RENAME TO {name}")).await
}

/// Databases of such names, but for those that somebody began to drop and was killed over (PostgreSQL marks them so).
async fn named(client: &Client, prefix: &str) -> Result<Vec<String>, tokio_postgres::Error> {
    let usable = "SELECT datname::text FROM pg_database
                   WHERE starts_with(datname::text, $1) AND datconnlimit <> -2 ORDER BY 1";
    let rows = client.query(usable, &[&prefix]).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}
