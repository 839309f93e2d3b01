//! Sessions: refresh tokens that work once, what happens to a copied one, and the end of a session.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{log_in, post, until};
use crate::support::{Answer, PASSWORD, World};

async fn refresh(world: &World, token: &str) -> Answer {
    post(world, "refresh", &json!({ "refreshToken": token })).await
}

async fn me(world: &World, token: &str) -> Answer {
    world.request(Method::GET, "/api/v1/auth/me", Some(token), &[], None).await
}

fn tokens(session: &Answer) -> (&str, &str) {
    assert_eq!(session.status, StatusCode::OK, "{}", session.json);
    (session.json["accessToken"].as_str().unwrap(), session.json["refreshToken"].as_str().unwrap())
}

/// On the same central, with a memory of sessions of its own.
async fn another_server(world: &World) -> World {
    World::on(world.admin.clone(), None, &[], &[]).await
}

fn assert_refused(answer: &Answer) {
    assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "refresh_token_invalid"), "{}", answer.json);
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
async fn a_token_that_is_presented_twice_ends_its_session_everywhere_and_no_other() {
    let world = World::start().await;
    let elsewhere = another_server(&world).await;
    let clinic = world.clinic("reuse").await;
    let another = log_in(&world, &clinic.admin.email, PASSWORD).await;
    let stolen = &clinic.admin.refresh_token;
    let session = refresh(&world, stolen).await;
    let (access, newest) = tokens(&session);
    for server in [&world, &elsewhere] {
        assert_eq!(me(server, access).await.status, StatusCode::OK);
    }
    assert_refused(&refresh(&world, stolen).await);
    assert_refused(&refresh(&world, newest).await);
    let ended = me(&world, access).await;
    assert_eq!((ended.status, ended.code()), (StatusCode::UNAUTHORIZED, "session_ended"), "here at once");
    until(StatusCode::UNAUTHORIZED, async || me(&elsewhere, access).await).await;
    until(StatusCode::UNAUTHORIZED, async || me(&elsewhere, &clinic.admin.token).await).await;

    let (access, newest) = tokens(&another);
    assert_eq!(me(&world, access).await.status, StatusCode::OK, "another log-in is another session");
    assert_eq!(refresh(&world, newest).await.status, StatusCode::OK);
    let named = "SELECT count(*) FROM medicalpro_central.audit_logs
                  WHERE action = 'refresh_token_reused' AND company_id = $1 AND user_id IS NOT NULL";
    assert_eq!(world.central().await.query_one(named, &[&clinic.id.0]).await.unwrap().get::<_, i64>(0), 1);
    let query = "SELECT count(*) FROM medicalpro_central.sessions WHERE company_id = $1 AND revoked_reason = 'reuse'";
    assert_eq!(world.central().await.query_one(query, &[&clinic.id.0]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test]
async fn of_twenty_simultaneous_refreshes_of_one_token_exactly_one_wins() {
    let world = World::start().await;
    let clinic = world.clinic("race").await;
    let token = &clinic.admin.refresh_token;
    let answers = futures_util::future::join_all((0..20).map(|_| refresh(&world, token))).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == StatusCode::OK);
    assert_eq!((won.len(), lost.len()), (1, 19));
    lost.into_iter().for_each(assert_refused);
    // Nobody can tell who of them was the thief.
    assert_refused(&refresh(&world, tokens(won[0]).1).await);
    until(StatusCode::UNAUTHORIZED, async || me(&world, tokens(won[0]).0).await).await;
}

#[tokio::test]
async fn logging_out_ends_this_session_and_no_other() {
    let world = World::start().await;
    let elsewhere = another_server(&world).await;
    let clinic = world.clinic("logout").await;
    let another = log_in(&world, &clinic.admin.email, PASSWORD).await;
    assert_eq!(me(&elsewhere, &clinic.admin.token).await.status, StatusCode::OK);
    assert_eq!(
        clinic.admin.request(Method::POST, "/api/v1/auth/logout", &[], None).await.status,
        StatusCode::NO_CONTENT
    );
    for path in ["/api/v1/auth/me", "/api/v1/patients"] {
        let ended = clinic.admin.get(path).await;
        assert_eq!((ended.status, ended.code()), (StatusCode::UNAUTHORIZED, "session_ended"), "{path}");
        assert_eq!(ended.header("www-authenticate"), "Bearer");
    }
    until(StatusCode::UNAUTHORIZED, async || me(&elsewhere, &clinic.admin.token).await).await;
    assert_refused(&refresh(&world, &clinic.admin.refresh_token).await);
    let again = clinic.admin.request(Method::POST, "/api/v1/auth/logout", &[], None).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
    assert_eq!(me(&world, tokens(&another).0).await.status, StatusCode::OK);
    assert_eq!(refresh(&world, tokens(&another).1).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_has_expired_is_refused() {
    let world = World::start().await;
    let clinic = world.clinic("expired").await;
    let central = world.central().await;
    let of_this_clinic = "session_id IN (SELECT id FROM medicalpro_central.sessions WHERE company_id = $1)";
    let age = format!(
        "UPDATE medicalpro_central.refresh_tokens SET expires_at = now() - interval '1 second' WHERE {of_this_clinic}"
    );
    assert_eq!(central.execute(&age, &[&clinic.id.0]).await.unwrap(), 1);
    assert_refused(&refresh(&world, &clinic.admin.refresh_token).await);
    assert_eq!(me(&world, &clinic.admin.token).await.status, StatusCode::OK, "expired, not presented twice");

    let session = log_in(&world, &clinic.admin.email, PASSWORD).await;
    let (access, newest) = tokens(&session);
    let age = "UPDATE medicalpro_central.sessions SET expires_at = now() - interval '1 second' WHERE company_id = $1";
    central.execute(age, &[&clinic.id.0]).await.unwrap();
    assert_refused(&refresh(&world, newest).await);
    until(StatusCode::UNAUTHORIZED, async || me(&world, access).await).await;
}

#[tokio::test]
async fn a_suspended_clinic_refuses_everybody_until_it_is_resumed() {
    let world = World::start().await;
    let (clinic, other) = (world.clinic("suspended").await, world.clinic("not-suspended").await);
    let set = async |status: &str| {
        let update = "UPDATE medicalpro_central.companies SET status = $2 WHERE id = $1";
        world.central().await.execute(update, &[&clinic.id.0, &status]).await.unwrap();
    };
    set("suspended").await;
    let refused = until(StatusCode::FORBIDDEN, async || clinic.admin.get("/api/v1/patients").await).await;
    assert_eq!(refused.code(), "clinic_suspended");
    assert_eq!(log_in(&world, &clinic.admin.email, PASSWORD).await.code(), "clinic_suspended");
    assert_eq!(other.admin.get("/api/v1/patients").await.status, StatusCode::OK);
    set("active").await;
    until(StatusCode::OK, async || clinic.admin.get("/api/v1/patients").await).await;
}

#[tokio::test]
async fn me_is_who_asks_and_where() {
    let world = World::start().await;
    let clinic = world.clinic("me").await;
    let secretary = clinic.person(medicalpro::ids::Role::Secretary).await;
    for (who, role) in [(&clinic.admin, "admin"), (&secretary, "secretary")] {
        let me = who.get("/api/v1/auth/me").await;
        assert_eq!(me.status, StatusCode::OK);
        assert_eq!((&me.json["user"]["email"], &me.json["user"]["role"]), (&json!(who.email), &json!(role)));
        assert_eq!((&me.json["company"]["id"], &me.json["company"]["status"]), (&json!(clinic.id), &json!("active")));
        assert!(!me.text.contains("argon2") && !me.text.contains("db_"), "{}", me.text);
    }
    let nobody = world.send(Method::GET, "/api/v1/auth/me", None).await;
    assert_eq!((nobody.status, nobody.header("www-authenticate")), (StatusCode::UNAUTHORIZED, "Bearer"));
}
