//! A mail server that is slow with some: the others' mail goes out meanwhile.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::{address, person, queue};
use crate::provisioning::site::{Site, until};
use crate::support::process::Process;
use crate::support::{MASTER_KEYS, provisioner_url};

/// An SMTP server that says nothing more to whoever writes to an address with `slow` in it.
#[derive(Clone, Default)]
struct Sink {
    taken: Arc<Mutex<Vec<String>>>,
    held: Arc<Mutex<usize>>,
}

impl Sink {
    async fn start() -> (u16, Self) {
        let (sink, listener) = (Self::default(), TcpListener::bind(("127.0.0.1", 0)).await.unwrap());
        let (port, serving) = (listener.local_addr().unwrap().port(), sink.clone());
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(socket));
            }
        });
        (port, sink)
    }

    async fn serve(self, socket: TcpStream) {
        let (read, mut write) = socket.into_split();
        let (mut lines, mut data, mut to) = (BufReader::new(read).lines(), false, String::new());
        let _ = write.write_all(b"220 sink\r\n").await;
        while let Ok(Some(line)) = lines.next_line().await {
            let answer = match line.split([' ', ':']).next().unwrap_or_default() {
                "." if data => {
                    data = false;
                    self.taken.lock().unwrap().push(to.clone());
                    "250 taken"
                }
                _ if data => continue,
                "EHLO" => "250 sink",
                "RCPT" if line.contains("slow") => {
                    *self.held.lock().unwrap() += 1;
                    continue;
                }
                "RCPT" => {
                    to = line.split(['<', '>']).nth(1).unwrap().to_owned();
                    "250 fine"
                }
                "DATA" => {
                    data = true;
                    "354 go on"
                }
                _ => "250 fine",
            };
            let _ = write.write_all(format!("{answer}\r\n").as_bytes()).await;
        }
    }
}

#[tokio::test]
async fn one_slow_mail_holds_up_no_other() {
    let mut site = Site::new("template").await;
    let (worker, _server) = (site.worker().await, site.server(25).await);
    let (clinic, _) = site.registered("slow").await;
    site.mail_is_out(clinic).await;
    assert!(worker.terminate().await.0.success());

    let (port, sink) = Sink::start().await;
    let url = provisioner_url(&site.admin);
    let settings = [
        ("MEDICALPRO_PROVISIONER_URL", &*url),
        ("MEDICALPRO_MASTER_KEYS", MASTER_KEYS),
        ("MEDICALPRO_MAIL", &format!("smtp://127.0.0.1:{port}")),
    ];
    let mut worker = Process::start(["worker"], &settings);
    worker.line("\"working\"").await;
    let send = async |label: &str| {
        let email = address(label);
        let user = person(&site.central, &email, "fr", false).await;
        queue(&site.central, "verification", user, Some(clinic.0)).await;
        email
    };
    for _ in 0..3 {
        send("slow").await;
    }
    until("they are held up", async || (*sink.held.lock().unwrap() == 3).then_some(())).await;
    let mut quick = Vec::new();
    for _ in 0..5 {
        quick.push(send("quick").await);
    }
    until("the others go out", async || {
        let taken = sink.taken.lock().unwrap().clone();
        quick.iter().all(|email| taken.contains(email)).then_some(())
    })
    .await;
    assert_eq!(*sink.held.lock().unwrap(), 3, "and the slow ones are still held up");
    assert_eq!(sink.taken.lock().unwrap().len(), 5, "each once");
}
