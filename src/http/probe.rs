//! A question to another process of ours: `medicalpro health`, for images that have neither a shell nor curl.

use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use url::{Position, Url};

/// An answer's first line is all that is read.
const FIRST_LINE: u64 = 64;

/// Asks by GET; well is what answers 200 within the time.
///
/// # Errors
/// Says what was answered instead, or why nothing was.
pub async fn ask(url: &Url, within: Duration) -> anyhow::Result<()> {
    anyhow::ensure!(url.scheme() == "http", "only http:// can be asked: this is for the process's own machine");
    anyhow::ensure!(url.username().is_empty() && url.password().is_none(), "nobody logs in to a health check");
    let status =
        tokio::time::timeout(within, status(url)).await.with_context(|| format!("no answer in {within:?}"))??;
    anyhow::ensure!(status == 200, "it answered {status}");
    Ok(())
}

async fn status(url: &Url) -> anyhow::Result<u16> {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().unwrap_or(80);
    let mut stream = TcpStream::connect(format!("{host}:{port}")).await.context("cannot connect")?;
    let target = &url[Position::BeforePath..Position::AfterQuery];
    let request = format!("GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.context("cannot ask")?;
    let mut answer = Vec::new();
    BufReader::new(stream.take(FIRST_LINE)).read_until(b'\n', &mut answer).await.context("cannot read the answer")?;
    let answer = String::from_utf8_lossy(&answer);
    let mut words = answer.split([' ', '\r', '\n']);
    let version = words.next().unwrap_or_default();
    let status = words.next().and_then(|word| word.parse().ok());
    status.filter(|_| version.starts_with("HTTP/1.")).context("the answer is not HTTP")
}
