use std::collections::BTreeSet;

use chrono::Weekday;
use chrono_tz::Tz;

use super::harmless::{NAME_LIMIT, harmless_address, harmless_name, harmless_network, harmless_phone};
use super::*;
use crate::email::preview::{Sample, samples};
use crate::email::{Appointment, DocumentKind, PostalAddress, Practice};
use crate::ids::Role;
use crate::region::numbers::Checked;
use crate::region::{AddressPart, Numbering, Region, Retention, RetentionBasis, Rule, Tax};

const LINK: &str = "https://example.org/verify-email?token=abc_DEF-123&lang=fr";

const NAMED: Mail<'_> =
    Mail::Verification { clinic: "Cabinet de la Gare", name: Some("Zoë"), link: LINK, valid_hours: 24 };

mod fallback;
mod typed;

fn language(tag: &str) -> Language {
    tag.parse().unwrap()
}

/// Somebody who reads this language in this country.
fn reader(tag: &str, country: &str) -> Reader {
    let region = Region::parse(country).unwrap();
    Reader { language: language(tag), region, time_zone: region.time_zone }
}

fn readers() -> impl Iterator<Item = Reader> {
    Language::all().flat_map(|language| {
        Region::all().iter().map(move |region| Reader { language, region, time_zone: region.time_zone })
    })
}

/// In that language, not in one it falls back to.
fn rendered_for(mail: &Mail<'_>, reader: &Reader) -> Rendered {
    let rendered = CATALOGUE.as_ref().unwrap().render_in(mail, reader);
    rendered.unwrap_or_else(|error| panic!("{} in {}: {error}", mail.kind(), reader.language))
}

fn rendered(mail: &Mail<'_>, tag: &str) -> Rendered {
    rendered_for(mail, &reader(tag, "FR"))
}

fn called(clinic: &'static str, name: Option<&'static str>) -> Mail<'static> {
    Mail::Verification { clinic, name, link: LINK, valid_hours: 24 }
}

/// Every mail, in each of its forms.
fn every_form() -> Vec<Mail<'static>> {
    let mut mails: Vec<Mail<'static>> = samples("EUR").into_iter().map(|sample| sample.mail).collect();
    let (inviter, link) = (None, "https://example.org/#token=x");
    mails.extend(Role::ALL.map(|role| Mail::Invitation {
        name: Some("Zoë"),
        clinic: "A",
        inviter,
        role,
        link,
        valid_days: 1,
    }));
    let other_forms: Vec<_> = mails
        .iter()
        .filter_map(|mail| match *mail {
            Mail::AppointmentCancellation(appointment) => {
                Some(Mail::AppointmentCancellation(Appointment { link: Some(link), ..appointment }))
            }
            Mail::AppointmentConfirmation(appointment) => {
                Some(Mail::AppointmentConfirmation(Appointment { link: None, ..appointment }))
            }
            _ => None,
        })
        .collect();
    mails.extend(other_forms);
    mails.extend([
        Mail::Verification { clinic: "A", name: None, link, valid_hours: 1 },
        Mail::PasswordReset { name: None, link, valid_minutes: 1 },
        Mail::Welcome { name: None, clinic: "A", link },
    ]);
    mails
}

/// A year, a month and a day with hyphens, or a time with its T.
fn has_raw_date(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape.contains("0000-00-00") || shape.contains("T00:00")
}

#[test]
fn every_mail_renders_whole_in_every_language_and_region() {
    assert!(has_raw_date("on 2026-11-26") && has_raw_date("T13:30Z"), "control");
    for reader in readers() {
        for mail in every_form() {
            let Rendered { language, subject, text, html } = rendered_for(&mail, &reader);
            assert_eq!(language, reader.language);
            for part in [&subject, &text, &html] {
                let code = part.split("<style>").next().unwrap().to_owned() + part.split("</style>").last().unwrap();
                assert!(!code.contains(['{', '}', '$', '\u{2068}', '\u{2069}']), "{part}");
                assert!(!has_raw_date(part) && !part.contains("Some(") && !part.contains("undefined"), "{part}");
            }
            assert!(!subject.is_empty() && !subject.contains('\n'));
            assert!(text.ends_with('\n') && !text.contains("\n\n\n") && !text.contains('\r'), "{text:?}");
            assert!(html.contains(&format!(r#"<html lang="{}" dir="ltr">"#, language.tag())));
            assert!(!html.contains("<img") && !html.contains("<script") && !html.contains("url("));

            let links: BTreeSet<&str> =
                html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
            let buttons = html.matches(r#"class="button""#).count();
            assert_eq!((links.len(), html.matches("href=").count()), (buttons, 2 * buttons), "the button, and as text");
            assert!(buttons <= 1);
            for link in links {
                let link = link.replace("&#x2f;", "/");
                assert!(text.contains(&format!("\n{link}\n")), "{link} has a line of its own: {text}");
            }
            // The text says all that the page says.
            let shown = html.split("</style>").last().unwrap().split(['<', '>']).step_by(2);
            for piece in shown.map(str::trim).filter(|piece| !piece.is_empty()) {
                let piece = piece.replace("&#x27;", "'").replace("&amp;", "&").replace("&#x2f;", "/");
                let hint = Speaker { language, bundle: CATALOGUE.as_ref().unwrap().locales.get(&language) };
                assert!(text.contains(&piece) || piece == hint.say("link-hint").unwrap(), "{piece} is not in {text}");
            }
        }
    }
}

/// The names of a locale's messages.
fn keys(messages: &str) -> Vec<&str> {
    let named = messages.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()));
    let mut keys: Vec<_> = named.filter_map(|line| line.split_once(" =").map(|(key, _)| key)).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn locales_have_the_same_messages() {
    for language in Language::all() {
        assert_eq!(keys(language.messages()), keys(Language::ENGLISH.messages()), "{language}");
    }
}

#[test]
fn a_mail_asks_for_an_answer_where_its_link_takes_one() {
    for mail in every_form() {
        let asks = match mail {
            Mail::AppointmentConfirmation(about) | Mail::AppointmentReminder(about) => about.link.is_some(),
            _ => false,
        };
        let text = rendered(&mail, "en").text;
        assert_eq!(text.contains("confirm or cancel"), asks, "{text}");
    }
}

#[test]
fn every_message_is_said_by_some_mail() {
    let english = Language::ENGLISH;
    // What pages say, `http::link` and `http::appointment` look after, and what stands in calendars, `resources::links`.
    let elsewhere = |key: &&str| key.contains("page-") || key.starts_with("calendar-");
    for key in keys(english.messages()).into_iter().filter(|key| !elsewhere(key)) {
        let without = english.messages().replacen(&format!("\n{key} ="), "\nunsaid =", 1);
        let catalogue = Catalogue::new([(english, &*without)].into_iter()).unwrap();
        let is_said = every_form().iter().any(|mail| catalogue.render_in(mail, &reader("en", "CH")).is_err());
        assert!(is_said, "nothing says {key}");
    }
}

/// What two languages happen to write alike, or is no words.
const ALIKE: [&str; 16] = [
    "direction",
    "dates",
    "amounts",
    "money",
    "day",
    "moment",
    "moment-zoned",
    "fact",
    "minutes",
    "label-practitioner",
    "label-phone",
    "label-device",
    "label-number",
    "label-consent",
    "verify-page-button",
    "confirm-page-button",
];

#[test]
fn languages_differ_in_every_message() {
    let mut alike = BTreeSet::new();
    for one in Language::all() {
        for other in Language::all().filter(|other| *other != one) {
            let value = |language: Language, key: &str| {
                let from = format!("\n{key} =");
                let rest = language.messages().split_once(&from).unwrap().1;
                rest.split_inclusive('\n')
                    .enumerate()
                    .take_while(|(line, text)| {
                        *line == 0 || !text.starts_with(|c: char| c.is_alphanumeric() || c == '#')
                    })
                    .map(|(_, text)| text)
                    .collect::<String>()
                    .trim()
                    .to_owned()
            };
            let same = keys(one.messages()).into_iter().filter(|key| value(one, key) == value(other, key));
            alike.extend(same.map(str::to_owned));
        }
    }
    let unexpected: Vec<_> = alike.iter().filter(|key| !ALIKE.contains(&key.as_str())).collect();
    assert_eq!(unexpected, Vec::<&String>::new());
}

#[test]
fn no_line_of_a_mail_is_in_two_languages() {
    // Names, numbers and links are of no language.
    let made_up = |line: &str| line.starts_with("https://") || line == "Medica Exempla" || line.contains("Exemplum 2");
    for sample in samples("EUR") {
        let lines = |language: Language| -> BTreeSet<String> {
            let text = rendered(&sample.mail, language.tag()).text;
            text.lines().filter(|line| !line.is_empty() && !made_up(line)).map(str::to_owned).collect()
        };
        for one in Language::all() {
            for other in Language::all().filter(|other| *other != one) {
                let shared: Vec<_> = lines(one).intersection(&lines(other)).cloned().collect();
                let facts = ["Telefono:", "Número:", "Dispositivo:", "Com:", "Con:"];
                let unexpected: Vec<_> =
                    shared.iter().filter(|line| !facts.iter().any(|fact| line.starts_with(fact))).collect();
                assert_eq!(unexpected, Vec::<&String>::new(), "{} in {one} and {other}", sample.name);
            }
        }
    }
}

#[test]
fn german_is_right_in_switzerland_too() {
    assert!(!language("de").messages().contains('ß'));
}

#[test]
fn hours_are_counted_in_each_language() {
    let text =
        |tag, valid_hours| rendered(&Mail::Verification { clinic: "A", name: None, link: LINK, valid_hours }, tag).text;
    for (tag, one, many) in [
        ("en", " one hour ", " 24 hours "),
        ("fr", " une heure ", " 24\u{a0}heures "),
        ("es", " una hora ", " 24 horas "),
        ("de", " eine Stunde ", " 24 Stunden "),
        ("it", " un’ora ", " 24 ore "),
        ("pt", " uma hora ", " 24 horas "),
    ] {
        assert!(text(tag, 1).contains(one) && text(tag, 24).contains(many), "{tag}");
    }
}

#[test]
fn moments_are_told_in_the_clinics_time_as_in_the_language() {
    let text = |tag, country| rendered_for(&sample("appointment_reminder").mail, &reader(tag, country)).text;
    for (tag, country, line) in [
        ("fr", "BE", "Date et heure\u{a0}: jeudi 26 novembre 2026 à 14:30\n"),
        ("es", "DE", "Fecha y hora: jueves, 26 de noviembre de 2026, 14:30\u{a0}h\n"),
        ("en", "GB", "When: Thursday, 26 November 2026 at 13:30\n"),
        ("en", "LU", "When: Thursday, 26 November 2026 at 14:30\n"),
        ("de", "CH", "Datum und Uhrzeit: Donnerstag, 26. November 2026, 14:30 Uhr\n"),
        ("it", "IT", "Data e ora: giovedì 26 novembre 2026, ore 14:30\n"),
        ("pt", "DE", "Data e hora: quinta-feira, 26 de novembro de 2026, às 14:30\n"),
    ] {
        assert!(text(tag, country).contains(line), "{line} in {}", text(tag, country));
    }
}

#[test]
fn the_zone_is_named_where_it_is_not_the_countrys_or_the_reader_may_be_elsewhere() {
    let mail = sample("appointment_reminder").mail;
    let mut canary = reader("es", "ES");
    assert!(!rendered_for(&mail, &canary).text.contains("hora de Europa"));
    canary.time_zone = Tz::Atlantic__Canary;
    let text = rendered_for(&mail, &canary).text;
    assert!(text.contains("noviembre de 2026, 13:30\u{a0}h (hora de Europa occidental)"), "{text}");
    for kind in ["new_device", "password_changed", "consent_to_sign"] {
        let text = rendered(&sample(kind).mail, "de").text;
        assert!(text.contains("14:30 Uhr (Mitteleuropäische Zeit)"), "{text}");
    }
}

fn sample(name: &str) -> Sample {
    samples("EUR").into_iter().find(|sample| sample.name == name).unwrap()
}

/// As Unicode CLDR 48 writes them (ECMA-402's `Intl.NumberFormat`), but in Switzerland, where all languages write as its
/// German does and the currency is always spelt out.
#[test]
fn amounts_are_written_as_in_the_language_and_region() {
    let money = |tag, country, minor, code| {
        let language = language(tag);
        let speaker = Speaker { language, bundle: CATALOGUE.as_ref().unwrap().locales.get(&language) };
        speaker.money(&reader(tag, country), minor, code).unwrap().replace('\u{a0}', "_").replace('\u{202f}', "~")
    };
    for (tag, country, code, positive, negative) in [
        ("fr", "FR", "EUR", "12~345,67_€", "-1~234,50_€"),
        ("fr", "LU", "EUR", "12.345,67_€", "-1.234,50_€"),
        ("fr", "CH", "CHF", "12'345.67_CHF", "-1'234.50_CHF"),
        ("fr", "GB", "GBP", "12~345,67_£GB", "-1~234,50_£GB"),
        ("es", "DE", "EUR", "12.345,67_€", "-1234,50_€"),
        ("es", "GB", "GBP", "12.345,67_GBP", "-1234,50_GBP"),
        ("en", "GB", "GBP", "£12,345.67", "-£1,234.50"),
        ("en", "DE", "EUR", "€12,345.67", "-€1,234.50"),
        ("en", "DE", "CHF", "CHF_12,345.67", "-CHF_1,234.50"),
        ("en", "CH", "CHF", "CHF_12'345.67", "CHF_-1'234.50"),
        ("de", "DE", "EUR", "12.345,67_€", "-1.234,50_€"),
        ("de", "CH", "CHF", "CHF_12'345.67", "CHF_-1'234.50"),
        ("de", "CH", "EUR", "EUR_12'345.67", "EUR_-1'234.50"),
        ("de", "GB", "GBP", "12.345,67_£", "-1.234,50_£"),
        ("it", "IT", "EUR", "12.345,67_€", "-1234,50_€"),
        ("it", "CH", "CHF", "CHF_12'345.67", "CHF_-1234.50"),
        ("pt", "PT", "EUR", "12_345,67_€", "-1234,50_€"),
        ("pt", "FR", "SEK", "12_345,67_SEK", "-1234,50_SEK"),
    ] {
        let written = [money(tag, country, 1_234_567, code), money(tag, country, -123_450, code)];
        assert_eq!(written.map(|amount| amount.replace('’', "'")), [positive, negative], "{tag}-{country}");
    }
}

#[test]
fn a_few_mails_in_full() {
    let mails = [
        ("appointment_reminder", "fr", "BE"),
        ("document_sent-invoice", "de", "CH"),
        ("new_device", "es", "DE"),
        ("invitation", "it", "LU"),
        ("email_changed", "pt", "PT"),
    ];
    for (name, tag, country) in mails {
        let reader = reader(tag, country);
        let sample = samples(reader.region.currency).into_iter().find(|sample| sample.name == name).unwrap();
        let Rendered { subject, text, .. } = rendered_for(&sample.mail, &reader);
        insta::assert_snapshot!(format!("{name}.{tag}-{country}"), format!("{subject}\n\n{text}"));
    }
    insta::assert_snapshot!(
        "appointment_reminder.en-GB.html",
        rendered_for(&sample("appointment_reminder").mail, &reader("en", "GB")).html
    );
}
