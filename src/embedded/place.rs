//! The data directory: who may use it, where in it (or instead of it) the cluster lies, and which user runs the server.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, lchown};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use aws_lc_rs::digest;
use nix::unistd::{Uid, User, geteuid};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::process::Command;

use super::error::{Doing as _, Error};

/// Where root keeps the clusters whose data directory the server's user cannot reach.
const ELSEWHERE: &str = "/var/lib/medicalpro";

/// A data directory that is ours alone for as long as this value lives.
#[derive(Debug)]
pub(super) struct Place {
    data_dir: PathBuf,
    home: PathBuf,
    server_user: Option<ServerUser>,
    locks: Vec<File>,
}

/// The user that the server runs as, when that is not the invoking one: we are root, and PostgreSQL refuses to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ServerUser {
    pub uid: u32,
    pub gid: u32,
    name: String,
}

impl Place {
    /// Makes the directory if need be, locks it before touching anything in it, and settles where the cluster lies.
    pub async fn claim(data_dir: &Path) -> Result<Self, Error> {
        // Root lets others pass through, because the server's user must; what is secret in here is closed by itself.
        let mode = if geteuid().is_root() { 0o711 } else { 0o700 };
        make_directory(data_dir, mode)?;
        let data_dir = fs::canonicalize(data_dir).doing(|| format!("find {}", data_dir.display()))?;
        let lock = lock(&data_dir.join("lock"), &data_dir)?;
        let mut place = Self { home: data_dir.join("postgres"), server_user: None, locks: vec![lock], data_dir };
        place.settle().await?;
        Ok(place)
    }

    async fn settle(&mut self) -> Result<(), Error> {
        let record = self.data_dir.join("postgres-location");
        if let Some(elsewhere) = read_if_there(&record)? {
            let elsewhere = PathBuf::from(elsewhere.trim_end());
            // Root gives what it says to the server's user: it must not be talked into giving away another directory.
            if elsewhere.parent() != Some(Path::new(ELSEWHERE)) {
                let doubt = io::Error::other(format!("it names {}, which is not in {ELSEWHERE}", elsewhere.display()));
                return Err(doubt).doing(|| format!("believe {}", record.display()));
            }
            return self.settle_elsewhere(elsewhere);
        }
        self.settle_at_home()?;
        if self.reachable().await? {
            return Ok(());
        }
        if self.made_by()?.is_some() {
            let user = self.server_user.as_ref().map(|user| user.name.clone()).unwrap_or_default();
            return Err(Error::Unreachable { cluster: self.cluster(), user });
        }
        let elsewhere = elsewhere(&self.data_dir);
        write_private(&record, &elsewhere.display().to_string())?;
        remove_if_empty(&self.home)?;
        self.settle_elsewhere(elsewhere)
    }

    fn settle_elsewhere(&mut self, home: PathBuf) -> Result<(), Error> {
        if geteuid().is_root() {
            make_directory(Path::new(ELSEWHERE), 0o755)?;
            // A copied data directory names the same cluster, and has a lock of its own.
            self.locks.push(lock(&home.with_extension("lock"), &home)?);
        }
        self.home = home;
        self.settle_at_home()
    }

    /// Makes the home, and decides who runs the server: the home's owner, so that a cluster stays with whom it was made by.
    fn settle_at_home(&mut self) -> Result<(), Error> {
        make_directory(&self.home, 0o700)?;
        let doing = || format!("use {}", self.home.display());
        let metadata = fs::symlink_metadata(&self.home).doing(doing)?;
        if !metadata.is_dir() {
            return Err(io::Error::from(io::ErrorKind::NotADirectory)).doing(doing);
        }
        let (owner, me) = (Uid::from_raw(metadata.uid()), geteuid());
        if !me.is_root() {
            return if owner == me {
                Ok(())
            } else {
                Err(Error::NotOurs { cluster: self.cluster(), owner: name_of(owner) })
            };
        }
        let user = if owner.is_root() {
            let user = unprivileged_user()?;
            lchown(&self.home, Some(user.uid), Some(user.gid)).doing(doing)?;
            user
        } else {
            ServerUser { uid: metadata.uid(), gid: metadata.gid(), name: name_of(owner) }
        };
        self.server_user = Some(user);
        Ok(())
    }

    /// Whether the server's user can get to the home: a directory above it may be closed to all but its owner.
    async fn reachable(&self) -> Result<bool, Error> {
        if self.server_user.is_none() {
            return Ok(true);
        }
        let test = r#"test -x "$1" && test -w "$1""#;
        let output = self.shell(test).arg(&self.home).output().await.doing(|| "run sh".into())?;
        Ok(output.status.success())
    }

    /// The cluster's own directory, PostgreSQL's `PGDATA`.
    pub fn cluster(&self) -> PathBuf {
        self.home.join("data")
    }

    /// The directory around it, which belongs to the server's user.
    pub fn home(&self) -> &Path {
        &self.home
    }

    pub fn server_user(&self) -> Option<&ServerUser> {
        self.server_user.as_ref()
    }

    /// The major version that made the cluster; `None` if there is none yet.
    pub fn made_by(&self) -> Result<Option<u32>, Error> {
        let file = self.cluster().join("PG_VERSION");
        let version = read_if_there(&file)?;
        version
            .map(|version| version.trim().parse().map_err(io::Error::other))
            .transpose()
            .doing(|| format!("understand {}", file.display()))
    }

    pub fn password_file(&self) -> PathBuf {
        self.data_dir.join("postgres-password")
    }

    pub fn password(&self) -> Result<SecretString, Error> {
        let lost = || Error::PasswordLost { file: self.password_file(), cluster: self.cluster() };
        let password = read_if_there(&self.password_file())?.ok_or_else(lost)?;
        Ok(password.trim_end().into())
    }

    pub fn keep_password(&self, password: &SecretString) -> Result<(), Error> {
        write_private(&self.password_file(), password.expose_secret())
    }

    /// The last run's port.
    pub fn last_port(&self) -> Option<u16> {
        fs::read_to_string(self.data_dir.join("postgres-port")).ok()?.trim_end().parse().ok()
    }

    pub fn keep_port(&self, port: u16) -> Result<(), Error> {
        write_private(&self.data_dir.join("postgres-port"), &format!("{port}\n"))
    }

    /// A new log for the server, and the one of the run before put aside.
    pub fn new_log(&self) -> Result<File, Error> {
        let log = self.log();
        if log.exists() {
            fs::rename(&log, log.with_extension("log.1")).doing(|| format!("put {} aside", log.display()))?;
        }
        let mut options = OpenOptions::new();
        options.create_new(true).append(true).mode(0o600).open(&log).doing(|| format!("write {}", log.display()))
    }

    fn log(&self) -> PathBuf {
        self.data_dir.join("postgres.log")
    }

    /// The log's last lines. Our settings keep what users wrote out of it.
    pub fn log_tail(&self) -> String {
        let log = fs::read(self.log()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().rev().take(12).collect();
        lines.into_iter().rev().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
    }

    /// A command run as the server's user, with nothing of our environment but what finds programs and their libraries:
    /// the server must not inherit our secrets. Root's supplementary groups are dropped by `uid` itself.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        // That user need not be able to enter the directory that we are in.
        command.env_clear().current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        for kept in ["PATH", "LD_LIBRARY_PATH"] {
            command.envs(std::env::var_os(kept).map(|value| (kept, value)));
        }
        // English messages, which `Server` reads; and macOS fails to start a server without a locale.
        command.env("LC_ALL", "C");
        if let Some(user) = &self.server_user {
            command.uid(user.uid).gid(user.gid);
        }
        command
    }

    /// A shell script run as the server's user; its arguments are added by the caller.
    pub fn shell(&self, script: &str) -> Command {
        let mut command = self.command("sh");
        command.args(["-c", script, "sh"]);
        command
    }

    /// Deletes what this module made and nothing else, the lock last; the directories only if that leaves them empty.
    pub fn remove(self) -> Result<(), Error> {
        remove_directory(&self.cluster())?;
        let mut files: Vec<PathBuf> = Vec::new();
        remove_if_empty(&self.home)?;
        if !self.home.starts_with(&self.data_dir) {
            files.push(self.home.with_extension("lock"));
        }
        let names =
            ["postgres-location", "postgres-password", "postgres-port", "postgres.log", "postgres.log.1", "lock"];
        files.extend(names.map(|name| self.data_dir.join(name)));
        for file in files {
            remove_if_there(&file).doing(|| format!("delete {}", file.display()))?;
        }
        remove_if_empty(&self.data_dir)
    }
}

/// Locks a file for as long as it stays open; the file itself stays, since who deletes it lets two hold "the" lock.
fn lock(path: &Path, directory: &Path) -> Result<File, Error> {
    let doing = || format!("lock {}", path.display());
    // Root must not write through a link that another user made.
    if path.is_symlink() {
        return Err(io::Error::other("it is a symbolic link")).doing(doing);
    }
    let mut options = OpenOptions::new();
    let mut file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path).doing(doing)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::Error(error)) => return Err(error).doing(doing),
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Only to be helpful: the other may not have written it yet.
            let _ = file.read_to_string(&mut holder);
            let holder = Some(holder.trim().to_owned()).filter(|holder| !holder.is_empty());
            return Err(Error::Busy { directory: directory.to_owned(), holder });
        }
    }
    file.set_len(0).and_then(|()| file.rewind()).doing(doing)?;
    writeln!(file, "process {}", std::process::id()).doing(doing)?;
    Ok(file)
}

/// The same for the same directory, whenever asked.
fn elsewhere(data_dir: &Path) -> PathBuf {
    let hash = digest::digest(&digest::SHA256, data_dir.as_os_str().as_encoded_bytes());
    Path::new(ELSEWHERE).join(hex::encode(hash.as_ref().get(..8).unwrap_or_default()))
}

fn unprivileged_user() -> Result<ServerUser, Error> {
    for name in ["postgres", "nobody"] {
        let user = User::from_name(name).map_err(io::Error::from).doing(|| format!("look up the user {name}"))?;
        if let Some(user) = user.filter(|user| !user.uid.is_root()) {
            return Ok(ServerUser { uid: user.uid.as_raw(), gid: user.gid.as_raw(), name: user.name });
        }
    }
    Err(Error::NoServerUser)
}

fn name_of(uid: Uid) -> String {
    User::from_uid(uid).ok().flatten().map_or_else(|| format!("user {uid}"), |user| user.name)
}

fn make_directory(path: &Path, mode: u32) -> Result<(), Error> {
    DirBuilder::new().recursive(true).mode(mode).create(path).doing(|| format!("make {}", path.display()))
}

pub(super) fn remove_directory(path: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).doing(|| format!("delete {}", path.display()))
        }
        _ => Ok(()),
    }
}

fn remove_if_empty(path: &Path) -> Result<(), Error> {
    match fs::remove_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::DirectoryNotEmpty => {
            Err(error).doing(|| format!("delete {}", path.display()))
        }
        _ => Ok(()),
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn read_if_there(path: &Path) -> Result<Option<String>, Error> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some).doing(|| format!("read {}", path.display())),
    }
}

/// Replaces a file as a whole, or not at all; only the invoking user may read it.
fn write_private(path: &Path, content: &str) -> Result<(), Error> {
    let new = path.with_extension("new");
    let write = || {
        let mut file = private_file(&new)?;
        file.write_all(content.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    write().doing(|| format!("write {}", path.display()))
}

/// A new file in place of whatever bears its name, never through it: the directory may be another user's.
pub(super) fn private_file(path: &Path) -> io::Result<File> {
    remove_if_there(path)?;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    /// A directory of the test's own, deleted with the value.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("medicalpro-place-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).expect("a scratch directory");
            Self(path)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.0));
        }
    }

    #[test]
    fn the_second_to_lock_a_directory_is_told_which_and_by_whom() {
        let scratch = Scratch::new("lock");
        let path = scratch.0.join("lock");
        let held = lock(&path, &scratch.0).expect("the first");
        let refused = lock(&path, &scratch.0).expect_err("the second").to_string();
        assert!(refused.contains(&scratch.0.display().to_string()), "{refused}");
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
        drop(held);
        lock(&path, &scratch.0).expect("after the first has gone");
    }

    #[test]
    fn a_private_file_does_not_follow_a_link_and_is_ours_alone() {
        let scratch = Scratch::new("private");
        let (link, target) = (scratch.0.join("link"), scratch.0.join("target"));
        fs::write(&target, "untouched").expect("a target");
        std::os::unix::fs::symlink(&target, &link).expect("a link");
        write_private(&link, "secret").expect("written");
        assert_eq!(fs::read_to_string(&target).expect("the target"), "untouched");
        assert_eq!(fs::symlink_metadata(&link).expect("the file").permissions().mode() & 0o7777, 0o600);
    }

    #[test]
    fn the_place_elsewhere_depends_on_the_directory_alone() {
        let (one, other) = (elsewhere(Path::new("/srv/one")), elsewhere(Path::new("/srv/other")));
        assert_eq!(one, elsewhere(Path::new("/srv/one")));
        assert_ne!(one, other);
        assert_eq!(one.parent(), Some(Path::new(ELSEWHERE)));
    }
}
