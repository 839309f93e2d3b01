//! The token of a held slot: whoever holds one has it, and books the time by it. Only its hash is stored.

use super::text::OpaqueToken;
use crate::secrets::sha256;

/// As in `slot_holds.token_hash`.
#[must_use]
pub fn hash(token: &OpaqueToken) -> [u8; 32] {
    sha256(token.as_str().as_bytes())
}
