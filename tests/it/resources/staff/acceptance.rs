//! Accepting: once, by whoever has read the mail, with an account or without.

use medicalpro::ids::Role;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::invitations::address;
use super::{INVITATIONS, STAFF, change, events, is};
use crate::support::{Answer, Clinic, PASSWORD, World};

const CHOSEN: &str = "seven purple walruses at dawn";

async fn accept(world: &World, body: &Value) -> Answer {
    world.send(Method::POST, "/api/v1/auth/accept-invitation", Some(body)).await
}

async fn offer(world: &World, token: &str) -> Answer {
    world.send(Method::POST, "/api/v1/auth/invitation", Some(&json!({ "token": token }))).await
}

fn newcomer(token: &str) -> Value {
    json!({ "token": token, "password": CHOSEN, "acceptTerms": true })
}

/// Who has an account shows its password.
fn known(token: &str) -> Value {
    json!({ "token": token, "password": PASSWORD })
}

async fn log_in(world: &World, email: &str, password: &str, clinic: &Clinic<'_>) -> Answer {
    let body = json!({ "email": email, "password": password, "companyId": clinic.id.to_string() });
    world.send(Method::POST, "/api/v1/auth/login", Some(&body)).await
}

/// 422 for this field and reason.
fn refused(answer: &Answer, pointer: &str, code: &str) {
    assert_eq!(answer.status, 422, "{answer:?}");
    let errors = answer.json["errors"].as_array().unwrap();
    assert!(errors.iter().any(|error| error["pointer"] == pointer && error["code"] == code), "{answer:?}");
}

/// Mails of welcome to a clinic that were queued to an address.
async fn welcomes(world: &World, clinic: &Clinic<'_>, email: &str) -> i64 {
    let count =
        "SELECT count(*) FROM medicalpro_central.email_outbox o JOIN medicalpro_central.users u ON u.id = o.user_id
                  WHERE u.email = $1 AND o.company_id = $2 AND o.kind = 'welcome'";
    world.central().await.query_one(count, &[&email, &clinic.id.0]).await.unwrap().get(0)
}

#[tokio::test]
async fn whoever_has_no_account_chooses_a_password_and_logs_in() {
    let world = World::start().await;
    let clinic = world.clinic("newcomer").await;
    let email = address();
    let (_, token) = clinic.invitation(&email, Role::Nurse).await;
    let offered = offer(&world, &token).await;
    let expected = json!({
        "companyName": "Clinic newcomer", "role": "nurse", "email": email, "firstName": "Test", "lastName": "Guest",
        "accountExists": false,
    });
    assert_eq!((offered.status.as_u16(), &offered.json), (200, &expected));

    // What is missing or weak uses nothing up.
    let nothing = accept(&world, &json!({ "token": token })).await;
    refused(&nothing, "/password", "missing");
    refused(&nothing, "/acceptTerms", "missing");
    refused(&accept(&world, &json!({ "token": token, "password": CHOSEN })).await, "/acceptTerms", "missing");
    let mut weak = newcomer(&token);
    weak["password"] = json!("passwordpassword");
    assert_eq!(accept(&world, &weak).await.status, 422);
    weak["password"] = json!("Test Guest newcomer");
    assert_eq!(accept(&world, &weak).await.status, 422, "their own name");

    let mut body = newcomer(&token);
    body["firstName"] = json!("Tess");
    let accepted = accept(&world, &body).await;
    assert_eq!(accepted.status, 204, "{accepted:?}");
    assert_eq!(accepted.header("set-cookie"), "");
    let session = log_in(&world, &email, CHOSEN, &clinic).await;
    assert_eq!(session.status, 200, "the mail has proven the address: {session:?}");
    assert_eq!(session.json["user"]["role"], "nurse");
    assert_eq!(
        (&session.json["user"]["firstName"], &session.json["user"]["lastName"]),
        (&json!("Tess"), &json!("Guest"))
    );
    assert_eq!(welcomes(&world, &clinic, &email).await, 1);

    refused(&accept(&world, &body).await, "/token", "token_invalid");
    refused(&offer(&world, &token).await, "/token", "token_invalid");
    let accepted = events(&world, &clinic, "invitation_accepted").await;
    assert_eq!(accepted.iter().filter(|event| event.0 == "success").count(), 1);
    assert!(accepted.iter().any(|event| event.0 == "failure"), "{accepted:?}");
}

#[tokio::test]
async fn whoever_has_an_account_gets_a_further_place_and_keeps_the_password() {
    let world = World::start().await;
    let (clinic, home) = (world.clinic("further").await, world.clinic("home").await);
    let email = &home.admin.email;
    let (_, token) = clinic.invitation(email, Role::Practitioner).await;
    assert_eq!(offer(&world, &token).await.json["accountExists"], true);
    // The mail alone is not enough: a stranger may know the password of an account that its owner never made.
    refused(&accept(&world, &json!({ "token": token })).await, "/password", "missing");
    refused(&accept(&world, &newcomer(&token)).await, "/password", "password_wrong");
    assert_eq!(log_in(&world, email, PASSWORD, &clinic).await.status, 403, "no place yet");
    assert_eq!(accept(&world, &known(&token)).await.status, 204);
    assert_eq!(log_in(&world, email, PASSWORD, &clinic).await.json["user"]["role"], "practitioner");
    assert_eq!(log_in(&world, email, PASSWORD, &home).await.json["user"]["role"], "admin", "as before");

    // Deactivated and invited again: the new role.
    let id: Uuid = home.admin.get("/api/v1/auth/me").await.json["user"]["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(change(&clinic.admin, id, json!({ "status": "deactivated" })).await.status, 200);
    assert_eq!(log_in(&world, email, PASSWORD, &clinic).await.status, 403);
    let (_, token) = clinic.invitation(email, Role::Nurse).await;
    assert_eq!(accept(&world, &known(&token)).await.status, 204);
    assert_eq!(log_in(&world, email, PASSWORD, &clinic).await.json["user"]["role"], "nurse");
}

#[tokio::test]
async fn an_invitation_never_changes_the_role_of_whoever_works_here_already() {
    let world = World::start().await;
    let clinic = world.clinic("meanwhile").await;
    let (id, email) = clinic.member(Role::Admin).await;
    assert_eq!(change(&clinic.admin, id, json!({ "status": "deactivated" })).await.status, 200);
    let (_, token) = clinic.invitation(&email, Role::Readonly).await;
    assert_eq!(change(&clinic.admin, id, json!({ "status": "active" })).await.status, 200);
    assert_eq!(is(&accept(&world, &known(&token)).await), (409, "already_member"));
    assert_eq!(clinic.admin.get(&format!("{STAFF}/{id}")).await.json["role"], "admin");
}

/// Somebody else registered with the address before its owner was invited, and never proved it.
#[tokio::test]
async fn an_account_that_nobody_has_proven_is_no_way_in_for_whoever_made_it() {
    let world = World::start().await;
    let clinic = world.clinic("squatted").await;
    let registration = World::registration("squatter");
    let email = registration["email"].as_str().unwrap();
    assert_eq!(world.send(Method::POST, "/api/v1/auth/register", Some(&registration)).await.status, 201);
    let (_, token) = clinic.invitation(email, Role::Nurse).await;
    assert_eq!(offer(&world, &token).await.json["accountExists"], false);
    refused(&accept(&world, &json!({ "token": token })).await, "/password", "missing");
    assert_eq!(accept(&world, &newcomer(&token)).await.status, 204);
    let theirs = log_in(&world, email, PASSWORD, &clinic).await;
    assert_eq!(is(&theirs), (401, "credentials_invalid"), "the password that the stranger chose");
    assert_eq!(log_in(&world, email, CHOSEN, &clinic).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_acceptances_at_once_one_wins_with_and_without_an_account() {
    let world = World::start().await;
    let (clinic, home) = (world.clinic("fifty-accept").await, world.clinic("fifty-home").await);
    let email = address();
    let (_, token) = clinic.invitation(&email, Role::Nurse).await;
    let (_, other) = clinic.invitation(&home.admin.email, Role::Nurse).await;
    for (has_account, body) in [(false, newcomer(&token)), (true, known(&other))] {
        let answers = futures_util::future::join_all((0..50).map(|_| accept(&world, &body))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 204).count(), 1, "{answers:?}");
        for answer in answers.iter().filter(|answer| answer.status != 204) {
            // Passwords that are being checked are counted, as at a log-in.
            if has_account && is(answer) == (429, "too_many_attempts") {
                continue;
            }
            refused(answer, "/token", "token_invalid");
        }
    }
    let places = "SELECT count(*) FROM medicalpro_central.memberships WHERE company_id = $1";
    let places: i64 = world.central().await.query_one(places, &[&clinic.id.0]).await.unwrap().get(0);
    assert_eq!(places, 3);
    for welcomed in [&email, &home.admin.email] {
        assert_eq!(welcomes(&world, &clinic, welcomed).await, 1);
    }
}

#[tokio::test]
async fn a_token_that_was_withdrawn_replaced_expired_or_made_up_accepts_nothing() {
    let world = World::start().await;
    let clinic = world.clinic("tokens").await;
    let central = world.central().await;
    let path = |invitation: &Value| format!("{INVITATIONS}/{}", invitation["id"].as_str().unwrap());
    let id = |invitation: &Value| invitation["id"].as_str().unwrap().parse::<Uuid>().unwrap();

    let (withdrawn, one) = clinic.invitation(&address(), Role::Nurse).await;
    assert_eq!(offer(&world, &one).await.status, 200, "control");
    assert_eq!(clinic.admin.delete(&path(&withdrawn)).await.status, 204);
    let (replaced, two) = clinic.invitation(&address(), Role::Nurse).await;
    assert_eq!(clinic.admin.post(&format!("{}/resend", path(&replaced)), &json!(null)).await.status, 200);
    let (expired, three) = clinic.invitation(&address(), Role::Nurse).await;
    let expire = "UPDATE medicalpro_central.invitations SET expires_at = now() - interval '1 second' WHERE id = $1";
    central.execute(expire, &[&id(&expired)]).await.unwrap();
    let (old, four) = clinic.invitation(&address(), Role::Nurse).await;
    let old_token = "UPDATE medicalpro_central.one_time_tokens SET created_at = now() - interval '8 days',
                            expires_at = now() - interval '1 second' WHERE invitation_id = $1";
    central.execute(old_token, &[&id(&old)]).await.unwrap();
    for token in [one, two, three, four, medicalpro::secrets::random_text().to_string()] {
        refused(&offer(&world, &token).await, "/token", "token_invalid");
        refused(&accept(&world, &newcomer(&token)).await, "/token", "token_invalid");
    }
    // Nor does a token that is for something else.
    let registration = World::registration("other-purpose");
    assert_eq!(world.send(Method::POST, "/api/v1/auth/register", Some(&registration)).await.status, 201);
    let other = world.mailed_token(registration["email"].as_str().unwrap()).await;
    refused(&accept(&world, &newcomer(&other)).await, "/token", "token_invalid");
    assert_eq!(clinic.admin.get(STAFF).await.json["data"].as_array().unwrap().len(), 1, "nobody came");
}

#[tokio::test]
async fn a_suspended_clinic_and_a_deactivated_account_are_told_apart() {
    let world = World::start().await;
    let clinic = world.clinic("closed").await;
    let (_, token) = clinic.invitation(&address(), Role::Nurse).await;
    let (member, email) = world.clinic("closed-home").await.member(Role::Nurse).await;
    let (_, known) = clinic.invitation(&email, Role::Nurse).await;
    let central = world.central().await;
    central
        .execute("UPDATE medicalpro_central.users SET status = 'deactivated' WHERE id = $1", &[&member])
        .await
        .unwrap();
    assert_eq!(is(&accept(&world, &json!({ "token": known })).await), (409, "account_deactivated"));
    let suspend = "UPDATE medicalpro_central.companies SET status = $2 WHERE id = $1";
    central.execute(suspend, &[&clinic.id.0, &"suspended"]).await.unwrap();
    assert_eq!(is(&accept(&world, &newcomer(&token)).await), (409, "clinic_suspended"));
    central.execute(suspend, &[&clinic.id.0, &"active"]).await.unwrap();
    assert_eq!(accept(&world, &newcomer(&token)).await.status, 204, "nothing was used up");
}

#[tokio::test]
async fn an_invitation_ends_with_what_its_inviter_may_do() {
    let world = World::start().await;
    let clinic = world.clinic("inviter").await;
    let (id, inviter) = clinic.member(Role::Admin).await;
    let invited = |role: &'static str| {
        let (world, clinic, inviter) = (&world, &clinic, &inviter);
        async move {
            clinic.seats(1000).await;
            let email = address();
            let made = world.log_in(inviter).await.post(INVITATIONS, &json!({ "email": email, "role": role })).await;
            assert_eq!(made.status, 201, "{made:?}");
            let id: Uuid = made.json["id"].as_str().unwrap().parse().unwrap();
            world.mails_are_sent("invitation_id", id).await;
            (id, world.mailed_token(&email).await)
        }
    };
    let (_, before) = invited("admin").await;
    assert_eq!(accept(&world, &newcomer(&before)).await.status, 204, "control");
    let (_, demoted) = invited("admin").await;
    let (_, of_another) = clinic.invitation(&address(), Role::Nurse).await;
    assert_eq!(change(&clinic.admin, id, json!({ "role": "manager" })).await.status, 200);
    refused(&accept(&world, &newcomer(&demoted)).await, "/token", "token_invalid");
    // Even one that was not withdrawn gives nothing that its inviter may not give now.
    let (row, raced) = invited("manager").await;
    let central = world.central().await;
    let set = "UPDATE medicalpro_central.invitations SET role = $2 WHERE id = $1";
    central.execute(set, &[&row, &"admin"]).await.unwrap();
    refused(&accept(&world, &newcomer(&raced)).await, "/token", "token_invalid");
    central.execute(set, &[&row, &"manager"]).await.unwrap();
    assert_eq!(accept(&world, &newcomer(&raced)).await.status, 204, "control");

    let (_, left) = invited("manager").await;
    assert_eq!(change(&clinic.admin, id, json!({ "status": "deactivated" })).await.status, 200);
    refused(&accept(&world, &newcomer(&left)).await, "/token", "token_invalid");
    assert_eq!(accept(&world, &newcomer(&of_another)).await.status, 204, "somebody else's stands");

    let leaver = clinic.person(Role::Manager).await;
    let email = address();
    assert_eq!(leaver.post(INVITATIONS, &json!({ "email": email, "role": "manager" })).await.status, 201);
    let open = async || clinic.admin.get(INVITATIONS).await.text.contains(&email);
    assert!(open().await, "control");
    assert_eq!(leaver.post("/api/v1/auth/deactivate", &json!({ "password": PASSWORD })).await.status, 204);
    assert!(!open().await);
}
