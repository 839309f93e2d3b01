//! The calendar, and what became of appointments.

use super::{Entry, Right, Thing, ThingMaker, Valid, entry};

const PRACTITIONER: Thing =
    Thing::Of(ThingMaker(|clinic| Box::pin(async move { clinic.practitioner("Walk").await.to_string() })));
const FACILITY: Thing =
    Thing::Of(ThingMaker(|clinic| Box::pin(async move { clinic.facility("Walk").await.to_string() })));
const ROOM: Thing = Thing::Of(ThingMaker(|clinic| {
    Box::pin(async move { clinic.room(clinic.facility("Walk").await, "Walk").await.to_string() })
}));

const READ: Right = Right::Of("appointments", 'R');

pub const ENTRIES: &[Entry] = &[
    entry(
        "appointments_statistics",
        READ,
        Valid::None,
        &[("practitionerId", PRACTITIONER), ("patientId", Thing::Patient)],
    ),
    entry(
        "calendar_find",
        READ,
        Valid::None,
        &[("practitionerId", PRACTITIONER), ("facilityId", FACILITY), ("roomId", ROOM)],
    ),
];
