//! Categories: a tree that stays one.

use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Answer, Clinic, World};

const CATEGORIES: &str = "/api/v1/categories";

fn path_of(category: &Value) -> String {
    format!("{CATEGORIES}/{}", category["id"].as_str().unwrap())
}

async fn move_below(clinic: &Clinic<'_>, category: &Value, parent: &Value) -> Answer {
    clinic.admin.patch(&path_of(category), &json!({ "parentId": parent["id"] })).await
}

fn refusal(answer: &Answer) -> (u16, &str, &str) {
    let error = &answer.json["errors"][0];
    let code = error["code"].as_str().unwrap_or_else(|| answer.code());
    let pointer = error["pointer"].as_str().unwrap_or_default();
    (answer.status.as_u16(), code, pointer)
}

/// The names of a list, in order.
async fn names(clinic: &Clinic<'_>, query: &str) -> Vec<String> {
    let list = clinic.admin.get(&format!("{CATEGORIES}?{query}")).await;
    assert_eq!(list.status, StatusCode::OK, "{list:?}");
    list.json["data"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_category_is_made_found_changed_archived_and_restored() {
    let world = World::start().await;
    let clinic = world.clinic("category-life").await;
    let me = &clinic.admin;
    let body =
        json!({ "name": "Prevention", "description": "Before it is too late.", "color": "#2e7d32", "position": 2 });
    let made = me.post(CATEGORIES, &body).await;
    assert_eq!((made.status, made.header("etag")), (StatusCode::CREATED, "\"1\""), "{made:?}");
    let path = made.header("location").to_owned();
    assert_eq!(path, path_of(&made.json));
    assert_eq!(me.get(&path).await.json, made.json);

    let changed = me.patch(&path, &json!({ "name": "Vaccinations", "color": null })).await;
    assert_eq!((&changed.json["name"], &changed.json["version"]), (&json!("Vaccinations"), &json!(2)), "{changed:?}");
    assert!(changed.json.get("color").is_none() && changed.json["description"] == body["description"]);
    let stale =
        me.request(reqwest::Method::PATCH, &path, &[("if-match", "\"1\"")], Some(&json!({ "position": 1 }))).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);

    assert_eq!(me.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(me.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        (names(&clinic, "").await.len(), names(&clinic, "archived=true").await),
        (0, vec!["Vaccinations".to_owned()])
    );
    let restored = me.post(&format!("{path}/restore"), &json!({})).await;
    assert_eq!(restored.status, StatusCode::OK, "{restored:?}");
    assert_eq!(me.get(&path).await.json, restored.json);
}

#[tokio::test]
async fn a_name_is_one_categorys_among_those_beside_it() {
    let world = World::start().await;
    let clinic = world.clinic("category-name").await;
    let (first, other) = (clinic.category("First", None).await, clinic.category("Other", None).await);
    let twin = clinic.admin.post(CATEGORIES, &json!({ "name": "First" })).await;
    assert_eq!((twin.status, twin.code()), (StatusCode::CONFLICT, "category_name_taken"));
    // Elsewhere it is free, and where it was archived.
    clinic.category("First", Some(&other)).await;
    assert_eq!(clinic.admin.delete(&path_of(&first)).await.status, StatusCode::NO_CONTENT);
    clinic.category("First", None).await;
    let back = clinic.admin.post(&format!("{}/restore", path_of(&first)), &json!({})).await;
    assert_eq!((back.status, back.code()), (StatusCode::CONFLICT, "category_name_taken"));
}

#[tokio::test]
async fn the_list_comes_in_every_order_page_by_page() {
    let world = World::start().await;
    let clinic = world.clinic("category-list").await;
    for (name, position) in [("b", 1), ("a", 2), ("d", 0), ("c", 1)] {
        clinic.make(CATEGORIES, &json!({ "name": name, "position": position })).await;
    }
    for (sort, expected) in [("position", "dbca"), ("-position", "acbd"), ("name", "abcd"), ("-name", "dcba")] {
        assert_eq!(names(&clinic, &format!("sort={sort}")).await.concat(), expected, "{sort}");
        let (mut walked, mut cursor) = (String::new(), String::new());
        loop {
            let page = clinic.admin.get(&format!("{CATEGORIES}?sort={sort}&limit=1{cursor}")).await;
            walked.push_str(page.json["data"][0]["name"].as_str().unwrap());
            let Some(next) = page.json["nextCursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(walked, expected, "{sort}, one by one");
    }
    assert_eq!(names(&clinic, "").await.concat(), "dbca", "by position unless said otherwise");
}

#[tokio::test]
async fn a_tree_has_no_ring_and_eight_levels() {
    let world = World::start().await;
    let clinic = world.clinic("tree").await;
    let mut chain: Vec<Value> = Vec::new();
    for level in 1..=8 {
        chain.push(clinic.category(&format!("Level {level}"), chain.last()).await);
    }
    let ninth = clinic.admin.post(CATEGORIES, &json!({ "name": "Level 9", "parentId": chain[7]["id"] })).await;
    assert_eq!(refusal(&ninth), (422, "category_too_deep", "/parentId"));
    for below in [0, 1, 7] {
        let ring = move_below(&clinic, &chain[0], &chain[below]).await;
        assert_eq!(refusal(&ring), (422, "category_ring", "/parentId"), "{below}");
    }
    // What moves takes along what lies below it.
    let top = clinic.category("Top", None).await;
    assert_eq!(refusal(&move_below(&clinic, &chain[0], &top).await), (422, "category_too_deep", "/parentId"));
    let moved = move_below(&clinic, &chain[1], &top).await;
    assert_eq!((moved.status, &moved.json["parentId"]), (StatusCode::OK, &top["id"]), "{moved:?}");
    assert_eq!(
        move_below(&clinic, &chain[0], &chain[6]).await.status,
        StatusCode::OK,
        "no ring any more, and eight levels"
    );
    let to_the_top = clinic.admin.patch(&path_of(&chain[3]), &json!({ "parentId": null })).await;
    assert!(to_the_top.status == 200 && to_the_top.json.get("parentId").is_none(), "{to_the_top:?}");
    // What is archived is like what is not there.
    let gone = clinic.category("Gone", None).await;
    clinic.admin.delete(&path_of(&gone)).await;
    for nothing in [gone["id"].clone(), json!(uuid::Uuid::now_v7())] {
        let refused = clinic.admin.post(CATEGORIES, &json!({ "name": "Orphan", "parentId": nothing })).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "reference_missing"));
    }
}

#[tokio::test]
async fn moves_at_once_make_no_ring_together() {
    let world = World::start().await;
    let clinic = world.clinic("ring").await;
    let mut six = Vec::new();
    for name in ["a", "b", "c", "d", "e", "f"] {
        six.push(clinic.category(name, None).await);
    }
    for round in 0..8 {
        // Two, and then all of them, each below the next.
        let ring = if round % 2 == 0 { &six[..2] } else { &six[..] };
        let moves = (0..ring.len()).map(|n| move_below(&clinic, &ring[n], &ring[(n + 1) % ring.len()]));
        let answers = join_all(moves).await;
        let refused: Vec<_> = answers.iter().filter(|answer| answer.status != 200).map(refusal).collect();
        assert_eq!(refused, [(422, "category_ring", "/parentId")], "the last one closes the ring");
        for category in &six {
            let answer = clinic.admin.patch(&path_of(category), &json!({ "parentId": null })).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        }
    }
}

#[tokio::test]
async fn what_holds_something_is_not_archived() {
    let world = World::start().await;
    let clinic = world.clinic("category-held").await;
    let me = &clinic.admin;
    let parent = clinic.category("Parent", None).await;
    let child = clinic.category("Child", Some(&parent)).await;
    let product = clinic.product("Cream", 100, "standard").await;
    let product = format!("/api/v1/products/{}", product["id"].as_str().unwrap());
    assert_eq!(me.patch(&product, &json!({ "categoryIds": [child["id"]] })).await.status, StatusCode::OK);
    for held in [&parent, &child] {
        let refused = me.delete(&path_of(held)).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "category_in_use"));
    }
    assert_eq!(me.delete(&product).await.status, StatusCode::NO_CONTENT);
    for free in [&child, &parent] {
        assert_eq!(me.delete(&path_of(free)).await.status, StatusCode::NO_CONTENT);
    }
    // Back from the top; the product is in what is there again.
    let restore = |category: &Value| format!("{}/restore", path_of(category));
    let early = me.post(&restore(&child), &json!({})).await;
    assert_eq!((early.status, early.code()), (StatusCode::CONFLICT, "reference_missing"));
    let restored = me.post(&format!("{product}/restore"), &json!({})).await;
    assert_eq!(restored.json["categoryIds"], json!([]), "{restored:?}");
    for category in [&parent, &child] {
        assert_eq!(me.post(&restore(category), &json!({})).await.status, StatusCode::OK);
    }
    assert_eq!(me.get(&product).await.json["categoryIds"], json!([child["id"]]));
}

#[tokio::test]
async fn nothing_is_put_into_what_is_being_archived() {
    let world = World::start().await;
    let clinic = world.clinic("category-race").await;
    let product = clinic.product("Cream", 100, "standard").await;
    let product = format!("/api/v1/products/{}", product["id"].as_str().unwrap());
    for round in 0..12 {
        let category = clinic.category(&format!("Round {round}"), None).await;
        let (child, filed) =
            (json!({ "name": "Child", "parentId": category["id"] }), json!({ "categoryIds": [category["id"]] }));
        let put = async {
            if round % 2 == 0 {
                clinic.admin.post(CATEGORIES, &child).await
            } else {
                clinic.admin.patch(&product, &filed).await
            }
        };
        let (put, archived) = tokio::join!(put, async { clinic.admin.delete(&path_of(&category)).await });
        match (put.status.as_u16(), archived.status.as_u16()) {
            (200 | 201, 409) => assert_eq!(archived.code(), "category_in_use"),
            (409, 204) => assert_eq!(put.code(), "reference_missing"),
            _ => panic!("{put:?}, {archived:?}"),
        }
        assert_eq!(clinic.admin.patch(&product, &json!({ "categoryIds": [] })).await.status, StatusCode::OK);
    }
}
