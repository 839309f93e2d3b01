//! `medicalpro verify`: attacks the isolation of a live installation, and reports.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anstream::{eprintln, println};
use anyhow::Context as _;
use clap::Args;
use medicalpro::central::{Central, isolation_reports};
use medicalpro::config::{VerifySettings, postgres};
use medicalpro::database;
use medicalpro::error::{ApiError, describe};
use medicalpro::verification::report::{Ending, Report, Told, is_unaltered};
use medicalpro::verification::{self, Fleet, Order, Verdict};

use super::{BAD, DIM, GOOD, open_central};

/// Findings of a check that the terminal shows; the JSON has more, and counts all.
const SHOWN: usize = 10;

const AFTER_HELP: &str = "\
With each clinic's own credentials it attempts what must be refused, and compares what PostgreSQL's catalogs say with what the migrations give. It changes
nothing and reads no patient: what it attempts is refused before it touches a row, in transactions that are rolled back; what would harm if it were allowed is
looked up instead. It holds one connection to a clinic at a time, and waits where a clinic's login is at its limit. Roles and databases are looked up on
central's server: a clinic that lies on another does not pass.

With --keep it writes the report into central, and nothing else: with the worker's login (MEDICALPRO_PROVISIONER_URL), which it uses for nothing else, since
the server's cannot write reports.

The report names clinics by their ids, and bears no secret and no row. Its hash is SHA-256 over `.report`, keys sorted, without spaces:
  jq -jcS .report report.json | sha256sum

Exit codes:
  0  everything held
  1  something did not; the report says what, and how to mend it
  2  something could not be tried, so that nothing is known of it; or nothing could; or everything held, and the report could not be kept or written";

// No doc comment: clap would show it as the command's own.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub struct Verify {
    #[command(flatten)]
    settings: VerifySettings,
    /// Write the report as a page too, with a picture of whose login got where
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// With more than 50 clinics: at how many others' databases each login is tried
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=1000), value_name = "COUNT")]
    sample: u16,
    /// With more than 50 clinics: what decides which others; the day, when absent, so that they change
    #[arg(long, value_name = "TEXT")]
    seed: Option<String>,
    /// Clinics at once
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64), value_name = "COUNT")]
    at_once: u16,
    /// PostgreSQL is managed by somebody who lets its own catalog not be hardened: what is left open there is a warning
    #[arg(long)]
    managed: bool,
    /// Keep the report in central, for GET /api/v1/platform/isolation-report; no login may change or delete it there
    #[arg(long)]
    keep: bool,
    /// Verify nothing, but say whether this report (of `--json`, or as the API answered it) is unaltered
    #[arg(long, value_name = "FILE", conflicts_with_all = ["html", "sample", "seed", "at_once", "managed", "keep"])]
    check: Option<PathBuf>,
}

/// Carries it out.
pub async fn run(verify: Verify, json: bool) -> anyhow::Result<ExitCode> {
    let Verify { settings, html, sample, seed, at_once, managed, keep, check } = verify;
    if let Some(file) = check {
        let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let unaltered = is_unaltered(&text).with_context(|| file.display().to_string())?;
        if json {
            println!("{}", serde_json::json!({ "unaltered": unaltered }));
        } else if unaltered {
            println!("{GOOD}unaltered{GOOD:#} {}", file.display());
        } else {
            println!("{BAD}altered{BAD:#} {}", file.display());
        }
        return Ok(if unaltered { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let keeper = keep.then(|| open_central(&settings.provisioner)).transpose()?;
    let fleet = Fleet {
        config: postgres(settings.database_url.secret()?, "MEDICALPRO_DATABASE_URL")?,
        tls: database::tls(settings.provisioner.tls.database_ca.as_deref())?,
        keys: settings.keys.load()?,
    };
    // What is missing or wrong is told before minutes have passed.
    if let Some(keeper) = &keeper {
        let central = Central::new(fleet.config.clone(), fleet.tls.clone(), 1)?;
        let one = isolation_reports::are_of_one(&central, keeper).await.map_err(ApiError::into_cause);
        if !one.context("the report could not be kept")? {
            anyhow::bail!("MEDICALPRO_DATABASE_URL and MEDICALPRO_PROVISIONER_URL lead to different installations");
        }
    }
    let order = Order {
        at_once: usize::from(at_once),
        sample: usize::from(sample),
        seed: seed.unwrap_or_else(|| chrono::Utc::now().date_naive().to_string()),
        managed,
    };
    // Draws nothing where standard error is no terminal.
    let progress = indicatif::ProgressBar::new_spinner();
    progress.enable_steady_tick(std::time::Duration::from_millis(120));
    progress.set_message("central");
    let report = verification::run(&fleet, &order, |done, all| {
        progress.set_message(format!("{done} of {all} clinics"));
    })
    .await?;
    progress.finish_and_clear();
    let stamped = report.stamped()?;
    if json {
        println!("{stamped}");
    } else {
        tell(&report, stamped["sha256"].as_str().unwrap_or_default());
    }
    let mut done = true;
    // The page comes last: what is kept waits for no disk.
    if let Some(central) = keeper {
        let (text, sha256) = (stamped["report"].to_string(), stamped["sha256"].as_str().unwrap_or_default());
        let kept = isolation_reports::keep(&central, &text, sha256).await;
        done &= told("kept", &kept.map_err(ApiError::into_cause), "Kept in central", json);
    }
    if let Some(file) = html {
        let written = verification::page(&report).and_then(|page| Ok(std::fs::write(&file, page)?));
        done &= told("written as a page", &written, &format!("As a page: {}", file.display()), json);
    }
    Ok(match report.ending {
        // That something did not hold says more.
        Ending::Failed => ExitCode::FAILURE,
        Ending::Held if done => ExitCode::SUCCESS,
        Ending::Held | Ending::Incomplete => ExitCode::from(2),
    })
}

/// Whether the report was kept or written, which is told.
fn told(what: &str, outcome: &anyhow::Result<()>, success: &str, json: bool) -> bool {
    match outcome {
        Ok(()) if json => {}
        Ok(()) => eprintln!("{DIM}{success}{DIM:#}"),
        Err(error) => eprintln!("{BAD}error:{BAD:#} the report was not {what}: {}", describe(error)),
    }
    outcome.is_ok()
}

fn tell(report: &Report, sha256: &str) {
    let width = report.checks.iter().map(|check| check.name.len()).max().unwrap_or_default();
    for check in &report.checks {
        let figures = &check.figures;
        let (style, mark) = match check.ending {
            Ending::Held if figures.warned > 0 => (BAD, "!"),
            Ending::Held => (GOOD, "✓"),
            Ending::Failed => (BAD, "✗"),
            Ending::Incomplete => (BAD, "?"),
        };
        let mut others = String::new();
        for (count, word) in [(figures.failed, "failed"), (figures.warned, "warned"), (figures.not_run, "not tried")] {
            if count > 0 {
                // Writing to a String does not fail.
                let _ = write!(others, ", {count} {word}");
            }
        }
        println!("{style}{mark}{style:#} {:<width$}  {:>6} held{others}", check.name, figures.held);
    }
    for check in report.checks.iter().filter(|check| !check.findings.is_empty()) {
        tell_findings(check);
    }
    let scope = &report.scope;
    let pairs = match (scope.sample, &scope.seed) {
        (Some(sample), Some(seed)) => format!("each at {sample} others, by the seed {seed}"),
        _ => "all pairs".to_owned(),
    };
    println!();
    println!(
        "{DIM}{} clinics, {pairs}; medicalpro {}, PostgreSQL {}, {}{DIM:#}",
        scope.clinics, report.medicalpro, report.postgresql, report.finished
    );
    println!("{DIM}SHA-256 {sha256}{DIM:#}");
    let figures = &report.figures;
    let (style, word) = match report.ending {
        Ending::Held => (GOOD, "isolated"),
        Ending::Failed => (BAD, "NOT isolated"),
        Ending::Incomplete => (BAD, "NOT known"),
    };
    println!(
        "{style}{word}{style:#}: {} attempts, {} held, {} failed, {} not tried",
        figures.attempts, figures.held, figures.failed, figures.not_run
    );
}

fn tell_findings(check: &Told) {
    println!();
    println!("{BAD}{}{BAD:#}: {}", check.name, check.what);
    println!("  {DIM}expected:{DIM:#} {}", check.expects);
    for finding in check.findings.iter().take(SHOWN) {
        let word = match finding.verdict {
            Verdict::Failed => "",
            Verdict::Warned => " (warning)",
            Verdict::NotRun => " (not tried)",
        };
        let place = finding.clinic.map(|clinic| format!(" at {clinic}")).unwrap_or_default();
        println!("  {BAD}-{BAD:#} {}{word}{DIM}: {}{place}{DIM:#}", finding.found, finding.tried);
    }
    let more = (check.findings.len() + check.left_out).saturating_sub(SHOWN);
    if more > 0 {
        println!("  {DIM}and {more} more: see --json{DIM:#}");
    }
    println!("  {DIM}to mend it:{DIM:#} {}", check.mend);
}
