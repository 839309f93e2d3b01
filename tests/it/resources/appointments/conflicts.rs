//! Times that are taken: by another appointment, or held.

use chrono::Duration;
use medicalpro::secrets::sha256;
use reqwest::StatusCode;
use serde_json::json;
use uuid::Uuid;

use super::{APPOINTMENTS, booked, by_hand, conflict, path_of, visit, with, within};
use crate::support::{Clinic, World};

#[tokio::test]
async fn a_time_that_is_taken_names_the_field_and_nothing_of_the_other_one() {
    let world = World::start().await;
    let clinic = world.clinic("taken").await;
    let me = &clinic.admin;
    let (patient, other) = (clinic.patient("Durand").await, clinic.patient("Martin").await);
    let (practitioner, second) = (clinic.practitioner("Busy").await, clinic.practitioner("Free").await);
    let facility = clinic.facility("Here").await;
    let (room, free_room) = (clinic.room(facility, "Room 1").await, clinic.room(facility, "Room 2").await);
    let at = within(48);
    let first =
        booked(me, &with(visit(&patient, practitioner, at), json!({ "roomId": room, "notes": "Secret" }))).await;

    let cases = [
        (with(visit(&other, practitioner, at), json!({ "roomId": free_room })), "practitioner_busy", "/practitionerId"),
        (with(visit(&patient, second, at), json!({ "roomId": free_room })), "patient_busy", "/patientId"),
        (with(visit(&other, second, at), json!({ "roomId": room })), "room_busy", "/roomId"),
    ];
    for (body, code, pointer) in &cases {
        for minutes in [-29, 0, 29] {
            let body = with(body.clone(), json!({ "startsAt": at + Duration::minutes(minutes) }));
            let refused = me.post(APPOINTMENTS, &body).await;
            assert_eq!(conflict(&refused), (409, *code, *pointer), "{minutes}");
            for word in ["Secret", "Durand", first["id"].as_str().unwrap()] {
                assert!(!refused.text.contains(word), "{word} in {}", refused.text);
            }
        }
        // The control: one may end when the next begins.
        for minutes in [-30, 30] {
            let body = with(body.clone(), json!({ "startsAt": at + Duration::minutes(minutes) }));
            let beside = booked(me, &body).await;
            let back = me.patch(&path_of(&beside), &json!({ "startsAt": at })).await;
            assert_eq!(conflict(&back), (409, *code, *pointer), "moved onto it");
            let longer =
                me.patch(&path_of(&beside), &json!({ "startsAt": at - Duration::minutes(30), "minutes": 31 })).await;
            assert_eq!(conflict(&longer), (409, *code, *pointer), "into it");
            assert_eq!(me.delete(&path_of(&beside)).await.status, StatusCode::NO_CONTENT);
        }
    }
    // What was called off takes no time.
    let cancelled = me.post(&format!("{}/cancel", path_of(&first)), &json!({ "for": "patient" })).await;
    assert_eq!(cancelled.status, StatusCode::OK, "{cancelled:?}");
    booked(me, &with(visit(&patient, practitioner, at), json!({ "roomId": room }))).await;
}

/// A hold of half an hour, laid in; its token.
async fn hold(clinic: &Clinic<'_>, practitioner: Uuid, hours: i64, minutes_left: i64) -> String {
    let token = Uuid::now_v7().simple().to_string();
    by_hand(
        clinic,
        &format!(
            "INSERT INTO slot_holds (practitioner_id, starts_at, ends_at, expires_at, token_hash, user_id)
             VALUES ('{practitioner}', '{}', '{}', now() + interval '{minutes_left} minutes', '\\x{}', '{}')",
            within(hours),
            within(hours) + Duration::minutes(30),
            hex::encode(sha256(token.as_bytes())),
            Uuid::now_v7()
        ),
    )
    .await;
    token
}

#[tokio::test]
async fn a_held_time_is_for_who_has_the_holds_token() {
    let world = World::start().await;
    let clinic = world.clinic("held").await;
    let me = &clinic.admin;
    let (patient, practitioner) = (clinic.patient("Durand").await, clinic.practitioner("Martin").await);
    let body = |hours| visit(&patient, practitioner, within(hours));
    let token = hold(&clinic, practitioner, 48, 5).await;
    let held = me.post(APPOINTMENTS, &body(48)).await;
    assert_eq!(conflict(&held), (409, "slot_held", "/startsAt"));
    for (what, wrong) in [
        ("another token", with(body(48), json!({ "holdToken": "x".repeat(32) }))),
        ("another time", with(body(50), json!({ "holdToken": token }))),
        ("longer", with(body(48), json!({ "holdToken": token, "minutes": 31 }))),
        (
            "another practitioner",
            with(body(48), json!({ "holdToken": token, "practitionerId": clinic.practitioner("Other").await })),
        ),
    ] {
        let refused = me.post(APPOINTMENTS, &wrong).await;
        assert_eq!(conflict(&refused), (409, "hold_expired", "/holdToken"), "{what}");
    }
    let with_token = with(body(48), json!({ "holdToken": token }));
    let made = booked(me, &with_token).await;
    let holds = "SELECT count(*) FROM slot_holds";
    assert_eq!(clinic.database().await.query_one(holds, &[]).await.unwrap().get::<_, i64>(0), 0, "it is used up");
    assert_eq!(me.delete(&path_of(&made)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(conflict(&me.post(APPOINTMENTS, &with_token).await), (409, "hold_expired", "/holdToken"));

    // One that has expired keeps nobody away, and opens nothing.
    let expired = hold(&clinic, practitioner, 48, -1).await;
    let late = me.post(APPOINTMENTS, &with(body(48), json!({ "holdToken": expired }))).await;
    assert_eq!(conflict(&late), (409, "hold_expired", "/holdToken"));
    booked(me, &body(48)).await;
}
