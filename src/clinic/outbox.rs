//! A clinic's `email_outbox`: mail about patients, in their clinic's own database.
//!
//! [`queue`] writes it in the transaction that causes it, under that caller's role; the worker takes it, under its own, by the same
//! pool, checkout and row-level security as every request. Central learns from `ClinicWork::end` that there is some, and nothing of it.
//!
//! Invariant: an attempt is ended by the worker that made it, or by nobody: one that comes back after its lease has passed changes
//! nothing any more.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{ClinicTx, Write};
use crate::error::{ApiError, Result};
use crate::ids::Role;
use crate::sql;

const WRITERS: [Role; 5] = [Role::Admin, Role::Manager, Role::Practitioner, Role::Nurse, Role::Secretary];

/// No person's: these statements run under `medicalpro_worker`.
pub const WORKER: [Role; 0] = [];

sql! { Clinic;
    /// Queues a mail to a patient who has an address, in their language or the clinic's.
    QUEUE by WRITERS;
        "INSERT INTO email_outbox (kind, language, patient_id, payload, next_attempt_at)
         SELECT $2::text, coalesce(p.language, s.language), p.id, $4::jsonb, coalesce($5::timestamptz, now())
           FROM patients p JOIN clinic_settings s ON s.company_id = p.company_id
          WHERE p.company_id = $1 AND p.id = $3 AND p.email IS NOT NULL AND p.deleted_at IS NULL
         RETURNING true AS queued";
    /// Takes a due mail for longer than its sending may take: a worker that dies in between leaves it to be taken again.
    CLAIM by WORKER;
        "UPDATE email_outbox SET attempts = attempts + 1, leased_by = $2, leased_until = now() + interval '2 minutes'
          WHERE company_id = $1
            AND id = (SELECT id FROM email_outbox
                       WHERE company_id = $1 AND status = 'pending' AND next_attempt_at <= now()
                         AND coalesce(leased_until, '-infinity') < now()
                       ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING id, kind, language, patient_id, payload, attempts";
    /// Who reads it, as they are now, who signs it, and where its appointment is: as the page behind its link says
    /// (`app.link_appointment`).
    ADDRESSEE by WORKER;
        "SELECT concat_ws(' ', p.first_name, p.last_name) AS patient, CASE WHEN p.deleted_at IS NULL THEN p.email END AS email,
                s.name, s.country, s.language, s.time_zone, f.name AS facility, coalesce(f.phone, s.phone) AS phone,
                CASE WHEN f.city IS NULL THEN s.address_line1 ELSE f.address_line1 END AS address_line1,
                CASE WHEN f.city IS NULL THEN s.address_line2 ELSE f.address_line2 END AS address_line2,
                CASE WHEN f.city IS NULL THEN s.postal_code ELSE f.postal_code END AS postal_code, coalesce(f.city, s.city) AS city
           FROM patients p
           JOIN clinic_settings s         ON s.company_id = p.company_id
           LEFT JOIN appointments a       ON a.company_id = p.company_id AND a.id = $3
           LEFT JOIN medical_facilities f ON f.company_id = a.company_id AND f.id = a.facility_id
          WHERE p.company_id = $1 AND p.id = $2";
    /// Whether an appointment still takes place, as it was told.
    STANDS by WORKER;
        "SELECT FROM appointments
          WHERE company_id = $1 AND id = $2 AND starts_at = $3 AND ends_at = $3::timestamptz + make_interval(mins => $4)
            AND practitioner_id = coalesce($5, practitioner_id) AND facility_id IS NOT DISTINCT FROM $6
            AND starts_at > now() AND status IN ('scheduled', 'confirmed') AND deleted_at IS NULL";
    /// Takes it upon this mail to remind of a start: not of one that another has reminded of. A mail that is tried again has taken it
    /// already.
    REMIND by WORKER;
        "UPDATE appointments SET reminded_at = $3
          WHERE company_id = $1 AND id = $2 AND (reminded_at IS DISTINCT FROM $3 OR $4::int > 1) RETURNING id";
    /// Ends an attempt: sent, or closed, since its cause is gone.
    END by WORKER;
        "UPDATE email_outbox SET status = $5, sent_at = CASE $5 WHEN 'sent' THEN now() END, last_error = $6, leased_by = NULL, leased_until = NULL
          WHERE company_id = $1 AND id = $2 AND leased_by = $3 AND attempts = $4 AND status = 'pending'";
    /// Refused for now: again later, twice as late each time; given up after ten attempts or where it cannot succeed.
    FAIL by WORKER;
        "UPDATE email_outbox
            SET status = CASE WHEN attempts >= 10 OR $5 THEN 'failed' ELSE 'pending' END, last_error = $6, leased_by = NULL, leased_until = NULL,
                next_attempt_at = now() + least(interval '15 seconds' * power(2, least(attempts, 16)), interval '1 hour')
          WHERE company_id = $1 AND id = $2 AND leased_by = $3 AND attempts = $4 AND status = 'pending'
         RETURNING status = 'failed' AS given_up";
    /// When the next is due.
    NEXT by WORKER;
        "SELECT min(greatest(next_attempt_at, leased_until)) AS next FROM email_outbox WHERE company_id = $1 AND status = 'pending'";
}

/// What a patient is told. Its name is `email_outbox.kind`, what is in it the row's `payload`.
#[derive(Clone, Deserialize, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "payload", rename_all = "snake_case")]
#[expect(missing_debug_implementations, reason = "it is about a patient")]
pub enum Notice {
    /// The appointment is made.
    AppointmentConfirmation(AppointmentNotice),
    /// It is near.
    AppointmentReminder(AppointmentNotice),
    /// It will not take place.
    AppointmentCancellation(AppointmentNotice),
    /// Please read and sign.
    ConsentToSign(ConsentNotice),
    /// A document is there to be read.
    DocumentSent(DocumentNotice),
}

/// Of an appointment: never what it is for.
#[derive(Clone, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_debug_implementations, reason = "it is about a patient")]
pub struct AppointmentNotice {
    /// Which; unless it stands as it was said, a confirmation or reminder is not sent any more.
    pub appointment_id: Uuid,
    /// Whom they see; where it is absent, whoever it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub practitioner_id: Option<Uuid>,
    /// Their name.
    pub practitioner: String,
    /// At which facility; where it is absent, at none in particular.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility_id: Option<Uuid>,
    /// When it begins.
    pub start: DateTime<Utc>,
    /// How long it takes.
    pub minutes: u32,
    /// The row of `appointment_links` by which the patient answers; the worker makes its token as it sends the mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Uuid>,
}

impl Notice {
    /// The appointment that it is about, if it is about one.
    const fn appointment(&self) -> Option<Uuid> {
        match self {
            Self::AppointmentConfirmation(told)
            | Self::AppointmentReminder(told)
            | Self::AppointmentCancellation(told) => Some(told.appointment_id),
            Self::ConsentToSign(_) | Self::DocumentSent(_) => None,
        }
    }
}

/// Of a consent.
#[derive(Clone, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_debug_implementations, reason = "it is about a patient")]
pub struct ConsentNotice {
    /// What it is called.
    pub title: String,
    /// Where to read and sign it: a path below the public address, without what proves who asks.
    pub path: String,
    /// Until when that is possible; not sent any more after it.
    pub valid_until: DateTime<Utc>,
}

/// Of a document.
#[derive(Clone, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_debug_implementations, reason = "it is about a patient")]
pub struct DocumentNotice {
    /// As in `documents.kind`: `quote`, `invoice` or `credit_note`.
    pub document: String,
    /// Its number.
    pub number: String,
    /// Its total, in the currency's minor unit.
    pub total: i64,
    /// ISO 4217.
    pub currency: String,
    /// Where to read it: a path below the public address.
    pub path: String,
}

/// Queues a mail to a patient, to be sent at once or from `at` on, in the transaction that causes it. `false` when the patient has no
/// address: there is nothing to send then.
///
/// # Errors
/// As the database refuses: not in every role may one write to patients.
pub async fn queue(
    tx: &mut ClinicTx<Write>,
    patient: Uuid,
    notice: &Notice,
    at: Option<DateTime<Utc>>,
) -> Result<bool> {
    let Value::Object(mut parts) = serde_json::to_value(notice).map_err(ApiError::internal)? else {
        return Err(ApiError::internal(anyhow::anyhow!("a notice without a kind")));
    };
    let (kind, payload) = (parts.remove("kind").unwrap_or_default(), parts.remove("payload").unwrap_or_default());
    let queued = tx.row(&QUEUE, &[&kind.as_str(), &patient, &payload, &at]).await?.is_some();
    if queued {
        tx.bears_mail();
    }
    Ok(queued)
}

/// A mail that is due, as an attempt at it begins.
#[expect(missing_debug_implementations, reason = "it is about a patient")]
pub struct Due {
    /// The row.
    pub id: Uuid,
    /// Which mail.
    pub kind: String,
    /// BCP 47.
    pub language: String,
    /// To whom.
    pub patient_id: Uuid,
    /// See [`Notice`].
    pub payload: Value,
    /// Which attempt this is, from 1.
    pub attempts: i32,
}

crate::from_row!(Due { id, kind, language, patient_id, payload, attempts });

impl Due {
    /// What it tells; nothing that one can read where the row was not written by [`queue`].
    #[must_use]
    pub fn notice(&self) -> Option<Notice> {
        serde_json::from_value(serde_json::json!({ "kind": self.kind, "payload": self.payload })).ok()
    }
}

/// Who reads a mail, the clinic that signs it, and where that is, or the appointment.
#[expect(missing_debug_implementations, reason = "it is about a patient")]
pub struct Addressee {
    /// The patient's name.
    pub patient: String,
    /// Their address, if they have one and are still a patient.
    pub email: Option<String>,
    /// The clinic's name.
    pub name: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// The clinic's, BCP 47: for a patient whose own is not written here.
    pub language: String,
    /// IANA.
    pub time_zone: String,
    /// The name of the appointment's facility, where it is at one.
    pub facility: Option<String>,
    /// As it is written for people.
    pub phone: Option<String>,
    /// Street and number.
    pub address_line1: Option<String>,
    /// Building, floor, door.
    pub address_line2: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Town.
    pub city: Option<String>,
}

crate::from_row!(Addressee {
    patient,
    email,
    name,
    country,
    language,
    time_zone,
    facility,
    phone,
    address_line1,
    address_line2,
    postal_code,
    city
});

/// Takes the next due mail, for the worker of this name.
///
/// # Errors
/// As the database refuses.
pub async fn claim(tx: &mut ClinicTx<Write>, worker: &str) -> Result<Option<Due>> {
    let row = tx.row(&CLAIM, &[&worker]).await?;
    Ok(row.as_ref().map(Due::try_from).transpose()?)
}

/// Who reads a due mail.
///
/// # Errors
/// [`ApiError::NotFound`] where there is no such patient.
pub async fn addressee(tx: &mut ClinicTx<Write>, due: &Due, notice: &Notice) -> Result<Addressee> {
    Ok(Addressee::try_from(&tx.one(&ADDRESSEE, &[&due.patient_id, &notice.appointment()]).await?)?)
}

/// Why a mail is not to be sent any more, in words that name nobody. A reminder that is to be sent is from now on the only one of that
/// start: of an appointment that was moved away and back, two wait.
///
/// # Errors
/// As the database refuses.
pub async fn needless(tx: &mut ClinicTx<Write>, due: &Due, notice: &Notice) -> Result<Option<&'static str>> {
    if !stands(tx, notice).await? {
        return Ok(Some("it is no longer so"));
    }
    if let Notice::AppointmentReminder(told) = notice
        && tx.row(&REMIND, &[&told.appointment_id, &told.start, &due.attempts]).await?.is_none()
    {
        return Ok(Some("it was reminded of already"));
    }
    Ok(None)
}

/// Whether what a mail tells is still so.
async fn stands(tx: &mut ClinicTx<Write>, notice: &Notice) -> Result<bool> {
    match notice {
        Notice::AppointmentConfirmation(told) | Notice::AppointmentReminder(told) => {
            let minutes = i32::try_from(told.minutes).unwrap_or(i32::MAX);
            let params: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
                [&told.appointment_id, &told.start, &minutes, &told.practitioner_id, &told.facility_id];
            Ok(tx.row(&STANDS, &params).await?.is_some())
        }
        Notice::ConsentToSign(told) => Ok(told.valid_until > Utc::now()),
        Notice::AppointmentCancellation(_) | Notice::DocumentSent(_) => Ok(true),
    }
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was handed over.
    Sent,
    /// It is not to be sent any more. Why, in words that name nobody.
    Closed(&'static str),
    /// It could not be sent: why, in words that name nobody, and whether trying again is pointless.
    Failed {
        /// Why.
        reason: String,
        /// Whether it is given up.
        permanent: bool,
    },
}

/// Notes how an attempt ended; whether the mail is given up.
///
/// # Errors
/// As the database refuses.
pub async fn end(tx: &mut ClinicTx<Write>, due: &Due, worker: &str, outcome: &Outcome) -> Result<bool> {
    let (status, why) = match outcome {
        Outcome::Sent => ("sent", None),
        Outcome::Closed(why) => ("closed", Some(*why)),
        Outcome::Failed { reason, permanent } => {
            let reason: String = reason.chars().take(1000).collect();
            let row = tx.row(&FAIL, &[&due.id, &worker, &due.attempts, permanent, &reason]).await?;
            return Ok(row.map(|row| row.try_get("given_up")).transpose()?.unwrap_or(false));
        }
    };
    tx.rows(&END, &[&due.id, &worker, &due.attempts, &status, &why]).await?;
    Ok(false)
}

/// When the next mail is due, if there is one.
///
/// # Errors
/// As the database refuses.
pub async fn next(tx: &mut ClinicTx<Write>) -> Result<Option<DateTime<Utc>>> {
    Ok(tx.one(&NEXT, &[]).await?.try_get("next")?)
}
