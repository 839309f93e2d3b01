//! `email_outbox`: account mail to be sent. A row says which mail is due to whom; its text and its token are made when it
//! is sent, so that no table ever holds a token in the clear.

use uuid::Uuid;

use super::{Central, CentralTx};
use crate::error::{ApiError, Result};
use crate::ids::{ClinicId, UserId};
use crate::sql;
use crate::sql::CentralLogin;

const WORKER: [CentralLogin; 1] = [CentralLogin::Provisioner];

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Is this address yours? With a one-time token.
    Verification,
    /// A link by which to set another password. With a one-time token.
    PasswordReset,
    /// The password was changed: was it you?
    PasswordChanged,
    /// Somebody logged in from a device that was not seen before: was it you? `payload`: `device`, `at`.
    NewDevice,
    /// Will you work with us? With a one-time token.
    Invitation,
    /// The address is proven, the clinic is ready.
    Welcome,
    /// The clinic was suspended.
    Suspended,
    /// To the old address: may the account move to another? With a one-time token.
    EmailChangeOld,
    /// To the new address: is it yours? With a one-time token.
    EmailChangeNew,
    /// To the old address: the account has moved. `payload`: `oldEmail`.
    EmailChanged,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Verification,
        Self::PasswordReset,
        Self::PasswordChanged,
        Self::NewDevice,
        Self::Invitation,
        Self::Welcome,
        Self::Suspended,
        Self::EmailChangeOld,
        Self::EmailChangeNew,
        Self::EmailChanged,
    ];

    /// As in `email_outbox.kind`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Verification => "verification",
            Self::PasswordReset => "password_reset",
            Self::PasswordChanged => "password_changed",
            Self::NewDevice => "new_device",
            Self::Invitation => "invitation",
            Self::Welcome => "welcome",
            Self::Suspended => "suspended",
            Self::EmailChangeOld => "email_change_old",
            Self::EmailChangeNew => "email_change_new",
            Self::EmailChanged => "email_changed",
        }
    }
}

/// To whom a mail goes.
#[derive(Clone, Copy, Debug)]
pub enum To {
    /// A person, at their address as it is when the mail is sent.
    User(UserId),
    /// Whoever an invitation names.
    Invitation(Uuid),
    /// Whose change of address this is.
    EmailChange(Uuid),
}

sql! { Central;
    /// Queues a mail.
    QUEUE_MAIL by [CentralLogin::Api, CentralLogin::Provisioner];
        "INSERT INTO email_outbox (kind, user_id, invitation_id, email_change_id, company_id, payload) VALUES ($1, $2, $3, $4, $5, $6)";
    /// Queues a verification for an address that is not proven yet, unless one is queued already or three were sent just now.
    QUEUE_VERIFICATION by [CentralLogin::Api];
        "INSERT INTO email_outbox (kind, user_id, company_id)
         SELECT 'verification', u.id, m.company_id
           FROM users u JOIN memberships m ON m.user_id = u.id JOIN companies c ON c.id = m.company_id AND c.status = 'active'
          WHERE u.email_normalized = $1 AND u.email_verified_at IS NULL AND u.status = 'active'
            AND NOT EXISTS (SELECT FROM email_outbox o WHERE o.user_id = u.id AND o.kind = 'verification' AND o.status = 'queued')
            AND (SELECT count(*) FROM email_outbox o WHERE o.user_id = u.id AND o.kind = 'verification' AND o.created_at > now() - interval '10 minutes') < 3
          ORDER BY m.created_at LIMIT 1
         RETURNING user_id, company_id";
    /// Queues a clinic's verifications, as it becomes active.
    QUEUE_CLINICS_VERIFICATIONS by WORKER;
        "INSERT INTO email_outbox (kind, user_id, company_id)
         SELECT 'verification', u.id, m.company_id
           FROM memberships m JOIN users u ON u.id = m.user_id
          WHERE m.company_id = $1 AND u.email_verified_at IS NULL AND u.status = 'active'
            AND NOT EXISTS (SELECT FROM email_outbox o WHERE o.user_id = u.id AND o.kind = 'verification' AND o.company_id = m.company_id)";
    /// Takes a due mail for longer than its sending may take: a worker that dies in between leaves it to be taken again.
    CLAIM by WORKER;
        "UPDATE email_outbox SET attempts = attempts + 1, next_attempt_at = now() + interval '2 minutes'
          WHERE id = (SELECT id FROM email_outbox WHERE status = 'queued' AND kind = 'verification' AND next_attempt_at <= now()
                       ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING id, user_id, company_id, attempts";
    /// What the mail says and to whom.
    ADDRESSEE by WORKER;
        "SELECT u.email, u.first_name, u.language, c.name AS clinic
           FROM users u, companies c WHERE u.id = $1 AND c.id = $2";
    /// The token that the mail bears.
    INSERT_TOKEN by WORKER;
        "INSERT INTO one_time_tokens (token_hash, user_id, purpose, expires_at)
         VALUES ($1, $2, 'email_verification', now() + interval '24 hours')";
    /// Sent.
    SENT by WORKER;
        "UPDATE email_outbox SET status = 'sent', sent_at = now() WHERE id = $1";
    /// Refused for now: again later, twice as late each time; given up after ten attempts or where it cannot succeed.
    FAILED by WORKER;
        "UPDATE email_outbox
            SET status = CASE WHEN attempts >= 10 OR $2 THEN 'dead' ELSE 'queued' END,
                next_attempt_at = now() + interval '15 seconds' * power(2, attempts)
          WHERE id = $1
         RETURNING status = 'dead' AS given_up";
    /// What waits to be sent, for the metrics: the index of queued mails holds no others.
    QUEUE by WORKER;
        "SELECT count(*) FILTER (WHERE next_attempt_at <= now()) AS due,
                count(*) FILTER (WHERE next_attempt_at > now()) AS later,
                greatest(extract(epoch FROM now() - min(created_at)), 0)::bigint AS oldest_seconds
           FROM email_outbox WHERE status = 'queued'";
}

/// Queues a mail, in the transaction that causes it. `payload` is what its text says beyond the rows it is about: never a token.
///
/// # Errors
/// As the database refuses.
pub async fn queue_mail(
    tx: &mut CentralTx,
    kind: Kind,
    to: To,
    clinic: Option<ClinicId>,
    payload: &serde_json::Value,
) -> Result<()> {
    let (user, invitation, change) = match to {
        To::User(user) => (Some(user.0), None, None),
        To::Invitation(invitation) => (None, Some(invitation), None),
        To::EmailChange(change) => (None, None, Some(change)),
    };
    let clinic = clinic.map(|id| id.0);
    tx.rows(&QUEUE_MAIL, &[&kind.name(), &user, &invitation, &change, &clinic, payload]).await?;
    Ok(())
}

/// A mail that is due.
#[derive(Debug)]
pub struct Due {
    /// The row.
    pub id: Uuid,
    /// To whom.
    pub user_id: Uuid,
    /// About which clinic.
    pub company_id: Uuid,
    /// Which attempt this is, from 1.
    pub attempts: i32,
}

crate::from_row!(Due { id, user_id, company_id, attempts });

/// To whom a mail goes.
pub struct Addressee {
    /// Address.
    pub email: String,
    /// Given name.
    pub first_name: Option<String>,
    /// ISO 639-1.
    pub language: String,
    /// The clinic's name.
    pub clinic: String,
}

impl std::fmt::Debug for Addressee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Addressee")
    }
}

crate::from_row!(Addressee { email, first_name, language, clinic });

/// Queues another verification mail, if the address has an account that needs one; to whom and about which clinic.
///
/// # Errors
/// As the database refuses.
pub async fn queue_verification(tx: &mut CentralTx, email_normalized: &str) -> Result<Option<(UserId, ClinicId)>> {
    let Some(row) = tx.row(&QUEUE_VERIFICATION, &[&email_normalized]).await? else { return Ok(None) };
    Ok(Some((UserId(row.try_get(0)?), ClinicId(row.try_get(1)?))))
}

/// Queues the verification mails of a clinic that becomes active, in that same transaction.
///
/// # Errors
/// As the database refuses.
pub async fn queue_clinics_verifications(tx: &mut CentralTx, clinic: Uuid) -> Result<()> {
    tx.rows(&QUEUE_CLINICS_VERIFICATIONS, &[&clinic]).await?;
    Ok(())
}

/// Takes the next due mail.
///
/// # Errors
/// As the database refuses.
pub async fn claim(central: &Central) -> Result<Option<Due>> {
    let row = central.row(&CLAIM, &[]).await?;
    Ok(row.as_ref().map(Due::try_from).transpose()?)
}

/// To whom a due mail goes.
///
/// # Errors
/// As the database refuses.
pub async fn addressee(central: &Central, due: &Due) -> Result<Option<Addressee>> {
    let row = central.row(&ADDRESSEE, &[&due.user_id, &due.company_id]).await?;
    Ok(row.as_ref().map(Addressee::try_from).transpose()?)
}

/// Stores the hash of the token that a mail bears, good for 24 hours.
///
/// # Errors
/// As the database refuses.
pub async fn store_token(central: &Central, due: &Due, token_hash: &[u8]) -> Result<()> {
    central.rows(&INSERT_TOKEN, &[&token_hash, &due.user_id]).await?;
    Ok(())
}

/// Notes that a mail was sent.
///
/// # Errors
/// As the database refuses.
pub async fn sent(central: &Central, due: &Due) -> Result<()> {
    central.rows(&SENT, &[&due.id]).await?;
    Ok(())
}

/// Notes that a mail could not be sent; whether it is given up.
///
/// # Errors
/// As the database refuses.
pub async fn failed(central: &Central, due: &Due, permanent: bool) -> Result<bool> {
    let row = central.row(&FAILED, &[&due.id, &permanent]).await?;
    Ok(row.map(|row| row.try_get("given_up")).transpose()?.unwrap_or(true))
}

/// What waits to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Queue {
    /// Mails that are due.
    pub due: i64,
    /// Mails that will be: those that failed, and those that are being sent.
    pub later: i64,
    /// How long ago the oldest of all was queued.
    pub oldest_seconds: i64,
}

crate::from_row!(Queue { due, later, oldest_seconds });

/// Looks at what waits to be sent.
///
/// # Errors
/// As the database refuses.
pub async fn queue(central: &Central) -> Result<Queue> {
    let row = central.row(&QUEUE, &[]).await?.ok_or(ApiError::NotFound)?;
    Ok(Queue::try_from(&row)?)
}
