//! [`Day`]: a day of the calendar, as the contract writes it.

use std::borrow::Cow;
use std::str::FromStr;

use bytes::BytesMut;
use chrono::{Datelike as _, NaiveDate};
use poem_openapi::registry::{MetaSchema, MetaSchemaRef};
use poem_openapi::types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type as PgType, to_sql_checked};

use super::text::Refusal;
use crate::error::{ApiError, Result as Answer};

const RULE: Refusal = "must be a date, YYYY-MM-DD";

/// A day of the Gregorian calendar, years 1 to 9999: `YYYY-MM-DD` and no other way of writing it (RFC 3339, full-date).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub NaiveDate);

impl FromStr for Day {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        // chrono also reads signs, spaces, single digits, and years that PostgreSQL cannot store.
        let shape = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let date = text.parse().ok().filter(|date: &NaiveDate| shape && (1..=9999).contains(&date.year()));
        date.map(Self).ok_or(RULE)
    }
}

/// The days that a query asks for, first and last, of which it names both or neither.
///
/// # Errors
/// 422 where one is missing, where they are the wrong way round, and where they are more than `most` days.
pub fn range(from: Option<Day>, to: Option<Day>, most: i64) -> Answer<Option<(Day, Day)>> {
    let missing =
        |pointer| Err(ApiError::invalid(pointer, "required", "is required beside the other end of the range"));
    match (from, to) {
        (None, None) => Ok(None),
        (Some(_), None) => missing("/query/to"),
        (None, Some(_)) => missing("/query/from"),
        (Some(from), Some(to)) => match (to.0 - from.0).num_days() {
            ..0 => Err(ApiError::invalid("/query/to", "range", "must not lie before the first day")),
            days if days >= most => {
                Err(ApiError::invalid("/query/to", "range", format!("must end a range of at most {most} days")))
            }
            _ => Ok(Some((from, to))),
        },
    }
}

impl Type for Day {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        "string_date".into()
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Inline(Box::new(MetaSchema::new_with_format("string", "date")))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(self.as_raw_value().into_iter())
    }
}

impl ParseFromJSON for Day {
    fn parse_from_json(value: Option<serde_json::Value>) -> ParseResult<Self> {
        match value {
            Some(serde_json::Value::String(text)) => text.parse().map_err(|why: Refusal| ParseError::custom(why)),
            _ => Err(ParseError::custom("must be a string")),
        }
    }
}

impl ParseFromParameter for Day {
    fn parse_from_parameter(text: &str) -> ParseResult<Self> {
        text.parse().map_err(|why: Refusal| ParseError::custom(why))
    }
}

impl ToJSON for Day {
    fn to_json(&self) -> Option<serde_json::Value> {
        Some(self.0.to_string().into())
    }
}

impl ToSql for Day {
    fn to_sql(&self, ty: &PgType, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        self.0.to_sql(ty, out)
    }

    fn accepts(ty: &PgType) -> bool {
        <NaiveDate as ToSql>::accepts(ty)
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Day {
    fn from_sql(ty: &PgType, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        NaiveDate::from_sql(ty, raw).map(Self)
    }

    fn accepts(ty: &PgType) -> bool {
        <NaiveDate as FromSql>::accepts(ty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_two_ends_in_order_and_a_limit() {
        let day = |text: &str| text.parse::<Day>().ok();
        let asked = |from: &str, to: &str| range(day(from), day(to), 7).map(|range| range.is_some()).ok();
        assert_eq!(asked("", ""), Some(false));
        assert_eq!(asked("2026-02-25", "2026-02-25"), Some(true));
        assert_eq!(asked("2026-02-25", "2026-03-03"), Some(true), "seven days");
        for (from, to) in
            [("2026-02-25", "2026-03-04"), ("2026-02-25", "2026-02-24"), ("2026-02-25", ""), ("", "2026-02-25")]
        {
            assert_eq!(asked(from, to), None, "{from} {to}");
        }
    }

    #[test]
    fn a_day_is_written_in_one_way() {
        for good in ["1984-02-29", "0001-01-01", "9999-12-31"] {
            assert_eq!(good.parse::<Day>().map(|day| day.0.to_string()), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "0000-00-00",
            "0000-01-01",
            "2023-02-29",
            "2023-2-9",
            " 2023-02-9",
            "+2023-02-9",
            "-001-01-01",
            "10000-01-01",
            "-262143-01-01",
            "2023-02-09T00:00:00Z",
            "2023/02/09",
            "２０２３-02-09",
            "2023-02-\u{661}",
        ] {
            assert!(bad.parse::<Day>().is_err(), "{bad:?}");
        }
    }
}
