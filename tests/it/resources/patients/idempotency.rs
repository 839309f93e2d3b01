//! `Idempotency-Key`: a repeated request is answered alike and makes nothing twice.

use medicalpro::ids::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{PATIENTS, path_of, pointers};
use crate::support::{Answer, Clinic, Person, World};

async fn post(who: &Person<'_>, path: &str, key: &str, body: &Value) -> Answer {
    who.request(Method::POST, path, &[("idempotency-key", key)], Some(body)).await
}

fn named(last_name: &str) -> Value {
    json!({ "firstName": "Zoé", "lastName": last_name })
}

async fn count(clinic: &Clinic<'_>, what: &str) -> i64 {
    clinic.database().await.query_one(&format!("SELECT count(*) FROM {what}"), &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn the_same_key_and_body_get_the_same_answer_and_one_row() {
    let world = World::start().await;
    let clinic = world.clinic("once").await;
    let me = &clinic.admin;
    let first = post(me, PATIENTS, "key", &named("Durand")).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.json);
    // Changed meanwhile: the answer is that of then.
    me.patch(&path_of(&first.json), &json!({ "notes": "Changed." })).await;
    let again = post(me, PATIENTS, "key", &named("Durand")).await;
    assert_eq!((again.status, &again.text), (StatusCode::CREATED, &first.text));
    assert_eq!((again.header("location"), again.header("etag")), (first.header("location"), first.header("etag")));
    assert_eq!(count(&clinic, "patients").await, 1);

    let reused = post(me, PATIENTS, "key", &named("Martin")).await;
    assert_eq!((reused.status, reused.code()), (StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused"));
    assert_eq!(pointers(&reused), ["/header/Idempotency-Key"]);
    assert_eq!(count(&clinic, "patients").await, 1);
    // The control: another key, or none, enters another patient.
    assert_eq!(post(me, PATIENTS, "another", &named("Durand")).await.status, StatusCode::CREATED);
    assert_eq!(me.post(PATIENTS, &named("Durand")).await.status, StatusCode::CREATED);
    assert_eq!(count(&clinic, "patients").await, 3);
}

#[tokio::test]
async fn of_simultaneous_requests_with_one_key_one_makes_a_row_and_all_get_its_answer() {
    let world = World::start().await;
    let clinic = world.clinic("at-once").await;
    let me = &clinic.admin;
    let body = named("Durand");
    let answers = futures_util::future::join_all((0..10).map(|_| post(me, PATIENTS, "key", &body))).await;
    for answer in &answers {
        assert_eq!((answer.status, &answer.text), (StatusCode::CREATED, &answers[0].text));
    }
    assert_eq!(count(&clinic, "patients").await, 1);
    assert_eq!(count(&clinic, "audit_logs WHERE action = 'create' AND resource = 'patients'").await, 1);
}

#[tokio::test]
async fn a_key_is_one_persons_in_one_operation_and_one_role() {
    let world = World::start().await;
    let clinic = world.clinic("whose-key").await;
    let (me, nurse) = (&clinic.admin, clinic.person(Role::Nurse).await);
    let mine = post(me, PATIENTS, "key", &named("Durand")).await;
    let theirs = post(&nurse, PATIENTS, "key", &named("Martin")).await;
    assert_eq!((mine.status, theirs.status), (StatusCode::CREATED, StatusCode::CREATED));
    assert_ne!(mine.json["id"], theirs.json["id"]);

    // Another operation, and the same one on another patient, are other requests.
    let (one, other) = (path_of(&mine.json), path_of(&theirs.json));
    for path in [&one, &other] {
        assert_eq!(me.delete(path).await.status, StatusCode::NO_CONTENT);
    }
    let restored = post(me, &format!("{one}/restore"), "key", &json!({})).await;
    assert_eq!(restored.status, StatusCode::OK, "{}", restored.json);
    let repeated = post(me, &format!("{one}/restore"), "key", &json!({})).await;
    assert_eq!((repeated.status, &repeated.text), (StatusCode::OK, &restored.text), "not 404: it was this request");
    assert_eq!(post(me, &format!("{other}/restore"), "key", &json!({})).await.code(), "idempotency_key_reused");

    // An answer may hold what a later, lesser role must not read.
    let central = world.central().await;
    let demoted = "UPDATE medicalpro_central.memberships SET role = 'secretary'
                    WHERE user_id = (SELECT id FROM medicalpro_central.users WHERE email = $1)";
    central.execute(demoted, &[&nurse.email]).await.unwrap();
    let secretary = world.log_in(&nurse.email).await;
    assert_eq!(post(&secretary, PATIENTS, "key", &named("Martin")).await.code(), "idempotency_key_reused");
    assert_eq!(post(&secretary, PATIENTS, "own", &named("Martin")).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_failed_write_leaves_no_key() {
    let world = World::start().await;
    let clinic = world.clinic("failed").await;
    let me = &clinic.admin;
    let taken = clinic.patient("Durand").await["patientNumber"].clone();
    let mut body = named("Martin");
    body["patientNumber"] = taken;
    assert_eq!(post(me, PATIENTS, "key", &body).await.status, StatusCode::CONFLICT);
    assert_eq!(count(&clinic, "idempotency_keys").await, 0);
    let readonly = clinic.person(Role::Readonly).await;
    assert_eq!(post(&readonly, PATIENTS, "key", &named("Martin")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(count(&clinic, "idempotency_keys").await, 0);

    assert_eq!(post(me, PATIENTS, "key", &named("Martin")).await.status, StatusCode::CREATED, "so it can be used");
    let together =
        "idempotency_keys k JOIN patients p ON p.xmin = k.xmin WHERE p.last_name = 'Martin' AND k.status = 201";
    // The key's row was written twice in its transaction: taken, then answered.
    assert_eq!(count(&clinic, together).await, 1, "stored in the transaction of the write");
}

#[tokio::test]
async fn a_key_has_a_form() {
    let world = World::start().await;
    let clinic = world.clinic("key-form").await;
    for bad in ["", " ", &"x".repeat(256)] {
        let refused = post(&clinic.admin, PATIENTS, bad, &named("Durand")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad:?}");
        assert_eq!(pointers(&refused), ["/header/Idempotency-Key"]);
    }
    assert_eq!(post(&clinic.admin, PATIENTS, &"x".repeat(255), &named("Durand")).await.status, StatusCode::CREATED);
}
