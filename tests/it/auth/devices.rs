//! Devices: known by a token that they keep, and a mail about one that was not seen before. Up to the queued row.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::post;
use crate::support::{Answer, PASSWORD, World};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

async fn log_in_from(world: &World, email: &str, device: Option<&str>) -> Answer {
    let mut body = json!({ "email": email, "password": PASSWORD });
    if let Some(token) = device {
        body["deviceToken"] = token.into();
    }
    let answer = world.request(Method::POST, "/api/v1/auth/login", None, &[("user-agent", FIREFOX)], Some(&body)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
    answer
}

fn token(answer: &Answer) -> Option<&str> {
    answer.json["deviceToken"].as_str()
}

async fn mails(world: &World, email: &str) -> Vec<Value> {
    let query =
        "SELECT o.payload FROM medicalpro_central.email_outbox o JOIN medicalpro_central.users u ON u.id = o.user_id
                  WHERE u.email = $1 AND o.kind = 'new_device' AND o.company_id IS NOT NULL ORDER BY o.created_at";
    world.central().await.query(query, &[&email]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn a_new_device_gets_a_token_and_a_mail_goes_to_whoever_has_been_here_before() {
    let world = World::start().await;
    let clinic = world.clinic("devices").await;
    let email = &clinic.admin.email;
    assert!(mails(&world, email).await.is_empty(), "not at the first log-in");

    let new = log_in_from(&world, email, None).await;
    let kept = token(&new).expect("a token to keep").to_owned();
    let mailed = mails(&world, email).await;
    assert_eq!(mailed.len(), 1);
    assert_eq!((&mailed[0]["device"], &mailed[0]["network"]), (&json!("Firefox on Linux"), &json!("127.0.0.0/24")));
    assert!(mailed[0]["at"].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().is_ok());
    assert!(!mailed[0].to_string().contains(&kept), "no token in it");

    let known = log_in_from(&world, email, Some(&kept)).await;
    assert_eq!((token(&known), mails(&world, email).await.len()), (None, 1), "known");
    let refreshed = post(&world, "refresh", &json!({ "refreshToken": known.json["refreshToken"] })).await;
    assert_eq!((refreshed.status, token(&refreshed)), (StatusCode::OK, None));

    // A token that is nobody's, or somebody else's, is none.
    let other = world.clinic("devices-other").await;
    let of_other = log_in_from(&world, &other.admin.email, None).await;
    for (count, foreign) in [(2, "x"), (3, token(&of_other).unwrap())] {
        let fresh = log_in_from(&world, email, Some(foreign)).await;
        assert!(token(&fresh).is_some_and(|fresh| fresh != foreign && fresh != kept));
        assert_eq!(mails(&world, email).await.len(), count);
    }
    let stored = "SELECT count(*) FROM medicalpro_central.devices WHERE token_hash = sha256(convert_to($1, 'UTF8'))";
    let central = world.central().await;
    assert_eq!(central.query_one(stored, &[&kept]).await.unwrap().get::<_, i64>(0), 1, "hashed");
}

#[tokio::test]
async fn of_a_persons_devices_the_twenty_newest_are_kept() {
    let world = World::start().await;
    let clinic = world.clinic("many-devices").await;
    let email = &clinic.admin.email;
    let first = token(&log_in_from(&world, email, None).await).unwrap().to_owned();
    for _ in 0..22 {
        log_in_from(&world, email, None).await;
    }
    let count = "SELECT count(*) FROM medicalpro_central.devices d JOIN medicalpro_central.users u ON u.id = d.user_id WHERE u.email = $1";
    assert_eq!(world.central().await.query_one(count, &[email]).await.unwrap().get::<_, i64>(0), 20);
    assert!(token(&log_in_from(&world, email, Some(&first)).await).is_some(), "forgotten");
    assert_eq!(clinic.admin.get("/api/v1/auth/me").await.status, StatusCode::OK, "its sessions go on");
}
