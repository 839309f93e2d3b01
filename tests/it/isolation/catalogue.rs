//! What PostgreSQL's catalogue tells a clinic's connection: of no other clinic but its id, and of no value of a row.

use super::by_hand::{Hand, PRACTITIONER, SECRETARY, session_roles, treasure};
use crate::support::{World, admin_client};

/// Relations that a role may read, each searched for words.
async fn readable_with(hand: &Hand, role: &'static str, words: &[String]) -> (usize, Vec<String>) {
    let listed = "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f')
                     AND has_schema_privilege(c.relnamespace, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1";
    let like: Vec<String> = words.iter().map(|word| format!("t::text ILIKE '%{word}%'")).collect();
    let (mut searched, mut found) = (0, Vec::new());
    for relation in hand.run(role, listed).await.unwrap() {
        // `current_query` and what is prepared hold what we ask ourselves.
        if relation == "pg_prepared_statements" {
            continue;
        }
        match hand.run(role, &format!("SELECT count(*) FROM {relation} t WHERE {}", like.join(" OR "))).await {
            Ok(count) if count == ["0"] => searched += 1,
            Ok(_) => found.push(relation),
            Err(state) => assert_eq!(state, "42501", "{relation}"),
        }
    }
    (searched, found)
}

#[tokio::test]
async fn the_catalogue_tells_a_clinic_of_no_other_and_a_secretary_of_no_record() {
    let world = World::start().await;
    let (a, b) = (world.clinic("catalogue-a").await, world.clinic("catalogue-b").await);
    let (hand, other) = (Hand::of(&world, &a).await, Hand::of(&world, &b).await);
    treasure(&a, &hand, "Abelard").await;
    treasure(&b, &other, "Bernard").await;
    a.database().await.batch_execute("ANALYZE").await.unwrap();
    let of_b = [b.id.to_string(), other.name.clone(), "Bernard".to_owned(), "catalogue-b".to_owned()];
    for role in session_roles() {
        let (searched, found) = readable_with(&hand, role, &of_b).await;
        assert!(searched > 90, "control: {role}: {searched}");
        assert_eq!(found, Vec::<String>::new(), "{role}");
    }
    let admin = admin_client(&world.admin, &hand.name).await;
    let known: i64 = admin
        .query_one("SELECT count(*) FROM pg_database d WHERE d::text LIKE '%' || $1 || '%'", &[&other.name])
        .await
        .unwrap()
        .get(0);
    assert_eq!(known, 1, "control: for an administrator it is there");

    let (_, found) = readable_with(&hand, SECRETARY, &["Secret of Abelard".to_owned()]).await;
    assert_eq!(found, Vec::<String>::new());
    let (_, found) = readable_with(&hand, PRACTITIONER, &["Secret of Abelard".to_owned()]).await;
    assert_eq!(found, ["medical_record_versions", "medical_records"], "control");
    let (_, found) = readable_with(&hand, SECRETARY, &["Abelard".to_owned()]).await;
    assert_eq!(found, ["patient_search_terms", "patients"], "control: a secretary's own");
}

/// Whoever may call these learns that a clinic exists, and its id, which opens nothing: an oid's name is written by the type itself.
#[tokio::test]
async fn what_an_oid_is_called_is_a_clinics_id_and_nothing_of_it() {
    let world = World::start().await;
    let (a, b) = (world.clinic("oids-a").await, world.clinic("oids-b").await);
    let hand = Hand::of(&world, &a).await;
    for sql in [
        "SELECT pg_describe_object('pg_database'::regclass, d, 0)
           FROM pg_tablespace_databases((SELECT oid FROM pg_tablespace WHERE spcname = 'pg_default')) d",
        "SELECT DISTINCT refobjid::regrole FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass",
    ] {
        let told = hand.run(SECRETARY, sql).await.unwrap();
        assert!(told.iter().any(|name| name.contains(&b.id.database_name())), "accepted: {sql}");
        assert!(!told.iter().any(|name| name.contains("oids-b")), "{sql}");
    }
}
