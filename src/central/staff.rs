//! `memberships` as a clinic's staff: who works there, in which role, and how many may.
//!
//! Invariant: what changes a clinic's staff first locks the clinic ([`lock`]), so that of changes made at once each sees the others:
//! seats are counted, and admins are left, one change after the other.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Central, CentralTx};
use crate::error::{ApiError, Result};
use crate::ids::{ClinicId, Role, UserId};
use crate::sql;
use crate::sql::CentralLogin;

const API: [CentralLogin; 1] = [CentralLogin::Api];

macro_rules! member {
    () => {
        "SELECT m.user_id AS id, u.email, u.first_name, u.last_name, m.role, m.status, m.created_at AS since, m.updated_at,
                (SELECT max(s.created_at) FROM sessions s WHERE s.user_id = m.user_id AND s.company_id = m.company_id) AS last_login_at,
                u.totp_confirmed_at IS NOT NULL AS second_factor
           FROM memberships m JOIN users u ON u.id = m.user_id
          WHERE m.company_id = $1"
    };
}

sql! { Central;
    /// A page of them, first joined first.
    LIST by API;
        (concat!(member!(), " AND ($2::text IS NULL OR m.status = $2)
                    AND ($3::text IS NULL OR (m.created_at, m.user_id) > ($3::text::timestamptz, $4::uuid))
                  ORDER BY m.created_at, m.user_id LIMIT $5"));
    /// One of them.
    FIND by API;
        (concat!(member!(), " AND m.user_id = $2"));
    /// Makes changes of a clinic's staff wait for each other.
    LOCK by API;
        "SELECT language FROM companies WHERE id = $1 FOR NO KEY UPDATE";
    /// What somebody may do here, now.
    ROLE by API;
        "SELECT role FROM memberships WHERE company_id = $1 AND user_id = $2 AND status = 'active'";
    /// The same, of whoever may no longer be logged in, or anywhere.
    STANDING by API;
        "SELECT m.role FROM memberships m JOIN users u ON u.id = m.user_id AND u.status = 'active'
          WHERE m.company_id = $1 AND m.user_id = $2 AND m.status = 'active'";
    /// Another role, another status.
    UPDATE by API;
        "UPDATE memberships SET role = $3, status = $4 WHERE company_id = $1 AND user_id = $2";
    /// Whether anybody but this person runs the clinic.
    OTHER_ADMIN by API;
        "SELECT count(*) > 0 FROM memberships m JOIN users u ON u.id = m.user_id AND u.status = 'active'
          WHERE m.company_id = $1 AND m.user_id <> $2 AND m.role = 'admin' AND m.status = 'active'";
    /// Whether there is a seat for everybody; invitations that are open hold theirs.
    SEATS_KEPT by API;
        "SELECT (SELECT count(*) FROM memberships WHERE company_id = $1 AND status = 'active')
              + (SELECT count(*) FROM invitations
                  WHERE company_id = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL AND expires_at > now())
             <= coalesce((SELECT seats FROM subscriptions WHERE company_id = $1 AND ended_at IS NULL), 0)";
}

/// Somebody who works at a clinic.
pub struct Member {
    /// The person.
    pub id: Uuid,
    /// Address.
    pub email: String,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// See [`Role`].
    pub role: String,
    /// `active` or `deactivated`.
    pub status: String,
    /// When they joined.
    pub since: DateTime<Utc>,
    /// When role or status was last changed.
    pub updated_at: DateTime<Utc>,
    /// When they last logged in at this clinic, as far as sessions are kept.
    pub last_login_at: Option<DateTime<Utc>>,
    /// Whether a second factor protects the account.
    pub second_factor: bool,
}

impl std::fmt::Debug for Member {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Member({})", self.id)
    }
}

crate::from_row!(Member {
    id,
    email,
    first_name,
    last_name,
    role,
    status,
    since,
    updated_at,
    last_login_at,
    second_factor
});

impl Member {
    /// The entity tag of role and status: what else is told of somebody, nobody changes here.
    #[must_use]
    pub fn tag(&self) -> String {
        format!("\"{:x}\"", self.updated_at.timestamp_micros())
    }
}

/// A page of a clinic's staff: `after` is the last one's `since` and id, `rows` how many to find.
///
/// # Errors
/// As the database refuses.
pub async fn list(
    central: &Central,
    clinic: ClinicId,
    status: Option<&str>,
    after: Option<(String, Uuid)>,
    rows: i64,
) -> Result<Vec<Member>> {
    let (since, id) = after.unzip();
    let rows = central.rows(&LIST, &[&clinic.0, &status, &since, &id, &rows]).await?;
    Ok(rows.iter().map(Member::try_from).collect::<Result<_, _>>()?)
}

/// Somebody who works at this clinic, or did.
///
/// # Errors
/// [`ApiError::NotFound`] for whoever never did, wherever else they work.
pub async fn find(central: &Central, clinic: ClinicId, user: UserId) -> Result<Member> {
    let row = central.row(&FIND, &[&clinic.0, &user.0]).await?.ok_or(ApiError::NotFound)?;
    Ok(Member::try_from(&row)?)
}

/// The same, inside a transaction.
///
/// # Errors
/// As [`find`].
pub async fn member(tx: &mut CentralTx, clinic: ClinicId, user: UserId) -> Result<Member> {
    let row = tx.row(&FIND, &[&clinic.0, &user.0]).await?.ok_or(ApiError::NotFound)?;
    Ok(Member::try_from(&row)?)
}

/// Makes this change wait for others of the same clinic's staff; its language.
///
/// # Errors
/// [`ApiError::NotFound`].
pub async fn lock(tx: &mut CentralTx, clinic: ClinicId) -> Result<String> {
    let row = tx.row(&LOCK, &[&clinic.0]).await?.ok_or(ApiError::NotFound)?;
    Ok(row.try_get(0)?)
}

/// What somebody may do here at this moment: a request's own knowledge may be a second old.
///
/// # Errors
/// As the database refuses.
pub async fn role(tx: &mut CentralTx, clinic: ClinicId, user: UserId) -> Result<Option<Role>> {
    let Some(row) = tx.row(&ROLE, &[&clinic.0, &user.0]).await? else { return Ok(None) };
    row.try_get::<_, &str>(0)?.parse().map(Some).map_err(ApiError::internal)
}

/// What somebody may do here at this moment, who does not ask: nothing, once place or account is deactivated.
///
/// # Errors
/// As the database refuses.
pub async fn standing(central: &Central, clinic: ClinicId, user: UserId) -> Result<Option<Role>> {
    let Some(row) = central.row(&STANDING, &[&clinic.0, &user.0]).await? else { return Ok(None) };
    row.try_get::<_, &str>(0)?.parse().map(Some).map_err(ApiError::internal)
}

/// Gives somebody a role and a status. The clinic is locked.
///
/// # Errors
/// As the database refuses.
pub async fn update(tx: &mut CentralTx, clinic: ClinicId, user: UserId, role: &str, status: &str) -> Result<()> {
    tx.rows(&UPDATE, &[&clinic.0, &user.0, &role, &status]).await?;
    Ok(())
}

/// Holds that somebody else runs the clinic. The clinic is locked.
///
/// # Errors
/// 409 `last_admin`.
pub async fn another_admin(tx: &mut CentralTx, clinic: ClinicId, user: UserId) -> Result<()> {
    let row = tx.row(&OTHER_ADMIN, &[&clinic.0, &user.0]).await?.ok_or(ApiError::NotFound)?;
    if row.try_get(0)? {
        return Ok(());
    }
    let detail = "A clinic needs an administrator: make somebody else one first.".into();
    Err(ApiError::Conflict { code: "last_admin", detail, pointer: None })
}

/// Holds that the subscription has a seat for everybody, after a change. The clinic is locked.
///
/// # Errors
/// 409 `no_seat`.
pub async fn seats_kept(tx: &mut CentralTx, clinic: ClinicId) -> Result<()> {
    let row = tx.row(&SEATS_KEPT, &[&clinic.0]).await?.ok_or(ApiError::NotFound)?;
    if row.try_get(0)? {
        return Ok(());
    }
    let detail = "All seats of the subscription are taken, by staff or by open invitations.".into();
    Err(ApiError::Conflict { code: "no_seat", detail, pointer: None })
}
