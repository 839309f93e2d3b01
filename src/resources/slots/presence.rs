//! Where and when a practitioner is present: their hours, and what the clinic's hours, closures and holidays leave of them.
//!
//! Pure. All that is stated is stated in the clinic's local time, and means what its clock shows: hours that the clock skips are not there,
//! and a time that it shows twice is the first of the two.
//!
//! | goes before | what |
//! | --- | --- |
//! | a closure | everything: nobody is booked on such a day, at that place |
//! | a public holiday | likewise, unless an `open` day says otherwise |
//! | an absence | extra hours and the week's |
//! | extra hours | the week's, where those are elsewhere; they need not lie within opening hours |
//! | the week's hours | count as far as the place is open then, where it states when it is |

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, Days, NaiveDate, NaiveTime};
use chrono_tz::Tz;
use serde::Deserialize;
use uuid::Uuid;

use super::spans::{Span, union, within, without};
use crate::region::clock;

/// A facility; `None` where none is stated.
pub type Place = Option<Uuid>;

/// What holds for everybody at a clinic.
#[derive(Clone, Debug)]
pub struct Clinic {
    /// In which its hours and days are.
    pub zone: Tz,
    /// When it is open; none: not stated.
    pub hours: Vec<Opening>,
    /// The facilities that are in use, each with its own hours, or `None` for the clinic's.
    pub facilities: BTreeMap<Uuid, Option<Vec<Opening>>>,
    /// Days that differ.
    pub closures: Vec<Closure>,
    /// The public holidays on which it is closed.
    pub holidays: BTreeSet<NaiveDate>,
}

/// Hours of a weekday.
#[derive(Clone, Debug, Deserialize)]
pub struct Opening {
    /// Monday is 1 (ISO 8601).
    pub weekday: u32,
    /// From.
    pub starts: NaiveTime,
    /// Until.
    pub ends: NaiveTime,
}

/// Days on which nobody is booked, or, `open`, on which work goes on though they are public holidays.
#[derive(Clone, Debug, Deserialize)]
pub struct Closure {
    /// There; `None`: everywhere.
    pub facility: Place,
    /// Whether it says that work goes on.
    pub open: bool,
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub until: NaiveDate,
}

/// Hours of a practitioner's.
#[derive(Clone, Debug, Deserialize)]
pub struct Hours {
    /// What they are.
    pub kind: Kind,
    /// Where; where the practitioner mostly works if `None`.
    pub facility: Place,
    /// Of `weekly` ones: Monday is 1.
    pub weekday: Option<u32>,
    /// Of `weekly` ones: every so many weeks, counted from the week of `from`, which begins on Monday.
    pub interval: i64,
    /// The first day.
    pub from: Option<NaiveDate>,
    /// The last day.
    pub until: Option<NaiveDate>,
    /// From; of an absence, `None` is the whole day.
    pub starts: Option<NaiveTime>,
    /// Until.
    pub ends: Option<NaiveTime>,
}

/// What hours mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// They recur.
    Weekly,
    /// There besides.
    Extra,
    /// Away.
    Absence,
}

impl Clinic {
    /// Where, and from when until when, somebody with these hours is present on a day. `home` is where they mostly work.
    #[must_use]
    pub fn presence(&self, hours: &[Hours], home: Place, day: NaiveDate) -> Vec<(Place, Span)> {
        let of_day: Vec<_> = hours.iter().filter(|one| one.count_on(day)).collect();
        let of_kind = |kind: Kind| of_day.iter().filter(move |one| one.kind == kind);
        let place = |one: &Hours| one.facility.or(home);
        let away: Vec<Span> = of_kind(Kind::Absence).map(|one| self.span(day, one.starts, one.ends)).collect();

        let places: BTreeSet<Place> =
            of_day.iter().filter(|one| one.kind != Kind::Absence).map(|one| place(one)).collect();
        let mut present = Vec::new();
        for here in places.into_iter().filter(|here| !self.is_closed(*here, day)) {
            let spans = |kind: Kind, is_here: bool| {
                let there = of_kind(kind).filter(|one| (place(one) == here) == is_here);
                there.map(|one| self.span(day, one.starts, one.ends)).collect::<Vec<Span>>()
            };
            let week = self.while_open(here, day, union(spans(Kind::Weekly, true)));
            let mut all = without(&week, &spans(Kind::Extra, false));
            all.extend(spans(Kind::Extra, true));
            present.extend(without(&all, &away).into_iter().map(|span| (here, span)));
        }
        present
    }

    /// A time of a day, or all of it.
    fn span(&self, day: NaiveDate, starts: Option<NaiveTime>, ends: Option<NaiveTime>) -> Span {
        let midnight = clock::instant(day + Days::new(1), NaiveTime::MIN, self.zone);
        let at = |time: NaiveTime| clock::instant(day, time, self.zone);
        at(starts.unwrap_or(NaiveTime::MIN))..ends.map_or(midnight, at)
    }

    fn is_closed(&self, place: Place, day: NaiveDate) -> bool {
        // A facility that is gone, or not in use any more.
        if place.is_some_and(|facility| !self.facilities.contains_key(&facility)) {
            return true;
        }
        let says = |open: bool| {
            self.closures.iter().any(|one| {
                one.open == open
                    && (one.from..=one.until).contains(&day)
                    && (one.facility.is_none() || one.facility == place)
            })
        };
        says(false) || self.holidays.contains(&day) && !says(true)
    }

    /// What of these lies within the hours of the place, where it states any.
    fn while_open(&self, place: Place, day: NaiveDate, spans: Vec<Span>) -> Vec<Span> {
        let own = place.and_then(|facility| self.facilities.get(&facility)?.as_ref());
        let hours = own.unwrap_or(&self.hours);
        if hours.is_empty() {
            return spans;
        }
        let today = hours.iter().filter(|one| one.weekday == day.weekday().number_from_monday());
        let open = today.map(|one| self.span(day, Some(one.starts), Some(one.ends))).collect();
        within(&spans, &union(open))
    }
}

impl Hours {
    fn count_on(&self, day: NaiveDate) -> bool {
        let valid = self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until);
        valid
            && (self.kind != Kind::Weekly
                || self.weekday == Some(day.weekday().number_from_monday()) && self.is_week_of(day))
    }

    fn is_week_of(&self, day: NaiveDate) -> bool {
        let monday = |day: NaiveDate| day - Days::new(day.weekday().num_days_from_monday().into());
        self.from.is_none_or(|from| (monday(day) - monday(from)).num_weeks() % self.interval.max(1) == 0)
    }
}
