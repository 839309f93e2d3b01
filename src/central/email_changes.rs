//! `email_changes`: an account on its way to another address. Both mailboxes say yes, each with a token of its own, within a day.
//!
//! Invariant: a person has at most one open change (a unique index); what ends it voids its tokens.

use uuid::Uuid;

use super::{Central, CentralTx};
use crate::error::{ApiError, Result};
use crate::ids::UserId;
use crate::sql;
use crate::sql::CentralLogin;

const API: [CentralLogin; 1] = [CentralLogin::Api];

sql! { Central;
    /// Makes a person's requests wait for each other.
    LOCK by API;
        "SELECT id FROM users WHERE id = $1 AND status = 'active' FOR NO KEY UPDATE";
    /// How many there were lately.
    LATELY by API;
        "SELECT count(*) FROM email_changes WHERE user_id = $1 AND created_at > now() - interval '1 hour'";
    /// Ends what is open, and voids its tokens.
    END_OPEN by API;
        "WITH ended AS (UPDATE email_changes SET ended_at = now() WHERE user_id = $1 AND ended_at IS NULL RETURNING id)
         UPDATE one_time_tokens t SET used_at = now() FROM ended WHERE t.email_change_id = ended.id AND t.used_at IS NULL";
    /// A change to be.
    INSERT by API;
        "INSERT INTO email_changes (id, user_id, new_email, new_email_normalized, expires_at)
         VALUES ($1, $2, $3, $4, now() + interval '24 hours')";
    /// Uses a token up: at most one caller ever gets a row.
    USE_TOKEN by API;
        "UPDATE one_time_tokens SET used_at = now()
          WHERE token_hash = $1 AND purpose IN ('email_change_old', 'email_change_new') AND used_at IS NULL AND expires_at > now()
         RETURNING email_change_id, purpose = 'email_change_old'";
    /// One mailbox has said yes.
    CONFIRM by API;
        "UPDATE email_changes
            SET old_confirmed_at = CASE WHEN $2 THEN now() ELSE old_confirmed_at END,
                new_confirmed_at = CASE WHEN $2 THEN new_confirmed_at ELSE now() END
          WHERE id = $1 AND ended_at IS NULL AND expires_at > now()
         RETURNING id, user_id, new_email, new_email_normalized, num_nulls(old_confirmed_at, new_confirmed_at) = 0 AS complete";
    /// Whose change a token is about.
    OWNER by API;
        "SELECT c.user_id FROM one_time_tokens t JOIN email_changes c ON c.id = t.email_change_id WHERE t.token_hash = $1";
}

/// How many changes a person may ask for in an hour: each sends two mails, one to wherever they say.
const PER_HOUR: i64 = 5;

/// A change that one mailbox has confirmed.
pub struct Confirmed {
    /// Its id.
    pub id: Uuid,
    /// Whose.
    pub user_id: Uuid,
    /// As typed.
    pub new_email: String,
    /// As compared.
    pub new_email_normalized: String,
    /// Whether the other one has, too.
    pub complete: bool,
}

impl std::fmt::Debug for Confirmed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Confirmed({})", self.id)
    }
}

crate::from_row!(Confirmed { id, user_id, new_email, new_email_normalized, complete });

/// Opens a change in place of the one that may be open; its id.
///
/// # Errors
/// 429 after five of them in an hour.
pub async fn open(tx: &mut CentralTx, user: UserId, email: &str, normalized: &str) -> Result<Uuid> {
    tx.row(&LOCK, &[&user.0]).await?.ok_or(ApiError::NotFound)?;
    let lately: i64 = tx.row(&LATELY, &[&user.0]).await?.ok_or(ApiError::NotFound)?.try_get(0)?;
    if lately >= PER_HOUR {
        return Err(ApiError::RateLimited { code: "rate_limited", retry_after: 3600 });
    }
    end_open(tx, user).await?;
    let id = Uuid::now_v7();
    tx.rows(&INSERT, &[&id, &user.0, &email, &normalized]).await?;
    Ok(id)
}

/// Ends what may be open.
///
/// # Errors
/// As the database refuses.
pub async fn end_open(tx: &mut CentralTx, user: UserId) -> Result<()> {
    tx.rows(&END_OPEN, &[&user.0]).await?;
    Ok(())
}

/// Confirms a change for the mailbox that a token was mailed to. `None` for one that is unknown, used, expired, or of a change that is over.
///
/// # Errors
/// As the database refuses.
pub async fn confirm(tx: &mut CentralTx, token_hash: &[u8]) -> Result<Option<Confirmed>> {
    let Some(row) = tx.row(&USE_TOKEN, &[&token_hash]).await? else { return Ok(None) };
    let (change, old): (Uuid, bool) = (row.try_get(0)?, row.try_get(1)?);
    let row = tx.row(&CONFIRM, &[&change, &old]).await?;
    Ok(row.as_ref().map(Confirmed::try_from).transpose()?)
}

/// Whose change a token is about, whatever became of either.
///
/// # Errors
/// As the database refuses.
pub async fn owner(central: &Central, token_hash: &[u8]) -> Result<Option<UserId>> {
    let row = central.row(&OWNER, &[&token_hash]).await?;
    Ok(row.map(|row| row.try_get(0).map(UserId)).transpose()?)
}
