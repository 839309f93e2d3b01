//! `medicalpro verify`: the isolation of a live installation, attacked and read from the catalogs, as a report.
//!
//! | file | owns |
//! | --- | --- |
//! | `checks` | what is checked: a check is data and a small function; a new one is added there, and nowhere else |
//! | `attempt` | what became of an attempt, and how its connection is opened |
//! | `inside`, `outside`, `central` | from where a check looks: a clinic's own connection, its login at others' doors, central |
//! | `expected` | what the migrations give, line by line, as part of the binary |
//! | `pairs` | who tries whose door |
//! | `run` | all clinics, a few at a time |
//! | `report`, `page` | what was found, with its hash; as a page with a picture |
//!
//! Invariants. Nothing is changed and no patient is read: an attempt is one that a privilege must refuse before it touches a row, in
//! a transaction that is rolled back whatever happens; what would harm if it were allowed (TRUNCATE, DROP) is looked up, not tried.
//! It fails closed: what could not be tried is not passed, and what the migrations give is compared with what this binary
//! expects, not with a template that may itself be altered. No secret and no row is in the report: an attempt is told by its SQLSTATE.

mod attempt;
mod central;
pub mod checks;
pub mod expected;
mod inside;
mod outside;
mod page;
mod pairs;
pub mod report;
mod run;

use futures_util::future::BoxFuture;

use crate::ids::ClinicId;
use attempt::Outcome;

pub use central::InCentral;
pub use inside::Inside;
pub use outside::Outside;
pub use page::page;
pub use run::{Fleet, Order, run};

/// One thing that must hold.
#[derive(Debug)]
pub struct Check {
    /// By which it is known: in reports, and to whoever asks for it.
    pub name: &'static str,
    /// What is tried.
    pub what: &'static str,
    /// What must come of it.
    pub expects: &'static str,
    /// What to do where it does not hold.
    pub mend: &'static str,
    /// Whether it is about PostgreSQL's own catalog, which a managed PostgreSQL may not let be hardened: a second wall before the signed
    /// context, which holds without it.
    pub hardening: bool,
    /// From where, and how.
    pub look: Look,
}

/// From where a check looks.
#[derive(Clone, Copy, Debug)]
pub enum Look {
    /// Once a clinic: with its login, what opens and what does not.
    Outside(for<'a> fn(&'a Outside) -> Tally),
    /// Once a clinic: on its own connection, by the bare login that the server has.
    Inside(for<'a> fn(&'a Inside) -> BoxFuture<'a, Tally>),
    /// Once: in central, with the server's login.
    Central(for<'a> fn(&'a InCentral<'a>) -> BoxFuture<'a, Tally>),
}

/// How one attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Not as it must.
    Failed,
    /// Not as it should, where a managed PostgreSQL does not let it.
    Warned,
    /// It could not be tried, so that nothing is known.
    NotRun,
}

/// What did not hold.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Where; none: in central, or on the server.
    pub clinic: Option<ClinicId>,
    /// What was tried.
    pub tried: String,
    /// What came of it.
    pub found: String,
    /// How bad that is.
    pub verdict: Verdict,
}

/// What a check found in one place.
#[derive(Debug, Default)]
pub struct Tally {
    /// How many attempts ended as they must.
    pub held: usize,
    /// The others.
    pub findings: Vec<Finding>,
}

impl Tally {
    /// Whether something is so.
    pub fn expect(&mut self, holds: bool, tried: impl Into<String>, found: impl Into<String>) {
        if holds {
            self.held += 1;
        } else {
            self.find(tried.into(), found.into(), Verdict::Failed);
        }
    }

    /// An attempt that must be refused with one of these SQLSTATEs.
    pub fn refused(&mut self, tried: impl Into<String>, states: &[&str], outcome: &Outcome) {
        match outcome {
            Outcome::Refused(state) if states.contains(&&**state) => self.held += 1,
            Outcome::Refused(_) | Outcome::Done(_) => {
                self.find(tried.into(), format!("{outcome}; expected {}", states.join(" or ")), Verdict::Failed);
            }
            Outcome::Gone | Outcome::Unknown(_) => self.find(tried.into(), outcome.to_string(), Verdict::NotRun),
        }
    }

    /// A positive control: what must go well, so that refusals mean something.
    pub fn allowed(&mut self, tried: impl Into<String>, outcome: &Outcome) {
        match outcome {
            Outcome::Done(_) => self.held += 1,
            Outcome::Refused(_) => {
                self.find(format!("control: {}", tried.into()), outcome.to_string(), Verdict::Failed);
            }
            Outcome::Gone | Outcome::Unknown(_) => {
                self.find(format!("control: {}", tried.into()), outcome.to_string(), Verdict::NotRun);
            }
        }
    }

    /// A query of the catalog whose rows each say what is wrong. `what` is what was looked for.
    pub fn nothing(&mut self, what: &str, outcome: Outcome) {
        match outcome {
            Outcome::Done(rows) if rows.is_empty() => self.held += 1,
            Outcome::Done(rows) => {
                for row in rows {
                    self.find(what.to_owned(), row, Verdict::Failed);
                }
            }
            other => self.find(what.to_owned(), other.to_string(), Verdict::NotRun),
        }
    }

    /// A positive control of such queries: what must find something.
    pub fn something(&mut self, query: &str, outcome: &Outcome) {
        match outcome {
            Outcome::Done(rows) if rows.is_empty() => {
                self.find(format!("control: {query}"), "it found nothing".to_owned(), Verdict::Failed);
            }
            other => self.allowed(query, other),
        }
    }

    /// What could not be tried.
    pub fn not_run(&mut self, tried: impl Into<String>, why: impl Into<String>) {
        self.find(tried.into(), why.into(), Verdict::NotRun);
    }

    fn find(&mut self, tried: String, found: String, verdict: Verdict) {
        self.findings.push(Finding { clinic: None, tried, found, verdict });
    }
}
