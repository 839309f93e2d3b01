//! `medicalpro bootstrap`: prepares a PostgreSQL server, once.

use std::io::IsTerminal as _;

use anstream::{eprintln, println};
use anyhow::Context as _;
use medicalpro::config::{BootstrapSettings, postgres};
use medicalpro::database;
use medicalpro::provisioning::bootstrap;
use medicalpro::secrets::random_text;
use secrecy::{ExposeSecret as _, SecretString};

use super::{DIM, GOOD};

/// Prepares it; asks first, where somebody can answer.
pub async fn run(settings: &BootstrapSettings, dry_run: bool, yes: bool, json: bool) -> anyhow::Result<()> {
    let admin: tokio_postgres::Config = settings
        .admin_url
        .secret()?
        .context("MEDICALPRO_ADMIN_URL is missing")?
        .expose_secret()
        .parse()
        .map_err(|_| anyhow::anyhow!("MEDICALPRO_ADMIN_URL is not a PostgreSQL URL"))?;
    let password = |url: Option<SecretString>, name: &str| -> anyhow::Result<Option<SecretString>> {
        let Some(url) = url else { return Ok(None) };
        let config = postgres(Some(url), name)?;
        let password = config.get_password().context("no password")?;
        Ok(Some(String::from_utf8(password.to_vec())?.into()))
    };
    let mut passwords = bootstrap::Passwords {
        api: password(settings.database_url.secret()?, "MEDICALPRO_DATABASE_URL")?,
        provisioner: password(settings.provisioner_url.secret()?, "MEDICALPRO_PROVISIONER_URL")?,
        backup: None,
    };
    let tls = database::tls(settings.tls.database_ca.as_deref())?;
    if !json {
        eprintln!("This will, on that PostgreSQL server:");
        for line in bootstrap::PLAN {
            eprintln!("  - {line}");
        }
    }
    if dry_run {
        return Ok(());
    }
    if !yes && std::io::stdin().is_terminal() {
        eprintln!("Go on? [y/N]");
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        anyhow::ensure!(matches!(answer.trim(), "y" | "Y" | "yes"), "not confirmed; nothing was done");
    }
    let mut made = serde_json::Map::new();
    let fresh = bootstrap::logins_without_password(&admin, &tls).await?;
    let place = bootstrap::address(&admin);
    for (login, password, setting) in [
        ("medicalpro_api", &mut passwords.api, "MEDICALPRO_DATABASE_URL"),
        ("medicalpro_provisioner", &mut passwords.provisioner, "MEDICALPRO_PROVISIONER_URL"),
    ] {
        if password.is_none() && fresh.contains(&login) {
            let new = random_text();
            made.insert(
                setting.to_owned(),
                format!("postgres://{login}:{}@{place}/{}", *new, bootstrap::CENTRAL_DATABASE).into(),
            );
            *password = Some(new.as_str().into());
        }
    }
    bootstrap::run(&admin, &tls, &passwords, |line| {
        if !json {
            eprintln!("{GOOD}✓{GOOD:#} {line}");
        }
    })
    .await?;
    if json {
        println!("{}", serde_json::Value::Object(made));
    } else {
        for (name, value) in &made {
            println!("{name}={}", value.as_str().unwrap_or_default());
        }
        if !made.is_empty() {
            eprintln!("{DIM}These are shown once: keep them where your other secrets are.{DIM:#}");
        }
        eprintln!("Next: `medicalpro migrate`, then `medicalpro worker` and `medicalpro serve`.");
    }
    Ok(())
}
