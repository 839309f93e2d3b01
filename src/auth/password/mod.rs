//! Passwords: Argon2id (RFC 9106), with the parameters of the OWASP Password Storage Cheat Sheet (19 MiB, 2 passes, 1 lane).
//!
//! Each hash takes 19 MiB and a core for some milliseconds, so that a few at a time run, on threads of their own; a few more wait,
//! and whoever comes then is asked to come again. A password becomes a hash only by [`Passwords::accept`], which holds it to
//! the [`policy`].
//!
//! What is hashed is the password in NFC (NIST SP 800-63B-4, section 3.1.1.2; RFC 8265, section 4.2): keyboards differ in how they
//! compose a letter. Nothing else about it is changed, nor is it cut.

pub mod policy;

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::api::text::NewPassword;
use crate::error::{ApiError, Result};

/// For each that is hashed, so many may wait: about half a second's work.
const WAITING_PER_SLOT: usize = 16;

/// Hashes and verifies, a bounded number at a time.
#[derive(Clone, Debug)]
pub struct Passwords {
    slots: Arc<Semaphore>,
    /// Those that run and those that wait.
    places: Arc<Semaphore>,
    /// The hash of no password: verified when there is no account, so that the answer takes as long.
    nobody: Arc<str>,
}

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default())
}

impl Passwords {
    /// At most `at_once` hashes run at a time.
    ///
    /// # Errors
    /// When the library refuses its own parameters.
    pub fn new(at_once: usize) -> anyhow::Result<Self> {
        let nobody = of_nobody()?;
        let places = Arc::new(Semaphore::new(at_once.saturating_mul(1 + WAITING_PER_SLOT)));
        Ok(Self { slots: Arc::new(Semaphore::new(at_once)), places, nobody: nobody.into() })
    }

    /// The PHC string of a new password, if the policy accepts it. `pointer` is the field that it stands in; `hints` are the
    /// person's and the clinic's names and addresses, as they are.
    ///
    /// # Errors
    /// Invalid with the policy's code; unavailable when too many wait.
    pub async fn accept(&self, new: &NewPassword, pointer: &'static str, hints: &[&str]) -> Result<String> {
        let password = composed(new.as_str());
        let hints: Vec<String> = hints.iter().map(|&hint| hint.to_owned()).collect();
        self.run(move || {
            let hints: Vec<&str> = hints.iter().map(String::as_str).collect();
            policy::check(&password, &hints).map_err(|weakness| ApiError::Invalid(vec![weakness.at(pointer)]))?;
            hash(&password).map_err(|error| ApiError::internal(anyhow::anyhow!("argon2: {error}")))
        })
        .await?
    }

    /// Whether this is the password; `None` as the stored hash means that there is no account, and takes as long.
    ///
    /// # Errors
    /// Unavailable when too many wait.
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> Result<bool> {
        let password = composed(password);
        let expected = stored.map_or_else(|| self.nobody.to_string(), str::to_owned);
        let matches = self
            .run(move || {
                PasswordHash::new(&expected)
                    .is_ok_and(|parsed| argon2().verify_password(password.as_bytes(), &parsed).is_ok())
            })
            .await?;
        Ok(matches && stored.is_some())
    }

    /// The hash that should stand in place of the stored one, whose password this is known to be: where that one is weaker than
    /// those that are made now, and never otherwise.
    ///
    /// # Errors
    /// Unavailable when too many wait.
    pub async fn renewed(&self, password: &str, stored: &str) -> Result<Option<String>> {
        if !is_weaker(stored) {
            return Ok(None);
        }
        let password = composed(password);
        let renewed = self.run(move || hash(&password)).await?;
        renewed.map(Some).map_err(|error| ApiError::internal(anyhow::anyhow!("argon2: {error}")))
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let busy = |_| ApiError::Unavailable { code: "passwords_busy", retry_after: 1 };
        let place = self.places.clone().try_acquire_owned().map_err(busy)?;
        let slot = self.slots.clone().acquire_owned().await.map_err(ApiError::internal)?;
        tokio::task::spawn_blocking(move || {
            let _held = (place, slot);
            work()
        })
        .await
        .map_err(ApiError::internal)
    }
}

/// The hash of a password that nobody knows, for an account whose person chooses one by a mailed link.
///
/// # Errors
/// When the library refuses its own parameters.
pub fn of_nobody() -> anyhow::Result<String> {
    hash(&crate::secrets::random_text()).map_err(|error| anyhow::anyhow!("argon2: {error}"))
}

fn composed(password: &str) -> Zeroizing<String> {
    Zeroizing::new(password.nfc().collect())
}

fn hash(password: &str) -> Result<String, argon2::password_hash::Error> {
    Ok(argon2().hash_password(password.as_bytes())?.to_string())
}

/// Whether a hash was made with less than ours in something, and with more in nothing.
fn is_weaker(stored: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(stored) else { return false };
    let Ok(theirs) = Params::try_from(&parsed) else { return false };
    let version = parsed.version.unwrap_or(Version::V0x10.into());
    let of = |params: &Params, version: u32| [params.m_cost(), params.t_cost(), params.p_cost(), version];
    let (theirs, ours) = (of(&theirs, version), of(&Params::default(), Version::V0x13.into()));
    theirs != ours && theirs.iter().zip(&ours).all(|(theirs, ours)| theirs <= ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn accepted(passwords: &Passwords, password: &str) -> String {
        passwords.accept(&password.parse().expect("long enough"), "/password", &[]).await.expect("accepted")
    }

    #[tokio::test]
    async fn only_the_password_verifies() {
        let passwords = Passwords::new(1).expect("parameters");
        let stored = accepted(&passwords, "correct horse battery").await;
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(passwords.verify("correct horse battery", Some(&stored)).await.expect("verifies"));
        assert!(!passwords.verify("correct horse batterz", Some(&stored)).await.expect("verifies"));
        assert!(!passwords.verify("correct horse battery", None).await.expect("verifies"), "no account");
        // What is verified then takes as long.
        for nobodys in [&*passwords.nobody, &of_nobody().expect("parameters")] {
            assert!(nobodys.starts_with("$argon2id$v=19$m=19456,t=2,p=1$") && nobodys != stored, "{nobodys}");
            assert_eq!(nobodys.len(), stored.len());
        }
    }

    #[tokio::test]
    async fn a_letter_composed_in_another_way_is_the_same_and_nothing_else_is() {
        let passwords = Passwords::new(1).expect("parameters");
        let stored = accepted(&passwords, "café crème wombat").await;
        assert!(passwords.verify("cafe\u{301} cre\u{300}me wombat", Some(&stored)).await.expect("verifies"));
        for other in ["cafe creme wombat", "CAFÉ crème wombat", " café crème wombat", "café crème wombat\u{200b}"]
        {
            assert!(!passwords.verify(other, Some(&stored)).await.expect("verifies"), "{other:?}");
        }
    }

    #[tokio::test]
    async fn all_128_characters_count() {
        let passwords = Passwords::new(1).expect("parameters");
        let long = format!("{}{}", "wombat nadir quartz ".repeat(6), "12345678");
        let stored = accepted(&passwords, &long).await;
        assert!(passwords.verify(&long, Some(&stored)).await.expect("verifies"));
        assert!(!passwords.verify(&format!("{}9", &long[..127]), Some(&stored)).await.expect("verifies"));
    }

    #[tokio::test]
    async fn a_weaker_hash_is_renewed_and_one_as_strong_or_stronger_is_not() {
        let passwords = Passwords::new(1).expect("parameters");
        let with = |version, memory, passes, lanes| {
            let params = Params::new(memory, passes, lanes, None).expect("parameters");
            let argon2 = Argon2::new(Algorithm::Argon2id, version, params);
            argon2.hash_password(b"correct horse battery").expect("hashes").to_string()
        };
        for (memory, passes, lanes, weaker) in [
            (19_456, 2, 1, false),
            (4_096, 2, 1, true),
            (19_456, 1, 1, true),
            (65_536, 2, 1, false),
            (65_536, 1, 1, false),
            (19_456, 2, 4, false),
        ] {
            let stored = with(Version::V0x13, memory, passes, lanes);
            let renewed = passwords.renewed("correct horse battery", &stored).await.expect("renews");
            assert_eq!(renewed.is_some(), weaker, "{stored}");
            if let Some(renewed) = renewed {
                assert!(renewed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{renewed}");
                assert!(passwords.verify("correct horse battery", Some(&renewed)).await.expect("verifies"));
            }
        }
        assert!(is_weaker(&with(Version::V0x10, 19_456, 2, 1)), "an older version");
        assert!(!is_weaker("what is this"));
    }

    #[tokio::test]
    async fn of_a_flood_some_wait_and_the_rest_are_answered_at_once() {
        let passwords = Passwords::new(1).expect("parameters");
        let hold = passwords.slots.clone().acquire_owned().await.expect("a slot");
        let mut waiting = Vec::new();
        for _ in 0..=WAITING_PER_SLOT {
            let passwords = passwords.clone();
            waiting.push(tokio::spawn(async move { passwords.verify("correct horse battery", None).await }));
        }
        while passwords.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let refused = passwords.verify("correct horse battery", None).await;
        assert!(matches!(refused, Err(ApiError::Unavailable { code: "passwords_busy", .. })), "{refused:?}");
        drop(hold);
        for one in waiting {
            assert!(!one.await.expect("ends").expect("was let in"));
        }
        assert!(passwords.verify("correct horse battery", None).await.is_ok(), "and then there is room again");
    }
}
