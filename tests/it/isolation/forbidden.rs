//! What a clinic's connection cannot do at all, under any role: act on the server, run text as SQL, make objects, look at
//! others.

use super::by_hand::{ADMIN, Hand, Outcome, SECRETARY, refused, rows, send, session_roles, treasure};
use crate::support::World;

/// Each refused with 42501, under every role.
const FORBIDDEN: &[&str] = &[
    // Row security, and roles' powers.
    "SET LOCAL row_security = off; SELECT * FROM {schema}.patients",
    "SET LOCAL session_replication_role = 'replica'",
    "ALTER ROLE {login} BYPASSRLS",
    "ALTER ROLE {login} SUPERUSER",
    "ALTER ROLE {login} CONNECTION LIMIT 1000",
    "ALTER ROLE medicalpro_owner PASSWORD 'x'",
    "ALTER DATABASE {login} OWNER TO {login}",
    "CREATE ROLE intruder",
    // Code and objects.
    "DO $$ BEGIN NULL; END $$",
    "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION app.f() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'",
    "CREATE FUNCTION app.f() RETURNS int LANGUAGE internal AS 'x'",
    "CREATE SCHEMA intruder",
    "CREATE EXTENSION dblink SCHEMA app",
    "CREATE EXTENSION file_fdw SCHEMA app",
    "CREATE EXTENSION pg_trgm SCHEMA app",
    "CREATE TEMP TABLE t (x int)",
    "CREATE TEMP TABLE t AS SELECT 1",
    "SELECT 1 INTO TEMP t",
    "CREATE TABLE {schema}.t (x int)",
    "CREATE TABLE app.t (x int)",
    "CREATE TABLE public.t (x int)",
    "CREATE TEMP VIEW v AS SELECT 1",
    "CREATE TEMP SEQUENCE s",
    "CREATE TRIGGER t BEFORE INSERT ON {schema}.patients EXECUTE FUNCTION app.touch()",
    "CREATE EVENT TRIGGER t ON ddl_command_start EXECUTE FUNCTION app.touch()",
    "CREATE FOREIGN DATA WRAPPER w",
    "CREATE PUBLICATION p",
    "CREATE CAST (text AS uuid) WITHOUT FUNCTION",
    "LOAD 'auto_explain'",
    "CHECKPOINT",
    // The server's files and programs.
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY (SELECT 1) TO '/tmp/medicalpro-intruder'",
    "COPY {schema}.patients FROM PROGRAM 'true'",
    "COPY {schema}.patients FROM '/etc/passwd'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_read_binary_file('/etc/passwd')",
    "SELECT pg_ls_dir('.')",
    "SELECT pg_stat_file('/etc/passwd')",
    "SELECT * FROM pg_hba_file_rules",
    "SELECT pg_current_logfile()",
    "SELECT lo_creat(-1)",
    "SELECT lo_create(0)",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_export(1, '/tmp/medicalpro-intruder')",
    "SELECT lo_get(1)",
    "SELECT lo_open(1, 131072)",
    // Time, locks and other sessions.
    "SELECT pg_sleep(0)",
    "SELECT pg_sleep_for('0 s')",
    "SELECT pg_sleep_until(now())",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_try_advisory_xact_lock(1)",
    "SELECT pg_terminate_backend(pg_backend_pid())",
    "SELECT pg_cancel_backend(pg_backend_pid())",
    "SELECT pg_reload_conf()",
    "SELECT pg_rotate_logfile()",
    "SELECT pg_switch_wal()",
    "SELECT pg_logical_emit_message(true, 'x', 'y')",
    "SELECT pg_export_snapshot()",
    "SELECT pg_notify('x', 'y')",
    // Text as SQL, and settings from inside a statement.
    "SELECT set_config('role', 'medicalpro_practitioner', true)",
    "SELECT set_config('app.ctx', '', true)",
    "SELECT set_config('role', 'medicalpro_practitioner', true),
            query_to_xml('SELECT * FROM medical_records', true, true, '')",
    "SELECT query_to_xml('SELECT 1', true, true, '')",
    "SELECT query_to_xmlschema('SELECT 1', true, true, '')",
    "SELECT query_to_xml_and_xmlschema('SELECT 1', true, true, '')",
    "SELECT table_to_xml('{schema}.patients', true, true, '')",
    "SELECT schema_to_xml('{schema}', true, true, '')",
    "SELECT database_to_xml(true, true, '')",
    "SELECT cursor_to_xml('c', 1, true, true, '')",
    "SELECT ts_stat('SELECT 1')",
    "SELECT ts_rewrite('a'::tsquery, 'SELECT 1')",
    // Others, by name.
    "SELECT datname FROM pg_database",
    "SELECT rolname FROM pg_roles",
    "SELECT usename FROM pg_user",
    "SELECT usename FROM pg_shadow",
    "SELECT groname FROM pg_group",
    "SELECT rolpassword FROM pg_authid",
    "SELECT * FROM pg_auth_members",
    "SELECT * FROM pg_db_role_setting",
    "SELECT * FROM pg_stat_activity",
    "SELECT * FROM pg_stat_get_activity(NULL)",
    "SELECT pg_stat_get_backend_activity(1)",
    "SELECT pg_stat_get_backend_idset()",
    "SELECT * FROM pg_stat_database",
    "SELECT * FROM pg_locks",
    "SELECT * FROM pg_lock_status()",
    "SELECT * FROM pg_prepared_xacts",
    "SELECT * FROM pg_stat_replication",
    "SELECT * FROM pg_replication_slots",
    "SELECT * FROM pg_stats",
    "SELECT * FROM pg_statistic",
    "SELECT pg_get_userbyid(10)",
    "SELECT pg_database_size('medicalpro_central')",
    // The keys of the house.
    "SELECT * FROM app.context_key",
    "UPDATE app.context_key SET kid = 2",
    "INSERT INTO app.context_key SELECT 2, ''::bytea, ''::bytea",
    "COPY app.context_key TO STDOUT",
    "SELECT * FROM app.refinery_schema_history",
];

/// The same, of what no transaction may contain.
const FORBIDDEN_OUTSIDE: &[&str] = &[
    "ALTER SYSTEM SET log_statement = 'all'",
    "CREATE DATABASE intruder",
    "DROP DATABASE medicalpro_central",
    "DROP DATABASE {login}",
    "CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p",
    "CREATE TABLESPACE t LOCATION '/tmp'",
];

/// Each allowed, where the list above stands: so that it is not the opening that fails, or everything.
const ALLOWED: &[&str] = &[
    "SELECT length(md5('x'))",
    "SELECT count(*) >= 0 FROM {schema}.patients",
    "SELECT current_setting('app.ctx') <> ''",
    "SET LOCAL plan_cache_mode = force_generic_plan",
    "SET LOCAL row_security = on",
];

async fn hand(world: &World) -> Hand {
    let clinic = world.clinic("forbidden").await;
    let hand = Hand::of(world, &clinic).await;
    treasure(&clinic, &hand, "Abelard").await;
    hand
}

#[tokio::test]
async fn nothing_that_acts_on_the_server_or_looks_at_others_is_allowed() {
    let world = World::start().await;
    let hand = hand(&world).await;
    let filled = |attempt: &str| attempt.replace("{schema}", &hand.name).replace("{login}", &hand.name);
    for role in [SECRETARY, ADMIN] {
        for attempt in ALLOWED {
            let outcome = hand.run(role, &filled(attempt)).await;
            assert!(outcome.is_ok(), "control: {role}: {attempt}: {outcome:?}");
        }
    }
    let mut open = Vec::new();
    let mut note = |role: Option<&str>, attempt: &str, outcome: Outcome| {
        if outcome != refused("42501") {
            open.push(format!("{}: {attempt}: {outcome:?}", role.unwrap_or("the bare login")));
        }
    };
    for role in session_roles().into_iter().map(Some).chain([None]) {
        for attempt in FORBIDDEN {
            let outcome = match role {
                Some(role) => hand.run(role, &filled(attempt)).await,
                None => hand.after("BEGIN", &filled(attempt)).await,
            };
            note(role, attempt, outcome);
        }
        for attempt in FORBIDDEN_OUTSIDE {
            hand.client.batch_execute(&format!("SET ROLE {}", role.unwrap_or("NONE"))).await.unwrap();
            note(role, attempt, send(&hand.client, &filled(attempt)).await);
        }
        hand.client.batch_execute("RESET ROLE").await.unwrap();
    }
    assert!(open.is_empty(), "{}", open.join("\n"));
}

#[tokio::test]
async fn what_is_forbidden_to_a_clinic_is_there_for_who_may() {
    let world = World::start().await;
    let clinic = world.clinic("control").await;
    let admin = clinic.database().await;
    // Each of these exists on this server, so that 42501 above says "not you" and nothing else.
    for attempt in [
        "SELECT pg_sleep(0)",
        "SELECT set_config('app.ctx', '', true)",
        "SELECT query_to_xml('SELECT 1', true, true, '')",
        "SELECT pg_advisory_xact_lock(1)",
        "SELECT pg_stat_file('.')",
        "SELECT FROM pg_database",
        "SELECT FROM pg_roles",
        "SELECT FROM pg_stat_activity",
        "SELECT FROM app.context_key",
        "DO $$ BEGIN NULL; END $$",
        "CREATE TEMP TABLE t (x int)",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT lo_unlink(lo_create(0))",
        "SELECT pg_notify('x', 'y')",
        "SELECT FROM pg_locks",
        "SELECT ts_stat('SELECT ''a''::tsvector')",
    ] {
        admin.batch_execute(attempt).await.expect(attempt);
    }
}

#[tokio::test]
async fn a_clinics_login_may_use_no_function_that_runs_text_or_changes_settings() {
    let world = World::start().await;
    let clinic = world.clinic("functions").await;
    let name = clinic.id.database_name();
    let admin = clinic.database().await;
    // Found by what they are called, so that a function that a newer PostgreSQL brings is noticed here.
    let open = admin
        .query(
            "SELECT p.oid::regprocedure::text FROM pg_proc p
              WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f'
                AND (p.proname ~ '^(lo_|pg_(try_)?advisory|pg_sleep|pg_read_|pg_ls_|pg_file_|set_config)'
                     OR p.proname ~ '_to_xml' OR p.proname ~ '^pg_stat_get_(activity|backend|db)')
                AND p.proname <> 'pg_read_file_old'             -- asks for a superuser itself
                AND has_function_privilege($1, p.oid, 'EXECUTE')",
            &[&name],
        )
        .await
        .unwrap();
    let open: Vec<String> = open.iter().map(|row| row.get(0)).collect();
    assert!(open.is_empty(), "{open:?}");
    let may: bool =
        admin.query_one("SELECT has_function_privilege($1, 'md5(text)', 'EXECUTE')", &[&name]).await.unwrap().get(0);
    assert!(may, "control");
}

#[tokio::test]
async fn a_cursor_that_outlives_its_transaction_holds_what_its_role_could_read() {
    let world = World::start().await;
    let hand = hand(&world).await;
    let held = |table: &str| format!("DECLARE held CURSOR WITH HOLD FOR SELECT id FROM {table}");
    assert_eq!(hand.commit(SECRETARY, &held("medical_records")).await, refused("42501"));
    assert_eq!(hand.run(SECRETARY, "SELECT count(*) FROM pg_cursors").await, rows(["0"]));
    assert_eq!(hand.commit(SECRETARY, &held("patients")).await, rows([]), "control");
    assert_eq!(hand.run(SECRETARY, "SELECT count(*) FROM pg_cursors").await, rows(["1"]), "control");
}
