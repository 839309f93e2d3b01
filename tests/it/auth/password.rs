//! Another password: forgotten, reset, changed; what it ends; which ones are refused.

use argon2::password_hash::PasswordHasher as _;
use argon2::{Algorithm, Argon2, Params, Version};
use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{assert_alike, log_in, post, register, until};
use crate::support::tokens::{About, lay, reset_token, user};
use crate::support::{Answer, PASSWORD, Person, World};

const NEW: &str = "lantern quartz nine otters";
const ME: &str = "/api/v1/auth/me";

fn error(answer: &Answer) -> (&str, &str) {
    let error = &answer.json["errors"][0];
    (error["pointer"].as_str().unwrap_or_default(), error["code"].as_str().unwrap_or_default())
}

async fn reset(world: &World, token: &str, password: &str) -> Answer {
    post(world, "reset-password", &json!({ "token": token, "password": password })).await
}

async fn change(person: &Person<'_>, current: &str, new: &str) -> Answer {
    person.post("/api/v1/auth/change-password", &json!({ "currentPassword": current, "newPassword": new })).await
}

/// The events of an account, the oldest first: `action outcome detail`.
async fn events(world: &World, email: &str) -> Vec<String> {
    let query = "SELECT concat_ws(' ', l.action, l.outcome, l.detail) FROM medicalpro_central.audit_logs l
                   JOIN medicalpro_central.users u ON u.id = l.user_id
                  WHERE u.email = $1 AND l.action ~ 'password|revoked' ORDER BY l.id";
    world.central().await.query(query, &[&email]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// The mails of an account, as they were queued.
async fn queued(world: &World, email: &str, kind: &str) -> i64 {
    let query =
        "SELECT count(*) FROM medicalpro_central.email_outbox o JOIN medicalpro_central.users u ON u.id = o.user_id
                  WHERE u.email = $1 AND o.kind = $2";
    world.central().await.query_one(query, &[&email, &kind]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_reset_sets_the_password_and_ends_all_sessions_on_every_server() {
    let world = World::start().await;
    let clinic = world.clinic("reset").await;
    let other_server = World::on(world.admin.clone(), None, &[], &[]).await;
    let (email, second) = (&clinic.admin.email, other_server.log_in(&clinic.admin.email).await);
    assert_eq!(post(&world, "forgot-password", &json!({ "email": email })).await.status, StatusCode::NO_CONTENT);
    assert_eq!(queued(&world, email, "password_reset").await, 1);
    for person in [&clinic.admin, &second] {
        assert_eq!(person.get(ME).await.status, StatusCode::OK, "control");
    }

    let (token, unused) = (reset_token(&world, email).await, reset_token(&world, email).await);
    let answer = reset(&world, &token, NEW).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NO_CONTENT, ""));
    for person in [&clinic.admin, &second] {
        let over = until(StatusCode::UNAUTHORIZED, || person.get(ME)).await;
        assert_eq!(over.code(), "session_ended");
        let refresh = post(&world, "refresh", &json!({ "refreshToken": person.refresh_token })).await;
        assert_eq!(refresh.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(log_in(&world, email, PASSWORD).await.code(), "credentials_invalid");
    assert_eq!(log_in(&other_server, email, NEW).await.status, StatusCode::OK);
    for (what, token) in [("again", &token), ("another that was mailed before", &unused)] {
        assert_eq!(error(&reset(&world, token, PASSWORD).await), ("/token", "token_invalid"), "{what}");
    }
    assert_eq!(queued(&world, email, "password_changed").await, 1);
    let revoked = "session_revoked success password".to_owned();
    let expected =
        ["password_reset_requested success".to_owned(), revoked.clone(), revoked, "password_reset success".to_owned()];
    assert_eq!(events(&world, email).await, expected);
}

#[tokio::test]
async fn a_reset_proves_the_address() {
    let world = World::start().await;
    let (email, _) = register(&world, "reset-proves", &json!({})).await;
    assert_eq!(log_in(&world, &email, PASSWORD).await.code(), "email_not_verified", "control");
    let token = reset_token(&world, &email).await;
    assert_eq!(reset(&world, &token, NEW).await.status, StatusCode::NO_CONTENT);
    assert_eq!(log_in(&world, &email, NEW).await.json["user"]["emailVerified"], true);
}

#[tokio::test]
async fn of_fifty_who_send_one_token_at_once_one_is_answered_204() {
    let world = World::start().await;
    let clinic = world.clinic("reset-at-once").await;
    let token = reset_token(&world, &clinic.admin.email).await;
    let password = |number: usize| format!("{NEW} {number}");
    let answers = join_all((0..50).map(async |number| reset(&world, &token, &password(number)).await)).await;
    let winners: Vec<usize> = (0..50).filter(|&number| answers[number].status == StatusCode::NO_CONTENT).collect();
    assert_eq!(winners.len(), 1, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != StatusCode::NO_CONTENT) {
        assert_eq!(error(answer), ("/token", "token_invalid"), "{answer:?}");
    }
    assert_eq!(log_in(&world, &clinic.admin.email, &password(winners[0])).await.status, StatusCode::OK);
    assert_eq!(queued(&world, &clinic.admin.email, "password_changed").await, 1);
}

#[tokio::test]
async fn a_token_that_is_old_of_another_purpose_or_of_nobody_sets_nothing() {
    let world = World::start().await;
    let clinic = world.clinic("reset-wrong").await;
    let (email, central) = (&clinic.admin.email, world.central().await);
    let about = About::User(user(&world, email).await);
    let old = reset_token(&world, email).await;
    let age = "UPDATE medicalpro_central.one_time_tokens
                  SET created_at = created_at - interval '31 minutes', expires_at = now() - interval '1 second' WHERE token_hash = $1";
    let hash = medicalpro::secrets::sha256(old.as_bytes());
    assert_eq!(central.execute(age, &[&&hash[..]]).await.unwrap(), 1);
    let good = reset_token(&world, email).await;
    let verification = lay(&world, "email_verification", about).await;
    let edited = format!("{}{}", &good[..good.len() - 1], if good.ends_with('A') { 'B' } else { 'A' });
    let mut answers = Vec::new();
    for token in [old, verification, edited, good.to_uppercase()] {
        answers.push(reset(&world, &token, NEW).await);
    }
    for answer in &answers {
        assert_eq!((answer.status, error(answer)), (StatusCode::UNPROCESSABLE_ENTITY, ("/token", "token_invalid")));
        assert_alike(answer, &answers[0]);
    }
    // One for a password proves no address by the other way.
    let verify = post(&world, "verify-email", &json!({ "token": good })).await;
    assert_eq!(error(&verify), ("/token", "token_invalid"));
    assert_eq!(log_in(&world, email, PASSWORD).await.status, StatusCode::OK, "nothing was set");
    // A password that is refused leaves the token unused.
    assert_eq!(error(&reset(&world, &good, "123qweASDzxc").await), ("/password", "password_common"));
    assert_eq!(reset(&world, &good, NEW).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_deactivated_account_gets_no_mail_and_no_password() {
    let world = World::start().await;
    let clinic = world.clinic("reset-deactivated").await;
    let (email, token) = (&clinic.admin.email, reset_token(&world, &clinic.admin.email).await);
    let deactivate = "UPDATE medicalpro_central.users SET status = 'deactivated' WHERE email = $1";
    world.central().await.execute(deactivate, &[email]).await.unwrap();
    assert_eq!(post(&world, "forgot-password", &json!({ "email": email })).await.status, StatusCode::NO_CONTENT);
    assert_eq!(queued(&world, email, "password_reset").await, 0);
    assert_eq!(error(&reset(&world, &token, NEW).await), ("/token", "token_invalid"));
}

#[tokio::test]
async fn a_mail_is_promised_alike_to_known_and_unknown_and_a_known_one_gets_three() {
    let world = World::start().await;
    let clinic = world.clinic("forgot").await;
    let email = &clinic.admin.email;
    let ask = async |email: &str| post(&world, "forgot-password", &json!({ "email": email })).await;
    let unknown = ask(&format!("nobody-{email}")).await;
    assert_eq!((unknown.status, unknown.text.as_str()), (StatusCode::NO_CONTENT, ""));
    let sent = "UPDATE medicalpro_central.email_outbox SET status = 'sent', sent_at = now() WHERE kind = 'password_reset' AND status = 'queued'
                   AND user_id = $1";
    let (central, id) = (world.central().await, user(&world, email).await);
    for _ in 0..6 {
        assert_alike(&ask(&email.to_uppercase()).await, &unknown);
        // One that waits is not queued twice.
        assert_alike(&ask(email).await, &unknown);
        central.execute(sent, &[&id]).await.unwrap();
    }
    assert_eq!(queued(&world, email, "password_reset").await, 3);
    let later =
        "UPDATE medicalpro_central.email_outbox SET created_at = created_at - interval '10 minutes' WHERE user_id = $1";
    central.execute(later, &[&id]).await.unwrap();
    ask(email).await;
    assert_eq!(queued(&world, email, "password_reset").await, 4, "ten minutes later");

    // Many at once are no more than three either: as many as the worker sends meanwhile.
    central.execute(later, &[&id]).await.unwrap();
    central.execute(sent, &[&id]).await.unwrap();
    join_all((0..20).map(|_| ask(email))).await;
    assert!((5..=7).contains(&queued(&world, email, "password_reset").await));
}

#[tokio::test]
async fn a_change_ends_all_other_sessions_and_keeps_this_one() {
    let world = World::start().await;
    let clinic = world.clinic("change").await;
    let other_server = World::on(world.admin.clone(), None, &[], &[]).await;
    let other = other_server.log_in(&clinic.admin.email).await;
    let mailed = reset_token(&world, &clinic.admin.email).await;
    assert_eq!(other.get(ME).await.status, StatusCode::OK, "control");
    let answer = change(&clinic.admin, PASSWORD, NEW).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NO_CONTENT, ""));
    assert_eq!(until(StatusCode::UNAUTHORIZED, || other.get(ME)).await.code(), "session_ended");
    assert_eq!(clinic.admin.get(ME).await.status, StatusCode::OK);
    assert_eq!(log_in(&world, &clinic.admin.email, PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(log_in(&world, &clinic.admin.email, NEW).await.status, StatusCode::OK);
    assert_eq!(error(&reset(&world, &mailed, PASSWORD).await), ("/token", "token_invalid"), "mailed before");
    assert_eq!(queued(&world, &clinic.admin.email, "password_changed").await, 1);
    assert_eq!(
        events(&world, &clinic.admin.email).await,
        ["session_revoked success password", "password_changed success"]
    );
}

#[tokio::test]
async fn a_change_takes_the_present_password_and_few_guesses() {
    let world = World::start().await;
    let clinic = world.clinic("change-wrong").await;
    let person = clinic.person(medicalpro::ids::Role::Nurse).await;
    for path in ["change-password", "change-email", "deactivate"] {
        let body = match path {
            "change-password" => json!({ "currentPassword": NEW, "newPassword": NEW }),
            "change-email" => json!({ "password": NEW, "newEmail": format!("new-{}", person.email) }),
            _ => json!({ "password": NEW }),
        };
        let person = world.log_in(&person.email).await;
        let pointer = if path == "change-password" { "/currentPassword" } else { "/password" };
        let send = async |body: &Value| person.post(&format!("/api/v1/auth/{path}"), body).await;
        for _ in 0..5 {
            let answer = send(&body).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert_eq!(error(&answer), (pointer, "password_wrong"), "{path}");
        }
        let answer = send(&body).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::TOO_MANY_REQUESTS, "too_many_attempts"), "{path}");
    }
    // They were counted by session: a log-in, and a change by another session, are none the worse.
    let person = world.log_in(&person.email).await;
    assert_eq!(change(&person, PASSWORD, NEW).await.status, StatusCode::NO_CONTENT);
    let events = events(&world, &person.email).await;
    assert_eq!(events.iter().filter(|event| *event == "password_changed failure password_wrong").count(), 5);
}

#[tokio::test]
async fn of_fifty_changes_at_once_one_is_answered_204() {
    let world = World::start().await;
    let clinic = world.clinic("change-at-once").await;
    // Ten sessions: of each, so many guesses at once are free.
    let mut sessions = Vec::new();
    for _ in 0..10 {
        sessions.push(world.log_in(&clinic.admin.email).await);
    }
    let password = |number: usize| format!("{NEW} {number}");
    let answers =
        join_all((0..50).map(async |number| change(&sessions[number % 10], PASSWORD, &password(number)).await)).await;
    let winners: Vec<usize> = (0..50).filter(|&number| answers[number].status == StatusCode::NO_CONTENT).collect();
    assert_eq!(winners.len(), 1, "{answers:?}");
    assert!(answers.iter().all(|answer| !answer.status.is_server_error()), "{answers:?}");
    assert_eq!(log_in(&world, &clinic.admin.email, &password(winners[0])).await.status, StatusCode::OK);
    let open = "SELECT count(*) FROM medicalpro_central.sessions s JOIN medicalpro_central.users u ON u.id = s.user_id
                 WHERE u.email = $1 AND s.revoked_at IS NULL";
    let open: i64 = world.central().await.query_one(open, &[&clinic.admin.email]).await.unwrap().get(0);
    assert_eq!(open, 2, "the winner's and the log-in after it");
}

#[tokio::test]
async fn no_session_is_opened_by_a_password_that_was_changed_meanwhile() {
    let world = World::start().await;
    let clinic = world.clinic("change-meanwhile").await;
    let (email, mut change, look) = (&clinic.admin.email, world.central().await, world.central().await);
    for (set, status) in [
        ("password_changed_at = now()", StatusCode::UNAUTHORIZED),
        ("status = 'deactivated'", StatusCode::UNAUTHORIZED),
        ("status = 'active'", StatusCode::OK),
    ] {
        look.execute("UPDATE medicalpro_central.users SET status = 'active' WHERE email = $1", &[email]).await.unwrap();
        let pid: i32 = change.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
        let changing = change.transaction().await.unwrap();
        let update = format!("UPDATE medicalpro_central.users SET {set} WHERE email = $1");
        changing.execute(&update, &[email]).await.unwrap();
        // The log-in has found the password right when it waits for the change.
        let waits = async {
            let waiting = "SELECT count(*) > 0 FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))";
            while !look.query_one(waiting, &[&pid]).await.unwrap().get::<_, bool>(0) {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            changing.commit().await.unwrap();
        };
        let (answer, ()) = tokio::join!(log_in(&world, email, PASSWORD), waits);
        assert_eq!(answer.status, status, "{set}: {answer:?}");
    }
}

#[tokio::test]
async fn the_policy_holds_wherever_a_password_is_chosen() {
    let world = World::start().await;
    let body = json!({ "companyName": "Clinique des Mimosas", "firstName": "Camille", "lastName": "Durandal" });
    let (email, _) = register(&world, "policy", &body).await;
    let token = reset_token(&world, &email).await;
    post(&world, "verify-email", &json!({ "token": world.mailed_token(&email).await })).await;
    let person = world.log_in(&email).await;
    for (password, code) in [
        ("short but 11", "ok"),
        ("elevenchars", "too_short"),
        ("123QWEasdzxc", "password_common"),
        ("MimosasClinique1", "password_contains_name"),
        ("camille.durandal!", "password_contains_name"),
        ("abc123abc123abc", "password_too_weak"),
        ("no rules of composition", "ok"),
    ] {
        let mut registration = World::registration("policy");
        registration.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        registration["password"] = password.into();
        let registered = post(&world, "register", &registration).await;
        if code == "ok" {
            assert!(registered.status.is_success(), "{password}: {registered:?}");
            continue;
        }
        assert_eq!(error(&registered), ("/password", code), "{password}");
        let detail = registered.json["errors"][0]["detail"].as_str().unwrap();
        assert!(!detail.is_empty() && !registered.text.contains(password), "{registered:?}");
        assert_eq!(error(&reset(&world, &token, password).await), ("/password", code), "{password}");
        assert_eq!(error(&change(&person, PASSWORD, password).await), ("/newPassword", code), "{password}");
    }
    assert_eq!(reset(&world, &token, NEW).await.status, StatusCode::NO_CONTENT, "control");
}

#[tokio::test]
async fn a_weaker_hash_is_replaced_at_a_log_in_and_a_stronger_one_is_kept() {
    let world = World::start().await;
    let clinic = world.clinic("rehash").await;
    let (email, central) = (&clinic.admin.email, world.central().await);
    let lay = async |memory: u32, passes: u32| {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(memory, passes, 1, None).unwrap());
        let hash = argon2.hash_password(PASSWORD.as_bytes()).unwrap().to_string();
        let update = "UPDATE medicalpro_central.users SET password_hash = $2 WHERE email = $1";
        central.execute(update, &[email, &hash]).await.unwrap();
        hash
    };
    let stored = async || -> String {
        let query = "SELECT password_hash FROM medicalpro_central.users WHERE email = $1";
        central.query_one(query, &[email]).await.unwrap().get(0)
    };
    let weak = lay(8_192, 1).await;
    assert_eq!(log_in(&world, email, NEW).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(stored().await, weak, "not by a wrong password");
    // Several at once: all get in.
    let answers = join_all((0..4).map(|_| log_in(&world, email, PASSWORD))).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::OK), "{answers:?}");
    let renewed = stored().await;
    assert!(renewed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{renewed}");
    assert_eq!(log_in(&world, email, PASSWORD).await.status, StatusCode::OK);
    assert_eq!(stored().await, renewed, "once");
    let strong = lay(32_768, 3).await;
    assert_eq!(log_in(&world, email, PASSWORD).await.status, StatusCode::OK);
    assert_eq!(stored().await, strong);
}

#[tokio::test]
async fn a_reset_ends_the_wait_that_others_caused_and_forgets_the_devices_that_were_known() {
    let world = World::start().await;
    let clinic = world.clinic("reset-waits").await;
    let email = &clinic.admin.email;
    let known = log_in(&world, email, PASSWORD).await.json["deviceToken"].as_str().unwrap().to_owned();
    for _ in 0..6 {
        log_in(&world, email, "what a stranger tries").await;
    }
    assert_eq!(
        log_in(&world, email, PASSWORD).await.code(),
        "too_many_attempts",
        "control: whoever is not known waits"
    );
    let from_known = async |password: &str| {
        let body = json!({ "email": email, "password": password, "deviceToken": known });
        post(&world, "login", &body).await
    };
    assert!(from_known(PASSWORD).await.json["deviceToken"].is_null(), "control: known");

    let token = reset_token(&world, email).await;
    assert_eq!(reset(&world, &token, NEW).await.status, StatusCode::NO_CONTENT);
    assert_eq!(log_in(&world, email, NEW).await.status, StatusCode::OK);
    assert!(from_known(NEW).await.json["deviceToken"].is_string(), "known no more");
}
