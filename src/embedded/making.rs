//! Making a cluster, once for a data directory.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::fchown;
use std::path::Path;
use std::process::{Output, Stdio};

use aws_lc_rs::rand;
use secrecy::{ExposeSecret as _, SecretString};

use super::binaries::Binaries;
use super::error::{Doing as _, Error};
use super::place::{Place, private_file, remove_directory};

/// Runs `initdb` in a directory beside the final one, which is renamed when complete: an interrupted one is never taken
/// for a cluster, and is thrown away here.
pub(super) async fn make(
    place: &Place,
    binaries: &Binaries,
    durable: bool,
    say: &(dyn Fn(&str) + Send + Sync),
) -> Result<(), Error> {
    let unfinished = place.home().join("data.new");
    if unfinished.exists() {
        say("an earlier initdb was interrupted: beginning anew");
        remove_directory(&unfinished)?;
    }
    say(&format!("making a PostgreSQL {} cluster in {}", binaries.version, place.cluster().display()));
    let password = random_password()?;
    // Kept before the cluster can exist, which would be lost without it.
    place.keep_password(&password)?;
    let password_file = place.home().join("initdb-password");
    let output = match hand_over(place, &password_file, &password) {
        Ok(()) => initdb(place, binaries, durable, &unfinished, &password_file).await,
        Err(error) => Err(error),
    };
    fs::remove_file(&password_file).doing(|| format!("delete {}", password_file.display()))?;
    let output = output.doing(|| "run initdb".into())?;
    if !output.status.success() {
        return Err(Error::Initdb { output: String::from_utf8_lossy(&output.stderr).trim().to_owned() });
    }
    let finish = || {
        fs::rename(&unfinished, place.cluster())?;
        // So that the rename outlives a power cut, as the files do.
        File::open(place.home())?.sync_all()
    };
    finish().doing(|| format!("make {}", place.cluster().display()))
}

/// Writes the password where initdb, run as the server's user, reads it, and nobody else can.
fn hand_over(place: &Place, file: &Path, password: &SecretString) -> io::Result<()> {
    let mut file = private_file(file)?;
    if let Some(user) = place.server_user() {
        fchown(&file, Some(user.uid), Some(user.gid))?;
    }
    file.write_all(password.expose_secret().as_bytes())
}

async fn initdb(
    place: &Place,
    binaries: &Binaries,
    durable: bool,
    cluster: &Path,
    password_file: &Path,
) -> io::Result<Output> {
    // C.UTF-8 knows letters beyond ASCII; only Linux is sure to have it. Both sort by code point, the same everywhere.
    let locale = if cfg!(target_os = "linux") { "C.UTF-8" } else { "C" };
    let mut command = place.command(binaries.program("initdb"));
    command
        .args(["--username=postgres", "--auth-local=scram-sha-256", "--auth-host=scram-sha-256"])
        .args(["--data-checksums", "--encoding=UTF8", "--no-instructions"])
        .arg(format!("--locale={locale}"))
        .arg("--pwfile")
        .arg(password_file)
        .arg("--pgdata")
        .arg(cluster);
    if !durable {
        command.arg("--no-sync");
    }
    // Unlike the server it stays in our process group: it cleans up after a Ctrl-C by itself.
    command.stderr(Stdio::piped()).kill_on_drop(true).output().await
}

/// 192 bits in hexadecimal: nothing to escape in a URL, and no new line.
fn random_password() -> Result<SecretString, Error> {
    let mut bytes = [0_u8; 24];
    rand::fill(&mut bytes)
        .map_err(|_| io::Error::other("the random generator failed"))
        .doing(|| "make a password".into())?;
    Ok(hex::encode(bytes).into())
}
