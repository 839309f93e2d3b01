//! A company that was imported as `pending` is made at its first access.

use medicalpro::ids::ClinicId;
use reqwest::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

use super::site::{Site, import, left_of};
use crate::support::World;

async fn status(world: &World, clinic: ClinicId) -> String {
    let row = "SELECT status FROM medicalpro_central.companies WHERE id = $1";
    world.central().await.query_one(row, &[&clinic.0]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_pending_clinic_is_made_at_its_first_access_and_all_first_requests_succeed() {
    let world = World::start().await;
    let central = world.central().await;
    let lender = world.clinic("lender").await;
    let (clinic, user) = (ClinicId::generate(), Uuid::now_v7());
    let email = format!("imported-{}@example.org", clinic.0.simple());
    import(&central, clinic, user, &email, &lender.admin.email).await;
    let person = world.log_in(&email).await;
    assert_eq!(status(&world, clinic).await, "pending", "control: logging in does not touch the clinic");
    assert_eq!(left_of(&central, clinic).await, (0, 0), "control: there is no database");

    let reads = futures_util::future::join_all((0..20).map(|_| person.get("/api/v1/patients"))).await;
    for answer in reads {
        assert_eq!((answer.status, &answer.json["data"]), (StatusCode::OK, &json!([])), "{}", answer.json);
    }
    assert_eq!((&*status(&world, clinic).await, left_of(&central, clinic).await), ("active", (1, 1)));
    let jobs = "SELECT count(*) FROM medicalpro_central.provisioning_jobs WHERE company_id = $1";
    assert_eq!(central.query_one(jobs, &[&clinic.0]).await.unwrap().get::<_, i64>(0), 1, "made once");

    let patient = json!({ "firstName": "Ana", "lastName": "Mar" });
    assert_eq!(person.post("/api/v1/patients", &patient).await.status, StatusCode::CREATED);
    assert_eq!(lender.admin.get("/api/v1/patients").await.json["data"], json!([]), "and nobody else's");
}

#[tokio::test]
async fn a_first_access_without_a_worker_is_told_to_come_again() {
    let mut site = Site::new("template").await;
    let (_server, worker) = (site.server(1).await, site.worker().await);
    let lender = World::registration("lender");
    let email = lender["email"].as_str().unwrap();
    site.world.send(Method::POST, "/api/v1/auth/register", Some(&lender)).await;
    let lending = site.clinic(email).await;
    site.becomes(lending, "active").await;
    assert!(worker.terminate().await.0.success());

    let (clinic, email) = site.import(email).await;
    let person = site.world.log_in(&email).await;
    let answer = person.get("/api/v1/patients").await;
    assert_eq!((answer.status, answer.code()), (StatusCode::SERVICE_UNAVAILABLE, "clinic_not_ready"));
    assert!(answer.header("retry-after").parse::<u32>().is_ok(), "{answer:?}");

    let _worker = site.worker().await;
    site.becomes(clinic, "active").await;
    assert_eq!(person.get("/api/v1/patients").await.status, StatusCode::OK);
}
