//! How often a request goes to PostgreSQL and back, counted on the wire: BEGIN, role, `search_path`, signed context and the
//! first statement are one round trip, the audit row and COMMIT another.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio_postgres::Config;

use crate::support::{World, admin_client, own_postgres, prepare};

/// Stands between everything and PostgreSQL, and counts.
struct Proxy {
    port: u16,
    connections: Arc<Mutex<Vec<Arc<Counted>>>>,
}

/// One connection: who logged in, and how often the client spoke after the server did.
#[derive(Default)]
struct Counted {
    user: Mutex<String>,
    bursts: AtomicUsize,
    server_spoke: AtomicUsize,
}

impl Proxy {
    async fn start(to: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::<Mutex<Vec<Arc<Counted>>>>::default();
        let all = connections.clone();
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                // The server may be stopping already.
                let Ok(server) = TcpStream::connect(("127.0.0.1", to)).await else { continue };
                client.set_nodelay(true).unwrap();
                server.set_nodelay(true).unwrap();
                let counted = Arc::<Counted>::default();
                all.lock().unwrap().push(counted.clone());
                let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
                tokio::spawn(requests(from_client, to_server, counted.clone()));
                tokio::spawn(answers(from_server, to_client, counted));
            }
        });
        Self { port, connections }
    }

    /// Round trips so far on the connections of everybody whose name begins like this.
    fn round_trips(&self, user: &str) -> usize {
        let connections = self.connections.lock().unwrap();
        let theirs = connections.iter().filter(|counted| counted.user.lock().unwrap().starts_with(user));
        theirs.map(|counted| counted.bursts.load(Ordering::SeqCst)).sum()
    }
}

async fn requests(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, counted: Arc<Counted>) {
    let mut buffer = vec![0; 64 * 1024];
    let mut first = true;
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        // Eight bytes are the question whether there is TLS; what comes next is the startup message.
        if first && length > 8 {
            *counted.user.lock().unwrap() = user_of(&buffer[..length]);
            first = false;
        }
        if counted.server_spoke.swap(0, Ordering::SeqCst) == 1 {
            counted.bursts.fetch_add(1, Ordering::SeqCst);
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
}

async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, counted: Arc<Counted>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        counted.server_spoke.store(1, Ordering::SeqCst);
        if to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
}

/// The startup message: length and version, then names and values, each ended by a zero byte.
fn user_of(startup: &[u8]) -> String {
    let mut parts = startup[8..].split(|byte| *byte == 0).map(|part| String::from_utf8_lossy(part).into_owned());
    parts.find(|part| part == "user").expect("a user");
    parts.next().unwrap()
}

// On one thread, a connection's task cannot run between two messages that are sent without waiting: they leave together.
#[tokio::test]
async fn begin_role_search_path_context_and_statement_are_one_round_trip() {
    let (real, cluster) = own_postgres().await;
    let proxy = Proxy::start(real.get_ports()[0]).await;
    // Clinics' credentials name the address that the worker has, which is the proxy's.
    let mut admin = Config::new();
    admin.host("127.0.0.1").port(proxy.port).dbname("postgres").user(real.get_user().unwrap());
    admin.password(real.get_password().unwrap());
    prepare(&admin).await;
    let world = World::on(admin.clone(), cluster, &["--pool-size", "1"], &[]).await;
    let clinic = world.clinic("round-trips").await;
    let me = &clinic.admin;
    let patient = clinic.patient("Durand").await;
    let path = format!("/api/v1/patients/{}", patient["id"].as_str().unwrap());

    let count = async |method: Method, path: &str, key: Option<&str>, body: Option<serde_json::Value>| {
        let before = proxy.round_trips("medicalpro_clinic_");
        let headers: Vec<(&str, &str)> = key.into_iter().map(|key| ("idempotency-key", key)).collect();
        let answer = me.request(method, path, &headers, body.as_ref()).await;
        assert!(answer.status.is_success(), "{answer:?}");
        proxy.round_trips("medicalpro_clinic_") - before
    };
    let list = "/api/v1/patients?q=dur&limit=10";
    let change = || Some(json!({ "notes": "Prefers mornings." }));
    let new = || Some(json!({ "firstName": "Zoé", "lastName": "Martin" }));
    // The first of each kind prepares its statements; from then on the connection knows them.
    let first = count(Method::GET, &path, None, None).await;
    count(Method::GET, list, None, None).await;
    count(Method::PATCH, &path, None, change()).await;
    count(Method::POST, "/api/v1/patients", Some("warm-up"), new()).await;
    count(Method::DELETE, &path, None, None).await;
    count(Method::POST, &format!("{path}/restore"), None, None).await;

    for _ in 0..3 {
        assert_eq!(count(Method::GET, &path, None, None).await, 1, "opening, statement with its audit row, COMMIT");
        assert_eq!(count(Method::GET, list, None, None).await, 1, "likewise");
        let posted = count(Method::POST, "/api/v1/patients", None, new()).await;
        assert_eq!(posted, 2, "opening and statement; what follows from its answer, and COMMIT");
    }
    assert!(first > 1, "{first}: what is prepared takes further round trips, and is counted");
    println!("GET, first on its connection: {first}");
    println!("PATCH: {}", count(Method::PATCH, &path, None, change()).await);
    println!("POST with a key: {}", count(Method::POST, "/api/v1/patients", Some("key"), new()).await);
    println!("DELETE: {}", count(Method::DELETE, &path, None, None).await);
    println!("restore: {}", count(Method::POST, &format!("{path}/restore"), None, None).await);

    // The control, through the same proxy: one message after another takes one round trip each, all at once takes one.
    let schema = clinic.id.database_name();
    let client = admin_client(&admin, &schema).await;
    let opening = [
        "BEGIN".to_owned(),
        "SET LOCAL ROLE medicalpro_readonly".to_owned(),
        format!("SET LOCAL search_path = {schema}, pg_temp"),
        "SET LOCAL app.ctx = 'no|context'".to_owned(),
    ];
    let others = "postgres";
    let before = proxy.round_trips(others);
    for statement in opening.iter().map(String::as_str).chain(["SELECT 1", "COMMIT"]) {
        client.batch_execute(statement).await.unwrap();
    }
    assert_eq!(proxy.round_trips(others) - before, 6);
    let (before, together) = (proxy.round_trips(others), opening.join("; "));
    let (opened, selected) = futures_util::join!(client.batch_execute(&together), client.batch_execute("SELECT 1"));
    opened.and(selected).unwrap();
    assert_eq!(proxy.round_trips(others) - before, 1);
}

#[tokio::test]
async fn known_and_unknown_accounts_take_the_same_round_trips() {
    let (real, cluster) = own_postgres().await;
    let proxy = Proxy::start(real.get_ports()[0]).await;
    prepare(&real).await;
    let mut admin = Config::new();
    admin.host("127.0.0.1").port(proxy.port).dbname("postgres").user(real.get_user().unwrap());
    admin.password(real.get_password().unwrap());
    let world = World::on(admin, cluster, &["--central-pool-size", "1"], &[]).await;
    let clinic = world.clinic("alike").await;
    let unproven = World::registration("unproven");
    assert_eq!(world.send(Method::POST, "/api/v1/auth/register", Some(&unproven)).await.status, 201);
    let unproven = unproven["email"].as_str().unwrap();

    let central = world.central().await;
    let count = async |path: &str, email: &str| {
        // As if nobody had asked for mail before: where there is somebody, it is queued.
        central.execute("DELETE FROM medicalpro_central.email_outbox", &[]).await.unwrap();
        let before = proxy.round_trips("medicalpro_api");
        let body = match path {
            "login" => json!({ "email": email, "password": "wrong horse battery staple" }),
            _ => json!({ "email": email }),
        };
        world.send(Method::POST, &format!("/api/v1/auth/{path}"), Some(&body)).await;
        let queued = central.query_one("SELECT count(*) FROM medicalpro_central.email_outbox", &[]).await.unwrap();
        (proxy.round_trips("medicalpro_api") - before, queued.get::<_, i64>(0))
    };
    let proven = clinic.admin.email.as_str();
    for (path, known) in [("login", proven), ("forgot-password", proven), ("resend-verification", unproven)] {
        // The first of each kind prepares its statements.
        count(path, known).await;
        let ((ours, mails), (theirs, none)) = (count(path, known).await, count(path, &format!("nobody-{known}")).await);
        assert_eq!((mails > 0, none), (path != "login", 0), "{path}");
        assert_eq!(ours, theirs, "{path}");
        assert!(ours >= 2, "{path}: counted");
    }
}
