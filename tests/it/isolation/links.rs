//! `medicalpro_link`: a role that may call the functions made for links, and touch no table.

use super::by_hand::{ADMIN, Hand, now, refused, rows};
use crate::support::World;
use medicalpro::ids::UserId;

const LINK: &str = "medicalpro_link";

#[tokio::test]
async fn a_link_has_no_grant_on_any_table_or_sequence() {
    let world = World::start().await;
    let clinic = world.clinic("link-grants").await;
    let visit = clinic.linked_appointment("Granted").await;
    let mut hand = Hand::of(&world, &clinic).await;
    // As the link itself, whose appointment it is.
    hand.user = UserId(visit.link);
    let admin = clinic.database().await;
    let tables = "SELECT relname::text, relkind::text FROM pg_class
                   WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S') ORDER BY relname";
    let mut seen = 0;
    for row in admin.query(tables, &[]).await.unwrap() {
        let (table, kind): (String, String) = (row.get(0), row.get(1));
        if kind == "S" {
            assert_eq!(hand.run(LINK, &format!("SELECT nextval('{table}')")).await, refused("42501"), "{table}");
            continue;
        }
        for attempt in [
            format!("SELECT 1 FROM {table}"),
            format!("DELETE FROM {table}"),
            format!("INSERT INTO {table} DEFAULT VALUES"),
        ] {
            assert_eq!(hand.run(LINK, &attempt).await, refused("42501"), "{attempt}");
        }
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
    let columns = "SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                    WHERE c.relnamespace IN (current_schema()::regnamespace, 'app'::regnamespace) AND a.attnum > 0 AND NOT a.attisdropped
                      AND has_column_privilege($1, c.oid, a.attnum, 'SELECT, INSERT, UPDATE, REFERENCES')";
    let granted = async |role: &str| admin.query_one(columns, &[&role]).await.unwrap().get::<_, i64>(0);
    assert_eq!(granted(LINK).await, 0);
    assert!(granted(ADMIN).await > 100, "control");

    // What it may: its own appointment, by its function.
    let own = "SELECT practitioner FROM app.link_appointment()";
    assert_eq!(hand.run(LINK, own).await, rows(["Test Linked"]), "control");
    assert_eq!(hand.run(ADMIN, "SELECT count(*) FROM appointments").await, rows(["1"]), "control");
}

#[tokio::test]
async fn a_link_opens_its_own_appointment_and_no_other_of_its_clinic_or_of_another() {
    let world = World::start().await;
    let (ours, theirs) = (world.clinic("link-own").await, world.clinic("link-foreign").await);
    let (mine, other) = (ours.linked_appointment("Mine").await, ours.linked_appointment("Other").await);
    let foreign = theirs.linked_appointment("Foreign").await;
    let start = "SELECT starts_at = $$START$$ FROM app.link_appointment()";
    let mut hand = Hand::of(&world, &ours).await;
    for (link, found) in [(mine.link, true), (other.link, true), (foreign.link, false), (mine.appointment, false)] {
        hand.user = UserId(link);
        let seen = hand.run(LINK, "SELECT count(*) FROM app.link_appointment()").await;
        assert_eq!(seen, rows([if found { "1" } else { "0" }]), "{link}");
        let answered = hand.run(LINK, "SELECT app.link_answer('cancelled')").await;
        assert_eq!(answered, rows([if found { "t" } else { "f" }]), "{link}");
    }
    hand.user = UserId(mine.link);
    let mine_only = start.replace("START", &mine.start.to_rfc3339());
    assert_eq!(hand.run(LINK, &mine_only).await, rows(["t"]));

    // A link's signature is no other role's, at no other clinic, and ends.
    let own = hand.context(LINK);
    assert_eq!(hand.after(&hand.opening(ADMIN, &own), "SELECT 1 FROM patients").await, refused("MP005"));
    let there = Hand::of(&world, &theirs).await;
    let call = "SELECT app.link_answer('cancelled')";
    assert_eq!(there.after(&there.opening(LINK, &own), call).await, refused("MP003"));
    let expired = hand.key.sign(ours.id, LINK, hand.user, now() - 120);
    assert_eq!(hand.after(&hand.opening(LINK, &expired), call).await, refused("MP006"));
    assert_eq!(hand.after(&hand.opening(LINK, ""), call).await, refused("MP001"));
}
