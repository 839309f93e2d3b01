//! Another language, another region, and what a locale that lacks something falls back to.

use super::*;

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
