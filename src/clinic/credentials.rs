//! A clinic's credentials, opened: what its pool logs in with and what signs its contexts.

use secrecy::{ExposeSecret as _, SecretString};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::checkout;
use super::context::{Caller, ContextKey};
use crate::central::companies::SealedCredentials;
use crate::database::{connect, harden};
use crate::error::{ApiError, Result};
use crate::secrets::{MasterKeys, Purpose};

/// What opens a clinic's database. Debug shows its name only.
pub struct Credentials {
    /// The server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Database, schema and login role.
    pub name: String,
    /// The login role's password.
    pub password: SecretString,
    /// The key that signs contexts.
    pub context_key: ContextKey,
    /// Their generation.
    pub epoch: i64,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Credentials {
    /// Opens what is sealed in central.
    ///
    /// # Errors
    /// Internal: a value that does not open, or a row that names another clinic's database, is a defect or an attack.
    pub fn open(keys: &MasterKeys, sealed: &SealedCredentials) -> Result<Self> {
        let expected = sealed.clinic.database_name();
        if sealed.name != expected || sealed.user != expected {
            return Err(ApiError::internal(anyhow::anyhow!(
                "the credentials of {} name another database",
                sealed.clinic
            )));
        }
        let place = sealed.place();
        let password = keys.open(Purpose::DatabasePassword, &place, &sealed.password).map_err(ApiError::internal)?;
        let key = keys.open(Purpose::ContextKey, &place, &sealed.context_key).map_err(ApiError::internal)?;
        Ok(Self {
            host: sealed.host.clone(),
            port: u16::try_from(sealed.port).map_err(ApiError::internal)?,
            name: expected,
            password: SecretString::from(std::str::from_utf8(&password).map_err(ApiError::internal)?),
            context_key: ContextKey::new(sealed.context_kid, &key),
            epoch: sealed.epoch,
        })
    }

    /// What a connection with these credentials, and no others, is opened with.
    pub(super) fn config(&self) -> tokio_postgres::Config {
        let mut config = tokio_postgres::Config::new();
        config.host(&self.host).port(self.port).dbname(&self.name).user(&self.name);
        config.password(self.password.expose_secret());
        harden(&mut config, "medicalpro");
        config
    }

    /// Proves them: logs in, and reads the clinic's settings under a signed context.
    ///
    /// # Errors
    /// As PostgreSQL refuses.
    pub async fn prove(&self, caller: &Caller, tls: &MakeRustlsConnect, now: i64) -> anyhow::Result<()> {
        let client = connect(&self.config(), tls).await?;
        client.batch_execute(&checkout::opening(&caller.principal, &self.name, &self.context_key, now)).await?;
        let row = client.query_one("SELECT company_id FROM clinic_settings", &[]).await?;
        anyhow::ensure!(
            row.try_get::<_, uuid::Uuid>(0)? == caller.clinic().0,
            "the database answers for another clinic"
        );
        client.batch_execute("COMMIT").await?;
        Ok(())
    }
}
