//! Passwords: Argon2id (RFC 9106), with the parameters of the OWASP Password Storage Cheat Sheet (19 MiB, 2 passes, 1 lane).
//!
//! Each hash takes 19 MiB and a core for some milliseconds, so that a few at a time run, on threads of their own; the others wait.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::error::{ApiError, Result};

/// Hashes and verifies, a bounded number at a time.
#[derive(Clone, Debug)]
pub struct Passwords {
    slots: Arc<Semaphore>,
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
        let nobody = hash(&crate::secrets::random_text()).map_err(|error| anyhow::anyhow!("argon2: {error}"))?;
        Ok(Self { slots: Arc::new(Semaphore::new(at_once)), nobody: nobody.into() })
    }

    /// The PHC string of a password.
    ///
    /// # Errors
    /// Internal when the library refuses.
    pub async fn hash(&self, password: &str) -> Result<String> {
        let password = Zeroizing::new(password.to_owned());
        self.run(move || hash(&password)).await?.map_err(|error| ApiError::internal(anyhow::anyhow!("argon2: {error}")))
    }

    /// Whether this is the password; `None` as the stored hash means that there is no account, and takes as long.
    ///
    /// # Errors
    /// Internal when the task is lost.
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> Result<bool> {
        let password = Zeroizing::new(password.to_owned());
        let expected = stored.map_or_else(|| self.nobody.to_string(), str::to_owned);
        let matches = self
            .run(move || {
                PasswordHash::new(&expected)
                    .is_ok_and(|parsed| argon2().verify_password(password.as_bytes(), &parsed).is_ok())
            })
            .await?;
        Ok(matches && stored.is_some())
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let slot = self.slots.clone().acquire_owned().await.map_err(ApiError::internal)?;
        tokio::task::spawn_blocking(move || {
            let _slot = slot;
            work()
        })
        .await
        .map_err(ApiError::internal)
    }
}

fn hash(password: &str) -> Result<String, argon2::password_hash::Error> {
    Ok(argon2().hash_password(password.as_bytes())?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_verifies() {
        let passwords = Passwords::new(1).expect("parameters");
        let stored = passwords.hash("correct horse battery").await.expect("hashes");
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(passwords.verify("correct horse battery", Some(&stored)).await.expect("verifies"));
        assert!(!passwords.verify("correct horse batterz", Some(&stored)).await.expect("verifies"));
        assert!(!passwords.verify("correct horse battery", None).await.expect("verifies"), "no account");
    }
}
