//! Facilities and their rooms.

use medicalpro::ids::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Answer, Clinic, Person, World};

const FACILITIES: &str = "/api/v1/facilities";

fn names(page: &Answer) -> Vec<&str> {
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    page.json["data"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect()
}

/// All names, page by page.
async fn walk(who: &Person<'_>, path: &str) -> Vec<String> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    for _ in 0..20 {
        let page = who.get(&format!("{path}{cursor}")).await;
        all.extend(names(&page).into_iter().map(str::to_owned));
        match page.json["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
    panic!("the list does not end");
}

/// An appointment, laid in from so many hours ago or to come.
async fn appointment(clinic: &Clinic<'_>, facility: Uuid, room: Option<Uuid>, hours: i32, status: &str) -> Uuid {
    let (id, patient) = (Uuid::now_v7(), clinic.patient("Expected").await["id"].as_str().unwrap().to_owned());
    let practitioner = clinic.practitioner("Busy").await;
    let room = room.map_or_else(|| "NULL".to_owned(), |room| format!("'{room}'"));
    let insert = format!(
        "SET session_replication_role = replica;
         INSERT INTO appointments (id, patient_id, practitioner_id, facility_id, room_id, starts_at, ends_at, status, cancelled_for, created_by)
         VALUES ('{id}', '{patient}', '{practitioner}', '{facility}', {room}, now() + interval '{hours} hours',
                 now() + interval '{hours} hours 30 minutes', '{status}', CASE '{status}' WHEN 'cancelled' THEN 'clinic' END, '{id}')"
    );
    clinic.database().await.batch_execute(&insert).await.unwrap();
    id
}

/// Which have taken place, and need nothing any more.
async fn is_over(clinic: &Clinic<'_>, appointment: Uuid) {
    let over = format!(
        "SET session_replication_role = replica; UPDATE appointments SET status = 'completed' WHERE id = '{appointment}'"
    );
    clinic.database().await.batch_execute(&over).await.unwrap();
}

#[tokio::test]
async fn a_facility_is_entered_found_changed_archived_and_restored() {
    let world = World::start().await;
    let clinic = world.clinic("facility").await;
    let me = &clinic.admin;
    let full = json!({
        "name": "Rive gauche", "phone": "+33142685300", "email": "rive@example.org", "active": false,
        "address": { "line1": "12 rue de la Paix", "postalCode": "75002", "city": "Paris", "country": "FR" },
        "openingHours": [{ "weekday": 1, "starts": "08:00", "ends": "12:00" }],
    });
    let created = me.post(FACILITIES, &full).await;
    assert_eq!((created.status, created.header("etag")), (StatusCode::CREATED, "\"1\""), "{created:?}");
    for name in ["name", "email", "active", "address", "openingHours"] {
        assert_eq!(created.json[name], full[name], "{name}");
    }
    let path = created.header("location").to_owned();
    assert_eq!(me.get(&path).await.json, created.json);
    assert_eq!(me.request(Method::GET, &path, &[("if-none-match", "\"1\"")], None).await.status, 304);

    let stale = me.request(Method::PATCH, &path, &[("if-match", "\"7\"")], Some(&json!({ "name": "X" }))).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    let change = json!({ "active": true, "openingHours": null, "phone": null, "address": { "postalCode": "69001", "city": "Lyon" } });
    let changed = me.patch(&path, &change).await;
    assert_eq!((changed.status, changed.header("etag")), (StatusCode::OK, "\"2\""), "{changed:?}");
    assert!(changed.json.get("openingHours").is_none() && changed.json.get("phone").is_none(), "{changed:?}");
    assert_eq!(
        changed.json["address"],
        json!({ "line1": "12 rue de la Paix", "postalCode": "69001", "city": "Lyon", "country": "FR" })
    );

    // By the rule of the country that is stored, or named; hours as those of the clinic.
    for (bad, pointer) in [
        (json!({ "address": { "postalCode": "1" } }), "/address/postalCode"),
        (json!({ "address": { "country": "DE", "postalCode": "750" } }), "/address/postalCode"),
        (json!({ "openingHours": [{ "weekday": 1, "starts": "09:00", "ends": "08:00" }] }), "/openingHours/0/ends"),
        (json!({ "name": null }), "/name"),
    ] {
        let refused = me.patch(&path, &bad).await;
        assert_eq!(refused.json["errors"][0]["pointer"], pointer, "{refused:?}");
    }

    assert_eq!(me.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(me.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(names(&me.get(FACILITIES).await), Vec::<&str>::new());
    assert_eq!(names(&me.get(&format!("{FACILITIES}?archived=true")).await), ["Rive gauche"]);
    let restored = me.post(&format!("{path}/restore"), &json!({})).await;
    assert_eq!((restored.status, restored.json.get("deletedAt")), (StatusCode::OK, None), "{restored:?}");
    assert_eq!(names(&me.get(FACILITIES).await), ["Rive gauche"]);
}

#[tokio::test]
async fn a_facility_that_is_needed_is_not_archived_and_the_reason_is_told() {
    let world = World::start().await;
    let clinic = world.clinic("needed").await;
    let me = &clinic.admin;
    let facility = clinic.facility("Rive gauche").await;
    let path = format!("{FACILITIES}/{facility}");
    let refused = async |code: &str| {
        let answer = me.delete(&path).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::CONFLICT, code), "{answer:?}");
        assert_eq!(me.get(&path).await.status, StatusCode::OK, "it is as it was");
    };
    // What is over, or called off, needs nothing.
    appointment(&clinic, facility, None, -48, "completed").await;
    appointment(&clinic, facility, None, 48, "cancelled").await;
    let to_come = appointment(&clinic, facility, None, 48, "confirmed").await;
    refused("facility_has_appointments").await;
    is_over(&clinic, to_come).await;

    let practitioner = clinic.practitioner("Durand").await;
    let hours = clinic.weekly(practitioner, 1, "08:00", "12:00").await;
    let at = format!(
        "SET session_replication_role = replica; UPDATE practitioner_availability SET facility_id = '{facility}' WHERE id = '{hours}'"
    );
    clinic.database().await.batch_execute(&at).await.unwrap();
    refused("facility_has_hours").await;
    let past =
        "SET session_replication_role = replica; UPDATE practitioner_availability SET valid_until = current_date - 2";
    clinic.database().await.batch_execute(past).await.unwrap();

    let place = async |facility: &str| {
        let moved = format!(
            "SET session_replication_role = replica; UPDATE practitioners SET facility_id = {facility} WHERE id = '{practitioner}'"
        );
        clinic.database().await.batch_execute(&moved).await.unwrap();
    };
    place(&format!("'{facility}'")).await;
    refused("facility_has_practitioners").await;
    place("NULL").await;

    let room = clinic.room(facility, "Room 1").await;
    refused("facility_has_rooms").await;
    assert_eq!(me.delete(&format!("/api/v1/rooms/{room}")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(me.delete(&path).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn lists_give_each_once_in_either_order() {
    let world = World::start().await;
    let clinic = world.clinic("pages").await;
    let me = &clinic.admin;
    let facility = clinic.facility("A").await;
    for number in 0..7 {
        // Facilities may bear the same name.
        clinic.facility(&format!("Name {}", number / 2)).await;
        clinic.room(facility, &format!("Room {number}")).await;
    }
    for path in [FACILITIES.to_owned(), format!("{FACILITIES}/{facility}/rooms")] {
        let all = walk(me, &format!("{path}?limit=200")).await;
        assert!(all.is_sorted() && all.len() >= 7, "{all:?}");
        for limit in [1, 2, 3] {
            assert_eq!(walk(me, &format!("{path}?limit={limit}")).await, all, "{path}");
            let mut turned = walk(me, &format!("{path}?sort=-name&limit={limit}")).await;
            turned.reverse();
            assert_eq!(turned, all, "{path}");
        }
    }
    // A cursor leads on in its own list only.
    let first = me.get(&format!("{FACILITIES}/{facility}/rooms?limit=2")).await;
    let cursor = first.json["nextCursor"].as_str().unwrap();
    let other = clinic.facility("B").await;
    for elsewhere in [format!("{FACILITIES}/{other}/rooms"), FACILITIES.to_owned()] {
        assert_eq!(me.get(&format!("{elsewhere}?cursor={cursor}")).await.code(), "invalid_cursor");
    }
}

#[tokio::test]
async fn a_room_lies_in_a_facility_under_a_name_of_its_own() {
    let world = World::start().await;
    let clinic = world.clinic("rooms").await;
    let me = &clinic.admin;
    let (here, there) = (clinic.facility("Here").await, clinic.facility("There").await);
    let rooms = |facility: Uuid| format!("{FACILITIES}/{facility}/rooms");
    let created = me.post(&rooms(here), &json!({ "name": "Room 1" })).await;
    assert_eq!(created.status, StatusCode::CREATED, "{created:?}");
    assert_eq!((&created.json["facilityId"], &created.json["active"]), (&json!(here.to_string()), &json!(true)));
    let path = created.header("location").to_owned();
    assert_eq!(me.get(&path).await.json, created.json);

    let taken = me.post(&rooms(here), &json!({ "name": "Room 1" })).await;
    assert_eq!((taken.status, taken.code()), (StatusCode::CONFLICT, "room_name_taken"), "{taken:?}");
    assert_eq!(me.post(&rooms(there), &json!({ "name": "Room 1" })).await.status, StatusCode::CREATED);
    let second = me.post(&rooms(here), &json!({ "name": "Room 2", "active": false })).await.json;
    let second = format!("/api/v1/rooms/{}", second["id"].as_str().unwrap());
    assert_eq!(me.patch(&second, &json!({ "name": "Room 1" })).await.code(), "room_name_taken");
    let changed = me.patch(&second, &json!({ "name": "Room 3" })).await.json;
    assert_eq!(
        (&changed["name"], &changed["active"], &changed["version"]),
        (&json!("Room 3"), &json!(false), &json!(2))
    );
    assert_eq!(names(&me.get(&rooms(here)).await), ["Room 1", "Room 3"]);

    // With somebody to come it stays; then its name is free.
    let room: Uuid = created.json["id"].as_str().unwrap().parse().unwrap();
    let to_come = appointment(&clinic, here, Some(room), 24, "scheduled").await;
    assert_eq!(me.delete(&path).await.code(), "room_has_appointments");
    assert_eq!(me.get(&path).await.status, StatusCode::OK);
    is_over(&clinic, to_come).await;
    let stale = me.request(Method::DELETE, &path, &[("if-match", "\"9\"")], None).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(me.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(me.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(me.post(&rooms(here), &json!({ "name": "Room 1" })).await.status, StatusCode::CREATED);

    // There are none where the facility is not.
    let archived = clinic.facility("Archived").await;
    assert_eq!(names(&me.get(&rooms(archived)).await), Vec::<&str>::new());
    assert_eq!(me.delete(&format!("{FACILITIES}/{archived}")).await.status, StatusCode::NO_CONTENT);
    for gone in [archived, Uuid::now_v7()] {
        assert_eq!(me.get(&rooms(gone)).await.status, StatusCode::NOT_FOUND);
        assert_eq!(me.post(&rooms(gone), &json!({ "name": "Room 1" })).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_repeated_request_enters_nothing_twice() {
    let world = World::start().await;
    let clinic = world.clinic("again").await;
    let me = &clinic.admin;
    let facility = clinic.facility("Here").await;
    for (path, body, other) in [
        (FACILITIES.to_owned(), json!({ "name": "Rive gauche" }), json!({ "name": "Rive droite" })),
        (format!("{FACILITIES}/{facility}/rooms"), json!({ "name": "Room 1" }), json!({ "name": "Room 2" })),
        ("/api/v1/closures".to_owned(), json!({ "startsOn": "2031-05-02" }), json!({ "startsOn": "2031-05-03" })),
    ] {
        let key = Uuid::now_v7().to_string();
        let send = async |body: &Value| me.request(Method::POST, &path, &[("idempotency-key", &key)], Some(body)).await;
        let (first, again) = (send(&body).await, send(&body).await);
        assert_eq!((first.status, again.status), (StatusCode::CREATED, StatusCode::CREATED), "{first:?} {again:?}");
        assert_eq!(first.json, again.json);
        let other = send(&other).await;
        assert_eq!(other.json["errors"][0]["code"], "idempotency_key_reused", "{other:?}");
    }
}

#[tokio::test]
async fn of_fifty_rooms_of_one_name_at_once_one_is_entered() {
    let world = World::start().await;
    let clinic = world.clinic("at-once").await;
    let path = format!("{FACILITIES}/{}/rooms", clinic.facility("Here").await);
    let body = json!({ "name": "Room 1" });
    let answers = futures_util::future::join_all((0..50).map(|_| clinic.admin.post(&path, &body))).await;
    let of = |code: &str| answers.iter().filter(|answer| answer.code() == code).count();
    assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count(), 1);
    assert_eq!(of("room_name_taken"), 49, "{answers:?}");
}

/// Whichever comes first, neither room nor practitioner is left in a facility that is not there.
#[tokio::test]
async fn a_facility_is_not_archived_under_who_or_what_is_being_entered() {
    let world = World::start().await;
    let clinic = world.clinic("meanwhile").await;
    let (me, secretary) = (&clinic.admin, clinic.person(Role::Secretary).await);
    for _ in 0..10 {
        let facility = clinic.facility("Here").await;
        let (path, body) = (format!("{FACILITIES}/{facility}"), json!({ "name": "Room 1" }));
        let rooms = format!("{path}/rooms");
        let (archived, entered) = tokio::join!(me.delete(&path), me.post(&rooms, &body));
        let outcome = (archived.status.as_u16(), entered.status.as_u16());
        assert!([(204, 404), (409, 201)].contains(&outcome), "{archived:?} {entered:?}");

        let facility = clinic.facility("There").await;
        let path = format!("{FACILITIES}/{facility}");
        let body = json!({ "firstName": "Zoé", "lastName": "Durand", "facilityId": facility });
        let (archived, entered) = tokio::join!(me.delete(&path), secretary.post("/api/v1/practitioners", &body));
        let outcome = (archived.status.as_u16(), entered.status.as_u16());
        assert!([(204, 409), (409, 201)].contains(&outcome), "{archived:?} {entered:?}");
    }
}
