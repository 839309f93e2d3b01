//! [`TimeOfDay`]: a time of the clock, as the contract writes it.

use std::borrow::Cow;
use std::str::FromStr;

use bytes::BytesMut;
use chrono::NaiveTime;
use poem_openapi::registry::{MetaSchema, MetaSchemaRef};
use poem_openapi::types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type as PgType, to_sql_checked};

use super::text::Refusal;

const RULE: Refusal = "must be a time, HH:MM";

/// A time of the clock, 00:00 to 23:59, wherever the clinic is: `HH:MM` and no other way of writing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(pub NaiveTime);

impl FromStr for TimeOfDay {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        // chrono also reads signs, spaces and single digits.
        let shape = text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
        NaiveTime::parse_from_str(text, "%H:%M").ok().filter(|_| shape).map(Self).ok_or(RULE)
    }
}

impl Type for TimeOfDay {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        "string_time-of-day".into()
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Inline(Box::new(MetaSchema {
            min_length: Some(5),
            max_length: Some(5),
            pattern: Some("^([01][0-9]|2[0-3]):[0-5][0-9]$".to_owned()),
            example: Some("08:30".into()),
            ..MetaSchema::new_with_format("string", "time-of-day")
        }))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(self.as_raw_value().into_iter())
    }
}

impl ParseFromJSON for TimeOfDay {
    fn parse_from_json(value: Option<serde_json::Value>) -> ParseResult<Self> {
        match value {
            Some(serde_json::Value::String(text)) => text.parse().map_err(|why: Refusal| ParseError::custom(why)),
            _ => Err(ParseError::custom("must be a string")),
        }
    }
}

impl ParseFromParameter for TimeOfDay {
    fn parse_from_parameter(text: &str) -> ParseResult<Self> {
        text.parse().map_err(|why: Refusal| ParseError::custom(why))
    }
}

impl ToJSON for TimeOfDay {
    fn to_json(&self) -> Option<serde_json::Value> {
        Some(self.0.format("%H:%M").to_string().into())
    }
}

impl ToSql for TimeOfDay {
    fn to_sql(&self, ty: &PgType, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        self.0.to_sql(ty, out)
    }

    fn accepts(ty: &PgType) -> bool {
        <NaiveTime as ToSql>::accepts(ty)
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for TimeOfDay {
    fn from_sql(ty: &PgType, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        NaiveTime::from_sql(ty, raw).map(Self)
    }

    fn accepts(ty: &PgType) -> bool {
        <NaiveTime as FromSql>::accepts(ty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_in_one_way() {
        for good in ["00:00", "08:30", "23:59"] {
            assert_eq!(good.parse::<TimeOfDay>().ok().and_then(|time| time.to_json()), Some(good.into()));
        }
        for bad in ["", "8:30", "24:00", "08:60", "08:30:00", "+8:30", "0830", " 8:30", "08:3\u{661}"] {
            assert!(bad.parse::<TimeOfDay>().is_err(), "{bad:?}");
        }
    }
}
