//! The real binary, run as a process of its own: to be read, told to stop, or killed.

use std::ffi::OsStr;
use std::process::{ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};

/// `medicalpro` with these arguments and settings, and none of our own environment's.
pub fn medicalpro<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>, settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_medicalpro"));
    for (name, _) in std::env::vars_os() {
        // Which PostgreSQL to test with is not ours to change.
        if name.to_str().is_some_and(|name| name.starts_with("MEDICALPRO_") && name != "MEDICALPRO_PG_BINDIR") {
            command.env_remove(name);
        }
    }
    command.args(arguments).envs(settings.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// Runs it to its end: exit code, standard output, standard error.
pub async fn run<S: AsRef<OsStr>>(
    arguments: impl IntoIterator<Item = S>,
    settings: &[(&str, &str)],
) -> (i32, String, String) {
    let running = medicalpro(arguments, settings).output();
    let Output { status, stdout, stderr } =
        tokio::time::timeout(Duration::from_mins(2), running).await.expect("it ends").unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap_or(-1), text(stdout), text(stderr))
}

/// A running `medicalpro`; killed when dropped.
pub struct Process {
    child: Child,
    said: Arc<Mutex<String>>,
}

impl Process {
    /// Starts it; what it says is collected.
    pub fn start<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>, settings: &[(&str, &str)]) -> Self {
        let mut child = medicalpro(arguments, settings).spawn().expect("it starts");
        let said = Arc::default();
        collect(child.stdout.take().unwrap(), &said);
        collect(child.stderr.take().unwrap(), &said);
        Self { child, said }
    }

    /// All it said so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Waits for a line with this text in it.
    pub async fn line(&mut self, text: &str) -> String {
        for _ in 0..6000 {
            if let Some(line) = self.said().lines().find(|line| line.contains(text)) {
                return line.to_owned();
            }
            assert!(self.child.try_wait().unwrap().is_none(), "it ended without {text:?}:\n{}", self.said());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it never said {text:?}, but:\n{}", self.said());
    }

    /// Its number.
    pub fn pid(&self) -> i32 {
        self.child.id().expect("it runs").try_into().unwrap()
    }

    /// `kill -9`; returns when it is gone.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// SIGTERM; how it ended and all it said.
    pub async fn terminate(mut self) -> (ExitStatus, String) {
        kill(Pid::from_raw(self.pid()), Signal::SIGTERM).unwrap();
        let status = tokio::time::timeout(Duration::from_mins(1), self.child.wait()).await.expect("it stops").unwrap();
        (status, self.said())
    }
}

fn collect(stream: impl AsyncRead + Unpin + Send + 'static, said: &Arc<Mutex<String>>) {
    let (said, mut lines) = (said.clone(), BufReader::new(stream).lines());
    tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            let mut said = said.lock().unwrap();
            said.push_str(&line);
            said.push('\n');
        }
    });
}

/// Whether there is a process of that number (a zombie that nobody has reaped is none).
pub fn lives(pid: i32) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    match state {
        Ok(stat) => !stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('Z')),
        Err(_) if std::path::Path::new("/proc/self").exists() => false,
        Err(_) => kill(Pid::from_raw(pid), None).is_ok(),
    }
}
