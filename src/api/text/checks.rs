//! The rules of the text types, beside their lengths. Each takes a text of a permitted length and returns it normalised.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::Refusal;

/// One line: trimmed, composed (NFC), not blank, without control characters or invisible marks.
pub(super) fn line(text: &str) -> Result<String, Refusal> {
    written(text, |c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
}

/// Six digits, or 24 characters of Crockford's alphabet, which reads O as 0, and I and L as 1.
pub(super) fn second_factor_code(text: &str) -> Result<String, Refusal> {
    let code: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).map(|c| c.to_ascii_uppercase()).collect();
    if code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(code);
    }
    let code = code.replace('O', "0").replace(['I', 'L'], "1");
    if code.len() == 24 && code.bytes().all(|b| b.is_ascii_alphanumeric() && b != b'U') {
        return Ok(code);
    }
    Err("must be six digits, or a recovery code")
}

/// A decimal number without sign and superfluous zeros.
pub(super) fn quantity(text: &str) -> Result<String, Refusal> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str, most: usize| (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let canonical = whole == "0" || !whole.starts_with('0');
    let decimal = digits(whole, 9) && digits(decimals, 3) && canonical;
    if !decimal || text.bytes().all(|b| matches!(b, b'0' | b'.')) {
        return Err("must be a number above 0 with at most three decimals");
    }
    let decimals = decimals.trim_end_matches('0');
    Ok(if decimals.is_empty() { whole.to_owned() } else { format!("{whole}.{decimals}") })
}

pub(super) fn lines(text: &str) -> Result<String, Refusal> {
    written(text, |c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

fn written(text: &str, is_control: fn(char) -> bool) -> Result<String, Refusal> {
    let text: String = text.trim().nfc().collect();
    if text.chars().any(|c| is_control(c) || is_invisible(c)) {
        return Err("must not contain control characters");
    }
    // What shows only on or between other characters shows nothing by itself.
    if text.chars().all(|c| c.is_whitespace() || is_combining_mark(c) || is_joiner(c) || is_filler(c)) {
        return Err("must not be blank");
    }
    Ok(text)
}

/// Marks that reorder, hide or tag text, and code points that are no characters: no part of a name.
const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FDD0}'..='\u{FDEF}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
        || c as u32 & 0xFFFE == 0xFFFE
}

/// Between letters (Persian, Indic scripts) and between the parts of an emoji.
const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}')
}

/// Letters that are drawn as nothing.
const fn is_filler(c: char) -> bool {
    matches!(c, '\u{115F}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{FFA0}')
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of all checks")]
pub(super) fn any(text: &str) -> Result<String, Refusal> {
    Ok(text.to_owned())
}

pub(super) fn email(text: &str) -> Result<String, Refusal> {
    let text = line(text)?;
    let refusal = "must be an e-mail address";
    text.parse::<lettre::Address>().map_err(|_| refusal)?;
    // Valid by RFC 5321, and never a real mailbox's: no dot in the domain, a quoted or a literal part.
    let (local, domain) = text.rsplit_once('@').ok_or(refusal)?;
    let plain = !local.contains(['"', ' ', '(', ')', ',']) && domain.contains('.') && !domain.contains(['[', ' ']);
    // Two mailboxes must not be one in the form that is compared: full-width letters, ligatures and the like are refused.
    let one_mailbox = text.nfkc().eq(text.chars());
    if plain && one_mailbox { Ok(text) } else { Err(refusal) }
}

pub(super) fn phone(text: &str) -> Result<String, Refusal> {
    let text = line(text)?;
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let charset =
        text.strip_prefix('+').is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || " ().-/".contains(c)));
    // E.164 allows 15 digits; the shortest national numbers with a country code have 7.
    if charset && (7..=15).contains(&digits) {
        Ok(text)
    } else {
        Err("must be a telephone number in international form, +33 …")
    }
}

pub(super) fn event_id(text: &str) -> Result<String, Refusal> {
    if text.bytes().all(|b| b.is_ascii_digit()) { Ok(text.to_owned()) } else { Err("is not valid") }
}

pub(super) fn entity_tags(text: &str) -> Result<String, Refusal> {
    let opaque = |tag: &str| {
        let tag = tag.trim().strip_prefix("W/").unwrap_or(tag.trim());
        let inner = tag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        inner.is_some_and(|inner| inner.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"'))
    };
    let text = text.trim();
    if text == "*" || text.split(',').all(opaque) {
        Ok(text.to_owned())
    } else {
        Err("must be * or entity tags, such as \"3\"")
    }
}

pub(super) fn country(text: &str) -> Result<String, Refusal> {
    if text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase()) {
        Ok(text.to_owned())
    } else {
        Err("must be a country's two capital letters (ISO 3166-1)")
    }
}

pub(super) fn color(text: &str) -> Result<String, Refusal> {
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.bytes().all(hex));
    digits.map(|_| text.to_owned()).ok_or("must be a colour in lower-case hexadecimal, such as #2e7d32")
}

pub(super) fn language(text: &str) -> Result<String, Refusal> {
    let (language, region) = text.split_once('-').map_or((text, None), |(language, region)| (language, Some(region)));
    let valid = language.len() == 2
        && language.bytes().all(|b| b.is_ascii_lowercase())
        && region.is_none_or(|region| region.len() == 2 && region.bytes().all(|b| b.is_ascii_uppercase()));
    if valid { Ok(text.to_owned()) } else { Err("must be a language, such as fr or fr-BE") }
}

pub(super) fn time_zone(text: &str) -> Result<String, Refusal> {
    text.parse::<chrono_tz::Tz>()
        .map(|zone| zone.name().to_owned())
        .map_err(|_| "must be a time zone of the IANA database")
}
