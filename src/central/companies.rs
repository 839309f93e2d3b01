//! `companies`: the clinics, their status, and their sealed credentials.

use tokio_postgres::Row;

use super::{Central, CentralTx};
use crate::database::Params;
use crate::error::{ApiError, Result};
use crate::ids::ClinicId;
use crate::sql;
use crate::sql::CentralLogin;

const BOTH: [CentralLogin; 2] = [CentralLogin::Api, CentralLogin::Provisioner];

sql! { Central;
    /// A clinic that has no database yet.
    INSERT by BOTH;
        "INSERT INTO companies (id, name, email, email_normalized, phone, address, country, language, time_zone, currency,
                                business_number, vat_number)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    /// Its trial.
    INSERT_SUBSCRIPTION by [CentralLogin::Api];
        "INSERT INTO subscriptions (company_id, plan, status, seats, trial_ends_at)
         VALUES ($1, 'trial', 'trialing', 5, now() + interval '30 days')";
    /// One clinic, as its people see it.
    FIND by BOTH;
        "SELECT id, name, email, phone, country, language, time_zone, currency, business_number, vat_number, status, created_at
           FROM companies WHERE id = $1";
    /// All of them, for operators.
    LIST by [CentralLogin::Provisioner];
        "SELECT id, name, email, phone, country, language, time_zone, currency, business_number, vat_number, status, created_at
           FROM companies ORDER BY created_at, id";
    /// What a clinic has changed of itself.
    UPDATE by [CentralLogin::Api];
        "UPDATE companies SET name = $2, language = $3, time_zone = $4 WHERE id = $1 RETURNING id";
    /// Where it stands.
    STATUS by BOTH;
        "SELECT status FROM companies WHERE id = $1";
    /// What is asked before a link opens anything.
    DOOR by [CentralLogin::Api];
        "SELECT status, country, language, epoch FROM companies WHERE id = $1";
    /// The credentials, as documented for operators.
    CREDENTIALS by BOTH;
        "SELECT db_host, db_port, db_name, db_user, db_password FROM medicalpro_central.companies WHERE id = $1";
    /// What signs its contexts, and the generation of all this; only of a clinic that is active.
    CONTEXT_KEY by BOTH;
        "SELECT context_kid, context_key, epoch FROM companies WHERE id = $1 AND status = 'active'";
    /// All that have a database, with what opens it, for whoever verifies the isolation.
    DATABASES by [CentralLogin::Api];
        "SELECT id, db_host, db_port, db_name, db_user, db_password, context_kid, context_key, epoch, schema_version
           FROM companies WHERE status IN ('active', 'suspended') ORDER BY id";
}

/// The code of the answer to whoever asks too early.
pub const NOT_READY: &str = "clinic_not_ready";

/// Where a clinic stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Known, without a database: made at first access.
    Pending,
    /// Being made.
    Provisioning,
    /// Ready.
    Active,
    /// Refused, kept.
    Suspended,
}

impl Status {
    /// From `companies.status`.
    ///
    /// # Errors
    /// A defect: the column's CHECK allows these only.
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "pending" => Ok(Self::Pending),
            "provisioning" => Ok(Self::Provisioning),
            "active" => Ok(Self::Active),
            "suspended" => Ok(Self::Suspended),
            other => Err(ApiError::internal(anyhow::anyhow!("unknown company status {other}"))),
        }
    }

    /// As in `companies.status`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Provisioning => "provisioning",
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }
}

/// A clinic to be.
#[derive(Debug)]
pub struct NewCompany {
    /// Its id, also its database's name.
    pub id: ClinicId,
    /// Its name.
    pub name: String,
    /// As typed.
    pub email: String,
    /// As compared.
    pub email_normalized: String,
    /// International form.
    pub phone: Option<String>,
    /// Postal address.
    pub address: serde_json::Value,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// ISO 639-1.
    pub language: String,
    /// IANA.
    pub time_zone: String,
    /// ISO 4217.
    pub currency: String,
    /// The country's register number.
    pub business_number: Option<String>,
    /// VAT number.
    pub vat_number: Option<String>,
}

/// A clinic, as its people and operators see it.
#[derive(Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Company {
    /// Its id.
    pub id: uuid::Uuid,
    /// Its name.
    pub name: String,
    /// Its address for mail.
    pub email: String,
    /// International form.
    pub phone: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// ISO 639-1.
    pub language: String,
    /// IANA.
    pub time_zone: String,
    /// ISO 4217.
    pub currency: String,
    /// The country's register number.
    pub business_number: Option<String>,
    /// VAT number.
    pub vat_number: Option<String>,
    /// See [`Status`].
    pub status: String,
    /// When it was registered.
    pub created_at: chrono::DateTime<chrono::Utc>,
}

crate::from_row!(Company {
    id,
    name,
    email,
    phone,
    country,
    language,
    time_zone,
    currency,
    business_number,
    vat_number,
    status,
    created_at
});

/// Inserts a clinic, `pending`.
///
/// # Errors
/// Conflict when its e-mail address is taken.
pub async fn insert(tx: &mut CentralTx, new: &NewCompany) -> Result<()> {
    tx.rows(
        &INSERT,
        &[
            &new.id.0,
            &new.name,
            &new.email,
            &new.email_normalized,
            &new.phone,
            &new.address,
            &new.country,
            &new.language,
            &new.time_zone,
            &new.currency,
            &new.business_number,
            &new.vat_number,
        ],
    )
    .await?;
    Ok(())
}

/// Opens a clinic's trial.
///
/// # Errors
/// As the database refuses.
pub async fn open_trial(tx: &mut CentralTx, clinic: ClinicId) -> Result<()> {
    tx.rows(&INSERT_SUBSCRIPTION, &[&clinic.0]).await?;
    Ok(())
}

/// One clinic.
///
/// # Errors
/// [`ApiError::NotFound`].
pub async fn find(central: &Central, clinic: ClinicId) -> Result<Company> {
    let row = central.row(&FIND, &[&clinic.0]).await?.ok_or(ApiError::NotFound)?;
    Ok(Company::try_from(&row)?)
}

/// All clinics, oldest first. For operators: the worker's login only.
///
/// # Errors
/// As the database refuses.
pub async fn list(central: &Central) -> Result<Vec<Company>> {
    let rows = central.rows(&LIST, &[]).await?;
    Ok(rows.iter().map(Company::try_from).collect::<Result<_, _>>()?)
}

/// Takes over what a clinic has changed of itself.
///
/// # Errors
/// [`ApiError::NotFound`].
pub async fn update(central: &Central, clinic: ClinicId, name: &str, language: &str, time_zone: &str) -> Result<()> {
    central.row(&UPDATE, &[&clinic.0, &name, &language, &time_zone]).await?.ok_or(ApiError::NotFound)?;
    Ok(())
}

/// Where a clinic stands.
///
/// # Errors
/// [`ApiError::NotFound`].
pub async fn status(central: &Central, clinic: ClinicId) -> Result<Status> {
    let row = central.row(&STATUS, &[&clinic.0]).await?.ok_or(ApiError::NotFound)?;
    Status::parse(row.try_get(0)?)
}

/// What a link is held to of its clinic.
#[derive(Debug)]
pub struct Door {
    /// See [`Status`].
    pub status: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// ISO 639-1.
    pub language: String,
    /// The generation of its credentials.
    pub epoch: i64,
}

crate::from_row!(Door { status, country, language, epoch });

/// What a link is held to of its clinic, if there is one.
///
/// # Errors
/// As the database refuses.
pub async fn door(central: &Central, clinic: ClinicId) -> Result<Option<Door>> {
    let row = central.row(&DOOR, &[&clinic.0]).await?;
    Ok(row.as_ref().map(Door::try_from).transpose()?)
}

/// A clinic's credentials, as stored.
#[derive(Debug)]
pub struct SealedCredentials {
    /// Whose.
    pub clinic: ClinicId,
    /// The server.
    pub host: String,
    /// Its port.
    pub port: i32,
    /// The database.
    pub name: String,
    /// The login role.
    pub user: String,
    /// Sealed.
    pub password: String,
    /// Which context key.
    pub context_kid: i32,
    /// Sealed.
    pub context_key: String,
    /// The generation of all this.
    pub epoch: i64,
}

impl SealedCredentials {
    /// Reads them: where the clinic lies, and what signs its contexts, which may stand in another row.
    ///
    /// # Errors
    /// When a column is missing.
    pub fn read(clinic: ClinicId, place: &Row, context: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            clinic,
            host: place.try_get("db_host")?,
            port: place.try_get("db_port")?,
            name: place.try_get("db_name")?,
            user: place.try_get("db_user")?,
            password: place.try_get("db_password")?,
            context_kid: context.try_get("context_kid")?,
            context_key: context.try_get("context_key")?,
            epoch: context.try_get("epoch")?,
        })
    }

    /// The place that the sealed values are tied to: edit any of it and they do not open.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}|{}|{}|{}|{}", self.clinic, self.host, self.port, self.name, self.user)
    }
}

/// An active clinic's credentials.
///
/// # Errors
/// Unavailable while the clinic is not active.
pub async fn credentials(central: &Central, clinic: ClinicId) -> Result<SealedCredentials> {
    let not_ready = || ApiError::unavailable(NOT_READY);
    let own: Params<'_> = &[&clinic.0];
    let (context, row) = futures_util::try_join!(central.row(&CONTEXT_KEY, own), central.row(&CREDENTIALS, own))?;
    let (context, row) = context.zip(row).ok_or_else(not_ready)?;
    Ok(SealedCredentials::read(clinic, &row, &context)?)
}

/// Every clinic that has a database, suspended ones too: its credentials, and the version of its schema.
///
/// # Errors
/// As the database refuses.
pub async fn databases(central: &Central) -> Result<Vec<(SealedCredentials, Option<i32>)>> {
    let rows = central.rows(&DATABASES, &[]).await?;
    let read = |row: &Row| {
        let sealed = SealedCredentials::read(ClinicId(row.try_get("id")?), row, row)?;
        Ok((sealed, row.try_get("schema_version")?))
    };
    rows.iter().map(read).collect()
}
