//! Whatever people type is harmless in a mail, and stays readable.

use super::*;

/// Every mail, with this wherever somebody may type.
fn typed(text: &'static str) -> Vec<Mail<'static>> {
    let (name, clinic, link, at) = (Some(text), text, LINK, DateTime::UNIX_EPOCH);
    let place = Some(text);
    let practice = Practice {
        name: text,
        facility: place,
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
