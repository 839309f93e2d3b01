//! Patients who were entered twice.

use serde_json::json;

use super::{BodyMaker, Entry, Right, Thing, ThingMaker, Valid, entry};
use crate::support::Clinic;

/// A duplicate that was merged into another.
async fn merged(clinic: &Clinic<'_>) -> String {
    let [patient, duplicate] = [clinic.patient("Walk").await, clinic.patient("Walk").await];
    let path = format!("/api/v1/patients/{}/merge", patient["id"].as_str().unwrap());
    let answer = clinic.admin.post(&path, &json!({ "duplicateId": duplicate["id"] })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    duplicate["id"].as_str().unwrap().to_owned()
}

const MERGED: Thing = Thing::Of(ThingMaker(|clinic| Box::pin(merged(clinic))));
const MERGE: Valid =
    Valid::Of(BodyMaker(|clinic| Box::pin(async { json!({ "duplicateId": clinic.patient("Walk").await["id"] }) })));

pub const ENTRIES: &[Entry] = &[
    entry("patients_duplicates_check", Right::Of("patients", 'R'), Valid::Patient, &[]),
    entry("patients_duplicates_list", Right::Of("patients", 'R'), Valid::None, &[]),
    entry("patients_duplicates_of", Right::Of("patients", 'R'), Valid::None, &[("id", Thing::Patient)]),
    entry(
        "patients_merge",
        Right::Of("patients", 'D'),
        MERGE,
        &[("id", Thing::Patient), ("duplicateId", Thing::Patient)],
    ),
    entry("patients_unmerge", Right::Of("patients", 'D'), Valid::None, &[("id", MERGED)]),
];
