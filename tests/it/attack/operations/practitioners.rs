//! Practitioners, their hours and what they offer.

use serde_json::json;
use uuid::Uuid;

use super::{BodyMaker, Entry, Right, Thing, ThingMaker, Valid, entry};

const PRACTITIONER: Thing =
    Thing::Of(ThingMaker(|clinic| Box::pin(async move { clinic.practitioner("Walk").await.to_string() })));
const FACILITY: Thing =
    Thing::Of(ThingMaker(|clinic| Box::pin(async move { clinic.facility("Walk").await.to_string() })));
const SERVICE: Thing =
    Thing::Of(ThingMaker(|clinic| Box::pin(async move { clinic.service("Walk", 30).await.to_string() })));
const ARCHIVED: Thing = Thing::Of(ThingMaker(|clinic| {
    Box::pin(async move {
        let practitioner = clinic.practitioner("Walk").await;
        assert_eq!(clinic.admin.delete(&format!("/api/v1/practitioners/{practitioner}")).await.status, 204);
        practitioner.to_string()
    })
}));
/// Offered by everybody who is there, among them the practitioner that the entry names before it.
const OFFERED: Thing = Thing::Of(ThingMaker(|clinic| {
    Box::pin(async move {
        let service = clinic.service("Walk", 30).await;
        let offer = format!(
            "SET session_replication_role = replica;
             INSERT INTO practitioner_services (practitioner_id, service_id) SELECT id, '{service}' FROM practitioners"
        );
        clinic.database().await.batch_execute(&offer).await.unwrap();
        service.to_string()
    })
}));
const HOURS: Thing = Thing::Of(ThingMaker(|clinic| {
    Box::pin(async move {
        let practitioner = clinic.practitioner("Walk").await;
        clinic.weekly(practitioner, 1, "09:00", "12:00").await.to_string()
    })
}));

const NEW: Valid = Valid::Of(BodyMaker(|_| {
    Box::pin(async {
        // A number is one practitioner's.
        let number = Uuid::now_v7().simple().to_string();
        json!({ "firstName": "Zoé", "lastName": "Durand", "registrationNumber": number, "appointmentMinutes": 20 })
    })
}));
const CHANGE: Valid = Valid::Of(BodyMaker(|_| Box::pin(async { json!({ "lastName": "Martin", "bufferAfter": 10 }) })));
const NEW_HOURS: Valid = Valid::Of(BodyMaker(|_| {
    Box::pin(async { json!({ "kind": "absence", "validFrom": "2026-03-02", "validUntil": "2026-03-06" }) })
}));
const OTHER_HOURS: Valid = Valid::Of(BodyMaker(|_| Box::pin(async { json!({ "ends": "13:00" }) })));
const OFFER: Valid = Valid::Of(BodyMaker(|_| Box::pin(async { json!({ "durationMinutes": 45 }) })));

const READ: Right = Right::Of("practitioners", 'R');
const WRITE: Right = Right::Of("practitioners", 'W');
const DELETE: Right = Right::Of("practitioners", 'D');

pub const ENTRIES: &[Entry] = &[
    entry("availability_create", WRITE, NEW_HOURS, &[("id", PRACTITIONER), ("facilityId", FACILITY)]),
    entry("availability_delete", WRITE, Valid::None, &[("id", HOURS)]),
    entry("availability_find", READ, Valid::None, &[("id", HOURS)]),
    entry("availability_list", READ, Valid::None, &[("id", PRACTITIONER)]),
    entry("availability_update", WRITE, OTHER_HOURS, &[("id", HOURS), ("facilityId", FACILITY)]),
    entry("practitioners_create", WRITE, NEW, &[("facilityId", FACILITY)]),
    // Whose account a practitioner is, is said by those who may delete one.
    entry("practitioners_create_of_staff", DELETE, Valid::Practitioner, &[("id", Thing::Member)]),
    entry("practitioners_delete", DELETE, Valid::None, &[("id", PRACTITIONER)]),
    entry("practitioners_find", READ, Valid::None, &[("id", PRACTITIONER)]),
    entry("practitioners_list", READ, Valid::None, &[("facilityId", FACILITY), ("serviceId", SERVICE)]),
    entry("practitioners_restore", DELETE, Valid::None, &[("id", ARCHIVED)]),
    entry("practitioners_services_delete", WRITE, Valid::None, &[("id", PRACTITIONER), ("serviceId", OFFERED)]),
    entry("practitioners_services_list", READ, Valid::None, &[("id", PRACTITIONER)]),
    entry("practitioners_services_offer", WRITE, OFFER, &[("id", PRACTITIONER), ("serviceId", SERVICE)]),
    entry(
        "practitioners_update",
        WRITE,
        CHANGE,
        &[("id", PRACTITIONER), ("userId", Thing::Member), ("facilityId", FACILITY)],
    ),
];
