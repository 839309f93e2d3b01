//! Samples from public documentation, each source named once beside its own. "stdnum" is python-stdnum (arthurdejong/python-stdnum),
//! whose modules document their samples as doctests; what says nothing follows from the rule's own source.

use proptest::prelude::*;

use super::*;

fn check(kind: Kind, country: &str, text: &str) -> Option<String> {
    let region = Region::parse(country).unwrap_or_else(|| panic!("{country}"));
    match kind.check(text, Some(region)) {
        Ok(stored) => Some(stored),
        Err(invalid) => {
            let code = match kind {
                Kind::Business => "business_number_invalid",
                Kind::Vat => "vat_number_invalid",
                Kind::PostalCode => "postal_code_invalid",
                Kind::Phone => "phone_invalid",
                Kind::Iban => "iban_invalid",
            };
            assert_eq!(invalid.code, code);
            None
        }
    }
}

/// As written and as stored.
fn valid(kind: Kind, country: &str, samples: &[(&str, &str)]) {
    for (written, stored) in samples {
        assert_eq!(check(kind, country, written).as_deref(), Some(*stored), "{country} {written}");
        assert_eq!(check(kind, country, stored).as_deref(), Some(*stored), "{country} {stored}: stored again");
    }
}

fn invalid(kind: Kind, country: &str, samples: &[&str]) {
    for written in samples {
        assert_eq!(check(kind, country, written), None, "{country} {written}");
    }
}

#[test]
fn every_regions_examples_pass_and_name_their_rules() {
    for region in Region::all() {
        let rules = [
            (Kind::Business, &region.business_number),
            (Kind::Vat, &region.vat_number),
            (Kind::PostalCode, &region.postal_code),
        ];
        for (kind, rule) in rules {
            let stored = check(kind, region.country, rule.example);
            assert!(stored.is_some(), "{} {}", region.country, rule.example);
            assert!(!rule.name.is_empty() && rule.source.len() > 10, "{}", region.country);
            for nothing in
                ["", " ", "-", "é", "0", "x", "١٢٣٤٥", "00000000000000", "\u{a0}", "ΑΒΓ", "🙂🙂🙂🙂🙂🙂🙂🙂🙂"]
            {
                assert_eq!(check(kind, region.country, nothing), None, "{} {} {nothing:?}", region.country, rule.name);
            }
        }
        assert!(check(Kind::Phone, region.country, region.phone_example).is_some(), "{}", region.phone_example);
    }
}

/// Only these are looked at for their form alone; postal codes always are.
#[test]
fn the_rules_without_check_digits_are_known() {
    let of = |region: &'static Region| [&region.business_number, &region.vat_number];
    let form = Region::all().iter().flat_map(of).filter(|rule| rule.checked == Checked::Form);
    assert_eq!(form.map(|rule| rule.name).collect::<Vec<_>>(), ["Steuernummer", "Numéro RCS", "Company number"]);
}

#[test]
fn siret() {
    // Wikipedia, "Système d'identification du répertoire des établissements"; InseeFrLab/validinsee, README; La Poste's headquarters
    // (Wikipedia) and an office (arthurdejong/python-stdnum, issue 291).
    valid(
        Kind::Business,
        "FR",
        &[
            ("732 829 320 00074", "73282932000074"),
            ("20003452800014", "20003452800014"),
            ("356 000 000 00048", "35600000000048"),
            ("356 000 000 09075", "35600000009075"),
            ("35600000049837", "35600000049837"),
        ],
    );
    // stdnum.fr.siret; validinsee; a SIREN alone; another office's sum.
    invalid(
        Kind::Business,
        "FR",
        &[
            "73282932000079",
            "20003452800041",
            "732829320",
            "35600000009076",
            "35600000049838",
            "7328293200007",
            "732829320000744",
        ],
    );
}

#[test]
fn nif() {
    // stdnum.es.nif, .dni, .nie and .cif; tests/test_es_nif.doctest.
    valid(
        Kind::Business,
        "ES",
        &[
            ("B-64717838", "B64717838"),
            ("J99216582", "J99216582"),
            ("A11111119", "A11111119"),
            ("54362315-K", "54362315K"),
            ("11111111h", "11111111H"),
            ("x-2482300w", "X2482300W"),
            ("X-5253868-R", "X5253868R"),
            ("M-1234567-L", "M1234567L"),
            ("L1111111G", "L1111111G"),
        ],
    );
    invalid(
        Kind::Business,
        "ES",
        &[
            "B64717839",
            "J99216583",
            "J992165831",
            "O-1234567-L",
            "54362315Z",
            "54362315",
            "x-2482300a",
            "X2482300",
            "A11111118",
            "L1111111C",
        ],
    );
    // Wikipedia, "Código de identificación fiscal": A has a digit, P a letter. 1111111's digit is 9, whose letter is I.
    valid(Kind::Business, "ES", &[("P1111111I", "P1111111I"), ("G11111119", "G11111119"), ("G1111111I", "G1111111I")]);
    invalid(Kind::Business, "ES", &["A1111111I", "P11111119"]);
}

#[test]
fn bce() {
    // stdnum.be.vat; the number of the Service public fédéral Économie itself (0314.595.348, economie.fgov.be).
    valid(
        Kind::Business,
        "BE",
        &[("0403.019.261", "0403019261"), ("BE 428759497", "0428759497"), ("0314.595.348", "0314595348")],
    );
    invalid(Kind::Business, "BE", &["431150351", "0403.019.262", "2403019261", "00000000097"]);
}

#[test]
fn uid() {
    // Bundesamt für Statistik, "Die UID": the worked example CHE-109.322.551; stdnum.ch.uid.
    valid(
        Kind::Business,
        "CH",
        &[
            ("CHE-109.322.551", "CHE-109.322.551"),
            ("che100155212", "CHE-100.155.212"),
            ("100.155.212", "CHE-100.155.212"),
        ],
    );
    invalid(Kind::Business, "CH", &["CHE-100.155.213", "CHE-109.322.55", "CHE-123.456.789", "CHF-100.155.212"]);
}

#[test]
fn steuernummer() {
    // Lexware, "Aufbau der Steuernummer", the table of the Länder; stdnum.de.stnr; finanzamt-regensburg.de (W-IdNr.).
    valid(
        Kind::Business,
        "DE",
        &[
            ("93815/08152", "93815/08152"),
            ("133/8150/8159", "133/8150/8159"),
            ("75 815 08152", "75 815 08152"),
            ("2893081508152", "2893081508152"),
            ("DE123456789-00001", "DE123456789-00001"),
            ("de 123456789 00001", "DE123456789-00001"),
        ],
    );
    invalid(Kind::Business, "DE", &["136695978", "4151181508156", "DE123456789", "93815/0815X", "123456789012"]);
}

#[test]
fn partita_iva() {
    // stdnum.it.iva; Wikipedia, "Partita IVA": the last digit by Luhn's formula.
    valid(Kind::Business, "IT", &[("IT 00743110157", "00743110157"), ("00743110157", "00743110157")]);
    invalid(Kind::Business, "IT", &["00743110158", "0743110157", "00000000000"]);
}

#[test]
fn nipc() {
    // stdnum.pt.nif; the Autoridade Tributária's own number (600 084 779, portaldasfinancas.gov.pt).
    valid(Kind::Business, "PT", &[("PT 501 964 843", "501964843"), ("600 084 779", "600084779")]);
    invalid(Kind::Business, "PT", &["501 964 842", "50196484", "001964843"]);
}

#[test]
fn rcs() {
    // Form only. Luxembourg Business Registers, guides: a letter for the section, then the number.
    valid(Kind::Business, "LU", &[("B123456", "B123456"), ("b 6", "B6"), ("F 1.234", "F1234")]);
    invalid(Kind::Business, "LU", &["123456", "B1234567", "B", "BB12345"]);
}

#[test]
fn company_number() {
    // Form only. Companies House, "Uniform Resource Identifiers, Customer Guide"; forum.aws.chdev.org, "Company Number Format".
    valid(
        Kind::Business,
        "GB",
        &[("00445790", "00445790"), ("sc123456", "SC123456"), ("NI 123456", "NI123456"), ("R0000123", "R0000123")],
    );
    invalid(Kind::Business, "GB", &["445790", "SCX23456", "123456789", "SC1234567"]);
}

#[test]
fn vat() {
    // stdnum's *.vat and *.tva modules and their doctests; for CH the UID's own samples.
    for (country, good, bad) in [
        (
            "FR",
            &[
                ("Fr 40 303 265 045", "FR40303265045"),
                ("23334175221", "FR23334175221"),
                ("K7399859412", "FRK7399859412"),
                ("4Z123456782", "FR4Z123456782"),
                ("FR 53 0000 04605", "FR53000004605"),
            ][..],
            &["84 323 140 391", "IO334175221", "FR41303265045", "404833048"][..],
        ),
        ("ES", &[("ES B-58378431", "ESB58378431"), ("54362315K", "ES54362315K")], &["ESB64717839", "ES54362315Z"]),
        ("BE", &[("BE403019261", "BE0403019261"), ("BE 428759497", "BE0428759497")], &["BE431150351"]),
        (
            "CH",
            &[
                ("CHE-107.787.577 IVA", "CHE-107.787.577 IVA"),
                ("CHE109322551MWST", "CHE-109.322.551 MWST"),
                ("CHE-100.155.212 TVA", "CHE-100.155.212 TVA"),
            ],
            &["CHE-107.787.578 IVA", "CHE-107.787.577", "CHE-107.787.577 VAT"],
        ),
        ("DE", &[("DE 136695 976", "DE136695976"), ("136695976", "DE136695976")], &["136695978", "DE036695976"]),
        ("IT", &[("IT 00743110157", "IT00743110157")], &["IT00743110158"]),
        ("PT", &[("PT 501 964 843", "PT501964843")], &["PT 501 964 842"]),
        ("LU", &[("LU 150 274 42", "LU15027442")], &["150 274 43", "LU00000000"]),
        (
            "GB",
            &[
                ("GB 980 7806 84", "GB980780684"),
                ("GB 002 4257 28", "GB002425728"),
                ("GB 100 1950 75", "GB100195075"),
                ("GB 242338087388", "GB242338087388"),
                // HMRC, VAT Registration Manual: government departments and health authorities.
                ("GBGD001", "GBGD001"),
                ("GBHA599", "GBHA599"),
            ],
            &["802311781", "GB980780685", "GBGD500", "GBHA499", "GB000000000"],
        ),
    ] {
        valid(Kind::Vat, country, good);
        invalid(Kind::Vat, country, bad);
    }
}

#[test]
fn postal_codes() {
    // Wikipedia's articles on the countries' postal codes; stdnum.es.postal_code; Royal Mail's formats as the Market Research Society
    // gives them ("Postcode format"), and "GIR 0AA".
    for (country, good, bad) in [
        (
            "FR",
            &[("75002", "75002"), ("20000", "20000"), ("97400", "97400")][..],
            &["00100", "7500", "750022", "99000", "2A004"][..],
        ),
        ("ES", &[("01000", "01000"), ("52000", "52000")], &["00000", "53000", "99999", "5200", "520000"]),
        ("BE", &[("1000", "1000"), ("9992", "9992")], &["0999", "10000", "B-1000"]),
        ("CH", &[("8001", "8001"), ("9490", "9490")], &["0800", "80010"]),
        ("DE", &[("01067", "01067"), ("99998", "99998")], &["00123", "1067", "99999"]),
        ("IT", &[("00010", "00010"), ("98168", "98168")], &["00009", "98169", "0018"]),
        (
            "PT",
            &[("1100-148", "1100-148"), ("1100 148", "1100-148"), ("4050014", "4050-014")],
            &["1100", "0100-148", "1100-14"],
        ),
        ("LU", &[("L-1660", "1660"), ("1660", "1660")], &["L1660", "166", "0660"]),
        (
            "GB",
            &[
                ("M1 1AA", "M1 1AA"),
                ("M60 1NW", "M60 1NW"),
                ("CR2 6XH", "CR2 6XH"),
                ("DN55 1PT", "DN55 1PT"),
                ("w1a1hq", "W1A 1HQ"),
                ("EC1A 1BB", "EC1A 1BB"),
                ("GIR 0AA", "GIR 0AA"),
                ("GY1 1AA", "GY1 1AA"),
            ],
            // Letters that Royal Mail does not use: Q, V, X in front; I, J, Z behind it; C, I, K, M, O, V in the inward code.
            &["Q1 1AA", "DZ55 1PT", "M1 1AC", "M1 AAA", "W1I 1HQ", "EC1C 1BB", "M1", "M111 1AA", "1AA", "75002"],
        ),
    ] {
        valid(Kind::PostalCode, country, good);
        invalid(Kind::PostalCode, country, bad);
    }
}

#[test]
fn phones() {
    // Numbers kept for fiction: Arcep, plan de numérotation (01 99 00, 06 39 98); Ofcom (020 7946 0xxx, 07700 900xxx);
    // Bundesnetzagentur (030 23125 xxx). ITU-T E.123's form. libphonenumber's own examples for ES, BE, CH, IT, PT and LU.
    let good = [
        "+33 1 99 00 12 34",
        "+33 6 39 98 12 34",
        "+44 20 7946 0018",
        "+44 7700 900123",
        "+49 30 23125-012",
        "+34 810 12 34 56",
        "+32 12 34 56 78",
        "+41 21 234 56 78",
        "+39 02 1234 5678",
        "+351 21 234 5678",
        "+352 27 12 34 56",
        // The North American plan's for fiction, 555-0100 to 0199, and a length that it does not have: not a country of ours.
        "+1 202 555 0143",
        "+1 555 0143",
    ];
    for text in good {
        assert_eq!(check(Kind::Phone, "FR", text).as_deref(), Some(text), "kept as typed");
    }
    for text in [
        "+33 142",
        "+33 1 42 68 53 0",
        "+33 142685300000",
        "+44 7700 90012",
        "+39 300 000 0012",
        "+39 6 1234 5678",
        "+999 1234567",
        "01 42 68 53 00",
    ] {
        assert_eq!(check(Kind::Phone, "FR", text), None, "{text}");
    }
}

#[test]
fn ibans() {
    // SWIFT, IBAN Registry: the examples of our regions' countries.
    valid(
        Kind::Iban,
        "FR",
        &[
            ("FR14 2004 1010 0505 0001 3M02 606", "FR1420041010050500013M02606"),
            ("ES91 2100 0418 4502 0005 1332", "ES9121000418450200051332"),
            ("BE68 5390 0754 7034", "BE68539007547034"),
            ("CH93 0076 2011 6238 5295 7", "CH9300762011623852957"),
            ("de89 3704 0044 0532 0130 00", "DE89370400440532013000"),
            ("IT60 X054 2811 1010 0000 0123 456", "IT60X0542811101000000123456"),
            ("PT50 0002 0123 1234 5678 9015 4", "PT50000201231234567890154"),
            ("LU28 0019 4006 4475 0000", "LU280019400644750000"),
            ("GB29 NWBK 6016 1331 9268 19", "GB29NWBK60161331926819"),
        ],
    );
    // Check digits; a digit too few; stdnum.iban's unknown country.
    invalid(Kind::Iban, "FR", &["GB29 NWBK 6016 1331 9268 18", "DE89 3704 0044 0532 0130 0", "XX431234", "", "FR14"]);
}

#[test]
fn where_we_have_no_rules_everything_is_right_but_telephones_and_accounts() {
    for kind in [Kind::Business, Kind::Vat, Kind::PostalCode] {
        assert_eq!(kind.check("whatever", None), Ok("whatever".to_owned()));
    }
    assert!(Kind::Phone.check("+33 142", None).is_err() && Kind::Iban.check("GB29", None).is_err());
}

proptest! {
    /// Whatever is typed, nothing panics, and what is stored passes again, unchanged.
    #[test]
    fn no_text_is_too_odd(text in "\\PC{0,20}", digits in "[+A-Z]{0,3}[0-9 ./-]{0,18}[A-Z]{0,4}") {
        for region in Region::all() {
            for kind in [Kind::Business, Kind::Vat, Kind::PostalCode, Kind::Phone, Kind::Iban] {
                for text in [&text, &digits] {
                    if let Ok(stored) = kind.check(text, Some(region)) {
                        prop_assert_eq!(kind.check(&stored, Some(region)), Ok(stored));
                    }
                }
            }
        }
    }
}
