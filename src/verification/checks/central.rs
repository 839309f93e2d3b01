//! Central: no column could hold a patient, its rights are the migrations', and the server's login changes no credentials.

use crate::verification::attempt::Outcome;
use crate::verification::{Check, InCentral, Look, Tally, expected};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "central-columns",
        what: "compares every column of central with those that are known to hold nothing of a patient",
        expects: "no other column; the names there are those of accounts, invitations and clinics",
        mend: "Drop what is superfluous, and ask whoever made it what it is for. A column of a new version is added to the expectation with its migration.",
        hardening: false,
        look: Look::Central(|central| Box::pin(columns(central))),
    },
    Check {
        name: "central-as-migrated",
        what: "compares owners, grants, functions and triggers of central with what this version's migrations and bootstrap give",
        expects: "nothing superfluous, nothing missing",
        mend: "`medicalpro migrate`, where central is behind or this binary is newer; else take back what is superfluous, and make what is missing as its migration \
               does (as medicalpro_central_owner).",
        hardening: false,
        look: Look::Central(|central| Box::pin(as_migrated(central))),
    },
    Check {
        name: "central-login",
        what: "changes credentials, keys, statuses, rights, the audit trail and kept reports in central with the server's login",
        expects: "refused: 42501",
        mend: "REVOKE what the check central-as-migrated calls superfluous, as medicalpro_central_owner.",
        hardening: false,
        look: Look::Central(|central| Box::pin(central.denies("SELECT FROM companies WHERE false", ATTEMPTS))),
    },
    Check {
        name: "central-guard",
        what: "looks up whether a trigger of central is switched off",
        expects: "none is: those of the audit trail refuse changes to their owner too (MP007)",
        mend: "ALTER TABLE <table> ENABLE TRIGGER <trigger>.",
        hardening: false,
        look: Look::Central(|central| {
            Box::pin(central.finds_nothing(
                "SELECT tgname::text FROM pg_trigger WHERE tgname = 'append_only'",
                &[(
                    "triggers that are off",
                    "SELECT t.tgname || ' on ' || t.tgrelid::regclass::text || ' is off' FROM pg_trigger t WHERE t.tgenabled NOT IN ('O', 'A')",
                )],
            ))
        }),
    },
    Check {
        name: "central-login-at-clinics",
        what: "tries the server's own login for central at every clinic's database",
        expects: "refused: 42501",
        mend: "REVOKE ALL ON DATABASE <database> FROM PUBLIC, medicalpro_api.",
        hardening: false,
        look: Look::Central(|central| Box::pin(at_clinics(central))),
    },
];

/// Each fails before it touches a row.
const ATTEMPTS: &[&str] = &[
    "UPDATE companies SET db_password = db_password WHERE false",
    "UPDATE companies SET db_host = db_host WHERE false",
    "UPDATE companies SET db_name = db_name WHERE false",
    "UPDATE companies SET context_key = context_key WHERE false",
    "UPDATE companies SET epoch = epoch WHERE false",
    "UPDATE companies SET status = status WHERE false",
    "DELETE FROM companies WHERE false",
    "UPDATE users SET platform_role = platform_role WHERE false",
    "DELETE FROM users WHERE false",
    "UPDATE memberships SET company_id = company_id WHERE false",
    "DELETE FROM memberships WHERE false",
    "UPDATE sessions SET user_id = user_id WHERE false",
    "UPDATE sessions SET expires_at = expires_at WHERE false",
    "UPDATE signing_keys SET retired_at = retired_at WHERE false",
    "DELETE FROM signing_keys WHERE false",
    "UPDATE audit_logs SET action = action WHERE false",
    "DELETE FROM audit_logs WHERE false",
    "INSERT INTO isolation_reports (report, sha256) SELECT '', '' WHERE false",
    "UPDATE isolation_reports SET report = report WHERE false",
    "DELETE FROM isolation_reports WHERE false",
    "SELECT FROM provisioning_steps WHERE false",
    "SELECT FROM database_servers WHERE false",
    "SELECT provisioning.drop_clinic_role(NULL)",
    "SET LOCAL ROLE medicalpro_central_owner",
    "SET LOCAL ROLE medicalpro_provisioner",
];

async fn columns(central: &InCentral<'_>) -> Tally {
    let mut tally = Tally::default();
    let found = central.columns().await;
    tally.nothing(
        "central's columns",
        found.map_or_else(|outcome| outcome, |lines| Outcome::Done(expected::COLUMNS_OF_CENTRAL.differences(&lines))),
    );
    tally
}

async fn as_migrated(central: &InCentral<'_>) -> Tally {
    let mut tally = Tally::default();
    let found = central.catalogue().await;
    tally.nothing(
        "the catalog against the migrations",
        found.map_or_else(|outcome| outcome, |lines| Outcome::Done(expected::CENTRAL.differences(&lines))),
    );
    tally
}

async fn at_clinics(central: &InCentral<'_>) -> Tally {
    let mut tally = Tally::default();
    for clinic in central.clinics {
        let tried = format!("log in to {}", clinic.clinic.database_name());
        tally.refused(tried, &["42501", "28000", "28P01"], &central.door(clinic).await);
    }
    tally
}
