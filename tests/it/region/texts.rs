//! Every text of a problem that the source writes has its line in the locales. Whoever adds one adds a line to each file of
//! `src/http/locales`; that all files have the same lines is tested beside them (`http::texts`).

use std::collections::BTreeSet;

use medicalpro::http::texts::is_known;

use crate::architecture::sources;

/// Where no text for a client of the API is written: what they say is for operators, or for the spec.
const ELSEWHERE: [&str; 15] = [
    "commands/",
    "verification/",
    "http/spec.rs",
    "http/docs.rs",
    "http/probe.rs",
    "provisioning/",
    "telemetry",
    "embedded/",
    "config",
    "main.rs",
    "app",
    "dev",
    "email/",
    "database",
    "secrets.rs",
];

/// What stands before a text that is not a problem's: a status of the spec's, an example, a description, an error of a parser whose
/// words nobody is told.
const NOT_TOLD: [&str; 6] = ["ParseError::custom(", "sample(", "checked(", "description: ", "anyhow!(", "bail!("];

/// The string literals of a text of Rust, each with what stands before it on its line.
fn literals(code: &str) -> Vec<(&str, String)> {
    let (mut found, mut rest, mut offset) = (Vec::new(), code, 0);
    while let Some(at) = rest.find('"') {
        let begin = offset + at + 1;
        // A character, as in '"', or the end of a raw string's mark.
        if code[..begin - 1].ends_with('\'') {
            (rest, offset) = (&code[begin..], begin);
            continue;
        }
        let (mut end, mut escaped) = (begin, false);
        for (index, c) in code[begin..].char_indices() {
            end = begin + index;
            match c {
                '\\' if !escaped => escaped = true,
                '"' if !escaped => break,
                _ => escaped = false,
            }
        }
        found.push((&code[..begin - 1], unescaped(&code[begin..end])));
        (rest, offset) = (&code[end + 1..], end + 1);
    }
    found
}

/// A line that ends with a backslash goes on where the next one begins.
fn unescaped(text: &str) -> String {
    let mut lines = text.split("\\\n");
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |text, line| text + line.trim_start()).replace("\\\"", "\"")
}

/// Whether it reads like a problem: a sentence, or what a field must be.
fn reads_like_one(text: &str) -> bool {
    let sentence = text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.contains(' ')
        && text.ends_with('.')
        && !text.contains('\n');
    sentence || ["must ", "is ", "was ", "has "].iter().any(|begin| text.starts_with(begin))
}

/// With a value for each placeholder of `format!`.
fn filled(text: &str) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, (_, behind))) =
        rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    {
        filled.extend([before, "7"]);
        rest = behind;
    }
    filled + rest
}

fn told() -> BTreeSet<(String, String)> {
    let mut told = BTreeSet::new();
    for source in sources().iter().filter(|source| !ELSEWHERE.iter().any(|path| source.path.starts_with(path))) {
        for (before, text) in literals(&source.code) {
            let before = before.trim_end();
            // `201, "Registered."`: a status of the spec's.
            let status = before.trim_end_matches([',', ' ', '(']).ends_with(|c: char| c.is_ascii_digit());
            let not_told = |mark: &&str| before.ends_with(mark.trim_end());
            let header = before.rsplit_once("text_header(").is_some_and(|(_, since)| !since.contains(')'));
            // The example of a text type, before its check.
            let example = source.path == "api/text/mod.rs" && before.ends_with(',');
            if reads_like_one(&text) && !status && !header && !example && !NOT_TOLD.iter().any(not_told) {
                told.insert((source.path.clone(), filled(&text)));
            }
        }
    }
    told
}

#[test]
fn every_text_that_the_source_tells_is_translated() {
    let told = told();
    let unknown: Vec<_> = told.iter().filter(|(_, text)| !is_known(text)).collect();
    assert!(unknown.is_empty(), "no line in src/http/locales/*.ftl for {unknown:#?}");
    // This test sees them.
    for (path, text) in [
        ("error.rs", "Your role does not allow this operation."),
        ("auth/caller.rs", "The session has ended."),
        ("api/schema.rs", "must have at least 7 characters"),
        ("api/text/checks.rs", "must be an e-mail address"),
        ("resources/patients/mod.rs", "Another patient has this number."),
        ("region/numbers/mod.rs", "is not a postal code of 7, such as 7"),
    ] {
        assert!(told.contains(&(path.to_owned(), text.to_owned())), "{path}: {text} in {told:#?}");
    }
    assert!(!is_known("A text that nobody has translated."));
}

#[test]
fn every_key_begins_with_a_code_of_the_source() {
    let sources = sources();
    let english = include_str!("../../../src/http/locales/en.ftl");
    let keys = english
        .lines()
        .filter_map(|line| line.split_once(" =").map(|(key, _)| key))
        .filter(|key| !key.starts_with(['#', ' ']));
    for key in keys {
        let code = key.split('-').next().unwrap();
        let named = format!("\"{code}\"");
        assert!(code == "title" || sources.iter().any(|source| source.code.contains(&named)), "{key}: no code {code}");
    }
}
