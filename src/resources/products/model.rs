//! What a product or service looks like: as answered, as entered, as changed.

use chrono::{DateTime, Utc};
use poem_openapi::types::{Example, MaybeUndefined};
use poem_openapi::{Enum, Object};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::api::answer::Resource;
use crate::api::day::Day;
use crate::api::idempotency::Kept;
use crate::api::search::fold;
use crate::api::text::{LongDescription, Material, ProductCode, ProductName, Unit};
use crate::clinic::Access;
use crate::region::TaxCategory;

/// What kind of thing is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "ProductKind", rename_all = "lowercase")]
pub enum Kind {
    /// Something that is handed over.
    Product,
    /// Something that is done, and takes time.
    Service,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Service => "service",
        }
    }

    fn stored(name: &str) -> Self {
        if name == Self::Service.name() { Self::Service } else { Self::Product }
    }
}

/// The order of a list of products; a minus turns it round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "ProductSort")]
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
    /// A product's place in this order, as text.
    pub(super) fn key_of(self, product: &Product) -> String {
        match self {
            Self::Name | Self::NameDescending => folded(product.name.as_str(), 300),
            Self::Created | Self::CreatedDescending => product.created_at.to_rfc3339(),
        }
    }
}

/// As it is sorted and found. Some characters are folded to many: the columns end.
pub(super) fn folded(text: &str, length: usize) -> String {
    fold(text).chars().take(length).collect()
}

/// A product or a service.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct Product {
    /// Identifies the product in this clinic.
    pub id: Uuid,
    /// Whether it is a product or a service.
    pub kind: Kind,
    /// The code by which the clinic files it.
    #[oai(skip_serializing_if_is_none)]
    pub code: Option<ProductCode>,
    /// What it is called.
    pub name: ProductName,
    /// What it is.
    #[oai(skip_serializing_if_is_none)]
    pub description: Option<LongDescription>,
    /// What its quantity is counted in.
    #[oai(skip_serializing_if_is_none)]
    pub unit: Option<Unit>,
    /// Net, for one, in minor units.
    pub unit_price_cents: i64,
    /// The currency of the price, ISO 4217: the clinic's.
    pub currency: String,
    /// How it is taxed.
    pub tax_category: TaxCategory,
    /// At which rate, in hundredths of a per cent: as it was when price or category were last set.
    pub tax_rate_bp: i32,
    /// How long a service takes.
    #[oai(skip_serializing_if_is_none)]
    pub duration_minutes: Option<i16>,
    /// What the patient does before.
    #[oai(skip_serializing_if_is_none)]
    pub preparation: Option<LongDescription>,
    /// What it needs.
    pub materials: Vec<Material>,
    /// The first day on which it is offered.
    #[oai(skip_serializing_if_is_none)]
    pub available_from: Option<Day>,
    /// The last day on which it is offered.
    #[oai(skip_serializing_if_is_none)]
    pub available_until: Option<Day>,
    /// The categories that it is in.
    pub category_ids: Vec<Uuid>,
    /// Whether it is offered at all.
    pub active: bool,
    /// When the product was entered.
    pub created_at: DateTime<Utc>,
    /// When the product was last changed.
    pub updated_at: DateTime<Utc>,
    /// When the product was archived.
    #[oai(skip_serializing_if_is_none)]
    pub deleted_at: Option<DateTime<Utc>>,
    /// Grows with each change; the `ETag`.
    pub version: i32,
}

impl Resource for Product {
    const PATH: &'static str = "/api/v1/products";

    fn id(&self) -> Uuid {
        self.id
    }

    fn version(&self) -> i32 {
        self.version
    }
}

impl Kept for Product {
    fn shown(&self) -> Access {
        Access::read("products_services", self.id, None)
    }
}

impl TryFrom<&Row> for Product {
    type Error = tokio_postgres::Error;

    fn try_from(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            kind: Kind::stored(row.try_get("kind")?),
            code: row.try_get("code")?,
            name: row.try_get("name")?,
            description: row.try_get("description")?,
            unit: row.try_get("unit")?,
            unit_price_cents: row.try_get("unit_price_cents")?,
            currency: row.try_get("currency")?,
            tax_category: TaxCategory::stored(row.try_get("tax_category")?),
            tax_rate_bp: row.try_get("tax_rate_bp")?,
            duration_minutes: row.try_get("duration_minutes")?,
            preparation: row.try_get("preparation")?,
            materials: row.try_get("materials")?,
            available_from: row.try_get("available_from")?,
            available_until: row.try_get("available_until")?,
            category_ids: row.try_get("category_ids")?,
            active: row.try_get("active")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
            deleted_at: row.try_get("deleted_at")?,
            version: row.try_get("version")?,
        })
    }
}

/// A product or service to be entered.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub struct NewProduct {
    /// Whether it is a product or a service: for good.
    pub kind: Kind,
    /// The code by which the clinic files it; nothing else bears it.
    pub code: Option<ProductCode>,
    /// What it is called.
    pub name: ProductName,
    /// What it is.
    pub description: Option<LongDescription>,
    /// What its quantity is counted in.
    pub unit: Option<Unit>,
    /// Net, for one, in minor units of the clinic's currency.
    #[oai(validator(minimum(value = "0"), maximum(value = "100000000000")))]
    pub unit_price_cents: i64,
    /// How it is taxed, by a category that the clinic's country has; `exempt_healthcare` when absent.
    pub tax_category: Option<TaxCategory>,
    /// How long it takes; a product takes no time.
    #[oai(validator(minimum(value = "1"), maximum(value = "1440")))]
    pub duration_minutes: Option<i16>,
    /// What the patient does before.
    pub preparation: Option<LongDescription>,
    /// What it needs.
    #[oai(validator(max_items = 50))]
    pub materials: Option<Vec<Material>>,
    /// The first day on which it is offered.
    pub available_from: Option<Day>,
    /// The last day on which it is offered.
    pub available_until: Option<Day>,
    /// The categories that it is in.
    #[oai(validator(max_items = 20))]
    pub category_ids: Option<Vec<Uuid>>,
    /// Whether it is offered at all; `true` when absent.
    pub active: Option<bool>,
}

/// Changes to a product or service (JSON merge patch, RFC 7396): absent leaves, null clears.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, example)]
pub struct ProductPatch {
    /// The code by which the clinic files it.
    #[oai(nullable)]
    pub code: MaybeUndefined<ProductCode>,
    /// What it is called.
    #[oai(skip_serializing_if_is_none)]
    pub name: Option<ProductName>,
    /// What it is.
    #[oai(nullable)]
    pub description: MaybeUndefined<LongDescription>,
    /// What its quantity is counted in.
    #[oai(nullable)]
    pub unit: MaybeUndefined<Unit>,
    /// Net, for one, in minor units of the clinic's currency. What was agreed to before keeps its price.
    #[oai(skip_serializing_if_is_none, validator(minimum(value = "0"), maximum(value = "100000000000")))]
    pub unit_price_cents: Option<i64>,
    /// How it is taxed; the rate is then that of today.
    #[oai(skip_serializing_if_is_none)]
    pub tax_category: Option<TaxCategory>,
    /// How long a service takes.
    #[oai(nullable, validator(minimum(value = "1"), maximum(value = "1440")))]
    pub duration_minutes: MaybeUndefined<i16>,
    /// What the patient does before.
    #[oai(nullable)]
    pub preparation: MaybeUndefined<LongDescription>,
    /// What it needs.
    #[oai(skip_serializing_if_is_none, validator(max_items = 50))]
    pub materials: Option<Vec<Material>>,
    /// The first day on which it is offered.
    #[oai(nullable)]
    pub available_from: MaybeUndefined<Day>,
    /// The last day on which it is offered.
    #[oai(nullable)]
    pub available_until: MaybeUndefined<Day>,
    /// The categories that it is in, in place of those before.
    #[oai(skip_serializing_if_is_none, validator(max_items = 20))]
    pub category_ids: Option<Vec<Uuid>>,
    /// Whether it is offered at all.
    #[oai(skip_serializing_if_is_none)]
    pub active: Option<bool>,
}

impl ProductPatch {
    /// The product after these changes; without categories where they stay.
    pub(super) fn applied(self, product: Product) -> NewProduct {
        let mut changed = NewProduct {
            kind: product.kind,
            code: product.code,
            name: self.name.unwrap_or(product.name),
            description: product.description,
            unit: product.unit,
            unit_price_cents: self.unit_price_cents.unwrap_or(product.unit_price_cents),
            tax_category: self.tax_category.or(Some(product.tax_category)),
            duration_minutes: product.duration_minutes,
            preparation: product.preparation,
            materials: self.materials.or(Some(product.materials)),
            available_from: product.available_from,
            available_until: product.available_until,
            category_ids: self.category_ids,
            active: self.active.or(Some(product.active)),
        };
        self.code.update_to(&mut changed.code);
        self.description.update_to(&mut changed.description);
        self.unit.update_to(&mut changed.unit);
        self.duration_minutes.update_to(&mut changed.duration_minutes);
        self.preparation.update_to(&mut changed.preparation);
        self.available_from.update_to(&mut changed.available_from);
        self.available_until.update_to(&mut changed.available_until);
        changed
    }
}

impl Example for NewProduct {
    #[expect(clippy::expect_used, reason = "constants, checked as the spec is made")]
    fn example() -> Self {
        Self {
            kind: Kind::Service,
            code: "CS-01".parse().ok(),
            name: "First consultation".parse().expect("a name"),
            description: "For patients who have not been here before.".parse().ok(),
            unit: None,
            unit_price_cents: 6000,
            tax_category: Some(TaxCategory::ExemptHealthcare),
            duration_minutes: Some(45),
            preparation: "Please bring earlier reports".parse().ok(),
            materials: "Blood pressure cuff".parse().ok().map(|one| vec![one]),
            available_from: "2026-01-01".parse().ok(),
            available_until: None,
            category_ids: None,
            active: Some(true),
        }
    }
}

impl Example for ProductPatch {
    fn example() -> Self {
        Self {
            code: MaybeUndefined::Undefined,
            name: None,
            description: MaybeUndefined::Null,
            unit: MaybeUndefined::Undefined,
            unit_price_cents: Some(6500),
            tax_category: None,
            duration_minutes: MaybeUndefined::Undefined,
            preparation: MaybeUndefined::Undefined,
            materials: None,
            available_from: MaybeUndefined::Undefined,
            available_until: MaybeUndefined::Undefined,
            category_ids: None,
            active: None,
        }
    }
}

impl Example for Product {
    fn example() -> Self {
        let new = NewProduct::example();
        let at = DateTime::from_timestamp(1_767_225_600, 0).unwrap_or_default();
        Self {
            id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0031),
            kind: new.kind,
            code: new.code,
            name: new.name,
            description: new.description,
            unit: new.unit,
            unit_price_cents: new.unit_price_cents,
            currency: "EUR".to_owned(),
            tax_category: TaxCategory::ExemptHealthcare,
            tax_rate_bp: 0,
            duration_minutes: new.duration_minutes,
            preparation: new.preparation,
            materials: new.materials.unwrap_or_default(),
            available_from: new.available_from,
            available_until: new.available_until,
            category_ids: vec![Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0030)],
            active: true,
            created_at: at,
            updated_at: at,
            deleted_at: None,
            version: 1,
        }
    }
}
