//! Hours and absences: as answered, as entered, as changed; and which fields each kind has.

use chrono::{DateTime, Utc};
use poem_openapi::types::{Example, MaybeUndefined};
use poem_openapi::{Enum, Object};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::api::answer::Resource;
use crate::api::day::Day;
use crate::api::idempotency::Kept;
use crate::api::text::Reason;
use crate::api::time_of_day::TimeOfDay;
use crate::clinic::Access;
use crate::error::{ApiError, FieldError, Result};

/// What some hours are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub enum AvailabilityKind {
    /// Hours of a weekday, which recur.
    Weekly,
    /// Hours beside those of the week, on each day of some.
    Extra,
    /// Not there, on each day of some: the whole day, or these hours of it.
    Absence,
}

impl AvailabilityKind {
    const ALL: [Self; 3] = [Self::Weekly, Self::Extra, Self::Absence];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Weekly => "weekly",
            Self::Extra => "extra",
            Self::Absence => "absence",
        }
    }

    fn stored(name: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.name() == name).unwrap_or(Self::Absence)
    }
}

/// When a practitioner works, or does not. Times are the clinic's, whatever daylight saving says.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct Hours {
    /// Identifies them in this clinic.
    pub id: Uuid,
    /// Whose they are.
    pub practitioner_id: Uuid,
    /// What they are.
    pub kind: AvailabilityKind,
    /// Where, if not where the practitioner mostly works.
    #[oai(skip_serializing_if_is_none)]
    pub facility_id: Option<Uuid>,
    /// Of weekly hours: 1 is Monday, 7 Sunday (ISO 8601).
    #[oai(skip_serializing_if_is_none)]
    pub weekday: Option<i16>,
    /// Of weekly hours: each so many weeks, counted from the week of `validFrom`.
    pub interval_weeks: i16,
    /// The first day.
    #[oai(skip_serializing_if_is_none)]
    pub valid_from: Option<Day>,
    /// The last day.
    #[oai(skip_serializing_if_is_none)]
    pub valid_until: Option<Day>,
    /// From when on.
    #[oai(skip_serializing_if_is_none)]
    pub starts: Option<TimeOfDay>,
    /// Until when.
    #[oai(skip_serializing_if_is_none)]
    pub ends: Option<TimeOfDay>,
    /// Why.
    #[oai(skip_serializing_if_is_none)]
    pub reason: Option<Reason>,
    /// When they were entered.
    pub created_at: DateTime<Utc>,
    /// When they were last changed.
    pub updated_at: DateTime<Utc>,
    /// Grows with each change; the `ETag`.
    pub version: i32,
}

impl Resource for Hours {
    const PATH: &'static str = "/api/v1/availability";

    fn id(&self) -> Uuid {
        self.id
    }

    fn version(&self) -> i32 {
        self.version
    }
}

impl Kept for Hours {
    fn shown(&self) -> Access {
        Access::read("practitioner_availability", self.id, None)
    }
}

impl TryFrom<&Row> for Hours {
    type Error = tokio_postgres::Error;

    fn try_from(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            practitioner_id: row.try_get("practitioner_id")?,
            kind: AvailabilityKind::stored(row.try_get("kind")?),
            facility_id: row.try_get("facility_id")?,
            weekday: row.try_get("weekday")?,
            interval_weeks: row.try_get("interval_weeks")?,
            valid_from: row.try_get("valid_from")?,
            valid_until: row.try_get("valid_until")?,
            starts: row.try_get("starts")?,
            ends: row.try_get("ends")?,
            reason: row.try_get("reason")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
            version: row.try_get("version")?,
        })
    }
}

/// Hours or an absence to be entered.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub struct NewHours {
    /// What they are.
    pub kind: AvailabilityKind,
    /// Where, if not where the practitioner mostly works.
    pub facility_id: Option<Uuid>,
    /// Of weekly hours, and required there: 1 is Monday, 7 Sunday (ISO 8601).
    #[oai(validator(minimum(value = "1"), maximum(value = "7")))]
    pub weekday: Option<i16>,
    /// Of weekly hours: each so many weeks, counted from the week of `validFrom`; each week when absent.
    #[oai(validator(minimum(value = "1"), maximum(value = "8")))]
    pub interval_weeks: Option<i16>,
    /// The first day; required but for hours of every week.
    pub valid_from: Option<Day>,
    /// The last day; required but for weekly hours.
    pub valid_until: Option<Day>,
    /// From when on; an absence without lasts whole days.
    pub starts: Option<TimeOfDay>,
    /// Until when.
    pub ends: Option<TimeOfDay>,
    /// Why.
    pub reason: Option<Reason>,
}

impl NewHours {
    /// Holds that these have what their kind needs, and nothing that it cannot have. The table's CHECKs say the same, of all at once.
    pub(super) fn check(&self) -> Result<()> {
        let weekly = self.kind == AvailabilityKind::Weekly;
        let timed = self.kind != AvailabilityKind::Absence || self.starts.is_some() || self.ends.is_some();
        let alternating = self.interval_weeks.is_some_and(|weeks| weeks > 1);
        let needed = [
            ("/weekday", weekly, self.weekday.is_some()),
            ("/validFrom", !weekly || alternating, self.valid_from.is_some()),
            ("/validUntil", !weekly, self.valid_until.is_some()),
            ("/starts", timed, self.starts.is_some()),
            ("/ends", timed, self.ends.is_some()),
        ];
        let missing = needed.into_iter().filter(|(_, needed, there)| *needed && !there);
        let strange = [("/weekday", self.weekday.is_some()), ("/intervalWeeks", alternating)];
        let strange = strange.into_iter().filter(|(_, there)| *there && !weekly);
        let reversed = [
            (
                "/ends",
                "must be later than the beginning",
                self.starts.zip(self.ends).is_some_and(|(starts, ends)| starts >= ends),
            ),
            (
                "/validUntil",
                "must not lie before the first day",
                self.valid_from.zip(self.valid_until).is_some_and(|(first, last)| first > last),
            ),
        ];
        let reversed = reversed.into_iter().filter(|(.., wrong)| *wrong);
        let wrong: Vec<FieldError> = missing
            .map(|(pointer, ..)| FieldError::new(pointer, "required", "is required of this kind"))
            .chain(strange.map(|(pointer, _)| FieldError::new(pointer, "not_allowed", "is for weekly hours only")))
            .chain(reversed.map(|(pointer, rule, _)| FieldError::new(pointer, "range", rule)))
            .collect();
        if wrong.is_empty() { Ok(()) } else { Err(ApiError::Invalid(wrong)) }
    }
}

impl From<Hours> for NewHours {
    fn from(stored: Hours) -> Self {
        Self {
            kind: stored.kind,
            facility_id: stored.facility_id,
            weekday: stored.weekday,
            interval_weeks: Some(stored.interval_weeks),
            valid_from: stored.valid_from,
            valid_until: stored.valid_until,
            starts: stored.starts,
            ends: stored.ends,
            reason: stored.reason,
        }
    }
}

/// Changes to hours or an absence (JSON merge patch, RFC 7396): absent leaves, null clears. What they are stays.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, example)]
pub struct HoursPatch {
    /// Where, if not where the practitioner mostly works.
    #[oai(nullable)]
    pub facility_id: MaybeUndefined<Uuid>,
    /// Of weekly hours: 1 is Monday, 7 Sunday (ISO 8601).
    #[oai(skip_serializing_if_is_none, validator(minimum(value = "1"), maximum(value = "7")))]
    pub weekday: Option<i16>,
    /// Of weekly hours: each so many weeks, counted from the week of `validFrom`.
    #[oai(skip_serializing_if_is_none, validator(minimum(value = "1"), maximum(value = "8")))]
    pub interval_weeks: Option<i16>,
    /// The first day.
    #[oai(nullable)]
    pub valid_from: MaybeUndefined<Day>,
    /// The last day.
    #[oai(nullable)]
    pub valid_until: MaybeUndefined<Day>,
    /// From when on.
    #[oai(nullable)]
    pub starts: MaybeUndefined<TimeOfDay>,
    /// Until when.
    #[oai(nullable)]
    pub ends: MaybeUndefined<TimeOfDay>,
    /// Why.
    #[oai(nullable)]
    pub reason: MaybeUndefined<Reason>,
}

impl HoursPatch {
    /// The hours after these changes.
    pub(super) fn apply(self, hours: &mut NewHours) {
        self.facility_id.update_to(&mut hours.facility_id);
        hours.weekday = self.weekday.or(hours.weekday);
        hours.interval_weeks = self.interval_weeks.or(hours.interval_weeks);
        self.valid_from.update_to(&mut hours.valid_from);
        self.valid_until.update_to(&mut hours.valid_until);
        self.starts.update_to(&mut hours.starts);
        self.ends.update_to(&mut hours.ends);
        self.reason.update_to(&mut hours.reason);
    }
}

impl Example for Hours {
    fn example() -> Self {
        let at = DateTime::<Utc>::UNIX_EPOCH + chrono::Duration::seconds(1_767_225_600);
        Self {
            id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0008),
            practitioner_id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0007),
            kind: AvailabilityKind::Weekly,
            facility_id: None,
            weekday: Some(1),
            interval_weeks: 2,
            valid_from: "2026-01-05".parse().ok(),
            valid_until: None,
            starts: "08:30".parse().ok(),
            ends: "12:00".parse().ok(),
            reason: None,
            created_at: at,
            updated_at: at,
            version: 1,
        }
    }
}

impl Example for NewHours {
    fn example() -> Self {
        Self::from(Hours::example())
    }
}

impl Example for HoursPatch {
    fn example() -> Self {
        Self {
            facility_id: MaybeUndefined::Undefined,
            weekday: None,
            interval_weeks: None,
            valid_from: MaybeUndefined::Undefined,
            valid_until: MaybeUndefined::Undefined,
            starts: "09:00".parse().map_or(MaybeUndefined::Undefined, MaybeUndefined::Value),
            ends: MaybeUndefined::Undefined,
            reason: MaybeUndefined::Null,
        }
    }
}
