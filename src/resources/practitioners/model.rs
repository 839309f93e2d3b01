//! What a practitioner looks like: as answered, as entered, and as changed.

use chrono::{DateTime, Utc};
use poem_openapi::types::{Example, MaybeUndefined};
use poem_openapi::{Enum, Object};
use uuid::Uuid;

use crate::api::answer::Resource;
use crate::api::day::Day;
use crate::api::idempotency::Kept;
use crate::api::search::fold;
use crate::api::text::{Color, Email, Language, PersonName, PhoneNumber, RegistrationNumber, Speciality, Title};
use crate::clinic::Access;

/// The order of a list of practitioners; a minus turns it round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "PractitionerSort")]
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
    /// A practitioner's place in this order, as text.
    pub(super) fn key_of(self, practitioner: &Practitioner) -> String {
        match self {
            Self::Name | Self::NameDescending => sort_name(&practitioner.last_name, &practitioner.first_name),
            Self::Created | Self::CreatedDescending => practitioner.created_at.to_rfc3339(),
        }
    }
}

/// Folded, so that accents and case do not decide the order. Some characters are folded to many: the column ends at 300.
pub(super) fn sort_name(last_name: &PersonName, first_name: &PersonName) -> String {
    fold(&format!("{} {}", last_name.as_str(), first_name.as_str())).chars().take(300).collect()
}

/// Somebody who treats patients.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct Practitioner {
    /// Identifies the practitioner in this clinic.
    pub id: Uuid,
    /// Whose account it is; none for somebody who does not log in.
    #[oai(skip_serializing_if_is_none)]
    pub user_id: Option<Uuid>,
    /// How they are addressed.
    #[oai(skip_serializing_if_is_none)]
    pub title: Option<Title>,
    /// Given name.
    pub first_name: PersonName,
    /// Family name.
    pub last_name: PersonName,
    /// What they treat.
    pub specialities: Vec<Speciality>,
    /// The number in the country's register of practitioners.
    #[oai(skip_serializing_if_is_none)]
    pub registration_number: Option<RegistrationNumber>,
    /// The last day of the licence, where it ends: nobody is booked beyond it.
    #[oai(skip_serializing_if_is_none)]
    pub registration_until: Option<Day>,
    /// Whether that day is over.
    pub registration_expired: bool,
    /// E-mail address.
    #[oai(skip_serializing_if_is_none)]
    pub email: Option<Email>,
    /// Telephone number, international form.
    #[oai(skip_serializing_if_is_none)]
    pub phone: Option<PhoneNumber>,
    /// What they speak with patients.
    pub languages: Vec<Language>,
    /// In the calendar.
    #[oai(skip_serializing_if_is_none)]
    pub color: Option<Color>,
    /// Where they mostly work.
    #[oai(skip_serializing_if_is_none)]
    pub facility_id: Option<Uuid>,
    /// How long an appointment takes, unless the service says otherwise; minutes.
    pub appointment_minutes: i16,
    /// Kept free before an appointment; minutes.
    pub buffer_before: i16,
    /// Kept free after an appointment; minutes.
    pub buffer_after: i16,
    /// How long before its beginning a slot can be booked at the latest; minutes.
    pub minimum_notice: i32,
    /// How many days ahead slots can be booked.
    pub horizon_days: i16,
    /// Whether they can be booked.
    pub active: bool,
    /// When the practitioner was entered.
    pub created_at: DateTime<Utc>,
    /// When the practitioner was last changed.
    pub updated_at: DateTime<Utc>,
    /// When the practitioner was archived.
    #[oai(skip_serializing_if_is_none)]
    pub deleted_at: Option<DateTime<Utc>>,
    /// Grows with each change; the `ETag`.
    pub version: i32,
}

impl Resource for Practitioner {
    const PATH: &'static str = "/api/v1/practitioners";

    fn id(&self) -> Uuid {
        self.id
    }

    fn version(&self) -> i32 {
        self.version
    }
}

impl Kept for Practitioner {
    fn shown(&self) -> Access {
        Access::read("practitioners", self.id, None)
    }
}

crate::from_row!(Practitioner {
    id,
    user_id,
    title,
    first_name,
    last_name,
    specialities,
    registration_number,
    registration_until,
    registration_expired,
    email,
    phone,
    languages,
    color,
    facility_id,
    appointment_minutes,
    buffer_before,
    buffer_after,
    minimum_notice,
    horizon_days,
    active,
    created_at,
    updated_at,
    deleted_at,
    version
});

/// A practitioner to be entered.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub struct NewPractitioner {
    /// How they are addressed.
    pub title: Option<Title>,
    /// Given name.
    pub first_name: PersonName,
    /// Family name.
    pub last_name: PersonName,
    /// What they treat.
    #[oai(validator(max_items = 10))]
    pub specialities: Option<Vec<Speciality>>,
    /// The number in the country's register of practitioners.
    pub registration_number: Option<RegistrationNumber>,
    /// The last day of the licence, where it ends.
    pub registration_until: Option<Day>,
    /// E-mail address.
    pub email: Option<Email>,
    /// Telephone number, international form.
    pub phone: Option<PhoneNumber>,
    /// What they speak with patients.
    #[oai(validator(max_items = 20))]
    pub languages: Option<Vec<Language>>,
    /// In the calendar.
    pub color: Option<Color>,
    /// Where they mostly work.
    pub facility_id: Option<Uuid>,
    /// How long an appointment takes, unless the service says otherwise; 30 minutes when absent.
    #[oai(validator(minimum(value = "5"), maximum(value = "480")))]
    pub appointment_minutes: Option<i16>,
    /// Kept free before an appointment; no minutes when absent.
    #[oai(validator(minimum(value = "0"), maximum(value = "240")))]
    pub buffer_before: Option<i16>,
    /// Kept free after an appointment; no minutes when absent.
    #[oai(validator(minimum(value = "0"), maximum(value = "240")))]
    pub buffer_after: Option<i16>,
    /// How long before its beginning a slot can be booked at the latest; no minutes when absent.
    #[oai(validator(minimum(value = "0"), maximum(value = "43200")))]
    pub minimum_notice: Option<i32>,
    /// How many days ahead slots can be booked; 365 when absent.
    #[oai(validator(minimum(value = "1"), maximum(value = "730")))]
    pub horizon_days: Option<i16>,
    /// Whether they can be booked; `true` when absent.
    pub active: Option<bool>,
}

/// Changes to a practitioner (JSON merge patch, RFC 7396): absent leaves, null clears.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, example)]
pub struct PractitionerPatch {
    /// Whose account it is: somebody who works here, and is no other practitioner. For admins and managers.
    #[oai(nullable)]
    pub user_id: MaybeUndefined<Uuid>,
    /// How they are addressed.
    #[oai(nullable)]
    pub title: MaybeUndefined<Title>,
    /// Given name.
    #[oai(skip_serializing_if_is_none)]
    pub first_name: Option<PersonName>,
    /// Family name.
    #[oai(skip_serializing_if_is_none)]
    pub last_name: Option<PersonName>,
    /// What they treat.
    #[oai(skip_serializing_if_is_none, validator(max_items = 10))]
    pub specialities: Option<Vec<Speciality>>,
    /// The number in the country's register of practitioners.
    #[oai(nullable)]
    pub registration_number: MaybeUndefined<RegistrationNumber>,
    /// The last day of the licence, where it ends.
    #[oai(nullable)]
    pub registration_until: MaybeUndefined<Day>,
    /// E-mail address.
    #[oai(nullable)]
    pub email: MaybeUndefined<Email>,
    /// Telephone number, international form.
    #[oai(nullable)]
    pub phone: MaybeUndefined<PhoneNumber>,
    /// What they speak with patients.
    #[oai(skip_serializing_if_is_none, validator(max_items = 20))]
    pub languages: Option<Vec<Language>>,
    /// In the calendar.
    #[oai(nullable)]
    pub color: MaybeUndefined<Color>,
    /// Where they mostly work.
    #[oai(nullable)]
    pub facility_id: MaybeUndefined<Uuid>,
    /// How long an appointment takes, unless the service says otherwise; minutes.
    #[oai(skip_serializing_if_is_none, validator(minimum(value = "5"), maximum(value = "480")))]
    pub appointment_minutes: Option<i16>,
    /// Kept free before an appointment; minutes.
    #[oai(skip_serializing_if_is_none, validator(minimum(value = "0"), maximum(value = "240")))]
    pub buffer_before: Option<i16>,
    /// Kept free after an appointment; minutes.
    #[oai(skip_serializing_if_is_none, validator(minimum(value = "0"), maximum(value = "240")))]
    pub buffer_after: Option<i16>,
    /// How long before its beginning a slot can be booked at the latest; minutes.
    #[oai(skip_serializing_if_is_none, validator(minimum(value = "0"), maximum(value = "43200")))]
    pub minimum_notice: Option<i32>,
    /// How many days ahead slots can be booked.
    #[oai(skip_serializing_if_is_none, validator(minimum(value = "1"), maximum(value = "730")))]
    pub horizon_days: Option<i16>,
    /// Whether they can be booked.
    #[oai(skip_serializing_if_is_none)]
    pub active: Option<bool>,
}

impl PractitionerPatch {
    /// The practitioner after these changes, but for whose account it is.
    pub(super) fn apply(self, practitioner: &mut NewPractitioner) {
        fn set<T>(field: &mut Option<T>, change: Option<T>) {
            if change.is_some() {
                *field = change;
            }
        }
        if let Some(name) = self.first_name {
            practitioner.first_name = name;
        }
        if let Some(name) = self.last_name {
            practitioner.last_name = name;
        }
        set(&mut practitioner.specialities, self.specialities);
        set(&mut practitioner.languages, self.languages);
        set(&mut practitioner.appointment_minutes, self.appointment_minutes);
        set(&mut practitioner.buffer_before, self.buffer_before);
        set(&mut practitioner.buffer_after, self.buffer_after);
        set(&mut practitioner.minimum_notice, self.minimum_notice);
        set(&mut practitioner.horizon_days, self.horizon_days);
        set(&mut practitioner.active, self.active);
        self.title.update_to(&mut practitioner.title);
        self.registration_number.update_to(&mut practitioner.registration_number);
        self.registration_until.update_to(&mut practitioner.registration_until);
        self.email.update_to(&mut practitioner.email);
        self.phone.update_to(&mut practitioner.phone);
        self.color.update_to(&mut practitioner.color);
        self.facility_id.update_to(&mut practitioner.facility_id);
    }
}

impl From<Practitioner> for NewPractitioner {
    fn from(stored: Practitioner) -> Self {
        Self {
            title: stored.title,
            first_name: stored.first_name,
            last_name: stored.last_name,
            specialities: Some(stored.specialities),
            registration_number: stored.registration_number,
            registration_until: stored.registration_until,
            email: stored.email,
            phone: stored.phone,
            languages: Some(stored.languages),
            color: stored.color,
            facility_id: stored.facility_id,
            appointment_minutes: Some(stored.appointment_minutes),
            buffer_before: Some(stored.buffer_before),
            buffer_after: Some(stored.buffer_after),
            minimum_notice: Some(stored.minimum_notice),
            horizon_days: Some(stored.horizon_days),
            active: Some(stored.active),
        }
    }
}

impl Example for Practitioner {
    #[expect(clippy::expect_used, reason = "constants, checked as the spec is made")]
    fn example() -> Self {
        let at = DateTime::from_timestamp(1_767_225_600, 0).expect("a time");
        Self {
            id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0007),
            user_id: Some(Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0005)),
            title: "Dr".parse().ok(),
            first_name: "Jo".parse().expect("a name"),
            last_name: "Martin".parse().expect("a name"),
            specialities: "Cardiology".parse().ok().into_iter().collect(),
            registration_number: "10101010101".parse().ok(),
            registration_until: "2030-12-31".parse().ok(),
            registration_expired: false,
            email: "jo@cabinet-du-parc.example".parse().ok(),
            phone: "+33 1 42 68 53 00".parse().ok(),
            languages: ["fr", "en"].iter().filter_map(|language| language.parse().ok()).collect(),
            color: "#2e7d32".parse().ok(),
            facility_id: None,
            appointment_minutes: 30,
            buffer_before: 0,
            buffer_after: 10,
            minimum_notice: 120,
            horizon_days: 365,
            active: true,
            created_at: at,
            updated_at: at,
            deleted_at: None,
            version: 1,
        }
    }
}

impl Example for NewPractitioner {
    fn example() -> Self {
        Self { registration_number: "10101010102".parse().ok(), ..Self::from(Practitioner::example()) }
    }
}

impl Example for PractitionerPatch {
    fn example() -> Self {
        Self {
            user_id: MaybeUndefined::Undefined,
            title: MaybeUndefined::Null,
            first_name: None,
            last_name: None,
            specialities: "Cardiology".parse().ok().map(|one| vec![one]),
            registration_number: MaybeUndefined::Undefined,
            registration_until: "2030-12-31".parse().map_or(MaybeUndefined::Undefined, MaybeUndefined::Value),
            email: MaybeUndefined::Undefined,
            phone: MaybeUndefined::Undefined,
            languages: None,
            color: MaybeUndefined::Undefined,
            facility_id: MaybeUndefined::Undefined,
            appointment_minutes: Some(20),
            buffer_before: None,
            buffer_after: Some(10),
            minimum_notice: None,
            horizon_days: None,
            active: None,
        }
    }
}
