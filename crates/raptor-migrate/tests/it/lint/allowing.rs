//! `-- lint: allow RULE because …`.

use super::chain_of;
use raptor_migrate::{Lint, LintOptions, lint};

fn look(text: &str) -> Lint {
    let mut options = LintOptions::default();
    options.only = Some(["b2".to_owned()].into());
    lint(
        &chain_of(&format!("-- raptor: id=b2 revises=a1\n{text}")),
        &options,
    )
}

fn found(text: &str) -> Vec<(&'static str, usize)> {
    look(text)
        .findings
        .iter()
        .map(|it| (it.rule, it.line))
        .collect()
}

const NONE: [(&str, usize); 0] = [];

#[test]
fn a_reason_allows() {
    let text = "-- raptor:up\n-- The notes go.\n-- lint: allow drop-table because no release has read them since 2.4\nDROP TABLE notes;\nDROP TABLE tags;\n";
    assert_eq!(found(text), [("drop-table", 6)]);
    let lint = look(text);
    let allowed = &lint.allowed[0];
    assert_eq!(
        (
            allowed.rule.as_str(),
            allowed.line,
            allowed.file.as_str(),
            allowed.revision.as_str()
        ),
        ("drop-table", 4, "2.sql", "b2")
    );
    assert_eq!(allowed.because, "no release has read them since 2.4");
    assert!(
        lint.to_string()
            .ends_with("1 error and 0 warnings in 1 revision; 1 allowed by the files.\n")
    );
}

#[test]
fn several_rules_and_several_lines() {
    let text = "-- raptor:up sqlite\n-- raptor:up postgres\n-- lint: allow drop-table, cascade because nobody uses it\nDROP TABLE notes CASCADE;\n\
                --lint:allow drop-table because a\n-- between\n-- lint: allow cascade because b\nDROP TABLE tags CASCADE;\n";
    assert_eq!(found(text), NONE);
    assert_eq!(look(text).allowed.len(), 4);
}

#[test]
fn without_a_reason_it_allows_nothing() {
    for said in [
        "-- lint: allow drop-table",
        "-- lint: allow drop-table because",
        "-- lint: allow drop-table because   ",
    ] {
        let text = format!("-- raptor:up\n{said}\nDROP TABLE notes;\n");
        assert_eq!(
            found(&text),
            [("allow-without-reason", 3), ("drop-table", 4)],
            "{said}"
        );
    }
}

#[test]
fn what_finds_nothing_is_found() {
    let text = "-- raptor:up\n-- lint: allow drop-table, cascade because nobody uses it\nDROP TABLE notes;\n";
    assert_eq!(found(text), [("allow-unused", 3)]);
    // Also where another statement would need it.
    let text = "-- raptor:up\n-- lint: allow drop-table because x\nSELECT 1;\nDROP TABLE notes;\n";
    assert_eq!(found(text), [("allow-unused", 3), ("drop-table", 5)]);
}

#[test]
fn what_cannot_be_understood_is_found() {
    let wrong = [
        "-- lint: allow no-such-rule because x\nDROP TABLE notes;",
        "-- lint: allow because x\nDROP TABLE notes;",
        "-- lint: ignore drop-table because x\nDROP TABLE notes;",
        "SELECT 1; -- lint: allow drop-table because x\nDROP TABLE notes;",
        "DROP TABLE -- lint: allow drop-table because x\nnotes;",
        "DROP TABLE notes; -- lint: allow drop-table because x",
        "DROP TABLE notes;\n-- lint: allow drop-table because x",
    ];
    for text in wrong {
        let found = found(&format!("-- raptor:up\n{text}\n"));
        let mut rules: Vec<_> = found.iter().map(|(rule, _)| *rule).collect();
        rules.sort_unstable();
        assert_eq!(rules, ["allow-unreadable", "drop-table"], "{text}");
    }
}

#[test]
fn a_string_or_a_block_comment_allows_nothing() {
    for text in [
        "SELECT '\n-- lint: allow drop-table because x\n';\nDROP TABLE notes;",
        "/*\n-- lint: allow drop-table because x\n*/\nDROP TABLE notes;",
    ] {
        assert!(
            found(&format!("-- raptor:up\n{text}\n"))
                .iter()
                .all(|(rule, _)| *rule == "drop-table"),
            "{text}"
        );
    }
}

#[test]
fn it_holds_for_either_engine_and_either_direction() {
    let text = "-- raptor:up postgres\n-- raptor:up sqlite\n-- lint: allow sqlite-drop-takes-children because it is empty\n-- lint: allow drop-table because so\nDROP TABLE customers;\n\
                -- raptor:down postgres\n-- lint: allow grant-all because the tests need it\nGRANT ALL ON notes TO x;\n-- raptor:down sqlite\n";
    assert_eq!(found(text), NONE);
    // What is not looked at is not said to be unused.
    let mut options = LintOptions::default();
    options.engines = vec![raptor_db::Engine::Postgres];
    options.leave_out = ["grant-all".to_owned()].into();
    let lint = lint(
        &chain_of(&format!("-- raptor: id=b2 revises=a1\n{text}")),
        &options,
    );
    let after: Vec<_> = lint
        .findings
        .iter()
        .filter(|it| it.revision == "b2")
        .collect();
    assert!(after.is_empty(), "{lint}");
}

#[test]
fn a_step_of_the_application_is_allowed_above_its_line() {
    let text = "-- raptor:up\n-- raptor:up postgres\n-- raptor:up sqlite\n-- raptor:up\nALTER TABLE notes ADD COLUMN a text;\n-- lint: allow data-under-lock, large-data-step because there are few\n-- raptor:call fill\n";
    assert_eq!(found(text), NONE);
}

#[test]
fn a_rebuild_is_allowed_inside_of_it() {
    let text = "-- raptor:up postgres\n-- raptor:up sqlite\n-- raptor:rebuild notes\n-- lint: allow drop-column because it was never read\nCREATE TABLE notes (id INTEGER PRIMARY KEY, customer_id TEXT, body TEXT) STRICT;\n";
    assert_eq!(found(text), NONE);
}
