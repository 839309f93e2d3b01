//! What the worker throws away at a clinic, as it is there for its mail: an old row of each kind goes and a younger one stays.

use medicalpro::ids::Role;
use medicalpro::resources;
use uuid::Uuid;

use super::patients::{leases_pass, note};
use crate::provisioning::site::until;
use crate::support::World;

/// What is thrown away: what lays a row in, with the id `$1`, aged by the interval `$2`; how old goes, and how old stays. `{patient}` and
/// `{appointment}` are there.
const KINDS: &[(&str, &str, &str, &str)] = &[
    (
        "idempotency_keys",
        "INSERT INTO idempotency_keys (user_id, operation, key, session_role, request_hash, status, response, created_at)
         VALUES ($1::uuid, 'patients_create', $1::uuid::text, 'medicalpro_admin', sha256('x'), 201, '{}', now() - $2::text::interval)",
        "25 hours",
        "23 hours",
    ),
    (
        "email_outbox",
        "INSERT INTO email_outbox (id, kind, language, patient_id, status, sent_at, created_at, updated_at)
         VALUES ($1, 'appointment_reminder', 'fr', '{patient}', 'sent', now() - $2::text::interval, now() - interval '1 year', now() - $2::text::interval)",
        "31 days",
        "29 days",
    ),
    (
        "email_outbox",
        "INSERT INTO email_outbox (id, kind, language, patient_id, status, created_at, updated_at)
         VALUES ($1, 'appointment_reminder', 'fr', '{patient}', 'closed', now() - interval '1 year', now() - $2::text::interval)",
        "31 days",
        "29 days",
    ),
    (
        "email_outbox",
        "INSERT INTO email_outbox (id, kind, language, patient_id, status, created_at, updated_at)
         VALUES ($1, 'appointment_reminder', 'fr', '{patient}', 'failed', now() - interval '1 year', now() - $2::text::interval)",
        "31 days",
        "29 days",
    ),
    (
        "appointment_links",
        "INSERT INTO appointment_links (id, appointment_id, starts_at, answer, answered_at, created_at)
         VALUES ($1, '{appointment}', now() - $2::text::interval, 'confirmed', now() - interval '1 year', now() - interval '1 year')",
        "31 days",
        "29 days",
    ),
    (
        "appointment_links",
        "INSERT INTO appointment_links (id, appointment_id, starts_at, created_at)
         VALUES ($1, '{appointment}', now() - $2::text::interval, now() - interval '1 year')",
        "31 days",
        "-1 days",
    ),
    (
        "slot_holds",
        "INSERT INTO slot_holds (id, practitioner_id, starts_at, ends_at, expires_at, token_hash, user_id, created_at)
         VALUES ($1, '{practitioner}', now(), now() + interval '1 hour', now() - $2::text::interval, sha256('x'), $1, now() - $2::text::interval)",
        "1 minute",
        "-30 minutes",
    ),
];

#[tokio::test]
async fn of_each_kind_an_old_row_goes_and_a_younger_one_stays() {
    let world = World::start().await;
    let clinic = world.clinic("housekeeping").await;
    let visit = clinic.linked_appointment("Kept").await;
    let database = clinic.database().await;
    database.batch_execute("SET session_replication_role = replica").await.unwrap();
    let lay = async |insert: &str, age: &str| {
        let insert = insert
            .replace("{patient}", &visit.patient.to_string())
            .replace("{appointment}", &visit.appointment.to_string())
            .replace("{practitioner}", &visit.practitioner.to_string());
        let id = Uuid::now_v7();
        assert_eq!(database.execute(&insert, &[&id, &age]).await.unwrap(), 1, "{insert}");
        id
    };
    let mut laid = Vec::new();
    for (table, insert, old, young) in KINDS {
        laid.push((table, lay(insert, old).await, lay(insert, young).await));
    }
    // What waits to be sent is not thrown away, however old; and of more than a turn takes the rest goes in the next.
    let waits = "INSERT INTO email_outbox (id, kind, language, patient_id, next_attempt_at, created_at, updated_at)
                 VALUES ($1, 'appointment_reminder', 'fr', '{patient}', now() + interval '1 day', now() - $2::text::interval, now() - $2::text::interval)";
    let waits = lay(waits, "2 years").await;
    database
        .batch_execute(
            "INSERT INTO idempotency_keys (user_id, operation, key, session_role, request_hash, created_at)
             SELECT gen_random_uuid(), 'patients_create', 'many', 'medicalpro_admin', sha256('x'), now() - interval '2 days' - n * interval '1 second'
               FROM generate_series(1, 2500) AS n",
        )
        .await
        .unwrap();
    let there = async |table: &str, id: Uuid| -> bool {
        let id_of = if table == "idempotency_keys" { "user_id" } else { "id" };
        let look = format!("SELECT EXISTS (SELECT FROM {table} WHERE {id_of} = $1)");
        database.query_one(&look, &[&id]).await.unwrap().get(0)
    };
    for (table, old, young) in &laid {
        assert!(there(table, *old).await && there(table, *young).await, "laid: {table}");
    }

    note(&world, clinic.id.0).await;
    for (table, old, _) in &laid {
        until(table, async || {
            leases_pass(&world, clinic.id.0).await;
            (!there(table, *old).await).then_some(())
        })
        .await;
    }
    until("and all of many", async || {
        leases_pass(&world, clinic.id.0).await;
        let many = "SELECT count(*) FROM idempotency_keys WHERE key = 'many'";
        (database.query_one(many, &[]).await.unwrap().get::<_, i64>(0) == 0).then_some(())
    })
    .await;
    for (table, _, young) in &laid {
        assert!(there(table, *young).await, "younger: {table}");
    }
    assert!(there("email_outbox", waits).await && there("appointment_links", visit.link).await);
    // The control: who has a key answered yesterday begins anew, and is answered.
    assert_eq!(clinic.person(Role::Nurse).await.get("/api/v1/patients").await.status, 200);
}

#[tokio::test]
async fn every_purge_finds_its_rows_by_an_index_under_row_security() {
    let world = World::start().await;
    let clinic = world.clinic("housekeeping-plans").await;
    let hand = crate::isolation::by_hand::Hand::of(&world, &clinic).await;
    let mut looked_at = 0;
    for statement in resources::statements().into_iter().filter(|statement| statement.name.contains("::housekeeping::"))
    {
        for text in statement.variants() {
            let mut text = text.replace("$1", &format!("'{}'", clinic.id));
            for parameter in ["$2", "$3", "$4"] {
                text = text.replace(parameter, "30");
            }
            let explain = format!("SET LOCAL enable_seqscan = off; EXPLAIN {text}");
            let plan = hand.run("medicalpro_worker", &explain).await.unwrap().join("\n");
            assert!(!plan.contains("Seq Scan"), "{}\n{plan}", statement.name);
            looked_at += plan.matches("Index").count();
        }
    }
    assert!(looked_at >= 8, "what goes and what is oldest, of four kinds: {looked_at}");
}
