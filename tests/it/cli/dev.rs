//! `medicalpro dev`: everything on one machine, from nothing.

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
        let fixed = ["dev", "--data", path.to_str().unwrap(), "--listen", "127.0.0.1:0"];
        fixed.iter().chain(more).map(|&argument| argument.to_owned()).collect()
    }

    /// Starts it and waits until it says where it is.
    async fn start(&self, more: &[&str]) -> (Process, World) {
        let mut process = Process::start(self.arguments(more), &[]);
        let line = process.line("Swagger UI").await;
        let docs = line.split_whitespace().last().unwrap();
        let base = docs.strip_suffix("/docs").unwrap().to_owned();
        (process, World::elsewhere(base, Config::new(), self.path().join("mail"), None))
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

async fn log_in(world: &World) -> String {
    let credentials = json!({ "email": ACCOUNT, "password": PASSWORD });
    let answer = world.send(Method::POST, "/api/v1/auth/login", Some(&credentials)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
    answer.json["accessToken"].as_str().unwrap().to_owned()
}

/// Last names of the demo clinic's patients.
async fn patients(world: &World) -> Vec<String> {
    let token = log_in(world).await;
    let answer = world.request(Method::GET, "/api/v1/patients", Some(&token), &[], None).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
    let names = answer.json["data"].as_array().unwrap().iter().map(|one| one["lastName"].as_str().unwrap().to_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

async fn enter(world: &World, last_name: &str) {
    let token = log_in(world).await;
    let patient = json!({ "firstName": "Test", "lastName": last_name });
    let answer = world.request(Method::POST, "/api/v1/patients", Some(&token), &[], Some(&patient)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
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
    for line in
        ["making a PostgreSQL", "starting PostgreSQL", "preparing", "migrating", "making the demo clinic", ACCOUNT]
    {
        assert!(said.contains(line), "{line} is said: {said}");
    }
    assert_eq!(page(&world, "/docs").await.0, StatusCode::OK);
    let (status, mails) = page(&world, "/dev/mail").await;
    assert!(status == StatusCode::OK && mails.contains(ACCOUNT), "the demo's mail is shown");
    let demo = patients(&world).await;
    assert_eq!(demo.len(), 4, "{demo:?}");
    enter(&world, "Added").await;
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
    assert_eq!(patients(&world).await.len(), 5, "and the first is none the worse for it");

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
    assert_eq!(patients(&world).await.len(), 5);
    assert!(process.terminate().await.0.success());
}

#[tokio::test]
async fn it_recovers_from_being_killed_and_rebuilds_when_asked() {
    let data = Data::new();
    let (process, world) = data.start(&[]).await;
    enter(&world, "Kept").await;
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
    assert_eq!(after.len(), 4, "the demo is there again");
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
    process.line("Swagger UI").await;
    assert!(!process.said().contains("demo clinic"), "control, and without the demo: {}", process.said());
    assert!(process.terminate().await.0.success());
}
