//! Entering, reading by version, changing, archiving and restoring.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{PATIENTS, path_of, pointers};
use crate::support::{Clinic, Person, World};

fn full() -> Value {
    json!({
        "patientNumber": "A-1", "firstName": "Zoé", "lastName": "Durand", "birthDate": "1984-02-29", "gender": "female",
        "email": "zoe@example.org", "phone": "+33 1 42 68 53 00", "language": "fr", "notes": "Prefers mornings.",
        "address": { "line1": "12 rue de la Paix", "line2": "Bât. B", "postalCode": "75002", "city": "Paris", "country": "FR" },
    })
}

#[tokio::test]
async fn what_is_entered_is_answered_and_read_alike() {
    let world = World::start().await;
    let clinic = world.clinic("create").await;
    let me = &clinic.admin;
    let created = me.post(PATIENTS, &full()).await;
    assert_eq!((created.status, created.header("etag")), (StatusCode::CREATED, "\"1\""), "{}", created.json);
    assert_eq!(created.header("location"), path_of(&created.json));
    assert_eq!(created.header("cache-control"), "no-store");
    for (name, value) in full().as_object().unwrap() {
        assert_eq!(&created.json[name], value, "{name}");
    }
    let found = me.get(created.header("location")).await;
    assert_eq!((found.status, &found.json, found.header("etag")), (StatusCode::OK, &created.json, "\"1\""));

    // Without a number each gets the clinic's next, and what is not known is absent.
    let (one, other) = (clinic.patient("Martin").await, clinic.patient("Martin").await);
    assert_ne!(one["patientNumber"], other["patientNumber"]);
    assert_eq!(one["gender"], "unknown");
    for absent in ["birthDate", "email", "phone", "address", "language", "notes", "deletedAt"] {
        assert!(one.get(absent).is_none(), "{absent}");
    }
}

#[tokio::test]
async fn a_read_is_304_where_the_client_has_the_version() {
    let world = World::start().await;
    let clinic = world.clinic("etag").await;
    let me = &clinic.admin;
    let path = path_of(&clinic.patient("Durand").await);
    let read = async |tags: &str| me.request(Method::GET, &path, &[("if-none-match", tags)], None).await;
    for tags in ["\"1\"", "\"7\", \"1\"", "*"] {
        let answer = read(tags).await;
        assert_eq!((answer.status, answer.header("etag")), (StatusCode::NOT_MODIFIED, "\"1\""), "{tags}");
        assert!(answer.text.is_empty(), "{tags}");
    }
    for tags in ["\"2\"", "W/\"1\""] {
        assert_eq!(read(tags).await.status, StatusCode::OK, "{tags}");
    }
    assert_eq!(read("1").await.status, StatusCode::UNPROCESSABLE_ENTITY, "a tag stands in quotes");
    assert_eq!(me.patch(&path, &json!({ "notes": "New." })).await.header("etag"), "\"2\"");
    assert_eq!(read("\"1\"").await.json["notes"], "New.");
    assert_eq!(read("\"2\"").await.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn a_change_is_held_to_the_version_that_its_client_saw() {
    let world = World::start().await;
    let clinic = world.clinic("if-match").await;
    let me = &clinic.admin;
    let path = path_of(&clinic.patient("Durand").await);
    let with = async |method: Method, tags: &str, body: Option<&Value>| {
        me.request(method, &path, &[("if-match", tags)], body).await
    };
    let change = json!({ "notes": "Changed." });
    for stale in ["\"2\"", "W/\"1\"", "\"0\", \"2\""] {
        let refused = with(Method::PATCH, stale, Some(&change)).await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::PRECONDITION_FAILED, "precondition_failed"),
            "{stale}"
        );
        assert_eq!(with(Method::DELETE, stale, None).await.status, StatusCode::PRECONDITION_FAILED, "{stale}");
    }
    let untouched = me.get(&path).await.json;
    assert_eq!((&untouched["version"], untouched.get("notes")), (&json!(1), None));

    assert_eq!(with(Method::PATCH, "\"1\"", Some(&change)).await.header("etag"), "\"2\"");
    assert_eq!(with(Method::PATCH, "*", Some(&change)).await.header("etag"), "\"3\"");
    assert_eq!(with(Method::DELETE, "\"2\"", None).await.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(with(Method::DELETE, "\"3\"", None).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn absent_leaves_and_null_clears() {
    let world = World::start().await;
    let clinic = world.clinic("merge").await;
    let me = &clinic.admin;
    let created = me.post(PATIENTS, &full()).await.json;
    let path = path_of(&created);
    let mut expected = created.clone();
    for (change, mend) in [
        (json!({}), json!({})),
        (json!({ "lastName": "Martin" }), json!({ "lastName": "Martin" })),
        (json!({ "birthDate": null, "phone": null }), json!({ "birthDate": null, "phone": null })),
        (
            json!({ "gender": "other", "email": "z@example.org" }),
            json!({ "gender": "other", "email": "z@example.org" }),
        ),
        (
            json!({ "language": null, "notes": null, "email": null }),
            json!({ "language": null, "notes": null, "email": null }),
        ),
        (json!({ "birthDate": "2000-01-31" }), json!({ "birthDate": "2000-01-31" })),
        (
            json!({ "address": { "line2": null, "city": "Lyon" } }),
            json!({ "address": { "line1": "12 rue de la Paix", "postalCode": "75002", "city": "Lyon", "country": "FR" } }),
        ),
        (json!({ "address": {} }), json!({})),
        (json!({ "address": null }), json!({ "address": null })),
        (json!({ "address": { "line1": null } }), json!({})),
        (json!({ "address": { "city": "Nice" } }), json!({ "address": { "city": "Nice" } })),
        (json!({ "address": { "city": null } }), json!({ "address": null })),
    ] {
        let version = expected["version"].as_i64().unwrap();
        for (name, value) in mend.as_object().unwrap() {
            match value {
                Value::Null => expected.as_object_mut().unwrap().remove(name),
                value => expected.as_object_mut().unwrap().insert(name.clone(), value.clone()),
            };
        }
        let changed = me.patch(&path, &change).await;
        assert_eq!(changed.status, StatusCode::OK, "{change}: {}", changed.json);
        expected["version"] = json!(version + 1);
        expected["updatedAt"] = changed.json["updatedAt"].clone();
        assert_eq!(changed.json, expected, "{change}");
        assert_eq!(me.get(&path).await.json, expected, "{change}");
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_all_its_fields_at_once() {
    let world = World::start().await;
    let clinic = world.clinic("invalid").await;
    let me = &clinic.admin;
    let path = path_of(&clinic.patient("Durand").await);
    let null = me
        .patch(
            &path,
            &json!({ "firstName": null, "lastName": null, "patientNumber": null, "gender": null, "notes": null }),
        )
        .await;
    assert_eq!(null.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(pointers(&null), ["/firstName", "/gender", "/lastName", "/patientNumber"]);

    let many = me
        .post(PATIENTS, &json!({ "firstName": " ", "email": "x", "phone": "1", "address": { "country": "fr" }, "id": "x", "companyId": "y" }))
        .await;
    assert_eq!(many.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        pointers(&many),
        ["/lastName", "/address/country", "/companyId", "/email", "/firstName", "/id", "/phone"]
    );
    for (field, value) in [
        ("birthDate", json!("1984-02-30")),
        ("birthDate", json!("1600-01-01")),
        ("birthDate", json!("9999-01-01")),
        ("birthDate", json!((chrono::Utc::now() + chrono::Days::new(2)).date_naive().to_string())),
        ("birthDate", json!("-9999-01-01")),
        ("gender", json!("x")),
        ("language", json!("french")),
        ("firstName", json!("x".repeat(101))),
        ("notes", json!("x".repeat(10_001))),
        ("patientNumber", json!("x".repeat(31))),
        ("version", json!(7)),
    ] {
        let mut body = json!({ "firstName": "Zoé", "lastName": "Durand" });
        body[field] = value.clone();
        let refused = me.post(PATIENTS, &body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field} {value}: {}", refused.json);
        assert_eq!(pointers(&refused), [format!("/{field}")], "{value}");
        let refused = me.patch(&path, &json!({ field: value })).await;
        assert_eq!(pointers(&refused), [format!("/{field}")], "{value}: {}", refused.json);
    }
    assert_eq!(me.get(PATIENTS).await.json["data"].as_array().unwrap().len(), 1, "nothing was written");

    // The longest names, of letters that fold to more than one, are names all the same.
    let longest = json!({ "firstName": "ß".repeat(100), "lastName": "ﷺ".repeat(100), "notes": "x".repeat(10_000) });
    assert_eq!(me.post(PATIENTS, &longest).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_number_is_given_once_in_a_clinic() {
    let world = World::start().await;
    let (clinic, other) = (world.clinic("number").await, world.clinic("number-too").await);
    let me = &clinic.admin;
    assert_eq!(me.post(PATIENTS, &full()).await.status, StatusCode::CREATED);
    let path = path_of(&clinic.patient("Martin").await);
    for refused in [me.post(PATIENTS, &full()).await, me.patch(&path, &json!({ "patientNumber": "A-1" })).await] {
        assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "patient_number_taken"));
        assert_eq!(pointers(&refused), ["/patientNumber"]);
        assert!(!refused.text.contains("A-1") && !refused.text.contains("Durand"), "nothing of the other row");
    }
    assert_eq!(
        other.admin.post(PATIENTS, &full()).await.status,
        StatusCode::CREATED,
        "another clinic's numbers are its own"
    );
}

#[tokio::test]
async fn the_clinics_next_number_is_none_that_somebody_has() {
    let world = World::start().await;
    let clinic = world.clinic("next-number").await;
    let me = &clinic.admin;
    let number_of = |patient: &Value| {
        patient["patientNumber"].as_str().and_then(|number| number.strip_prefix("PAT-")?.parse::<u32>().ok()).unwrap()
    };
    let first = number_of(&clinic.patient("Durand").await);
    let number = |further: u32| format!("PAT-{:06}", first + further);
    let by_hand = json!({ "patientNumber": number(1), "firstName": "By", "lastName": "Hand" });
    assert_eq!(me.post(PATIENTS, &by_hand).await.status, StatusCode::CREATED);
    assert_eq!(number_of(&clinic.patient("Martin").await), first + 2);

    // Nor one that a line of the same file brings, wherever it stands.
    let file = format!("patientNumber,firstName,lastName\n{},A,One\n,B,Two\n{},C,Three\n", number(3), number(4));
    for (query, created) in [("?dryRun=true", 0), ("", 3)] {
        let answer = me.post_csv(&format!("{PATIENTS}/import{query}"), &[], file.as_str()).await;
        assert_eq!((answer.status, &answer.json["created"]), (StatusCode::OK, &json!(created)), "{answer:?}");
    }
    assert_eq!(number_of(&clinic.patient("Last").await), first + 6);

    // Beyond a million they only grow longer.
    clinic.database().await.batch_execute("SELECT setval('patient_number_seq', 1234566)").await.unwrap();
    assert_eq!(number_of(&clinic.patient("Late").await), 1_234_567);
}

#[tokio::test]
async fn archived_is_gone_until_it_is_restored() {
    let world = World::start().await;
    let clinic = world.clinic("archive").await;
    let me = &clinic.admin;
    let path = path_of(&clinic.patient("Durand").await);
    let restore = async || me.post(&format!("{path}/restore"), &json!({})).await;
    assert_eq!(restore().await.status, StatusCode::NOT_FOUND, "it is not archived");
    assert_eq!(me.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(me.delete(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(me.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(me.patch(&path, &json!({ "notes": "x" })).await.status, StatusCode::NOT_FOUND);
    assert_eq!(me.get(&format!("{PATIENTS}?q=durand")).await.json["data"], json!([]));
    let archived = me.get(&format!("{PATIENTS}?q=durand&archived=true")).await;
    assert!(archived.json["data"][0]["deletedAt"].is_string(), "{}", archived.json);

    let restored = restore().await;
    assert_eq!((restored.status, restored.header("etag")), (StatusCode::OK, "\"3\""));
    assert!(restored.json.get("deletedAt").is_none());
    assert_eq!(me.get(&path).await.json, restored.json);
    assert_eq!(me.get(&format!("{PATIENTS}?q=durand")).await.json["data"][0], restored.json);
}

#[tokio::test]
async fn a_patient_who_is_still_expected_is_not_archived() {
    let world = World::start().await;
    let clinic = world.clinic("expected").await;
    let me = &clinic.admin;
    for (when, status, answer) in [
        ("now() + interval '1 day'", "scheduled", StatusCode::CONFLICT),
        ("now() + interval '2 days'", "confirmed", StatusCode::CONFLICT),
        ("now() - interval '10 minutes'", "checked_in", StatusCode::CONFLICT),
        ("now() + interval '3 days'", "cancelled", StatusCode::NO_CONTENT),
        ("now() - interval '1 day'", "completed", StatusCode::NO_CONTENT),
    ] {
        let path = path_of(&clinic.patient("Durand").await);
        appointment(&clinic, path.rsplit('/').next().unwrap(), when, status).await;
        let deleted = me.delete(&path).await;
        assert_eq!(deleted.status, answer, "{status}: {}", deleted.json);
        if answer == StatusCode::CONFLICT {
            assert_eq!(deleted.code(), "patient_has_appointments");
            assert_eq!(me.get(&path).await.header("etag"), "\"1\"", "nothing was changed");
            let gone = "SET session_replication_role = replica; UPDATE appointments SET deleted_at = now()";
            clinic.database().await.batch_execute(gone).await.unwrap();
            assert_eq!(me.delete(&path).await.status, StatusCode::NO_CONTENT, "{status}");
        }
    }
}

/// Laid in as the administrator, with triggers off: there is no operation for appointments yet.
async fn appointment(clinic: &Clinic<'_>, patient: &str, starts: &str, status: &str) {
    let insert = format!(
        "SET session_replication_role = replica;
         WITH who AS (INSERT INTO practitioners (first_name, last_name, sort_name) VALUES ('A', 'B', 'b a') RETURNING id)
         INSERT INTO appointments (patient_id, practitioner_id, starts_at, ends_at, status, cancelled_for, created_by)
         SELECT '{patient}', id, {starts}, {starts} + interval '30 minutes', '{status}', 'other', gen_random_uuid() FROM who"
    );
    clinic.database().await.batch_execute(&insert).await.unwrap();
}

#[tokio::test]
async fn of_twenty_changes_to_one_version_exactly_one_is_made() {
    let world = World::start().await;
    let clinic = world.clinic("race").await;
    let me = &clinic.admin;
    let path = path_of(&clinic.patient("Durand").await);
    let change = async |number: usize, if_match: Option<&str>| {
        let headers: Vec<(&str, &str)> = if_match.into_iter().map(|tag| ("if-match", tag)).collect();
        let body = json!({ "notes": format!("Change {number}.") });
        Person::request(me, Method::PATCH, &path, &headers, Some(&body)).await.status
    };
    let made = futures_util::future::join_all((0..20).map(|number| change(number, Some("\"1\"")))).await;
    assert_eq!(made.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{made:?}");
    assert_eq!(made.iter().filter(|status| **status == StatusCode::PRECONDITION_FAILED).count(), 19, "{made:?}");
    assert_eq!(me.get(&path).await.header("etag"), "\"2\"");

    // Without If-Match none is lost and none is refused.
    let made = futures_util::future::join_all((0..20).map(|number| change(number, None))).await;
    assert!(made.iter().all(|status| *status == StatusCode::OK), "{made:?}");
    assert_eq!(me.get(&path).await.header("etag"), "\"22\"");
}
