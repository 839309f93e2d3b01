//! Who asks, and the signature that tells PostgreSQL so.
//!
//! The context is `kid|company|role|user|expires|mac`; the policies of the clinic's database check it in every statement
//! (`app.tenant`). The key is the clinic's own, 32 random bytes, sealed in central and laid into the clinic's database when
//! it is made; whoever holds a clinic's connection but not that key can show nothing.

use std::fmt;
use std::fmt::Write as _;

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::ids::{ClinicId, RequestId, Role, SessionId, UserId};
use crate::secrets::KEY_BYTES;

/// Seconds that a signed context is good for: longer than any statement may run.
const LIFETIME: i64 = 60;

/// Whom a transaction runs for: what checkout signs.
#[derive(Clone, Debug)]
pub(super) struct Principal {
    pub clinic: ClinicId,
    pub user: UserId,
    /// The role that the session takes in PostgreSQL.
    pub session_role: &'static str,
    pub request: RequestId,
    pub operation: String,
    pub epoch: i64,
}

/// What the worker has to do at a clinic, in nobody's name and under its own role, `medicalpro_worker`.
///
/// Only what sends mail builds one (`tests/it/architecture.rs` holds it to that).
#[derive(Clone, Debug)]
pub struct Errand(pub(super) Principal);

impl Errand {
    /// An errand to an active clinic. `epoch` is the clinic's, for [`super::Clinics`].
    #[must_use]
    pub(crate) fn to(clinic: ClinicId, operation: &str, epoch: i64) -> Self {
        Self(Principal {
            clinic,
            user: UserId(uuid::Uuid::nil()),
            session_role: "medicalpro_worker",
            request: RequestId::generate(),
            operation: operation.to_owned(),
            epoch,
        })
    }

    /// Where to.
    #[must_use]
    pub const fn clinic(&self) -> ClinicId {
        self.0.clinic
    }
}

/// Whoever holds a link that opens one thing at a clinic, in nobody's name and under a role of its own, `medicalpro_link`: it may call
/// the functions made for links, which know by the link's id, signed as the user, what it opens; and no table.
///
/// Only `auth::link` builds one (`tests/it/architecture.rs` holds it to that).
#[derive(Clone, Debug)]
pub struct Link(pub(super) Principal);

impl Link {
    /// A link whose token and clinic were verified. `epoch` is the clinic's, for [`super::Clinics`].
    #[must_use]
    pub(crate) const fn verified(
        clinic: ClinicId,
        id: uuid::Uuid,
        request: RequestId,
        operation: String,
        epoch: i64,
    ) -> Self {
        Self(Principal { clinic, user: UserId(id), session_role: "medicalpro_link", request, operation, epoch })
    }

    /// At which clinic.
    #[must_use]
    pub const fn clinic(&self) -> ClinicId {
        self.0.clinic
    }
}

/// A person who makes a request, as verified: the token, its session and the clinic's status were checked.
///
/// Only `auth::caller` builds one (`tests/it/architecture.rs` holds it to that).
#[derive(Clone, Debug)]
pub struct Caller {
    pub(super) principal: Principal,
    role: Role,
    session: SessionId,
}

impl Caller {
    /// A caller whose token, session and clinic were verified. `epoch` is the clinic's, for [`super::Clinics`].
    #[must_use]
    pub(crate) const fn verified(
        clinic: ClinicId,
        user: UserId,
        role: Role,
        session: SessionId,
        request: RequestId,
        operation: String,
        epoch: i64,
    ) -> Self {
        let session_role = role.session_role();
        Self { principal: Principal { clinic, user, session_role, request, operation, epoch }, role, session }
    }

    /// The clinic, from the token and from nothing else.
    #[must_use]
    pub const fn clinic(&self) -> ClinicId {
        self.principal.clinic
    }

    /// The person.
    #[must_use]
    pub const fn user(&self) -> UserId {
        self.principal.user
    }

    /// The role in this clinic.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The log-in.
    #[must_use]
    pub const fn session(&self) -> SessionId {
        self.session
    }

    /// The request.
    #[must_use]
    pub const fn request(&self) -> RequestId {
        self.principal.request
    }

    /// What was asked for: method and path pattern, `PATCH /api/v1/patients/:id`.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.principal.operation
    }
}

/// A clinic's context key. Debug shows its id only.
pub struct ContextKey {
    kid: i32,
    key: hmac::Key,
}

impl fmt::Debug for ContextKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContextKey({})", self.kid)
    }
}

impl ContextKey {
    /// From the opened secret.
    #[must_use]
    pub fn new(kid: i32, secret: &[u8]) -> Self {
        Self { kid, key: hmac::Key::new(hmac::HMAC_SHA256, secret) }
    }

    /// The two pads of HMAC-SHA256 (RFC 2104) that `app.context_key` keeps, so that PostgreSQL needs no extension.
    #[must_use]
    pub fn pads(secret: &[u8; KEY_BYTES]) -> (Zeroizing<Vec<u8>>, Zeroizing<Vec<u8>>) {
        const BLOCK: usize = 64;
        let pad = |byte: u8| {
            let mut pad = Zeroizing::new(vec![byte; BLOCK]);
            for (slot, key) in pad.iter_mut().zip(secret) {
                *slot ^= key;
            }
            pad
        };
        (pad(0x36), pad(0x5c))
    }

    /// Signs who asks, for `LIFETIME` seconds from `now` (seconds since 1970). Of the charset `[0-9a-z_|-]` only, so that it
    /// can stand quoted in a `SET LOCAL`.
    #[must_use]
    pub fn sign(&self, clinic: ClinicId, session_role: &'static str, user: UserId, now: i64) -> String {
        let mut context = format!("{}|{clinic}|{session_role}|{user}|{}", self.kid, now + LIFETIME);
        let mac = hmac::sign(&self.key, context.as_bytes());
        context.push('|');
        for byte in mac.as_ref() {
            // Writing to a String does not fail.
            let _ = write!(context, "{byte:02x}");
        }
        context
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::sha256;

    #[test]
    fn the_pads_give_the_same_signature_as_hmac() {
        let secret: [u8; KEY_BYTES] = crate::secrets::random();
        let signed =
            ContextKey::new(1, &secret).sign(ClinicId::generate(), "medicalpro_admin", UserId::generate(), 1_000);
        let (payload, mac) = signed.rsplit_once('|').expect("six fields");
        let (inner, outer) = ContextKey::pads(&secret);
        let by_pads = sha256(&[&outer[..], &sha256(&[&inner[..], payload.as_bytes()].concat())].concat());
        assert_eq!(hex::encode(by_pads), mac);
        assert!(payload.ends_with("|1060"));
    }

    #[test]
    fn a_context_can_stand_quoted_in_sql() {
        let signed =
            ContextKey::new(1, &[7; KEY_BYTES]).sign(ClinicId::generate(), "medicalpro_nurse", UserId::generate(), 0);
        assert!(signed.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"|_-".contains(&b)));
    }
}
