//! The signed context: without it, with another's, edited or expired, nothing of a clinic is seen, whatever role was taken.

use crate::ids::Role;
use crate::verification::attempt::Outcome;
use crate::verification::inside::session_roles;
use crate::verification::{Check, Inside, Look, Tally};

const ADMIN: &str = Role::Admin.session_role();
const PRACTITIONER: &str = Role::Practitioner.session_role();
const SECRETARY: &str = Role::Secretary.session_role();

/// The clinic's own row: there is exactly one, and it is no patient's.
const OWN: &str = "SELECT company_id::text FROM clinic_settings";
const OWN_BY_NAME: &str = "SELECT company_id::text FROM {schema}.clinic_settings";
/// What every policy asks.
const TENANT: &str = "SELECT app.tenant(current_user)";

const MEND: &str = "Somebody altered app.verified_context, app.tenant, app.clinic_id or the policies that call them: see the check \
                    clinic-as-migrated for which. Suspend the clinic (`medicalpro clinics suspend`) until they are as the migrations give them.";

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "signed-context",
        what: "reads the clinic's own row with a rightly signed context, and verifies one for every session role",
        expects: "exactly its own row: the positive control of the refusals that follow",
        mend: "The context key in central is not the one in the clinic's database: requests fail as well. Make the identity anew, or restore either \
               from a backup.",
        hardening: false,
        look: Look::Inside(|inside| Box::pin(signed(inside))),
    },
    Check {
        name: "no-context",
        what: "takes every session role without a context",
        expects: "refused: MP001",
        mend: MEND,
        hardening: false,
        look: Look::Inside(|inside| Box::pin(no_context(inside))),
    },
    Check {
        name: "no-role",
        what: "brings a right context to the bare login, without a session role",
        expects: "refused: 42P01 by search_path, 42501 by name",
        mend: "The login has rights of its own: REVOKE what the checks bare-login and clinic-as-migrated name.",
        hardening: false,
        look: Look::Inside(|inside| Box::pin(no_role(inside))),
    },
    Check {
        name: "nothing-left",
        what: "looks at the connection after a transaction",
        expects: "no role, no context, no schema is left for its next user",
        mend: "ALTER ROLE <login> RESET ALL, ALTER DATABASE <database> RESET ALL; the check login-settings names what is set.",
        hardening: false,
        look: Look::Inside(|inside| Box::pin(nothing_left(inside))),
    },
    Check {
        name: "context-of-another",
        what: "brings contexts that another clinic's key signed, and one signed for another clinic",
        expects: "refused: MP003, MP003, MP004",
        mend: MEND,
        hardening: false,
        look: Look::Inside(|inside| Box::pin(of_another(inside))),
    },
    Check {
        name: "edited-context",
        what: "brings contexts with an edited company, user, role or expiry, an expired one, another role's, garbage",
        expects: "refused: MP003, MP006, MP005, MP002",
        mend: MEND,
        hardening: false,
        look: Look::Inside(|inside| Box::pin(edited(inside))),
    },
    Check {
        name: "stacked-role",
        what: "takes another role behind a secretary's context, as injected SQL would",
        expects: "refused: MP005; without a role 42P01 and 42501; an owner's role 42501",
        mend: "REVOKE every role but the session roles from the clinic's login; the check memberships names them.",
        hardening: false,
        look: Look::Inside(|inside| Box::pin(stacked(inside))),
    },
    Check {
        name: "prepared-statement",
        what: "executes as a secretary what was prepared as a practitioner, by a plan that is kept",
        expects: "refused: 42501",
        mend: MEND,
        hardening: false,
        look: Look::Inside(|inside| Box::pin(prepared(inside))),
    },
];

async fn signed(inside: &Inside) -> Tally {
    let mut tally = Tally::default();
    let own = Outcome::Done(vec![inside.clinic.to_string()]);
    match inside.rows(&inside.rightly(ADMIN), OWN).await {
        Outcome::Done(rows) => tally.expect(Outcome::Done(rows) == own, OWN, "it is not its own row, and no other"),
        other => tally.allowed(OWN, &other),
    }
    for role in session_roles() {
        tally.allowed(format!("{role}: {TENANT}"), &inside.attempt(&inside.rightly(role), TENANT).await);
    }
    tally
}

async fn no_context(inside: &Inside) -> Tally {
    let mut tally = Tally::default();
    for role in session_roles() {
        for none in ["", "SET LOCAL app.ctx = DEFAULT; "] {
            let outcome = inside.attempt(&inside.opening(role, ""), &format!("{none}{TENANT}")).await;
            tally.refused(format!("{role}: {none}{TENANT}"), &["MP001"], &outcome);
        }
    }
    for role in Role::ALL.map(Role::session_role) {
        tally.refused(format!("{role}: {OWN}"), &["MP001"], &inside.attempt(&inside.opening(role, ""), OWN).await);
    }
    tally
}

async fn no_role(inside: &Inside) -> Tally {
    let mut tally = Tally::default();
    let opening = inside.bare(&inside.context(ADMIN));
    for (sql, state) in [(OWN, "42P01"), (OWN_BY_NAME, "42501"), (TENANT, "42501")] {
        tally.refused(sql, &[state], &inside.attempt(&opening, sql).await);
    }
    tally
}

async fn nothing_left(inside: &Inside) -> Tally {
    const LEFT: &str = "SELECT what FROM (VALUES
        ('a role', current_user <> session_user OR current_setting('role') <> 'none'),
        ('a context', COALESCE(current_setting('app.ctx', true), '') <> ''),
        ('a schema', current_setting('search_path') LIKE '%medicalpro%')) AS l (what, is_left) WHERE is_left";
    let mut tally = Tally::default();
    // Ended by a COMMIT of its own, which has nothing to commit.
    tally.allowed(OWN, &inside.attempt(&inside.rightly(ADMIN), &format!("{OWN}; COMMIT")).await);
    tally.nothing("what the transaction left behind", inside.rows("BEGIN", LEFT).await);
    for (sql, state) in [(OWN, "42P01"), (OWN_BY_NAME, "42501")] {
        tally.refused(format!("the next user: {sql}"), &[state], &inside.attempt("BEGIN", sql).await);
    }
    tally
}

/// Brings a context along, under the role that it was made for, and reads the clinic's own row.
async fn bring(inside: &Inside, tally: &mut Tally, what: &str, context: &str, state: &str) {
    let outcome = inside.attempt(&inside.opening(SECRETARY, context), OWN).await;
    tally.refused(what, &[state], &outcome);
}

async fn of_another(inside: &Inside) -> Tally {
    let mut tally = Tally::default();
    let theirs = inside.context_by_other(SECRETARY, inside.other);
    bring(inside, &mut tally, "a context of another clinic", &theirs, "MP003").await;
    let for_us = inside.context_by_other(SECRETARY, inside.clinic);
    bring(inside, &mut tally, "a context for this clinic, signed with another's key", &for_us, "MP003").await;
    let for_them = inside.context_for_other(SECRETARY);
    bring(inside, &mut tally, "a context for another clinic, signed with this one's key", &for_them, "MP004").await;
    tally
}

async fn edited(inside: &Inside) -> Tally {
    let mut tally = Tally::default();
    let genuine = inside.context(SECRETARY);
    let part = |at: usize| genuine.split('|').nth(at).unwrap_or_default().to_owned();
    let later = part(4).parse::<i64>().unwrap_or_default() + 1;
    for (what, context, state) in [
        ("another company", genuine.replace(&part(1), &inside.other.to_string()), "MP003"),
        ("another user", genuine.replace(&part(3), &inside.other.to_string()), "MP003"),
        ("another role", inside.context(PRACTITIONER).replace(PRACTITIONER, SECRETARY), "MP003"),
        ("a later expiry", genuine.replace(&part(4), &later.to_string()), "MP003"),
        ("no signature", genuine.replace(&part(5), ""), "MP003"),
        ("an unknown key", genuine.replacen(&part(0), "999999", 1), "MP003"),
        ("another role's", inside.context(PRACTITIONER), "MP005"),
        ("an expired one", inside.expired(SECRETARY), "MP006"),
        ("garbage", "garbage".to_owned(), "MP002"),
    ] {
        bring(inside, &mut tally, &format!("a context with {what}"), &context, state).await;
    }
    tally
}

async fn stacked(inside: &Inside) -> Tally {
    let mut tally = Tally::default();
    let opening = inside.rightly(SECRETARY);
    for role in session_roles().filter(|role| *role != SECRETARY) {
        let sql = format!("SET LOCAL ROLE {role}; {TENANT}");
        tally.refused(sql.clone(), &["MP005"], &inside.attempt(&opening, &sql).await);
    }
    for bare in ["RESET ROLE", "SET ROLE NONE", "SET SESSION AUTHORIZATION DEFAULT"] {
        for (read, state) in [(OWN, "42P01"), (OWN_BY_NAME, "42501")] {
            let sql = format!("{bare}; {read}");
            tally.refused(sql.clone(), &[state], &inside.attempt(&opening, &sql).await);
        }
    }
    for role in [
        "medicalpro_owner",
        "medicalpro_audit",
        "medicalpro_provisioner",
        "medicalpro_rolemaker",
        "medicalpro_backup",
        "medicalpro_api",
        "medicalpro_central_owner",
        "pg_read_all_data",
        "pg_execute_server_program",
    ] {
        for sql in [format!("SET LOCAL ROLE {role}"), format!("SET SESSION AUTHORIZATION {role}")] {
            tally.refused(sql.clone(), &["42501"], &inside.attempt(&opening, &sql).await);
        }
    }
    tally
}

async fn prepared(inside: &Inside) -> Tally {
    // It reads no row: whether it may is asked before.
    const PREPARE: &str = "PREPARE verify AS SELECT FROM medical_records WHERE false; SET LOCAL plan_cache_mode = force_generic_plan; EXECUTE verify";
    let mut tally = Tally::default();
    tally.allowed(PREPARE, &inside.attempt(&inside.rightly(PRACTITIONER), PREPARE).await);
    tally.refused("EXECUTE verify", &["42501"], &inside.attempt(&inside.rightly(SECRETARY), "EXECUTE verify").await);
    tally.allowed("DEALLOCATE verify", &inside.attempt("BEGIN", "DEALLOCATE verify").await);
    tally
}
