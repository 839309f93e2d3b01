//! What a document looks like, as answered.

use chrono::{DateTime, Utc};
use poem_openapi::types::{Example, ParseFromJSON};
use poem_openapi::{Enum, Object};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::api::answer::Resource;
use crate::api::idempotency::Kept;
use crate::api::text::{ItemDescription, Quantity};
use crate::clinic::Access;
use crate::error::ApiError;

/// What kind of document it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "DocumentKind", rename_all = "snake_case")]
pub enum Kind {
    /// What it would cost.
    Quote,
    /// What it costs.
    Invoice,
    /// What an invoice does not cost after all.
    CreditNote,
}

/// How far a document has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "DocumentStatus", rename_all = "snake_case")]
pub enum Status {
    /// It has no number yet, and may change.
    Draft,
    /// It has its number, and changes no more.
    Issued,
    /// The patient has it.
    Sent,
    /// The patient agrees.
    Accepted,
    /// The patient does not.
    Rejected,
    /// It is paid.
    Paid,
    /// It counts no more.
    Cancelled,
}

/// What a document's lines of one rate of tax come to.
#[derive(Debug, Clone, PartialEq, Eq, Object)]
#[oai(rename_all = "camelCase")]
pub struct TaxTotal {
    /// The rate, in hundredths of a per cent.
    pub tax_rate_bp: i32,
    /// The lines' net amounts.
    pub net_cents: i64,
    /// The lines' taxes: each was rounded by itself.
    pub tax_cents: i64,
}

/// A line of a document.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase")]
pub struct DocumentItem {
    /// Identifies the line in this clinic.
    pub id: Uuid,
    /// The product that it is about.
    #[oai(skip_serializing_if_is_none)]
    pub product_id: Option<Uuid>,
    /// The appointment's item that it was drawn from.
    #[oai(skip_serializing_if_is_none)]
    pub appointment_item_id: Option<Uuid>,
    /// What it is.
    pub description: ItemDescription,
    /// How much of it: a decimal number as text.
    pub quantity: Quantity,
    /// Net, for one, in minor units.
    pub unit_price_cents: i64,
    /// Off the price, in hundredths of a per cent.
    pub discount_bp: i32,
    /// The rate of tax, in hundredths of a per cent.
    pub tax_rate_bp: i32,
    /// Quantity times price without the discount, rounded half up.
    pub net_cents: i64,
    /// The tax on that, rounded half up.
    pub tax_cents: i64,
    /// Both together.
    pub total_cents: i64,
}

/// A quote, an invoice or a credit note.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct Document {
    /// Identifies the document in this clinic.
    pub id: Uuid,
    /// What kind of document it is.
    pub kind: Kind,
    /// How far it has come.
    pub status: Status,
    /// Its number; none while it is a draft.
    #[oai(skip_serializing_if_is_none)]
    pub number: Option<String>,
    /// Whom it is for.
    pub patient_id: Uuid,
    /// Who treats them.
    #[oai(skip_serializing_if_is_none)]
    pub practitioner_id: Option<Uuid>,
    /// The appointment that it is about.
    #[oai(skip_serializing_if_is_none)]
    pub appointment_id: Option<Uuid>,
    /// The currency of all amounts, ISO 4217.
    pub currency: String,
    /// The lines, in their order.
    pub items: Vec<DocumentItem>,
    /// The sum of the lines' net amounts, in minor units.
    pub net_cents: i64,
    /// The sum of the lines' taxes.
    pub tax_cents: i64,
    /// Both together.
    pub total_cents: i64,
    /// The same by rate, lowest first.
    pub taxes: Vec<TaxTotal>,
    /// When the document was made.
    pub created_at: DateTime<Utc>,
    /// When the document was last changed.
    pub updated_at: DateTime<Utc>,
    /// Grows with each change; the `ETag`.
    pub version: i32,
}

impl Resource for Document {
    const PATH: &'static str = "/api/v1/documents";

    fn id(&self) -> Uuid {
        self.id
    }

    fn version(&self) -> i32 {
        self.version
    }
}

impl Kept for Document {
    fn shown(&self) -> Access {
        Access::read("documents", self.id, Some(self.patient_id))
    }
}

/// What we stored is read as it was written, or it is our fault.
fn stored<T: ParseFromJSON>(value: serde_json::Value) -> Result<T, ApiError> {
    T::parse_from_json(Some(value)).map_err(|_| ApiError::internal(anyhow::anyhow!("a stored document does not parse")))
}

impl TryFrom<&Row> for Document {
    type Error = ApiError;

    fn try_from(row: &Row) -> Result<Self, ApiError> {
        Ok(Self {
            id: row.try_get("id")?,
            kind: stored(row.try_get::<_, String>("kind")?.into())?,
            status: stored(row.try_get::<_, String>("status")?.into())?,
            number: row.try_get("number")?,
            patient_id: row.try_get("patient_id")?,
            practitioner_id: row.try_get("practitioner_id")?,
            appointment_id: row.try_get("appointment_id")?,
            currency: row.try_get("currency")?,
            items: stored(row.try_get("items")?)?,
            net_cents: row.try_get("net_cents")?,
            tax_cents: row.try_get("tax_cents")?,
            total_cents: row.try_get("total_cents")?,
            taxes: stored(row.try_get("taxes")?)?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
            version: row.try_get("version")?,
        })
    }
}

impl Example for Document {
    #[expect(clippy::expect_used, reason = "constants, checked as the spec is made")]
    fn example() -> Self {
        let at = DateTime::from_timestamp(1_767_225_600, 0).expect("a time");
        let id = |last: u128| Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0000 + last);
        Self {
            id: id(0x35),
            kind: Kind::Quote,
            status: Status::Draft,
            number: None,
            patient_id: id(1),
            practitioner_id: Some(id(7)),
            appointment_id: Some(id(0x34)),
            currency: "EUR".to_owned(),
            items: vec![DocumentItem {
                id: id(0x36),
                product_id: Some(id(0x31)),
                appointment_item_id: Some(id(0x33)),
                description: "First consultation".parse().expect("a description"),
                quantity: "1.5".parse().expect("a quantity"),
                unit_price_cents: 6000,
                discount_bp: 1000,
                tax_rate_bp: 0,
                net_cents: 8100,
                tax_cents: 0,
                total_cents: 8100,
            }],
            net_cents: 8100,
            tax_cents: 0,
            total_cents: 8100,
            taxes: vec![TaxTotal { tax_rate_bp: 0, net_cents: 8100, tax_cents: 0 }],
            created_at: at,
            updated_at: at,
            version: 1,
        }
    }
}
