//! Languages: one for each file of `src/email/locales`, embedded at build time.
//!
//! Invariant: a [`Language`] exists only with its file, so whoever holds one can have text in it. Adding a language is
//! adding its file, and its tag to the list below, English first: it is where every fallback ends.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// A file.
struct Locale {
    tag: &'static str,
    messages: &'static str,
}

/// Embeds `src/email/locales/<tag>.ftl` for each tag; a tag without a file does not compile.
macro_rules! locales {
    ($($tag:literal),+ $(,)?) => {
        &[$(Locale { tag: $tag, messages: include_str!(concat!("../email/locales/", $tag, ".ftl")) }),+]
    };
}

static LOCALES: &[Locale] = locales!["en", "fr", "es", "de", "it", "pt"];

/// A language that the application can write in.
#[derive(Clone, Copy)]
pub struct Language(&'static Locale);

impl Language {
    /// Where every fallback ends: its file has every message.
    pub const ENGLISH: Self = Self(&LOCALES[0]);

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        LOCALES.iter().map(Self)
    }

    /// One more, as its file would make it.
    #[cfg(test)]
    pub(crate) fn of_file(tag: &'static str, messages: &'static str) -> Self {
        Self(Box::leak(Box::new(Locale { tag, messages })))
    }

    /// The best language for a BCP 47 tag by RFC 4647's lookup (section 3.4): `fr-BE` is `fr-BE` if there is such a file,
    /// else `fr`, else nothing. Letter case and `_` for `-` do not matter.
    #[must_use]
    pub fn lookup(tag: &str) -> Option<Self> {
        let tag = tag.trim().replace('_', "-");
        let mut range = tag.as_str();
        loop {
            if let Some(language) = Self::all().find(|language| language.tag().eq_ignore_ascii_case(range)) {
                return Some(language);
            }
            range = shortened(range)?;
        }
    }

    /// The language that an `Accept-Language` prefers among those we have (RFC 9110, section 12.5.4).
    #[must_use]
    pub fn accepted(header: &str) -> Option<Self> {
        accepted_tags(header).into_iter().find_map(Self::lookup)
    }

    /// The BCP 47 tag: for HTML's `lang`, `Content-Language`, and the `language` columns.
    #[must_use]
    pub fn tag(self) -> &'static str {
        self.0.tag
    }

    /// The Fluent source of the language's messages.
    #[must_use]
    pub fn messages(self) -> &'static str {
        self.0.messages
    }

    /// The languages to try in turn for a text that must be whole in one of them: this one, the more general ones,
    /// English.
    #[must_use]
    pub fn chain(self) -> Vec<Self> {
        let mut chain = vec![self];
        let mut range = self.tag();
        while let Some(shorter) = shortened(range) {
            chain.extend(Self::lookup(shorter));
            range = shorter;
        }
        chain.push(Self::ENGLISH);
        chain.dedup();
        chain
    }
}

/// The tags of an `Accept-Language`, the preferred one first.
pub(super) fn accepted_tags(header: &str) -> Vec<&str> {
    let mut ranges: Vec<(&str, f32)> = header
        .split(',')
        .map(|range| {
            let (tag, weight) = range.split_once(';').unwrap_or((range, ""));
            let weight = weight.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse);
            (tag.trim(), weight.unwrap_or(0.0))
        })
        .filter(|(_, weight)| *weight > 0.0)
        .collect();
    // Stable: of equal weight, the first.
    ranges.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    ranges.into_iter().map(|(tag, _)| tag).collect()
}

/// By its tag, which no two files share.
impl PartialEq for Language {
    fn eq(&self, other: &Self) -> bool {
        self.tag() == other.tag()
    }
}

impl Eq for Language {}

impl Hash for Language {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.tag().hash(state);
    }
}

/// The tag without its last subtag, and without a single-letter one before that (RFC 4647, section 3.4).
fn shortened(tag: &str) -> Option<&str> {
    let (shorter, _) = tag.rsplit_once('-')?;
    match shorter.rsplit_once('-') {
        Some((shortest, single)) if single.len() == 1 => Some(shortest),
        _ => Some(shorter),
    }
}

/// A text that names no language we have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownLanguage;

impl fmt::Display for UnknownLanguage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not one of the available languages")
    }
}

impl std::error::Error for UnknownLanguage {}

impl FromStr for Language {
    type Err = UnknownLanguage;

    /// Parses an exact tag, as it is stored; for what a person or a browser asks, see [`Language::lookup`].
    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        Self::all().find(|language| language.tag() == tag).ok_or(UnknownLanguage)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Language({})", self.tag())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(tag: &str) -> Option<&'static str> {
        Language::lookup(tag).map(Language::tag)
    }

    #[test]
    fn of_the_accepted_languages_the_preferred_one_is_taken() {
        let of = |header: &str| Language::accepted(header).map(Language::tag);
        assert_eq!(of("fr-CH, fr;q=0.9, en;q=0.8"), Some("fr"));
        assert_eq!(of("en;q=0.5, es;q=0.9"), Some("es"));
        assert_eq!(of("ja, es;q=0.1"), Some("es"));
        assert_eq!(of("es;q=0, fr;q=0.001"), Some("fr"));
        for none in ["", "*", "ja", "es;q=0", "es;q=x", ";;,,", "q=1"] {
            assert_eq!(of(none), None, "{none}");
        }
    }

    #[test]
    fn lookup_shortens_the_tag_until_a_file_fits() {
        assert_eq!(lookup("fr"), Some("fr"));
        assert_eq!(lookup("fr-BE"), Some("fr"));
        assert_eq!(lookup("FR_be"), Some("fr"));
        assert_eq!(lookup(" es-419 "), Some("es"));
        assert_eq!(lookup("en-GB-oxendict"), Some("en"));
        assert_eq!(lookup("fr-x-private"), Some("fr"));
    }

    #[test]
    fn lookup_finds_nothing_for_what_is_not_there() {
        for tag in ["", "-", "nl", "nl-BE", "fra", "french", "*", "x-fr", "é", "f"] {
            assert_eq!(lookup(tag), None, "{tag:?}");
        }
    }

    #[test]
    fn every_chain_starts_with_its_language_and_ends_in_english_without_repeats() {
        assert_eq!(Language::ENGLISH.tag(), "en");
        assert_eq!(Language::ENGLISH.chain(), [Language::ENGLISH]);
        for language in Language::all() {
            let chain = language.chain();
            assert_eq!(chain.first(), Some(&language));
            assert_eq!(chain.last(), Some(&Language::ENGLISH));
            let mut unique: Vec<_> = chain.iter().map(|language| language.tag()).collect();
            unique.sort_unstable();
            unique.dedup();
            assert_eq!(unique.len(), chain.len());
        }
    }

    #[test]
    fn a_stored_tag_parses_back() {
        for language in Language::all() {
            assert_eq!(language.to_string().parse(), Ok(language));
        }
        assert_eq!("fr-BE".parse::<Language>(), Err(UnknownLanguage));
    }

    #[test]
    fn every_file_is_listed() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/email/locales");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| name.strip_suffix(".ftl").map(str::to_owned))
            .collect();
        files.sort();
        let mut listed: Vec<_> = Language::all().map(Language::tag).collect();
        listed.sort_unstable();
        assert_eq!(files, listed);
    }
}
