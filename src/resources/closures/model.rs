//! What a closure looks like: as answered, as entered, as changed, and as stored.

use chrono::{DateTime, Utc};
use poem_openapi::types::{Example, MaybeUndefined};
use poem_openapi::{Enum, Object};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::api::answer::Resource;
use crate::api::day::Day;
use crate::api::idempotency::Kept;
use crate::api::text::Reason;
use crate::clinic::Access;

/// What a closure does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub enum ClosureKind {
    /// Nobody is booked.
    Closed,
    /// Work goes on, though it is a public holiday.
    Open,
}

impl ClosureKind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
        }
    }
}

/// The order of a list of closures; a minus turns it round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ClosureSort {
    /// By the first day.
    #[oai(rename = "startsOn")]
    Starts,
    /// By the first day, the last one first.
    #[oai(rename = "-startsOn")]
    StartsDescending,
}

/// Days on which a clinic is closed, or open on a public holiday.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct Closure {
    /// Identifies the closure in this clinic.
    pub id: Uuid,
    /// Where; the whole clinic when absent.
    #[oai(skip_serializing_if_is_none)]
    pub facility_id: Option<Uuid>,
    /// Closed, or open on a public holiday.
    pub kind: ClosureKind,
    /// The first day.
    pub starts_on: Day,
    /// The last day.
    pub ends_on: Day,
    /// Why, for the clinic's people.
    #[oai(skip_serializing_if_is_none)]
    pub reason: Option<Reason>,
    /// When the closure was entered.
    pub created_at: DateTime<Utc>,
    /// When the closure was last changed.
    pub updated_at: DateTime<Utc>,
    /// Grows with each change; the `ETag`.
    pub version: i32,
}

impl Resource for Closure {
    const PATH: &'static str = "/api/v1/closures";

    fn id(&self) -> Uuid {
        self.id
    }

    fn version(&self) -> i32 {
        self.version
    }
}

impl Kept for Closure {
    fn shown(&self) -> Access {
        Access::read("closures", self.id, None)
    }
}

impl TryFrom<&Row> for Closure {
    type Error = tokio_postgres::Error;

    fn try_from(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let open = row.try_get::<_, &str>("kind")? == ClosureKind::Open.name();
        Ok(Self {
            id: row.try_get("id")?,
            facility_id: row.try_get("facility_id")?,
            kind: if open { ClosureKind::Open } else { ClosureKind::Closed },
            starts_on: row.try_get("starts_on")?,
            ends_on: row.try_get("ends_on")?,
            reason: row.try_get("reason")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
            version: row.try_get("version")?,
        })
    }
}

/// A closure to be entered.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub struct NewClosure {
    /// Where; the whole clinic when absent.
    pub facility_id: Option<Uuid>,
    /// `closed` when absent.
    pub kind: Option<ClosureKind>,
    /// The first day.
    pub starts_on: Day,
    /// The last day; the first when absent.
    pub ends_on: Option<Day>,
    /// Why, for the clinic's people.
    pub reason: Option<Reason>,
}

/// Changes to a closure (JSON merge patch, RFC 7396): absent leaves, null clears.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, example)]
pub struct ClosurePatch {
    /// Where; null for the whole clinic.
    #[oai(nullable)]
    pub facility_id: MaybeUndefined<Uuid>,
    /// Closed, or open on a public holiday.
    #[oai(skip_serializing_if_is_none)]
    pub kind: Option<ClosureKind>,
    /// The first day.
    #[oai(skip_serializing_if_is_none)]
    pub starts_on: Option<Day>,
    /// The last day.
    #[oai(skip_serializing_if_is_none)]
    pub ends_on: Option<Day>,
    /// Why, for the clinic's people.
    #[oai(nullable)]
    pub reason: MaybeUndefined<Reason>,
}

impl From<Closure> for NewClosure {
    fn from(closure: Closure) -> Self {
        let Closure { facility_id, kind, starts_on, ends_on, reason, .. } = closure;
        Self { facility_id, kind: Some(kind), starts_on, ends_on: Some(ends_on), reason }
    }
}

impl ClosurePatch {
    /// The closure after these changes.
    pub(super) fn apply(self, closure: &mut NewClosure) {
        self.facility_id.update_to(&mut closure.facility_id);
        closure.kind = self.kind.or(closure.kind);
        closure.starts_on = self.starts_on.unwrap_or(closure.starts_on);
        closure.ends_on = self.ends_on.or(closure.ends_on);
        self.reason.update_to(&mut closure.reason);
    }
}

impl Example for NewClosure {
    fn example() -> Self {
        Self::from(Closure::example())
    }
}

impl Example for ClosurePatch {
    fn example() -> Self {
        Self {
            facility_id: MaybeUndefined::Null,
            kind: None,
            starts_on: None,
            ends_on: "2026-08-23".parse().ok(),
            reason: MaybeUndefined::Undefined,
        }
    }
}

impl Example for Closure {
    #[expect(clippy::expect_used, reason = "constants, checked as the spec is made")]
    fn example() -> Self {
        let at = DateTime::from_timestamp(1_767_225_600, 0).expect("a time");
        Self {
            id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0022),
            facility_id: None,
            kind: ClosureKind::Closed,
            starts_on: "2026-08-03".parse().expect("a day"),
            ends_on: "2026-08-21".parse().expect("a day"),
            reason: "Summer holidays".parse().ok(),
            created_at: at,
            updated_at: at,
            version: 1,
        }
    }
}
