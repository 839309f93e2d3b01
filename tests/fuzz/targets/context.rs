//! Signed contexts: six fields of harmless letters, good for a minute, and not by another key, nor with a byte in it replaced.
//!
//! Who verifies them is PostgreSQL (`app.verified_context`), by the two pads; here the same is done with what it keeps. That the function does
//! so is shown on a real one, in `tests/it/isolation/properties.rs`.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use medicalpro::clinic::ContextKey;
use medicalpro::ids::{ClinicId, Role, UserId};
use medicalpro::secrets::{KEY_BYTES, sha256};
use uuid::Uuid;

#[derive(Arbitrary, Debug)]
struct Input {
    secret: [u8; KEY_BYTES],
    another: [u8; KEY_BYTES],
    kid: u16,
    clinic: u128,
    user: u128,
    role: u8,
    now: u32,
    at: u16,
    byte: u8,
}

/// The fields, where the signature is right by the pads of this key.
fn verified<'a>(context: &'a str, secret: &[u8; KEY_BYTES]) -> Option<Vec<&'a str>> {
    let parts: Vec<&str> = context.split('|').collect();
    let signed = context.get(..context.len().checked_sub(65)?)?;
    let (inner, outer) = ContextKey::pads(secret);
    let mac = sha256(&[&outer[..], &sha256(&[&inner[..], signed.as_bytes()].concat())].concat());
    (parts.len() == 6 && parts[5] == hex::encode(mac)).then_some(parts)
}

fuzz_target!(|input: Input| {
    let Input { secret, another, kid, clinic, user, role, now, at, byte } = input;
    let (clinic, user) = (ClinicId(Uuid::from_u128(clinic)), UserId(Uuid::from_u128(user)));
    let role = Role::ALL[usize::from(role) % Role::ALL.len()].session_role();
    let signed = ContextKey::new(kid.into(), &secret).sign(clinic, role, user, now.into());
    assert!(signed.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"|_-".contains(&b)), "{signed}");
    let [kid, clinic, user] = [kid.to_string(), clinic.to_string(), user.to_string()];
    let fields = [&kid, &clinic, role, &user, &(i64::from(now) + 60).to_string()];
    assert_eq!(verified(&signed, &secret).map(|parts| parts[..5].to_vec()), Some(fields.to_vec()));
    if secret != another {
        assert_eq!(verified(&signed, &another), None, "another key");
    }
    let mut edited = signed.into_bytes();
    let at = usize::from(at) % edited.len();
    if edited[at] != byte {
        edited[at] = byte;
        if let Ok(edited) = std::str::from_utf8(&edited) {
            assert_eq!(verified(edited, &secret), None, "edited: {edited}");
        }
    }
});
