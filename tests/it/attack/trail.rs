//! The trail of identity: which operation leaves which event, when it succeeds and when it is refused.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use medicalpro::ids::Role;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::operations::{Operation, Valid, Walk, nowhere};
use super::tokens::claims;
use crate::support::{Clinic, Person, World};

/// When an event is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// On success and on refusal.
    Both,
    /// On success: beyond a token that is not good there is nothing to refuse.
    Success,
    /// On refusal: success goes on with a session that has its event already.
    Refusal,
}
use When::{Both, Refusal, Success};

/// Every operation that changes an account, a session or who works at a clinic, and what its event is called. An operation
/// without a line fails the test below.
const TRAIL: &[(&str, &str, When)] = &[
    ("auth_accept_invitation", "invitation_accepted", Both),
    ("auth_change_email", "email_change_requested", Both),
    ("auth_change_password", "password_changed", Both),
    ("auth_confirm_email_change", "email_change_confirmed", Success),
    ("auth_deactivate", "account_deactivated", Both),
    ("auth_forgot_password", "password_reset_requested", Both),
    ("auth_login", "login", Both),
    ("auth_logout", "logout", Success),
    ("auth_refresh", "refresh", Refusal),
    ("auth_register", "registered", Both),
    ("auth_reset_password", "password_reset", Both),
    // The walk asks for an address that is proven: `auth::verification` shows one that is not.
    ("auth_resend_verification", "verification_requested", Refusal),
    ("auth_session_revoke", "session_revoked", Both),
    ("auth_sessions_revoke", "session_revoked", Success),
    ("auth_switch_clinic", "clinic_switched", Both),
    ("auth_totp_begin", "totp_begun", Both),
    ("auth_totp_confirm", "totp_enabled", Both),
    ("auth_totp_disable", "totp_disabled", Both),
    ("auth_totp_recovery_codes", "recovery_codes_replaced", Both),
    ("auth_verify_email", "email_verified", Both),
    ("staff_invitations_create", "invitation_sent", Both),
    ("staff_invitations_delete", "invitation_withdrawn", Both),
    ("staff_invitations_resend", "invitation_resent", Both),
    ("staff_update", "staff_role_changed", Both),
];

/// Operations that look, and change nothing.
const LOOKS: [&str; 1] = ["auth_invitation"];

/// A request that is well formed and refused for what it says; `None` where nothing of it can be.
async fn refused(
    walk: &Walk<'_>,
    operation: &Operation,
    clinic: &Clinic<'_>,
    person: &Person<'_>,
) -> (BTreeMap<String, String>, Option<Value>) {
    let mut body = walk.body(operation, clinic, person).await;
    if let Some(body) = &mut body {
        for secret in ["token", "refreshToken"] {
            if body.get(secret).is_some() {
                body[secret] = medicalpro::secrets::random_text().to_string().into();
            }
        }
        match operation.entry().body {
            Valid::Address => body["email"] = json!("nobody-at-all@example.org"),
            Valid::Credentials | Valid::EmailChange | Valid::Password | Valid::PasswordAndCode => {
                body["password"] = json!("not the password of anybody");
            }
            Valid::PasswordChange => body["currentPassword"] = json!("not the password of anybody"),
            Valid::TotpCode => body["code"] = json!("000000"),
            Valid::OtherClinic => body["companyId"] = json!(nowhere()),
            Valid::Invitation | Valid::Registration => body["email"] = json!(person.email),
            _ => {}
        }
    }
    (operation.ids.iter().map(|(_, name)| (name.clone(), nowhere())).collect(), body)
}

#[tokio::test]
async fn every_change_of_accounts_sessions_and_staff_leaves_an_event_and_so_does_every_refusal() {
    let world = World::start().await;
    let (walk, clinic) = (Walk::new(&world).await, world.clinic("trail").await);
    let central = world.central().await;
    let of_request = "SELECT action, outcome,
                             CASE WHEN user_id IS NULL THEN 'nobody' WHEN user_id = $2 THEN 'who asks' ELSE 'another' END
                             || CASE WHEN actor_id IS NULL THEN '' WHEN actor_id = $2 THEN ' by who asks' ELSE ' by another' END,
                             CASE WHEN company_id IS NULL THEN 'nowhere' WHEN company_id = $3 THEN 'there' ELSE 'elsewhere' END,
                             coalesce(network, 'from nowhere'), coalesce(detail, '-')
                        FROM medicalpro_central.audit_logs WHERE request_id = $1 ORDER BY id";
    let events = async |request: Uuid, person: &Person<'_>| -> Vec<[String; 6]> {
        let of: Uuid = claims(&person.token)["userId"].as_str().unwrap().parse().unwrap();
        let rows = central.query(of_request, &[&request, &of, &clinic.id.0]).await.unwrap();
        rows.iter().map(|row| [0, 1, 2, 3, 4, 5].map(|column| row.get(column))).collect()
    };
    let mut trail = String::new();
    let mut walked = 0;
    for operation in &walk.operations {
        let of_identity = ["Auth", "Staff"].contains(&&*operation.tag) && operation.method != Method::GET;
        let line = TRAIL.iter().find(|(id, ..)| *id == operation.id);
        if !of_identity || LOOKS.contains(&&*operation.id) {
            assert!(line.is_none(), "{}: leaves nothing", operation.id);
            continue;
        }
        let Some((_, action, when)) = line else { panic!("{}: what does it leave in the trail?", operation.id) };
        let send = async |ids: &serde_json::Map<String, Value>, body: Option<&Value>, person: &Person<'_>| {
            let request = Uuid::now_v7();
            let headers = [("x-request-id", &*request.to_string())].map(|(name, value)| (name, value.to_owned()));
            let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, &**value)).collect();
            (walk.request(operation, ids, Some(&person.token), &headers, body).await, events(request, person).await)
        };
        let mut note = |left: &[[String; 6]]| {
            for event in left {
                writeln!(trail, "{}: {}", operation.id, event.join(", ")).unwrap();
            }
        };
        let person = clinic.person(Role::Admin).await;
        let (ids, body) = (walk.ids(operation, &clinic, &person).await, walk.body(operation, &clinic, &person).await);
        let (answer, left) = send(&ids, body.as_ref(), &person).await;
        assert!(answer.status.is_success(), "{}: {answer:?}", operation.id);
        let said = left.iter().any(|[named, outcome, ..]| named == action && outcome == "success");
        assert_eq!(said, *when != Refusal, "{}: {left:?}", operation.id);
        note(&left);

        let person = clinic.person(Role::Admin).await;
        let (ids, body) = refused(&walk, operation, &clinic, &person).await;
        let ids = ids.into_iter().map(|(name, id)| (name, id.into())).collect();
        if *when != Success {
            let (answer, left) = send(&ids, body.as_ref(), &person).await;
            // Unknown addresses are answered like known ones, and the trail tells.
            assert!(answer.status.is_client_error() || matches!(operation.entry().body, Valid::Address), "{answer:?}");
            let said = left.iter().any(|[named, outcome, ..]| named == action && outcome == "failure");
            assert!(said, "{}: {left:?}", operation.id);
            note(&left);
        }
        walked += 1;
    }
    assert_eq!(walked, TRAIL.len(), "a line without its operation");
    // What each event says: whose account, by whom, of which clinic, from which network, why.
    insta::assert_snapshot!(trail);
}
