//! What a facility looks like: as answered, as entered, as changed, and as stored.

use chrono::{DateTime, Utc};
use poem_openapi::types::{Example, MaybeUndefined};
use poem_openapi::{Enum, Object};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::api::address::{Address, AddressPatch};
use crate::api::answer::Resource;
use crate::api::hours::{Hours, OpeningHours};
use crate::api::idempotency::Kept;
use crate::api::text::{Email, OrganisationName, PhoneNumber};
use crate::clinic::Access;
use crate::error::Result;

/// The order of a list of facilities; a minus turns it round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum FacilitySort {
    /// By name.
    #[oai(rename = "name")]
    Name,
    /// By name, from the end.
    #[oai(rename = "-name")]
    NameDescending,
}

/// A place of a clinic's.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct Facility {
    /// Identifies the facility in this clinic.
    pub id: Uuid,
    /// Its name.
    pub name: OrganisationName,
    /// Postal address.
    #[oai(skip_serializing_if_is_none)]
    pub address: Option<Address>,
    /// Telephone number, international form.
    #[oai(skip_serializing_if_is_none)]
    pub phone: Option<PhoneNumber>,
    /// E-mail address.
    #[oai(skip_serializing_if_is_none)]
    pub email: Option<Email>,
    /// When it is open; the clinic's hours when absent.
    #[oai(skip_serializing_if_is_none)]
    pub opening_hours: Option<Vec<OpeningHours>>,
    /// Whether it can be booked.
    pub active: bool,
    /// When the facility was entered.
    pub created_at: DateTime<Utc>,
    /// When the facility was last changed.
    pub updated_at: DateTime<Utc>,
    /// When the facility was archived.
    #[oai(skip_serializing_if_is_none)]
    pub deleted_at: Option<DateTime<Utc>>,
    /// Grows with each change; the `ETag`.
    pub version: i32,
}

impl Resource for Facility {
    const PATH: &'static str = "/api/v1/facilities";

    fn id(&self) -> Uuid {
        self.id
    }

    fn version(&self) -> i32 {
        self.version
    }
}

impl Kept for Facility {
    fn shown(&self) -> Access {
        Access::read("medical_facilities", self.id, None)
    }
}

impl TryFrom<&Row> for Facility {
    type Error = tokio_postgres::Error;

    fn try_from(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            address: Address::stored(row)?,
            phone: row.try_get("phone")?,
            email: row.try_get("email")?,
            opening_hours: row.try_get::<_, Option<Hours>>("opening_hours")?.map(|hours| hours.0),
            active: row.try_get("active")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
            deleted_at: row.try_get("deleted_at")?,
            version: row.try_get("version")?,
        })
    }
}

/// A facility to be entered.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub struct NewFacility {
    /// Its name.
    pub name: OrganisationName,
    /// Postal address.
    pub address: Option<Address>,
    /// Telephone number, international form.
    pub phone: Option<PhoneNumber>,
    /// E-mail address.
    pub email: Option<Email>,
    /// When it is open; the clinic's hours when absent.
    #[oai(validator(max_items = 70))]
    pub opening_hours: Option<Vec<OpeningHours>>,
    /// Whether it can be booked; it can when absent.
    pub active: Option<bool>,
}

/// Changes to a facility (JSON merge patch, RFC 7396): absent leaves, null clears.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, example)]
pub struct FacilityPatch {
    /// Its name.
    #[oai(skip_serializing_if_is_none)]
    pub name: Option<OrganisationName>,
    /// Postal address.
    #[oai(nullable)]
    pub address: MaybeUndefined<AddressPatch>,
    /// Telephone number, international form.
    #[oai(nullable)]
    pub phone: MaybeUndefined<PhoneNumber>,
    /// E-mail address.
    #[oai(nullable)]
    pub email: MaybeUndefined<Email>,
    /// When it is open, all of it; null for the clinic's hours.
    #[oai(nullable, validator(max_items = 70))]
    pub opening_hours: MaybeUndefined<Vec<OpeningHours>>,
    /// Whether it can be booked.
    #[oai(skip_serializing_if_is_none)]
    pub active: Option<bool>,
}

impl FacilityPatch {
    /// Whether postal code or country change.
    pub(super) fn moves(&self) -> bool {
        self.address.value().is_some_and(AddressPatch::moves)
    }

    /// The facility after these changes.
    pub(super) fn apply(self, facility: &mut NewFacility) {
        if let Some(name) = self.name {
            facility.name = name;
        }
        facility.active = self.active.or(facility.active);
        self.phone.update_to(&mut facility.phone);
        self.email.update_to(&mut facility.email);
        self.opening_hours.update_to(&mut facility.opening_hours);
        match self.address {
            MaybeUndefined::Undefined => {}
            MaybeUndefined::Null => facility.address = None,
            MaybeUndefined::Value(change) => change.apply(facility.address.get_or_insert_default()),
        }
    }
}

impl NewFacility {
    /// The opening hours, checked.
    pub(super) fn hours(&self) -> Result<Option<Hours>> {
        self.opening_hours.clone().map(|hours| Hours::checked(hours, "/openingHours")).transpose()
    }
}

impl From<Facility> for NewFacility {
    fn from(facility: Facility) -> Self {
        let Facility { name, address, phone, email, opening_hours, active, .. } = facility;
        Self { name, address, phone, email, opening_hours, active: Some(active) }
    }
}

impl Example for NewFacility {
    fn example() -> Self {
        Self::from(Facility::example())
    }
}

impl Example for FacilityPatch {
    fn example() -> Self {
        Self {
            name: None,
            address: MaybeUndefined::Undefined,
            phone: "+33 1 42 68 53 00".parse().map_or(MaybeUndefined::Undefined, MaybeUndefined::Value),
            email: MaybeUndefined::Undefined,
            opening_hours: MaybeUndefined::Null,
            active: Some(true),
        }
    }
}

impl Example for Facility {
    #[expect(clippy::expect_used, reason = "constants, checked as the spec is made")]
    fn example() -> Self {
        let at = DateTime::from_timestamp(1_767_225_600, 0).expect("a time");
        let time = |text: &str| text.parse().expect("a time");
        Self {
            id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0020),
            name: "Cabinet du Parc, rive gauche".parse().expect("a name"),
            address: Some(Address {
                line1: "12 rue de la Paix".parse().ok(),
                line2: None,
                postal_code: "75002".parse().ok(),
                city: "Paris".parse().ok(),
                country: "FR".parse().ok(),
            }),
            phone: "+33 1 42 68 53 00".parse().ok(),
            email: "rive-gauche@cabinet-du-parc.example".parse().ok(),
            opening_hours: Some(vec![OpeningHours { weekday: 1, starts: time("08:30"), ends: time("12:00") }]),
            active: true,
            created_at: at,
            updated_at: at,
            deleted_at: None,
            version: 1,
        }
    }
}
