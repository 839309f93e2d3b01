//! Who somebody is, as their client shows it: the person, the clinic with the role there, and all the clinics to choose from. Read in
//! one look, also as a part of the statement that exchanges a refresh token.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

use super::{Central, CentralTx};
use crate::error::Result;
use crate::ids::{ClinicId, UserId};
use crate::sql;
use crate::sql::CentralLogin;

const API: [CentralLogin; 1] = [CentralLogin::Api];

/// Of `u`, an active person, `m`, their active place there, and `c`, the clinic; the latter two may be missing.
pub(super) const COLUMNS: &str = "u.id AS user_id, u.email, u.first_name, u.last_name, u.language,
    u.email_verified_at IS NOT NULL AS email_verified, u.platform_role, m.role,
    c.id AS company_id, c.name AS company_name, c.country, c.language AS company_language, c.time_zone, c.currency, c.status,
    (SELECT coalesce(json_agg(json_build_object('id', p.company_id, 'name', pc.name, 'role', p.role, 'status', pc.status,
                                                'lastUsedAt', (SELECT max(ps.last_used_at) FROM sessions ps
                                                                WHERE ps.user_id = u.id AND ps.company_id = p.company_id))
                              ORDER BY p.created_at, p.company_id), '[]')
       FROM memberships p JOIN companies pc ON pc.id = p.company_id
      WHERE p.user_id = u.id AND p.status = 'active') AS clinics";

sql! { Central;
    /// A person at a clinic.
    PROFILE by API;
        "SELECT ", COLUMNS, "
           FROM users u
           LEFT JOIN memberships m ON m.user_id = u.id AND m.company_id = $2 AND m.status = 'active'
           LEFT JOIN companies c ON c.id = m.company_id
          WHERE u.id = $1 AND u.status = 'active'";
}

/// A person, and where they are.
#[derive(Debug)]
pub struct Profile {
    /// The person.
    pub user_id: Uuid,
    /// Their address.
    pub email: String,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// ISO 639-1.
    pub language: String,
    /// Whether the address is proven.
    pub email_verified: bool,
    /// See [`crate::ids::PlatformRole`].
    pub platform_role: Option<String>,
    /// Where they are; nowhere, for the platform's own people.
    pub here: Option<Here>,
    /// Where they may work, first joined first.
    pub clinics: Vec<Place>,
}

/// A clinic, and a person's role there.
#[derive(Debug)]
pub struct Here {
    /// See [`crate::ids::Role`].
    pub role: String,
    /// The clinic.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// ISO 639-1.
    pub language: String,
    /// IANA.
    pub time_zone: String,
    /// ISO 4217.
    pub currency: String,
    /// See [`super::companies::Status`].
    pub status: String,
}

/// One of the clinics that a person works at.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The clinic.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// The person's role there.
    pub role: String,
    /// The clinic's status.
    pub status: String,
    /// When they were there last, as far as it is still known.
    pub last_used_at: Option<DateTime<Utc>>,
}

impl TryFrom<&Row> for Profile {
    type Error = tokio_postgres::Error;

    fn try_from(row: &Row) -> Result<Self, Self::Error> {
        let here = match row.try_get::<_, Option<String>>("role")? {
            None => None,
            Some(role) => Some(Here {
                role,
                id: row.try_get("company_id")?,
                name: row.try_get("company_name")?,
                country: row.try_get("country")?,
                language: row.try_get("company_language")?,
                time_zone: row.try_get("time_zone")?,
                currency: row.try_get("currency")?,
                status: row.try_get("status")?,
            }),
        };
        let Json(clinics) = row.try_get("clinics")?;
        Ok(Self {
            user_id: row.try_get("user_id")?,
            email: row.try_get("email")?,
            first_name: row.try_get("first_name")?,
            last_name: row.try_get("last_name")?,
            language: row.try_get("language")?,
            email_verified: row.try_get("email_verified")?,
            platform_role: row.try_get("platform_role")?,
            here,
            clinics,
        })
    }
}

/// A person at a clinic. `None` when the account is not active.
///
/// # Errors
/// As the database refuses.
pub async fn find(central: &Central, user: UserId, clinic: Option<ClinicId>) -> Result<Option<Profile>> {
    let row = central.row(&PROFILE, &[&user.0, &clinic.map(|id| id.0)]).await?;
    Ok(row.as_ref().map(Profile::try_from).transpose()?)
}

/// The same, as a transaction sees it.
///
/// # Errors
/// As the database refuses.
pub async fn within(tx: &mut CentralTx, user: UserId, clinic: Option<ClinicId>) -> Result<Option<Profile>> {
    let row = tx.row(&PROFILE, &[&user.0, &clinic.map(|id| id.0)]).await?;
    Ok(row.as_ref().map(Profile::try_from).transpose()?)
}
