//! Postal codes: the form, and the first digits where the country does not use all. Whether the code is in use nobody can tell for
//! long.

use super::Checked::Form;
use super::{Rule, is_digits};

pub const FR: Rule = Rule {
    name: "Code postal",
    example: "75002",
    checked: Form,
    source: "La Poste, base officielle des codes postaux: five digits, departments 01 to 98",
    check: |text| within(text, 5, "01000", "98999"),
};

pub const ES: Rule = Rule {
    name: "Código postal",
    example: "28013",
    checked: Form,
    source: "Correos; Real Decreto 1829/1999: five digits, provinces 01 to 52",
    check: |text| within(text, 5, "01000", "52999"),
};

pub const BE: Rule = Rule {
    name: "Code postal",
    example: "1000",
    checked: Form,
    source: "bpost: four digits, from 1000",
    check: |text| within(text, 4, "1000", "9999"),
};

pub const CH: Rule = Rule {
    name: "Postleitzahl",
    example: "8001",
    checked: Form,
    source: "Die Post, amtliches Ortschaftenverzeichnis (swisstopo): four digits, from 1000",
    check: |text| within(text, 4, "1000", "9999"),
};

pub const DE: Rule = Rule {
    name: "Postleitzahl",
    example: "10115",
    checked: Form,
    source: "Deutsche Post: five digits, 01001 to 99998",
    check: |text| within(text, 5, "01001", "99998"),
};

pub const IT: Rule = Rule {
    name: "CAP",
    example: "00184",
    checked: Form,
    source: "Poste Italiane: five digits, 00010 to 98168",
    check: |text| within(text, 5, "00010", "98168"),
};

pub const PT: Rule = Rule {
    name: "Código postal",
    example: "1100-148",
    checked: Form,
    source: "CTT: four digits and three, from 1000-001",
    check: |text| {
        let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let digits = within(&digits, 7, "1000001", "9999999")?;
        Some(format!("{}-{}", &digits[..4], &digits[4..]))
    },
};

pub const LU: Rule = Rule {
    name: "Code postal",
    example: "1660",
    checked: Form,
    source: "POST Luxembourg: four digits, from 1000, often behind L-",
    check: |text| within(text.strip_prefix("L-").unwrap_or(text), 4, "1000", "9999"),
};

pub const GB: Rule = Rule {
    name: "Postcode",
    example: "M1 1AE",
    checked: Form,
    source: "Royal Mail, Programmers' guide to PAF; BS 7666: six forms of the outward code, and GIR 0AA",
    check: |text| {
        let code: String = text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
        let (outward, inward) = code.split_at_checked(code.len().checked_sub(3)?)?;
        (outward == "GIR" && inward == "0AA" || is_outward(outward) && is_inward(inward))
            .then(|| format!("{outward} {inward}"))
    },
};

/// So many digits, and no lower and no higher.
fn within(text: &str, count: usize, lowest: &str, highest: &str) -> Option<String> {
    let text = text.trim();
    // Of one length, digits are in the order of text.
    (is_digits(text, count) && (lowest..=highest).contains(&text)).then(|| text.to_owned())
}

/// A letter or two for the area, a digit or two for the district, and a letter behind the digit in parts of London.
fn is_outward(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '9' } else { 'A' }).collect();
    let bytes = text.as_bytes();
    let not = |at: usize, letters: &[u8]| {
        bytes.get(at).is_some_and(|byte| byte.is_ascii_uppercase() && !letters.contains(byte))
    };
    let one_of = |at: usize, letters: &[u8]| bytes.get(at).is_some_and(|byte| letters.contains(byte));
    match shape.as_str() {
        "A9" | "A99" => not(0, b"QVX"),
        "AA9" | "AA99" => not(0, b"QVX") && not(1, b"IJZ"),
        "A9A" => not(0, b"QVX") && one_of(2, b"ABCDEFGHJKPSTUW"),
        "AA9A" => not(0, b"QVX") && not(1, b"IJZ") && one_of(3, b"ABEHMNPRVWXY"),
        _ => false,
    }
}

/// A digit for the sector and two letters for the unit.
fn is_inward(text: &str) -> bool {
    let letter = |byte: &u8| byte.is_ascii_uppercase() && !b"CIKMOV".contains(byte);
    matches!(text.as_bytes(), [sector, unit @ ..] if sector.is_ascii_digit() && unit.len() == 2 && unit.iter().all(letter))
}
