//! Requests as bytes, where a client library would refuse to send them.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::Answer;

/// No test waits for longer than the server's own limit of 30 s.
const PATIENCE: Duration = Duration::from_secs(40);

/// What follows the head.
#[derive(Clone, Copy)]
pub enum Body<'a> {
    None,
    /// With its `Content-Length`.
    Sized(&'a [u8]),
    /// In chunks, without a length.
    Chunked(&'a [u8]),
    /// So many spaces, with their `Content-Length`.
    Spaces(usize),
    /// The same in chunks.
    ChunkedSpaces(usize),
}

/// A request. What is in it is sent as it is.
pub struct Request<'a> {
    pub method: &'a str,
    pub path: &'a [u8],
    pub headers: &'a [(&'a str, &'a str)],
    pub body: Body<'a>,
}

/// Everything that came back until the server closed.
#[derive(Debug)]
pub struct Reply(pub Vec<u8>);

impl Reply {
    /// The status lines, in order: more than one, where one request was taken for several.
    pub fn statuses(&self) -> Vec<u16> {
        let text = String::from_utf8_lossy(&self.0);
        let lines = text.split("HTTP/1.1 ").skip(1);
        lines.map(|rest| rest[..3].parse().unwrap()).collect()
    }

    /// The first answer.
    pub fn answer(&self) -> Answer {
        let end = self.0.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or_else(|| panic!("{self:?}"));
        let head = String::from_utf8_lossy(&self.0[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let status: StatusCode = lines.next().unwrap()[9..12].parse().unwrap();
        let mut headers = HeaderMap::new();
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        }
        let length = headers.get("content-length").map(|value| value.to_str().unwrap().parse::<usize>().unwrap());
        let body = &self.0[end + 4..];
        Answer::of(status, headers, &body[..length.unwrap_or(body.len()).min(body.len())])
    }
}

/// Sends a request on a connection of its own; the server closes it after its answer.
pub async fn send(base: &str, request: &Request<'_>) -> Reply {
    let mut head =
        [request.method.as_bytes(), b" ", request.path, b" HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"]
            .concat();
    for (name, value) in request.headers {
        head.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    let length = match request.body {
        Body::None => None,
        Body::Sized(bytes) => Some(bytes.len()),
        Body::Spaces(count) => Some(count),
        Body::Chunked(_) | Body::ChunkedSpaces(_) => {
            head.extend_from_slice(b"transfer-encoding: chunked\r\n");
            None
        }
    };
    if let Some(length) = length {
        head.extend_from_slice(format!("content-length: {length}\r\n").as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    bytes(base, &head, request.body).await
}

/// As somebody who is logged in.
pub async fn ask(base: &str, token: &str, method: &str, path: &str, headers: &[(&str, &str)], body: Body<'_>) -> Reply {
    let authorization = format!("Bearer {token}");
    let mut all = vec![("authorization", authorization.as_str())];
    all.extend_from_slice(headers);
    send(base, &Request { method, path: path.as_bytes(), headers: &all, body }).await
}

/// Sends these bytes, then the body.
pub async fn bytes(base: &str, head: &[u8], body: Body<'_>) -> Reply {
    let (mut reader, mut writer) = connect(base).await.into_split();
    let write = async {
        writer.write_all(head).await?;
        match body {
            Body::None => {}
            Body::Sized(bytes) => writer.write_all(bytes).await?,
            Body::Chunked(bytes) => {
                for chunk in bytes.chunks(1000) {
                    let framed = [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat();
                    writer.write_all(&framed).await?;
                }
                writer.write_all(b"0\r\n\r\n").await?;
            }
            Body::Spaces(count) => {
                for size in pieces(count) {
                    writer.write_all(&vec![b' '; size]).await?;
                }
            }
            Body::ChunkedSpaces(count) => {
                for size in pieces(count) {
                    writer
                        .write_all(&[format!("{size:x}\r\n").as_bytes(), &vec![b' '; size], b"\r\n"].concat())
                        .await?;
                }
                writer.write_all(b"0\r\n\r\n").await?;
            }
        }
        // Whether the server has read it all is its business: it may have answered and closed.
        std::future::pending::<()>().await;
        std::io::Result::Ok(())
    };
    let read = async {
        let mut reply = Vec::new();
        let mut buffer = vec![0; 16 * 1024];
        // A connection that is reset ends the answer too.
        while let Ok(read @ 1..) = reader.read(&mut buffer).await {
            reply.extend_from_slice(&buffer[..read]);
            // One that goes on is left once it has begun.
            let head = String::from_utf8_lossy(&reply[..reply.len().min(2000)]).into_owned();
            if head.contains("content-type: text/event-stream\r\n") && head.contains("\r\n\r\n") {
                break;
            }
        }
        reply
    };
    let both = async {
        tokio::pin!(write, read);
        tokio::select! {
            // The server closed what it does not want to read; its answer is still to be read.
            _ = &mut write => read.await,
            reply = &mut read => reply,
        }
    };
    Reply(tokio::time::timeout(PATIENCE, both).await.expect("an answer"))
}

fn pieces(total: usize) -> impl Iterator<Item = usize> {
    const PIECE: usize = 64 * 1024;
    (0..total.div_ceil(PIECE)).map(move |index| PIECE.min(total - index * PIECE))
}

/// A connection, to do with as one likes.
pub async fn connect(base: &str) -> TcpStream {
    TcpStream::connect(base.trim_start_matches("http://")).await.unwrap()
}
