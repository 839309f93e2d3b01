//! Slots: when practitioners are free, and holding one for a moment.
//!
//! | file | owns |
//! | --- | --- |
//! | `spans` | stretches of time |
//! | `presence` | when somebody is there: hours, closures, holidays |
//! | `engine` | which slots that leaves free |
//! | `holds` | a time that is kept for whoever is about to book it |
//!
//! One statement reads all that is needed; what follows from it is computed here, without a clock and without SQL. A slot is a promise
//! that nobody made: between list and booking another may take it, and then the booking says so.

pub mod engine;
mod holds;
mod model;
pub mod presence;
pub mod spans;
mod statements;

use chrono::{DateTime, Days, Duration, NaiveDate, NaiveTime, Utc};
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::api::Tag;
use crate::api::answer::Listed;
use crate::api::day::{self, Day};
use crate::api::list::{After, Cursors, Limit, Page, PageRequest};
use crate::api::text::{CursorText, Speciality};
use crate::auth::caller::Bearer;
use crate::clinic::Clinics;
use crate::error::{ApiError, Result};
use crate::region::clock;
use crate::transaction;

use engine::Wish;
pub use holds::{Holds, TAKEN};
pub use model::{Hold, NewHold, Slot};
use model::{clinic_of, practitioner_of};
pub use statements::STATEMENTS;
use statements::{FIND, LIST};

/// Days that one request looks at.
const MAX_DAYS: i64 = 62;
/// Days where the request does not say.
const WEEK: u64 = 7;
/// Slots of a page where the request does not say.
const PAGE: i32 = 1000;

/// The operations on slots.
#[derive(Clone, Copy, Debug)]
pub struct Slots;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Slots")]
impl Slots {
    /// List a practitioner's free slots
    ///
    /// In the order of time. Present by their hours, neither booked nor held, with their buffers between bookings, not sooner than
    /// their minimum notice and not beyond their horizon or their licence. A practitioner who takes no appointments has none.
    #[oai(path = "/practitioners/:id/slots", method = "get", operation_id = "slots_list_of_practitioner")]
    #[expect(clippy::too_many_arguments, reason = "one for each query parameter")]
    async fn list_of_practitioner(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        cursors: Data<&Cursors>,
        /// The practitioner.
        id: Path<Uuid>,
        /// The first day; with `to`, or today.
        from: Query<Option<Day>>,
        /// The last day, at most 61 after the first; the sixth after today when both are absent.
        to: Query<Option<Day>>,
        /// How long a slot is; the practitioner's `appointmentMinutes` when absent.
        #[oai(validator(minimum(value = "5"), maximum(value = "1440")))]
        minutes: Query<Option<i32>>,
        /// From one slot's beginning to the next one's; as long as a slot when absent.
        #[oai(validator(minimum(value = "5"), maximum(value = "1440")))]
        step: Query<Option<i32>>,
        /// Slots of a page; 1000 when absent.
        #[oai(validator(minimum(value = "1"), maximum(value = "5000")))]
        limit: Query<Option<i32>>,
        /// The `nextCursor` of the page before.
        cursor: Query<Option<CursorText>>,
    ) -> Result<Listed<Page<Slot>>> {
        let days = day::range(from.0, to.0, MAX_DAYS)?;
        let asked = Asked { days, facility: None, minutes: minutes.0, step: step.0 };
        let range = asked.range();
        let page = cursors.page(&bearer.0, rows(limit.0), cursor.0.as_ref(), &[&format!("{} {asked:?}", id.0)])?;
        let found = transaction!(clinics.read(&bearer.0), |tx| {
            tx.only(&FIND, &[&range.first, &range.last, &range.since, &range.before, &id.0]).await
        })?;
        let bookable = if found.try_get("active")? { vec![found] } else { vec![] };
        asked.answer(&bookable, &range, &page).map(Listed)
    }

    /// List free slots
    ///
    /// In the order of time: of all practitioners who take appointments, or of those who match. Of a service, those who offer it, for
    /// as long as they take for it, on the days on which it is offered.
    #[oai(path = "/slots", method = "get", operation_id = "slots_list")]
    #[expect(clippy::too_many_arguments, reason = "one for each query parameter")]
    async fn list(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        cursors: Data<&Cursors>,
        /// The first day; with `to`, or today.
        from: Query<Option<Day>>,
        /// The last day, at most 61 after the first; the sixth after today when both are absent.
        to: Query<Option<Day>>,
        /// Of this practitioner.
        #[oai(name = "practitionerId")]
        practitioner_id: Query<Option<Uuid>>,
        /// Of those with this speciality, case aside.
        speciality: Query<Option<Speciality>>,
        /// Of those who offer this service.
        #[oai(name = "serviceId")]
        service_id: Query<Option<Uuid>>,
        /// At this facility.
        #[oai(name = "facilityId")]
        facility_id: Query<Option<Uuid>>,
        /// How long a slot is; when absent, what the practitioner needs for the service, else the service's `durationMinutes`, else the
        /// practitioner's `appointmentMinutes`.
        #[oai(validator(minimum(value = "5"), maximum(value = "1440")))]
        minutes: Query<Option<i32>>,
        /// From one slot's beginning to the next one's; as long as a slot when absent.
        #[oai(validator(minimum(value = "5"), maximum(value = "1440")))]
        step: Query<Option<i32>>,
        /// Slots of a page; 1000 when absent.
        #[oai(validator(minimum(value = "1"), maximum(value = "5000")))]
        limit: Query<Option<i32>>,
        /// The `nextCursor` of the page before.
        cursor: Query<Option<CursorText>>,
    ) -> Result<Listed<Page<Slot>>> {
        let days = day::range(from.0, to.0, MAX_DAYS)?;
        let asked = Asked { days, facility: facility_id.0, minutes: minutes.0, step: step.0 };
        let range = asked.range();
        let (practitioner, speciality, service) = (practitioner_id.0, speciality.0, service_id.0);
        let filter = format!("{practitioner:?} {:?} {service:?}", speciality.as_ref().map(Speciality::as_str));
        let page = cursors.page(&bearer.0, rows(limit.0), cursor.0.as_ref(), &[&filter, &format!("{asked:?}")])?;
        let statement = LIST.pick(&[
            usize::from(service.is_some()),
            usize::from(practitioner.is_some()),
            usize::from(speciality.is_some()),
        ]);
        let found = transaction!(clinics.read(&bearer.0), |tx| {
            let parameters: crate::database::Params<'_> =
                &[&range.first, &range.last, &range.since, &range.before, &practitioner, &speciality, &service];
            tx.page(statement.clone(), parameters).await
        })?;
        asked.answer(&found, &range, &page).map(Listed)
    }
}

fn rows(limit: Option<i32>) -> Option<Limit> {
    usize::try_from(limit.unwrap_or(PAGE)).ok().map(Limit::of)
}

/// What both lists are asked for.
#[derive(Debug)]
struct Asked {
    days: Option<(Day, Day)>,
    facility: Option<Uuid>,
    minutes: Option<i32>,
    step: Option<i32>,
}

/// What is read for it: as today depends on the clinic's time zone, and an appointment lasts a day at most and has buffers, some more.
struct Range {
    first: NaiveDate,
    last: NaiveDate,
    since: DateTime<Utc>,
    before: DateTime<Utc>,
}

impl Asked {
    fn days(&self, today: NaiveDate) -> (NaiveDate, NaiveDate) {
        self.days.map_or_else(|| (today, today + Days::new(WEEK - 1)), |(from, to)| (from.0, to.0))
    }

    fn range(&self) -> Range {
        let (from, to) = self.days(Utc::now().date_naive());
        let (first, last) = (from - Days::new(1), to + Days::new(1));
        let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
        Range { first, last, since: midnight(first - Days::new(2)), before: midnight(last + Days::new(2)) }
    }

    /// The page, of the rows found.
    fn answer(&self, found: &[Row], range: &Range, page: &PageRequest<'_>) -> Result<Page<Slot>> {
        let last = |slot: &Slot| After { key: slot.starts_at.to_rfc3339(), id: slot.practitioner_id };
        let Some(row) = found.first() else { return page.answer(vec![], last) };
        let clinic = clinic_of(row, range.first, range.last)?;
        let now = row.try_get("at")?;
        let (from, until) = self.days(clock::day(now, clinic.zone));
        let step = self.step.map(|minutes| Duration::minutes(minutes.into()));
        let wish = Wish { now, from, until, facility: self.facility, step };
        let practitioners = found.iter().map(|row| practitioner_of(row, self.minutes)).collect::<Result<_>>()?;
        let after = match &page.after {
            Some(After { key, id }) => Some((key.parse().map_err(ApiError::internal)?, *id)),
            None => None,
        };
        let enough = usize::try_from(page.rows()).unwrap_or(usize::MAX).saturating_add(1);
        let free = engine::free(&clinic, practitioners, &wish, after, enough);
        page.answer(free.into_iter().map(Slot::from).collect(), last)
    }
}
