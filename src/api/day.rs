//! [`Day`]: a day of the calendar, as the contract writes it.

use std::borrow::Cow;
use std::str::FromStr;

use bytes::BytesMut;
use chrono::{Datelike as _, NaiveDate};
use poem_openapi::registry::{MetaSchema, MetaSchemaRef};
use poem_openapi::types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type as PgType, to_sql_checked};

use super::text::Refusal;

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
