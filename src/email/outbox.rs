//! Sends account mail: takes what is due from central's outbox, makes its token and its text, and hands it to the transport.
//!
//! A mail is marked sent after it was handed over, so that a worker killed in between sends it again, with another token; in the
//! normal case it is sent once.

use std::time::Duration;

use lettre::message::Mailbox;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::{Mail, Reader, Transport, render};
use crate::central::Central;
use crate::central::outbox::{self, Due};
use crate::error::ApiError;
use crate::region::{Language, Region};
use crate::secrets::{random_text, sha256};
use crate::telemetry::{metrics, timed};

/// Hours that a verification link is good for, as `one_time_tokens.expires_at` is set.
const VALID_HOURS: u32 = 24;

/// How often the outbox is looked at.
const PAUSE: Duration = Duration::from_millis(250);

/// And how often its length is taken, for the metrics.
const COUNT_PAUSE: Duration = Duration::from_secs(15);

/// Sends mail, in the worker process.
pub struct Sender {
    /// Central under the worker's login.
    pub central: Central,
    /// The way.
    pub transport: Transport,
    /// From whom.
    pub from: Mailbox,
    /// Where links lead: the server's address as people see it.
    pub public_url: String,
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sender")
    }
}

impl Sender {
    /// Sends until told to stop; a mail under way is finished first.
    pub async fn run(self, stop: CancellationToken) {
        tokio::select! {
            () = self.send_until(&stop) => {}
            () = self.count() => {}
        }
    }

    /// By a clock of its own, since a scrape is no reason to ask central.
    async fn count(&self) {
        loop {
            match outbox::queue(&self.central).await {
                Ok(queue) => metrics::mail_queue(queue.due, queue.later, queue.oldest_seconds),
                Err(error) => tracing::warn!(%error, "the outbox could not be counted"),
            }
            tokio::time::sleep(COUNT_PAUSE).await;
        }
    }

    async fn send_until(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let sent = self.send_next().await.unwrap_or_else(|error| {
                tracing::warn!(%error, "the outbox could not be read");
                false
            });
            if !sent {
                tokio::select! {
                    () = tokio::time::sleep(PAUSE) => {}
                    () = stop.cancelled() => {}
                }
            }
        }
    }

    async fn send_next(&self) -> Result<bool, ApiError> {
        let Some(due) = outbox::claim(&self.central).await? else { return Ok(false) };
        let span = tracing::error_span!("mail", mail = %due.id, clinic = %due.company_id, attempt = due.attempts);
        let _timed = timed(&span);
        self.send_and_note(&due).instrument(span).await?;
        Ok(true)
    }

    async fn send_and_note(&self, due: &Due) -> Result<(), ApiError> {
        match self.send(due).await? {
            Ok(()) => {
                metrics::mailed("sent");
                outbox::sent(&self.central, due).await
            }
            Err(Failure { permanent, reason }) => {
                let given_up = outbox::failed(&self.central, due, permanent).await?;
                metrics::mailed(if given_up { "given_up" } else { "failed" });
                tracing::warn!(given_up, reason, "a mail could not be sent");
                Ok(())
            }
        }
    }

    async fn send(&self, due: &Due) -> Result<Result<(), Failure>, ApiError> {
        let Some(addressee) = outbox::addressee(&self.central, due).await? else {
            return Ok(Err(Failure { permanent: true, reason: "nobody to write to".to_owned() }));
        };
        let token = random_text();
        outbox::store_token(&self.central, due, &sha256(token.as_bytes())).await?;
        let language = Language::lookup(&addressee.language).unwrap_or(Language::ENGLISH);
        // Behind the #, so that the token is in no server's or proxy's log.
        let link = format!("{}/verify-email?lang={}#token={}", self.public_url, language.tag(), *token);
        let mail = Mail::Verification {
            clinic: &addressee.clinic,
            name: addressee.first_name.as_deref(),
            link: &link,
            valid_hours: VALID_HOURS,
        };
        let Some(region) = Region::all().first() else { return Err(ApiError::NotFound) };
        let rendered = match render(&mail, &Reader { language, region, time_zone: region.time_zone }) {
            Ok(rendered) => rendered,
            Err(error) => return Ok(Err(Failure { permanent: true, reason: error.to_string() })),
        };
        let message_id = format!("{}@{}", due.id, self.from.email.domain());
        let outcome = self.transport.send(&self.from, &addressee.email, &rendered, &message_id).await;
        Ok(outcome.map_err(|error| Failure { permanent: error.permanent, reason: error.to_string() }))
    }
}

struct Failure {
    permanent: bool,
    reason: String,
}
