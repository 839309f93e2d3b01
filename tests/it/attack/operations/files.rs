//! Patients as files, what happened to them, and what changes while one listens.

use serde_json::json;

use super::{BodyMaker, Entry, Right, Thing, Valid, entry};

pub const ENTRIES: &[Entry] = &[
    entry("appointments_events", Right::Of("appointments", 'R'), Valid::None, &[]),
    // The list as a whole is for those who answer for the clinic.
    entry("patients_export", Right::Of("patients", 'D'), Valid::None, &[]),
    entry(
        "patients_import",
        Right::Of("patients", 'D'),
        Valid::Of(BodyMaker(|_| Box::pin(async { json!("firstName,lastName\nZoé,Durand\nAnna,Martin\n") }))),
        &[],
    ),
    entry("patients_timeline", Right::Of("patients", 'R'), Valid::None, &[("id", Thing::Patient)]),
];
