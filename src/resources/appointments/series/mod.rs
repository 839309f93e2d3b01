//! Series: appointments that recur, at the same time of the clinic's clock.
//!
//! All of a series is made, moved or called off in one transaction, or none of it. Each of its appointments is one by itself: what was moved by
//! itself (`detached`) its series moves no more.

mod days;
mod model;
mod statements;

use chrono::{DateTime, Duration};
use chrono_tz::Tz;
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path};
use poem_openapi::types::ToJSON as _;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::booking::{PATIENT_BUSY, PRACTITIONER_BUSY, ROOM_BUSY, SLOT_HELD, agree, check_start};
use super::mails::{self, Rules};
use super::model::Appointment;
use super::plan::{CancelFor, Place};
use super::statements::{WRITERS, columns};
use crate::api::Tag;
use crate::api::answer::{Listed, Made, Tagged, content_etag, expect_tag};
use crate::api::body::Body;
use crate::api::idempotency::Once;
use crate::api::text::{EntityTags, IdempotencyKey};
use crate::auth::caller::Bearer;
use crate::clinic::{ClinicTx, Clinics, Write};
use crate::error::{ApiError, Result};
use crate::region::clock;
use crate::transaction;

use days::{Occurrence, collisions, days_of, instants, refused};
pub use model::AppointmentSeries;
use model::{NewSeries, SeriesCancellation, SeriesPatch};
pub use statements::STATEMENTS;
use statements::{CANCEL, FIND, FIND_FOR_UPDATE, INSERT, INSERT_OCCURRENCES, MOVABLE, MOVE, OCCURRENCES, UPDATE, ZONE};

const PATH: &str = "/api/v1/appointment-series";

/// The operations on series of appointments.
#[derive(Clone, Copy, Debug)]
pub struct Series;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Appointments")]
impl Series {
    /// Book a series of appointments
    ///
    /// All at the same time of the clinic's clock, also when clocks change. 409 `series_conflict` names every day whose time is taken, as
    /// `/occurrences/<day>`; with `skipConflicts` those days are left out, unless nothing is left. The patient is sent one confirmation, of the
    /// first, and reminders of each.
    #[oai(path = "/appointment-series", method = "post", operation_id = "appointment_series_create")]
    async fn create(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// Names this attempt: repeated, it is answered alike and nothing is entered twice.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
        body: Body<NewSeries>,
    ) -> Result<Made<AppointmentSeries>> {
        let (caller, new) = (&bearer.0, &body.value);
        let once = Once::new(caller, key.as_ref(), &[&body.raw]);
        let days = days_of(new)?;
        let series = transaction!(clinics.write(caller), |tx| {
            if let Some(answered) = once.answered(tx).await? {
                return Ok(answered);
            }
            let starts = instants(&days, new.starts.0, zone(tx).await?)?;
            let (first, last) =
                (starts.first().copied().unwrap_or_default(), starts.last().copied().unwrap_or_default());
            let mut place = Place {
                practitioner: new.practitioner_id,
                facility: new.facility_id,
                room: new.room_id,
                service: new.service_id,
                starts_at: last,
                minutes: new.minutes,
            };
            agree(tx, new.patient_id, &mut place).await?;
            place.starts_at = first;
            let rules = agree(tx, new.patient_id, &mut place).await?;
            let minutes = place.minutes.unwrap_or_default();
            let occurrence = |(day, starts_at)| Occurrence {
                id: Uuid::now_v7(),
                day,
                starts_at,
                ends_at: starts_at + Duration::minutes(minutes.into()),
                practitioner: place.practitioner,
                facility: place.facility,
                room: place.room,
            };
            let mut occurrences: Vec<_> = days.iter().copied().zip(starts).map(occurrence).collect();
            let skipped = collisions(tx, new.patient_id, &occurrences, &[]).await?;
            occurrences.retain(|one| !skipped.iter().any(|taken| taken.day.0 == one.day));
            if occurrences.is_empty() || !skipped.is_empty() && new.skip_conflicts != Some(true) {
                return Err(refused(&skipped));
            }

            let (id, weeks, until) = (Uuid::now_v7(), new.interval_weeks.unwrap_or(1), days.last());
            let made: [&(dyn ToSql + Sync); 8] =
                [&id, &new.patient_id, &place.practitioner, &new.first_on, &until, &weeks, &new.starts, &minutes];
            let row = tx.one(&INSERT, &made).await?;
            let (ids, on): (Vec<_>, Vec<_>) = occurrences.iter().map(|one| (one.id, one.day)).unzip();
            let (from, to): (Vec<_>, Vec<_>) = occurrences.iter().map(|one| (one.starts_at, one.ends_at)).unzip();
            let Place { practitioner, facility, room, service, .. } = &place;
            tx.rows(
                &INSERT_OCCURRENCES,
                &[
                    &id,
                    &new.patient_id,
                    practitioner,
                    facility,
                    room,
                    service,
                    &new.reason,
                    &new.notes,
                    &ids,
                    &on,
                    &from,
                    &to,
                ],
            )
            .await?;
            let mut series = whole(tx, &row).await?;
            tell(tx, &series.occurrences, rules).await?;
            series.skipped = Some(skipped).filter(|skipped| !skipped.is_empty());
            once.remember(tx, series).await
        })?;
        let place = format!("{PATH}/{}", series.id);
        Ok(Made(series, place))
    }

    /// Read a series of appointments
    ///
    /// With all its appointments; reading is audited. Its `ETag` is of all of them.
    #[oai(path = "/appointment-series/:id", method = "get", operation_id = "appointment_series_find")]
    async fn find(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The series.
        id: Path<Uuid>,
    ) -> Result<Tagged<AppointmentSeries>> {
        let series = transaction!(clinics.read(&bearer.0), |tx| {
            let row = tx.one(&FIND, &[&id.0]).await?;
            of(&row, &tx.rows(&OCCURRENCES, &[&id.0]).await?)
        })?;
        Ok(tagged(series))
    }

    /// Move what is to come of a series
    ///
    /// From a day on, but for what has been moved by itself. All of it or nothing: 409 `series_conflict` names every day whose time is taken.
    /// At another time, or with another practitioner, what was `confirmed` is `scheduled` until it is confirmed again. The patient is sent one confirmation, of the first that is moved, and reminders of each.
    #[oai(path = "/appointment-series/:id", method = "patch", operation_id = "appointment_series_update")]
    async fn update(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The series.
        id: Path<Uuid>,
        /// The series that the client has seen, with all its appointments: 412 if it is not the newest.
        #[oai(name = "If-Match")]
        if_match: Header<Option<EntityTags>>,
        body: Body<SeriesPatch>,
    ) -> Result<Tagged<AppointmentSeries>> {
        let patch = &body.value;
        let series = transaction!(clinics.write(&bearer.0), |tx| {
            let row = tx.one(&FIND_FOR_UPDATE, &[&id.0]).await?;
            // Held before they are compared: what changes one meanwhile is waited for, and seen.
            let movable = tx.rows(&MOVABLE, &[&id.0, &patch.from]).await?;
            if if_match.is_some() {
                let Tagged(_, newest) = tagged(whole(tx, &row).await?);
                expect_tag(if_match.as_ref(), &newest)?;
            }
            let stood = of(&row, &movable)?;
            if stood.occurrences.is_empty() {
                return whole(tx, &row).await;
            }
            let zone = zone(tx).await?;
            let mut places: Vec<Place> = stood.occurrences.iter().map(|one| moved(one, patch, zone)).collect();
            let rules = agree_on_all(tx, stood.patient_id, &mut places).await?;
            let occurrences: Vec<_> =
                stood.occurrences.iter().zip(&places).map(|(one, place)| placed(one, place)).collect();
            let ids: Vec<_> = occurrences.iter().map(|one| one.id).collect();
            let taken = collisions(tx, stood.patient_id, &occurrences, &ids).await?;
            if !taken.is_empty() {
                return Err(refused(&taken));
            }
            let (from, to): (Vec<_>, Vec<_>) = occurrences.iter().map(|one| (one.starts_at, one.ends_at)).unzip();
            let practitioners: Vec<_> = occurrences.iter().map(|one| one.practitioner).collect();
            let (facilities, rooms): (Vec<_>, Vec<_>) = occurrences.iter().map(|one| (one.facility, one.room)).unzip();
            tx.rows(&MOVE, &[&ids, &from, &to, &practitioners, &facilities, &rooms]).await?;
            let practitioner = patch.practitioner_id.unwrap_or(stood.practitioner_id);
            let (starts, minutes) = (patch.starts.unwrap_or(stood.starts), patch.minutes.unwrap_or(stood.minutes));
            let row = tx.one(&UPDATE, &[&id.0, &practitioner, &starts, &minutes]).await?;
            let series = whole(tx, &row).await?;
            let told =
                |one: &&Appointment| !stood.occurrences.iter().any(|old| old.id == one.id && old.told() == one.told());
            let new: Vec<_> =
                series.occurrences.iter().filter(|one| ids.contains(&one.id)).filter(told).cloned().collect();
            tell(tx, &new, rules).await?;
            Ok(series)
        })?;
        Ok(tagged(series))
    }

    /// Cancel what is to come of a series
    ///
    /// From a day on, also what has been moved by itself. Unless the patient asked for it, the patient is told of each by mail.
    #[oai(path = "/appointment-series/:id/cancel", method = "post", operation_id = "appointment_series_cancel")]
    async fn cancel(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The series.
        id: Path<Uuid>,
        /// Names this attempt: repeated, it is answered alike.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
        body: Body<SeriesCancellation>,
    ) -> Result<Listed<AppointmentSeries>> {
        let (caller, why) = (&bearer.0, &body.value);
        let once = Once::new(caller, key.as_ref(), &[id.0.as_bytes(), &body.raw]);
        let series = transaction!(clinics.write(caller), |tx| {
            if let Some(answered) = once.answered(tx).await? {
                return Ok(answered);
            }
            let row = tx.one(&FIND_FOR_UPDATE, &[&id.0]).await?;
            let cancelled = tx.rows(&CANCEL, &[&id.0, &why.from, &why.on_behalf.name(), &why.reason]).await?;
            let series = whole(tx, &row).await?;
            if why.on_behalf != CancelFor::Patient {
                let rules = Rules::of(tx, series.patient_id).await?;
                for row in &cancelled {
                    mails::call_off(tx, &Appointment::try_from(row)?, rules).await?;
                }
            }
            once.remember(tx, series).await
        })?;
        Ok(Listed(series))
    }
}

/// A series' version grows with its rule alone: so its tag is made from all that is answered.
fn tagged(series: AppointmentSeries) -> Tagged<AppointmentSeries> {
    let tag = content_etag(series.to_json_string().as_bytes());
    Tagged(series, tag)
}

/// Where the clinic's clock hangs.
async fn zone(tx: &mut ClinicTx<Write>) -> Result<Tz> {
    let row = tx.one(&ZONE, &[]).await?;
    row.try_get::<_, &str>(0)?.parse().map_err(|_| ApiError::internal(anyhow::anyhow!("not a time zone")))
}

/// A series and all that belongs to it, as they are now.
async fn whole(tx: &mut ClinicTx<Write>, row: &Row) -> Result<AppointmentSeries> {
    let id: Uuid = row.try_get("id")?;
    of(row, &tx.rows(&OCCURRENCES, &[&id]).await?)
}

fn of(row: &Row, occurrences: &[Row]) -> Result<AppointmentSeries> {
    Ok(AppointmentSeries {
        id: row.try_get("id")?,
        patient_id: row.try_get("patient_id")?,
        practitioner_id: row.try_get("practitioner_id")?,
        first_on: row.try_get("first_on")?,
        until: row.try_get("until")?,
        interval_weeks: row.try_get("interval_weeks")?,
        starts: row.try_get("starts")?,
        minutes: row.try_get("minutes")?,
        occurrences: occurrences.iter().map(Appointment::try_from).collect::<Result<_, _>>()?,
        skipped: None,
        created_by: row.try_get("created_by")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        version: row.try_get("version")?,
    })
}

/// Where and when an occurrence is to be.
fn moved(one: &Appointment, patch: &SeriesPatch, zone: Tz) -> Place {
    let starts_at = match (patch.starts, one.occurrence_on) {
        (Some(starts), Some(day)) => clock::instant(day.0, starts.0, zone),
        _ => one.starts_at,
    };
    let mut place = Place {
        practitioner: patch.practitioner_id.unwrap_or(one.practitioner_id),
        facility: if patch.room_id.is_value() { None } else { one.facility_id },
        room: one.room_id,
        service: one.service_id,
        starts_at,
        minutes: patch.minutes.or(Some(one.minutes)),
    };
    patch.room_id.update_to(&mut place.room);
    place
}

fn placed(one: &Appointment, place: &Place) -> Occurrence {
    Occurrence {
        id: one.id,
        day: one.occurrence_on.map_or_else(|| place.starts_at.date_naive(), |day| day.0),
        starts_at: place.starts_at,
        ends_at: place.starts_at + Duration::minutes(place.minutes.unwrap_or(one.minutes).into()),
        practitioner: place.practitioner,
        facility: place.facility,
        room: place.room,
    }
}

/// Asks of each place once, on its last day, whether it can be booked: what ends, ends by then.
async fn agree_on_all(tx: &mut ClinicTx<Write>, patient: Uuid, places: &mut [Place]) -> Result<Rules> {
    let mut agreed: Vec<(Place, Place)> = Vec::new();
    let mut rules = None;
    for place in places.iter_mut().rev() {
        let asked = Place { starts_at: DateTime::default(), minutes: None, ..place.clone() };
        if let Some((_, found)) = agreed.iter().find(|(known, _)| *known == asked) {
            place.facility = found.facility;
            continue;
        }
        // What it is for stays so, and may have been taken from the catalogue since.
        let service = place.service.take();
        rules = Some(agree(tx, patient, place).await?);
        place.service = service;
        agreed.push((asked, place.clone()));
    }
    rules.ok_or(ApiError::NotFound)
}

/// One confirmation, of the first, and reminders of each.
async fn tell(tx: &mut ClinicTx<Write>, occurrences: &[Appointment], rules: Rules) -> Result<()> {
    if let Some(first) = occurrences.iter().find(|one| mails::expected(one)) {
        mails::confirm(tx, first, rules).await?;
    }
    for one in occurrences {
        mails::remind(tx, one, rules).await?;
    }
    Ok(())
}
