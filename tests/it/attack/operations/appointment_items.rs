//! Appointments' items, and the quotes that are drawn from them.

use serde_json::{Value, json};
use uuid::Uuid;

use super::catalogue::{PRODUCT, product};
use super::{BodyMaker, Entry, Right, Thing, ThingMaker, Valid, entry};
use crate::support::Clinic;

const READ: Right = Right::Of("appointments", 'R');
const WRITE: Right = Right::Of("appointments", 'W');

pub const ENTRIES: &[Entry] = &[
    entry("appointment_items_accept", WRITE, Valid::None, &[("id", PROPOSED)]),
    entry("appointment_items_complete", Right::Of("completion", 'W'), Valid::None, &[("id", ACCEPTED)]),
    entry("appointment_items_create", WRITE, Valid::Of(NEW_ITEM), &[("id", APPOINTMENT), ("productId", PRODUCT)]),
    entry("appointment_items_delete", Right::Of("appointments", 'D'), Valid::None, &[("id", PROPOSED)]),
    entry("appointment_items_find", READ, Valid::None, &[("id", PROPOSED)]),
    entry("appointment_items_list", READ, Valid::None, &[("id", APPOINTMENT_WITH_ITEM)]),
    entry("appointment_items_refuse", WRITE, Valid::None, &[("id", PROPOSED)]),
    entry("appointment_items_update", WRITE, Valid::Of(ITEM_PATCH), &[("id", PROPOSED)]),
    entry("documents_draw_quote", Right::Of("documents", 'W'), Valid::None, &[("id", APPOINTMENT_WITH_ITEM)]),
    entry("documents_find", Right::Of("documents", 'R'), Valid::None, &[("id", QUOTE)]),
];

const APPOINTMENT: Thing =
    Thing::Of(ThingMaker(|clinic| Box::pin(async move { appointment(clinic).await.to_string() })));
const APPOINTMENT_WITH_ITEM: Thing = Thing::Of(ThingMaker(|clinic| {
    Box::pin(async move { agreed(clinic).await["appointmentId"].as_str().unwrap().to_owned() })
}));
const PROPOSED: Thing = Thing::Of(ThingMaker(|clinic| {
    Box::pin(async move { id_of(&clinic.proposal(appointment(clinic).await, &item()).await) })
}));
const ACCEPTED: Thing = Thing::Of(ThingMaker(|clinic| Box::pin(async move { id_of(&agreed(clinic).await) })));
const QUOTE: Thing = Thing::Of(ThingMaker(|clinic| {
    Box::pin(async move {
        let appointment = agreed(clinic).await["appointmentId"].as_str().unwrap().to_owned();
        id_of(&clinic.make(&format!("/api/v1/appointments/{appointment}/quote"), &json!({})).await)
    })
}));

const NEW_ITEM: BodyMaker = BodyMaker(|clinic| {
    Box::pin(async move { json!({ "productId": product(clinic).await, "quantity": "2", "discountBp": 500 }) })
});
const ITEM_PATCH: BodyMaker =
    BodyMaker(|_| Box::pin(async move { json!({ "description": "Longer", "quantity": "2.5" }) }));

fn item() -> Value {
    json!({ "description": "Check-up", "unitPriceCents": 2500 })
}

fn id_of(thing: &Value) -> String {
    thing["id"].as_str().unwrap().to_owned()
}

async fn appointment(clinic: &Clinic<'_>) -> Uuid {
    clinic.consultation("2026-03-02T09:00:00Z").await
}

async fn agreed(clinic: &Clinic<'_>) -> Value {
    clinic.agreement(appointment(clinic).await, &item()).await
}
