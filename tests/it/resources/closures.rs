//! Closures: days on which a clinic or a facility is closed, or open on a public holiday.

use reqwest::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

use crate::support::{Answer, World};

const CLOSURES: &str = "/api/v1/closures";

/// The first days of a page, in order.
fn days(page: &Answer) -> Vec<&str> {
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    page.json["data"].as_array().unwrap().iter().map(|row| row["startsOn"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_closure_is_entered_found_changed_and_deleted() {
    let world = World::start().await;
    let clinic = world.clinic("closure").await;
    let me = &clinic.admin;
    let facility = clinic.facility("Here").await;
    let one_day = me.post(CLOSURES, &json!({ "startsOn": "2031-05-02" })).await;
    assert_eq!((one_day.status, one_day.header("etag")), (StatusCode::CREATED, "\"1\""), "{one_day:?}");
    assert_eq!((&one_day.json["endsOn"], &one_day.json["kind"]), (&json!("2031-05-02"), &json!("closed")));
    assert!(one_day.json.get("facilityId").is_none() && one_day.json.get("reason").is_none());

    let full = json!({ "facilityId": facility, "kind": "open", "startsOn": "2031-05-08", "endsOn": "2031-05-09", "reason": "Staff." });
    let created = me.post(CLOSURES, &full).await;
    assert_eq!(created.status, StatusCode::CREATED, "{created:?}");
    for (name, value) in full.as_object().unwrap() {
        assert_eq!(&created.json[name], value, "{name}");
    }
    let path = created.header("location").to_owned();
    assert_eq!(me.get(&path).await.json, created.json);
    assert_eq!(me.request(Method::GET, &path, &[("if-none-match", "\"1\"")], None).await.status, 304);

    let stale = me.request(Method::PATCH, &path, &[("if-match", "\"2\"")], Some(&json!({ "kind": "closed" }))).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    let changed = me.patch(&path, &json!({ "facilityId": null, "endsOn": "2031-05-10", "reason": null })).await;
    assert_eq!((changed.status, &changed.json["endsOn"]), (StatusCode::OK, &json!("2031-05-10")), "{changed:?}");
    assert_eq!((&changed.json["kind"], changed.json.get("facilityId")), (&json!("open"), None));

    assert_eq!(me.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(me.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(me.delete(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(days(&me.get(CLOSURES).await), ["2031-05-02"]);
}

#[tokio::test]
async fn a_closure_has_its_days_in_order_and_a_facility_that_is_there() {
    let world = World::start().await;
    let clinic = world.clinic("order").await;
    let me = &clinic.admin;
    let backwards = me.post(CLOSURES, &json!({ "startsOn": "2031-05-02", "endsOn": "2031-05-01" })).await;
    assert_eq!(backwards.status, StatusCode::UNPROCESSABLE_ENTITY, "{backwards:?}");
    assert_eq!(backwards.json["errors"][0]["pointer"], "/endsOn");
    let closure = me.post(CLOSURES, &json!({ "startsOn": "2031-05-02" })).await;
    let path = closure.header("location");
    assert_eq!(me.patch(path, &json!({ "startsOn": "2031-05-03" })).await.json["errors"][0]["code"], "order");
    assert_eq!(me.patch(path, &json!({ "startsOn": "2031-05-01" })).await.status, StatusCode::OK);

    let archived = clinic.facility("Archived").await;
    assert_eq!(me.delete(&format!("/api/v1/facilities/{archived}")).await.status, StatusCode::NO_CONTENT);
    for gone in [archived, Uuid::now_v7()] {
        for answer in [
            me.post(CLOSURES, &json!({ "startsOn": "2031-05-02", "facilityId": gone })).await,
            me.patch(path, &json!({ "facilityId": gone })).await,
        ] {
            assert_eq!((answer.status, answer.code()), (StatusCode::CONFLICT, "reference_missing"), "{answer:?}");
        }
    }
    let facility = clinic.facility("Here").await;
    assert_eq!(me.patch(path, &json!({ "facilityId": facility })).await.status, StatusCode::OK);
}

#[tokio::test]
async fn closures_are_listed_by_days_and_place() {
    let world = World::start().await;
    let clinic = world.clinic("list").await;
    let me = &clinic.admin;
    let facility = clinic.facility("Here").await;
    for (starts, ends, facility) in [
        ("2031-05-02", "2031-05-02", None),
        ("2031-05-01", "2031-05-10", None),
        ("2031-05-08", "2031-05-08", Some(facility)),
        ("2031-05-08", "2031-05-20", None),
    ] {
        let mut body = json!({ "startsOn": starts, "endsOn": ends });
        if let Some(facility) = facility {
            body["facilityId"] = json!(facility);
        }
        assert_eq!(me.post(CLOSURES, &body).await.status, StatusCode::CREATED);
    }
    for (query, expected) in [
        ("", &["2031-05-01", "2031-05-02", "2031-05-08", "2031-05-08"] as &[_]),
        ("?sort=-startsOn", &["2031-05-08", "2031-05-08", "2031-05-02", "2031-05-01"]),
        ("?from=2031-05-02&to=2031-05-02", &["2031-05-01", "2031-05-02"]),
        ("?from=2031-05-11", &["2031-05-08"]),
        ("?to=2031-05-01", &["2031-05-01"]),
        ("?from=2031-05-21", &[]),
    ] {
        assert_eq!(days(&me.get(&format!("{CLOSURES}{query}")).await), expected, "{query}");
    }
    assert_eq!(days(&me.get(&format!("{CLOSURES}?facilityId={facility}")).await), ["2031-05-08"]);
    // Page by page, each once, also where days are equal.
    for (sort, expected) in [("startsOn", "2031-05-01"), ("-startsOn", "2031-05-08")] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        for _ in 0..4 {
            let page = me.get(&format!("{CLOSURES}?sort={sort}&limit=1{cursor}")).await;
            seen.push((days(&page)[0].to_owned(), page.json["data"][0]["id"].to_string()));
            cursor = page.json["nextCursor"].as_str().map(|next| format!("&cursor={next}")).unwrap_or_default();
        }
        assert_eq!((seen[0].0.as_str(), cursor.as_str()), (expected, ""), "{sort}");
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 4, "{sort}");
    }
}
