//! Slots and holds.

use chrono::{DateTime, Days, Utc};
use serde_json::json;

use super::{BodyMaker, Entry, Right, Thing, ThingMaker, Valid, entry};
use crate::support::{Clinic, Person};

/// Each a calendar of its own, since a request takes a time of it.
const PRACTITIONER: Thing =
    Thing::Of(ThingMaker(|clinic| Box::pin(async move { clinic.practitioner("Walk").await.to_string() })));
const SERVICE: Thing =
    Thing::Of(ThingMaker(|clinic| Box::pin(async move { clinic.service("Walk", 30).await.to_string() })));
const FACILITY: Thing =
    Thing::Of(ThingMaker(|clinic| Box::pin(async move { clinic.facility("Walk").await.to_string() })));
const HOLD: Valid = Valid::Of(BodyMaker(|clinic| Box::pin(new_hold(clinic))));

async fn new_hold(clinic: &Clinic<'_>) -> serde_json::Value {
    let starts_at: DateTime<Utc> = Utc::now() + Days::new(30);
    json!({ "practitionerId": clinic.practitioner("Walk").await, "startsAt": starts_at.to_rfc3339(), "minutes": 30 })
}

/// A hold of this person's own, or, where they may hold nothing, of the administrator's.
pub async fn hold(clinic: &Clinic<'_>, person: &Person<'_>) -> String {
    let body = new_hold(clinic).await;
    let mut made = person.post("/api/v1/slot-holds", &body).await;
    if made.code() == "forbidden" {
        made = clinic.admin.post("/api/v1/slot-holds", &body).await;
    }
    made.json["id"].as_str().unwrap_or_else(|| panic!("{made:?}")).to_owned()
}

pub const ENTRIES: &[Entry] = &[
    entry("slot_holds_create", Right::Of("appointments", 'W'), HOLD, &[("practitionerId", PRACTITIONER)]),
    entry("slot_holds_delete", Right::Of("appointments", 'W'), Valid::None, &[("id", Thing::Hold)]),
    entry(
        "slots_list",
        Right::Of("appointments", 'R'),
        Valid::None,
        &[("practitionerId", PRACTITIONER), ("serviceId", SERVICE), ("facilityId", FACILITY)],
    ),
    entry("slots_list_of_practitioner", Right::Of("appointments", 'R'), Valid::None, &[("id", PRACTITIONER)]),
];
