//! Copies made ahead: a new clinic takes one, another is made, and what is no good is dropped.

use reqwest::StatusCode;
use tokio_postgres::Client;

use super::site::{Site, until};
use crate::isolation::by_hand::{credentials, login, try_connect};
use crate::support::{World, admin_client, provisioner_url};

/// Oids and names, oldest first.
async fn spares(client: &Client) -> Vec<(u32, String)> {
    let named = "SELECT oid, datname::text FROM pg_database WHERE datname LIKE 'medicalpro\\_clinic\\_spare\\_%' ORDER BY datname";
    client.query(named, &[]).await.unwrap().iter().map(|row| (row.get(0), row.get(1))).collect()
}

async fn ready(site: &Site, wanted: usize) -> Vec<(u32, String)> {
    let complete =
        |found: &Vec<(u32, String)>| found.len() == wanted && found.iter().all(|(_, name)| name.contains("_spare_v"));
    until("the spares are ready", async || Some(spares(&site.central).await).filter(complete)).await
}

#[tokio::test]
async fn a_new_clinic_takes_a_spare_and_another_is_made() {
    let mut site = Site::new("template").await;
    let (_server, _worker) = (site.server(25).await, site.worker().await);
    let before = ready(&site, 2).await;
    let clinic = site.world.clinic("first").await;
    let oid = "SELECT oid FROM pg_database WHERE datname = $1";
    let taken: u32 = site.central.query_one(oid, &[&clinic.id.database_name()]).await.unwrap().get(0);
    assert_eq!(taken, before[0].0, "its database is the oldest spare, renamed");
    let after = ready(&site, 2).await;
    assert!(after.contains(&before[1]) && !after.iter().any(|(oid, _)| *oid == taken), "{before:?} {after:?}");
    assert_eq!(clinic.admin.get("/api/v1/patients").await.status, StatusCode::OK);
    assert_eq!(site.orphans().await, Vec::<String>::new(), "spares are nobody's, and no orphans");

    // Nobody gets into one: not even who owns it, until it is a clinic's.
    let (_, spare) = &after[0];
    let own = login(&credentials(&site.world, clinic.id).await, &clinic.id.database_name());
    for mut config in [provisioner_url(&site.admin).parse().unwrap(), own] {
        try_connect(&config).await.expect("control: the login works");
        config.dbname(spare);
        let refused = try_connect(&config).await.map(drop).unwrap_err();
        assert_eq!(refused, "55000", "closed");
    }
}

#[tokio::test]
async fn when_there_are_not_enough_the_others_are_copied() {
    let mut site = Site::new("template").await;
    let (_server, _worker) = (site.server(25).await, site.worker().await);
    ready(&site, 2).await;
    let bodies: Vec<_> = (0..6).map(|_| World::registration("crowd")).collect();
    let registering: Vec<_> = bodies.iter().map(|body| site.register(body)).collect();
    for answer in registering {
        assert_eq!(answer.await.unwrap().expect("an answer").status, StatusCode::CREATED);
    }
    for body in &bodies {
        let clinic = site.clinic(body["email"].as_str().unwrap()).await;
        assert_eq!(site.left_of(clinic).await, (1, 1));
    }
    ready(&site, 2).await;
}

#[tokio::test]
async fn what_is_half_made_or_of_another_version_is_dropped() {
    let mut site = Site::new("template").await;
    let worker = site.worker().await;
    let kept = ready(&site, 2).await;
    assert!(worker.terminate().await.0.success());
    let admin = admin_client(&site.admin, "postgres").await;
    for stale in ["unfinished", "v8_0000000000000000_1"] {
        admin.batch_execute(&format!("CREATE DATABASE medicalpro_clinic_spare_{stale} TEMPLATE medicalpro_clinic_base OWNER medicalpro_provisioner")).await.unwrap();
    }
    assert_eq!(spares(&site.central).await.len(), 4, "control");
    let worker = site.worker().await;
    assert_eq!(ready(&site, 2).await, kept, "those that were good are kept");
    assert!(worker.terminate().await.0.success());

    site.way = "copied";
    let _worker = site.worker().await;
    ready(&site, 0).await;
}

#[tokio::test]
async fn a_spare_that_was_half_dropped_becomes_no_clinics_database() {
    let mut site = Site::new("template").await;
    let _server = site.server(25).await;
    let worker = site.worker().await;
    let before = ready(&site, 2).await;
    worker.kill().await;
    // What PostgreSQL leaves behind when it is killed in the middle of dropping a database.
    let mark = "UPDATE pg_database SET datconnlimit = -2 WHERE oid = $1";
    site.central.execute(mark, &[&before[0].0]).await.unwrap();
    let _worker = site.worker().await;
    let clinic = site.world.clinic("after").await;
    assert_eq!(clinic.admin.get("/api/v1/patients").await.status, StatusCode::OK);
    let attempts = "SELECT attempts FROM medicalpro_central.provisioning_jobs WHERE company_id = $1";
    let attempts: i32 = site.world.central().await.query_one(attempts, &[&clinic.id.0]).await.unwrap().get(0);
    assert_eq!(attempts, 1, "it was not even tried");
    let after = ready(&site, 2).await;
    assert!(!after.iter().any(|(oid, _)| *oid == before[0].0), "dropped: {before:?} {after:?}");
}
