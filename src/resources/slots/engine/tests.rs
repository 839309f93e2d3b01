//! What the engine finds, day by day, as literals.

mod oracle;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use super::{Clinic, Hours, Place, Practitioner, Wish, free};
use crate::resources::slots::presence::{Closure, Kind, Opening};

const HERE: Place = Some(Uuid::from_u128(1));
const THERE: Place = Some(Uuid::from_u128(2));

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn clinic(zone: Tz) -> Clinic {
    let facilities = BTreeMap::from([(HERE.unwrap(), None), (THERE.unwrap(), None)]);
    Clinic { zone, hours: vec![], facilities, closures: vec![], holidays: BTreeSet::new() }
}

/// One who takes an hour each time.
fn practitioner(hours: Vec<Hours>) -> Practitioner {
    Practitioner {
        id: Uuid::from_u128(7),
        home: None,
        hours,
        busy: vec![],
        gap: Duration::zero(),
        notice: Duration::zero(),
        horizon: Days::new(365),
        first_day: None,
        last_day: None,
        length: Duration::hours(1),
    }
}

fn weekly(weekday: u32, starts: &str, ends: &str) -> Hours {
    Hours {
        kind: Kind::Weekly,
        facility: None,
        weekday: Some(weekday),
        interval: 1,
        from: None,
        until: None,
        starts: starts.parse().ok(),
        ends: ends.parse().ok(),
    }
}

fn dated(kind: Kind, from: &str, until: &str, times: Option<(&str, &str)>) -> Hours {
    Hours {
        kind,
        weekday: None,
        from: from.parse().ok(),
        until: until.parse().ok(),
        starts: times.map(|(starts, _)| starts.parse().unwrap()),
        ends: times.map(|(_, ends)| ends.parse().unwrap()),
        ..weekly(1, "08:00", "09:00")
    }
}

fn wish(from: &str, until: &str) -> Wish {
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    Wish { now, from: day(from), until: day(until), facility: None, step: None }
}

fn at(text: &str) -> DateTime<Utc> {
    format!("{text}:00Z").parse().unwrap()
}

/// Beginnings as the clinic's clock shows them, `day hour:minute`, with the offset where the zone has two.
fn found(clinic: &Clinic, one: &Practitioner, wish: &Wish) -> Vec<String> {
    let slots = free(clinic, vec![one.clone()], wish, None, usize::MAX);
    for slot in &slots {
        assert_eq!(slot.ends_at - slot.starts_at, one.length, "its real length");
    }
    slots.iter().map(|slot| slot.starts_at.with_timezone(&clinic.zone).format("%d %H:%M").to_string()).collect()
}

// 5 January 2026 is a Monday, of week 2.

#[test]
fn slots_follow_each_other_from_where_a_stretch_begins() {
    let paris = clinic(Tz::Europe__Paris);
    let mut one =
        practitioner(vec![weekly(1, "09:00", "11:30"), weekly(1, "14:00", "15:00"), weekly(2, "09:15", "10:15")]);
    let week = wish("2026-01-05", "2026-01-11");
    assert_eq!(found(&paris, &one, &week), ["05 09:00", "05 10:00", "05 14:00", "06 09:15"]);
    let each_half = Wish { step: Some(Duration::minutes(30)), ..week.clone() };
    assert_eq!(
        found(&paris, &one, &each_half),
        ["05 09:00", "05 09:30", "05 10:00", "05 10:30", "05 14:00", "06 09:15"]
    );
    // Blocks that touch are one.
    one.hours.push(weekly(2, "10:15", "11:45"));
    assert_eq!(found(&paris, &one, &wish("2026-01-06", "2026-01-06")), ["06 09:15", "06 10:15"]);
}

#[test]
fn what_is_booked_takes_slots_away_with_the_buffers_of_both_and_moves_none() {
    let paris = clinic(Tz::Europe__Paris);
    let mut one = practitioner(vec![weekly(1, "08:00", "14:00")]);
    let monday = wish("2026-01-05", "2026-01-05");
    one.busy = vec![at("2026-01-05T09:00")..at("2026-01-05T10:00")];
    assert_eq!(found(&paris, &one, &monday), ["05 08:00", "05 09:00", "05 11:00", "05 12:00", "05 13:00"]);
    // 5 minutes before and 10 after: a quarter of an hour lies between two.
    one.gap = Duration::minutes(15);
    assert_eq!(found(&paris, &one, &monday), ["05 08:00", "05 12:00", "05 13:00"]);
    let each_quarter = Wish { step: Some(Duration::minutes(15)), ..monday.clone() };
    let slots = found(&paris, &one, &each_quarter);
    assert!(slots.contains(&"05 08:45".to_owned()) && slots.contains(&"05 11:15".to_owned()), "{slots:?}");
    assert!(!slots.contains(&"05 09:00".to_owned()) && !slots.contains(&"05 11:00".to_owned()), "{slots:?}");
}

#[test]
fn alternating_weeks_are_counted_from_the_week_in_which_they_begin() {
    let paris = clinic(Tz::Europe__Paris);
    // Begins on a Wednesday: the Monday of that week is over, the next is the one two weeks on.
    let hours = Hours { interval: 2, from: Some(day("2026-01-07")), ..weekly(1, "09:00", "10:00") };
    let month = wish("2026-01-01", "2026-02-10");
    assert_eq!(found(&paris, &practitioner(vec![hours.clone()]), &month), ["19 09:00", "02 09:00"]);
    let until = Hours { until: Some(day("2026-02-01")), weekday: Some(4), ..hours };
    assert_eq!(found(&paris, &practitioner(vec![until]), &month), ["08 09:00", "22 09:00"]);
    // Across a year of 53 weeks.
    let hours = Hours { interval: 2, from: Some(day("2026-12-21")), ..weekly(1, "09:00", "10:00") };
    let winter = Wish { now: at("2026-12-01T00:00"), ..wish("2026-12-20", "2027-01-20") };
    assert_eq!(found(&paris, &practitioner(vec![hours]), &winter), ["21 09:00", "04 09:00", "18 09:00"]);
}

#[test]
fn absences_go_before_extra_hours_and_those_before_the_week() {
    let paris = clinic(Tz::Europe__Paris);
    let mut one = practitioner(vec![
        weekly(1, "09:00", "12:00"),
        dated(Kind::Extra, "2026-01-05", "2026-01-06", Some(("12:00", "13:00"))),
    ]);
    let days = wish("2026-01-05", "2026-01-06");
    assert_eq!(found(&paris, &one, &days), ["05 09:00", "05 10:00", "05 11:00", "05 12:00", "06 12:00"]);
    one.hours.push(dated(Kind::Absence, "2026-01-05", "2026-01-05", Some(("09:30", "10:30"))));
    assert_eq!(found(&paris, &one, &days), ["05 10:30", "05 11:30", "06 12:00"]);
    one.hours.push(dated(Kind::Absence, "2026-01-04", "2026-01-05", None));
    assert_eq!(found(&paris, &one, &days), ["06 12:00"]);
    // Whoever is elsewhere besides is not here.
    one.hours = vec![
        Hours { facility: HERE, ..weekly(1, "09:00", "12:00") },
        Hours { facility: THERE, ..dated(Kind::Extra, "2026-01-05", "2026-01-05", Some(("10:00", "11:00"))) },
    ];
    let places = |facility| found(&paris, &one, &Wish { facility, ..days.clone() });
    assert_eq!(
        (places(HERE), places(THERE)),
        (vec!["05 09:00".to_owned(), "05 11:00".into()], vec!["05 10:00".to_owned()])
    );
    assert_eq!(places(None), ["05 09:00", "05 10:00", "05 11:00"]);
}

#[test]
fn the_week_keeps_to_opening_hours_and_extra_hours_need_not() {
    let mut paris = clinic(Tz::Europe__Paris);
    let opening = |weekday, starts: &str, ends: &str| Opening {
        weekday,
        starts: starts.parse().unwrap(),
        ends: ends.parse().unwrap(),
    };
    paris.hours = vec![opening(1, "09:00", "11:00"), opening(1, "11:00", "12:00")];
    let mut one = practitioner(vec![weekly(1, "08:00", "13:00"), weekly(2, "08:00", "13:00")]);
    let days = wish("2026-01-05", "2026-01-06");
    assert_eq!(found(&paris, &one, &days), ["05 09:00", "05 10:00", "05 11:00"]);
    one.hours.push(dated(Kind::Extra, "2026-01-06", "2026-01-06", Some(("18:00", "19:00"))));
    assert_eq!(found(&paris, &one, &days), ["05 09:00", "05 10:00", "05 11:00", "06 18:00"]);
    // A facility's own hours count in place of the clinic's, and where it states none, the clinic's.
    one.home = HERE;
    assert_eq!(found(&paris, &one, &days).len(), 4);
    paris.facilities.insert(HERE.unwrap(), Some(vec![opening(2, "12:00", "20:00")]));
    assert_eq!(found(&paris, &one, &days), ["06 12:00", "06 18:00"]);
    // One that is not in use any more has none.
    paris.facilities.remove(&HERE.unwrap());
    assert_eq!(found(&paris, &one, &days), [] as [&str; 0]);
}

#[test]
fn nobody_is_booked_on_closed_days_and_holidays_unless_they_are_open() {
    let mut paris = clinic(Tz::Europe__Paris);
    let mut one = practitioner((1..=3).map(|weekday| weekday_at(weekday, HERE)).collect());
    one.hours.push(Hours { facility: THERE, ..weekly(1, "12:00", "13:00") });
    let days = wish("2026-01-05", "2026-01-07");
    assert_eq!(found(&paris, &one, &days), ["05 09:00", "05 12:00", "06 09:00", "07 09:00"]);
    let closure = |facility, open, on: &str| Closure { facility, open, from: day(on), until: day(on) };
    paris.closures = vec![closure(HERE, false, "2026-01-05"), closure(None, false, "2026-01-07")];
    assert_eq!(found(&paris, &one, &days), ["05 12:00", "06 09:00"]);
    // Not extra hours either.
    one.hours.push(dated(Kind::Extra, "2026-01-07", "2026-01-07", Some(("09:00", "12:00"))));
    assert_eq!(found(&paris, &one, &days), ["05 12:00", "06 09:00"]);

    paris.holidays = BTreeSet::from([day("2026-01-05"), day("2026-01-06"), day("2026-01-07")]);
    paris.closures = vec![closure(THERE, true, "2026-01-05"), closure(None, true, "2026-01-06")];
    assert_eq!(found(&paris, &one, &days), ["05 12:00", "06 09:00"]);
    // Open says that a holiday is none; a closed day stays closed.
    paris.closures.push(closure(HERE, false, "2026-01-06"));
    assert_eq!(found(&paris, &one, &days), ["05 12:00"]);
}

fn weekday_at(weekday: u32, facility: Place) -> Hours {
    Hours { facility, ..weekly(weekday, "09:00", "10:00") }
}

#[test]
fn slots_are_neither_too_soon_nor_too_far_nor_beyond_a_licence() {
    let paris = clinic(Tz::Europe__Paris);
    let mut one = practitioner((1..=7).map(|weekday| weekly(weekday, "09:00", "11:00")).collect());
    let mut week = wish("2026-01-05", "2026-01-08");
    // 09:30 in Paris.
    week.now = at("2026-01-05T08:30");
    assert_eq!(found(&paris, &one, &week)[..2], ["05 10:00", "06 09:00"]);
    one.notice = Duration::minutes(30);
    assert_eq!(found(&paris, &one, &week)[0], "05 10:00", "to the minute");
    one.notice = Duration::minutes(31);
    assert_eq!(found(&paris, &one, &week)[0], "06 09:00");
    one.horizon = Days::new(2);
    assert_eq!(found(&paris, &one, &week), ["06 09:00", "06 10:00", "07 09:00", "07 10:00"]);
    one.last_day = Some(day("2026-01-06"));
    assert_eq!(found(&paris, &one, &week), ["06 09:00", "06 10:00"], "the last day counts");
    (one.last_day, one.first_day) = (None, Some(day("2026-01-07")));
    assert_eq!(found(&paris, &one, &week), ["07 09:00", "07 10:00"]);
    // Today is the clinic's: at 23:30 on the 4th it is the 5th in Paris.
    week.now = at("2026-01-04T23:30");
    assert_eq!(found(&paris, &one, &week), ["07 09:00", "07 10:00"]);
    week.now = at("2026-01-04T22:30");
    assert_eq!(found(&paris, &one, &week), [] as [&str; 0]);
}

#[test]
fn on_the_days_when_clocks_change_slots_are_as_long_as_ever_and_there_once() {
    let utc = |zone: Tz, hours: Vec<Hours>, on: &str| {
        let wish = Wish { now: at("2010-01-01T00:00"), ..wish(on, on) };
        let one = Practitioner { horizon: Days::new(10_000), ..practitioner(hours) };
        let slots = free(&clinic(zone), vec![one], &wish, None, usize::MAX);
        slots.iter().map(|slot| slot.starts_at.format("%dT%H:%M").to_string()).collect::<Vec<_>>()
    };
    let night = |weekday| vec![weekly(weekday, "01:00", "04:00")];
    // Three hours on a day like others; two where 02:00 to 03:00 is skipped; four where it comes twice.
    assert_eq!(utc(Tz::Europe__Paris, night(7), "2026-03-22"), ["22T00:00", "22T01:00", "22T02:00"]);
    assert_eq!(utc(Tz::Europe__Paris, night(7), "2026-03-29"), ["29T00:00", "29T01:00"]);
    assert_eq!(utc(Tz::Europe__Paris, night(7), "2026-10-25"), ["24T23:00", "25T00:00", "25T01:00", "25T02:00"]);
    // The hour that is skipped is not there, and that which comes twice is there the first time.
    let hour = vec![weekly(7, "02:00", "03:00")];
    assert_eq!(utc(Tz::Europe__Paris, hour.clone(), "2026-03-29"), [] as [&str; 0]);
    assert_eq!(utc(Tz::Europe__Paris, vec![weekly(7, "01:30", "02:30")], "2026-10-25"), ["24T23:30"]);
    assert_eq!(utc(Tz::Europe__Paris, hour, "2026-10-25"), ["25T00:00", "25T01:00"], "until the clock shows 03:00");
    // Half an hour at Lord Howe Island: 01:30 comes twice in April, 02:00 is skipped in October.
    assert_eq!(utc(Tz::Australia__Lord_Howe, night(7), "2026-04-05"), ["04T14:00", "04T15:00", "04T16:00"]);
    assert_eq!(utc(Tz::Australia__Lord_Howe, night(7), "2026-10-04"), ["03T14:30", "03T15:30"]);
    // At midnight in the Azores and in Brazil.
    assert_eq!(utc(Tz::Atlantic__Azores, vec![weekly(7, "00:00", "02:00")], "2026-03-29"), ["29T01:00"]);
    assert_eq!(
        utc(Tz::Atlantic__Azores, vec![weekly(7, "00:00", "02:00")], "2026-10-25"),
        ["25T00:00", "25T01:00", "25T02:00"]
    );
    assert_eq!(utc(Tz::America__Sao_Paulo, vec![weekly(6, "22:00", "23:59")], "2019-02-16"), ["17T00:00"]);
    assert_eq!(utc(Tz::America__Sao_Paulo, vec![weekly(7, "00:00", "02:00")], "2018-11-04"), ["04T03:00"]);
    // A day's work by day is the same length all year.
    for on in ["2026-03-29", "2026-10-25", "2026-07-05"] {
        assert_eq!(utc(Tz::Europe__Paris, vec![weekly(7, "09:00", "17:00")], on).len(), 8, "{on}");
    }
}
