//! Registering, proving an address, logging in, refreshing, logging out.

mod account;
mod attempts;
mod clinics;
mod devices;
mod keys;
mod limits;
mod login;
mod mail;
mod password;
mod platform;
mod refresh;
mod secrecy;
mod sessions;
mod standing;
mod tokens;
pub mod totp;
mod verification;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use medicalpro::email::{StoredMail, read_directory};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, Clinic, World};

async fn post(world: &World, path: &str, body: &Value) -> Answer {
    world.send(Method::POST, &format!("/api/v1/auth/{path}"), Some(body)).await
}

/// Registers a clinic and leaves its address unproven; the address, and the answer.
async fn register(world: &World, label: &str, more: &Value) -> (String, Answer) {
    let mut body = World::registration(label);
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let answer = post(world, "register", &body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
    (body["email"].as_str().unwrap().to_owned(), answer)
}

async fn log_in(world: &World, email: &str, password: &str) -> Answer {
    post(world, "login", &json!({ "email": email, "password": password })).await
}

async fn me(world: &World, token: &str) -> Answer {
    world.request(Method::GET, "/api/v1/auth/me", Some(token), &[], None).await
}

/// Access and refresh token.
fn tokens(session: &Answer) -> (&str, &str) {
    assert_eq!(session.status, StatusCode::OK, "{}", session.json);
    (session.json["accessToken"].as_str().unwrap(), session.json["refreshToken"].as_str().unwrap())
}

/// What an access token says.
fn claims(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

/// On the same central, with a memory of sessions of its own.
async fn another_server(world: &World) -> World {
    World::on(world.admin.clone(), None, &[], &[]).await
}

/// Gives somebody a place at another clinic, too.
async fn join(world: &World, email: &str, clinic: &Clinic<'_>, role: &str) {
    let join = "INSERT INTO medicalpro_central.memberships (user_id, company_id, role)
                SELECT id, $2, $3 FROM medicalpro_central.users WHERE email = $1";
    assert_eq!(world.central().await.execute(join, &[&email, &clinic.id.0, &role]).await.unwrap(), 1);
}

/// The mails to an address, newest first; waits until there are so many.
async fn mails(world: &World, email: &str, count: usize) -> Vec<StoredMail> {
    for look in 1..400 {
        if look % 40 == 0 {
            world.lease_passes(email).await;
        }
        let mut mails = read_directory(&world.mail, 2000).unwrap();
        mails.retain(|mail| mail.to == email);
        if mails.len() >= count {
            return mails;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("fewer than {count} mails came to {email}");
}

/// Waits until no mail to an address is queued: one that lies there already may not be noted as sent yet.
async fn all_sent(world: &World, email: &str) {
    let central = world.central().await;
    let queued =
        "SELECT count(*) FROM medicalpro_central.email_outbox o JOIN medicalpro_central.users u ON u.id = o.user_id
                   WHERE u.email = $1 AND o.status = 'queued'";
    for look in 1..400 {
        if central.query_one(queued, &[&email]).await.unwrap().get::<_, i64>(0) == 0 {
            return;
        }
        if look % 40 == 0 {
            world.lease_passes(email).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("a mail to {email} is still queued");
}

fn token_of(mail: &StoredMail) -> &str {
    mail.links[0].split_once("#token=").unwrap().1
}

/// Asks until the answer has this status; there is a bound.
async fn until(status: StatusCode, ask: impl AsyncFn() -> Answer) -> Answer {
    for _ in 0..100 {
        let answer = ask().await;
        if answer.status == status {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never {status}");
}

/// The same answer, the request's id apart.
fn assert_alike(one: &Answer, other: &Answer) {
    let without_id = |answer: &Answer| {
        let mut json = answer.json.clone();
        if let Some(object) = json.as_object_mut() {
            object.remove("requestId");
        }
        let mut headers = answer.headers.clone();
        headers.remove("x-request-id");
        headers.remove("date");
        (answer.status, json, headers)
    };
    assert_eq!(without_id(one), without_id(other));
}
