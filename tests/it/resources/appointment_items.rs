//! Appointments' items: frozen prices, exact amounts, and a path that each goes on its own.

use futures_util::future::join_all;
use medicalpro::ids::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::sale::step;
use crate::support::{Answer, Clinic, World};

const MORNING: &str = "2026-03-02T09:00:00Z";

fn path_of(item: &Value) -> String {
    format!("/api/v1/appointment-items/{}", item["id"].as_str().unwrap())
}

async fn propose(clinic: &Clinic<'_>, appointment: Uuid, body: &Value) -> Answer {
    clinic.admin.post(&format!("/api/v1/appointments/{appointment}/items"), body).await
}

fn by_hand(cents: i64) -> Value {
    json!({ "description": "Check-up", "unitPriceCents": cents })
}

fn errors(answer: &Answer) -> Vec<(&str, &str)> {
    let errors = answer.json["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().map(|error| (error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn an_item_is_proposed_found_changed_and_taken_back() {
    let world = World::start().await;
    let clinic = world.clinic("item-life").await;
    let (me, appointment) = (&clinic.admin, clinic.consultation(MORNING).await);
    let body = json!({ "description": "Check-up", "unitPriceCents": 999, "quantity": "1.333", "discountBp": 1000, "taxCategory": "reduced" });
    let proposed = propose(&clinic, appointment, &body).await;
    assert!(proposed.status.is_success(), "{proposed:?}");
    assert_eq!((proposed.status, proposed.header("location")), (StatusCode::CREATED, path_of(&proposed.json).as_str()));
    let expected = json!({
        "appointmentId": appointment, "description": "Check-up", "quantity": "1.333", "unitPriceCents": 999, "currency": "EUR",
        "discountBp": 1000, "taxCategory": "reduced", "taxRateBp": 550, "netCents": 1199, "taxCents": 66, "totalCents": 1265,
        "status": "proposed", "position": 0, "version": 1,
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&proposed.json[name], value, "{name}");
    }
    assert_eq!(me.get(&path_of(&proposed.json)).await.json, proposed.json);

    let second = clinic.proposal(appointment, &by_hand(100)).await;
    assert_eq!(second["position"], 1, "it comes last");
    let changed =
        me.patch(&path_of(&proposed.json), &json!({ "quantity": "2", "discountBp": null, "position": 5 })).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    assert_eq!((&changed.json["netCents"], &changed.json["unitPriceCents"]), (&json!(1998), &json!(999)));
    let listed = me.get(&format!("/api/v1/appointments/{appointment}/items")).await;
    assert_eq!(listed.json["data"], json!([second, changed.json]), "by position");
    let first = me.get(&format!("/api/v1/appointments/{appointment}/items?limit=1")).await;
    let cursor = first.json["nextCursor"].as_str().unwrap();
    let rest = me.get(&format!("/api/v1/appointments/{appointment}/items?cursor={cursor}")).await;
    assert_eq!(rest.json["data"], json!([changed.json]));

    assert_eq!(me.delete(&path_of(&second)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(me.get(&path_of(&second)).await.status, StatusCode::NOT_FOUND);
    // Its price is nobody's to change.
    let price = me.patch(&path_of(&proposed.json), &json!({ "unitPriceCents": 1 })).await;
    assert_eq!(errors(&price), [("/unitPriceCents", "unknown_field")]);
    // With the appointment its items are gone.
    let database = clinic.database().await;
    database
        .batch_execute("SET session_replication_role = replica; UPDATE appointments SET deleted_at = now()")
        .await
        .unwrap();
    for answer in [
        me.get(&path_of(&changed.json)).await,
        me.get(&format!("/api/v1/appointments/{appointment}/items")).await,
        propose(&clinic, appointment, &by_hand(1)).await,
        step(me, &changed.json, "accept").await,
        me.patch(&path_of(&changed.json), &json!({ "quantity": "1" })).await,
        me.delete(&path_of(&changed.json)).await,
    ] {
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{answer:?}");
    }
}

#[tokio::test]
async fn an_items_price_stays_what_it_was_when_it_was_added() {
    let world = World::start().await;
    let clinic = world.clinic("frozen").await;
    let appointment = clinic.consultation(MORNING).await;
    let product = clinic.product("Cream", 1000, "standard").await;
    let of_product = json!({ "productId": product["id"], "quantity": "3" });
    let before = clinic.proposal(appointment, &of_product).await;
    let seen = |item: &Value| {
        let amounts =
            ["unitPriceCents", "taxRateBp", "netCents", "totalCents"].map(|name| item[name].as_i64().unwrap());
        (item["description"].as_str().unwrap().to_owned(), amounts)
    };
    assert_eq!(seen(&before), ("Cream".to_owned(), [1000, 2000, 3000, 3600]));
    let change = json!({ "name": "Better cream", "unitPriceCents": 2000, "taxCategory": "reduced" });
    let product = format!("/api/v1/products/{}", product["id"].as_str().unwrap());
    assert_eq!(clinic.admin.patch(&product, &change).await.status, StatusCode::OK);
    assert_eq!(clinic.admin.get(&path_of(&before)).await.json, before);
    // The control: what is added now costs what it costs now.
    let after = clinic.proposal(appointment, &of_product).await;
    assert_eq!(seen(&after), ("Better cream".to_owned(), [2000, 550, 6000, 6330]));
    // And archived, the product is still what the item is of, and nothing new is made of it.
    assert_eq!(clinic.admin.delete(&product).await.status, StatusCode::NO_CONTENT);
    assert_eq!(clinic.admin.get(&path_of(&before)).await.json, before);
    let refused = propose(&clinic, appointment, &of_product).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "reference_missing"));
}

#[tokio::test]
async fn a_product_says_what_it_costs_and_without_one_somebody_must() {
    let world = World::start().await;
    let clinic = world.clinic("item-refused").await;
    let appointment = clinic.consultation(MORNING).await;
    let product = clinic.product("Cream", 1000, "standard").await["id"].clone();
    for (body, expected) in [
        (json!({ "productId": product, "unitPriceCents": 1 }), vec![("/unitPriceCents", "product_decides")]),
        (
            json!({ "productId": product, "unitPriceCents": 1, "taxCategory": "reduced" }),
            vec![("/unitPriceCents", "product_decides"), ("/taxCategory", "product_decides")],
        ),
        (json!({}), vec![("/description", "required"), ("/unitPriceCents", "required")]),
        (json!({ "description": "x" }), vec![("/unitPriceCents", "required")]),
        (
            json!({ "description": "x", "unitPriceCents": 1, "taxCategory": "zero" }),
            vec![("/taxCategory", "tax_category_unknown")],
        ),
        (json!({ "productId": product, "quantity": "0" }), vec![("/quantity", "format")]),
        (json!({ "productId": product, "quantity": "1.0001" }), vec![("/quantity", "format")]),
        (json!({ "productId": product, "quantity": "-1" }), vec![("/quantity", "format")]),
        (json!({ "productId": product, "quantity": 1 }), vec![("/quantity", "type")]),
        (json!({ "productId": product, "discountBp": 10_001 }), vec![("/discountBp", "range")]),
        (
            json!({ "description": "x", "unitPriceCents": 100_000_000_000_i64, "quantity": "11" }),
            vec![("/quantity", "range")],
        ),
    ] {
        let answer = propose(&clinic, appointment, &body).await;
        assert_eq!((answer.status, errors(&answer)), (StatusCode::UNPROCESSABLE_ENTITY, expected), "{body}");
    }
    assert_eq!(propose(&clinic, appointment, &json!({ "productId": product, "quantity": "0.001" })).await.status, 201);
    let nowhere = propose(&clinic, Uuid::now_v7(), &by_hand(1)).await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_proposed_is_offered_on_the_appointments_day_where_the_clinic_is() {
    let world = World::start().await;
    let clinic = world.clinic("offered").await;
    // In Paris it is the first of April already.
    let (march, april) =
        (clinic.consultation("2026-03-31T21:59:00Z").await, clinic.consultation("2026-03-31T22:00:00Z").await);
    let offered = async |appointment: Uuid, change: Value| {
        let mut body = json!({ "kind": "product", "name": "Cream", "unitPriceCents": 1 });
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let product = clinic.make("/api/v1/products", &body).await;
        let answer = propose(&clinic, appointment, &json!({ "productId": product["id"] })).await;
        assert!(answer.status == 201 || answer.code() == "product_not_offered", "{answer:?}");
        answer.status == 201
    };
    assert!(offered(march, json!({ "availableUntil": "2026-03-31" })).await);
    assert!(!offered(april, json!({ "availableUntil": "2026-03-31" })).await);
    assert!(!offered(march, json!({ "availableFrom": "2026-04-01" })).await);
    assert!(offered(april, json!({ "availableFrom": "2026-04-01", "availableUntil": "2026-04-01" })).await);
    assert!(!offered(april, json!({ "active": false })).await);
    assert!(offered(april, json!({})).await);
}

#[tokio::test]
async fn each_item_goes_its_own_path_and_stays_as_it_was_agreed_to() {
    let world = World::start().await;
    let clinic = world.clinic("paths").await;
    let (me, appointment) = (&clinic.admin, clinic.consultation(MORNING).await);
    let steps = async |path: &[&str]| {
        let item = clinic.proposal(appointment, &by_hand(100)).await;
        let mut last = None;
        for name in path {
            last = Some(step(me, &item, name).await);
        }
        last.unwrap()
    };
    for (path, status) in [
        (&["accept"][..], "accepted"),
        (&["refuse"], "refused"),
        (&["accept", "complete"], "completed"),
        (&["accept", "accept"], "accepted"),
    ] {
        let answer = steps(path).await;
        assert_eq!((answer.status, &answer.json["status"]), (StatusCode::OK, &json!(status)), "{path:?}");
        assert!(answer.json[format!("{status}At")].is_string(), "{answer:?}");
    }
    // Said again it is as it was: version and when it was changed, too.
    let item = clinic.proposal(appointment, &by_hand(100)).await;
    let accepted = step(me, &item, "accept").await.json;
    assert_eq!(step(me, &item, "accept").await.json, accepted);
    assert_eq!(me.get(&path_of(&item)).await.json, accepted);
    for path in [
        &["complete"][..],
        &["refuse", "accept"],
        &["accept", "refuse"],
        &["refuse", "complete"],
        &["accept", "complete", "refuse"],
        &["accept", "complete", "accept"],
    ] {
        let answer = steps(path).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::CONFLICT, "illegal_transition"), "{path:?}");
    }
    for answered in ["accept", "refuse"] {
        let item = clinic.proposal(appointment, &by_hand(100)).await;
        step(me, &item, answered).await;
        for change in [json!({ "quantity": "2" }), json!({ "discountBp": 100 }), json!({ "description": "Other" })] {
            let refused = me.patch(&path_of(&item), &change).await;
            assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "immutable"), "{change}");
        }
        let refused = me.delete(&path_of(&item)).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "immutable"));
        assert_eq!(me.patch(&path_of(&item), &json!({ "position": 7 })).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn those_who_treat_complete_and_a_secretary_does_not() {
    let world = World::start().await;
    let clinic = world.clinic("completing").await;
    let appointment = clinic.consultation(MORNING).await;
    let secretary = clinic.person(Role::Secretary).await;
    let item = clinic.proposal(appointment, &by_hand(100)).await;
    assert_eq!(step(&secretary, &item, "accept").await.status, StatusCode::OK);
    let refused = step(&secretary, &item, "complete").await;
    assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "forbidden"));
    let nurse = clinic.person(Role::Nurse).await;
    assert_eq!(step(&nurse, &item, "complete").await.json["status"], "completed");
}

#[tokio::test]
async fn of_answers_at_once_one_counts() {
    let world = World::start().await;
    let clinic = world.clinic("answers").await;
    let appointment = clinic.consultation(MORNING).await;
    for _ in 0..3 {
        let item = clinic.proposal(appointment, &by_hand(100)).await;
        let steps = (0..50).map(|n| step(&clinic.admin, &item, if n % 2 == 0 { "accept" } else { "refuse" }));
        let answers = join_all(steps).await;
        let status = clinic.admin.get(&path_of(&item)).await.json["status"].clone();
        for (n, answer) in answers.iter().enumerate() {
            let wanted = if n % 2 == 0 { "accepted" } else { "refused" };
            if status == wanted {
                assert_eq!((answer.status, &answer.json["status"]), (StatusCode::OK, &status), "{answer:?}");
            } else {
                assert_eq!((answer.status, answer.code()), (StatusCode::CONFLICT, "illegal_transition"), "{answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn the_audit_trail_names_the_patient_of_an_item_and_of_a_quotes_lines() {
    let world = World::start().await;
    let clinic = world.clinic("item-trail").await;
    let appointment = clinic.consultation(MORNING).await;
    let me = &clinic.admin;
    let item = clinic.proposal(appointment, &by_hand(100)).await;
    let other = clinic.proposal(appointment, &by_hand(200)).await;
    assert_eq!(me.patch(&path_of(&item), &json!({ "quantity": "2" })).await.status, StatusCode::OK);
    assert_eq!(step(me, &item, "accept").await.status, StatusCode::OK);
    assert_eq!(me.delete(&path_of(&other)).await.status, StatusCode::NO_CONTENT);
    let quote = me.post(&format!("/api/v1/appointments/{appointment}/quote"), &json!({})).await;
    assert_eq!(quote.status, StatusCode::CREATED, "{quote:?}");
    let patient: Uuid = item["patientId"].as_str().unwrap().parse().unwrap();
    let trail = "SELECT resource || ' ' || action, patient_ids FROM audit_logs
                  WHERE resource IN ('appointment_items', 'documents', 'document_items') ORDER BY id";
    let rows = clinic.database().await.query(trail, &[]).await.unwrap();
    let what: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let of_items =
        ["create", "create", "update", "update", "delete"].map(|action| format!("appointment_items {action}"));
    assert_eq!(what, [&of_items[..], &["documents create".to_owned(), "document_items create".to_owned()]].concat());
    for row in &rows {
        assert_eq!(row.get::<_, Option<Vec<Uuid>>>(1), Some(vec![patient]), "{}", row.get::<_, String>(0));
    }
}

#[tokio::test]
async fn nothing_is_proposed_where_nothing_will_take_place() {
    let world = World::start().await;
    let clinic = world.clinic("item-over").await;
    let database = clinic.database().await;
    database.batch_execute("SET session_replication_role = replica").await.unwrap();
    for (status, may) in [
        ("scheduled", true),
        ("confirmed", true),
        ("checked_in", true),
        ("completed", true),
        ("cancelled", false),
        ("no_show", false),
    ] {
        let appointment = clinic.consultation(MORNING).await;
        let put = "UPDATE appointments SET status = $2, cancelled_for = 'other' WHERE id = $1";
        database.execute(put, &[&appointment, &status]).await.unwrap();
        let answer = propose(&clinic, appointment, &by_hand(100)).await;
        let expected = if may { (201, "") } else { (409, "illegal_transition") };
        let code = if may { "" } else { answer.code() };
        assert_eq!((answer.status.as_u16(), code), expected, "{status}: {answer:?}");
    }
}
