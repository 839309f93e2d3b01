//! Appointments: who sees whom, when and where, and what became of it.
//!
//! | file | owns |
//! | --- | --- |
//! | `model`, `plan`, `examples` | what appointments look like; what is asked for of them |
//! | `booking` | whether what an appointment asks for is there, and what is said where its time is taken |
//! | `series` | appointments that recur |
//! | `steps` | its path: confirmed, checked in, completed, called off, not come |
//! | `mails` | what patients are told |
//!
//! Nobody and no room is booked twice, and a status changes only along its path by those who may: PostgreSQL keeps both
//! (exclusion constraints, triggers, grants), so that no two requests can miss each other.

mod booking;
mod examples;
mod mails;
mod model;
mod plan;
pub mod series;
mod statements;
mod steps;

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::api::Tag;
use crate::api::answer::{Created, Done, Found, Listed, Read, expect_version};
use crate::api::body::Body;
use crate::api::day::Day;
use crate::api::idempotency::Once;
use crate::api::list::{After, Cursors, Limit, Page};
use crate::api::text::{CursorText, EntityTags, IdempotencyKey};
use crate::auth::caller::Bearer;
use crate::clinic::Clinics;
use crate::error::Result;
use crate::transaction;

pub use booking::{
    FACILITY_GONE, PATIENT_BUSY, PRACTITIONER_BUSY, PRACTITIONER_GONE, ROOM_BUSY, ROOM_GONE, SERVICE_GONE, SLOT_HELD,
};
use booking::{agree, check_start, refused, release};
pub use model::{Appointment, CancelledFor, Sort, Status};
use plan::{AppointmentPatch, NewAppointment, Plan};
pub use statements::STATEMENTS;
use statements::{ARCHIVE, FIND, FIND_FOR_UPDATE, INSERT, LIST, RESTORE, UPDATE, UPDATE_OVERBOOK};
pub use steps::Steps;

/// All operations on appointments.
pub type Api = (Appointments, Steps, series::Series);

/// See [`Api`].
pub const API: Api = (Appointments, Steps, series::Series);

/// The operations on appointments.
#[derive(Clone, Copy, Debug)]
pub struct Appointments;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Appointments")]
impl Appointments {
    /// List appointments
    ///
    /// Sorted by time unless `sort` says otherwise. All filters hold together.
    #[oai(path = "/appointments", method = "get", operation_id = "appointments_list")]
    #[expect(clippy::too_many_arguments, reason = "one for each query parameter")]
    async fn list(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        cursors: Data<&Cursors>,
        /// Beginning on this day or later, by the clinic's clock.
        from: Query<Option<Day>>,
        /// Beginning on this day or earlier.
        to: Query<Option<Day>>,
        /// Of this practitioner.
        #[oai(name = "practitionerId")]
        practitioner: Query<Option<Uuid>>,
        /// Of this patient.
        #[oai(name = "patientId")]
        patient: Query<Option<Uuid>>,
        /// In this room.
        #[oai(name = "roomId")]
        room: Query<Option<Uuid>>,
        /// In this facility.
        #[oai(name = "facilityId")]
        facility: Query<Option<Uuid>>,
        /// That stand here.
        status: Query<Option<Status>>,
        /// `true` lists the deleted appointments instead.
        archived: Query<Option<bool>>,
        /// The order.
        sort: Query<Option<Sort>>,
        /// Rows of a page.
        limit: Query<Option<Limit>>,
        /// The `nextCursor` of the page before.
        cursor: Query<Option<CursorText>>,
    ) -> Result<Listed<Page<Appointment>>> {
        let caller = &bearer.0;
        let archived = archived.0.unwrap_or(false);
        let sort = sort.0.unwrap_or(Sort::Starts);
        let status = status.0.map(Status::name);
        let (of, within) = ([practitioner.0, patient.0, room.0, facility.0], [from.0, to.0]);
        let shape = format!("{of:?} {within:?} {status:?} {archived} {sort:?}");
        let page = cursors.page(caller, limit.0, cursor.0.as_ref(), &[&shape])?;

        // What an index leads with: a patient has the fewest.
        let leads = [patient.0, practitioner.0, room.0, facility.0].iter().position(Option::is_some);
        let order = 2 * sort as usize + usize::from(page.after.is_some());
        let statement = LIST.pick(&[usize::from(archived), leads.map_or(0, |index| index + 1), order, page.bucket()]);
        let (key, id) = page.after.clone().map(|after| (after.key, after.id)).unzip();
        let ([practitioner, patient, room, facility], [from, to]) = (of, within);
        let answer = transaction!(clinics.read(caller), |tx| {
            let rows = tx
                .page(
                    statement.clone(),
                    &[&from, &to, &practitioner, &patient, &room, &facility, &status, &key, &id, &page.rows()],
                )
                .await?;
            let found = rows.iter().map(Appointment::try_from).collect::<Result<_, _>>()?;
            page.answer(found, |one| After { key: sort.key_of(one), id: one.id })
        })?;
        Ok(Listed(answer))
    }

    /// Book an appointment
    ///
    /// 409 where the time is taken, with the field it is taken of: `practitioner_busy`, `patient_busy`, `room_busy`, or `slot_held` where
    /// somebody else holds it. 409 `reference_missing` or `not_bookable` names the field whose thing is not there, or not in use. By the
    /// clinic's rules the patient is sent a confirmation, and a reminder later.
    #[oai(path = "/appointments", method = "post", operation_id = "appointments_create")]
    async fn create(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// Names this attempt: repeated, it is answered alike and nothing is entered twice.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
        body: Body<NewAppointment>,
    ) -> Result<Created<Appointment>> {
        let (caller, new) = (&bearer.0, &body.value);
        let once = Once::new(caller, key.as_ref(), &[&body.raw]);
        check_start(new.starts_at, "/startsAt")?;
        let status = if new.confirmed == Some(true) { Status::Confirmed } else { Status::Scheduled }.name();
        let appointment = transaction!(clinics.write(caller), |tx| {
            if let Some(answered) = once.answered(tx).await? {
                return Ok(answered);
            }
            let mut plan = Plan::from(new);
            let rules = agree(tx, new.patient_id, &mut plan.place).await?;
            if let Some(token) = &new.hold_token {
                release(tx, token, &plan.place).await?;
            }
            let id = Uuid::now_v7();
            let mut params = plan.params(&id);
            params.extend([&new.patient_id as &(dyn ToSql + Sync), &plan.overbook, &status]);
            let appointment = Appointment::try_from(&tx.one(&INSERT, &params).await?)?;
            mails::confirm(tx, &appointment, rules).await?;
            mails::remind(tx, &appointment, rules).await?;
            once.remember(tx, appointment).await
        })?;
        Ok(Created(appointment))
    }

    /// Read an appointment
    ///
    /// Reading is audited. A deleted appointment is not found: see the list with `archived=true`.
    #[oai(path = "/appointments/:id", method = "get", operation_id = "appointments_find")]
    async fn find(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The appointment.
        id: Path<Uuid>,
        /// The version that the client has: answered 304 if it is the newest.
        #[oai(name = "If-None-Match")]
        if_none_match: Header<Option<EntityTags>>,
    ) -> Result<Read<Appointment>> {
        let appointment =
            transaction!(clinics.read(&bearer.0), |tx| Ok(Appointment::try_from(&tx.only(&FIND, &[&id.0]).await?)?))?;
        Ok(Read::of(appointment, if_none_match.as_ref()))
    }

    /// Change or move an appointment
    ///
    /// A JSON merge patch: what is absent stays, `null` clears. Where it is moved, the conflicts are those of a booking, what is over stays
    /// where it was (409 `illegal_transition`), the patient is sent another confirmation and reminder, and one of a series is `detached`
    /// from it. At another time, or with another practitioner, what was `confirmed` is `scheduled` until it is confirmed again.
    #[oai(path = "/appointments/:id", method = "patch", operation_id = "appointments_update")]
    async fn update(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The appointment.
        id: Path<Uuid>,
        /// The version that the client has seen: 412 if it is not the newest.
        #[oai(name = "If-Match")]
        if_match: Header<Option<EntityTags>>,
        body: Body<AppointmentPatch>,
    ) -> Result<Found<Appointment>> {
        if let Some(starts_at) = body.value.starts_at {
            check_start(starts_at, "/startsAt")?;
        }
        let appointment = transaction!(clinics.write(&bearer.0), |tx| {
            let before = Appointment::try_from(&tx.one(FIND_FOR_UPDATE.pick(&[0]), &[&id.0]).await?)?;
            expect_version(if_match.as_ref(), before.version)?;
            let stood = Plan::from(&before);
            let mut plan = stood.clone();
            body.value.clone().apply(&mut plan);
            let moves = plan.place != stood.place;
            if moves {
                // What it is for, and stays so, may have been taken from the catalogue since.
                let service = plan.place.service;
                plan.place.service = service.filter(|_| service != stood.place.service);
                agree(tx, before.patient_id, &mut plan.place).await?;
                plan.place.service = service;
            }
            let detached = before.detached || moves && before.series_id.is_some();
            let mut params = plan.params(&id.0);
            params.push(&detached);
            // Only those may name the column who may overbook.
            let statement = if plan.overbook == before.overbook {
                &UPDATE
            } else {
                params.push(&plan.overbook);
                &UPDATE_OVERBOOK
            };
            let row = tx.one(statement, &params).await.map_err(|error| refused(error, before.status, None))?;
            let appointment = Appointment::try_from(&row)?;
            if appointment.told() != before.told() {
                let rules = mails::Rules::of(tx, appointment.patient_id).await?;
                mails::confirm(tx, &appointment, rules).await?;
                mails::remind(tx, &appointment, rules).await?;
            }
            Ok(appointment)
        })?;
        Ok(Found(appointment))
    }

    /// Delete an appointment
    ///
    /// For what was entered by mistake: what does not take place is cancelled. Its row stays: it is listed with `archived=true` and can be
    /// restored.
    #[oai(path = "/appointments/:id", method = "delete", operation_id = "appointments_delete")]
    async fn delete(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The appointment.
        id: Path<Uuid>,
        /// The version that the client has seen: 412 if it is not the newest.
        #[oai(name = "If-Match")]
        if_match: Header<Option<EntityTags>>,
    ) -> Result<Done> {
        transaction!(clinics.write(&bearer.0), |tx| {
            let row = tx.one(&ARCHIVE, &[&id.0]).await?;
            expect_version(if_match.as_ref(), row.try_get(0)?)
        })?;
        Ok(Done)
    }

    /// Restore a deleted appointment
    ///
    /// 409 where its time has been taken since, or what it refers to is not there any more.
    #[oai(path = "/appointments/:id/restore", method = "post", operation_id = "appointments_restore")]
    async fn restore(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The appointment.
        id: Path<Uuid>,
        /// Names this attempt: repeated, it is answered alike.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
    ) -> Result<Found<Appointment>> {
        let caller = &bearer.0;
        let once = Once::new(caller, key.as_ref(), &[id.0.as_bytes()]);
        let appointment = transaction!(clinics.write(caller), |tx| {
            if let Some(answered) = once.answered(tx).await? {
                return Ok(answered);
            }
            let stood = Appointment::try_from(&tx.one(FIND_FOR_UPDATE.pick(&[1]), &[&id.0]).await?)?;
            if stood.status.takes_time() {
                agree(tx, stood.patient_id, &mut Plan::from(&stood).place).await?;
            }
            let appointment = Appointment::try_from(&tx.one(&RESTORE, &[&id.0]).await?)?;
            once.remember(tx, appointment).await
        })?;
        Ok(Found(appointment))
    }
}
