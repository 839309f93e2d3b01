//! The ways out: a directory of `.eml` files, or an SMTP server.

use std::fmt;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::OnceLock;
use std::time::Duration;

use chrono::{DateTime, Utc};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::{self, AsyncSmtpTransportBuilder, PoolConfig};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use mail_parser::MessageParser;
use url::Url;
use uuid::Uuid;

use super::Rendered;

/// How long the delivery of one mail may take from the connection's start to the server's last answer.
const SMTP_TIMEOUT: Duration = Duration::from_mins(1);

/// And each answer of the server: whoever is silent for so long is not waited for to the end.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// Connections that are kept for the next mails; one that has lain idle is asked (NOOP) whether it still stands.
const POOL: u32 = 4;

/// The largest file that [`read_directory`] reads; ours are far smaller.
const FILE_LIMIT: u64 = 1024 * 1024;

/// Where mail goes. Parsed from a setting:
///
/// | setting | meaning |
/// | --- | --- |
/// | `file:<directory>` | one `.eml` file a mail; the directory is made at the first |
/// | `smtps://[user:password@]host[:465][/helo-name]` | TLS from the first byte |
/// | `smtp://[user:password@]host[:587][/helo-name]` | STARTTLS, required; plain if the host is this machine (port 25) |
/// | `smtp://…?tls=required`, `opportunistic`, `none` | STARTTLS required; only if offered; never (port 25) |
///
/// User and password are percent-encoded. `opportunistic` and `none` let whoever is on the way read mails and credentials.
pub enum Transport {
    /// Mails become files, for development and tests.
    Directory(PathBuf),
    /// Mails go to a server.
    Smtp(Box<Smtp>),
}

/// An SMTP server and how to talk to it.
pub struct Smtp {
    builder: AsyncSmtpTransportBuilder,
    /// lettre starts a task when it is built, so it is built at the first mail, when there is surely a runtime.
    mailer: OnceLock<AsyncSmtpTransport<Tokio1Executor>>,
    /// Scheme, host and port, without credentials.
    server: String,
}

/// What is wrong with a setting, without quoting it: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettingError(&'static str);

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mail transport: {}", self.0)
    }
}

impl std::error::Error for SettingError {}

/// Why a mail was not sent. Holds neither its recipient nor its content, and none of the server's words, which often
/// repeat the recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendError {
    /// Whether trying again is pointless.
    pub permanent: bool,
    /// For the log and the outbox.
    pub reason: String,
}

impl SendError {
    fn permanent(reason: impl Into<String>) -> Self {
        Self { permanent: true, reason: reason.into() }
    }

    fn temporary(reason: impl Into<String>) -> Self {
        Self { permanent: false, reason: reason.into() }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.permanent { "refused for good" } else { "failed for now" };
        write!(f, "sending mail {kind}: {}", self.reason)
    }
}

impl std::error::Error for SendError {}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(directory) => f.debug_tuple("Directory").field(directory).finish(),
            Self::Smtp(smtp) => smtp.fmt(f),
        }
    }
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Smtp").field(&self.server).finish()
    }
}

impl FromStr for Transport {
    type Err = SettingError;

    fn from_str(setting: &str) -> Result<Self, Self::Err> {
        let Some((scheme, rest)) = setting.split_once(':') else {
            return Err(SettingError("expected file:<directory>, smtps://… or smtp://…"));
        };
        match scheme {
            "file" => {
                // Both file:/path and file:///path; not a URL, so that relative directories can be said.
                let path = rest.strip_prefix("//").unwrap_or(rest);
                let host = rest.starts_with("//") && !path.starts_with('/');
                if path.is_empty() || host || path.contains('\0') {
                    return Err(SettingError("file: needs a directory, relative or from /"));
                }
                Ok(Self::Directory(path.into()))
            }
            "smtp" | "smtps" => Ok(Self::Smtp(Box::new(Smtp::new(&secured(setting)?)?))),
            _ => Err(SettingError("the scheme is none of file, smtp, smtps")),
        }
    }
}

/// The URL as lettre reads it, whose `smtp://` alone means plain text: here it means so on this machine only.
fn secured(setting: &str) -> Result<Url, SettingError> {
    let mut url = Url::parse(setting).map_err(|_| SettingError("not a URL; are user and password percent-encoded?"))?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or(SettingError("no host"))?;
    if host.starts_with('[') {
        // lettre would look the brackets up as a name.
        return Err(SettingError("an IPv6 server needs a host name"));
    }
    if url.username().is_empty() != url.password().is_none() {
        return Err(SettingError("user and password go together"));
    }
    let tls = match url.query_pairs().collect::<Vec<_>>().as_slice() {
        [] => None,
        [(key, value)] if key == "tls" => Some(value.to_string()),
        _ => return Err(SettingError("the only parameter is tls")),
    };
    match (url.scheme(), tls.as_deref()) {
        ("smtps", None) | ("smtp", Some("required" | "opportunistic")) => {}
        ("smtp", Some("none")) => url.set_query(None),
        ("smtp", None) if is_loopback(host) => url.set_query(None),
        ("smtp", None) => url.set_query(Some("tls=required")),
        ("smtp", _) => return Err(SettingError("tls is one of required, opportunistic, none")),
        _ => return Err(SettingError("smtps is TLS from the first byte: it takes no parameter")),
    }
    Ok(url)
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

impl Smtp {
    fn new(url: &Url) -> Result<Self, SettingError> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str())
            .map_err(|_| SettingError("the SMTP URL cannot be used; are user and password percent-encoded?"))?
            .timeout(Some(ANSWER_TIMEOUT))
            .pool_config(PoolConfig::new().max_size(POOL));
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let server = format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default());
        Ok(Self { builder, mailer: OnceLock::new(), server })
    }

    async fn send(&self, message: Message) -> Result<(), SendError> {
        let mailer = self.mailer.get_or_init(|| self.builder.clone().build());
        // A task of its own, which goes on when we stop waiting: lettre gives a connection back to its pool even when a send was
        // abandoned half-way, and the next mail would take the late answers to this one for its own.
        let mailer = mailer.clone();
        let sending = tokio::spawn(async move { mailer.send(message).await });
        match tokio::time::timeout(SMTP_TIMEOUT, sending).await {
            Ok(Ok(Ok(_))) => Ok(()),
            Ok(Ok(Err(error))) => Err(refusal(&error)),
            Ok(Err(_)) => Err(SendError::temporary("the sending was broken off")),
            Err(_) => Err(SendError::temporary("the server took too long")),
        }
    }
}

/// What may be told of an SMTP failure.
///
/// Permanent are only the replies that speak of this mail, 550 to 556 (RFC 5321, section 4.2.2; RFC 7504). Other 5xx
/// replies speak of the session or of our credentials (RFC 4954, section 6): mended settings send the mail after all.
fn refusal(error: &smtp::Error) -> SendError {
    let Some(code) = error.status().map(u16::from) else {
        // Made by lettre or the system; a malformed answer alone is quoted, so it is left out.
        let reason = if error.is_response() { "the server's answer is not SMTP".into() } else { error.to_string() };
        return SendError::temporary(reason);
    };
    let text = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    let reason = match text.split_whitespace().next().filter(|word| is_enhanced_code(word)) {
        Some(enhanced) => format!("the server answered {code} {enhanced}"),
        None => format!("the server answered {code}"),
    };
    SendError { permanent: matches!(code, 550..=556), reason }
}

/// Whether a word is an enhanced status code such as `5.1.1` (RFC 3463).
fn is_enhanced_code(word: &str) -> bool {
    word.len() <= 9 && word.split('.').count() == 3 && word.split('.').all(|part| part.parse::<u16>().is_ok())
}

impl Transport {
    /// Sends one mail to one address.
    ///
    /// `message_id` is the same at every attempt at the same mail, so that a repetition can be recognised: `local@domain`,
    /// with or without angle brackets. With SMTP, `Ok` means that the server has taken the mail, not that it has arrived.
    ///
    /// # Errors
    /// [`SendError`], permanent if the address or the mail is at fault.
    pub async fn send(&self, from: &Mailbox, to: &str, message: &Rendered, message_id: &str) -> Result<(), SendError> {
        let message = compose(from, to, message, message_id)?;
        match self {
            Self::Directory(directory) => {
                let (directory, bytes) = (directory.clone(), message.formatted());
                tokio::task::spawn_blocking(move || store(&directory, &bytes))
                    .await
                    .map_err(|_| SendError::temporary("the file was not written"))?
                    .map_err(|error| SendError::temporary(format!("the file was not written: {}", error.kind())))
            }
            Self::Smtp(smtp) => smtp.send(message).await,
        }
    }
}

fn compose(from: &Mailbox, to: &str, rendered: &Rendered, message_id: &str) -> Result<Message, SendError> {
    let to: Address = to.parse().map_err(|_| SendError::permanent("the address is malformed"))?;
    let id = message_id.trim_start_matches('<').trim_end_matches('>');
    if !id.contains('@') || !id.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>')) {
        return Err(SendError::permanent("the message id is malformed"));
    }
    let header = |name, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
    Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(rendered.subject.as_str())
        .message_id(Some(format!("<{id}>")))
        .date_now()
        // No holiday replies (RFC 3834, section 5).
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("Content-Language", rendered.language.tag()))
        .multipart(MultiPart::alternative_plain_html(rendered.text.clone(), rendered.html.clone()))
        .map_err(|_| SendError::permanent("the mail cannot be composed"))
}

/// Writes a file that appears whole or not at all, readable by its owner only. Names sort by time.
fn store(directory: &Path, bytes: &[u8]) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    // The UUID (version 7) is unique and keeps the order of mails of the same microsecond.
    let name = format!("{}-{}.eml", Utc::now().format("%Y%m%dT%H%M%S%.6fZ"), Uuid::now_v7().simple());
    let draft = directory.join(format!(".{name}.part"));
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&draft, directory.join(name)));
    if written.is_err() {
        // Best effort: what is told is why it failed to be written.
        let _ = std::fs::remove_file(&draft);
    }
    written
}

/// A mail that [`Transport::Directory`] wrote. Holds one-time links: hence no `Debug`.
#[derive(Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_debug_implementations, reason = "it bears a one-time link")]
pub struct StoredMail {
    /// The file's name.
    pub file: String,
    /// The recipient's address.
    pub to: String,
    /// Decoded.
    pub subject: String,
    /// When it was sent, to the second.
    pub date: Option<DateTime<Utc>>,
    /// The plain text.
    pub text: String,
    /// The HTML document. Whoever shows it puts it in a sandboxed frame.
    pub html: String,
    /// The `http` and `https` links of the plain text, in order.
    pub links: Vec<String>,
}

/// The newest `limit` mails of a directory, newest first; none if it is not there. Blocks: call it from `spawn_blocking`.
///
/// # Errors
/// When the directory cannot be listed. Files that vanish or are no mails are left out.
pub fn read_directory(directory: &Path, limit: usize) -> io::Result<Vec<StoredMail>> {
    let entries = match std::fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if let (Ok(name), Ok(kind)) = (entry.file_name().into_string(), entry.file_type())
            && kind.is_file()
            && Path::new(&name).extension().is_some_and(|extension| extension == "eml")
        {
            names.push(name);
        }
    }
    names.sort_unstable_by(|one, other| other.cmp(one));
    Ok(names.into_iter().filter_map(|name| read(directory, name)).take(limit).collect())
}

fn read(directory: &Path, file: String) -> Option<StoredMail> {
    let mut bytes = Vec::new();
    File::open(directory.join(&file)).ok()?.take(FILE_LIMIT).read_to_end(&mut bytes).ok()?;
    let message = MessageParser::default().parse(&bytes)?;
    let text = message.body_text(0)?.replace("\r\n", "\n");
    Some(StoredMail {
        to: message.to()?.first()?.address()?.to_owned(),
        subject: message.subject().unwrap_or_default().to_owned(),
        date: message.date().and_then(|date| DateTime::from_timestamp(date.to_timestamp(), 0)),
        links: text
            .split_whitespace()
            .filter(|word| word.starts_with("https://") || word.starts_with("http://"))
            .map(str::to_owned)
            .collect(),
        html: message.body_html(0)?.into_owned(),
        text,
        file,
    })
}

#[cfg(test)]
mod tests;
