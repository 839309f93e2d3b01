//! A clinic that cannot be made: a registration is undone, whole, and an imported clinic is pending as before. One that was ready
//! once is never touched again.

use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio_postgres::Client;

use super::pause::{Fate, Pause};
use super::site::{Site, until};
use crate::support::{World, admin_client};

const REFUSE: &str =
    "REVOKE EXECUTE ON FUNCTION provisioning.create_clinic_role(uuid, text, int) FROM medicalpro_provisioner";
const ALLOW: &str =
    "GRANT EXECUTE ON FUNCTION provisioning.create_clinic_role(uuid, text, int) TO medicalpro_provisioner";

/// Rows in central that belong to an address.
async fn rows_of(central: &Client, email: &str) -> i64 {
    let counts = "SELECT (SELECT count(*) FROM companies WHERE email_normalized = $1)
                       + (SELECT count(*) FROM users WHERE email_normalized = $1)";
    central.query_one(counts, &[&email]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_registration_that_cannot_be_fulfilled_leaves_nothing_and_may_be_repeated() {
    let mut site = Site::new("template").await;
    let (_server, _worker) = (site.server(25).await, site.worker().await);
    site.central.batch_execute(REFUSE).await.unwrap();
    let body = World::registration("undone");
    let email = body["email"].as_str().unwrap();
    let registering = site.register(&body);
    let clinic = site.clinic(email).await;
    assert_eq!(rows_of(&site.central, email).await, 2, "control: it was written");
    site.becomes(clinic, "absent").await;

    let answer = registering.await.unwrap().expect("an answer");
    assert_eq!((answer.status, answer.code()), (StatusCode::SERVICE_UNAVAILABLE, "clinic_not_provisioned"));
    assert_eq!(rows_of(&site.central, email).await, 0, "neither company nor person");
    let left = "SELECT (SELECT count(*) FROM memberships) + (SELECT count(*) FROM subscriptions)
                     + (SELECT count(*) FROM provisioning_jobs) + (SELECT count(*) FROM email_outbox)";
    assert_eq!(site.central.query_one(left, &[]).await.unwrap().get::<_, i64>(0), 0);
    assert_eq!((site.left_of(clinic).await, site.orphans().await), ((0, 0), vec![]));

    site.central.batch_execute(ALLOW).await.unwrap();
    let again = site.world.send(Method::POST, "/api/v1/auth/register", Some(&body)).await;
    assert_eq!(again.status, StatusCode::CREATED, "{}", again.json);
    site.is_of_use_to(email).await;
}

#[tokio::test]
async fn an_imported_clinic_that_cannot_be_made_is_pending_as_before_and_made_later() {
    let mut site = Site::new("template").await;
    let (_server, _worker) = (site.server(25).await, site.worker().await);
    let lender = World::registration("lender");
    let registered = site.world.send(Method::POST, "/api/v1/auth/register", Some(&lender)).await;
    assert_eq!(registered.status, StatusCode::CREATED, "{}", registered.json);
    let (clinic, email) = site.import(lender["email"].as_str().unwrap()).await;
    site.central.batch_execute(REFUSE).await.unwrap();

    let (code, said, _) = site.run(&["clinics", "provision", &clinic.to_string()]).await;
    assert_eq!((code, said.contains("requested")), (0, true), "{said}");
    let failed = "SELECT FROM provisioning_jobs WHERE company_id = $1 AND state = 'failed' AND attempts = 5";
    until("it is given up", async || {
        site.hurry().await;
        site.central.query_opt(failed, &[&clinic.0]).await.unwrap()
    })
    .await;
    let row = site.central.query_one("SELECT * FROM companies WHERE id = $1", &[&clinic.0]).await.unwrap();
    let (status, password): (&str, Option<&str>) = (row.get("status"), row.get("db_password"));
    assert_eq!((status, password), ("pending", None), "no credentials of a database that is not there");
    assert_eq!((site.left_of(clinic).await, site.orphans().await), ((0, 0), vec![]));

    site.central.batch_execute(ALLOW).await.unwrap();
    site.works_for(&email).await;
    assert_eq!(site.status(clinic).await, "active");
}

#[tokio::test]
async fn killed_between_removing_a_clinic_and_noting_it() {
    for fate in [Fate::Lost, Fate::Kept] {
        let mut site = Site::new("template").await;
        let pause = Pause::install(&site).await;
        let (_server, worker) = (site.server(1).await, site.worker().await);
        site.central.batch_execute(REFUSE).await.unwrap();
        let body = World::registration("given-up");
        let email = body["email"].as_str().unwrap();
        pause.at("give-up").await;
        let answer = site.register(&body).await.unwrap().expect("an answer");
        assert_eq!((answer.status, &answer.json["clinicProvisioned"]), (StatusCode::ACCEPTED, &json!(false)));
        let clinic = site.clinic(email).await;
        let hurrying = async {
            loop {
                site.hurry().await;
                tokio::time::sleep(std::time::Duration::from_millis(25)).await;
            }
        };
        let connection = tokio::select! {
            connection = pause.reached() => connection,
            () = hurrying => unreachable!(),
        };
        worker.kill().await;
        pause.settle(connection, fate).await;
        assert_eq!(site.status(clinic).await, "provisioning", "control: not noted");

        let _worker = site.worker().await;
        site.becomes(clinic, "absent").await;
        assert_eq!(rows_of(&site.central, email).await, 0);
        assert_eq!((site.left_of(clinic).await, site.orphans().await), ((0, 0), vec![]));
    }
}

#[tokio::test]
async fn a_name_that_somebody_occupies_does_not_keep_a_registration_half_alive() {
    let mut site = Site::new("template").await;
    let server = site.server(1).await;
    let body = World::registration("occupied");
    let email = body["email"].as_str().unwrap();
    let answer = site.world.send(Method::POST, "/api/v1/auth/register", Some(&body)).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "control: no worker yet; {}", answer.json);
    let clinic = site.clinic(email).await;
    let name = clinic.database_name();
    site.central.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();

    let _worker = site.worker().await;
    site.becomes(clinic, "absent").await;
    assert_eq!(rows_of(&site.central, email).await, 0);
    let orphans = site.orphans().await;
    assert!(orphans.contains(&format!("database {name}")), "what is not ours to remove is named: {orphans:?}");
    let again = site.world.send(Method::POST, "/api/v1/auth/register", Some(&body)).await;
    assert!(again.status.is_success(), "{}", again.json);
    drop(server);
}

#[tokio::test]
async fn a_clinic_whose_login_does_not_open_it_is_not_said_to_be_ready() {
    let mut site = Site::new("template").await;
    let pause = Pause::install(&site).await;
    let (_server, _worker) = (site.server(25).await, site.worker().await);
    let body = World::registration("unproven");
    let email = body["email"].as_str().unwrap();
    // Everything is made; what is left is to prove it.
    pause.at("identity").await;
    let registering = site.register(&body);
    pause.reached().await;
    let clinic = site.clinic(email).await;
    let other = format!("ALTER ROLE {} PASSWORD 'another'", clinic.database_name());
    site.central.batch_execute(&other).await.unwrap();
    pause.release().await;
    site.becomes(clinic, "absent").await;

    let answer = registering.await.unwrap().expect("an answer");
    assert_eq!((answer.status, answer.code()), (StatusCode::SERVICE_UNAVAILABLE, "clinic_not_provisioned"));
    assert_eq!((site.left_of(clinic).await, site.orphans().await), ((0, 0), vec![]));
    let again = site.world.send(Method::POST, "/api/v1/auth/register", Some(&body)).await;
    assert_eq!(again.status, StatusCode::CREATED, "control: where it does, it is; {}", again.json);
}

#[tokio::test]
async fn a_clinic_that_was_ready_once_is_neither_made_again_nor_removed() {
    let mut site = Site::new("template").await;
    let (_server, _worker) = (site.server(25).await, site.worker().await);
    let body = World::registration("ready");
    let email = body["email"].as_str().unwrap();
    let registered = site.world.send(Method::POST, "/api/v1/auth/register", Some(&body)).await;
    assert_eq!(registered.status, StatusCode::CREATED, "{}", registered.json);
    site.is_of_use_to(email).await;
    let clinic = site.clinic(email).await;
    site.central.batch_execute(REFUSE).await.unwrap();

    for status in ["active", "suspended"] {
        site.central.execute("UPDATE companies SET status = $2 WHERE id = $1", &[&clinic.0, &status]).await.unwrap();
        let ask =
            "INSERT INTO provisioning_jobs (company_id, reason, attempts) VALUES ($1, 'operator', 4) RETURNING id";
        let job: uuid::Uuid = site.central.query_one(ask, &[&clinic.0]).await.unwrap().get(0);
        let ended = "SELECT state FROM provisioning_jobs WHERE id = $1 AND finished_at IS NOT NULL";
        let state: String = until("the job ends", async || {
            site.hurry().await;
            site.central.query_opt(ended, &[&job]).await.unwrap().map(|row| row.get(0))
        })
        .await;
        assert_eq!((&*state, &*site.status(clinic).await), ("done", status));
    }
    let name = clinic.database_name();
    let inside = admin_client(&site.admin, &name).await;
    let patients = format!("SELECT count(*) FROM {name}.patients");
    assert_eq!(inside.query_one(&patients, &[]).await.unwrap().get::<_, i64>(0), 1, "nothing was lost");
    let (code, _, said) = site.run(&["clinics", "provision", &clinic.to_string()]).await;
    assert_eq!(code, 1, "a suspended clinic is not provisioned, and the operator is told: {said}");
}
