//! What is revoked, suspended, deactivated or changed has effect within a second, on every server.

use reqwest::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

use super::by_hand::until;
use crate::support::{Person, World};
use medicalpro::ids::Role;

const PATH: &str = "/api/v1/patients";

async fn set(world: &World, sql: &str, id: Uuid) {
    assert_eq!(world.central().await.execute(sql, &[&id]).await.unwrap(), 1, "{sql}");
}

async fn id_of(world: &World, person: &Person<'_>) -> Uuid {
    let sql = "SELECT id FROM medicalpro_central.users WHERE email = $1";
    world.central().await.query_one(sql, &[&person.email]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_log_out_ends_the_session_here_at_once_and_on_another_server_within_a_second() {
    let world = World::start().await;
    let elsewhere = World::start().await;
    let clinic = world.clinic("logout").await;
    let (me, again) = (&clinic.admin, world.log_in(&clinic.admin.email).await);
    let there = async |person: &Person<'_>| elsewhere.request(Method::GET, PATH, Some(&person.token), &[], None).await;
    assert_eq!(me.get(PATH).await.status, StatusCode::OK, "control");
    assert_eq!(there(me).await.status, StatusCode::OK, "control: the other server remembers the session");

    assert_eq!(me.post("/api/v1/auth/logout", &json!({})).await.status, StatusCode::NO_CONTENT);
    let answer = me.get(PATH).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "session_ended"));
    let answer = until(StatusCode::UNAUTHORIZED, async || there(me).await).await;
    assert_eq!(answer.code(), "session_ended");
    let refreshed =
        world.send(Method::POST, "/api/v1/auth/refresh", Some(&json!({ "refreshToken": me.refresh_token }))).await;
    assert_eq!(refreshed.status, StatusCode::UNAUTHORIZED, "nor is it refreshed");
    assert_eq!(
        (again.get(PATH).await.status, there(&again).await.status),
        (StatusCode::OK, StatusCode::OK),
        "another session goes on"
    );
}

#[tokio::test]
async fn a_suspended_clinic_is_refused_within_a_second_and_served_again_when_resumed() {
    let world = World::start().await;
    let (clinic, other) = (world.clinic("suspended").await, world.clinic("other").await);
    clinic.patient("Abelard").await;
    let status = |status: &str| format!("UPDATE medicalpro_central.companies SET status = '{status}' WHERE id = $1");
    assert_eq!(clinic.admin.get(PATH).await.status, StatusCode::OK, "control");

    set(&world, &status("suspended"), clinic.id.0).await;
    let answer = until(StatusCode::FORBIDDEN, async || clinic.admin.get(PATH).await).await;
    assert_eq!(answer.code(), "clinic_suspended");
    let write = clinic.admin.post(PATH, &json!({ "firstName": "X", "lastName": "Y" })).await;
    assert_eq!(write.code(), "clinic_suspended");
    assert_eq!(other.admin.get(PATH).await.status, StatusCode::OK, "the other clinic is served");
    let body = json!({ "refreshToken": clinic.admin.refresh_token });
    let refresh = async || world.send(Method::POST, "/api/v1/auth/refresh", Some(&body)).await;
    let refused = refresh().await;
    assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "clinic_suspended"), "{refused:?}");

    set(&world, &status("active"), clinic.id.0).await;
    let answer = until(StatusCode::OK, async || clinic.admin.get(PATH).await).await;
    assert_eq!(answer.json["data"].as_array().unwrap().len(), 1, "nothing was written meanwhile");
    assert_eq!(refresh().await.status, StatusCode::OK, "and the session goes on");
}

#[tokio::test]
async fn a_changed_role_ends_the_old_rights_within_a_second_and_a_new_token_bears_the_new_ones() {
    let world = World::start().await;
    let clinic = world.clinic("role").await;
    let person = clinic.person(Role::Secretary).await;
    let user = id_of(&world, &person).await;
    let enter = async |person: &Person<'_>| person.post(PATH, &json!({ "firstName": "X", "lastName": "Y" })).await;
    assert_eq!(enter(&person).await.status, StatusCode::CREATED, "control");

    set(&world, "UPDATE medicalpro_central.memberships SET role = 'readonly' WHERE user_id = $1", user).await;
    let answer = until(StatusCode::UNAUTHORIZED, async || enter(&person).await).await;
    assert_eq!(answer.code(), "token_outdated");
    let body = json!({ "refreshToken": person.refresh_token });
    let refreshed = world.send(Method::POST, "/api/v1/auth/refresh", Some(&body)).await;
    assert_eq!(refreshed.status, StatusCode::OK, "{}", refreshed.json);
    let token = refreshed.json["accessToken"].as_str().unwrap();
    assert_eq!(
        world.request(Method::GET, PATH, Some(token), &[], None).await.status,
        StatusCode::OK,
        "control: may read"
    );
    let body = json!({ "firstName": "X", "lastName": "Y" });
    let answer = world.request(Method::POST, PATH, Some(token), &[], Some(&body)).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "forbidden"), "and may not write");
}

#[tokio::test]
async fn a_deactivated_person_or_place_is_out_within_a_second() {
    let world = World::start().await;
    let clinic = world.clinic("deactivated").await;
    for (table, refresh) in [
        ("users SET status = 'deactivated' WHERE id", StatusCode::UNAUTHORIZED),
        ("memberships SET status = 'deactivated' WHERE user_id", StatusCode::FORBIDDEN),
    ] {
        let person = clinic.person(Role::Nurse).await;
        let user = id_of(&world, &person).await;
        assert_eq!(person.get(PATH).await.status, StatusCode::OK, "control");
        set(&world, &format!("UPDATE medicalpro_central.{table} = $1"), user).await;
        until(StatusCode::UNAUTHORIZED, async || person.get(PATH).await).await;
        let body = json!({ "refreshToken": person.refresh_token });
        let refreshed = world.send(Method::POST, "/api/v1/auth/refresh", Some(&body)).await;
        assert_eq!(refreshed.status, refresh, "{table}");
    }
    assert_eq!(clinic.admin.get(PATH).await.status, StatusCode::OK, "control: others stay");
}
