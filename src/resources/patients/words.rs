//! The words that a patient is found by, and those that a query asks for.
//!
//! All are found by their beginnings. A word is kept with those that follow it, since nobody knows how a name is typed: `de la Cruz`
//! is `delacruz`, `lacruz` and `cruz`. What is no word begins with a capital, which folding never leaves: `B` a birth date,
//! `D` what a duplicate has in common with the patient.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::model::{NewPatient, Patient};
use super::sound::sound;
use crate::api::day::Day;
use crate::api::search::{MAX_WORD, fold, words};
use crate::api::text::{Email, PersonName, PhoneNumber};
use crate::region::numbers::national_digits;

/// Words of family names that are shorter are particles: `de`, `van`, `dos`.
const MIN_FAMILY: usize = 4;

/// Everything that a patient is found by.
pub(super) fn terms(patient: &Patient) -> Vec<String> {
    let mut terms = BTreeSet::new();
    for name in [&patient.last_name, &patient.first_name] {
        terms.extend(tails(name.as_str()));
        terms.extend(tails(&spelt_out(name.as_str())));
    }
    let number = patient.patient_number.as_str();
    terms.extend(tails(number));
    terms.extend(Some(digits(number)).filter(|digits| digits.len() >= 3));
    if let Some(email) = patient.email.as_ref().map(|email| fold(email.as_str())) {
        terms.extend(email.split_once('@').into_iter().flat_map(|(local, _)| tails(local)));
        terms.insert(shortened(&email));
    }
    if let Some(phone) = &patient.phone {
        let international = digits(phone.as_str());
        terms.extend(national_digits(phone.as_str()));
        terms.insert(format!("00{international}"));
        terms.insert(international);
    }
    terms.extend(patient.birth_date.map(birth_word));
    if patient.deleted_at.is_none() {
        terms.extend(Likeness::of(patient).keys());
    }
    terms.into_iter().collect()
}

/// The words of a query: a birth date, a number however it is grouped, an address, a name. What has neither letters nor digits is a
/// word that nobody has.
pub(super) fn sought(text: &str) -> Vec<String> {
    // As in +33 (0)1.
    let text = text.replace("(0)", " ");
    let (mut sought, mut number) = (Vec::new(), Vec::new());
    for token in text.split_whitespace() {
        let is_date = birth_date(token);
        if is_date.is_none() && is_number(token) {
            number.push(token);
            continue;
        }
        sought.extend(grouped(&std::mem::take(&mut number)));
        match is_date {
            Some(date) => sought.push(date),
            None if token.contains('@') => sought.push(shortened(&fold(token))),
            // A number with letters is filed as one word, a name as its words.
            None if token.contains(|c: char| c.is_ascii_digit()) => sought.extend(tails(token).into_iter().next()),
            None => sought.extend(words(token)),
        }
    }
    sought.extend(grouped(&number));
    if sought.is_empty() { vec![fold(&text)] } else { sought }
}

/// Digits and how they are grouped.
fn is_number(token: &str) -> bool {
    token.chars().all(|c| c.is_ascii_digit() || c.is_ascii_punctuation())
        && token.contains(|c: char| c.is_ascii_digit())
}

/// A number that is typed in groups is one word; fewer than three digits are words by themselves.
fn grouped(tokens: &[&str]) -> Vec<String> {
    let number = digits(&tokens.concat());
    if number.len() >= 3 { vec![number] } else { words(&tokens.join(" ")).collect() }
}

/// A day, 1984-02-29, 29.02.1984, 29/2/1984 or 29-2-1984, or a month, 02/1984 or 02.1984, as birth dates are kept. The order of day
/// and month is that of all our regions.
fn birth_date(token: &str) -> Option<String> {
    let separator = token.chars().find(|c| !c.is_ascii_digit()).filter(|c| "-./".contains(*c))?;
    let parts: Vec<&str> = token.split(separator).collect();
    let number = |text: &str, long: bool| -> Option<u32> {
        let length = if long { text.len() == 4 } else { (1..=2).contains(&text.len()) };
        text.parse().ok().filter(|_| length && text.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let (year, month, day) = match parts[..] {
        [year, month, day] if year.len() == 4 => (year, month, Some(day)),
        [day, month, year] => (year, month, Some(day)),
        [month, year] if separator != '-' => (year, month, None),
        _ => return None,
    };
    let (year, month) = (i32::try_from(number(year, true)?).ok()?, number(month, false)?);
    let date = NaiveDate::from_ymd_opt(year, month, day.map_or(Some(1), |day| number(day, false))?)?;
    Some(date.format(if day.is_some() { "B%Y%m%d" } else { "B%Y%m" }).to_string())
}

/// A birth date as a word.
pub(super) fn birth_word(Day(date): Day) -> String {
    date.format("B%Y%m%d").to_string()
}

/// Each word of a text, with those that follow it.
fn tails(text: &str) -> Vec<String> {
    let words: Vec<String> = words(text).collect();
    (0..words.len()).map(|first| shortened(&words[first..].concat())).collect()
}

/// `Müller` as those write it who have no umlauts.
fn spelt_out(name: &str) -> String {
    let mut spelt = String::with_capacity(name.len() + 2);
    for c in name.chars().flat_map(char::to_lowercase) {
        match c {
            'ä' => spelt.push_str("ae"),
            'ö' | 'ø' => spelt.push_str("oe"),
            'ü' => spelt.push_str("ue"),
            'å' => spelt.push_str("aa"),
            other => spelt.push(other),
        }
    }
    spelt
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).take(MAX_WORD).collect()
}

fn shortened(text: &str) -> String {
    text.chars().take(MAX_WORD).collect()
}

/// What two entries of one person have in common, however they were typed.
pub(super) struct Likeness {
    /// How given and family name sound, in the order of the alphabet, since they are mixed up; a pair for each part of a double name.
    pub names: BTreeSet<[String; 2]>,
    /// How the given name sounds.
    pub given: String,
    /// When.
    pub born: Option<Day>,
    /// Digits only.
    pub phone: Option<String>,
    /// Folded.
    pub email: Option<String>,
}

impl Likeness {
    /// Of one who is entered.
    pub fn of(patient: &Patient) -> Self {
        Self::new(
            &patient.first_name,
            &patient.last_name,
            patient.birth_date,
            patient.phone.as_ref(),
            patient.email.as_ref(),
        )
    }

    /// Of one who may be.
    pub fn of_new(patient: &NewPatient) -> Self {
        Self::new(
            &patient.first_name,
            &patient.last_name,
            patient.birth_date,
            patient.phone.as_ref(),
            patient.email.as_ref(),
        )
    }

    fn new(
        first: &PersonName,
        last: &PersonName,
        born: Option<Day>,
        phone: Option<&PhoneNumber>,
        email: Option<&Email>,
    ) -> Self {
        let given = sound(&words(first.as_str()).next().unwrap_or_default());
        let mut families: Vec<String> =
            words(last.as_str()).filter(|word| word.chars().count() >= MIN_FAMILY).collect();
        if families.is_empty() {
            families = vec![words(last.as_str()).collect()];
        }
        let pair = |family: String| {
            let mut pair = [given.clone(), sound(&family)];
            pair.sort_unstable();
            pair
        };
        Self {
            names: families.into_iter().map(pair).collect(),
            born,
            phone: phone.map(|phone| digits(phone.as_str())),
            email: email.map(|email| shortened(&fold(email.as_str()))),
            given,
        }
    }

    /// The terms that a duplicate shares with it: name and birth, or name where none is known; birth and telephone; telephone or
    /// address with a given name, since families share those.
    pub fn keys(&self) -> Vec<String> {
        let born = self.born.map(|Day(date)| date.format("%Y%m%d").to_string());
        let mut keys: Vec<String> = match &born {
            Some(born) => self.names.iter().map(|[one, other]| format!("Db{born}{one}+{other}")).collect(),
            None => self.names_alone(),
        };
        keys.extend(self.email.iter().map(|email| format!("De{email}+{}", self.given)));
        if let Some(phone) = &self.phone {
            keys.push(format!("Dp{phone}+{}", self.given));
            keys.extend(born.iter().map(|born| format!("Dq{born}+{phone}")));
        }
        keys.iter().map(|key| key.chars().take(100).collect()).collect()
    }

    /// Whom to look for: those who share a key, and those of whom nothing but the name is known.
    pub fn sought(&self) -> Vec<String> {
        [self.keys(), self.names_alone()].concat()
    }

    fn names_alone(&self) -> Vec<String> {
        self.names.iter().map(|[one, other]| format!("Dn{one}+{other}").chars().take(100).collect()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_dates_numbers_addresses_and_words_and_never_nothing() {
        for (text, words) in [
            ("Durand, É", &["durand", "e"][..]),
            ("+33 (1) 42-68", &["3314268"]),
            ("+33 (0)1 42 68", &["3314268"]),
            ("01 42 68 Durand", &["014268", "durand"]),
            ("P-000042", &["p000042"]),
            ("Jo@Example.org", &["jo@example.org"]),
            ("29.02.1984", &["B19840229"]),
            ("29/2/1984 zo", &["B19840229", "zo"]),
            ("1984-02-29", &["B19840229"]),
            ("02/1984", &["B198402"]),
            ("1984-02", &["198402"]),
            ("31.02.1984", &["31021984"]),
            ("02/29/1984", &["02291984"]),
            ("29/02/84", &["290284"]),
            ("42", &["42"]),
            ("%", &["%"]),
            ("B19840229", &["b19840229"]),
            ("100 % x 👩\u{200d}⚕", &["100", "x", "👩", "⚕"]),
        ] {
            assert_eq!(sought(text), words, "{text}");
        }
    }

    #[test]
    fn no_query_reaches_what_is_reserved() {
        for text in ["B", "D", "Db", "𝐃", "Ⓓ", "ＤB1", "D@e", "D1", "Dz\u{0301}"] {
            assert!(sought(text).iter().all(|word| !word.starts_with(|c: char| c.is_ascii_uppercase())), "{text}");
        }
    }

    #[test]
    fn a_name_is_kept_however_it_is_written_together() {
        assert_eq!(tails("de la Cruz"), ["delacruz", "lacruz", "cruz"]);
        assert_eq!(tails("O'Brien"), ["obrien", "brien"]);
        assert_eq!(tails(&spelt_out("Müller-Łukasz")), ["muellerlukasz", "lukasz"]);
    }
}
