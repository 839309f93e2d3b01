//! Once a PostgreSQL server, by its administrator: roles, central's empty database, and the hardened base of all clinics.
//!
//! May be run again at any time: it makes what is missing and changes nothing else. A password is set only when it is given.

use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::template::BASE;
use crate::database::{connect, harden};

const ROLES: &str = include_str!("../../migrations/bootstrap/roles.sql");
const CENTRAL: &str = include_str!("../../migrations/bootstrap/central.sql");
const IN_BASE: &str = include_str!("../../migrations/bootstrap/base.sql");

/// Central's database.
pub const CENTRAL_DATABASE: &str = "medicalpro_central";

/// What will be done, for the operator to read first.
pub const PLAN: [&str; 5] = [
    "make the roles medicalpro_* (logins: api, provisioner, backup; the rest cannot log in) and set the passwords given",
    "close the databases postgres, template0 and template1 to PUBLIC",
    "make the database medicalpro_central, empty, for the provisioner's migrations",
    "make the functions by which the provisioner makes and drops a clinic's login, and no other role",
    "make the database medicalpro_clinic_base, hardened, a template closed to connections",
];

/// Passwords of the logins; `None` leaves what is set.
#[derive(Debug, Default)]
pub struct Passwords {
    /// `medicalpro_api`: the server process.
    pub api: Option<SecretString>,
    /// `medicalpro_provisioner`: the worker process.
    pub provisioner: Option<SecretString>,
    /// `medicalpro_backup`: `pg_dump`, never a server process.
    pub backup: Option<SecretString>,
}

/// Does what [`PLAN`] says. `admin` is an administrator's connection to the database `postgres`.
///
/// # Errors
/// As PostgreSQL refuses; it can be run again.
pub async fn run(
    admin: &Config,
    tls: &MakeRustlsConnect,
    passwords: &Passwords,
    mut say: impl FnMut(&str),
) -> anyhow::Result<()> {
    let mut admin = admin.clone();
    harden(&mut admin, "medicalpro bootstrap");
    let postgres = connect(&admin, tls).await.context("cannot connect as the administrator")?;
    let inside = async |database: &str| {
        let mut config = admin.clone();
        config.dbname(database);
        connect(&config, tls).await.with_context(|| format!("cannot connect to {database}"))
    };

    say(PLAN[0]);
    postgres.batch_execute(ROLES).await.context("roles.sql")?;
    say(PLAN[1]);

    say(PLAN[2]);
    create(&postgres, CENTRAL_DATABASE).await?;
    postgres
        .batch_execute(&format!(
            "REVOKE ALL ON DATABASE {CENTRAL_DATABASE} FROM PUBLIC;
             GRANT CONNECT ON DATABASE {CENTRAL_DATABASE} TO medicalpro_api, medicalpro_backup;
             ALTER ROLE medicalpro_api IN DATABASE {CENTRAL_DATABASE} SET search_path = medicalpro_central, pg_temp;
             ALTER ROLE medicalpro_api IN DATABASE {CENTRAL_DATABASE} SET statement_timeout = '30s';
             ALTER ROLE medicalpro_api IN DATABASE {CENTRAL_DATABASE} SET idle_in_transaction_session_timeout = '60s';
             ALTER ROLE medicalpro_provisioner IN DATABASE {CENTRAL_DATABASE} SET search_path = medicalpro_central, pg_temp"
        ))
        .await?;
    say(PLAN[3]);
    inside(CENTRAL_DATABASE).await?.batch_execute(CENTRAL).await.context("central.sql")?;

    say(PLAN[4]);
    if !is_closed(&postgres, BASE).await? {
        create(&postgres, BASE).await?;
        postgres.batch_execute(&format!("REVOKE ALL ON DATABASE {BASE} FROM PUBLIC")).await?;
        inside(BASE).await?.batch_execute(IN_BASE).await.context("base.sql")?;
        postgres.batch_execute(&format!("ALTER DATABASE {BASE} IS_TEMPLATE true ALLOW_CONNECTIONS false")).await?;
    }
    // Last, so that a login without a password tells that this was interrupted before anybody could know one.
    for (login, password) in [
        ("medicalpro_api", &passwords.api),
        ("medicalpro_provisioner", &passwords.provisioner),
        ("medicalpro_backup", &passwords.backup),
    ] {
        if let Some(password) = password {
            // PostgreSQL gets the verifier, never the password: it would stand in a log of statements.
            let verifier = postgres_protocol::password::scram_sha_256(password.expose_secret().as_bytes());
            postgres.batch_execute(&format!("ALTER ROLE {login} PASSWORD '{verifier}'")).await?;
        }
    }
    Ok(())
}

/// The server's `host:port`, for the settings that are shown.
#[must_use]
pub fn address(admin: &Config) -> String {
    let host = match admin.get_hosts().first() {
        Some(tokio_postgres::config::Host::Tcp(host)) => host.as_str(),
        _ => "localhost",
    };
    format!("{host}:{}", admin.get_ports().first().copied().unwrap_or(5432))
}

/// Which of our two logins need a password: they are not there yet, or were left without one. An administrator who may not
/// look at passwords (managed PostgreSQL) learns of the former only.
///
/// # Errors
/// As PostgreSQL refuses.
pub async fn logins_without_password(admin: &Config, tls: &MakeRustlsConnect) -> anyhow::Result<Vec<&'static str>> {
    let mut admin = admin.clone();
    harden(&mut admin, "medicalpro bootstrap");
    let postgres = connect(&admin, tls).await.context("cannot connect as the administrator")?;
    let may_look = postgres.query_one("SELECT has_table_privilege('pg_authid', 'SELECT')", &[]).await?;
    let complete = if may_look.try_get(0)? {
        "SELECT FROM pg_authid WHERE rolname = $1 AND rolpassword IS NOT NULL"
    } else {
        "SELECT FROM pg_roles WHERE rolname = $1"
    };
    let mut missing = Vec::new();
    for login in ["medicalpro_api", "medicalpro_provisioner"] {
        if postgres.query_opt(complete, &[&login]).await?.is_none() {
            missing.push(login);
        }
    }
    Ok(missing)
}

async fn create(postgres: &Client, database: &str) -> anyhow::Result<()> {
    if postgres.query_opt("SELECT FROM pg_database WHERE datname = $1", &[&database]).await?.is_none() {
        // template0: what somebody put into template1 has no place here. UTF8 and C: the same order on every machine.
        postgres
            .batch_execute(&format!(
                "CREATE DATABASE {database} OWNER medicalpro_provisioner TEMPLATE template0
                 ENCODING 'UTF8' LOCALE 'C'"
            ))
            .await?;
    }
    Ok(())
}

async fn is_closed(postgres: &Client, database: &str) -> anyhow::Result<bool> {
    let row = postgres.query_opt("SELECT NOT datallowconn FROM pg_database WHERE datname = $1", &[&database]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?.unwrap_or(false))
}
