//! `medicalpro verify --keep`, and `GET /api/v1/platform/isolation-report`: what was kept last is read by the platform's people, is as it
//! was written, and is nobody's to change; the server cannot write one.

use chrono::DateTime;
use medicalpro::ids::PlatformRole;
use medicalpro::secrets::sha256;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_postgres::Client;

use super::verify::Installation;
use crate::isolation::by_hand::{refused, rows, send, try_connect};
use crate::support::process::run;
use crate::support::{Answer, admin_client, api_url, provisioner_url};

const PATH: &str = "/api/v1/platform/isolation-report";

impl Installation {
    /// Exit code, standard output, standard error.
    async fn keep(&self) -> (i32, String, String) {
        let (name, url) = self.site.provisioner();
        self.verify_with(&["--json", "--keep"], &[(name, &url)]).await
    }

    async fn read(&self, token: Option<&str>) -> Answer {
        self.site.world.request(Method::GET, PATH, token, &[], None).await
    }

    async fn kept(&self) -> i64 {
        let count = "SELECT count(*) FROM isolation_reports";
        self.site.central.query_one(count, &[]).await.unwrap().get(0)
    }
}

/// That an answer is what a run of the command told, and that its reader can tell.
async fn is_what_was_told(answer: &Answer, told: &str) {
    let told: Value = serde_json::from_str(told).unwrap();
    let (report, hash) = (&told["report"], &told["sha256"]);
    assert_eq!((answer.status, &answer.json["sha256"], &answer.json["report"]), (StatusCode::OK, hash, report));
    assert_eq!((&answer.json["ending"], &answer.json["figures"]), (&report["ending"], &report["figures"]));
    let time = |finished: &Value| DateTime::parse_from_rfc3339(finished.as_str().unwrap()).unwrap();
    assert_eq!(time(&answer.json["finished"]), time(&report["finished"]));
    assert_eq!(answer.header("etag"), format!("{hash}"));
    assert_eq!(*hash, hex::encode(sha256(answer.json["report"].to_string().as_bytes())), "keys sorted, no spaces");

    let file = std::env::temp_dir().join(format!("medicalpro-kept-{}.json", uuid::Uuid::now_v7().simple()));
    for (text, code) in [(answer.text.clone(), 0), (answer.text.replacen("\"failed\":0", "\"failed\":9", 9), 1)] {
        std::fs::write(&file, text).unwrap();
        assert_eq!(run(["verify", "--check", file.to_str().unwrap()], &[]).await.0, code);
    }
    std::fs::remove_file(&file).unwrap();
}

#[tokio::test]
async fn the_report_kept_last_is_read_by_the_platforms_people_and_by_nobody_of_a_clinic() {
    let installation = Installation::of(2).await;
    let site = &installation.site;
    let operators =
        [site.world.operator(PlatformRole::Support).await, site.world.operator(PlatformRole::SuperAdmin).await];
    let boss = Some(&*operators[1].token);
    let none_yet = (StatusCode::NOT_FOUND, "no_isolation_report".to_owned());
    let status = |answer: &Answer| (answer.status, answer.code().to_owned());
    assert_eq!(status(&installation.read(boss).await), none_yet);
    let (code, _, said) = installation.verify_with(&[], &[]).await;
    assert_eq!(code, 0, "{said}");
    assert_eq!(status(&installation.read(boss).await), none_yet, "it changes nothing, unless it is told to");

    let (code, held, said) = installation.keep().await;
    assert_eq!((code, &*said), (0, ""), "{held}");
    for operator in &operators {
        let answer = installation.read(Some(&operator.token)).await;
        assert_eq!(answer.json["ending"], "held");
        is_what_was_told(&answer, &held).await;
    }

    // Another time a wall is missing.
    let admin = admin_client(&site.admin, "postgres").await;
    let (own, other) = (installation.name(0), installation.name(1));
    admin.batch_execute(&format!("GRANT CONNECT ON DATABASE {own} TO {other}")).await.unwrap();
    let (code, failed, _) = installation.keep().await;
    assert_eq!(code, 1, "{failed}");
    let answer = installation.read(boss).await;
    assert_eq!(
        (&answer.json["ending"], &answer.json["figures"]["failed"]),
        (&json!("failed"), &json!(2)),
        "the newest"
    );
    is_what_was_told(&answer, &failed).await;
    assert_eq!(installation.kept().await, 2, "and the other is still there");

    let (_, email) = &installation.clinics[0];
    site.is_of_use_to(email).await;
    let member = site.world.log_in(email).await;
    assert_eq!(status(&installation.read(Some(&member.token)).await), (StatusCode::FORBIDDEN, "forbidden".to_owned()));
    assert_eq!(installation.read(None).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(installation.read(boss).await.status, StatusCode::OK, "control");
}

#[tokio::test]
async fn a_kept_report_is_nobodys_to_change_and_the_servers_login_writes_none() {
    let installation = Installation::of(2).await;
    let (site, admin) = (&installation.site, &installation.site.admin);
    assert_eq!(installation.keep().await.0, 0);
    let connect = async |url: String| try_connect(&url.parse().unwrap()).await.unwrap();
    let (api, worker) = (connect(api_url(admin)).await, connect(provisioner_url(admin)).await);
    let attempt = async |client: &Client, opening: &str, sql: &str| {
        let outcome = send(client, &format!("BEGIN; {opening}; {sql}")).await;
        client.batch_execute("ROLLBACK").await.unwrap();
        outcome
    };
    let insert = |report: &str, of: &str| {
        let hash = hex::encode(sha256(of.as_bytes()));
        format!("INSERT INTO isolation_reports (report, sha256) VALUES ('{report}', '{hash}')")
    };
    let report = r#"{"ending":"held"}"#;
    let changes =
        ["UPDATE isolation_reports SET report = report", "DELETE FROM isolation_reports", "TRUNCATE isolation_reports"];

    let at = "SET LOCAL search_path = medicalpro_central";
    assert_eq!(attempt(&api, at, "SELECT count(*) FROM isolation_reports").await, rows(["1"]), "control: it reads");
    for sql in changes.iter().copied().chain([&*insert(report, report)]) {
        assert_eq!(attempt(&api, at, sql).await, refused("42501"), "the server: {sql}");
    }
    assert_eq!(attempt(&worker, at, &insert(report, report)).await, rows([]), "control: the worker's login keeps one");
    for sql in changes {
        assert_eq!(attempt(&worker, at, sql).await, refused("42501"), "the worker: {sql}");
        let owner = format!("SET LOCAL ROLE medicalpro_central_owner; {at}");
        assert_eq!(attempt(&worker, &owner, sql).await, refused("MP007"), "the owner: {sql}");
    }
    for (report, of) in [(report, "another"), (r#"{"ending":"well"}"#, r#"{"ending":"well"}"#)] {
        assert_eq!(attempt(&worker, at, &insert(report, of)).await, refused("23514"), "{report}");
    }
    assert_eq!(attempt(&worker, at, &insert("{}", "{}")).await, refused("23502"), "it says how it ended");
    assert_eq!(installation.kept().await, 1);

    // That it is not kept is said, and what was found is told all the same.
    let (name, url) = site.provisioner();
    let (code, out, said) = installation.verify_with(&["--keep"], &[]).await;
    assert_eq!((code, &*out, said.contains("MEDICALPRO_PROVISIONER_URL is missing")), (2, "", true), "{said}");
    let wrong = url.replace("medicalpro_provisioner:", "medicalpro_provisioner:not-");
    let (code, out, said) = installation.verify_with(&["--json", "--keep"], &[(name, &wrong)]).await;
    assert_eq!((code, said.contains("the report was not kept")), (2, true), "{said}");
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["report"]["ending"], "held");
    site.central
        .batch_execute("REVOKE INSERT (report) ON isolation_reports FROM medicalpro_provisioner")
        .await
        .unwrap();
    let (code, _, said) = installation.keep().await;
    assert_eq!((code, said.contains("the report was not kept")), (1, true), "that it did not hold says more: {said}");
    assert_eq!(installation.kept().await, 1);
}
