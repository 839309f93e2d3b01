//! `kill -9` of server and worker after each step: what was registered is made by whoever comes next, once, and is of use.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::pause::{Fate, Pause};
use super::site::{Site, until};
use crate::support::World;

/// Every moment of a clinic's making, in order: see `pause`.
const MOMENTS: [&str; 10] =
    ["begin", "seal", "role", "database", "migrate", "identity", "prove", "activate", "claim", "sent"];

async fn killed_at_every_moment(way: &'static str, fate: Fate) {
    let mut site = Site::new(way).await;
    let pause = Pause::install(&site).await;
    let (mut server, mut worker) = (site.server(25).await, site.worker().await);
    for moment in MOMENTS {
        println!("{way}, {moment}, {fate:?}");
        let body = World::registration(moment);
        let email = body["email"].as_str().unwrap().to_owned();
        pause.at(moment).await;
        let registering = site.register(&body);
        let connection = pause.reached().await;
        let clinic = site.clinic(&email).await;
        let ready = matches!(moment, "claim" | "sent");
        let expected = match moment {
            "claim" | "sent" => "active",
            "begin" => "pending",
            _ => "provisioning",
        };
        assert_eq!(site.status(clinic).await, expected, "control: killed before it was ready");

        worker.kill().await;
        server.kill().await;
        let answer = registering.await.unwrap();
        assert!(ready || answer.is_none(), "control: the server was killed while the registration waited");
        pause.settle(connection, fate).await;
        assert_eq!(site.status(clinic).await == "active", ready, "control: nobody is there to make it");

        (server, worker) = (site.server(25).await, site.worker().await);
        site.becomes(clinic, "active").await;
        site.mail_is_out(clinic).await;
        site.is_of_use_to(&email).await;
        assert_eq!(site.left_of(clinic).await, (1, 1), "one database and one role");
        assert_eq!(site.orphans().await, Vec::<String>::new());
        let jobs = "SELECT array_agg(state) FROM provisioning_jobs WHERE company_id = $1";
        let states: Vec<String> = site.central.query_one(jobs, &[&clinic.0]).await.unwrap().get(0);
        assert_eq!(states, ["done"], "one job");
        // Killed between handing a mail over and noting it, nobody can know: it is sent again rather than never.
        let again = matches!((moment, fate), ("sent", Fate::Lost));
        let tokens = site.mailed_tokens(&email);
        assert_eq!(tokens.len(), 1 + usize::from(again), "mails");
        for token in tokens {
            let verify = json!({ "token": token });
            let used = site.world.send(Method::POST, "/api/v1/auth/verify-email", Some(&verify)).await;
            assert_eq!(used.status, StatusCode::UNPROCESSABLE_ENTITY, "neither link is of use any more");
        }
    }
    drop((server, worker));
}

#[tokio::test]
async fn killed_before_a_step_is_noted_on_the_way_by_the_template() {
    killed_at_every_moment("template", Fate::Lost).await;
}

#[tokio::test]
async fn killed_after_a_step_is_noted_on_the_way_by_the_template() {
    killed_at_every_moment("template", Fate::Kept).await;
}

#[tokio::test]
async fn killed_before_a_step_is_noted_on_the_plain_way() {
    killed_at_every_moment("plain", Fate::Lost).await;
}

#[tokio::test]
async fn killed_after_a_step_is_noted_on_the_plain_way() {
    killed_at_every_moment("plain", Fate::Kept).await;
}

#[tokio::test]
async fn a_registration_that_waits_outlives_its_worker() {
    let mut site = Site::new("template").await;
    let pause = Pause::install(&site).await;
    let (_server, worker) = (site.server(25).await, site.worker().await);
    let body = World::registration("outlives");
    pause.at("role").await;
    let registering = site.register(&body);
    let connection = pause.reached().await;
    worker.kill().await;
    pause.settle(connection, Fate::Lost).await;
    assert!(!registering.is_finished(), "control: it waits");
    let _worker = site.worker().await;
    let answer = registering.await.unwrap().expect("an answer");
    assert_eq!((answer.status, &answer.json["clinicProvisioned"]), (StatusCode::CREATED, &json!(true)));
    site.is_of_use_to(body["email"].as_str().unwrap()).await;
}

#[tokio::test]
async fn a_registration_is_finished_by_the_worker_when_its_server_is_killed() {
    let mut site = Site::new("template").await;
    let pause = Pause::install(&site).await;
    let (server, _worker) = (site.server(25).await, site.worker().await);
    let body = World::registration("alone");
    let email = body["email"].as_str().unwrap();
    pause.at("database").await;
    let registering = site.register(&body);
    pause.reached().await;
    let clinic = site.clinic(email).await;
    server.kill().await;
    assert!(registering.await.unwrap().is_none(), "control: nobody answered");
    pause.release().await;
    until("active without a server", async || (site.status(clinic).await == "active").then_some(())).await;
    let _server = site.server(25).await;
    site.is_of_use_to(email).await;
    assert_eq!(site.mailed_tokens(email).len(), 1);
}
