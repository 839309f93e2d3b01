//! A clinic's database by hand: the clinic's real credentials, and nothing of the product but the signature of contexts.

use std::time::Duration;

use medicalpro::central::{Central, companies};
use medicalpro::clinic::{ContextKey, Credentials};
use medicalpro::database::{connect, tls};
use medicalpro::ids::{ClinicId, Role, UserId};
use medicalpro::secrets::MasterKeys;
use reqwest::StatusCode;
use secrecy::ExposeSecret as _;
use tokio_postgres::{Client, Config, SimpleQueryMessage};
use uuid::Uuid;

use crate::support::{Answer, Clinic, MASTER_KEYS, World, api_url};

pub const PRACTITIONER: &str = "medicalpro_practitioner";
pub const SECRETARY: &str = "medicalpro_secretary";
pub const ADMIN: &str = "medicalpro_admin";

/// The rows that a message of SQL returned, columns joined by `|`; or the SQLSTATE that it was refused with.
pub type Outcome = Result<Vec<String>, String>;

/// What one expects.
#[expect(clippy::unnecessary_wraps, reason = "it stands beside `refused` in comparisons")]
pub fn rows<const N: usize>(rows: [&str; N]) -> Outcome {
    Ok(rows.map(str::to_owned).to_vec())
}

/// What one expects of an attack.
pub fn refused(state: &str) -> Outcome {
    Err(state.to_owned())
}

/// Now, in seconds since 1970.
pub fn now() -> i64 {
    chrono::Utc::now().timestamp()
}

/// A clinic's credentials, sealed, as the server process reads them.
pub async fn sealed(world: &World, clinic: ClinicId) -> companies::SealedCredentials {
    let config: Config = api_url(&world.admin).parse().unwrap();
    let central = Central::new(config, tls(None).unwrap(), 1).unwrap();
    companies::credentials(&central, clinic).await.unwrap()
}

/// And opened with the tests' master key.
pub async fn credentials(world: &World, clinic: ClinicId) -> Credentials {
    Credentials::open(&MasterKeys::parse(MASTER_KEYS).unwrap(), &sealed(world, clinic).await).unwrap()
}

/// A clinic's login, for any database of its server.
pub fn login(credentials: &Credentials, database: &str) -> Config {
    let mut config = Config::new();
    config.host(&credentials.host).port(credentials.port).user(&credentials.name).dbname(database);
    config.password(credentials.password.expose_secret());
    config
}

/// Connects, or says the SQLSTATE.
pub async fn try_connect(config: &Config) -> Result<Client, String> {
    connect(config, &tls(None).unwrap()).await.map_err(|error| state(&error))
}

/// The SQLSTATE, or what happened to the connection.
pub fn state(error: &tokio_postgres::Error) -> String {
    error.code().map_or_else(|| error.to_string(), |code| code.code().to_owned())
}

/// Asks until the answer has this status, for what takes effect within a second.
pub async fn until(status: StatusCode, ask: impl AsyncFn() -> Answer) -> Answer {
    let mut last = None;
    for _ in 0..80 {
        let answer = ask().await;
        if answer.status == status {
            return answer;
        }
        last = Some(answer);
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("not answered {status} within two seconds, but {last:?}");
}

/// PostgreSQL's processes that serve a clinic's login.
pub async fn connected(admin: &Client, clinic: &Clinic<'_>) -> Vec<i32> {
    let backends = "SELECT pid FROM pg_stat_activity WHERE usename = $1 ORDER BY pid";
    let rows = admin.query(backends, &[&clinic.id.database_name()]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Waits until they are as they should be.
pub async fn until_connected(admin: &Client, clinic: &Clinic<'_>, so: impl Fn(&[i32]) -> bool) {
    for _ in 0..200 {
        if so(&connected(admin, clinic).await) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("still {:?}", connected(admin, clinic).await);
}

/// Sends one message of any number of statements, as an injected string would arrive.
#[expect(clippy::disallowed_methods, reason = "an attacker's SQL is no declared statement")]
pub async fn send(client: &Client, sql: &str) -> Outcome {
    let messages = client.simple_query(sql).await.map_err(|error| state(&error))?;
    let row = |message| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|n| row.get(n).unwrap_or("NULL")).collect::<Vec<_>>().join("|"))
        }
        _ => None,
    };
    Ok(messages.into_iter().filter_map(row).collect())
}

/// A connection with a clinic's credentials, and the clinic's key to sign contexts with.
pub struct Hand {
    pub clinic: ClinicId,
    /// Database, schema and login.
    pub name: String,
    /// Who the contexts speak of.
    pub user: UserId,
    pub key: ContextKey,
    pub client: Client,
}

impl Hand {
    pub async fn of(world: &World, clinic: &Clinic<'_>) -> Self {
        let credentials = credentials(world, clinic.id).await;
        let client = try_connect(&login(&credentials, &credentials.name)).await.expect("the clinic's own database");
        let Credentials { name, context_key: key, .. } = credentials;
        Self { clinic: clinic.id, name, user: UserId::generate(), key, client }
    }

    /// What the product would sign.
    pub fn context(&self, role: &'static str) -> String {
        self.key.sign(self.clinic, role, self.user, now())
    }

    /// The message that opens a transaction, with whatever role and context.
    pub fn opening(&self, role: &str, context: &str) -> String {
        format!(
            "BEGIN; SET LOCAL ROLE {role}; SET LOCAL search_path = {}, pg_temp; SET LOCAL app.ctx = '{context}'",
            self.name
        )
    }

    /// Runs SQL after an opening of the caller's, and rolls back.
    pub async fn after(&self, opening: &str, sql: &str) -> Outcome {
        let outcome = send(&self.client, &format!("{opening}; {sql}")).await;
        self.client.batch_execute("ROLLBACK").await.unwrap();
        outcome
    }

    /// Runs SQL where the product would run it: in a transaction rightly opened for this role. Rolls back.
    pub async fn run(&self, role: &'static str, sql: &str) -> Outcome {
        self.after(&self.opening(role, &self.context(role)), sql).await
    }

    /// The same, committed.
    pub async fn commit(&self, role: &'static str, sql: &str) -> Outcome {
        let outcome = send(&self.client, &format!("{}; {sql}; COMMIT", self.opening(role, &self.context(role)))).await;
        self.client.batch_execute("ROLLBACK").await.unwrap();
        outcome
    }
}

/// A context that is good for an hour, signed by the pads that lie in the clinic's database: as whoever may read them can.
pub async fn signed_inside(inside: &Client, clinic: ClinicId, role: &str, user: UserId) -> String {
    let text = format!("|{clinic}|{role}|{user}|{}", now() + 3600);
    let sql = "SELECT s.text || '|' || encode(sha256(k.opad || sha256(k.ipad || convert_to(s.text, 'UTF8'))), 'hex')
                 FROM app.context_key k, LATERAL (SELECT k.kid || $1::text AS text) s";
    inside.query_one(sql, &[&text]).await.unwrap().get(0)
}

/// What a clinic has for others to want.
pub struct Treasure {
    pub patient: Uuid,
    pub practitioner: Uuid,
    pub record: Uuid,
}

/// Enters a patient by the API, and a practitioner with a medical record of that patient's by hand, since those have no
/// operation yet.
pub async fn treasure(clinic: &Clinic<'_>, hand: &Hand, patient_name: &str) -> Treasure {
    let patient: Uuid = clinic.patient(patient_name).await["id"].as_str().unwrap().parse().unwrap();
    let (practitioner, record) = (Uuid::now_v7(), Uuid::now_v7());
    let entered = hand
        .commit(
            ADMIN,
            &format!(
                "INSERT INTO practitioners (id, first_name, last_name, sort_name) VALUES ('{practitioner}', 'P', 'P', 'p p');
                 INSERT INTO medical_records (id, patient_id, practitioner_id, title)
                 VALUES ('{record}', '{patient}', '{practitioner}', 'Secret of {patient_name}')"
            ),
        )
        .await;
    assert_eq!(entered, rows([]));
    Treasure { patient, practitioner, record }
}

/// Every role that a clinic's login may take.
pub fn session_roles() -> Vec<&'static str> {
    let jobs = Role::ALL.into_iter().map(Role::session_role);
    jobs.chain(["medicalpro_worker", "medicalpro_link"]).collect()
}
