//! Limits by network address on what anybody may call.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, World};

async fn send(world: &World, path: &str, body: &Value, claims_to_be: &str) -> Answer {
    let headers = [("x-forwarded-for", claims_to_be), ("x-real-ip", claims_to_be), ("forwarded", claims_to_be)];
    world.request(Method::POST, &format!("/api/v1/auth/{path}"), None, &headers, Some(body)).await
}

#[tokio::test]
async fn too_many_requests_are_429_with_the_time_to_wait() {
    let world = World::start_with(&["--logins-per-minute", "3", "--registrations-per-minute", "2"]).await;
    let refresh = json!({ "refreshToken": "x" });
    for attempt in 0..3 {
        assert_eq!(send(&world, "refresh", &refresh, "10.0.0.1").await.status, StatusCode::UNAUTHORIZED, "{attempt}");
    }
    let login = json!({ "email": "nobody@example.org", "password": "wrong horse battery" });
    let resend = json!({ "email": "nobody@example.org" });
    for attempt in 0..2 {
        let answer = send(&world, "resend-verification", &resend, "10.0.0.1").await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{attempt}: counted apart");
    }
    let registration = World::registration("limited");
    for (path, body) in [
        ("refresh", &refresh),
        ("login", &login),
        ("verify-email", &json!({ "token": "x" })),
        ("resend-verification", &resend),
        ("register", &registration),
    ] {
        // Another address in a header is not believed.
        let refused = send(&world, path, body, "10.0.0.2").await;
        assert_eq!((refused.status, refused.code()), (StatusCode::TOO_MANY_REQUESTS, "rate_limited"), "{path}");
        let wait: u64 = refused.header("retry-after").parse().unwrap();
        assert!((1..=60).contains(&wait), "{path}: {wait}");
    }
    let made = "SELECT count(*) FROM medicalpro_central.users WHERE email = $1";
    let email = registration["email"].as_str().unwrap();
    assert_eq!(world.central().await.query_one(made, &[&email]).await.unwrap().get::<_, i64>(0), 0);
    assert_eq!(world.send(Method::GET, "/.well-known/jwks.json", None).await.status, StatusCode::OK, "others go on");

    // The control: with other settings, the same requests are answered.
    let world = World::start().await;
    for _ in 0..10 {
        assert_eq!(send(&world, "refresh", &refresh, "10.0.0.1").await.status, StatusCode::UNAUTHORIZED);
    }
}
