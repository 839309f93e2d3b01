//! What people typed, made fit to be repeated in a mail.
//!
//! Invariant: nothing that leaves here has a control character, a second line, or what a mail reader would turn into a link.

use std::net::IpAddr;

use ipnet::IpNet;
use url::Url;

use super::RenderError;

/// The longest name that a mail repeats, in characters.
pub(super) const NAME_LIMIT: usize = 100;

/// A link that may be sent: absolute, for a browser, and plain ASCII, so that it looks like where it leads to.
pub(super) fn checked_link(link: &str) -> Result<&str, RenderError> {
    let url = Url::parse(link).map_err(|_| RenderError::Link)?;
    let sound = matches!(url.scheme(), "https" | "http") && link.bytes().all(|byte| byte.is_ascii_graphic());
    if sound { Ok(link) } else { Err(RenderError::Link) }
}

/// A name as a mail may repeat it: one line, no invisible characters, not too long, and nothing in it that a mail reader
/// would turn into a link. Registration sends mail to any address with any name: without this, our mail would carry a
/// stranger's message ("you won, see evil.example").
pub(super) fn harmless_name(name: &str) -> String {
    let line = one_line(name);
    let mut harmless = String::with_capacity(line.len());
    let mut rest = line.chars();
    while let Some(character) = rest.next() {
        harmless.push(character);
        let mut ahead = rest.clone();
        let (next, after) = (ahead.next(), ahead.next());
        let alphanumeric = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
        let domain_follows = is_full_stop(character) && alphanumeric(next) && alphanumeric(after);
        let scheme_ends = character == ':' && matches!(next, Some('/' | '\\'));
        if domain_follows || scheme_ends {
            harmless.push(' ');
        }
    }
    match harmless.char_indices().nth(NAME_LIMIT) {
        Some((end, _)) => format!("{}…", harmless[..end].trim_end()),
        None => harmless,
    }
}

/// An e-mail address, told to whoever it concerns: as it is, unless it holds what could pass for a link.
pub(super) fn harmless_address(email: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '@' | '.' | '_' | '-' | '+' | '%');
    if email.chars().all(plain) { email.to_owned() } else { harmless_name(email) }
}

/// A telephone number: as it is, if it is one.
pub(super) fn harmless_phone(phone: &str) -> String {
    let plain = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '+' | '(' | ')' | '.' | '/' | '-');
    if phone.chars().all(plain) { one_line(phone) } else { harmless_name(phone) }
}

/// A network or where it is: an address such as `203.0.113.0/24` as it is, anything else as a name.
pub(super) fn harmless_network(network: &str) -> String {
    let address = network.parse::<IpAddr>().is_ok() || network.parse::<IpNet>().is_ok();
    if address { network.to_owned() } else { harmless_name(network) }
}

/// Collapses white space, line breaks among it, and drops control and invisible formatting characters.
pub(super) fn one_line(text: &str) -> String {
    let visible: String = text
        .chars()
        .filter(|character| character.is_whitespace() || !(character.is_control() || is_invisible(*character)))
        .collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What browsers read as the dot in a domain name (UTS #46).
const fn is_full_stop(character: char) -> bool {
    matches!(character, '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}')
}

/// Direction marks (which could turn the rest of a sentence around), zero-width spaces, tags. The joiners U+200C and
/// U+200D stay: Persian and several Indian scripts are spelt with them.
const fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
