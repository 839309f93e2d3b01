//! What problems say, in every language.
//!
//! A problem is written in English where its cause is; that English is how its translations are found. `locales/en.ftl` gives each
//! text a key, made of the stable code, and the other files say the same under the same key. What stands in the English for a
//! `{ $value }` is carried over. Adding a text is a line in each file; adding a language is a file, and its tag below.
//!
//! Invariant: a problem is whole in one language. Where a language lacks one of its texts, all of it is English.

use std::collections::HashMap;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use super::problem::Problem;
use crate::region::Language;

/// Embeds `locales/<tag>.ftl` for each tag; a tag without a file does not compile.
macro_rules! locales {
    ($($tag:literal),+ $(,)?) => {
        &[$(($tag, include_str!(concat!("locales/", $tag, ".ftl")))),+]
    };
}

/// English first: by its texts the others are found.
static LOCALES: &[(&str, &str)] = locales!["en", "fr", "es", "de", "it", "pt"];

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    Catalogue::new(LOCALES).unwrap_or_else(|broken| {
        // A test reads what we ship; nobody is to be without an answer because of it.
        tracing::error!(broken, "problems are told in English only");
        Catalogue::default()
    })
});

/// The problem in a language, and the language that it is in: this one, the next of its chain that has all that the problem says, or
/// English as it was.
pub(super) fn translated(problem: Problem, language: Language) -> (Problem, Language) {
    let found =
        language.chain().into_iter().take_while(|language| *language != Language::ENGLISH).find_map(|language| {
            let translated = problem.map_texts(|english| CATALOGUE.say(language.tag(), english))?;
            Some((translated, language))
        });
    found.unwrap_or((problem, Language::ENGLISH))
}

/// Whether a text of a problem has its line in the locales; tests hold every failure to it.
#[must_use]
pub fn is_known(english: &str) -> bool {
    CATALOGUE.find(english).is_some()
}

/// All texts, by English.
#[derive(Default)]
struct Catalogue {
    keys: HashMap<String, String>,
    patterns: Vec<Pattern>,
    locales: HashMap<&'static str, FluentBundle<FluentResource>>,
}

/// An English text with values in it.
struct Pattern {
    key: String,
    /// What stands before the first value, and what behind each, with the value's name.
    before: String,
    values: Vec<(String, String)>,
}

impl Catalogue {
    fn new(locales: &[(&'static str, &str)]) -> Result<Self, String> {
        let mut catalogue = Self::default();
        for (tag, source) in locales {
            catalogue.locales.insert(tag, bundle(tag, source)?);
        }
        let english = catalogue.locales.get("en").ok_or("no English")?;
        let source = locales.iter().find(|(tag, _)| *tag == "en").map_or("", |(_, source)| source);
        for key in keys(source) {
            // Without its values Fluent writes their names, as in `{$max}`.
            let text = format(english, key, None).ok_or_else(|| key.to_owned())?;
            match Pattern::of(key, &text) {
                Some(pattern) => catalogue.patterns.push(pattern),
                None => drop(catalogue.keys.insert(text, key.to_owned())),
            }
        }
        // The one that says most by itself is the one that is meant.
        catalogue.patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.literal()));
        Ok(catalogue)
    }

    /// The key of an English text, and the values in it.
    fn find<'a>(&'a self, english: &'a str) -> Option<(&'a str, Vec<(&'a str, &'a str)>)> {
        let exact = self.keys.get(english).map(|key| (key.as_str(), Vec::new()));
        exact.or_else(|| {
            self.patterns.iter().find_map(|pattern| Some((pattern.key.as_str(), pattern.values_in(english)?)))
        })
    }

    fn say(&self, tag: &str, english: &str) -> Option<String> {
        let (key, values) = self.find(english)?;
        let mut arguments = FluentArgs::new();
        for (name, value) in values {
            // As a number it decides between singular and plural.
            arguments.set(name, FluentValue::try_number(value));
        }
        format(self.locales.get(tag)?, key, Some(&arguments))
    }
}

impl Pattern {
    fn of(key: &str, text: &str) -> Option<Self> {
        let mut parts = text.split("{$");
        let before = parts.next()?.to_owned();
        let values: Option<Vec<_>> =
            parts.map(|part| part.split_once('}').map(|(name, behind)| (name.to_owned(), behind.to_owned()))).collect();
        values.filter(|values| !values.is_empty()).map(|values| Self { key: key.to_owned(), before, values })
    }

    fn literal(&self) -> usize {
        self.before.len() + self.values.iter().map(|(_, behind)| behind.len()).sum::<usize>()
    }

    fn values_in<'a>(&'a self, text: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
        let mut rest = text.strip_prefix(&self.before)?;
        let mut found = Vec::new();
        for (index, (name, behind)) in self.values.iter().enumerate() {
            let last = index + 1 == self.values.len();
            let at = if last { rest.len().checked_sub(behind.len())? } else { rest.find(behind.as_str())? };
            let (value, tail) = rest.split_at_checked(at)?;
            rest = tail.strip_prefix(behind.as_str())?;
            found.push((name.as_str(), value));
        }
        rest.is_empty().then_some(found)
    }
}

/// The keys of a file: what stands at the beginning of a line, before ` =`.
fn keys(source: &str) -> impl Iterator<Item = &str> {
    source
        .lines()
        .filter_map(|line| line.split_once(" =").map(|(key, _)| key))
        .filter(|key| !key.starts_with([' ', '#', '[']))
}

fn bundle(tag: &str, source: &str) -> Result<FluentBundle<FluentResource>, String> {
    let resource = FluentResource::try_new(source.to_owned()).map_err(|(_, errors)| format!("{tag}: {errors:?}"))?;
    let mut bundle = FluentBundle::new_concurrent(vec![tag.parse().map_err(|error| format!("{tag}: {error:?}"))?]);
    // Isolation marks would show in logs and consoles; values are numbers and names of ours.
    bundle.set_use_isolating(false);
    bundle.add_resource(resource).map_err(|errors| format!("{tag}: {errors:?}"))?;
    Ok(bundle)
}

/// With values, strictly: a message that asks for another value than the English has is none.
fn format(bundle: &FluentBundle<FluentResource>, key: &str, values: Option<&FluentArgs<'_>>) -> Option<String> {
    let pattern = bundle.get_message(key)?.value()?;
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, values, &mut errors).into_owned();
    (errors.is_empty() || values.is_none()).then_some(text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn catalogue() -> Catalogue {
        Catalogue::new(LOCALES).expect("the files are sound")
    }

    #[test]
    fn every_language_says_everything_with_the_same_values() {
        let catalogue = catalogue();
        let english: BTreeSet<&str> = keys(LOCALES[0].1).collect();
        assert!(
            english.len() > 80 && catalogue.keys.len() + catalogue.patterns.len() == english.len(),
            "each text once"
        );
        for (tag, source) in LOCALES {
            let own: Vec<&str> = keys(source).collect();
            assert_eq!(own.len(), own.iter().collect::<BTreeSet<_>>().len(), "{tag}: a key twice");
            let own: BTreeSet<&str> = own.into_iter().collect();
            let (missing, foreign): (Vec<_>, Vec<_>) =
                (english.difference(&own).collect(), own.difference(&english).collect());
            assert!(missing.is_empty() && foreign.is_empty(), "{tag}: lacks {missing:?}, has {foreign:?}");
            for key in &english {
                let text = |tag: &str| format(&catalogue.locales[tag], key, None).unwrap();
                let (said, meant) = (text(tag), text("en"));
                assert!(!said.trim().is_empty(), "{tag}: {key}");
                // A plural has its value in all its forms; which is taken does not matter here.
                let values = |text: &str| text.matches("{$").count() > 0;
                assert_eq!(values(&said), values(&meant), "{tag}: {key}: {said}");
                if let Some(pattern) = Pattern::of(key, &meant) {
                    for value in ["1", "7"] {
                        let english = pattern
                            .values
                            .iter()
                            .fold(pattern.before.clone(), |text, (_, behind)| text + value + behind);
                        let said = catalogue.say(tag, &english);
                        let count = said.as_ref().map(|said| said.matches(value).count());
                        assert!(count >= Some(1) || value == "1" && said.is_some(), "{tag}: {key}: {said:?}");
                    }
                }
                // A text that was forgotten is still English; words that are the same in both are short.
                assert!(*tag == "en" || said != meant || said.len() < 10, "{tag}: {key}: {said}");
            }
        }
    }

    #[test]
    fn every_language_that_we_write_in_has_its_file_and_every_file_its_tag() {
        for language in Language::all() {
            assert!(LOCALES.iter().any(|(tag, _)| *tag == language.tag()), "{language}");
        }
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/http/locales");
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap().replace(".ftl", ""))
            .collect();
        assert_eq!(files, LOCALES.iter().map(|(tag, _)| (*tag).to_owned()).collect());
    }

    #[test]
    fn values_are_carried_over_and_numbers_decide_the_plural() {
        let catalogue = catalogue();
        let french = |english: &str| catalogue.say("fr", english);
        assert_eq!(french("must have at least 12 characters").as_deref(), Some("doit compter au moins 12 caractères"));
        assert_eq!(french("must have at least 1 characters").as_deref(), Some("doit compter au moins un caractère"));
        assert!(french("must be one of: female, male").unwrap().ends_with("female, male"));
        assert!(french("is not a valid SIRET, such as 732 829 320 00074").unwrap().contains("732 829 320 00074"));
        assert_eq!(french("There is more than one Host.").unwrap().matches("Host").count(), 1);
        assert_eq!(french("A text that nobody has translated."), None);
    }

    fn problem(detail: &str) -> Problem {
        Problem {
            kind: "urn:medicalpro:problem:not_found".into(),
            title: "Not Found".into(),
            status: 404,
            code: "not_found".into(),
            detail: detail.into(),
            request_id: "1".into(),
            errors: None,
        }
    }

    #[test]
    fn a_problem_is_whole_in_one_language() {
        let french = Language::lookup("fr").unwrap();
        let (told, language) = translated(problem("There is nothing here."), french);
        assert_eq!((language, told.code.as_str()), (french, "not_found"));
        assert!(told.title != "Not Found" && told.detail != "There is nothing here.", "{told:?}");
        let (told, language) = translated(problem("A text that nobody has translated."), french);
        assert_eq!((language, told.title.as_str()), (Language::ENGLISH, "Not Found"));
    }
}
