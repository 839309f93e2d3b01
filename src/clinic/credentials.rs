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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ClinicId;

    #[test]
    fn what_is_sealed_for_one_clinic_opens_no_other_and_nothing_elsewhere() {
        let keys = MasterKeys::parse(&MasterKeys::generate(chrono::NaiveDate::MIN)).expect("keys");
        let of = |clinic: ClinicId| {
            let (name, host) = (clinic.database_name(), "127.0.0.1".to_owned());
            let mut sealed = SealedCredentials {
                clinic,
                host,
                port: 5432,
                user: name.clone(),
                name,
                password: String::new(),
                context_kid: 1,
                context_key: String::new(),
                epoch: 1,
            };
            let seal = |purpose, plain: &[u8]| keys.seal(purpose, &sealed.place(), plain).expect("seals");
            (sealed.password, sealed.context_key) =
                (seal(Purpose::DatabasePassword, b"password"), seal(Purpose::ContextKey, &[7; 32]));
            sealed
        };
        let clinic = ClinicId::generate();
        let opened = Credentials::open(&keys, &of(clinic)).expect("control: opens");
        assert_eq!((opened.name.as_str(), opened.password.expose_secret()), (&*clinic.database_name(), "password"));

        let other = of(ClinicId::generate());
        let (mut database, mut user, mut both) = (of(clinic), of(clinic), of(clinic));
        database.name.clone_from(&other.name);
        user.user.clone_from(&other.user);
        (both.name, both.user) = (other.name.clone(), other.user.clone());
        // Sealed anew for where they say they are, as by somebody who has the master keys and the wrong row.
        for row in [&mut database, &mut user, &mut both] {
            let place = row.place();
            row.password = keys.seal(Purpose::DatabasePassword, &place, b"password").expect("seals");
            row.context_key = keys.seal(Purpose::ContextKey, &place, &[7; 32]).expect("seals");
        }
        let (mut moved, mut swapped, mut exchanged) = (of(clinic), of(clinic), of(clinic));
        moved.host = "10.0.0.1".to_owned();
        (swapped.password, swapped.context_key) = (other.password, other.context_key);
        std::mem::swap(&mut exchanged.password, &mut exchanged.context_key);
        for row in [database, user, both, moved, swapped, exchanged] {
            assert!(Credentials::open(&keys, &row).is_err(), "{} {} {}", row.name, row.user, row.host);
        }
    }
}
