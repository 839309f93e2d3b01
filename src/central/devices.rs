//! `devices`: what a person has logged in from, by a random token that the device keeps and of which only the hash lies here.

use uuid::Uuid;

use super::{Central, CentralTx};
use crate::error::{ApiError, Result};
use crate::ids::{SessionId, UserId};
use crate::sql;
use crate::sql::CentralLogin;

const API: [CentralLogin; 1] = [CentralLogin::Api];

sql! { Central;
    /// Whether somebody has logged in under this address from here before; the same work whether it has an account or not.
    KNOWN by API;
        "SELECT d.id FROM devices d JOIN users u ON u.id = d.user_id WHERE d.token_hash = $2 AND u.email_normalized = $1";
    /// A log-in from a known one.
    SEEN by API;
        "UPDATE devices SET last_used_at = now(), user_agent = $3 WHERE user_id = $1 AND token_hash = $2 RETURNING id";
    /// All of a person's, but for the one of this session.
    FORGET by API;
        "DELETE FROM devices WHERE user_id = $1 AND id IS DISTINCT FROM (SELECT device_id FROM sessions WHERE id = $2)";
    /// A new one. A person's twenty newest are kept: programs that do not keep their token would pile them up.
    INSERT by API;
        "WITH old AS (DELETE FROM devices
                       WHERE id IN (SELECT id FROM devices WHERE user_id = $1 ORDER BY last_used_at DESC, id DESC OFFSET 19))
         INSERT INTO devices (user_id, token_hash, user_agent) VALUES ($1, $2, $3) RETURNING id";
}

/// The device that a token stands for, where it is one of the person's whose address this is.
///
/// # Errors
/// As the database refuses.
pub async fn known(central: &Central, email_normalized: &str, token_hash: &[u8]) -> Result<Option<Uuid>> {
    let row = central.row(&KNOWN, &[&email_normalized, &token_hash]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// Notes a log-in from a known device. `None` when it is not one of this person's.
///
/// # Errors
/// As the database refuses.
pub async fn seen(tx: &mut CentralTx, user: UserId, token_hash: &[u8], agent: Option<&str>) -> Result<Option<Uuid>> {
    let row = tx.row(&SEEN, &[&user.0, &token_hash, &agent]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// Remembers a new device.
///
/// # Errors
/// As the database refuses.
pub async fn insert(tx: &mut CentralTx, user: UserId, token_hash: &[u8], agent: Option<&str>) -> Result<Uuid> {
    let row = tx.row(&INSERT, &[&user.0, &token_hash, &agent]).await?.ok_or(ApiError::NotFound)?;
    Ok(row.try_get(0)?)
}

/// Knows a person's devices no more, but for the one of `kept`: somebody else may have been let in on one of them.
///
/// # Errors
/// As the database refuses.
pub async fn forget(tx: &mut CentralTx, user: UserId, kept: Option<SessionId>) -> Result<()> {
    tx.rows(&FORGET, &[&user.0, &kept.map(|session| session.0)]).await?;
    Ok(())
}
