//! Products and services: what is offered, and what it has cost.

use medicalpro::ids::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, Clinic, World};

const PRODUCTS: &str = "/api/v1/products";

fn path_of(product: &Value) -> String {
    format!("{PRODUCTS}/{}", product["id"].as_str().unwrap())
}

fn service(name: &str) -> Value {
    json!({ "kind": "service", "name": name, "unitPriceCents": 2500 })
}

/// Pointers and codes of the invalid fields.
fn errors(answer: &Answer) -> Vec<(&str, &str)> {
    let errors = answer.json["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().map(|error| (error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap())).collect()
}

/// The names that a list finds, in order.
async fn found(clinic: &Clinic<'_>, query: &str) -> Vec<String> {
    let list = clinic.admin.get(&format!("{PRODUCTS}?{query}")).await;
    assert_eq!(list.status, StatusCode::OK, "{list:?}");
    list.json["data"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_service_is_entered_found_changed_archived_and_restored() {
    let world = World::start().await;
    let clinic = world.clinic("product-life").await;
    let me = &clinic.admin;
    let category = clinic.category("Care", None).await;
    let body = json!({
        "kind": "service", "code": "CS-01", "name": "First consultation", "description": "For those who are new here.", "unit": "visit",
        "unitPriceCents": 6000, "taxCategory": "exempt_healthcare", "durationMinutes": 45, "preparation": "Bring earlier reports.",
        "materials": ["Cuff", "Lamp"], "availableFrom": "2026-01-01", "availableUntil": "2026-12-31",
        "categoryIds": [category["id"], category["id"]], "active": true,
    });
    let entered = me.post(PRODUCTS, &body).await;
    assert_eq!((entered.status, entered.header("etag")), (StatusCode::CREATED, "\"1\""), "{entered:?}");
    let mut expected = body.clone();
    expected["categoryIds"] = json!([category["id"]]);
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&entered.json[name], value, "{name}");
    }
    assert_eq!((&entered.json["currency"], &entered.json["taxRateBp"]), (&json!("EUR"), &json!(0)));
    let path = path_of(&entered.json);
    assert_eq!((entered.header("location"), &me.get(&path).await.json), (path.as_str(), &entered.json));

    let changed =
        me.patch(&path, &json!({ "code": null, "unitPriceCents": 6500, "materials": [], "categoryIds": [] })).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    assert!(changed.json.get("code").is_none() && changed.json["materials"] == json!([]));
    assert_eq!((&changed.json["unitPriceCents"], &changed.json["categoryIds"]), (&json!(6500), &json!([])));
    assert_eq!(me.get(&path).await.json, changed.json);
    let stale = me.request(Method::DELETE, &path, &[("if-match", "\"1\"")], None).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);

    assert_eq!(me.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(me.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!((found(&clinic, "").await.len(), found(&clinic, "archived=true").await.len()), (0, 1));
    assert_eq!(me.post(&format!("{path}/restore"), &json!({})).await.status, StatusCode::OK);
    assert_eq!(found(&clinic, "").await, ["First consultation"]);
}

#[tokio::test]
async fn the_rate_is_that_of_the_clinics_settings_then_its_countrys() {
    let world = World::start().await;
    let clinic = world.clinic("tax").await;
    let rate = async |category: &str| {
        let mut body = service("Taxed");
        body["taxCategory"] = category.into();
        let answer = clinic.admin.post(PRODUCTS, &body).await;
        (
            answer.status.as_u16(),
            answer.json["taxRateBp"].as_i64(),
            errors(&answer).first().map(|(_, code)| (*code).to_owned()),
        )
    };
    for (category, basis_points) in
        [("standard", 2000), ("intermediate", 1000), ("reduced", 550), ("super_reduced", 210), ("exempt_healthcare", 0)]
    {
        assert_eq!(rate(category).await, (201, Some(basis_points), None), "{category}");
    }
    // France taxes nothing at zero, and nobody has this one.
    assert_eq!(rate("zero").await, (422, None, Some("tax_category_unknown".to_owned())));
    assert_eq!(rate("exempt").await, (422, None, Some("not_allowed".to_owned())));
    let overseas = r#"[{"category": "standard", "basisPoints": 850}]"#;
    let database = clinic.database().await;
    database.batch_execute("SET session_replication_role = replica").await.unwrap();
    database.execute("UPDATE clinic_settings SET tax_rates = $1::text::jsonb", &[&overseas]).await.unwrap();
    assert_eq!(rate("standard").await, (201, Some(850), None), "the clinic's own");
    assert_eq!(rate("reduced").await, (201, Some(550), None), "the country's, where it has none");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_where_it_stands() {
    let world = World::start().await;
    let clinic = world.clinic("product-refused").await;
    let me = &clinic.admin;
    clinic.make(PRODUCTS, &json!({ "kind": "product", "name": "Cream", "code": "C", "unitPriceCents": 0 })).await;
    let twin =
        me.post(PRODUCTS, &json!({ "kind": "product", "name": "Other", "code": "C", "unitPriceCents": 1 })).await;
    assert_eq!((twin.status, twin.code()), (StatusCode::CONFLICT, "product_code_taken"));
    let mut none = service("Filed");
    none["categoryIds"] = json!([uuid::Uuid::now_v7()]);
    let missing = me.post(PRODUCTS, &none).await;
    assert_eq!((missing.status, missing.code()), (StatusCode::CONFLICT, "reference_missing"));
    for (change, expected) in [
        (json!({ "kind": "product", "durationMinutes": 30 }), ("/durationMinutes", "not_a_service")),
        (json!({ "availableFrom": "2026-02-01", "availableUntil": "2026-01-31" }), ("/availableUntil", "order")),
        (json!({ "durationMinutes": 0 }), ("/durationMinutes", "range")),
        (json!({ "unitPriceCents": -1 }), ("/unitPriceCents", "range")),
        (json!({ "unitPriceCents": 100_000_000_001_i64 }), ("/unitPriceCents", "range")),
        (json!({ "unitPriceCents": 1.5 }), ("/unitPriceCents", "type")),
        (json!({ "materials": vec!["x"; 51] }), ("/materials", "too_many")),
        (json!({ "categoryIds": ["x"] }), ("/categoryIds/0", "format")),
    ] {
        let mut body = service("Refused");
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let answer = me.post(PRODUCTS, &body).await;
        assert_eq!((answer.status, errors(&answer)), (StatusCode::UNPROCESSABLE_ENTITY, vec![expected]), "{change}");
    }
    assert_eq!(found(&clinic, "").await, ["Cream"], "and nothing was entered");
}

#[tokio::test]
async fn products_are_found_by_the_beginning_of_name_or_code_and_by_every_filter() {
    let world = World::start().await;
    let clinic = world.clinic("product-search").await;
    let (parent, other) = (clinic.category("Care", None).await, clinic.category("Other", None).await);
    let child = clinic.category("Inner", Some(&parent)).await;
    for body in [
        json!({ "kind": "service", "name": "Échographie", "code": "Z-9", "unitPriceCents": 1, "categoryIds": [child["id"]] }),
        json!({ "kind": "product", "name": "Écharpe", "unitPriceCents": 1, "categoryIds": [other["id"]], "active": false }),
        json!({ "kind": "service", "name": "Bilan", "code": "ÉCH-1", "unitPriceCents": 1, "availableUntil": "2026-06-30" }),
        json!({ "kind": "product", "name": "Zinc 100%", "unitPriceCents": 1, "availableFrom": "2026-07-01" }),
    ] {
        clinic.make(PRODUCTS, &body).await;
    }
    let id = |category: &Value| category["id"].as_str().unwrap().to_owned();
    for (query, expected) in [
        (String::new(), &["Bilan", "Écharpe", "Échographie", "Zinc 100%"][..]),
        ("q=ech".into(), &["Bilan", "Écharpe", "Échographie"]),
        ("q=%C3%89CHO".into(), &["Échographie"]),
        ("q=z".into(), &["Échographie", "Zinc 100%"]),
        ("q=zinc%201".into(), &["Zinc 100%"]),
        ("q=ographie".into(), &[]),
        ("q=%25".into(), &[]),
        ("q=_".into(), &[]),
        ("kind=service".into(), &["Bilan", "Échographie"]),
        ("kind=product&q=ech".into(), &["Écharpe"]),
        ("active=false".into(), &["Écharpe"]),
        ("active=true&kind=product".into(), &["Zinc 100%"]),
        ("on=2026-06-30&active=true".into(), &["Bilan", "Échographie"]),
        ("on=2026-07-01&active=true".into(), &["Échographie", "Zinc 100%"]),
        (format!("categoryId={}", id(&parent)), &["Échographie"]),
        (format!("categoryId={}", id(&child)), &["Échographie"]),
        (format!("categoryId={}&kind=service", id(&other)), &[]),
        (format!("categoryId={}", uuid::Uuid::now_v7()), &[]),
        ("sort=-name&limit=2".into(), &["Zinc 100%", "Échographie"]),
        ("sort=createdAt".into(), &["Échographie", "Écharpe", "Bilan", "Zinc 100%"]),
        ("sort=-createdAt&kind=product".into(), &["Zinc 100%", "Écharpe"]),
    ] {
        assert_eq!(found(&clinic, &query).await, expected, "{query}");
    }
    for sort in ["name", "-name", "createdAt", "-createdAt"] {
        let (mut walked, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = clinic.admin.get(&format!("{PRODUCTS}?sort={sort}&limit=1&q=ech{cursor}")).await;
            walked.push(page.json["data"][0]["name"].as_str().unwrap().to_owned());
            let Some(next) = page.json["nextCursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(walked, found(&clinic, &format!("sort={sort}&q=ech")).await, "{sort}, one by one");
    }
}

#[tokio::test]
async fn each_price_is_kept_with_who_set_it_and_when() {
    let world = World::start().await;
    let clinic = world.clinic("prices").await;
    let manager = clinic.person(Role::Manager).await;
    let product = clinic.product("Cream", 1000, "standard").await;
    let path = path_of(&product);
    for change in [
        json!({ "unitPriceCents": 1100 }),
        // What is no price leaves no entry.
        json!({ "name": "Better cream" }),
        json!({ "unitPriceCents": 1100 }),
        json!({ "taxCategory": "reduced" }),
    ] {
        assert_eq!(manager.patch(&path, &change).await.status, StatusCode::OK, "{change}");
    }
    let prices = clinic.admin.get(&format!("{path}/prices")).await;
    let entries = prices.json["data"].as_array().unwrap();
    let seen: Vec<_> = entries.iter().map(|one| (one["unitPriceCents"].as_i64(), one["taxRateBp"].as_i64())).collect();
    assert_eq!(seen, [(Some(1100), Some(550)), (Some(1100), Some(2000)), (Some(1000), Some(2000))], "{prices:?}");
    assert!(entries[0]["setBy"] == entries[1]["setBy"] && entries[1]["setBy"] != entries[2]["setBy"]);
    assert!(entries.iter().all(|one| one["currency"] == "EUR" && one["setAt"].is_string()));

    let first = clinic.admin.get(&format!("{path}/prices?limit=2")).await;
    let cursor = first.json["nextCursor"].as_str().unwrap();
    let second = clinic.admin.get(&format!("{path}/prices?limit=2&cursor={cursor}")).await;
    assert_eq!(
        [first.json["data"].as_array().unwrap().clone(), second.json["data"].as_array().unwrap().clone()].concat(),
        *entries
    );
    // A cursor of one product's prices is none of another's.
    let other = path_of(&clinic.product("Other", 1, "standard").await);
    let refused = clinic.admin.get(&format!("{other}/prices?cursor={cursor}")).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::BAD_REQUEST, "invalid_cursor"));
}
