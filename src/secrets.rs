//! Sealing: what central keeps but must not be able to read. Owns the master keys and the form of a sealed value.
//!
//! A sealed value is `v1.<key id>.<base64url(nonce ‖ ciphertext ‖ tag)>`: AES-256-GCM under a key derived for one purpose
//! from the master key of that id, a random 96-bit nonce a value, and associated data that ties it to its place, so that a
//! value copied to another row, or a row whose host was edited, does not open. The first master key seals; all of them
//! open, so that keys can be exchanged while running.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::{Zeroize, Zeroizing};

/// Bytes of a master key and of everything derived from one.
pub const KEY_BYTES: usize = 32;

/// Fills an array with random bytes from the operating system.
///
/// # Panics
/// When the operating system has no randomness: nothing secret can be made then.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(clippy::expect_used, reason = "without randomness no key, token or nonce may be made")]
    SystemRandom::new().fill(&mut bytes).expect("the operating system has randomness");
    bytes
}

/// 256 random bits as text without padding: tokens and machine passwords.
#[must_use]
pub fn random_text() -> Zeroizing<String> {
    Zeroizing::new(URL_SAFE_NO_PAD.encode(random::<KEY_BYTES>()))
}

/// SHA-256, for tokens at rest: they are random, so that a fast hash is enough.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut digest = [0; 32];
    digest.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref());
    digest
}

/// What a derived key is for; no two purposes share one.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// A clinic's database password.
    DatabasePassword,
    /// A clinic's context key.
    ContextKey,
    /// The private half of a token-signing key.
    SigningKey,
    /// List cursors.
    Cursor,
    /// Recognising a repeated request that holds a password.
    Fingerprint,
    /// What a person's authenticator app shares with us.
    SecondFactor,
    /// The refresh token that follows another.
    RefreshToken,
    /// The tokens of links that patients and calendar programs hold.
    Link,
    /// The token of a held slot, in an answer that is kept to be given again.
    SlotHold,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::DatabasePassword => b"medicalpro database password v1",
            Self::ContextKey => b"medicalpro context key v1",
            Self::SigningKey => b"medicalpro signing key v1",
            Self::Cursor => b"medicalpro cursor v1",
            Self::Fingerprint => b"medicalpro fingerprint v1",
            Self::SecondFactor => b"medicalpro second factor v1",
            Self::RefreshToken => b"medicalpro refresh token v1",
            Self::Link => b"medicalpro link v1",
            Self::SlotHold => b"medicalpro slot hold v1",
        }
    }
}

struct MasterKey {
    id: String,
    bytes: Zeroizing<[u8; KEY_BYTES]>,
}

/// The master keys, as read from settings. Debug shows their ids only.
pub struct MasterKeys(Vec<MasterKey>);

/// Why master keys or a sealed value were refused; never says what they contain.
#[derive(Debug, PartialEq, Eq)]
pub enum SecretError {
    /// The setting is not `id:base64[,id:base64]…`.
    Malformed(&'static str),
    /// A key is not 32 bytes, or has too few different ones to be random.
    Weak(&'static str),
    /// The sealed value does not open: wrong key, place or bytes.
    Sealed,
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(why) | Self::Weak(why) => f.write_str(why),
            Self::Sealed => f.write_str("a sealed value does not open with the configured master keys"),
        }
    }
}

impl std::error::Error for SecretError {}

impl fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.id)).finish()
    }
}

struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        KEY_BYTES
    }
}

impl MasterKeys {
    /// Reads `id:base64url(32 bytes)[,…]`, the sealing key first.
    ///
    /// # Errors
    /// Says what is wrong with the setting, never what it contains.
    pub fn parse(setting: &str) -> Result<Self, SecretError> {
        let mut keys = Vec::new();
        for entry in setting.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let (id, encoded) =
                entry.split_once(':').ok_or(SecretError::Malformed("a key is not of the form id:base64"))?;
            if id.is_empty() || id.len() > 32 || !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
                return Err(SecretError::Malformed("a key's id is not 1 to 32 letters, digits or hyphens"));
            }
            let decoded = Zeroizing::new(
                URL_SAFE_NO_PAD
                    .decode(encoded.trim_end_matches('=').replace('+', "-").replace('/', "_"))
                    .map_err(|_| SecretError::Malformed("a key is not base64"))?,
            );
            let bytes: [u8; KEY_BYTES] =
                decoded.as_slice().try_into().map_err(|_| SecretError::Weak("a key is not 32 bytes long"))?;
            let mut distinct = bytes;
            distinct.sort_unstable();
            // 32 random bytes have fewer than 16 different ones less than once in 10^12 keys.
            if distinct.chunk_by(|a, b| a == b).count() < 16 {
                return Err(SecretError::Weak("a key is not random; make one with `medicalpro keys generate`"));
            }
            distinct.zeroize();
            if keys.iter().any(|key: &MasterKey| key.id == id) {
                return Err(SecretError::Malformed("two keys bear the same id"));
            }
            keys.push(MasterKey { id: id.to_owned(), bytes: Zeroizing::new(bytes) });
        }
        if keys.is_empty() {
            return Err(SecretError::Malformed("there is no key"));
        }
        Ok(Self(keys))
    }

    /// A fresh key in the setting's form, its id from its date.
    #[must_use]
    pub fn generate(date: chrono::NaiveDate) -> Zeroizing<String> {
        Zeroizing::new(format!("k{}:{}", date.format("%Y%m%d"), *random_text()))
    }

    fn derive(&self, id: Option<&str>, purpose: Purpose) -> Option<(&str, Zeroizing<[u8; KEY_BYTES]>)> {
        let master = match id {
            None => self.0.first(),
            Some(id) => self.0.iter().find(|key| key.id == id),
        }?;
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        Salt::new(HKDF_SHA256, b"medicalpro")
            .extract(master.bytes.as_slice())
            .expand(&[purpose.label()], Length)
            .ok()?
            .fill(bytes.as_mut_slice())
            .ok()?;
        Some((&master.id, bytes))
    }

    fn cipher(&self, id: Option<&str>, purpose: Purpose) -> Option<(&str, LessSafeKey)> {
        let (id, bytes) = self.derive(id, purpose)?;
        Some((id, LessSafeKey::new(UnboundKey::new(&AES_256_GCM, bytes.as_slice()).ok()?)))
    }

    /// A keyed hash, by which to recognise bytes again without giving them away to whoever reads it.
    ///
    /// # Panics
    /// Never: a set of master keys has one at least.
    #[must_use]
    pub fn fingerprint(&self, bytes: &[u8]) -> [u8; 32] {
        #[expect(clippy::expect_used, reason = "there is always a first key, and HKDF gives 32 bytes of any")]
        let (_, key) = self.derive(None, Purpose::Fingerprint).expect("a derived key");
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_slice()), bytes);
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(mac.as_ref());
        fingerprint
    }

    /// What follows a token, 256 bits as text, under each master key, the sealing one first: the same for whoever holds the keys, and
    /// no more to be guessed than the token.
    #[must_use]
    pub fn successors(&self, token: &str) -> Vec<Zeroizing<String>> {
        let keys = self.0.iter().filter_map(|key| self.derive(Some(&key.id), Purpose::RefreshToken));
        keys.map(|(_, key)| {
            let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_slice()), token.as_bytes());
            Zeroizing::new(URL_SAFE_NO_PAD.encode(mac.as_ref()))
        })
        .collect()
    }

    /// Seals a value for one purpose and one place.
    ///
    /// # Errors
    /// [`SecretError::Sealed`] if the cipher refuses, which it does only for values of gigabytes.
    pub fn seal(&self, purpose: Purpose, place: &str, plain: &[u8]) -> Result<String, SecretError> {
        let (id, key) = self.cipher(None, purpose).ok_or(SecretError::Sealed)?;
        let nonce = random::<NONCE_LEN>();
        let mut sealed = plain.to_vec();
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place), &mut sealed)
            .map_err(|_| SecretError::Sealed)?;
        let mut bytes = nonce.to_vec();
        bytes.append(&mut sealed);
        Ok(format!("v1.{id}.{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Opens what [`Self::seal`] made for the same purpose and place.
    ///
    /// # Errors
    /// [`SecretError::Sealed`] for anything else, without saying which part did not fit.
    pub fn open(&self, purpose: Purpose, place: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, SecretError> {
        let mut parts = sealed.splitn(3, '.');
        let (Some("v1"), Some(id), Some(encoded)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(SecretError::Sealed);
        };
        let mut bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(encoded).map_err(|_| SecretError::Sealed)?);
        if bytes.len() < NONCE_LEN {
            return Err(SecretError::Sealed);
        }
        let (_, key) = self.cipher(Some(id), purpose).ok_or(SecretError::Sealed)?;
        let mut nonce = [0; NONCE_LEN];
        nonce.copy_from_slice(&bytes[..NONCE_LEN]);
        let length = key
            .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(place), &mut bytes[NONCE_LEN..])
            .map_err(|_| SecretError::Sealed)?
            .len();
        Ok(Zeroizing::new(bytes[NONCE_LEN..NONCE_LEN + length].to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> MasterKeys {
        MasterKeys::parse(&MasterKeys::generate(chrono::NaiveDate::MIN)).expect("a generated key is accepted")
    }

    #[test]
    fn what_was_sealed_opens_again_and_only_at_its_place() {
        let keys = keys();
        let sealed = keys.seal(Purpose::DatabasePassword, "clinic a", b"secret").expect("seals");
        assert_eq!(&**keys.open(Purpose::DatabasePassword, "clinic a", &sealed).expect("opens"), b"secret");
        assert!(keys.open(Purpose::DatabasePassword, "clinic b", &sealed).is_err(), "another place");
        assert!(keys.open(Purpose::ContextKey, "clinic a", &sealed).is_err(), "another purpose");
        let mut edited = sealed.clone().into_bytes();
        let last = edited.len() - 2;
        edited[last] = if edited[last] == b'A' { b'B' } else { b'A' };
        let edited = String::from_utf8(edited).expect("still text");
        assert!(keys.open(Purpose::DatabasePassword, "clinic a", &edited).is_err(), "edited");
    }

    #[test]
    fn an_older_key_still_opens_and_a_newer_one_seals() {
        let old = MasterKeys::generate(chrono::NaiveDate::MIN).replace("k-", "old");
        let new = format!("new:{}", *random_text());
        let sealed = MasterKeys::parse(&old).expect("old").seal(Purpose::Cursor, "", b"x").expect("seals");
        let both = MasterKeys::parse(&format!("{new},{old}")).expect("both");
        assert!(both.open(Purpose::Cursor, "", &sealed).is_ok());
        assert!(both.seal(Purpose::Cursor, "", b"x").expect("seals").starts_with("v1.new."));
        assert!(MasterKeys::parse(&new).expect("new").open(Purpose::Cursor, "", &sealed).is_err());
    }

    #[test]
    fn what_follows_a_token_is_the_same_for_whoever_holds_the_keys() {
        let (old, new) = (format!("old:{}", *random_text()), format!("new:{}", *random_text()));
        let successors = |keys: &str| {
            let keys = MasterKeys::parse(keys).expect("keys");
            keys.successors("token").iter().map(|text| text.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(successors(&old), successors(&old));
        assert_eq!(successors(&format!("{new},{old}")), [successors(&new), successors(&old)].concat());
        assert_ne!(successors(&new), successors(&old));
        assert_eq!(successors(&old)[0].len(), 43);
    }

    #[test]
    fn weak_or_malformed_keys_are_refused_without_being_quoted() {
        for bad in ["", "k1", "k1:short", "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "k 1:x", "k1:!!!"] {
            let error = MasterKeys::parse(bad).expect_err(bad).to_string();
            assert!(bad.len() < 4 || !error.contains(bad));
        }
    }

    #[test]
    fn debug_shows_no_key() {
        let text = MasterKeys::generate(chrono::NaiveDate::MIN);
        let secret = text.split_once(':').expect("id:key").1;
        assert!(!format!("{:?}", MasterKeys::parse(&text).expect("parses")).contains(secret));
    }

    mod properties {
        use proptest::prelude::*;

        use super::*;

        const PURPOSES: [Purpose; 3] = [Purpose::ContextKey, Purpose::Cursor, Purpose::Link];

        proptest! {
            #[test]
            fn what_is_sealed_opens_as_it_was_and_nowhere_else_nor_with_a_byte_replaced(
                plain in any::<Vec<u8>>(),
                here in ".*",
                elsewhere in ".*",
                purpose in 0..PURPOSES.len(),
                at in any::<prop::sample::Index>(),
                letter in "[ -~é]",
            ) {
                let (keys, others) = (keys(), keys());
                let (purpose, other) = (PURPOSES[purpose], PURPOSES[(purpose + 1) % PURPOSES.len()]);
                let sealed = keys.seal(purpose, &here, &plain).expect("seals");
                let open = |purpose, place: &str, text: &str| keys.open(purpose, place, text).ok().map(|plain| plain.to_vec());
                prop_assert_eq!(open(purpose, &here, &sealed), Some(plain));
                prop_assert_eq!(open(other, &here, &sealed), None, "another purpose");
                prop_assert!(others.open(purpose, &here, &sealed).is_err(), "other keys");
                if here != elsewhere {
                    prop_assert_eq!(open(purpose, &elsewhere, &sealed), None, "another place");
                }
                let at = at.index(sealed.len());
                let edited = format!("{}{letter}{}", &sealed[..at], &sealed[at + 1..]);
                if edited != sealed {
                    prop_assert_eq!(open(purpose, &here, &edited), None, "edited");
                }
                prop_assert_eq!(open(purpose, &here, &sealed[..at]), None, "cut short");
            }

            #[test]
            fn two_places_of_parts_are_never_one(parts in prop::collection::vec("[a-z|.]{0,4}", 2), cut in any::<prop::sample::Index>()) {
                // Places are made of parts with a separator between them: what moves across it is another place.
                let keys = keys();
                let joined = parts.join("|");
                let cut = cut.index(joined.len() + 1);
                let moved = format!("{}|{}", &joined[..cut], &joined[cut..]);
                let sealed = keys.seal(Purpose::Cursor, &joined, b"x").expect("seals");
                prop_assert!(keys.open(Purpose::Cursor, &joined, &sealed).is_ok());
                prop_assert!(keys.open(Purpose::Cursor, &moved, &sealed).is_err());
            }
        }
    }
}
