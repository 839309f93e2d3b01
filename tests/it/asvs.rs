//! The table of `tests/asvs.md`: each requirement is there once, and each test that it names exists.

use std::collections::BTreeSet;
use std::path::Path;

const TABLE: &str = include_str!("../asvs.md");

/// Levels 1 and 2 of ASVS 5.0.0: chapter and section, and which of its requirements.
const REQUIRED: &[(&str, &[u32])] = &[
    ("6.1", &[1, 2, 3]),
    ("6.2", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
    ("6.3", &[1, 2, 3, 4]),
    ("6.4", &[1, 2, 3, 4]),
    ("6.5", &[1, 2, 3, 4, 5]),
    ("6.6", &[1, 2, 3]),
    ("6.8", &[1, 2, 3, 4]),
    ("7.1", &[1, 2, 3]),
    ("7.2", &[1, 2, 3, 4]),
    ("7.3", &[1, 2]),
    ("7.4", &[1, 2, 3, 4, 5]),
    ("7.5", &[1, 2]),
    ("7.6", &[1, 2]),
    ("9.1", &[1, 2, 3]),
    ("9.2", &[1, 2, 3, 4]),
    ("10.1", &[1, 2]),
    ("10.2", &[1, 2]),
    ("10.3", &[1, 2, 3, 4]),
    ("10.4", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
    ("10.5", &[1, 2, 3, 4, 5]),
    ("10.6", &[1, 2]),
    ("10.7", &[1, 2, 3]),
];

/// Rows: the requirement's number, what it asks for, what shows it.
fn rows() -> Vec<(&'static str, &'static str, &'static str)> {
    let cells = |line: &'static str| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>();
    let rows = TABLE.lines().filter(|line| line.starts_with("| ")).map(cells);
    rows.filter(|cells| cells[0].starts_with(|c: char| c.is_ascii_digit()))
        .map(|cells| (cells[0], cells[1], cells[2]))
        .collect()
}

/// The names of all tests, with their module's: `auth::login::a_name`.
fn tests(folder: &Path, prefix: &str, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let module = match (prefix, stem.as_str()) {
            (_, "mod" | "main" | "lib" | "tests") => prefix.to_owned(),
            ("", stem) => stem.to_owned(),
            (prefix, stem) => format!("{prefix}::{stem}"),
        };
        if path.is_dir() {
            tests(&path, &module, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let names = text.split("fn ").skip(1).filter_map(|rest| rest.split_once('(')).map(|(name, _)| name);
            found.extend(names.map(|name| format!("{module}::{name}")));
        }
    }
}

#[test]
fn each_requirement_is_in_the_table_once() {
    let listed: Vec<&str> = rows().iter().map(|(number, ..)| *number).collect();
    for (section, requirements) in REQUIRED {
        for requirement in *requirements {
            let number = format!("{section}.{requirement}");
            assert_eq!(listed.iter().filter(|other| **other == number).count(), 1, "{number}");
        }
    }
}

#[test]
fn each_requirement_is_shown_by_a_test_that_exists_or_says_why_there_is_none() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut known = BTreeSet::new();
    tests(&root.join("tests/it"), "", &mut known);
    tests(&root.join("src"), "", &mut known);
    for (number, asks, shown) in rows() {
        assert!(!shown.contains("TODO"), "{number}");
        assert!(asks.starts_with("n/a") || !shown.is_empty(), "{number}: shown by nothing");
        for name in shown.split('`').skip(1).step_by(2).filter(|name| name.contains("::")) {
            assert!(known.contains(name), "{number}: there is no test {name}");
        }
    }
}
