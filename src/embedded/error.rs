//! What can go wrong with the private PostgreSQL, each said so that the operator knows what to do next.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// Why the private PostgreSQL could not be started or stopped. `Display` says what to do; no variant holds a secret.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Another process has this data directory.
    Busy {
        /// The data directory.
        directory: PathBuf,
        /// The other's process id, as it wrote it.
        holder: Option<String>,
    },
    /// No PostgreSQL server is installed.
    MissingBinaries,
    /// An environment variable names a directory without `initdb` and `postgres`.
    NotBinaries {
        /// The variable.
        variable: &'static str,
        /// Its value.
        directory: PathBuf,
    },
    /// Only versions below 15 are installed.
    TooOld {
        /// The newest one.
        version: u32,
        /// Where it is.
        directory: PathBuf,
    },
    /// The cluster was made by a version that is not installed (any more).
    WrongVersion {
        /// The version that made it.
        made_by: u32,
        /// The version that there is.
        found: u32,
        /// The cluster.
        cluster: PathBuf,
    },
    /// We are root, PostgreSQL refuses to be, and there is neither a user `postgres` nor `nobody`.
    NoServerUser,
    /// The cluster belongs to a user that we cannot become.
    NotOurs {
        /// The cluster.
        cluster: PathBuf,
        /// Its owner.
        owner: String,
    },
    /// The user that made the cluster can no longer reach it.
    Unreachable {
        /// The cluster.
        cluster: PathBuf,
        /// The user.
        user: String,
    },
    /// The cluster is there, the file with its superuser's password is not, or PostgreSQL refuses what it says.
    PasswordLost {
        /// The file.
        file: PathBuf,
        /// The cluster.
        cluster: PathBuf,
    },
    /// `initdb` failed.
    Initdb {
        /// What it said.
        output: String,
    },
    /// The server ended when it should not have.
    Died {
        /// How.
        status: ExitStatus,
        /// The end of its log.
        log: String,
    },
    /// The server lives but did not accept a connection in five minutes, or refused it for a reason of its own.
    NotReady {
        /// The last answer.
        answer: String,
        /// The end of its log.
        log: String,
    },
    /// A process that may or may not be an earlier run's server; starting next to it could destroy the data.
    Doubtful {
        /// The process.
        pid: i32,
        /// The file that names it.
        file: PathBuf,
    },
    /// The server did not end, not even after an immediate shutdown.
    StillRunning {
        /// The process.
        pid: i32,
    },
    /// The operating system refused something.
    Io {
        /// What we wanted to do, after "cannot".
        doing: String,
        /// Its answer.
        source: io::Error,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy { directory, holder } => {
                write!(f, "{} is in use by another process", directory.display())?;
                if let Some(holder) = holder {
                    write!(f, " ({holder})")?;
                }
                f.write_str(": stop that one first, or set MEDICALPRO_DATA to another directory")
            }
            Self::MissingBinaries => f.write_str(
                "no PostgreSQL server (15 or newer) found: run scripts/run, which installs it, or install it with \
                 `apt-get install postgresql` (Debian, Ubuntu) or `brew install postgresql@17` (macOS), or set \
                 MEDICALPRO_PG_BINDIR to the directory of its `initdb` and `postgres`",
            ),
            Self::NotBinaries { variable, directory } => write!(
                f,
                "{variable} is {}, which holds no working `initdb` and `postgres`: correct it or unset it",
                directory.display()
            ),
            Self::TooOld { version, directory } => write!(
                f,
                "PostgreSQL {version} in {} is too old: install 15 or newer (packages for every Debian and Ubuntu: \
                 https://wiki.postgresql.org/wiki/Apt)",
                directory.display()
            ),
            Self::WrongVersion { made_by, found, cluster } => write!(
                f,
                "{} was made by PostgreSQL {made_by}, and only {found} was found: install {made_by}, set \
                 MEDICALPRO_PG_BINDIR to it, or use another data directory",
                cluster.display()
            ),
            Self::NoServerUser => f.write_str(
                "PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody` to run it as: \
                 run this as an ordinary user",
            ),
            Self::NotOurs { cluster, owner } => write!(
                f,
                "{} belongs to {owner}: run this as {owner} or as root, or use another data directory",
                cluster.display()
            ),
            Self::Unreachable { cluster, user } => write!(
                f,
                "the user {user}, who runs PostgreSQL, can no longer reach {}: allow it to enter the directories above \
                 (chmod o+x), or use another data directory",
                cluster.display()
            ),
            Self::PasswordLost { file, cluster } => write!(
                f,
                "{} does not hold the password of the cluster in {}: put it back, or delete both to begin anew",
                file.display(),
                cluster.display()
            ),
            Self::Initdb { output } => write!(f, "initdb could not make a cluster; it said:\n{output}"),
            Self::Died { status, log } => write!(f, "PostgreSQL ended unexpectedly ({status}); its log ends:\n{log}"),
            Self::NotReady { answer, log } => {
                write!(f, "PostgreSQL does not accept connections ({answer}); its log ends:\n{log}")
            }
            Self::Doubtful { pid, file } => write!(
                f,
                "process {pid} may be the PostgreSQL of an earlier run: stop it, or delete {} if it is something else",
                file.display()
            ),
            Self::StillRunning { pid } => {
                write!(f, "PostgreSQL (process {pid}) does not stop: look at it, then kill it")
            }
            Self::Io { doing, source } => write!(f, "cannot {doing}: {source}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Says what was being done when the operating system refused it.
pub(super) trait Doing<T> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Error>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Error> {
        self.map_err(|source| Error::Io { doing: what(), source })
    }
}
