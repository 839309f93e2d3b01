//! The private PostgreSQL of a developer's machine and of the tests.
//!
//! Owns one cluster under one data directory: its files, its superuser's password, its server process. The `dev` and
//! `cluster` commands call it, and tests that were given no server to use. It never touches a cluster it did not make.
//!
//! The invariant: at most one [`Cluster`] exists for a data directory, and its server does not outlive it. A lock file,
//! taken before anything else and held for the life of the value, gives the first half. Three things give the second:
//! [`Cluster::stop`], its `Drop`, and a watcher process that stops the server when even `kill -9` ended us. Where all three
//! were killed, the next start stops what is left before it begins.
//!
//! ```text
//! <data dir>/lock                 held while we live; names the process
//!            postgres/            the cluster, owned by the user that the server runs as
//!            postgres-location    only if that user cannot reach this directory: where the cluster is instead
//!            postgres-password    the superuser's, for the invoking user's eyes only
//!            postgres-port        the loopback port, kept from start to start where it is still free
//!            postgres.log         of this run, and .1 of the run before
//! ```

mod binaries;
mod error;
mod making;
mod place;
mod server;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitStatus;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use binaries::Binaries;
use error::Doing as _;
pub use error::Error;
use place::Place;
use server::Server;

/// What [`start`] needs to know.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "a callback has none")]
pub struct Options<'a> {
    /// The directory that everything is kept under; made if absent.
    pub data_dir: PathBuf,
    /// `false` trades safety against a power cut for speed (`fsync` off): for tests only.
    pub durable: bool,
    /// PostgreSQL's `max_connections`.
    pub max_connections: u16,
    /// Told, in a line each, what takes time or is worth knowing.
    pub say: &'a (dyn Fn(&str) + Send + Sync),
}

/// A running private PostgreSQL. Dropping it tells the server to stop without waiting; prefer [`Cluster::stop`].
#[derive(Debug)]
pub struct Cluster {
    // Declared, and so dropped, before the place: the server is told to stop before the lock is given up.
    server: Server,
    place: Place,
    version: u32,
    password: SecretString,
}

/// Starts the private PostgreSQL of a data directory, making its cluster if there is none, and waits until it answers.
///
/// # Errors
/// Every [`Error`] says what to do about it; [`Error::Busy`] means that another process has the directory.
pub async fn start(options: Options<'_>) -> Result<Cluster, Error> {
    let Options { data_dir, durable, max_connections, say } = options;
    let place = Place::claim(&data_dir).await?;
    let binaries = Binaries::find(&place).await?;
    server::end_leftover(&place, say).await?;
    if place.made_by()?.is_none() {
        making::make(&place, &binaries, durable, say).await?;
    }
    let password = place.password()?;
    say(&format!("starting PostgreSQL {} in {}", binaries.version, place.cluster().display()));
    let server =
        Server::start(&place, &binaries, server::Settings { durable, max_connections }, &password, say).await?;
    Ok(Cluster { server, place, version: binaries.version, password })
}

impl Cluster {
    /// The superuser's connection string: `postgres://postgres:…@127.0.0.1:<port>/postgres`.
    #[must_use]
    pub fn admin_url(&self) -> SecretString {
        // The password is hexadecimal, so there is nothing to escape.
        let password = self.password.expose_secret();
        format!("postgres://postgres:{password}@127.0.0.1:{}/postgres", self.port()).into()
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.server.port
    }

    /// PostgreSQL's major version, 15 or newer.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Waits until the server ends by itself, which it never should. Safe to drop and call again.
    pub async fn ended(&mut self) -> Error {
        match self.server.ended().await {
            Ok(status) => self.died(status),
            Err(error) => error,
        }
    }

    /// Stops the server: open transactions are rolled back, and everything committed is on the disk.
    ///
    /// # Errors
    /// If the server had died before, or is still there after 20 seconds.
    pub async fn stop(mut self) -> Result<(), Error> {
        let status = self.server.stop().await?;
        if status.success() { Ok(()) } else { Err(self.died(status)) }
    }

    /// Stops the server and deletes its files; the data directory too, if nothing else is in it.
    ///
    /// # Errors
    /// If the server is still there after 20 seconds, or a file cannot be deleted.
    pub async fn remove(mut self) -> Result<(), Error> {
        self.server.stop().await?;
        self.place.remove()
    }

    fn died(&self, status: ExitStatus) -> Error {
        Error::Died { status, log: self.place.log_tail() }
    }
}

/// What ends [`run_until_told`] besides SIGINT, SIGTERM and SIGHUP, and what it leaves.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terms {
    /// Also stop when standard input ends: a script that holds a pipe's other end takes the cluster with it however it dies.
    pub stop_at_eof: bool,
    /// Delete the cluster once it has stopped, and the data directory if nothing else is in it.
    pub then_remove: bool,
}

/// The `cluster` command: starts the cluster, writes its admin URL as the only line on standard output, and stops it when told.
///
/// # Errors
/// Whatever [`start`] and [`Cluster::stop`] say, and [`Error::Died`] as soon as the server ends by itself.
pub async fn run_until_told(options: Options<'_>, terms: Terms) -> Result<(), Error> {
    // Before the start, so that a signal that comes while starting is kept and honoured right after.
    let mut told = Told::listen(terms.stop_at_eof)?;
    let mut cluster = start(options).await?;
    let mut stdout = std::io::stdout();
    // The one place where this secret is printed: whoever runs this command asked for it.
    writeln!(stdout, "{}", cluster.admin_url().expose_secret()).doing(|| "write to standard output".into())?;
    tokio::select! {
        () = told.wait() => {}
        error = cluster.ended() => return Err(error),
    }
    if terms.then_remove { cluster.remove().await } else { cluster.stop().await }
}

struct Told {
    interrupt: Signal,
    terminate: Signal,
    // The terminal was closed.
    hang_up: Signal,
    eof: Option<oneshot::Receiver<()>>,
}

impl Told {
    fn listen(stop_at_eof: bool) -> Result<Self, Error> {
        let listen = |kind| signal(kind).doing(|| "listen for signals".into());
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hang_up: listen(SignalKind::hangup())?,
            eof: stop_at_eof.then(end_of_stdin),
        })
    }

    async fn wait(&mut self) {
        let eof = async {
            match &mut self.eof {
                Some(eof) => drop(eof.await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
            () = eof => {}
        }
    }
}

/// Resolves when standard input ends. On a thread of its own: the runtime would wait for a blocked read before it could end.
fn end_of_stdin() -> oneshot::Receiver<()> {
    let (ended, eof) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        // An unreadable input counts as ended. The receiver may be gone, which is just as well.
        drop(std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
        drop(ended);
    });
    eof
}
