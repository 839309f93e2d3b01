//! A person's second factor (`users.totp_…`, `recovery_codes`), and which clinics ask for one.
//!
//! Invariant: a time step counts once and a recovery code once, whoever of many shows it first; what is decided here is decided by
//! conditional updates.

use super::CentralTx;
use crate::error::Result;
use crate::ids::{ClinicId, UserId};
use crate::sql;
use crate::sql::CentralLogin;

const API: [CentralLogin; 1] = [CentralLogin::Api];

sql! { Central;
    /// The sealed secret, and whether it was confirmed.
    STATE by API;
        "SELECT totp_secret, totp_confirmed_at IS NOT NULL FROM users WHERE id = $1 AND totp_secret IS NOT NULL";
    /// A secret to be confirmed, in place of another that was not.
    START by API;
        "UPDATE users SET totp_secret = $2, totp_last_step = NULL WHERE id = $1 AND totp_confirmed_at IS NULL RETURNING id";
    /// Confirmed, by a code of this secret and step.
    CONFIRM by API;
        "UPDATE users SET totp_confirmed_at = now(), totp_last_step = $3, password_changed_at = now()
          WHERE id = $1 AND totp_secret = $2 AND totp_confirmed_at IS NULL RETURNING id";
    /// Uses a step of this secret up, and all before it.
    USE_STEP by API;
        "UPDATE users SET totp_last_step = $3
          WHERE id = $1 AND totp_secret = $2 AND totp_confirmed_at IS NOT NULL AND (totp_last_step IS NULL OR totp_last_step < $3)
         RETURNING id";
    /// Uses a recovery code up.
    USE_RECOVERY_CODE by API;
        "UPDATE recovery_codes SET used_at = now() WHERE user_id = $1 AND code_hash = $2 AND used_at IS NULL RETURNING user_id";
    /// No second factor any more.
    REMOVE by API;
        "UPDATE users SET totp_secret = NULL, totp_confirmed_at = NULL, totp_last_step = NULL, password_changed_at = now()
          WHERE id = $1 AND totp_confirmed_at IS NOT NULL RETURNING id";
    /// None of the recovery codes counts any more.
    DELETE_RECOVERY_CODES by API;
        "DELETE FROM recovery_codes WHERE user_id = $1";
    /// New ones.
    INSERT_RECOVERY_CODES by API;
        "INSERT INTO recovery_codes (user_id, code_hash) SELECT $1, unnest($2::bytea[])";
    /// Whether a clinic asks for one.
    IS_REQUIRED_BY by API;
        "SELECT second_factor_required FROM companies WHERE id = $1";
    /// Asks for one, if who does has one themselves; or asks no more.
    REQUIRE by API;
        "UPDATE companies SET second_factor_required = $2
          WHERE id = $1 AND (NOT $2 OR EXISTS (SELECT FROM users WHERE id = $3 AND totp_confirmed_at IS NOT NULL))
         RETURNING id";
}

/// A secret, sealed.
#[derive(Debug)]
pub struct Enrolment {
    /// As stored.
    pub sealed: String,
    /// Whether a code has shown that the person has it too: from then on it is asked for.
    pub confirmed: bool,
}

/// A person's secret, if they have one.
///
/// # Errors
/// As the database refuses.
pub async fn find(tx: &mut CentralTx, user: UserId) -> Result<Option<Enrolment>> {
    let Some(row) = tx.row(&STATE, &[&user.0]).await? else { return Ok(None) };
    Ok(Some(Enrolment { sealed: row.try_get(0)?, confirmed: row.try_get(1)? }))
}

/// Stores a secret to be confirmed; `false` when there is one that was.
///
/// # Errors
/// As the database refuses.
pub async fn start(tx: &mut CentralTx, user: UserId, sealed: &str) -> Result<bool> {
    Ok(tx.row(&START, &[&user.0, &sealed]).await?.is_some())
}

/// Confirms this secret by a code of this step; `false` when it is not to be confirmed (any more).
///
/// # Errors
/// As the database refuses.
pub async fn confirm(tx: &mut CentralTx, user: UserId, sealed: &str, step: i64) -> Result<bool> {
    Ok(tx.row(&CONFIRM, &[&user.0, &sealed, &step]).await?.is_some())
}

/// Uses a step up; `false` when it, or a later one, was used already.
///
/// # Errors
/// As the database refuses.
pub async fn use_step(tx: &mut CentralTx, user: UserId, sealed: &str, step: i64) -> Result<bool> {
    Ok(tx.row(&USE_STEP, &[&user.0, &sealed, &step]).await?.is_some())
}

/// Uses a recovery code up; `false` when there is none such, or it was used already.
///
/// # Errors
/// As the database refuses.
pub async fn use_recovery_code(tx: &mut CentralTx, user: UserId, hash: &[u8; 32]) -> Result<bool> {
    Ok(tx.row(&USE_RECOVERY_CODE, &[&user.0, &hash.as_slice()]).await?.is_some())
}

/// Removes the second factor and its recovery codes; `false` when there was none.
///
/// # Errors
/// As the database refuses.
pub async fn remove(tx: &mut CentralTx, user: UserId) -> Result<bool> {
    tx.rows(&DELETE_RECOVERY_CODES, &[&user.0]).await?;
    Ok(tx.row(&REMOVE, &[&user.0]).await?.is_some())
}

/// Replaces the recovery codes.
///
/// # Errors
/// As the database refuses.
pub async fn replace_recovery_codes(tx: &mut CentralTx, user: UserId, hashes: &[[u8; 32]]) -> Result<()> {
    tx.rows(&DELETE_RECOVERY_CODES, &[&user.0]).await?;
    let hashes: Vec<&[u8]> = hashes.iter().map(<[u8; 32]>::as_slice).collect();
    tx.rows(&INSERT_RECOVERY_CODES, &[&user.0, &hashes]).await?;
    Ok(())
}

/// Whether a clinic asks for a second factor.
///
/// # Errors
/// As the database refuses.
pub async fn is_required_by(tx: &mut CentralTx, clinic: ClinicId) -> Result<bool> {
    tx.row(&IS_REQUIRED_BY, &[&clinic.0]).await?.map_or(Ok(false), |row| Ok(row.try_get(0)?))
}

/// Has a clinic ask for a second factor, or not; `false` when this person asks for what they do not have themselves.
///
/// # Errors
/// As the database refuses.
pub async fn require(tx: &mut CentralTx, clinic: ClinicId, required: bool, by: UserId) -> Result<bool> {
    Ok(tx.row(&REQUIRE, &[&clinic.0, &required, &by.0]).await?.is_some())
}
