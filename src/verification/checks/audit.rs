//! What is written once and for all: the audit trail, versions of medical records, addenda.

use crate::ids::Role;
use crate::verification::inside::session_roles;
use crate::verification::{Check, Inside, Look, Tally};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "audit-append-only",
        what: "changes and deletes audit rows, versions and addenda of medical records, and writes audit rows by hand, as every session role",
        expects: "refused: 42501",
        mend: "REVOKE UPDATE, DELETE, INSERT ON <table> FROM <role>. What was changed meanwhile is in your backups, and in PostgreSQL's log where it logs statements.",
        hardening: false,
        look: Look::Inside(|inside| Box::pin(append_only(inside))),
    },
    Check {
        name: "audit-guard",
        what: "looks up the triggers that refuse such changes to the owner too (MP007), and whether any trigger is switched off",
        expects: "each is there, enabled, before UPDATE, DELETE and TRUNCATE; none is off",
        mend: "ALTER TABLE <table> ENABLE TRIGGER <trigger>; where it is gone, make it as the migration does. Who could drop it was an owner or an administrator.",
        hardening: false,
        look: Look::Inside(|inside| Box::pin(guard(inside))),
    },
];

async fn append_only(inside: &Inside) -> Tally {
    let roles: Vec<&'static str> = session_roles().collect();
    let mut tally = inside
        .denies(
            &roles,
            "SELECT app.clinic_id()",
            &[
                "UPDATE {schema}.audit_logs SET action = action WHERE false",
                "DELETE FROM {schema}.audit_logs WHERE false",
                "INSERT INTO {schema}.audit_logs (actor_user, actor_role, action, resource) SELECT gen_random_uuid(), 'x', 'read', 'x' WHERE false",
                "INSERT INTO app.audit_entry (actor_user, actor_role, action, resource) SELECT gen_random_uuid(), 'x', 'read', 'x' WHERE false",
                "DELETE FROM app.audit_entry WHERE false",
                "UPDATE {schema}.medical_record_versions SET company_id = company_id WHERE false",
                "DELETE FROM {schema}.medical_record_versions WHERE false",
                "UPDATE {schema}.medical_record_addenda SET body = body WHERE false",
                "DELETE FROM {schema}.medical_record_addenda WHERE false",
            ],
        )
        .await;
    let admin = Role::Admin.session_role();
    let readable = "SELECT FROM audit_logs WHERE false";
    tally.allowed(readable, &inside.attempt(&inside.rightly(admin), readable).await);
    tally
}

async fn guard(inside: &Inside) -> Tally {
    // 58: before, for each statement, UPDATE or DELETE or TRUNCATE.
    const UNGUARDED: &str = "
        SELECT wanted || ' is not guarded' FROM unnest(ARRAY['audit_logs', 'medical_record_versions', 'medical_record_addenda']) AS wanted
         WHERE NOT EXISTS (
               SELECT FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc f ON f.oid = t.tgfoid
                WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = '{schema}') AND c.relname = wanted
                  AND t.tgname = 'append_only' AND t.tgenabled IN ('O', 'A') AND t.tgtype = 58 AND t.tgqual IS NULL
                  AND f.proname = 'forbid_change' AND f.prosrc LIKE '%MP007%')";
    const OFF: &str = "
        SELECT t.tgname || ' on ' || t.tgrelid::regclass::text || ' is off' FROM pg_trigger t WHERE t.tgenabled NOT IN ('O', 'A')";
    let control = "SELECT tgname::text FROM pg_trigger WHERE tgname = 'audit'";
    inside.finds_nothing(control, &[("tables without their guard", UNGUARDED), ("triggers that are off", OFF)]).await
}
