//! Telephone numbers (ITU-T E.164), by the numbering plans that libphonenumber gathers.

use phonenumber::{Mode, PhoneNumber, metadata::DATABASE};

use crate::region::Region;

/// Kept for fiction, and therefore in no plan: the beginning, and how many digits follow. They are nobody's, which makes them right for
/// examples and the demo. Other ranges of that kind the plans have.
const FICTION: [(&str, usize); 2] = [
    // Arcep, plan national de numérotation: 06 39 98 xx xx, "œuvres audiovisuelles".
    ("+3363998", 4),
    // Ofcom, "Telephone numbers for use in TV and radio drama programmes": 07700 900xxx.
    ("+447700900", 3),
];

/// The number as typed: how its digits are grouped is the writer's, and searching and dialling ignore it.
///
/// A number of a country that we serve must lie in a range of its plan. Of the others the country's code is checked: plans change,
/// and the ones that we were built with grow old.
pub(super) fn check(text: &str) -> Option<String> {
    let number = phonenumber::parse(None, text).ok()?;
    (!is_served(&number) || number.is_valid() || is_fiction(&number)).then(|| text.to_owned())
}

/// The digits of a number as they are dialled in its own country.
#[must_use]
pub fn national_digits(text: &str) -> Option<String> {
    let national = phonenumber::parse(None, text).ok()?.format().mode(Mode::National).to_string();
    Some(national.chars().filter(char::is_ascii_digit).collect()).filter(|digits: &String| !digits.is_empty())
}

/// Several countries may share a code.
fn is_served(number: &PhoneNumber) -> bool {
    let countries = DATABASE.region(&number.country().code()).unwrap_or_default();
    countries.into_iter().any(|country| Region::parse(country).is_some())
}

fn is_fiction(number: &PhoneNumber) -> bool {
    let international = number.format().mode(Mode::E164).to_string();
    FICTION.iter().any(|(range, more)| international.strip_prefix(range).is_some_and(|rest| rest.len() == *more))
}
