//! Mail about accounts: to whom, in which language, with which token; and what is not sent any more.

use medicalpro::central::outbox::Kind;
use medicalpro::secrets::sha256;
use serde_json::json;
use uuid::Uuid;

use super::{address, ended, mails_to, person, queue};
use crate::support::World;

/// What the mail of a kind leads to: a page, and the purpose and minutes of its token.
fn token_of(kind: Kind) -> Option<(&'static str, &'static str, i64)> {
    match kind {
        Kind::Verification => Some(("/verify-email", "email_verification", 24 * 60)),
        Kind::PasswordReset => Some(("/reset-password", "password_reset", 30)),
        Kind::Invitation => Some(("/accept-invitation", "invitation", 7 * 24 * 60)),
        Kind::EmailChangeOld => Some(("/confirm-email", "email_change_old", 5 * 60)),
        Kind::EmailChangeNew => Some(("/confirm-email", "email_change_new", 5 * 60)),
        _ => None,
    }
}

#[tokio::test]
async fn each_kind_reaches_its_reader_in_their_language_with_a_token_of_its_own_purpose_and_lifetime() {
    let world = World::start().await;
    let clinic = world.clinic("kinds").await.id.0;
    let central = world.central().await;
    for kind in Kind::ALL {
        let (email, other) = (address(kind.name()), address("other"));
        let user = person(&central, &email, "es", kind != Kind::Verification).await;
        let (invitation, change) = (Uuid::now_v7(), Uuid::now_v7());
        let invite = "INSERT INTO medicalpro_central.invitations (id, company_id, email, email_normalized, role, language, expires_at)
                      VALUES ($1, $2, $3, $3, 'nurse', 'es', now() + interval '7 days')";
        central.execute(invite, &[&invitation, &clinic, &other]).await.unwrap();
        let begin =
            "INSERT INTO medicalpro_central.email_changes (id, user_id, new_email, new_email_normalized, expires_at)
                     VALUES ($1, $2, $3, $3, now() + interval '5 hours')";
        central.execute(begin, &[&change, &user, &other]).await.unwrap();
        let old = address("old");
        let (to, about, payload) = match kind {
            Kind::Invitation => (&other, "invitation_id", json!({})),
            Kind::EmailChangeOld => (&email, "email_change_id", json!({})),
            Kind::EmailChangeNew => (&other, "email_change_id", json!({})),
            Kind::EmailChanged => (&old, "email_change_id", json!({ "oldEmail": old })),
            Kind::NewDevice => (&email, "user_id", json!({ "device": "Firefox, Linux", "at": "2026-01-05T08:00:00Z" })),
            _ => (&email, "user_id", json!({})),
        };
        let subject = match about {
            "invitation_id" => invitation,
            "email_change_id" => change,
            _ => user,
        };
        let insert = format!(
            "INSERT INTO medicalpro_central.email_outbox (kind, {about}, company_id, payload) VALUES ($1, $2, $3, $4) RETURNING id"
        );
        // Resetting a password is about no clinic: the language alone decides.
        let of = (kind != Kind::PasswordReset).then_some(clinic);
        let id: Uuid = central.query_one(&insert, &[&kind.name(), &subject, &of, &payload]).await.unwrap().get(0);
        assert_eq!(ended(&central, id).await.0, "sent", "{kind:?}");

        let mails = mails_to(&world, to);
        assert_eq!(mails.len(), 1, "{kind:?}");
        assert!(mails[0].html.contains("<html lang=\"es\""), "{kind:?}: {}", mails[0].html);
        let link = mails[0].links.iter().find_map(|link| link.split_once("?lang=es#token="));
        let tokens = format!(
            "SELECT purpose, round(extract(epoch FROM expires_at - now()) / 60)::bigint, token_hash
               FROM medicalpro_central.one_time_tokens WHERE {about} = $1 AND used_at IS NULL"
        );
        let stored = central.query(&tokens, &[&subject]).await.unwrap();
        match token_of(kind) {
            None => assert!(link.is_none() && stored.is_empty(), "{kind:?} has no token"),
            Some((page, purpose, minutes)) => {
                let (before, token) = link.unwrap_or_else(|| panic!("{kind:?}: {:?}", mails[0].links));
                assert!(before.ends_with(page), "{kind:?}: {before}");
                assert_eq!(stored.len(), 1, "{kind:?}");
                let row = &stored[0];
                assert_eq!(row.get::<_, String>(0), purpose);
                assert!((minutes - 2..=minutes).contains(&row.get(1)), "{kind:?}: {} minutes", row.get::<_, i64>(1));
                assert_eq!(row.get::<_, Vec<u8>>(2), sha256(token.as_bytes()), "stored by its hash");
            }
        }
    }
}

#[tokio::test]
async fn a_mail_whose_cause_is_gone_is_closed_and_not_sent() {
    let world = World::start().await;
    let clinic = world.clinic("gone").await.id.0;
    let central = world.central().await;

    for (ended_by, expected) in [
        ("role = role", "sent"),
        ("withdrawn_at = now()", "closed"),
        ("accepted_at = now()", "closed"),
        ("expires_at = now() - interval '1 second'", "closed"),
    ] {
        let (id, email) = (Uuid::now_v7(), address("invited"));
        let invite = "WITH made AS (INSERT INTO medicalpro_central.invitations
                        (id, company_id, email, email_normalized, role, language, created_at, expires_at)
                      VALUES ($1, $2, $3, $3, 'nurse', 'fr', now() - interval '1 day', now() + interval '7 days'))
                      SELECT";
        let queue =
            "INSERT INTO medicalpro_central.email_outbox (kind, invitation_id) VALUES ('invitation', $1) RETURNING id";
        let mut central = world.central().await;
        let tx = central.transaction().await.unwrap();
        tx.execute(invite, &[&id, &clinic, &email]).await.unwrap();
        let end = format!("UPDATE medicalpro_central.invitations SET {ended_by} WHERE id = $1");
        tx.execute(&end, &[&id]).await.unwrap();
        let mail: Uuid = tx.query_one(queue, &[&id]).await.unwrap().get(0);
        tx.commit().await.unwrap();
        assert_eq!(ended(&central, mail).await.0, expected, "{ended_by}");
        assert_eq!(mails_to(&world, &email).len(), usize::from(expected == "sent"), "{ended_by}");
    }

    for (kind, ended_by, expected) in [
        ("email_change_old", "expires_at = expires_at", "sent"),
        ("email_change_old", "ended_at = now()", "closed"),
        ("email_change_old", "old_confirmed_at = now()", "closed"),
        ("email_change_new", "old_confirmed_at = now()", "sent"),
        ("email_change_new", "new_confirmed_at = now()", "closed"),
        ("email_change_new", "expires_at = now() - interval '1 second'", "closed"),
    ] {
        let (old, new) = (address("old"), address("new"));
        let user = person(&central, &old, "fr", true).await;
        let id = Uuid::now_v7();
        let begin =
            "INSERT INTO medicalpro_central.email_changes (id, user_id, new_email, new_email_normalized, expires_at)
                     VALUES ($1, $2, $3, $3, now() + interval '1 day')";
        central.execute(begin, &[&id, &user, &new]).await.unwrap();
        let end = format!("UPDATE medicalpro_central.email_changes SET {ended_by} WHERE id = $1");
        central.execute(&end, &[&id]).await.unwrap();
        let queue = "INSERT INTO medicalpro_central.email_outbox (kind, email_change_id) VALUES ($1, $2) RETURNING id";
        let mail: Uuid = central.query_one(queue, &[&kind, &id]).await.unwrap().get(0);
        assert_eq!(ended(&central, mail).await.0, expected, "{kind} {ended_by}");
        let sent = mails_to(&world, &old).len() + mails_to(&world, &new).len();
        assert_eq!(sent, usize::from(expected == "sent"), "{kind} {ended_by}");
    }

    // Who was deactivated is not written to, but for what warns them: whoever took an account over must not silence that.
    for (kind, deactivated, verified, expected) in [
        ("verification", false, false, "sent"),
        ("verification", false, true, "closed"),
        ("verification", true, false, "closed"),
        ("password_reset", false, true, "sent"),
        ("password_reset", true, true, "closed"),
        ("welcome", true, true, "closed"),
        ("password_changed", true, true, "sent"),
    ] {
        let email = address("person");
        let user = person(&central, &email, "fr", verified).await;
        let status = if deactivated { "deactivated" } else { "active" };
        central
            .execute("UPDATE medicalpro_central.users SET status = $2 WHERE id = $1", &[&user, &status])
            .await
            .unwrap();
        let mail = queue(&central, kind, user, Some(clinic)).await;
        assert_eq!(ended(&central, mail).await.0, expected, "{kind} {status} {verified}");
        assert_eq!(mails_to(&world, &email).len(), usize::from(expected == "sent"), "{kind} {status} {verified}");
    }
}

#[tokio::test]
async fn of_several_tokens_for_one_thing_the_newest_alone_is_of_use() {
    let world = World::start().await;
    let central = world.central().await;
    let (email, other) = (address("newest"), address("other"));
    let (user, bystander) = (person(&central, &email, "fr", true).await, person(&central, &other, "fr", true).await);
    let untouched = queue(&central, "password_reset", bystander, None).await;
    assert_eq!(ended(&central, untouched).await.0, "sent");
    // At once, so that they are sent side by side.
    let queue_ten = "INSERT INTO medicalpro_central.email_outbox (kind, user_id) SELECT 'password_reset', $1 FROM generate_series(1, 10)
                     RETURNING id";
    for row in central.query(queue_ten, &[&user]).await.unwrap() {
        assert_eq!(ended(&central, row.get(0)).await.0, "sent");
    }
    let mails = mails_to(&world, &email);
    assert_eq!(mails.len(), 10);
    let usable = "SELECT token_hash FROM medicalpro_central.one_time_tokens WHERE user_id = $1 AND used_at IS NULL";
    let left = central.query(usable, &[&user]).await.unwrap();
    assert_eq!(left.len(), 1);
    let hashes = mails.iter().map(|mail| sha256(mail.links[0].split_once("#token=").unwrap().1.as_bytes()));
    assert_eq!(hashes.filter(|hash| hash[..] == left[0].get::<_, Vec<u8>>(0)).count(), 1);
    assert_eq!(central.query(usable, &[&bystander]).await.unwrap().len(), 1, "another's stays");
}

#[tokio::test]
async fn a_suspended_clinic_is_told_so() {
    let world = World::start().await;
    let clinic = world.clinic("suspended").await;
    let central = world.central().await;
    central
        .execute("UPDATE medicalpro_central.companies SET status = 'suspended' WHERE id = $1", &[&clinic.id.0])
        .await
        .unwrap();
    let find = "SELECT id FROM medicalpro_central.users WHERE email = $1";
    let user: Uuid = central.query_one(find, &[&clinic.admin.email]).await.unwrap().get(0);
    let mail = queue(&central, "suspended", user, Some(clinic.id.0)).await;
    assert_eq!(ended(&central, mail).await.0, "sent");
    world.mails_are_sent("user_id", user).await;
    assert_eq!(mails_to(&world, &clinic.admin.email).len(), 3, "the verification, the welcome, and this");
}
