use super::*;

const LINK: &str = "https://example.org/verify-email?token=abc_DEF-123&lang=fr";

const NAMED: Mail<'_> =
    Mail::Verification { clinic: "Cabinet de la Gare", name: Some("Zoë"), link: LINK, valid_hours: 24 };

/// Every mail, in each of its forms.
const SAMPLES: &[Mail<'_>] =
    &[NAMED, Mail::Verification { clinic: "Clínica del Río", name: None, link: LINK, valid_hours: 1 }];

fn language(tag: &str) -> Language {
    tag.parse().unwrap()
}

fn rendered(mail: &Mail<'_>, tag: &str) -> Rendered {
    let language = language(tag);
    let rendered = CATALOGUE.as_ref().unwrap().render_in(mail, language);
    rendered.unwrap_or_else(|error| panic!("{} in {language}: {error}", mail.kind()))
}

fn called(clinic: &'static str, name: Option<&'static str>) -> Mail<'static> {
    Mail::Verification { clinic, name, link: LINK, valid_hours: 24 }
}

#[test]
fn every_mail_renders_whole_in_every_language() {
    for mail in SAMPLES {
        for language in Language::all() {
            let Rendered { subject, text, html, .. } = rendered(mail, language.tag());
            for part in [&subject, &text, &html] {
                assert!(!part.contains("{{") && !part.contains("{ $") && !part.contains('\u{2068}'), "{part}");
            }
            assert!(text.contains(&format!("\n{LINK}\n")), "the link has a line of its own: {text}");
            assert!(text.ends_with('\n') && !text.contains("\n\n\n") && !text.contains('\r'), "{text:?}");
            assert!(html.contains(&format!(r#"<html lang="{}" dir="ltr">"#, language.tag())));
            assert!(!html.contains("<img") && !html.contains("<script") && !html.contains("url("));
            assert_eq!(html.matches(r#"class="button""#).count(), 1);
        }
    }
}

#[test]
fn locales_have_the_same_messages_and_none_too_many() {
    let keys = |language: Language| {
        let mut keys: Vec<_> = language
            .messages()
            .lines()
            .filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()))
            .filter_map(|line| line.split_once(" =").map(|(key, _)| key.to_owned()))
            .collect();
        keys.sort();
        keys
    };
    let english = keys(Language::ENGLISH);
    for language in Language::all() {
        assert_eq!(keys(language), english, "{language}");
    }
    let source = include_str!("../render.rs");
    for key in english {
        assert!(source.contains(&format!("\"{key}\"")), "nothing says {key}");
    }
}

#[test]
fn languages_differ_in_every_line_but_the_link() {
    let lines = |tag| -> Vec<String> {
        rendered(&NAMED, tag).text.lines().filter(|line| !line.is_empty() && *line != LINK).map(str::to_owned).collect()
    };
    for (one, other) in [("en", "fr"), ("en", "es"), ("fr", "es")] {
        assert!(lines(one).iter().all(|line| !lines(other).contains(line)), "{one} and {other}");
    }
}

#[test]
fn hours_are_counted_in_each_language() {
    let text = |tag, index: usize| rendered(&SAMPLES[index], tag).text;
    assert!(text("en", 0).contains("24 hours.") && text("en", 1).contains("one hour."));
    assert!(text("fr", 0).contains("24\u{a0}heures.") && text("fr", 1).contains("une heure."));
    assert!(text("es", 0).contains("24 horas.") && text("es", 1).contains("una hora."));
}

#[test]
fn a_locale_that_lacks_a_message_is_passed_over_for_the_whole_mail() {
    let french = language("fr");
    for broken in [
        french.messages().replace("verification-ignore", "verification-other"),
        french.messages().replace("$hours", "$days"),
    ] {
        let locales = [(french, broken.as_str()), (Language::ENGLISH, Language::ENGLISH.messages())];
        let catalogue = Catalogue::new(locales.into_iter()).unwrap();
        let mail = catalogue.render(&NAMED, &french.chain()).unwrap_or_else(|error| panic!("{error}"));
        assert!(mail == rendered(&NAMED, "en"), "all of it is English");
        let alone = catalogue.render(&NAMED, &[french]).err();
        assert!(matches!(alone, Some(RenderError::Message { language, .. }) if language == french));
    }
}

#[test]
fn a_locale_with_a_syntax_error_is_named() {
    let error = Catalogue::new([(language("fr"), "greeting = { $name")].into_iter()).err().unwrap();
    assert!(error.to_string().contains("locale fr"), "{error}");
}

#[test]
fn names_cannot_write_html() {
    let mail = rendered(&called("<b>\"Dupont\" & 'Fils'</b>", Some("<script>alert(1)</script>")), "fr");
    assert!(!mail.html.contains("<b>") && !mail.html.contains("<script"));
    assert!(mail.html.contains("&lt;b&gt;&quot;Dupont&quot; &amp; &#x27;Fils&#x27;"), "{}", mail.html);
    assert!(mail.text.contains("<b>\"Dupont\" & 'Fils'</b>"), "plain text is not escaped");
    assert!(!rendered(&called("{{ link }}{% raw %}{ $hours }", None), "en").text.contains("24 24"), "nor run");
}

#[test]
fn names_cannot_write_headers_or_lines() {
    for clinic in ["A\r\nBcc: x@example.org", "A\u{0}\u{1b}[31m\nB", "A\u{2028}B\u{85}C\u{202e}D\u{2066}\u{200b}"] {
        let mail = rendered(&called(clinic, None), "en");
        assert!(!mail.subject.chars().any(char::is_control), "{:?}", mail.subject);
        assert_eq!(mail.text.lines().count(), rendered(&called("A", None), "en").text.lines().count());
    }
    assert_eq!(harmless_name(" A\r\n\t B\u{202e}C\u{200b} "), "A BC");
}

#[test]
fn names_cannot_carry_links() {
    for (name, harmless) in [
        ("Win at evil.example/x", "Win at evil. example/x"),
        ("https://evil.example", "https: //evil. example"),
        ("www.evil。example", "www. evil。 example"),
        ("Cabinet J.P. Morel, S.A.", "Cabinet J.P. Morel, S.A."),
        ("Dr. Ng", "Dr. Ng"),
    ] {
        assert_eq!(harmless_name(name), harmless);
    }
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
        assert_eq!(render(&mail, &reader("en")).err(), Some(RenderError::Link), "{link}");
    }
    assert!(render(&NAMED, &reader("es")).is_ok_and(|mail| mail.language == language("es")));
}
fn reader(tag: &str) -> Reader {
    let region = crate::region::Region::parse("FR").unwrap();
    Reader { language: language(tag), region, time_zone: region.time_zone }
}
