//! A PostgreSQL server that holds clinics, as the provisioner reaches it.

use anyhow::Context as _;
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;
use uuid::Uuid;

use crate::database::connect;

/// A PostgreSQL server that holds clinics, as the provisioner reaches it.
#[derive(Clone)]
pub struct Server {
    /// `database_servers.id`.
    pub id: Uuid,
    /// As clinics' credentials name it.
    pub host: String,
    /// Its port.
    pub port: u16,
    config: Config,
    tls: MakeRustlsConnect,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Server({}:{})", self.host, self.port)
    }
}

impl Server {
    /// `config` is the provisioner's on this server.
    #[must_use]
    pub const fn new(id: Uuid, host: String, port: u16, config: Config, tls: MakeRustlsConnect) -> Self {
        Self { id, host, port, config, tls }
    }

    /// How its connections are secured.
    pub(super) const fn tls(&self) -> &MakeRustlsConnect {
        &self.tls
    }

    /// Connects to one of its databases, as the provisioner.
    ///
    /// # Errors
    /// As PostgreSQL or the network answers.
    pub async fn connect(&self, database: &str) -> Result<Client, tokio_postgres::Error> {
        let mut config = self.config.clone();
        config.dbname(database);
        connect(&config, &self.tls).await
    }

    /// Drops a database, if it is there, with whoever is in it.
    ///
    /// # Errors
    /// As PostgreSQL refuses.
    pub async fn drop_database(&self, central: &Client, name: &str) -> Result<(), tokio_postgres::Error> {
        let here = central.query_opt("SELECT datistemplate FROM pg_database WHERE datname = $1", &[&name]).await?;
        let Some(row) = here else { return Ok(()) };
        if row.try_get(0)? {
            central.batch_execute(&format!("ALTER DATABASE {name} IS_TEMPLATE false")).await?;
        }
        central.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await
    }
}

/// Registers the server that central lies on as one that holds clinics.
pub(super) async fn register(client: &Client, config: &Config, tls: &MakeRustlsConnect) -> anyhow::Result<Server> {
    let host = match config.get_hosts().first() {
        Some(tokio_postgres::config::Host::Tcp(host)) => host.clone(),
        _ => anyhow::bail!("the provisioner's address must name a host: clinics' credentials are bound to it"),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let row = client
        .query_one(
            "INSERT INTO medicalpro_central.database_servers (host, port) VALUES ($1, $2)
             ON CONFLICT (host, port) DO UPDATE SET updated_at = now() RETURNING id",
            &[&host, &i32::from(port)],
        )
        .await
        .context("central is not ready: run `medicalpro bootstrap`, then `medicalpro migrate`")?;
    Ok(Server::new(row.try_get(0)?, host, port, config.clone(), tls.clone()))
}
