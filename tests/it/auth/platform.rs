//! The platform's own people: how they come and go, what they reach, and that neither they nor anybody of a clinic ever passes for
//! the other.

use std::time::{Duration, Instant};

use medicalpro::ids::{PlatformRole, Role};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::totp::App;
use super::{another_server, claims, log_in, me, post, tokens, until};
use crate::support::process::run;
use crate::support::{Answer, PASSWORD, World, provisioner_url};

const COMPANIES: &str = "/api/v1/platform/companies";
const NEW: &str = "lantern quartz nine otters";

async fn platform(world: &World, arguments: &[&str]) -> (i32, String, String) {
    let url = provisioner_url(&world.admin);
    run([&["platform"], arguments].concat(), &[("MEDICALPRO_PROVISIONER_URL", &url)]).await
}

fn address() -> String {
    format!("operator-{}@example.org", Uuid::now_v7().simple())
}

async fn get(world: &World, path: &str, token: &str) -> Answer {
    world.request(Method::GET, path, Some(token), &[], None).await
}

fn is(answer: &Answer, status: StatusCode, code: &str) {
    assert_eq!((answer.status, answer.code()), (status, code), "{answer:?}");
}

/// The events about an account, the oldest first.
async fn events(world: &World, action: &str, about: Uuid) -> Vec<(String, Option<Uuid>)> {
    let query = "SELECT outcome, actor_id FROM medicalpro_central.audit_logs
                  WHERE action = $1 AND $2 IN (user_id, company_id) ORDER BY id";
    let rows = world.central().await.query(query, &[&action, &about]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[tokio::test]
async fn somebody_is_added_sets_a_password_by_mail_enrols_and_is_removed() {
    let world = World::start().await;
    let elsewhere = another_server(&world).await;
    let clinic = world.clinic("platform-add").await;
    let email = address();
    let add = ["add", &email, "--role", "super_admin", "--language", "fr", "--json"];
    let (code, out, said) = platform(&world, &add).await;
    assert_eq!(code, 0, "{said}");
    let added: Value = serde_json::from_str(&out).unwrap();
    let user: Uuid = added["user"].as_str().unwrap().parse().unwrap();
    for taken in [email.as_str(), &email.to_uppercase(), &clinic.admin.email] {
        let (code, out, said) = platform(&world, &["add", taken, "--role", "support"]).await;
        assert!(code == 1 && out.is_empty() && said.contains("exists already"), "{said}");
    }
    for wrong in [vec!["add", "nobody", "--role", "support"], vec!["add", "a@example.org", "--role", "admin"]] {
        assert_ne!(platform(&world, &wrong).await.0, 0, "{wrong:?}");
    }
    assert_eq!(log_in(&world, &email, PASSWORD).await.code(), "credentials_invalid", "nobody knows it");

    let token = world.mailed_token(&email).await;
    let reset = post(&world, "reset-password", &json!({ "token": token, "password": NEW })).await;
    assert_eq!(reset.status, StatusCode::NO_CONTENT, "{reset:?}");
    let session = log_in(&world, &email, NEW).await;
    let token = tokens(&session).0.to_owned();
    assert_eq!((&session.json["user"]["role"], session.json.get("company")), (&json!("super_admin"), None));
    let said = claims(&token);
    assert_eq!((&said["aud"], &said["role"]), (&json!("medicalpro-platform"), &json!("super_admin")));
    assert!(said.get("companyId").is_none());

    // Without a second factor they reach their own account, and nothing else.
    is(&get(&world, COMPANIES, &token).await, StatusCode::FORBIDDEN, "second_factor_enrolment_required");
    let own = me(&world, &token).await;
    assert_eq!((own.status, &own.json["user"]["role"]), (StatusCode::OK, &json!("super_admin")));
    assert_eq!(own.json.get("company"), None);
    let ask = async |path: &str, body: &Value| {
        world.request(Method::POST, &format!("/api/v1/auth/{path}"), Some(&token), &[], Some(body)).await
    };
    let begun = ask("totp", &json!({ "password": NEW })).await;
    let app = App::new(begun.json["secret"].as_str().unwrap_or_else(|| panic!("{begun:?}")));
    let confirmed = ask("totp/confirm", &json!({ "code": app.code(0) })).await;
    assert_eq!(confirmed.status, StatusCode::OK, "{confirmed:?}");
    until(StatusCode::OK, async || get(&elsewhere, COMPANIES, &token).await).await;
    assert_eq!(log_in(&world, &email, NEW).await.code(), "code_required");
    let with_code = json!({ "email": email, "password": NEW, "code": confirmed.json["recoveryCodes"][0] });
    let session = post(&world, "login", &with_code).await;
    let refreshed = post(&world, "refresh", &json!({ "refreshToken": tokens(&session).1 })).await;
    let token = tokens(&refreshed).0;
    assert_eq!(get(&world, COMPANIES, token).await.status, StatusCode::OK);
    let listed = get(&world, "/api/v1/auth/sessions", token).await;
    assert_eq!(listed.json["data"].as_array().map(Vec::len), Some(2), "{listed:?}");
    assert!(listed.json["data"][0].get("clinic").is_none(), "{listed:?}");
    let here = json!({ "companyId": clinic.id });
    let switched = world.request(Method::POST, "/api/v1/auth/switch-clinic", Some(token), &[], Some(&here)).await;
    is(&switched, StatusCode::FORBIDDEN, "no_such_membership");
    let mut somewhere = with_code.clone();
    (somewhere["companyId"], somewhere["code"]) = (json!(clinic.id), confirmed.json["recoveryCodes"][1].clone());
    is(&post(&world, "login", &somewhere).await, StatusCode::FORBIDDEN, "no_such_membership");

    let (_, out, _) = platform(&world, &["list", "--json"]).await;
    let list: Value = serde_json::from_str(&out).unwrap();
    let own = |list: &Value| list.as_array().unwrap().iter().find(|one| one["email"] == json!(email)).unwrap().clone();
    assert_eq!((&own(&list)["status"], &own(&list)["emailVerified"]), (&json!("active"), &json!(true)));
    assert!(!list.to_string().contains(&clinic.admin.email), "nobody of a clinic");

    assert_eq!(get(&elsewhere, COMPANIES, token).await.status, StatusCode::OK, "control: remembered");
    assert_eq!(platform(&world, &["remove", &clinic.admin.email]).await.0, 1, "only the platform's own");
    assert_eq!(platform(&world, &["remove", &email]).await.0, 0);
    let deadline = Instant::now() + Duration::from_secs(1);
    for server in [&world, &elsewhere] {
        while get(server, COMPANIES, token).await.code() != "session_ended" {
            assert!(Instant::now() < deadline, "within a second");
        }
    }
    is(&me(&world, token).await, StatusCode::UNAUTHORIZED, "session_ended");
    assert_eq!(log_in(&world, &email, NEW).await.code(), "credentials_invalid");
    let refused = post(&world, "refresh", &json!({ "refreshToken": tokens(&refreshed).1 })).await;
    is(&refused, StatusCode::UNAUTHORIZED, "refresh_token_invalid");
    assert_eq!(platform(&world, &["remove", &email]).await.0, 1, "once");
    assert_eq!(clinic.admin.get("/api/v1/patients").await.status, StatusCode::OK, "control: others are not concerned");
    for action in ["platform_user_added", "platform_user_removed"] {
        assert_eq!(events(&world, action, user).await, [("success".to_owned(), None)], "{action}");
    }
}

#[tokio::test]
async fn a_super_admin_suspends_a_clinic_on_every_server_and_lets_it_go_on_and_support_looks() {
    let world = World::start().await;
    let elsewhere = another_server(&world).await;
    let (clinic, other) = (world.clinic("platform-suspended").await, world.clinic("platform-other").await);
    let (boss, support) = (world.operator(PlatformRole::SuperAdmin).await, world.operator(PlatformRole::Support).await);
    let one = format!("{COMPANIES}/{}", clinic.id);
    let ask = async |token: &str, order: &str| {
        world.request(Method::POST, &format!("{one}/{order}"), Some(token), &[], None).await
    };
    let patients = async |server: &World, token: &str| get(server, "/api/v1/patients", token).await;

    for token in [&boss.token, &support.token] {
        let found = get(&world, &one, token).await;
        let fields: Vec<&String> = found.json.as_object().unwrap().keys().collect();
        assert_eq!(fields, ["country", "createdAt", "id", "language", "name", "status"], "and nothing else");
        let first = get(&world, &format!("{COMPANIES}?limit=1"), token).await;
        let cursor = first.json["nextCursor"].as_str().unwrap_or_else(|| panic!("{first:?}"));
        let next = get(&world, &format!("{COMPANIES}?limit=200&cursor={cursor}"), token).await;
        assert_eq!(next.status, StatusCode::OK);
        assert!(!next.json["data"].as_array().unwrap().contains(&first.json["data"][0]), "each once");
    }
    for order in ["suspend", "resume"] {
        is(&ask(&support.token, order).await, StatusCode::FORBIDDEN, "forbidden");
    }
    is(&ask(&boss.token, "resume").await, StatusCode::CONFLICT, "clinic_not_suspended");
    for server in [&world, &elsewhere] {
        assert_eq!(patients(server, &clinic.admin.token).await.status, StatusCode::OK, "control: remembered");
    }

    assert_eq!(ask(&boss.token, "suspend").await.status, StatusCode::NO_CONTENT);
    let deadline = Instant::now() + Duration::from_secs(1);
    for server in [&world, &elsewhere] {
        while patients(server, &clinic.admin.token).await.code() != "clinic_suspended" {
            assert!(Instant::now() < deadline, "within a second");
        }
        assert_eq!(patients(server, &other.admin.token).await.status, StatusCode::OK, "nobody else's");
    }
    is(&ask(&boss.token, "suspend").await, StatusCode::CONFLICT, "clinic_not_active");
    assert_eq!(get(&world, &one, &support.token).await.json["status"], "suspended");
    assert_eq!(ask(&boss.token, "resume").await.status, StatusCode::NO_CONTENT);
    for server in [&world, &elsewhere] {
        until(StatusCode::OK, async || patients(server, &clinic.admin.token).await).await;
    }
    let nowhere = format!("{COMPANIES}/{}/suspend", Uuid::now_v7());
    let answer = world.request(Method::POST, &nowhere, Some(&boss.token), &[], None).await;
    is(&answer, StatusCode::NOT_FOUND, "not_found");

    let id = |token: &str| claims(token)["userId"].as_str().unwrap().parse::<Uuid>().unwrap();
    let (boss, support) = (Some(id(&boss.token)), Some(id(&support.token)));
    let [failed, done] = ["failure", "success"].map(str::to_owned);
    assert_eq!(
        events(&world, "clinic_suspended", clinic.id.0).await,
        [(failed.clone(), support), (done.clone(), boss), (failed.clone(), boss)]
    );
    assert_eq!(
        events(&world, "clinic_resumed", clinic.id.0).await,
        [(failed.clone(), support), (failed, boss), (done, boss)]
    );
}

#[tokio::test]
async fn no_token_opens_what_is_for_the_other_sort_of_people() {
    let world = World::start().await;
    let clinic = world.clinic("platform-apart").await;
    let nurse = clinic.person(Role::Nurse).await;
    let company = format!("{COMPANIES}/{}", clinic.id);
    let of_clinics = ["/api/v1/patients", "/api/v1/staff", "/api/v1/clinic/security", "/api/v1/audit-logs/identity"];
    for role in PlatformRole::ALL {
        let operator = world.operator(role).await;
        for path in of_clinics {
            is(&get(&world, path, &operator.token).await, StatusCode::FORBIDDEN, "forbidden");
            assert_eq!(get(&world, path, &clinic.admin.token).await.status, StatusCode::OK, "control: {path}");
        }
        for path in [COMPANIES, &company] {
            assert_eq!(get(&world, path, &operator.token).await.status, StatusCode::OK, "control: {path}");
            for token in [&clinic.admin.token, &nurse.token] {
                is(&get(&world, path, token).await, StatusCode::FORBIDDEN, "forbidden");
            }
        }
    }
    for order in ["suspend", "resume"] {
        let path = format!("{company}/{order}");
        let answer = world.request(Method::POST, &path, Some(&clinic.admin.token), &[], None).await;
        is(&answer, StatusCode::FORBIDDEN, "forbidden");
    }
    assert_eq!(clinic.admin.get("/api/v1/patients").await.status, StatusCode::OK, "control: not suspended");
}

#[tokio::test]
async fn nobody_of_the_platform_becomes_a_member_and_no_member_one_of_the_platform() {
    let world = World::start().await;
    let clinic = world.clinic("platform-invites").await;
    let operator = world.operator(PlatformRole::Support).await;
    let (_, token) = clinic.invitation(&operator.email, Role::Admin).await;
    let accept = json!({ "token": token, "password": NEW, "acceptTerms": true });
    for body in [&accept, &json!({ "token": token })] {
        is(&post(&world, "accept-invitation", body).await, StatusCode::CONFLICT, "platform_account");
    }
    let central = world.central().await;
    let join = "INSERT INTO medicalpro_central.memberships (user_id, company_id, role)
                SELECT id, $2, 'admin' FROM medicalpro_central.users WHERE email = $1";
    let refused = central.execute(join, &[&operator.email, &clinic.id.0]).await.unwrap_err();
    assert_eq!(refused.code().map(tokio_postgres::error::SqlState::code), Some("MP008"));
    // The servers' own login cannot make one of the platform's people out of anybody.
    let may = "SELECT has_column_privilege('medicalpro_api', 'medicalpro_central.users', 'platform_role', right_to)
                 FROM unnest(ARRAY['INSERT', 'UPDATE', 'SELECT']) right_to";
    let may: Vec<bool> = central.query(may, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(may, [false, false, true], "control: it reads it");
    assert_eq!(get(&world, COMPANIES, &operator.token).await.status, StatusCode::OK, "control: as before");
}
