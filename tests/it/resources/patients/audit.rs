//! Who may do what, and what is left of it in the audit log: one row a request, in the same transaction.

use medicalpro::ids::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{PATIENTS, path_of};
use crate::support::{Answer, Clinic, Person, World};

/// A row of the audit log.
#[derive(Debug, PartialEq)]
struct Entry {
    role: String,
    action: String,
    resource: String,
    ids: Vec<String>,
    patients: Vec<String>,
    changed: Vec<String>,
    code: Option<String>,
}

/// What a request left, by its id.
async fn trail(clinic: &Clinic<'_>, request: &str) -> Vec<Entry> {
    let request: Uuid = request.parse().unwrap();
    let query = "SELECT actor_role, action, resource, coalesce(ids, '{}')::text[], coalesce(patient_ids, '{}')::text[],
                        coalesce(changed, '{}'), code
                   FROM audit_logs WHERE request_id = $1 ORDER BY at";
    let rows = clinic.database().await.query(query, &[&request]).await.unwrap();
    let entry = |row: &tokio_postgres::Row| Entry {
        role: row.get::<_, String>(0).replace("medicalpro_", ""),
        action: row.get(1),
        resource: row.get(2),
        ids: row.get(3),
        patients: row.get(4),
        changed: row.get(5),
        code: row.get(6),
    };
    rows.iter().map(entry).collect()
}

/// Requests with an id of ours, and what they left.
async fn ask(
    clinic: &Clinic<'_>,
    who: &Person<'_>,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<Value>,
) -> (Answer, Vec<Entry>) {
    let request = Uuid::now_v7().to_string();
    let headers: Vec<(&str, &str)> = headers.iter().copied().chain([("x-request-id", request.as_str())]).collect();
    let answer = who.request(method, path, &headers, body.as_ref()).await;
    assert_eq!(answer.header("x-request-id"), request, "the client's id is kept");
    let trail = trail(clinic, &request).await;
    (answer, trail)
}

fn entry(action: &str, patients: &[&str], changed: &[&str]) -> Vec<Entry> {
    let texts = |items: &[&str]| items.iter().map(|&item| item.to_owned()).collect::<Vec<_>>();
    vec![Entry {
        role: "admin".into(),
        action: action.into(),
        resource: "patients".into(),
        ids: texts(patients),
        patients: texts(patients),
        changed: texts(changed),
        code: None,
    }]
}

#[tokio::test]
async fn each_operation_leaves_its_row_with_names_of_columns_and_no_values() {
    let world = World::start().await;
    let clinic = world.clinic("trail").await;
    let me = &clinic.admin;
    let new = json!({ "firstName": "Zoé", "lastName": "Durand" });
    let (created, left) = ask(&clinic, me, Method::POST, PATIENTS, &[], Some(new)).await;
    let (path, id) = (path_of(&created.json), created.json["id"].as_str().unwrap());
    assert_eq!(left, entry("create", &[id], &[]));
    assert_eq!(ask(&clinic, me, Method::GET, &path, &[], None).await.1, entry("read", &[id], &[]));
    let (unchanged, left) = ask(&clinic, me, Method::GET, &path, &[("if-none-match", "\"1\"")], None).await;
    assert_eq!(
        (unchanged.status, left),
        (StatusCode::NOT_MODIFIED, entry("read", &[id], &[])),
        "it was looked at all the same"
    );

    let change = json!({ "lastName": "Wolkenstein", "address": { "city": "Uppsala" } });
    let (_, left) = ask(&clinic, me, Method::PATCH, &path, &[], Some(change)).await;
    assert_eq!(left, entry("update", &[id], &["city", "last_name", "sort_name"]));
    assert_eq!(ask(&clinic, me, Method::DELETE, &path, &[], None).await.1, entry("delete", &[id], &["deleted_at"]));
    let restore = format!("{path}/restore");
    assert_eq!(ask(&clinic, me, Method::POST, &restore, &[], None).await.1, entry("restore", &[id], &["deleted_at"]));

    let rows = clinic.database().await.query("SELECT a::text FROM audit_logs a", &[]).await.unwrap();
    let whole = rows.iter().map(|row| row.get::<_, String>(0)).collect::<String>();
    assert!(whole.contains("last_name") && !whole.contains("Wolkenstein") && !whole.contains("Uppsala"), "{whole}");
    let user: Uuid = me.get("/api/v1/auth/me").await.json["user"]["id"].as_str().unwrap().parse().unwrap();
    let others = "SELECT count(*) FROM audit_logs WHERE actor_user <> $1 AND resource = 'patients'";
    assert_eq!(clinic.database().await.query_one(others, &[&user]).await.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test]
async fn a_list_leaves_one_row_with_the_ids_that_it_returned_and_no_others() {
    let world = World::start().await;
    let clinic = world.clinic("list-trail").await;
    let me = &clinic.admin;
    let mut all = Vec::new();
    for name in ["Aa", "Bb", "Cc"] {
        all.push(clinic.patient(name).await["id"].as_str().unwrap().to_owned());
    }
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    assert_eq!(ask(&clinic, me, Method::GET, PATIENTS, &[], None).await.1, entry("list", &all, &[]));
    let first = format!("{PATIENTS}?limit=1");
    let (page, left) = ask(&clinic, me, Method::GET, &first, &[], None).await;
    assert_eq!(left, entry("list", &all[..1], &[]), "not the row behind the page");
    let next = format!("{PATIENTS}?limit=2&cursor={}", page.json["nextCursor"].as_str().unwrap());
    assert_eq!(ask(&clinic, me, Method::GET, &next, &[], None).await.1, entry("list", &all[1..], &[]));
    let none = format!("{PATIENTS}?q=nobody");
    assert_eq!(ask(&clinic, me, Method::GET, &none, &[], None).await.1, entry("list", &[], &[]));
}

#[tokio::test]
async fn an_answer_read_back_by_its_key_is_a_read() {
    let world = World::start().await;
    let clinic = world.clinic("replay").await;
    let me = &clinic.admin;
    let new = json!({ "firstName": "Zoé", "lastName": "Durand" });
    let key = [("idempotency-key", "again")];
    let (created, left) = ask(&clinic, me, Method::POST, PATIENTS, &key, Some(new.clone())).await;
    let id = created.json["id"].as_str().unwrap();
    assert_eq!(left, entry("create", &[id], &[]), "control");
    let (again, left) = ask(&clinic, me, Method::POST, PATIENTS, &key, Some(new)).await;
    assert_eq!((again.status, &again.json), (StatusCode::CREATED, &created.json));
    assert_eq!(left, entry("read", &[id], &[]));
}

#[tokio::test]
async fn a_write_and_its_audit_row_are_one_transaction() {
    let world = World::start().await;
    let clinic = world.clinic("one-tx").await;
    let patient = clinic.patient("Durand").await;
    let together = "SELECT count(*) FROM audit_logs a JOIN patients p ON a.xmin = p.xmin WHERE a.action = $1";
    let count =
        async |action: &str| clinic.database().await.query_one(together, &[&action]).await.unwrap().get::<_, i64>(0);
    assert_eq!(count("create").await, 1);
    clinic.admin.patch(&path_of(&patient), &json!({ "notes": "Changed." })).await;
    assert_eq!(count("update").await, 1);
    assert_eq!(count("create").await, 0, "the control: the row has been rewritten since");
}

#[tokio::test]
async fn what_was_not_done_leaves_no_row() {
    let world = World::start().await;
    let clinic = world.clinic("no-trail").await;
    let me = &clinic.admin;
    let patient = clinic.patient("Durand").await;
    let path = path_of(&patient);
    let nowhere = format!("{PATIENTS}/{}", Uuid::now_v7());
    let taken = json!({ "firstName": "A", "lastName": "B", "patientNumber": patient["patientNumber"] });
    for (method, path, headers, body, status) in [
        (Method::GET, &nowhere, vec![], None, StatusCode::NOT_FOUND),
        (Method::PATCH, &nowhere, vec![], Some(json!({ "notes": "x" })), StatusCode::NOT_FOUND),
        (Method::DELETE, &nowhere, vec![], None, StatusCode::NOT_FOUND),
        (Method::PATCH, &path, vec![], Some(json!({ "firstName": "" })), StatusCode::UNPROCESSABLE_ENTITY),
        (Method::POST, &PATIENTS.to_owned(), vec![], Some(json!({})), StatusCode::UNPROCESSABLE_ENTITY),
        (Method::POST, &PATIENTS.to_owned(), vec![], Some(taken), StatusCode::CONFLICT),
        (
            Method::PATCH,
            &path,
            vec![("if-match", "\"9\"")],
            Some(json!({ "notes": "x" })),
            StatusCode::PRECONDITION_FAILED,
        ),
        (Method::DELETE, &path, vec![("if-match", "\"9\"")], None, StatusCode::PRECONDITION_FAILED),
    ] {
        let (answer, left) = ask(&clinic, me, method.clone(), path, &headers, body).await;
        assert_eq!((answer.status, left), (status, vec![]), "{method} {path}");
    }
}

#[tokio::test]
async fn each_role_does_what_the_matrix_says_and_a_refusal_is_on_record() {
    let world = World::start().await;
    let clinic = world.clinic("matrix").await;
    for role in Role::ALL {
        let who = clinic.person(role).await;
        let rights = match role {
            Role::Admin | Role::Manager => "RWD",
            Role::Practitioner | Role::Nurse | Role::Secretary => "RW",
            Role::Readonly => "R",
        };
        let (kept, archived) = (clinic.patient("Kept").await, clinic.patient("Archived").await);
        assert_eq!(clinic.admin.delete(&path_of(&archived)).await.status, StatusCode::NO_CONTENT);
        let (path, restore) = (path_of(&kept), format!("{}/restore", path_of(&archived)));
        let new = json!({ "firstName": "Zoé", "lastName": "Durand" });
        for (right, method, path, body, done, operation) in [
            ('R', Method::GET, PATIENTS, None, StatusCode::OK, ""),
            ('R', Method::GET, &path, None, StatusCode::OK, ""),
            ('W', Method::POST, PATIENTS, Some(new), StatusCode::CREATED, "POST /api/v1/patients"),
            ('W', Method::PATCH, &path, Some(json!({ "notes": "x" })), StatusCode::OK, "PATCH /api/v1/patients/:id"),
            ('D', Method::DELETE, &path, None, StatusCode::NO_CONTENT, "DELETE /api/v1/patients/:id"),
            ('D', Method::POST, &restore, None, StatusCode::OK, "POST /api/v1/patients/:id/restore"),
        ] {
            let (answer, left) = ask(&clinic, &who, method.clone(), path, &[], body).await;
            if rights.contains(right) {
                assert_eq!(answer.status, done, "{role:?} {method} {path}: {}", answer.json);
                assert_eq!((left.len(), left[0].role.as_str()), (1, role.name()), "{role:?} {method} {path}");
                assert_ne!(left[0].action, "denied");
            } else {
                assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "forbidden"), "{role:?} {method}");
                let denied = Entry {
                    role: role.name().into(),
                    action: "denied".into(),
                    resource: operation.into(),
                    ids: vec![],
                    patients: vec![],
                    changed: vec![],
                    code: Some("forbidden".into()),
                };
                assert_eq!(left, [denied], "{role:?} {method} {path}");
            }
        }
        if !rights.contains('W') {
            assert_eq!(clinic.admin.get(&path).await.header("etag"), "\"1\"", "nothing was changed");
        }
    }
}
