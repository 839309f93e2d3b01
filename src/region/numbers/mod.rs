//! Numbers that countries give out or lay down: of businesses, for VAT, of post and telephone, and bank accounts.
//!
//! A [`Rule`] is data of its region's entry, and beside it the function that checks. It says whether it computes check digits or
//! looks at the form alone, and where it is published; a number that passes may still be nobody's. What passes comes back in the
//! one form in which it is stored. `tests.rs` has samples of each rule, valid and not, from public documentation.

pub(super) mod business;
mod digits;
mod iban;
mod phone;
pub(super) mod postal;
pub(super) mod vat;

pub use phone::national_digits;
use serde::Serialize;

use super::Region;

/// How numbers of one kind look in one country.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// What the number is called there.
    pub name: &'static str,
    /// One that passes, as it is written there.
    pub example: &'static str,
    /// How much of it is checked.
    pub checked: Checked,
    /// Where the rule is published.
    pub source: &'static str,
    /// The number as it is stored, if it passes.
    #[serde(skip)]
    pub check: fn(&str) -> Option<String>,
}

/// How much of a number is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Checked {
    /// Form and check digits.
    Digits,
    /// Length and kinds of characters: no check digits are published, or there are none.
    Form,
}

/// The kinds of numbers that requests hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// In a country's register of businesses.
    Business,
    /// For VAT.
    Vat,
    /// A postal code.
    PostalCode,
    /// A telephone number, international form.
    Phone,
    /// A bank account's (ISO 13616).
    Iban,
}

/// Why a number was refused: the rule, never the number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// Stable code.
    pub code: &'static str,
    /// For people, in English.
    pub detail: String,
}

impl Kind {
    /// Checks a number by the region's rule. Telephones and bank accounts name their country themselves; to the others everything is
    /// right where we have no rules.
    ///
    /// # Errors
    /// The rule that was broken.
    pub fn check(self, text: &str, region: Option<&'static Region>) -> Result<String, Invalid> {
        let by = |rule: fn(&'static Region) -> &'static Rule| {
            region.map_or_else(|| Some(text.to_owned()), |region| (rule(region).check)(text))
        };
        let checked = match self {
            Self::Business => by(|region| &region.business_number),
            Self::Vat => by(|region| &region.vat_number),
            Self::PostalCode => by(|region| &region.postal_code),
            Self::Phone => phone::check(text),
            Self::Iban => iban::check(text),
        };
        checked.ok_or_else(|| self.invalid(region.unwrap_or_else(Region::fallback)))
    }

    fn invalid(self, region: &Region) -> Invalid {
        let Region { country, business_number, vat_number, postal_code, .. } = region;
        let (code, detail) = match self {
            Self::Business => (
                "business_number_invalid",
                format!("is not a valid {}, such as {}", business_number.name, business_number.example),
            ),
            Self::Vat => (
                "vat_number_invalid",
                format!("is not a valid VAT number of {country}, such as {}", vat_number.example),
            ),
            Self::PostalCode => {
                ("postal_code_invalid", format!("is not a postal code of {country}, such as {}", postal_code.example))
            }
            Self::Phone => {
                ("phone_invalid", format!("is not a valid telephone number, such as {}", region.phone_example))
            }
            Self::Iban => ("iban_invalid", "is not a valid IBAN".to_owned()),
        };
        Invalid { code, detail }
    }
}

/// Without the characters that people write numbers with, in capitals.
fn compact(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !".-/".contains(*c)).map(|c| c.to_ascii_uppercase()).collect()
}

/// Without the country's letters, where they stand in front.
fn national(text: &str, country: &str) -> String {
    let compact = compact(text);
    compact.strip_prefix(country).map_or_else(|| compact.clone(), str::to_owned)
}

/// Whether it is of this many digits, `0` to `9`.
fn is_digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
