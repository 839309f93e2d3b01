//! What changes an account: its password, its address, its end. Of `users` and of what hangs on them: `sessions`, the one-time tokens
//! of mails, and the mails that ask for them.
//!
//! Invariant: a one-time token is used by one conditional UPDATE, in the transaction of what it allows; and whatever changes how
//! somebody proves who they are ends the sessions and voids the tokens that stood on the way before.

use uuid::Uuid;

use super::audit::Event;
use super::sessions::{self, Which};
use super::{Central, CentralTx};
use crate::error::{ApiError, Result};
use crate::ids::{SessionId, UserId};
use crate::sql;
use crate::sql::CentralLogin;

const API: [CentralLogin; 1] = [CentralLogin::Api];

sql! { Central;
    /// Queues a mail by which to set another password, unless one is queued already or three were sent just now; whose account it is.
    QUEUE_RESET by API;
        "WITH person AS (SELECT id FROM users WHERE email_normalized = $1 AND status = 'active'),
         queued AS (
           INSERT INTO email_outbox (kind, user_id)
           SELECT 'password_reset', p.id FROM person p
            WHERE NOT EXISTS (SELECT FROM email_outbox o WHERE o.user_id = p.id AND o.kind = 'password_reset' AND o.status = 'queued')
              AND (SELECT count(*) FROM email_outbox o WHERE o.user_id = p.id AND o.kind = 'password_reset' AND o.created_at > now() - interval '10 minutes') < 3
           RETURNING user_id)
         SELECT id, EXISTS (SELECT FROM queued) FROM person";
    /// Makes requests for one account's mail wait for each other, whether there is such an account or not.
    ONE_BY_ONE by API;
        "SELECT pg_advisory_xact_lock(hashtextextended('mail ' || $1, 0))";
    /// Whose password a token may set, now.
    RESETTABLE by API;
        "SELECT t.user_id FROM one_time_tokens t JOIN users u ON u.id = t.user_id AND u.status = 'active'
          WHERE t.token_hash = $1 AND t.purpose = 'password_reset' AND t.used_at IS NULL AND t.expires_at > now()";
    /// Uses such a token up: at most one caller ever gets a row.
    USE_RESET by API;
        "UPDATE one_time_tokens SET used_at = now()
          WHERE token_hash = $1 AND purpose = 'password_reset' AND used_at IS NULL AND expires_at > now()
         RETURNING user_id";
    /// Another password, by whoever reads mail to the address: that is proven with it.
    RESET by API;
        "UPDATE users SET password_hash = $2, password_changed_at = now(), email_verified_at = coalesce(email_verified_at, now())
          WHERE id = $1 AND status = 'active' RETURNING id";
    /// Another password in place of the one that was just shown.
    REPLACE_PASSWORD by API;
        "UPDATE users SET password_hash = $3, password_changed_at = now()
          WHERE id = $1 AND password_hash = $2 AND status = 'active' RETURNING id";
    /// The same password, hashed with more work; nothing where it was changed meanwhile.
    RENEW_HASH by API;
        "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2";
    /// Names and addresses of a person and of where they work: bad passwords.
    NAMES by API;
        "SELECT array_remove(ARRAY[u.email, u.first_name, u.last_name]
                || ARRAY(SELECT unnest(ARRAY[c.name, c.email])
                           FROM memberships m JOIN companies c ON c.id = m.company_id
                          WHERE m.user_id = u.id AND m.status = 'active' ORDER BY m.created_at LIMIT 20), NULL)
           FROM users u WHERE u.id = $1";
    /// Makes what was mailed to a person worth nothing.
    VOID_TOKENS by API;
        "UPDATE one_time_tokens SET used_at = now()
          WHERE user_id = $1 AND purpose IN ('password_reset', 'email_verification') AND used_at IS NULL";
    /// Another address, shown to be theirs; the one before.
    MOVE by API;
        "UPDATE users u SET email = $2, email_normalized = $3, email_verified_at = now(), password_changed_at = now()
           FROM (SELECT id, email FROM users WHERE id = $1 AND status = 'active' FOR UPDATE) before
          WHERE u.id = before.id RETURNING before.email";
    /// Makes changes of staff wait for each other at the clinics that a person administers, in one order, so that two never wait for
    /// each other.
    LOCK_CLINICS by API;
        "SELECT c.id FROM companies c
          WHERE c.id IN (SELECT m.company_id FROM memberships m WHERE m.user_id = $1 AND m.role = 'admin' AND m.status = 'active')
            AND c.status <> 'suspended'
          ORDER BY c.id FOR NO KEY UPDATE";
    /// Whether one of these clinics has no other admin than this person.
    LAST_ADMIN by API;
        "SELECT EXISTS (
           SELECT FROM unnest($2::uuid[]) AS clinic (id)
            WHERE EXISTS (SELECT FROM memberships m
                           WHERE m.company_id = clinic.id AND m.user_id = $1 AND m.role = 'admin' AND m.status = 'active')
              AND NOT EXISTS (SELECT FROM memberships m JOIN users u ON u.id = m.user_id AND u.status = 'active'
                               WHERE m.company_id = clinic.id AND m.user_id <> $1 AND m.role = 'admin' AND m.status = 'active'))";
    /// Ends an account, and the places with it.
    DEACTIVATE by API;
        "WITH places AS (UPDATE memberships SET status = 'deactivated' WHERE user_id = $1 AND status = 'active')
         UPDATE users SET status = 'deactivated' WHERE id = $1 AND status = 'active' RETURNING id";
}

/// Queues a mail by which to set another password, if this address has an account: whose, and whether it was queued.
///
/// # Errors
/// As the database refuses.
pub async fn queue_reset(tx: &mut CentralTx, email_normalized: &str) -> Result<Option<(UserId, bool)>> {
    tx.rows(&ONE_BY_ONE, &[&email_normalized]).await?;
    let Some(row) = tx.row(&QUEUE_RESET, &[&email_normalized]).await? else { return Ok(None) };
    Ok(Some((UserId(row.try_get(0)?), row.try_get(1)?)))
}

/// Whose password a token may set at this moment; [`use_reset`] decides.
///
/// # Errors
/// As the database refuses.
pub async fn resettable(central: &Central, token_hash: &[u8]) -> Result<Option<UserId>> {
    let row = central.row(&RESETTABLE, &[&token_hash]).await?;
    Ok(row.map(|row| row.try_get(0).map(UserId)).transpose()?)
}

/// Sets a password with a mailed token, which proves the address. `None` for a token that is unknown, used or expired.
///
/// # Errors
/// As the database refuses.
pub async fn use_reset(tx: &mut CentralTx, token_hash: &[u8], password_hash: &str) -> Result<Option<UserId>> {
    let Some(row) = tx.row(&USE_RESET, &[&token_hash]).await? else { return Ok(None) };
    let user: Uuid = row.try_get(0)?;
    Ok(tx.row(&RESET, &[&user, &password_hash]).await?.map(|_| UserId(user)))
}

/// Sets a password in place of the one whose hash this is; whether it was still that one.
///
/// # Errors
/// As the database refuses.
pub async fn replace_password(tx: &mut CentralTx, user: UserId, old: &str, new: &str) -> Result<bool> {
    Ok(tx.row(&REPLACE_PASSWORD, &[&user.0, &old, &new]).await?.is_some())
}

/// Keeps another hash of the same password, if that was not changed meanwhile.
///
/// # Errors
/// As the database refuses.
pub async fn renew_hash(central: &Central, user: UserId, old: &str, new: &str) -> Result<()> {
    central.rows(&RENEW_HASH, &[&user.0, &old, &new]).await?;
    Ok(())
}

/// Names and addresses of a person and of where they work, for the password policy.
///
/// # Errors
/// As the database refuses.
pub async fn names(central: &Central, user: UserId) -> Result<Vec<String>> {
    central.row(&NAMES, &[&user.0]).await?.map_or_else(|| Ok(Vec::new()), |row| Ok(row.try_get(0)?))
}

/// Ends a person's sessions, all but `kept`, and voids what was mailed to them; the sessions that it ended. Of those that are being
/// opened at this moment, none is missed.
///
/// # Errors
/// As the database refuses.
pub async fn end_sessions(
    tx: &mut CentralTx,
    user: UserId,
    kept: Option<SessionId>,
    reason: &'static str,
    event: &Event<'_>,
) -> Result<Vec<SessionId>> {
    sessions::lock_person(tx, user).await?;
    tx.rows(&VOID_TOKENS, &[&user.0]).await?;
    sessions::revoke_of(tx, user, kept.map_or(Which::All, Which::Others), reason, event).await
}

/// Moves an account to another address, which counts as proven; the one before. `None` where the account is deactivated.
///
/// # Errors
/// Conflict `email_taken`.
pub async fn move_to(tx: &mut CentralTx, user: UserId, email: &str, normalized: &str) -> Result<Option<String>> {
    let row = tx.row(&MOVE, &[&user.0, &email, &normalized]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// Deactivates an account and its places, and withdraws whom it invited.
///
/// # Errors
/// 409 `last_admin` while a clinic that is not suspended has no other active admin.
pub async fn deactivate(tx: &mut CentralTx, user: UserId) -> Result<()> {
    let locked = tx.rows(&LOCK_CLINICS, &[&user.0]).await?;
    let clinics: Vec<Uuid> = locked.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    // A statement of its own: it sees what those did for whom the lock was waited.
    let last = tx.row(&LAST_ADMIN, &[&user.0, &clinics]).await?.ok_or(ApiError::NotFound)?;
    if last.try_get(0)? {
        let detail = "You are the only administrator of a clinic: make somebody else one first.".into();
        return Err(ApiError::Conflict { code: "last_admin", detail, pointer: None });
    }
    super::invitations::withdraw_of(tx, user, None).await?;
    tx.row(&DEACTIVATE, &[&user.0]).await?.ok_or(ApiError::NotFound)?;
    Ok(())
}
