//! Logging in: whom it lets in, where to, and what it tells those whom it does not.

use medicalpro::ids::Role;
use reqwest::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

use super::{assert_alike, log_in, post, register};
use crate::support::{PASSWORD, World};

#[tokio::test]
async fn before_the_address_is_proven_the_right_password_gets_403_and_a_wrong_one_401() {
    let world = World::start().await;
    let (email, _) = register(&world, "unproven", &json!({})).await;
    let refused = log_in(&world, &email, PASSWORD).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "email_not_verified"));
    let wrong = log_in(&world, &email, "another password").await;
    assert_eq!((wrong.status, wrong.code()), (StatusCode::UNAUTHORIZED, "credentials_invalid"));
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_answered_alike() {
    let world = World::start().await;
    let clinic = world.clinic("alike").await;
    let email = &clinic.admin.email;
    let wrong = log_in(&world, email, "wrong horse battery staple").await;
    let unknown = log_in(&world, &format!("nobody-{email}"), PASSWORD).await;
    assert_eq!((wrong.status, wrong.code()), (StatusCode::UNAUTHORIZED, "credentials_invalid"));
    assert_eq!(wrong.header("www-authenticate"), "Bearer");
    assert_alike(&wrong, &unknown);
    assert!(!wrong.text.contains(email.as_str()));

    // The control, also with the address written another way.
    for address in [email.clone(), email.to_uppercase()] {
        let session = log_in(&world, &address, PASSWORD).await;
        assert_eq!(session.status, StatusCode::OK, "{}", session.json);
        assert_eq!(session.json["expiresIn"], 600);
        assert_eq!(session.json["company"]["id"], clinic.id.to_string());
        assert_eq!((&session.json["user"]["email"], &session.json["user"]["role"]), (&json!(email), &json!("admin")));
        assert_eq!(session.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn who_works_at_two_clinics_chooses_and_sees_one_at_a_time() {
    let world = World::start().await;
    let (first, second, third) = (world.clinic("one").await, world.clinic("two").await, world.clinic("three").await);
    let person = &first.admin.email;
    let central = world.central().await;
    let join = "INSERT INTO medicalpro_central.memberships (user_id, company_id, role)
                SELECT id, $2, $3 FROM medicalpro_central.users WHERE email = $1";
    central.execute(join, &[person, &second.id.0, &Role::Nurse.name()]).await.unwrap();
    let (ours, theirs) = (first.patient("Ours").await, second.patient("Theirs").await);

    let choose = async |clinic: Option<Uuid>| {
        let mut body = json!({ "email": person, "password": PASSWORD });
        if let Some(clinic) = clinic {
            body["companyId"] = json!(clinic);
        }
        post(&world, "login", &body).await
    };
    for (chosen, clinic, role, patient) in [
        (None, &first, "admin", &ours),
        (Some(first.id.0), &first, "admin", &ours),
        (Some(second.id.0), &second, "nurse", &theirs),
    ] {
        let session = choose(chosen).await;
        assert_eq!(session.status, StatusCode::OK, "{}", session.json);
        assert_eq!(session.json["company"]["id"], clinic.id.to_string());
        assert_eq!(session.json["user"]["role"], role);
        let token = session.json["accessToken"].as_str();
        let list = world.request(Method::GET, "/api/v1/patients", token, &[], None).await;
        assert_eq!(list.json["data"], json!([patient]), "this clinic's, and no other's");
        let refreshed = post(&world, "refresh", &json!({ "refreshToken": session.json["refreshToken"] })).await;
        assert_eq!(refreshed.json["company"]["id"], clinic.id.to_string(), "a refresh stays there");
        assert_eq!(refreshed.json["user"]["role"], role);
    }
    for elsewhere in [third.id.0, Uuid::now_v7()] {
        let refused = choose(Some(elsewhere)).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "no_such_membership"));
    }
    let leave =
        "UPDATE medicalpro_central.memberships SET status = 'deactivated' WHERE company_id = $1 AND role = 'nurse'";
    central.execute(leave, &[&second.id.0]).await.unwrap();
    assert_eq!(choose(Some(second.id.0)).await.code(), "no_such_membership");
    assert_eq!(choose(None).await.json["company"]["id"], first.id.to_string());
}

#[tokio::test]
async fn an_account_that_is_deactivated_cannot_be_told_from_none() {
    let world = World::start().await;
    let clinic = world.clinic("deactivated").await;
    let nurse = clinic.person(Role::Nurse).await;
    let central = world.central().await;
    let deactivate = "UPDATE medicalpro_central.users SET status = 'deactivated' WHERE email = $1";
    central.execute(deactivate, &[&nurse.email]).await.unwrap();
    let unknown = log_in(&world, &format!("nobody-{}", nurse.email), PASSWORD).await;
    assert_alike(&log_in(&world, &nurse.email, PASSWORD).await, &unknown);
    let refreshed = post(&world, "refresh", &json!({ "refreshToken": nurse.refresh_token })).await;
    assert_eq!((refreshed.status, refreshed.code()), (StatusCode::UNAUTHORIZED, "refresh_token_invalid"));
    super::until(StatusCode::UNAUTHORIZED, async || nurse.get("/api/v1/auth/me").await).await;
}
