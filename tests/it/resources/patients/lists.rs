//! Pages: size, order, cursors.

use std::collections::BTreeSet;

use reqwest::StatusCode;
use serde_json::json;

use super::{PATIENTS, ids, path_of, pointers};
use crate::support::{Clinic, Person, World};

const ORDERS: [&str; 4] = ["name", "-name", "createdAt", "-createdAt"];

/// Patients laid in as the administrator, without what only a search needs; `values` are `(last name, created_at)`.
async fn lay_in(clinic: &Clinic<'_>, values: &str) {
    let insert = format!(
        "SET session_replication_role = replica;
         INSERT INTO patients (id, patient_number, first_name, last_name, sort_name, created_at)
         SELECT gen_random_uuid(), gen_random_uuid()::text::varchar(30), 'Anna', name, lower(name) || ' anna', at
           FROM ({values}) AS v (name, at)"
    );
    clinic.database().await.batch_execute(&insert).await.unwrap();
}

/// All ids, page by page, from where `cursor` leads.
async fn walk(who: &Person<'_>, query: &str, mut cursor: Option<String>) -> Vec<String> {
    let mut all = Vec::new();
    for _ in 0..100 {
        let from = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let page = who.get(&format!("{PATIENTS}?{query}{from}")).await;
        let found = ids(&page);
        assert!(!found.is_empty() || all.is_empty(), "no page but the first is empty");
        all.extend(found);
        cursor = page.json["nextCursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            return all;
        }
    }
    panic!("the list does not end");
}

#[tokio::test]
async fn pages_give_each_row_exactly_once_in_every_order_also_where_keys_are_equal() {
    let world = World::start().await;
    let clinic = world.clinic("pages").await;
    let me = &clinic.admin;
    // Names and times in sevens and fives that are equal.
    let values = "SELECT 'Name ' || n % 5, timestamptz '2024-01-01T00:00:00.123456Z' + n / 7 * interval '1 microsecond'
                    FROM generate_series(0, 34) AS n";
    lay_in(&clinic, values).await;
    for order in ORDERS {
        for limit in [1, 4, 7, 34, 35, 200] {
            let all = walk(me, &format!("sort={order}&limit={limit}"), None).await;
            assert_eq!((all.len(), all.iter().collect::<BTreeSet<_>>().len()), (35, 35), "{order} by {limit}");
        }
        let forwards = walk(me, &format!("sort={order}&limit=4"), None).await;
        let turned = order.strip_prefix('-').map_or_else(|| format!("-{order}"), str::to_owned);
        let mut backwards = walk(me, &format!("sort={turned}&limit=6"), None).await;
        backwards.reverse();
        assert_eq!(forwards, backwards, "{order}");
    }
    let by_name = me.get(&format!("{PATIENTS}?limit=200")).await;
    let names: Vec<&str> =
        by_name.json["data"].as_array().unwrap().iter().map(|row| row["lastName"].as_str().unwrap()).collect();
    assert!(names.is_sorted(), "{names:?}");
    assert_eq!(ids(&by_name), walk(me, "sort=name", None).await, "by name unless said otherwise");
}

#[tokio::test]
async fn rows_that_come_in_between_neither_hide_nor_repeat_others() {
    let world = World::start().await;
    let clinic = world.clinic("meanwhile").await;
    let me = &clinic.admin;
    lay_in(&clinic, "SELECT 'M', timestamptz '2024-01-01' + n / 3 * interval '1 day' FROM generate_series(0, 11) AS n")
        .await;
    let before: BTreeSet<String> = walk(me, "limit=200", None).await.into_iter().collect();
    for order in ORDERS {
        let first = me.get(&format!("{PATIENTS}?sort={order}&limit=5")).await;
        let seen = ids(&first);
        // In either order, one lies before the cursor and one behind it.
        lay_in(&clinic, "VALUES ('A', timestamptz '2020-01-01'), ('Z', timestamptz '2030-01-01')").await;
        let gone = first.json["data"][1].clone();
        assert_eq!(me.delete(&path_of(&gone)).await.status, StatusCode::NO_CONTENT);
        let rest =
            walk(me, &format!("sort={order}&limit=5"), first.json["nextCursor"].as_str().map(str::to_owned)).await;
        let all: Vec<String> = seen.into_iter().chain(rest).collect();
        assert_eq!(all.len(), all.iter().collect::<BTreeSet<_>>().len(), "{order}: each once");
        assert!(before.is_subset(&all.iter().cloned().collect()), "{order}: none is missing");
        assert!(all.len() > before.len(), "{order}: what lies behind the cursor comes too");
        me.post(&format!("{}/restore", path_of(&gone)), &json!({})).await;
        clinic
            .database()
            .await
            .batch_execute("SET session_replication_role = replica; DELETE FROM patients WHERE last_name IN ('A', 'Z')")
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_page_holds_fifty_unless_asked_for_one_to_two_hundred() {
    let world = World::start().await;
    let clinic = world.clinic("limit").await;
    let me = &clinic.admin;
    lay_in(&clinic, "SELECT 'Name ' || n, now() FROM generate_series(1, 201) AS n").await;
    let size = async |query: &str| {
        let page = me.get(&format!("{PATIENTS}{query}")).await;
        (ids(&page).len(), page.json.get("nextCursor").is_some())
    };
    assert_eq!(size("").await, (50, true));
    for limit in [1, 10, 11, 20, 21, 50, 51, 100, 101, 200] {
        assert_eq!(size(&format!("?limit={limit}")).await, (limit, true));
    }
    for bad in ["0", "201", "-1", "1.5", "many", "99999999999999999999"] {
        let refused = me.get(&format!("{PATIENTS}?limit={bad}")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
        assert_eq!(pointers(&refused), ["/query/limit"], "{bad}");
    }
    let page = walk(me, "limit=200", None).await;
    assert_eq!(page.len(), 201);
}

#[tokio::test]
async fn a_cursor_leads_on_in_its_own_list_only() {
    let world = World::start().await;
    let (clinic, other) = (world.clinic("cursor").await, world.clinic("cursor-too").await);
    let me = &clinic.admin;
    for here in [&clinic, &other] {
        lay_in(here, "SELECT 'Name ' || n, now() FROM generate_series(1, 5) AS n").await;
    }
    let first = me.get(&format!("{PATIENTS}?limit=2")).await;
    let cursor = first.json["nextCursor"].as_str().unwrap();
    assert!(!cursor.contains("name"), "it may hold a name, and shows none");
    let follow = async |who: &Person<'_>, query: &str| who.get(&format!("{PATIENTS}?{query}")).await;
    for good in [format!("cursor={cursor}"), format!("limit=5&cursor={cursor}"), format!("sort=name&cursor={cursor}")] {
        assert_eq!(ids(&follow(me, &good).await).len(), 3, "{good}");
    }
    let last = cursor.chars().last().unwrap();
    let edited = format!("{}{}", &cursor[..cursor.len() - 1], if last == 'A' { 'Q' } else { 'A' });
    for bad in [
        format!("cursor={edited}"),
        "cursor=garbage".to_owned(),
        "cursor=v1.test.AAAA".to_owned(),
        format!("sort=-name&cursor={cursor}"),
        format!("archived=true&cursor={cursor}"),
        format!("q=name&cursor={cursor}"),
        format!("birthDate=1984-02-29&cursor={cursor}"),
    ] {
        let refused = follow(me, &bad).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::BAD_REQUEST, "invalid_cursor"), "{bad}");
    }
    let elsewhere = follow(&other.admin, &format!("cursor={cursor}")).await;
    assert_eq!((elsewhere.status, elsewhere.code()), (StatusCode::BAD_REQUEST, "invalid_cursor"), "another clinic's");
}
