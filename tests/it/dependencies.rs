//! `tests/dependencies.md` says what is true of the direct dependencies: which there are, where they are kept, and what the sources in use show.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// A row of the table: where it is kept, and what it touches.
#[derive(Debug)]
struct Row {
    why: String,
    kept: String,
    touches: BTreeSet<String>,
}

fn table() -> BTreeMap<String, Row> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dependencies.md");
    let text = std::fs::read_to_string(file).expect("tests/dependencies.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |"));
    let row = |line: &str| {
        let [name, why, kept, touches] = line.split(" | ").collect::<Vec<_>>()[..] else { panic!("{line}") };
        let touches = touches.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect();
        (name.trim_end_matches('`').to_owned(), Row { why: why.into(), kept: kept.into(), touches })
    };
    rows.map(row).collect()
}

/// What cargo knows of the packages that are built here.
fn metadata() -> Value {
    let version = Command::new("rustc").arg("-vV").output().expect("rustc").stdout;
    let version = String::from_utf8(version).expect("text");
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--locked", "--filter-platform", host])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo metadata");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Whether a crate's sources have a block, function or implementation that is unsafe.
fn is_unsafe(folder: &Path) -> bool {
    std::fs::read_dir(folder).expect("sources").any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return is_unsafe(&path);
        }
        let text = || String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        path.extension().is_some_and(|extension| extension == "rs")
            && text().split("unsafe").skip(1).any(|after| {
                let after = after.trim_start();
                ["{", "fn ", "impl ", "impl<"].iter().any(|begin| after.starts_with(begin))
            })
    })
}

#[test]
fn the_table_of_dependencies_is_what_cargo_knows() {
    let (table, metadata) = (table(), metadata());
    let packages = metadata["packages"].as_array().unwrap();
    let ours = packages.iter().find(|package| package["name"] == env!("CARGO_PKG_NAME")).unwrap();
    let names = |package: &Value| package["name"].as_str().unwrap().to_owned();
    let direct: BTreeSet<String> = ours["dependencies"].as_array().unwrap().iter().map(names).collect();
    assert!(direct.contains("tokio"), "control");
    assert_eq!(table.keys().cloned().collect::<BTreeSet<_>>(), direct);

    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let node = nodes.iter().find(|node| node["id"] == ours["id"]).unwrap();
    let mut wrong = Vec::new();
    for dependency in node["deps"].as_array().unwrap() {
        let package = packages.iter().find(|package| package["id"] == dependency["pkg"]).unwrap();
        let name = names(package);
        let Row { why, kept, touches } = &table[&name];
        let repository = package["repository"].as_str().unwrap_or_default().trim_start_matches("https://github.com/");
        let repository = repository.split('/').take(2).collect::<Vec<_>>().join("/");
        let repository = repository.trim_end_matches(".git");
        if why.is_empty() || kept != repository {
            wrong.push(format!("{name} is kept in {repository}"));
        }
        let manifest = Path::new(package["manifest_path"].as_str().unwrap());
        let runs = package["targets"].as_array().unwrap().iter().any(|target| target["kind"][0] == "custom-build");
        for (word, there) in [("unsafe", is_unsafe(&manifest.with_file_name("src"))), ("build script", runs)] {
            if touches.contains(word) != there {
                wrong.push(format!("{name}: {word} is {there}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
