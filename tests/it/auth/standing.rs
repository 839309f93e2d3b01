//! What is changed, revoked, deactivated or suspended has effect on every server: by central's notices at once, and by the bound on what
//! is remembered should notices be lost.

use std::time::Duration;

use medicalpro::auth::standing::{BOUND, CHANNEL, Standings};
use medicalpro::central::Central;
use medicalpro::central::sessions::Place;
use medicalpro::database::{Listener, tls};
use medicalpro::ids::{Role, SessionId};
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{another_server, claims, me, until};
use crate::support::{PASSWORD, Person, World, api_url, own_postgres, prepare};

/// What changes, where `$1` is the id of what; what is answered then; and how it is undone.
const CHANGES: [(&str, &str, StatusCode, &str, &str); 4] = [
    (
        "memberships SET role = 'readonly' WHERE user_id",
        "userId",
        StatusCode::UNAUTHORIZED,
        "token_outdated",
        "role = 'nurse'",
    ),
    (
        "users SET status = 'deactivated' WHERE id",
        "userId",
        StatusCode::UNAUTHORIZED,
        "session_ended",
        "status = 'active'",
    ),
    (
        "companies SET status = 'suspended' WHERE id",
        "companyId",
        StatusCode::FORBIDDEN,
        "clinic_suspended",
        "status = 'active'",
    ),
    (
        "sessions SET revoked_at = now(), revoked_reason = 'admin' WHERE id",
        "sid",
        StatusCode::UNAUTHORIZED,
        "session_ended",
        "",
    ),
];

async fn change(world: &World, sql: &str, person: &Person<'_>, id: &str) {
    let id: Uuid = claims(&person.token)[id].as_str().unwrap().parse().unwrap();
    let sql = format!("UPDATE medicalpro_central.{sql} = $1");
    assert_eq!(world.central().await.execute(&sql, &[&id]).await.unwrap(), 1, "{sql}");
}

/// Each of the four changes has effect on each of these servers, and on nobody else.
async fn each_change_has_effect(world: &World, servers: &[&World]) {
    let (clinic, other) = (world.clinic("standing").await, world.clinic("standing-other").await);
    for (sql, id, status, code, undo) in CHANGES {
        let person = clinic.person(Role::Nurse).await;
        for server in servers {
            assert_eq!(me(server, &person.token).await.status, StatusCode::OK, "control: remembered");
            assert_eq!(me(server, &other.admin.token).await.status, StatusCode::OK);
        }
        change(world, sql, &person, id).await;
        for server in servers {
            let refused = until(status, async || me(server, &person.token).await).await;
            assert_eq!(refused.code(), code, "{sql}");
            assert_eq!(me(server, &other.admin.token).await.status, StatusCode::OK, "others are not concerned");
        }
        if !undo.is_empty() {
            let table = sql.split_once(" SET ").unwrap().0;
            let key = sql.rsplit(' ').next().unwrap();
            change(world, &format!("{table} SET {undo} WHERE {key}"), &person, id).await;
            for server in servers {
                until(StatusCode::OK, async || me(server, &person.token).await).await;
            }
        }
    }
}

#[tokio::test]
async fn each_change_has_effect_on_every_server() {
    let world = World::start().await;
    let elsewhere = another_server(&world).await;
    each_change_has_effect(&world, &[&world, &elsewhere]).await;
}

/// The listeners' connections are cut, and no new ones let in: only the bound is left.
#[tokio::test]
async fn each_change_has_effect_on_every_server_that_hears_no_notices() {
    let (admin, cluster) = own_postgres().await;
    prepare(&admin).await;
    let world = World::on(admin, cluster, &[], &[]).await;
    let elsewhere = another_server(&world).await;
    let central = world.central().await;
    let listening = "FROM pg_stat_activity WHERE query = 'LISTEN medicalpro_standing'";
    let count =
        async || central.query_one(&format!("SELECT count(*) {listening}"), &[]).await.unwrap().get::<_, i64>(0);
    while count().await < 2 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // So that the servers have connections in their pools that go on.
    let clinic = world.clinic("before").await;
    assert_eq!(me(&elsewhere, &clinic.admin.token).await.status, StatusCode::OK);
    central.batch_execute("ALTER ROLE medicalpro_api CONNECTION LIMIT 0").await.unwrap();
    central.query(&format!("SELECT pg_terminate_backend(pid) {listening}"), &[]).await.unwrap();
    while count().await > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let clinic = &clinic;
    for (sql, id, status, code, _) in CHANGES.into_iter().filter(|(_, id, ..)| *id != "companyId") {
        let person = clinic.person(Role::Nurse).await;
        for server in [&world, &elsewhere] {
            assert_eq!(me(server, &person.token).await.status, StatusCode::OK, "control: remembered");
        }
        change(&world, sql, &person, id).await;
        for server in [&world, &elsewhere] {
            assert_eq!(until(status, async || me(server, &person.token).await).await.code(), code, "{sql}");
        }
    }
    // Where somebody ends their session, what was remembered is forgotten with the answer.
    let password = json!({ "password": PASSWORD });
    for (path, body) in [("/api/v1/auth/logout", None), ("/api/v1/auth/deactivate", Some(&password))] {
        let person = clinic.person(Role::Nurse).await;
        assert_eq!(me(&world, &person.token).await.status, StatusCode::OK, "control: remembered");
        let ended = world.request(Method::POST, path, Some(&person.token), &[], body).await;
        assert_eq!(ended.status, StatusCode::NO_CONTENT, "{ended:?}");
        assert_eq!(me(&world, &person.token).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    change(&world, CHANGES[2].0, &clinic.admin, "companyId").await;
    for server in [&world, &elsewhere] {
        until(StatusCode::FORBIDDEN, async || me(server, &clinic.admin.token).await).await;
    }
    assert_eq!(count().await, 0, "nobody has listened meanwhile");
}

/// What is remembered for an hour, unless a notice comes.
#[tokio::test]
async fn a_notice_alone_makes_a_server_look_again() {
    let world = World::start().await;
    let clinic = world.clinic("notices").await;
    let central = Central::new(api_url(&world.admin).parse().unwrap(), tls(None).unwrap(), 2).unwrap();
    let (told, deaf) =
        (Standings::new(central.clone(), Duration::from_hours(1)), Standings::new(central, Duration::from_hours(1)));
    let listener =
        Listener { config: api_url(&world.admin).parse().unwrap(), tls: tls(None).unwrap(), channel: CHANNEL };
    let (stop, heard) = (CancellationToken::new(), told.clone());
    let (said, mut hears) = tokio::sync::mpsc::unbounded_channel();
    let hear = move |notice: medicalpro::database::Notice<'_>| {
        heard.hear(notice);
        said.send(()).unwrap_or_default();
    };
    tokio::spawn(listener.run(hear, stop.clone()));
    hears.recv().await.expect("connected");
    for (sql, id, ..) in CHANGES {
        let person = clinic.person(Role::Nurse).await;
        let session = SessionId(claims(&person.token)["sid"].as_str().unwrap().parse().unwrap());
        let look = async |standings: &Standings| {
            standings.of(session).await.unwrap().map(|standing| match &standing.place {
                Place::Clinic(clinic) => (clinic.role.clone(), clinic.status.clone()),
                Place::Platform(_) => unreachable!("it is at a clinic"),
            })
        };
        let before = Some(("nurse".to_owned(), "active".to_owned()));
        assert_eq!((look(&told).await, look(&deaf).await), (before.clone(), before.clone()));
        change(&world, sql, &person, id).await;
        let mut looks = 0;
        while look(&told).await == before {
            assert!(looks < 1000, "{sql}: never heard of");
            looks += 1;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(look(&deaf).await, before, "control: who hears nothing remembers");
        change(&world, "companies SET status = 'active' WHERE id", &person, "companyId").await;
    }
    stop.cancel();
    assert!(BOUND < Duration::from_secs(1));
}
