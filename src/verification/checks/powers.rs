//! What a clinic's connection cannot do at all, under any role: act on the server, run text as SQL, make objects, look at others.

use crate::ids::Role;
use crate::verification::{Check, Inside, Look, Tally};

const ADMIN: &str = Role::Admin.session_role();

const CATALOG: &str = "Run `medicalpro bootstrap` again: it hardens the base of clinics to come; in this database, its administrator runs what \
                       migrations/bootstrap/base.sql says. A managed PostgreSQL may refuse that: `--managed` makes it a warning, and the signed context \
                       is the wall that is left.";

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "server-powers",
        what: "tries, as an admin and as the bare login: row_security = off, roles, schemas, tables, temporary tables, extensions, programs and files of the server",
        expects: "refused: 42501",
        mend: "The login or a session role was given an attribute, a membership or a grant: the checks run-time-roles, memberships and clinic-as-migrated \
               say which.",
        hardening: false,
        look: Look::Inside(|inside| {
            Box::pin(both(
                inside,
                &[
                    "SET LOCAL row_security = off; SELECT FROM {schema}.clinic_settings",
                    "SET LOCAL session_replication_role = 'replica'",
                    "ALTER ROLE {login} BYPASSRLS",
                    "ALTER ROLE {login} SUPERUSER",
                    "ALTER ROLE {login} CONNECTION LIMIT 1000",
                    "CREATE ROLE medicalpro_verify",
                    "CREATE SCHEMA medicalpro_verify",
                    "CREATE TABLE {schema}.medicalpro_verify (x int)",
                    "CREATE TABLE app.medicalpro_verify (x int)",
                    "CREATE TABLE public.medicalpro_verify (x int)",
                    "CREATE TEMP TABLE medicalpro_verify (x int)",
                    "CREATE EXTENSION pg_trgm SCHEMA app",
                    "COPY (SELECT 1) TO PROGRAM 'true'",
                    "SELECT pg_read_file('PG_VERSION')",
                    "SELECT pg_ls_dir('.')",
                    "SELECT FROM pg_authid",
                    "SELECT FROM pg_statistic",
                ],
            ))
        }),
    },
    Check {
        name: "context-key",
        what: "reads and changes the key that verifies contexts, and the list of migrations, as an admin and as the bare login",
        expects: "refused: 42501",
        mend: "REVOKE ALL ON app.context_key FROM <role>, then exchange the clinic's context key: whoever read it can sign.",
        hardening: false,
        look: Look::Inside(|inside| {
            Box::pin(both(
                inside,
                &[
                    "SELECT FROM app.context_key",
                    "UPDATE app.context_key SET kid = kid WHERE false",
                    "INSERT INTO app.context_key SELECT 2, ''::bytea, ''::bytea WHERE false",
                    "SELECT app.verified_context('medicalpro_owner')",
                    "SELECT FROM app.refinery_schema_history",
                ],
            ))
        }),
    },
    Check {
        name: "text-as-sql",
        what: "tries, as an admin and as the bare login: DO, CREATE FUNCTION, set_config, query_to_xml and the like, large objects, locks, sleeping, notices",
        expects: "refused: 42501",
        mend: CATALOG,
        hardening: true,
        look: Look::Inside(|inside| {
            Box::pin(both(
                inside,
                &[
                    "DO $$ BEGIN NULL; END $$",
                    "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                    "SELECT set_config('app.ctx', '', true)",
                    "SELECT query_to_xml('SELECT 1', true, true, '')",
                    "SELECT query_to_xmlschema('SELECT 1', true, true, '')",
                    "SELECT ts_stat('SELECT 1')",
                    "SELECT lo_create(0)",
                    "SELECT lo_get(1)",
                    "SELECT pg_sleep(0)",
                    "SELECT pg_try_advisory_xact_lock(1)",
                    "SELECT pg_notify('medicalpro_verify', '')",
                    "SELECT pg_export_snapshot()",
                ],
            ))
        }),
    },
    Check {
        name: "looking-at-others",
        what: "lists databases, roles, memberships, settings, sessions, locks and statistics, as an admin and as the bare login",
        expects: "refused: 42501",
        mend: CATALOG,
        hardening: true,
        look: Look::Inside(|inside| {
            Box::pin(both(
                inside,
                &[
                    "SELECT FROM pg_database",
                    "SELECT FROM pg_roles",
                    "SELECT FROM pg_user",
                    "SELECT FROM pg_auth_members",
                    "SELECT FROM pg_db_role_setting",
                    "SELECT FROM pg_stat_activity",
                    "SELECT FROM pg_stat_get_activity(NULL)",
                    "SELECT FROM pg_stat_database",
                    "SELECT FROM pg_locks",
                    "SELECT FROM pg_stats",
                    "SELECT pg_get_userbyid(10)",
                ],
            ))
        }),
    },
];

/// Under the most powerful job, and under none.
async fn both(inside: &Inside, attempts: &[&str]) -> Tally {
    let mut tally = Tally::default();
    let context = inside.context(ADMIN);
    inside.deny(&mut tally, ADMIN, &inside.opening(ADMIN, &context), "SELECT FROM clinic_settings", attempts).await;
    inside.deny(&mut tally, "the bare login", &inside.bare(&context), "SELECT current_user", attempts).await;
    tally
}
