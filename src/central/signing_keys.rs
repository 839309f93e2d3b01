//! `signing_keys`: what signs access tokens; private halves sealed.

use super::Central;
use crate::error::Result;
use crate::sql;
use crate::sql::CentralLogin;

sql! { Central;
    /// Keys that may still verify, newest first.
    LIST by [CentralLogin::Api, CentralLogin::Provisioner];
        "SELECT kid, public_key, private_key FROM signing_keys WHERE retired_at IS NULL ORDER BY created_at DESC, kid";
    /// A new key.
    INSERT by [CentralLogin::Provisioner];
        "INSERT INTO signing_keys (kid, public_key, private_key) VALUES ($1, $2, $3)";
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

/// Stores a key.
///
/// # Errors
/// As the database refuses.
pub async fn insert(central: &Central, key: &StoredKey) -> Result<()> {
    central.rows(&INSERT, &[&key.kid, &key.public_key, &key.private_key]).await?;
    Ok(())
}
