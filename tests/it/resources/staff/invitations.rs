//! Inviting: who may, how often, into how many seats.

use medicalpro::ids::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{INVITATIONS, change, events, is, path_of, somebody};
use crate::support::{Answer, Person, World};

pub fn address() -> String {
    format!("guest-{}@example.org", Uuid::now_v7().simple())
}

async fn invite(person: &Person<'_>, email: &str, role: &str) -> Answer {
    person.post(INVITATIONS, &json!({ "email": email, "role": role })).await
}

fn place(invitation: &Value) -> String {
    format!("{INVITATIONS}/{}", invitation["id"].as_str().unwrap())
}

/// Mails of an invitation that were queued.
async fn mails(world: &World, invitation: &Value) -> i64 {
    let id: Uuid = invitation["id"].as_str().unwrap().parse().unwrap();
    let count = "SELECT count(*) FROM medicalpro_central.email_outbox WHERE invitation_id = $1 AND kind = 'invitation'";
    world.central().await.query_one(count, &[&id]).await.unwrap().get(0)
}

#[tokio::test]
async fn an_invitation_is_made_listed_sent_again_and_withdrawn() {
    let world = World::start().await;
    let clinic = world.clinic("invite").await;
    let email = address();
    let body = json!({ "email": email, "role": "nurse", "language": "es", "firstName": "Ana", "lastName": "Ruiz" });
    let made = clinic.admin.post(INVITATIONS, &body).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.header("location"), place(&made.json));
    assert_eq!(
        (&made.json["email"], &made.json["role"], &made.json["language"]),
        (&json!(email), &json!("nurse"), &json!("es"))
    );
    let time = |name: &str| made.json[name].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    assert_eq!(time("expiresAt") - time("createdAt"), chrono::Duration::days(7));
    assert_eq!(mails(&world, &made.json).await, 1);
    assert_eq!(clinic.admin.get(&place(&made.json)).await.json, made.json);
    assert_eq!(clinic.admin.get(INVITATIONS).await.json["data"], json!([made.json]));

    let again = clinic.admin.post(&format!("{}/resend", place(&made.json)), &json!(null)).await;
    assert_eq!(again.status, 200, "{again:?}");
    assert!(again.json["expiresAt"].as_str() > made.json["expiresAt"].as_str(), "another week");
    assert_eq!(mails(&world, &made.json).await, 2);

    assert_eq!(clinic.admin.delete(&place(&made.json)).await.status, 204);
    for gone in [clinic.admin.get(&place(&made.json)).await, clinic.admin.delete(&place(&made.json)).await] {
        assert_eq!(is(&gone), (404, "not_found"));
    }
    assert_eq!(clinic.admin.get(INVITATIONS).await.json["data"], json!([]));
    // The clinic's language, where none was asked for that we write.
    let other = clinic.admin.post(INVITATIONS, &json!({ "email": address(), "role": "nurse", "language": "xx" })).await;
    assert_eq!(other.json["language"], "fr");
    for (action, successes) in [("invitation_sent", 2), ("invitation_resent", 1), ("invitation_withdrawn", 1)] {
        let events = events(&world, &clinic, action).await;
        assert_eq!(
            events.iter().filter(|event| event.0 == "success" && event.2.is_some()).count(),
            successes,
            "{action}"
        );
    }
    let failed = events(&world, &clinic, "invitation_withdrawn").await;
    assert!(failed.iter().any(|event| event.0 == "failure" && event.3.as_deref() == Some("not_found")), "{failed:?}");
}

#[tokio::test]
async fn an_address_is_invited_once_and_whoever_works_here_not_at_all() {
    let world = World::start().await;
    let (clinic, elsewhere) = (world.clinic("once").await, world.clinic("elsewhere").await);
    let email = address();
    let first = invite(&clinic.admin, &email, "nurse").await;
    assert_eq!(first.status, 201);
    assert_eq!(is(&invite(&clinic.admin, &email.to_uppercase(), "nurse").await), (409, "already_invited"));
    assert_eq!(invite(&elsewhere.admin, &email, "nurse").await.status, 201, "another clinic may");
    assert_eq!(is(&invite(&clinic.admin, &clinic.admin.email, "nurse").await), (409, "already_member"));
    assert_eq!(invite(&clinic.admin, &elsewhere.admin.email, "nurse").await.status, 201, "who works elsewhere may");
    // One that has expired makes room.
    let expire = "UPDATE medicalpro_central.invitations SET expires_at = now() - interval '1 second' WHERE id = $1";
    let id: Uuid = first.json["id"].as_str().unwrap().parse().unwrap();
    world.central().await.execute(expire, &[&id]).await.unwrap();
    assert_eq!(invite(&clinic.admin, &email, "nurse").await.status, 201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_invitations_to_one_address_at_once_one_is_made() {
    let world = World::start().await;
    let clinic = world.clinic("fifty-invite").await;
    clinic.seats(1000).await;
    let email = address();
    let answers = futures_util::future::join_all((0..50).map(|_| invite(&clinic.admin, &email, "nurse"))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert!(answers.iter().all(|answer| answer.status == 201 || is(answer) == (409, "already_invited")), "{answers:?}");
}

#[tokio::test]
async fn managers_invite_anybody_but_admins_and_others_nobody() {
    let world = World::start().await;
    let clinic = world.clinic("who").await;
    let (_, manager) = somebody(&world, &clinic, Role::Manager).await;
    let (_, nurse) = somebody(&world, &clinic, Role::Nurse).await;
    assert_eq!(invite(&manager, &address(), "manager").await.status, 201, "control");
    assert_eq!(is(&invite(&manager, &address(), "admin").await), (403, "admins_only"));
    let admins = invite(&clinic.admin, &address(), "admin").await;
    assert_eq!(admins.status, 201, "control");
    let resend = manager.post(&format!("{}/resend", place(&admins.json)), &json!(null)).await;
    assert_eq!(is(&resend), (403, "admins_only"));
    assert_eq!(is(&manager.delete(&place(&admins.json)).await), (403, "admins_only"));
    assert_eq!(is(&invite(&nurse, &address(), "nurse").await), (403, "forbidden"));
    assert_eq!(is(&nurse.delete(&place(&admins.json)).await), (403, "forbidden"));
    assert_eq!(nurse.get(&place(&admins.json)).await.status, 200, "everybody reads");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn staff_and_open_invitations_fill_the_seats_and_no_more() {
    let world = World::start().await;
    let clinic = world.clinic("seats").await;
    let (nurse, _) = clinic.member(Role::Nurse).await;
    clinic.seats(4).await;
    // Two work here: of ten invitations at once two find a seat.
    let addresses: Vec<String> = (0..10).map(|_| address()).collect();
    let answers =
        futures_util::future::join_all(addresses.iter().map(|email| invite(&clinic.admin, email, "nurse"))).await;
    let made: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(made.len(), 2, "{answers:?}");
    assert!(answers.iter().all(|answer| answer.status == 201 || is(answer) == (409, "no_seat")), "{answers:?}");

    assert_eq!(clinic.admin.delete(&place(&made[0].json)).await.status, 204);
    let third = invite(&clinic.admin, &address(), "nurse").await;
    assert_eq!(third.status, 201, "a withdrawn one gives its seat back");
    // So does somebody who leaves; then they cannot come back.
    assert_eq!(change(&clinic.admin, nurse, json!({ "status": "deactivated" })).await.status, 200);
    assert_eq!(invite(&clinic.admin, &address(), "nurse").await.status, 201);
    assert_eq!(is(&change(&clinic.admin, nurse, json!({ "status": "active" })).await), (409, "no_seat"));
    assert_eq!(clinic.admin.get(&path_of(nurse)).await.json["status"], "deactivated");
    // One that expired holds no seat, and takes one again when it is sent again.
    let expire = "UPDATE medicalpro_central.invitations SET expires_at = now() - interval '1 second' WHERE id = $1";
    let id: Uuid = third.json["id"].as_str().unwrap().parse().unwrap();
    world.central().await.execute(expire, &[&id]).await.unwrap();
    assert_eq!(change(&clinic.admin, nurse, json!({ "status": "active" })).await.status, 200);
    let resent = clinic.admin.post(&format!("{}/resend", place(&third.json)), &json!(null)).await;
    assert_eq!(is(&resent), (409, "no_seat"));
}

#[tokio::test]
async fn an_invitation_is_sent_again_five_times_an_hour() {
    let world = World::start().await;
    let clinic = world.clinic("resend").await;
    let made = invite(&clinic.admin, &address(), "nurse").await;
    let resend = format!("{}/resend", place(&made.json));
    for _ in 0..5 {
        assert_eq!(clinic.admin.post(&resend, &json!(null)).await.status, 200);
    }
    let sixth = clinic.admin.post(&resend, &json!(null)).await;
    assert_eq!(is(&sixth), (429, "rate_limited"));
    assert!((3500..=3600).contains(&sixth.header("retry-after").parse::<i64>().unwrap()), "{sixth:?}");
    assert_eq!(mails(&world, &made.json).await, 6, "the first one, and five");
    let earlier = "UPDATE medicalpro_central.email_outbox SET created_at = created_at - interval '61 minutes' WHERE invitation_id = $1";
    let id: Uuid = made.json["id"].as_str().unwrap().parse().unwrap();
    world.central().await.execute(earlier, &[&id]).await.unwrap();
    assert_eq!(clinic.admin.post(&resend, &json!(null)).await.status, 200, "an hour later");
}

#[tokio::test]
async fn withdrawing_makes_no_room_for_further_mails() {
    let world = World::start().await;
    let clinic = world.clinic("bomb").await;
    clinic.seats(1000).await;
    let email = address();
    for _ in 0..5 {
        let made = invite(&clinic.admin, &email, "nurse").await;
        assert_eq!(made.status, 201, "{made:?}");
        assert_eq!(clinic.admin.delete(&place(&made.json)).await.status, 204);
    }
    let sixth = invite(&clinic.admin, &email, "nurse").await;
    assert_eq!(is(&sixth), (429, "rate_limited"));
    assert!((3500..=3600).contains(&sixth.header("retry-after").parse::<i64>().unwrap()), "{sixth:?}");
    assert_eq!(invite(&clinic.admin, &address(), "nurse").await.status, 201, "another address");
    let central = world.central().await;
    let more = "INSERT INTO medicalpro_central.invitations (id, company_id, email, email_normalized, role, language, expires_at, withdrawn_at)
                SELECT gen_random_uuid(), $1, n || '@example.org', n || '@example.org', 'nurse', 'fr', now(), now() FROM generate_series(1, 54) n";
    central.execute(more, &[&clinic.id.0]).await.unwrap();
    assert_eq!(is(&invite(&clinic.admin, &address(), "nurse").await), (429, "rate_limited"), "sixty of a clinic");
    let earlier = "UPDATE medicalpro_central.invitations SET created_at = created_at - interval '61 minutes' WHERE company_id = $1";
    central.execute(earlier, &[&clinic.id.0]).await.unwrap();
    assert_eq!(invite(&clinic.admin, &email, "nurse").await.status, 201, "an hour later");
}

/// Full-width letters are another mailbox, and compared they would be the victim's.
#[tokio::test]
async fn an_address_that_merely_looks_like_anothers_is_refused() {
    let world = World::start().await;
    let clinic = world.clinic("look-alike").await;
    let email = address();
    let alike = format!("\u{ff41}{email}");
    let refused = invite(&clinic.admin, &alike, "nurse").await;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert_eq!(refused.json["errors"][0]["pointer"], "/email");
    assert_eq!(invite(&clinic.admin, &format!("a{email}"), "nurse").await.status, 201, "control");
}
