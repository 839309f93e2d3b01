//! The command line; what operators do with it is in `commands`.

mod commands;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anstream::{eprintln, println};
use anyhow::Context as _;
use clap::{Parser, Subcommand};
use commands::{BAD, GOOD};
use medicalpro::config::{BootstrapSettings, MetricsSettings, ProvisionerSettings, ServeSettings, WorkerSettings};
use medicalpro::{app, dev, embedded, http, telemetry};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// glibc's keeps what a password's hash has used, 19 MiB a thread; this one gives it back, and is faster at small things.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
        command: commands::clinics::Clinics,
    },
    /// The platform's own people, who work at no clinic: add, list, remove
    Platform {
        #[command(flatten)]
        provisioner: ProvisionerSettings,
        #[command(subcommand)]
        command: commands::platform::Platform,
    },
    /// Look at the mails that are sent, and at what was given up
    Mail {
        #[command(subcommand)]
        command: commands::mail::Mail,
    },
    /// Attack the isolation of clinics on a live installation, changing nothing, and report
    Verify(commands::verify::Verify),
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
        command: commands::keys::Keys,
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
        Command::Bootstrap { settings, dry_run, yes } => {
            commands::bootstrap::run(&settings, dry_run, yes, json).await?;
        }
        Command::Migrate { provisioner, dry_run, at_once } => {
            return commands::migrate::run(&provisioner, dry_run, at_once, json).await;
        }
        Command::Clinics { provisioner, command } => commands::clinics::run(&provisioner, command, json).await?,
        Command::Platform { provisioner, command } => commands::platform::run(&provisioner, command, json).await?,
        Command::Mail { command } => commands::mail::run(command, json).await?,
        Command::Verify(verify) => {
            // That it could not be verified is not that it failed.
            return Ok(commands::verify::run(verify, json).await.unwrap_or_else(|error| {
                fail(&error);
                ExitCode::from(2)
            }));
        }
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
        Command::Keys { command } => commands::keys::run(command, json).await?,
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
