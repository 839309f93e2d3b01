//! docker-compose.yml, read without an engine: who may do what, who has which secret, and that each setting exists.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_yaml::Value;

use crate::support::process::run;

/// Containers that run our binary, with the command and the secrets of each.
const OURS: [(&str, &str, &[&str]); 4] = [
    ("bootstrap", "bootstrap", &["admin_url", "ca", "database_url", "provisioner_url"]),
    ("migrate", "migrate", &["ca", "provisioner_url"]),
    ("worker", "worker", &["ca", "mail", "master_keys", "provisioner_url"]),
    ("server", "serve", &["ca", "database_url", "master_keys"]),
];

fn file(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect(name)
}

fn compose() -> Value {
    let mut compose: Value = serde_yaml::from_str(&file("docker-compose.yml")).expect("it is YAML");
    // What is merged into a service holds merges itself.
    while serde_yaml::to_string(&compose).unwrap().contains("<<:") {
        compose.apply_merge().expect("its merges are sound");
    }
    compose
}

fn services(compose: &Value) -> BTreeMap<String, &Value> {
    let services = compose["services"].as_mapping().unwrap();
    services.iter().map(|(name, service)| (name.as_str().unwrap().to_owned(), service)).collect()
}

fn texts(value: &Value) -> BTreeSet<&str> {
    value.as_sequence().into_iter().flatten().map(|one| one.as_str().expect("text")).collect()
}

fn environment(service: &Value) -> BTreeMap<&str, &str> {
    let pairs = service["environment"].as_mapping().into_iter().flatten();
    pairs.map(|(name, value)| (name.as_str().unwrap(), value.as_str().expect("text"))).collect()
}

#[tokio::test]
async fn every_setting_in_it_is_one_of_the_command_that_gets_it() {
    let compose = compose();
    for (name, command, _) in OURS {
        let service = &compose["services"][name];
        assert_eq!(service["command"][0], command);
        // Lines are wrapped wherever there is a space.
        let help = run([command, "--help"], &[]).await.1.split_whitespace().collect::<Vec<_>>().join(" ");
        let known = |variable: &str| ["", "="].iter().any(|sign| help.contains(&format!("[env: {variable}{sign}]")));
        assert!(known("MEDICALPRO_DATABASE_CA"), "control: {help}");
        for variable in environment(service).keys() {
            assert!(known(variable), "{command} {variable}: unknown");
        }
    }
}

#[test]
fn no_container_is_root_or_can_write_or_gain_privileges() {
    let compose = compose();
    let services = services(&compose);
    assert_eq!(services.len(), OURS.len() + 2, "PostgreSQL and the sink besides ours");
    for (name, service) in &services {
        let user = service["user"].as_str().expect("a user by its number");
        let numbers: Vec<u32> = user.split(':').map(|number| number.parse().unwrap()).collect();
        assert!(numbers.len() == 2 && !numbers.contains(&0), "{name}: {user}");
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(texts(&service["cap_drop"]), ["ALL"].into(), "{name}");
        assert_eq!(texts(&service["security_opt"]), ["no-new-privileges:true"].into(), "{name}");
        for limit in ["mem_limit", "pids_limit"] {
            assert!(!service[limit].is_null(), "{name} has no {limit}");
        }
        for power in ["privileged", "cap_add", "devices", "network_mode", "pid", "ipc", "userns_mode"] {
            assert!(service[power].is_null(), "{name} has {power}");
        }
    }
    for (name, _, _) in OURS {
        for place in ["volumes", "tmpfs", "configs", "entrypoint"] {
            assert!(services[name][place].is_null(), "{name} can write nowhere, and runs the image's binary: {place}");
        }
    }
    assert!(!services["postgres"]["volumes"].is_null(), "control");
}

#[test]
fn secrets_are_files_each_for_whom_needs_it() {
    let compose = compose();
    let declared = compose["secrets"].as_mapping().unwrap();
    for (name, secret) in declared {
        let place = secret["file"].as_str().expect("a file");
        assert!(place.starts_with("secrets/"), "{name:?} is in the folder that git and the image ignore");
    }
    let mounted: BTreeSet<&str> = services(&compose).values().flat_map(|service| texts(&service["secrets"])).collect();
    assert_eq!(mounted, declared.keys().map(|name| name.as_str().unwrap()).collect(), "each is somebody's");
    assert!(file(".gitignore").lines().any(|line| line == "/secrets"));
    let ignored = file(".dockerignore");
    let lines: Vec<&str> = ignored.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(lines[0] == "*" && !lines.iter().any(|line| line.contains("secrets")), "{lines:?}");

    for (name, _, theirs) in OURS {
        let service = &compose["services"][name];
        assert_eq!(texts(&service["secrets"]), theirs.iter().copied().collect(), "{name}");
        let environment = environment(service);
        let named: BTreeSet<&str> =
            environment.values().filter_map(|value| value.strip_prefix("/run/secrets/")).collect();
        assert_eq!(named, theirs.iter().copied().collect(), "{name} is told of each of its secrets, and of no other");
        for secret in ["MASTER_KEYS", "DATABASE_URL", "PROVISIONER_URL", "ADMIN_URL", "MAIL"] {
            assert!(!environment.contains_key(&*format!("MEDICALPRO_{secret}")), "{name}: {secret} is no value");
        }
    }
    // In whoever's environment, and on whoever's command line.
    let text = serde_yaml::to_string(&compose["services"]).unwrap();
    for sign in ["postgres://", "smtp://", "smtps://", "PASSWORD:", "PRIVATE KEY"] {
        assert!(!text.contains(sign), "{sign}");
    }
    assert!(text.contains("POSTGRES_PASSWORD_FILE: /run/secrets/postgres_password"), "control");
}

#[test]
fn networks_keep_apart_who_does_not_talk_and_nothing_is_published_to_the_world() {
    let compose = compose();
    let on = |network: &str| -> BTreeSet<String> {
        let services = services(&compose).into_iter();
        services.filter(|(_, service)| texts(&service["networks"]).contains(network)).map(|(name, _)| name).collect()
    };
    let names = |names: &[&str]| -> BTreeSet<String> { names.iter().map(|&name| name.to_owned()).collect() };
    assert_eq!(on("database"), names(&["postgres", "bootstrap", "migrate", "worker", "server"]));
    assert_eq!(on("mail"), names(&["mail", "worker"]));
    assert_eq!((on("web"), on("inbox")), (names(&["server"]), names(&["mail"])));
    for network in ["database", "mail"] {
        assert_eq!(compose["networks"][network]["internal"], true, "{network}");
    }
    let mut published = BTreeMap::new();
    for (name, service) in services(&compose) {
        for port in texts(&service["ports"]) {
            assert!(port.starts_with("127.0.0.1:"), "{name} publishes {port}");
            published.insert(name.clone(), port);
        }
    }
    assert_eq!(published.keys().cloned().collect::<BTreeSet<_>>(), names(&["server", "mail"]));

    let hba = file("scripts/docker/pg_hba.conf");
    let lines: Vec<&str> = hba.lines().filter(|line| !line.starts_with('#')).collect();
    let kinds: Vec<&str> = lines.iter().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(kinds, ["local", "hostssl"], "without TLS nobody comes in by the network");
    assert!(lines[1].ends_with("scram-sha-256"));
    assert!(texts(&compose["services"]["postgres"]["command"]).contains("--ssl=on"));
}

#[test]
fn server_and_worker_are_asked_how_they_are_and_given_time_to_end() {
    let compose = compose();
    for (name, port, path) in [("server", "8080", "/health/ready"), ("worker", "9464", "/health/ready")] {
        let service = &compose["services"][name];
        let asked = texts(&service["healthcheck"]["test"]);
        let url = format!("http://127.0.0.1:{port}{path}");
        assert!(asked.contains("health") && asked.contains(&*url), "{name}: {asked:?}");
        assert!(environment(service).values().any(|value| *value == format!("0.0.0.0:{port}")), "{name} listens there");
        assert_eq!(service["stop_grace_period"], "30s", "longer than the 20 seconds of app::DRAIN");
        assert_eq!(service["restart"], "unless-stopped");
    }
    for (name, after, condition) in [
        ("bootstrap", "postgres", "service_healthy"),
        ("migrate", "bootstrap", "service_completed_successfully"),
        ("worker", "migrate", "service_completed_successfully"),
        ("server", "worker", "service_healthy"),
    ] {
        assert_eq!(compose["services"][name]["depends_on"][after]["condition"], condition, "{name} after {after}");
    }
}
