//! What a patient looks like: as answered, as entered, as changed, and as stored.

use chrono::{DateTime, Utc};
use poem_openapi::types::{Example, MaybeUndefined};
use poem_openapi::{Enum, Object};
use tokio_postgres::Row;
use uuid::Uuid;

pub use crate::api::address::{Address, AddressPatch};
use crate::api::answer::Resource;
use crate::api::day::Day;
use crate::api::idempotency::Kept;
use crate::api::search::fold;
use crate::api::text::{Email, Language, Notes, PatientNumber, PersonName, PhoneNumber};
use crate::clinic::Access;

/// As stated by the patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub enum Gender {
    /// Female.
    Female,
    /// Male.
    Male,
    /// Neither.
    Other,
    /// Not stated.
    Unknown,
}

impl Gender {
    const ALL: [Self; 4] = [Self::Female, Self::Male, Self::Other, Self::Unknown];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Female => "female",
            Self::Male => "male",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
    }

    fn stored(name: &str) -> Self {
        Self::ALL.into_iter().find(|gender| gender.name() == name).unwrap_or(Self::Unknown)
    }
}

/// The order of a list of patients; a minus turns it round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum Sort {
    /// By name.
    #[oai(rename = "name")]
    Name,
    /// By name, from the end.
    #[oai(rename = "-name")]
    NameDescending,
    /// First entered first.
    #[oai(rename = "createdAt")]
    Created,
    /// Last entered first.
    #[oai(rename = "-createdAt")]
    CreatedDescending,
}

impl Sort {
    /// A patient's place in this order, as text.
    pub(super) fn key_of(self, patient: &Patient) -> String {
        match self {
            Self::Name | Self::NameDescending => sort_name(&patient.last_name, &patient.first_name),
            Self::Created | Self::CreatedDescending => patient.created_at.to_rfc3339(),
        }
    }
}

/// A patient.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct Patient {
    /// Identifies the patient in this clinic.
    pub id: Uuid,
    /// The number by which the clinic files the patient.
    pub patient_number: PatientNumber,
    /// Given name.
    pub first_name: PersonName,
    /// Family name.
    pub last_name: PersonName,
    /// Date of birth.
    #[oai(skip_serializing_if_is_none)]
    pub birth_date: Option<Day>,
    /// As stated by the patient.
    pub gender: Gender,
    /// E-mail address.
    #[oai(skip_serializing_if_is_none)]
    pub email: Option<Email>,
    /// Telephone number, international form.
    #[oai(skip_serializing_if_is_none)]
    pub phone: Option<PhoneNumber>,
    /// Postal address.
    #[oai(skip_serializing_if_is_none)]
    pub address: Option<Address>,
    /// The language that the patient is written to in; the clinic's when absent.
    #[oai(skip_serializing_if_is_none)]
    pub language: Option<Language>,
    /// Administrative notes; nothing clinical belongs here.
    #[oai(skip_serializing_if_is_none)]
    pub notes: Option<Notes>,
    /// When the patient was entered.
    pub created_at: DateTime<Utc>,
    /// When the patient was last changed.
    pub updated_at: DateTime<Utc>,
    /// When the patient was archived.
    #[oai(skip_serializing_if_is_none)]
    pub deleted_at: Option<DateTime<Utc>>,
    /// Whose duplicate it turned out to be.
    #[oai(skip_serializing_if_is_none)]
    pub merged_into_id: Option<Uuid>,
    /// Grows with each change; the `ETag`.
    pub version: i32,
}

impl Resource for Patient {
    const PATH: &'static str = "/api/v1/patients";

    fn id(&self) -> Uuid {
        self.id
    }

    fn version(&self) -> i32 {
        self.version
    }
}

impl Kept for Patient {
    fn shown(&self) -> Access {
        Access::read("patients", self.id, Some(self.id))
    }
}

/// Folded, so that accents and case do not decide the order. Some characters are folded to many: the column ends at 300.
pub(super) fn sort_name(last_name: &PersonName, first_name: &PersonName) -> String {
    fold(&format!("{} {}", last_name.as_str(), first_name.as_str())).chars().take(300).collect()
}

impl TryFrom<&Row> for Patient {
    type Error = tokio_postgres::Error;

    fn try_from(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            patient_number: row.try_get("patient_number")?,
            first_name: row.try_get("first_name")?,
            last_name: row.try_get("last_name")?,
            birth_date: row.try_get("birth_date")?,
            gender: Gender::stored(row.try_get("gender")?),
            email: row.try_get("email")?,
            phone: row.try_get("phone")?,
            address: Address::stored(row)?,
            language: row.try_get("language")?,
            notes: row.try_get("notes")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
            deleted_at: row.try_get("deleted_at")?,
            merged_into_id: row.try_get("merged_into_id")?,
            version: row.try_get("version")?,
        })
    }
}

/// A patient to be entered.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub struct NewPatient {
    /// The number by which the clinic files the patient; its next when absent.
    pub patient_number: Option<PatientNumber>,
    /// Given name.
    pub first_name: PersonName,
    /// Family name.
    pub last_name: PersonName,
    /// Date of birth.
    pub birth_date: Option<Day>,
    /// As stated by the patient; `unknown` when absent.
    pub gender: Option<Gender>,
    /// E-mail address.
    pub email: Option<Email>,
    /// Telephone number, international form.
    pub phone: Option<PhoneNumber>,
    /// Postal address.
    pub address: Option<Address>,
    /// The language that the patient is written to in.
    pub language: Option<Language>,
    /// Administrative notes; nothing clinical belongs here.
    pub notes: Option<Notes>,
}

/// Changes to a patient (JSON merge patch, RFC 7396): absent leaves, null clears.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, example)]
pub struct PatientPatch {
    /// The number by which the clinic files the patient.
    #[oai(skip_serializing_if_is_none)]
    pub patient_number: Option<PatientNumber>,
    /// Given name.
    #[oai(skip_serializing_if_is_none)]
    pub first_name: Option<PersonName>,
    /// Family name.
    #[oai(skip_serializing_if_is_none)]
    pub last_name: Option<PersonName>,
    /// Date of birth.
    #[oai(nullable)]
    pub birth_date: MaybeUndefined<Day>,
    /// As stated by the patient.
    #[oai(skip_serializing_if_is_none)]
    pub gender: Option<Gender>,
    /// E-mail address.
    #[oai(nullable)]
    pub email: MaybeUndefined<Email>,
    /// Telephone number, international form.
    #[oai(nullable)]
    pub phone: MaybeUndefined<PhoneNumber>,
    /// Postal address.
    #[oai(nullable)]
    pub address: MaybeUndefined<AddressPatch>,
    /// The language that the patient is written to in.
    #[oai(nullable)]
    pub language: MaybeUndefined<Language>,
    /// Administrative notes; nothing clinical belongs here.
    #[oai(nullable)]
    pub notes: MaybeUndefined<Notes>,
}

impl PatientPatch {
    /// Whether postal code or country change.
    pub(super) fn moves(&self) -> bool {
        self.address.value().is_some_and(AddressPatch::moves)
    }

    /// The patient after these changes.
    pub(super) fn apply(self, patient: &mut NewPatient) {
        fn set<T>(field: &mut T, change: Option<T>) {
            if let Some(value) = change {
                *field = value;
            }
        }
        set(&mut patient.patient_number, self.patient_number.map(Some));
        set(&mut patient.first_name, self.first_name);
        set(&mut patient.last_name, self.last_name);
        set(&mut patient.gender, self.gender.map(Some));
        self.birth_date.update_to(&mut patient.birth_date);
        self.email.update_to(&mut patient.email);
        self.phone.update_to(&mut patient.phone);
        self.language.update_to(&mut patient.language);
        self.notes.update_to(&mut patient.notes);
        match self.address {
            MaybeUndefined::Undefined => {}
            MaybeUndefined::Null => patient.address = None,
            MaybeUndefined::Value(change) => change.apply(patient.address.get_or_insert_default()),
        }
    }
}

impl From<Patient> for NewPatient {
    fn from(patient: Patient) -> Self {
        Self {
            patient_number: Some(patient.patient_number),
            first_name: patient.first_name,
            last_name: patient.last_name,
            birth_date: patient.birth_date,
            gender: Some(patient.gender),
            email: patient.email,
            phone: patient.phone,
            address: patient.address,
            language: patient.language,
            notes: patient.notes,
        }
    }
}

/// An example's value, which the type's own check accepts.
fn sample<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

impl Example for NewPatient {
    fn example() -> Self {
        Self::from(Patient::example())
    }
}

impl Example for PatientPatch {
    fn example() -> Self {
        Self {
            patient_number: None,
            first_name: None,
            last_name: None,
            birth_date: MaybeUndefined::Undefined,
            gender: None,
            email: MaybeUndefined::Null,
            phone: sample("+33 1 42 68 53 00").map_or(MaybeUndefined::Undefined, MaybeUndefined::Value),
            address: MaybeUndefined::Undefined,
            language: MaybeUndefined::Undefined,
            notes: MaybeUndefined::Undefined,
        }
    }
}

impl Example for Patient {
    #[expect(clippy::expect_used, reason = "constants, checked as the spec is made")]
    fn example() -> Self {
        let at = DateTime::from_timestamp(1_767_225_600, 0).expect("a time");
        Self {
            id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0001),
            patient_number: sample("P-000042").expect("a number"),
            first_name: sample("Camille").expect("a name"),
            last_name: sample("Durand").expect("a name"),
            birth_date: sample("1984-02-29"),
            gender: Gender::Female,
            email: sample("camille.durand@example.org"),
            phone: sample("+33 1 42 68 53 00"),
            address: Some(Address {
                line1: sample("12 rue de la Paix"),
                line2: None,
                postal_code: sample("75002"),
                city: sample("Paris"),
                country: sample("FR"),
            }),
            language: sample("fr"),
            notes: sample("Prefers mornings."),
            created_at: at,
            updated_at: at,
            deleted_at: None,
            merged_into_id: None,
            version: 1,
        }
    }
}
