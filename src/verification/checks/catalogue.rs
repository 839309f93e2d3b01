//! What a clinic's catalog says, held to what the migrations give and to rules that hold whatever they give.

use crate::verification::attempt::Outcome;
use crate::verification::{Check, Inside, Look, Tally, expected};

/// Tables of the clinic.
const CONTROL: &str = "SELECT relname::text FROM pg_class WHERE relname = 'patients' AND relrowsecurity";

macro_rules! of_tables {
    ($what:literal, $condition:literal) => {
        concat!(
            "SELECT c.relname || ' ' || '",
            $what,
            "' FROM pg_class c WHERE c.relkind IN ('r', 'p', 'm', 'f')
             AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = '{schema}') AND ",
            $condition
        )
    };
}

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "clinic-as-migrated",
        what: "compares owners, grants, row security, policies, functions, triggers and views of each clinic's database with what this version's \
               migrations give",
        expects: "nothing superfluous, nothing missing",
        mend: "`medicalpro migrate`, where the clinic is behind or this binary is newer. Otherwise somebody altered the database: take back what is superfluous, make what \
               is missing as its migration does (as medicalpro_owner), and find out who could.",
        hardening: false,
        look: Look::Inside(|inside| Box::pin(as_migrated(inside))),
    },
    Check {
        name: "row-security",
        what: "looks at every table of each clinic: row security, its policy, its company_id",
        expects: "each has company_id, checked and first in its keys, row security enabled and forced, and a restrictive policy that asks app.tenant",
        mend: "ALTER TABLE <table> ENABLE ROW LEVEL SECURITY; ALTER TABLE <table> FORCE ROW LEVEL SECURITY; the policy as app.protect makes it.",
        hardening: false,
        look: Look::Inside(|inside| Box::pin(inside.finds_nothing(CONTROL, ROW_SECURITY))),
    },
    Check {
        name: "public-and-bare-login",
        what: "looks for rights of PUBLIC and of the clinic's login itself, on schemas, tables, columns, sequences and functions",
        expects: "there are none: every right is a session role's",
        mend: "REVOKE ALL ON <object> FROM PUBLIC, and from the login.",
        hardening: false,
        look: Look::Inside(|inside| Box::pin(inside.finds_nothing(CONTROL, BARE))),
    },
    Check {
        name: "owners",
        what: "looks at who owns what is in each clinic's database",
        expects: "medicalpro_owner, and medicalpro_audit where it is the trail's; nobody logs in as either",
        mend: "ALTER <object> OWNER TO medicalpro_owner: an owner is held to nothing.",
        hardening: false,
        look: Look::Inside(|inside| Box::pin(inside.finds_nothing(CONTROL, OWNERS))),
    },
    Check {
        name: "definers-and-views",
        what: "looks at functions that act as their owner, and at views",
        expects: "definers pin their search_path or name what they mean for good; views ask as their reader",
        mend: "ALTER FUNCTION <function> SET search_path = pg_catalog, pg_temp; ALTER VIEW <view> SET (security_invoker = true).",
        hardening: false,
        look: Look::Inside(|inside| Box::pin(inside.finds_nothing(CONTROL, DEFINERS))),
    },
];

async fn as_migrated(inside: &Inside) -> Tally {
    let mut tally = Tally::default();
    let found = inside.catalogue().await;
    tally.nothing(
        "the catalog against the migrations",
        found.map_or_else(|outcome| outcome, |lines| Outcome::Done(expected::CLINIC.differences(&lines))),
    );
    tally
}

const ROW_SECURITY: &[(&str, &str)] = &[
    ("row security", of_tables!("does not force row security", "NOT (c.relrowsecurity AND c.relforcerowsecurity)")),
    (
        "company_id",
        of_tables!(
            "has no company_id",
            "NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'company_id' AND a.attnotnull)"
        ),
    ),
    (
        "the policy that asks app.tenant",
        of_tables!(
            "is bound to no tenant",
            "NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND NOT p.polpermissive AND p.polcmd = '*'
                AND pg_get_expr(p.polqual, c.oid) LIKE '%company_id = ( SELECT app.tenant(CURRENT_USER)%'
                AND pg_get_expr(p.polwithcheck, c.oid) = pg_get_expr(p.polqual, c.oid))"
        ),
    ),
    (
        "the CHECK on company_id",
        of_tables!(
            "does not check company_id",
            "NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.convalidated
                AND pg_get_constraintdef(k.oid) LIKE '%company_id = app.clinic_id()%')"
        ),
    ),
    (
        // One over other columns alone would tell of, or reach, another clinic's rows.
        "keys without company_id",
        of_tables!(
            "has a key without company_id",
            "EXISTS (SELECT FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'company_id'
                WHERE k.conrelid = c.oid AND k.contype IN ('f', 'u', 'p') AND a.attnum <> ALL (k.conkey))"
        ),
    ),
    (
        "tables beside the clinic's schema",
        "SELECT n.nspname || '.' || c.relname || ' is a table beside the clinic''s' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE c.relkind IN ('r', 'p', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', '{schema}')
            AND (n.nspname, c.relname) NOT IN (('app', 'context_key'), ('app', 'refinery_schema_history'))",
    ),
];

const BARE: &[(&str, &str)] = &[
    (
        "schemas",
        "SELECT who || ' may use schema ' || nspname FROM pg_namespace, unnest(ARRAY['public', '{login}']) AS who
          WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND nspname !~ '^pg_(toast_)?temp'
            AND has_schema_privilege(who, oid, 'USAGE, CREATE')",
    ),
    (
        "tables and columns",
        "SELECT who || ' has rights on ' || c.oid::regclass::text
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, unnest(ARRAY['public', '{login}']) AS who
          WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
            AND (has_table_privilege(who, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
                 OR has_any_column_privilege(who, c.oid, 'SELECT, INSERT, UPDATE, REFERENCES'))",
    ),
    (
        "sequences",
        "SELECT who || ' has rights on ' || c.oid::regclass::text
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, unnest(ARRAY['public', '{login}']) AS who
          WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND c.relkind = 'S'
            AND has_sequence_privilege(who, c.oid, 'USAGE, SELECT, UPDATE')",
    ),
    (
        "functions",
        "SELECT who || ' may call ' || p.oid::regprocedure::text
           FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace, unnest(ARRAY['public', '{login}']) AS who
          WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'extensions') AND has_function_privilege(who, p.oid, 'EXECUTE')",
    ),
];

const OWNERS: &[(&str, &str)] = &[
    (
        "tables, views and sequences",
        "SELECT c.oid::regclass::text || ' is of ' || c.relowner::regrole::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname IN ('app', '{schema}') AND c.relowner::regrole::text NOT IN ('medicalpro_owner', 'medicalpro_audit')",
    ),
    (
        "functions",
        "SELECT p.oid::regprocedure::text || ' is of ' || p.proowner::regrole::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
          WHERE n.nspname IN ('app', 'public', '{schema}') AND p.proowner::regrole::text NOT IN ('medicalpro_owner', 'medicalpro_audit')",
    ),
    (
        "schemas",
        "SELECT nspname || ' is of ' || nspowner::regrole::text FROM pg_namespace
          WHERE nspname IN ('app', '{schema}') AND nspowner::regrole::text <> 'medicalpro_owner'",
    ),
];

const DEFINERS: &[(&str, &str)] = &[
    (
        "definers that pin nothing",
        "SELECT p.oid::regprocedure::text || ' acts as its owner and pins no search_path' FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
          WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'extensions') AND p.prosecdef AND p.prosqlbody IS NULL
            AND NOT 'search_path=pg_catalog, pg_temp' = ANY (COALESCE(p.proconfig, '{}'))",
    ),
    (
        "views that ask as their owner",
        "SELECT c.oid::regclass::text || ' asks as its owner' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE c.relkind = 'v' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
            AND NOT COALESCE('security_invoker=true' = ANY (c.reloptions), false)",
    ),
];
