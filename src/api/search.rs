//! How text is folded, sorted and found.
//!
//! Under row-level security only leakproof operators use an index (`=`, `<`, `>=` on text), so that search runs on folded
//! words, by their beginnings: `term >= $2 AND term < $3` in a column of collation "C".

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Longest word that is kept or searched, in characters.
pub const MAX_WORD: usize = 60;

/// Accents and case aside: `É` is `e`, `ß` is `ss`, `ø` is `o`.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            // Letters that Unicode does not decompose.
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'þ' => folded.push_str("th"),
            'ı' => folded.push('i'),
            other => folded.push(other),
        }
    }
    folded
}

/// The folded words of a text: letters, digits and pictographs; the rest separates.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    fold(text)
        .split(|c: char| !(c.is_alphanumeric() || is_pictograph(c)))
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().take(MAX_WORD).collect())
        .collect::<Vec<_>>()
        .into_iter()
}

/// Arrows, symbols and emoji.
const fn is_pictograph(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{2BFF}' | '\u{1F000}'..='\u{1FAFF}')
}

/// The bounds between which the words that begin with `word` lie, in byte order.
#[must_use]
pub fn bounds(word: String) -> (String, String) {
    // The greatest code point: nothing that begins with the word sorts behind it.
    let upper = format!("{word}\u{10FFFF}");
    (word, upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_and_case_do_not_matter() {
        assert_eq!(fold("Éloïse Müller-Łukasz"), "eloise muller-lukasz");
        assert_eq!(fold("STRASSE"), fold("Straße"));
        assert_eq!(words("O'Brien  (née Ångström)").collect::<Vec<_>>(), ["o", "brien", "nee", "angstrom"]);
    }

    #[test]
    fn beginnings_lie_within_their_bounds_and_others_do_not() {
        let (low, high) = bounds("du".to_owned());
        for inside in ["du", "dupont", "du\u{e9}"] {
            assert!(inside >= low.as_str() && inside < high.as_str(), "{inside}");
        }
        for outside in ["d", "dt", "dv", "e"] {
            assert!(!(outside >= low.as_str() && outside < high.as_str()), "{outside}");
        }
    }
}
