//! The log of identity, as a clinic's admins read it; and how long it is kept.

use std::collections::BTreeSet;
use std::time::Duration;

use medicalpro::ids::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Answer, Person, World};

const LOG: &str = "/api/v1/audit-logs/identity";

fn rows(answer: &Answer) -> &Vec<Value> {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json["data"].as_array().unwrap()
}

/// Lays an event into central's log: at a clinic or at none, so long ago.
async fn lay(world: &World, action: &str, clinic: Option<Uuid>, user: Option<Uuid>, ago: &str) -> i64 {
    let insert = format!(
        "INSERT INTO medicalpro_central.audit_logs (action, company_id, user_id, at)
         VALUES ($1, $2, $3, now() - interval '{ago}') RETURNING id"
    );
    world.central().await.query_one(&insert, &[&action, &clinic, &user]).await.unwrap().get(0)
}

async fn ids(person: &Person<'_>, query: &str) -> BTreeSet<i64> {
    rows(&person.get(&format!("{LOG}?limit=200{query}")).await).iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_clinic_reads_its_own_events_and_its_peoples_while_they_work_there() {
    let world = World::start().await;
    let (ours, theirs) = (world.clinic("log-ours").await, world.clinic("log-theirs").await);
    let (nurse, _) = ours.member(Role::Nurse).await;
    let (gone, _) = ours.member(Role::Nurse).await;
    let (stranger, _) = theirs.member(Role::Nurse).await;
    let (us, them) = (Some(ours.id.0), Some(theirs.id.0));
    let joined =
        "UPDATE medicalpro_central.memberships SET joined_at = now() - interval '30 days' WHERE user_id = ANY ($1)";
    let central = world.central().await;
    central.execute(joined, &[&vec![nurse, gone, stranger]]).await.unwrap();
    let seen = [
        lay(&world, "seen", us, None, "1 hour").await,
        lay(&world, "seen", us, Some(stranger), "1 hour").await,
        lay(&world, "seen", None, Some(nurse), "29 days").await,
        lay(&world, "seen", None, Some(gone), "29 days").await,
    ];
    let left = json!({ "status": "deactivated" });
    assert_eq!(ours.admin.patch(&format!("/api/v1/staff/{gone}"), &left).await.status, 200);
    let hidden = [
        lay(&world, "hidden", them, Some(nurse), "1 hour").await,
        lay(&world, "hidden", them, None, "1 hour").await,
        lay(&world, "hidden", None, None, "1 hour").await,
        lay(&world, "hidden", None, Some(stranger), "1 hour").await,
        lay(&world, "hidden", None, Some(nurse), "31 days").await,
        lay(&world, "hidden", None, Some(gone), "0 seconds").await,
    ];
    // Saying again that somebody left moves nothing; and who comes back begins anew.
    assert_eq!(ours.admin.patch(&format!("/api/v1/staff/{gone}"), &left).await.status, 200);
    let read = ids(&ours.admin, "").await;
    assert!(seen.iter().all(|id| read.contains(id)), "{read:?} {seen:?}");
    assert!(!hidden.iter().any(|id| read.contains(id)), "{read:?} {hidden:?}");
    let back = json!({ "status": "active" });
    assert_eq!(ours.admin.patch(&format!("/api/v1/staff/{gone}"), &back).await.status, 200);
    let after = lay(&world, "seen", None, Some(gone), "0 seconds").await;
    let read = ids(&ours.admin, "").await;
    assert!(read.contains(&after) && !read.contains(&hidden[5]), "not what happened in between");
    let read = ids(&theirs.admin, "").await;
    assert!(hidden[..2].iter().chain([&hidden[3]]).all(|id| read.contains(id)), "control: theirs read them");
}

#[tokio::test]
async fn the_log_is_filtered_and_read_page_by_page_newest_first() {
    let world = World::start().await;
    let clinic = world.clinic("log-pages").await;
    let (nurse, _) = clinic.member(Role::Nurse).await;
    let us = Some(clinic.id.0);
    let mut laid = Vec::new();
    for hours in 1..=5 {
        laid.push(lay(&world, "odd", us, (hours % 2 == 0).then_some(nurse), &format!("{hours} hours")).await);
    }
    let all: BTreeSet<i64> = laid.iter().copied().collect();
    assert_eq!(ids(&clinic.admin, "&action=odd").await, all);
    assert_eq!(ids(&clinic.admin, &format!("&userId={nurse}&action=odd")).await, BTreeSet::from([laid[1], laid[3]]));
    assert_eq!(ids(&clinic.admin, "&action=nothing_is_called_so").await, BTreeSet::new());
    let time = |hours: i64, minutes: i64| {
        (chrono::Utc::now() - chrono::Duration::minutes(hours * 60 + minutes)).format("%Y-%m-%dT%H:%M:%SZ").to_string()
    };
    let window = format!("&action=odd&from={}&to={}", time(4, 30), time(1, 30));
    assert_eq!(ids(&clinic.admin, &window).await, BTreeSet::from([laid[1], laid[2], laid[3]]));

    let (mut read, mut next) = (Vec::new(), format!("{LOG}?action=odd&limit=2"));
    loop {
        let page = clinic.admin.get(&next).await;
        read.extend(rows(&page).iter().map(|row| row["id"].as_i64().unwrap()));
        let Some(cursor) = page.json["nextCursor"].as_str() else { break };
        next = format!("{LOG}?action=odd&limit=2&cursor={cursor}");
    }
    let newest_first: Vec<i64> = laid.iter().rev().copied().collect();
    assert_eq!(read, newest_first);
    let moved = clinic.admin.get(&next.replace("action=odd", "action=even")).await;
    assert_eq!((moved.status.as_u16(), moved.code()), (400, "invalid_cursor"));
}

#[tokio::test]
async fn reading_the_log_is_an_event_and_so_is_being_refused() {
    let world = World::start().await;
    let clinic = world.clinic("log-read").await;
    let manager = clinic.person(Role::Manager).await;
    let nurse = clinic.person(Role::Nurse).await;
    assert_eq!(manager.get(LOG).await.status, 200);
    let refused = nurse.get(LOG).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (403, "forbidden"));
    let log = clinic.admin.get(&format!("{LOG}?action=identity_audit_read")).await;
    let outcomes: Vec<&str> = rows(&log).iter().map(|row| row["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["failure", "success"], "newest first");
    assert_eq!(rows(&log)[0]["detail"], "forbidden");
    for row in rows(&log) {
        assert_eq!(row["network"], "127.0.0.0/24");
        assert!(row["requestId"].is_string() && row["userId"].is_string());
    }
}

#[tokio::test]
async fn the_worker_deletes_what_is_older_than_the_setting_and_nothing_of_the_last_year() {
    let world = World::start().await;
    let clinic = world.clinic("log-kept").await;
    let us = Some(clinic.id.0);
    let (old, older) =
        (lay(&world, "kept", us, None, "400 days").await, lay(&world, "kept", us, None, "1100 days").await);
    let young = lay(&world, "kept", us, None, "364 days").await;
    let until_gone = async |row: i64| {
        for _ in 0..200 {
            let left = ids(&clinic.admin, "&action=kept").await;
            if !left.contains(&row) {
                return left;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("still there");
    };
    let _three_years = World::on(world.admin.clone(), None, &[], &[]).await;
    assert_eq!(until_gone(older).await, BTreeSet::from([old, young]));
    let _one_year = World::on(world.admin.clone(), None, &[], &["--audit-retention-days", "365"]).await;
    assert_eq!(until_gone(old).await, BTreeSet::from([young]));
    // Less than a year cannot be asked for; and central itself refuses.
    let (code, _, error) = crate::support::process::run(["worker", "--audit-retention-days", "364"], &[]).await;
    assert!(code != 0 && error.contains("365"), "{error}");
}
