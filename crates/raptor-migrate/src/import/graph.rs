//! The graph that scripts make, as a chain of revisions without sections.

use super::script::Script;
use crate::chain::Chain;
use crate::error::{Error, ErrorKind, Result};
use crate::revision::{Dependency, Part, Revision, Section};
use std::collections::BTreeMap;

/// The chain, whose files are the scripts, and the scripts by id. Ids are kept as they are.
pub(super) fn graph(scripts: Vec<Script>) -> Result<(Chain, BTreeMap<String, Script>)> {
    let mut problems = Vec::new();
    for script in &scripts {
        let names = [("id", "", &script.id)].into_iter();
        let labels = script.labels.iter().map(|label| ("role", "label ", label));
        for (key, what, name) in names.chain(labels) {
            if let Some(why) = refused(key, name) {
                problems.push(format!(
                    "{}: {what}{name:?} cannot be kept: {why}",
                    script.file
                ));
            }
        }
    }
    if !problems.is_empty() {
        return Err(Error::new(ErrorKind::Format, problems.join("\n")));
    }
    let is_label = |name: &String| {
        let is_id = scripts.iter().any(|it| it.id == *name);
        !is_id && scripts.iter().any(|it| it.labels.contains(name))
    };
    let revisions = scripts.iter().map(|script| bare(script, is_label));
    let chain = Chain::of(revisions.collect())?;
    let by_id = scripts
        .into_iter()
        .map(|script| (script.id.clone(), script));
    Ok((chain, by_id.collect()))
}

/// Why the header of a file cannot hold a name.
fn refused(key: &str, name: &str) -> Option<String> {
    if name.chars().any(char::is_control) {
        return Some("it holds a control character".to_owned());
    }
    let id = if key == "id" { "" } else { "id=x " };
    let name = name.replace('"', "\"\"");
    let text = format!("-- raptor: {id}{key}=\"{name}\"\n-- raptor:up\n");
    let error = Revision::parse("", &text).err()?;
    let (line, column) = (error.line().unwrap_or(1), error.column().unwrap_or(1));
    let shown = error.to_string();
    let plain = shown
        .strip_prefix(&format!(":{line}:{column}: "))
        .unwrap_or(&shown);
    Some(plain.to_owned())
}

fn bare(script: &Script, is_label: impl Fn(&String) -> bool) -> Revision {
    let depends = script.depends.iter().map(|name| {
        if is_label(name) {
            Dependency::Label(name.clone())
        } else {
            Dependency::Id(name.clone())
        }
    });
    Revision {
        file: script.file.clone(),
        id: script.id.clone(),
        revises: script.revises.clone(),
        depends: depends.collect(),
        labels: script.labels.clone(),
        replaces: None,
        transactional: true,
        phase: None,
        role: None,
        lock: None,
        title: None,
        up: vec![Part::Sql(Section {
            engine: None,
            text: String::new(),
            statements: Vec::new(),
        })],
        down: None,
        irreversible: None,
        verify: Vec::new(),
        undone: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn script(id: &str, revises: &[&str], depends: &[&str], labels: &[&str]) -> Script {
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        Script {
            path: PathBuf::new(),
            file: format!("{id}.py"),
            id: id.to_owned(),
            revises: owned(revises),
            depends: owned(depends),
            labels: owned(labels),
            title: None,
            date: None,
        }
    }

    fn why(scripts: &[Script]) -> String {
        graph(scripts.to_vec()).unwrap_err().to_string()
    }

    #[test]
    fn labels_and_ids_are_told_apart() {
        let scripts = [
            script("b", &["a"], &["side", "c"], &[]),
            script("a", &[], &[], &[]),
            script("c", &[], &[], &["side", "more"]),
        ];
        let (chain, by_id) = graph(scripts.to_vec()).unwrap();
        let ids: Vec<&str> = chain.iter().map(Revision::id).collect();
        assert_eq!(ids, ["a", "c", "b"]);
        let depends: Vec<String> = chain
            .at(2)
            .depends()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(depends, ["label:side", "c"]);
        assert_eq!(by_id["c"].file, "c.py");
    }

    #[test]
    fn what_makes_no_graph_is_named() {
        let long = "x".repeat(33);
        let cases = [
            (
                vec![script("a", &["z"], &[], &[])],
                "a.py: revision a: it revises z, which no file has",
            ),
            (
                vec![script("a", &[], &["z"], &[])],
                "a.py: revision a: it depends on z, which no file has",
            ),
            (
                vec![script("a", &["b"], &[], &[]), script("b", &["a"], &[], &[])],
                "it comes before itself: a after b after a",
            ),
            (
                vec![script("a", &[], &[], &[]), script("a", &[], &[], &[])],
                "a.py has the same id",
            ),
            (
                vec![script("a b", &[], &[], &[]), script("c\"", &[], &[], &[])],
                "a b.py: \"a b\" cannot be kept: \"a b\" holds ' '",
            ),
            (vec![script(&long, &[], &[], &[])], "33 characters"),
            (
                vec![script("a", &[], &[], &["x,y"])],
                "a.py: label \"x,y\" cannot be kept",
            ),
            (
                vec![script("a", &[], &[], &["head"])],
                "`head` means something else",
            ),
            (vec![script("a\nb", &[], &[], &[])], "control character"),
            (vec![script("", &[], &[], &[])], "empty name"),
        ];
        for (scripts, said) in cases {
            let why = why(&scripts);
            assert!(why.contains(said), "{why}\n{said}");
        }
    }
}
