//! The clinic itself, its facilities, rooms and closures.

use serde_json::json;
use uuid::Uuid;

use super::{BodyMaker, Entry, Right, Thing, ThingMaker, Valid, entry};

const FACILITY: Thing =
    Thing::Of(ThingMaker(|clinic| Box::pin(async move { clinic.facility("Walk").await.to_string() })));
const ARCHIVED: Thing = Thing::Of(ThingMaker(|clinic| {
    Box::pin(async move {
        let facility = clinic.facility("Walk").await;
        assert_eq!(clinic.admin.delete(&format!("/api/v1/facilities/{facility}")).await.status, 204);
        facility.to_string()
    })
}));
const ROOM: Thing = Thing::Of(ThingMaker(|clinic| {
    Box::pin(async move { clinic.room(clinic.facility("Walk").await, "Room").await.to_string() })
}));
const CLOSURE: Thing = Thing::Of(ThingMaker(|clinic| {
    Box::pin(async move {
        let closed = clinic.admin.post("/api/v1/closures", &json!({ "startsOn": "2026-08-03" })).await;
        closed.json["id"].as_str().unwrap().to_owned()
    })
}));

const SETTINGS: Valid = Valid::Of(BodyMaker(|_| {
    Box::pin(async {
        json!({
            "name": "Walk", "timeZone": "Europe/Paris", "address": { "city": "Lyon" }, "reminderHours": 48,
            "openingHours": [{ "weekday": 1, "starts": "08:00", "ends": "12:00" }],
        })
    })
}));
const NEW_FACILITY: Valid =
    Valid::Of(BodyMaker(|_| Box::pin(async { json!({ "name": "Walk", "address": { "city": "Paris" } }) })));
const FACILITY_CHANGE: Valid =
    Valid::Of(BodyMaker(|_| Box::pin(async { json!({ "name": "Walk", "address": { "city": "Lyon" } }) })));
// A room's name is the only one in its facility.
const NEW_ROOM: Valid =
    Valid::Of(BodyMaker(|_| Box::pin(async { json!({ "name": Uuid::now_v7().to_string(), "active": true }) })));
const ROOM_CHANGE: Valid = Valid::Of(BodyMaker(|_| Box::pin(async { json!({ "active": false }) })));
const NEW_CLOSURE: Valid = Valid::Of(BodyMaker(|_| {
    Box::pin(async { json!({ "startsOn": "2031-05-02", "endsOn": "2031-05-05", "reason": "Walk." }) })
}));
const CLOSURE_CHANGE: Valid = Valid::Of(BodyMaker(|_| Box::pin(async { json!({ "kind": "open" }) })));

const READ: Right = Right::Of("clinic", 'R');
const WRITE: Right = Right::Of("clinic", 'W');
const DELETE: Right = Right::Of("clinic", 'D');

pub const ENTRIES: &[Entry] = &[
    entry("clinic_find", READ, Valid::None, &[]),
    entry("clinic_holidays", READ, Valid::None, &[]),
    // What is paid for is for who runs the clinic.
    entry("clinic_subscription", WRITE, Valid::None, &[]),
    entry("clinic_update", WRITE, SETTINGS, &[]),
    entry("closures_create", WRITE, NEW_CLOSURE, &[("facilityId", FACILITY)]),
    entry("closures_delete", DELETE, Valid::None, &[("id", CLOSURE)]),
    entry("closures_find", READ, Valid::None, &[("id", CLOSURE)]),
    entry("closures_list", READ, Valid::None, &[("facilityId", FACILITY)]),
    entry("closures_update", WRITE, CLOSURE_CHANGE, &[("id", CLOSURE), ("facilityId", FACILITY)]),
    entry("facilities_create", WRITE, NEW_FACILITY, &[]),
    entry("facilities_delete", DELETE, Valid::None, &[("id", FACILITY)]),
    entry("facilities_find", READ, Valid::None, &[("id", FACILITY)]),
    entry("facilities_list", READ, Valid::None, &[]),
    entry("facilities_restore", DELETE, Valid::None, &[("id", ARCHIVED)]),
    entry("facilities_update", WRITE, FACILITY_CHANGE, &[("id", FACILITY)]),
    entry("rooms_create", WRITE, NEW_ROOM, &[("id", FACILITY)]),
    entry("rooms_delete", DELETE, Valid::None, &[("id", ROOM)]),
    entry("rooms_find", READ, Valid::None, &[("id", ROOM)]),
    entry("rooms_list", READ, Valid::None, &[("id", FACILITY)]),
    entry("rooms_update", WRITE, ROOM_CHANGE, &[("id", ROOM)]),
];
