//! `sessions` and `refresh_tokens`: log-ins, and the families of tokens that keep them alive.
//!
//! Invariant: a family has at most one unused token; one presented a second time ends the whole family.

use uuid::Uuid;

use super::{Central, CentralTx};
use crate::error::Result;
use crate::ids::{ClinicId, SessionId, UserId};
use crate::sql;
use crate::sql::CentralLogin;

const API: [CentralLogin; 1] = [CentralLogin::Api];

sql! { Central;
    /// A log-in.
    INSERT by API;
        "INSERT INTO sessions (id, user_id, company_id, user_agent, second_factor, expires_at)
         VALUES ($1, $2, $3, $4, $5, now() + interval '30 days')";
    /// The newest token of a family.
    INSERT_TOKEN by API;
        "INSERT INTO refresh_tokens (token_hash, session_id, expires_at) VALUES ($1, $2, now() + interval '14 days')";
    /// Uses a token up: of many that present it at once, one gets a row.
    USE_TOKEN by API;
        "UPDATE refresh_tokens SET used_at = now(), successor_hash = $2
          WHERE token_hash = $1 AND used_at IS NULL AND expires_at > now()
         RETURNING session_id";
    /// Who holds an unused token.
    HOLDER by API;
        "SELECT s.user_id, s.company_id
           FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
          WHERE t.token_hash = $1 AND t.used_at IS NULL AND t.expires_at > now()
            AND s.revoked_at IS NULL AND s.expires_at > now()";
    /// Whose used token it is.
    FAMILY by API;
        "SELECT session_id FROM refresh_tokens WHERE token_hash = $1 AND used_at IS NOT NULL";
    /// Notes a use; no row when the session is over.
    TOUCH by API;
        "UPDATE sessions SET last_used_at = now() WHERE id = $1 AND revoked_at IS NULL AND expires_at > now()
         RETURNING user_id, company_id";
    /// Ends a session.
    REVOKE by API;
        "UPDATE sessions SET revoked_at = now(), revoked_reason = $2 WHERE id = $1 AND revoked_at IS NULL
         RETURNING user_id, company_id";
    /// What a request with this session may do now, in one look.
    STANDING by API;
        "SELECT s.user_id, s.company_id, m.role, c.status, c.epoch,
                c.second_factor_required AND u.totp_confirmed_at IS NULL AS second_factor_missing
           FROM sessions s
           JOIN users u ON u.id = s.user_id AND u.status = 'active'
           JOIN memberships m ON m.user_id = s.user_id AND m.company_id = s.company_id AND m.status = 'active'
           JOIN companies c ON c.id = s.company_id
          WHERE s.id = $1 AND s.revoked_at IS NULL AND s.expires_at > now()";
}

/// What a session stands for right now.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The person.
    pub user_id: Uuid,
    /// The clinic.
    pub company_id: Uuid,
    /// The person's role there.
    pub role: String,
    /// The clinic's status.
    pub status: String,
    /// The generation of the clinic's credentials.
    pub epoch: i64,
    /// The clinic asks for a second factor, and the person has none.
    pub second_factor_missing: bool,
}

crate::from_row!(Standing { user_id, company_id, role, status, epoch, second_factor_missing });

/// What became of a refresh token.
#[derive(Debug)]
pub enum Refreshed {
    /// The session goes on with the new token.
    Rotated {
        /// The session.
        session: SessionId,
    },
    /// Presented a second time: the family is over.
    Reused {
        /// The session, which is over.
        session: SessionId,
        /// Whose it was, if it was ended by this.
        user: Option<UserId>,
        /// And where.
        clinic: Option<ClinicId>,
    },
    /// Unknown, expired, or its session is over.
    Refused,
}

/// Opens a session with the first token of its family.
///
/// # Errors
/// As the database refuses.
pub async fn open(
    tx: &mut CentralTx,
    session: SessionId,
    user: UserId,
    clinic: ClinicId,
    user_agent: Option<&str>,
    second_factor: bool,
    token_hash: &[u8],
) -> Result<()> {
    tx.rows(&INSERT, &[&session.0, &user.0, &clinic.0, &user_agent, &second_factor]).await?;
    tx.rows(&INSERT_TOKEN, &[&token_hash, &session.0]).await?;
    Ok(())
}

/// Who holds an unused token, and where.
///
/// # Errors
/// As the database refuses.
pub async fn holder(central: &Central, token_hash: &[u8]) -> Result<Option<(UserId, ClinicId)>> {
    let Some(row) = central.row(&HOLDER, &[&token_hash]).await? else { return Ok(None) };
    Ok(Some((UserId(row.try_get(0)?), ClinicId(row.try_get(1)?))))
}

/// Exchanges a token for its successor.
///
/// # Errors
/// As the database refuses.
pub async fn refresh(tx: &mut CentralTx, token_hash: &[u8], successor_hash: &[u8]) -> Result<Refreshed> {
    let Some(row) = tx.row(&USE_TOKEN, &[&token_hash, &successor_hash]).await? else {
        let Some(family) = tx.row(&FAMILY, &[&token_hash]).await? else { return Ok(Refreshed::Refused) };
        let session = SessionId(family.try_get(0)?);
        let ended = tx.row(&REVOKE, &[&session.0, &"reuse"]).await?;
        let (user, clinic) = match ended {
            Some(row) => (Some(UserId(row.try_get(0)?)), Some(ClinicId(row.try_get(1)?))),
            None => (None, None),
        };
        return Ok(Refreshed::Reused { session, user, clinic });
    };
    let session = SessionId(row.try_get(0)?);
    if tx.row(&TOUCH, &[&session.0]).await?.is_none() {
        return Ok(Refreshed::Refused);
    }
    tx.rows(&INSERT_TOKEN, &[&successor_hash, &session.0]).await?;
    Ok(Refreshed::Rotated { session })
}

/// Ends a session, for good.
///
/// # Errors
/// As the database refuses.
pub async fn revoke(tx: &mut CentralTx, session: SessionId, reason: &'static str) -> Result<()> {
    tx.rows(&REVOKE, &[&session.0, &reason]).await?;
    Ok(())
}

/// What a session stands for right now; `None` when it is over, its person or place deactivated.
///
/// # Errors
/// As the database refuses.
pub async fn standing(central: &Central, session: SessionId) -> Result<Option<Standing>> {
    let row = central.row(&STANDING, &[&session.0]).await?;
    Ok(row.as_ref().map(Standing::try_from).transpose()?)
}
