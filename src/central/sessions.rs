//! `sessions` and `refresh_tokens`: log-ins, and the families of tokens that keep them alive.
//!
//! Invariant: a family has at most one unused token. What is presented again although its successor was used, or later than
//! a retry comes, was copied, and ends the whole family.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;
use uuid::Uuid;

use super::audit::Event;
use super::profiles::{COLUMNS, Profile};
use super::{Central, CentralTx};
use crate::error::{ApiError, Result};
use crate::ids::{ClinicId, SessionId, UserId};
use crate::sql;
use crate::sql::CentralLogin;

const API: [CentralLogin; 1] = [CentralLogin::Api];

sql! { Central;
    /// A log-in, with the first token of its family.
    OPEN by API;
        "WITH opened AS (
           INSERT INTO sessions (id, user_id, company_id, device_id, user_agent, network, second_factor, expires_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, least(now() + make_interval(hours => $8), $9)) RETURNING id, expires_at),
         begun AS (
           INSERT INTO refresh_tokens (token_hash, session_id, expires_at)
           SELECT $10, id, least(expires_at, now() + make_interval(mins => $11)) FROM opened)
         SELECT expires_at FROM opened";
    /// Exchanges a token, in one step. `$2` are the successor's hashes, under each master key, the sealing one first.
    ///
    /// A token that was used may be presented again for 30 seconds while its successor lies unused: an answer got lost, or two windows
    /// asked at once. The bound is what makes a theft come to light: without it, a thief and the owner who each present whatever
    /// token they hold would be answered alike for ever, in lockstep, and neither of them would ever be one too many.
    REFRESH by API;
        "WITH presented AS (
           SELECT t.session_id, t.successor_hash, s.user_id, s.company_id, s.expires_at,
                  CASE WHEN t.used_at IS NULL THEN CASE WHEN t.expires_at > now() THEN 'new' ELSE 'expired' END
                       WHEN t.used_at <= now() - interval '30 seconds' OR n.used_at IS NOT NULL THEN 'reused'
                       WHEN t.successor_hash = ANY ($2) THEN 'again'
                       ELSE 'underivable' END AS verdict
             FROM refresh_tokens t
             JOIN sessions s ON s.id = t.session_id AND s.revoked_at IS NULL AND s.expires_at > now()
             LEFT JOIN refresh_tokens n ON n.token_hash = t.successor_hash
            WHERE t.token_hash = $1),
         holder AS (
           SELECT p.verdict, p.session_id, p.successor_hash, p.expires_at, p.company_id IS NULL AS nowhere, ", COLUMNS, "
             FROM presented p
             JOIN users u ON u.id = p.user_id AND u.status = 'active'
             LEFT JOIN memberships m ON m.user_id = p.user_id AND m.company_id = p.company_id AND m.status = 'active'
             LEFT JOIN companies c ON c.id = m.company_id
            WHERE p.verdict IN ('new', 'again') AND (p.company_id IS NOT NULL OR u.platform_role IS NOT NULL)),
         used AS (
           UPDATE refresh_tokens t SET used_at = now(), successor_hash = ($2::bytea[])[1]
             FROM holder h
            WHERE h.verdict = 'new' AND (h.nowhere OR h.status <> 'suspended') AND t.token_hash = $1 AND t.used_at IS NULL
           RETURNING t.session_id),
         touched AS (
           UPDATE sessions s SET last_used_at = now() FROM used WHERE s.id = used.session_id AND s.revoked_at IS NULL
           RETURNING s.id, s.expires_at),
         followed AS (
           INSERT INTO refresh_tokens (token_hash, session_id, expires_at)
           SELECT ($2::bytea[])[1], id, least(expires_at, now() + make_interval(mins => $3)) FROM touched
           RETURNING session_id),
         ended AS (
           UPDATE sessions s SET revoked_at = now(), revoked_reason = 'reuse' FROM presented p
            WHERE p.verdict = 'reused' AND s.id = p.session_id AND s.revoked_at IS NULL
           RETURNING s.user_id, s.company_id),
         told AS (
           INSERT INTO audit_logs (action, outcome, user_id, company_id, request_id, network)
           SELECT 'refresh_token_reused', 'failure', user_id, company_id, $4, $5 FROM ended)
         SELECT p.verdict AS outcome, p.session_id AS session, EXISTS (SELECT FROM followed) AS followed,
                array_position($2::bytea[], h.successor_hash) AS place, h.*
           FROM presented p LEFT JOIN holder h ON true";
    /// Ends a session.
    REVOKE by API;
        "UPDATE sessions SET revoked_at = now(), revoked_reason = $2 WHERE id = $1 AND revoked_at IS NULL AND expires_at > now()
         RETURNING device_id, second_factor, expires_at";
    /// What is about to be opened meanwhile is seen, or sees what ended it.
    LOCK_PERSON by API;
        "SELECT id FROM users WHERE id = $1 FOR UPDATE";
    /// Ends a person's session, or all of them but one, and writes down of each that it was.
    REVOKE_OF by API;
        "WITH ended AS (
           UPDATE sessions SET revoked_at = now(), revoked_reason = $4
            WHERE user_id = $1 AND ($2::uuid IS NULL OR id = $2) AND id IS DISTINCT FROM $3::uuid
              AND ($8::uuid IS NULL OR company_id = $8)
              AND revoked_at IS NULL AND expires_at > now()
           RETURNING id, user_id, company_id),
         told AS (
           INSERT INTO audit_logs (action, user_id, company_id, actor_id, request_id, network, detail)
           SELECT 'session_revoked', user_id, company_id, $5, $6, $7, $4 FROM ended)
         SELECT id FROM ended";
    /// A person's sessions that go on: neither over, nor idle for too long.
    LIST by API;
        "SELECT s.id, s.company_id, c.name AS company_name, s.user_agent, s.network, s.created_at, s.last_used_at, s.expires_at
           FROM sessions s
           LEFT JOIN companies c ON c.id = s.company_id
           LEFT JOIN memberships m ON m.user_id = s.user_id AND m.company_id = s.company_id
          WHERE s.user_id = $1 AND s.revoked_at IS NULL AND s.expires_at > now()
            AND (s.company_id IS NULL OR m.status = 'active')
            AND EXISTS (SELECT FROM refresh_tokens t WHERE t.session_id = s.id AND t.used_at IS NULL AND t.expires_at > now())
          ORDER BY s.last_used_at DESC, s.id DESC LIMIT 200";
    /// What a request with this session may do now, in one look.
    STANDING by API;
        "SELECT s.user_id, s.company_id, m.role, c.status, c.country, c.language, c.epoch, u.platform_role,
                coalesce(c.second_factor_required, true) AND u.totp_confirmed_at IS NULL AS second_factor_missing
           FROM sessions s
           JOIN users u ON u.id = s.user_id AND u.status = 'active'
           LEFT JOIN memberships m ON m.user_id = s.user_id AND m.company_id = s.company_id AND m.status = 'active'
           LEFT JOIN companies c ON c.id = m.company_id
          WHERE s.id = $1 AND s.revoked_at IS NULL AND s.expires_at > now()
            AND CASE WHEN s.company_id IS NULL THEN u.platform_role IS NOT NULL
                     ELSE u.platform_role IS NULL AND c.id IS NOT NULL END";
}

/// How long sessions last, after NIST SP 800-63B-4 (AAL2, section 2.2.3) and OWASP ASVS 5 (7.3).
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Hours from the log-in, whatever happens.
    pub hours: i32,
    /// Minutes without a refresh.
    pub idle_minutes: i32,
}

/// A session to be.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// The person.
    pub user: UserId,
    /// Where; nowhere for the platform's own people.
    pub clinic: Option<ClinicId>,
    /// See [`super::devices`].
    pub device: Option<Uuid>,
    /// What the program says it is.
    pub user_agent: Option<&'a str>,
    /// The network, never a whole address.
    pub network: Option<&'a str>,
    /// Whether a second factor was shown.
    pub second_factor: bool,
    /// No later than this, where it goes on from another session.
    pub until: Option<DateTime<Utc>>,
}

/// What a session stands for right now.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The person.
    pub user_id: Uuid,
    /// Whoever is here needs a second factor, and the person has none.
    pub second_factor_missing: bool,
    /// Where.
    pub place: Place,
}

/// Where a session is.
#[derive(Clone, Debug)]
pub enum Place {
    /// At a clinic.
    Clinic(AtClinic),
    /// On the platform, in this role (see [`crate::ids::PlatformRole`]).
    Platform(String),
}

/// A session's clinic.
#[derive(Clone, Debug)]
pub struct AtClinic {
    /// The clinic.
    pub company_id: Uuid,
    /// The person's role there.
    pub role: String,
    /// The clinic's status.
    pub status: String,
    /// The clinic's country.
    pub country: String,
    /// The language that it writes in.
    pub language: String,
    /// The generation of the clinic's credentials.
    pub epoch: i64,
}

crate::from_row!(AtClinic { company_id, role, status, country, language, epoch });

impl TryFrom<&Row> for Standing {
    type Error = tokio_postgres::Error;

    fn try_from(row: &Row) -> Result<Self, Self::Error> {
        let place = match row.try_get("platform_role")? {
            Some(role) => Place::Platform(role),
            None => Place::Clinic(AtClinic::try_from(row)?),
        };
        let (user_id, second_factor_missing) = (row.try_get("user_id")?, row.try_get("second_factor_missing")?);
        Ok(Self { user_id, second_factor_missing, place })
    }
}

/// A session, for the list.
#[derive(Debug)]
pub struct Session {
    /// Its id.
    pub id: Uuid,
    /// Where.
    pub company_id: Option<Uuid>,
    /// The clinic's name.
    pub company_name: Option<String>,
    /// What the program said it is.
    pub user_agent: Option<String>,
    /// Where from.
    pub network: Option<String>,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// When its token was exchanged last.
    pub last_used_at: DateTime<Utc>,
    /// When it ends at the latest.
    pub expires_at: DateTime<Utc>,
}

crate::from_row!(Session { id, company_id, company_name, user_agent, network, created_at, last_used_at, expires_at });

/// What became of a refresh token.
#[derive(Debug)]
pub enum Refreshed {
    /// The session goes on with a new token.
    On {
        /// The session.
        session: SessionId,
        /// When it ends at the latest.
        expires_at: DateTime<Utc>,
        /// Which of the successors is the new token.
        place: usize,
        /// Whose it is, as of now.
        profile: Box<Profile>,
    },
    /// Presented again when it was too late for a retry: the family is over.
    Reused(SessionId),
    /// Unknown, expired, or its session is over.
    Refused,
}

/// What ended with a session, and goes on in another.
#[derive(Debug)]
pub struct Ended {
    /// The device.
    pub device_id: Option<Uuid>,
    /// Whether a second factor was shown.
    pub second_factor: bool,
    /// When it would have ended.
    pub expires_at: DateTime<Utc>,
}

crate::from_row!(Ended { device_id, second_factor, expires_at });

/// Which of a person's sessions.
#[derive(Clone, Copy, Debug)]
pub enum Which {
    /// This one.
    One(SessionId),
    /// All but this one.
    Others(SessionId),
    /// Those at this clinic.
    At(ClinicId),
    /// All.
    All,
}

/// Nobody else opens or ends this person's sessions until the transaction ends.
///
/// # Errors
/// As the database refuses.
pub async fn lock_person(tx: &mut CentralTx, user: UserId) -> Result<()> {
    tx.rows(&LOCK_PERSON, &[&user.0]).await.map(drop)
}

/// Opens a session with the first token of its family; until when it lasts.
///
/// # Errors
/// As the database refuses.
pub async fn open(
    tx: &mut CentralTx,
    session: SessionId,
    new: &NewSession<'_>,
    limits: Limits,
    token_hash: &[u8],
) -> Result<DateTime<Utc>> {
    let NewSession { user, clinic, device, user_agent, network, second_factor, until } = new;
    let (clinic, Limits { hours, idle_minutes }) = (clinic.map(|id| id.0), limits);
    let row = tx
        .row(
            &OPEN,
            &[
                &session.0,
                &user.0,
                &clinic,
                device,
                user_agent,
                network,
                second_factor,
                &hours,
                until,
                &token_hash,
                &idle_minutes,
            ],
        )
        .await?
        .ok_or_else(|| ApiError::internal(anyhow::anyhow!("no session was opened")))?;
    Ok(row.try_get(0)?)
}

/// Exchanges a token for its successor: the newest of `successors`, or the one that it was exchanged for a moment ago. One round trip,
/// and another look for whoever came second of several at once.
///
/// # Errors
/// As the database refuses.
pub async fn refresh(
    central: &Central,
    token_hash: &[u8],
    successors: &[[u8; 32]],
    limits: Limits,
    event: &Event<'_>,
) -> Result<Refreshed> {
    let successors: Vec<&[u8]> = successors.iter().map(<[u8; 32]>::as_slice).collect();
    for _ in 0..3 {
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
            [&token_hash, &successors, &limits.idle_minutes, &event.request, &event.network];
        let Some(row) = central.row(&REFRESH, &params).await? else { return Ok(Refreshed::Refused) };
        let session = SessionId(row.try_get("session")?);
        match row.try_get("outcome")? {
            "reused" => return Ok(Refreshed::Reused(session)),
            "new" | "again" if row.try_get::<_, Option<Uuid>>("user_id")?.is_none() => return Ok(Refreshed::Refused),
            outcome @ ("new" | "again") => {
                let profile = Profile::try_from(&row)?;
                let barred = !row.try_get::<_, bool>("nowhere")?
                    && profile.here.as_ref().is_none_or(|here| here.status == "suspended");
                // Another came first: what it made is seen by a statement that begins now.
                if outcome == "new" && !barred && !row.try_get::<_, bool>("followed")? {
                    continue;
                }
                return on(&row, session, profile);
            }
            _ => return Ok(Refreshed::Refused),
        }
    }
    Ok(Refreshed::Refused)
}

fn on(row: &Row, session: SessionId, profile: Profile) -> Result<Refreshed> {
    let place = row.try_get::<_, Option<i32>>("place")?.map_or(Ok(0), |place| usize::try_from(place - 1));
    let place = place.map_err(ApiError::internal)?;
    Ok(Refreshed::On { session, expires_at: row.try_get("expires_at")?, place, profile: Box::new(profile) })
}

/// Ends a session, for good; `None` when it was over already.
///
/// # Errors
/// As the database refuses.
pub async fn revoke(tx: &mut CentralTx, session: SessionId, reason: &'static str) -> Result<Option<Ended>> {
    Ok(tx.row(&REVOKE, &[&session.0, &reason]).await?.as_ref().map(Ended::try_from).transpose()?)
}

/// Ends a person's sessions, each with an event of its own; those that went on until now. Of `event`, who did it and where from count.
///
/// # Errors
/// As the database refuses.
pub async fn revoke_of(
    tx: &mut CentralTx,
    user: UserId,
    which: Which,
    reason: &'static str,
    event: &Event<'_>,
) -> Result<Vec<SessionId>> {
    let (one, but, at) = match which {
        Which::One(session) => (Some(session.0), None, None),
        Which::Others(session) => (None, Some(session.0), None),
        Which::At(clinic) => (None, None, Some(clinic.0)),
        Which::All => (None, None, None),
    };
    lock_person(tx, user).await?;
    let actor = event.actor.map(|id| id.0);
    let rows =
        tx.rows(&REVOKE_OF, &[&user.0, &one, &but, &reason, &actor, &event.request, &event.network, &at]).await?;
    Ok(rows.iter().map(|row| row.try_get(0).map(SessionId)).collect::<Result<_, _>>()?)
}

/// A person's sessions, used last first.
///
/// # Errors
/// As the database refuses.
pub async fn list(central: &Central, user: UserId) -> Result<Vec<Session>> {
    let rows = central.rows(&LIST, &[&user.0]).await?;
    Ok(rows.iter().map(Session::try_from).collect::<Result<_, _>>()?)
}

/// What a session stands for right now; `None` when it is over, its person or place deactivated.
///
/// # Errors
/// As the database refuses.
pub async fn standing(central: &Central, session: SessionId) -> Result<Option<Standing>> {
    let row = central.row(&STANDING, &[&session.0]).await?;
    Ok(row.as_ref().map(Standing::try_from).transpose()?)
}
