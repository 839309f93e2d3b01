//! One person, several clinics: where a log-in leads, the change to another, and that a token is for one clinic and one role.

use medicalpro::ids::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{another_server, join, log_in, me, post, tokens, until};
use crate::support::{Answer, Clinic, PASSWORD, World};

async fn switch(world: &World, token: &str, clinic: Uuid) -> Answer {
    let body = json!({ "companyId": clinic });
    world.request(Method::POST, "/api/v1/auth/switch-clinic", Some(token), &[], Some(&body)).await
}

async fn set_status(world: &World, clinic: &Clinic<'_>, status: &str) {
    let update = "UPDATE medicalpro_central.companies SET status = $2 WHERE id = $1";
    assert_eq!(world.central().await.execute(update, &[&clinic.id.0, &status]).await.unwrap(), 1);
}

fn text<'a>(place: &'a Value, name: &str) -> &'a str {
    place[name].as_str().unwrap()
}

/// Name, role and status of the clinics that an answer offers.
fn names(answer: &Answer) -> Vec<(&str, &str, &str)> {
    let clinics = answer.json["clinics"].as_array().unwrap().iter();
    clinics.map(|place| (text(place, "name"), text(place, "role"), text(place, "status"))).collect()
}

#[tokio::test]
async fn a_log_in_leads_where_one_was_last_and_names_all_clinics() {
    let world = World::start().await;
    let (first, second, third) = (world.clinic("a").await, world.clinic("b").await, world.clinic("c").await);
    let email = &first.admin.email;
    join(&world, email, &second, "nurse").await;
    join(&world, email, &third, "secretary").await;
    let all = [("Clinic a", "admin", "active"), ("Clinic b", "nurse", "active"), ("Clinic c", "secretary", "active")];
    let session = log_in(&world, email, PASSWORD).await;
    assert_eq!((&session.json["company"]["name"], names(&session)), (&json!("Clinic a"), all.to_vec()));
    assert_eq!(names(&me(&world, tokens(&session).0).await), all);
    let used = |answer: &Answer| -> Vec<bool> {
        answer.json["clinics"].as_array().unwrap().iter().map(|place| place["lastUsedAt"].is_string()).collect()
    };
    assert_eq!(used(&session), [true, false, false]);

    let body = json!({ "email": email, "password": PASSWORD, "companyId": third.id });
    assert_eq!(post(&world, "login", &body).await.status, StatusCode::OK);
    let session = log_in(&world, email, PASSWORD).await;
    assert_eq!((&session.json["company"]["name"], used(&session)), (&json!("Clinic c"), vec![true, false, true]));
    let refreshed = post(&world, "refresh", &json!({ "refreshToken": tokens(&session).1 })).await;
    assert_eq!(names(&refreshed), all);

    // Where one was last is closed: elsewhere. A new person begins where they first joined.
    set_status(&world, &third, "suspended").await;
    let session = log_in(&world, email, PASSWORD).await;
    assert_eq!(session.json["company"]["name"], "Clinic a");
    assert_eq!(names(&session)[2], ("Clinic c", "secretary", "suspended"), "listed, as what it is");
    let body = json!({ "email": email, "password": PASSWORD, "companyId": third.id });
    assert_eq!(post(&world, "login", &body).await.code(), "clinic_suspended");
    let refused =
        "SELECT count(*) FROM medicalpro_central.audit_logs a JOIN medicalpro_central.users u ON u.id = a.user_id
                    WHERE u.email = $1 AND a.action = 'login' AND a.outcome = 'failure'";
    assert_eq!(world.central().await.query_one(refused, &[email]).await.unwrap().get::<_, i64>(0), 1, "written down");
    let nurse = second.person(Role::Nurse).await;
    join(&world, &nurse.email, &first, "readonly").await;
    assert_eq!(log_in(&world, &nurse.email, PASSWORD).await.json["company"]["name"], "Clinic b");
}

#[tokio::test]
async fn a_change_of_clinic_goes_on_there_with_the_role_there_and_ends_here() {
    let world = World::start().await;
    let elsewhere = another_server(&world).await;
    let (ours, theirs) = (world.clinic("ours").await, world.clinic("theirs").await);
    join(&world, &ours.admin.email, &theirs, "readonly").await;
    let (own, foreign) = (ours.patient("Ours").await, theirs.patient("Theirs").await);
    assert_eq!(me(&elsewhere, &ours.admin.token).await.status, StatusCode::OK, "control");

    let session = switch(&world, &ours.admin.token, theirs.id.0).await;
    let (access, refresh_token) = tokens(&session);
    assert_eq!(
        (&session.json["company"]["id"], &session.json["user"]["role"]),
        (&json!(theirs.id), &json!("readonly"))
    );
    let list = async |token: &str| world.request(Method::GET, "/api/v1/patients", Some(token), &[], None).await;
    assert_eq!(list(access).await.json["data"], json!([foreign]), "that clinic's, and no other's");
    let body = json!({ "firstName": "X", "lastName": "Y" });
    let entered = world.request(Method::POST, "/api/v1/patients", Some(access), &[], Some(&body)).await;
    assert_eq!((entered.status, entered.code()), (StatusCode::FORBIDDEN, "forbidden"), "in the role there");
    let refreshed = post(&world, "refresh", &json!({ "refreshToken": refresh_token })).await;
    assert_eq!(refreshed.json["company"]["id"], json!(theirs.id), "a refresh stays there");

    // The old session is over, on every server.
    assert_eq!(ours.admin.get("/api/v1/patients").await.code(), "session_ended");
    until(StatusCode::UNAUTHORIZED, async || me(&elsewhere, &ours.admin.token).await).await;
    let refreshed = post(&world, "refresh", &json!({ "refreshToken": ours.admin.refresh_token })).await;
    assert_eq!(refreshed.code(), "refresh_token_invalid");
    let central = world.central().await;
    let row = central
        .query_one(
            "SELECT old.revoked_reason, new.device_id = old.device_id, new.expires_at = old.expires_at
               FROM medicalpro_central.sessions old JOIN medicalpro_central.sessions new ON new.user_id = old.user_id
              WHERE old.company_id = $1 AND new.company_id = $2",
            &[&ours.id.0, &theirs.id.0],
        )
        .await
        .unwrap();
    let same: (String, bool, bool) = (row.get(0), row.get(1), row.get(2));
    assert_eq!(same, ("switched".to_owned(), true, true), "the same device, and no longer than before");
    for clinic in [&ours, &theirs] {
        let told =
            "SELECT count(*) FROM medicalpro_central.audit_logs WHERE action = 'clinic_switched' AND company_id = $1";
        assert_eq!(central.query_one(told, &[&clinic.id.0]).await.unwrap().get::<_, i64>(0), 1);
    }
    let back = switch(&world, access, ours.id.0).await;
    assert_eq!(list(tokens(&back).0).await.json["data"], json!([own]));
}

#[tokio::test]
async fn a_change_to_a_clinic_that_is_not_ones_own_or_is_suspended_is_refused_as_a_log_in_is() {
    let world = World::start().await;
    let (ours, theirs, closed) =
        (world.clinic("ours").await, world.clinic("theirs").await, world.clinic("closed").await);
    join(&world, &ours.admin.email, &closed, "nurse").await;
    set_status(&world, &closed, "suspended").await;
    for (clinic, code) in
        [(theirs.id.0, "no_such_membership"), (Uuid::now_v7(), "no_such_membership"), (closed.id.0, "clinic_suspended")]
    {
        let refused = switch(&world, &ours.admin.token, clinic).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, code));
        let body = json!({ "email": ours.admin.email, "password": PASSWORD, "companyId": clinic });
        assert_eq!(post(&world, "login", &body).await.code(), code, "alike");
    }
    assert_eq!(ours.admin.get("/api/v1/patients").await.status, StatusCode::OK, "and the session goes on");
    set_status(&world, &closed, "active").await;
    let control = switch(&world, &ours.admin.token, closed.id.0).await;
    assert_eq!(control.status, StatusCode::OK, "{}", control.json);
}

#[tokio::test]
async fn of_fifty_simultaneous_changes_of_clinic_one_is_made() {
    let world = World::start().await;
    let (ours, theirs) = (world.clinic("ours").await, world.clinic("theirs").await);
    join(&world, &ours.admin.email, &theirs, "nurse").await;
    let answers = futures_util::future::join_all((0..50).map(|_| switch(&world, &ours.admin.token, theirs.id.0))).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == StatusCode::OK);
    assert_eq!((won.len(), lost.len()), (1, 49));
    for answer in lost {
        assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "session_ended"));
    }
    let made = "SELECT count(*) FROM medicalpro_central.sessions WHERE company_id = $1 AND revoked_at IS NULL";
    let count = world.central().await.query_one(made, &[&theirs.id.0]).await.unwrap().get::<_, i64>(0);
    assert_eq!(count, 2, "this one, and the other clinic's own administrator's");
}
