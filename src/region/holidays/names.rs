//! What public holidays are called: a line `key = name` for each in every file of `locales`.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::region::Language;

/// Embeds `locales/<tag>.ftl` for each tag; a tag without a file does not compile.
macro_rules! locales {
    ($($tag:literal),+ $(,)?) => {
        &[$(($tag, include_str!(concat!("locales/", $tag, ".ftl")))),+]
    };
}

pub(super) static LOCALES: &[(&str, &str)] = locales!["en", "fr", "es", "de", "it", "pt"];

static NAMES: LazyLock<HashMap<(&str, &str), &str>> = LazyLock::new(|| {
    let of_locale = |(tag, text): &(&'static str, &'static str)| {
        let tag = *tag;
        text.lines().filter_map(move |line| line.split_once(" = ").map(|(key, name)| ((tag, key), name)))
    };
    LOCALES.iter().flat_map(of_locale).collect()
});

/// A holiday's name in this language, else in the next of its chain; the key itself where there is none.
#[must_use]
pub fn name(key: &'static str, language: Language) -> &'static str {
    let named = |language: &Language| NAMES.get(&(language.tag(), key)).copied();
    language.chain().iter().find_map(named).unwrap_or(key)
}
