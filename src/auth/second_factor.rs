//! The second factor: codes by time (TOTP, RFC 6238: SHA-1, 6 digits, 30 seconds, as every authenticator app has it), and recovery
//! codes that stand in for one that is lost.
//!
//! A code is good for its own step and one on either side, and each step once.

use aws_lc_rs::digest::SHA256_OUTPUT_LEN;
use qrcode::QrCode;
use qrcode::render::svg;
use totp_rs::Totp;
use zeroize::Zeroizing;

use crate::api::text::SecondFactorCode;
use crate::central::audit::{self, Event};
use crate::central::{Central, CentralTx, second_factor};
use crate::error::{ApiError, Result};
use crate::ids::UserId;
use crate::secrets::{MasterKeys, Purpose, random, sha256};
use crate::transaction;

/// Who asks for the code, in the app that shows it.
const ISSUER: &str = "MedicalPro";
/// Bytes of a secret (RFC 4226, section 4: 160 bits).
const SECRET_BYTES: usize = 20;
/// Recovery codes of a set.
pub const RECOVERY_CODES: usize = 10;
/// 120 bits each, so that a fast hash is enough (OWASP ASVS 5, 6.5.2: 112).
const RECOVERY_BYTES: usize = 15;
/// RFC 4648, section 6.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Crockford's, without letters that look like digits.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// What became of asking for the second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The person has none.
    None,
    /// A code of the app.
    Code,
    /// A recovery code.
    RecoveryCode,
    /// They have one, and no code came.
    Missing,
    /// The code is wrong, or was used already.
    Wrong,
}

/// Asks who logs in for their second factor, once their password was right; tells whether one was shown. `failed` is the event of a
/// log-in that fails here.
///
/// # Errors
/// 401 `code_required` or `code_invalid`: a failed log-in, as by a wrong password, and counted as one.
pub async fn check(
    central: &Central,
    keys: &MasterKeys,
    user: UserId,
    code: Option<&SecondFactorCode>,
    failed: Event<'_>,
) -> Result<bool> {
    let (code_name, detail) = match transaction!(central.work(), |tx| show(tx, keys, user, code, &failed).await)? {
        Shown::None => return Ok(false),
        Shown::Code | Shown::RecoveryCode => return Ok(true),
        Shown::Missing => ("code_required", "The code of the second factor is required."),
        Shown::Wrong => ("code_invalid", "The code is wrong, or was used already."),
    };
    let event = Event { failed: true, user: Some(user), detail: Some(code_name), ..failed };
    transaction!(central.work(), |tx| audit::record(tx, &event).await)?;
    Err(ApiError::Unauthenticated { code: code_name, detail })
}

/// Looks at a code, and uses it up if it is right. `event` is what it is shown for.
///
/// # Errors
/// As the database refuses, and internal when the secret does not open.
pub async fn show(
    tx: &mut CentralTx,
    keys: &MasterKeys,
    user: UserId,
    code: Option<&SecondFactorCode>,
    event: &Event<'_>,
) -> Result<Shown> {
    let Some(enrolment) = second_factor::find(tx, user).await?.filter(|enrolment| enrolment.confirmed) else {
        return Ok(Shown::None);
    };
    let Some(code) = code else { return Ok(Shown::Missing) };
    let (right, shown) = if code.is_recovery_code() {
        (second_factor::use_recovery_code(tx, user, &hash(code.as_str())).await?, Shown::RecoveryCode)
    } else {
        let right = match Secret::open(keys, user, &enrolment.sealed)?.step_of(code.as_str(), now())? {
            Some(step) => second_factor::use_step(tx, user, &enrolment.sealed, step).await?,
            None => false,
        };
        (right, Shown::Code)
    };
    if shown == Shown::RecoveryCode && right {
        let used = Event { action: "recovery_code_used", failed: false, user: Some(user), detail: None, ..*event };
        audit::record(tx, &used).await?;
    }
    Ok(if right { shown } else { Shown::Wrong })
}

fn now() -> u64 {
    chrono::Utc::now().timestamp().unsigned_abs()
}

/// What an app and we share.
pub struct Secret(Zeroizing<[u8; SECRET_BYTES]>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// A new one.
    #[must_use]
    pub fn generate() -> Self {
        Self(Zeroizing::new(random()))
    }

    /// As it is stored: sealed, for this person.
    ///
    /// # Errors
    /// Internal when the cipher refuses.
    pub fn seal(&self, keys: &MasterKeys, user: UserId) -> Result<String> {
        keys.seal(Purpose::SecondFactor, &user.0.to_string(), self.0.as_slice()).map_err(ApiError::internal)
    }

    /// Opens what was sealed for this person.
    ///
    /// # Errors
    /// Internal when it does not open.
    pub fn open(keys: &MasterKeys, user: UserId, sealed: &str) -> Result<Self> {
        let bytes = keys.open(Purpose::SecondFactor, &user.0.to_string(), sealed).map_err(ApiError::internal)?;
        let bytes: [u8; SECRET_BYTES] = bytes.as_slice().try_into().map_err(ApiError::internal)?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// The step that a code is of, if it is of one around this time (seconds since 1970).
    ///
    /// # Errors
    /// Internal when the library refuses the secret.
    pub fn step_of(&self, code: &str, time: u64) -> Result<Option<i64>> {
        let totp: Totp = totp_rs::Builder::new().with_secret(*self.0).build().map_err(refused)?;
        totp.check(code, time).map(|step| i64::try_from(step).map_err(ApiError::internal)).transpose()
    }

    /// As a person types it into an app.
    #[must_use]
    pub fn base32(&self) -> String {
        base32(self.0.as_slice(), BASE32)
    }

    /// What an app reads from a QR code (the `otpauth` form of Google Authenticator's Key URI Format).
    #[must_use]
    pub fn uri(&self, email: &str) -> String {
        // An address has no space, which alone this writes in another way than a path does.
        let label: String = url::form_urlencoded::byte_serialize(email.as_bytes()).collect();
        let secret = self.base32();
        format!("otpauth://totp/{ISSUER}:{label}?secret={secret}&issuer={ISSUER}&algorithm=SHA1&digits=6&period=30")
    }
}

#[expect(clippy::needless_pass_by_value, reason = "as map_err hands it over")]
fn refused(error: totp_rs::TotpError) -> ApiError {
    ApiError::internal(anyhow::anyhow!("TOTP: {error}"))
}

/// A text as a QR code, dark on light with its margin: an SVG element.
///
/// # Errors
/// Internal when it is too long for one.
pub fn qr(text: &str) -> Result<String> {
    let code = QrCode::new(text).map_err(ApiError::internal)?;
    let image = code.render::<svg::Color<'_>>().min_dimensions(240, 240).build();
    // Without the declaration, it may stand in a page.
    Ok(image.split_once("?>").map_or(image.as_str(), |(_, element)| element).to_owned())
}

/// Recovery codes as a person keeps them, and their hashes.
#[must_use]
pub fn recovery_codes() -> (Vec<String>, Vec<[u8; SHA256_OUTPUT_LEN]>) {
    let one = |_| {
        let code = base32(&random::<RECOVERY_BYTES>(), CROCKFORD);
        let groups: Vec<&str> = (0..code.len()).step_by(4).map(|at| &code[at..at + 4]).collect();
        (groups.join("-"), hash(&code))
    };
    (0..RECOVERY_CODES).map(one).unzip()
}

fn hash(code: &str) -> [u8; SHA256_OUTPUT_LEN] {
    sha256(code.as_bytes())
}

/// Five bits a character; for lengths that are a multiple of five bytes.
fn base32(bytes: &[u8], alphabet: &[u8; 32]) -> String {
    let bits = |chunk: &[u8]| chunk.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let characters = |bits: u64| {
        (0..8).rev().map(move |at| char::from(alphabet[usize::from((bits >> (at * 5)).to_le_bytes()[0] & 31)]))
    };
    bytes.chunks_exact(5).flat_map(|chunk| characters(bits(chunk))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_rfc_6238_and_good_for_one_step_on_either_side() {
        // Appendix B; its eight digits are ours with two more in front.
        let secret = Secret(Zeroizing::new(*b"12345678901234567890"));
        for (time, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            let step = i64::try_from(time / 30).expect("a step");
            let of = |time: u64| secret.step_of(code, time).expect("looks");
            assert_eq!([of(time - 30), of(time), of(time + 30)], [Some(step); 3]);
            assert_eq!(of(time + 60), None, "{code}");
            assert!(time < 60 || of(time - 60).is_none(), "{code}");
        }
        for wrong in ["287083", "28708", "+87082", "94287082", "", "２８７０８２"] {
            assert_eq!(secret.step_of(wrong, 59).expect("looks"), None, "{wrong}");
        }
    }

    #[test]
    fn a_secret_opens_for_its_person_only() {
        let keys = MasterKeys::parse(&MasterKeys::generate(chrono::NaiveDate::MIN)).expect("a generated key");
        let (secret, user) = (Secret::generate(), UserId::generate());
        let sealed = secret.seal(&keys, user).expect("seals");
        assert_eq!(Secret::open(&keys, user, &sealed).expect("opens").base32(), secret.base32());
        assert!(Secret::open(&keys, UserId::generate(), &sealed).is_err());
        assert!(!sealed.contains(&secret.base32()) && format!("{secret:?}") == "Secret");
    }

    #[test]
    fn a_secret_is_written_as_apps_read_it() {
        let secret = Secret(Zeroizing::new(*b"12345678901234567890"));
        assert_eq!(secret.base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let uri = secret.uri("a+b@example.org");
        assert!(uri.starts_with("otpauth://totp/MedicalPro:a%2Bb%40example.org?secret=GEZDGNBVGY3TQOJQ"), "{uri}");
        let svg = qr(&uri).expect("a code");
        assert!(
            svg.starts_with("<svg ") && svg.ends_with("</svg>") && !svg.contains("http://www.w3.org/1999"),
            "{svg}"
        );
        assert!(qr(&secret.uri(&"é".repeat(254))).is_ok(), "the longest address fits");
    }

    #[test]
    fn recovery_codes_differ_and_are_found_again_however_they_are_typed() {
        let (codes, hashes) = recovery_codes();
        assert_eq!((codes.len(), hashes.len()), (RECOVERY_CODES, RECOVERY_CODES));
        let mut seen = codes.clone();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), RECOVERY_CODES);
        for (code, expected) in codes.iter().zip(&hashes) {
            assert_eq!(code.len(), 29, "six groups of four: {code}");
            for typed in [
                code.clone(),
                code.to_lowercase(),
                code.replace('-', " "),
                code.replace('-', ""),
                code.replace('0', "o").replace('1', "l"),
            ] {
                let typed: SecondFactorCode = typed.parse().expect("a code");
                assert!(typed.is_recovery_code() && hash(typed.as_str()) == *expected);
            }
        }
    }
}
