//! What the patient confirmed is a time with somebody: moved away from it, an appointment waits to be confirmed again.

use medicalpro::clinic::LinkKind;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use chrono::{DateTime, Days, Utc};

use super::{APPOINTMENTS, booked, id_of, path_of, visit, with, within};
use crate::support::{Answer, Clinic, World, link_token};

fn stands(answer: &Answer) -> (u16, &str, bool) {
    (answer.status.as_u16(), answer.json["status"].as_str().unwrap_or_default(), answer.json["confirmedAt"].is_string())
}

/// The links by which a patient may answer what stands now, newest last.
async fn links(clinic: &Clinic<'_>, appointment: &Value) -> Vec<Uuid> {
    let look = "SELECT l.id FROM appointment_links l JOIN appointments a ON a.id = l.appointment_id AND a.starts_at = l.starts_at
                 WHERE a.id = $1 ORDER BY l.created_at, l.id";
    let id: Uuid = id_of(appointment).parse().unwrap();
    clinic.database().await.query(look, &[&id]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn what_is_moved_is_to_be_confirmed_again_and_what_keeps_time_and_practitioner_stays_confirmed() {
    let world = World::start().await;
    let clinic = world.clinic("confirmed").await;
    let me = &clinic.admin;
    let (practitioner, other) = (clinic.practitioner("Martin").await, clinic.practitioner("Petit").await);
    let room = clinic.room(clinic.facility("Here").await, "Room 1").await;
    let email = format!("confirmed-{}@example.org", Uuid::now_v7().simple());
    let body = json!({ "firstName": "Test", "lastName": "Leser", "email": email });
    let patient = me.post("/api/v1/patients", &body).await.json;
    let made = booked(me, &with(visit(&patient, practitioner, within(72)), json!({ "confirmed": true }))).await;
    let path = path_of(&made);
    for change in [
        json!({ "notes": "x" }),
        json!({ "minutes": 45 }),
        json!({ "roomId": room }),
        json!({ "startsAt": within(72) }),
    ] {
        assert_eq!(stands(&me.patch(&path, &change).await), (200, "confirmed", true), "{change}");
    }
    for change in [json!({ "startsAt": within(96) }), json!({ "practitionerId": other })] {
        let request = Uuid::now_v7();
        let moved = me.request(Method::PATCH, &path, &[("x-request-id", &request.to_string())], Some(&change)).await;
        assert_eq!(stands(&moved), (200, "scheduled", false), "{change}");
        // History tells it.
        let look = "SELECT changed FROM audit_logs WHERE request_id = $1 AND resource = 'appointments'";
        let changed: Vec<String> = clinic.database().await.query_one(look, &[&request]).await.unwrap().get(0);
        assert!(["status", "confirmed_at"].iter().all(|name| changed.iter().any(|one| one == name)), "{changed:?}");
        // By the link of the mail that tells of the move it is confirmed again.
        let start: DateTime<Utc> = moved.json["startsAt"].as_str().unwrap().parse().unwrap();
        let link = *links(&clinic, &made).await.last().unwrap();
        let token = link_token(LinkKind::Appointment, clinic.id, link, Some(start));
        let answer =
            world.send(Method::POST, "/api/v1/links/appointment/confirm", Some(&json!({ "token": token }))).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{answer:?}");
        assert_eq!(stands(&me.get(&path).await), (200, "confirmed", true));
    }
    // Who is here stays here.
    let soon =
        booked(me, &with(visit(&clinic.patient("Here").await, practitioner, within(3)), json!({ "confirmed": true })))
            .await;
    let here = me.post(&format!("{}/check-in", path_of(&soon)), &json!({})).await;
    assert_eq!(here.status, StatusCode::OK, "{here:?}");
    let later = me.patch(&path_of(&soon), &json!({ "startsAt": within(4) })).await;
    assert_eq!(stands(&later), (200, "checked_in", true));
    // And nobody takes a confirmation back by hand.
    let hand = crate::isolation::by_hand::Hand::of(&world, &clinic).await;
    let back = format!("UPDATE appointments SET status = 'scheduled' WHERE id = '{}'", id_of(&made));
    let refused = hand.commit(crate::isolation::by_hand::ADMIN, &back).await;
    assert_eq!(refused, crate::isolation::by_hand::refused("MP020"));
    assert_eq!(me.get(&format!("{APPOINTMENTS}?status=confirmed")).await.json["data"][0]["id"], made["id"]);
}

#[tokio::test]
async fn what_its_series_moves_is_to_be_confirmed_again_too() {
    let world = World::start().await;
    let clinic = world.clinic("confirmed-series").await;
    let me = &clinic.admin;
    let (patient, practitioner) = (clinic.patient("Durand").await, clinic.practitioner("Martin").await);
    let first = (Utc::now() + Days::new(9)).date_naive();
    let body = json!({ "patientId": patient["id"], "practitionerId": practitioner, "firstOn": first, "starts": "09:00", "minutes": 30, "count": 3 });
    let made = me.post("/api/v1/appointment-series", &body).await.json;
    let path = format!("/api/v1/appointment-series/{}", id_of(&made));
    for one in made["occurrences"].as_array().unwrap() {
        let confirmed = me.post(&format!("{}/confirm", path_of(one)), &json!({})).await;
        assert_eq!(confirmed.status, StatusCode::OK, "{confirmed:?}");
    }
    let statuses = |series: &Value| -> Vec<String> {
        let all = series["occurrences"].as_array().unwrap_or_else(|| panic!("{series}")).iter();
        all.map(|one| one["status"].as_str().unwrap().to_owned()).collect()
    };
    let longer = me.patch(&path, &json!({ "from": first, "minutes": 40 })).await;
    assert_eq!(statuses(&longer.json), ["confirmed"; 3], "{longer:?}");
    let moved = me.patch(&path, &json!({ "from": first + Days::new(7), "starts": "11:00" })).await;
    assert_eq!(statuses(&moved.json), ["confirmed", "scheduled", "scheduled"], "{moved:?}");
}
