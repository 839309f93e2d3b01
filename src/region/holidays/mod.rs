//! Public holidays: which days the law of a country, or of a part of it, keeps free.
//!
//! Owns the rules as data (`rules`, `spain`, `switzerland`) and their names in every language (`names`). A rule holds in a whole country or in the
//! whole of a part of it; what is kept in a few towns only (a patron's day, the Assumption in some communes of Bavaria) is a closure that the
//! clinic enters itself.
//!
//! Invariant: every rule names its day by a key that every language has a name for; tests hold both.

mod names;
mod rules;
mod spain;
mod switzerland;

use chrono::{Datelike as _, Days, NaiveDate, Weekday};

pub use names::name;

/// A public holiday. Two of them may share a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holiday {
    /// The day.
    pub day: NaiveDate,
    /// What it is: a stable word such as `easter_monday`, see [`name`].
    pub key: &'static str,
}

/// The public holidays of a country (ISO 3166-1) and of a part of it (ISO 3166-2, with the country: `DE-BY`), from one day to another, both included,
/// in their order. Without a part, or with one that is not known, those that hold in the whole country; none for a country that is not known.
#[must_use]
pub fn between(country: &str, subdivision: Option<&str>, from: NaiveDate, until: NaiveDate) -> Vec<Holiday> {
    let Some(country) = Country::find(country) else { return Vec::new() };
    let part = subdivision.and_then(|code| country.part(code)).unwrap_or_default();
    let rules: Vec<&Rule> = country.days.iter().chain(part).collect();
    let mut found: Vec<Holiday> = (from.year()..=until.year()).flat_map(|year| of_year(&rules, year)).collect();
    found.retain(|holiday| (from..=until).contains(&holiday.day));
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether this is a part (ISO 3166-2) of this country that we know the holidays of.
#[must_use]
pub fn is_part(country: &str, subdivision: &str) -> bool {
    Country::find(country).is_some_and(|country| country.part(subdivision).is_some())
}

/// A country's rules.
struct Country {
    /// ISO 3166-1 alpha-2.
    code: &'static str,
    /// What holds in all of it.
    days: &'static [Rule],
    /// Parts with days of their own.
    parts: &'static [(&'static [&'static str], &'static [Rule])],
    /// Parts without, separated by spaces.
    others: &'static str,
}

impl Country {
    fn find(code: &str) -> Option<&'static Self> {
        rules::COUNTRIES.iter().find(|country| country.code == code)
    }

    /// What is added in a part, by its whole code.
    fn part(&self, code: &str) -> Option<&'static [Rule]> {
        let (country, part) = code.split_once('-')?;
        let own = self.parts.iter().find(|(codes, _)| codes.contains(&part)).map(|(_, days)| *days);
        let known = || self.others.split_ascii_whitespace().any(|other| other == part).then_some(&[] as &[Rule]);
        if country == self.code { own.or_else(known) } else { None }
    }
}

/// A holiday that recurs.
#[derive(Clone, Copy)]
struct Rule {
    key: &'static str,
    when: When,
    /// The first year that has it.
    since: i32,
    /// Years that have it not.
    never_in: &'static [i32],
    /// The only weekdays on which it is one; empty for all.
    only_on: &'static [Weekday],
    /// Whether a weekend's day is made good on the next weekday that is no holiday; the day itself is kept too.
    made_good: bool,
}

#[derive(Clone, Copy)]
enum When {
    /// Month and day.
    Day(u32, u32),
    /// Days from Easter Sunday.
    Easter(i8),
    /// Days after the first such weekday on or after month and day.
    After(u32, u32, Weekday, u64),
    /// The Monday after month and day, where those are a Sunday.
    MondayAfter(u32, u32),
    /// The first Thursday of April, a week later in Holy Week.
    Naefels,
    /// That year only.
    Once(i32, u32, u32),
}

const fn rule(key: &'static str, when: When) -> Rule {
    Rule { key, when, since: 0, never_in: &[], only_on: &[], made_good: false }
}

const fn on(key: &'static str, month: u32, day: u32) -> Rule {
    rule(key, When::Day(month, day))
}

const fn easter(key: &'static str, days: i8) -> Rule {
    rule(key, When::Easter(days))
}

const fn after(key: &'static str, month: u32, day: u32, weekday: Weekday, days: u64) -> Rule {
    rule(key, When::After(month, day, weekday, days))
}

const fn monday(key: &'static str, month: u32, day: u32) -> Rule {
    rule(key, When::MondayAfter(month, day))
}

const fn once(key: &'static str, year: i32, month: u32, day: u32) -> Rule {
    rule(key, When::Once(year, month, day))
}

impl Rule {
    const fn since(self, since: i32) -> Self {
        Self { since, ..self }
    }

    const fn never_in(self, never_in: &'static [i32]) -> Self {
        Self { never_in, ..self }
    }

    const fn only_on(self, only_on: &'static [Weekday]) -> Self {
        Self { only_on, ..self }
    }

    const fn made_good(self) -> Self {
        Self { made_good: true, ..self }
    }

    fn day(&self, year: i32) -> Option<NaiveDate> {
        let day = self.when.in_year(year)?;
        let kept = year >= self.since
            && !self.never_in.contains(&year)
            && (self.only_on.is_empty() || self.only_on.contains(&day.weekday()));
        kept.then_some(day)
    }
}

impl When {
    fn in_year(self, year: i32) -> Option<NaiveDate> {
        match self {
            Self::Day(month, day) => NaiveDate::from_ymd_opt(year, month, day),
            Self::Easter(days) => from_easter(year, days),
            Self::After(month, day, weekday, days) => {
                first(year, month, day, weekday)?.checked_add_days(Days::new(days))
            }
            Self::MondayAfter(month, day) => {
                NaiveDate::from_ymd_opt(year, month, day).filter(|day| day.weekday() == Weekday::Sun)?.succ_opt()
            }
            Self::Naefels => {
                let thursday = first(year, 4, 1, Weekday::Thu)?;
                let in_holy_week = from_easter(year, -3) == Some(thursday);
                thursday.checked_add_days(Days::new(if in_holy_week { 7 } else { 0 }))
            }
            Self::Once(only, month, day) => NaiveDate::from_ymd_opt(only, month, day).filter(|_| only == year),
        }
    }
}

/// The first such weekday on or after a day.
fn first(year: i32, month: u32, day: u32, weekday: Weekday) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, day)?.iter_days().find(|day| day.weekday() == weekday)
}

/// Easter Sunday in the Gregorian calendar (Meeus, Jones and Butcher), and days from it.
fn from_easter(year: i32, days: i8) -> Option<NaiveDate> {
    let (golden, century, of_century) = (year % 19, year / 100, year % 100);
    let moon = (19 * golden + century - century / 4 - (century - (century + 8) / 25 + 1) / 3 + 15) % 30;
    let sunday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - moon - of_century % 4) % 7;
    let correction = (golden + 11 * moon + 22 * sunday) / 451;
    let sum = moon + sunday - 7 * correction + 114;
    let easter =
        NaiveDate::from_ymd_opt(year, u32::try_from(sum / 31).ok()?, u32::try_from(sum % 31).ok()?.checked_add(1)?)?;
    easter.checked_add_signed(chrono::Duration::days(i64::from(days)))
}

fn of_year(rules: &[&Rule], year: i32) -> Vec<Holiday> {
    let kept: Vec<(&Rule, NaiveDate)> = rules.iter().filter_map(|rule| Some((*rule, rule.day(year)?))).collect();
    let mut found: Vec<Holiday> = kept.iter().map(|(rule, day)| Holiday { day: *day, key: rule.key }).collect();
    let weekend = |day: NaiveDate| matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    let mut lost: Vec<_> = kept.into_iter().filter(|(rule, day)| rule.made_good && weekend(*day)).collect();
    lost.sort_unstable_by_key(|(_, day)| *day);
    for (rule, lost) in lost {
        let free = |day: &NaiveDate| !weekend(*day) && found.iter().all(|holiday| holiday.day != *day);
        let instead = lost.iter_days().find(free);
        found.extend(instead.map(|day| Holiday { day, key: rule.key }));
    }
    found
}

#[cfg(test)]
mod tests;
