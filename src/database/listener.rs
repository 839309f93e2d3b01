//! Notices (LISTEN), on a connection outside every pool.

use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres_rustls::MakeRustlsConnect;

/// Counts the notices of one channel, for whoever waits: reconnects when its connection is lost, and counts that as a
/// notice too, since one may have been missed.
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
    pub async fn run(self, notices: tokio::sync::watch::Sender<u64>, stop: tokio_util::sync::CancellationToken) {
        let until_told = stop.clone();
        let forever = async {
            loop {
                if let Err(error) = self.listen(&notices).await {
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

    async fn listen(&self, notices: &tokio::sync::watch::Sender<u64>) -> Result<(), tokio_postgres::Error> {
        let (client, mut connection) = self.config.connect(self.tls.clone()).await?;
        let mut messages = futures_util::stream::poll_fn(move |context| connection.poll_message(context));
        let receive = async {
            while let Some(message) = futures_util::StreamExt::next(&mut messages).await {
                if let tokio_postgres::AsyncMessage::Notification(_) = message? {
                    notices.send_modify(|count| *count += 1);
                }
            }
            Ok(())
        };
        let subscribe = async {
            client.batch_execute(&format!("LISTEN {}", self.channel)).await?;
            notices.send_modify(|count| *count += 1);
            std::future::pending::<Result<(), tokio_postgres::Error>>().await
        };
        tokio::select! {
            ended = receive => ended,
            failed = subscribe => failed,
        }
    }
}
