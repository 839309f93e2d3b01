//! The audit trail is written by itself and changed by nobody.

use uuid::Uuid;

use super::by_hand::{ADMIN, Hand, PRACTITIONER, SECRETARY, refused, rows, send, session_roles, treasure};
use crate::support::World;

#[tokio::test]
async fn audit_rows_are_changed_by_no_role_and_not_by_their_owner() {
    let world = World::start().await;
    let clinic = world.clinic("audit").await;
    let hand = Hand::of(&world, &clinic).await;
    treasure(&clinic, &hand, "Abelard").await;
    let admin = clinic.database().await;
    let trail = "SELECT md5(string_agg(l::text, ',' ORDER BY id)) FROM audit_logs l";
    let before = send(&admin, trail).await;
    let created = "SELECT actor_role FROM audit_logs WHERE action = 'create' AND resource = 'medical_records'";
    assert_eq!(hand.run(ADMIN, created).await, rows([ADMIN]), "control: the trail is there to be read");

    let changes = [
        "UPDATE audit_logs SET actor_user = gen_random_uuid()",
        "UPDATE audit_logs SET action = 'read' WHERE false",
        "DELETE FROM audit_logs",
        "DELETE FROM audit_logs WHERE false",
        "TRUNCATE audit_logs",
        "INSERT INTO audit_logs (actor_user, actor_role, action, resource) VALUES (gen_random_uuid(), 'x', 'read', 'x')",
        "INSERT INTO app.audit_entry (actor_user, actor_role, action, resource) VALUES (gen_random_uuid(), 'x', 'read', 'x')",
        "DELETE FROM app.audit_entry",
        "ALTER TABLE audit_logs DISABLE TRIGGER append_only",
        "DROP TRIGGER append_only ON audit_logs",
        "DROP TABLE audit_logs",
        "SELECT app.record_access('read', 'x', NULL, NULL); UPDATE audit_logs SET resource = 'y'",
    ];
    for role in session_roles() {
        for change in changes {
            assert_eq!(hand.run(role, change).await, refused("42501"), "{role}: {change}");
        }
    }
    for role in [PRACTITIONER, SECRETARY, "medicalpro_nurse", "medicalpro_readonly", "medicalpro_worker"] {
        assert_eq!(hand.run(role, created).await, refused("42501"), "{role} reads it");
    }

    // The owners, who must first be become by an administrator: the trigger stands before every row and every statement.
    let as_owner = async |owner: &str, sql: &str| {
        let context = hand.key.sign(clinic.id, "medicalpro_owner", hand.user, super::by_hand::now());
        let outcome =
            send(&admin, &format!("{}; SET LOCAL ROLE {owner}; {sql}", hand.opening("medicalpro_owner", &context)))
                .await;
        admin.batch_execute("ROLLBACK").await.unwrap();
        outcome
    };
    for change in &changes[..5] {
        assert_eq!(as_owner("medicalpro_owner", change).await, refused("42501"), "{change}");
        assert_eq!(as_owner("medicalpro_audit", change).await, refused("MP007"), "{change}");
        let superuser = send(&admin, change).await;
        assert_eq!(superuser, refused("MP007"), "the superuser: {change}");
    }
    assert_eq!(as_owner("medicalpro_audit", "SELECT count(*) > 0 FROM audit_logs").await, rows(["t"]), "control");
    assert_eq!(send(&admin, trail).await, before, "and not a byte of it has changed");
}

#[tokio::test]
async fn the_actor_of_an_audit_row_is_the_signed_one_whatever_the_statement_says() {
    let world = World::start().await;
    let clinic = world.clinic("actor").await;
    let hand = Hand::of(&world, &clinic).await;
    let request = "SET LOCAL app.request_id = '''; DROP TABLE patients; --'";
    let insert = "INSERT INTO closures (starts_on, ends_on) VALUES ('2030-01-01', '2030-01-02')";
    let wrote = hand.commit(ADMIN, &format!("{request}; {insert}; SELECT app.record_denial('op', 'code')")).await;
    assert_eq!(wrote, rows([""]));
    let logged = "SELECT actor_user, actor_role, action, request_id FROM audit_logs WHERE resource IN ('closures', 'op') ORDER BY at";
    let (user, role) = (hand.user, ADMIN);
    let expected = [format!("{user}|{role}|create|NULL"), format!("{user}|{role}|denied|NULL")];
    assert_eq!(hand.run(ADMIN, logged).await, Ok(expected.to_vec()));
    // Without a context there is no actor, and so no row and no change.
    assert_eq!(hand.after(&hand.opening(ADMIN, ""), insert).await, refused("MP001"));
    assert_eq!(hand.after(&hand.opening(ADMIN, ""), "SELECT app.record_denial('op', 'code')").await, refused("MP001"));
}

#[tokio::test]
async fn who_saw_a_patient_is_found_however_many_were_seen_and_nothing_hides_from_it() {
    let world = World::start().await;
    let clinic = world.clinic("seen").await;
    let hand = Hand::of(&world, &clinic).await;
    let (one, other) = (Uuid::now_v7(), Uuid::now_v7());
    let record =
        |action: &str, patients: &str| format!("SELECT app.record_access('{action}', 'patients', NULL, {patients})");
    for (action, patients) in [
        ("read", format!("ARRAY['{one}'::uuid]")),
        ("list", format!("ARRAY['{other}'::uuid, '{one}']")),
        ("print", format!("ARRAY['{other}'::uuid]")),
        ("export", format!("ARRAY['{one}'::uuid, '{other}']")),
        ("list", "'{}'".to_owned()),
    ] {
        assert_eq!(hand.commit(SECRETARY, &record(action, &patients)).await, rows([""]), "{action}");
    }
    // Forms that an index on the first element, or the search for one, would miss; too many; no way of reading.
    let many = "array_fill(gen_random_uuid(), ARRAY[10001])";
    for patients in [format!("'{{{{{one}}}}}'"), format!("'[2:2]={{{one}}}'"), many.to_owned()] {
        assert_eq!(hand.run(SECRETARY, &record("read", &patients)).await, refused("22023"), "{patients}");
    }
    assert_eq!(hand.run(SECRETARY, &record("create", "NULL")).await, refused("22023"));

    let log = |before: &str, page: u32| {
        format!("SELECT action FROM app.patient_access_log('{one}', {before}, {page}) ORDER BY id DESC")
    };
    for role in [ADMIN, "medicalpro_manager"] {
        assert_eq!(hand.run(role, &log("NULL", 10)).await, rows(["export", "list", "read"]), "{role}");
    }
    assert_eq!(hand.run(ADMIN, &log("NULL", 2)).await, rows(["export", "list"]));
    let second = format!("(SELECT min(id) FROM app.patient_access_log('{one}', NULL, 2))");
    assert_eq!(hand.run(ADMIN, &log(&second, 2)).await, rows(["read"]), "the next page");
    for role in [PRACTITIONER, SECRETARY] {
        assert_eq!(hand.run(role, &log("NULL", 10)).await, refused("42501"), "{role}");
    }
    assert_eq!(hand.after(&hand.opening(ADMIN, ""), &log("NULL", 10)).await, refused("MP001"));
}
