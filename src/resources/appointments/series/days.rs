//! The days of a series, and which of their times are taken.

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use super::model::{Collision, NewSeries};
use super::statements::{COLLISIONS, LOCK};
use super::{PATIENT_BUSY, PRACTITIONER_BUSY, ROOM_BUSY, SLOT_HELD, check_start};
use crate::api::day::Day;
use crate::clinic::{ClinicTx, Write};
use crate::error::{ApiError, FieldError, Result};
use crate::region::clock;

/// Appointments of a series, and the days from its first to its last; the bounds are the table's.
const MOST: usize = 104;
const LONGEST: Duration = Duration::days(731);

/// One of a series: a day, and what it takes.
#[derive(Clone, Debug)]
pub(super) struct Occurrence {
    pub id: Uuid,
    pub day: NaiveDate,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub practitioner: Uuid,
    pub facility: Option<Uuid>,
    pub room: Option<Uuid>,
}

/// The days that are asked for.
///
/// # Errors
/// 422 unless there is an end to them, in reach.
pub(super) fn days_of(new: &NewSeries) -> Result<Vec<NaiveDate>> {
    let first = new.first_on.0;
    let step = Duration::weeks(new.interval_weeks.unwrap_or(1).into());
    let day = |index: usize| i32::try_from(index).ok().and_then(|index| first.checked_add_signed(step * index));
    let (count, last, pointer) = match (new.until, new.count) {
        (Some(until), None) => (MOST + 1, until.0, "/until"),
        (None, Some(count)) => (usize::try_from(count).unwrap_or(0), NaiveDate::MAX, "/count"),
        _ => return Err(ApiError::invalid("/until", "until_or_count", "either this or count is required")),
    };
    let days: Vec<NaiveDate> = (0..count).map_while(day).take_while(|day| *day <= last).collect();
    match days.last() {
        None => Err(ApiError::invalid(pointer, "range", "must not lie before the first day")),
        Some(last) if *last - first > LONGEST || days.len() > MOST => Err(ApiError::invalid(
            pointer,
            "range",
            "must lie within two years of the first day, after 104 appointments at most",
        )),
        Some(_) => Ok(days),
    }
}

/// When it begins there, on each day at the same time of the clock.
///
/// # Errors
/// 422 where that is too long ago or too far ahead.
pub(super) fn instants(days: &[NaiveDate], starts: NaiveTime, zone: Tz) -> Result<Vec<DateTime<Utc>>> {
    let instants: Vec<_> = days.iter().map(|day| clock::instant(*day, starts, zone)).collect();
    for end in [instants.first(), instants.last()].into_iter().flatten() {
        check_start(*end, "/firstOn")?;
    }
    Ok(instants)
}

/// The days whose time is taken, and by what. From here to the transaction's end nobody else takes any of these times; `moved` are those
/// that leave theirs.
///
/// # Errors
/// As the database refuses.
pub(super) async fn collisions(
    tx: &mut ClinicTx<Write>,
    patient: Uuid,
    occurrences: &[Occurrence],
    moved: &[Uuid],
) -> Result<Vec<Collision>> {
    let each = |of: fn(&Occurrence) -> Option<Uuid>| {
        let mut ids: Vec<_> = occurrences.iter().filter_map(of).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    // In the order in which a booking takes them, and each kind in one order, so that nobody waits for each other.
    for practitioner in each(|one| Some(one.practitioner)) {
        tx.rows(&LOCK, &[&practitioner, &None::<Uuid>]).await?;
    }
    for room in each(|one| one.room) {
        tx.rows(&LOCK, &[&None::<Uuid>, &room]).await?;
    }
    let days: Vec<_> = occurrences.iter().map(|one| one.day).collect();
    let starts: Vec<_> = occurrences.iter().map(|one| one.starts_at).collect();
    let ends: Vec<_> = occurrences.iter().map(|one| one.ends_at).collect();
    let practitioners: Vec<_> = occurrences.iter().map(|one| one.practitioner).collect();
    let rooms: Vec<_> = occurrences.iter().map(|one| one.room).collect();
    let rows = tx.rows(&COLLISIONS, &[&patient, &days, &starts, &ends, &practitioners, &rooms, &moved]).await?;
    rows.iter().map(|row| Ok(Collision { day: Day(row.try_get("day")?), code: row.try_get("code")? })).collect()
}

/// All of them, each by its day.
pub(super) fn refused(collisions: &[Collision]) -> ApiError {
    let fields = collisions.iter().filter_map(|Collision { day, code }| {
        let message =
            [PRACTITIONER_BUSY, PATIENT_BUSY, ROOM_BUSY, SLOT_HELD].into_iter().find(|one| one.code == code)?;
        Some(FieldError::new(format!("/occurrences/{}", day.0), message.code, message.detail))
    });
    ApiError::Conflicts {
        code: "series_conflict",
        detail: "Some days of the series are taken.",
        fields: fields.collect(),
    }
}
