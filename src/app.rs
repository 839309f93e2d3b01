//! Everything built once: the server with its routes, and the worker with its tasks.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use poem::endpoint::{DynEndpoint, ToDynEndpoint};
use poem::listener::{Acceptor as _, Listener as _, TcpAcceptor, TcpListener};
use poem::{EndpointExt as _, Response, Route, Server, get};
use poem_openapi::{ContactObject, LicenseObject, OpenApiService};
use tokio::sync::watch;
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_util::sync::CancellationToken;

use crate::api::list::Cursors;
use crate::auth::account::Owners;
use crate::auth::caller::Callers;
use crate::auth::link::Links;
use crate::auth::password::Passwords;
use crate::auth::signing;
use crate::auth::standing::{self, Standings};
use crate::auth::throttle::Throttle;
use crate::auth::token::Tokens;
use crate::central::Central;
use crate::central::journal::{FINISHED, Requests};
use crate::central::signing_keys::Cause;
use crate::clinic::{Clinics, PoolSettings};
use crate::config::{ServeSettings, WorkerSettings, postgres};
use crate::database::{Listener, Notice, harden, tls};
use crate::email::outbox::{AT_ONCE, Sender};
use crate::http::appointment;
use crate::http::docs::{self, Docs};
use crate::http::guard;
use crate::http::health::Health;
use crate::http::link;
use crate::http::page::{self, MailFolder};
use crate::http::problem::Problems;
use crate::provisioning::housekeeping;
use crate::provisioning::worker::{self, Worker};
use crate::resources::appointment_events::Live;
use crate::secrets::MasterKeys;
use crate::sql::{Central as CentralDatabase, Statement};
use crate::{auth, central, provisioning, resources};

/// How long requests under way may take to end after a signal to stop.
const DRAIN: Duration = Duration::from_secs(20);

type Service = OpenApiService<(auth::Api, resources::Api, Health), ()>;

/// All operations, as the spec and the router know them.
#[must_use]
pub fn service() -> Service {
    OpenApiService::new((auth::api(), resources::api(), Health), "MedicalPro", env!("CARGO_PKG_VERSION"))
        .description(
            "A multi-tenant backend for medical practices. Every clinic has a database of its own. The clinic comes from the access token, and from nothing else: register, \
             verify the address, log in, and send the access token as `Authorization: Bearer …`. Failures are \
             `application/problem+json` (RFC 9457) with a stable `code`.",
        )
        .contact(ContactObject::new().name("MedicalPro").url("https://medicalpro.invalid"))
        .license(LicenseObject::new("Apache-2.0").url("https://www.apache.org/licenses/LICENSE-2.0"))
        .server("/")
}

/// All statements on central.
#[must_use]
pub fn central_statements() -> Vec<&'static Statement<CentralDatabase>> {
    [
        auth::register::STATEMENTS,
        central::accounts::STATEMENTS,
        central::attempts::STATEMENTS,
        central::audit::STATEMENTS,
        central::clinic_mail::STATEMENTS,
        central::companies::STATEMENTS,
        central::delivery::STATEMENTS,
        central::invitations::STATEMENTS,
        central::devices::STATEMENTS,
        central::email_changes::STATEMENTS,
        central::isolation_reports::STATEMENTS,
        central::journal::STATEMENTS,
        central::outbox::STATEMENTS,
        central::platform::STATEMENTS,
        central::profiles::STATEMENTS,
        central::second_factor::STATEMENTS,
        central::sessions::STATEMENTS,
        central::signing_keys::STATEMENTS,
        central::staff::STATEMENTS,
        central::subscriptions::STATEMENTS,
        central::suspension::STATEMENTS,
        central::users::STATEMENTS,
        crate::http::health::STATEMENTS,
        housekeeping::STATEMENTS,
        provisioning::steps::STATEMENTS,
    ]
    .concat()
}

/// The server: its routes, ready to answer.
pub struct App {
    /// Everything behind the listener.
    pub endpoint: Arc<dyn DynEndpoint<Output = Response>>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("App")
    }
}

impl App {
    /// Builds the server. `mail` is the folder of mails that `/dev/mail` shows, in development only.
    ///
    /// # Errors
    /// Names the setting that is missing or weak, or says why central is not ready.
    pub async fn new(
        settings: &ServeSettings,
        mail: Option<PathBuf>,
        stop: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let keys = settings.keys.load()?;
        let mut config = postgres(settings.database_url.secret()?, "MEDICALPRO_DATABASE_URL")?;
        harden(&mut config, "medicalpro");
        let tls = tls(settings.tls.database_ca.as_deref())?;
        let central = Central::new(config.clone(), tls.clone(), usize::from(settings.central_pool_size))?;
        let tokens = Arc::new(Tokens::load(&central, &keys).await.context("central is not ready")?);

        let (notices, finished) = watch::channel(0);
        let counted = move |_: Notice<'_>| notices.send_modify(|count| *count += 1);
        let listener = |channel| Listener { config: config.clone(), tls: tls.clone(), channel };
        tokio::spawn(listener(FINISHED).run(counted, stop.clone()));
        let standings = Standings::new(central.clone(), standing::BOUND);
        let heard = standings.clone();
        tokio::spawn(listener(standing::CHANNEL).run(move |notice| heard.hear(notice), stop.clone()));
        let (notices, changed) = watch::channel(0);
        let counted = move |_: Notice<'_>| notices.send_modify(|count| *count += 1);
        tokio::spawn(listener(signing::CHANNEL).run(counted, stop.clone()));
        tokio::spawn(signing::keep_fresh(tokens.clone(), central.clone(), keys.clone(), changed, stop.clone()));
        let requests = Requests::new(central.clone(), finished, Duration::from_secs(settings.provisioning_wait));
        let clinics = Clinics::new(
            central.clone(),
            keys.clone(),
            tls,
            settings.pools(),
            resources::CONSTRAINTS,
            requests.clone(),
        );
        let throttle = Arc::new(Throttle::new(settings.rates()));
        tokio::spawn(forget_quiet(throttle.clone(), stop.clone()));

        let passwords = Passwords::new(usize::from(settings.hashes_at_once))?;
        let owners = Owners::new(central.clone(), keys.clone(), passwords.clone(), throttle.clone());

        let links = Links::new(central.clone(), keys.clone(), throttle.clone(), settings.public.public_url.as_str());

        let service = service();
        let docs = Arc::new(Docs::of(&service)?);
        let problems = Arc::new(Problems::new(docs.routes.clone()));
        let mut routes = Route::new()
            .at("/openapi.json", get(docs::spec_file))
            .at("/docs", get(docs::swagger_ui))
            .at("/verify-email", get(link::verify_email))
            .at("/confirm-email", get(link::confirm_email))
            .at("/reset-password", get(link::reset_password))
            .at("/accept-invitation", get(link::accept_invitation))
            .at("/link.js", get(link::script))
            .at("/appointment", get(appointment::page))
            .at("/appointment.js", get(appointment::script))
            .at("/pages.css", get(page::styles));
        if let Some(folder) = mail {
            routes = routes.at("/dev/mail", get(page::dev_mail).data(MailFolder(Arc::new(folder))));
        }
        let routes = routes
            .nest("/", service)
            .data(docs)
            .data(Callers::new(standings, tokens.clone()))
            .data(central)
            .data(settings.sessions())
            .data(Live::new(clinics.clone(), stop.clone()))
            .data(clinics)
            .data(Cursors::new(keys.clone()))
            .data(keys)
            .data(links)
            .data(owners)
            .data(passwords)
            .data(requests)
            .data(settings.trusted_proxies.clone().unwrap_or_default())
            .data(throttle)
            .data(tokens);
        Ok(Self { endpoint: Arc::new(ToDynEndpoint(guard(routes, problems))) })
    }

    /// Answers until told to stop, then lets requests under way end.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(self, acceptor: TcpAcceptor, stop: CancellationToken) -> anyhow::Result<()> {
        Server::new_with_acceptor(acceptor)
            .idle_timeout(Duration::from_mins(1))
            .run_with_graceful_shutdown(self.endpoint, stop.cancelled_owned(), Some(DRAIN))
            .await?;
        Ok(())
    }
}

/// Listens; tells where, for port 0.
///
/// # Errors
/// When the address is in use, or not this machine's.
pub async fn listen(address: SocketAddr) -> anyhow::Result<(TcpAcceptor, SocketAddr)> {
    let acceptor =
        TcpListener::bind(address).into_acceptor().await.with_context(|| format!("cannot listen on {address}"))?;
    let actual = acceptor.local_addr().first().and_then(|local| local.as_socket_addr().copied()).unwrap_or(address);
    Ok((acceptor, actual))
}

async fn forget_quiet(throttle: Arc<Throttle>, stop: CancellationToken) {
    while tokio::time::timeout(Duration::from_mins(1), stop.cancelled()).await.is_err() {
        throttle.forget_quiet();
    }
}

/// Builds the worker and works until told to stop. `ready` is told when it can.
///
/// # Errors
/// Names the setting that is missing or weak, or says why central is not ready.
pub async fn work(settings: &WorkerSettings, stop: CancellationToken, ready: impl FnOnce()) -> anyhow::Result<()> {
    let keys = settings.keys.load()?;
    let config = postgres(settings.provisioner.provisioner_url.secret()?, "MEDICALPRO_PROVISIONER_URL")?;
    let tls = tls(settings.provisioner.tls.database_ca.as_deref())?;
    let transport = settings.transport()?;
    let mut listening = config.clone();
    harden(&mut listening, "medicalpro worker");
    let lanes = worker::Settings {
        config,
        lanes: usize::from(settings.lanes),
        way: settings.provisioning,
        spares: usize::from(settings.spares),
        clinic_connections: settings.clinic_connections,
    };
    let worker = Arc::new(Worker::new(lanes, keys.clone(), tls.clone()).await?);
    let days = i32::from(settings.signing_key_days);
    signing::rotate(worker.central(), &keys, Cause::Age(days)).await?;
    let sender = Sender {
        central: worker.central().clone(),
        clinics: clinics_of_worker(worker.central(), keys.clone(), tls.clone()),
        keys: keys.clone(),
        config: listening,
        tls,
        transport,
        from: settings.mail_from.clone(),
        public_url: settings.public.public_url.as_str().trim_end_matches('/').to_owned(),
        name: format!("{} {}", std::process::id(), uuid::Uuid::now_v7()),
    };
    let housekeeping = housekeeping::run(worker.central().clone(), settings.retention(), stop.clone());
    ready();
    let rotation = signing::rotate_by_age(worker.central(), &keys, days, stop.clone());
    tokio::join!(worker.clone().run(stop.clone()), Box::pin(Arc::new(sender).run(stop)), housekeeping, rotation);
    Ok(())
}

/// The way to clinics' databases by which the worker sends their mail: the server's, with one connection a clinic. Nobody waits for a
/// clinic there, and none that is not ready is made.
fn clinics_of_worker(central: &Central, keys: Arc<MasterKeys>, tls: MakeRustlsConnect) -> Clinics {
    let bounds = PoolSettings { size: 1, budget: AT_ONCE, idle: Duration::from_mins(1), wait: Duration::from_secs(5) };
    let requests = Requests::new(central.clone(), watch::channel(0).1, Duration::ZERO);
    Clinics::new(central.clone(), keys, tls, bounds, resources::CONSTRAINTS, requests)
}
