//! One worker a clinic, however many there are; and what no company owns.

use medicalpro::ids::ClinicId;
use medicalpro::provisioning::reaper;
use reqwest::StatusCode;

use super::pause::Pause;
use super::site::{Site, until};
use crate::support::World;

#[tokio::test]
async fn two_workers_make_each_of_many_clinics_once() {
    let mut site = Site::new("template").await;
    let _server = site.server(25).await;
    let _workers = [site.worker().await, site.worker().await];
    let bodies: Vec<_> = (0..10).map(|_| World::registration("many")).collect();
    let registering: Vec<_> = bodies.iter().map(|body| site.register(body)).collect();
    for answer in registering {
        assert_eq!(answer.await.unwrap().expect("an answer").status, StatusCode::CREATED);
    }
    let once = "SELECT count(*) FROM provisioning_jobs j
                 WHERE j.state = 'done' AND j.attempts = 1
                   AND (SELECT count(*) FROM provisioning_steps s WHERE s.job_id = j.id) = 6";
    assert_eq!(site.central.query_one(once, &[]).await.unwrap().get::<_, i64>(0), 10);
    assert_eq!(site.orphans().await, Vec::<String>::new());
    for body in &bodies {
        let email = body["email"].as_str().unwrap();
        let clinic = site.clinic(email).await;
        let queued = "SELECT FROM email_outbox WHERE company_id = $1 AND status = 'queued'";
        until("its mail is out", async || {
            site.central.query_opt(queued, &[&clinic.0]).await.unwrap().is_none().then_some(())
        })
        .await;
        assert_eq!((site.left_of(clinic).await, site.mailed_tokens(email).len()), ((1, 1), 1));
    }
}

#[tokio::test]
async fn a_clinic_in_another_workers_hands_is_passed_over() {
    let mut site = Site::new("template").await;
    let pause = Pause::install(&site).await;
    let (_server, first) = (site.server(25).await, site.worker().await);
    let held = World::registration("held");
    pause.at("role").await;
    let registering = site.register(&held);
    pause.reached().await;
    let clinic = site.clinic(held["email"].as_str().unwrap()).await;
    let asleep = nix::unistd::Pid::from_raw(first.pid());
    nix::sys::signal::kill(asleep, nix::sys::signal::Signal::SIGSTOP).unwrap();

    // The other worker does all the rest; the job that is held is the oldest, so that it looks at that one first.
    let _second = site.worker().await;
    for _ in 0..3 {
        site.registered("free").await;
    }
    let job = "SELECT state, attempts FROM provisioning_jobs WHERE company_id = $1";
    let row = site.central.query_one(job, &[&clinic.0]).await.unwrap();
    assert_eq!((row.get(0), row.get(1)), ("running", 1), "in the first worker's hands, though that does not move");

    nix::sys::signal::kill(asleep, nix::sys::signal::Signal::SIGCONT).unwrap();
    pause.release().await;
    assert_eq!(registering.await.unwrap().expect("an answer").status, StatusCode::CREATED);
    let row = site.central.query_one(job, &[&clinic.0]).await.unwrap();
    assert_eq!((row.get(0), row.get(1)), ("done", 1));
}

#[tokio::test]
async fn what_no_company_owns_is_listed_and_nothing_else() {
    let world = World::start().await;
    let central = world.central().await;
    let clinic = world.clinic("owner").await;
    let (database, role) = (ClinicId::generate().database_name(), ClinicId::generate().database_name());
    central.batch_execute(&format!("CREATE DATABASE {database}")).await.unwrap();
    central.batch_execute(&format!("CREATE ROLE {role}")).await.unwrap();

    // Others use this installation too: only what is ours is looked at.
    let orphans = reaper::orphans(&central).await.unwrap();
    let ours = |orphan: &&String| orphan.contains(&database) || orphan.contains(&role);
    let found: Vec<&String> = orphans.iter().filter(ours).collect();
    assert_eq!(found, [&format!("database {database}"), &format!("role {role}")]);
    let own = clinic.id.database_name();
    assert!(!orphans.iter().any(|orphan| orphan.contains(&own)), "a clinic's own are nobody's orphans");
    assert!(!orphans.iter().any(|orphan| orphan.contains("clinic_template") || orphan.contains("clinic_base")));

    central.batch_execute(&format!("DROP DATABASE {database}")).await.unwrap();
    central.batch_execute(&format!("DROP ROLE {role}")).await.unwrap();
    let left = reaper::orphans(&central).await.unwrap();
    assert_eq!(left.iter().filter(ours).count(), 0);
}

#[tokio::test]
async fn a_worker_names_orphans_as_it_starts_and_removes_nothing() {
    let site = Site::new("template").await;
    let name = ClinicId::generate().database_name();
    site.central.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    let worker = site.worker().await;
    assert!(worker.said().contains(&format!("database {name}")), "{}", worker.said());
    let (code, out, _) = site.run(&["clinics", "list", "--orphans"]).await;
    assert_eq!((code, out.trim()), (0, &*format!("database {name}")));
    assert_eq!(site.orphans().await.len(), 1);
}
