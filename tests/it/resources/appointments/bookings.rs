//! What an appointment may refer to, what follows from it, and what is kept of it.

use chrono::{Duration, Utc};
use medicalpro::ids::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{APPOINTMENTS, booked, booked_at, by_hand, conflict, id_of, path_of, visit, with, within};
use crate::support::World;

/// What is booked without saying how long it takes.
fn open_ended(patient: &Value, practitioner: Uuid, hours: i64, fields: Value) -> Value {
    let mut body = visit(patient, practitioner, within(hours));
    body.as_object_mut().unwrap().remove("minutes");
    with(body, fields)
}

#[tokio::test]
async fn it_takes_what_the_practitioner_takes_for_the_service_else_the_service_else_their_own() {
    let world = World::start().await;
    let clinic = world.clinic("minutes").await;
    let me = &clinic.admin;
    let (patient, slow, other) =
        (clinic.patient("Durand").await, clinic.practitioner("Slow").await, clinic.practitioner("Other").await);
    let service = clinic.service("Check-up", 20).await;
    by_hand(
        &clinic,
        &format!(
            "INSERT INTO practitioner_services (practitioner_id, service_id, duration_minutes) VALUES ('{slow}', '{service}', 50), ('{other}', '{service}', NULL);
             UPDATE practitioners SET appointment_minutes = 15 WHERE id = '{slow}'"
        ),
    )
    .await;
    for (hours, practitioner, fields, minutes) in [
        (30, slow, json!({ "serviceId": service }), 50),
        (32, other, json!({ "serviceId": service }), 20),
        (34, slow, json!({}), 15),
        (36, other, json!({}), 30),
        (38, slow, json!({ "serviceId": service, "minutes": 5 }), 5),
    ] {
        let made = booked(me, &open_ended(&patient, practitioner, hours, fields.clone())).await;
        assert_eq!(made["minutes"], minutes, "{fields}");
    }
    for minutes in [0, 4, 1441, -5] {
        let refused =
            me.post(APPOINTMENTS, &with(visit(&patient, slow, within(60)), json!({ "minutes": minutes }))).await;
        assert_eq!(conflict(&refused), (422, "invalid", "/minutes"), "{minutes}");
    }
}

#[tokio::test]
async fn a_room_is_of_its_facility_which_follows_from_it() {
    let world = World::start().await;
    let clinic = world.clinic("places").await;
    let me = &clinic.admin;
    let (patient, practitioner) = (clinic.patient("Durand").await, clinic.practitioner("Martin").await);
    let (here, there) = (clinic.facility("Here").await, clinic.facility("There").await);
    let (room, far_room) = (clinic.room(here, "Room 1").await, clinic.room(there, "Room 1").await);
    let body = visit(&patient, practitioner, within(48));

    let made = booked(me, &with(body.clone(), json!({ "roomId": room }))).await;
    assert_eq!(made["facilityId"], here.to_string(), "where the room is");
    let refused = me.post(APPOINTMENTS, &with(body, json!({ "facilityId": here, "roomId": far_room }))).await;
    assert_eq!(conflict(&refused), (409, "room_elsewhere", "/roomId"));
    let path = path_of(&made);
    let refused = me.patch(&path, &json!({ "facilityId": there })).await;
    assert_eq!(conflict(&refused), (409, "room_elsewhere", "/roomId"), "its room stays");
    let moved = me.patch(&path, &json!({ "roomId": far_room })).await;
    assert_eq!((&moved.json["facilityId"], &moved.json["roomId"]), (&json!(there), &json!(far_room)), "{moved:?}");
    let moved = me.patch(&path, &json!({ "roomId": null })).await;
    assert_eq!((&moved.json["facilityId"], moved.json.get("roomId")), (&json!(there), None));
    let moved = me.patch(&path, &json!({ "facilityId": here, "roomId": room })).await;
    assert_eq!(moved.status, StatusCode::OK, "control: {moved:?}");
}

#[tokio::test]
async fn what_is_not_there_or_not_in_use_cannot_be_booked_and_the_field_is_named() {
    let world = World::start().await;
    let (clinic, others) = (world.clinic("refers").await, world.clinic("refers-others").await);
    let me = &clinic.admin;
    let (patient, practitioner) = (clinic.patient("Durand").await, clinic.practitioner("Martin").await);
    let facility = clinic.facility("Here").await;
    let (room, service) = (clinic.room(facility, "Room 1").await, clinic.service("Check-up", 20).await);
    let whole = with(
        visit(&patient, practitioner, within(48)),
        json!({ "facilityId": facility, "roomId": room, "serviceId": service }),
    );
    let own: [(&str, &str, String); 5] = [
        ("patientId", "patients", id_of(&patient)),
        ("practitionerId", "practitioners", practitioner.to_string()),
        ("facilityId", "medical_facilities", facility.to_string()),
        ("roomId", "rooms", room.to_string()),
        ("serviceId", "products_services", service.to_string()),
    ];
    let foreign_facility = others.facility("Here").await;
    let foreign = [
        id_of(&others.patient("Durand").await),
        others.practitioner("Martin").await.to_string(),
        foreign_facility.to_string(),
        others.room(foreign_facility, "Room 1").await.to_string(),
        others.service("Check-up", 20).await.to_string(),
    ];
    for ((field, table, id), foreign) in own.iter().zip(&foreign) {
        let pointer = format!("/{field}");
        let nowhere = Uuid::now_v7().to_string();
        for wrong in [foreign, &nowhere] {
            let mut body = with(whole.clone(), json!({ *field: wrong }));
            if *field == "facilityId" {
                body.as_object_mut().unwrap().remove("roomId");
            }
            assert_eq!(conflict(&me.post(APPOINTMENTS, &body).await), (409, "reference_missing", &*pointer));
        }
        by_hand(&clinic, &format!("UPDATE {table} SET deleted_at = now() WHERE id = '{id}'")).await;
        let archived = me.post(APPOINTMENTS, &whole).await;
        assert_eq!(conflict(&archived), (409, "reference_missing", &*pointer), "archived");
        by_hand(&clinic, &format!("UPDATE {table} SET deleted_at = NULL WHERE id = '{id}'")).await;
        if *table != "patients" {
            by_hand(&clinic, &format!("UPDATE {table} SET active = false WHERE id = '{id}'")).await;
            assert_eq!(conflict(&me.post(APPOINTMENTS, &whole).await), (409, "not_bookable", &*pointer), "not in use");
            by_hand(&clinic, &format!("UPDATE {table} SET active = true WHERE id = '{id}'")).await;
        }
    }
    let until = |days: i64| (within(48) + Duration::days(days)).date_naive();
    for (column, table, id, day, code, pointer) in [
        ("registration_until", "practitioners", practitioner, until(-2), "licence_expired", "/practitionerId"),
        ("available_until", "products_services", service, until(-2), "not_bookable", "/serviceId"),
        ("available_from", "products_services", service, until(2), "not_bookable", "/serviceId"),
    ] {
        by_hand(&clinic, &format!("UPDATE {table} SET {column} = '{day}' WHERE id = '{id}'")).await;
        assert_eq!(conflict(&me.post(APPOINTMENTS, &whole).await), (409, code, pointer), "{column}");
        by_hand(&clinic, &format!("UPDATE {table} SET {column} = '{}' WHERE id = '{id}'", within(48).date_naive()))
            .await;
        // The control: on its last and first day it is good still. Near midnight the clinic's day is another than UTC's.
        let day_there = me.post(APPOINTMENTS, &whole).await;
        if day_there.status == StatusCode::CREATED {
            assert_eq!(me.delete(&path_of(&day_there.json)).await.status, StatusCode::NO_CONTENT);
        }
        by_hand(&clinic, &format!("UPDATE {table} SET {column} = NULL WHERE id = '{id}'")).await;
    }
    // The control: as it is, it can be booked; and a product is no service.
    let made = booked(me, &whole).await;
    by_hand(&clinic, "UPDATE products_services SET kind = 'product', duration_minutes = NULL").await;
    assert_eq!(conflict(&me.post(APPOINTMENTS, &whole).await), (409, "reference_missing", "/serviceId"));
    let moved = me.patch(&path_of(&made), &json!({ "startsAt": within(50) })).await;
    assert_eq!(moved.status, StatusCode::OK, "what it was booked for stays: {moved:?}");
    let noted = me.patch(&path_of(&made), &json!({ "notes": "What does not move it asks nothing." })).await;
    assert_eq!(noted.status, StatusCode::OK, "{noted:?}");
}

#[tokio::test]
async fn a_beginning_lies_between_ten_years_ago_and_three_years_from_now() {
    let world = World::start().await;
    let clinic = world.clinic("bounds").await;
    let me = &clinic.admin;
    let (patient, practitioner) = (clinic.patient("Durand").await, clinic.practitioner("Martin").await);
    for years in [-11, 4] {
        let at = Utc::now() + Duration::days(365 * years);
        let refused = me.post(APPOINTMENTS, &visit(&patient, practitioner, at)).await;
        assert_eq!(conflict(&refused), (422, "invalid", "/startsAt"), "{years}");
    }
    for years in [-9, 2] {
        booked(me, &visit(&patient, practitioner, Utc::now() + Duration::days(365 * years))).await;
    }
    let path = path_of(&booked_at(&clinic, within(5)).await);
    let refused = me.patch(&path, &json!({ "startsAt": Utc::now() + Duration::days(1500) })).await;
    assert_eq!(conflict(&refused), (422, "invalid", "/startsAt"));
}

#[tokio::test]
async fn a_change_is_held_to_its_version_and_a_deleted_one_is_restored_while_its_time_is_free() {
    let world = World::start().await;
    let clinic = world.clinic("versions").await;
    let me = &clinic.admin;
    let (patient, practitioner) = (clinic.patient("Durand").await, clinic.practitioner("Martin").await);
    let body = visit(&patient, practitioner, within(48));
    let made = booked(me, &body).await;
    let path = path_of(&made);
    let stale = [("if-match", "\"7\"")];
    for (method, change) in [(Method::PATCH, Some(json!({ "notes": "x" }))), (Method::DELETE, None)] {
        let refused = me.request(method, &path, &stale, change.as_ref()).await;
        assert_eq!(refused.status, StatusCode::PRECONDITION_FAILED);
    }
    assert_eq!(me.request(Method::DELETE, &path, &[("if-match", "\"1\"")], None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(me.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(me.get(&format!("{APPOINTMENTS}?archived=true")).await.json["data"][0]["id"], made["id"]);
    assert_eq!(me.get(APPOINTMENTS).await.json["data"], json!([]));

    let second = booked(me, &body).await;
    let refused = me.post(&format!("{path}/restore"), &json!({})).await;
    assert_eq!(conflict(&refused), (409, "practitioner_busy", "/practitionerId"), "its time was taken since");
    assert_eq!(me.delete(&path_of(&second)).await.status, StatusCode::NO_CONTENT);
    let restored = me.post(&format!("{path}/restore"), &json!({})).await;
    assert_eq!(restored.status, StatusCode::OK, "{restored:?}");
    assert_eq!(me.get(&path).await.json, restored.json);
}

#[tokio::test]
async fn overbooking_is_for_those_who_answer_for_it() {
    let world = World::start().await;
    let clinic = world.clinic("overbook").await;
    let (practitioner, facility) = (clinic.practitioner("Martin").await, clinic.facility("Here").await);
    let room = clinic.room(facility, "Room 1").await;
    let at = |body: Value| with(body, json!({ "roomId": room }));
    booked(&clinic.admin, &at(visit(&clinic.patient("First").await, practitioner, within(48)))).await;
    for role in [Role::Admin, Role::Manager, Role::Practitioner, Role::Nurse, Role::Secretary] {
        let who = clinic.person(role).await;
        let may = !matches!(role, Role::Nurse | Role::Secretary);
        let body = at(visit(&clinic.patient("Durand").await, practitioner, within(48)));
        let busy = who.post(APPOINTMENTS, &body).await;
        assert_eq!(conflict(&busy), (409, "practitioner_busy", "/practitionerId"), "{role:?}");
        let beside = who.post(APPOINTMENTS, &with(body, json!({ "overbook": true }))).await;
        let expected = if may { StatusCode::CREATED } else { StatusCode::FORBIDDEN };
        assert_eq!(beside.status, expected, "{role:?} books beside: {beside:?}");

        let own = booked(&who, &visit(&clinic.patient("Petit").await, practitioner, within(72))).await;
        let moved = who.patch(&path_of(&own), &json!({ "startsAt": within(48), "overbook": true })).await;
        let expected = if may { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(moved.status, expected, "{role:?} moves beside: {moved:?}");
        if may {
            let no_more = who.patch(&path_of(&own), &json!({ "overbook": false })).await;
            assert_eq!(conflict(&no_more), (409, "practitioner_busy", "/practitionerId"), "{role:?}");
        }
        assert_eq!(clinic.admin.delete(&path_of(&own)).await.status, StatusCode::NO_CONTENT);
    }
    // Beside another one of the practitioner's; a patient is in one place all the same.
    let patient = clinic.patient("Twice").await;
    booked(&clinic.admin, &visit(&patient, clinic.practitioner("Other").await, within(48))).await;
    let twice = with(visit(&patient, practitioner, within(48)), json!({ "overbook": true }));
    assert_eq!(conflict(&clinic.admin.post(APPOINTMENTS, &twice).await), (409, "patient_busy", "/patientId"));
}
