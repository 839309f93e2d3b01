//! Slots are read by indexes, however full the calendar is.

use medicalpro::ids::Role;
use medicalpro::resources;

use crate::statements::{become_role, explain};
use crate::support::World;

#[tokio::test]
async fn slots_are_read_by_indexes_under_row_security() {
    let world = World::start().await;
    let clinic = world.clinic("slot-plans").await;
    let database = clinic.database().await;
    database
        .batch_execute(
            "SET session_replication_role = replica;
             INSERT INTO practitioners (first_name, last_name, sort_name)
             SELECT 'Test', 'P' || n, 'p' || n FROM generate_series(1, 20) AS n;
             INSERT INTO practitioner_availability (practitioner_id, kind, weekday, starts, ends)
             SELECT id, 'weekly', 1 + n % 5, make_time(n % 23, 0, 0), make_time(n % 23, 30, 0) FROM practitioners, generate_series(1, 500) AS n;
             INSERT INTO appointments (patient_id, practitioner_id, created_by, starts_at, ends_at, overbook)
             SELECT gen_random_uuid(), id, id, now() + n * interval '30 minutes', now() + n * interval '30 minutes' + interval '20 minutes', true
               FROM practitioners, generate_series(-1250, 1250) AS n;
             INSERT INTO slot_holds (practitioner_id, starts_at, ends_at, expires_at, token_hash, user_id)
             SELECT id, now() + n * interval '1 hour', now() + n * interval '1 hour' + interval '20 minutes', now() + interval '5 minutes',
                    sha256(n::text::bytea), gen_random_uuid()
               FROM practitioners, generate_series(1, 200) AS n;
             RESET session_replication_role;
             ANALYZE practitioners; ANALYZE practitioner_availability; ANALYZE appointments; ANALYZE slot_holds",
        )
        .await
        .unwrap();
    become_role(&database, &clinic, Role::Secretary.session_role()).await;
    let id = "'00000000-0000-7000-8000-000000000000'";
    let range = "'2026-01-01', '2026-01-28', '2025-12-30', '2026-01-31'";
    let mut looked_at = 0;
    for statement in resources::statements() {
        let list = statement.name.ends_with("slots::statements::LIST");
        if !list && !statement.name.ends_with("slots::statements::FIND") {
            continue;
        }
        for text in statement.variants() {
            // A parameter that a variant does not use must be NULL: such a variant says so itself.
            let given = |parameter: &str, value: &str| {
                if text.contains(parameter) { "NULL".to_owned() } else { value.to_owned() }
            };
            let filters =
                [given("$6::uuid IS NULL", id), given("$7::text IS NULL", "'x'"), given("$8::uuid IS NULL", id)];
            let filters = if list { filters.join(", ") } else { id.to_owned() };
            let plan = explain(&database, &text, &format!("'{}', {range}, {filters}", clinic.id)).await;
            for table in ["appointments", "slot_holds", "practitioner_availability"] {
                assert!(
                    !plan.contains(&format!("Seq Scan on {}.{table} ", clinic.id.database_name())),
                    "{text}\n{plan}"
                );
            }
            assert!(
                plan.contains("appointments_practitioner_id_idx") && plan.contains("slot_holds_practitioner_id_idx"),
                "{plan}"
            );
            let bounded = plan.lines().any(|line| line.contains("Index Cond") && line.contains("starts_at <"));
            assert!(bounded, "between two instants: {plan}");
            assert!(plan.contains("app.tenant"), "row security is on\n{plan}");
            looked_at += 1;
        }
    }
    assert_eq!(looked_at, 1 + 2 * 2 * 2);
}
