//! `signing_keys`: what signs access tokens; private halves sealed.
//!
//! Invariant: one key has no end in sight, the newest. It was published before it signs, and its predecessor counts until the last
//! token that it may have signed has expired; but for a stolen one, which counts no more at once.

use chrono::{DateTime, Utc};

use super::audit::{self, Event};
use super::{Central, CentralTx};
use crate::error::Result;
use crate::sql;
use crate::sql::CentralLogin;
use crate::transaction;

/// Where servers hear that the keys have changed.
pub const CHANNEL: &str = "medicalpro_signing_keys";

const WORKER: [CentralLogin; 1] = [CentralLogin::Provisioner];

sql! { Central;
    /// Keys that may verify now or later, newest first.
    LIST by [CentralLogin::Api, CentralLogin::Provisioner];
        "SELECT kid, public_key, private_key, signs_from, retired_at FROM signing_keys
          WHERE retired_at IS NULL OR retired_at > now() ORDER BY signs_from DESC, created_at DESC, kid";
    /// One at a time makes a key.
    LOCK by WORKER;
        "SELECT pg_advisory_xact_lock(hashtext('medicalpro signing key'))";
    /// Whether the newest key is so many days old.
    NEWEST by WORKER;
        "SELECT created_at <= now() - make_interval(days => $1) FROM signing_keys
          WHERE retired_at IS NULL ORDER BY signs_from DESC, created_at DESC LIMIT 1";
    /// The end of whatever has none yet, in so many seconds.
    RETIRE by WORKER;
        "UPDATE signing_keys SET retired_at = now() + make_interval(secs => $1) WHERE retired_at IS NULL";
    /// The end of all of them, now.
    RETIRE_NOW by WORKER;
        "UPDATE signing_keys SET retired_at = now() WHERE retired_at IS NULL OR retired_at > now()";
    /// A key that signs in so many seconds.
    INSERT by WORKER;
        "INSERT INTO signing_keys (kid, public_key, private_key, signs_from)
         VALUES ($1, $2, $3, now() + make_interval(secs => $4)) RETURNING signs_from";
    /// Told to all servers, as this is committed.
    ANNOUNCE by WORKER;
        "SELECT pg_notify('medicalpro_signing_keys', '')";
}

/// A stored key.
pub struct StoredKey {
    /// Its id, in the tokens' header.
    pub kid: String,
    /// 32 bytes (RFC 8032).
    pub public_key: Vec<u8>,
    /// Sealed PKCS #8.
    pub private_key: String,
    /// Published already, it signs from then on.
    pub signs_from: DateTime<Utc>,
    /// What it signed counts until then.
    pub retired_at: Option<DateTime<Utc>>,
}

impl std::fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredKey({})", self.kid)
    }
}

crate::from_row!(StoredKey { kid, public_key, private_key, signs_from, retired_at });

/// A key to be.
pub struct NewKey {
    /// See [`StoredKey::kid`].
    pub kid: String,
    /// See [`StoredKey::public_key`].
    pub public_key: Vec<u8>,
    /// See [`StoredKey::private_key`].
    pub private_key: String,
}

impl std::fmt::Debug for NewKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewKey({})", self.kid)
    }
}

/// Why a key is to be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It is so many days old; nothing is done if it is younger.
    Age(i32),
    /// An operator said so.
    Asked,
    /// Somebody else may have it.
    Stolen,
}

/// How a successor takes over, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Handover {
    /// It is published for so long before it signs.
    pub ahead: i64,
    /// Its predecessor counts for so long after that.
    pub overlap: i64,
}

/// The keys that may verify now or later, newest first.
///
/// # Errors
/// As the database refuses.
pub async fn list(central: &Central) -> Result<Vec<StoredKey>> {
    let rows = central.rows(&LIST, &[]).await?;
    Ok(rows.iter().map(StoredKey::try_from).collect::<Result<_, _>>()?)
}

/// Stores a key and sets its predecessor's end; tells from when on it signs. `None` when the newest is young enough.
///
/// # Errors
/// As the database refuses.
pub async fn rotate(
    central: &Central,
    key: &NewKey,
    cause: Cause,
    handover: Handover,
) -> Result<Option<DateTime<Utc>>> {
    transaction!(central.work(), |tx| replace(tx, key, cause, handover).await)
}

async fn replace(tx: &mut CentralTx, key: &NewKey, cause: Cause, handover: Handover) -> Result<Option<DateTime<Utc>>> {
    tx.rows(&LOCK, &[]).await?;
    let days = if let Cause::Age(days) = cause { days } else { 0 };
    let newest = tx.row(&NEWEST, &[&days]).await?;
    let (first, old) = match newest {
        Some(row) => (false, row.try_get(0)?),
        None => (true, true),
    };
    if matches!(cause, Cause::Age(_)) && !old {
        return Ok(None);
    }
    // Nothing else can sign: it has to, whether or not every server has heard of it.
    let ahead = if first || cause == Cause::Stolen { 0 } else { handover.ahead };
    if cause == Cause::Stolen {
        tx.rows(&RETIRE_NOW, &[]).await?;
    } else {
        tx.rows(&RETIRE, &[&seconds(ahead + handover.overlap)]).await?;
    }
    let row = tx.row(&INSERT, &[&key.kid, &key.public_key, &key.private_key, &seconds(ahead)]).await?;
    let detail = Some(match cause {
        _ if first => "the first",
        Cause::Age(_) => "by age",
        Cause::Asked => "by command",
        Cause::Stolen => "by command, at once",
    });
    audit::record(tx, &Event { action: "signing_key_rotated", detail, ..Event::default() }).await?;
    tx.rows(&ANNOUNCE, &[]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

#[expect(clippy::cast_precision_loss, reason = "minutes")]
const fn seconds(seconds: i64) -> f64 {
    seconds as f64
}
