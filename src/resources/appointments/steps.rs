//! An appointment's path. Which steps there are, and who may take them, says the trigger `path` of `appointments`.

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path};
use uuid::Uuid;

use super::booking::refused;
use super::mails::{self, Rules};
use super::model::{Appointment, Status};
use super::plan::{CancelFor, Cancellation};
use super::statements::{CANCEL, FIND_FOR_UPDATE, STEP};

use crate::api::Tag;
use crate::api::answer::Found;
use crate::api::body::Body;
use crate::api::idempotency::Once;
use crate::api::text::IdempotencyKey;
use crate::auth::caller::Bearer;
use crate::clinic::{Caller, Clinics};
use crate::error::{ApiError, Result};
use crate::transaction;

/// The steps of appointments.
#[derive(Clone, Copy, Debug)]
pub struct Steps;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Appointments")]
impl Steps {
    /// Confirm an appointment
    ///
    /// The patient has said that they will come. 409 `illegal_transition` where it is not `scheduled`.
    #[oai(path = "/appointments/:id/confirm", method = "post", operation_id = "appointments_confirm")]
    async fn confirm(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The appointment.
        id: Path<Uuid>,
        /// Names this attempt: repeated, it is answered alike.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
    ) -> Result<Found<Appointment>> {
        let once = Once::new(&bearer.0, key.as_ref(), &[id.0.as_bytes()]);
        step(&bearer.0, &clinics, &once, id.0, Status::Confirmed).await
    }

    /// Check a patient in
    ///
    /// The patient is here. 409 `illegal_transition` where the appointment is neither `scheduled` nor `confirmed`.
    #[oai(path = "/appointments/:id/check-in", method = "post", operation_id = "appointments_check_in")]
    async fn check_in(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The appointment.
        id: Path<Uuid>,
        /// Names this attempt: repeated, it is answered alike.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
    ) -> Result<Found<Appointment>> {
        let once = Once::new(&bearer.0, key.as_ref(), &[id.0.as_bytes()]);
        step(&bearer.0, &clinics, &once, id.0, Status::CheckedIn).await
    }

    /// Complete an appointment
    ///
    /// It took place: said by those who treat, or run the clinic. 409 `illegal_transition` where it is neither `confirmed` nor
    /// `checked_in`.
    #[oai(path = "/appointments/:id/complete", method = "post", operation_id = "appointments_complete")]
    async fn complete(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The appointment.
        id: Path<Uuid>,
        /// Names this attempt: repeated, it is answered alike.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
    ) -> Result<Found<Appointment>> {
        let once = Once::new(&bearer.0, key.as_ref(), &[id.0.as_bytes()]);
        step(&bearer.0, &clinics, &once, id.0, Status::Completed).await
    }

    /// Note that a patient did not come
    ///
    /// For those who may also cancel. 409 `illegal_transition` where the appointment has not begun, or is neither `scheduled` nor
    /// `confirmed`.
    #[oai(path = "/appointments/:id/no-show", method = "post", operation_id = "appointments_no_show")]
    async fn no_show(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The appointment.
        id: Path<Uuid>,
        /// Names this attempt: repeated, it is answered alike.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
    ) -> Result<Found<Appointment>> {
        let once = Once::new(&bearer.0, key.as_ref(), &[id.0.as_bytes()]);
        step(&bearer.0, &clinics, &once, id.0, Status::NoShow).await
    }

    /// Cancel an appointment
    ///
    /// Its time is free again. Unless the patient asked for it, a patient who was still to come is told by mail, where the clinic writes to
    /// patients about appointments. 409 `illegal_transition` where it is over already.
    #[oai(path = "/appointments/:id/cancel", method = "post", operation_id = "appointments_cancel")]
    async fn cancel(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The appointment.
        id: Path<Uuid>,
        /// Names this attempt: repeated, it is answered alike.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
        body: Body<Cancellation>,
    ) -> Result<Found<Appointment>> {
        let (caller, why) = (&bearer.0, &body.value);
        let once = Once::new(caller, key.as_ref(), &[id.0.as_bytes(), &body.raw]);
        let appointment = transaction!(clinics.write(caller), |tx| {
            if let Some(answered) = once.answered(tx).await? {
                return Ok(answered);
            }
            let before = Appointment::try_from(&tx.one(FIND_FOR_UPDATE.pick(&[0]), &[&id.0]).await?)?;
            leads_on(&before, Status::Cancelled)?;
            let cancelled = tx.one(&CANCEL, &[&id.0, &why.on_behalf.name(), &why.reason]).await;
            let row = cancelled.map_err(|error| refused(error, before.status, Some(Status::Cancelled)))?;
            if why.on_behalf != CancelFor::Patient && mails::expected(&before) {
                let rules = Rules::of(tx, before.patient_id).await?;
                mails::call_off(tx, &before, rules).await?;
            }
            once.remember(tx, Appointment::try_from(&row)?).await
        })?;
        Ok(Found(appointment))
    }
}

async fn step(caller: &Caller, clinics: &Clinics, once: &Once<'_>, id: Uuid, to: Status) -> Result<Found<Appointment>> {
    let appointment = transaction!(clinics.write(caller), |tx| {
        if let Some(answered) = once.answered(tx).await? {
            return Ok(answered);
        }
        let before = Appointment::try_from(&tx.one(FIND_FOR_UPDATE.pick(&[0]), &[&id]).await?)?;
        leads_on(&before, to)?;
        let taken = tx.one(&STEP, &[&id, &to.name()]).await;
        let row = taken.map_err(|error| refused(error, before.status, Some(to)))?;
        once.remember(tx, Appointment::try_from(&row)?).await
    })?;
    Ok(Found(appointment))
}

/// To stay is no step, and the trigger sees none.
fn leads_on(before: &Appointment, to: Status) -> Result<()> {
    if before.status == to {
        let same = ApiError::Conflict { code: "illegal_transition", detail: "".into(), pointer: None };
        return Err(refused(same, before.status, Some(to)));
    }
    Ok(())
}
