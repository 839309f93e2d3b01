//! Local times of a clinic as instants, also where the clocks change.

use chrono::{DateTime, Duration, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone as _, Utc};
use chrono_tz::Tz;

/// When the clock of this zone shows a time on a day: the first time where it shows it twice, and where it skips it, when it goes on.
#[must_use]
pub fn instant(day: NaiveDate, time: NaiveTime, zone: Tz) -> DateTime<Utc> {
    let local = day.and_time(time);
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.to_utc(),
        LocalResult::None => after_gap(local, zone),
    }
}

/// The day that the calendar of this zone shows.
#[must_use]
pub fn day(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

/// No zone skips more than a day; all change at whole minutes.
fn after_gap(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    let mut later = (1..=24 * 60).map(|minutes| local + Duration::minutes(minutes));
    let at = later.find_map(|local| zone.from_local_datetime(&local).earliest());
    at.map_or_else(|| local.and_utc(), |at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_time_is_an_instant_also_when_clocks_change() {
        for (day, time, zone, expected) in [
            ("2026-01-15", "09:00", Tz::Europe__Paris, "2026-01-15T08:00:00Z"),
            ("2026-07-15", "09:00", Tz::Europe__Paris, "2026-07-15T07:00:00Z"),
            // Skipped: 02:00 to 03:00.
            ("2026-03-29", "02:30", Tz::Europe__Paris, "2026-03-29T01:00:00Z"),
            // Shown twice: the first time.
            ("2026-10-25", "02:30", Tz::Europe__Paris, "2026-10-25T00:30:00Z"),
            // A whole day was skipped.
            ("2011-12-30", "09:00", Tz::Pacific__Apia, "2011-12-30T10:00:00Z"),
        ] {
            let at = instant(day.parse().unwrap(), NaiveTime::parse_from_str(time, "%H:%M").unwrap(), zone);
            assert_eq!(at, expected.parse::<DateTime<Utc>>().unwrap(), "{day} {time} {zone}");
        }
        assert_eq!(day("2026-07-15T22:30:00Z".parse().unwrap(), Tz::Europe__Paris).to_string(), "2026-07-16");
    }
}
