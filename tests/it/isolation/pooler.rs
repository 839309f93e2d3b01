//! Behind PgBouncer in transaction mode: one server connection a clinic, shared by all roles and people, and no leak.

use std::fmt::Write as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use medicalpro::clinic::Credentials;
use secrecy::ExposeSecret as _;
use tokio_postgres::{Client, Config};
use uuid::Uuid;

use super::by_hand::{
    ADMIN, Hand, Outcome, PRACTITIONER, SECRETARY, credentials, refused, rows, send, treasure, try_connect,
};
use crate::support::World;

/// A PgBouncer of this test's own, on a socket in a directory of its own; both end with it.
struct Bouncer {
    directory: PathBuf,
    process: Child,
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

impl Bouncer {
    /// The port is only part of the socket's name.
    const PORT: u16 = 6432;

    async fn start(clinics: &[&Credentials]) -> Self {
        let directory = std::env::temp_dir().join(format!("medicalpro-pgbouncer-{}", Uuid::now_v7().simple()));
        std::fs::create_dir(&directory).unwrap();
        let path = directory.display();
        let (mut databases, mut users) = (String::new(), String::new());
        for clinic in clinics {
            let name = &clinic.name;
            writeln!(databases, "{name} = host={} port={} dbname={name}", clinic.host, clinic.port).unwrap();
            writeln!(users, "\"{name}\" \"{}\"", clinic.password.expose_secret()).unwrap();
        }
        let settings = format!(
            "[databases]\n{databases}\n[pgbouncer]\npool_mode = transaction\ndefault_pool_size = 1\nmax_client_conn = 200\n\
             auth_type = scram-sha-256\nauth_file = {path}/users\nunix_socket_dir = {path}\nlisten_port = {}\n\
             logfile = {path}/log\n",
            Self::PORT
        );
        std::fs::write(directory.join("settings.ini"), settings).unwrap();
        std::fs::write(directory.join("users"), users).unwrap();
        std::fs::set_permissions(directory.join("users"), std::fs::Permissions::from_mode(0o600)).unwrap();

        // Debian keeps it where only root's PATH looks.
        let path = std::env::var_os("PATH").map_or_else(String::new, |path| path.to_string_lossy().into_owned());
        let mut command = Command::new("pgbouncer");
        command.env("PATH", format!("{path}:/usr/sbin")).arg("--quiet").arg(directory.join("settings.ini"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if nix::unistd::geteuid().is_root() {
            // It refuses to be root, as PostgreSQL does.
            let user = nix::unistd::User::from_name("nobody").unwrap().expect("a user without rights");
            for file in ["", "settings.ini", "users"] {
                chown(directory.join(file), Some(user.uid.as_raw()), Some(user.gid.as_raw())).unwrap();
            }
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        let process = command.spawn().unwrap_or_else(|error| {
            panic!(
                "NOT RUN: PgBouncer cannot be started ({error}); install the package pgbouncer, as scripts/test does"
            )
        });
        let bouncer = Self { directory, process };
        let probe = bouncer.config(clinics[0]);
        for _ in 0..200 {
            if try_connect(&probe).await.is_ok() {
                return bouncer;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        let log = std::fs::read_to_string(bouncer.directory.join("log")).unwrap_or_default();
        panic!("PgBouncer did not answer: {log}");
    }

    fn config(&self, clinic: &Credentials) -> Config {
        let mut config = Config::new();
        config.host_path(&self.directory).port(Self::PORT).dbname(&clinic.name).user(&clinic.name);
        config.password(clinic.password.expose_secret());
        config
    }
}

/// A client of the pooler's, with what it may see.
struct Guest<'a> {
    hand: &'a Hand,
    client: Client,
    config: Config,
    name: &'static str,
    secret: &'static str,
}

impl Guest<'_> {
    async fn opened(&self, role: &'static str, sql: &str) -> Outcome {
        let outcome =
            send(&self.client, &format!("{}; {sql}", self.hand.opening(role, &self.hand.context(role)))).await;
        let end = if outcome.is_ok() { "COMMIT" } else { "ROLLBACK" };
        self.client.batch_execute(end).await.unwrap();
        outcome
    }

    /// A few transactions of different kinds and roles; which of them come in which order differs from guest to guest.
    async fn visit(&mut self, turn: usize) -> usize {
        const NAMES: &str = "SELECT last_name FROM patients";
        const RECORDS: &str = "SELECT title FROM medical_records";
        match turn % 7 {
            0 => assert_eq!(self.opened(SECRETARY, NAMES).await, rows([self.name])),
            1 => assert_eq!(self.opened(PRACTITIONER, RECORDS).await, rows([self.secret])),
            2 => assert_eq!(self.opened(SECRETARY, RECORDS).await, refused("42501")),
            // Whoever comes next on the server's connection without an opening.
            3 => {
                let left = "SELECT current_user = session_user, current_setting('role'), coalesce(current_setting('app.ctx', true), '')";
                assert_eq!(send(&self.client, left).await, rows(["t|none|"]));
            }
            4 => {
                let table = format!("SELECT * FROM {}.patients", self.hand.name);
                assert_eq!(send(&self.client, &table).await, refused("42501"));
            }
            5 => {
                let bare = format!("BEGIN; SET LOCAL ROLE {ADMIN}; SELECT * FROM {}.patients", self.hand.name);
                assert_eq!(send(&self.client, &bare).await, refused("MP001"));
                self.client.batch_execute("ROLLBACK").await.unwrap();
            }
            // Gone in the middle of a transaction, role and context set.
            _ if turn.is_multiple_of(5) => {
                let opening = self.hand.opening(ADMIN, &self.hand.context(ADMIN));
                self.client.batch_execute(&opening).await.unwrap();
                self.client = try_connect(&self.config).await.unwrap();
            }
            _ => assert_eq!(self.opened(ADMIN, NAMES).await, rows([self.name])),
        }
        1
    }
}

#[tokio::test]
async fn thousands_of_requests_of_mixed_clinics_and_roles_share_connections_behind_pgbouncer_without_a_leak() {
    const GUESTS: usize = 6;
    const VISITS: usize = 250;
    let world = World::start().await;
    let (a, b) = (world.clinic("a").await, world.clinic("b").await);
    let (of_a, of_b) = (credentials(&world, a.id).await, credentials(&world, b.id).await);
    let (hand_a, hand_b) = (Hand::of(&world, &a).await, Hand::of(&world, &b).await);
    treasure(&a, &hand_a, "Abelard").await;
    treasure(&b, &hand_b, "Bernard").await;
    let bouncer = Bouncer::start(&[&of_a, &of_b]).await;

    let backends = "SELECT pg_backend_pid()";
    let guests = (0..2 * GUESTS).map(|number| {
        let (hand, credentials, name, secret) = if number % 2 == 0 {
            (&hand_a, &of_a, "Abelard", "Secret of Abelard")
        } else {
            (&hand_b, &of_b, "Bernard", "Secret of Bernard")
        };
        let config = bouncer.config(credentials);
        async move {
            let client = try_connect(&config).await.unwrap();
            let mut guest = Guest { hand, client, config, name, secret };
            let mut visits = 0;
            for turn in 0..VISITS {
                visits += guest.visit(turn + number).await;
            }
            let pid = send(&guest.client, backends).await.unwrap().remove(0);
            (visits, name, pid)
        }
    });
    let ended = futures_util::future::join_all(guests).await;
    let visits: usize = ended.iter().map(|(visits, ..)| visits).sum();
    assert_eq!(visits, 2 * GUESTS * VISITS);

    // They did share: many clients, one server connection a clinic.
    for name in ["Abelard", "Bernard"] {
        let mut pids: Vec<_> = ended.iter().filter(|(_, of, _)| *of == name).map(|(.., pid)| pid).collect();
        pids.sort_unstable();
        pids.dedup();
        assert!(pids.len() < GUESTS, "{name}: the last of {GUESTS} clients met {} server connections", pids.len());
    }
    // And A's login is no more let in to B's through the pooler than without it.
    let mut crossed = bouncer.config(&of_a);
    crossed.dbname(&of_b.name);
    let outcome = match try_connect(&crossed).await {
        Ok(client) => send(&client, "SELECT 1").await,
        Err(state) => Err(state),
    };
    assert!(outcome.is_err(), "{outcome:?}");
}
