//! Every list of the spec, page by page, while others enter rows.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Map, Value};

use super::operations::{Operation, Right, Walk, resolve};
use crate::support::{Person, World};

/// Enough for several pages of three.
const ROWS: usize = 5;

/// The orders that a list can be asked for.
fn orders(spec: &Value, operation: &Operation) -> Vec<String> {
    let parameters = &spec["paths"][&operation.path]["get"]["parameters"];
    let sort = parameters.as_array().into_iter().flatten().find(|parameter| parameter["name"] == "sort");
    let orders = sort.map(|sort| resolve(spec, &sort["schema"])["enum"].clone());
    let orders = orders
        .as_ref()
        .and_then(Value::as_array)
        .map(|orders| orders.iter().map(|order| format!("&sort={}", order.as_str().unwrap())).collect());
    orders.unwrap_or_else(|| vec![String::new()])
}

/// Whether an operation answers pages that lead on.
fn is_paged(spec: &Value, operation: &Operation) -> bool {
    let parameters = spec["paths"][&operation.path]["get"]["parameters"].as_array();
    operation.method == Method::GET && parameters.is_some_and(|all| all.iter().any(|one| one["name"] == "cursor"))
}

/// What tells a row from others; the log of identity numbers its rows.
fn keys(page: &Value) -> Vec<String> {
    let key = |row: &Value| match row.get("duplicate") {
        Some(duplicate) => format!("{}+{}", row["id"], duplicate["id"]),
        None => row["id"].to_string(),
    };
    page["data"].as_array().unwrap().iter().map(key).collect()
}

/// All rows of a list by pages of this size; between two of them `meanwhile` happens.
async fn walk_through(
    walk: &Walk<'_>,
    operation: &Operation,
    ids: &Map<String, Value>,
    person: &Person<'_>,
    query: &str,
    meanwhile: impl AsyncFn(),
) -> Vec<String> {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    for page in 0..200 {
        let query = format!("{query}{cursor}");
        let answer = walk.asked(operation, ids, person, &query[1..]).await;
        assert_eq!(answer.status, 200, "{}{query}: {answer:?}", operation.id);
        rows.extend(keys(&answer.json));
        let Some(next) = answer.json["nextCursor"].as_str() else { return rows };
        cursor = format!("&cursor={next}");
        if page == 1 {
            meanwhile().await;
        }
    }
    panic!("{}{query} does not end", operation.id);
}

#[tokio::test]
async fn every_list_gives_each_row_once_in_every_order_while_rows_come_in() {
    let world = World::start().await;
    let (walk, clinic) = (Walk::new(&world).await, world.clinic("paging").await);
    clinic.seats(1000).await;
    let mut walked = 0;
    for list in walk.operations.iter().filter(|one| is_paged(&walk.spec, one)) {
        // Of the platform's lists others enter rows all the time.
        if matches!(list.entry().right, Right::Operator) {
            continue;
        }
        let person = walk.somebody(list, &clinic).await;
        let ids = walk.ids(list, &clinic, &person).await;
        let makes = |one: &&Operation| one.method == Method::POST && one.path == list.path;
        let maker = walk.operations.iter().find(makes);
        let enter = async || {
            // A pair of likely duplicates comes with another patient.
            let patients = walk.operations.iter().find(|one| one.id == "patients_create");
            let maker = maker.or(patients.filter(|_| list.id == "patients_duplicates_list"));
            let Some(maker) = maker else { return };
            let body = walk.body(maker, &clinic, &person).await;
            let answer = walk.request(maker, &ids, Some(&person.token), &[], body.as_ref()).await;
            assert!(answer.status.is_success(), "{}: {answer:?}", maker.id);
        };
        for _ in 0..ROWS {
            enter().await;
        }
        for order in orders(&walk.spec, list) {
            let before: BTreeSet<String> =
                walk_through(&walk, list, &ids, &person, &format!("&limit=200{order}"), async || {})
                    .await
                    .into_iter()
                    .collect();
            for limit in 1..=3 {
                let rows = walk_through(&walk, list, &ids, &person, &format!("&limit={limit}{order}"), &enter).await;
                let once: BTreeSet<String> = rows.iter().cloned().collect();
                assert_eq!(once.len(), rows.len(), "{}{order} by {limit}: a row twice", list.id);
                let lost: Vec<_> = before.difference(&once).collect();
                assert!(lost.is_empty(), "{}{order} by {limit}: lost {lost:?}", list.id);
            }
            assert!(maker.is_none() || before.len() >= ROWS.min(2), "{}: {} rows", list.id, before.len());
        }
        walked += 1;
    }
    assert!(walked >= 4, "only {walked} lists");
}
