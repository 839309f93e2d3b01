//! The seven steps that make a clinic's database ready. Each may run again after it ran or half ran: what is there already
//! is kept, what is half there is made anew.

use std::sync::Arc;

use anyhow::Context as _;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use tokio_postgres::Client;
use uuid::Uuid;

use super::schema;
use super::server::Server;
use super::spares;
use super::template::{self, Way};
use crate::central::Central;
use crate::central::companies::{self, SealedCredentials};
use crate::clinic::{Caller, ContextKey, Credentials};
use crate::error::ApiError;
use crate::ids::{ClinicId, RequestId, Role, SessionId, UserId};
use crate::region::Region;
use crate::secrets::{KEY_BYTES, MasterKeys, Purpose, random, random_text, sha256};
use crate::sql;
use crate::sql::CentralLogin;

/// The id of a clinic's first context key; a rotation counts on.
const FIRST_KID: i32 = 1;

sql! { Central;
    /// Stores sealed credentials, unless the clinic has some: those are kept, so that a step run twice changes nothing.
    STORE_CREDENTIALS by [CentralLogin::Provisioner];
        "UPDATE medicalpro_central.companies
            SET database_server_id = $2, db_host = $3, db_port = $4, db_name = $5, db_user = $6, db_password = $7,
                context_kid = $8, context_key = $9
           FROM set_config('synchronous_commit', 'off', true)
          WHERE id = $1 AND db_password IS NULL";
    /// Whether a clinic was ever ready; waits for an activation under way.
    READY_ONCE by [CentralLogin::Provisioner];
        "SELECT id FROM medicalpro_central.companies WHERE id = $1 AND provisioned_at IS NOT NULL FOR UPDATE";
    /// Credentials of a clinic that is not active yet.
    STORED by [CentralLogin::Provisioner];
        "SELECT db_host, db_port, db_name, db_user, db_password, context_kid, context_key, epoch
           FROM medicalpro_central.companies WHERE id = $1 AND db_password IS NOT NULL";
}

/// A step, in the journal's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Make password and context key, sealed, in central.
    Seal,
    /// Make the clinic's login role.
    Role,
    /// Make its database.
    Database,
    /// Bring it to the newest schema.
    Migrate,
    /// Make it this clinic's: name, id, context key, settings.
    Identity,
    /// Log in as the clinic and read under a signed context.
    Prove,
}

impl Step {
    /// All of them, in order; activation follows, in the journal.
    pub const ALL: [Self; 6] = [Self::Seal, Self::Role, Self::Database, Self::Migrate, Self::Identity, Self::Prove];

    /// As in `provisioning_steps.step`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seal => "seal",
            Self::Role => "role",
            Self::Database => "database",
            Self::Migrate => "migrate",
            Self::Identity => "identity",
            Self::Prove => "prove",
        }
    }
}

/// What the steps work with. `lease` is the connection that holds the clinic's lease; roles and databases are made on it.
///
/// Only the making of a database and the identity wait for the disk: what is committed on a server before is on the disk with it,
/// since a server has one log, and what is lost in central in a crash is made anew by the step that runs again.
#[derive(Debug)]
pub struct Workshop<'a> {
    /// Central, through the pool.
    pub central: &'a Central,
    /// The provisioner's connection to central, which holds the lease.
    pub lease: &'a Client,
    /// Where the clinic goes.
    pub server: &'a Server,
    /// What seals.
    pub keys: &'a Arc<MasterKeys>,
    /// What is copied.
    pub way: Way,
    /// The login role's connection limit.
    pub connections: i32,
    /// Which clinic.
    pub clinic: ClinicId,
    /// The provisioner's connection to the clinic's database, once a step has opened it.
    pub inside: Option<Client>,
}

impl Workshop<'_> {
    /// Runs a step.
    ///
    /// # Errors
    /// As PostgreSQL refuses; the step can be run again.
    pub async fn run(&mut self, step: Step) -> anyhow::Result<()> {
        match step {
            Step::Seal => self.seal().await,
            Step::Role => self.role().await,
            Step::Database => self.database().await,
            Step::Migrate => self.migrate().await,
            Step::Identity => self.identity().await,
            Step::Prove => self.prove().await,
        }
        .with_context(|| format!("step {}", step.name()))
    }

    async fn seal(&self) -> anyhow::Result<()> {
        let name = self.clinic.database_name();
        let mut credentials = SealedCredentials {
            clinic: self.clinic,
            host: self.server.host.clone(),
            port: i32::from(self.server.port),
            name: name.clone(),
            user: name,
            password: String::new(),
            context_kid: FIRST_KID,
            context_key: String::new(),
            epoch: 1,
        };
        let place = credentials.place();
        credentials.password = self.keys.seal(Purpose::DatabasePassword, &place, random_text().as_bytes())?;
        credentials.context_key = self.keys.seal(Purpose::ContextKey, &place, &random::<KEY_BYTES>())?;
        self.central
            .rows(
                &STORE_CREDENTIALS,
                &[
                    &self.clinic.0,
                    &self.server.id,
                    &credentials.host,
                    &credentials.port,
                    &credentials.name,
                    &credentials.user,
                    &credentials.password,
                    &credentials.context_kid,
                    &credentials.context_key,
                ],
            )
            .await
            .map_err(ApiError::into_cause)?;
        Ok(())
    }

    async fn stored(&self) -> anyhow::Result<SealedCredentials> {
        let row = self
            .central
            .row(&STORED, &[&self.clinic.0])
            .await
            .map_err(ApiError::into_cause)?
            .context("the clinic has no credentials")?;
        Ok(SealedCredentials::read(self.clinic, &row, &row)?)
    }

    async fn credentials(&self) -> anyhow::Result<Credentials> {
        Credentials::open(self.keys, &self.stored().await?).map_err(ApiError::into_cause)
    }

    async fn role(&self) -> anyhow::Result<()> {
        let verifier = scram_verifier(&self.credentials().await?.password);
        self.lease
            .execute(
                "SELECT provisioning.create_clinic_role($1, $2, $3) FROM set_config('synchronous_commit', 'off', true)",
                &[&self.clinic.0, &verifier, &self.connections],
            )
            .await?;
        Ok(())
    }

    async fn database(&self) -> anyhow::Result<()> {
        let name = self.clinic.database_name();
        let half_dropped = self
            .lease
            .query_opt("SELECT datconnlimit = -2 FROM pg_database WHERE datname = $1", &[&name])
            .await?
            .map(|row| row.try_get::<_, bool>(0))
            .transpose()?;
        if half_dropped == Some(true) {
            self.lease.batch_execute(&format!("DROP DATABASE {name}")).await?;
        }
        if half_dropped != Some(false) {
            match self.way {
                Way::Plain => template::copy(self.lease, template::BASE, &name).await?,
                Way::Template if spares::take(self.lease, &name).await? => {}
                Way::Template => template::copy(self.lease, &template::name(), &name).await?,
            }
        }
        // Its name is the role's: both are computed from the clinic's id. Open to connections as soon as it is closed to others.
        self.lease
            .batch_execute(&format!(
                "SET LOCAL synchronous_commit = off;
                 {};
                 GRANT CONNECT ON DATABASE {name} TO {name};
                 ALTER DATABASE {name} ALLOW_CONNECTIONS true",
                template::rights(&name)
            ))
            .await?;
        Ok(())
    }

    /// The provisioner's connection to the clinic's database.
    async fn inside(&mut self) -> Result<&mut Client, tokio_postgres::Error> {
        let client = match self.inside.take() {
            Some(client) if !client.is_closed() => client,
            _ => self.server.connect(&self.clinic.database_name()).await?,
        };
        Ok(self.inside.insert(client))
    }

    async fn migrate(&mut self) -> anyhow::Result<()> {
        let name = self.clinic.database_name();
        let inside = self.inside().await?;
        let schema = if has_schema(inside, &name).await? { name.as_str() } else { schema::UNNAMED };
        if schema::state(inside).await? != schema::State::At(schema::newest()) {
            schema::migrate_clinic(inside, schema).await?;
        }
        Ok(())
    }

    async fn identity(&mut self) -> anyhow::Result<()> {
        let sealed = self.stored().await?;
        let secret = self.keys.open(Purpose::ContextKey, &sealed.place(), &sealed.context_key)?;
        let secret: [u8; KEY_BYTES] = secret.as_slice().try_into().context("a context key of another length")?;
        let (inner, outer) = ContextKey::pads(&secret);
        let key = ContextKey::new(sealed.context_kid, &secret);
        let company = companies::find(self.central, self.clinic).await.map_err(ApiError::into_cause)?;
        let region = Region::parse(&company.country).context("a clinic of an unknown region")?;

        let (clinic, name) = (self.clinic, self.clinic.database_name());
        let tx = self.inside().await?.transaction().await?;
        tx.batch_execute("SET LOCAL ROLE medicalpro_owner").await?;
        if tx.query_opt("SELECT FROM pg_namespace WHERE nspname = $1", &[&name]).await?.is_none() {
            tx.batch_execute(&format!("ALTER SCHEMA {} RENAME TO {name}", schema::UNNAMED)).await?;
        }
        tx.batch_execute(&format!(
            "CREATE OR REPLACE FUNCTION app.clinic_id() RETURNS uuid LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
             AS 'BEGIN RETURN ''{clinic}''::uuid; END'"
        ))
        .await?;
        tx.execute(
            "INSERT INTO app.context_key (kid, ipad, opad) VALUES ($1, $2, $3)
             ON CONFLICT (kid) DO UPDATE SET ipad = excluded.ipad, opad = excluded.opad",
            &[&sealed.context_kid, &&inner[..], &&outer[..]],
        )
        .await?;
        // The owner is held to the clinic like everybody else.
        let context = key.sign(clinic, "medicalpro_owner", UserId(Uuid::nil()), chrono::Utc::now().timestamp());
        tx.batch_execute(&format!("SET LOCAL search_path = {name}, pg_temp; SET LOCAL app.ctx = '{context}'")).await?;
        tx.execute(
            "INSERT INTO clinic_settings (name, country, language, time_zone, currency, business_number, vat_number, email, phone,
                                          tax_label, tax_rates, patient_number_prefix, quote_number_prefix,
                                          invoice_number_prefix, credit_note_number_prefix, first_weekday, retention_years)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
             ON CONFLICT (company_id) DO NOTHING",
            &[
                &company.name,
                &company.country,
                &company.language,
                &company.time_zone,
                &company.currency,
                &company.business_number,
                &company.vat_number,
                &company.email,
                &company.phone,
                &region.tax.label,
                &serde_json::to_value(region.tax.rates)?,
                &region.numbering.patient,
                &region.numbering.quote,
                &region.numbering.invoice,
                &region.numbering.credit_note,
                &i16::try_from(region.first_weekday.number_from_monday())?,
                &i16::try_from(region.retention.years)?,
            ],
        )
        .await?;
        tx.commit().await?;
        Ok(())
    }

    async fn prove(&self) -> anyhow::Result<()> {
        // Nobody's request: a caller made for this proof, who is in no table.
        let caller = Caller::verified(
            self.clinic,
            UserId(Uuid::nil()),
            Role::Admin,
            SessionId(Uuid::nil()),
            RequestId::generate(),
            "provisioning".to_owned(),
            1,
        );
        self.credentials().await?.prove(&caller, self.server.tls(), chrono::Utc::now().timestamp()).await
    }

    /// Removes whatever of the clinic was made; never of one that was ready once, whose data are real.
    ///
    /// # Errors
    /// As PostgreSQL refuses; it can be run again.
    pub async fn remove(&self) -> anyhow::Result<()> {
        let ready_once = self.central.row(&READY_ONCE, &[&self.clinic.0]).await.map_err(ApiError::into_cause)?;
        anyhow::ensure!(ready_once.is_none(), "clinic {} was ready once: it is not removed", self.clinic);
        self.server.drop_database(self.lease, &self.clinic.database_name()).await?;
        self.lease.execute("SELECT provisioning.drop_clinic_role($1)", &[&self.clinic.0]).await?;
        Ok(())
    }
}

async fn has_schema(client: &Client, name: &str) -> Result<bool, tokio_postgres::Error> {
    Ok(client.query_opt("SELECT FROM pg_namespace WHERE nspname = $1", &[&name]).await?.is_some())
}

/// What PostgreSQL keeps instead of the password (RFC 5803), so that the password itself never travels.
///
/// One round of PBKDF2 and not 4,096: many rounds protect a password that could be guessed from its verifier, and this one is
/// 256 random bits. They would be paid at every connection.
fn scram_verifier(password: &SecretString) -> String {
    let hmac = |key: &[u8], text: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text);
    let salt: [u8; 16] = random();
    let salted = hmac(password.expose_secret().as_bytes(), &[&salt[..], &1_u32.to_be_bytes()].concat());
    let stored = sha256(hmac(salted.as_ref(), b"Client Key").as_ref());
    let server = hmac(salted.as_ref(), b"Server Key");
    format!("SCRAM-SHA-256$1:{}${}:{}", STANDARD.encode(salt), STANDARD.encode(stored), STANDARD.encode(server))
}
