//! Imports run one way, and what must be named in one place only is. Read from the source text: comments and unit tests aside.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The modules, lowest first: each imports from the rows above its own, and from no other of its row.
const LAYERS: &[&[&str]] = &[
    &["ids", "error", "secrets", "region", "telemetry", "embedded"],
    &["sql"],
    &["database"],
    &["central"],
    &["clinic"],
    &["email"],
    &["api"],
    &["auth"],
    &["provisioning", "resources"],
    &["http", "verification"],
    &["config"],
    &["app"],
    &["dev"],
];

/// Macros stand at the crate's root, whichever module declares them.
const MACROS: [(&str, &str); 2] = [("transaction", "database"), ("from_row", "sql")];

/// What may be named in a few places only: the text, and the files or folders that may.
const NAMED_ONLY_IN: &[(&str, &[&str])] = &[
    // A caller is built where a token was verified, and once for the worker's own proof.
    ("Caller::verified(", &["auth/caller.rs", "provisioning/steps.rs"]),
    // And what nobody asked for, where mail is sent.
    ("Errand::to(", &["email/patients.rs"]),
    // And a link where its token was verified.
    ("Link::verified(", &["auth/link.rs"]),
    ("LinkToken::open(", &["auth/link.rs"]),
    ("medicalpro_link", &["clinic/context.rs", "provisioning/schema.rs"]),
    ("medicalpro_worker", &["clinic/context.rs", "provisioning/schema.rs"]),
    ("ClinicTx::new(", &["clinic/connections.rs"]),
    ("Tx::new(connection", &["central/mod.rs", "clinic/connections.rs"]),
    // A clinic whose id the caller chooses, and an address that is proven without a token: the demo's, beside the real way.
    ("Entry::of(", &["auth/register/mod.rs", "dev/demo/clinics.rs"]),
    ("NewCompany {", &["auth/register/entry.rs", "central/companies.rs"]),
    ("address_proven(", &["central/users.rs", "dev/demo/clinics.rs"]),
    // Connections and pools.
    ("deadpool_postgres", &["database.rs", "central/mod.rs", "clinic/"]),
    ("tokio_postgres::Client", &["database.rs", "clinic/connections.rs", "provisioning/", "verification/"]),
    ("tokio_postgres::{Client", &["provisioning/", "verification/"]),
    ("database::connect", &["provisioning/", "commands/clinics.rs", "verification/attempt.rs"]),
    ("database::{connect", &["clinic/credentials.rs", "provisioning/"]),
    ("NoTls", &["embedded/server.rs"]),
    // Statements that no `sql!` declares.
    (
        ".batch_execute(",
        &["database.rs", "database/listener.rs", "clinic/credentials.rs", "provisioning/", "verification/"],
    ),
    ("simple_query", &[]),
    ("query_raw", &[]),
    // The environment: settings are declared in config.rs, for clap to read.
    ("std::env", &["embedded/binaries.rs", "embedded/place.rs"]),
    ("env::var", &["embedded/binaries.rs", "embedded/place.rs"]),
    ("_from_env", &["telemetry.rs"]),
    // What the process says, it says in its commands or in the log.
    ("print!(", &[]),
    ("println!(", &["main.rs", "commands/"]),
    // Parsing refuses such fields, and a stored answer (Idempotency-Key) is parsed again.
    ("read_only", &[]),
    (".unwrap()", &[]),
    ("#[allow", &[]),
    ("#![allow", &[]),
];

/// Longer than 400 lines, and to be split. This list only shrinks.
const TOO_LONG: [&str; 0] = [];
const LINES: usize = 400;

/// A file of `src`.
pub struct Source {
    /// Below `src`, with slashes.
    pub path: String,
    /// All of it.
    pub text: String,
    /// Without comments and unit tests.
    pub code: String,
}

impl Source {
    /// The module of the crate's root that it belongs to.
    fn module(&self) -> &str {
        self.path.split(['/', '.']).next().unwrap()
    }

    /// Modules of the crate's root that its code names.
    fn imports(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for (at, _) in self.code.match_indices("crate::") {
            // `$crate::` is whoever uses the macro; `mycrate::` is none of ours.
            if self.code[..at].ends_with(|c: char| c == '$' || c == '_' || c.is_alphanumeric()) {
                continue;
            }
            let rest = &self.code[at + "crate::".len()..];
            match rest.strip_prefix('{') {
                Some(group) => found.extend(first_names(group)),
                None => found.extend(leading_name(rest)),
            }
        }
        found.into_iter().map(|name| declared_in(&name).unwrap_or(name)).collect()
    }
}

fn declared_in(name: &str) -> Option<String> {
    MACROS.iter().find(|(exported, _)| *exported == name).map(|(_, module)| (*module).to_owned())
}

fn leading_name(text: &str) -> Option<String> {
    let name: String = text.trim_start().chars().take_while(|c| *c == '_' || c.is_alphanumeric()).collect();
    (!name.is_empty()).then_some(name)
}

/// Of `a::b, c, d::{e, f}}`, what stands before the closing brace: a, c and d.
fn first_names(group: &str) -> Vec<String> {
    let (mut depth, mut names, mut expecting) = (0_usize, Vec::new(), true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expecting = true,
            c if expecting && !c.is_whitespace() => {
                names.extend(leading_name(&group[at..]));
                expecting = false;
            }
            _ => {}
        }
    }
    names
}

/// All files of `src` but unit tests in files of their own.
pub fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let read = |file: PathBuf| {
        let path = file.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        let text = std::fs::read_to_string(&file).unwrap();
        let code = code(&text);
        Source { path, text, code }
    };
    files.into_iter().map(read).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("tests") {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            files.push(path);
        }
    }
}

/// Unit tests stand last in their file.
fn code(text: &str) -> String {
    let before_tests = text.split("#[cfg(test)]").next().unwrap();
    before_tests.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&module))
}

/// What breaks the table: `from imports to`.
fn against_the_layers(sources: &[Source]) -> Vec<String> {
    let mut broken = Vec::new();
    // The binary stands above all of them.
    let of_the_binary = |path: &str| matches!(path, "main.rs" | "lib.rs") || path.starts_with("commands/");
    for source in sources.iter().filter(|source| !of_the_binary(&source.path)) {
        let own = layer(source.module());
        for import in source.imports().iter().filter(|import| *import != source.module()) {
            if own.is_none() || layer(import).is_none() || layer(import) >= own {
                broken.push(format!("{} imports {import}", source.path));
            }
        }
    }
    broken
}

#[test]
fn imports_run_one_way() {
    let sources = sources();
    assert_eq!(against_the_layers(&sources), Vec::<String>::new());
    // This test can fail.
    let made_up = |path: &str, text: &str| Source { path: path.into(), text: text.into(), code: code(text) };
    let backwards = [
        made_up("clinic/pool.rs", "use crate::{ids::Role, auth::{caller, token}, error};"),
        made_up("resources/rooms.rs", "fn f() { crate::provisioning::go() }"),
        made_up("central/rooms.rs", "// use crate::auth;\nuse crate::transaction;\n#[cfg(test)]\nuse crate::app;"),
    ];
    let expected = ["clinic/pool.rs imports auth", "resources/rooms.rs imports provisioning"];
    assert_eq!(against_the_layers(&backwards), expected);
}

#[test]
fn every_module_has_its_layer() {
    let declared: BTreeSet<String> = sources()
        .iter()
        .find(|source| source.path == "lib.rs")
        .unwrap()
        .code
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';').map(str::to_owned))
        .collect();
    let placed: BTreeSet<String> = LAYERS.concat().into_iter().map(str::to_owned).collect();
    assert_eq!(placed, declared);
    assert_eq!(placed.len(), LAYERS.concat().len(), "each once");
}

#[test]
fn nothing_reaches_the_root_but_by_its_name() {
    for source in sources() {
        assert!(!source.code.contains("super::super::"), "{}: say crate::", source.path);
        let at_the_root = !source.path.contains('/');
        let upwards = source.code.lines().any(|line| line.starts_with("use super::"));
        assert!(!(at_the_root && upwards), "{}: say crate::", source.path);
    }
}

#[test]
fn resources_never_import_each_other() {
    let mut seen = 0;
    for source in
        sources().iter().filter(|source| source.path.starts_with("resources/") && source.path != "resources/mod.rs")
    {
        assert!(!source.code.contains("crate::resources"), "{}", source.path);
        // In a resource's own root, `super` is the folder of all resources.
        let is_root = match source.path.matches('/').count() {
            1 => true,
            2 => source.path.ends_with("/mod.rs"),
            _ => false,
        };
        let upwards = source.code.lines().any(|line| line.starts_with("use super::"));
        assert!(!(is_root && upwards), "{}", source.path);
        seen += 1;
    }
    assert!(seen > 0);
}

#[test]
fn every_resource_is_in_every_list() {
    let sources = sources();
    let lists = &sources.iter().find(|source| source.path == "resources/mod.rs").unwrap().code;
    let resources: BTreeSet<&str> = sources
        .iter()
        .filter_map(|source| source.path.strip_prefix("resources/"))
        .filter(|path| *path != "mod.rs")
        .map(|path| path.split(['/', '.']).next().unwrap())
        .collect();
    assert!(resources.contains("patients"));
    for resource in resources {
        assert!(lists.contains(&format!("pub mod {resource};")), "{resource} is no module");
        // One that lies in central has none on a clinic's database.
        let of_clinics = sources.iter().any(|source| {
            source.path.strip_prefix("resources/").is_some_and(|path| path.split(['/', '.']).next() == Some(resource))
                && source.code.contains("sql! { Clinic;")
        });
        let gathered = lists.contains(&format!("{resource}::STATEMENTS"));
        assert_eq!(gathered, of_clinics, "{resource}'s statements are not gathered");
        let list = |begins: &str| lists.split_once(begins).unwrap().1.split('}').next().unwrap().to_owned();
        assert!(list("pub type Api").contains(&format!("{resource}::")), "{resource} is not in the API's type");
        assert!(list("pub const fn api()").contains(&format!("{resource}::")), "{resource} has no operations");
    }
}

#[test]
fn what_belongs_in_one_place_is_named_there_only() {
    let sources = sources();
    let mut wrong = Vec::new();
    for (text, places) in NAMED_ONLY_IN {
        let named: Vec<&str> =
            sources.iter().filter(|source| source.code.contains(text)).map(|source| source.path.as_str()).collect();
        let elsewhere = named.iter().filter(|path| !places.iter().any(|place| path.starts_with(place)));
        wrong.extend(elsewhere.map(|path| format!("{path} names {text}")));
        // A list that allows more than there is would let it come back unseen.
        let unused = places.iter().filter(|place| !named.iter().any(|path| path.starts_with(**place)));
        wrong.extend(unused.map(|place| format!("{place} does not name {text}: tighten the list")));
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn files_stay_short() {
    let lengths: BTreeMap<String, usize> =
        sources().into_iter().map(|source| (source.path, source.text.lines().count())).collect();
    let long: Vec<String> = lengths
        .iter()
        .filter(|(path, lines)| **lines > LINES && !TOO_LONG.contains(&path.as_str()))
        .map(|(path, lines)| format!("{path}: {lines} lines"))
        .collect();
    assert_eq!(long, Vec::<String>::new());
    for path in TOO_LONG {
        assert!(
            lengths.get(path).is_some_and(|lines| *lines > LINES),
            "{path} is short enough: strike it off the list"
        );
    }
}
