use std::collections::BTreeSet;

use super::names::LOCALES;
use super::rules::COUNTRIES;
use super::*;
use crate::region::{Language, Region};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Of a year, `MM-DD key`.
fn of(country: &str, part: Option<&str>, year: i32) -> Vec<String> {
    between(country, part, day(&format!("{year}-01-01")), day(&format!("{year}-12-31")))
        .iter()
        .map(|holiday| format!("{} {}", holiday.day.format("%m-%d"), holiday.key))
        .collect()
}

/// The days that a part adds to its country's.
fn added(part: &str, year: i32) -> Vec<String> {
    let country = &part[..2];
    let all = of(country, None, year);
    of(country, Some(part), year).into_iter().filter(|day| !all.contains(day)).collect()
}

#[test]
fn easter_is_where_the_calendars_have_it() {
    // The earliest, the latest, and where other algorithms go wrong.
    for easter in
        ["1818-03-22", "1943-04-25", "1954-04-18", "1981-04-19", "2024-03-31", "2025-04-20", "2026-04-05", "2038-04-25"]
    {
        assert_eq!(from_easter(day(easter).year(), 0), Some(day(easter)));
    }
}

#[test]
fn every_country_keeps_its_own_days() {
    assert_eq!(
        of("FR", None, 2026),
        [
            "01-01 new_year",
            "04-06 easter_monday",
            "05-01 labour_day",
            "05-08 victory_1945",
            "05-14 ascension",
            "05-25 pentecost_monday",
            "07-14 national_day",
            "08-15 assumption",
            "11-01 all_saints",
            "11-11 armistice_1918",
            "12-25 christmas_day",
        ]
    );
    assert_eq!(
        of("PT", None, 2025),
        [
            "01-01 new_year",
            "04-18 good_friday",
            "04-20 easter_sunday",
            "04-25 freedom_day",
            "05-01 labour_day",
            "06-10 portugal_day",
            "06-19 corpus_christi",
            "08-15 assumption",
            "10-05 republic_day",
            "11-01 all_saints",
            "12-01 independence_day",
            "12-08 immaculate_conception",
            "12-25 christmas_day",
        ]
    );
    for (country, days) in [("BE", 10), ("CH", 4), ("DE", 9), ("ES", 10), ("GB", 6), ("IT", 11), ("LU", 11)] {
        assert_eq!(of(country, None, 2025).len(), days, "{country}");
    }
    // St Francis is back.
    assert_eq!(of("IT", None, 2026).len(), 12);
    assert_eq!(of("XX", None, 2026), Vec::<String>::new());
}

#[test]
fn a_part_adds_its_days() {
    for (part, year, days) in [
        ("FR-67", 2026, &["04-03 good_friday", "12-26 st_stephen"] as &[_]),
        ("FR-57", 2024, &["03-29 good_friday", "12-26 st_stephen"]),
        ("FR-75", 2026, &[]),
        ("FR-974", 2026, &["12-20 abolition_of_slavery"]),
        ("DE-BY", 2026, &["01-06 epiphany", "06-04 corpus_christi", "11-01 all_saints"]),
        ("DE-SN", 2024, &["10-31 reformation_day", "11-20 repentance_day"]),
        ("DE-SN", 2028, &["10-31 reformation_day", "11-22 repentance_day"]),
        ("DE-BE", 2025, &["03-08 womens_day", "05-08 liberation_1945"]),
        ("DE-BE", 2026, &["03-08 womens_day"]),
        ("DE-BB", 2026, &["04-05 easter_sunday", "05-24 pentecost", "10-31 reformation_day"]),
        (
            "CH-ZH",
            2026,
            &[
                "04-03 good_friday",
                "04-06 easter_monday",
                "05-01 labour_day",
                "05-25 pentecost_monday",
                "12-26 st_stephen",
            ],
        ),
        // Christmas on a Friday would make it the second of three days.
        ("CH-AR", 2026, &["04-03 good_friday", "04-06 easter_monday", "05-25 pentecost_monday"]),
        ("CH-NE", 2023, &["01-02 berchtold_day", "03-01 regional_day", "04-07 good_friday", "05-01 labour_day"]),
        ("IT-BZ", 2026, &["05-25 pentecost_monday"]),
        ("IT-RM", 2026, &[]),
        ("PT-20", 2026, &["05-25 regional_day"]),
        ("PT-30", 2026, &["07-01 regional_day", "12-26 st_stephen"]),
        ("LU-LU", 2026, &[]),
        ("BE-BRU", 2026, &[]),
    ] {
        assert_eq!(added(part, year), days, "{part} in {year}");
    }
    // The Thursday after the first Sunday of September; the first Thursday of April, but for Holy Week; the Monday after the Federal Fast.
    for (part, year, one) in [
        ("CH-GE", 2024, "09-05 genevan_fast"),
        ("CH-GE", 2025, "09-11 genevan_fast"),
        ("CH-GL", 2025, "04-03 naefels_pilgrimage"),
        ("CH-GL", 2026, "04-09 naefels_pilgrimage"),
        ("CH-VD", 2024, "09-16 federal_fast_monday"),
    ] {
        assert!(added(part, year).contains(&one.to_owned()), "{part}: {one} in {:?}", added(part, year));
    }
}

#[test]
fn spain_moves_sundays_to_mondays_where_the_community_does() {
    // 12 October 2025 and 1 November 2026 are Sundays.
    assert_eq!(added("ES-AN", 2025), ["02-28 regional_day", "04-17 maundy_thursday", "10-13 national_day"]);
    assert_eq!(added("ES-MD", 2025), ["04-17 maundy_thursday", "05-02 regional_day", "07-25 st_james"]);
    assert_eq!(
        added("ES-MD", 2026),
        ["04-02 maundy_thursday", "05-02 regional_day", "11-02 all_saints", "12-07 constitution_day"]
    );
    assert_eq!(
        added("ES-CT", 2026),
        ["04-06 easter_monday", "06-24 st_john", "09-11 regional_day", "12-26 st_stephen"]
    );
}

#[test]
fn a_british_day_lost_to_a_weekend_is_made_good() {
    // 25 and 26 December 2027 are a weekend.
    let christmas = |part| of("GB", Some(part), 2027).split_off(of("GB", Some(part), 2027).len() - 4);
    let both = ["12-25 christmas_day", "12-26 boxing_day", "12-27 christmas_day", "12-28 boxing_day"];
    assert_eq!(christmas("GB-ENG"), both);
    assert_eq!(christmas("GB-SCT"), both);
    // A Sunday and a Monday in 2022: Monday was taken.
    let of_2022 = of("GB", Some("GB-ENG"), 2022);
    assert!(of_2022.ends_with(&["12-25 christmas_day", "12-26 boxing_day", "12-27 christmas_day"].map(str::to_owned)));
    assert_eq!(
        of("GB", Some("GB-SCT"), 2028)[..4],
        ["01-01 new_year", "01-02 second_january", "01-03 new_year", "01-04 second_january"]
    );
    assert_eq!(
        added("GB-NIR", 2026),
        [
            "03-17 st_patrick",
            "04-06 easter_monday",
            "07-12 battle_of_the_boyne",
            "07-13 battle_of_the_boyne",
            "08-31 summer_bank_holiday"
        ]
    );
    assert_eq!(
        added("GB-SCT", 2026),
        ["01-02 second_january", "06-15 world_cup_2026", "08-03 summer_bank_holiday", "11-30 st_andrew"]
    );
}

#[test]
fn both_ends_are_included_and_years_follow_each_other() {
    let found = |from: &str, until: &str| -> Vec<String> {
        between("FR", None, day(from), day(until)).iter().map(|holiday| holiday.day.to_string()).collect()
    };
    assert_eq!(found("2025-12-25", "2026-01-01"), ["2025-12-25", "2026-01-01"]);
    assert_eq!(found("2025-12-26", "2025-12-31"), Vec::<String>::new());
    assert_eq!(found("2026-01-01", "2025-12-25"), Vec::<String>::new());
}

#[test]
fn two_holidays_may_share_a_day() {
    assert_eq!(of("LU", None, 2024)[3..5], ["05-09 ascension", "05-09 europe_day"]);
}

#[test]
fn a_part_is_known_in_its_own_country_only() {
    for (country, part, known) in [
        ("DE", "DE-BY", true),
        ("FR", "FR-01", true),
        ("FR", "FR-6AE", true),
        ("CH", "DE-BY", false),
        ("DE", "BY", false),
        ("DE", "DE-XX", false),
        ("DE", "DE-", false),
        ("BE", "BE-", false),
        ("DE", "DE-BW BY", false),
        ("XX", "XX-YY", false),
    ] {
        assert_eq!(is_part(country, part), known, "{part} in {country}");
    }
}

#[test]
fn every_region_has_its_rules_and_every_day_its_name_in_every_language() {
    let countries: BTreeSet<_> = COUNTRIES.iter().map(|country| country.code).collect();
    assert_eq!(countries, Region::all().iter().map(|region| region.country).collect());

    let rules =
        COUNTRIES.iter().flat_map(|country| country.days.iter().chain(country.parts.iter().flat_map(|part| part.1)));
    let keys: BTreeSet<_> = rules.map(|rule| rule.key).collect();
    assert_eq!(LOCALES.len(), Language::all().count());
    for language in Language::all() {
        let (_, text) = LOCALES.iter().find(|(tag, _)| *tag == language.tag()).unwrap();
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let named: BTreeSet<_> = lines.map(|line| line.split_once(" = ").unwrap().0).collect();
        assert_eq!(named, keys, "{language}");
        assert!(keys.iter().all(|key| name(key, language) != *key), "{language}");
    }
    assert_eq!(name("christmas_day", Language::lookup("fr").unwrap()), "Noël");
}
