//! The platform's own people: `users` with a `platform_role`. They are added and removed by whoever runs the worker's machine, and by
//! nobody through the API; and what they see of clinics is here: which there are, and how each stands.
//!
//! Invariant: they work at no clinic (`memberships` refuse them), and nothing that they read is a patient's or a credential.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::audit::{self, Event};
use super::outbox::{Kind, To, queue_mail};
use super::{Central, CentralTx};
use crate::error::{ApiError, Result};
use crate::ids::{ClinicId, PlatformRole, UserId};
use crate::sql;
use crate::sql::CentralLogin;
use crate::transaction;

const API: [CentralLogin; 1] = [CentralLogin::Api];
const WORKER: [CentralLogin; 1] = [CentralLogin::Provisioner];

macro_rules! clinic {
    () => {
        "SELECT id, name, country, language, status, created_at FROM companies"
    };
}

sql! { Central;
    /// Somebody, with a password that nobody knows.
    ADD by WORKER;
        "INSERT INTO users (id, email, email_normalized, password_hash, language, platform_role, terms_accepted_at)
         VALUES ($1, $2, $3, $4, $5, $6, now())";
    /// All of them, first added first.
    LIST by WORKER;
        "SELECT id, email, platform_role AS role, language, status, email_verified_at IS NOT NULL AS email_verified, created_at
           FROM users WHERE platform_role IS NOT NULL ORDER BY created_at, id";
    /// Deactivated: their sessions count no more as the servers hear of it.
    REMOVE by WORKER;
        "UPDATE users SET status = 'deactivated'
          WHERE email_normalized = $1 AND platform_role IS NOT NULL AND status = 'active' RETURNING id";
    /// A page of the clinics, first registered first.
    CLINICS by API;
        (concat!(clinic!(), " WHERE $1::text IS NULL OR (created_at, id) > ($1::text::timestamptz, $2::uuid)
                  ORDER BY created_at, id LIMIT $3"));
    /// One of them.
    CLINIC by API;
        (concat!(clinic!(), " WHERE id = $1"));
}

/// Somebody to be.
#[derive(Debug)]
pub struct NewOperator<'a> {
    /// As typed.
    pub email: &'a str,
    /// As compared.
    pub email_normalized: &'a str,
    /// Of a password that nobody knows.
    pub password_hash: &'a str,
    /// ISO 639-1.
    pub language: &'a str,
    /// What they may do.
    pub role: PlatformRole,
}

/// One of the platform's own people, for whoever adds and removes them.
#[derive(Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Operator {
    /// Their id.
    pub id: Uuid,
    /// Address.
    pub email: String,
    /// See [`PlatformRole`].
    pub role: String,
    /// ISO 639-1.
    pub language: String,
    /// `active` or `deactivated`.
    pub status: String,
    /// Whether the mailed link was used.
    pub email_verified: bool,
    /// When they were added.
    pub created_at: DateTime<Utc>,
}

crate::from_row!(Operator { id, email, role, language, status, email_verified, created_at });

/// A clinic, as the platform's people see it.
#[derive(Debug)]
pub struct ClinicSeen {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// ISO 639-1.
    pub language: String,
    /// See [`super::companies::Status`].
    pub status: String,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
}

crate::from_row!(ClinicSeen { id, name, country, language, status, created_at });

/// Adds somebody, and queues the mail whose link sets their password and proves their address.
///
/// # Errors
/// Conflict when the address has an account, of whatever kind.
pub async fn add(central: &Central, new: &NewOperator<'_>) -> Result<UserId> {
    let user = UserId::generate();
    let NewOperator { email, email_normalized, password_hash, language, role } = new;
    transaction!(central.work(), |tx| {
        let role = role.name();
        tx.rows(&ADD, &[&user.0, email, email_normalized, password_hash, language, &role]).await?;
        queue_mail(tx, Kind::PasswordReset, To::User(user), None, &serde_json::json!({})).await?;
        record(tx, "platform_user_added", user, role).await
    })?;
    Ok(user)
}

/// All of them, those that were removed too.
///
/// # Errors
/// As the database refuses.
pub async fn list(central: &Central) -> Result<Vec<Operator>> {
    let rows = central.rows(&LIST, &[]).await?;
    Ok(rows.iter().map(Operator::try_from).collect::<Result<_, _>>()?)
}

/// Removes somebody; their sessions end within a second.
///
/// # Errors
/// [`ApiError::NotFound`] where the address is none of the platform's active people's.
pub async fn remove(central: &Central, email_normalized: &str) -> Result<UserId> {
    transaction!(central.work(), |tx| {
        let row = tx.row(&REMOVE, &[&email_normalized]).await?.ok_or(ApiError::NotFound)?;
        let user = UserId(row.try_get(0)?);
        record(tx, "platform_user_removed", user, "deactivated").await?;
        Ok(user)
    })
}

async fn record(tx: &mut CentralTx, action: &'static str, user: UserId, detail: &'static str) -> Result<()> {
    audit::record(tx, &Event { action, user: Some(user), detail: Some(detail), ..Event::default() }).await
}

/// A page of the clinics: `after` is the last one's `created_at` and id, `rows` how many to find.
///
/// # Errors
/// As the database refuses.
pub async fn clinics(central: &Central, after: Option<(String, Uuid)>, rows: i64) -> Result<Vec<ClinicSeen>> {
    let (key, id) = after.unzip();
    let rows = central.rows(&CLINICS, &[&key, &id, &rows]).await?;
    Ok(rows.iter().map(ClinicSeen::try_from).collect::<Result<_, _>>()?)
}

/// One clinic.
///
/// # Errors
/// [`ApiError::NotFound`].
pub async fn clinic(central: &Central, clinic: ClinicId) -> Result<ClinicSeen> {
    let row = central.row(&CLINIC, &[&clinic.0]).await?.ok_or(ApiError::NotFound)?;
    Ok(ClinicSeen::try_from(&row)?)
}
