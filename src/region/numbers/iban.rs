//! Bank accounts (ISO 13616): length and form by country, check digits modulo 97 (ISO/IEC 7064).

use iban::{Iban, IbanLike as _};

/// The electronic form: no spaces, capitals.
pub(super) fn check(text: &str) -> Option<String> {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
    let iban: Iban = compact.parse().ok()?;
    Some(iban.electronic_str().to_owned())
}
