//! The demo's patients: invented, the same at every start and on every machine.
//!
//! Each is put together by chance from names that are common where they live, so that none is meant for anybody; the patient
//! number says that they are of the demo, and is how one is known that is there already.

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

use super::names::{Names, PLACES, Place};
use crate::api::search::words;

/// With which their numbers begin.
pub const PREFIX: &str = "DEMO";

/// Ages are as of this day: what is believable today is no less so in some years.
const TODAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day");
/// The oldest is 96.
const OLDEST_DAYS: u64 = 96 * 365;
/// Neither female nor male.
const RARER: [&str; 3] = ["other", "unknown", "unknown"];
/// Of all chance here; another would make other people.
const SEED: u64 = 1984;

/// All of them, as they are sent to be entered.
pub fn all() -> Vec<Value> {
    let mut places: Vec<&Place> = PLACES.iter().flat_map(|place| std::iter::repeat_n(place, place.patients)).collect();
    // Each has a slice of the ages to itself, so that all ages are there.
    let mut slices: Vec<u64> = (0..places.len() as u64).collect();
    let mut genders: Vec<&str> = ["female", "male"].into_iter().cycle().take(places.len() - RARER.len()).collect();
    genders.extend(RARER);
    let mut dice = Dice(SEED);
    dice.shuffle(&mut places);
    dice.shuffle(&mut slices);
    dice.shuffle(&mut genders);
    let width = OLDEST_DAYS / slices.len() as u64;
    let people = (1..).zip(places).zip(slices).zip(genders);
    people.map(|(((number, place), slice), gender)| patient(number, place, gender, slice * width, width)).collect()
}

/// One patient, who lives there and is as many days old, or up to `width` more.
fn patient(number: u64, place: &Place, gender: &str, youngest: u64, width: u64) -> Value {
    // Of its own, so that a change to one leaves the others as they are.
    let mut dice = Dice(SEED + number);
    let days = youngest + dice.below(width);
    let (birth_date, years) = (TODAY - Days::new(days), days / 365);
    let names = place.names;
    let women = gender == "female" || gender != "male" && dice.below(2) == 0;
    let first_name = *dice.pick(given(names, women, years));
    let last_name = *dice.pick(names.family);
    let (postal_code, city) = *dice.pick(place.towns);
    let street = dice.pick(place.streets).replace('#', &(1 + dice.below(90)).to_string());

    let mut patient = json!({
        "patientNumber": format!("{PREFIX}-{number:04}"),
        "firstName": first_name, "lastName": last_name, "birthDate": birth_date.to_string(), "gender": gender,
        "language": place.language,
        "address": { "line1": street, "postalCode": postal_code, "city": city, "country": place.country },
    });
    if dice.below(10) < 9 {
        patient["phone"] = dice.digits(place.phone).into();
    }
    if years >= 16 && dice.below(10) < 8 {
        patient["email"] = format!("{}.{}@{}.example", label(first_name), label(last_name), place.mail).into();
    }
    if dice.below(7) == 0 {
        patient["notes"] = (*dice.pick(names.notes)).into();
    }
    patient
}

/// Given names go by generation.
fn given(names: &Names, women: bool, years: u64) -> &'static [&'static str] {
    let [older, younger] = if women { names.female } else { names.male };
    if years >= 50 { older } else { younger }
}

/// A name as a part of an address.
fn label(name: &str) -> String {
    words(name).collect::<Vec<_>>().join("-")
}

/// `SplitMix64` (Steele, Lea and Flood, 2014): the same numbers for ever, which no library promises of its generators.
struct Dice(u64);

impl Dice {
    const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    const fn below(&mut self, end: u64) -> u64 {
        self.roll() % end
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.below(of.len() as u64)).unwrap_or_default()]
    }

    /// Each order is as likely (Fisher and Yates).
    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, usize::try_from(self.below(last as u64 + 1)).unwrap_or_default());
        }
    }

    /// A pattern with a digit for each `#`.
    fn digits(&mut self, pattern: &str) -> String {
        pattern.chars().map(|c| if c == '#' { char::from(b'0' + self.below(10).to_le_bytes()[0]) } else { c }).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use poem_openapi::types::ParseFromJSON as _;

    use super::*;
    use crate::region::Region;
    use crate::resources::patients::NewPatient;

    fn text<'a>(patient: &'a Value, field: &str) -> &'a str {
        patient[field].as_str().unwrap_or_default()
    }

    #[test]
    fn they_are_sixty_of_every_region_age_and_gender_and_anybody_could_enter_them() {
        let patients = all();
        assert_eq!(patients.len(), 60);
        for patient in &patients {
            let new = NewPatient::parse_from_json(Some(patient.clone()));
            assert!(new.is_ok(), "{patient}: {}", new.unwrap_err().into_message());
        }
        let of = |field| -> BTreeSet<&str> { patients.iter().map(|patient| text(patient, field)).collect() };
        assert_eq!(of("patientNumber").len(), 60);
        assert_eq!(of("gender"), ["female", "male", "other", "unknown"].into());
        let countries: BTreeSet<&str> =
            patients.iter().map(|patient| patient["address"]["country"].as_str().unwrap()).collect();
        assert_eq!(countries, Region::all().iter().map(|region| region.country).collect());
        let births: Vec<i32> =
            patients.iter().map(|patient| text(patient, "birthDate")[..4].parse().unwrap()).collect();
        for decade in (1930..2026).step_by(10) {
            assert!(births.iter().any(|year| (decade..decade + 10).contains(year)), "{decade}: {births:?}");
        }
        let people: BTreeSet<String> = patients
            .iter()
            .map(|patient| format!("{} {}", text(patient, "firstName"), text(patient, "lastName")))
            .collect();
        assert_eq!(people.len(), 60, "no two of a name");
    }

    #[test]
    fn nobody_can_be_written_to_and_given_names_fit_the_gender() {
        for patient in all() {
            let email = text(&patient, "email");
            assert!(email.is_empty() || email.ends_with(".example") && email.is_ascii(), "{patient}");
            let of = |women: bool| {
                PLACES.iter().any(|place| {
                    let lists = if women { place.names.female } else { place.names.male };
                    place.language == text(&patient, "language")
                        && lists.concat().contains(&text(&patient, "firstName"))
                })
            };
            match text(&patient, "gender") {
                "female" => assert!(of(true), "{patient}"),
                "male" => assert!(of(false), "{patient}"),
                _ => assert!(of(true) || of(false), "{patient}"),
            }
        }
    }

    #[test]
    fn they_are_the_same_at_every_start() {
        let patients = all();
        let said = |index: usize| ["firstName", "lastName", "birthDate"].map(|field| text(&patients[index], field));
        assert_eq!(
            (said(0), said(59)),
            (["Luigi", "Esposito", "1941-08-04"], ["Adrián", "Ibáñez Soler", "2009-10-24"])
        );
    }
}
