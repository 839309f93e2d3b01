//! `--help` documents every setting; a process with a missing or weak secret does not start, names the setting and never quotes it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::support::MASTER_KEYS;
use crate::support::process::run;

const URL: &str = "postgres://medicalpro_api:a-password-of-the-tests@127.0.0.1:1/medicalpro_central";

/// The commands and the variables that each of them reads.
const COMMANDS: [(&str, &[&str]); 12] = [
    (
        "serve",
        &[
            "MEDICALPRO_DATABASE_URL",
            "MEDICALPRO_DATABASE_URL_FILE",
            "MEDICALPRO_MASTER_KEYS",
            "MEDICALPRO_MASTER_KEYS_FILE",
            "MEDICALPRO_DATABASE_CA",
            "MEDICALPRO_LISTEN",
            "MEDICALPRO_METRICS_LISTEN",
            "MEDICALPRO_POOL_SIZE",
            "MEDICALPRO_CONNECTION_BUDGET",
            "MEDICALPRO_CENTRAL_POOL_SIZE",
            "MEDICALPRO_POOL_IDLE",
            "MEDICALPRO_POOL_WAIT",
            "MEDICALPRO_PROVISIONING_WAIT",
            "MEDICALPRO_HASHES_AT_ONCE",
            "MEDICALPRO_PUBLIC_URL",
            "MEDICALPRO_TRUSTED_PROXIES",
            "MEDICALPRO_REGISTRATIONS_PER_MINUTE",
            "MEDICALPRO_LOGINS_PER_MINUTE",
            "MEDICALPRO_SESSION_HOURS",
            "MEDICALPRO_SESSION_IDLE_MINUTES",
        ],
    ),
    (
        "worker",
        &[
            "MEDICALPRO_PROVISIONER_URL",
            "MEDICALPRO_PROVISIONER_URL_FILE",
            "MEDICALPRO_MASTER_KEYS",
            "MEDICALPRO_MASTER_KEYS_FILE",
            "MEDICALPRO_DATABASE_CA",
            "MEDICALPRO_METRICS_LISTEN",
            "MEDICALPRO_LANES",
            "MEDICALPRO_PROVISIONING",
            "MEDICALPRO_AUDIT_RETENTION_DAYS",
            "MEDICALPRO_CLINIC_CONNECTIONS",
            "MEDICALPRO_MAIL",
            "MEDICALPRO_MAIL_FILE",
            "MEDICALPRO_MAIL_FROM",
            "MEDICALPRO_PUBLIC_URL",
            "MEDICALPRO_SPARES",
            "MEDICALPRO_SIGNING_KEY_DAYS",
        ],
    ),
    (
        "bootstrap",
        &[
            "MEDICALPRO_ADMIN_URL",
            "MEDICALPRO_ADMIN_URL_FILE",
            "MEDICALPRO_DATABASE_URL",
            "MEDICALPRO_DATABASE_URL_FILE",
            "MEDICALPRO_PROVISIONER_URL",
            "MEDICALPRO_PROVISIONER_URL_FILE",
            "MEDICALPRO_DATABASE_CA",
        ],
    ),
    ("migrate", &["MEDICALPRO_PROVISIONER_URL", "MEDICALPRO_PROVISIONER_URL_FILE", "MEDICALPRO_DATABASE_CA"]),
    ("clinics", &["MEDICALPRO_PROVISIONER_URL", "MEDICALPRO_PROVISIONER_URL_FILE", "MEDICALPRO_DATABASE_CA"]),
    ("platform", &["MEDICALPRO_PROVISIONER_URL", "MEDICALPRO_PROVISIONER_URL_FILE", "MEDICALPRO_DATABASE_CA"]),
    (
        "verify",
        &[
            "MEDICALPRO_DATABASE_URL",
            "MEDICALPRO_DATABASE_URL_FILE",
            "MEDICALPRO_MASTER_KEYS",
            "MEDICALPRO_MASTER_KEYS_FILE",
            "MEDICALPRO_PROVISIONER_URL",
            "MEDICALPRO_PROVISIONER_URL_FILE",
            "MEDICALPRO_DATABASE_CA",
        ],
    ),
    ("dev", &["MEDICALPRO_DATA", "MEDICALPRO_LISTEN", "MEDICALPRO_METRICS_LISTEN"]),
    ("health", &[]),
    ("keys", &[]),
    ("mail", &[]),
    ("openapi", &[]),
];

#[tokio::test]
async fn the_help_of_every_command_documents_its_settings() {
    for (command, variables) in COMMANDS {
        let (code, help, _) = run([command, "--help"], &[]).await;
        assert_eq!(code, 0);
        // Lines are wrapped wherever there is a space.
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        let documented: BTreeSet<&str> =
            help.split("[env: ").skip(1).map(|rest| rest.split(['=', ']']).next().unwrap()).collect();
        assert_eq!(documented, variables.iter().copied().collect(), "{command}");
    }
}

#[tokio::test]
async fn every_variable_that_the_source_reads_is_in_some_help() {
    let mut read = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(path).unwrap();
                let quoted = text.split('"').filter(|part| part.starts_with("MEDICALPRO_"));
                let names = quoted.filter(|name| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'));
                read.extend(names.map(str::to_owned));
            }
        }
    }
    assert!(read.len() >= 20, "control: {read:?}");
    let mut helps = run(["--help"], &[]).await.1;
    for (command, _) in COMMANDS {
        helps.push_str(&run([command, "--help"], &[]).await.1);
    }
    let undocumented: Vec<&String> = read.iter().filter(|name| !helps.contains(name.as_str())).collect();
    assert_eq!(undocumented, Vec::<&String>::new());
}

#[tokio::test]
async fn help_shows_no_value_of_a_secret() {
    let secrets = [
        ("MEDICALPRO_DATABASE_URL", URL),
        ("MEDICALPRO_PROVISIONER_URL", URL),
        ("MEDICALPRO_ADMIN_URL", URL),
        ("MEDICALPRO_MASTER_KEYS", MASTER_KEYS),
        ("MEDICALPRO_MASTER_KEYS_FILE", MASTER_KEYS),
        ("MEDICALPRO_MAIL", "smtp://somebody:a-password-of-the-tests@127.0.0.1"),
        ("MEDICALPRO_LISTEN", "127.0.0.1:4711"),
    ];
    for (command, _) in COMMANDS {
        let (_, help, _) = run([command, "--help"], &secrets).await;
        assert!(!help.contains("a-password-of-the-tests") && !help.contains(MASTER_KEYS), "{command}");
        assert_eq!(help.contains("4711"), command == "serve" || command == "dev", "control: other values are shown");
    }
}

/// What is wrong with one setting, and what must be said about it.
async fn is_refused(command: &str, good: &[(&str, &str)], wrong: &[(&str, Option<&str>)], expected: &[&str]) {
    let mut settings: Vec<(&str, &str)> =
        good.iter().filter(|(name, _)| !wrong.iter().any(|(other, _)| other == name)).copied().collect();
    settings.extend(wrong.iter().filter_map(|(name, value)| value.map(|value| (*name, value))));
    let (code, out, said) = run([command], &settings).await;
    assert_eq!((code, &*out), (1, ""), "{wrong:?}: {said}");
    for text in expected {
        assert!(said.contains(text), "{text} for {wrong:?}: {said}");
    }
    for value in wrong.iter().filter_map(|(name, value)| value.filter(|_| !name.ends_with("_FILE"))) {
        let secret = value.rsplit(['/', ':', '@']).find(|part| part.len() > 6 && !part.contains("medicalpro"));
        assert!(!secret.is_some_and(|secret| said.contains(secret)), "{value} is quoted: {said}");
        assert!(!said.contains("sesame"), "{value} is quoted: {said}");
    }
}

const WEAK_KEYS: [(&str, &str); 5] = [
    ("sesame-without-an-id", "not of the form"),
    ("k1:c2VzYW1lc2VzYW1l", "32 bytes"),
    ("k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "not random"),
    ("k1:not base64 at all!", "base64"),
    ("bad id:nZx5Yc0uWl7tq2kGJ4rB8eVfHs3PaD6mO1iKxTgQwLo", "id"),
];

#[tokio::test]
async fn serve_does_not_start_on_a_missing_or_weak_secret() {
    let good = [("MEDICALPRO_DATABASE_URL", URL), ("MEDICALPRO_MASTER_KEYS", MASTER_KEYS)];
    is_refused("serve", &good, &[], &["central is not ready"]).await; // control: all settings are right, nobody is there

    let url = "MEDICALPRO_DATABASE_URL";
    for (value, why) in [
        (None, "missing"),
        (Some("sesame"), "not a PostgreSQL URL"),
        (Some("postgres://medicalpro_api:sesame-short@127.0.0.1:1/x"), "weak password"),
        (Some("postgres://medicalpro_api@127.0.0.1:1/x"), "weak password"),
    ] {
        is_refused("serve", &good, &[(url, value)], &[url, why]).await;
    }
    let keys = "MEDICALPRO_MASTER_KEYS";
    for none in [None, Some("")] {
        is_refused("serve", &good, &[(keys, none)], &[keys, "missing", "keys generate"]).await;
    }
    for (value, why) in WEAK_KEYS {
        is_refused("serve", &good, &[(keys, Some(value))], &[keys, why]).await;
    }
}

/// A directory of a test's own; deleted with this.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("medicalpro-test-settings-{}", uuid::Uuid::now_v7().simple()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A command that stops at one secret, all else being right; how far it gets with it; and the secret.
struct ByFile {
    command: &'static str,
    good: &'static [(&'static str, &'static str)],
    name: &'static str,
    value: &'static str,
    further: &'static str,
}

const BY_FILE: [ByFile; 5] = [
    ByFile {
        command: "serve",
        good: &[("MEDICALPRO_DATABASE_URL", URL)],
        name: "MEDICALPRO_MASTER_KEYS",
        value: MASTER_KEYS,
        further: "central is not ready",
    },
    ByFile {
        command: "serve",
        good: &[("MEDICALPRO_MASTER_KEYS", MASTER_KEYS)],
        name: "MEDICALPRO_DATABASE_URL",
        value: URL,
        further: "central is not ready",
    },
    ByFile { command: "migrate", good: &[], name: "MEDICALPRO_PROVISIONER_URL", value: URL, further: "onnect" },
    ByFile {
        command: "bootstrap",
        good: &[],
        name: "MEDICALPRO_ADMIN_URL",
        value: URL,
        further: "as the administrator",
    },
    ByFile {
        command: "worker",
        good: &[("MEDICALPRO_PROVISIONER_URL", URL), ("MEDICALPRO_MASTER_KEYS", MASTER_KEYS)],
        name: "MEDICALPRO_MAIL",
        value: "smtp://somebody:a-password-of-the-tests@127.0.0.1",
        further: "cannot reach central",
    },
];

#[tokio::test]
async fn every_secret_may_be_in_a_file_which_is_refused_when_it_is_no_secret() {
    let folder = Folder::new();
    let (file, pipe) = (folder.0.join("secret"), folder.0.join("pipe"));
    let (folder_name, file_name) = (folder.0.to_str().unwrap(), file.to_str().unwrap());
    for ByFile { command, good, name, value, further } in BY_FILE {
        let by_file = &*format!("{name}_FILE");
        let refused = async |file: &str, expected: &[&str]| {
            is_refused(command, good, &[(by_file, Some(file))], expected).await;
        };
        let _ = std::fs::remove_file(&file);
        refused(file_name, &[by_file, "cannot be read"]).await;
        refused(folder_name, &[by_file, "cannot be read"]).await;
        // A pipe would be waited for; and it is no file that this names, but what should be in one.
        let _ = std::process::Command::new("mkfifo").arg(&pipe).output().unwrap();
        refused(pipe.to_str().unwrap(), &[by_file, "cannot be read"]).await;
        let (_, _, said) = run([command], &[good, &[(by_file, value)]].concat()).await;
        assert!(said.contains(by_file) && !said.contains("a-password-of-the-tests"), "{said}");
        for (content, why) in [
            (vec![], "is empty"),
            (b"\n \n".to_vec(), "is empty"),
            (b"sesame".repeat(11_000), "too large"),
            (vec![0xff, 0xfe], "cannot be read"),
        ] {
            std::fs::write(&file, content).unwrap();
            refused(file_name, &[by_file, why]).await;
        }
        std::fs::write(&file, "sesame-sesame-sesame").unwrap();
        refused(file_name, &[name]).await;
        let both = [(by_file, Some(file_name)), (name, Some(value))];
        is_refused(command, good, &both, &[by_file, &format!("{name} or"), "not both"]).await;
        std::fs::write(&file, format!("{value}\n")).unwrap();
        refused(file_name, &[further]).await; // control
        // A value that was taken back is none.
        is_refused(command, good, &[(by_file, Some(file_name)), (name, Some(""))], &[further]).await;
    }
}

#[tokio::test]
async fn serve_does_not_start_on_weak_keys_in_a_file() {
    let good = [("MEDICALPRO_DATABASE_URL", URL)];
    let folder = Folder::new();
    let file = folder.0.join("keys");
    for (weak, why) in WEAK_KEYS {
        std::fs::write(&file, weak).unwrap();
        let wrong = [("MEDICALPRO_MASTER_KEYS_FILE", Some(file.to_str().unwrap()))];
        is_refused("serve", &good, &wrong, &["MEDICALPRO_MASTER_KEYS", why]).await;
    }
}

#[tokio::test]
async fn the_worker_does_not_start_on_a_missing_or_weak_setting() {
    let good = [
        ("MEDICALPRO_PROVISIONER_URL", URL),
        ("MEDICALPRO_MASTER_KEYS", MASTER_KEYS),
        ("MEDICALPRO_MAIL", "file:/nowhere"),
    ];
    is_refused("worker", &good, &[], &["cannot reach central"]).await; // control
    for (name, value, why) in [
        ("MEDICALPRO_PROVISIONER_URL", None, "missing"),
        ("MEDICALPRO_PROVISIONER_URL", Some("postgres://medicalpro_provisioner:sesame@127.0.0.1:1/x"), "weak"),
        ("MEDICALPRO_MASTER_KEYS", None, "missing"),
        ("MEDICALPRO_MASTER_KEYS", Some("k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), "not random"),
        ("MEDICALPRO_MAIL", None, "missing"),
        ("MEDICALPRO_MAIL", Some("pigeon://sesame"), "MEDICALPRO_MAIL"),
    ] {
        is_refused("worker", &good, &[(name, value)], &[name, why]).await;
    }
}

#[tokio::test]
async fn what_cannot_be_understood_ends_with_two() {
    for arguments in [
        &["serve", "--nonsense"][..],
        &["nonsense"],
        &[],
        &["clinics", "show", "not-a-uuid"],
        &["migrate", "--at-once", "0"],
        &["health", "--url", "not a URL"],
    ] {
        let (code, out, said) = run(arguments, &[]).await;
        assert_eq!((code, &*out), (2, ""), "{arguments:?}");
        assert!(said.contains("--help") || said.contains("Usage"), "{arguments:?}: {said}");
    }
    let (code, _, said) = run(["serve"], &[("MEDICALPRO_POOL_SIZE", "many")]).await;
    assert_eq!((code, said.contains("--pool-size")), (2, true), "a setting that is no number: {said}");
    let (code, out, _) = run(["--version"], &[]).await;
    assert_eq!((code, out.trim()), (0, &*format!("medicalpro {}", env!("CARGO_PKG_VERSION"))), "control");
}
