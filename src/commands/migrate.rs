//! `medicalpro migrate`: brings central and every clinic to the newest schema.

use std::process::ExitCode;

use anstream::println;
use medicalpro::config::{ProvisionerSettings, postgres};
use medicalpro::database;
use medicalpro::provisioning::fleet;

use super::{BAD, GOOD};

/// Migrates; 3 where a clinic was set aside.
pub async fn run(settings: &ProvisionerSettings, dry_run: bool, at_once: u16, json: bool) -> anyhow::Result<ExitCode> {
    let config = postgres(settings.provisioner_url.secret()?, "MEDICALPRO_PROVISIONER_URL")?;
    let tls = database::tls(settings.tls.database_ca.as_deref())?;
    let progress = indicatif::ProgressBar::new_spinner();
    if json {
        progress.set_draw_target(indicatif::ProgressDrawTarget::hidden());
    }
    progress.set_message("migrating central and the template");
    let order = fleet::Order { dry_run, at_once: usize::from(at_once) };
    let outcomes = fleet::migrate(&config, &tls, &order, |outcome| {
        progress.inc(1);
        progress.set_message(format!("clinic {}: {}", outcome.clinic, outcome.result));
    })
    .await?;
    progress.finish_and_clear();
    let set_aside = outcomes.iter().filter(|outcome| outcome.is_set_aside()).count();
    if json {
        println!("{}", serde_json::json!({ "clinics": outcomes, "setAside": set_aside }));
    } else {
        for outcome in outcomes.iter().filter(|outcome| outcome.result != "current") {
            let style = if outcome.is_set_aside() { BAD } else { GOOD };
            let error = outcome.error.as_deref().unwrap_or_default();
            println!("{style}{}{style:#} {} {} → {} {error}", outcome.result, outcome.clinic, outcome.from, outcome.to);
        }
        println!("{} clinics looked at, {set_aside} set aside", outcomes.len());
    }
    Ok(if set_aside == 0 { ExitCode::SUCCESS } else { ExitCode::from(3) })
}
