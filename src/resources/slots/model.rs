//! What slots and holds look like: as asked for, as answered, and as stored.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use chrono_tz::Tz;
use poem_openapi::Object;
use poem_openapi::types::Example;
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

use super::engine::{Free, Practitioner};
use super::presence::{Clinic, Closure, Hours, Opening};
use crate::api::idempotency::Kept;
use crate::api::text::OpaqueToken;
use crate::clinic::Access;
use crate::error::{ApiError, Result};
use crate::region::holidays;

/// A time at which a practitioner is free.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct Slot {
    /// Who is free.
    pub practitioner_id: Uuid,
    /// Where; absent where their hours name no place.
    #[oai(skip_serializing_if_is_none)]
    pub facility_id: Option<Uuid>,
    /// From.
    pub starts_at: DateTime<Utc>,
    /// Until.
    pub ends_at: DateTime<Utc>,
}

impl From<Free> for Slot {
    fn from(Free { starts_at, practitioner, facility, ends_at }: Free) -> Self {
        Self { practitioner_id: practitioner, facility_id: facility, starts_at, ends_at }
    }
}

/// A time to be held.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, example)]
pub struct NewHold {
    /// Whose time.
    pub practitioner_id: Uuid,
    /// From; in the future.
    pub starts_at: DateTime<Utc>,
    /// For how long.
    #[oai(validator(minimum(value = "5"), maximum(value = "1440")))]
    pub minutes: i32,
}

impl NewHold {
    pub(super) fn ends_at(&self) -> DateTime<Utc> {
        self.starts_at + Duration::minutes(self.minutes.into())
    }
}

/// A time that is held for whoever has the token.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct Hold {
    /// Identifies the hold in this clinic.
    pub id: Uuid,
    /// Give it as `holdToken` as you book. It is not shown again.
    pub token: OpaqueToken,
    /// Whose time.
    pub practitioner_id: Uuid,
    /// From.
    pub starts_at: DateTime<Utc>,
    /// Until.
    pub ends_at: DateTime<Utc>,
    /// When it is free again, unless it was booked.
    pub expires_at: DateTime<Utc>,
}

impl Kept for Hold {
    fn shown(&self) -> Access {
        Access::read("slot_holds", self.id, None)
    }
}

/// The clinic, by any of the rows found.
pub(super) fn clinic_of(row: &Row, from: NaiveDate, until: NaiveDate) -> Result<Clinic> {
    let zone: Tz = row
        .try_get::<_, &str>("time_zone")?
        .parse()
        .map_err(|_| ApiError::internal(anyhow::anyhow!("no time zone")))?;
    let holidays = if row.try_get("closed_on_holidays")? {
        let (country, subdivision) = (row.try_get("country")?, row.try_get("holiday_subdivision")?);
        holidays::between(country, subdivision, from, until).into_iter().map(|holiday| holiday.day).collect()
    } else {
        BTreeSet::new()
    };
    let Json(hours) = row.try_get::<_, Json<Vec<Opening>>>("opening_hours")?;
    let facilities = row.try_get::<_, Option<Json<BTreeMap<Uuid, Option<Vec<Opening>>>>>>("facilities")?;
    let closures = row.try_get::<_, Option<Json<Vec<Closure>>>>("closures")?;
    Ok(Clinic {
        zone,
        hours,
        facilities: facilities.map(|Json(facilities)| facilities).unwrap_or_default(),
        closures: closures.map(|Json(closures)| closures).unwrap_or_default(),
        holidays,
    })
}

/// A practitioner, with slots of `minutes`, or as long as the practitioner or the service says.
pub(super) fn practitioner_of(row: &Row, minutes: Option<i32>) -> Result<Practitioner> {
    let number = |column: &str| row.try_get::<_, i16>(column).map(i64::from);
    let hours = row.try_get::<_, Option<Json<Vec<Hours>>>>("hours")?;
    // Beginning and end, one after the other.
    let busy: Vec<DateTime<Utc>> = row.try_get("busy")?;
    let ends = ["registration_until", "service_until"].map(|column| row.try_get::<_, Option<NaiveDate>>(column));
    let [licence, service] = ends;
    Ok(Practitioner {
        id: row.try_get("id")?,
        home: row.try_get("facility_id")?,
        hours: hours.map(|Json(hours)| hours).unwrap_or_default(),
        busy: busy.chunks_exact(2).map(|both| both[0]..both[1]).collect(),
        gap: Duration::minutes(number("buffer_before")? + number("buffer_after")?),
        notice: Duration::minutes(row.try_get::<_, i32>("minimum_notice")?.into()),
        horizon: Days::new(row.try_get::<_, i16>("horizon_days")?.unsigned_abs().into()),
        first_day: row.try_get("service_from")?,
        last_day: [licence?, service?].into_iter().flatten().min(),
        length: Duration::minutes(minutes.map_or_else(|| number("minutes"), |minutes| Ok(minutes.into()))?),
    })
}

/// In the examples.
const PRACTITIONER: Uuid = Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0007);

#[expect(clippy::expect_used, reason = "constants, checked as the spec is made")]
fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_830_499_200 + minutes * 60, 0).expect("a time")
}

impl Example for Slot {
    fn example() -> Self {
        Self { practitioner_id: PRACTITIONER, facility_id: None, starts_at: at(0), ends_at: at(30) }
    }
}

impl Example for NewHold {
    fn example() -> Self {
        Self { practitioner_id: PRACTITIONER, starts_at: at(0), minutes: 30 }
    }
}

impl Example for Hold {
    #[expect(clippy::expect_used, reason = "a constant, checked as the spec is made")]
    fn example() -> Self {
        Self {
            id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0009),
            token: "SRzBGTqZxXyH0u7Vw0a1lJ9cP2nD3mK4sR5tU6vW7xY".parse().expect("a token"),
            practitioner_id: PRACTITIONER,
            starts_at: at(0),
            ends_at: at(30),
            expires_at: at(-1435),
        }
    }
}
