//! The installation, and the people in it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use clap::Parser as _;
use medicalpro::app::{self, App};
use medicalpro::config::{ServeSettings, WorkerSettings};
use medicalpro::database::tls;
use medicalpro::email::read_directory;
use medicalpro::embedded;
use medicalpro::http::texts::is_known;
use medicalpro::ids::{ClinicId, PlatformRole, Role};
use medicalpro::provisioning::bootstrap::{self, Passwords};
use medicalpro::provisioning::schema;
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio_postgres::{Client, Config};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::PASSWORD;

/// Of the tests' installation; all processes share it.
pub const MASTER_KEYS: &str = "test:nZx5Yc0uWl7tq2kGJ4rB8eVfHs3PaD6mO1iKxTgQwLo";
const API_PASSWORD: &str = "api-password-of-the-tests";
const PROVISIONER_PASSWORD: &str = "provisioner-password-of-the-tests";

/// A server and a worker, in this process, on a PostgreSQL.
pub struct World {
    /// `http://127.0.0.1:port`.
    pub base: String,
    /// The administrator of PostgreSQL, database `postgres`. For setting up and looking, never for what a test shows.
    pub admin: Config,
    /// Where mail goes.
    pub mail: PathBuf,
    http: reqwest::Client,
    stop: CancellationToken,
    // Dropped last.
    _cluster: Option<Arc<OwnCluster>>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

// A test's own settings stand behind ours, and count.
#[derive(clap::Parser)]
#[command(args_override_self = true)]
struct Serve {
    #[command(flatten)]
    settings: ServeSettings,
}

#[derive(clap::Parser)]
#[command(args_override_self = true)]
struct Work {
    #[command(flatten)]
    settings: WorkerSettings,
}

/// The settings' address of central for the server's login.
pub fn api_url(admin: &Config) -> String {
    url(admin, "medicalpro_api", API_PASSWORD)
}

/// And for the worker's.
pub fn provisioner_url(admin: &Config) -> String {
    url(admin, "medicalpro_provisioner", PROVISIONER_PASSWORD)
}

fn url(admin: &Config, login: &str, password: &str) -> String {
    format!("postgres://{login}:{password}@{}/medicalpro_central", bootstrap::address(admin))
}

/// A connection as the administrator.
pub async fn admin_client(admin: &Config, database: &str) -> Client {
    let mut config = admin.clone();
    config.dbname(database);
    medicalpro::database::connect(&config, &tls(None).unwrap()).await.unwrap()
}

impl World {
    /// A world with the settings' defaults, but for limits that tests would run into.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// A world with further settings of `serve`.
    pub async fn start_with(serve: &[&str]) -> Self {
        let (admin, cluster) = postgres().await;
        prepare(&admin).await;
        Self::on(admin, cluster, serve, &[]).await
    }

    /// A world on a PostgreSQL that is prepared already.
    pub async fn on(admin: Config, cluster: Option<Arc<OwnCluster>>, serve: &[&str], work: &[&str]) -> Self {
        let mail = std::env::var_os("MEDICALPRO_TEST_MAIL")
            .map_or_else(|| mail_folder(&admin.get_ports()[0].to_string()), PathBuf::from);
        let stop = CancellationToken::new();
        let (acceptor, address) = app::listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let base = format!("http://{address}");

        let mut arguments = vec!["worker".to_owned(), "--provisioner-url".into(), provisioner_url(&admin)];
        arguments.extend(["--master-keys", MASTER_KEYS, "--public-url", &base, "--mail"].map(str::to_owned));
        arguments.push(format!("file:{}", mail.display()));
        arguments.extend(work.iter().map(|&argument| argument.to_owned()));
        let settings = Work::try_parse_from(arguments).unwrap().settings;
        let (ready, worker_ready) = oneshot::channel();
        let worker_stop = stop.clone();
        tokio::spawn(async move {
            app::work(&settings, worker_stop, || ready.send(()).unwrap_or_default()).await.expect("the worker works");
        });
        worker_ready.await.expect("the worker starts");

        let mut arguments = vec!["serve".to_owned(), "--database-url".into(), api_url(&admin)];
        arguments.extend(["--master-keys", MASTER_KEYS, "--public-url", &base].map(str::to_owned));
        arguments.extend(["--registrations-per-minute", "100000", "--logins-per-minute", "100000"].map(str::to_owned));
        arguments.extend(serve.iter().map(|&argument| argument.to_owned()));
        let settings = Serve::try_parse_from(arguments).unwrap().settings;
        let app = App::new(&settings, None, &stop).await.expect("the server starts");
        tokio::spawn(app.serve(acceptor, stop.clone()));
        let mut world = Self::elsewhere(base, admin, mail, cluster);
        world.stop = stop;
        world
    }

    /// A world whose server and worker are processes of their own.
    pub fn elsewhere(base: String, admin: Config, mail: PathBuf, cluster: Option<Arc<OwnCluster>>) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        Self { base, admin, mail, http, stop: CancellationToken::new(), _cluster: cluster }
    }

    /// A request without a token.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.request(method, path, None, &[], body).await
    }

    /// Any request.
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        Answer::read(request.send().await.expect("an answer")).await
    }

    /// A POST of a file.
    pub async fn post_csv(
        &self,
        path: &str,
        token: Option<&str>,
        headers: &[(&str, &str)],
        file: impl Into<Vec<u8>>,
    ) -> Answer {
        let mut request = self.http.post(format!("{}{path}", self.base)).header("content-type", "text/csv");
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::read(request.body(file.into()).send().await.expect("an answer")).await
    }

    /// A registration's body, of an address that nobody else uses.
    pub fn registration(label: &str) -> Value {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let address = format!("{label}-{number}-{}@example.org", Uuid::now_v7().simple());
        json!({
            "companyName": format!("Clinic {label}"), "country": "FR", "companyEmail": address, "email": address,
            "password": PASSWORD, "acceptTerms": true,
        })
    }

    /// A clinic that was registered, whose administrator has proven the address and logged in; all of it by HTTP.
    pub async fn clinic(&self, label: &str) -> Clinic<'_> {
        let body = Self::registration(label);
        let registered = self.send(Method::POST, "/api/v1/auth/register", Some(&body)).await;
        assert_eq!(registered.status, StatusCode::CREATED, "{}", registered.json);
        let email = body["email"].as_str().unwrap().to_owned();
        let token = self.mailed_token(&email).await;
        let verified = self.send(Method::POST, "/api/v1/auth/verify-email", Some(&json!({ "token": token }))).await;
        assert_eq!(verified.status, StatusCode::NO_CONTENT, "{}", verified.json);
        let id = registered.json["company"]["id"].as_str().unwrap().parse().unwrap();
        let admin = self.log_in(&email).await;
        Clinic { world: self, id, admin }
    }

    /// The token of the newest mail to an address that bears one; waits for it.
    pub async fn mailed_token(&self, email: &str) -> String {
        for look in 1..400 {
            if look % 40 == 0 {
                self.lease_passes(email).await;
            }
            let mails = read_directory(&self.mail, 2000).unwrap();
            let mut links = mails.iter().filter(|mail| mail.to == email).flat_map(|mail| &mail.links);
            if let Some((_, token)) = links.find_map(|link| link.split_once("#token=")) {
                return token.to_owned();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no mail came to {email}");
    }

    /// Waits until nothing is queued any more that is about this: `user_id`, `invitation_id` or `email_change_id`. What the worker sends
    /// makes the tokens from before void, also those that a test has laid.
    pub async fn mails_are_sent(&self, subject: &str, id: Uuid) {
        let central = self.central().await;
        let queued =
            format!("SELECT count(*) FROM medicalpro_central.email_outbox WHERE {subject} = $1 AND status = 'queued'");
        let again = format!(
            "UPDATE medicalpro_central.email_outbox SET next_attempt_at = now()
              WHERE {subject} = $1 AND status = 'queued' AND next_attempt_at < now() + interval '118 seconds'"
        );
        for look in 1..1200 {
            if central.query_one(&queued, &[&id]).await.unwrap().get::<_, i64>(0) == 0 {
                return;
            }
            if look % 100 == 0 {
                central.execute(&again, &[&id]).await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("a mail was never sent");
    }

    /// The time has passed after which a mail is sent again that was taken by a worker which is gone, as another test's worker may
    /// be that took it and ended with its test.
    pub async fn lease_passes(&self, email: &str) {
        let central = self.central().await;
        let overdue = "UPDATE medicalpro_central.email_outbox o SET next_attempt_at = now()
                         FROM medicalpro_central.users u WHERE u.id = o.user_id AND u.email = $1 AND o.status = 'queued'
                          AND next_attempt_at - now() NOT BETWEEN interval '118 seconds' AND interval '120 seconds'";
        central.execute(overdue, &[&email]).await.unwrap();
        let invitations = "UPDATE medicalpro_central.email_outbox o SET next_attempt_at = now()
                             FROM medicalpro_central.invitations i WHERE i.id = o.invitation_id AND i.email = $1 AND o.status = 'queued'";
        central.execute(invitations, &[&email]).await.unwrap();
    }

    /// Logs in with the tests' password.
    pub async fn log_in(&self, email: &str) -> Person<'_> {
        let credentials = json!({ "email": email, "password": PASSWORD });
        let answer = self.send(Method::POST, "/api/v1/auth/login", Some(&credentials)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
        let text = |name: &str| answer.json[name].as_str().unwrap().to_owned();
        Person { world: self, email: email.to_owned(), token: text("accessToken"), refresh_token: text("refreshToken") }
    }

    /// One of the platform's own people, laid into central with a second factor; the log-in is real.
    pub async fn operator(&self, role: PlatformRole) -> Person<'_> {
        let email = format!("{}-{}@example.org", role.name().replace('_', "-"), Uuid::now_v7().simple());
        let passwords = medicalpro::auth::password::Passwords::new(1).unwrap();
        let hash = passwords.accept(&PASSWORD.parse().unwrap(), "/password", &[]).await.unwrap();
        let central = self.central().await;
        let insert = "INSERT INTO medicalpro_central.users
                             (id, email, email_normalized, password_hash, language, platform_role, terms_accepted_at, email_verified_at)
                      VALUES ($1, $2, $2, $3, 'en', $4, now(), now())";
        central.execute(insert, &[&Uuid::now_v7(), &email, &hash, &role.name()]).await.unwrap();
        let person = self.log_in(&email).await;
        let enrolled =
            "UPDATE medicalpro_central.users SET totp_secret = 'v1.none', totp_confirmed_at = now() WHERE email = $1";
        central.execute(enrolled, &[&email]).await.unwrap();
        person
    }

    /// Confirms what somebody has begun with, without using a code up or ending a session.
    pub async fn confirm_second_factor(&self, email: &str) {
        let confirm = "UPDATE medicalpro_central.users SET totp_confirmed_at = now() WHERE email = $1 AND totp_secret IS NOT NULL";
        assert_eq!(self.central().await.execute(confirm, &[&email]).await.unwrap(), 1);
    }

    /// Somebody has a second factor no more, and what ended by it has not.
    pub async fn forget_second_factor(&self, email: &str) {
        let central = self.central().await;
        for forget in [
            "UPDATE medicalpro_central.users SET totp_secret = NULL, totp_confirmed_at = NULL, totp_last_step = NULL WHERE email = $1",
            "UPDATE medicalpro_central.sessions SET revoked_at = NULL, revoked_reason = NULL
              WHERE revoked_reason = 'second_factor' AND user_id IN (SELECT id FROM medicalpro_central.users WHERE email = $1)",
        ] {
            central.execute(forget, &[&email]).await.unwrap();
        }
    }

    /// Central, as the administrator.
    pub async fn central(&self) -> Client {
        admin_client(&self.admin, "medicalpro_central").await
    }
}

/// A clinic and its administrator.
pub struct Clinic<'a> {
    pub(super) world: &'a World,
    /// Its id.
    pub id: ClinicId,
    /// Who registered it.
    pub admin: Person<'a>,
}

impl<'a> Clinic<'a> {
    /// Somebody who works here in this role. The account is laid into central; the log-in is real.
    pub async fn person(&self, role: Role) -> Person<'a> {
        let (_, email) = self.member(role).await;
        self.world.log_in(&email).await
    }

    /// An account with a place at this clinic, laid into central: id and address. It has the tests' password.
    pub async fn member(&self, role: Role) -> (Uuid, String) {
        self.seats(1000).await;
        let central = self.world.central().await;
        let email = format!("{}-{}@example.org", role.name(), Uuid::now_v7().simple());
        let user = Uuid::now_v7();
        central
            .execute(
                "INSERT INTO medicalpro_central.users
                        (id, email, email_normalized, password_hash, first_name, last_name, language, terms_accepted_at, email_verified_at)
                 SELECT $1, $2, $2, password_hash, 'Test', 'Member', language, now(), now() FROM medicalpro_central.users WHERE email = $3",
                &[&user, &email, &self.admin.email],
            )
            .await
            .unwrap();
        central
            .execute(
                "INSERT INTO medicalpro_central.memberships (user_id, company_id, role) VALUES ($1, $2, $3)",
                &[&user, &self.id.0, &role.name()],
            )
            .await
            .unwrap();
        (user, email)
    }

    /// Gives the clinic's subscription this many seats: a trial has fewer than tests ask for.
    pub async fn seats(&self, seats: i32) {
        let update = "UPDATE medicalpro_central.subscriptions SET seats = $2 WHERE company_id = $1";
        self.world.central().await.execute(update, &[&self.id.0, &seats]).await.unwrap();
    }

    /// Invites an address; the invitation, and the token of its mail.
    pub async fn invitation(&self, email: &str, role: Role) -> (Value, String) {
        self.seats(1000).await;
        let body = json!({ "email": email, "role": role.name(), "firstName": "Test", "lastName": "Guest" });
        let invited = self.admin.post("/api/v1/staff/invitations", &body).await;
        assert_eq!(invited.status, StatusCode::CREATED, "{invited:?}");
        let id: Uuid = invited.json["id"].as_str().unwrap().parse().unwrap();
        self.world.mails_are_sent("invitation_id", id).await;
        (invited.json, self.world.mailed_token(email).await)
    }

    /// The clinic's database, as PostgreSQL's administrator, with its schema first in the search path.
    pub async fn database(&self) -> Client {
        let name = self.id.database_name();
        let client = admin_client(&self.world.admin, &name).await;
        client.batch_execute(&format!("SET search_path = {name}")).await.unwrap();
        client
    }

    /// How many rows each table of the clinic has: what wrote nothing changed none of them.
    pub async fn rows(&self) -> BTreeMap<String, i64> {
        let database = self.database().await;
        let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()";
        let mut rows = BTreeMap::new();
        for table in database.query(tables, &[]).await.unwrap().iter().map(|row| row.get::<_, String>(0)) {
            let count = database.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await.unwrap().get(0);
            rows.insert(table, count);
        }
        rows
    }

    /// A patient, entered by the administrator.
    pub async fn patient(&self, last_name: &str) -> Value {
        let body = json!({ "firstName": "Test", "lastName": last_name });
        let answer = self.admin.post("/api/v1/patients", &body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
        answer.json
    }
}

/// Somebody who is logged in.
pub struct Person<'a> {
    world: &'a World,
    /// Address.
    pub email: String,
    /// Access token.
    pub token: String,
    /// Refresh token.
    pub refresh_token: String,
}

impl Person<'_> {
    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path, &[], None).await
    }

    /// POST.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.request(Method::POST, path, &[], Some(body)).await
    }

    /// PATCH.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.request(Method::PATCH, path, &[], Some(body)).await
    }

    /// POST of a file.
    pub async fn post_csv(&self, path: &str, headers: &[(&str, &str)], file: impl Into<Vec<u8>>) -> Answer {
        self.world.post_csv(path, Some(&self.token), headers, file).await
    }

    /// An answer that is read by the test itself.
    pub async fn stream(&self, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
        let mut request = self.world.http.get(format!("{}{path}", self.world.base)).bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.expect("an answer")
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.request(Method::DELETE, path, &[], None).await
    }

    /// Any request, with this person's token.
    pub async fn request(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Answer {
        self.world.request(method, path, Some(&self.token), headers, body).await
    }
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// The body, if it is JSON.
    pub json: Value,
    /// The body.
    pub text: String,
}

impl Answer {
    /// Reads an answer; of one that goes on, its head.
    pub async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        if headers.get("content-type").is_some_and(|media| media == "text/event-stream") {
            return Self::of(status, headers, &[]);
        }
        Self::of(status, headers, &response.bytes().await.expect("a body"))
    }

    /// Holds every failure to the contract: problem+json with its members.
    pub fn of(status: StatusCode, headers: HeaderMap, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body).into_owned();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        let answer = Self { status, headers, json, text };
        if status.is_client_error() || status.is_server_error() {
            assert_eq!(answer.header("content-type"), "application/problem+json", "{answer:?}");
            assert_eq!(answer.json["status"], status.as_u16(), "{answer:?}");
            assert_eq!(answer.json["requestId"], answer.header("x-request-id"), "{answer:?}");
            for member in ["type", "title", "code", "detail"] {
                assert!(answer.json[member].is_string(), "{member} in {answer:?}");
            }
            answer.assert_translated();
        }
        answer
    }

    /// English is what is asked for, or what stands in for a language that lacks one of the texts: none of ours does.
    fn assert_translated(&self) {
        assert_eq!(self.header("vary"), "Accept-Language", "{self:?}");
        let fields = self.json["errors"].as_array().into_iter().flatten().map(|error| &error["detail"]);
        for text in [&self.json["title"], &self.json["detail"]].into_iter().chain(fields) {
            let english = self.header("content-language") == "en";
            let text = text.as_str().unwrap();
            assert!(
                !text.is_empty() && (!english || is_known(text)),
                "no line in src/http/locales for {text:?}: {self:?}"
            );
        }
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The problem's code, or nothing.
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }
}

fn mail_folder(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("medicalpro-test-mail-{name}"))
}

/// Where mails go; deleted with this.
pub struct MailFolder(pub PathBuf);

impl MailFolder {
    /// Of one test's own.
    pub fn new() -> Self {
        Self(mail_folder(&Uuid::now_v7().simple().to_string()))
    }
}

impl Drop for MailFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A PostgreSQL of a test's own; stopped and deleted with it. It lives on a thread of its own, since the test's runtime may be
/// ending, or blocked, when it is dropped.
pub struct OwnCluster {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
    // Deleted when PostgreSQL has stopped, and nobody finds a mail to send any more.
    _mail: MailFolder,
}

impl OwnCluster {
    async fn start(directory: PathBuf) -> (Self, Config) {
        let (started, url) = oneshot::channel();
        let (stop, told) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let options =
                    embedded::Options { data_dir: directory, durable: false, max_connections: 200, say: &|_| {} };
                let cluster = embedded::start(options).await.expect("PostgreSQL starts");
                started.send(cluster.admin_url()).unwrap();
                let _ = told.await;
                cluster.remove().await.expect("PostgreSQL stops");
            });
        });
        let admin: Config = url.await.expect("PostgreSQL starts").expose_secret().parse().unwrap();
        let mail = MailFolder(mail_folder(&admin.get_ports()[0].to_string()));
        (Self { stop: Some(stop), thread: Some(thread), _mail: mail }, admin)
    }
}

impl Drop for OwnCluster {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().map(std::thread::JoinHandle::join);
        assert!(std::thread::panicking() || matches!(ended, Some(Ok(()))), "PostgreSQL did not stop");
    }
}

/// The PostgreSQL that `scripts/test` started, or one of our own.
#[expect(clippy::disallowed_methods, reason = "the tests' own setting, by scripts/test")]
pub async fn postgres() -> (Config, Option<Arc<OwnCluster>>) {
    if let Ok(url) = std::env::var("MEDICALPRO_TEST_ADMIN_URL") {
        return (url.parse().unwrap(), None);
    }
    own_postgres().await
}

/// A PostgreSQL of this test's own, for tests that change what all share, or kill.
pub async fn own_postgres() -> (Config, Option<Arc<OwnCluster>>) {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = std::env::temp_dir().join(format!("medicalpro-test-{}", Uuid::now_v7().simple()));
    std::fs::create_dir(&directory).unwrap();
    std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(0o711)).unwrap();
    let (cluster, admin) = OwnCluster::start(directory).await;
    (admin, Some(Arc::new(cluster)))
}

/// Bootstraps once, whichever process comes first.
pub async fn prepare(admin: &Config) {
    let tls = tls(None).unwrap();
    let lock = admin_client(admin, "postgres").await;
    lock.batch_execute("SELECT pg_advisory_lock(1)").await.unwrap();
    let done = lock.query_opt("SELECT FROM pg_database WHERE datname = 'medicalpro_central'", &[]).await.unwrap();
    if done.is_none() {
        let passwords =
            Passwords { api: Some(API_PASSWORD.into()), provisioner: Some(PROVISIONER_PASSWORD.into()), backup: None };
        bootstrap::run(admin, &tls, &passwords, |_| {}).await.expect("bootstraps");
        let config: Config = provisioner_url(admin).parse().unwrap();
        let mut central = medicalpro::database::connect(&config, &tls).await.unwrap();
        schema::migrate_central(&mut central).await.expect("migrates central");
    }
    lock.batch_execute("SELECT pg_advisory_unlock(1)").await.unwrap();
}
