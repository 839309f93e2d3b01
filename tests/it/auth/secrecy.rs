//! What was typed and what was issued stays out of logs, answers and Debug output.

use std::io::Write;
use std::sync::{Arc, Mutex};

use medicalpro::api::text::{NewPassword, OpaqueToken, Password};
use medicalpro::auth::login::Credentials;
use medicalpro::auth::register::{NewRegistration, Verification};
use medicalpro::auth::sessions::Refresh;
use poem_openapi::types::Example as _;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{log_in, post, register};
use crate::support::{PASSWORD, World};

/// Everything that is logged in this process.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_secret_reaches_a_log_or_an_answer() {
    let log = Log::default();
    let writer = log.clone();
    // Everything, down to the last detail.
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .finish();
    tracing::subscriber::set_global_default(subscriber).expect("a process of its own, as nextest makes them");
    let world = World::start().await;
    let wrong = "wrong-horse-battery-staple-7";
    let (email, _) = register(&world, "log", &json!({ "password": wrong })).await;
    let token = world.mailed_token(&email).await;
    assert_eq!(post(&world, "verify-email", &json!({ "token": token })).await.status, StatusCode::NO_CONTENT);
    let session = log_in(&world, &email, wrong).await;
    let text = |name: &str| session.json[name].as_str().unwrap().to_owned();
    let (access, refresh) = (text("accessToken"), text("refreshToken"));
    assert_eq!(world.request(Method::GET, "/api/v1/patients", Some(&access), &[], None).await.status, StatusCode::OK);
    assert_eq!(post(&world, "refresh", &json!({ "refreshToken": refresh })).await.status, StatusCode::OK);

    // Refused in every way: wrong, too long, in the wrong place, not even JSON's type.
    let too_long = format!("{PASSWORD}{}", "x".repeat(1000));
    for (path, body) in [
        ("login", json!({ "email": email, "password": PASSWORD })),
        ("login", json!({ "email": email, "password": too_long })),
        ("login", json!({ "email": PASSWORD, "password": [PASSWORD] })),
        ("login", json!({ "email": email, "password": PASSWORD, "again": PASSWORD })),
        ("register", json!({ "password": PASSWORD, "companyName": PASSWORD, "country": PASSWORD })),
        ("verify-email", json!({ "token": PASSWORD })),
        ("refresh", json!({ "refreshToken": PASSWORD })),
    ] {
        let answer = post(&world, path, &body).await;
        assert!(answer.status.is_client_error(), "{path}: {answer:?}");
        assert!(!answer.text.contains(PASSWORD), "{path}: {}", answer.text);
    }

    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(log.contains("/api/v1/auth/login"), "this test can fail: there is a log");
    for secret in [PASSWORD, wrong, &token, &access, &refresh, "argon2id$", "password-of-the-tests", email.as_str()] {
        let found = log.lines().find(|line| line.contains(secret));
        assert_eq!(found, None, "{secret}");
    }
}

#[test]
fn debug_shows_no_password_and_no_token() {
    let shown = [
        format!("{:?}", Credentials::example()),
        format!("{:?}", NewRegistration::example()),
        format!("{:?}", PASSWORD.parse::<Password>().unwrap()),
        format!("{:?}", PASSWORD.parse::<NewPassword>().unwrap()),
        format!("{:?}", Refresh { refresh_token: PASSWORD.parse::<OpaqueToken>().unwrap() }),
        format!("{:?}", Verification { token: PASSWORD.parse::<OpaqueToken>().unwrap() }),
    ];
    for text in shown {
        assert!(!text.contains(PASSWORD) && !text.contains('@'), "{text}");
    }
}
