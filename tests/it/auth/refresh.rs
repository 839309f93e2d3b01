//! Refresh tokens: each works once, a retry is answered alike, and a copied one ends its session.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{another_server, log_in, me, post, tokens, until};
use crate::support::{Answer, Clinic, MASTER_KEYS, PASSWORD, World};

async fn refresh(world: &World, token: &str) -> Answer {
    post(world, "refresh", &json!({ "refreshToken": token })).await
}

fn assert_refused(answer: &Answer) {
    assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "refresh_token_invalid"), "{}", answer.json);
}

/// A number about the sessions of a clinic.
async fn count(world: &World, clinic: &Clinic<'_>, what: &str) -> i64 {
    let query = format!("SELECT count(*) FROM medicalpro_central.{what} AND company_id = $1");
    world.central().await.query_one(&query, &[&clinic.id.0]).await.unwrap().get(0)
}

const REVOKED: &str = "sessions WHERE revoked_reason = 'reuse'";
const TOLD: &str = "audit_logs WHERE action = 'refresh_token_reused' AND outcome = 'failure' AND user_id IS NOT NULL
                       AND request_id IS NOT NULL AND network = '127.0.0.0/24'";
const TOKENS: &str = "refresh_tokens t JOIN medicalpro_central.sessions s ON s.id = t.session_id WHERE true";

/// Lets time pass for a clinic's sessions: `what` is a column of `refresh_tokens`.
async fn age(world: &World, clinic: &Clinic<'_>, what: &str, interval: &str) {
    let update = format!(
        "UPDATE medicalpro_central.refresh_tokens SET {what} = {what} - interval '{interval}'
          WHERE {what} IS NOT NULL AND session_id IN (SELECT id FROM medicalpro_central.sessions WHERE company_id = $1)"
    );
    assert!(world.central().await.execute(&update, &[&clinic.id.0]).await.unwrap() > 0);
}

#[tokio::test]
async fn each_refresh_token_works_once_and_leads_to_the_next() {
    let world = World::start().await;
    let clinic = world.clinic("rotation").await;
    let mut refresh_token = clinic.admin.refresh_token.clone();
    let mut seen = vec![refresh_token.clone(), clinic.admin.token.clone()];
    for _ in 0..3 {
        let next = refresh(&world, &refresh_token).await;
        let (access, successor) = tokens(&next);
        assert_eq!(me(&world, access).await.status, StatusCode::OK);
        assert_eq!(next.json["user"]["email"], json!(clinic.admin.email));
        for fresh in [access, successor] {
            assert!(!seen.iter().any(|old| old == fresh), "never the same twice");
            seen.push(fresh.to_owned());
        }
        refresh_token = successor.to_owned();
    }
    assert_eq!(me(&world, &clinic.admin.token).await.status, StatusCode::OK, "a refresh ends no access token");
    for garbage in ["x", &refresh_token[1..], &clinic.admin.token[..500.min(clinic.admin.token.len())]] {
        assert_refused(&refresh(&world, garbage).await);
    }
    assert_eq!(refresh(&world, &refresh_token).await.status, StatusCode::OK, "guesses end nobody's session");
}

#[tokio::test]
async fn a_retry_while_the_successor_lies_unused_is_answered_alike_also_by_another_server() {
    let world = World::start().await;
    let elsewhere = another_server(&world).await;
    let clinic = world.clinic("retry").await;
    let first = refresh(&world, &clinic.admin.refresh_token).await;
    let (access, successor) = tokens(&first);
    for server in [&world, &elsewhere, &world] {
        let again = refresh(server, &clinic.admin.refresh_token).await;
        assert_eq!(tokens(&again).1, successor, "the same refresh token");
        assert_ne!(tokens(&again).0, access, "and a fresh access token");
        assert_eq!(me(&world, tokens(&again).0).await.status, StatusCode::OK);
    }
    assert_eq!(count(&world, &clinic, TOKENS).await, 2, "nothing was made by it");
    assert_eq!(refresh(&elsewhere, successor).await.status, StatusCode::OK, "the session goes on");
    assert_eq!((count(&world, &clinic, REVOKED).await, count(&world, &clinic, TOLD).await), (0, 0));
}

#[tokio::test]
async fn a_token_presented_after_its_successor_was_used_ends_its_session_everywhere_and_no_other() {
    let world = World::start().await;
    let elsewhere = another_server(&world).await;
    let clinic = world.clinic("reuse").await;
    let another = log_in(&world, &clinic.admin.email, PASSWORD).await;
    let stolen = &clinic.admin.refresh_token;
    let next = refresh(&world, stolen).await;
    let newest = refresh(&world, tokens(&next).1).await;
    let (access, newest) = tokens(&newest);
    for server in [&world, &elsewhere] {
        assert_eq!(me(server, access).await.status, StatusCode::OK, "control");
    }
    assert_refused(&refresh(&world, stolen).await);
    assert_refused(&refresh(&world, newest).await);
    let ended = me(&world, access).await;
    assert_eq!((ended.status, ended.code()), (StatusCode::UNAUTHORIZED, "session_ended"), "here at once");
    until(StatusCode::UNAUTHORIZED, async || me(&elsewhere, access).await).await;
    until(StatusCode::UNAUTHORIZED, async || me(&elsewhere, &clinic.admin.token).await).await;
    assert_refused(&refresh(&world, stolen).await);

    let (access, newest) = tokens(&another);
    assert_eq!(me(&world, access).await.status, StatusCode::OK, "another log-in is another session");
    assert_eq!(refresh(&world, newest).await.status, StatusCode::OK);
    assert_eq!(
        (count(&world, &clinic, REVOKED).await, count(&world, &clinic, TOLD).await),
        (1, 1),
        "ended and told once"
    );
}

#[tokio::test]
async fn a_token_presented_again_too_late_for_a_retry_ends_its_session_though_its_successor_lies_unused() {
    let world = World::start().await;
    for (label, passed, status) in
        [("late", "31 seconds", StatusCode::UNAUTHORIZED), ("in-time", "25 seconds", StatusCode::OK)]
    {
        let clinic = world.clinic(label).await;
        let next = refresh(&world, &clinic.admin.refresh_token).await;
        age(&world, &clinic, "used_at", passed).await;
        assert_eq!(refresh(&world, &clinic.admin.refresh_token).await.status, status, "after {passed}");
        assert_eq!(refresh(&world, tokens(&next).1).await.status, status, "and the session with it");
        let ended = i64::from(status == StatusCode::UNAUTHORIZED);
        assert_eq!((count(&world, &clinic, REVOKED).await, count(&world, &clinic, TOLD).await), (ended, ended));
    }
}

#[tokio::test]
async fn of_fifty_simultaneous_refreshes_of_one_token_all_get_the_same_successor_and_one_is_made() {
    let world = World::start().await;
    let elsewhere = another_server(&world).await;
    let clinic = world.clinic("race").await;
    let token = &clinic.admin.refresh_token;
    let answers =
        futures_util::future::join_all((0..50).map(|n| refresh(if n % 2 == 0 { &world } else { &elsewhere }, token)))
            .await;
    let successors: BTreeSet<&str> = answers.iter().map(|answer| tokens(answer).1).collect();
    assert_eq!(successors.len(), 1);
    assert_eq!(count(&world, &clinic, TOKENS).await, 2, "the first, and one successor");
    let used = format!("{TOKENS} AND t.used_at IS NOT NULL");
    assert_eq!(count(&world, &clinic, &used).await, 1);
    for answer in &answers {
        assert_eq!(me(&world, tokens(answer).0).await.status, StatusCode::OK);
    }
    assert_eq!(refresh(&world, successors.first().unwrap()).await.status, StatusCode::OK, "the session goes on");
}

#[tokio::test]
async fn of_fifty_that_present_a_copied_token_at_once_each_is_refused_and_the_session_ends_once() {
    let world = World::start().await;
    let clinic = world.clinic("copied").await;
    let stolen = &clinic.admin.refresh_token;
    let next = refresh(&world, stolen).await;
    assert_eq!(refresh(&world, tokens(&next).1).await.status, StatusCode::OK);
    let answers = futures_util::future::join_all((0..50).map(|_| refresh(&world, stolen))).await;
    answers.iter().for_each(assert_refused);
    assert_eq!((count(&world, &clinic, REVOKED).await, count(&world, &clinic, TOLD).await), (1, 1));
}

#[tokio::test]
async fn a_retry_is_answered_alike_by_a_server_with_a_newer_master_key_in_front() {
    let world = World::start().await;
    let newer = format!("newer:{},{MASTER_KEYS}", *medicalpro::secrets::random_text());
    let rotated = World::on(world.admin.clone(), None, &["--master-keys", &newer], &[]).await;
    let clinic = world.clinic("keys").await;
    let first = refresh(&world, &clinic.admin.refresh_token).await;
    let again = refresh(&rotated, &clinic.admin.refresh_token).await;
    assert_eq!(tokens(&again).1, tokens(&first).1, "by the older key");
    // The other way round, a server that does not have the key yet cannot answer; nor does it take a retry for a theft.
    let second = refresh(&rotated, tokens(&first).1).await;
    assert_refused(&refresh(&world, tokens(&first).1).await);
    assert_eq!(tokens(&refresh(&rotated, tokens(&first).1).await).1, tokens(&second).1);
    assert_eq!(refresh(&world, tokens(&second).1).await.status, StatusCode::OK, "what is stored needs no key");
    assert_eq!(count(&world, &clinic, REVOKED).await, 0);
}

#[tokio::test]
async fn what_has_expired_is_refused() {
    let world = World::start().await;
    let clinic = world.clinic("expired").await;
    age(&world, &clinic, "expires_at", "120 minutes").await;
    assert_refused(&refresh(&world, &clinic.admin.refresh_token).await);
    assert_eq!(me(&world, &clinic.admin.token).await.status, StatusCode::OK, "expired, not copied");
    assert_eq!(count(&world, &clinic, REVOKED).await, 0);

    let session = log_in(&world, &clinic.admin.email, PASSWORD).await;
    let (access, newest) = tokens(&session);
    let age = "UPDATE medicalpro_central.sessions SET expires_at = now() - interval '1 second' WHERE company_id = $1";
    world.central().await.execute(age, &[&clinic.id.0]).await.unwrap();
    assert_refused(&refresh(&world, newest).await);
    until(StatusCode::UNAUTHORIZED, async || me(&world, access).await).await;
}

#[tokio::test]
async fn a_session_lasts_as_long_as_the_settings_say_however_often_it_is_refreshed() {
    let world = World::start_with(&["--session-hours", "2", "--session-idle-minutes", "45"]).await;
    let clinic = world.clinic("limits").await;
    let central = world.central().await;
    let minutes = async || {
        let row = central
            .query_one(
                "SELECT round(extract(epoch FROM s.expires_at - now()) / 60)::int, round(extract(epoch FROM t.expires_at - now()) / 60)::int
                   FROM medicalpro_central.sessions s JOIN medicalpro_central.refresh_tokens t ON t.session_id = s.id
                  WHERE s.company_id = $1 AND t.used_at IS NULL",
                &[&clinic.id.0],
            )
            .await
            .unwrap();
        [row.get::<_, i32>(0), row.get::<_, i32>(1)]
    };
    assert_eq!(minutes().await, [120, 45]);
    let pass = async |time: &str| {
        let pass = format!(
            "WITH tokens AS (UPDATE medicalpro_central.refresh_tokens SET expires_at = expires_at - interval '{time}',
                                    created_at = created_at - interval '{time}'
                              WHERE session_id IN (SELECT id FROM medicalpro_central.sessions WHERE company_id = $1))
             UPDATE medicalpro_central.sessions SET expires_at = expires_at - interval '{time}' WHERE company_id = $1"
        );
        central.execute(&pass, &[&clinic.id.0]).await.unwrap();
    };
    let mut token = clinic.admin.refresh_token.clone();
    let mut lifetimes: Vec<Value> = vec![];
    for left in [[80, 45], [40, 40], [1, 1]] {
        pass(if left[0] < 2 { "39 minutes" } else { "40 minutes" }).await;
        let next = refresh(&world, &token).await;
        token = tokens(&next).1.to_owned();
        lifetimes.push(next.json["expiresIn"].clone());
        assert_eq!(minutes().await, left, "the token goes on, the session does not, and no token outlives it");
    }
    assert_eq!(lifetimes[..2], [json!(600), json!(600)]);
    let last = lifetimes[2].as_i64().unwrap();
    assert!((1..=60).contains(&last), "{last}: no access token outlives its session");
    pass("1 minute").await;
    assert_refused(&refresh(&world, &token).await);
    let request = world.request(Method::GET, "/api/v1/auth/me", Some(&clinic.admin.token), &[], None);
    assert_eq!(request.await.code(), "session_ended");
}
