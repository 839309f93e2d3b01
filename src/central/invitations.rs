//! `invitations`: who was asked to work at a clinic. A mailed one-time token stands for each.
//!
//! Invariant: an invitation ends once, by being accepted or withdrawn; of many that accept it at once, one gets a row.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Central, CentralTx};
use crate::error::{ApiError, Result};
use crate::ids::{ClinicId, UserId};
use crate::sql;
use crate::sql::CentralLogin;

const API: [CentralLogin; 1] = [CentralLogin::Api];

/// Which invitations are sent in place of an earlier one counts, too: withdrawing makes no room for further mails.
const TO_AN_ADDRESS_AN_HOUR: i64 = 5;
/// Of one clinic.
const OF_A_CLINIC_AN_HOUR: i64 = 60;
/// Mails that an invitation may be sent again in an hour.
const RESENT_AN_HOUR: i64 = 5;

sql! { Central;
    /// Open invitations, newest first; what has expired is shown too, since it can be sent again.
    LIST by API;
        "SELECT id, email, role, language, first_name, last_name, invited_by, created_at, expires_at
           FROM invitations
          WHERE company_id = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL
            AND ($2::text IS NULL OR (created_at, id) < ($2::text::timestamptz, $3::uuid))
          ORDER BY created_at DESC, id DESC LIMIT $4";
    /// One of them.
    FIND by API;
        "SELECT id, email, role, language, first_name, last_name, invited_by, created_at, expires_at
           FROM invitations WHERE company_id = $1 AND id = $2 AND accepted_at IS NULL AND withdrawn_at IS NULL";
    /// Whether an address works here already.
    MEMBER by API;
        "SELECT count(*) > 0 FROM memberships m JOIN users u ON u.id = m.user_id
          WHERE m.company_id = $1 AND u.email_normalized = $2 AND m.status = 'active'";
    /// Whether a clinic invited too many in the last hour, or one address too often, and the seconds until it may again.
    TOO_MANY by API;
        "SELECT count(*) FILTER (WHERE email_normalized = $2) >= $3 OR count(*) >= $4,
                ceil(extract(epoch FROM CASE WHEN count(*) FILTER (WHERE email_normalized = $2) >= $3
                                             THEN min(created_at) FILTER (WHERE email_normalized = $2)
                                             ELSE min(created_at) END + interval '1 hour' - now()))::bigint
           FROM invitations WHERE company_id = $1 AND created_at > now() - interval '1 hour'";
    /// An invitation that has expired makes room for another to the same address.
    CLEAR_EXPIRED by API;
        "UPDATE invitations SET withdrawn_at = now()
          WHERE company_id = $1 AND email_normalized = $2 AND accepted_at IS NULL AND withdrawn_at IS NULL AND expires_at <= now()";
    /// An invitation, good for a week.
    INSERT by API;
        "INSERT INTO invitations (id, company_id, email, email_normalized, role, language, first_name, last_name, invited_by, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() + interval '7 days')
         RETURNING id, email, role, language, first_name, last_name, invited_by, created_at, expires_at";
    /// An open invitation, held until the transaction ends.
    OPEN by API;
        "SELECT role FROM invitations
          WHERE company_id = $1 AND id = $2 AND accepted_at IS NULL AND withdrawn_at IS NULL FOR UPDATE";
    /// How often it was sent again in the last hour, and the seconds until one of them is older.
    RESENT by API;
        "SELECT count(*), ceil(extract(epoch FROM min(o.created_at) + interval '1 hour' - now()))::bigint
           FROM email_outbox o JOIN invitations i ON i.id = o.invitation_id
          WHERE o.invitation_id = $1 AND o.created_at > i.created_at AND o.created_at > now() - interval '1 hour'";
    /// Another week.
    RENEW by API;
        "UPDATE invitations SET expires_at = now() + interval '7 days' WHERE id = $1
         RETURNING id, email, role, language, first_name, last_name, invited_by, created_at, expires_at";
    /// Taken back.
    WITHDRAW by API;
        "UPDATE invitations SET withdrawn_at = now() WHERE id = $1";
    /// Somebody's open invitations, at one clinic or at all, and their links.
    WITHDRAW_OF by API;
        "WITH ended AS (
           UPDATE invitations SET withdrawn_at = now()
            WHERE invited_by = $1 AND ($2::uuid IS NULL OR company_id = $2) AND accepted_at IS NULL AND withdrawn_at IS NULL
           RETURNING id)
         UPDATE one_time_tokens SET used_at = now() WHERE used_at IS NULL AND invitation_id IN (SELECT id FROM ended)";
    /// The links that were mailed so far lead nowhere any more.
    USE_TOKENS by API;
        "UPDATE one_time_tokens SET used_at = now() WHERE invitation_id = $1 AND used_at IS NULL";
    /// What a token stands for, and who has an account under that address already.
    BY_TOKEN by API;
        "SELECT i.id, i.company_id, c.name AS company_name, c.status AS company_status, i.email, i.email_normalized, i.role, i.language,
                i.first_name, i.last_name, u.id AS user_id, u.status AS user_status, u.email_verified_at IS NOT NULL AS verified,
                u.platform_role IS NOT NULL AS platform
           FROM one_time_tokens t
           JOIN invitations i ON i.id = t.invitation_id
           JOIN companies c ON c.id = i.company_id
           LEFT JOIN users u ON u.email_normalized = i.email_normalized AND lower(u.email) = lower(i.email)
          WHERE t.token_hash = $1 AND t.purpose = 'invitation' AND t.used_at IS NULL AND t.expires_at > now()
            AND i.accepted_at IS NULL AND i.withdrawn_at IS NULL AND i.expires_at > now()";
    /// Accepts: of many at once, one gets a row. Whoever invited may still give this role.
    ACCEPT by API;
        "UPDATE invitations i SET accepted_at = now()
          WHERE id = (SELECT invitation_id FROM one_time_tokens
                       WHERE token_hash = $1 AND purpose = 'invitation' AND used_at IS NULL AND expires_at > now())
            AND accepted_at IS NULL AND withdrawn_at IS NULL AND expires_at > now()
            AND EXISTS (SELECT FROM memberships m JOIN users u ON u.id = m.user_id AND u.status = 'active'
                         WHERE m.company_id = i.company_id AND m.user_id = i.invited_by AND m.status = 'active'
                           AND (m.role = 'admin' OR m.role = 'manager' AND i.role <> 'admin'))
         RETURNING id";
    /// Whether an account is still what the password was checked for; held so until the transaction ends.
    STILL by API;
        "SELECT id FROM users
          WHERE id = $1 AND password_hash = $2 AND lower(email) = lower($3) AND status = 'active'
            AND email_verified_at IS NOT NULL AND platform_role IS NULL FOR SHARE";
    /// The place; no row for whoever works there already.
    JOIN by API;
        "INSERT INTO memberships (user_id, company_id, role) VALUES ($1, $2, $3)
         ON CONFLICT (user_id, company_id) DO UPDATE SET role = EXCLUDED.role, status = 'active'
          WHERE memberships.status = 'deactivated'
         RETURNING user_id";
    /// The mail that bore the token has proven the address.
    PROVE by API;
        "UPDATE users SET email_verified_at = now() WHERE id = $1 AND email_verified_at IS NULL";
    /// An account whose address nobody has proven yet becomes that of whoever has.
    CLAIM by API;
        "UPDATE users SET password_hash = $2, password_changed_at = now(), first_name = $3, last_name = $4, email_verified_at = now()
          WHERE id = $1 AND email_verified_at IS NULL AND status = 'active'
         RETURNING id";
}

/// An invitation to be.
#[derive(Debug)]
pub struct NewInvitation {
    /// As typed.
    pub email: String,
    /// As compared.
    pub email_normalized: String,
    /// See [`crate::ids::Role`].
    pub role: &'static str,
    /// ISO 639-1.
    pub language: String,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
}

/// An invitation.
pub struct Invitation {
    /// Its id.
    pub id: Uuid,
    /// To whom.
    pub email: String,
    /// The role that was offered.
    pub role: String,
    /// Of the mail.
    pub language: String,
    /// Given name, as the inviter has it.
    pub first_name: Option<String>,
    /// Family name, as the inviter has it.
    pub last_name: Option<String>,
    /// By whom.
    pub invited_by: Option<Uuid>,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Until when it can be accepted.
    pub expires_at: DateTime<Utc>,
}

impl std::fmt::Debug for Invitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Invitation({})", self.id)
    }
}

crate::from_row!(Invitation { id, email, role, language, first_name, last_name, invited_by, created_at, expires_at });

/// What a mailed token stands for.
pub struct Offer {
    /// The invitation.
    pub id: Uuid,
    /// The clinic.
    pub company_id: Uuid,
    /// Its name.
    pub company_name: String,
    /// Its status.
    pub company_status: String,
    /// To whom.
    pub email: String,
    /// As compared.
    pub email_normalized: String,
    /// The role that is offered.
    pub role: String,
    /// ISO 639-1.
    pub language: String,
    /// Given name, as the inviter has it.
    pub first_name: Option<String>,
    /// Family name, as the inviter has it.
    pub last_name: Option<String>,
    /// Who has an account under this address.
    pub user_id: Option<Uuid>,
    /// The account's status.
    pub user_status: Option<String>,
    /// Whether the account's address is proven.
    pub verified: bool,
    /// Whether the account is the platform's.
    pub platform: bool,
}

impl std::fmt::Debug for Offer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Offer({})", self.id)
    }
}

crate::from_row!(Offer {
    id,
    company_id,
    company_name,
    company_status,
    email,
    email_normalized,
    role,
    language,
    first_name,
    last_name,
    user_id,
    user_status,
    verified,
    platform
});

/// A page of a clinic's open invitations: `after` is the last one's time and id, `rows` how many to find.
///
/// # Errors
/// As the database refuses.
pub async fn list(
    central: &Central,
    clinic: ClinicId,
    after: Option<(String, Uuid)>,
    rows: i64,
) -> Result<Vec<Invitation>> {
    let (at, id) = after.unzip();
    let rows = central.rows(&LIST, &[&clinic.0, &at, &id, &rows]).await?;
    Ok(rows.iter().map(Invitation::try_from).collect::<Result<_, _>>()?)
}

/// An open invitation of this clinic.
///
/// # Errors
/// [`ApiError::NotFound`].
pub async fn find(central: &Central, clinic: ClinicId, invitation: Uuid) -> Result<Invitation> {
    let row = central.row(&FIND, &[&clinic.0, &invitation]).await?.ok_or(ApiError::NotFound)?;
    Ok(Invitation::try_from(&row)?)
}

/// Invites. The clinic is locked.
///
/// # Errors
/// 409 `already_member`, or `already_invited` where an invitation to this address is open; 429 after too many in an hour.
pub async fn insert(tx: &mut CentralTx, clinic: ClinicId, by: UserId, new: &NewInvitation) -> Result<Invitation> {
    let member = tx.row(&MEMBER, &[&clinic.0, &new.email_normalized]).await?.ok_or(ApiError::NotFound)?;
    if member.try_get(0)? {
        let detail = "Whoever has this address works here already.".into();
        return Err(ApiError::Conflict { code: "already_member", detail, pointer: Some("/email") });
    }
    let limits = (TO_AN_ADDRESS_AN_HOUR, OF_A_CLINIC_AN_HOUR);
    let asked = tx.row(&TOO_MANY, &[&clinic.0, &new.email_normalized, &limits.0, &limits.1]).await?;
    let asked = asked.ok_or(ApiError::NotFound)?;
    if asked.try_get(0)? {
        return Err(too_many(asked.try_get(1)?));
    }
    tx.rows(&CLEAR_EXPIRED, &[&clinic.0, &new.email_normalized]).await?;
    let NewInvitation { email, email_normalized, role, language, first_name, last_name } = new;
    let row = tx
        .row(
            &INSERT,
            &[&Uuid::now_v7(), &clinic.0, email, email_normalized, role, language, first_name, last_name, &by.0],
        )
        .await?
        .ok_or(ApiError::NotFound)?;
    Ok(Invitation::try_from(&row)?)
}

/// An open invitation of this clinic, held until the transaction ends: its role.
///
/// # Errors
/// [`ApiError::NotFound`].
pub async fn open(tx: &mut CentralTx, clinic: ClinicId, invitation: Uuid) -> Result<String> {
    let row = tx.row(&OPEN, &[&clinic.0, &invitation]).await?.ok_or(ApiError::NotFound)?;
    Ok(row.try_get(0)?)
}

/// Gives an open invitation another week; links sent before lead nowhere any more.
///
/// # Errors
/// 429 when it was sent again five times in an hour.
pub async fn renew(tx: &mut CentralTx, invitation: Uuid) -> Result<Invitation> {
    let sent = tx.row(&RESENT, &[&invitation]).await?.ok_or(ApiError::NotFound)?;
    if sent.try_get::<_, i64>(0)? >= RESENT_AN_HOUR {
        return Err(too_many(sent.try_get(1)?));
    }
    tx.rows(&USE_TOKENS, &[&invitation]).await?;
    let row = tx.row(&RENEW, &[&invitation]).await?.ok_or(ApiError::NotFound)?;
    Ok(Invitation::try_from(&row)?)
}

fn too_many(seconds: Option<i64>) -> ApiError {
    ApiError::RateLimited { code: "rate_limited", retry_after: seconds.unwrap_or(1).max(1).unsigned_abs() }
}

/// Takes back what somebody offered who may not any more, at one clinic or at all.
///
/// # Errors
/// As the database refuses.
pub async fn withdraw_of(tx: &mut CentralTx, inviter: UserId, clinic: Option<ClinicId>) -> Result<()> {
    tx.rows(&WITHDRAW_OF, &[&inviter.0, &clinic.map(|clinic| clinic.0)]).await?;
    Ok(())
}

/// Takes an open invitation back.
///
/// # Errors
/// As the database refuses.
pub async fn withdraw(tx: &mut CentralTx, invitation: Uuid) -> Result<()> {
    tx.rows(&WITHDRAW, &[&invitation]).await?;
    tx.rows(&USE_TOKENS, &[&invitation]).await?;
    Ok(())
}

/// What a token stands for, by its hash; `None` for one that is unknown, used, withdrawn or expired.
///
/// # Errors
/// As the database refuses.
pub async fn offer(central: &Central, token_hash: &[u8]) -> Result<Option<Offer>> {
    let row = central.row(&BY_TOKEN, &[&token_hash]).await?;
    Ok(row.as_ref().map(Offer::try_from).transpose()?)
}

/// Accepts by a token's hash; the clinic is locked. `false` for one that is unknown, used, withdrawn or expired, as it is for all but
/// the first, and where whoever invited may not any more.
///
/// # Errors
/// As the database refuses.
pub async fn accept(tx: &mut CentralTx, token_hash: &[u8]) -> Result<bool> {
    let Some(row) = tx.row(&ACCEPT, &[&token_hash]).await? else { return Ok(false) };
    tx.rows(&USE_TOKENS, &[&row.try_get::<_, Uuid>(0)?]).await?;
    Ok(true)
}

/// Whether an account is still active, proven, under this address and with this password.
///
/// # Errors
/// As the database refuses.
pub async fn still(tx: &mut CentralTx, user: UserId, password_hash: &str, email: &str) -> Result<bool> {
    Ok(tx.row(&STILL, &[&user.0, &password_hash, &email]).await?.is_some())
}

/// Gives a person who has an account a place at a clinic, or gives it back with this role.
///
/// # Errors
/// 409 `already_member`.
pub async fn join(tx: &mut CentralTx, user: UserId, clinic: ClinicId, role: &str) -> Result<()> {
    if tx.row(&JOIN, &[&user.0, &clinic.0, &role]).await?.is_some() {
        return Ok(());
    }
    Err(ApiError::Conflict { code: "already_member", detail: "You work at this clinic already.".into(), pointer: None })
}

/// Notes that a new account's address is proven, by the invitation that came to it.
///
/// # Errors
/// As the database refuses.
pub async fn prove(tx: &mut CentralTx, user: UserId) -> Result<()> {
    tx.rows(&PROVE, &[&user.0]).await?;
    Ok(())
}

/// Gives an account whose address nobody has proven to whoever has: what was its password may be a stranger's. `false` when the
/// address has been proven meanwhile.
///
/// # Errors
/// As the database refuses.
pub async fn claim(
    tx: &mut CentralTx,
    user: UserId,
    password_hash: &str,
    first_name: Option<&str>,
    last_name: Option<&str>,
) -> Result<bool> {
    Ok(tx.row(&CLAIM, &[&user.0, &password_hash, &first_name, &last_name]).await?.is_some())
}
