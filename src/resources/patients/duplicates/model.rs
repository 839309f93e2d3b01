//! What likely duplicates look like, and how likely they are.

use poem_openapi::types::Example;
use poem_openapi::{Enum, Object};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{Likeness, Patient};
use crate::error::Result;

/// What two entries have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "camelCase")]
pub enum Reason {
    /// Given and family name sound alike, in whichever order.
    Name,
    /// The given name alone does.
    FirstName,
    /// Born on the same day.
    BirthDate,
    /// The same telephone number.
    Phone,
    /// The same e-mail address.
    Email,
}

/// How likely two are one, to 100, and why.
fn compare(one: &Likeness, other: &Likeness) -> (i32, Vec<Reason>) {
    fn same<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
        one.is_some() && one == other
    }
    let name = !one.names.is_disjoint(&other.names);
    let reasons = [
        (name, Reason::Name, 45),
        (!name && one.given == other.given, Reason::FirstName, 20),
        (same(one.born.as_ref(), other.born.as_ref()), Reason::BirthDate, 35),
        (same(one.phone.as_ref(), other.phone.as_ref()), Reason::Phone, 20),
        (same(one.email.as_ref(), other.email.as_ref()), Reason::Email, 20),
    ];
    let held = reasons.into_iter().filter(|(holds, _, _)| *holds);
    let (reasons, weights): (Vec<_>, Vec<i32>) = held.map(|(_, reason, weight)| (reason, weight)).unzip();
    (weights.iter().sum::<i32>().min(100), reasons)
}

/// Somebody who may be the patient.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct Likely {
    /// Who.
    pub id: Uuid,
    /// As entered.
    pub patient: Patient,
    /// How likely, from 0 to 100.
    pub score: i32,
    /// Why.
    pub reasons: Vec<Reason>,
}

impl Likely {
    /// All that were found for one, the likeliest first.
    pub(super) fn all(likeness: &Likeness, rows: &[Row]) -> Result<Vec<Self>> {
        let likely = |row: &Row| -> Result<Self> {
            let patient = Patient::try_from(row)?;
            let (score, reasons) = compare(likeness, &Likeness::of(&patient));
            Ok(Self { id: patient.id, patient, score, reasons })
        };
        let mut all = rows.iter().map(likely).collect::<Result<Vec<_>>>()?;
        all.sort_by_key(|one| -one.score);
        Ok(all)
    }
}

/// Two patients who may be one.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct Pair {
    /// The patient who was entered first.
    pub id: Uuid,
    /// That patient.
    pub patient: Patient,
    /// The other.
    pub duplicate: Patient,
    /// How likely, from 0 to 100.
    pub score: i32,
    /// Why.
    pub reasons: Vec<Reason>,
    /// The term that both have: the list's order.
    #[oai(skip)]
    pub(super) shared: String,
}

impl TryFrom<&[Row]> for Pair {
    type Error = tokio_postgres::Error;

    fn try_from(rows: &[Row]) -> Result<Self, tokio_postgres::Error> {
        let (patient, duplicate) = (Patient::try_from(&rows[0])?, Patient::try_from(&rows[1])?);
        let (score, reasons) = compare(&Likeness::of(&patient), &Likeness::of(&duplicate));
        Ok(Self { id: patient.id, patient, duplicate, score, reasons, shared: rows[0].try_get("shared")? })
    }
}

/// Which patient is a duplicate.
#[derive(Debug, Clone, Copy, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, example)]
pub struct Merge {
    /// The patient who turned out to be the same person.
    pub duplicate_id: Uuid,
}

/// The example's double.
const DOUBLE: Uuid = Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0002);

impl Example for Merge {
    fn example() -> Self {
        Self { duplicate_id: DOUBLE }
    }
}

impl Example for Likely {
    fn example() -> Self {
        let patient = Patient { id: DOUBLE, ..Patient::example() };
        Self { id: DOUBLE, patient, score: 80, reasons: vec![Reason::Name, Reason::BirthDate] }
    }
}

impl Example for Pair {
    fn example() -> Self {
        let Likely { patient: duplicate, score, reasons, .. } = Likely::example();
        let patient = Patient::example();
        Self { id: patient.id, patient, duplicate, score, reasons, shared: String::new() }
    }
}
