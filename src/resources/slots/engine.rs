//! The free slots of practitioners: presence, less what is booked, held, too soon or too far.
//!
//! Pure: no SQL and no clock; all that is known is given.
//!
//! - A slot begins where a stretch of presence begins, or whole steps later, and lies within it: it has its real length, also on the days
//!   on which the clocks change. Bookings take slots away, and move none.
//! - Between two bookings of a practitioner lie the buffer after the first and the buffer before the second, one after the other, as
//!   at Cal.com. What is held counts as booked. Buffers need not lie within the hours.
//! - A practitioner is in one place at a time: no two slots of theirs begin together.

use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use uuid::Uuid;

use super::presence::{Clinic, Hours, Place};
use super::spans::{Span, union};
use crate::region::clock;

/// What is known of a practitioner.
#[derive(Clone, Debug)]
pub struct Practitioner {
    /// Whose slots these are.
    pub id: Uuid,
    /// Where they mostly work.
    pub home: Place,
    /// When they are there.
    pub hours: Vec<Hours>,
    /// What is booked or held, in any order.
    pub busy: Vec<Span>,
    /// Between two bookings: the buffer after the first and that before the second.
    pub gap: Duration,
    /// How long before it begins a slot can be booked.
    pub notice: Duration,
    /// The last day is so many days from today.
    pub horizon: Days,
    /// No day before; for a service that is offered from then on.
    pub first_day: Option<NaiveDate>,
    /// No day after; for a licence or a service that ends.
    pub last_day: Option<NaiveDate>,
    /// How long a slot is.
    pub length: Duration,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The time.
    pub now: DateTime<Utc>,
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub until: NaiveDate,
    /// There only.
    pub facility: Place,
    /// From one slot's beginning to the next one's; a slot's length if `None`.
    pub step: Option<Duration>,
}

/// Somebody is free.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Free {
    /// From.
    pub starts_at: DateTime<Utc>,
    /// Who.
    pub practitioner: Uuid,
    /// Where.
    pub facility: Place,
    /// Until.
    pub ends_at: DateTime<Utc>,
}

/// The free slots behind `after`, a slot's time and practitioner: in order, `enough` of them or all there are. Days are looked at one
/// after the other, so that no more are than are needed.
#[must_use]
pub fn free(
    clinic: &Clinic,
    practitioners: Vec<Practitioner>,
    wish: &Wish,
    after: Option<(DateTime<Utc>, Uuid)>,
    enough: usize,
) -> Vec<Free> {
    let practitioners: Vec<_> = practitioners.into_iter().map(Practitioner::keeping_gaps).collect();
    let today = clock::day(wish.now, clinic.zone);
    let from = after.map_or(wish.from, |(at, _)| wish.from.max(clock::day(at, clinic.zone)));
    let mut found = Vec::new();
    for day in from.iter_days().take_while(|day| *day <= wish.until) {
        let bookable = practitioners.iter().filter(|one| one.is_bookable_on(day, today));
        let mut of_day: Vec<_> = bookable.flat_map(|one| one.free_on(day, clinic, wish)).collect();
        of_day.sort_unstable();
        of_day.dedup_by_key(|slot| (slot.starts_at, slot.practitioner));
        of_day.retain(|slot| after.is_none_or(|after| (slot.starts_at, slot.practitioner) > after));
        found.append(&mut of_day);
        if found.len() >= enough {
            break;
        }
    }
    found.truncate(enough);
    found
}

impl Practitioner {
    /// With all that is busy widened by what must lie between, so that a slot is free that overlaps none of it.
    fn keeping_gaps(mut self) -> Self {
        self.busy = union(self.busy.iter().map(|one| one.start - self.gap..one.end + self.gap).collect());
        self
    }

    fn is_bookable_on(&self, day: NaiveDate, today: NaiveDate) -> bool {
        self.first_day.is_none_or(|first| first <= day)
            && self.last_day.is_none_or(|last| day <= last)
            && today.checked_add_days(self.horizon).is_none_or(|last| day <= last)
    }

    fn free_on(&self, day: NaiveDate, clinic: &Clinic, wish: &Wish) -> Vec<Free> {
        let earliest = wish.now + self.notice;
        let step = wish.step.unwrap_or(self.length).max(Duration::minutes(1));
        let mut slots = Vec::new();
        for (facility, block) in clinic.presence(&self.hours, self.home, day) {
            if wish.facility.is_some() && facility != wish.facility {
                continue;
            }
            let mut starts_at = block.start;
            while starts_at + self.length <= block.end {
                let ends_at = starts_at + self.length;
                if starts_at >= earliest && self.is_free(starts_at..ends_at) {
                    slots.push(Free { starts_at, practitioner: self.id, facility, ends_at });
                }
                starts_at += step;
            }
        }
        slots
    }

    fn is_free(&self, span: Span) -> bool {
        let next = self.busy.partition_point(|one| one.end <= span.start);
        self.busy.get(next).is_none_or(|one| one.start >= span.end)
    }
}

#[cfg(test)]
mod tests;
