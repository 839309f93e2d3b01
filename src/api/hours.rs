//! [`Hours`]: when a place is open in a week, as the contract writes it and `opening_hours` stores it.
//!
//! Invariant: what is stored was checked: each ends after it starts, and none overlap on a weekday.

use bytes::BytesMut;
use poem_openapi::Object;
use poem_openapi::types::{ParseFromJSON as _, ToJSON as _};
use serde_json::Value;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type as PgType, to_sql_checked};

use super::time_of_day::TimeOfDay;
use crate::error::{ApiError, FieldError, Result};

/// A stretch of a weekday, in the clinic's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields)]
pub struct OpeningHours {
    /// 1 is Monday, 7 Sunday (ISO 8601).
    #[oai(validator(minimum(value = "1"), maximum(value = "7")))]
    pub weekday: i16,
    /// From.
    pub starts: TimeOfDay,
    /// Until: the first minute that is no longer part of it.
    pub ends: TimeOfDay,
}

/// Opening hours, in the order of the week. None: nothing is said of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hours(pub Vec<OpeningHours>);

impl Hours {
    /// Checks opening hours that stand at `pointer` of a body.
    ///
    /// # Errors
    /// 422: each that does not end after it starts, or that overlaps one before it, where it stands.
    pub fn checked(mut hours: Vec<OpeningHours>, pointer: &str) -> Result<Self> {
        let mut errors = Vec::new();
        for (index, one) in hours.iter().enumerate() {
            let mut refuse = |field, code, detail: &'static str| {
                errors.push(FieldError::new(format!("{pointer}/{index}/{field}"), code, detail));
            };
            if one.ends <= one.starts {
                refuse("ends", "order", "must be later than the beginning");
            } else if hours[..index].iter().any(|other| one.overlaps(other)) {
                refuse("starts", "overlap", "must not overlap other hours of the same weekday");
            }
        }
        hours.sort_unstable();
        if errors.is_empty() { Ok(Self(hours)) } else { Err(ApiError::Invalid(errors)) }
    }
}

impl OpeningHours {
    fn overlaps(&self, other: &Self) -> bool {
        self.weekday == other.weekday && self.starts < other.ends && other.starts < self.ends
    }
}

impl ToSql for Hours {
    fn to_sql(&self, ty: &PgType, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        self.0.to_json().unwrap_or(Value::Null).to_sql(ty, out)
    }

    fn accepts(ty: &PgType) -> bool {
        <Value as ToSql>::accepts(ty)
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Hours {
    fn from_sql(ty: &PgType, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        let stored = Vec::parse_from_json(Some(Value::from_sql(ty, raw)?));
        stored.map(Self).map_err(|error| error.into_message().into())
    }

    fn accepts(ty: &PgType) -> bool {
        <Value as FromSql>::accepts(ty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(lines: &[&str]) -> Vec<OpeningHours> {
        let hours = |line: &&str| {
            let parts: Vec<&str> = line.split(' ').collect();
            let [weekday, starts, ends] = parts[..] else { panic!("{line}") };
            let time = |text: &str| text.parse().expect("a time");
            OpeningHours { weekday: weekday.parse().expect("a weekday"), starts: time(starts), ends: time(ends) }
        };
        lines.iter().map(hours).collect()
    }

    fn refused(lines: &[&str]) -> Vec<String> {
        match Hours::checked(hours(lines), "/openingHours") {
            Ok(_) => Vec::new(),
            Err(ApiError::Invalid(errors)) => {
                errors.into_iter().map(|error| format!("{} {}", error.pointer, error.code)).collect()
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn hours_end_after_they_start_and_do_not_overlap_on_a_day() {
        // One may end as the next begins; other days are other days.
        for good in [&[] as &[_], &["1 08:00 12:00", "1 12:00 18:00", "2 08:00 18:00", "7 00:00 23:59"]] {
            assert_eq!(refused(good), Vec::<String>::new(), "{good:?}");
        }
        for (bad, expected) in [
            (&["1 12:00 12:00"] as &[_], &["/openingHours/0/ends order"] as &[_]),
            (&["2 08:00 12:00", "1 18:00 08:00"], &["/openingHours/1/ends order"]),
            (&["1 08:00 12:00", "2 08:00 12:00", "1 11:59 13:00"], &["/openingHours/2/starts overlap"]),
            (&["1 09:00 10:00", "1 08:00 12:00"], &["/openingHours/1/starts overlap"]),
            (
                &["1 08:00 12:00", "1 08:00 12:00", "3 10:00 09:00"],
                &["/openingHours/1/starts overlap", "/openingHours/2/ends order"],
            ),
        ] {
            assert_eq!(refused(bad), expected, "{bad:?}");
        }
    }

    #[test]
    fn hours_stand_in_the_order_of_the_week() {
        let sorted = Hours::checked(hours(&["2 08:00 12:00", "1 14:00 18:00", "1 08:00 12:00"]), "").expect("good");
        assert_eq!(sorted.0, hours(&["1 08:00 12:00", "1 14:00 18:00", "2 08:00 12:00"]));
    }
}
