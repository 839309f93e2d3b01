//! The engine against an oracle that is too simple to be wrong: it walks over the clock minute by minute, and asks of each minute whether
//! the practitioner is there, where, and whether it is booked.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike as _, Days, Duration, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use uuid::Uuid;

use crate::resources::slots::engine::{Clinic, Free, Hours, Place, Practitioner, Wish, free};
use crate::resources::slots::presence::{Closure, Kind, Opening};

/// A zone and a day shortly before its clocks change.
const CHANGES: [(Tz, &str); 12] = [
    (Tz::Europe__Paris, "2026-03-26"),
    (Tz::Europe__Paris, "2026-10-22"),
    (Tz::Europe__Lisbon, "2026-03-26"),
    (Tz::Europe__Lisbon, "2026-10-22"),
    (Tz::Europe__London, "2026-03-26"),
    (Tz::Europe__London, "2026-10-22"),
    // At midnight, there and back.
    (Tz::Atlantic__Azores, "2026-03-26"),
    (Tz::Atlantic__Azores, "2026-10-22"),
    (Tz::America__Sao_Paulo, "2018-11-01"),
    (Tz::America__Sao_Paulo, "2019-02-14"),
    // By half an hour.
    (Tz::Australia__Lord_Howe, "2026-04-02"),
    (Tz::Australia__Lord_Howe, "2026-10-01"),
];

const PRACTITIONER: Uuid = Uuid::from_u128(7);
const PLACES: [Uuid; 3] = [Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3)];

/// The minutes of some days, and what the clinic's clock shows at each.
struct Walk {
    start: DateTime<Utc>,
    shown: Vec<NaiveDateTime>,
}

impl Walk {
    fn new(wish: &Wish, zone: Tz) -> Self {
        let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
        let (start, end) = (midnight(wish.from - Days::new(2)), midnight(wish.until + Days::new(3)));
        let minutes = (end - start).num_minutes();
        let shown = |minute| (start + Duration::minutes(minute)).with_timezone(&zone).naive_local();
        Self { start, shown: (0..minutes).map(shown).collect() }
    }

    /// The minutes from when the clock first shows one time of a day, or a later one, to when it first shows the other.
    fn minutes(&self, day: NaiveDate, starts: Option<NaiveTime>, ends: Option<NaiveTime>) -> std::ops::Range<usize> {
        let first = |time: NaiveDateTime| self.shown.iter().position(|shown| *shown >= time).unwrap();
        let next = (day + Days::new(1)).and_time(NaiveTime::MIN);
        first(day.and_time(starts.unwrap_or(NaiveTime::MIN)))..first(ends.map_or(next, |time| day.and_time(time)))
    }

    fn at(&self, minute: usize) -> DateTime<Utc> {
        self.start + Duration::minutes(i64::try_from(minute).unwrap())
    }
}

/// Whether hours count on a day: week by week from the one in which they begin.
fn count(hours: &Hours, day: NaiveDate) -> bool {
    if hours.from.is_some_and(|from| day < from) || hours.until.is_some_and(|until| day > until) {
        return false;
    }
    let monday = |mut day: NaiveDate| {
        while day.weekday() != chrono::Weekday::Mon {
            day = day.pred_opt().unwrap();
        }
        day
    };
    let in_turn = hours.from.is_none_or(|from| {
        let mut week = monday(from);
        while week < monday(day) {
            week = week + Days::new(7 * u64::try_from(hours.interval).unwrap());
        }
        week == monday(day)
    });
    hours.kind != Kind::Weekly || hours.weekday == Some(day.weekday().number_from_monday()) && in_turn
}

/// The minutes of a day at which somebody is present at a place.
fn present(walk: &Walk, clinic: &Clinic, one: &Practitioner, place: Place, day: NaiveDate) -> BTreeSet<usize> {
    let of = |kind: Kind| one.hours.iter().filter(move |hours| hours.kind == kind && count(hours, day));
    let minutes = |hours: &Hours| walk.minutes(day, hours.starts, hours.ends);
    let there = |hours: &Hours| hours.facility.or(one.home) == place;
    let closed = |open: bool| {
        clinic.closures.iter().any(|closure| {
            closure.open == open
                && closure.from <= day
                && day <= closure.until
                && (closure.facility.is_none() || closure.facility == place)
        })
    };
    let in_use = place.is_none_or(|facility| clinic.facilities.contains_key(&facility));
    if !in_use || closed(false) || clinic.holidays.contains(&day) && !closed(true) {
        return BTreeSet::new();
    }
    let stated = match place.and_then(|facility| clinic.facilities[&facility].clone()) {
        Some(own) => own,
        None => clinic.hours.clone(),
    };
    let open: Vec<_> = stated
        .iter()
        .filter(|hours| hours.weekday == day.weekday().number_from_monday())
        .map(|hours| walk.minutes(day, Some(hours.starts), Some(hours.ends)))
        .collect();
    let (week, extra): (Vec<_>, Vec<_>) = (
        of(Kind::Weekly).filter(|h| there(h)).map(minutes).collect(),
        of(Kind::Extra).filter(|h| there(h)).map(minutes).collect(),
    );
    let elsewhere: Vec<_> = of(Kind::Extra).filter(|hours| !there(hours)).map(minutes).collect();
    let away: Vec<_> = of(Kind::Absence).map(minutes).collect();
    let any = |ranges: &[std::ops::Range<usize>], minute: usize| ranges.iter().any(|range| range.contains(&minute));
    (0..walk.shown.len())
        .filter(|minute| {
            let by_week =
                any(&week, *minute) && (stated.is_empty() || any(&open, *minute)) && !any(&elsewhere, *minute);
            (by_week || any(&extra, *minute)) && !any(&away, *minute)
        })
        .collect()
}

fn expected(clinic: &Clinic, one: &Practitioner, wish: &Wish) -> Vec<Free> {
    let walk = Walk::new(wish, clinic.zone);
    let booked: Vec<bool> =
        (0..walk.shown.len()).map(|minute| one.busy.iter().any(|busy| busy.contains(&walk.at(minute)))).collect();
    let of = |duration: Duration| usize::try_from(duration.num_minutes()).unwrap();
    let (length, gap, step) = (of(one.length), of(one.gap), of(wish.step.unwrap_or(one.length)));
    let today = wish.now.with_timezone(&clinic.zone).date_naive();
    let mut slots: BTreeMap<DateTime<Utc>, Free> = BTreeMap::new();
    for day in wish.from.iter_days().take_while(|day| *day <= wish.until) {
        let too_soon = one.first_day.is_some_and(|first| day < first);
        if too_soon || one.last_day.is_some_and(|last| day > last) || day > today + one.horizon {
            continue;
        }
        for facility in [None].into_iter().chain(PLACES.map(Some)) {
            if wish.facility.is_some() && facility != wish.facility {
                continue;
            }
            let there = present(&walk, clinic, one, facility, day);
            for begin in there.iter().filter(|minute| **minute == 0 || !there.contains(&(**minute - 1))) {
                let mut minute = *begin;
                while (minute..minute + length).all(|minute| there.contains(&minute)) {
                    let starts_at = walk.at(minute);
                    let in_time = starts_at >= wish.now + one.notice;
                    if in_time && !booked[minute - gap..minute + length + gap].contains(&true) {
                        let ends_at = walk.at(minute + length);
                        let slot = Free { starts_at, practitioner: one.id, facility, ends_at };
                        slots.entry(starts_at).or_insert(slot);
                    }
                    minute += step;
                    if (*begin..minute).any(|minute| !there.contains(&minute)) {
                        break;
                    }
                }
            }
        }
    }
    slots.into_values().collect()
}

/// A time of the day, often in the night, when clocks change.
fn time() -> impl Strategy<Value = NaiveTime> {
    let minute =
        prop_oneof![2 => (0u32..48).prop_map(|n| n * 5), 2 => (0u32..288).prop_map(|n| n * 5), 1 => 0u32..1440];
    minute.prop_map(|minute| NaiveTime::from_hms_opt(minute / 60, minute % 60, 0).unwrap())
}

fn times() -> impl Strategy<Value = (NaiveTime, NaiveTime)> {
    (time(), time()).prop_filter_map("an empty time", |(a, b)| (a != b).then_some((a.min(b), a.max(b))))
}

fn days(base: NaiveDate) -> impl Strategy<Value = (NaiveDate, NaiveDate)> {
    (0u64..10, 0u64..4).prop_map(move |(from, more)| (base + Days::new(from), base + Days::new(from + more)))
}

fn openings() -> impl Strategy<Value = Vec<Opening>> {
    let one = (1u32..=7, times()).prop_map(|(weekday, (starts, ends))| Opening { weekday, starts, ends });
    prop_oneof![2 => Just(vec![]), 1 => vec(one, 1..14)]
}

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![3 => Just(None), 2 => Just(Some(PLACES[0])), 1 => Just(Some(PLACES[1])), 1 => Just(Some(PLACES[2]))]
}

fn hours(base: NaiveDate) -> impl Strategy<Value = Hours> {
    let weekly = (1u32..=7, times(), 1i64..4, option::of(0u64..40), option::of(0u64..10), place()).prop_map(
        move |(weekday, (starts, ends), interval, ago, until, facility)| Hours {
            kind: Kind::Weekly,
            facility,
            weekday: Some(weekday),
            interval: if ago.is_some() { interval } else { 1 },
            from: ago.map(|days| base + Days::new(9) - Days::new(days)),
            until: until.map(|days| base + Days::new(days)),
            starts: Some(starts),
            ends: Some(ends),
        },
    );
    let dated = |kind| {
        (days(base), option::of(times()), times(), place()).prop_map(move |((from, until), absent, extra, facility)| {
            Hours {
                kind,
                facility,
                weekday: None,
                interval: 1,
                from: Some(from),
                until: Some(until),
                starts: if kind == Kind::Extra { Some(extra.0) } else { absent.map(|times| times.0) },
                ends: if kind == Kind::Extra { Some(extra.1) } else { absent.map(|times| times.1) },
            }
        })
    };
    prop_oneof![6 => weekly, 2 => dated(Kind::Extra), 1 => dated(Kind::Absence)]
}

fn clinic(zone: Tz, base: NaiveDate) -> impl Strategy<Value = Clinic> {
    let closure = (days(base), place(), any::<bool>()).prop_map(|((from, until), facility, open)| Closure {
        facility,
        open,
        from,
        until,
    });
    let facilities = (option::of(openings()), option::of(openings()))
        .prop_map(|(one, other)| BTreeMap::from([(PLACES[0], one), (PLACES[1], other)]));
    let holidays =
        vec(0u64..10, 0..3).prop_map(move |days| days.into_iter().map(|day| base + Days::new(day)).collect());
    (openings(), facilities, vec(closure, 0..3), holidays)
        .prop_map(move |(hours, facilities, closures, holidays)| Clinic { zone, hours, facilities, closures, holidays })
}

fn practitioner(base: NaiveDate) -> impl Strategy<Value = Practitioner> {
    let booking = (0i64..10 * 288, 1i64..24).prop_map(move |(start, length)| {
        let start = base.and_time(NaiveTime::MIN).and_utc() + Duration::minutes(start * 5);
        start..start + Duration::minutes(length * 5)
    });
    let bounds = (option::of(0u64..8), option::of(0u64..8), 0u64..12);
    (place(), vec(hours(base), 1..10), vec(booking, 0..40), 0i64..40, 0i64..3000, bounds, 5i64..100).prop_map(
        move |(home, hours, busy, gap, notice, (first, last, horizon), length)| Practitioner {
            id: PRACTITIONER,
            home,
            hours,
            busy,
            gap: Duration::minutes(gap),
            notice: Duration::minutes(notice),
            horizon: Days::new(horizon),
            first_day: first.map(|days| base + Days::new(days)),
            last_day: last.map(|days| base + Days::new(9) - Days::new(days)),
            length: Duration::minutes(length),
        },
    )
}

fn wish(base: NaiveDate) -> impl Strategy<Value = Wish> {
    (0i64..4 * 1440, 0u64..6, 0u64..5, prop_oneof![4 => Just(None), 1 => place()], option::of(5i64..60)).prop_map(
        move |(now, from, more, facility, step)| Wish {
            now: base.pred_opt().unwrap().and_time(NaiveTime::MIN).and_utc() + Duration::minutes(now),
            from: base + Days::new(from),
            until: base + Days::new(from + more),
            facility,
            step: step.map(Duration::minutes),
        },
    )
}

fn cases() -> impl Strategy<Value = (Clinic, Practitioner, Wish)> {
    select(&CHANGES[..]).prop_flat_map(|(zone, base)| {
        let base: NaiveDate = base.parse().unwrap();
        (clinic(zone, base), practitioner(base), wish(base))
    })
}

/// The same cases each time; `PROPTEST_CASES` says how many.
fn runner() -> TestRunner {
    let config = Config { failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

#[test]
fn free_slots_are_those_that_an_oracle_finds_minute_by_minute() {
    let (slots, without) = (Cell::new(0), Cell::new(0));
    let outcome = runner().run(&cases(), |(clinic, one, wish)| {
        let found = free(&clinic, vec![one.clone()], &wish, None, usize::MAX);
        prop_assert_eq!(&found, &expected(&clinic, &one, &wish));
        slots.set(slots.get() + found.len());
        without.set(without.get() + usize::from(found.is_empty()));
        Ok(())
    });
    outcome.unwrap();
    assert!(slots.get() > 1000, "control: there is something to find: {}", slots.get());
    assert!(without.get() > 10, "control: and days on which there is nothing: {}", without.get());
}

#[test]
fn pages_begin_where_those_before_end_and_lack_nothing() {
    let outcome = runner().run(&(cases(), 1usize..9), |((clinic, one, wish), size)| {
        let other = Practitioner { id: Uuid::from_u128(6), length: one.length + Duration::minutes(5), ..one.clone() };
        let both = || vec![one.clone(), other.clone()];
        let all = free(&clinic, both(), &wish, None, usize::MAX);
        let mut paged: Vec<Free> = Vec::new();
        loop {
            let after = paged.last().map(|slot| (slot.starts_at, slot.practitioner));
            let page = free(&clinic, both(), &wish, after, size);
            prop_assert!(page.len() <= size);
            if page.is_empty() {
                break;
            }
            paged.extend(page);
        }
        prop_assert_eq!(paged, all);
        Ok(())
    });
    outcome.unwrap();
}
