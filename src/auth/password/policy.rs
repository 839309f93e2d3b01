//! Which passwords may be chosen: one place, for everything that sets one.
//!
//! 12 to 128 characters (`api::text::NewPassword`), no rules of composition (NIST SP 800-63B-4, section 3.1.1.2); not one of the
//! common ones, and hard to guess for who knows the person and the clinic: zxcvbn's score is 3 or more.

use std::collections::HashSet;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use zxcvbn::feedback::Warning;
use zxcvbn::{Entropy, Score, zxcvbn};

use crate::error::FieldError;

/// The most common passwords that are long enough, in lower case.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common.txt").lines().filter(|line| !line.starts_with("# ")).collect());

/// Known to everybody who attacks us.
const PRODUCT: &str = "medicalpro";
/// What zxcvbn takes for letters.
const SUBSTITUTES: &str = "4@8({[<3691!|0$5+7%2";
/// Words of a name that are shorter turn up in any text.
const SHORTEST_NAME: usize = 3;
/// Bounds the work, whatever a clinic calls itself.
const MOST_NAMES: usize = 64;

/// Why a password was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// It is on the list.
    Common,
    /// It is little more than the person's or the clinic's name or address.
    ContainsName,
    /// It is guessed too soon; why, where that can be said.
    Weak(&'static str),
}

impl Weakness {
    /// 422 for the field at this JSON pointer.
    #[must_use]
    pub fn at(self, pointer: &'static str) -> FieldError {
        let (code, detail) = match self {
            Self::Common => ("password_common", "is one of the most common passwords: choose another"),
            Self::ContainsName => (
                "password_contains_name",
                "is too easy to guess from your or the clinic's name or address: add a few words that have nothing to do with them",
            ),
            Self::Weak(why) => ("password_too_weak", why),
        };
        FieldError::new(pointer, code, detail)
    }
}

/// Checks a password of 12 to 128 characters. `hints`: the person's and the clinic's names and addresses, as they are.
///
/// Takes some milliseconds: for a thread that may block. [`super::Passwords::accept`] has one.
///
/// # Errors
/// Why it is refused.
pub fn check(password: &str, hints: &[&str]) -> Result<(), Weakness> {
    if COMMON.contains(password.nfkc().collect::<String>().to_lowercase().trim()) {
        return Err(Weakness::Common);
    }
    let (folded, names) = (folded(password), names(hints));
    // zxcvbn takes four parts of any kind for strong, names too: so what is left without them must be strong itself.
    let rest = without(&folded, &names);
    if rest.len() < folded.len() && estimate(&rest, &[]).score() < Score::Three {
        return Err(Weakness::ContainsName);
    }
    let estimate = estimate(password, &names.iter().map(String::as_str).collect::<Vec<_>>());
    if estimate.score() < Score::Three {
        return Err(Weakness::Weak(explain(estimate.feedback().and_then(zxcvbn::feedback::Feedback::warning))));
    }
    Ok(())
}

/// How hard a password is to guess. zxcvbn sees through case, substitutes and spelling backwards. It reads 100 characters, some ten
/// milliseconds at most; but it tries all that the substitutes may stand for together: where there are many of them, it is given less.
fn estimate(password: &str, names: &[&str]) -> Entropy {
    let substitutes = SUBSTITUTES.chars().filter(|&substitute| password.contains(substitute)).count();
    let reads = if substitutes > 6 { 24 } else { 100 };
    zxcvbn(&password.chars().take(reads).collect::<String>(), names)
}

/// Lower case without accents.
fn folded(text: &str) -> String {
    text.nfkd().filter(|letter| !is_combining_mark(*letter)).collect::<String>().to_lowercase()
}

/// What is often written for a letter, as that letter; of the same length.
fn spelled_out(folded: &str) -> String {
    let letter = |letter| match letter {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    };
    folded.chars().map(letter).collect()
}

/// The hints' words, and each hint in one word, as people write them: `cabinetduparc`. The longest first.
fn names(hints: &[&str]) -> Vec<String> {
    let mut names = vec![PRODUCT.to_owned()];
    for hint in hints {
        let folded = folded(hint);
        let words = || folded.split(|letter: char| !letter.is_alphanumeric());
        names.push(words().collect());
        names.extend(words().map(str::to_owned));
    }
    names.retain(|name| name.chars().count() >= SHORTEST_NAME);
    names.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
    names.dedup();
    names.truncate(MOST_NAMES);
    names
}

/// A folded password without the names in it.
fn without(folded: &str, names: &[String]) -> String {
    let (mut rest, mut read) = (folded.to_owned(), spelled_out(folded));
    for name in names.iter().map(|name| spelled_out(name)) {
        while let Some(start) = read.find(&name) {
            let end = start + name.len();
            read.replace_range(start..end, "");
            rest.replace_range(start..end, "");
        }
    }
    rest
}

/// zxcvbn's warnings, in our words.
const fn explain(warning: Option<Warning>) -> &'static str {
    match warning {
        Some(Warning::StraightRowsOfKeysAreEasyToGuess | Warning::ShortKeyboardPatternsAreEasyToGuess) => {
            "is too easy to guess: rows of keys are tried first; use a few uncommon words"
        }
        Some(Warning::RepeatsLikeAaaAreEasyToGuess | Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess) => {
            "is too easy to guess: repetition adds little; use a few uncommon words"
        }
        Some(Warning::SequencesLikeAbcAreEasyToGuess) => {
            "is too easy to guess: sequences such as abc or 6543 are tried first; use a few uncommon words"
        }
        Some(Warning::RecentYearsAreEasyToGuess | Warning::DatesAreOftenEasyToGuess) => {
            "is too easy to guess: dates and years are tried first; use a few uncommon words"
        }
        Some(Warning::NamesAndSurnamesByThemselvesAreEasyToGuess | Warning::CommonNamesAndSurnamesAreEasyToGuess) => {
            "is too easy to guess: names are tried first; add a few uncommon words"
        }
        _ => "is too easy to guess: add another word or two, uncommon ones",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HINTS: [&str; 4] = ["Camille", "Durand-Lefèvre", "camille.durand@cabinet-du-parc.example", "Cabinet du Parc"];

    fn refused(password: &str) -> Option<&'static str> {
        check(password, &HINTS).err().map(|weakness| weakness.at("/password").code)
    }

    #[test]
    fn what_is_hard_to_guess_is_accepted_whatever_it_is_made_of() {
        for good in [
            "correct horse battery staple",
            "demo-only-not-a-secret",
            "vxqmtlrwzkphgd",
            "VXQMTLRWZKPHGD",
            "83610574926385017",
            "горький чай на вокзале",
            "冬の朝に猫が静かに歩く道",
            "durand plays marimba on a wet sofa",
            &"zq9 ".repeat(3).replace(' ', "-violet-"),
            "SRzBGTqZxXyH0u7Vw0a1lJ9cP2nD3mK4sR5tU6vW7xY",
        ] {
            assert_eq!(refused(good), None, "{good}");
        }
    }

    #[test]
    fn common_ones_are_refused_however_they_are_written() {
        assert!(COMMON.len() >= 3000, "{}", COMMON.len());
        assert!(COMMON.iter().all(|line| (12..=128).contains(&line.chars().count()) && line.to_lowercase() == **line));
        for common in ["123qweasdzxc", "123QWEasdzxc", "１２３qweasdzxc", "leavemealone", "unbelievable "] {
            assert_eq!(refused(common), Some("password_common"), "{common}");
        }
    }

    #[test]
    fn names_and_addresses_with_a_little_more_are_refused() {
        for named in [
            "CabinetDuParc2026",
            "c4m1lle.Dur@nd!!",
            "durandcamille",
            "Camille-Durand-Lefevre",
            "DURAND-LEFÈVRE 1",
            "MedicalPro2026!",
            "cabinet-du-parc.example",
        ] {
            assert_eq!(refused(named), Some("password_contains_name"), "{named}");
        }
        assert!(refused("crapudtenibac1").is_some(), "spelled backwards");
        for enough in ["Cabinetduparc nadir wombat", "cabinetduparc wombatna"] {
            assert_eq!(check(enough, &HINTS), Ok(()), "a name does no harm beside enough else: {enough}");
        }
    }

    #[test]
    fn what_is_guessed_soon_is_refused_with_a_reason() {
        for (weak, why) in [
            ("abc123abc123abc", "repetition"),
            ("fghijklmnopqrstu", "sequences"),
            ("qwertyuiop1234567", "uncommon"),
            ("Password123456!", "uncommon"),
            ("19841984198419841984", "repetition"),
            ("ytrewqlkjhgfds", "rows of keys"),
        ] {
            let Err(Weakness::Weak(detail)) = check(weak, &HINTS) else { panic!("{weak}: {:?}", refused(weak)) };
            assert!(detail.contains(why), "{weak}: {detail}");
        }
    }

    #[test]
    fn the_work_is_bounded_however_long_the_names() {
        let name = (0..200).map(|number| format!("word{number}")).collect::<Vec<_>>().join(" ");
        assert_eq!(names(&[&name, &name]).len(), MOST_NAMES);
    }

    #[test]
    fn of_many_substitutes_little_is_read() {
        let sequence = |password: &str| estimate(password, &[]).sequence().last().map(|last| last.j);
        assert_eq!(sequence(&SUBSTITUTES.repeat(6)), Some(23), "0.6 s otherwise");
        assert_eq!(sequence(&"p4ss".repeat(30)), Some(99));
    }
}
