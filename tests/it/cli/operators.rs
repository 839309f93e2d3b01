//! What an operator does: `bootstrap`, `migrate`, `clinics`, `keys`, `openapi`.

use std::path::Path;

use medicalpro::provisioning::bootstrap;
use medicalpro::secrets::MasterKeys;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio_postgres::Config;

use crate::provisioning::site::Site;
use crate::support::process::{Process, run};
use crate::support::{MailFolder, World, admin_client, own_postgres};

fn admin_url(admin: &Config, password: Option<&str>) -> String {
    let password = password.unwrap_or_else(|| std::str::from_utf8(admin.get_password().unwrap()).unwrap());
    format!("postgres://{}:{password}@{}/postgres", admin.get_user().unwrap(), bootstrap::address(admin))
}

/// Roles and databases of ours on a server.
async fn ours(admin: &Config) -> Vec<String> {
    let names = "SELECT datname::text FROM pg_database WHERE datname LIKE 'medicalpro%'
                  UNION ALL SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'medicalpro%' ORDER BY 1";
    let rows = admin_client(admin, "postgres").await.query(names, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn from_an_empty_postgresql_to_a_working_installation() {
    let (admin, _cluster) = own_postgres().await;
    let url = admin_url(&admin, None);
    let with_url = [("MEDICALPRO_ADMIN_URL", &*url)];

    let (code, out, said) = run(["bootstrap", "--dry-run"], &with_url).await;
    assert_eq!((code, &*out), (0, ""), "{said}");
    for line in bootstrap::PLAN {
        assert!(said.contains(line), "{line}");
    }
    assert_eq!(ours(&admin).await, Vec::<String>::new(), "a dry run does nothing");

    let (code, out, said) = run(["bootstrap", "--yes", "--admin-url", &url], &[]).await;
    assert_eq!(code, 0, "{said}");
    let settings: Vec<(&str, &str)> = out.lines().map(|line| line.split_once('=').expect("NAME=value")).collect();
    let names: Vec<&str> = settings.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["MEDICALPRO_DATABASE_URL", "MEDICALPRO_PROVISIONER_URL"]);
    assert!(!said.contains("postgres://"), "passwords are printed once, not logged too: {said}");
    let made = ours(&admin).await;
    assert!(made.contains(&"medicalpro_central".to_owned()) && made.contains(&"medicalpro_clinic_base".to_owned()));

    let (code, out, said) = run(["bootstrap", "--yes"], &with_url).await;
    assert_eq!((code, &*out), (0, ""), "not shown a second time: {said}");
    assert_eq!(ours(&admin).await, made);
    let (code, out, _) = run(["bootstrap", "--yes", "--json"], &with_url).await;
    assert_eq!((code, serde_json::from_str::<Value>(&out).unwrap()), (0, json!({})));

    // What was printed the first time still works, and is all that is needed besides a key.
    let (code, out, said) = run(["migrate"], &settings).await;
    assert_eq!((code, out.trim()), (0, "0 clinics looked at, 0 set aside"), "{said}");
    let key = run(["keys", "generate"], &[]).await.1;
    let mail = MailFolder::new();
    let mail_setting = format!("file:{}", mail.0.display());
    let common = [("MEDICALPRO_MASTER_KEYS", key.trim()), ("MEDICALPRO_LISTEN", "127.0.0.1:0")];
    let work = [&settings[..], &common, &[("MEDICALPRO_MAIL", &mail_setting)]].concat();
    let mut worker = Process::start(["worker"], &work);
    worker.line("\"working\"").await;
    let mut server = Process::start(["serve"], &[&settings[..1], &common].concat());
    let line: Value = serde_json::from_str(&server.line("\"listening\"").await).unwrap();
    let base = format!("http://{}", line["address"].as_str().unwrap());
    let world = World::elsewhere(base, admin.clone(), mail.0.clone(), None);
    let clinic = world.clinic("operator").await;
    assert_eq!(clinic.admin.get("/api/v1/patients").await.status, StatusCode::OK);
    let said = worker.said() + &server.said();
    for (_, url) in &settings {
        let config: Config = url.parse().unwrap();
        let password = std::str::from_utf8(config.get_password().unwrap()).unwrap();
        assert!(!said.contains(password), "a password is in the log");
    }
    for process in [server, worker] {
        assert!(process.terminate().await.0.success(), "SIGTERM ends it well");
    }
}

#[tokio::test]
async fn bootstrap_as_json_and_with_passwords_of_ones_own() {
    let (admin, _cluster) = own_postgres().await;
    let url = admin_url(&admin, None);
    let own = format!("postgres://medicalpro_api:a-password-of-my-own@{}/x", bootstrap::address(&admin));
    let settings = [("MEDICALPRO_ADMIN_URL", &*url), ("MEDICALPRO_DATABASE_URL", &own)];
    let (code, out, said) = run(["bootstrap", "--yes", "--json"], &settings).await;
    assert_eq!(code, 0, "{said}");
    let made: Value = serde_json::from_str(&out).unwrap();
    let names: Vec<&String> = made.as_object().unwrap().keys().collect();
    assert_eq!(names, ["MEDICALPRO_PROVISIONER_URL"], "what one gave is not given back");
    for url in [&*own.replace("/x", "/medicalpro_central"), made["MEDICALPRO_PROVISIONER_URL"].as_str().unwrap()] {
        let tls = medicalpro::database::tls(None).unwrap();
        medicalpro::database::connect(&url.parse().unwrap(), &tls).await.expect("it logs in");
    }
}

#[tokio::test]
async fn a_bootstrap_that_was_interrupted_before_the_passwords_still_makes_and_shows_them() {
    let (admin, _cluster) = own_postgres().await;
    let postgres = admin_client(&admin, "postgres").await;
    // In its way, as whatever interrupts.
    postgres.batch_execute("CREATE DATABASE medicalpro_central; ").await.unwrap();
    admin_client(&admin, "medicalpro_central")
        .await
        .batch_execute("CREATE SCHEMA provisioning; CREATE FUNCTION provisioning.drop_clinic_role(other uuid) RETURNS void LANGUAGE sql AS ''")
        .await
        .unwrap();
    let url = admin_url(&admin, None);
    let (code, out, said) = run(["bootstrap", "--yes", "--admin-url", &url], &[]).await;
    assert_eq!((code, &*out), (1, ""), "control: it fails half-way: {said}");
    let there = "SELECT FROM pg_roles WHERE rolname = 'medicalpro_api'";
    assert!(postgres.query_opt(there, &[]).await.unwrap().is_some(), "control: the logins are there already");

    postgres.batch_execute("DROP DATABASE medicalpro_central").await.unwrap();
    let (code, out, said) = run(["bootstrap", "--yes", "--admin-url", &url], &[]).await;
    assert_eq!((code, out.lines().count()), (0, 2), "{said}");
    let (_, provisioner) = out.lines().nth(1).unwrap().split_once('=').unwrap();
    assert_eq!(run(["migrate"], &[("MEDICALPRO_PROVISIONER_URL", provisioner)]).await.0, 0);
}

#[tokio::test]
async fn a_wrong_admin_url_is_told_clearly_and_without_its_password() {
    let (admin, _cluster) = own_postgres().await;
    let wrong = admin_url(&admin, Some("sesame-wrong"));
    let nobody = "postgres://postgres:sesame-nobody@127.0.0.1:1/postgres".to_owned();
    for (url, why) in [
        (wrong, "password authentication failed"),
        (nobody, "Connection refused"),
        ("sesame://".to_owned(), "MEDICALPRO_ADMIN_URL is not a PostgreSQL URL"),
    ] {
        let (code, out, said) = run(["bootstrap", "--yes", "--admin-url", &url], &[]).await;
        assert_eq!((code, &*out), (1, ""), "{said}");
        assert!(said.contains(why) && !said.contains("sesame"), "{why}: {said}");
    }
    assert_eq!(ours(&admin).await, Vec::<String>::new());
}

#[tokio::test]
async fn clinics_are_listed_shown_and_provisioned() {
    let mut site = Site::new("template").await;
    let (_server, _worker) = (site.server(25).await, site.worker().await);
    let (clinic, email) = site.registered("operator").await;
    let (pending, _) = site.import(&email).await;
    let (id, pending_id) = (clinic.to_string(), pending.to_string());

    let (code, out, _) = site.run(&["clinics", "list"]).await;
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!((code, lines.len()), (0, 2), "{out}");
    assert!(lines[0].contains(&id) && lines[0].contains("active") && lines[0].contains("Clinic operator"), "{out}");
    assert!(lines[1].contains(&pending_id) && lines[1].contains("pending") && lines[1].contains("Imported"), "{out}");
    assert!(!out.contains('\u{1b}'), "no colours where nobody looks");
    let (code, out, _) = site.run(&["--json", "clinics", "list"]).await;
    let list: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &list[0]["id"], &list[1]["status"]), (0, &json!(id), &json!("pending")));

    let (code, out, _) = site.run(&["clinics", "show", &id]).await;
    assert!(code == 0 && out.contains(&id) && out.contains("Europe/Paris") && out.contains(&email), "{out}");
    let (code, out, _) = site.run(&["clinics", "show", &id, "--json"]).await;
    let shown: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &shown["timeZone"], &shown["status"]), (0, &json!("Europe/Paris"), &json!("active")));
    for secret in ["dbPassword", "password", "contextKey", "v1."] {
        assert!(!out.contains(secret), "{secret} in {out}");
    }

    let (code, out, _) = site.run(&["clinics", "provision", &pending_id, "--json"]).await;
    let asked: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, asked), (0, json!({ "clinic": pending_id, "status": "requested" })));
    site.becomes(pending, "active").await;
    let (code, out, _) = site.run(&["clinics", "provision", &pending_id]).await;
    assert_eq!((code, out.contains("active already")), (0, true), "{out}");

    let nobody = uuid::Uuid::now_v7().to_string();
    for command in ["show", "provision"] {
        let (code, out, said) = site.run(&["clinics", command, &nobody]).await;
        assert_eq!((code, &*out, said.contains("there is no such clinic")), (1, "", true), "{command}: {said}");
    }
    let (code, out, _) = site.run(&["clinics", "list", "--orphans", "--json"]).await;
    assert_eq!((code, out.trim()), (0, "[]"));
    let (code, out, _) = site.run(&["migrate"]).await;
    assert_eq!((code, out.trim()), (0, "2 clinics looked at, 0 set aside"));

    let mails = reqwest::get(format!("{}/dev/mail", site.world.base)).await.unwrap();
    assert_eq!(mails.status(), StatusCode::NOT_FOUND, "mails are shown by `dev` alone");
    let docs = reqwest::get(format!("{}/docs", site.world.base)).await.unwrap();
    assert_eq!(docs.status(), StatusCode::OK, "control");
}

#[tokio::test]
async fn a_generated_key_is_accepted_and_another_each_time() {
    let (code, one, said) = run(["keys", "generate"], &[]).await;
    assert_eq!((code, one.lines().count()), (0, 1), "the key alone, so that it can be piped: {one}");
    assert!(said.contains("apart from the database"), "{said}");
    let (_, other, _) = run(["keys", "generate", "--json"], &[]).await;
    let other: Value = serde_json::from_str(&other).unwrap();
    let other = other["masterKey"].as_str().unwrap();
    assert_ne!(one.trim(), other);
    for key in [one.trim(), other] {
        MasterKeys::parse(key).expect("it is accepted");
    }
}

#[tokio::test]
async fn openapi_writes_the_spec_that_is_checked_in() {
    let (code, out, said) = run(["openapi"], &[]).await;
    assert_eq!((code, &*said), (0, ""));
    assert!(serde_json::from_str::<Value>(&out).unwrap()["paths"]["/api/v1/auth/register"].is_object());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/medicalpro.json");
    assert!(out == std::fs::read_to_string(file).unwrap(), "cargo run -- openapi >openapi/medicalpro.json");
}

#[tokio::test]
async fn a_clinic_is_suspended_and_goes_on_and_its_admins_are_written_to() {
    let world = World::start().await;
    let (clinic, other) = (world.clinic("suspended").await, world.clinic("not-suspended").await);
    let (_, second) = clinic.member(medicalpro::ids::Role::Admin).await;
    clinic.member(medicalpro::ids::Role::Nurse).await;
    let url = crate::support::provisioner_url(&world.admin);
    let id = clinic.id.to_string();
    let operate = async |order: &str, id: &str| {
        run(["clinics", order, id, "--json"], &[("MEDICALPRO_PROVISIONER_URL", &*url)]).await
    };
    let patients = "/api/v1/patients";
    assert_eq!(clinic.admin.get(patients).await.status, StatusCode::OK, "control");
    let (code, out, said) = operate("suspend", &id).await;
    assert_eq!(
        (code, serde_json::from_str::<Value>(&out).unwrap()),
        (0, json!({ "clinic": id, "status": "suspended" })),
        "{said}"
    );
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(1);
    while clinic.admin.get(patients).await.code() != "clinic_suspended" {
        assert!(std::time::Instant::now() < deadline, "within a second");
    }
    assert_eq!(other.admin.get(patients).await.status, StatusCode::OK, "nobody else's");
    let mails =
        "SELECT u.email FROM medicalpro_central.email_outbox o JOIN medicalpro_central.users u ON u.id = o.user_id
                  WHERE o.company_id = $1 AND o.kind = 'suspended' ORDER BY 1";
    let central = world.central().await;
    let told: Vec<String> = central.query(mails, &[&clinic.id.0]).await.unwrap().iter().map(|row| row.get(0)).collect();
    let mut admins = vec![clinic.admin.email.clone(), second];
    admins.sort();
    assert_eq!(told, admins);
    let (code, _, said) = operate("suspend", &id).await;
    assert!(code == 1 && said.contains("clinic_not_active"), "{said}");

    assert_eq!(operate("resume", &id).await.0, 0);
    assert_eq!(world.log_in(&clinic.admin.email).await.get(patients).await.status, StatusCode::OK);
    assert_eq!(operate("resume", &id).await.0, 1);
    let (code, _, said) = operate("suspend", "00000000-0000-7000-8000-000000000000").await;
    assert!(code == 1 && said.contains("no such clinic"), "{said}");
    let log = "SELECT string_agg(action || ' ' || outcome, ', ' ORDER BY id) FROM medicalpro_central.audit_logs
                WHERE company_id = $1 AND action IN ('clinic_suspended', 'clinic_resumed')";
    let log: String = central.query_one(log, &[&clinic.id.0]).await.unwrap().get(0);
    assert_eq!(
        log,
        "clinic_suspended success, clinic_suspended failure, clinic_resumed success, clinic_resumed failure"
    );
}
