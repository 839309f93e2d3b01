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

/// A server that believes the proxy which the tests' requests come from.
async fn behind_a_proxy(limits: &[&str]) -> World {
    World::start_with(&[limits, &["--trusted-proxies", "192.0.2.1,127.0.0.0/8"]].concat()).await
}

/// A refresh with a token that nobody else tried, through a proxy that says who asks; whether it was let through.
async fn try_from(world: &World, forwarded_for: &str) -> bool {
    let headers = [("x-forwarded-for", forwarded_for), ("forwarded", "for=192.0.2.77"), ("x-real-ip", "192.0.2.78")];
    let body = json!({ "refreshToken": uuid::Uuid::now_v7() });
    let answer = world.request(Method::POST, "/api/v1/auth/refresh", None, &headers, Some(&body)).await;
    match (answer.status, answer.code()) {
        (StatusCode::UNAUTHORIZED, "refresh_token_invalid") => true,
        (StatusCode::TOO_MANY_REQUESTS, "rate_limited") => false,
        _ => panic!("{answer:?}"),
    }
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_is_counted_apart_and_what_it_makes_up_is_not_believed() {
    let world = behind_a_proxy(&["--logins-per-minute", "2"]).await;
    for (forwarded_for, let_through) in [
        ("198.51.100.1", true),
        ("198.51.100.1", true),
        ("198.51.100.1", false),
        ("198.51.100.2", true),
        // The client writes what it likes, and the proxy adds the truth behind it.
        ("203.0.113.1, 198.51.100.1", false),
        ("203.0.113.2, gibberish, 198.51.100.1", false),
        // Two proxies of ours.
        ("203.0.113.3, 198.51.100.1, 192.0.2.1", false),
        ("203.0.113.3, 198.51.100.3, 192.0.2.1", true),
        // A household has 2^64 addresses, and is one.
        ("2001:db8:1:1::1", true),
        ("2001:db8:1:1::2", true),
        ("2001:db8:1:1:ffff::3", false),
        ("2001:db8:1:2::1", true),
    ] {
        assert_eq!(try_from(&world, forwarded_for).await, let_through, "{forwarded_for}");
    }

    // The control: the same proxy, which is nobody's of ours, is the client.
    let world = World::start_with(&["--logins-per-minute", "2", "--trusted-proxies", "192.0.2.0/24"]).await;
    for (client, let_through) in [("198.51.100.1", true), ("198.51.100.2", true), ("198.51.100.3", false)] {
        assert_eq!(try_from(&world, client).await, let_through, "{client}");
    }
}

#[tokio::test]
async fn a_network_may_do_as_much_as_ten_addresses() {
    let world = behind_a_proxy(&["--logins-per-minute", "1"]).await;
    for number in 1..=10 {
        assert!(try_from(&world, &format!("198.51.100.{number}")).await, "{number}");
        assert!(try_from(&world, &format!("2001:db8:1:{number}::1")).await, "{number}");
    }
    assert!(!try_from(&world, "198.51.100.11").await);
    assert!(!try_from(&world, "2001:db8:1:11::1").await);
    // The control: others go on.
    assert!(try_from(&world, "198.51.101.11").await);
    assert!(try_from(&world, "2001:db8:2:11::1").await);
}

#[tokio::test]
async fn an_account_is_limited_from_wherever_it_is_asked_for_whether_or_not_it_exists() {
    let world = behind_a_proxy(&["--logins-per-minute", "2", "--registrations-per-minute", "2"]).await;
    let from = async |path: &str, body: &Value, client: u8| {
        let headers = [("x-forwarded-for", &*format!("198.51.{client}.1"))];
        world.request(Method::POST, &format!("/api/v1/auth/{path}"), None, &headers, Some(body)).await
    };
    let known = World::registration("account");
    assert_eq!(from("register", &known, 1).await.status, StatusCode::CREATED);
    for (email, asked_before) in [(known["email"].as_str().unwrap(), 1), ("nobody-at-all@example.org", 0)] {
        // Written another way, it is the same account.
        for (path, body, status, allowed) in [
            ("login", json!({ "email": email.to_uppercase(), "password": "wrong horse battery" }), 401, 2),
            ("resend-verification", json!({ "email": email }), 204, 2 - asked_before),
        ] {
            for client in 0..allowed {
                assert_eq!(from(path, &body, 10 + client).await.status, status, "{path} {client}");
            }
            let refused = from(path, &body, 99).await;
            if path == "resend-verification" {
                // Who asks too often for somebody else does not keep them from asking.
                assert_eq!(refused.status, StatusCode::NO_CONTENT);
                continue;
            }
            assert_eq!((refused.status, refused.code()), (StatusCode::TOO_MANY_REQUESTS, "rate_limited"), "{path}");
            assert!((1..=60).contains(&refused.header("retry-after").parse::<u64>().unwrap()));
        }
        let mut again = World::registration("account");
        again["email"] = json!(email);
        assert_eq!(from("register", &again, 98).await.code(), "rate_limited");
    }
    // The control: another account from the same places.
    let other = json!({ "email": "somebody-else@example.org", "password": "wrong horse battery" });
    assert_eq!(from("login", &other, 10).await.code(), "rate_limited", "this place has asked for two accounts");
    assert_eq!(from("login", &other, 97).await.code(), "credentials_invalid");
}
