//! `medicalpro health`: well is what answers 200 in time, and nothing else.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::support::World;
use crate::support::process::run;

/// Answers one request with this, or with nothing at all and stays; gives what it was asked.
async fn answering(answer: Option<&'static str>) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/health/live?deep=1", listener.local_addr().unwrap());
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 512];
        let read = stream.read(&mut request).await.unwrap();
        match answer {
            Some(answer) => stream.write_all(answer.as_bytes()).await.unwrap(),
            None => tokio::time::sleep(Duration::from_mins(1)).await,
        }
        String::from_utf8_lossy(&request[..read]).into_owned()
    });
    (url, asked)
}

#[tokio::test]
async fn a_server_that_can_work_is_well() {
    let world = World::start().await;
    for path in ["/health/ready", "/health/live"] {
        let url = format!("{}{path}", world.base);
        let (code, out, said) = run(["health", "--url", &url], &[]).await;
        assert_eq!((code, out.trim()), (0, &*format!("ok {url}")), "{said}");
    }
    let (code, out, _) = run(["health", "--json", "--url", &format!("{}/health/live", world.base)], &[]).await;
    assert_eq!((code, out.trim()), (0, r#"{"status":"ok"}"#));
    let (code, out, said) = run(["health", "--url", &format!("{}/health/none", world.base)], &[]).await;
    assert_eq!((code, &*out, said.contains("it answered 404")), (1, "", true), "{said}");
}

#[tokio::test]
async fn whatever_else_answers_is_not_well() {
    for (answer, why) in [
        ("HTTP/1.1 503 Service Unavailable\r\n\r\n", "it answered 503"),
        ("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", "it answered 302"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "the answer is not HTTP"),
        ("200 200\r\n", "the answer is not HTTP"),
        ("", "the answer is not HTTP"),
    ] {
        let (url, _) = answering(Some(answer)).await;
        let (code, out, said) = run(["health", "--url", &url], &[]).await;
        assert_eq!((code, &*out), (1, ""), "{answer:?}");
        assert!(said.contains(&url) && said.contains(why), "{answer:?}: {said}");
    }
    let (code, _, said) = run(["health", "--url", "http://somebody:a-password-of-the-tests@127.0.0.1:1/"], &[]).await;
    assert!(code == 1 && said.contains("nobody logs in") && !said.contains("a-password-of-the-tests"), "{said}");

    let (url, asked) = answering(Some("HTTP/1.1 200 OK\r\n\r\n")).await;
    let (code, _, said) = run(["health", "--url", &url], &[]).await;
    assert_eq!(code, 0, "control: {said}");
    let asked = asked.await.unwrap();
    assert!(asked.starts_with("GET /health/live?deep=1 HTTP/1.1\r\nHost: 127.0.0.1:"), "{asked}");
}

#[tokio::test]
async fn what_does_not_answer_is_not_well_and_is_not_waited_for() {
    let (url, _asked) = answering(None).await;
    let began = Instant::now();
    let (code, _, said) = run(["health", "--url", &url], &[]).await;
    assert!(code == 1 && said.contains("no answer in 4s"), "{said}");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());

    for (url, why) in [
        ("http://127.0.0.1:1/", "cannot connect"),
        ("https://127.0.0.1:1/", "only http://"),
        ("file:///etc/passwd", "only http://"),
    ] {
        let (code, _, said) = run(["health", "--url", url], &[]).await;
        assert!(code == 1 && said.contains(why), "{url}: {said}");
    }
}
