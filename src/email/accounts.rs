//! Mail about accounts: from a row of central's outbox to its text, its token, and what became of it.

use chrono::{DateTime, Utc};
use tracing::Instrument as _;

use super::outbox::{Sender, home};
use super::{Mail, Reader, SendError};
use crate::central::delivery::{self, Addressee, Due};
use crate::central::outbox::Kind;
use crate::error::{ApiError, Result};
use crate::region::{Language, Region};
use crate::secrets::{random_text, sha256};
use crate::telemetry::{metrics, timed};

/// How an attempt ended.
enum Outcome {
    Sent,
    /// Its cause is gone.
    Unwanted,
    Failed(SendError),
}

impl Sender {
    pub(super) async fn send_to_account(&self, due: &Due) {
        let clinic = due.company_id.map(tracing::field::display);
        let span = tracing::error_span!("mail", mail = %due.id, clinic, attempt = due.attempts);
        let _timed = timed(&span);
        let noting = async {
            if let Err(error) = self.send_and_note(due).await {
                tracing::warn!(%error, "what became of a mail could not be noted");
            }
        };
        noting.instrument(span).await;
    }

    async fn send_and_note(&self, due: &Due) -> Result<()> {
        // A row that cannot be read is tried again, and given up at last, like a mail that cannot be sent.
        let outcome = self.send(due).await.unwrap_or_else(|error| {
            Outcome::Failed(SendError { permanent: false, reason: crate::error::describe(&error.into_cause()) })
        });
        match outcome {
            Outcome::Sent => {
                metrics::mailed("sent");
                delivery::sent(&self.central, due).await
            }
            Outcome::Unwanted => {
                metrics::mailed("closed");
                delivery::closed(&self.central, due).await
            }
            Outcome::Failed(SendError { permanent, reason }) => {
                let given_up = delivery::failed(&self.central, due, permanent).await?;
                metrics::mailed(if given_up { "given_up" } else { "failed" });
                tracing::warn!(given_up, reason, "a mail could not be sent");
                Ok(())
            }
        }
    }

    async fn send(&self, due: &Due) -> Result<Outcome> {
        let Some(addressee) = delivery::addressee(&self.central, due).await? else { return Ok(Outcome::Unwanted) };
        let (Some(to), true) = (&addressee.email, addressee.wanted) else { return Ok(Outcome::Unwanted) };
        let Some(kind) = Kind::parse(&due.kind) else { return Err(incomplete("kind")) };
        let reader = reader(&addressee);
        let link = match delivery::token_minutes(kind) {
            None => self.link(kind, reader.language, None),
            Some(minutes) => {
                let token = random_text();
                let hash = sha256(token.as_bytes());
                delivery::store_token(&self.central, due, kind, &hash, addressee.expires_at, minutes).await?;
                self.link(kind, reader.language, Some(&token))
            }
        };
        let mail = mail(kind, due, &addressee, &link)?;
        Ok(self.post(to, &mail, &reader, due.id).await.map_or_else(Outcome::Failed, |()| Outcome::Sent))
    }

    /// The token stands behind the #, so that it is in no server's or proxy's log.
    fn link(&self, kind: Kind, language: Language, token: Option<&str>) -> String {
        let page = match kind {
            Kind::Verification => "/verify-email",
            Kind::PasswordReset => "/reset-password",
            Kind::Invitation => "/accept-invitation",
            Kind::EmailChangeOld | Kind::EmailChangeNew => "/confirm-email",
            _ => "/",
        };
        let token = token.map(|token| format!("#token={token}")).unwrap_or_default();
        format!("{}{page}?lang={}{token}", self.public_url, language.tag())
    }
}

/// In their language, by the rules of the clinic's country and in its time; where no clinic is meant, of the language's own country.
fn reader(addressee: &Addressee) -> Reader {
    let language = addressee.language.as_deref().and_then(Language::lookup).unwrap_or(Language::ENGLISH);
    let region = addressee.country.as_deref().and_then(Region::parse).unwrap_or_else(|| home(language));
    let time_zone = addressee.time_zone.as_deref().and_then(|zone| zone.parse().ok()).unwrap_or(region.time_zone);
    Reader { language, region, time_zone }
}

fn mail<'a>(kind: Kind, due: &'a Due, addressee: &'a Addressee, link: &'a str) -> Result<Mail<'a>> {
    let name = addressee.first_name.as_deref();
    let clinic = || addressee.clinic.as_deref().ok_or_else(|| incomplete("clinic"));
    let new_email = || addressee.new_email.as_deref().ok_or_else(|| incomplete("new address"));
    let said = |key: &str| due.payload.get(key).and_then(serde_json::Value::as_str);
    let at = || said("at").and_then(|at| at.parse().ok()).unwrap_or(due.created_at);
    let valid = |unit: i64| valid(addressee.expires_at, kind, unit);
    Ok(match kind {
        Kind::Verification => Mail::Verification { clinic: clinic()?, name, link, valid_hours: valid(60) },
        Kind::PasswordReset => Mail::PasswordReset { name, link, valid_minutes: valid(1) },
        Kind::PasswordChanged => Mail::PasswordChanged { name, at: at() },
        Kind::NewDevice => {
            let device = said("device").ok_or_else(|| incomplete("device"))?;
            Mail::NewDevice { name, device, at: at(), network: said("network") }
        }
        Kind::Invitation => Mail::Invitation {
            name,
            clinic: clinic()?,
            inviter: addressee.invited_by.as_deref(),
            role: addressee.role.as_deref().and_then(|role| role.parse().ok()).ok_or_else(|| incomplete("role"))?,
            link,
            valid_days: valid(24 * 60),
        },
        Kind::Welcome => Mail::Welcome { name, clinic: clinic()?, link },
        Kind::Suspended => Mail::Suspended { name, clinic: clinic()? },
        Kind::EmailChangeOld => Mail::EmailChangeOld { name, new_email: new_email()?, link, valid_hours: valid(60) },
        Kind::EmailChangeNew => Mail::EmailChangeNew { name, link, valid_hours: valid(60) },
        Kind::EmailChanged => Mail::EmailChanged { name, new_email: new_email()? },
    })
}

/// How long a token is good for, in units of so many minutes: rounded to the nearest, and one at least.
fn valid(expires_at: Option<DateTime<Utc>>, kind: Kind, unit: i64) -> u32 {
    let whole = i64::from(delivery::token_minutes(kind).unwrap_or_default());
    let minutes = expires_at.map_or(whole, |end| end.signed_duration_since(Utc::now()).num_minutes());
    u32::try_from((minutes + unit / 2) / unit).unwrap_or_default().max(1)
}

fn incomplete(what: &str) -> ApiError {
    ApiError::internal(anyhow::anyhow!("a mail without its {what}"))
}
