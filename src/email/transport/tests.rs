use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;
use crate::region::Language;

const TO: &str = "reader@example.org";
const ID: &str = "0190-7@mail.example.org";

/// A directory of its own for each test, removed with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("medicalpro-mail-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Self(std::env::temp_dir().join(name))
    }

    fn transport(&self) -> Transport {
        format!("file:{}", self.0.display()).parse().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn from() -> Mailbox {
    "MedicalPro <no-reply@example.org>".parse().unwrap()
}

fn mail(subject: &str) -> Rendered {
    Rendered {
        language: Language::ENGLISH,
        subject: subject.into(),
        text: format!("Guten Tag «é»\n\nhttps://example.org/?token={}\n\n.\nEnd\n", "x".repeat(90)),
        html: "<!doctype html><p>é</p>\n".into(),
    }
}

/// An SMTP server for one conversation: answers `reply` to RCPT and returns what it was told.
async fn server(reply: &'static str) -> (u16, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let (read, mut write) = socket.into_split();
        let (mut lines, mut told, mut data) = (BufReader::new(read).lines(), Vec::new(), false);
        write.write_all(b"220 test ESMTP\r\n").await.unwrap();
        while let Ok(Some(line)) = lines.next_line().await {
            let answer = match line.split([' ', ':']).next().unwrap_or_default() {
                "." if data => {
                    data = false;
                    "250 taken"
                }
                _ if data => "",
                "EHLO" => "250-test\r\n250-AUTH PLAIN\r\n250 8BITMIME",
                "AUTH" => "235 known",
                "RCPT" => reply,
                "DATA" => {
                    data = true;
                    "354 go on"
                }
                "QUIT" => "221 bye",
                _ => "250 fine",
            };
            told.push(line);
            if !answer.is_empty() && write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
                break;
            }
        }
        told
    });
    (port, task)
}

#[tokio::test]
async fn a_mail_becomes_a_private_file_that_reads_back() {
    let scratch = Scratch::new();
    let subject = "Confirmez l’adresse du « Cabinet de la Gare », au bout d’une ligne bien plus longue que le pli";
    scratch.transport().send(&from(), TO, &mail(subject), ID).await.unwrap();
    let mut stored = read_directory(&scratch.0, 50).unwrap();
    let read = stored.pop().unwrap();
    assert!(stored.is_empty(), "no draft is left");
    assert_eq!((read.to.as_str(), read.subject.as_str()), (TO, subject));
    assert!(read.text == mail("").text, "{}", read.text);
    assert_eq!(read.html.trim_end(), mail("").html.trim_end());
    assert_eq!(read.links, [format!("https://example.org/?token={}", "x".repeat(90))]);
    assert!(Utc::now().signed_duration_since(read.date.unwrap()).num_seconds().abs() < 60);

    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let file = scratch.0.join(&read.file);
    assert_eq!((mode(&scratch.0), mode(&file)), (0o700, 0o600));
    let raw = std::fs::read_to_string(file).unwrap();
    for header in [
        "From: MedicalPro <no-reply@example.org>\r\n",
        "Message-ID: <0190-7@mail.example.org>\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "Content-Language: en\r\n",
        "MIME-Version: 1.0\r\n",
        "Content-Type: multipart/alternative;",
    ] {
        assert!(raw.contains(header), "{header}: {raw}");
    }
}

#[tokio::test]
async fn the_newest_mails_come_first_and_other_files_not_at_all() {
    let scratch = Scratch::new();
    assert!(read_directory(&scratch.0, 50).unwrap().is_empty(), "no directory yet");
    for number in 0..5 {
        scratch.transport().send(&from(), TO, &mail(&number.to_string()), ID).await.unwrap();
    }
    std::fs::write(scratch.0.join("99999999.eml"), "no mail").unwrap();
    std::fs::write(scratch.0.join("zzz.txt"), "From: a@example.org\r\n\r\n").unwrap();
    std::os::unix::fs::symlink("/etc/hostname", scratch.0.join("zzz.eml")).unwrap();
    let subjects: Vec<_> = read_directory(&scratch.0, 3).unwrap().into_iter().map(|mail| mail.subject).collect();
    assert_eq!(subjects, ["4", "3", "2"]);
}

#[tokio::test]
async fn a_subject_cannot_add_headers() {
    let scratch = Scratch::new();
    let subject = "A\r\nBcc: victim@example.org\r\n\r\nbody";
    scratch.transport().send(&from(), TO, &mail(subject), ID).await.unwrap();
    let file = &read_directory(&scratch.0, 1).unwrap()[0].file;
    assert!(!std::fs::read_to_string(scratch.0.join(file)).unwrap().contains("\nBcc:"));
}

#[tokio::test]
async fn malformed_addresses_and_ids_are_refused_for_good_and_not_quoted() {
    let scratch = Scratch::new();
    for to in ["", "secret", "secret@", "secret@example.org\r\nBcc: x@example.org", "a@b, secret@example.org"] {
        let error = scratch.transport().send(&from(), to, &mail("A"), ID).await.unwrap_err();
        assert!(error.permanent && !format!("{error} {error:?}").contains("secret"), "{error}");
    }
    for id in ["", "x", "a@b\r\nBcc: x", "a b@c", "a@b> <c@d"] {
        assert!(scratch.transport().send(&from(), TO, &mail("A"), id).await.unwrap_err().permanent, "{id:?}");
    }
    assert!(!scratch.0.exists());
}

#[tokio::test]
async fn smtp_on_this_machine_takes_a_mail() {
    let (port, server) = server("250 fine").await;
    let transport: Transport = format!("smtp://127.0.0.1:{port}").parse().unwrap();
    transport.send(&from(), TO, &mail("A"), ID).await.unwrap();
    drop(transport);
    let told = server.await.unwrap();
    assert!(told.contains(&format!("RCPT TO:<{TO}>")) && told.contains(&format!("Message-ID: <{ID}>")), "{told:?}");
}

#[tokio::test]
async fn credentials_are_shown_and_a_connection_serves_the_next_mail_too() {
    // It takes one connection and no other.
    let (port, server) = server("250 fine").await;
    let transport: Transport = format!("smtp://us%40er:secret@127.0.0.1:{port}").parse().unwrap();
    for id in ["1@example.org", "2@example.org", "3@example.org"] {
        transport.send(&from(), TO, &mail("A"), id).await.unwrap();
    }
    drop(transport);
    let told = server.await.unwrap();
    // RFC 4616: base64 of NUL us@er NUL secret.
    assert!(told.contains(&"AUTH PLAIN AHVzQGVyAHNlY3JldA==".to_owned()), "{told:?}");
    assert_eq!(told.iter().filter(|line| line.starts_with("MAIL FROM")).count(), 3, "{told:?}");
    assert_eq!(told.iter().filter(|line| line.starts_with("EHLO")).count(), 1, "{told:?}");
}

#[tokio::test]
async fn replies_about_the_mail_are_permanent_others_not_and_none_is_quoted() {
    for (reply, permanent, reason) in [
        ("550 5.1.1 <reader@example.org>: unknown", true, "the server answered 550 5.1.1"),
        ("553 reader@example.org?", true, "the server answered 553"),
        ("450 4.2.0 reader@example.org greylisted", false, "the server answered 450 4.2.0"),
        ("530 5.7.0 authenticate, reader@example.org", false, "the server answered 530 5.7.0"),
        ("reader@example.org", false, "the server's answer is not SMTP"),
    ] {
        let (port, _server) = server(reply).await;
        let transport: Transport = format!("smtp://localhost:{port}").parse().unwrap();
        let error = transport.send(&from(), TO, &mail("A"), ID).await.unwrap_err();
        assert_eq!(error, SendError { permanent, reason: reason.into() });
    }
}

#[tokio::test]
async fn required_tls_sends_nothing_to_a_server_without_it() {
    let (port, server) = server("250 fine").await;
    let setting = format!("smtp://user:password@127.0.0.1:{port}?tls=required");
    let transport: Transport = setting.parse().unwrap();
    assert!(!transport.send(&from(), TO, &mail("A"), ID).await.unwrap_err().permanent);
    let told = server.await.unwrap();
    assert!(told.iter().all(|line| line.starts_with("EHLO") || line == "QUIT"), "{told:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_temporary_failure() {
    let port = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap().port();
    let transport: Transport = format!("smtp://127.0.0.1:{port}").parse().unwrap();
    assert!(!transport.send(&from(), TO, &mail("A"), ID).await.unwrap_err().permanent);
}

#[test]
fn plain_text_goes_to_this_machine_or_on_request_only() {
    for (setting, effective) in [
        ("smtp://mail.example.org", "smtp://mail.example.org?tls=required"),
        ("smtp://10.0.0.1:2525/helo", "smtp://10.0.0.1:2525/helo?tls=required"),
        ("smtp://127.0.0.1.example.org", "smtp://127.0.0.1.example.org?tls=required"),
        ("smtp://mail.example.org?tls=opportunistic", "smtp://mail.example.org?tls=opportunistic"),
        ("smtp://mail.example.org?tls=none", "smtp://mail.example.org"),
        ("smtp://LocalHost:25", "smtp://LocalHost:25"),
        ("smtp://127.0.0.2", "smtp://127.0.0.2"),
        ("smtps://user:p%40ss@mail.example.org", "smtps://user:p%40ss@mail.example.org"),
    ] {
        assert_eq!(secured(setting).unwrap().as_str(), effective);
        assert!(setting.parse::<Transport>().is_ok(), "{setting}");
    }
}

#[test]
fn bad_settings_are_refused_without_quoting_them() {
    for setting in [
        "",
        "secret",
        "file:",
        "file://",
        "file://secret/mail",
        "http://secret",
        "smtp:",
        "smtp://",
        "smtp://[::1]",
        "smtp://user@secret",
        "smtp://:secret@host",
        "smtp://secret?tls=maybe",
        "smtp://secret?ssl=1",
        "smtp://secret?tls=required&x=1",
        "smtps://secret?tls=none",
        "smtp://user:%ff@secret",
        "smtp://secret:x",
    ] {
        let error = setting.parse::<Transport>().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
    }
}

#[test]
fn directories_may_be_relative_and_debug_shows_no_credentials() {
    let shown = |setting: &str| format!("{:?}", setting.parse::<Transport>().unwrap());
    assert_eq!(shown("file:mail/out"), r#"Directory("mail/out")"#);
    assert_eq!(shown("file:///var/mail out"), r#"Directory("/var/mail out")"#);
    assert_eq!(shown("file:/var/mail"), r#"Directory("/var/mail")"#);
    assert_eq!(shown("smtps://user:secret@mail.example.org:465/x"), r#"Smtp("smtps://mail.example.org:465")"#);
}
