//! A walk over the spec that is served: every operation, attacked in every way that needs no knowledge of what it does.
//!
//! Each test has its positive control: the same request, valid, works.

use std::collections::BTreeSet;

use medicalpro::ids::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::operations::{Operation, PUBLIC, Right, Walk, entries, generated, nowhere, operations, resolve};
use super::tokens::{Forge, claims, refused};
use super::wire::Body;
use crate::support::{Answer, Person, World};

const JSON: (&str, &str) = ("content-type", "application/json");

#[test]
fn every_operation_of_the_spec_is_attacked_and_no_other() {
    let spec = operations(&generated());
    let in_spec: BTreeSet<&str> = spec.iter().map(|operation| operation.id.as_str()).collect();
    let attacked: BTreeSet<&str> = entries().map(|entry| entry.id).collect();
    assert_eq!(in_spec.len(), spec.len(), "an operationId stands twice");
    assert_eq!(attacked.len(), entries().count(), "an entry stands twice");
    assert_eq!(in_spec, attacked, "each operation has an entry in tests/it/attack/operations.rs");
    for operation in &spec {
        let entry = operation.entry();
        let has_body = !matches!(entry.body, super::operations::Valid::None);
        assert_eq!(operation.body.is_some() || operation.takes_file, has_body, "{}: its entry's body", operation.id);
        let names: BTreeSet<&str> = entry.ids.iter().map(|(name, _)| *name).collect();
        let in_body = operation.ids_in_body();
        let in_spec: BTreeSet<&str> =
            operation.ids.iter().map(|(_, name)| name).chain(&in_body).map(String::as_str).collect();
        assert_eq!(names, in_spec, "{}: its entry says what each id stands for", operation.id);
    }
}

#[test]
fn the_public_operations_are_those_of_a_list_that_only_shrinks() {
    let public: Vec<String> =
        operations(&generated()).into_iter().filter(|operation| operation.public).map(|o| o.id).collect();
    let mut known = public.clone();
    known.retain(|id| PUBLIC.contains(&id.as_str()));
    assert_eq!(public, known, "an operation became public: is that meant? See PUBLIC");
    assert_eq!(PUBLIC.len(), public.len(), "PUBLIC names an operation that is not public any more: take it out");
}

#[tokio::test]
async fn a_valid_request_of_each_operation_succeeds() {
    let world = World::start().await;
    let (walk, clinic) = (Walk::new(&world).await, world.clinic("walk-valid").await);
    for operation in &walk.operations {
        let person = walk.somebody(operation, &clinic).await;
        let answer = walk.valid(operation, &clinic, &person).await;
        assert!(answer.status.is_success(), "{}: {answer:?}", operation.id);
    }
}

/// What a request read of a clinic is on record, in the transaction that read it.
#[tokio::test]
async fn each_read_of_a_clinics_data_leaves_one_audit_row_of_what_was_answered() {
    let world = World::start().await;
    let (walk, clinic) = (Walk::new(&world).await, world.clinic("audited").await);
    let database = clinic.database().await;
    let of_request = "SELECT action, ids FROM audit_logs WHERE request_id = $1";
    let mut read = 0;
    // Accounts, staff and what became of them lie in central, and no statement of those operations reaches a clinic's database.
    let of_central = |one: &Operation| {
        ["Auth", "Platform", "Staff"].contains(&&*one.tag)
            || ["audit_logs_identity", "clinic_security_find", "clinic_subscription"].contains(&&*one.id)
    };
    for operation in walk.operations.iter().filter(|one| one.method == Method::GET && !one.public && !of_central(one)) {
        let ids = walk.ids(operation, &clinic, &clinic.admin).await;
        for (headers, status) in [(vec![], 200), (vec![("if-none-match", "*")], 304)] {
            if !operation.statuses.contains(&status.to_string()) {
                continue;
            }
            let request = Uuid::now_v7();
            let name = request.to_string();
            let headers: Vec<(&str, &str)> = [("x-request-id", &*name)].into_iter().chain(headers).collect();
            let answer = walk.request(operation, &ids, Some(&clinic.admin.token), &headers, None).await;
            assert_eq!(answer.status, status, "{}: {answer:?}", operation.id);
            let rows = database.query(of_request, &[&request]).await.unwrap();
            assert_eq!(rows.len(), 1, "{}, answered {status}: rows in the audit log", operation.id);
            let (action, seen): (String, Vec<Uuid>) = (rows[0].get(0), rows[0].get(1));
            assert_ne!(action, "denied", "{}", operation.id);
            let listed = answer.json["data"].as_array().cloned().unwrap_or_else(|| vec![answer.json.clone()]);
            let mut answered: Vec<Uuid> = listed.iter().filter_map(|one| one["id"].as_str()?.parse().ok()).collect();
            if answer.header("content-type").starts_with("text/csv") {
                let cells = answer.text.lines().filter_map(|line| line.split(',').next()?.parse::<Uuid>().ok());
                answered.extend(cells);
                assert_eq!(action, "export", "{}", operation.id);
            }
            assert!(status == 304 || seen == answered, "{}: {seen:?}, answered {answered:?}", operation.id);
            read += 1;
        }
    }
    assert!(read >= 3, "control: a list, a patient, and one that has not changed");
}

#[tokio::test]
async fn without_a_good_token_a_protected_operation_answers_401_and_does_nothing() {
    let world = World::start().await;
    let (walk, ours, theirs) =
        (Walk::new(&world).await, world.clinic("walk-ours").await, world.clinic("walk-theirs").await);
    let forge = Forge::new(&world).await;
    for operation in walk.operations.iter().filter(|operation| !operation.public) {
        // Each its own log-in, since logging out is an operation too.
        let person = walk.somebody(operation, &ours).await;
        let (ids, body) = (walk.ids(operation, &ours, &person).await, walk.body(operation, &ours, &person).await);
        let before = versions(&ours).await;
        for (what, header) in refused(&forge, &person, &theirs) {
            let headers: Vec<_> = header.as_deref().map(|value| ("authorization", value)).into_iter().collect();
            let answer = walk.request(operation, &ids, None, &headers, body.as_ref()).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}: {what}: {answer:?}", operation.id);
            assert_eq!(answer.header("www-authenticate"), "Bearer", "{}: {what}", operation.id);
        }
        // In the query a token is logged by whoever stands between: it is not looked at.
        let query = format!("{}?access_token={}", operation.path.replace("{id}", &nowhere()), person.token);
        let answer = world.request(operation.method.clone(), &query, None, &[], body.as_ref()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}: token in the query", operation.id);
        assert_eq!(versions(&ours).await, before, "{} did something", operation.id);

        // The same by a token that was signed here with the same claims, which shows that the others were well made.
        let good = forge.sign(&claims(&person.token), |_| {});
        let answer = walk.request(operation, &ids, Some(&good), &[], body.as_ref()).await;
        assert!(answer.status.is_success(), "{}: {answer:?}", operation.id);
    }
}

/// The patients of a clinic with their versions, and how many keys are taken.
async fn versions(clinic: &crate::support::Clinic<'_>) -> (Option<String>, i64) {
    let row = clinic
        .database()
        .await
        .query_one(
            "SELECT (SELECT string_agg(id::text || version, ',' ORDER BY id) FROM patients), (SELECT count(*) FROM idempotency_keys)",
            &[],
        )
        .await
        .unwrap();
    (row.get(0), row.get(1))
}

#[tokio::test]
async fn another_clinics_id_is_answered_like_one_that_exists_nowhere() {
    let world = World::start().await;
    let (walk, ours, theirs) =
        (Walk::new(&world).await, world.clinic("walk-ours").await, world.clinic("walk-theirs").await);
    // Whoever runs the platform sees every clinic.
    let of_clinics = walk.operations.iter().filter(|one| !matches!(one.entry().right, Right::Operator));
    for operation in of_clinics {
        // The token of a link is the right to what it opens, whoever shows it, and names its clinic itself.
        for (name, _) in operation.entry().ids.iter().filter(|(name, _)| *name != "token") {
            let person = walk.somebody(operation, &ours).await;
            let in_body = operation.ids_in_body().iter().any(|id| id == name);
            let send = async |ids: &Map<String, Value>| {
                let mut body = walk.body(operation, &ours, &person).await;
                if let Some(body) = body.as_mut().filter(|_| in_body) {
                    body[*name] = ids[*name].clone();
                }
                walk.request(operation, ids, Some(&person.token), &[], body.as_ref()).await
            };
            let foreign = walk.ids(operation, &theirs, &theirs.admin).await;
            let before = versions(&theirs).await;
            let mut ids = walk.ids(operation, &ours, &person).await;
            let own = ids[*name].clone();
            ids.insert((*name).to_owned(), foreign[*name].clone());
            let theirs_answer = send(&ids).await;
            ids.insert((*name).to_owned(), nowhere().into());
            let nowhere_answer = send(&ids).await;
            // As a filter it finds nothing.
            let filters = operation.ids.iter().any(|(place, id)| place == "query" && id == name);
            let found = &theirs_answer.json;
            let nothing =
                filters && theirs_answer.status == 200 && (found["data"] == json!([]) || found["total"]["total"] == 0);
            assert!(theirs_answer.status.is_client_error() || nothing, "{}: {theirs_answer:?}", operation.id);
            assert_eq!(bare(&theirs_answer), bare(&nowhere_answer), "{}: {name}", operation.id);
            assert_eq!(versions(&theirs).await, before, "{} did something to another clinic", operation.id);

            ids.insert((*name).to_owned(), own);
            let answer = send(&ids).await;
            assert!(answer.status.is_success(), "{}: {name}: {answer:?}", operation.id);
        }
    }
}

/// An answer without what differs each time: the request's id, and the time.
fn bare(answer: &Answer) -> (StatusCode, Vec<(String, Vec<u8>)>, String) {
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["x-request-id", "date"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
        .collect();
    headers.sort();
    (answer.status, headers, answer.text.replace(answer.header("x-request-id"), "-"))
}

#[tokio::test]
async fn each_role_may_what_the_matrix_says_and_nothing_else() {
    let world = World::start().await;
    let (walk, clinic) = (Walk::new(&world).await, world.clinic("walk-roles").await);
    for role in Role::ALL {
        for operation in walk.operations.iter().filter(|operation| !operation.public) {
            // Each somebody of their own: some operations end a session, some an account.
            let person = clinic.person(role).await;
            let (ids, body) =
                (walk.ids(operation, &clinic, &person).await, walk.body(operation, &clinic, &person).await);
            let made = versions(&clinic).await;
            let answer = walk.request(operation, &ids, Some(&person.token), &[], body.as_ref()).await;
            let name = role.name();
            if operation.entry().right.includes(role) {
                assert!(answer.status.is_success(), "{name} may {}: {answer:?}", operation.id);
            } else {
                assert_eq!(
                    (answer.status, answer.code()),
                    (StatusCode::FORBIDDEN, "forbidden"),
                    "{name}: {}",
                    operation.id
                );
                assert_eq!(versions(&clinic).await, made, "{name}: {} did something", operation.id);
            }
        }
    }
    // An operation that every role may call would not show that a right is asked for at all.
    let asked = entries().filter(|entry| matches!(entry.right, Right::Of(..)));
    let refused = asked.filter(|entry| Role::ALL.iter().any(|role| !entry.right.includes(*role)));
    assert!(refused.count() >= 4);
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_however_it_is_sent() {
    let world = World::start().await;
    let (walk, clinic) = (Walk::new(&world).await, world.clinic("walk-large").await);
    for operation in &walk.operations {
        let person = walk.somebody(operation, &clinic).await;
        let ids = walk.ids(operation, &clinic, &person).await;
        let valid = walk.body(operation, &clinic, &person).await.map(|body| match body {
            Value::String(file) if operation.takes_file => file.into_bytes(),
            body => body.to_string().into_bytes(),
        });
        let before = versions(&clinic).await;
        let padded = |length: usize| {
            let mut bytes = valid.clone().unwrap_or_default();
            bytes.resize(length, b'\n');
            bytes
        };
        let media = if operation.takes_file { ("content-type", "text/csv") } else { JSON };
        let limit = if operation.takes_file { 5 * 1024 * 1024 } else { 1024 * 1024 };
        let beyond = padded(limit + 1);
        let large =
            [Body::Sized(&beyond), Body::Chunked(&beyond), Body::Spaces(50_000_000), Body::ChunkedSpaces(50_000_000)];
        if operation.body.is_some() || operation.takes_file {
            for body in large {
                let answer = walk.raw(operation, &ids, &person.token, &[media], body).await;
                assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{}: {answer:?}", operation.id);
            }
            assert_eq!(versions(&clinic).await, before, "{} did something", operation.id);
            let answer = walk.raw(operation, &ids, &person.token, &[media], Body::Sized(&padded(limit))).await;
            assert!(answer.status.is_success(), "{}: {answer:?}", operation.id);
        } else {
            // A body that no operation reads changes nothing: each answers as without it.
            for body in [Body::Spaces(50_000_000), Body::ChunkedSpaces(50_000_000)] {
                let person = walk.somebody(operation, &clinic).await;
                let ids = walk.ids(operation, &clinic, &person).await;
                let answer = walk.raw(operation, &ids, &person.token, &[], body).await;
                assert!(answer.status.is_success(), "{}: {answer:?}", operation.id);
            }
        }
    }
}

#[tokio::test]
async fn an_unknown_field_is_422_and_so_is_a_clinic_or_an_id() {
    let world = World::start().await;
    let (walk, clinic) = (Walk::new(&world).await, world.clinic("walk-fields").await);
    for_each_body(&walk, &clinic, async |operation, person, ids, valid| {
        let schema = operation.body.as_ref().unwrap();
        let mut places = vec![(String::new(), schema.clone())];
        for (name, property) in schema["properties"].as_object().unwrap() {
            let property = resolve(&walk.spec, property);
            if property["type"] == "object" {
                places.push((format!("/{name}"), property));
            }
        }
        for (place, schema) in places {
            assert_eq!(schema["additionalProperties"], false, "{}{place}", operation.id);
            for field in ["companyId", "company_id", "id", "version", "deletedAt", "surprise", "__proto__", "a/b~c"] {
                if schema["properties"].get(field).is_some() {
                    continue;
                }
                let mut body = valid.clone();
                body.pointer_mut(&place).unwrap()[field] = json!(nowhere());
                let answer = walk.request(operation, ids, Some(&person.token), &[], Some(&body)).await;
                assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}: {answer:?}", operation.id);
                let pointer = format!("{place}/{}", field.replace('~', "~0").replace('/', "~1"));
                let errors = json!([{ "pointer": pointer, "code": "unknown_field", "detail": answer.json["errors"][0]["detail"] }]);
                assert_eq!(answer.json["errors"], errors, "{}", operation.id);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn another_media_type_is_415() {
    let world = World::start().await;
    let (walk, clinic) = (Walk::new(&world).await, world.clinic("walk-media").await);
    for_each_body(&walk, &clinic, async |operation, person, ids, valid| {
        let bytes = valid.to_string();
        for media in [
            "text/plain",
            "text/json",
            "application/xml",
            "application/jsonp",
            "application/json5",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=application/json",
            "text/plain; application/json",
            "*/*",
            "json",
            "",
        ] {
            let header = [("content-type", media)];
            let answer = walk.raw(operation, ids, &person.token, &header, Body::Sized(bytes.as_bytes())).await;
            assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{}: {media}: {answer:?}", operation.id);
        }
        let answer = walk.raw(operation, ids, &person.token, &[], Body::Sized(bytes.as_bytes())).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{}: none: {answer:?}", operation.id);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_json_is_400() {
    let world = World::start().await;
    let (walk, clinic) = (Walk::new(&world).await, world.clinic("walk-json").await);
    for_each_body(&walk, &clinic, async |operation, person, ids, valid| {
        let text = valid.to_string();
        let bodies = [
            String::new(),
            " ".to_owned(),
            text[..text.len() - 1].to_owned(),
            format!("{text}{text}"),
            format!("{text},"),
            text.replace('"', "'"),
            text.replacen('}', ",}", 1),
            format!("/* */{text}"),
            format!("\u{feff}{text}"),
            "{\"a\": NaN}".to_owned(),
            "undefined".to_owned(),
            "<x/>".to_owned(),
        ];
        for body in bodies {
            let answer = walk.raw(operation, ids, &person.token, &[JSON], Body::Sized(body.as_bytes())).await;
            assert_eq!(
                (answer.status, answer.code()),
                (StatusCode::BAD_REQUEST, "malformed_json"),
                "{}: {body:?}",
                operation.id
            );
        }
        for body in [json!([valid]), json!("text"), json!(1), json!(true), json!(null), json!([])] {
            let answer = walk.request(operation, ids, Some(&person.token), &[], Some(&body)).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}: {body}: {answer:?}", operation.id);
        }
    })
    .await;
}

/// Attacks each operation that takes a body; shows that nothing was done, and then that the valid body works.
async fn for_each_body<'w>(
    walk: &Walk<'w>,
    clinic: &crate::support::Clinic<'w>,
    attack: impl AsyncFn(&Operation, &Person<'w>, &Map<String, Value>, &Value),
) {
    for operation in walk.operations.iter().filter(|operation| operation.body.is_some()) {
        let person = walk.somebody(operation, clinic).await;
        let ids = walk.ids(operation, clinic, &person).await;
        let valid = walk.body(operation, clinic, &person).await.unwrap();
        let before = versions(clinic).await;
        attack(operation, &person, &ids, &valid).await;
        assert_eq!(versions(clinic).await, before, "{} did something", operation.id);
        let answer = walk.request(operation, &ids, Some(&person.token), &[], Some(&valid)).await;
        assert!(answer.status.is_success(), "{}: {answer:?}", operation.id);
    }
}
