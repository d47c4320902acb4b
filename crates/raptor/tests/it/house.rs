//! The house rules that a machine can check: the crate graph, the code map, file sizes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().unwrap()
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

/// Every file under `folder` with that ending.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|it| it == ending) {
            found.push(path);
        }
    }
    found
}

/// The Raptor crates that each crate depends on, outside its tests.
fn crate_graph() -> BTreeMap<String, BTreeSet<String>> {
    let mut graph = BTreeMap::new();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let manifest: toml::Table = read(entry.unwrap().path().join("Cargo.toml"))
            .parse()
            .unwrap();
        let name = manifest["package"]["name"].as_str().unwrap().to_owned();
        let uses = manifest["dependencies"]
            .as_table()
            .unwrap()
            .keys()
            .filter(|key| key.starts_with("raptor"))
            .cloned()
            .collect();
        graph.insert(name, uses);
    }
    graph
}

/// What is written in backquotes.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn the_crate_graph_is_the_one_in_the_architecture() {
    let text = read(root().join("docs/ARCHITECTURE.md"));
    let declared: BTreeMap<String, BTreeSet<String>> = text
        .lines()
        .filter(|line| line.starts_with("| `raptor"))
        .map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split('|').collect();
            let uses = quoted(cells[2]).into_iter().map(str::to_owned).collect();
            (quoted(cells[0])[0].to_owned(), uses)
        })
        .collect();
    assert_eq!(crate_graph(), declared);
}

#[test]
fn every_file_on_the_code_map_exists() {
    let text = read(root().join("docs/ARCHITECTURE.md"));
    let map = text.split("## Code map").nth(1).unwrap();
    let map = map.split("\n## ").next().unwrap();
    let mut folder = PathBuf::new();
    let mut missing = Vec::new();
    for line in map.lines() {
        for name in quoted(line)
            .into_iter()
            .filter(|name| !name.starts_with(':'))
        {
            let path = if line.starts_with('`') {
                folder = root().join(name);
                folder.clone()
            } else {
                folder.join(name)
            };
            if !path.exists() {
                missing.push(path);
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn files_are_small_and_say_what_they_are_for() {
    let mut wrong = Vec::new();
    for path in files(&root().join("crates"), "rs") {
        let text = read(&path);
        if text.lines().count() > 500 {
            wrong.push(format!("{} is longer than 500 lines", path.display()));
        }
        if path.ends_with("mod.rs") {
            wrong.push(format!(
                "{}: foo.rs beside foo/, never mod.rs",
                path.display()
            ));
        }
        let is_test = path.components().any(|part| part.as_os_str() == "tests");
        let opens = text.starts_with("//!") || is_test || path.ends_with("tests.rs");
        if !opens {
            wrong.push(format!("{} does not say what it is for", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_service_never_reads_the_owners_url() {
    for file in ["serve.rs", "admin.rs", "login.rs", "listener.rs", "http.rs"] {
        let text = read(root().join("crates/raptor/src").join(file));
        assert!(
            !text.contains("DATABASE_OWNER_URL") && !text.contains("migration_url"),
            "{file}"
        );
    }
}

#[test]
fn every_setting_is_in_the_readme() {
    let readme = read(root().join("docs/OPERATING.md"));
    let missing: Vec<_> = raptor::KEYS
        .iter()
        .map(|key| key.env)
        .filter(|name| !readme.contains(&format!("`{name}`")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
