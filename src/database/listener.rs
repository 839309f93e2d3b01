//! Notices (LISTEN), on a connection outside every pool.

use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres_rustls::MakeRustlsConnect;

/// What a listener hears.
#[derive(Clone, Copy, Debug)]
pub enum Notice<'a> {
    /// It listens, for the first time or again: what was said before may have been missed.
    Connected,
    /// What was said.
    Payload(&'a str),
}

/// Hands on the notices of one channel; reconnects when its connection is lost, and tells of that too.
pub struct Listener {
    /// Where it listens.
    pub config: Config,
    /// How.
    pub tls: MakeRustlsConnect,
    /// To what.
    pub channel: &'static str,
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Listener({})", self.channel)
    }
}

impl Listener {
    /// Listens until told to stop.
    pub async fn run(self, hear: impl Fn(Notice<'_>) + Send + Sync, stop: tokio_util::sync::CancellationToken) {
        let until_told = stop.clone();
        let forever = async {
            loop {
                if let Err(error) = self.listen(&hear).await {
                    tracing::debug!(channel = self.channel, %error, "listening again");
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        tokio::select! {
            () = forever => {}
            () = until_told.cancelled() => {}
        }
    }

    async fn listen(&self, hear: &(impl Fn(Notice<'_>) + Send + Sync)) -> Result<(), tokio_postgres::Error> {
        let (client, mut connection) = self.config.connect(self.tls.clone()).await?;
        let mut messages = futures_util::stream::poll_fn(move |context| connection.poll_message(context));
        let receive = async {
            while let Some(message) = futures_util::StreamExt::next(&mut messages).await {
                if let tokio_postgres::AsyncMessage::Notification(notice) = message? {
                    hear(Notice::Payload(notice.payload()));
                }
            }
            Ok(())
        };
        let subscribe = async {
            client.batch_execute(&format!("LISTEN {}", self.channel)).await?;
            hear(Notice::Connected);
            std::future::pending::<Result<(), tokio_postgres::Error>>().await
        };
        tokio::select! {
            ended = receive => ended,
            failed = subscribe => failed,
        }
    }
}
