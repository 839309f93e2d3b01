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
fn every_message_is_said_by_some_mail() {
    let english = Language::ENGLISH;
    // What pages say, `http::link` looks after.
    for key in keys(english.messages()).into_iter().filter(|key| !key.contains("page-")) {
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

/// Dutch, as its file would be; only its formats are really Dutch here.
fn dutch() -> Language {
    let formats = "dates = nl-{ $region }\namounts = nl-{ $region }\n";
    let english = Language::ENGLISH.messages().replacen("\ndates =", "\nunsaid-dates =", 1);
    let english = english.replacen("\namounts =", "\nunsaid-amounts =", 1);
    let mut messages = formats.to_owned();
    for line in english.lines() {
        let line = match line.split_once(" = ") {
            Some((key, text)) if key.starts_with(|c: char| c.is_ascii_lowercase()) && !ALIKE.contains(&key) => {
                format!("{key} = ‹nl› {text}")
            }
            _ => line.to_owned(),
        };
        messages.push_str(&line);
        messages.push('\n');
    }
    Language::of_file("nl", Box::leak(messages.into_boxed_str()))
}

#[test]
fn a_language_is_one_file_and_a_region_one_entry() {
    let number = |name, example| Rule {
        name,
        example,
        checked: Checked::Form,
        source: "a test",
        check: |text| Some(text.to_owned()),
    };
    let netherlands: &'static Region = Box::leak(Box::new(Region {
        country: "NL",
        default_language: "nl",
        time_zone: Tz::Europe__Amsterdam,
        currency: "EUR",
        address: &[&[AddressPart::PostalCode, AddressPart::City], &[AddressPart::Line1]],
        tax: Tax { label: "btw", rates: &[] },
        first_weekday: Weekday::Mon,
        retention: Retention { years: 20, basis: RetentionBasis::Conservative, source: "a test" },
        numbering: Numbering { patient: "PAT", quote: "OFF", invoice: "FAC", credit_note: "CN" },
        business_number: number("KVK", "12345678"),
        vat_number: number("btw-id", "NL000099998B57"),
        postal_code: number("Postcode", "1012 JS"),
        phone_example: "+31 20 123 4567",
    }));
    let dutch = dutch();
    let languages = || Language::all().chain([dutch]);
    let catalogue = Catalogue::new(languages().map(|language| (language, language.messages()))).unwrap();
    for language in languages() {
        for region in Region::all().iter().chain([netherlands]) {
            for mail in every_form() {
                let reader = Reader { language, region, time_zone: region.time_zone };
                let mail = catalogue.render(&mail, &reader, &[language]).unwrap_or_else(|error| panic!("{error}"));
                assert!(mail.language == language);
                assert_eq!(mail.text.contains("‹nl›"), language == dutch);
            }
        }
    }
    let text = |language, region: &'static Region, name| {
        let reader = Reader { language, region, time_zone: region.time_zone };
        catalogue.render_in(&sample(name).mail, &reader).unwrap_or_else(|error| panic!("{error}")).text
    };
    assert!(text(dutch, netherlands, "appointment_reminder").contains("donderdag, 26 november 2026 at 14:30"));
    assert!(
        text(language("de"), netherlands, "appointment_reminder").contains("Donnerstag, 26. November 2026, 14:30 Uhr")
    );
    assert!(
        text(dutch, netherlands, "appointment_reminder").contains(", 1234 Exemplum, Via Exempla 1"),
        "its order of lines"
    );
    assert!(
        text(dutch, Region::parse("CH").unwrap(), "appointment_reminder").contains(", Via Exempla 1, 1234 Exemplum")
    );
    assert!(text(dutch, netherlands, "document_sent-invoice").contains("12.345,50"));
}

#[test]
fn a_locale_that_lacks_a_message_is_passed_over_for_the_whole_mail() {
    let french = language("fr");
    for broken in [
        french.messages().replace("verification-ignore", "verification-other"),
        french.messages().replace("$count", "$days"),
    ] {
        let locales = [(french, broken.as_str()), (Language::ENGLISH, Language::ENGLISH.messages())];
        let catalogue = Catalogue::new(locales.into_iter()).unwrap();
        let reader = reader("fr", "FR");
        let mail = catalogue.render(&NAMED, &reader, &french.chain()).unwrap_or_else(|error| panic!("{error}"));
        assert!(mail == rendered(&NAMED, "en"), "all of it is English");
        let alone = catalogue.render(&NAMED, &reader, &[french]).err();
        assert!(matches!(alone, Some(RenderError::Message { language, .. }) if language == french));
    }
}

#[test]
fn formats_fall_back_with_the_words() {
    let german = language("de");
    let broken = german.messages().replace("consent-to-sign-note", "consent-to-sign-other");
    let locales = [(german, broken.as_str()), (Language::ENGLISH, Language::ENGLISH.messages())];
    let catalogue = Catalogue::new(locales.into_iter()).unwrap();
    let mail = catalogue.render(&sample("consent_to_sign").mail, &reader("de", "CH"), &german.chain());
    let text = mail.unwrap_or_else(|error| panic!("{error}")).text;
    assert!(text.contains("Thursday, 10 December 2026 at 14:30 (Central European Time)"), "{text}");
}

#[test]
fn a_locale_with_a_syntax_error_is_named() {
    let error = Catalogue::new([(language("fr"), "greeting = { $name")].into_iter()).err().unwrap();
    assert!(error.to_string().contains("locale fr"), "{error}");
}

#[test]
fn a_locale_whose_formats_are_none_is_an_error_not_a_mail() {
    let messages = Language::ENGLISH.messages().replace("dates = en-GB", "dates = no locale at all");
    let catalogue = Catalogue::new([(Language::ENGLISH, &*messages)].into_iter()).unwrap();
    let error = catalogue.render_in(&sample("appointment_reminder").mail, &reader("en", "GB")).err().unwrap();
    assert!(matches!(error, RenderError::Broken(what) if what.contains("no locale at all")));
}

/// Every mail, with this wherever somebody may type.
fn typed(text: &'static str) -> Vec<Mail<'static>> {
    let (name, clinic, link, at) = (Some(text), text, LINK, chrono::DateTime::UNIX_EPOCH);
    let place = Some(text);
    let practice = Practice {
        name: text,
        address: PostalAddress { line1: place, line2: place, postal_code: place, city: place },
        phone: place,
    };
    let appointment =
        Appointment { patient: text, practitioner: text, start: at, minutes: 30, clinic: practice, link: Some(link) };
    let (valid_hours, valid_minutes, valid_days) = (24, 30, 7);
    vec![
        Mail::Verification { clinic, name, link, valid_hours },
        Mail::PasswordReset { name, link, valid_minutes },
        Mail::PasswordChanged { name, at },
        Mail::NewDevice { name, device: text, at, network: Some(text) },
        Mail::Invitation { name, clinic, inviter: name, role: Role::Admin, link, valid_days },
        Mail::Welcome { name, clinic, link },
        Mail::Suspended { name, clinic },
        Mail::EmailChangeOld { name, new_email: text, link, valid_hours },
        Mail::EmailChangeNew { name, link, valid_hours },
        Mail::EmailChanged { name, new_email: text },
        Mail::AppointmentConfirmation(appointment),
        Mail::AppointmentReminder(appointment),
        Mail::AppointmentCancellation(appointment),
        Mail::ConsentToSign { patient: text, clinic: practice, title: text, link, valid_until: at },
        Mail::DocumentSent {
            patient: text,
            clinic: practice,
            kind: DocumentKind::Quote,
            number: text,
            total: 1,
            currency: "EUR",
            link,
        },
    ]
}

#[test]
fn whatever_is_typed_is_harmless_in_every_mail() {
    let plain = typed("A");
    assert_eq!(plain.iter().map(Mail::kind).collect::<BTreeSet<_>>().len(), 15, "every kind");
    for hostile in [
        "<script>alert(1)</script>",
        "A\r\nBcc: x@example.org\r\n\r\nB",
        "A\u{0}\u{1b}[31m\u{2028}B\u{85}\u{202e}\u{2066}\u{200b}",
        "https://evil.example/x",
        "{{ letter.action.link }}{% raw %}{ $clinic }",
        "\" onmouseover=\"x",
    ] {
        for (mail, plain) in typed(hostile).iter().zip(&plain) {
            for tag in ["en", "fr"] {
                let (mail, plain) = (rendered(mail, tag), rendered(plain, tag));
                assert!(!mail.subject.chars().any(char::is_control), "{:?}", mail.subject);
                assert_eq!(mail.text.lines().count(), plain.text.lines().count(), "{}", mail.text);
                assert_eq!(mail.html.matches('<').count(), plain.html.matches('<').count(), "{}", mail.html);
                assert_eq!(mail.html.matches('"').count(), plain.html.matches('"').count(), "{}", mail.html);
                for part in [&mail.subject, &mail.text, &mail.html] {
                    assert!(!part.contains("evil.example") && !part.contains("https://evil"), "{part}");
                    assert!(!part.contains(['\u{202e}', '\u{2066}', '\u{200b}', '\u{2028}', '\u{1b}']), "{part}");
                }
            }
        }
    }
}

#[test]
fn names_cannot_write_html() {
    let mail = rendered(&called("<b>\"Dupont\" & 'Fils'</b>", Some("<script>alert(1)</script>")), "fr");
    assert!(!mail.html.contains("<b>") && !mail.html.contains("<script"));
    assert!(mail.html.contains("&lt;b&gt;&quot;Dupont&quot; &amp; &#x27;Fils&#x27;"), "{}", mail.html);
    assert!(mail.text.contains("<b>\"Dupont\" & 'Fils'</b>"), "plain text is not escaped");
}

#[test]
fn names_cannot_carry_links() {
    for (name, harmless) in [
        ("Win at evil.example/x", "Win at evil. example/x"),
        ("https://evil.example", "https: //evil. example"),
        ("www.evil。example", "www. evil。 example"),
        ("Cabinet J.P. Morel, S.A.", "Cabinet J.P. Morel, S.A."),
        ("Dr. Ng", "Dr. Ng"),
        (" A\r\n\t B\u{202e}C\u{200b} ", "A BC"),
    ] {
        assert_eq!(harmless_name(name), harmless);
    }
}

#[test]
fn addresses_numbers_and_networks_stay_readable_where_they_are_what_they_say() {
    assert_eq!(harmless_address("a.b+c@example.org"), "a.b+c@example.org");
    assert_eq!(harmless_address("evil.example/x@example.org"), "evil. example/x@example. org");
    assert_eq!(harmless_phone("01.23.45.67.89"), "01.23.45.67.89");
    assert_eq!(harmless_phone("+999 (0)20/7946-0000\n"), "+999 (0)20/7946-0000");
    assert_eq!(harmless_phone("call evil.example"), "call evil. example");
    for network in ["203.0.113.0/24", "203.0.113.7", "2001:db8::/48"] {
        assert_eq!(harmless_network(network), network);
    }
    assert_eq!(harmless_network("fade.cafe/24"), "fade. cafe/24");
}

#[test]
fn names_are_cut_and_empty_ones_left_out() {
    assert_eq!(harmless_name(&"é".repeat(300)).chars().count(), NAME_LIMIT + 1);
    assert_eq!(harmless_name(&"é".repeat(100)), "é".repeat(100));
    assert!(rendered(&called("A", Some(" \u{200b}\n")), "en").text.starts_with("Hello,\n"));
    assert!(rendered(&called("A", Some("Noor")), "en").text.starts_with("Hello Noor,\n"));
}

#[test]
fn only_web_links_are_sent() {
    for link in
        ["", "/verify", "javascript:alert(1)", "ftp://example.org/", "https://example.org/ x", "https://exämple.org"]
    {
        let mail = Mail::Verification { clinic: "A", name: None, link, valid_hours: 24 };
        assert_eq!(render(&mail, &reader("en", "GB")).err(), Some(RenderError::Link), "{link}");
    }
    assert!(render(&NAMED, &reader("es", "GB")).is_ok_and(|mail| mail.language == language("es")));
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
