//! Wrong passwords: each makes the next attempt wait longer, on every server; nobody is locked out, and an address without an account
//! is treated like one that has one.

use futures_util::future::join_all;
use medicalpro::secrets::MasterKeys;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

use super::{assert_alike, log_in};
use crate::support::{Answer, MASTER_KEYS, PASSWORD, World};

const WRONG: &str = "wrong horse battery staple";

/// What central keeps of an account's failures.
struct Failures {
    central: Client,
    subject: Vec<u8>,
}

impl Failures {
    async fn of(world: &World, email: &str) -> Self {
        Self::counted(world, &format!("attempts on {email}")).await
    }

    async fn counted(world: &World, name: &str) -> Self {
        let subject = MasterKeys::parse(MASTER_KEYS).unwrap().fingerprint(name.as_bytes()).to_vec();
        Self { central: world.central().await, subject }
    }

    /// How many in a row, and the seconds to wait behind the last.
    async fn now(&self) -> Option<(i32, i64)> {
        let look = "SELECT failures, CASE WHEN isfinite(next_attempt_at)
                                          THEN round(extract(epoch FROM next_attempt_at - updated_at))::bigint ELSE 0 END
                      FROM medicalpro_central.login_failures WHERE subject = $1";
        let row = self.central.query_opt(look, &[&self.subject]).await.unwrap();
        row.map(|row| (row.get(0), row.get(1)))
    }

    /// There were so many, and the wait behind them is over.
    async fn were(&self, failures: i32) {
        let lay =
            "INSERT INTO medicalpro_central.login_failures (subject, failures, next_attempt_at) VALUES ($1, $2, now())
                   ON CONFLICT (subject) DO UPDATE SET failures = $2, next_attempt_at = now()";
        self.central.execute(lay, &[&self.subject, &failures]).await.unwrap();
    }

    /// Time passes: what lay in the past lies further in it.
    async fn age(&self, interval: &str) {
        let age = format!(
            "UPDATE medicalpro_central.login_failures SET updated_at = updated_at - interval '{interval}',
                    next_attempt_at = next_attempt_at - interval '{interval}' WHERE subject = $1"
        );
        assert_eq!(self.central.execute(&age, &[&self.subject]).await.unwrap(), 1);
    }
}

fn refused(answer: &Answer) -> u64 {
    assert_eq!((answer.status, answer.code()), (StatusCode::TOO_MANY_REQUESTS, "too_many_attempts"), "{answer:?}");
    answer.header("retry-after").parse().unwrap()
}

#[tokio::test]
async fn from_the_fifth_failure_on_each_doubles_the_wait_and_the_right_password_ends_it() {
    let world = World::start().await;
    let clinic = world.clinic("failures").await;
    let unknown = format!("nobody-{}", clinic.admin.email);
    for email in [clinic.admin.email.clone(), unknown] {
        let failures = Failures::of(&world, &email).await;
        for (nth, wait) in (1..).zip([0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]) {
            assert_eq!(log_in(&world, &email, WRONG).await.code(), "credentials_invalid", "{email} {nth}");
            assert_eq!(failures.now().await, Some((nth, wait)), "{email}");
            if wait > 30 {
                // Neither password is looked at, and an attempt in vain makes nothing worse.
                for password in [WRONG, PASSWORD] {
                    let seconds = refused(&log_in(&world, &email, password).await);
                    assert!((1..=u64::try_from(wait).unwrap()).contains(&seconds), "{seconds} of {wait}");
                }
                assert_eq!(failures.now().await, Some((nth, wait)), "{email}");
            }
            if wait > 0 {
                failures.age(&format!("{wait} seconds")).await;
            }
        }
    }
    let failures = Failures::of(&world, &clinic.admin.email).await;
    world.log_in(&clinic.admin.email).await;
    assert_eq!(failures.now().await, None, "forgotten");
    for nth in 1..=4 {
        assert_eq!(log_in(&world, &clinic.admin.email, WRONG).await.code(), "credentials_invalid");
        assert_eq!(failures.now().await, Some((nth, 0)));
    }
    // The control: few failures are in nobody's way.
    world.log_in(&clinic.admin.email).await;
    world.log_in(&clinic.admin.email).await;
    assert_eq!(failures.now().await, None);
}

#[tokio::test]
async fn a_wait_holds_on_every_server_and_is_answered_alike_for_an_unknown_address() {
    let (one, other) = (World::start().await, World::start().await);
    let clinic = one.clinic("servers").await;
    let known = clinic.admin.email.clone();
    let unknown = format!("nobody-{known}");
    for email in [&known, &unknown] {
        Failures::of(&one, email).await.were(20).await;
        assert_eq!(log_in(&one, email, WRONG).await.code(), "credentials_invalid");
    }
    let answers = join_all([&known, &unknown].map(|email| log_in(&other, email, PASSWORD))).await;
    let alike: Vec<Answer> = answers
        .into_iter()
        .map(|mut answer| {
            assert!((800..=900).contains(&refused(&answer)));
            answer.headers.remove("retry-after");
            answer
        })
        .collect();
    assert_alike(&alike[0], &alike[1]);

    // The control: another account on the same server, and the same one when the wait is over.
    other.log_in(&other.clinic("others").await.admin.email).await;
    Failures::of(&one, &known).await.age("900 seconds").await;
    other.log_in(&known).await;
}

#[tokio::test]
async fn of_fifty_guesses_at_once_no_more_are_looked_at_than_one_by_one() {
    let world = World::start().await;
    let clinic = world.clinic("guesses").await;
    let known = clinic.admin.email.clone();
    let central = world.central().await;
    for email in [known.clone(), format!("nobody-{known}")] {
        let failures = Failures::of(&world, &email).await;
        // Five are free; behind them come waits of 1, 2, 4, 8, 16 seconds, some of which may pass on a busy machine.
        for (before, looked_at) in [(20, 1..=1), (0, 5..=10)] {
            if before == 0 {
                central
                    .execute("DELETE FROM medicalpro_central.login_failures WHERE subject = $1", &[&failures.subject])
                    .await
                    .unwrap();
            } else {
                failures.were(before).await;
            }
            let body = json!({ "email": email, "password": WRONG });
            let requests: Vec<String> = (0..50).map(|_| Uuid::now_v7().to_string()).collect();
            let answers = join_all(requests.iter().map(async |id| {
                world.request(Method::POST, "/api/v1/auth/login", None, &[("x-request-id", id)], Some(&body)).await
            }))
            .await;
            let verified = answers.iter().filter(|answer| answer.code() == "credentials_invalid").count();
            assert!(looked_at.contains(&verified), "{verified} after {before}");
            answers.iter().filter(|answer| answer.code() != "credentials_invalid").for_each(|answer| {
                refused(answer);
            });
            let told = "SELECT count(*) FROM medicalpro_central.audit_logs WHERE request_id::text = ANY ($1) AND action = 'login'";
            let told: i64 = central.query_one(told, &[&requests]).await.unwrap().get(0);
            assert_eq!(usize::try_from(told).unwrap(), verified, "the trail has those that were looked at");
        }
    }
    // The control: the wait over, the right password gets in.
    Failures::of(&world, &known).await.age("1 hour").await;
    world.log_in(&known).await;
}

#[tokio::test]
async fn a_known_device_gets_in_while_others_fail_and_a_stolen_one_may_fail_no_more_often() {
    let world = World::start_with(&["--logins-per-minute", "40"]).await;
    let clinic = world.clinic("device").await;
    let email = &clinic.admin.email;
    let from = async |device: Option<&str>, password: &str, email: &str| {
        let body = json!({ "email": email, "password": password, "deviceToken": device });
        let body = if device.is_some() { body } else { json!({ "email": email, "password": password }) };
        world.send(Method::POST, "/api/v1/auth/login", Some(&body)).await
    };
    let mine = from(None, PASSWORD, email).await.json["deviceToken"].as_str().unwrap().to_owned();
    let account = Failures::of(&world, email).await;
    account.were(20).await;
    assert_eq!(from(None, WRONG, email).await.code(), "credentials_invalid");
    refused(&from(None, PASSWORD, email).await);

    // Under attack: the known device gets in, as often as it likes, and no other does.
    for _ in 0..2 {
        assert_eq!(from(Some(&mine), PASSWORD, email).await.status, StatusCode::OK);
        refused(&from(None, PASSWORD, email).await);
        refused(&from(Some("made-up-made-up-made-up-made-up-made-up-123"), PASSWORD, email).await);
    }
    assert_eq!(account.now().await, Some((21, 900)), "its log-ins help nobody else");

    // Somebody's device is no key to another's account.
    let other = world.clinic("other").await;
    Failures::of(&world, &other.admin.email).await.were(20).await;
    assert_eq!(from(Some(&mine), WRONG, &other.admin.email).await.code(), "credentials_invalid");
    refused(&from(Some(&mine), PASSWORD, &other.admin.email).await);

    // Stolen: its failures are counted like an account's, whatever becomes of the account.
    let device = "SELECT d.id FROM medicalpro_central.devices d JOIN medicalpro_central.users u ON u.id = d.user_id WHERE u.email = $1
                   ORDER BY d.created_at DESC LIMIT 1";
    let id: Uuid = world.central().await.query_one(device, &[email]).await.unwrap().get(0);
    let failures = Failures::counted(&world, &format!("attempts by device {id}")).await;
    assert_eq!(failures.now().await, None);
    for nth in 1..=4 {
        assert_eq!(from(Some(&mine), WRONG, email).await.code(), "credentials_invalid");
        assert_eq!(failures.now().await, Some((nth, 0)));
    }
    failures.were(20).await;
    assert_eq!(from(Some(&mine), WRONG, email).await.code(), "credentials_invalid");
    refused(&from(Some(&mine), PASSWORD, email).await);

    // The control: when the waits are over, both get in.
    failures.age("900 seconds").await;
    account.age("900 seconds").await;
    assert_eq!(from(Some(&mine), PASSWORD, email).await.status, StatusCode::OK);
    assert_eq!(from(None, PASSWORD, email).await.status, StatusCode::OK);
    assert_eq!((account.now().await, failures.now().await), (None, None));
}

#[tokio::test]
async fn failures_are_forgotten_after_a_day() {
    let world = World::start().await;
    let email = format!("nobody-{}@example.org", Uuid::now_v7().simple());
    let failures = Failures::of(&world, &email).await;
    for (age, after) in [("23 hours", (21, 900)), ("25 hours", (1, 0))] {
        failures.were(20).await;
        failures.age(age).await;
        assert_eq!(log_in(&world, &email, WRONG).await.code(), "credentials_invalid");
        assert_eq!(failures.now().await, Some(after), "{age}");
    }
}
