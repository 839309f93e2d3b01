//! VAT numbers. Each is stored with its country's letters, whether or not they were written.

use super::Checked::Digits;
use super::business::{bce, nif, nipc, partita_iva, uid};
use super::digits::{luhn, mod_11_10, number, of, weighted};
use super::{Rule, compact, is_digits, national};

pub const FR: Rule = Rule {
    name: "Numéro de TVA",
    example: "FR40303265045",
    // Of the keys with letters the form only.
    checked: Digits,
    source: "Code général des impôts, art. 286 ter; BOI-TVA-DECLA-20-10-20: clé = (12 + 3 × (SIREN mod 97)) mod 97",
    check: |text| {
        let text = national(text, "FR");
        let (key, siren) = text.split_at_checked(2)?;
        // Monaco's have no SIREN behind the key.
        let valid = is_digits(siren, 9) && number(siren) > 0 && (luhn(siren) || siren.starts_with("000"));
        let key_fits = if is_digits(key, 2) {
            (12 + 3 * (number(siren) % 97)) % 97 == number(key)
        } else {
            key.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase() && !b"IO".contains(&byte))
        };
        (valid && key_fits).then(|| format!("FR{text}"))
    },
};

pub const ES: Rule = Rule {
    name: "NIF-IVA",
    example: "ESB64717838",
    checked: Digits,
    source: "Real Decreto 1065/2007, art. 25: the NIF behind ES",
    check: |text| nif(&national(text, "ES")).map(|nif| format!("ES{nif}")),
};

pub const BE: Rule = Rule {
    name: "Numéro de TVA",
    example: "BE0403019261",
    checked: Digits,
    source: "Code de la TVA, art. 50: the enterprise number behind BE",
    check: |text| bce(&national(text, "BE")).map(|number| format!("BE{number}")),
};

pub const CH: Rule = Rule {
    name: "MWST-Nummer",
    example: "CHE-107.787.577 MWST",
    checked: Digits,
    source: "MWSTG (SR 641.20), Art. 66; UIDG (SR 431.03), Art. 10: the UID with MWST, TVA or IVA behind it",
    check: |text| {
        let compact = compact(text);
        let (number, suffix) =
            ["MWST", "TVA", "IVA"].into_iter().find_map(|suffix| Some((compact.strip_suffix(suffix)?, suffix)))?;
        uid(number).map(|uid| format!("{uid} {suffix}"))
    },
};

pub const DE: Rule = Rule {
    name: "USt-IdNr.",
    example: "DE136695976",
    checked: Digits,
    source: "UStG, § 27a; ISO/IEC 7064, MOD 11,10",
    check: |text| {
        let digits = national(text, "DE");
        (is_digits(&digits, 9) && !digits.starts_with('0') && mod_11_10(&digits)).then(|| format!("DE{digits}"))
    },
};

pub const IT: Rule = Rule {
    name: "Partita IVA",
    example: "IT00743110157",
    checked: Digits,
    source: "D.P.R. 633/1972, art. 35: the partita IVA behind IT",
    check: |text| partita_iva(&national(text, "IT")).map(|number| format!("IT{number}")),
};

pub const PT: Rule = Rule {
    name: "NIF",
    example: "PT501964843",
    checked: Digits,
    source: "Código do IVA: the NIF behind PT",
    check: |text| nipc(&national(text, "PT")).map(|number| format!("PT{number}")),
};

pub const LU: Rule = Rule {
    name: "Numéro de TVA",
    example: "LU15027442",
    checked: Digits,
    source: "Administration de l'enregistrement, des domaines et de la TVA: six digits, and their remainder of 89",
    check: |text| {
        let digits = national(text, "LU");
        let valid =
            is_digits(&digits, 8) && number(&digits[..6]) > 0 && number(&digits[..6]) % 89 == number(&digits[6..]);
        valid.then(|| format!("LU{digits}"))
    },
};

pub const GB: Rule = Rule {
    name: "VAT registration number",
    example: "GB980780684",
    checked: Digits,
    source: "HMRC, VAT Registration Manual: modulus 97, and 9755 since 2009",
    check: |text| gb(&national(text, "GB")).then(|| format!("GB{}", national(text, "GB"))),
};

/// Nine digits, twelve for a branch; of government departments and health authorities three behind GD or HA.
fn gb(text: &str) -> bool {
    if let Some(body) = text.strip_prefix("GD") {
        return is_digits(body, 3) && number(body) < 500;
    }
    if let Some(body) = text.strip_prefix("HA") {
        return is_digits(body, 3) && number(body) >= 500;
    }
    if !(is_digits(text, 9) || is_digits(text, 12)) {
        return false;
    }
    let check = of(&text[7..9]).iter().fold(0, |check, digit| 10 * check + digit);
    let sum = weighted(&text[..7], &[8, 7, 6, 5, 4, 3, 2]) + check;
    number(&text[..7]) > 0 && (sum.is_multiple_of(97) || (sum + 55).is_multiple_of(97))
}
