use chrono::TimeZone as _;

use super::*;

fn formats(dates: &str, amounts: &str, time_zone: Tz) -> Formats {
    Formats::new(dates, amounts, time_zone).unwrap()
}

/// 13:30 UTC on a Thursday.
fn thursday() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 26, 13, 30, 0).unwrap()
}

#[test]
fn parts_of_a_date_are_the_locales() {
    for (tag, weekday, date, zone) in [
        ("fr-BE", "jeudi", "26 novembre 2026", "heure d’Europe centrale"),
        ("de-CH", "Donnerstag", "26. November 2026", "Mitteleuropäische Zeit"),
        ("en-GB", "Thursday", "26 November 2026", "Central European Time"),
        ("es-DE", "jueves", "26 de noviembre de 2026", "hora de Europa central"),
        ("it-LU", "giovedì", "26 novembre 2026", "Ora dell’Europa centrale"),
        ("pt-PT", "quinta-feira", "26 de novembro de 2026", "Hora da Europa Central"),
    ] {
        let formats = formats(tag, tag, Tz::Europe__Paris);
        let at = thursday();
        let parts = [formats.weekday(at), formats.date(at), formats.time(at), formats.zone(at)].map(Result::unwrap);
        assert_eq!(parts, [weekday, date, "14:30", zone], "{tag}");
    }
}

#[test]
fn times_are_those_of_the_zone_on_that_day() {
    let time = |zone, at| formats("en-GB", "en-GB", zone).time(at).unwrap();
    let july = Utc.with_ymd_and_hms(2026, 7, 2, 13, 30, 0).unwrap();
    assert_eq!(time(Tz::Europe__Paris, thursday()), "14:30");
    assert_eq!(time(Tz::Europe__Paris, july), "15:30", "summer time");
    assert_eq!(time(Tz::Europe__London, thursday()), "13:30");
    assert_eq!(time(Tz::Atlantic__Azores, thursday()), "12:30");
    let late = Utc.with_ymd_and_hms(2026, 12, 31, 23, 30, 0).unwrap();
    let paris = formats("en-GB", "en-GB", Tz::Europe__Paris);
    assert_eq!((paris.weekday(late).unwrap(), paris.date(late).unwrap()), ("Friday".into(), "1 January 2027".into()));
    assert_eq!(formats("es-ES", "es-ES", Tz::Atlantic__Canary).zone(july).unwrap(), "hora de Europa occidental");
}

#[test]
fn amounts_have_the_locales_marks_and_the_currencys_digits() {
    let amount = |tag, minor, currency| formats(tag, tag, Tz::UTC).amount(minor, currency).unwrap();
    assert_eq!(amount("fr-FR", 1_234_567, "EUR"), "12\u{202f}345,67");
    assert_eq!(amount("de-DE", 1_234_567, "EUR"), "12.345,67");
    assert_eq!(amount("de-CH", 1_234_567, "CHF"), "12’345.67".replace('’', &amount("de-CH", 100_000, "JPY")[3..4]));
    assert_eq!(amount("en-GB", 1_234_567, "GBP"), "12,345.67");
    assert_eq!(amount("es-ES", 123_456, "EUR"), "1234,56");
    assert_eq!(amount("pt-PT", 1_234_567, "EUR"), "12\u{a0}345,67");
    for (minor, text) in [(0, "0.00"), (5, "0.05"), (50, "0.50"), (100, "1.00")] {
        assert_eq!(amount("en-GB", minor, "GBP"), text);
    }
    assert_eq!(amount("en-GB", u64::MAX, "GBP"), "184,467,440,737,095,516.15", "nothing is rounded");
    assert_eq!(amount("en-GB", 1500, "JPY"), "1,500");
    assert_eq!(amount("en-GB", 1500, "KWD"), "1.500");
}

#[test]
fn an_address_has_the_regions_order_and_no_empty_line() {
    let full = PostalAddress {
        line1: Some("1 Example Street"),
        line2: Some(" "),
        postal_code: Some("AB1 2CD"),
        city: Some("Town"),
    };
    let lines = |country, address: PostalAddress<'_>| address.lines(Region::parse(country).unwrap());
    assert_eq!(lines("GB", full), ["1 Example Street", "Town", "AB1 2CD"]);
    assert_eq!(lines("FR", full), ["1 Example Street", "AB1 2CD Town"]);
    assert_eq!(lines("FR", PostalAddress { postal_code: None, ..full }), ["1 Example Street", "Town"]);
    assert_eq!(lines("FR", PostalAddress::default()), Vec::<String>::new());
}

#[test]
fn what_is_no_locale_is_refused_by_its_tag() {
    let error = Formats::new("not a tag", "de", Tz::UTC).unwrap_err();
    assert!(error.to_string().contains("not a tag"), "{error}");
}
