//! What operators do from the command line, a file each; what they share in how they speak.

pub mod bootstrap;
pub mod clinics;
pub mod keys;
pub mod mail;
pub mod migrate;
pub mod platform;
pub mod verify;

use anstream::println;
use anstyle::{AnsiColor, Style};
use medicalpro::central::Central;
use medicalpro::config::{ProvisionerSettings, postgres};
use medicalpro::database;

/// What went well.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// What did not.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// What is said besides.
pub const DIM: Style = Style::new().dimmed();

/// Says how something stands now; `what` is its kind.
fn tell(json: bool, what: &str, id: impl std::fmt::Display, status: &str) {
    if json {
        println!("{}", serde_json::json!({ what: id.to_string(), "status": status }));
    } else {
        println!("{GOOD}{status}{GOOD:#} {id}");
    }
}

/// Central under the worker's login.
fn open_central(settings: &ProvisionerSettings) -> anyhow::Result<Central> {
    let config = postgres(settings.provisioner_url.secret()?, "MEDICALPRO_PROVISIONER_URL")?;
    Central::new(config, database::tls(settings.tls.database_ca.as_deref())?, 2)
}
