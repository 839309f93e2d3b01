//! What a product has cost, as the trigger on its price keeps it.

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use poem_openapi::types::Example;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::region::TaxCategory;

/// What a product has cost, from some day on.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", rename = "ProductPrice", example)]
pub struct Price {
    /// Identifies the entry.
    pub id: Uuid,
    /// Net, for one, in minor units.
    pub unit_price_cents: i64,
    /// The currency of the price, ISO 4217: the clinic's.
    pub currency: String,
    /// How it was taxed.
    pub tax_category: TaxCategory,
    /// At which rate, in hundredths of a per cent.
    pub tax_rate_bp: i32,
    /// Who said so.
    pub set_by: Uuid,
    /// And when: it held until the next entry.
    pub set_at: DateTime<Utc>,
}

impl TryFrom<&Row> for Price {
    type Error = tokio_postgres::Error;

    fn try_from(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            unit_price_cents: row.try_get("unit_price_cents")?,
            currency: row.try_get("currency")?,
            tax_category: TaxCategory::stored(row.try_get("tax_category")?),
            tax_rate_bp: row.try_get("tax_rate_bp")?,
            set_by: row.try_get("set_by")?,
            set_at: row.try_get("set_at")?,
        })
    }
}

impl Example for Price {
    fn example() -> Self {
        Self {
            id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0032),
            unit_price_cents: 5500,
            currency: "EUR".to_owned(),
            tax_category: TaxCategory::ExemptHealthcare,
            tax_rate_bp: 0,
            set_by: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0005),
            set_at: DateTime::from_timestamp(1_767_225_600, 0).unwrap_or_default(),
        }
    }
}
