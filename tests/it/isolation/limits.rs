//! A clinic's connections are limited by PostgreSQL, and a request waits for one, then is told to come again.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use secrecy::ExposeSecret as _;

use super::by_hand::{
    ADMIN, Hand, connected, credentials, login, refused, rows, send, treasure, try_connect, until, until_connected,
};
use crate::support::{World, admin_client, provisioner_url};

const PATH: &str = "/api/v1/patients";

#[tokio::test]
async fn more_connections_than_the_logins_limit_are_refused_and_the_api_waits_then_answers_503() {
    let world = World::start_with(&["--pool-wait", "1"]).await;
    let (a, b) = (world.clinic("a").await, world.clinic("b").await);
    let of_a = credentials(&world, a.id).await;
    let admin = admin_client(&world.admin, "postgres").await;
    admin.batch_execute(&format!("ALTER ROLE {} CONNECTION LIMIT 2", of_a.name)).await.unwrap();
    let config = login(&of_a, &of_a.name);
    // Provisioning and its proof have hung up; PostgreSQL may need a moment to notice.
    let mut held = Vec::new();
    for _ in 0..200 {
        match try_connect(&config).await {
            Ok(client) => held.push(client),
            Err(state) => assert_eq!(state, "53300"),
        }
        if held.len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert_eq!(held.len(), 2, "control: as many as the limit");
    assert_eq!(try_connect(&config).await.map(drop), Err("53300".to_owned()));

    let answer = a.admin.get(PATH).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::SERVICE_UNAVAILABLE, "database_busy"), "{answer:?}");
    assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0));
    assert_eq!(b.admin.get(PATH).await.status, StatusCode::OK, "control: another clinic has its own");
    drop(held);
    until(StatusCode::OK, async || a.admin.get(PATH).await).await;
}

#[tokio::test]
async fn a_request_that_finds_no_connection_waits_for_one() {
    let world = World::start_with(&["--pool-wait", "25"]).await;
    let a = world.clinic("a").await;
    let of_a = credentials(&world, a.id).await;
    let admin = admin_client(&world.admin, "postgres").await;
    admin.batch_execute(&format!("ALTER ROLE {} CONNECTION LIMIT 1", of_a.name)).await.unwrap();
    let mut held = Err(String::new());
    for _ in 0..200 {
        held = try_connect(&login(&of_a, &of_a.name)).await;
        if held.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    let held = held.expect("the one connection");
    let mut request = Box::pin(a.admin.get(PATH));
    // It cannot be answered before the connection is let go: for how long we look decides nothing.
    assert!(tokio::time::timeout(Duration::from_millis(300), &mut request).await.is_err(), "answered without one");
    drop(held);
    assert_eq!(request.await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_pool_takes_no_more_than_its_size_and_many_requests_share_it() {
    let world = World::start_with(&["--pool-size", "2", "--pool-wait", "25"]).await;
    let a = world.clinic("a").await;
    a.patient("Abelard").await;
    let admin = admin_client(&world.admin, "postgres").await;
    let answers = futures_util::future::join_all((0..60).map(|_| a.admin.get(PATH))).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::OK));
    let name = a.id.database_name();
    let open = admin.query_one("SELECT count(*) FROM pg_stat_activity WHERE usename = $1", &[&name]).await.unwrap();
    assert!((1..=2).contains(&open.get::<_, i64>(0)), "{open:?}");
}

/// PostgreSQL lets every role change its own password: injected SQL can lock a clinic out. It gains nothing by it, and the
/// worker's function gives the login back.
#[tokio::test]
async fn a_login_that_changed_its_own_password_reads_nothing_and_is_given_back() {
    let world = World::start().await;
    let a = world.clinic("a").await;
    let hand = Hand::of(&world, &a).await;
    treasure(&a, &hand, "Abelard").await;
    let names = "SELECT last_name FROM patients";
    assert_eq!(
        hand.run(ADMIN, &format!("RESET ROLE; ALTER ROLE {} PASSWORD 'intruder'; COMMIT", hand.name)).await,
        rows([])
    );
    let of_a = credentials(&world, a.id).await;
    let mut config = login(&of_a, &of_a.name);
    assert_eq!(try_connect(&config).await.map(drop), Err("28P01".to_owned()), "the clinic is locked out");
    let intruder = try_connect(config.password("intruder")).await.expect("and the intruder let in");
    let table = format!("{}.patients", hand.name);
    assert_eq!(send(&intruder, &format!("SELECT * FROM {table}")).await, refused("42501"));
    assert_eq!(send(&intruder, &format!("SET ROLE {ADMIN}; SELECT * FROM {table}")).await, refused("MP001"));
    assert_eq!(send(&intruder, &hand.opening(ADMIN, &hand.context(ADMIN))).await, rows([]));
    assert_eq!(send(&intruder, names).await, rows(["Abelard"]), "control: all that was missing is a signature");

    let verifier = postgres_protocol::password::scram_sha_256(of_a.password.expose_secret().as_bytes());
    let provisioner = try_connect(&provisioner_url(&world.admin).parse().unwrap()).await.unwrap();
    let sql = "SELECT provisioning.create_clinic_role($1, $2, 40)";
    provisioner.execute(sql, &[&a.id.0, &verifier]).await.unwrap();
    assert!(try_connect(&login(&of_a, &of_a.name)).await.is_ok());
    assert_eq!(a.admin.get(PATH).await.json["data"][0]["lastName"], "Abelard");
}

#[tokio::test]
async fn a_connection_that_lay_idle_is_closed_and_one_in_use_is_kept() {
    let world = World::start_with(&["--pool-size", "1", "--pool-idle", "8"]).await;
    let (used, idle) = (world.clinic("used").await, world.clinic("idle").await);
    let admin = admin_client(&world.admin, "postgres").await;
    // What provisioning and its proof have opened.
    for clinic in [&idle, &used] {
        until_connected(&admin, clinic, <[i32]>::is_empty).await;
    }
    let asked = Instant::now();
    for clinic in [&idle, &used] {
        assert_eq!(clinic.admin.get(PATH).await.status, StatusCode::OK);
    }
    let (kept, closed) = (connected(&admin, &used).await, connected(&admin, &idle).await);
    assert_eq!((kept.len(), closed.len()), (1, 1), "control");
    loop {
        let over = connected(&admin, &idle).await.is_empty();
        assert_eq!(used.admin.get(PATH).await.status, StatusCode::OK);
        assert_eq!(connected(&admin, &used).await, kept);
        if over {
            assert!(asked.elapsed() >= Duration::from_secs(8), "closed before its time");
            break;
        }
        assert!(asked.elapsed() < Duration::from_mins(1), "never closed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
