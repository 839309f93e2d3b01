//! What was tried, when, on which versions, and what came of it; with a hash by which a copy is known to be unaltered.

use anyhow::Context as _;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Check, Finding, Order, Tally, Verdict, expected, pairs};
use crate::ids::ClinicId;
use crate::provisioning::schema;
use crate::secrets::sha256;

/// Findings that are told of a check: of one clinic, and of all. Figures count every one.
const TOLD_OF_A_CLINIC: usize = 20;
const TOLD_OF_A_CHECK: usize = 200;

/// How a check, or all of them together, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Ending {
    /// Everything that was tried ended as it must.
    Held,
    /// Something did not.
    Failed,
    /// Something could not be tried, so that nothing is known of it.
    Incomplete,
}

impl Ending {
    const fn of(figures: &Figures) -> Self {
        if figures.failed > 0 {
            Self::Failed
        } else if figures.not_run > 0 {
            Self::Incomplete
        } else {
            Self::Held
        }
    }
}

/// How many attempts ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// All of them.
    pub attempts: usize,
    /// As they must.
    pub held: usize,
    /// Not as they must.
    pub failed: usize,
    /// Not as they should, where a managed PostgreSQL does not let them.
    pub warned: usize,
    /// Not at all.
    pub not_run: usize,
}

/// A check, and what came of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// Its name.
    pub name: &'static str,
    /// What was tried.
    pub what: &'static str,
    /// What must come of it.
    pub expects: &'static str,
    /// What to do where it did not hold.
    pub mend: &'static str,
    /// How it ended.
    pub ending: Ending,
    /// How many attempts ended how.
    pub figures: Figures,
    /// What did not hold: the first of each clinic, as far as they are told.
    pub findings: Vec<Finding>,
    /// How many more there are.
    pub left_out: usize,
    #[serde(skip)]
    hardening: bool,
}

/// How much was tried.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Scope {
    /// Clinics that have a database.
    pub clinics: usize,
    /// `all`, or `sample`.
    pub pairs: &'static str,
    /// Of a sample: how many others each clinic tried, and was tried by.
    pub sample: Option<usize>,
    /// Of a sample: what decided which.
    pub seed: Option<String>,
    /// Whether PostgreSQL is one that somebody else manages.
    pub managed: bool,
}

impl Scope {
    pub(super) fn of(clinics: usize, order: &Order) -> Self {
        let sampled = clinics > pairs::ALL_UP_TO;
        Self {
            clinics,
            pairs: if sampled { "sample" } else { "all" },
            sample: sampled.then_some(order.sample),
            seed: sampled.then(|| order.seed.clone()),
            managed: order.managed,
        }
    }
}

/// Which clinic's login got where.
#[derive(Debug, Default, Serialize)]
pub struct Matrix {
    /// Databases: the clinics', then the others.
    pub columns: Vec<String>,
    /// Logins.
    pub rows: Vec<Row>,
}

/// A clinic's login: a character for each column. `=` its own, open; `#` its own, which did not open; `x` refused; `!` open,
/// which it must not be; `?` not known.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Whose login.
    pub clinic: ClinicId,
    /// Where it got.
    pub cells: String,
}

/// The report.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Of this form.
    pub format: u8,
    /// This binary's version.
    pub medicalpro: &'static str,
    /// The server's version.
    pub postgresql: String,
    /// What was expected: the newest version of the clinics' schema, and hashes of the migrations and of what they give.
    pub expected: Value,
    /// When it began.
    pub started: String,
    /// And ended.
    pub finished: String,
    /// How much was tried.
    pub scope: Scope,
    /// How it ended.
    pub ending: Ending,
    /// How many attempts ended how.
    pub figures: Figures,
    /// Every check.
    pub checks: Vec<Told>,
    /// Which clinic's login got where.
    pub matrix: Matrix,
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl Report {
    pub(super) fn new(checks: &[&'static Check], postgresql: String, started: DateTime<Utc>, scope: Scope) -> Self {
        let told = |check: &&'static Check| {
            let Check { name, what, expects, mend, hardening, .. } = *check;
            let figures = Figures::default();
            Told {
                name,
                what,
                expects,
                mend,
                ending: Ending::Held,
                figures,
                findings: Vec::new(),
                left_out: 0,
                hardening: *hardening,
            }
        };
        Self {
            format: 1,
            medicalpro: env!("CARGO_PKG_VERSION"),
            postgresql,
            expected: json!({
                "schemaVersion": schema::newest(), "migrations": schema::fingerprint(), "clinicCatalogue": expected::CLINIC.digest(),
                "centralCatalogue": expected::CENTRAL.digest(), "centralColumns": expected::COLUMNS_OF_CENTRAL.digest(),
            }),
            started: written(started),
            finished: String::new(),
            scope,
            ending: Ending::Held,
            figures: Figures::default(),
            checks: checks.iter().map(told).collect(),
            matrix: Matrix::default(),
        }
    }

    /// Adds what the check at this place found, at a clinic or in central.
    pub(super) fn add(&mut self, at: usize, clinic: Option<ClinicId>, tally: Tally) {
        let told = &mut self.checks[at];
        told.figures.held += tally.held;
        for (number, mut finding) in tally.findings.into_iter().enumerate() {
            finding.clinic = clinic;
            if finding.verdict == Verdict::Failed && told.hardening && self.scope.managed {
                finding.verdict = Verdict::Warned;
            }
            match finding.verdict {
                Verdict::Failed => told.figures.failed += 1,
                Verdict::Warned => told.figures.warned += 1,
                Verdict::NotRun => told.figures.not_run += 1,
            }
            if number < TOLD_OF_A_CLINIC && told.findings.len() < TOLD_OF_A_CHECK {
                told.findings.push(finding);
            } else {
                told.left_out += 1;
            }
        }
    }

    pub(super) fn finish(&mut self, matrix: Matrix) {
        for told in &mut self.checks {
            let figures = &mut told.figures;
            figures.attempts = figures.held + figures.failed + figures.warned + figures.not_run;
            told.ending = Ending::of(figures);
            self.figures.attempts += figures.attempts;
            self.figures.held += figures.held;
            self.figures.failed += figures.failed;
            self.figures.warned += figures.warned;
            self.figures.not_run += figures.not_run;
        }
        self.ending = Ending::of(&self.figures);
        self.matrix = matrix;
        self.finished = written(Utc::now());
    }

    /// The report as JSON, with its hash: SHA-256 over `report`, its keys sorted, without spaces.
    ///
    /// # Errors
    /// Never, as long as it can be written as JSON.
    pub fn stamped(&self) -> anyhow::Result<Value> {
        let report = serde_json::to_value(self)?;
        let sha256 = stamp(&report);
        Ok(json!({ "report": report, "sha256": sha256 }))
    }
}

/// `serde_json` sorts the keys of its values; a test holds it to that.
fn stamp(report: &Value) -> String {
    hex::encode(sha256(report.to_string().as_bytes()))
}

/// Whether a report, as JSON, is as it was written: its hash is that of its content.
///
/// # Errors
/// It is no report.
pub fn is_unaltered(text: &str) -> anyhow::Result<bool> {
    let value: Value = serde_json::from_str(text).context("it is no JSON")?;
    let (Some(report), Some(stamped)) = (value.get("report"), value.get("sha256").and_then(Value::as_str)) else {
        anyhow::bail!("it is no report of `medicalpro verify --json`");
    };
    Ok(stamp(report) == stamped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verification::checks;

    #[test]
    fn findings_are_bounded_and_figures_are_not() {
        let order = Order { at_once: 1, sample: 8, seed: String::new(), managed: false };
        let mut report = Report::new(&checks::all(), String::new(), Utc::now(), Scope::of(30, &order));
        for _ in 0..30 {
            let mut tally = Tally::default();
            (0..100).for_each(|_| tally.expect(false, "tried", "found"));
            report.add(0, Some(ClinicId::generate()), tally);
        }
        report.finish(Matrix::default());
        let (first, all) = (&report.checks[0], TOLD_OF_A_CHECK);
        assert_eq!((first.figures.failed, first.findings.len(), first.left_out), (3000, all, 3000 - all));
        assert_eq!(first.findings[TOLD_OF_A_CLINIC - 1].clinic, first.findings[0].clinic);
        assert_ne!(first.findings[TOLD_OF_A_CLINIC].clinic, first.findings[0].clinic, "others are told of too");
        assert_eq!(report.ending, Ending::Failed);
    }

    #[test]
    fn the_hash_is_that_of_the_content_whatever_the_order_and_the_spaces() {
        // As `jq -jcS .report report.json | sha256sum` has it.
        assert_eq!(stamp(&json!({ "b": [1, "x"], "a": null })), hex::encode(sha256(br#"{"a":null,"b":[1,"x"]}"#)));
        let text =
            |report: &str| format!(r#"{{ "sha256": "{}", "report": {report} }}"#, stamp(&json!({ "b": 1, "a": 2 })));
        assert!(is_unaltered(&text(r#"{"b": 1,  "a": 2}"#)).expect("a report"));
        assert!(!is_unaltered(&text(r#"{"b": 1, "a": 3}"#)).expect("a report"));
        assert!(is_unaltered("{}").is_err() && is_unaltered("x").is_err());
    }
}
