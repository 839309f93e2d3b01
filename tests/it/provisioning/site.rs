//! An installation on a PostgreSQL of its own, whose server and workers are processes: to be started, killed and started again.

use std::sync::Arc;
use std::time::Duration;

use medicalpro::ids::ClinicId;
use medicalpro::provisioning::reaper;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config};
use uuid::Uuid;

use crate::support::process::{self, Process};
use crate::support::{
    Answer, MASTER_KEYS, MailFolder, OwnCluster, World, admin_client, api_url, own_postgres, prepare, provisioner_url,
};

pub struct Site {
    pub admin: Config,
    /// Central, as the administrator.
    pub central: Client,
    /// What speaks to the server that was started last.
    pub world: World,
    /// By which workers make clinics: `template` (taking a spare), `copied` (without spares) or `plain`.
    pub way: &'static str,
    /// What processes log.
    pub log: &'static str,
    cluster: Option<Arc<OwnCluster>>,
    mail: MailFolder,
}

impl Site {
    /// PostgreSQL with a central in which a worker was once, as a server needs it; no process runs. See `way`.
    pub async fn new(way: &'static str) -> Self {
        let (admin, cluster) = own_postgres().await;
        prepare(&admin).await;
        let central = admin_client(&admin, "medicalpro_central").await;
        central.batch_execute("SET search_path = medicalpro_central").await.unwrap();
        let mail = MailFolder::new();
        let world = World::elsewhere(String::new(), admin.clone(), mail.0.clone(), cluster.clone());
        let site = Self { admin, central, world, way, log: "info", cluster, mail };
        let (ended, said) = site.worker().await.terminate().await;
        assert!(ended.success(), "{said}");
        site
    }

    /// What commands need that work as the provisioner.
    pub fn provisioner(&self) -> (&'static str, String) {
        ("MEDICALPRO_PROVISIONER_URL", provisioner_url(&self.admin))
    }

    /// Runs a command as the provisioner.
    pub async fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let (name, url) = self.provisioner();
        process::run(arguments, &[(name, &url)]).await
    }

    /// Starts a worker and waits until it works.
    pub async fn worker(&self) -> Process {
        let (name, url) = self.provisioner();
        let mail = format!("file:{}", self.mail.0.display());
        let settings = [
            (name, &*url),
            ("MEDICALPRO_MASTER_KEYS", MASTER_KEYS),
            ("MEDICALPRO_MAIL", &mail),
            ("MEDICALPRO_PROVISIONING", if self.way == "copied" { "template" } else { self.way }),
            ("MEDICALPRO_SPARES", if self.way == "copied" { "0" } else { "2" }),
            ("MEDICALPRO_METRICS_LISTEN", "127.0.0.1:0"),
            ("MEDICALPRO_LOG", self.log),
        ];
        let mut worker = Process::start(["worker"], &settings);
        worker.line("\"working\"").await;
        worker
    }

    /// Starts a server, whose requests wait so many seconds for their clinic, and waits until it listens.
    pub async fn server(&mut self, wait: u32) -> Process {
        let settings = [
            ("MEDICALPRO_DATABASE_URL", &*api_url(&self.admin)),
            ("MEDICALPRO_MASTER_KEYS", MASTER_KEYS),
            ("MEDICALPRO_LISTEN", "127.0.0.1:0"),
            ("MEDICALPRO_METRICS_LISTEN", "127.0.0.1:0"),
            ("MEDICALPRO_LOG", self.log),
            ("MEDICALPRO_PROVISIONING_WAIT", &wait.to_string()),
            ("MEDICALPRO_REGISTRATIONS_PER_MINUTE", "100000"),
            ("MEDICALPRO_LOGINS_PER_MINUTE", "100000"),
        ];
        let mut server = Process::start(["serve"], &settings);
        let line: Value = serde_json::from_str(&server.line("\"listening\",\"address\"").await).unwrap();
        let base = format!("http://{}", line["address"].as_str().unwrap());
        self.world = World::elsewhere(base, self.admin.clone(), self.mail.0.clone(), self.cluster.clone());
        server
    }

    /// Sends a registration without waiting for its answer; `None` when the server was gone first.
    pub fn register(&self, body: &Value) -> JoinHandle<Option<Answer>> {
        let url = format!("{}/api/v1/auth/register", self.world.base);
        let request = reqwest::Client::builder().no_proxy().build().unwrap().post(url).json(body);
        tokio::spawn(async move {
            match request.send().await {
                Ok(response) => Some(Answer::read(response).await),
                Err(_) => None,
            }
        })
    }

    /// The clinic of an address, once it is known.
    pub async fn clinic(&self, email: &str) -> ClinicId {
        let known = "SELECT id FROM companies WHERE email_normalized = $1";
        until("the clinic is known", async || {
            self.central.query_opt(known, &[&email]).await.unwrap().map(|row| ClinicId(row.get(0)))
        })
        .await
    }

    /// A company as an import would leave it, `pending`, with somebody who can log in; who registered elsewhere lends the
    /// password's hash.
    pub async fn import(&self, lender: &str) -> (ClinicId, String) {
        let (clinic, user) = (ClinicId::generate(), Uuid::now_v7());
        let email = format!("imported-{}@example.org", clinic.0.simple());
        import(&self.central, clinic, user, &email, lender).await;
        (clinic, email)
    }

    /// `companies.status`, or `absent`.
    pub async fn status(&self, clinic: ClinicId) -> String {
        let row = self.central.query_opt("SELECT status FROM companies WHERE id = $1", &[&clinic.0]).await.unwrap();
        row.map_or_else(|| "absent".to_owned(), |row| row.get(0))
    }

    /// Waits for a status. Time does not pass here: what is to be tried again later is due at once.
    pub async fn becomes(&self, clinic: ClinicId, status: &str) {
        until(status, async || {
            self.hurry().await;
            (self.status(clinic).await == status).then_some(())
        })
        .await;
    }

    /// What is to be tried again later is due now; but for mails whose lease a living worker may have taken, to send them: those that are
    /// due more than two minutes after it began.
    pub async fn hurry(&self) {
        self.central
            .batch_execute(
                "UPDATE provisioning_jobs SET run_after = now() WHERE state = 'queued' AND run_after > now();
                 UPDATE email_outbox SET next_attempt_at = now()
                  WHERE status = 'queued' AND next_attempt_at > now()
                    AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE usename = 'medicalpro_provisioner'
                                       AND backend_start <= next_attempt_at - interval '2 minutes')",
            )
            .await
            .unwrap();
    }

    /// Databases and roles that bear a clinic's name.
    pub async fn left_of(&self, clinic: ClinicId) -> (i64, i64) {
        left_of(&self.central, clinic).await
    }

    /// Proves the address by the mail that came, logs in, enters a patient and finds it again.
    pub async fn is_of_use_to(&self, email: &str) {
        let token = until("the mail is there", async || {
            self.hurry().await;
            self.mailed_tokens(email).into_iter().next()
        })
        .await;
        let verify = json!({ "token": token });
        let verified = self.world.send(Method::POST, "/api/v1/auth/verify-email", Some(&verify)).await;
        assert_eq!(verified.status, StatusCode::NO_CONTENT, "{}", verified.json);
        self.works_for(email).await;
    }

    /// Logs in, enters a patient and finds it again.
    pub async fn works_for(&self, email: &str) {
        let person = self.world.log_in(email).await;
        let patient = json!({ "firstName": "Test", "lastName": "After" });
        let entered = person.post("/api/v1/patients", &patient).await;
        assert_eq!(entered.status, StatusCode::CREATED, "{}", entered.json);
        assert_eq!(person.get("/api/v1/patients").await.json["data"][0]["id"], entered.json["id"]);
    }

    /// Waits until nothing is left to be mailed for a clinic.
    pub async fn mail_is_out(&self, clinic: ClinicId) {
        let queued = "SELECT FROM email_outbox WHERE company_id = $1 AND status = 'queued' LIMIT 1";
        until("the mail is out", async || {
            self.hurry().await;
            self.central.query_opt(queued, &[&clinic.0]).await.unwrap().is_none().then_some(())
        })
        .await;
    }

    /// The tokens of the mails to an address, newest first.
    pub fn mailed_tokens(&self, email: &str) -> Vec<String> {
        let mails = medicalpro::email::read_directory(&self.mail.0, 2000).unwrap();
        let links = mails.iter().filter(|mail| mail.to == email).filter_map(|mail| mail.links.first());
        links.filter_map(|link| Some(link.split_once("#token=")?.1.to_owned())).collect()
    }

    /// A clinic, registered and ready, and its administrator's address.
    pub async fn registered(&self, label: &str) -> (ClinicId, String) {
        let body = World::registration(label);
        let answer = self.world.send(Method::POST, "/api/v1/auth/register", Some(&body)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
        let email = body["email"].as_str().unwrap().to_owned();
        (self.clinic(&email).await, email)
    }

    /// A clinic's database as the administrator, its schema first in the search path.
    pub async fn inside(&self, clinic: ClinicId) -> Client {
        let name = clinic.database_name();
        let client = admin_client(&self.admin, &name).await;
        client.batch_execute(&format!("SET search_path = {name}")).await.unwrap();
        client
    }

    /// What no company owns, on this whole server.
    pub async fn orphans(&self) -> Vec<String> {
        reaper::orphans(&self.central).await.unwrap()
    }
}

/// Lays a company and one verified person of it into central.
pub async fn import(central: &Client, clinic: ClinicId, user: Uuid, email: &str, lender: &str) {
    let statements = [
        "INSERT INTO medicalpro_central.companies (id, name, email, email_normalized, country, language, time_zone, currency)
         SELECT $1, 'Imported', $3, $3, 'ES', 'es', 'Europe/Madrid', 'EUR' WHERE $2 <> $1 AND $4 <> ''",
        "INSERT INTO medicalpro_central.users
                (id, email, email_normalized, password_hash, language, terms_accepted_at, email_verified_at)
         SELECT $2, $3, $3, password_hash, 'es', now(), now() FROM medicalpro_central.users
          WHERE email_normalized = $4 AND $1 <> $2",
        "INSERT INTO medicalpro_central.memberships (user_id, company_id, role)
         SELECT $2, $1, 'admin' WHERE $3 <> $4",
    ];
    for statement in statements {
        let types = [
            tokio_postgres::types::Type::UUID,
            tokio_postgres::types::Type::UUID,
            tokio_postgres::types::Type::TEXT,
            tokio_postgres::types::Type::TEXT,
        ];
        let statement = central.prepare_typed(statement, &types).await.unwrap();
        assert_eq!(central.execute(&statement, &[&clinic.0, &user, &email, &lender]).await.unwrap(), 1);
    }
}

/// Databases and roles that bear a clinic's name.
pub async fn left_of(admin: &Client, clinic: ClinicId) -> (i64, i64) {
    let counts = "SELECT (SELECT count(*) FROM pg_database WHERE datname = $1),
                         (SELECT count(*) FROM pg_roles WHERE rolname = $1)";
    let row = admin.query_one(counts, &[&clinic.database_name()]).await.unwrap();
    (row.get(0), row.get(1))
}

/// Asks again and again until there is an answer; a minute at most.
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..2400 {
        if let Some(answer) = ask().await {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("never: {what}");
}
