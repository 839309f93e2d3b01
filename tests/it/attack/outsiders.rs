//! `scripts/security` in its short form: what a customer's security team would run, against this server with two clinics' log-ins.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use medicalpro::ids::Role;
use tokio::process::Command;

use crate::support::{PASSWORD, World};

/// Runs one of the scripts; fails with all it said.
async fn python(script: &str, arguments: &[&str]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/security").join(script);
    let mut command = Command::new("python3");
    command.arg("-B").arg(script).args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    for who in ["A", "B", "ALSO"] {
        command.env(format!("SECURITY_PASSWORD_{who}"), PASSWORD);
    }
    let output = tokio::time::timeout(Duration::from_mins(10), command.output()).await.expect("it ends").unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}\n{}\n{}", output.status, text(&output.stdout), text(&output.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_clinics_log_ins_open_nothing_of_each_other_in_any_way_that_the_security_scripts_know() {
    let world = World::start().await;
    let (ours, theirs) = (world.clinic("outsiders-a").await, world.clinic("outsiders-b").await);
    let (_, secretary) = ours.member(Role::Secretary).await;
    theirs.seats(1000).await;
    let people = ["--url", &world.base, "--a", &ours.admin.email, "--b", &theirs.admin.email, "--also", &secretary];
    python("security.py", &[&people[..], &["--short", "--keep", "--yes"]].concat()).await;
}

/// A suite that cannot fail shows nothing: each hole of a small server must be found by the case that is there for it.
#[tokio::test]
async fn the_security_scripts_find_every_hole_that_is_made_for_them() {
    python("selftest.py", &[]).await;
}
