//! `users`, `memberships` and `one_time_tokens`: people, where they work, and what proves an address.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Central, CentralTx};
use crate::error::Result;
use crate::ids::{ClinicId, Role, UserId};
use crate::sql;
use crate::sql::CentralLogin;

const API: [CentralLogin; 1] = [CentralLogin::Api];

sql! { Central;
    /// Whether an address is taken, to answer before hashing a password; the unique constraint is what decides.
    EMAIL_TAKEN by API;
        "SELECT (SELECT count(*) FROM users WHERE email_normalized = $1) > 0,
                (SELECT count(*) FROM companies WHERE email_normalized = $2) > 0";
    /// A person.
    INSERT by API;
        "INSERT INTO users (id, email, email_normalized, password_hash, first_name, last_name, language, terms_accepted_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, now())";
    /// Their place at a clinic.
    INSERT_MEMBERSHIP by API;
        "INSERT INTO memberships (user_id, company_id, role) VALUES ($1, $2, $3)";
    /// Who logs in.
    BY_EMAIL by API;
        "SELECT id, email, password_hash, first_name, last_name, language, email_verified_at IS NOT NULL AS email_verified,
                password_changed_at
           FROM users WHERE email_normalized = $1 AND status = 'active'";
    /// Who is logged in.
    BY_ID by API;
        "SELECT id, email, password_hash, first_name, last_name, language, email_verified_at IS NOT NULL AS email_verified,
                password_changed_at
           FROM users WHERE id = $1 AND status = 'active'";
    /// Where they work.
    MEMBERSHIPS by API;
        "SELECT m.company_id, m.role, c.name, c.status
           FROM memberships m JOIN companies c ON c.id = m.company_id
          WHERE m.user_id = $1 AND m.status = 'active'
          ORDER BY m.created_at, m.company_id";
    /// Uses a token up: at most one caller ever gets a row.
    USE_TOKEN by API;
        "UPDATE one_time_tokens SET used_at = now()
          WHERE token_hash = $1 AND purpose = 'email_verification' AND used_at IS NULL AND expires_at > now()
         RETURNING user_id";
    /// A proven address; its other tokens are of no more use.
    VERIFY_EMAIL by API;
        "WITH others AS (UPDATE one_time_tokens SET used_at = now()
                          WHERE user_id = $1 AND purpose = 'email_verification' AND used_at IS NULL)
         UPDATE users SET email_verified_at = now() WHERE id = $1 AND email_verified_at IS NULL";
    /// When they were last here; whether they have been here before. No row where the password that was shown is theirs no more.
    TOUCH_LOGIN by API;
        "WITH before AS (SELECT last_login_at FROM users WHERE id = $1)
         UPDATE users SET last_login_at = now() WHERE id = $1 AND status = 'active' AND password_changed_at = $2 RETURNING (SELECT last_login_at IS NOT NULL FROM before)";
}

/// A person to be.
#[derive(Debug)]
pub struct NewUser {
    /// Their id.
    pub id: UserId,
    /// As typed.
    pub email: String,
    /// As compared.
    pub email_normalized: String,
    /// Argon2id, PHC string.
    pub password_hash: String,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// ISO 639-1.
    pub language: String,
}

/// A person with an account.
pub struct User {
    /// Their id.
    pub id: Uuid,
    /// Address.
    pub email: String,
    /// PHC string.
    pub password_hash: String,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// ISO 639-1.
    pub language: String,
    /// Whether the address is proven.
    pub email_verified: bool,
    /// When the password was set.
    pub password_changed_at: DateTime<Utc>,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "User({})", self.id)
    }
}

crate::from_row!(User {
    id,
    email,
    password_hash,
    first_name,
    last_name,
    language,
    email_verified,
    password_changed_at
});

/// A person's place at a clinic.
#[derive(Debug)]
pub struct Membership {
    /// The clinic.
    pub company_id: Uuid,
    /// See [`Role`].
    pub role: String,
    /// The clinic's name.
    pub name: String,
    /// The clinic's status.
    pub status: String,
}

crate::from_row!(Membership { company_id, role, name, status });

/// Whether a person's or a clinic's address is taken: `(user, company)`.
///
/// # Errors
/// As the database refuses.
pub async fn taken(central: &Central, user: &str, company: &str) -> Result<(bool, bool)> {
    let Some(row) = central.row(&EMAIL_TAKEN, &[&user, &company]).await? else { return Ok((false, false)) };
    Ok((row.try_get(0)?, row.try_get(1)?))
}

/// Inserts a person with their place at a clinic.
///
/// # Errors
/// Conflict when their address is taken.
pub async fn insert(tx: &mut CentralTx, new: &NewUser, clinic: ClinicId, role: Role) -> Result<()> {
    tx.rows(
        &INSERT,
        &[
            &new.id.0,
            &new.email,
            &new.email_normalized,
            &new.password_hash,
            &new.first_name,
            &new.last_name,
            &new.language,
        ],
    )
    .await?;
    tx.rows(&INSERT_MEMBERSHIP, &[&new.id.0, &clinic.0, &role.name()]).await?;
    Ok(())
}

/// Who logs in under this address.
///
/// # Errors
/// As the database refuses.
pub async fn by_email(central: &Central, normalized: &str) -> Result<Option<User>> {
    let row = central.row(&BY_EMAIL, &[&normalized]).await?;
    Ok(row.as_ref().map(User::try_from).transpose()?)
}

/// A person by id.
///
/// # Errors
/// As the database refuses.
pub async fn by_id(central: &Central, user: UserId) -> Result<Option<User>> {
    let row = central.row(&BY_ID, &[&user.0]).await?;
    Ok(row.as_ref().map(User::try_from).transpose()?)
}

/// Where a person works, first joined first.
///
/// # Errors
/// As the database refuses.
pub async fn memberships(central: &Central, user: UserId) -> Result<Vec<Membership>> {
    let rows = central.rows(&MEMBERSHIPS, &[&user.0]).await?;
    Ok(rows.iter().map(Membership::try_from).collect::<Result<_, _>>()?)
}

/// Proves an address by the hash of its mailed token. `None` for a token that is unknown, used or expired.
///
/// # Errors
/// As the database refuses.
pub async fn verify_email(tx: &mut CentralTx, token_hash: &[u8]) -> Result<Option<UserId>> {
    let Some(row) = tx.row(&USE_TOKEN, &[&token_hash]).await? else { return Ok(None) };
    let user = UserId(row.try_get(0)?);
    address_proven(tx, user).await?;
    Ok(Some(user))
}

/// Marks a person's address as proven. Without a token, only the demo's accounts are: they have no mailbox.
///
/// # Errors
/// As the database refuses.
pub async fn address_proven(tx: &mut CentralTx, user: UserId) -> Result<()> {
    tx.rows(&VERIFY_EMAIL, &[&user.0]).await?;
    Ok(())
}

/// Notes a log-in with the password that was set at `password_of`; whether there was one before. `None` where the account has another
/// password by now, or is deactivated: what ends sessions does not see the one that is being opened.
///
/// # Errors
/// As the database refuses.
pub async fn touch_login(tx: &mut CentralTx, user: UserId, password_of: DateTime<Utc>) -> Result<Option<bool>> {
    let row = tx.row(&TOUCH_LOGIN, &[&user.0, &password_of]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}
