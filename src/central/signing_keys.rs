//! `signing_keys`: what signs access tokens; private halves sealed.

use super::Central;
use crate::error::Result;
use crate::sql;
use crate::sql::CentralLogin;
use crate::transaction;

sql! { Central;
    /// Keys that may still verify, newest first.
    LIST by [CentralLogin::Api, CentralLogin::Provisioner];
        "SELECT kid, public_key, private_key FROM signing_keys WHERE retired_at IS NULL ORDER BY created_at DESC, kid";
    /// One worker at a time looks whether there is a key.
    LOCK by [CentralLogin::Provisioner];
        "SELECT pg_advisory_xact_lock(hashtext('medicalpro signing key'))";
    /// The first key; of several workers that start at once, one makes it.
    INSERT_FIRST by [CentralLogin::Provisioner];
        "INSERT INTO signing_keys (kid, public_key, private_key)
         SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT FROM signing_keys WHERE retired_at IS NULL)";
}

/// A stored key.
pub struct StoredKey {
    /// Its id, in the tokens' header.
    pub kid: String,
    /// 32 bytes (RFC 8032).
    pub public_key: Vec<u8>,
    /// Sealed PKCS #8.
    pub private_key: String,
}

impl std::fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredKey({})", self.kid)
    }
}

crate::from_row!(StoredKey { kid, public_key, private_key });

/// The keys in use, newest first.
///
/// # Errors
/// As the database refuses.
pub async fn list(central: &Central) -> Result<Vec<StoredKey>> {
    let rows = central.rows(&LIST, &[]).await?;
    Ok(rows.iter().map(StoredKey::try_from).collect::<Result<_, _>>()?)
}

/// Stores the first key, unless there is one by now.
///
/// # Errors
/// As the database refuses.
pub async fn insert_first(central: &Central, key: &StoredKey) -> Result<()> {
    transaction!(central.work(), |tx| {
        tx.rows(&LOCK, &[]).await?;
        tx.rows(&INSERT_FIRST, &[&key.kid, &key.public_key, &key.private_key]).await?;
        Ok(())
    })
}
