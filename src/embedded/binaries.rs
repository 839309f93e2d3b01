//! Where PostgreSQL's programs are, and of which version.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::error::Error;
use super::place::Place;

/// The oldest version that the project's isolation is tested on.
const OLDEST: u32 = 15;

/// A directory with a PostgreSQL server's programs in it.
#[derive(Debug)]
pub(super) struct Binaries {
    directory: PathBuf,
    /// The major version.
    pub version: u32,
}

impl Binaries {
    /// The ones that a variable names; else the first that will do of `pg_config`'s, Debian's, Red Hat's and Homebrew's.
    /// An existing cluster needs the version that made it, even if a newer one has been installed since.
    pub async fn find(place: &Place) -> Result<Self, Error> {
        let made_by = place.made_by()?;
        let mut newest_unfit: Option<Self> = None;
        for found in installed().await? {
            if found.version >= OLDEST && made_by.is_none_or(|made_by| made_by == found.version) {
                return Ok(found);
            }
            if newest_unfit.as_ref().is_none_or(|newest| newest.version < found.version) {
                newest_unfit = Some(found);
            }
        }
        Err(match (newest_unfit, made_by) {
            (None, _) => Error::MissingBinaries,
            (Some(Self { directory, version }), None) => Error::TooOld { version, directory },
            (Some(Self { version: found, .. }), Some(made_by)) => {
                Error::WrongVersion { made_by, found, cluster: place.cluster() }
            }
        })
    }

    pub fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// `None` unless the directory holds a server that runs.
    async fn at(directory: PathBuf) -> Option<Self> {
        if !directory.join("initdb").is_file() {
            return None;
        }
        // Absolute, because the server is started from another directory.
        let directory = fs::canonicalize(directory).ok()?;
        let said = said(&directory.join("postgres"), "--version").await?;
        Some(Self { version: major(&said)?, directory })
    }
}

async fn installed() -> Result<Vec<Binaries>, Error> {
    // Who names a directory means that one and no other.
    for variable in ["MEDICALPRO_PG_BINDIR", "PG_BINDIR"] {
        if let Some(named) = env::var_os(variable).filter(|named| !named.is_empty()) {
            let directory = PathBuf::from(named);
            let found = Binaries::at(directory.clone()).await;
            return found.map(|found| vec![found]).ok_or(Error::NotBinaries { variable, directory });
        }
    }
    let mut found = Vec::new();
    let configured = said(Path::new("pg_config"), "--bindir").await.map(|said| PathBuf::from(said.trim()));
    for directory in configured.into_iter().chain(usual_directories()) {
        found.extend(Binaries::at(directory).await);
    }
    Ok(found)
}

/// The newest version first, whoever packaged it.
fn usual_directories() -> impl Iterator<Item = PathBuf> {
    let places = [
        ("/usr/lib/postgresql", ""),
        ("/usr", "pgsql-"),
        ("/opt/homebrew/opt", "postgresql@"),
        ("/usr/local/opt", "postgresql@"),
        ("/home/linuxbrew/.linuxbrew/opt", "postgresql@"),
    ];
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    for (parent, prefix) in places {
        // A parent that is absent or closed to us holds nothing for us.
        for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let version =
                name.to_str().and_then(|name| name.strip_prefix(prefix)).and_then(|version| version.parse().ok());
            found.extend(version.map(|version| (version, entry.path().join("bin"))));
        }
    }
    found.sort_by_key(|&(version, _)| std::cmp::Reverse(version));
    found.into_iter().map(|(_, directory)| directory)
}

async fn said(program: &Path, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).output().await.ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// `postgres (PostgreSQL) 15.18 (Debian …)` is 15, `… 19beta1` is 19.
fn major(version_line: &str) -> Option<u32> {
    let (_, version) = version_line.split_once("(PostgreSQL) ")?;
    let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    version.get(..digits)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_releases_and_betas() {
        assert_eq!(major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 19beta1\n"), Some(19));
        assert_eq!(major("postgres (PostgreSQL) 20devel"), Some(20));
        assert_eq!(major("postgres (Something) 15"), None);
    }
}
