//! The keys that sign access tokens: how they are made and replaced, and what a process knows of them.
//!
//! A key is published [`AHEAD`] of its signing, so that every server and whoever caches the key set knows it by then; servers read
//! the keys as central tells of a change, and every minute. Its predecessor verifies until the last token that it may have signed has
//! expired. One stolen is replaced at once (`medicalpro keys rotate --now`): what it signed counts no more.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::{DecodingKey, EncodingKey};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::token::{LIFETIME, Tokens};
use crate::central::Central;
use crate::central::signing_keys::{self, Cause, Handover, NewKey, StoredKey};
use crate::error::{ApiError, describe};
use crate::secrets::{MasterKeys, Purpose, sha256};

pub use crate::central::signing_keys::CHANNEL;

/// Seconds that a key is known before it signs.
pub const AHEAD: i64 = 120;
/// Seconds after which a server that has missed the notice has read the keys twice.
const MARGIN: i64 = 120;
/// How often a server reads the keys without being told to.
const READ_EVERY: Duration = Duration::from_mins(1);
/// And after it could not.
const READ_AGAIN: Duration = Duration::from_secs(1);
/// How often a worker looks at the newest key's age.
const LOOK_EVERY: Duration = Duration::from_hours(1);

fn place(kid: &str) -> String {
    format!("signing key {kid}")
}

/// Replaces the newest key, or makes the first; tells its id and from when on it signs. `None`: it is young enough.
///
/// # Errors
/// As the database or the cipher refuses. Also when the newest key does not open with these master keys, unless it is stolen: the
/// servers, which read it, could not read its successor.
pub async fn rotate(
    central: &Central,
    keys: &MasterKeys,
    cause: Cause,
) -> anyhow::Result<Option<(String, DateTime<Utc>)>> {
    let stored = signing_keys::list(central).await.map_err(ApiError::into_cause)?;
    if let Some(newest) = stored.first().filter(|_| cause != Cause::Stolen) {
        keys.open(Purpose::SigningKey, &place(&newest.kid), &newest.private_key).context("the signing key in use")?;
    }
    let new = generate(keys)?;
    let handover = Handover { ahead: AHEAD, overlap: LIFETIME + MARGIN };
    let signs_from = signing_keys::rotate(central, &new, cause, handover).await.map_err(ApiError::into_cause)?;
    if let Some(from) = signs_from {
        tracing::info!(kid = new.kid, %from, ?cause, "a new signing key");
    }
    Ok(signs_from.map(|from| (new.kid, from)))
}

fn generate(keys: &MasterKeys) -> anyhow::Result<NewKey> {
    let document =
        Ed25519KeyPair::generate_pkcs8(&aws_lc_rs::rand::SystemRandom::new()).ok().context("no key was made")?;
    let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).ok().context("no key was made")?;
    let public_key = pair.public_key().as_ref().to_vec();
    let kid = URL_SAFE_NO_PAD.encode(&sha256(&public_key)[..12]);
    let private_key = keys.seal(Purpose::SigningKey, &place(&kid), document.as_ref())?;
    Ok(NewKey { kid, public_key, private_key })
}

/// The worker's part: replaces a key that is so many days old, until told to stop.
pub async fn rotate_by_age(central: &Central, keys: &MasterKeys, days: i32, stop: CancellationToken) {
    while tokio::time::timeout(LOOK_EVERY, stop.cancelled()).await.is_err() {
        if let Err(error) = rotate(central, keys, Cause::Age(days)).await {
            tracing::warn!(error = describe(&error), "the signing key's age could not be looked at");
        }
    }
}

/// A server's part: reads the keys whenever they have changed, and now and then, until told to stop.
pub async fn keep_fresh(
    tokens: Arc<Tokens>,
    central: Central,
    keys: Arc<MasterKeys>,
    mut changed: watch::Receiver<u64>,
    stop: CancellationToken,
) {
    let mut wait = READ_EVERY;
    loop {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            Ok(()) = changed.changed() => {}
            () = stop.cancelled() => return,
        }
        wait = match tokens.reload(&central, &keys).await {
            Ok(()) => READ_EVERY,
            Err(error) => {
                tracing::warn!(error = describe(&error), "the signing keys could not be read");
                READ_AGAIN
            }
        };
    }
}

/// A key, ready to use.
struct Key {
    kid: String,
    public: Vec<u8>,
    verifying: DecodingKey,
    /// None where our master keys do not open it: another signs for it as long as there is one.
    signing: Option<EncodingKey>,
    signs_from: DateTime<Utc>,
    retired_at: Option<DateTime<Utc>>,
}

impl Key {
    fn counts(&self, now: DateTime<Utc>) -> bool {
        self.retired_at.is_none_or(|end| now < end)
    }
}

/// The keys that a process knows, newest first. A `kid` is looked up here and nowhere else.
#[derive(Default)]
pub(super) struct KeyRing(Vec<Key>);

impl KeyRing {
    pub(super) fn of(stored: &[StoredKey], keys: &MasterKeys) -> Self {
        let open = |key: &StoredKey| {
            let private = keys.open(Purpose::SigningKey, &place(&key.kid), &key.private_key);
            private.inspect_err(|error| tracing::error!(kid = key.kid, %error, "a signing key is of no use")).ok()
        };
        let ready = |key: &StoredKey| Key {
            kid: key.kid.clone(),
            public: key.public_key.clone(),
            verifying: DecodingKey::from_ed_der(&key.public_key),
            signing: open(key).map(|private| EncodingKey::from_ed_der(&private)),
            signs_from: key.signs_from,
            retired_at: key.retired_at,
        };
        Self(stored.iter().map(ready).collect())
    }

    /// What verifies a token of this `kid` now.
    pub(super) fn verifying(&self, kid: &str, now: DateTime<Utc>) -> Option<&DecodingKey> {
        self.0.iter().find(|key| key.kid == kid && key.counts(now)).map(|key| &key.verifying)
    }

    /// What signs now: the newest whose time has come. Where there is none (our clock is behind central's), the next.
    pub(super) fn signing(&self, now: DateTime<Utc>) -> Option<(&str, &EncodingKey)> {
        let usable = || self.0.iter().filter(|key| key.counts(now) && key.signing.is_some());
        let key = usable().find(|key| key.signs_from <= now).or_else(|| usable().next_back())?;
        key.signing.as_ref().map(|signing| (key.kid.as_str(), signing))
    }

    /// `kid` and public half of each that verifies now.
    pub(super) fn published(&self, now: DateTime<Utc>) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().filter(move |key| key.counts(now)).map(|key| (key.kid.as_str(), key.public.as_slice()))
    }
}

/// A key whose private half is at hand, as stored: for tests.
#[cfg(any(test, fuzzing))]
#[expect(clippy::expect_used, reason = "tests only")]
pub(super) fn stored(keys: &MasterKeys, signs_from: DateTime<Utc>, retired_at: Option<DateTime<Utc>>) -> StoredKey {
    let NewKey { kid, public_key, private_key } = generate(keys).expect("a key");
    StoredKey { kid, public_key, private_key, signs_from, retired_at }
}
