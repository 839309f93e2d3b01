//! The calendar: who sees whom, when and where, and why nobody can be seen then.
//!
//! Invariant: one statement reads all of it, from indexes, and its audit row names the patients that were shown.

mod model;
mod statements;

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::Query;
use uuid::Uuid;

use crate::api::Tag;
use crate::api::answer::Listed;
use crate::api::day::{self, Day};
use crate::auth::caller::Bearer;
use crate::clinic::Clinics;
use crate::error::{ApiError, Result};
use crate::region::Locality;
use crate::transaction;

pub use model::{Calendar, CalendarClosure, CalendarEntry, CalendarException, CalendarHoliday, CalendarStatus};
use statements::RANGE;
pub use statements::STATEMENTS;

/// Days of a view: six weeks, as a sheet of a month shows.
const DAYS: i64 = 42;
/// Appointments of a view; [`RANGE`] reads one more.
const APPOINTMENTS: usize = 5000;

/// The operation that shows the calendar.
#[derive(Clone, Copy, Debug)]
pub struct CalendarView;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Appointments")]
impl CalendarView {
    /// Show the calendar
    ///
    /// Of at most six weeks, all at once: `data` are the appointments that fall into them, cancelled ones too, by their beginning; beside them
    /// absences and extra hours, closures, and public holidays. Days are the clinic's. More than 5000 appointments: 422.
    #[oai(path = "/calendar", method = "get", operation_id = "calendar_find")]
    #[expect(clippy::too_many_arguments, reason = "one for each query parameter")]
    async fn find(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        locality: Data<&Locality>,
        /// The first day; today when both are absent.
        from: Query<Option<Day>>,
        /// The last day, at most 41 after the first; the sixth after today when both are absent.
        to: Query<Option<Day>>,
        /// Only what is this practitioner's.
        #[oai(name = "practitionerId")]
        practitioner_id: Query<Option<Uuid>>,
        /// Only what is at this facility.
        #[oai(name = "facilityId")]
        facility_id: Query<Option<Uuid>>,
        /// Only appointments in this room.
        #[oai(name = "roomId")]
        room_id: Query<Option<Uuid>>,
    ) -> Result<Listed<Calendar>> {
        let (first, last) = day::range(from.0, to.0, DAYS)?.unzip();
        let filters = [practitioner_id.0, facility_id.0, room_id.0];
        let statement = RANGE.pick(&filters.map(|filter| usize::from(filter.is_some())));
        let calendar = transaction!(clinics.read(&bearer.0), |tx| {
            let rows = tx.all(statement.clone(), &[&first, &last, &filters[0], &filters[1], &filters[2]]).await?;
            Calendar::of(&rows, locality.language())
        })?;
        if calendar.data.len() > APPOINTMENTS {
            let rule = "must leave at most 5000 appointments: ask for fewer days, or for one practitioner";
            return Err(ApiError::invalid("/query/to", "too_many", rule));
        }
        Ok(Listed(calendar))
    }
}
