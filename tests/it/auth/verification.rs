//! The one-time token that proves an address.

use medicalpro::secrets::sha256;
use reqwest::StatusCode;
use serde_json::json;

use super::{all_sent, assert_alike, log_in, mails, post, register, token_of};
use crate::support::{PASSWORD, World};

#[tokio::test]
async fn a_token_works_once() {
    let world = World::start().await;
    let (email, registered) = register(&world, "once", &json!({})).await;
    assert_eq!(registered.json["user"]["emailVerified"], false);
    let token = world.mailed_token(&email).await;
    assert_eq!(log_in(&world, &email, PASSWORD).await.code(), "email_not_verified");
    let verify = async |token: &str| post(&world, "verify-email", &json!({ "token": token })).await;
    let edited = format!("{}{}", &token[..token.len() - 1], if token.ends_with('A') { 'B' } else { 'A' });
    let refused = verify(&edited).await;
    assert_eq!(
        (refused.status, &refused.json["errors"][0]["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("token_invalid"))
    );
    assert_eq!(verify(&token).await.status, StatusCode::NO_CONTENT);
    assert_alike(&verify(&token).await, &refused);
    assert_eq!(log_in(&world, &email, PASSWORD).await.json["user"]["emailVerified"], true);
}

#[tokio::test]
async fn of_many_who_send_one_token_at_once_one_is_answered_204() {
    let world = World::start().await;
    let (email, _) = register(&world, "at-once", &json!({})).await;
    let body = json!({ "token": world.mailed_token(&email).await });
    let answers = futures_util::future::join_all((0..10).map(|_| post(&world, "verify-email", &body))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::NO_CONTENT).count(), 1, "{answers:?}");
}

#[tokio::test]
async fn a_token_is_good_for_24_hours() {
    let world = World::start().await;
    let central = world.central().await;
    for (age, status) in
        [("23 hours 59 minutes", StatusCode::NO_CONTENT), ("24 hours 1 second", StatusCode::UNPROCESSABLE_ENTITY)]
    {
        let (email, _) = register(&world, "aged", &json!({})).await;
        let token = world.mailed_token(&email).await;
        let hash = sha256(token.as_bytes());
        let older = format!(
            "UPDATE medicalpro_central.one_time_tokens
                SET created_at = created_at - interval '{age}', expires_at = expires_at - interval '{age}'
              WHERE token_hash = $1 AND expires_at = created_at + interval '24 hours'"
        );
        assert_eq!(central.execute(&older, &[&&hash[..]]).await.unwrap(), 1, "stored by its hash, for 24 hours");
        let answer = post(&world, "verify-email", &json!({ "token": token })).await;
        assert_eq!(answer.status, status, "{age}: {}", answer.json);
    }
}

#[tokio::test]
async fn central_holds_no_token_and_no_password_in_the_clear() {
    let world = World::start().await;
    let (email, _) = register(&world, "at-rest", &json!({})).await;
    let token = world.mailed_token(&email).await;
    assert_eq!(post(&world, "verify-email", &json!({ "token": token })).await.status, StatusCode::NO_CONTENT);
    let session = log_in(&world, &email, PASSWORD).await;
    let [refresh, access] = ["refreshToken", "accessToken"].map(|name| session.json[name].as_str().unwrap().to_owned());

    let central = world.central().await;
    let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'medicalpro_central'";
    let mut everything = String::new();
    for table in central.query(tables, &[]).await.unwrap() {
        let all = format!("SELECT t::text FROM medicalpro_central.{} t", table.get::<_, String>(0));
        for row in central.query(&all, &[]).await.unwrap() {
            everything.push_str(&row.get::<_, String>(0));
        }
    }
    for (what, secret) in [("mailed", &token), ("refresh", &refresh), ("access", &access)] {
        for form in [secret.clone(), hex::encode(secret.as_bytes())] {
            assert!(!everything.contains(&form), "the {what} token");
        }
    }
    assert!(!everything.contains(PASSWORD) && !everything.contains(&hex::encode(PASSWORD)), "the password");
    // This test can fail: what is stored of them is found.
    for stored in [hex::encode(sha256(token.as_bytes())), hex::encode(sha256(refresh.as_bytes())), email] {
        assert!(everything.contains(&stored));
    }
}

#[tokio::test]
async fn passwords_are_argon2id_each_with_its_salt() {
    let world = World::start().await;
    let central = world.central().await;
    let mut hashes = Vec::new();
    for label in ["hash-one", "hash-two"] {
        let (email, _) = register(&world, label, &json!({})).await;
        let query = "SELECT password_hash FROM medicalpro_central.users WHERE email = $1";
        hashes.push(central.query_one(query, &[&email]).await.unwrap().get::<_, String>(0));
    }
    // OWASP Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane.
    assert!(hashes.iter().all(|hash| hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")), "{hashes:?}");
    assert_ne!(hashes[0], hashes[1], "the same password");
}

#[tokio::test]
async fn another_mail_is_promised_alike_to_known_unknown_and_verified() {
    let world = World::start().await;
    let verified = world.clinic("verified").await.admin.email;
    let (waiting, _) = register(&world, "waiting", &json!({})).await;
    let unknown = format!("nobody-{waiting}");
    let first = token_of(&mails(&world, &waiting, 1).await[0]).to_owned();
    all_sent(&world, &waiting).await;
    let mut answers = Vec::new();
    for email in [&unknown, &verified, &waiting] {
        answers.push(post(&world, "resend-verification", &json!({ "email": email })).await);
    }
    assert_eq!((answers[0].status, answers[0].text.as_str()), (StatusCode::NO_CONTENT, ""));
    assert_alike(&answers[0], &answers[1]);
    assert_alike(&answers[0], &answers[2]);

    // One mail went out, with a token of its own; it was asked for last, so that the others would have come before it.
    let second = token_of(&mails(&world, &waiting, 2).await[0]).to_owned();
    assert_ne!(first, second);
    // Of the verified one: the verification, and the welcome that followed it.
    assert_eq!((mails(&world, &verified, 2).await.len(), mails(&world, &unknown, 0).await.len()), (2, 0));
    let verify = async |token: &str| post(&world, "verify-email", &json!({ "token": token })).await.status;
    assert_eq!(verify(&second).await, StatusCode::NO_CONTENT);
    assert_eq!(verify(&first).await, StatusCode::UNPROCESSABLE_ENTITY, "of no more use");
}

#[tokio::test]
async fn an_address_gets_few_mails_however_often_they_are_asked_for() {
    let world = World::start().await;
    let (email, _) = register(&world, "often", &json!({})).await;
    let central = world.central().await;
    for _ in 0..8 {
        assert_eq!(
            post(&world, "resend-verification", &json!({ "email": email })).await.status,
            StatusCode::NO_CONTENT
        );
        // One that waits is not queued twice: each is sent before the next is asked for.
        all_sent(&world, &email).await;
    }
    let mails =
        "SELECT count(*) FROM medicalpro_central.email_outbox o JOIN medicalpro_central.users u ON u.id = o.user_id
                  WHERE u.email = $1";
    let mails: i64 = central.query_one(mails, &[&email]).await.unwrap().get(0);
    assert_eq!(mails, 3, "the registration's and two more");
}
