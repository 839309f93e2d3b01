//! Appointments: booked, moved, followed on their path; nobody and no room twice.

mod archives;
mod bookings;
mod confirmed;
mod conflicts;
mod lists;
mod mails;
mod races;
mod series;
mod steps;

use chrono::{DateTime, Duration, Timelike as _, Utc};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Answer, Clinic, Person, World};

const APPOINTMENTS: &str = "/api/v1/appointments";

/// A full hour, so many hours from now.
fn within(hours: i64) -> DateTime<Utc> {
    let now = Utc::now();
    now.with_minute(0).and_then(|now| now.with_second(0)).and_then(|now| now.with_nanosecond(0)).unwrap()
        + Duration::hours(hours)
}

fn id_of(thing: &Value) -> String {
    thing["id"].as_str().unwrap_or_else(|| panic!("{thing}")).to_owned()
}

fn path_of(appointment: &Value) -> String {
    format!("{APPOINTMENTS}/{}", id_of(appointment))
}

/// What is asked for of an appointment of half an hour.
fn visit(patient: &Value, practitioner: Uuid, starts_at: DateTime<Utc>) -> Value {
    json!({ "patientId": patient["id"], "practitionerId": practitioner, "startsAt": starts_at, "minutes": 30 })
}

/// With other or further fields.
fn with(mut body: Value, mut fields: Value) -> Value {
    body.as_object_mut().unwrap().append(fields.as_object_mut().unwrap());
    body
}

/// Books, and is answered 201.
async fn booked(who: &Person<'_>, body: &Value) -> Value {
    let answer = who.post(APPOINTMENTS, body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
    answer.json
}

/// An appointment of somebody new with somebody new.
async fn booked_at(clinic: &Clinic<'_>, starts_at: DateTime<Utc>) -> Value {
    let (patient, practitioner) = (clinic.patient("Durand").await, clinic.practitioner("Martin").await);
    booked(&clinic.admin, &visit(&patient, practitioner, starts_at)).await
}

/// What an answer says of a conflict: code, and the field that it is about.
fn conflict(answer: &Answer) -> (u16, &str, &str) {
    (answer.status.as_u16(), answer.code(), answer.json["errors"][0]["pointer"].as_str().unwrap_or_default())
}

/// As the administrator of the database, without triggers.
async fn by_hand(clinic: &Clinic<'_>, sql: &str) {
    let database = clinic.database().await;
    database.batch_execute(&format!("SET session_replication_role = replica; {sql}")).await.unwrap();
}

#[tokio::test]
async fn an_appointment_is_booked_found_moved_confirmed_and_completed() {
    let world = World::start().await;
    let clinic = world.clinic("visits").await;
    let me = &clinic.admin;
    let (patient, practitioner) = (clinic.patient("Durand").await, clinic.practitioner("Martin").await);

    let created =
        me.post(APPOINTMENTS, &with(visit(&patient, practitioner, within(48)), json!({ "reason": "Pain." }))).await;
    assert_eq!((created.status, created.header("etag")), (StatusCode::CREATED, "\"1\""), "{}", created.json);
    let path = created.header("location").to_owned();
    assert_eq!(path, path_of(&created.json));
    for (name, value) in [
        ("patientName", json!("Test Durand")),
        ("practitionerName", json!("Test Martin")),
        ("minutes", json!(30)),
        ("status", json!("scheduled")),
        ("reason", json!("Pain.")),
        ("overbook", json!(false)),
    ] {
        assert_eq!(created.json[name], value, "{name}");
    }
    let found = me.get(&path).await;
    assert_eq!((found.status, &found.json, found.header("etag")), (StatusCode::OK, &created.json, "\"1\""));

    let moved = me.patch(&path, &json!({ "startsAt": within(22), "minutes": 45, "reason": null })).await;
    assert_eq!((moved.status, moved.header("etag")), (StatusCode::OK, "\"2\""), "{}", moved.json);
    let instant = |value: &Value| value.as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    assert_eq!(instant(&moved.json["startsAt"]), within(22));
    assert_eq!(instant(&moved.json["endsAt"]), within(22) + Duration::minutes(45));
    assert_eq!(moved.json.get("reason"), None);

    for (step, status, mark) in [
        ("confirm", "confirmed", "confirmedAt"),
        ("check-in", "checked_in", "checkedInAt"),
        ("complete", "completed", "completedAt"),
    ] {
        let taken = me.post(&format!("{path}/{step}"), &json!({})).await;
        assert_eq!((taken.status, &taken.json["status"]), (StatusCode::OK, &json!(status)), "{}", taken.json);
        assert!(taken.json[mark].is_string(), "{}", taken.json);
    }
    let english = [("accept-language", "en")];
    let late = me.request(Method::PATCH, &path, &english, Some(&json!({ "startsAt": within(96) }))).await;
    assert_eq!(
        (late.status, late.code()),
        (StatusCode::CONFLICT, "illegal_transition"),
        "what is over stays: {late:?}"
    );
    assert_eq!(late.json["detail"], "The appointment is completed: this step is not possible.");
    let noted = me.patch(&path, &json!({ "notes": "Has paid." })).await;
    assert_eq!((noted.status, &noted.json["notes"]), (StatusCode::OK, &json!("Has paid.")));
}
