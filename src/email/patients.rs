//! Mail about patients: clinic by clinic, each with its own credentials, under `medicalpro_worker` and row-level security, by the path
//! that requests go. Who reads it is looked up in the clinic's database as it is sent; nothing of it is kept elsewhere or logged.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tracing::Instrument as _;
use uuid::Uuid;

use super::outbox::{Sender, home};
use super::{Appointment, DocumentKind, Mail, PostalAddress, Practice, Reader, SendError};
use crate::central::clinic_mail::{self, Turn};
use crate::central::companies::{self, Status};
use crate::clinic::housekeeping;
use crate::clinic::outbox::{self, Addressee, AppointmentNotice, Due, Notice, Outcome};
use crate::clinic::{Errand, LinkKind, LinkToken};
use crate::error::{Result, describe};
use crate::ids::ClinicId;
use crate::region::{Language, Region};
use crate::telemetry::{metrics, timed};
use crate::transaction;

/// A clinic with much to send gives way to others after this time: together with one more mail, well within its lease.
const TURN: Duration = Duration::from_mins(2);

impl Sender {
    pub(super) async fn send_clinics(&self, turn: &Turn) {
        let span = tracing::error_span!("clinic_mail", clinic = %turn.company_id);
        let looking = async {
            let errand = Errand::to(ClinicId(turn.company_id), "mail", turn.epoch);
            let given_back = match self.send_all(ClinicId(turn.company_id), &errand).await {
                Ok(next) => clinic_mail::give_back(&self.central, turn, next).await,
                Err(error) => {
                    tracing::warn!(error = describe(&error.into_cause()), "a clinic's mail could not be looked at");
                    clinic_mail::put_off(&self.central, turn).await
                }
            };
            if let Err(error) = given_back {
                tracing::warn!(%error, "a clinic's mail waits until its lease has passed");
            }
        };
        looking.instrument(span).await;
    }

    /// Sends what is due at a clinic, and throws away what is outworn; when it is to be looked at again.
    async fn send_all(&self, clinic: ClinicId, errand: &Errand) -> Result<Option<DateTime<Utc>>> {
        let began = Instant::now();
        while began.elapsed() < TURN {
            // It may have been suspended since; then its mail waits.
            if companies::status(&self.central, clinic).await? != Status::Active {
                return Ok(Some(Utc::now()));
            }
            let Some(due) = transaction!(self.clinics.run(errand), |tx| outbox::claim(tx, &self.name).await)? else {
                // Nobody's mail waits because something could not be thrown away.
                let more = transaction!(self.clinics.run(errand), |tx| housekeeping::purge(tx).await);
                let more = more.unwrap_or_else(|error| {
                    let error = describe(&error.into_cause());
                    tracing::warn!(error, "a clinic's outworn rows could not be thrown away");
                    false
                });
                if more {
                    return Ok(Some(Utc::now()));
                }
                return transaction!(self.clinics.run(errand), |tx| outbox::next(tx).await);
            };
            let span = tracing::error_span!("mail", mail = %due.id, attempt = due.attempts);
            let _timed = timed(&span);
            self.send_and_note_at(errand, &due).instrument(span).await?;
        }
        Ok(Some(Utc::now()))
    }

    async fn send_and_note_at(&self, errand: &Errand, due: &Due) -> Result<()> {
        let outcome = self.send_at(errand, due).await?;
        let given_up = transaction!(self.clinics.run(errand), |tx| outbox::end(tx, due, &self.name, &outcome).await)?;
        metrics::mailed(match &outcome {
            Outcome::Sent => "sent",
            Outcome::Closed(_) => "closed",
            Outcome::Failed { .. } if given_up => "given_up",
            Outcome::Failed { .. } => "failed",
        });
        if let Outcome::Failed { reason, .. } = outcome {
            tracing::warn!(given_up, reason, "a mail could not be sent");
        }
        Ok(())
    }

    async fn send_at(&self, errand: &Errand, due: &Due) -> Result<Outcome> {
        let Some(notice) = due.notice() else {
            return Ok(Outcome::Failed { reason: "not a notice that is known".to_owned(), permanent: true });
        };
        let (addressee, needless) = transaction!(self.clinics.run(errand), |tx| {
            let addressee = outbox::addressee(tx, due, &notice).await?;
            let needless = match addressee.email {
                Some(_) => outbox::needless(tx, due, &notice).await?,
                None => Some("the patient has no address"),
            };
            Ok((addressee, needless))
        })?;
        if let Some(why) = needless {
            return Ok(Outcome::Closed(why));
        }
        let to = addressee.email.as_deref().unwrap_or_default();
        Ok(match self.send_notice(to, errand.clinic(), due, &notice, &addressee).await {
            Ok(()) => Outcome::Sent,
            Err(SendError { permanent, reason }) => Outcome::Failed { reason, permanent },
        })
    }

    async fn send_notice(
        &self,
        to: &str,
        clinic: ClinicId,
        due: &Due,
        notice: &Notice,
        addressee: &Addressee,
    ) -> std::result::Result<(), SendError> {
        let language = Language::lookup(&due.language).or_else(|| Language::lookup(&addressee.language));
        let language = language.unwrap_or(Language::ENGLISH);
        let region = Region::parse(&addressee.country).unwrap_or_else(|| home(language));
        let time_zone = addressee.time_zone.parse().unwrap_or(region.time_zone);
        let below = |path: &str| Some(format!("{}/{}", self.public_url, path.trim_start_matches('/')));
        let link = match notice {
            Notice::AppointmentConfirmation(told) | Notice::AppointmentReminder(told) => {
                told.link.map(|link| self.answering(clinic, link, told.start, language)).transpose()?
            }
            // There is nothing to answer any more.
            Notice::AppointmentCancellation(_) => None,
            Notice::ConsentToSign(told) => below(&told.path),
            Notice::DocumentSent(told) => below(&told.path),
        };
        let mail = mail(notice, addressee, link.as_deref())
            .ok_or_else(|| SendError { permanent: true, reason: "not a document that is known".to_owned() })?;
        self.post(to, &mail, &Reader { language, region, time_zone }, due.id).await
    }

    /// Where a patient answers, until the appointment begins. The token is behind the #, so that it is in no server's or proxy's log.
    fn answering(
        &self,
        clinic: ClinicId,
        id: Uuid,
        start: DateTime<Utc>,
        language: Language,
    ) -> std::result::Result<String, SendError> {
        let token = LinkToken { clinic, id, expires: Some(start) }.seal(&self.keys, LinkKind::Appointment);
        let token = token.map_err(|error| SendError { permanent: false, reason: error.to_string() })?;
        Ok(format!("{}/appointment?lang={}#token={token}", self.public_url, language.tag()))
    }
}

fn mail<'a>(notice: &'a Notice, addressee: &'a Addressee, link: Option<&'a str>) -> Option<Mail<'a>> {
    let patient = addressee.patient.as_str();
    let clinic = Practice {
        name: &addressee.name,
        facility: addressee.facility.as_deref(),
        address: PostalAddress {
            line1: addressee.address_line1.as_deref(),
            line2: addressee.address_line2.as_deref(),
            postal_code: addressee.postal_code.as_deref(),
            city: addressee.city.as_deref(),
        },
        phone: addressee.phone.as_deref(),
    };
    let appointment = |told: &'a AppointmentNotice| Appointment {
        patient,
        practitioner: &told.practitioner,
        start: told.start,
        minutes: told.minutes,
        clinic,
        link,
    };
    Some(match notice {
        Notice::AppointmentConfirmation(told) => Mail::AppointmentConfirmation(appointment(told)),
        Notice::AppointmentReminder(told) => Mail::AppointmentReminder(appointment(told)),
        Notice::AppointmentCancellation(told) => Mail::AppointmentCancellation(appointment(told)),
        Notice::ConsentToSign(told) => {
            Mail::ConsentToSign { patient, clinic, title: &told.title, link: link?, valid_until: told.valid_until }
        }
        Notice::DocumentSent(told) => Mail::DocumentSent {
            patient,
            clinic,
            kind: DocumentKind::ALL.into_iter().find(|kind| kind.name() == told.document)?,
            number: &told.number,
            total: told.total,
            currency: &told.currency,
            link: link?,
        },
    })
}
