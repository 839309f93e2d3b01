//! The walk's entries of appointments.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{BodyMaker, Entry, Right, Thing, ThingMaker, Valid, entry};
use crate::support::Clinic;

const READ: Right = Right::Of("appointments", 'R');
const WRITE: Right = Right::Of("appointments", 'W');
const DELETE: Right = Right::Of("appointments", 'D');

const PRACTITIONER: Thing =
    Thing::Of(ThingMaker(|clinic| Box::pin(async move { clinic.practitioner("Walk").await.to_string() })));
const FACILITY: Thing =
    Thing::Of(ThingMaker(|clinic| Box::pin(async move { clinic.facility(&unique("Site")).await.to_string() })));
const ROOM: Thing = Thing::Of(ThingMaker(|clinic| {
    Box::pin(async move {
        let facility = clinic.facility(&unique("Site")).await;
        clinic.room(facility, "Room 1").await.to_string()
    })
}));
const SERVICE: Thing =
    Thing::Of(ThingMaker(|clinic| Box::pin(async move { clinic.service(&unique("Visit"), 20).await.to_string() })));
const TO_COME: Thing = Thing::Of(ThingMaker(|clinic| Box::pin(booked(clinic, 48))));
const SOON: Thing = Thing::Of(ThingMaker(|clinic| Box::pin(booked(clinic, 1))));
const CHECKED_IN: Thing = Thing::Of(ThingMaker(|clinic| {
    Box::pin(async move {
        let id = booked(clinic, 1).await;
        assert_eq!(clinic.admin.post(&format!("/api/v1/appointments/{id}/check-in"), &json!({})).await.status, 200);
        id
    })
}));
const BEGUN: Thing = Thing::Of(ThingMaker(|clinic| Box::pin(booked(clinic, -1))));
const DELETED: Thing = Thing::Of(ThingMaker(|clinic| {
    Box::pin(async move {
        let id = booked(clinic, 48).await;
        assert_eq!(clinic.admin.delete(&format!("/api/v1/appointments/{id}")).await.status, 204);
        id
    })
}));

const SERIES: Thing = Thing::Of(ThingMaker(|clinic| {
    Box::pin(async move {
        let made = clinic.admin.post("/api/v1/appointment-series", &recurring(clinic).await).await;
        assert_eq!(made.status, 201, "{made:?}");
        made.json["id"].as_str().unwrap().to_owned()
    })
}));

const RECURRING: Valid = Valid::Of(BodyMaker(|clinic| Box::pin(recurring(clinic))));
const SERIES_CHANGE: Valid =
    Valid::Of(BodyMaker(|_| Box::pin(async { json!({ "from": within(24).date_naive(), "starts": "10:30" }) })));
const SERIES_CANCELLATION: Valid =
    Valid::Of(BodyMaker(|_| Box::pin(async { json!({ "from": within(24).date_naive(), "for": "practitioner" }) })));
const BOOKING: Valid = Valid::Of(BodyMaker(|clinic| Box::pin(booking(clinic, 48))));
const CHANGE: Valid =
    Valid::Of(BodyMaker(|_| Box::pin(async { json!({ "startsAt": within(72), "notes": "Moved." }) })));
const CANCELLATION: Valid =
    Valid::Of(BodyMaker(|_| Box::pin(async { json!({ "for": "practitioner", "reason": "Is ill." }) })));

pub const ENTRIES: &[Entry] = &[
    entry("appointment_series_cancel", DELETE, SERIES_CANCELLATION, &[("id", SERIES)]),
    entry(
        "appointment_series_create",
        WRITE,
        RECURRING,
        &[
            ("patientId", Thing::Patient),
            ("practitionerId", PRACTITIONER),
            ("facilityId", FACILITY),
            ("roomId", ROOM),
            ("serviceId", SERVICE),
        ],
    ),
    entry("appointment_series_find", READ, Valid::None, &[("id", SERIES)]),
    entry(
        "appointment_series_update",
        WRITE,
        SERIES_CHANGE,
        &[("id", SERIES), ("practitionerId", PRACTITIONER), ("roomId", ROOM)],
    ),
    entry("appointments_cancel", DELETE, CANCELLATION, &[("id", TO_COME)]),
    entry("appointments_check_in", WRITE, Valid::None, &[("id", SOON)]),
    entry("appointments_complete", Right::Of("completion", 'W'), Valid::None, &[("id", CHECKED_IN)]),
    entry("appointments_confirm", WRITE, Valid::None, &[("id", TO_COME)]),
    entry(
        "appointments_create",
        WRITE,
        BOOKING,
        &[
            ("patientId", Thing::Patient),
            ("practitionerId", PRACTITIONER),
            ("facilityId", FACILITY),
            ("roomId", ROOM),
            ("serviceId", SERVICE),
        ],
    ),
    entry("appointments_delete", DELETE, Valid::None, &[("id", TO_COME)]),
    entry("appointments_find", READ, Valid::None, &[("id", TO_COME)]),
    entry(
        "appointments_list",
        READ,
        Valid::None,
        &[("patientId", Thing::Patient), ("practitionerId", PRACTITIONER), ("facilityId", FACILITY), ("roomId", ROOM)],
    ),
    entry("appointments_no_show", DELETE, Valid::None, &[("id", BEGUN)]),
    entry("appointments_restore", DELETE, Valid::None, &[("id", DELETED)]),
    entry(
        "appointments_update",
        WRITE,
        CHANGE,
        &[
            ("id", TO_COME),
            ("practitionerId", PRACTITIONER),
            ("facilityId", FACILITY),
            ("roomId", ROOM),
            ("serviceId", SERVICE),
        ],
    ),
];

fn unique(name: &str) -> String {
    format!("{name} {}", Uuid::now_v7().simple())
}

/// So many hours from now.
fn within(hours: i64) -> DateTime<Utc> {
    Utc::now() + Duration::hours(hours)
}

/// A booking of a new patient with a new practitioner.
async fn booking(clinic: &Clinic<'_>, hours: i64) -> Value {
    let (patient, practitioner) = (clinic.patient("Walk").await, clinic.practitioner("Walk").await);
    json!({ "patientId": patient["id"], "practitionerId": practitioner, "startsAt": within(hours), "reason": "Check-up." })
}

/// A series of a new patient with a new practitioner.
async fn recurring(clinic: &Clinic<'_>) -> Value {
    let (patient, practitioner) = (clinic.patient("Walk").await, clinic.practitioner("Walk").await);
    let first = within(72).date_naive();
    json!({ "patientId": patient["id"], "practitionerId": practitioner, "firstOn": first, "starts": "09:00", "count": 3 })
}

async fn booked(clinic: &Clinic<'_>, hours: i64) -> String {
    let made = clinic.admin.post("/api/v1/appointments", &booking(clinic, hours).await).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.json["id"].as_str().unwrap().to_owned()
}
