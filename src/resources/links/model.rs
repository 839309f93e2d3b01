//! What a link shows of an appointment: as stored, and as told.

use chrono::{DateTime, Utc};
use poem_openapi::types::Example;
use poem_openapi::{Enum, Object};

use crate::api::text::OpaqueToken;
use crate::email::{PostalAddress, Reader, moment};
use crate::error::{ApiError, Result};
use crate::region::{Language, Region};

/// The token of a patient's link.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, example)]
pub struct PatientToken {
    /// As in the mail's link.
    pub token: OpaqueToken,
}

/// What a patient may answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub enum LinkAnswer {
    /// They will come.
    Confirmed,
    /// They will not.
    Cancelled,
}

impl LinkAnswer {
    /// As in `appointment_links.answer`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// An appointment, as its patient's link shows it.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", skip_serializing_if_is_none, example)]
pub struct LinkedAppointment {
    /// When it begins.
    pub start: DateTime<Utc>,
    /// When it ends.
    pub end: DateTime<Utc>,
    /// When it begins, in words: in the patient's language and the clinic's time zone.
    pub when: String,
    /// Whom the patient sees.
    pub practitioner: String,
    /// The clinic's name.
    pub clinic: String,
    /// Where it takes place: lines of an address, in the order of the country.
    pub place: Vec<String>,
    /// The telephone number there.
    pub phone: Option<String>,
    /// The language to speak to the patient in, of those that are spoken here.
    pub language: String,
    /// The clinic's time zone.
    pub time_zone: String,
    /// What the patient has answered by this link.
    pub answer: Option<LinkAnswer>,
    /// Whether it waits to be confirmed, and can be by this link.
    pub confirmable: bool,
    /// Whether it can be cancelled by this link.
    pub cancellable: bool,
}

/// The same, as the database tells it.
pub(super) struct Shown {
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    status: String,
    practitioner: String,
    facility: Option<String>,
    address_line1: Option<String>,
    address_line2: Option<String>,
    postal_code: Option<String>,
    city: Option<String>,
    clinic: String,
    phone: Option<String>,
    country: String,
    language: String,
    clinic_language: String,
    time_zone: String,
    pub(super) answer: Option<String>,
    /// Whether there is time enough.
    pub(super) cancellable: bool,
}

crate::from_row!(Shown {
    starts_at,
    ends_at,
    status,
    practitioner,
    facility,
    address_line1,
    address_line2,
    postal_code,
    city,
    clinic,
    phone,
    country,
    language,
    clinic_language,
    time_zone,
    answer,
    cancellable
});

impl Shown {
    /// Whether the clinic has called it off.
    pub(super) fn is_void(&self) -> bool {
        let stands = ["scheduled", "confirmed", "checked_in"].contains(&self.status.as_str());
        !stands && self.answer.as_deref() != Some(self.status.as_str())
    }
}

impl LinkedAppointment {
    /// # Errors
    /// A defect of the words that we ship.
    pub(super) fn of(shown: Shown) -> Result<Self> {
        let language = Language::lookup(&shown.language).or_else(|| Language::lookup(&shown.clinic_language));
        let language = language.unwrap_or(Language::ENGLISH);
        let region = Region::parse(&shown.country).unwrap_or_else(Region::fallback);
        let reader = Reader { language, region, time_zone: shown.time_zone.parse().unwrap_or(region.time_zone) };
        let address = PostalAddress {
            line1: shown.address_line1.as_deref(),
            line2: shown.address_line2.as_deref(),
            postal_code: shown.postal_code.as_deref(),
            city: shown.city.as_deref(),
        };
        let answer = [LinkAnswer::Confirmed, LinkAnswer::Cancelled]
            .into_iter()
            .find(|answer| shown.answer.as_deref() == Some(answer.name()));
        let open = answer.is_none();
        Ok(Self {
            start: shown.starts_at,
            end: shown.ends_at,
            when: moment(&reader, shown.starts_at).map_err(ApiError::internal)?,
            place: shown.facility.iter().cloned().chain(address.lines(region)).collect(),
            language: language.tag().to_owned(),
            answer,
            confirmable: open && shown.status == "scheduled",
            cancellable: open && shown.cancellable && ["scheduled", "confirmed"].contains(&shown.status.as_str()),
            practitioner: shown.practitioner,
            clinic: shown.clinic,
            phone: shown.phone,
            time_zone: shown.time_zone,
        })
    }
}

impl Example for PatientToken {
    #[expect(clippy::expect_used, reason = "a constant, checked as the spec is made")]
    fn example() -> Self {
        Self { token: "v1.k20260101.q80".parse().expect("a token") }
    }
}

impl Example for LinkedAppointment {
    #[expect(clippy::expect_used, reason = "constants, checked as the spec is made")]
    fn example() -> Self {
        let start = DateTime::from_timestamp(1_858_599_000, 0).expect("a time");
        Self {
            start,
            end: start + chrono::Duration::minutes(30),
            when: "jeudi 23 novembre 2028 à 14:30 (heure normale d’Europe centrale)".to_owned(),
            practitioner: "Dr Jo Martin".to_owned(),
            clinic: "Cabinet du Parc".to_owned(),
            place: vec!["12 rue du Parc".to_owned(), "75002 Paris".to_owned()],
            phone: Some("+33 1 42 68 53 00".to_owned()),
            language: "fr".to_owned(),
            time_zone: "Europe/Paris".to_owned(),
            answer: None,
            confirmable: true,
            cancellable: true,
        }
    }
}
