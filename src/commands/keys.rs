//! `medicalpro keys`: what seals secrets, and what signs access tokens.

use anstream::{eprintln, println};
use anyhow::Context as _;
use clap::Subcommand;
use medicalpro::auth::signing;
use medicalpro::central::signing_keys::Cause;
use medicalpro::config::{KeySettings, ProvisionerSettings};
use medicalpro::secrets::MasterKeys;

use super::{DIM, GOOD, open_central};

// No doc comment: clap would show it as the command's own.
#[derive(Subcommand)]
pub enum Keys {
    /// Make a master key for `MEDICALPRO_MASTER_KEYS`
    Generate,
    /// Replace the key that signs access tokens; the tokens that are out stay good until they expire
    Rotate {
        #[command(flatten)]
        provisioner: ProvisionerSettings,
        #[command(flatten)]
        keys: KeySettings,
        /// The key may be stolen: whatever it signed is refused at once, and everybody's next refresh brings a new token
        #[arg(long)]
        now: bool,
    },
}

/// Carries it out.
pub async fn run(command: Keys, json: bool) -> anyhow::Result<()> {
    match command {
        Keys::Generate => {
            let key = MasterKeys::generate(chrono::Utc::now().date_naive());
            if json {
                println!("{}", serde_json::json!({ "masterKey": &*key }));
            } else {
                println!("{}", *key);
                eprintln!(
                    "{DIM}Keep it apart from the database: whoever has both can read the clinics' credentials.{DIM:#}"
                );
            }
        }
        Keys::Rotate { provisioner, keys, now } => {
            let (keys, central) = (keys.load()?, open_central(&provisioner)?);
            let cause = if now { Cause::Stolen } else { Cause::Asked };
            let (kid, from) = signing::rotate(&central, &keys, cause).await?.context("no key was made")?;
            if json {
                println!("{}", serde_json::json!({ "kid": kid, "signsFrom": from }));
            } else {
                println!("{GOOD}{kid}{GOOD:#} signs from {}", from.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
            }
        }
    }
    Ok(())
}
