//! What a series looks like: as answered, as made, and as changed.

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use poem_openapi::types::{Example, MaybeUndefined};
use uuid::Uuid;

use super::{Appointment, CancelFor};
use crate::api::day::Day;
use crate::api::idempotency::Kept;
use crate::api::text::{Notes, Reason};
use crate::api::time_of_day::TimeOfDay;
use crate::clinic::Access;

/// Appointments of one patient that recur.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct AppointmentSeries {
    /// Identifies the series in this clinic.
    pub id: Uuid,
    /// Who is treated.
    pub patient_id: Uuid,
    /// Who treats, unless one of them says otherwise.
    pub practitioner_id: Uuid,
    /// The first day.
    pub first_on: Day,
    /// The last day.
    pub until: Day,
    /// Weeks from one to the next.
    pub interval_weeks: i32,
    /// When they begin, by the clinic's clock.
    pub starts: TimeOfDay,
    /// How long each takes.
    pub minutes: i32,
    /// The appointments, first to last; those that were deleted are left out.
    pub occurrences: Vec<Appointment>,
    /// Days that were left out because something else takes the time; told only by what leaves them out.
    #[oai(skip_serializing_if_is_none)]
    pub skipped: Option<Vec<Collision>>,
    /// Who made the series.
    pub created_by: Uuid,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When its rule was last changed.
    pub updated_at: DateTime<Utc>,
    /// Grows with each change of its rule.
    pub version: i32,
}

impl Kept for AppointmentSeries {
    fn shown(&self) -> Access {
        Access::read("appointment_series", self.id, Some(self.patient_id))
    }
}

/// A day of a series whose time is taken.
#[derive(Debug, Clone, PartialEq, Eq, Object)]
#[oai(rename_all = "camelCase")]
pub struct Collision {
    /// The day.
    pub day: Day,
    /// By what: `practitioner_busy`, `patient_busy`, `room_busy` or `slot_held`.
    pub code: String,
}

/// A series to be made.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub struct NewSeries {
    /// Who is treated.
    pub patient_id: Uuid,
    /// Who treats.
    pub practitioner_id: Uuid,
    /// The first day.
    pub first_on: Day,
    /// When they begin, by the clinic's clock, whatever daylight saving does.
    pub starts: TimeOfDay,
    /// How long each takes; when absent as for a single appointment.
    #[oai(validator(minimum(value = "5"), maximum(value = "1440")))]
    pub minutes: Option<i32>,
    /// Weeks from one to the next; 1 when absent.
    #[oai(validator(minimum(value = "1"), maximum(value = "12")))]
    pub interval_weeks: Option<i32>,
    /// The last day on which one may be, two years after the first at most. Either this or `count`.
    pub until: Option<Day>,
    /// How many. Either this or `until`.
    #[oai(validator(minimum(value = "1"), maximum(value = "104")))]
    pub count: Option<i32>,
    /// Where; when absent where the room is.
    pub facility_id: Option<Uuid>,
    /// In which of its rooms.
    pub room_id: Option<Uuid>,
    /// What for, of the catalogue.
    pub service_id: Option<Uuid>,
    /// Why the patient comes, in a few words.
    pub reason: Option<Reason>,
    /// Administrative notes of each; nothing clinical belongs here.
    pub notes: Option<Notes>,
    /// `true` leaves out the days whose time is taken, and says which.
    pub skip_conflicts: Option<bool>,
}

/// Changes to what is to come of a series (JSON merge patch, RFC 7396): absent leaves, null clears.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, example)]
pub struct SeriesPatch {
    /// From this day on.
    pub from: Day,
    /// When they begin, by the clinic's clock.
    #[oai(skip_serializing_if_is_none)]
    pub starts: Option<TimeOfDay>,
    /// How long each takes.
    #[oai(skip_serializing_if_is_none, validator(minimum(value = "5"), maximum(value = "1440")))]
    pub minutes: Option<i32>,
    /// Who treats.
    #[oai(skip_serializing_if_is_none)]
    pub practitioner_id: Option<Uuid>,
    /// In which room; the facility follows.
    #[oai(nullable)]
    pub room_id: MaybeUndefined<Uuid>,
}

/// What is to come of a series is called off.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub struct SeriesCancellation {
    /// From this day on.
    pub from: Day,
    /// On whose behalf.
    #[oai(rename = "for")]
    pub on_behalf: CancelFor,
    /// Why, for the clinic's own use.
    pub reason: Option<Reason>,
}

impl Example for NewSeries {
    fn example() -> Self {
        let series = AppointmentSeries::example();
        Self {
            patient_id: series.patient_id,
            practitioner_id: series.practitioner_id,
            first_on: series.first_on,
            starts: series.starts,
            minutes: Some(series.minutes),
            interval_weeks: Some(series.interval_weeks),
            until: None,
            count: Some(6),
            facility_id: None,
            room_id: None,
            service_id: None,
            reason: "Physiotherapy.".parse().ok(),
            notes: None,
            skip_conflicts: None,
        }
    }
}

impl Example for SeriesPatch {
    #[expect(clippy::expect_used, reason = "constants, checked as the spec is made")]
    fn example() -> Self {
        Self {
            from: AppointmentSeries::example().first_on,
            starts: Some("10:30".parse().expect("a time")),
            minutes: None,
            practitioner_id: None,
            room_id: MaybeUndefined::Undefined,
        }
    }
}

impl Example for SeriesCancellation {
    fn example() -> Self {
        Self {
            from: AppointmentSeries::example().first_on,
            on_behalf: CancelFor::Practitioner,
            reason: "Is ill".parse().ok(),
        }
    }
}

impl Example for AppointmentSeries {
    #[expect(clippy::expect_used, reason = "constants, checked as the spec is made")]
    fn example() -> Self {
        let one = Appointment::example();
        let (first_on, until) = ("2028-02-01".parse().expect("a day"), "2028-03-07".parse().expect("a day"));
        Self {
            id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0012),
            patient_id: one.patient_id,
            practitioner_id: one.practitioner_id,
            first_on,
            until,
            interval_weeks: 1,
            starts: "09:00".parse().expect("a time"),
            minutes: one.minutes,
            skipped: None,
            created_by: one.created_by,
            created_at: one.created_at,
            updated_at: one.updated_at,
            version: 1,
            occurrences: vec![Appointment { series_id: None, ..one }],
        }
    }
}
