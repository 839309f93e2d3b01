//! `medicalpro platform`: the platform's own people.

use anstream::println;
use clap::Subcommand;
use medicalpro::api::text::Email;
use medicalpro::auth::password;
use medicalpro::config::ProvisionerSettings;
use medicalpro::error::ApiError;
use medicalpro::{central, region};

use super::{DIM, GOOD, open_central, tell};

// No doc comment: clap would show it as the command's own.
#[derive(Subcommand)]
pub enum Platform {
    /// Add somebody: a mailed link, good for 30 minutes, sets their password; a second factor is required
    Add {
        /// Their e-mail address, which has no account yet
        email: String,
        /// What they may do: `support` looks, `super_admin` also suspends clinics and lets them go on
        #[arg(long, value_parser = ["super_admin", "support"])]
        role: String,
        /// The language that they are written to in
        #[arg(long, default_value = "en", value_name = "LANGUAGE")]
        language: region::Language,
    },
    /// All of them, first added first
    List,
    /// Remove somebody: nothing of theirs counts any more, within a second; the account is kept, for the audit log
    Remove {
        /// Their e-mail address
        email: String,
    },
}

/// Carries it out.
pub async fn run(settings: &ProvisionerSettings, command: Platform, json: bool) -> anyhow::Result<()> {
    let central = open_central(settings)?;
    let address = |text: String| text.parse::<Email>().map_err(|_| anyhow::anyhow!("this is no e-mail address"));
    match command {
        Platform::Add { email, role, language } => {
            let email = address(email)?;
            let new = central::platform::NewOperator {
                email: email.as_str(),
                email_normalized: &email.normalized(),
                password_hash: &password::of_nobody()?,
                language: language.tag(),
                role: role.parse()?,
            };
            let added = central::platform::add(&central, &new).await.map_err(|error| match error {
                ApiError::Conflict { detail, .. } => anyhow::anyhow!(detail),
                other => other.into_cause(),
            })?;
            tell(json, "user", added, "added");
        }
        Platform::List => {
            let people = central::platform::list(&central).await.map_err(ApiError::into_cause)?;
            if json {
                println!("{}", serde_json::json!(people));
            } else {
                for person in people {
                    let style = if person.status == "active" { GOOD } else { DIM };
                    println!(
                        "{}  {style}{:<11}{style:#} {:<11} {}",
                        person.id, person.status, person.role, person.email
                    );
                }
            }
        }
        Platform::Remove { email } => {
            let removed = central::platform::remove(&central, &address(email)?.normalized()).await;
            let nobody = "nobody of the platform's people has this address, or not any more";
            let removed = removed.map_err(|error| match error {
                ApiError::NotFound => anyhow::anyhow!(nobody),
                other => other.into_cause(),
            })?;
            tell(json, "user", removed, "removed");
        }
    }
    Ok(())
}
