//! Numbers in the countries' registers of businesses. What is checked of VAT numbers too is shared with `vat`.

use super::Checked::{Digits, Form};
use super::digits::{luhn, number, of, weighted};
use super::{Rule, compact, is_digits, national};

pub const SIRET: Rule = Rule {
    name: "SIRET",
    example: "732 829 320 00074",
    checked: Digits,
    source: "Insee, Sirene: formule de Luhn; La Poste (356 000 000): somme des chiffres multiple de 5",
    check: |text| {
        let siret = compact(text);
        let of_la_poste = || siret.starts_with(LA_POSTE) && of(&siret).iter().sum::<u32>().is_multiple_of(5);
        (is_digits(&siret, 14) && number(&siret[..9]) > 0 && luhn(&siret[..9]) && (luhn(&siret) || of_la_poste()))
            .then_some(siret)
    },
};

/// It has so many post offices that their numbers ran out of Luhn's.
const LA_POSTE: &str = "356000000";

pub const NIF: Rule = Rule {
    name: "NIF",
    example: "B64717838",
    checked: Digits,
    source: "Real Decreto 1065/2007, art. 19 y 20; Orden EHA/451/2008; Orden INT/2058/2008 (NIE)",
    check: |text| nif(&compact(text)),
};

/// Of persons (DNI, NIE and the letters K, L and M) and of entities (the CIF of old).
pub(super) fn nif(text: &str) -> Option<String> {
    let (body, control) = text.split_at_checked(8)?;
    let first = body.chars().next()?;
    // A letter and seven digits, or eight digits.
    let rest = body.get(1..)?;
    if !is_digits(rest, 7) || control.len() != 1 {
        return None;
    }
    let valid = match first {
        '0'..='9' => control == letter(number(body)),
        // A foreigner's first letter stands for a digit: X for 0.
        'K' | 'L' | 'M' | 'X' => control == letter(number(rest)),
        'Y' => control == letter(10_000_000 + number(rest)),
        'Z' => control == letter(20_000_000 + number(rest)),
        _ => entity(first, rest, control),
    };
    valid.then(|| text.to_owned())
}

/// The letter of a person's number (Real Decreto 1553/2005: its remainder of 23).
fn letter(number: u64) -> &'static str {
    const LETTERS: &str = "TRWAGMYFPDXBNJZSQVHLCKE";
    usize::try_from(number % 23).ok().and_then(|at| LETTERS.get(at..=at)).unwrap_or("")
}

/// An entity's control is Luhn's digit, or the letter in its place. Documents agree that A, B, E and H have the digit, and P, Q, S
/// and W the letter; the others may have either.
fn entity(kind: char, digits: &str, control: &str) -> bool {
    let digit = (0..10).find(|digit| luhn(&format!("{digits}{digit}"))).unwrap_or(0);
    let as_digit = control == digit.to_string();
    let as_letter = "JABCDEFGHI".get(digit..=digit) == Some(control);
    match kind {
        'A' | 'B' | 'E' | 'H' => as_digit,
        'P' | 'Q' | 'S' | 'W' => as_letter,
        'C' | 'D' | 'F' | 'G' | 'J' | 'N' | 'R' | 'U' | 'V' => as_digit || as_letter,
        _ => false,
    }
}

pub const BCE: Rule = Rule {
    name: "Numéro BCE",
    example: "0403.019.261",
    checked: Digits,
    source: "Arrêté royal du 24 juin 2003 (numéro d'entreprise); SPF Économie, BCE: modulo 97",
    check: |text| bce(&national(text, "BE")),
};

/// Ten digits; those of nine are from before 2023 and lack the 0 in front.
pub(super) fn bce(text: &str) -> Option<String> {
    let whole = if is_digits(text, 9) { format!("0{text}") } else { text.to_owned() };
    let valid = is_digits(&whole, 10)
        && (whole.starts_with('0') || whole.starts_with('1'))
        && number(&whole[..8]) > 0
        && 97 - number(&whole[..8]) % 97 == number(&whole[8..]);
    valid.then_some(whole)
}

pub const UID: Rule = Rule {
    // UID in German, IDE in French, IDI in Italian.
    name: "UID",
    example: "CHE-100.155.212",
    checked: Digits,
    source: "UIDV (SR 431.031), Art. 5; Bundesamt für Statistik: Modulo 11",
    check: |text| uid(&compact(text)),
};

/// As the register writes it.
pub(super) fn uid(text: &str) -> Option<String> {
    let digits = text.strip_prefix("CHE").unwrap_or(text);
    if !is_digits(digits, 9) {
        return None;
    }
    // 11 stands for 0; a number whose digit would be 10 is not given out.
    let check = (11 - weighted(digits, &[5, 4, 3, 2, 7, 6, 5, 4]) % 11) % 11;
    let (first, second, third) = (&digits[..3], &digits[3..6], &digits[6..]);
    (check == of(third)[2]).then(|| format!("CHE-{first}.{second}.{third}"))
}

pub const STEUERNUMMER: Rule = Rule {
    name: "Steuernummer",
    example: "181/815/08155",
    // Each Land has check digits of its own; of a W-IdNr the published examples do not keep to any.
    checked: Form,
    source: "Anweisungen zum Aufbau der Steuernummer (ELSTER); AO, § 139c (W-IdNr.)",
    check: |text| {
        let compact = compact(text);
        if let Some(digits) = compact.strip_prefix("DE").filter(|digits| is_digits(digits, 14)) {
            return Some(format!("DE{}-{}", &digits[..9], &digits[9..]));
        }
        // The Länder's forms have 10 or 11 digits, the federal one 13, with a 0 in the fifth place. Kept as written: where the
        // slashes stand tells the Länder's forms apart.
        let form = is_digits(&compact, 10)
            || is_digits(&compact, 11)
            || is_digits(&compact, 13) && compact.as_bytes()[4] == b'0';
        form.then(|| text.split_whitespace().collect::<Vec<_>>().join(" "))
    },
};

pub const PARTITA_IVA: Rule = Rule {
    name: "Partita IVA",
    example: "00743110157",
    checked: Digits,
    source: "Agenzia delle Entrate; D.M. 23 dicembre 1976, allegato (carattere di controllo)",
    check: |text| partita_iva(&national(text, "IT")),
};

pub(super) fn partita_iva(text: &str) -> Option<String> {
    (is_digits(text, 11) && luhn(text) && !text.starts_with("0000000")).then(|| text.to_owned())
}

pub const NIPC: Rule = Rule {
    name: "NIPC",
    example: "501 964 843",
    checked: Digits,
    source: "Autoridade Tributária e Aduaneira: NIF, módulo 11; Decreto-Lei n.º 14/2013",
    check: |text| nipc(&national(text, "PT")),
};

/// Companies' numbers, and those of persons who practise in their own name.
pub(super) fn nipc(text: &str) -> Option<String> {
    if !is_digits(text, 9) || text.starts_with('0') {
        return None;
    }
    let check = 11 - weighted(text, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    (of(text)[8] == if check > 9 { 0 } else { check }).then(|| text.to_owned())
}

pub const RCS: Rule = Rule {
    name: "Numéro RCS",
    example: "B123456",
    checked: Form,
    source: "Luxembourg Business Registers: a section's letter and up to six digits",
    check: |text| {
        let compact = compact(text);
        let (section, digits) = compact.split_at_checked(1)?;
        let form = section.bytes().all(|byte| byte.is_ascii_uppercase())
            && (1..=6).contains(&digits.len())
            && is_digits(digits, digits.len());
        form.then_some(compact)
    },
};

pub const COMPANY_NUMBER: Rule = Rule {
    name: "Company number",
    example: "01234567",
    checked: Form,
    source: "Companies Act 2006, s. 1066; Companies House: eight characters, up to two of them letters in front",
    check: |text| {
        let compact = compact(text);
        let digits = compact.trim_start_matches(|c: char| c.is_ascii_uppercase());
        let form = compact.len() == 8 && digits.len() >= 6 && is_digits(digits, digits.len());
        form.then_some(compact)
    },
};
