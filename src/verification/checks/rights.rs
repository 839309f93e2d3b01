//! What a job may not do, though it is in the right clinic; and rows that would be another clinic's.

use crate::ids::Role;
use crate::verification::{Check, Inside, Look, Tally};

const ADMIN: &str = Role::Admin.session_role();
const SECRETARY: &str = Role::Secretary.session_role();

/// The check clinic-as-migrated names the grants.
const MEND: &str = "REVOKE what the check clinic-as-migrated calls superfluous, as the table's owner.";

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "secretary-and-records",
        what: "reads, explains and locks medical records as a secretary; deletes, and sets what is not a secretary's",
        expects: "refused: 42501",
        mend: MEND,
        hardening: false,
        look: Look::Inside(|inside| {
            Box::pin(inside.denies(
                &[SECRETARY],
                "SELECT FROM patients WHERE false",
                &[
                    "SELECT FROM medical_records WHERE false",
                    "EXPLAIN SELECT FROM medical_records",
                    "LOCK TABLE medical_records IN ACCESS SHARE MODE",
                    "SELECT FROM medical_record_versions WHERE false",
                    "SELECT FROM prescriptions WHERE false",
                    "SELECT FROM patient_clinical_profiles WHERE false",
                    "SELECT FROM app.patients_in_care WHERE false",
                    "UPDATE patients SET deleted_at = deleted_at WHERE false",
                    "UPDATE patients SET version = version WHERE false",
                    "DELETE FROM patients WHERE false",
                ],
            ))
        }),
    },
    Check {
        name: "rows-of-another-clinic",
        what: "inserts a row that says another clinic's id, and changes a row's clinic, as an admin",
        expects: "refused: 42501",
        mend: "The policy `tenant` of that table is not what the migrations give: see the checks row-security and clinic-as-migrated.",
        hardening: false,
        look: Look::Inside(|inside| {
            Box::pin(inside.denies(
                &[ADMIN],
                "INSERT INTO closures (company_id, starts_on, ends_on) SELECT app.clinic_id(), '2030-01-01', '2030-01-02' WHERE false",
                &[
                    "INSERT INTO closures (company_id, starts_on, ends_on) VALUES ('{other}', '2030-01-01', '2030-01-02')",
                    "UPDATE patients SET company_id = company_id WHERE false",
                    "UPDATE clinic_settings SET company_id = company_id WHERE false",
                ],
            ))
        }),
    },
    Check {
        name: "truncate",
        what: "looks up whether any session role, the bare login or PUBLIC may TRUNCATE a table, or make triggers on it",
        expects: "nobody may",
        mend: "REVOKE TRUNCATE, TRIGGER, REFERENCES ON <table> FROM <role>.",
        hardening: false,
        look: Look::Inside(|inside| Box::pin(truncate(inside))),
    },
];

async fn truncate(inside: &Inside) -> Tally {
    const MAY: &str = "
        SELECT DISTINCT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END || ' may ' || x.privilege_type || ' ' || c.oid::regclass::text
          FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) x
         WHERE c.relkind IN ('r', 'p') AND x.grantee <> c.relowner AND x.privilege_type IN ('TRUNCATE', 'TRIGGER', 'REFERENCES')
           AND c.relnamespace <> 'pg_catalog'::regnamespace";
    let control = "SELECT relname::text FROM pg_class WHERE relname = 'patients' AND relacl IS NOT NULL";
    inside.finds_nothing(control, &[("who may TRUNCATE", MAY)]).await
}
