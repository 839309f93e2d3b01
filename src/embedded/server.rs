//! The server's process: started, waited for, stopped, and found again when an earlier run left one behind.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::process::Child;
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, NoTls};

use super::binaries::Binaries;
use super::error::{Doing as _, Error};
use super::place::Place;

/// A fast shutdown first, an immediate one if that hangs, each given 10 seconds.
const WAYS_TO_STOP: [Signal; 2] = [Signal::SIGINT, Signal::SIGQUIT];
const PATIENCE: Duration = Duration::from_secs(10);
/// Recovery from a crash replays the log since the last checkpoint, which may take a while.
const READY_WITHIN: Duration = Duration::from_mins(5);

/// A server that is our child and accepts connections, and the watcher that ends it if we are killed.
#[derive(Debug)]
pub(super) struct Server {
    postgres: Child,
    // Its standard input is a pipe that only we hold: dropping it, or dying, tells it that we are gone.
    watcher: Option<Child>,
    pub port: u16,
}

/// What the caller may choose.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub durable: bool,
    pub max_connections: u16,
}

impl Settings {
    fn arguments(self, port: u16) -> Vec<String> {
        let mut settings = vec![
            // Loopback alone: a socket's path may be too long for the operating system, and gives nothing more.
            "listen_addresses=127.0.0.1".to_owned(),
            "unix_socket_directories=".to_owned(),
            format!("port={port}"),
            format!("max_connections={}", self.max_connections),
            "password_encryption=scram-sha-256".to_owned(),
            "cluster_name=medicalpro".to_owned(),
            "timezone=UTC".to_owned(),
            // Many small databases: autovacuum divides its nap among them, and creating them writes in bursts.
            "autovacuum_naptime=5min".to_owned(),
            "max_wal_size=2GB".to_owned(),
            "checkpoint_timeout=15min".to_owned(),
            "jit=off".to_owned(),
            // The language of the policies' functions: loaded once rather than by every connection.
            "shared_preload_libraries=plpgsql".to_owned(),
            // Patients' data must not reach the log: no statements, no parameters, no DETAIL ("Key (email)=(…)"), and no
            // ERROR at all, whose message may quote a value. `log` ranks above `error` and below `fatal`.
            "logging_collector=off".to_owned(),
            "log_destination=stderr".to_owned(),
            "log_timezone=UTC".to_owned(),
            "log_min_messages=log".to_owned(),
            "log_error_verbosity=terse".to_owned(),
            "log_min_error_statement=panic".to_owned(),
            "log_statement=none".to_owned(),
            "log_min_duration_statement=-1".to_owned(),
            "log_parameter_max_length=0".to_owned(),
            "log_parameter_max_length_on_error=0".to_owned(),
            "log_checkpoints=off".to_owned(),
        ];
        if cfg!(target_os = "linux") {
            // One call instead of opening each of the many thousand files after a crash.
            settings.push("recovery_init_sync_method=syncfs".to_owned());
        }
        if !self.durable {
            settings.extend(["fsync=off", "full_page_writes=off", "synchronous_commit=off"].map(str::to_owned));
        }
        settings
    }
}

impl Server {
    /// Starts it on a free port and waits until it accepts a connection.
    pub async fn start(
        place: &Place,
        binaries: &Binaries,
        settings: Settings,
        password: &SecretString,
        say: &(dyn Fn(&str) + Send + Sync),
    ) -> Result<Self, Error> {
        let mut tries = 5;
        loop {
            let mut server = Self::spawn(place, binaries, settings)?;
            match server.ready(place, password, say).await {
                Ok(()) => {
                    place.keep_port(server.port)?;
                    return Ok(server);
                }
                // The port was free when we looked, or a killed server's last processes are still letting go.
                Err(Error::Died { log, .. }) if tries > 0 && passes(&log) => tries -= 1,
                Err(error) => {
                    // What it was refused for matters more than how it stops.
                    let _ = server.stop().await;
                    return Err(error);
                }
            }
            sleep(Duration::from_millis(500)).await;
        }
    }

    fn spawn(place: &Place, binaries: &Binaries, settings: Settings) -> Result<Self, Error> {
        let port = free_port(place.last_port()).doing(|| match place.last_port() {
            Some(port) => format!("listen on port {port}, which the data in {} is bound to", place.cluster().display()),
            None => "find a free port".into(),
        })?;
        let log = place.new_log()?;
        let mut command = place.command(binaries.program("postgres"));
        command.arg("-D").arg(place.cluster());
        for setting in settings.arguments(port) {
            command.args(["-c", &setting]);
        }
        let log_again = log.try_clone().doing(|| "share the log".into())?;
        // In a process group of its own the terminal's Ctrl-C does not reach it: requests are drained first.
        let spawned = command.stdout(log_again).stderr(log).process_group(0).spawn();
        let postgres = spawned.doing(|| format!("run {}", binaries.program("postgres").display()))?;
        let mut server = Self { postgres, watcher: None, port };
        server.watcher = Some(server.watch(place)?);
        Ok(server)
    }

    /// `kill -9` gives us no chance to stop the server; a small shell that outlives us does it then.
    fn watch(&self, place: &Place) -> Result<Child, Error> {
        let script = r#"while read -r line; do :; done
            test "$(head -n 1 "$2/postmaster.pid")" = "$1" && kill -INT "$1""#;
        let pid = self.postgres.id().unwrap_or_default().to_string();
        let mut command = place.shell(script);
        command.arg(pid).arg(place.cluster()).stdin(Stdio::piped()).process_group(0);
        command.spawn().doing(|| "run sh".into())
    }

    async fn ready(
        &mut self,
        place: &Place,
        password: &SecretString,
        say: &(dyn Fn(&str) + Send + Sync),
    ) -> Result<(), Error> {
        let began = Instant::now();
        let mut said = false;
        let mut pause = Duration::from_millis(10);
        loop {
            if let Some(status) = self.postgres.try_wait().doing(|| "wait for PostgreSQL".into())? {
                return Err(Error::Died { status, log: place.log_tail() });
            }
            let answer = match connect(self.port, password).await {
                Ok(()) => return Ok(()),
                Err(answer) => answer,
            };
            match answer.code() {
                // Not yet listening, or it says that it is starting up.
                None | Some(&SqlState::CANNOT_CONNECT_NOW) if began.elapsed() < READY_WITHIN => {}
                Some(&SqlState::INVALID_PASSWORD) => {
                    return Err(Error::PasswordLost { file: place.password_file(), cluster: place.cluster() });
                }
                _ => return Err(Error::NotReady { answer: answer.to_string(), log: place.log_tail() }),
            }
            if !said && began.elapsed() > Duration::from_secs(2) {
                say("waiting for PostgreSQL, which recovers from an unclean stop");
                said = true;
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(250));
        }
    }

    /// Waits until it ends by itself.
    pub async fn ended(&mut self) -> Result<ExitStatus, Error> {
        self.postgres.wait().await.doing(|| "wait for PostgreSQL".into())
    }

    /// Stops it and says how it ended, which may have been before.
    pub async fn stop(&mut self) -> Result<ExitStatus, Error> {
        for signal in WAYS_TO_STOP {
            self.tell(signal);
            if let Ok(ended) = timeout(PATIENCE, self.postgres.wait()).await {
                let status = ended.doing(|| "wait for PostgreSQL".into())?;
                self.dismiss_watcher().await;
                return Ok(status);
            }
        }
        Err(Error::StillRunning { pid: self.pid().map_or(0, Pid::as_raw) })
    }

    async fn dismiss_watcher(&mut self) {
        if let Some(mut watcher) = self.watcher.take() {
            drop(watcher.stdin.take());
            // It has nothing left to stop and ends at once; if it could not be waited for, it is no one's concern.
            let _ = watcher.wait().await;
        }
    }

    fn tell(&self, signal: Signal) {
        if let Some(pid) = self.pid() {
            // It may have ended this moment. It is not reaped, so the number is still its own.
            let _ = kill(pid, signal);
        }
    }

    /// `None` once it has ended and been reaped: the number may be another's by then.
    fn pid(&self) -> Option<Pid> {
        self.postgres.id().and_then(|pid| i32::try_from(pid).ok()).map(Pid::from_raw)
    }
}

impl Drop for Server {
    /// The last resort of a panicking test or a cancelled start: told to stop, not waited for.
    fn drop(&mut self) {
        self.tell(Signal::SIGINT);
    }
}

/// Stops a server that an earlier run left behind when it was killed; one that is dead needs nothing, PostgreSQL recovers.
pub(super) async fn end_leftover(place: &Place, say: &(dyn Fn(&str) + Send + Sync)) -> Result<(), Error> {
    let file = place.cluster().join("postmaster.pid");
    let named = || std::fs::read_to_string(&file).ok()?.lines().next()?.trim().parse::<i32>().ok();
    let Some(pid) = named().filter(|&pid| pid > 1) else { return Ok(()) };
    let us = std::process::id().to_string();
    let output = place.shell(WHOSE).arg(pid.to_string()).arg(place.cluster()).arg(us).output().await;
    match output.doing(|| "run sh".into())?.status.code() {
        Some(0) => {}
        Some(1) => return Ok(()),
        _ => return Err(Error::Doubtful { pid, file }),
    }
    say("an earlier run was killed and left its PostgreSQL behind: stopping that one");
    for signal in WAYS_TO_STOP {
        let _ = kill(Pid::from_raw(pid), signal);
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            // It deletes the file as its last act; killed again, it leaves the file and is gone.
            if named() != Some(pid) || kill(Pid::from_raw(pid), None).is_err() {
                return Ok(());
            }
            sleep(Duration::from_millis(20)).await;
        }
    }
    Err(Error::StillRunning { pid })
}

/// Asks, as the server's user, who process $1 of cluster $2 is; $3 is our own process id. 0: its server. 1: nothing to stop.
///
/// Another user's process does not keep PostgreSQL from starting, but one of the same user with a dead server's number does
/// (after a restart of a machine or container), and so does a dead one that nobody has reaped. Deleting the file would also
/// lose its guard against surviving backends, so the dead number is replaced by ours: PostgreSQL knows that its parent
/// is not a server.
const WHOSE: &str = r#"
kill -0 "$1" 2>/dev/null || exit 1
if test -d /proc/self; then
    if ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status"; then
        test "/proc/$1/cwd" -ef "$2" && exit 0
        test -e "/proc/$1/cwd" || exit 2
    fi
else
    case "$(ps -ww -o command= -p "$1")" in *"$2"*) exit 0 ;; esac
fi
{ echo "$3"; tail -n +2 "$2/postmaster.pid"; } >"$2/postmaster.pid.new" &&
    mv "$2/postmaster.pid.new" "$2/postmaster.pid" && exit 1
exit 2
"#;

/// Whether what the log says is over in a moment.
fn passes(log: &str) -> bool {
    log.contains("Address already in use") || log.contains("pre-existing shared memory block")
}

/// The last one, since what is stored inside may name it, as clinics' sealed credentials do; any free one the first time.
fn free_port(last: Option<u16>) -> io::Result<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, last.unwrap_or(0)))?.local_addr().map(|address| address.port())
}

async fn connect(port: u16, password: &SecretString) -> Result<(), tokio_postgres::Error> {
    let mut config = Config::new();
    config.host("127.0.0.1").port(port).user("postgres").dbname("postgres").password(password.expose_secret());
    config.connect_timeout(Duration::from_secs(5)).application_name("medicalpro start");
    // It has logged in when this returns. Both halves are dropped: nothing more is asked.
    config.connect(NoTls).await.map(drop)
}
