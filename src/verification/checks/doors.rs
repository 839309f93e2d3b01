//! One database, one login, one password a clinic: what opens, and what does not.

use crate::verification::attempt::Outcome;
use crate::verification::outside::{Door, Of, Outside};
use crate::verification::{Check, Look, Tally};

/// Refused by the database's grants, or by `pg_hba.conf` before.
const CLOSED: &[&str] = &["42501", "28000"];
/// Closed to everybody says PostgreSQL first.
const TEMPLATE: &[&str] = &["55000", "42501", "28000"];
/// Another server may know nothing of the login.
const FOREIGN: &[&str] = &["42501", "28000", "28P01"];

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "sealed-credentials",
        what: "opens each clinic's sealed credentials with the master keys",
        expects: "they open, bound to their clinic, host, port, database and login",
        mend: "If none opens, MEDICALPRO_MASTER_KEYS is not the server's. If one does not, its row in companies was altered, or is another's: restore \
               it from a backup of central, and find out who could write it.",
        hardening: false,
        look: Look::Outside(|outside| {
            let mut tally = Tally::default();
            tally.expect(
                outside.sealed.is_ok(),
                "open the sealed credentials",
                outside.sealed.clone().err().unwrap_or_default(),
            );
            tally
        }),
    },
    Check {
        name: "own-database",
        what: "logs in to each clinic's own database with them",
        expects: "it opens: the positive control of all that follows",
        mend: "If PostgreSQL answers 28P01, the login has another password than central says: `ALTER ROLE` by injected SQL does that. The worker's \
               function gives it back: SELECT provisioning.create_clinic_role(clinic, verifier, limit).",
        hardening: false,
        look: Look::Outside(|outside| {
            let mut tally = Tally::default();
            tally.allowed("log in to its own database", &outside.own);
            tally
        }),
    },
    Check {
        name: "other-clinics",
        what: "tries each clinic's login at other clinics' databases",
        expects: "refused: 42501",
        mend: "REVOKE ALL ON DATABASE <database> FROM PUBLIC, and from every clinic's login but its own; then look in its audit log and PostgreSQL's \
               log for what was done with it.",
        hardening: false,
        look: Look::Outside(|outside| doors(outside, |of| matches!(of, Of::Clinic(_)), FOREIGN)),
    },
    Check {
        name: "shared-databases",
        what: "tries each clinic's login at central, postgres, template1 and every other database there that takes connections",
        expects: "refused: 42501",
        mend: "REVOKE ALL ON DATABASE <database> FROM PUBLIC; `medicalpro bootstrap`, run again, does so for those that it knows.",
        hardening: false,
        look: Look::Outside(|outside| doors(outside, |of| of == Of::Nobody, CLOSED)),
    },
    Check {
        name: "templates",
        what: "tries each clinic's login at what clinics are copied from",
        expects: "refused: closed to connections (55000)",
        mend: "ALTER DATABASE <database> ALLOW_CONNECTIONS false; REVOKE ALL ON DATABASE <database> FROM PUBLIC.",
        hardening: false,
        look: Look::Outside(|outside| doors(outside, |of| of == Of::Template, TEMPLATE)),
    },
    Check {
        name: "password-of-another",
        what: "tries each clinic's password with another clinic's login",
        expects: "refused: 28P01",
        mend: "Two clinics have one password, or pg_hba.conf trusts without one: require scram-sha-256 for every login but the administrator's.",
        hardening: false,
        look: Look::Outside(|outside| {
            let mut tally = Tally::default();
            if let Some(outcome) = &outside.as_another {
                tally.refused("log in as another clinic, with its own password", &["28P01", "28000"], outcome);
            }
            tally
        }),
    },
];

fn doors(outside: &Outside, which: fn(Of) -> bool, states: &[&str]) -> Tally {
    let mut tally = Tally::default();
    for Door { database, of, outcome } in outside.doors.iter().filter(|door| which(door.of)) {
        // Nobody's may be dropped meanwhile.
        if *outcome == Outcome::Gone && !matches!(of, Of::Clinic(_)) {
            continue;
        }
        tally.refused(format!("log in to {database}"), states, outcome);
    }
    tally
}
