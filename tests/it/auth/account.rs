//! Another address, confirmed at both; and the end of an account.

use futures_util::future::join_all;
use medicalpro::ids::Role;
use reqwest::StatusCode;
use serde_json::json;

use super::{assert_alike, log_in, post, register, until};
use crate::support::tokens::{About, email_change, lay, reset_token};
use crate::support::{Answer, PASSWORD, Person, World};

const ME: &str = "/api/v1/auth/me";

async fn ask(person: &Person<'_>, new_email: &str) -> Answer {
    person.post("/api/v1/auth/change-email", &json!({ "password": PASSWORD, "newEmail": new_email })).await
}

async fn confirm(world: &World, token: &str) -> Answer {
    post(world, "confirm-email-change", &json!({ "token": token })).await
}

/// The tokens of the open change of an account: the old mailbox's, and the new one's.
async fn tokens(world: &World, email: &str) -> [String; 2] {
    let change = About::EmailChange(email_change(world, email).await);
    [lay(world, "email_change_old", change).await, lay(world, "email_change_new", change).await]
}

fn refused(answer: &Answer) {
    let error = &answer.json["errors"][0];
    assert_eq!(
        (answer.status, &error["pointer"], &error["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("/token"), &json!("token_invalid")),
        "{answer:?}"
    );
}

#[tokio::test]
async fn an_account_moves_when_both_mailboxes_have_confirmed_in_either_order() {
    let world = World::start().await;
    let central = world.central().await;
    for old_first in [true, false] {
        let clinic = world.clinic("moves").await;
        let other_server = World::on(world.admin.clone(), None, &[], &[]).await;
        let (old, new) = (clinic.admin.email.clone(), format!("New-{}", clinic.admin.email));
        let mailed = reset_token(&world, &old).await;
        let second = other_server.log_in(&old).await;
        assert_eq!(second.get(ME).await.status, StatusCode::OK, "control");
        let asked = ask(&clinic.admin, &new).await;
        assert_eq!((asked.status, asked.text.as_str()), (StatusCode::NO_CONTENT, ""));
        let mut tokens = tokens(&world, &old).await;
        if !old_first {
            tokens.reverse();
        }
        let first = confirm(&world, &tokens[0]).await;
        assert_eq!((first.status, &first.json), (StatusCode::OK, &json!({ "status": "waiting_for_other" })));
        refused(&confirm(&world, &tokens[0]).await);
        assert_eq!(log_in(&world, &old, PASSWORD).await.status, StatusCode::OK, "nothing has moved yet");
        assert_eq!(log_in(&world, &new, PASSWORD).await.code(), "credentials_invalid");

        let last = confirm(&world, &tokens[1]).await;
        assert_eq!((last.status, &last.json), (StatusCode::OK, &json!({ "status": "changed" })));
        for person in [&clinic.admin, &second] {
            assert_eq!(until(StatusCode::UNAUTHORIZED, || person.get(ME)).await.code(), "session_ended");
        }
        assert_eq!(log_in(&world, &old, PASSWORD).await.code(), "credentials_invalid");
        let moved = log_in(&world, &new.to_uppercase(), PASSWORD).await;
        assert_eq!(
            (&moved.json["user"]["email"], &moved.json["user"]["emailVerified"]),
            (&json!(new), &json!(true)),
            "{moved:?}"
        );
        tokens.iter().for_each(|token| assert!(!token.is_empty()));
        refused(&confirm(&world, &tokens[1]).await);
        // What was mailed to the old mailbox opens nothing any more.
        refused(
            &post(&world, "reset-password", &json!({ "token": mailed, "password": "lantern quartz nine otters" }))
                .await,
        );
        let mails = "SELECT array_agg(o.kind || coalesce(' ' || (o.payload ->> 'oldEmail'), '') ORDER BY o.kind)
                       FROM medicalpro_central.email_outbox o JOIN medicalpro_central.email_changes c ON c.id = o.email_change_id
                       JOIN medicalpro_central.users u ON u.id = c.user_id WHERE u.email = $1";
        let mails: Vec<String> = central.query_one(mails, &[&new]).await.unwrap().get(0);
        assert_eq!(mails, ["email_change_new".to_owned(), "email_change_old".into(), format!("email_changed {old}")]);
    }
}

#[tokio::test]
async fn an_address_that_is_taken_is_answered_alike_until_both_mailboxes_have_confirmed() {
    let world = World::start().await;
    let (clinic, theirs) = (world.clinic("takes").await, world.clinic("taken").await);
    let free = format!("free-{}", clinic.admin.email);
    let (at_free, at_taken) = (ask(&clinic.admin, &free).await, ask(&clinic.admin, &theirs.admin.email).await);
    assert_eq!(at_free.status, StatusCode::NO_CONTENT);
    assert_alike(&at_free, &at_taken);
    let [old, new] = tokens(&world, &clinic.admin.email).await;
    assert_eq!(confirm(&world, &new).await.json["status"], "waiting_for_other");
    let answer = confirm(&world, &old).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::CONFLICT, "email_taken"), "{answer:?}");
    assert!(!answer.text.contains("@"), "{answer:?}");
    refused(&confirm(&world, &old).await);
    assert_eq!(clinic.admin.get(ME).await.json["user"]["email"], clinic.admin.email.as_str());
    assert_eq!(theirs.admin.get(ME).await.status, StatusCode::OK);
}

#[tokio::test]
async fn of_two_accounts_that_move_to_one_address_at_once_one_does() {
    let world = World::start().await;
    let people = [world.clinic("race-a").await, world.clinic("race-b").await];
    let new = format!("both-{}", people[0].admin.email);
    let mut last = Vec::new();
    for clinic in &people {
        assert_eq!(ask(&clinic.admin, &new).await.status, StatusCode::NO_CONTENT);
        let [old, token] = tokens(&world, &clinic.admin.email).await;
        assert_eq!(confirm(&world, &old).await.status, StatusCode::OK);
        last.push(token);
    }
    // Each many times, at once.
    let answers = join_all((0..50).map(async |number| confirm(&world, &last[number % 2]).await)).await;
    let of = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!(of(StatusCode::OK), 1, "{answers:?}");
    assert!(of(StatusCode::CONFLICT) >= 1, "{answers:?}");
    assert_eq!(of(StatusCode::OK) + of(StatusCode::CONFLICT) + of(StatusCode::UNPROCESSABLE_ENTITY), 50, "{answers:?}");
    assert_eq!(log_in(&world, &new, PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn both_confirmations_at_once_move_the_account_once() {
    let world = World::start().await;
    let clinic = world.clinic("both-at-once").await;
    let new = format!("new-{}", clinic.admin.email);
    assert_eq!(ask(&clinic.admin, &new).await.status, StatusCode::NO_CONTENT);
    let tokens = tokens(&world, &clinic.admin.email).await;
    let answers = join_all((0..50).map(async |number| confirm(&world, &tokens[number % 2]).await)).await;
    let mut statuses: Vec<&str> = answers.iter().filter_map(|answer| answer.json["status"].as_str()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, ["changed", "waiting_for_other"], "{answers:?}");
    answers.iter().filter(|answer| answer.status != StatusCode::OK).for_each(refused);
    assert_eq!(log_in(&world, &new, PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_further_request_a_day_and_another_password_each_end_a_change() {
    let world = World::start().await;
    let clinic = world.clinic("change-ends").await;
    let (email, central) = (&clinic.admin.email, world.central().await);
    let new = |nth: u8| format!("new-{nth}-{email}");
    assert_eq!(ask(&clinic.admin, &new(1)).await.status, StatusCode::NO_CONTENT);
    let first = tokens(&world, email).await;
    assert_eq!(confirm(&world, &first[0]).await.status, StatusCode::OK);
    assert_eq!(ask(&clinic.admin, &new(2)).await.status, StatusCode::NO_CONTENT);
    refused(&confirm(&world, &first[1]).await);
    // A token of the other purpose, or of an older change, opens nothing.
    let second = tokens(&world, email).await;
    refused(&confirm(&world, &reset_token(&world, email).await).await);
    let aged =
        "UPDATE medicalpro_central.email_changes SET expires_at = now() - interval '1 second' WHERE new_email = $1";
    assert_eq!(central.execute(aged, &[&new(2)]).await.unwrap(), 1);
    refused(&confirm(&world, &second[0]).await);
    let body = json!({ "currentPassword": PASSWORD, "newPassword": PASSWORD });
    assert_eq!(ask(&clinic.admin, &new(3)).await.status, StatusCode::NO_CONTENT);
    let third = tokens(&world, email).await;
    assert_eq!(clinic.admin.post("/api/v1/auth/change-password", &body).await.status, StatusCode::NO_CONTENT);
    refused(&confirm(&world, &third[0]).await);
    assert_eq!(ask(&clinic.admin, email).await.json["errors"][0]["code"], "email_unchanged");
    assert_eq!(ask(&clinic.admin, &new(4)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(ask(&clinic.admin, &new(5)).await.status, StatusCode::NO_CONTENT);
    let sixth = ask(&clinic.admin, &new(6)).await;
    assert_eq!((sixth.status, sixth.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "3600"), "{sixth:?}");
}

async fn leave(person: &Person<'_>) -> Answer {
    person.post("/api/v1/auth/deactivate", &json!({ "password": PASSWORD })).await
}

#[tokio::test]
async fn who_leaves_is_unknown_at_once_and_everywhere() {
    let world = World::start().await;
    let clinic = world.clinic("leaves").await;
    let person = clinic.person(Role::Nurse).await;
    let other_server = World::on(world.admin.clone(), None, &[], &[]).await;
    let second = other_server.log_in(&person.email).await;
    assert_eq!(second.get(ME).await.status, StatusCode::OK, "control");
    let answer = leave(&person).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NO_CONTENT, ""));
    for session in [&person, &second] {
        until(StatusCode::UNAUTHORIZED, || session.get(ME)).await;
        let refresh = post(&world, "refresh", &json!({ "refreshToken": session.refresh_token })).await;
        assert_eq!(refresh.status, StatusCode::UNAUTHORIZED);
    }
    let unknown = log_in(&world, &format!("nobody-{}", person.email), PASSWORD).await;
    assert_eq!(unknown.code(), "credentials_invalid");
    assert_alike(&log_in(&world, &person.email, PASSWORD).await, &unknown);
    assert_eq!(clinic.admin.get(ME).await.status, StatusCode::OK, "nobody else is touched");
    let query =
        "SELECT count(*) FROM medicalpro_central.audit_logs l JOIN medicalpro_central.users u ON u.id = l.user_id
                  WHERE u.email = $1 AND l.action = 'account_deactivated' AND l.outcome = 'success'";
    let events: i64 = world.central().await.query_one(query, &[&person.email]).await.unwrap().get(0);
    assert_eq!(events, 1);
}

#[tokio::test]
async fn the_only_administrator_of_a_clinic_stays() {
    let world = World::start().await;
    let clinic = world.clinic("last-admin").await;
    clinic.person(Role::Manager).await;
    let answer = leave(&clinic.admin).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::CONFLICT, "last_admin"), "{answer:?}");
    assert_eq!(clinic.admin.get(ME).await.status, StatusCode::OK);
    // An administrator whose account is deactivated is none.
    let second = clinic.person(Role::Admin).await;
    let central = world.central().await;
    let status = "UPDATE medicalpro_central.users SET status = $2 WHERE email = $1";
    central.execute(status, &[&second.email, &"deactivated"]).await.unwrap();
    assert_eq!(leave(&clinic.admin).await.code(), "last_admin");
    central.execute(status, &[&second.email, &"active"]).await.unwrap();
    assert_eq!(leave(&clinic.admin).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn of_administrators_who_leave_at_once_one_stays() {
    let world = World::start().await;
    for _ in 0..5 {
        let clinic = world.clinic("leave-at-once").await;
        let second = clinic.person(Role::Admin).await;
        let (one, other) = tokio::join!(leave(&clinic.admin), leave(&second));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [StatusCode::NO_CONTENT, StatusCode::CONFLICT], "{one:?} {other:?}");
    }
}

#[tokio::test]
async fn an_address_that_nobody_has_proven_cannot_be_changed_from() {
    let world = World::start().await;
    let (email, _) = register(&world, "unproven", &json!({})).await;
    assert_eq!(log_in(&world, &email, PASSWORD).await.code(), "email_not_verified", "no session, no change");
}
