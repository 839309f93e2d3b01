//! The commands; nothing else.

use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anstream::{eprintln, println};
use anstyle::{AnsiColor, Style};
use anyhow::Context as _;
use clap::{Parser, Subcommand};
use medicalpro::api::text::Email;
use medicalpro::auth::{password, signing};
use medicalpro::central::audit::Event;
use medicalpro::central::companies::Status;
use medicalpro::central::signing_keys::Cause;
use medicalpro::config::{
    BootstrapSettings, KeySettings, MetricsSettings, ProvisionerSettings, ServeSettings, WorkerSettings, postgres,
};
use medicalpro::error::ApiError;
use medicalpro::provisioning::{bootstrap, fleet, reaper};
use medicalpro::secrets::{MasterKeys, random_text};
use medicalpro::{app, central, database, dev, email, embedded, http, ids, region, telemetry};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// glibc's keeps what a password's hash has used, 19 MiB a thread; this one gives it back, and is faster at small things.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// How long `health` waits for an answer.
const HEALTH_WITHIN: Duration = Duration::from_secs(4);

const AFTER_HELP: &str = "\
Environment, besides what each command's own help names:
  MEDICALPRO_LOG        what is logged, such as `info` or `debug,deadpool=warn`
  MEDICALPRO_PG_BINDIR  where `dev` and `cluster` find PostgreSQL's programs

Exit codes:
  0  done
  1  failed; standard error says why
  2  the command line cannot be understood
  3  done in part: some clinics were set aside, and are named";

/// A multi-tenant backend for medical practices: one PostgreSQL database a clinic
#[derive(Parser)]
#[command(name = "medicalpro", version, after_help = AFTER_HELP, max_term_width = 120)]
struct Cli {
    /// Write results as JSON, for machines
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run everything on this machine, with a private PostgreSQL and a demo; nothing to configure
    Dev {
        /// Where everything is kept
        #[arg(long, env = "MEDICALPRO_DATA", default_value = ".medicalpro", value_name = "DIRECTORY")]
        data: PathBuf,
        /// Where to listen for HTTP
        #[arg(long, env = "MEDICALPRO_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
        listen: SocketAddr,
        #[command(flatten)]
        metrics: MetricsSettings,
        /// Throw everything away first, and make it anew
        #[arg(long)]
        rebuild: bool,
        /// Leave out the demo's clinics
        #[arg(long)]
        no_demo: bool,
    },
    /// Run the HTTP server; settings come from the environment
    Serve(ServeSettings),
    /// Run the worker: makes clinics' databases and sends mail
    Worker(WorkerSettings),
    /// Prepare a PostgreSQL server, once, as its administrator; may be run again
    ///
    /// The logins get the passwords of the URLs given; for a new login whose URL is not given, one is made and shown.
    Bootstrap {
        #[command(flatten)]
        settings: BootstrapSettings,
        /// Say what would be done, and do nothing
        #[arg(long)]
        dry_run: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Bring central and every clinic to the newest schema
    Migrate {
        #[command(flatten)]
        provisioner: ProvisionerSettings,
        /// Say what would be done, and do nothing
        #[arg(long)]
        dry_run: bool,
        /// Clinics at once, after the first
        #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64), value_name = "COUNT")]
        at_once: u16,
    },
    /// Look at clinics, and have one made
    Clinics {
        #[command(flatten)]
        provisioner: ProvisionerSettings,
        #[command(subcommand)]
        command: Clinics,
    },
    /// The platform's own people, who work at no clinic: add, list, remove
    Platform {
        #[command(flatten)]
        provisioner: ProvisionerSettings,
        #[command(subcommand)]
        command: Platform,
    },
    /// Look at the mails that are sent, and at what was given up
    Mail {
        #[command(subcommand)]
        command: Mail,
    },
    /// Ask a running server or worker how it is; ends with 0 if well, with 1 if not: for images without a shell
    Health {
        /// What to ask, by plain HTTP
        #[arg(long, default_value = "http://127.0.0.1:8080/health/ready", value_name = "URL")]
        url: url::Url,
    },
    /// Write the OpenAPI spec, as in openapi/medicalpro.json
    Openapi,
    /// Keys that seal secrets, and keys that sign access tokens
    Keys {
        #[command(subcommand)]
        command: Keys,
    },
    /// Run the private PostgreSQL alone, for tests: writes its administrator's URL, stops on SIGINT, SIGTERM or end of input
    Cluster {
        /// Where it is kept
        #[arg(long, value_name = "DIRECTORY")]
        data: PathBuf,
        /// Trade safety against a power cut for speed
        #[arg(long)]
        fast: bool,
        /// Delete it when it has stopped
        #[arg(long)]
        remove: bool,
        /// Also stop when standard input ends
        #[arg(long)]
        until_eof: bool,
    },
}

#[derive(Subcommand)]
enum Clinics {
    /// All clinics, oldest first
    List {
        /// Databases and roles that no clinic owns, instead
        #[arg(long)]
        orphans: bool,
    },
    /// One clinic
    Show {
        /// The clinic's id
        clinic: ids::ClinicId,
    },
    /// Have a pending clinic's database made by the worker
    Provision {
        /// The clinic's id
        clinic: ids::ClinicId,
    },
    /// Let nobody into a clinic, within a second, and write to its admins; its data is kept
    Suspend {
        /// The clinic's id
        clinic: ids::ClinicId,
    },
    /// Let a suspended clinic go on
    Resume {
        /// The clinic's id
        clinic: ids::ClinicId,
    },
}

#[derive(Subcommand)]
enum Platform {
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

#[derive(Subcommand)]
enum Keys {
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

#[derive(Subcommand)]
enum Mail {
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

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("{BAD}error:{BAD:#} {}", medicalpro::error::describe(error));
    ExitCode::FAILURE
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let json = cli.json;
    match cli.command {
        Command::Dev { data, listen, metrics, rebuild, no_demo } => {
            telemetry::start(json, Some("warn"))?;
            let stop = stop_on_signals()?;
            let options = dev::Options { data, listen, metrics, rebuild, demo: !no_demo };
            dev::run(options, stop, Arc::new(|line: &str| eprintln!("{line}"))).await?;
        }
        Command::Serve(settings) => {
            telemetry::start(true, None)?;
            let stop = stop_on_signals()?;
            telemetry::listener::start(settings.metrics.metrics_listen).await?;
            let app = app::App::new(&settings, None, &stop).await?;
            let (acceptor, address) = app::listen(settings.listen).await?;
            telemetry::listener::ready();
            tracing::info!(%address, "listening");
            app.serve(acceptor, stop).await?;
        }
        Command::Worker(settings) => {
            telemetry::start(true, None)?;
            let stop = stop_on_signals()?;
            telemetry::listener::start(settings.metrics.metrics_listen).await?;
            let ready = || {
                telemetry::listener::ready();
                tracing::info!("working");
            };
            app::work(&settings, stop, ready).await?;
        }
        Command::Bootstrap { settings, dry_run, yes } => prepare_server(&settings, dry_run, yes, json).await?,
        Command::Migrate { provisioner, dry_run, at_once } => {
            return migrate(&provisioner, dry_run, at_once, json).await;
        }
        Command::Clinics { provisioner, command } => clinics(&provisioner, command, json).await?,
        Command::Platform { provisioner, command } => platform(&provisioner, command, json).await?,
        Command::Mail { command } => mail(command, json).await?,
        Command::Health { url } => {
            // Without what it may bear of a log-in.
            let place = format!("{}://{}", url.scheme(), &url[url::Position::BeforeHost..]);
            http::probe::ask(&url, HEALTH_WITHIN).await.with_context(|| format!("{place} is not well"))?;
            if json {
                println!("{}", serde_json::json!({ "status": "ok" }));
            } else {
                println!("{GOOD}ok{GOOD:#} {place}");
            }
        }
        Command::Openapi => {
            let docs = http::docs::Docs::of(&app::service())?;
            std::io::stdout().write_all(docs.spec.as_bytes())?;
        }
        Command::Keys { command: Keys::Generate } => {
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
        Command::Keys { command: Keys::Rotate { provisioner, keys, now } } => {
            rotate_signing_key(&provisioner, &keys, now, json).await?;
        }
        Command::Cluster { data, fast, remove, until_eof } => {
            let say = |line: &str| eprintln!("{line}");
            let options = embedded::Options { data_dir: data, durable: !fast, max_connections: 400, say: &say };
            embedded::run_until_told(options, embedded::Terms { stop_at_eof: until_eof, then_remove: remove }).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Cancelled by the first SIGINT, SIGTERM or SIGHUP; the second ends the process at once.
fn stop_on_signals() -> anyhow::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    // The terminal was closed.
    let mut hang_up = signal(SignalKind::hangup())?;
    let told = stop.clone();
    tokio::spawn(async move {
        let mut next =
            async || tokio::select! { _ = interrupt.recv() => {} _ = terminate.recv() => {} _ = hang_up.recv() => {} };
        next().await;
        told.cancel();
        next().await;
        std::process::exit(130);
    });
    Ok(stop)
}

async fn prepare_server(settings: &BootstrapSettings, dry_run: bool, yes: bool, json: bool) -> anyhow::Result<()> {
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

async fn migrate(settings: &ProvisionerSettings, dry_run: bool, at_once: u16, json: bool) -> anyhow::Result<ExitCode> {
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

async fn mail(command: Mail, json: bool) -> anyhow::Result<()> {
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

async fn platform(settings: &ProvisionerSettings, command: Platform, json: bool) -> anyhow::Result<()> {
    let central = open_central(settings)?;
    let address = |text: String| text.parse::<Email>().map_err(|_| anyhow::anyhow!("this is no e-mail address"));
    let tell = |user: ids::UserId, status: &str| {
        if json {
            println!("{}", serde_json::json!({ "user": user, "status": status }));
        } else {
            println!("{GOOD}{status}{GOOD:#} {user}");
        }
    };
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
            tell(added, "added");
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
            tell(
                removed.map_err(|error| match error {
                    ApiError::NotFound => anyhow::anyhow!(nobody),
                    other => other.into_cause(),
                })?,
                "removed",
            );
        }
    }
    Ok(())
}

/// Says how a clinic stands now.
fn tell(json: bool, clinic: ids::ClinicId, status: &str) {
    if json {
        println!("{}", serde_json::json!({ "clinic": clinic, "status": status }));
    } else {
        println!("{GOOD}{status}{GOOD:#} {clinic}");
    }
}

async fn rotate_signing_key(
    settings: &ProvisionerSettings,
    keys: &KeySettings,
    now: bool,
    json: bool,
) -> anyhow::Result<()> {
    let keys = keys.load()?;
    let config = postgres(settings.provisioner_url.secret()?, "MEDICALPRO_PROVISIONER_URL")?;
    let central = central::Central::new(config, database::tls(settings.tls.database_ca.as_deref())?, 1)?;
    let cause = if now { Cause::Stolen } else { Cause::Asked };
    let (kid, from) = signing::rotate(&central, &keys, cause).await?.context("no key was made")?;
    if json {
        println!("{}", serde_json::json!({ "kid": kid, "signsFrom": from }));
    } else {
        println!("{GOOD}{kid}{GOOD:#} signs from {}", from.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
    }
    Ok(())
}

fn open_central(settings: &ProvisionerSettings) -> anyhow::Result<central::Central> {
    let config = postgres(settings.provisioner_url.secret()?, "MEDICALPRO_PROVISIONER_URL")?;
    central::Central::new(config, database::tls(settings.tls.database_ca.as_deref())?, 1)
}

async fn clinics(settings: &ProvisionerSettings, command: Clinics, json: bool) -> anyhow::Result<()> {
    let config = postgres(settings.provisioner_url.secret()?, "MEDICALPRO_PROVISIONER_URL")?;
    let tls = database::tls(settings.tls.database_ca.as_deref())?;
    let central = central::Central::new(config.clone(), tls.clone(), 2)?;
    let failed = |error: ApiError| match error {
        ApiError::NotFound => anyhow::anyhow!("there is no such clinic"),
        other => other.into_cause(),
    };
    match command {
        Clinics::List { orphans: true } => {
            let client = database::connect(&config, &tls).await?;
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
            tell(json, clinic, status);
        }
        Clinics::Suspend { clinic } => {
            central::suspension::set(&central, clinic, true, &Event::default()).await.map_err(failed)?;
            tell(json, clinic, "suspended");
        }
        Clinics::Resume { clinic } => {
            central::suspension::set(&central, clinic, false, &Event::default()).await.map_err(failed)?;
            tell(json, clinic, "active");
        }
    }
    Ok(())
}
