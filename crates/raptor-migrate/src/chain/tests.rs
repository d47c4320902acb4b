//! The graph: its order, its heads, and what is refused.

use super::{Along, Chain};
use crate::error::ErrorKind;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A chain of `(id, header)` pairs.
fn chain(revisions: &[(&str, &str)]) -> crate::Result<Chain> {
    let files: Vec<(String, String)> = revisions
        .iter()
        .map(|(id, more)| {
            let text = format!("-- raptor: id={id} {more}\n-- raptor:up\n");
            (format!("{id}.sql"), text)
        })
        .collect();
    let files: Vec<_> = files
        .iter()
        .map(|(file, text)| (file.as_str(), text.as_str()))
        .collect();
    Chain::embedded(&files)
}

fn ids<'c>(revisions: impl Iterator<Item = &'c crate::Revision>) -> Vec<&'c str> {
    revisions.map(crate::Revision::id).collect()
}

#[test]
fn branches_merges_and_several_bases() {
    let chain = chain(&[
        ("m", "revises=c,b"),
        ("c", "revises=a"),
        ("b", "revises=a"),
        ("a", ""),
        ("z", "labels=side"),
        ("y", "revises=z depends=m"),
        ("x", "depends=label:side"),
    ])
    .unwrap();
    assert_eq!(ids(chain.iter()), ["a", "b", "c", "m", "z", "x", "y"]);
    assert_eq!(ids(chain.heads()), ["m", "x", "y"]);
    assert_eq!(ids(chain.bases()), ["a", "x", "z"]);
    // What something applied depends on is no row of the table of versions.
    let all = vec![true; chain.len()];
    let rows: Vec<_> = chain.effective_heads(&all).into_iter().collect();
    assert_eq!(rows, ["x", "y"]);
}

#[test]
fn a_prefix_names_one_or_none() {
    let chain = chain(&[("ab1", ""), ("ab2", "revises=ab1"), ("ab", "revises=ab2")]).unwrap();
    assert_eq!(chain.revision("ab").unwrap().id(), "ab");
    assert_eq!(chain.revision("ab2").unwrap().id(), "ab2");
    let error = chain.revision("a").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Target);
    assert!(error.to_string().contains("3 ids: ab, ab1, ab2"), "{error}");
    for nothing in ["", "x", "ab12"] {
        assert_eq!(
            chain.revision(nothing).unwrap_err().kind(),
            ErrorKind::Target
        );
    }
}

#[test]
fn what_is_no_graph_is_refused_by_name() {
    let cases: [(&[(&str, &str)], &str); 7] = [
        (&[("a", ""), ("a", "")], "a.sql has the same id"),
        (
            &[("a", "revises=b")],
            "a.sql: revision a: it revises b, which no file has",
        ),
        (
            &[("abc", ""), ("d", "revises=ab")],
            "write the whole id abc",
        ),
        (
            &[("a", "depends=label:x")],
            "it depends on label:x, which no file has",
        ),
        (
            &[("a", "labels=x"), ("b", "labels=x")],
            "a.sql has the label x too",
        ),
        (&[("a", ""), ("b", "labels=a")], "the label a is an id"),
        (
            &[
                ("r", ""),
                ("a", "revises=c,r"),
                ("b", "revises=a"),
                ("c", "depends=b"),
            ],
            "it comes before itself: a after c after b after a",
        ),
    ];
    for (revisions, said) in cases {
        let error = chain(revisions).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Graph);
        assert!(error.to_string().contains(said), "{error}");
    }
}

#[test]
fn a_folder_is_a_chain() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("2_b.sql", b"-- raptor: id=b revises=a\n-- raptor:up\n");
    write("1_a.sql", b"-- raptor: id=a\n-- raptor:up\n");
    write("README.md", b"not a revision");
    std::fs::create_dir(folder.path().join("seeds")).unwrap();
    let chain = Chain::from_dir(folder.path()).unwrap();
    assert_eq!(ids(chain.iter()), ["a", "b"]);
    assert_eq!(chain.revision("a").unwrap().file(), "1_a.sql");

    std::fs::create_dir(folder.path().join("seeds.sql")).unwrap();
    let error = Chain::from_dir(folder.path()).unwrap_err();
    assert_eq!(
        (error.kind(), error.file()),
        (ErrorKind::Io, Some("seeds.sql"))
    );
    std::fs::remove_dir(folder.path().join("seeds.sql")).unwrap();

    write("3_c.sql", b"-- raptor: id=\xff\n");
    let error = Chain::from_dir(folder.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Format);
    assert_eq!(error.file(), Some("3_c.sql"));
    assert!(error.to_string().contains("not UTF-8 (byte 14"), "{error}");
    let error = Chain::from_dir(folder.path().join("none")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
}

/// Any graph: each revision revises or depends on some of those before it, and the files come in
/// any order.
fn graph() -> impl Strategy<Value = Vec<(String, String)>> {
    let node = prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..4);
    prop::collection::vec((node, any::<u16>()), 1..20).prop_flat_map(|nodes| {
        let id = |at: usize| format!("{:04x}_{at}", nodes[at].1);
        let files: Vec<_> = (0..nodes.len())
            .map(|at| {
                let (mut revises, mut depends) = (BTreeSet::new(), BTreeSet::new());
                for (parent, is_dependency) in nodes[at].0.iter().filter(|_| at > 0) {
                    let parent = id(parent.index(at));
                    if *is_dependency {
                        &mut depends
                    } else {
                        &mut revises
                    }
                    .insert(parent);
                }
                let key = |key: &str, ids: BTreeSet<String>| match ids.is_empty() {
                    true => String::new(),
                    false => format!(" {key}={}", ids.into_iter().collect::<Vec<_>>().join(",")),
                };
                (id(at), key("revises", revises) + &key("depends", depends))
            })
            .collect();
        Just(files).prop_shuffle()
    })
}

proptest! {
    #[test]
    fn the_order_is_topological_and_the_same_for_every_order_of_files(files in graph()) {
        let made = |files: &[(String, String)]| {
            let files: Vec<_> = files.iter().map(|(id, more)| (id.as_str(), more.as_str())).collect();
            chain(&files).unwrap()
        };
        let mut sorted = files.clone();
        sorted.sort();
        let (one, other) = (made(&files), made(&sorted));
        prop_assert_eq!(ids(one.iter()), ids(other.iter()));
        for place in 0..one.len() {
            for parent in one.parents(place) {
                prop_assert!(*parent < place);
            }
            // Whatever could have come here by its parents has a greater id.
            for later in place + 1..one.len() {
                let free = one.parents(later).iter().all(|parent| *parent < place);
                prop_assert!(!free || one.at(later).id() > one.at(place).id());
            }
        }
    }

    #[test]
    fn effective_heads_tell_what_is_applied(files in graph(), tips in prop::collection::vec(any::<prop::sample::Index>(), 0..4)) {
        let files: Vec<_> = files.iter().map(|(id, more)| (id.as_str(), more.as_str())).collect();
        let chain = chain(&files).unwrap();
        let applied = chain.before(tips.iter().map(|tip| tip.index(chain.len())), Along::All);
        let rows = chain.effective_heads(&applied);
        let again = chain.before(rows.iter().filter_map(|id| chain.place_of(id)), Along::All);
        prop_assert_eq!(again, applied);
    }
}
