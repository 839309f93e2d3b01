//! `medicalpro dev`: everything on one machine, from nothing.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_postgres::Config;
use uuid::Uuid;

use crate::provisioning::site::until;
use crate::support::World;
use crate::support::process::{Process, lives, run};

const ACCOUNT: &str = "admin@cabinet-du-parc.example";
const FIRST: &str = "550e8400-e29b-41d4-a716-446655440000";
const ANOTHER: &str = "admin@clinica-del-mar.example";
const PASSWORD: &str = "demo-only-not-a-secret";

/// A data directory that is not there yet; deleted with this.
struct Data(PathBuf);

impl Data {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("medicalpro-test-dev-{}", Uuid::now_v7().simple()));
        std::fs::create_dir(&folder).unwrap();
        // PostgreSQL's own user must get through, where that is another.
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o711)).unwrap();
        Self(folder)
    }

    fn path(&self) -> PathBuf {
        self.0.join("data")
    }

    fn arguments<'a>(&'a self, more: &[&'a str]) -> Vec<String> {
        let path = self.path();
        let listen: &[&str] = if more.contains(&"--listen") { &[] } else { &["--listen", "127.0.0.1:0"] };
        let fixed = ["dev", "--data", path.to_str().unwrap()];
        fixed.iter().chain(listen).chain(more).map(|&argument| argument.to_owned()).collect()
    }

    /// Starts it and waits until it says where it is, which it does at last.
    async fn start(&self, more: &[&str]) -> (Process, World) {
        let mut process = Process::start(self.arguments(more), &[]);
        process.line("Ctrl-C stops everything").await;
        let line = process.line("Swagger UI").await;
        let docs = line.split_whitespace().last().unwrap();
        let base = docs.strip_suffix("/docs").unwrap().to_owned();
        (process, self.world(base))
    }

    fn world(&self, base: String) -> World {
        World::elsewhere(base, Config::new(), self.path().join("mail"), None)
    }

    /// What `medicalpro clinics list` answers: id and status of each.
    async fn clinics(&self) -> Vec<(String, String)> {
        let secrets = std::fs::read(self.path().join("secrets.json")).unwrap();
        let secrets: Value = serde_json::from_slice(&secrets).unwrap();
        let password = secrets["provisioner_password"].as_str().unwrap();
        let file = std::fs::read_to_string(self.path().join("postgres/data/postmaster.pid")).expect("it runs");
        let port = file.lines().nth(3).unwrap();
        let url = format!("postgres://medicalpro_provisioner:{password}@127.0.0.1:{port}/medicalpro_central");
        let (code, listed, said) = run(["clinics", "list", "--json"], &[("MEDICALPRO_PROVISIONER_URL", &url)]).await;
        assert_eq!(code, 0, "{said}");
        let listed: Vec<Value> = serde_json::from_str(&listed).unwrap();
        let text = |clinic: &Value, field: &str| clinic[field].as_str().unwrap().to_owned();
        listed.iter().map(|clinic| (text(clinic, "id"), text(clinic, "status"))).collect()
    }

    /// PostgreSQL's process.
    fn postgres(&self) -> i32 {
        let file = std::fs::read_to_string(self.path().join("postgres/data/postmaster.pid")).expect("it runs");
        file.lines().next().unwrap().parse().unwrap()
    }

    /// Processes that have this directory on their command line.
    fn processes(&self) -> Vec<String> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            if line.contains(self.0.to_str().unwrap()) {
                found.push(line);
            }
        }
        found
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a log-in answers.
async fn session(world: &World, email: &str) -> Value {
    let credentials = json!({ "email": email, "password": PASSWORD });
    let answer = world.send(Method::POST, "/api/v1/auth/login", Some(&credentials)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
    answer.json
}

async fn log_in(world: &World, email: &str) -> String {
    session(world, email).await["accessToken"].as_str().unwrap().to_owned()
}

/// A list of a clinic's.
async fn list(world: &World, token: &str, path: &str) -> Vec<Value> {
    let answer = world.request(Method::GET, path, Some(token), &[], None).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.json);
    answer.json["data"].as_array().unwrap().clone()
}

/// A clinic's patients, first entered first.
async fn listed(world: &World, token: &str) -> Vec<Value> {
    list(world, token, "/api/v1/patients?sort=createdAt&limit=200").await
}

/// What there is of a practice, first to last.
async fn practice(world: &World, token: &str) -> [Vec<Value>; 6] {
    let practitioners = list(world, token, "/api/v1/practitioners").await;
    let (mut hours, mut offers) = (Vec::new(), Vec::new());
    for practitioner in &practitioners {
        let path = format!("/api/v1/practitioners/{}", practitioner["id"].as_str().unwrap());
        hours.extend(list(world, token, &format!("{path}/availability")).await);
        offers.extend(list(world, token, &format!("{path}/services")).await);
    }
    let products = list(world, token, "/api/v1/products").await;
    let facilities = list(world, token, "/api/v1/facilities").await;
    let appointments = list(world, token, "/api/v1/appointments?limit=200").await;
    [facilities, products, practitioners, hours, offers, appointments]
}

/// How many there are of each when the demo's is whole.
const WHOLE: [usize; 6] = [1, 4, 3, 30, 7, 40];

/// Last names of the first clinic's patients.
async fn patients(world: &World) -> Vec<String> {
    let patients = listed(world, &log_in(world, ACCOUNT).await).await;
    let mut names: Vec<String> = patients.iter().map(|one| one["lastName"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

async fn enter(world: &World, token: &str, last_name: &str) -> Value {
    let patient = json!({ "firstName": "Test", "lastName": last_name });
    let answer = world.request(Method::POST, "/api/v1/patients", Some(token), &[], Some(&patient)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
    answer.json
}

/// How a patient's answer by id begins, to whoever holds the token.
async fn found(world: &World, token: &str, patient: &Value) -> StatusCode {
    let path = format!("/api/v1/patients/{}", patient["id"].as_str().unwrap());
    world.request(Method::GET, &path, Some(token), &[], None).await.status
}

async fn page(world: &World, path: &str) -> (StatusCode, String) {
    let answer = reqwest::get(format!("{}{path}", world.base)).await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn it_starts_from_nothing_stops_leaving_no_process_and_goes_on_with_the_same_data() {
    let data = Data::new();
    let (process, world) = data.start(&[]).await;
    let said = process.said();
    for line in [
        "making a PostgreSQL",
        "starting PostgreSQL",
        "preparing",
        "migrating",
        "making the demo's clinics: 19",
        "making the demo's patients: 60 of Cabinet du Parc",
        "making the demo's practice: 3 practitioners of Cabinet du Parc",
        "making the demo's appointments: 40 of Cabinet du Parc",
        ACCOUNT,
        PASSWORD,
    ] {
        assert!(said.contains(line), "{line} is said: {said}");
    }
    assert_eq!(page(&world, "/docs").await.0, StatusCode::OK);
    let mut registration = World::registration("own");
    let registered = world.send(Method::POST, "/api/v1/auth/register", Some(&registration)).await;
    assert_eq!(registered.status, StatusCode::CREATED, "{}", registered.json);
    let email = registration["email"].as_str().unwrap().to_owned();
    world.mailed_token(&email).await;
    let (status, mails) = page(&world, "/dev/mail").await;
    assert!(status == StatusCode::OK && mails.contains(&email), "mail is shown");
    for (chosen, value) in [("id", FIRST), ("companyId", FIRST), ("status", "pending")] {
        registration[chosen] = value.into();
        let refused = world.send(Method::POST, "/api/v1/auth/register", Some(&registration)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "no request chooses {chosen}: {}", refused.json);
        registration.as_object_mut().unwrap().remove(chosen);
    }
    assert_eq!(patients(&world).await.len(), 60);
    enter(&world, &log_in(&world, ACCOUNT).await, "Added").await;
    let secrets = data.path().join("secrets.json");
    assert_eq!(mode(&secrets), 0o600, "for its owner's eyes");
    let values: Value = serde_json::from_slice(&std::fs::read(&secrets).unwrap()).unwrap();
    for (name, value) in values.as_object().unwrap() {
        assert!(!said.contains(value.as_str().unwrap()), "{name} is said");
    }

    let (code, _, refused) = run(data.arguments(&[]), &[]).await;
    assert_eq!(code, 1, "two at once: {refused}");
    assert!(
        refused.contains("is in use by another process") && refused.contains(&process.pid().to_string()),
        "{refused}"
    );
    assert_eq!(patients(&world).await.len(), 61, "and the first is none the worse for it");

    let postgres = data.postgres();
    assert!(lives(postgres), "control");
    let (ended, said) = process.terminate().await;
    assert!(ended.success(), "{ended}: {said}");
    for line in ["letting requests under way end", "stopping PostgreSQL", "stopped"] {
        assert!(said.contains(line), "{line} is said: {said}");
    }
    assert!(!lives(postgres));
    assert_eq!(data.processes(), Vec::<String>::new());

    let (process, world) = data.start(&[]).await;
    assert!(!process.said().contains("making"), "nothing is made a second time: {}", process.said());
    assert_eq!(patients(&world).await.len(), 61);
    assert!(process.terminate().await.0.success());
}

#[tokio::test]
async fn the_demo_has_a_clinic_with_patients_and_eighteen_that_are_made_at_their_first_access() {
    let count = |clinics: &[(String, String)], wanted: &str| clinics.iter().filter(|(_, is)| is == wanted).count();
    let shown = |said: &str, status: &str| said.lines().filter(|line| line.trim_start().starts_with(status)).count();
    let data = Data::new();
    let (process, world) = data.start(&[]).await;
    let clinics = data.clinics().await;
    assert_eq!((clinics.len(), count(&clinics, "pending")), (19, 18), "{clinics:?}");
    assert_eq!(clinics[0], (FIRST.to_owned(), "active".to_owned()));
    let said = process.said();
    assert_eq!((shown(&said, "active "), shown(&said, "pending ")), (1, 18), "{said}");
    assert!(said.find(ACCOUNT).unwrap() < said.find(ANOTHER).unwrap(), "what can be used at once comes first");

    let first = session(&world, ACCOUNT).await;
    assert_eq!((&first["company"]["id"], &first["company"]["status"]), (&json!(FIRST), &json!("active")));
    let first = first["accessToken"].as_str().unwrap();
    let theirs = listed(&world, first).await;
    assert_eq!(theirs.len(), 60);
    let theirs_too = practice(&world, first).await;
    assert_eq!(theirs_too.each_ref().map(Vec::len), WHOLE, "{said}");
    let [.., practitioners, _, _, appointments] = &theirs_too;
    assert!(practitioners.iter().all(|one| one["active"] == true), "{practitioners:?}");
    let confirmed = appointments.iter().filter(|one| one["status"] == "confirmed").count();
    assert_eq!(confirmed, 8, "a few are confirmed");

    let other = session(&world, ANOTHER).await;
    assert_eq!(other["company"]["status"], "pending", "control: to log in is no access");
    assert!(other["company"]["id"] != FIRST && other["user"]["emailVerified"] == true, "{other}");
    let other = other["accessToken"].as_str().unwrap();
    let own = enter(&world, other, "Primero").await;
    let clinics = data.clinics().await;
    assert_eq!((count(&clinics, "active"), count(&clinics, "pending")), (2, 17), "made at its first access");
    assert_eq!(session(&world, ANOTHER).await["company"]["status"], "active");

    assert_eq!(found(&world, other, &theirs[0]).await, StatusCode::NOT_FOUND);
    assert_eq!(found(&world, first, &theirs[0]).await, StatusCode::OK, "control");
    assert_eq!(found(&world, first, &own).await, StatusCode::NOT_FOUND);
    assert_eq!(found(&world, other, &own).await, StatusCode::OK, "control");
    assert_eq!(listed(&world, other).await.len(), 1);
    assert!(process.terminate().await.0.success());

    let (process, world) = data.start(&[]).await;
    let said = process.said();
    assert!(!said.contains("making"), "nothing is made twice: {said}");
    assert_eq!((shown(&said, "active "), shown(&said, "pending ")), (2, 17), "{said}");
    assert_eq!(data.clinics().await, clinics, "the same clinics");
    let first = log_in(&world, ACCOUNT).await;
    assert_eq!(listed(&world, &first).await, theirs, "and the same patients");
    assert_eq!(practice(&world, &first).await, theirs_too, "and the same practice");
    assert_eq!(listed(&world, &log_in(&world, ANOTHER).await).await, [own]);
    assert!(process.terminate().await.0.success());
}

#[tokio::test]
async fn a_demo_that_was_killed_on_the_way_is_completed_by_the_next_start() {
    let data = Data::new();
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let begin = || Process::start(data.arguments(&["--listen", &address]), &[]);

    let mut among_clinics = begin();
    among_clinics.line("making the demo's clinics: 19").await;
    among_clinics.kill().await;

    let mut among_patients = begin();
    among_patients.line("making the demo's patients").await;
    let world = data.world(format!("http://{address}"));
    let token = log_in(&world, ACCOUNT).await;
    let before = until("a patient is entered", async || {
        let patients = listed(&world, &token).await;
        (!patients.is_empty()).then_some(patients)
    })
    .await;
    among_patients.kill().await;

    // At each of these, some of it is there and some is not.
    for (making, path) in [("practice", "/api/v1/practitioners"), ("appointments", "/api/v1/appointments")] {
        let mut among_it = begin();
        among_it.line(&format!("making the demo's {making}")).await;
        until("some of it is there", async || (!list(&world, &token, path).await.is_empty()).then_some(())).await;
        among_it.kill().await;
    }

    let (process, world) = data.start(&[]).await;
    let token = log_in(&world, ACCOUNT).await;
    assert_eq!(practice(&world, &token).await.map(|things| things.len()), WHOLE, "{}", process.said());
    let after = listed(&world, &token).await;
    assert_eq!(after[..before.len()], before, "what was there is as it was");
    let numbers: BTreeSet<&str> = after.iter().map(|patient| patient["patientNumber"].as_str().unwrap()).collect();
    assert_eq!((after.len(), numbers.len()), (60, 60), "{}", process.said());
    let clinics = data.clinics().await;
    assert_eq!((clinics.len(), &*clinics[0].0, &*clinics[0].1), (19, FIRST, "active"));
    assert!(process.terminate().await.0.success());
}

#[tokio::test]
async fn it_recovers_from_being_killed_and_rebuilds_when_asked() {
    let data = Data::new();
    let (process, world) = data.start(&[]).await;
    enter(&world, &log_in(&world, ACCOUNT).await, "Kept").await;
    let before = patients(&world).await;
    let postgres = data.postgres();
    process.kill().await;

    // At once, whether or not the watcher has stopped what was left behind.
    let (process, world) = data.start(&[]).await;
    assert_eq!(patients(&world).await, before, "what was answered is there");
    assert!(!lives(postgres) && lives(data.postgres()), "one server, a new one");
    process.kill().await;

    // Left alone, PostgreSQL is stopped by its watcher.
    until("no process is left", async || data.processes().is_empty().then_some(())).await;

    let (process, world) = data.start(&["--rebuild"]).await;
    assert!(process.said().contains("removing everything"), "{}", process.said());
    let after = patients(&world).await;
    assert!(before.contains(&"Kept".to_owned()) && !after.contains(&"Kept".to_owned()), "{after:?}");
    assert_eq!(after.len(), 60, "the demo is there again");
    assert!(process.terminate().await.0.success());
    assert_eq!(data.processes(), Vec::<String>::new());
}

#[tokio::test]
async fn an_address_that_is_taken_is_told_and_leaves_no_process() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = Data::new();
    let path = data.path();
    let arguments = ["dev", "--no-demo", "--data", path.to_str().unwrap(), "--listen", &address];
    let (code, _, said) = run(arguments, &[]).await;
    assert_eq!(code, 1);
    assert!(said.contains(&format!("cannot listen on {address}")), "{said}");
    assert_eq!(data.processes(), Vec::<String>::new());
    drop(taken);

    let mut process = Process::start(arguments, &[]);
    process.line("Ctrl-C stops everything").await;
    assert!(!process.said().contains("demo"), "control, and without the demo: {}", process.said());
    assert_eq!(data.clinics().await, []);
    assert!(process.terminate().await.0.success());
}

#[tokio::test]
async fn the_demo_is_offered_to_this_machine_only() {
    let data = Data::new();
    let arguments = data.arguments(&["--listen", "0.0.0.0:0"]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (code, _, said) = run(&arguments, &[]).await;
    assert_eq!((code, data.path().exists()), (1, false), "nothing was made: {said}");
    assert!(said.contains("--no-demo"), "{said}");
}
