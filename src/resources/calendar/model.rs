//! What a view of the calendar looks like.

use chrono::{DateTime, Utc};
use poem_openapi::types::{Example, ParseFromJSON};
use poem_openapi::{Enum, Object};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::api::day::Day;
use crate::api::time_of_day::TimeOfDay;
use crate::error::{ApiError, Result};
use crate::region::{Language, holidays};

/// Some days of the calendar.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct Calendar {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
    /// The clinic's time zone, of which the days are; IANA.
    pub time_zone: String,
    /// The appointments, by their beginning.
    pub data: Vec<CalendarEntry>,
    /// When practitioners are away, or there beside their weekly hours.
    pub exceptions: Vec<CalendarException>,
    /// When the clinic or a facility is closed, or open on a public holiday.
    pub closures: Vec<CalendarClosure>,
    /// The public holidays of where the clinic is.
    pub holidays: Vec<CalendarHoliday>,
    /// Whether the clinic is closed on public holidays.
    pub closed_on_holidays: bool,
}

/// Where an appointment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum CalendarStatus {
    /// It was made.
    Scheduled,
    /// The patient has said that they come.
    Confirmed,
    /// The patient is there.
    CheckedIn,
    /// It took place.
    Completed,
    /// It was called off.
    Cancelled,
    /// The patient did not come.
    NoShow,
}

impl CalendarStatus {
    fn stored(name: &str) -> Result<Self> {
        Self::parse_from_json(Some(name.into())).map_err(|_| unreadable())
    }
}

/// An appointment, as far as a calendar shows it: not what it is for.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", skip_serializing_if_is_none)]
pub struct CalendarEntry {
    /// Identifies the appointment in this clinic.
    pub id: Uuid,
    /// Who is seen.
    pub patient_id: Uuid,
    /// Given and family name.
    pub patient_name: String,
    /// By whom.
    pub practitioner_id: Uuid,
    /// Title, given and family name.
    pub practitioner_name: String,
    /// At which facility.
    pub facility_id: Option<Uuid>,
    /// In which room.
    pub room_id: Option<Uuid>,
    /// Its name.
    pub room_name: Option<String>,
    /// By which service.
    pub service_id: Option<Uuid>,
    /// Its name.
    pub service_name: Option<String>,
    /// The series that it is one of.
    pub series_id: Option<Uuid>,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// Where it stands.
    pub status: CalendarStatus,
    /// Whether it stands beside another one on purpose.
    pub overbook: bool,
    /// Grows with each change; the `ETag` of the appointment.
    pub version: i32,
}

/// A practitioner's absence or extra hours, on each of these days.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", skip_serializing_if_is_none)]
pub struct CalendarException {
    /// Identifies it, see `/availability/{id}`.
    pub id: Uuid,
    /// Whose.
    pub practitioner_id: Uuid,
    /// `absence` or `extra`.
    pub kind: String,
    /// Where, if not where the practitioner mostly works.
    pub facility_id: Option<Uuid>,
    /// The first day.
    pub valid_from: Day,
    /// The last day.
    pub valid_until: Day,
    /// From when on; whole days when absent.
    pub starts: Option<TimeOfDay>,
    /// Until when.
    pub ends: Option<TimeOfDay>,
    /// Why.
    pub reason: Option<String>,
}

/// Days on which nobody is booked; or, `open`, on which work goes on though it is a public holiday.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", skip_serializing_if_is_none)]
pub struct CalendarClosure {
    /// Identifies it in this clinic.
    pub id: Uuid,
    /// `closed` or `open`.
    pub kind: String,
    /// Of this facility only.
    pub facility_id: Option<Uuid>,
    /// The first day.
    pub starts_on: Day,
    /// The last day.
    pub ends_on: Day,
    /// Why.
    pub reason: Option<String>,
}

/// A public holiday.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct CalendarHoliday {
    /// When.
    pub day: Day,
    /// Which, the same in every language.
    pub key: String,
    /// What it is called, in the reader's language.
    pub name: String,
}

impl Calendar {
    /// Of the statement's rows: the first says what lies around, the others are appointments.
    pub(super) fn of(rows: &[Row], language: Language) -> Result<Self> {
        let [around, entries @ ..] = rows else { return Err(unreadable()) };
        let (from, to): (Day, Day) = (around.try_get("first_day")?, around.try_get("last_day")?);
        let (country, part): (String, Option<String>) =
            (around.try_get("country")?, around.try_get("holiday_subdivision")?);
        let holidays = holidays::between(&country, part.as_deref(), from.0, to.0);
        Ok(Self {
            from,
            to,
            time_zone: around.try_get("time_zone")?,
            data: entries.iter().map(CalendarEntry::of).collect::<Result<_>>()?,
            exceptions: listed(around.try_get("exceptions")?)?,
            closures: listed(around.try_get("closures")?)?,
            holidays: holidays.into_iter().map(|holiday| CalendarHoliday::of(holiday, language)).collect(),
            closed_on_holidays: around.try_get("closed_on_holidays")?,
        })
    }
}

impl CalendarEntry {
    fn of(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            patient_id: row.try_get("patient_id")?,
            patient_name: row.try_get("patient_name")?,
            practitioner_id: row.try_get("practitioner_id")?,
            practitioner_name: row.try_get("practitioner_name")?,
            facility_id: row.try_get("facility_id")?,
            room_id: row.try_get("room_id")?,
            room_name: row.try_get("room_name")?,
            service_id: row.try_get("service_id")?,
            service_name: row.try_get("service_name")?,
            series_id: row.try_get("series_id")?,
            starts_at: row.try_get("starts_at")?,
            ends_at: row.try_get("ends_at")?,
            status: CalendarStatus::stored(row.try_get("status")?)?,
            overbook: row.try_get("overbook")?,
            version: row.try_get("version")?,
        })
    }
}

impl CalendarHoliday {
    fn of(holiday: holidays::Holiday, language: Language) -> Self {
        let name = holidays::name(holiday.key, language).to_owned();
        Self { day: Day(holiday.day), key: holiday.key.to_owned(), name }
    }
}

/// What the statement writes as the contract does.
fn listed<T: ParseFromJSON>(json: serde_json::Value) -> Result<Vec<T>> {
    Vec::parse_from_json(Some(json)).map_err(|_| unreadable())
}

fn unreadable() -> ApiError {
    ApiError::internal(anyhow::anyhow!("the calendar cannot be read"))
}

impl Example for Calendar {
    fn example() -> Self {
        let id = |last: u128| Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0000 + last);
        let at = |hours: i64| DateTime::<Utc>::UNIX_EPOCH + chrono::Duration::hours(508_416 + hours);
        let day = |text: &str| text.parse().unwrap_or(Day(at(0).date_naive()));
        Self {
            from: day("2027-12-27"),
            to: day("2028-01-02"),
            time_zone: "Europe/Paris".to_owned(),
            data: vec![CalendarEntry {
                id: id(0x0a),
                patient_id: id(1),
                patient_name: "Camille Durand".to_owned(),
                practitioner_id: id(7),
                practitioner_name: "Dr Jo Martin".to_owned(),
                facility_id: None,
                room_id: None,
                room_name: None,
                service_id: Some(id(9)),
                service_name: Some("First consultation".to_owned()),
                series_id: None,
                starts_at: at(-64),
                ends_at: at(-63),
                status: CalendarStatus::Confirmed,
                overbook: false,
                version: 2,
            }],
            exceptions: vec![CalendarException {
                id: id(8),
                practitioner_id: id(7),
                kind: "absence".to_owned(),
                facility_id: None,
                valid_from: day("2027-12-27"),
                valid_until: day("2027-12-28"),
                starts: None,
                ends: None,
                reason: Some("Congress".to_owned()),
            }],
            closures: vec![],
            holidays: vec![CalendarHoliday {
                day: day("2028-01-01"),
                key: "new_year".to_owned(),
                name: "New Year’s Day".to_owned(),
            }],
            closed_on_holidays: true,
        }
    }
}
