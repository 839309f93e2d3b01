//! Where one request ends and the next begins, and how long one may take.
//!
//! What the HTTP library itself refuses, before there is a request, has a status and no body.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::wire::{self, Body};
use crate::support::{Clinic, World};

const PATIENTS: &str = "/api/v1/patients";
const NEW: &str = r#"{"firstName": "Smuggled", "lastName": "Request"}"#;

/// The head of a POST that would enter a patient, but for these headers.
fn head(clinic: &Clinic<'_>, headers: &str) -> String {
    let token = &clinic.admin.token;
    format!(
        "POST {PATIENTS} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n{headers}\r\n\r\n"
    )
}

#[tokio::test]
async fn a_request_that_two_servers_would_cut_differently_is_refused_or_read_as_one() {
    let world = World::start().await;
    let clinic = world.clinic("framing").await;
    let (length, inner) = (NEW.len(), format!("{}{NEW}", head(&clinic, &format!("content-length: {}", NEW.len()))));
    let before = clinic.rows().await["patients"];
    let chunked = format!("{length:x}\r\n{NEW}\r\n0\r\n\r\n");
    let refused = [
        ("two lengths", format!("content-length: {length}\r\ncontent-length: {}", length - 1), NEW.to_owned()),
        ("a list of lengths", format!("content-length: {length}, 0"), NEW.to_owned()),
        ("a signed length", format!("content-length: +{length}"), NEW.to_owned()),
        ("a negative length", "content-length: -1".to_owned(), NEW.to_owned()),
        ("a length beyond numbers", "content-length: 99999999999999999999".to_owned(), NEW.to_owned()),
        ("a length with more behind", format!("content-length: {length} 0"), NEW.to_owned()),
        ("another coding", "transfer-encoding: gzip".to_owned(), chunked.clone()),
        ("a coding that is nearly chunked", "transfer-encoding: xchunked".to_owned(), chunked.clone()),
        ("chunked, then another", "transfer-encoding: chunked, identity".to_owned(), chunked.clone()),
        (
            "a space before the colon",
            format!("transfer-encoding : chunked\r\ncontent-length: {length}"),
            chunked.clone(),
        ),
        ("a folded line", format!("x: y\r\n transfer-encoding: chunked\r\ncontent-length: {length}"), chunked.clone()),
        ("a NUL in a header", format!("content-length: {length}\r\nx: a\0b"), NEW.to_owned()),
        ("a bare CR in a header", format!("content-length: {length}\r\nx: a\rb"), NEW.to_owned()),
        ("a chunk's size that is none", "transfer-encoding: chunked".to_owned(), format!("zz\r\n{NEW}\r\n0\r\n\r\n")),
        (
            "a chunk's size beyond numbers",
            "transfer-encoding: chunked".to_owned(),
            format!("fffffffffffffffff\r\n{NEW}\r\n0\r\n\r\n"),
        ),
        ("a signed chunk's size", "transfer-encoding: chunked".to_owned(), format!("-1\r\n{NEW}\r\n0\r\n\r\n")),
        ("a chunk longer than said", "transfer-encoding: chunked".to_owned(), format!("5\r\n{NEW}\r\n0\r\n\r\n")),
    ];
    for (what, headers, body) in refused {
        let bytes = format!("{}{body}{inner}", head(&clinic, &headers));
        let reply = wire::bytes(&world.base, bytes.as_bytes(), Body::None).await;
        assert_eq!(reply.statuses(), [400], "{what}: {reply:?}");
    }
    // Chunked wins over the length (RFC 9112, section 6.3): the zero chunk ends the request, and what follows is not taken for
    // another one, since the connection is closed.
    for headers in
        ["content-length: 4\r\ntransfer-encoding: chunked", "transfer-encoding: chunked\r\ncontent-length: 4"]
    {
        let bytes = format!("{}0\r\n\r\n{inner}", head(&clinic, headers));
        let reply = wire::bytes(&world.base, bytes.as_bytes(), Body::None).await;
        assert_eq!(reply.statuses(), [400], "{headers}: {reply:?}");
    }
    assert_eq!(clinic.rows().await["patients"], before);
    // Two requests on one connection are two, and a body in chunks is one.
    let two = format!("{inner}{}{chunked}", head(&clinic, "connection: close\r\ntransfer-encoding: chunked"));
    assert_eq!(wire::bytes(&world.base, two.as_bytes(), Body::None).await.statuses(), [201, 201]);
    assert_eq!(clinic.rows().await["patients"], before + 2);
}

#[tokio::test]
async fn what_is_no_request_or_too_much_of_one_is_refused() {
    let world = World::start().await;
    let clinic = world.clinic("no-request").await;
    let token = &clinic.admin.token;
    let line = |line: &str| {
        format!("{line}\r\nhost: x\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n").into_bytes()
    };
    let with = |headers: &str| line(&format!("GET {PATIENTS} HTTP/1.1\r\n{}", headers.trim_end()));
    let many = |count: usize| "x: y\r\n".repeat(count);
    for (what, bytes, status) in [
        ("no HTTP", b"zq7marker\r\n\r\n".to_vec(), 400),
        ("no version", line("GET /api/v1/patients"), 400),
        ("a version to come", line("GET /api/v1/patients HTTP/9.9"), 400),
        ("a space in the path", line("GET /api/v1/patients x HTTP/1.1"), 400),
        ("a NUL in the path", line("GET /api/v1/patients\0 HTTP/1.1"), 400),
        ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec(), 400),
        ("200 headers", with(&many(200)), 431),
        ("100,000 headers", with(&many(100_000)), 431),
        ("a header of 2 MB", with(&format!("x: {}", "y".repeat(2_000_000))), 431),
        ("a path of 2 MB", line(&format!("GET /{} HTTP/1.1", "y".repeat(2_000_000))), 414),
        ("two hosts", with("host: y"), 400),
    ] {
        let reply = wire::bytes(&world.base, &bytes, Body::None).await;
        let statuses = reply.statuses();
        assert!(statuses == [status] || (status == 414 && statuses == [431]), "{what}: {statuses:?}");
        assert!(!String::from_utf8_lossy(&reply.0).contains("zq7marker"), "{what}");
    }
    for (what, bytes) in [("80 headers", with(&many(80))), ("8 kB", with(&format!("x: {}", "y".repeat(8000))))] {
        assert_eq!(wire::bytes(&world.base, &bytes, Body::None).await.statuses(), [200], "{what}");
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_writes_nothing() {
    let world = World::start().await;
    let clinic = world.clinic("half-body").await;
    let before = clinic.rows().await;
    for headers in [format!("content-length: {}", NEW.len()), "transfer-encoding: chunked".to_owned()] {
        let mut connection = wire::connect(&world.base).await;
        let half =
            if headers.starts_with('c') { NEW[..20].to_owned() } else { format!("{:x}\r\n{NEW}\r\n", NEW.len()) };
        connection.write_all(format!("{}{half}", head(&clinic, &headers)).as_bytes()).await.unwrap();
        connection.shutdown().await.unwrap();
        let mut reply = Vec::new();
        tokio::time::timeout(Duration::from_secs(40), connection.read_to_end(&mut reply))
            .await
            .expect("an end")
            .unwrap_or_default();
        let statuses = wire::Reply(reply).statuses();
        assert!(statuses.is_empty() || statuses == [400], "{statuses:?}");
    }
    assert_eq!(clinic.rows().await, before);
    assert_eq!(clinic.admin.get(PATIENTS).await.status, StatusCode::OK, "the server goes on");
}

#[tokio::test]
async fn a_slow_body_holds_no_connection_to_a_database() {
    const SLOW: usize = 30;
    // One connection a clinic, and few to central: one that is held would be missed.
    let world = World::start_with(&["--pool-size", "1", "--central-pool-size", "2", "--pool-wait", "3"]).await;
    let clinic = world.clinic("slow-body").await;
    let mut slow: Vec<TcpStream> = Vec::new();
    for _ in 0..SLOW {
        let mut connection = wire::connect(&world.base).await;
        let head = head(&clinic, &format!("connection: close\r\ncontent-length: {}", NEW.len()));
        connection.write_all(head.as_bytes()).await.unwrap();
        connection.write_all(&NEW.as_bytes()[..10]).await.unwrap();
        slow.push(connection);
    }
    // Each was let in (its token was checked) and now waits for its body, a byte at a time.
    for index in 10..20 {
        for connection in &mut slow {
            connection.write_all(&NEW.as_bytes()[index..=index]).await.unwrap();
        }
        assert_eq!(connections(&world, &clinic).await, 0, "to the clinic's database, with {SLOW} bodies under way");
    }
    // Meanwhile the clinic works.
    let began = Instant::now();
    for _ in 0..5 {
        let answer = world.request(Method::GET, PATIENTS, Some(&clinic.admin.token), &[], None).await;
        assert_eq!(
            (answer.status, &answer.json),
            (StatusCode::OK, &json!({ "data": [] })),
            "after {:?}",
            began.elapsed()
        );
    }
    assert_eq!(
        connections(&world, &clinic).await,
        1,
        "an idle one is kept: this is how one that is used would be seen"
    );
    assert_eq!(busy(&world, &clinic).await, 0);
    // When their bodies have come, all of them are answered, through the one connection.
    for connection in &mut slow {
        connection.write_all(&NEW.as_bytes()[20..]).await.unwrap();
    }
    for mut connection in slow {
        let mut reply = Vec::new();
        connection.read_to_end(&mut reply).await.unwrap();
        assert_eq!(wire::Reply(reply).statuses(), [201]);
    }
    assert_eq!(clinic.rows().await["patients"], i64::try_from(SLOW).unwrap());
}

/// Connections of the clinic's login.
async fn connections(world: &World, clinic: &Clinic<'_>) -> i64 {
    activity(world, clinic, "true").await
}

/// Those in a transaction.
async fn busy(world: &World, clinic: &Clinic<'_>) -> i64 {
    activity(world, clinic, "state <> 'idle'").await
}

async fn activity(world: &World, clinic: &Clinic<'_>, condition: &str) -> i64 {
    let query = format!("SELECT count(*) FROM pg_stat_activity WHERE usename = $1 AND {condition}");
    world.central().await.query_one(&query, &[&clinic.id.database_name()]).await.unwrap().get(0)
}
