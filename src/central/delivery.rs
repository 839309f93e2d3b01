//! The worker's side of `email_outbox`: takes what is due, learns who reads it, makes its one-time token, and notes what became of it.
//!
//! Invariant: an attempt is ended by the worker that made it, or by nobody: one that comes back after its lease has passed changes
//! nothing any more. Of one purpose and one subject, the newest token alone is of use.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::outbox::Kind;
use super::{Central, CentralTx};
use crate::error::{ApiError, Result};
use crate::sql;
use crate::sql::CentralLogin;
use crate::transaction;

const WORKER: [CentralLogin; 1] = [CentralLogin::Provisioner];

sql! { Central;
    /// Takes a due mail for longer than its sending may take: a worker that dies in between leaves it to be taken again.
    CLAIM by WORKER;
        "UPDATE email_outbox SET attempts = attempts + 1, next_attempt_at = now() + interval '2 minutes'
          WHERE id = (SELECT id FROM email_outbox WHERE status = 'queued' AND next_attempt_at <= now()
                       ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING id, kind, user_id, invitation_id, email_change_id, company_id, payload, attempts, created_at";
    /// Who reads it, and what it says of people and clinics as they are now. What warns somebody that their account was used is
    /// sent whatever became of the account: whoever took it over must not be able to silence that.
    ADDRESSEE by WORKER;
        "SELECT CASE o.kind WHEN 'invitation' THEN i.email WHEN 'email_change_new' THEN x.new_email
                            WHEN 'email_changed' THEN o.payload ->> 'oldEmail' ELSE u.email END AS email,
                CASE o.kind WHEN 'invitation' THEN i.first_name ELSE u.first_name END AS first_name,
                coalesce(i.language, u.language) AS language,
                c.name AS clinic, c.country, c.time_zone, i.role,
                nullif(concat_ws(' ', b.first_name, b.last_name), '') AS invited_by,
                coalesce(x.new_email, u.email) AS new_email,
                coalesce(i.expires_at, x.expires_at) AS expires_at,
                (CASE o.kind
                   WHEN 'invitation' THEN i.accepted_at IS NULL AND i.withdrawn_at IS NULL AND i.expires_at > now()
                   WHEN 'verification' THEN u.status = 'active' AND u.email_verified_at IS NULL
                   WHEN 'email_change_old' THEN u.status = 'active' AND x.ended_at IS NULL AND x.old_confirmed_at IS NULL AND x.expires_at > now()
                   WHEN 'email_change_new' THEN u.status = 'active' AND x.ended_at IS NULL AND x.new_confirmed_at IS NULL AND x.expires_at > now()
                   WHEN 'password_changed' THEN true WHEN 'new_device' THEN true WHEN 'email_changed' THEN true
                   ELSE u.status = 'active' END) IS TRUE AS wanted
           FROM email_outbox o
           LEFT JOIN invitations i   ON i.id = o.invitation_id
           LEFT JOIN users b         ON b.id = i.invited_by
           LEFT JOIN email_changes x ON x.id = o.email_change_id
           LEFT JOIN users u         ON u.id = coalesce(o.user_id, x.user_id)
           LEFT JOIN companies c     ON c.id = coalesce(o.company_id, i.company_id)
          WHERE o.id = $1";
    /// One token of a subject at a time, so that the newest finds all the older ones.
    ONE_AT_A_TIME by WORKER;
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
    /// The token that a mail bears; the unused ones before it are of no use any more.
    STORE_TOKEN by WORKER;
        "WITH older AS (DELETE FROM one_time_tokens
                         WHERE purpose = $2 AND used_at IS NULL AND (user_id = $3 OR invitation_id = $4 OR email_change_id = $5))
         INSERT INTO one_time_tokens (token_hash, purpose, user_id, invitation_id, email_change_id, expires_at)
         VALUES ($1, $2, $3, $4, $5, coalesce($6, now() + make_interval(mins => $7)))";
    /// Sent.
    SENT by WORKER;
        "UPDATE email_outbox SET status = 'sent', sent_at = now() WHERE id = $1 AND attempts = $2 AND status = 'queued'";
    /// Not sent, since its cause is gone.
    CLOSED by WORKER;
        "UPDATE email_outbox SET status = 'closed' WHERE id = $1 AND attempts = $2 AND status = 'queued'";
    /// Refused for now: again later, twice as late each time; given up after ten attempts or where it cannot succeed.
    FAILED by WORKER;
        "UPDATE email_outbox
            SET status = CASE WHEN attempts >= 10 OR $3 THEN 'dead' ELSE 'queued' END,
                next_attempt_at = now() + least(interval '15 seconds' * power(2, least(attempts, 16)), interval '1 hour')
          WHERE id = $1 AND attempts = $2 AND status = 'queued'
         RETURNING status = 'dead' AS given_up";
    /// What waits to be sent, and what was given up, for the metrics: each has an index that holds no others.
    QUEUE by WORKER;
        "SELECT count(*) FILTER (WHERE next_attempt_at <= now()) AS due,
                count(*) FILTER (WHERE next_attempt_at > now()) AS later,
                (SELECT count(*) FROM email_outbox WHERE status = 'dead') AS dead,
                greatest(extract(epoch FROM now() - min(created_at)), 0)::bigint AS oldest_seconds
           FROM email_outbox WHERE status = 'queued'";
    /// What was given up, oldest first: no address, no name.
    DEAD by WORKER;
        "SELECT id, kind, company_id, created_at, attempts FROM email_outbox WHERE status = 'dead' ORDER BY created_at, id LIMIT 1000";
    /// Tries again what was given up: one, or (NULL) all.
    RETRY by WORKER;
        "UPDATE email_outbox SET status = 'queued', attempts = 0, next_attempt_at = now()
          WHERE status = 'dead' AND ($1::uuid IS NULL OR id = $1) RETURNING id";
}

/// A mail that is due, as an attempt at it begins.
#[derive(Debug)]
pub struct Due {
    /// The row.
    pub id: Uuid,
    /// Which mail: see [`Kind`].
    pub kind: String,
    /// To this person,
    pub user_id: Option<Uuid>,
    /// to whoever this invitation names,
    pub invitation_id: Option<Uuid>,
    /// or to whom this change of address is about.
    pub email_change_id: Option<Uuid>,
    /// About which clinic.
    pub company_id: Option<Uuid>,
    /// What its text says beyond that.
    pub payload: Value,
    /// Which attempt this is, from 1.
    pub attempts: i32,
    /// When it was caused.
    pub created_at: DateTime<Utc>,
}

crate::from_row!(Due { id, kind, user_id, invitation_id, email_change_id, company_id, payload, attempts, created_at });

/// Who reads a mail, and what it says of people and clinics.
pub struct Addressee {
    /// Address.
    pub email: Option<String>,
    /// Given name.
    pub first_name: Option<String>,
    /// ISO 639-1: the person's, or the invitation's.
    pub language: Option<String>,
    /// The clinic's name.
    pub clinic: Option<String>,
    /// Its country: ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// Its time zone: IANA.
    pub time_zone: Option<String>,
    /// As what somebody is invited.
    pub role: Option<String>,
    /// By whom.
    pub invited_by: Option<String>,
    /// Where an account is moving, or has moved.
    pub new_email: Option<String>,
    /// When the invitation or the change of address ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether its cause still stands.
    pub wanted: bool,
}

impl std::fmt::Debug for Addressee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Addressee")
    }
}

crate::from_row!(Addressee {
    email,
    first_name,
    language,
    clinic,
    country,
    time_zone,
    role,
    invited_by,
    new_email,
    expires_at,
    wanted
});

/// Takes the next due mail.
///
/// # Errors
/// As the database refuses.
pub async fn claim(central: &Central) -> Result<Option<Due>> {
    let row = central.row(&CLAIM, &[]).await?;
    Ok(row.as_ref().map(Due::try_from).transpose()?)
}

/// Who reads a due mail.
///
/// # Errors
/// As the database refuses.
pub async fn addressee(central: &Central, due: &Due) -> Result<Option<Addressee>> {
    let row = central.row(&ADDRESSEE, &[&due.id]).await?;
    Ok(row.as_ref().map(Addressee::try_from).transpose()?)
}

/// Minutes that the token of a mail is good for, where no invitation and no change of address says until when; nothing for a mail
/// without one.
#[must_use]
pub const fn token_minutes(kind: Kind) -> Option<i32> {
    match kind {
        Kind::Verification | Kind::EmailChangeOld | Kind::EmailChangeNew => Some(24 * 60),
        Kind::PasswordReset => Some(30),
        Kind::Invitation => Some(7 * 24 * 60),
        Kind::PasswordChanged | Kind::NewDevice | Kind::Welcome | Kind::Suspended | Kind::EmailChanged => None,
    }
}

/// As in `one_time_tokens.purpose`.
const fn purpose(kind: Kind) -> &'static str {
    match kind {
        Kind::Verification => "email_verification",
        _ => kind.name(),
    }
}

/// Stores the hash of the token that a mail bears, good until `expires_at` or for so many minutes.
///
/// # Errors
/// As the database refuses.
pub async fn store_token(
    central: &Central,
    due: &Due,
    kind: Kind,
    token_hash: &[u8],
    expires_at: Option<DateTime<Utc>>,
    minutes: i32,
) -> Result<()> {
    transaction!(central.work(), |tx| store_token_in(tx, due, purpose(kind), token_hash, expires_at, minutes).await)
}

async fn store_token_in(
    tx: &mut CentralTx,
    due: &Due,
    purpose: &str,
    token_hash: &[u8],
    expires_at: Option<DateTime<Utc>>,
    minutes: i32,
) -> Result<()> {
    let subject = due.user_id.or(due.invitation_id).or(due.email_change_id).unwrap_or_default();
    tx.rows(&ONE_AT_A_TIME, &[&format!("{purpose} {subject}")]).await?;
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 7] =
        [&token_hash, &purpose, &due.user_id, &due.invitation_id, &due.email_change_id, &expires_at, &minutes];
    tx.rows(&STORE_TOKEN, &params).await?;
    Ok(())
}

/// Notes that a mail was sent.
///
/// # Errors
/// As the database refuses.
pub async fn sent(central: &Central, due: &Due) -> Result<()> {
    central.rows(&SENT, &[&due.id, &due.attempts]).await?;
    Ok(())
}

/// Notes that a mail is not to be sent any more.
///
/// # Errors
/// As the database refuses.
pub async fn closed(central: &Central, due: &Due) -> Result<()> {
    central.rows(&CLOSED, &[&due.id, &due.attempts]).await?;
    Ok(())
}

/// Notes that a mail could not be sent; whether it is given up.
///
/// # Errors
/// As the database refuses.
pub async fn failed(central: &Central, due: &Due, permanent: bool) -> Result<bool> {
    let row = central.row(&FAILED, &[&due.id, &due.attempts, &permanent]).await?;
    Ok(row.map(|row| row.try_get("given_up")).transpose()?.unwrap_or(false))
}

/// What waits to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Queue {
    /// Mails that are due.
    pub due: i64,
    /// Mails that will be: those that failed, and those that are being sent.
    pub later: i64,
    /// Mails that were given up.
    pub dead: i64,
    /// How long ago the oldest of those that wait was queued.
    pub oldest_seconds: i64,
}

crate::from_row!(Queue { due, later, dead, oldest_seconds });

/// Looks at what waits to be sent.
///
/// # Errors
/// As the database refuses.
pub async fn queue(central: &Central) -> Result<Queue> {
    let row = central.row(&QUEUE, &[]).await?.ok_or(ApiError::NotFound)?;
    Ok(Queue::try_from(&row)?)
}

/// A mail that was given up, as operators see it: never to whom it is.
#[derive(Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Dead {
    /// The row.
    pub id: Uuid,
    /// Which mail.
    pub kind: String,
    /// About which clinic.
    pub company_id: Option<Uuid>,
    /// When it was caused.
    pub created_at: DateTime<Utc>,
    /// How often it was tried.
    pub attempts: i32,
}

crate::from_row!(Dead { id, kind, company_id, created_at, attempts });

/// The oldest thousand that were given up.
///
/// # Errors
/// As the database refuses.
pub async fn dead(central: &Central) -> Result<Vec<Dead>> {
    let rows = central.rows(&DEAD, &[]).await?;
    Ok(rows.iter().map(Dead::try_from).collect::<Result<_, _>>()?)
}

/// Has one mail that was given up tried again, or all of them; how many.
///
/// # Errors
/// As the database refuses.
pub async fn retry(central: &Central, id: Option<Uuid>) -> Result<usize> {
    Ok(central.rows(&RETRY, &[&id]).await?.len())
}
