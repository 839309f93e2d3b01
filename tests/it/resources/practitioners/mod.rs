//! Practitioners: who they are, whose account, and in which order they are listed.

mod availability;
mod of_staff;
mod services;

use medicalpro::ids::Role;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Answer, Clinic, Person, World};

const PRACTITIONERS: &str = "/api/v1/practitioners";

fn path_of(practitioner: Uuid) -> String {
    format!("{PRACTITIONERS}/{practitioner}")
}

fn is(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.code())
}

/// Somebody who logs in as a practitioner, and the entry that is theirs.
async fn doctor<'a>(world: &'a World, clinic: &Clinic<'a>, last_name: &str) -> (Person<'a>, Uuid, Uuid) {
    let (user, email) = clinic.member(Role::Practitioner).await;
    let practitioner = clinic.practitioner_of(user, last_name).await;
    (world.log_in(&email).await, user, practitioner)
}

/// Family names of a list, in order.
async fn names(who: &Person<'_>, query: &str) -> Vec<String> {
    let page = who.get(&format!("{PRACTITIONERS}?{query}")).await;
    assert_eq!(page.status, 200, "{query}: {page:?}");
    let name = |row: &Value| row["lastName"].as_str().unwrap().to_owned();
    page.json["data"].as_array().unwrap().iter().map(name).collect()
}

#[tokio::test]
async fn a_practitioner_is_entered_found_changed_archived_and_restored() {
    let world = World::start().await;
    let clinic = world.clinic("practitioners").await;
    let me = &clinic.admin;
    let facility = clinic.facility("North").await;
    let body = json!({
        "title": "Dr", "firstName": "Zoé", "lastName": "Österberg", "specialities": ["Cardiology"], "languages": ["fr", "de"],
        "registrationNumber": "10101010101", "registrationUntil": "2020-12-31", "facilityId": facility, "bufferAfter": 10,
        "minimumNotice": 120, "color": "#2e7d32",
    });
    let key = [("idempotency-key", "once")];
    let made = me.request(Method::POST, PRACTITIONERS, &key, Some(&body)).await;
    assert_eq!((made.status.as_u16(), made.header("etag")), (201, "\"1\""), "{made:?}");
    for (field, expected) in body.as_object().unwrap() {
        assert_eq!(&made.json[field], expected, "{field}");
    }
    for (field, default) in [("appointmentMinutes", json!(30)), ("horizonDays", json!(365)), ("active", json!(true))] {
        assert_eq!(made.json[field], default, "{field}");
    }
    assert_eq!(made.json["registrationExpired"], true);
    let again = me.request(Method::POST, PRACTITIONERS, &key, Some(&body)).await;
    assert_eq!((again.status, &again.json), (made.status, &made.json), "the same attempt");
    let path = made.header("location").to_owned();
    assert_eq!(me.get(&path).await.json, made.json);

    let changed =
        me.patch(&path, &json!({ "registrationUntil": "2199-12-31", "facilityId": null, "bufferAfter": 5 })).await;
    assert_eq!((changed.status.as_u16(), &changed.json["version"]), (200, &json!(2)), "{changed:?}");
    assert_eq!(
        (&changed.json["registrationExpired"], changed.json.get("facilityId"), &changed.json["bufferAfter"]),
        (&json!(false), None, &json!(5))
    );
    let stale = me.request(Method::PATCH, &path, &[("if-match", "\"1\"")], Some(&json!({ "active": false }))).await;
    assert_eq!(stale.status, 412);

    // Nobody is left who waits for them.
    let practitioner: Uuid = made.json["id"].as_str().unwrap().parse().unwrap();
    let booked = clinic.appointment(practitioner, "Waits", "now() + interval '1 day'").await;
    assert_eq!(is(&me.delete(&path).await), (409, "practitioner_has_appointments"));
    let gone = format!(
        "SET session_replication_role = replica; UPDATE appointments SET deleted_at = now() WHERE id = '{booked}'"
    );
    clinic.database().await.batch_execute(&gone).await.unwrap();
    assert_eq!(me.delete(&path).await.status, 204);
    assert_eq!(me.get(&path).await.status, 404);
    assert_eq!(names(me, "").await, Vec::<String>::new());
    assert_eq!(names(me, "archived=true").await, ["Österberg"]);
    let restored = me.post(&format!("{path}/restore"), &json!({})).await;
    assert_eq!((restored.status.as_u16(), restored.json.get("deletedAt")), (200, None), "{restored:?}");
}

#[tokio::test]
async fn who_is_restored_works_somewhere_that_is_there() {
    let world = World::start().await;
    let clinic = world.clinic("restored").await;
    let me = &clinic.admin;
    let facility = clinic.facility("North").await;
    let body = json!({ "firstName": "A", "lastName": "B", "facilityId": facility });
    let path = me.post(PRACTITIONERS, &body).await.header("location").to_owned();
    assert_eq!(me.delete(&path).await.status, 204);
    let (place, restore) = (format!("/api/v1/facilities/{facility}"), format!("{path}/restore"));
    assert_eq!(me.delete(&place).await.status, 204, "whoever is archived works nowhere");
    let refused = me.post(&restore, &json!({})).await;
    assert_eq!(is(&refused), (409, "reference_missing"), "{refused:?}");
    assert_eq!(refused.json["errors"][0]["pointer"], "/facilityId", "{refused:?}");
    assert_eq!(me.get(&path).await.status, 404, "and stays archived");
    assert_eq!(me.post(&format!("{place}/restore"), &json!({})).await.status, 200);
    assert_eq!(me.post(&restore, &json!({})).await.status, 200, "control");
}

#[tokio::test]
async fn a_number_and_a_place_are_told_apart_from_what_they_cannot_be() {
    let world = World::start().await;
    let (clinic, elsewhere) = (world.clinic("practitioners").await, world.clinic("practitioners-other").await);
    let me = &clinic.admin;
    let body = |facility: Uuid| json!({ "firstName": "A", "lastName": "B", "facilityId": facility });
    let here = clinic.facility("North").await;
    let archived = clinic.facility("Closed").await;
    let close = format!(
        "SET session_replication_role = replica; UPDATE medical_facilities SET deleted_at = now() WHERE id = '{archived}'"
    );
    clinic.database().await.batch_execute(&close).await.unwrap();
    for facility in [archived, elsewhere.facility("Theirs").await, Uuid::now_v7()] {
        let refused = me.post(PRACTITIONERS, &body(facility)).await;
        assert_eq!(is(&refused), (409, "reference_missing"), "{refused:?}");
        assert_eq!(refused.json["errors"][0]["pointer"], "/facilityId", "{refused:?}");
    }
    assert_eq!(me.post(PRACTITIONERS, &body(here)).await.status, 201, "control");

    for (field, value) in [
        ("appointmentMinutes", json!(4)),
        ("appointmentMinutes", json!(70000)),
        ("bufferBefore", json!(-1)),
        ("horizonDays", json!(731)),
        ("minimumNotice", json!(43201)),
        ("languages", json!(["français"])),
        ("specialities", json!(vec!["a"; 11])),
    ] {
        let mut body = body(here);
        body[field] = value;
        let refused = me.post(PRACTITIONERS, &body).await;
        let pointer = refused.json["errors"][0]["pointer"].as_str().unwrap_or_default();
        assert!(refused.status == 422 && pointer.starts_with(&format!("/{field}")), "{field}: {refused:?}");
    }
    // A number is one practitioner's, whoever comes first.
    let number = json!({ "firstName": "A", "lastName": "B", "registrationNumber": "7" });
    let at_once = futures_util::future::join_all((0..50).map(|_| me.post(PRACTITIONERS, &number))).await;
    assert_eq!(at_once.iter().filter(|answer| answer.status == 201).count(), 1);
    let rest = at_once.iter().filter(|answer| answer.status != 201);
    assert!(rest.into_iter().all(|answer| is(answer) == (409, "registration_number_taken")));
}

#[tokio::test]
async fn whose_account_a_practitioner_is_is_said_by_admins_and_managers_of_somebody_who_works_here() {
    let world = World::start().await;
    let (clinic, elsewhere) = (world.clinic("practitioners").await, world.clinic("practitioners-other").await);
    let manager = clinic.person(Role::Manager).await;
    let practitioner = clinic.practitioner("Unlinked").await;
    let path = path_of(practitioner);
    let (member, _) = clinic.member(Role::Practitioner).await;
    let (stranger, _) = elsewhere.member(Role::Practitioner).await;
    let link = |user: Uuid| json!({ "userId": user });

    let secretary = clinic.person(Role::Secretary).await;
    assert_eq!(is(&secretary.patch(&path, &link(member)).await), (403, "forbidden"));
    assert_eq!(secretary.patch(&path, &json!({ "bufferAfter": 5 })).await.status, 200, "control");
    for user in [stranger, Uuid::now_v7()] {
        let refused = manager.patch(&path, &link(user)).await;
        assert_eq!(
            (is(&refused), &refused.json["errors"][0]["pointer"]),
            ((409, "reference_missing"), &json!("/userId"))
        );
    }
    let linked = manager.patch(&path, &link(member)).await;
    assert_eq!((linked.status.as_u16(), &linked.json["userId"]), (200, &json!(member)), "{linked:?}");
    let twice = manager.patch(&path_of(clinic.practitioner("Second").await), &link(member)).await;
    assert_eq!((is(&twice), &twice.json["errors"][0]["pointer"]), ((409, "practitioner_exists"), &json!("/userId")));
    let unlinked = manager.patch(&path, &json!({ "userId": null })).await;
    assert_eq!((unlinked.status.as_u16(), unlinked.json.get("userId")), (200, None), "{unlinked:?}");

    assert_eq!(
        clinic.admin.patch(&format!("/api/v1/staff/{member}"), &json!({ "status": "deactivated" })).await.status,
        200
    );
    assert_eq!(is(&manager.patch(&path, &link(member)).await), (409, "member_deactivated"));
}

#[tokio::test]
async fn practitioners_change_their_own_entry_and_nobody_elses() {
    let world = World::start().await;
    let clinic = world.clinic("practitioners").await;
    let (me, user, mine) = doctor(&world, &clinic, "Mine").await;
    let other = clinic.practitioner("Other").await;
    let changed = me.patch(&path_of(mine), &json!({ "color": "#112233" })).await;
    assert_eq!((changed.status.as_u16(), &changed.json["userId"]), (200, &json!(user)), "{changed:?}");
    assert_eq!(is(&me.patch(&path_of(other), &json!({ "color": "#112233" })).await), (403, "forbidden"));
    assert_eq!(is(&me.patch(&path_of(mine), &json!({ "userId": null })).await), (403, "forbidden"));
    assert_eq!(is(&me.delete(&path_of(mine)).await), (403, "forbidden"));
    assert_eq!(is(&me.post(PRACTITIONERS, &json!({ "firstName": "A", "lastName": "B" })).await), (403, "forbidden"));
}

#[tokio::test]
async fn the_list_is_paged_in_every_order_and_filters_combine() {
    let world = World::start().await;
    let clinic = world.clinic("practitioners").await;
    let me = &clinic.admin;
    let (north, service) = (clinic.facility("North").await, clinic.service("Checkup", 30).await);
    for (index, name) in ["Émile", "Zoé", "Ada", "Ada", "Bob"].iter().enumerate() {
        let speciality = if index % 2 == 0 { "Cardiology" } else { "Dermatology" };
        let mut body =
            json!({ "firstName": "Test", "lastName": name, "specialities": [speciality], "active": index != 4 });
        if index < 2 {
            body["facilityId"] = json!(north);
        }
        let made = me.post(PRACTITIONERS, &body).await;
        assert_eq!(made.status, 201, "{made:?}");
        if index == 1 {
            let offer = format!("{}/services/{service}", path_of(made.json["id"].as_str().unwrap().parse().unwrap()));
            assert_eq!(me.post(&offer, &json!({})).await.status, 200);
        }
    }
    for (sort, expected) in [
        ("name", ["Ada", "Ada", "Bob", "Émile", "Zoé"]),
        ("-name", ["Zoé", "Émile", "Bob", "Ada", "Ada"]),
        ("createdAt", ["Émile", "Zoé", "Ada", "Ada", "Bob"]),
        ("-createdAt", ["Bob", "Ada", "Ada", "Zoé", "Émile"]),
    ] {
        assert_eq!(names(me, &format!("sort={sort}")).await, expected, "{sort}");
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = me.get(&format!("{PRACTITIONERS}?sort={sort}&limit=2{cursor}")).await;
            seen.extend(
                page.json["data"].as_array().unwrap().iter().map(|row| row["lastName"].as_str().unwrap().to_owned()),
            );
            let Some(next) = page.json["nextCursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, expected, "{sort}, by twos");
    }
    for (query, expected) in [
        ("speciality=cardiology".to_owned(), &["Ada", "Bob", "Émile"][..]),
        ("speciality=cardio".to_owned(), &[]),
        (format!("facilityId={north}"), &["Émile", "Zoé"]),
        (format!("serviceId={service}"), &["Zoé"]),
        (format!("serviceId={service}&speciality=Cardiology"), &[]),
        ("active=false".to_owned(), &["Bob"]),
        ("active=true&speciality=Cardiology".to_owned(), &["Ada", "Émile"]),
    ] {
        assert_eq!(names(me, &query).await, expected, "{query}");
    }
}
