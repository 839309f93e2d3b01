//! Categories, products and services.

use serde_json::json;

use super::{BodyMaker, Entry, Right, Thing, ThingMaker, Valid, entry};
use crate::support::Clinic;

const READ: Right = Right::Of("catalogue", 'R');
const WRITE: Right = Right::Of("catalogue", 'W');
const REMOVE: Right = Right::Of("catalogue", 'D');

pub const ENTRIES: &[Entry] = &[
    entry("categories_create", WRITE, Valid::Of(NEW_CATEGORY), &[("parentId", CATEGORY)]),
    entry("categories_delete", REMOVE, Valid::None, &[("id", CATEGORY)]),
    entry("categories_find", READ, Valid::None, &[("id", CATEGORY)]),
    entry("categories_list", READ, Valid::None, &[]),
    entry("categories_restore", REMOVE, Valid::None, &[("id", ARCHIVED_CATEGORY)]),
    entry("categories_update", WRITE, Valid::Of(NEW_CATEGORY), &[("id", CATEGORY), ("parentId", CATEGORY)]),
    entry("products_create", WRITE, Valid::Of(NEW_PRODUCT), &[]),
    entry("products_delete", REMOVE, Valid::None, &[("id", PRODUCT)]),
    entry("products_find", READ, Valid::None, &[("id", PRODUCT)]),
    entry("products_list", READ, Valid::None, &[("categoryId", CATEGORY)]),
    entry("products_prices", READ, Valid::None, &[("id", PRODUCT)]),
    entry("products_restore", REMOVE, Valid::None, &[("id", ARCHIVED_PRODUCT)]),
    entry("products_update", WRITE, Valid::Of(PRODUCT_PATCH), &[("id", PRODUCT)]),
];

const CATEGORY: Thing = Thing::Of(ThingMaker(|clinic| Box::pin(async move { category(clinic).await })));
const ARCHIVED_CATEGORY: Thing = Thing::Of(ThingMaker(|clinic| {
    Box::pin(async move { archived(clinic, "categories", category(clinic).await).await })
}));
pub const PRODUCT: Thing = Thing::Of(ThingMaker(|clinic| Box::pin(async move { product(clinic).await })));
const ARCHIVED_PRODUCT: Thing =
    Thing::Of(ThingMaker(|clinic| Box::pin(async move { archived(clinic, "products", product(clinic).await).await })));

/// Below a category of its own: a name is one category's among those beside it.
const NEW_CATEGORY: BodyMaker = BodyMaker(|clinic| {
    Box::pin(async move { json!({ "parentId": category(clinic).await, "name": "Vaccinations", "position": 3 }) })
});
const NEW_PRODUCT: BodyMaker = BodyMaker(|_| {
    Box::pin(async move {
        json!({
            "kind": "service", "name": "Check-up", "unitPriceCents": 2500, "taxCategory": "standard", "durationMinutes": 30,
            "availableFrom": "2026-01-01", "materials": ["Cuff"],
        })
    })
});
const PRODUCT_PATCH: BodyMaker = BodyMaker(|_| {
    Box::pin(async move { json!({ "name": "Longer check-up", "unitPriceCents": 2600, "categoryIds": [] }) })
});

async fn category(clinic: &Clinic<'_>) -> String {
    let name = format!("Category {}", uuid::Uuid::now_v7());
    clinic.category(&name, None).await["id"].as_str().unwrap().to_owned()
}

pub async fn product(clinic: &Clinic<'_>) -> String {
    clinic.product("Cream", 1234, "standard").await["id"].as_str().unwrap().to_owned()
}

async fn archived(clinic: &Clinic<'_>, resource: &str, id: String) -> String {
    assert_eq!(clinic.admin.delete(&format!("/api/v1/{resource}/{id}")).await.status, 204);
    id
}
