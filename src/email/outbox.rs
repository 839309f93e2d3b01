//! Sends account mail: takes what is due from central's outbox, makes its token and its text, and hands it to the transport.
//!
//! A mail is marked sent after it was handed over, so that a worker killed in between sends it again, with another token; in the
//! normal case it is sent once.

use std::time::Duration;

use lettre::message::Mailbox;
use tokio_util::sync::CancellationToken;

use super::{Mail, Transport, render};
use crate::central::Central;
use crate::central::outbox::{self, Due};
use crate::error::ApiError;
use crate::region::Language;
use crate::secrets::{random_text, sha256};

/// Hours that a verification link is good for, as `one_time_tokens.expires_at` is set.
const VALID_HOURS: u32 = 24;

/// How often the outbox is looked at.
const PAUSE: Duration = Duration::from_millis(250);

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
        match self.send(&due).await? {
            Ok(()) => outbox::sent(&self.central, &due).await?,
            Err(Failure { permanent, reason }) => {
                tracing::warn!(mail = %due.id, attempt = due.attempts, permanent, reason, "a mail could not be sent");
                outbox::failed(&self.central, &due, permanent).await?;
            }
        }
        Ok(true)
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
        let rendered = match render(&mail, language) {
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
