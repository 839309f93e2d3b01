//! `medicalpro mail`: what mails look like, and what became of those that were given up.

use std::path::PathBuf;

use anstream::println;
use clap::Subcommand;
use medicalpro::config::ProvisionerSettings;
use medicalpro::error::ApiError;
use medicalpro::{central, email};

use super::{DIM, GOOD, open_central};

// No doc comment: clap would show it as the command's own.
#[derive(Subcommand)]
pub enum Mail {
    /// Write every mail, in every language, as HTML and as text, with a page that shows them: index.html
    Preview {
        /// Where to: a folder that is new, empty, or an earlier preview
        directory: PathBuf,
    },
    /// Mails about accounts that were given up, oldest first; never to whom they are
    Dead {
        #[command(flatten)]
        provisioner: ProvisionerSettings,
    },
    /// Have mails about accounts tried again that were given up
    Retry {
        #[command(flatten)]
        provisioner: ProvisionerSettings,
        /// The mail's id
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        mail: Option<uuid::Uuid>,
        /// All of them
        #[arg(long)]
        all: bool,
    },
}

/// Carries it out.
pub async fn run(command: Mail, json: bool) -> anyhow::Result<()> {
    match command {
        Mail::Preview { directory } => {
            let written = email::preview::write(&directory)?;
            if json {
                println!("{}", serde_json::json!(written));
            } else {
                println!("{GOOD}✓{GOOD:#} {} mails; to see them, open {}", written.mails, written.index.display());
            }
        }
        Mail::Dead { provisioner } => {
            let dead = central::delivery::dead(&open_central(&provisioner)?).await.map_err(ApiError::into_cause)?;
            if json {
                println!("{}", serde_json::json!(dead));
            } else {
                for mail in dead {
                    let since = mail.created_at.format("%Y-%m-%d %H:%M");
                    println!(
                        "{}  {:<17} {DIM}since {since} UTC, {} attempts{DIM:#}",
                        mail.id, mail.kind, mail.attempts
                    );
                }
            }
        }
        Mail::Retry { provisioner, mail, all: _ } => {
            let central = open_central(&provisioner)?;
            let count = central::delivery::retry(&central, mail).await.map_err(ApiError::into_cause)?;
            anyhow::ensure!(count > 0 || mail.is_none(), "no mail of that id was given up");
            if json {
                println!("{}", serde_json::json!({ "queued": count }));
            } else {
                println!("{GOOD}queued{GOOD:#} {count}");
            }
        }
    }
    Ok(())
}
