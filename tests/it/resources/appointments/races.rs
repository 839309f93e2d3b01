//! Many at once: one wins, the others are told why, and nothing waits for itself.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{APPOINTMENTS, booked, booked_at, path_of, visit, with, within};
use crate::support::{Answer, Clinic, World};

/// How often each answer was given.
fn tally(answers: &[Answer]) -> BTreeMap<String, usize> {
    let mut tally = BTreeMap::new();
    for answer in answers {
        let pointer = answer.json["errors"][0]["pointer"].as_str().unwrap_or_default();
        *tally.entry(format!("{} {pointer}", answer.status.as_u16())).or_default() += 1;
    }
    tally
}

async fn fifty_at_once(clinic: &Clinic<'_>, bodies: Vec<Value>, lost: &str) {
    assert_eq!(bodies.len(), 50);
    let answers = join_all(bodies.iter().map(|body| clinic.admin.post(APPOINTMENTS, body))).await;
    let expected = BTreeMap::from([("201 ".to_owned(), 1), (format!("409 {lost}"), 49)]);
    assert_eq!(tally(&answers), expected);
}

#[tokio::test]
async fn of_fifty_bookings_of_one_practitioners_slot_one_wins() {
    let world = World::start().await;
    let clinic = world.clinic("race-practitioner").await;
    let practitioner = clinic.practitioner("Martin").await;
    let mut bodies = Vec::new();
    for _ in 0..50 {
        bodies.push(visit(&clinic.patient("Durand").await, practitioner, within(48)));
    }
    fifty_at_once(&clinic, bodies, "/practitionerId").await;
}

#[tokio::test]
async fn of_fifty_bookings_of_one_patient_one_wins() {
    let world = World::start().await;
    let clinic = world.clinic("race-patient").await;
    let patient = clinic.patient("Durand").await;
    let mut bodies = Vec::new();
    for _ in 0..50 {
        bodies.push(visit(&patient, clinic.practitioner("Martin").await, within(48)));
    }
    fifty_at_once(&clinic, bodies, "/patientId").await;
}

#[tokio::test]
async fn of_fifty_bookings_of_one_room_one_wins() {
    let world = World::start().await;
    let clinic = world.clinic("race-room").await;
    let room = clinic.room(clinic.facility("Here").await, "Room 1").await;
    let mut bodies = Vec::new();
    for _ in 0..50 {
        let body = visit(&clinic.patient("Durand").await, clinic.practitioner("Martin").await, within(48));
        bodies.push(with(body, json!({ "roomId": room })));
    }
    fifty_at_once(&clinic, bodies, "/roomId").await;
}

#[tokio::test]
async fn of_many_moves_onto_one_slot_one_wins_and_two_that_swap_both_end() {
    let world = World::start().await;
    let clinic = world.clinic("race-moves").await;
    let me = &clinic.admin;
    let practitioner = clinic.practitioner("Martin").await;
    let mut paths = Vec::new();
    for hours in 30..50 {
        let body = visit(&clinic.patient("Durand").await, practitioner, within(hours));
        paths.push(path_of(&booked(me, &body).await));
    }
    let onto = json!({ "startsAt": within(100) });
    let answers = join_all(paths.iter().map(|path| me.patch(path, &onto))).await;
    let expected = BTreeMap::from([("200 ".to_owned(), 1), ("409 /practitionerId".to_owned(), 19)]);
    assert_eq!(tally(&answers), expected);

    // Each onto the other's place, in both orders at once: neither place is free, and neither waits for ever.
    let (one, other) = (booked_at(&clinic, within(60)).await, booked_at(&clinic, within(61)).await);
    let swap = |appointment: &Value, with: &Value| {
        let body = json!({ "startsAt": with["startsAt"], "practitionerId": with["practitionerId"] });
        (path_of(appointment), body)
    };
    for _ in 0..5 {
        let (a, b) = (swap(&one, &other), swap(&other, &one));
        let answers = join_all([me.patch(&a.0, &a.1), me.patch(&b.0, &b.1)]).await;
        assert_eq!(tally(&answers), BTreeMap::from([("409 /practitionerId".to_owned(), 2)]));
    }
}

#[tokio::test]
async fn a_confirmation_and_a_cancellation_at_once_end_in_one_of_their_orders() {
    let world = World::start().await;
    let clinic = world.clinic("race-steps").await;
    let me = &clinic.admin;
    for hours in 30..40 {
        let path = path_of(&booked_at(&clinic, within(hours)).await);
        let (confirm, cancel) = (format!("{path}/confirm"), format!("{path}/cancel"));
        let (none, why) = (json!({}), json!({ "for": "clinic" }));
        let (confirmed, cancelled) = tokio::join!(me.post(&confirm, &none), me.post(&cancel, &why));
        assert_eq!(cancelled.status, StatusCode::OK, "{cancelled:?}");
        // First, or too late.
        assert!(confirmed.status == 200 || confirmed.code() == "illegal_transition", "{confirmed:?}");
        assert_eq!(me.get(&path).await.json["status"], "cancelled");
    }
}
