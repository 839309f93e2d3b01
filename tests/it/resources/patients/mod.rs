//! Patients: the model resource, operation by operation.

mod audit;
mod duplicates;
mod export;
mod idempotency;
mod import;
mod lists;
mod search;
mod timeline;
mod writes;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Answer, World};

const PATIENTS: &str = "/api/v1/patients";

/// A patient's address.
fn path_of(patient: &Value) -> String {
    format!("{PATIENTS}/{}", patient["id"].as_str().unwrap())
}

/// What an answer says of its invalid fields: pointers, in order.
fn pointers(answer: &Answer) -> Vec<&str> {
    let errors = answer.json["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect()
}

/// The ids of a page, in order.
fn ids(page: &Answer) -> Vec<String> {
    assert_eq!(page.status, StatusCode::OK, "{}", page.json);
    let rows = page.json["data"].as_array().unwrap();
    rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_patient_is_entered_found_changed_archived_and_restored() {
    let world = World::start().await;
    let clinic = world.clinic("life").await;
    let me = &clinic.admin;

    let created = me
        .post("/api/v1/patients", &json!({ "firstName": "Zoé", "lastName": "Durand", "birthDate": "1984-02-29" }))
        .await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.json);
    let path = created.header("location").to_owned();
    assert_eq!(path, format!("/api/v1/patients/{}", created.json["id"].as_str().unwrap()));
    assert_eq!(created.header("etag"), "\"1\"");

    let found = me.get(&path).await;
    assert_eq!((found.status, &found.json), (StatusCode::OK, &created.json));

    let changed = me.patch(&path, &json!({ "lastName": "Martin", "birthDate": null })).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.json);
    assert_eq!((&changed.json["lastName"], &changed.json["version"]), (&json!("Martin"), &json!(2)));
    assert!(changed.json.get("birthDate").is_none());

    assert_eq!(me.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(me.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(me.get("/api/v1/patients").await.json["data"], json!([]));
    assert_eq!(me.get("/api/v1/patients?archived=true").await.json["data"][0]["id"], created.json["id"]);

    let restored = me.post(&format!("{path}/restore"), &json!({})).await;
    assert_eq!(restored.status, StatusCode::OK, "{}", restored.json);
    assert_eq!(me.get(&path).await.status, StatusCode::OK);
}
