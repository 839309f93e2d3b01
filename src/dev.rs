//! `medicalpro dev`: a private PostgreSQL, the server and the worker in one process, and a demo. Nothing to configure.
//!
//! From the connection on it is what runs in production: the same bootstrap, migrations, logins, server and worker.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::app::{self, App};
use crate::central::Central;
use crate::config::{MetricsSettings, ServeSettings, WorkerSettings, given};
use crate::database::tls;
use crate::embedded::{self, Cluster};
use crate::provisioning::bootstrap::{self, Passwords};
use crate::provisioning::{fleet, schema};
use crate::secrets::{MasterKeys, random_text};
use crate::telemetry::listener;

mod demo;

/// Told what is being done, a line at a time.
pub type Say = Arc<dyn Fn(&str) + Send + Sync>;

/// Where, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// Everything is kept under this directory.
    pub data: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where to show metrics, of server and worker together.
    pub metrics: MetricsSettings,
    /// Throw everything away first.
    pub rebuild: bool,
    /// Make the demo, where it is not there yet.
    pub demo: bool,
}

/// What the private installation logs in with; kept beside its data, readable by its owner only.
#[derive(serde::Serialize, serde::Deserialize)]
struct Secrets {
    api_password: String,
    provisioner_password: String,
    master_keys: String,
}

impl Secrets {
    fn load(data: &Path) -> anyhow::Result<Self> {
        let path = data.join("secrets.json");
        match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).with_context(|| format!("{} is damaged", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let secrets = Self {
                    api_password: random_text().to_string(),
                    provisioner_password: random_text().to_string(),
                    master_keys: MasterKeys::generate(chrono::Utc::now().date_naive()).to_string(),
                };
                write_private(&path, &serde_json::to_vec_pretty(&secrets)?)?;
                Ok(secrets)
            }
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }
}

/// Appears whole or not at all, readable by its owner only.
fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;

    let draft = path.with_extension("part");
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&draft, path)?;
    Ok(())
}

/// Runs until told to stop; tells `say` what it is doing.
///
/// # Errors
/// Says what to do about it.
pub async fn run(options: Options, stop: CancellationToken, say: Say) -> anyhow::Result<()> {
    anyhow::ensure!(
        options.listen.ip().is_loopback() || !options.demo,
        "the demo's password is known to everybody: listen on 127.0.0.1, or leave the demo out with --no-demo"
    );
    let mut cluster = start(&options, &*say).await?;
    let worked = tokio::select! {
        worked = live(&options, cluster.admin_url(), cluster.port(), &stop, &say) => worked,
        ended = cluster.ended() => return Err(ended.into()),
    };
    say("stopping PostgreSQL");
    let stopped = cluster.stop().await;
    worked?;
    stopped?;
    say("stopped");
    Ok(())
}

async fn start(options: &Options, say: &(dyn Fn(&str) + Send + Sync)) -> anyhow::Result<Cluster> {
    let cluster_options =
        || embedded::Options { data_dir: options.data.clone(), durable: true, max_connections: 200, say };
    let cluster = embedded::start(cluster_options()).await?;
    if !options.rebuild {
        return Ok(cluster);
    }
    say("removing everything that was there");
    cluster.remove().await?;
    for left in ["secrets.json", "mail"] {
        let path = options.data.join(left);
        let removed = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        if let Err(error) = removed
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(error).with_context(|| format!("cannot remove {}", path.display()));
        }
    }
    Ok(embedded::start(cluster_options()).await?)
}

/// Everything between PostgreSQL's start and its stop.
async fn live(
    options: &Options,
    admin: SecretString,
    port: u16,
    stop: &CancellationToken,
    say: &Say,
) -> anyhow::Result<()> {
    // First, since a port in use is the likeliest failure.
    let (acceptor, address) = app::listen(options.listen).await?;
    let metrics = listener::start(options.metrics.metrics_listen).await?;
    let secrets = Secrets::load(&options.data)?;
    let login = |name: &str, password: &str| {
        format!("postgres://{name}:{password}@127.0.0.1:{port}/{}", bootstrap::CENTRAL_DATABASE)
    };
    let provisioner_url = login("medicalpro_provisioner", &secrets.provisioner_password);
    prepare(&admin, &secrets, &provisioner_url, say).await?;

    // The settings' own defaults, with what only this run knows.
    let mail = options.data.join("mail");
    let public_url = format!("http://{address}");
    let worker: WorkerSettings = given([
        "--provisioner-url",
        &provisioner_url,
        "--master-keys",
        &secrets.master_keys,
        "--mail",
        &format!("file:{}", mail.display()),
        "--public-url",
        &public_url,
    ])?;
    let api_url = login("medicalpro_api", &secrets.api_password);
    let server: ServeSettings =
        given(["--database-url", &api_url, "--master-keys", &secrets.master_keys, "--public-url", &public_url])?;

    // The worker outlives the server, so that a request that waits for its clinic is answered.
    let worker_stop = CancellationToken::new();
    let (ready, worker_ready) = oneshot::channel();
    let mut worker_task = tokio::spawn({
        let stop = worker_stop.clone();
        async move { app::work(&worker, stop, || ready.send(()).unwrap_or_default()).await }
    });
    if worker_ready.await.is_err() {
        return worker_task.await?;
    }
    let server_stop = stop.child_token();
    let app = App::new(&server, Some(mail.clone()), &server_stop).await?;
    let endpoint = app.endpoint.clone();
    let mut server_task = tokio::spawn(app.serve(acceptor, server_stop.clone()));

    let central = Central::new(api_url.parse()?, tls(None)?, 1)?;
    let showing = async {
        let made = if options.demo { demo::make(&*endpoint, central, &**say).await } else { Ok(Vec::new()) };
        let clinics = made.unwrap_or_else(|error| {
            say(&format!("the demo could not be made: {error:#}"));
            Vec::new()
        });
        present(address, metrics, options, &clinics, &**say);
        std::future::pending().await
    };
    let outcome = tokio::select! {
        served = &mut server_task => served?,
        // A server without its worker is of no use.
        worked = &mut worker_task => worked?,
        never = showing => never,
    };
    say("letting requests under way end");
    server_stop.cancel();
    if !server_task.is_finished() {
        server_task.await??;
    }
    worker_stop.cancel();
    if !worker_task.is_finished() {
        worker_task.await??;
    }
    outcome
}

/// What an operator does by hand in production: `bootstrap`, then `migrate`.
async fn prepare(admin: &SecretString, secrets: &Secrets, provisioner_url: &str, say: &Say) -> anyhow::Result<()> {
    let tls = tls(None)?;
    say("preparing PostgreSQL: roles, central database, hardened base");
    let passwords = Passwords {
        api: Some(secrets.api_password.clone().into()),
        provisioner: Some(secrets.provisioner_password.clone().into()),
        backup: None,
    };
    bootstrap::run(&admin.expose_secret().parse()?, &tls, &passwords, |_| {}).await?;

    say(&format!("migrating: central, the template (version {}), the clinics", schema::newest()));
    let order = fleet::Order { dry_run: false, at_once: 2 };
    let outcomes = fleet::migrate(&provisioner_url.parse()?, &tls, &order, |_| {})
        .await
        .context("the data does not fit this version's migrations; `medicalpro dev --rebuild` makes everything anew")?;
    for outcome in outcomes.iter().filter(|outcome| outcome.is_set_aside()) {
        say(&format!(
            "clinic {} is set aside ({}); `medicalpro dev --rebuild` makes everything anew",
            outcome.clinic, outcome.result
        ));
    }
    Ok(())
}

/// What to do now.
fn present(
    address: SocketAddr,
    metrics: Option<SocketAddr>,
    options: &Options,
    clinics: &[demo::Standing],
    say: &dyn Fn(&str),
) {
    say("");
    say(&format!("  Swagger UI   http://{address}/docs"));
    say(&format!("  Mail         http://{address}/dev/mail (files in {}/mail)", options.data.display()));
    if let Some(metrics) = metrics {
        say(&format!("  Metrics      http://{metrics}/metrics"));
    }
    if let Some(first) = clinics.first() {
        say(&format!("  Log in       {}   password {}", first.email, demo::PASSWORD));
        say("");
        say("  The demo's clinics; all admins have that password, and all patients are invented.");
        say("");
        for demo::Standing { email, country, clinic, status } in clinics {
            say(&format!("  {status:<9} {country}  {clinic:<31} {email}"));
        }
        say("");
        say("  A pending clinic's database is made at its first access, such as GET /api/v1/patients.");
    }
    say("");
    say("  Log in at POST /api/v1/auth/login, then Authorize with the accessToken. Ctrl-C stops everything.");
    say("");
}
