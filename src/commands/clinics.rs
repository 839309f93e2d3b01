//! `medicalpro clinics`: which there are, how they stand, and what operators do with them.

use anstream::println;
use clap::Subcommand;
use medicalpro::central::audit::Event;
use medicalpro::central::companies::Status;
use medicalpro::config::{ProvisionerSettings, postgres};
use medicalpro::error::ApiError;
use medicalpro::ids::ClinicId;
use medicalpro::provisioning::reaper;
use medicalpro::{central, database};

use super::{DIM, GOOD, open_central, tell};

// No doc comment: clap would show it as the command's own.
#[derive(Subcommand)]
pub enum Clinics {
    /// All clinics, oldest first
    List {
        /// Databases and roles that no clinic owns, instead
        #[arg(long)]
        orphans: bool,
    },
    /// One clinic
    Show {
        /// The clinic's id
        clinic: ClinicId,
    },
    /// Have a pending clinic's database made by the worker
    Provision {
        /// The clinic's id
        clinic: ClinicId,
    },
    /// Let nobody into a clinic, within a second, and write to its admins; its data is kept
    Suspend {
        /// The clinic's id
        clinic: ClinicId,
    },
    /// Let a suspended clinic go on
    Resume {
        /// The clinic's id
        clinic: ClinicId,
    },
}

/// Carries it out.
pub async fn run(settings: &ProvisionerSettings, command: Clinics, json: bool) -> anyhow::Result<()> {
    let central = open_central(settings)?;
    let failed = |error: ApiError| match error {
        ApiError::NotFound => anyhow::anyhow!("there is no such clinic"),
        other => other.into_cause(),
    };
    match command {
        Clinics::List { orphans: true } => {
            let config = postgres(settings.provisioner_url.secret()?, "MEDICALPRO_PROVISIONER_URL")?;
            let client = database::connect(&config, &database::tls(settings.tls.database_ca.as_deref())?).await?;
            let orphans = reaper::orphans(&client).await?;
            if json {
                println!("{}", serde_json::json!(orphans));
            } else {
                for orphan in orphans {
                    println!("{orphan}");
                }
            }
        }
        Clinics::List { orphans: false } => {
            let companies = central::companies::list(&central).await.map_err(failed)?;
            if json {
                println!("{}", serde_json::json!(companies));
            } else {
                for company in companies {
                    let style = if company.status == "active" { GOOD } else { DIM };
                    println!(
                        "{}  {style}{:<12}{style:#} {}  {}",
                        company.id, company.status, company.country, company.name
                    );
                }
            }
        }
        Clinics::Show { clinic } => {
            let company = central::companies::find(&central, clinic).await.map_err(failed)?;
            if json {
                println!("{}", serde_json::json!(company));
            } else if let serde_json::Value::Object(fields) = serde_json::to_value(&company)? {
                for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
                    println!(
                        "{DIM}{name:>16}{DIM:#}  {}",
                        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
                    );
                }
            }
        }
        Clinics::Provision { clinic } => {
            let status = match central::journal::ask(&central, clinic).await.map_err(failed)? {
                Status::Pending | Status::Provisioning => "requested",
                Status::Active => "active already",
                Status::Suspended => {
                    anyhow::bail!("the clinic is suspended: it has its database, and is left as it is")
                }
            };
            tell(json, "clinic", clinic, status);
        }
        Clinics::Suspend { clinic } => {
            central::suspension::set(&central, clinic, true, &Event::default()).await.map_err(failed)?;
            tell(json, "clinic", clinic, "suspended");
        }
        Clinics::Resume { clinic } => {
            central::suspension::set(&central, clinic, false, &Event::default()).await.map_err(failed)?;
            tell(json, "clinic", clinic, "active");
        }
    }
    Ok(())
}
