//! SQL injected into a secretary's statement, as a stacked query would arrive: no other role, no other person, no context that
//! was not signed, and nothing left for the next user of the connection.

use medicalpro::ids::UserId;

use super::by_hand::{
    ADMIN, Hand, PRACTITIONER, SECRETARY, Treasure, now, refused, rows, send, session_roles, treasure,
};
use crate::support::{Clinic, World};

const RECORDS: &str = "SELECT title FROM medical_records";
const NAMES: &str = "SELECT last_name FROM patients";

async fn stage(world: &World) -> (Clinic<'_>, Hand, Treasure) {
    let clinic = world.clinic("stacked").await;
    let hand = Hand::of(world, &clinic).await;
    let treasure = treasure(&clinic, &hand, "Abelard").await;
    assert_eq!(hand.run(SECRETARY, NAMES).await, rows(["Abelard"]), "control: what a secretary may read");
    assert_eq!(hand.run(PRACTITIONER, RECORDS).await, rows(["Secret of Abelard"]), "control: what a practitioner may");
    (clinic, hand, treasure)
}

#[tokio::test]
async fn a_secretarys_statement_reaches_no_medical_record() {
    let world = World::start().await;
    let (_, hand, treasure) = stage(&world).await;
    let record = treasure.record;
    for attempt in [
        RECORDS.to_owned(),
        "SELECT count(*) FROM medical_records".into(),
        format!("SELECT last_name FROM patients WHERE EXISTS (SELECT FROM medical_records WHERE id = '{record}')"),
        "SELECT last_name FROM patients UNION ALL SELECT title FROM medical_records".into(),
        "EXPLAIN SELECT * FROM medical_records".into(),
        "EXPLAIN ANALYZE SELECT * FROM medical_records".into(),
        "LOCK TABLE medical_records IN ACCESS SHARE MODE".into(),
        "COPY medical_records TO STDOUT".into(),
        "COPY (SELECT * FROM medical_records) TO STDOUT".into(),
        "TABLE medical_record_versions".into(),
        "ANALYZE medical_records; SELECT most_common_vals FROM pg_stats WHERE tablename = 'medical_records'".into(),
        "CREATE VIEW pg_temp.v AS SELECT * FROM medical_records".into(),
        "PREPARE p AS SELECT * FROM medical_records; EXECUTE p".into(),
        "DECLARE c CURSOR FOR SELECT * FROM medical_records; FETCH ALL FROM c".into(),
        "SELECT * FROM prescriptions".into(),
        "SELECT * FROM patient_clinical_profiles".into(),
        "SELECT * FROM app.patients_in_care".into(),
        "DELETE FROM patients".into(),
        "UPDATE patients SET deleted_at = now()".into(),
        "UPDATE patients SET company_id = company_id".into(),
        "UPDATE patients SET version = 1".into(),
        "ALTER TABLE patients DISABLE ROW LEVEL SECURITY".into(),
        "ALTER TABLE patients NO FORCE ROW LEVEL SECURITY".into(),
        "ALTER TABLE patients DISABLE TRIGGER ALL".into(),
        "DROP POLICY tenant ON patients".into(),
        "CREATE POLICY mine ON patients USING (true)".into(),
        "GRANT SELECT ON medical_records TO medicalpro_secretary".into(),
        "REASSIGN OWNED BY medicalpro_owner TO medicalpro_secretary".into(),
        "CREATE OR REPLACE FUNCTION app.clinic_id() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()'".into(),
        "SELECT app.protect('patients')".into(),
        "SELECT app.verified_context('medicalpro_owner')".into(),
        "SELECT app.audit_change()".into(),
    ] {
        assert_eq!(hand.run(SECRETARY, &attempt).await, refused("42501"), "{attempt}");
    }
}

#[tokio::test]
async fn no_role_may_empty_a_table() {
    let world = World::start().await;
    let (clinic, hand, _) = stage(&world).await;
    let tables = clinic
        .database()
        .await
        .query(
            "SELECT relname FROM pg_class WHERE relnamespace = $1::text::regnamespace AND relkind = 'r'",
            &[&hand.name],
        )
        .await
        .unwrap();
    assert!(tables.len() > 25, "there are tables to try");
    for role in session_roles() {
        for table in &tables {
            let table: &str = table.get(0);
            assert_eq!(hand.run(role, &format!("TRUNCATE {table}")).await, refused("42501"), "{role} {table}");
        }
    }
}

#[tokio::test]
async fn a_stacked_role_is_not_the_signed_one() {
    let world = World::start().await;
    let (_, hand, _) = stage(&world).await;
    for role in [ADMIN, PRACTITIONER, "medicalpro_nurse"] {
        for stacked in [
            format!("SET LOCAL ROLE {role}; {RECORDS}"),
            format!("SET ROLE {role}; {RECORDS}"),
            format!("SET LOCAL role = '{role}'; {RECORDS}"),
            format!("RESET ROLE; SET LOCAL ROLE {role}; {RECORDS}"),
            format!("SAVEPOINT s; SET LOCAL ROLE {role}; {RECORDS}"),
        ] {
            assert_eq!(hand.run(SECRETARY, &stacked).await, refused("MP005"), "{stacked}");
        }
    }
    // Worker and link hold less, but what they hold is no secretary's either.
    let addresses = "SET LOCAL ROLE medicalpro_worker; SELECT email FROM patients";
    assert_eq!(hand.run(SECRETARY, addresses).await, refused("MP005"));
    let link = "SET LOCAL ROLE medicalpro_link; SELECT count(*) FROM app.link_calendar_stands()";
    assert_eq!(hand.run(SECRETARY, link).await, refused("MP005"));
    let own = "SELECT count(*) FROM app.link_calendar_stands()";
    assert_eq!(hand.run("medicalpro_link", own).await, rows(["0"]), "control");
}

#[tokio::test]
async fn leaving_the_role_leaves_nothing_to_see_and_no_owner_is_reached() {
    let world = World::start().await;
    let (_, hand, _) = stage(&world).await;
    let table = format!("{}.patients", hand.name);
    for bare in ["RESET ROLE", "SET ROLE NONE", "SET SESSION AUTHORIZATION DEFAULT", "RESET SESSION AUTHORIZATION"] {
        assert_eq!(hand.run(SECRETARY, &format!("{bare}; SELECT * FROM {table}")).await, refused("42501"), "{bare}");
        assert_eq!(hand.run(SECRETARY, &format!("{bare}; {NAMES}")).await, refused("42P01"), "{bare}");
    }
    for role in [
        "medicalpro_owner",
        "medicalpro_audit",
        "medicalpro_provisioner",
        "medicalpro_rolemaker",
        "medicalpro_backup",
        "medicalpro_api",
        "medicalpro_central_owner",
        world.admin.get_user().unwrap(),
        "pg_read_all_data",
        "pg_execute_server_program",
    ] {
        for stacked in [
            format!("SET ROLE {role}"),
            format!("SET LOCAL ROLE {role}"),
            format!("RESET ROLE; SET ROLE {role}"),
            format!("SET SESSION AUTHORIZATION {role}"),
            format!("GRANT {role} TO {}", hand.name),
        ] {
            assert_eq!(hand.run(SECRETARY, &stacked).await, refused("42501"), "{stacked}");
        }
    }
}

#[tokio::test]
async fn a_context_is_good_for_its_own_role_user_and_minute_only() {
    let world = World::start().await;
    let (_, hand, _) = stage(&world).await;
    let genuine = hand.context(SECRETARY);
    let stacked = async |context: &str| hand.run(SECRETARY, &format!("SET LOCAL app.ctx = '{context}'; {NAMES}")).await;
    assert_eq!(stacked(&genuine).await, rows(["Abelard"]), "control: its own again");
    assert_eq!(stacked("").await, refused("MP001"));
    assert_eq!(stacked("garbage").await, refused("MP002"));
    assert_eq!(
        stacked(&genuine.replace(&hand.user.to_string(), &UserId::generate().to_string())).await,
        refused("MP003")
    );
    assert_eq!(stacked(&hand.context(PRACTITIONER)).await, refused("MP005"));
    let expired = hand.key.sign(hand.clinic, SECRETARY, hand.user, now() - 3600);
    assert_eq!(stacked(&expired).await, refused("MP006"));
    assert_eq!(hand.run(SECRETARY, &format!("RESET app.ctx; {NAMES}")).await, refused("MP001"));
    // A practitioner's, seen somewhere, under a practitioner's role that was stacked too: good for as long as it is good.
    let forged = hand.context(PRACTITIONER).replace(PRACTITIONER, ADMIN);
    let both = format!("SET LOCAL ROLE {ADMIN}; SET LOCAL app.ctx = '{forged}'; {RECORDS}");
    assert_eq!(hand.run(SECRETARY, &both).await, refused("MP003"));
}

#[tokio::test]
async fn nothing_outlives_a_transaction() {
    let world = World::start().await;
    let (_, hand, _) = stage(&world).await;
    let table = format!("{}.patients", hand.name);
    for end in ["COMMIT", "ROLLBACK"] {
        let left = format!(
            "{end}; SELECT current_user = session_user, current_setting('role'), current_setting('app.ctx', true),
                           current_setting('search_path')"
        );
        assert_eq!(hand.run(ADMIN, &left).await, rows(["t|none||\"$user\", public"]), "{end}");
        // The next user of the connection, had they no opening of their own.
        assert_eq!(send(&hand.client, &format!("SELECT * FROM {table}")).await, refused("42501"));
        assert_eq!(
            hand.after("BEGIN; SET LOCAL ROLE medicalpro_admin", &format!("SELECT * FROM {table}")).await,
            refused("MP001")
        );
        assert_eq!(hand.after("BEGIN", NAMES).await, refused("42P01"));
        assert_eq!(hand.run(ADMIN, NAMES).await, rows(["Abelard"]), "control");
    }
    // Left on purpose by an injected COMMIT; the next opening overrides it, and what it brings is still checked.
    let context = hand.context(PRACTITIONER);
    let planted =
        format!("COMMIT; SET ROLE {PRACTITIONER}; SET app.ctx = '{context}'; SET search_path = {}", hand.name);
    assert_eq!(hand.run(SECRETARY, &planted).await, rows([]));
    assert_eq!(hand.run(SECRETARY, RECORDS).await, refused("42501"));
    assert_eq!(hand.run(SECRETARY, "SELECT current_user").await, rows([SECRETARY]));
    assert_eq!(hand.run(SECRETARY, NAMES).await, rows(["Abelard"]), "control");
}

#[tokio::test]
async fn a_statement_prepared_as_practitioner_does_not_run_as_secretary() {
    let world = World::start().await;
    let (_, hand, treasure) = stage(&world).await;
    for mode in ["force_generic_plan", "force_custom_plan"] {
        let name = format!("of_practitioner_{mode}");
        hand.client.batch_execute(&format!("SET plan_cache_mode = {mode}")).await.unwrap();
        let prepare = format!("PREPARE {name} (uuid) AS SELECT title FROM medical_records WHERE id = $1");
        assert_eq!(hand.commit(PRACTITIONER, &prepare).await, rows([]));
        let execute = format!("EXECUTE {name} ('{}')", treasure.record);
        // Often enough that a plan is kept.
        for _ in 0..6 {
            assert_eq!(hand.run(PRACTITIONER, &execute).await, rows(["Secret of Abelard"]), "control");
        }
        assert_eq!(hand.run(SECRETARY, &execute).await, refused("42501"), "{mode}");
        let stacked = format!("SET LOCAL ROLE {PRACTITIONER}; {execute}");
        assert_eq!(hand.run(SECRETARY, &stacked).await, refused("MP005"), "{mode}");
        assert_eq!(hand.after(&hand.opening(PRACTITIONER, ""), &execute).await, refused("MP001"), "{mode}");
        assert_eq!(hand.after("BEGIN", &execute).await, refused("42P01"), "{mode}: no role");
        assert_eq!(hand.run(PRACTITIONER, &execute).await, rows(["Secret of Abelard"]), "control");
    }
}
