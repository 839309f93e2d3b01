//! What an appointment's item looks like: as answered, as proposed, as changed.

use chrono::{DateTime, Utc};
use poem_openapi::types::{Example, MaybeUndefined};
use poem_openapi::{Enum, Object};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::api::answer::Resource;
use crate::api::idempotency::Kept;
use crate::api::money::{Amounts, Line};
use crate::api::text::{ItemDescription, Quantity};
use crate::clinic::Access;
use crate::region::TaxCategory;

/// How far an item has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "AppointmentItemStatus", rename_all = "lowercase")]
pub enum Status {
    /// The patient has not answered yet.
    Proposed,
    /// The patient agrees: nothing of it changes any more.
    Accepted,
    /// The patient does not.
    Refused,
    /// It was done.
    Completed,
}

impl Status {
    const ALL: [Self; 4] = [Self::Proposed, Self::Accepted, Self::Refused, Self::Completed];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Completed => "completed",
        }
    }

    fn stored(name: &str) -> Self {
        Self::ALL.into_iter().find(|status| status.name() == name).unwrap_or(Self::Proposed)
    }
}

/// What is proposed at an appointment, agreed to, and done.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct AppointmentItem {
    /// Identifies the item in this clinic.
    pub id: Uuid,
    /// The appointment that it belongs to.
    pub appointment_id: Uuid,
    /// Whose appointment it is.
    pub patient_id: Uuid,
    /// The product that it was made of; none where it was entered by hand.
    #[oai(skip_serializing_if_is_none)]
    pub product_id: Option<Uuid>,
    /// Its place among the appointment's items.
    pub position: i32,
    /// What it is.
    pub description: ItemDescription,
    /// How much of it: a decimal number as text.
    pub quantity: Quantity,
    /// Net, for one, in minor units: as it was when the item was added.
    pub unit_price_cents: i64,
    /// The currency of all amounts, ISO 4217: the clinic's.
    pub currency: String,
    /// Off the price, in hundredths of a per cent.
    pub discount_bp: i32,
    /// How it is taxed.
    pub tax_category: TaxCategory,
    /// At which rate, in hundredths of a per cent: as it was when the item was added.
    pub tax_rate_bp: i32,
    /// Quantity times price without the discount, rounded half up.
    pub net_cents: i64,
    /// The tax on that, rounded half up.
    pub tax_cents: i64,
    /// Both together.
    pub total_cents: i64,
    /// How far it has come.
    pub status: Status,
    /// When the patient agreed.
    #[oai(skip_serializing_if_is_none)]
    pub accepted_at: Option<DateTime<Utc>>,
    /// When the patient refused.
    #[oai(skip_serializing_if_is_none)]
    pub refused_at: Option<DateTime<Utc>>,
    /// When it was done.
    #[oai(skip_serializing_if_is_none)]
    pub completed_at: Option<DateTime<Utc>>,
    /// When the item was added.
    pub created_at: DateTime<Utc>,
    /// When the item was last changed.
    pub updated_at: DateTime<Utc>,
    /// Grows with each change; the `ETag`.
    pub version: i32,
}

impl Resource for AppointmentItem {
    const PATH: &'static str = "/api/v1/appointment-items";

    fn id(&self) -> Uuid {
        self.id
    }

    fn version(&self) -> i32 {
        self.version
    }
}

impl Kept for AppointmentItem {
    fn shown(&self) -> Access {
        Access::read("appointment_items", self.id, Some(self.patient_id))
    }
}

impl AppointmentItem {
    /// What it comes to with this quantity and discount.
    pub(super) fn amounts(&self, quantity: &Quantity, discount_bp: i32) -> Amounts {
        let Self { unit_price_cents, tax_rate_bp, .. } = *self;
        Line { quantity, unit_price_cents, discount_bp, tax_rate_bp }.amounts()
    }
}

impl TryFrom<&Row> for AppointmentItem {
    type Error = tokio_postgres::Error;

    fn try_from(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let quantity: Quantity = row.try_get("quantity")?;
        let unit_price_cents = row.try_get("unit_price_cents")?;
        let (discount_bp, tax_rate_bp) = (row.try_get("discount_bp")?, row.try_get("tax_rate_bp")?);
        let amounts = Line { quantity: &quantity, unit_price_cents, discount_bp, tax_rate_bp }.amounts();
        Ok(Self {
            id: row.try_get("id")?,
            appointment_id: row.try_get("appointment_id")?,
            patient_id: row.try_get("patient_id")?,
            product_id: row.try_get("product_id")?,
            position: row.try_get("position")?,
            description: row.try_get("description")?,
            quantity,
            unit_price_cents,
            currency: row.try_get("currency")?,
            discount_bp,
            tax_category: TaxCategory::stored(row.try_get("tax_category")?),
            tax_rate_bp,
            net_cents: amounts.net_cents,
            tax_cents: amounts.tax_cents,
            total_cents: amounts.total_cents(),
            status: Status::stored(row.try_get("status")?),
            accepted_at: row.try_get("accepted_at")?,
            refused_at: row.try_get("refused_at")?,
            completed_at: row.try_get("completed_at")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
            version: row.try_get("version")?,
        })
    }
}

/// An item to be proposed: of a product, which says what it is called, what it costs and how it is taxed; or by hand.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub struct NewAppointmentItem {
    /// The product or service that it is made of.
    pub product_id: Option<Uuid>,
    /// What it is; the product's name when absent, and required without a product.
    pub description: Option<ItemDescription>,
    /// How much of it: a decimal number as text, at most three decimals; 1 when absent.
    pub quantity: Option<Quantity>,
    /// Net, for one, in minor units of the clinic's currency: required without a product, and not allowed with one.
    #[oai(validator(minimum(value = "0"), maximum(value = "100000000000")))]
    pub unit_price_cents: Option<i64>,
    /// Off the price, in hundredths of a per cent; 0 when absent.
    #[oai(validator(minimum(value = "0"), maximum(value = "10000")))]
    pub discount_bp: Option<i32>,
    /// How it is taxed: without a product, `exempt_healthcare` when absent; not allowed with one.
    pub tax_category: Option<TaxCategory>,
    /// Its place among the appointment's items; the last when absent.
    #[oai(validator(minimum(value = "0"), maximum(value = "10000")))]
    pub position: Option<i32>,
}

/// Changes to a proposal (JSON merge patch, RFC 7396): absent leaves, null clears.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, example)]
pub struct AppointmentItemPatch {
    /// What it is.
    #[oai(skip_serializing_if_is_none)]
    pub description: Option<ItemDescription>,
    /// How much of it: a decimal number as text, at most three decimals.
    #[oai(skip_serializing_if_is_none)]
    pub quantity: Option<Quantity>,
    /// Off the price, in hundredths of a per cent; null is none.
    #[oai(nullable, validator(minimum(value = "0"), maximum(value = "10000")))]
    pub discount_bp: MaybeUndefined<i32>,
    /// Its place among the appointment's items: also of what was agreed to.
    #[oai(skip_serializing_if_is_none, validator(minimum(value = "0"), maximum(value = "10000")))]
    pub position: Option<i32>,
}

impl Example for NewAppointmentItem {
    fn example() -> Self {
        Self {
            product_id: None,
            description: "First consultation".parse().ok(),
            quantity: "1.5".parse().ok(),
            unit_price_cents: Some(6000),
            discount_bp: Some(1000),
            tax_category: Some(TaxCategory::ExemptHealthcare),
            position: None,
        }
    }
}

impl Example for AppointmentItemPatch {
    fn example() -> Self {
        Self { description: None, quantity: "2".parse().ok(), discount_bp: MaybeUndefined::Null, position: None }
    }
}

impl Example for AppointmentItem {
    #[expect(clippy::expect_used, reason = "constants, checked as the spec is made")]
    fn example() -> Self {
        let at = DateTime::from_timestamp(1_767_225_600, 0).expect("a time");
        Self {
            id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0033),
            appointment_id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0034),
            patient_id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0001),
            product_id: Some(Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0031)),
            position: 0,
            description: "First consultation".parse().expect("a description"),
            quantity: "1.5".parse().expect("a quantity"),
            unit_price_cents: 6000,
            currency: "EUR".to_owned(),
            discount_bp: 1000,
            tax_category: TaxCategory::ExemptHealthcare,
            tax_rate_bp: 0,
            net_cents: 8100,
            tax_cents: 0,
            total_cents: 8100,
            status: Status::Accepted,
            accepted_at: Some(at),
            refused_at: None,
            completed_at: None,
            created_at: at,
            updated_at: at,
            version: 2,
        }
    }
}
