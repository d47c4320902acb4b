//! What is looked at, and how it is shown.

use super::{Case, On, chain_of, file, found};
use crate::fixture::chain;
use raptor_db::Engine;
use raptor_migrate::{Direction, LintOptions, Severity, lint, lint_rules};

pub(super) const CASES: &[Case] = &[];

const TWO: &str = "-- raptor: id=b2 revises=a1\n-- raptor:up\nDROP TABLE notes;\nDELETE FROM tags;\n\
                   -- raptor:up postgres\nCREATE INDEX i ON tags (tag);\n-- raptor:up sqlite\nVACUUM;\n\
                   -- raptor:down\nDELETE FROM tags;\nDROP TABLE settings;\n";

fn rules(options: &LintOptions) -> Vec<(&'static str, Option<&'static str>, Direction)> {
    let mut options = options.clone();
    options.only = Some(["b2".to_owned()].into());
    let lint = lint(&chain_of(TWO), &options);
    lint.findings
        .iter()
        .map(|it| (it.rule, it.engine, it.direction))
        .collect()
}

#[test]
fn engines_and_directions_are_chosen() {
    use Direction::{Down, Up};
    let mut options = LintOptions::default();
    let (postgres, sqlite) = (Some("postgres"), Some("sqlite"));
    assert_eq!(
        rules(&options),
        [
            ("drop-table", None, Up),
            ("whole-table-write", None, Up),
            ("index-without-concurrently", postgres, Up),
            ("needs-tx-off", sqlite, Up),
            ("whole-table-write", None, Down),
        ]
    );
    options.engines = vec![Engine::Sqlite];
    options.down = false;
    assert_eq!(
        rules(&options),
        [
            ("drop-table", None, Up),
            ("whole-table-write", None, Up),
            ("needs-tx-off", sqlite, Up)
        ]
    );
    options.leave_out = ["drop-table", "needs-tx-off"].map(str::to_owned).into();
    assert_eq!(rules(&options), [("whole-table-write", None, Up)]);
}

#[test]
fn only_what_is_asked_for_is_looked_at() {
    let chain = chain(&[
        "-- raptor: id=a\n-- raptor:up\nCREATE TABLE t (id text NOT NULL PRIMARY KEY);\n",
        "-- raptor: id=b revises=a\n-- raptor:up\nDROP TABLE t;\n",
        "-- raptor: id=c revises=b\n-- raptor:up\nDROP TABLE u;\n",
    ]);
    let mut options = LintOptions::default();
    let ids = |options: &LintOptions| {
        let lint = lint(&chain, options);
        let ids: Vec<String> = lint.findings.iter().map(|it| it.revision.clone()).collect();
        (lint.revisions, ids)
    };
    assert_eq!(ids(&options), (3, vec!["b".to_owned(), "c".to_owned()]));
    options.only = Some(["c".to_owned(), "a".to_owned()].into());
    assert_eq!(ids(&options), (2, vec!["c".to_owned()]));
}

#[test]
fn a_temporary_table_hides_another_for_one_revision() {
    let chain = chain(&[
        "-- raptor: id=a\n-- raptor:up\nCREATE TABLE t (id text NOT NULL PRIMARY KEY);\n",
        "-- raptor: id=b revises=a\n-- raptor:up\nCREATE TEMP TABLE t (id text);\nDELETE FROM t;\n",
        "-- raptor: id=c revises=b\n-- raptor:up\nDELETE FROM t;\n",
    ]);
    let lint = lint(&chain, &LintOptions::default());
    let found: Vec<_> = lint
        .findings
        .iter()
        .map(|it| (it.rule, it.revision.as_str()))
        .collect();
    assert_eq!(found, [("whole-table-write", "c")]);
}

#[test]
fn what_a_later_revision_makes_good_is_not_found() {
    let chain = chain(&[
        "-- raptor: id=a\n-- raptor:up postgres\nCREATE TABLE p (id uuid PRIMARY KEY);\nCREATE TABLE c (p uuid REFERENCES p);\n-- raptor:up sqlite\n",
        "-- raptor: id=b revises=a tx=off\n-- raptor:up postgres\nCREATE UNIQUE INDEX CONCURRENTLY c_p ON c (p);\n-- raptor:up sqlite\n",
    ]);
    let rules = |ids: &[&str]| {
        let mut options = LintOptions::default();
        options.only = Some(ids.iter().map(|id| (*id).to_owned()).collect());
        let found = lint(&chain, &options).findings;
        found.iter().map(|it| it.rule).collect::<Vec<_>>()
    };
    assert_eq!(rules(&["a"]), ["table-without-primary-key"]);
    assert_eq!(rules(&["b"]), [""; 0]);
}

#[test]
fn names_that_mean_nothing_are_no_success() {
    let mut options = LintOptions::default();
    options.only = Some(["zz".to_owned()].into());
    options.leave_out = ["no-such-rule".to_owned()].into();
    let lint = lint(&chain_of(TWO), &options);
    assert_eq!(
        lint.unknown,
        [
            "no revision's id is \"zz\"",
            "\"no-such-rule\" is no rule of the lint"
        ]
    );
    assert!(!lint.holds() && lint.findings.is_empty());
    let mut options = LintOptions::default();
    options.engines = Vec::new();
    options.pg_version = 12;
    let lint = super::lint(&chain_of(TWO), &options);
    assert!(!lint.holds() && lint.unknown.len() == 2, "{lint}");
    // Nothing was looked at, and nothing is said of what was found.
    assert_eq!((lint.revisions, lint.findings.len()), (0, 0));
    assert_eq!(
        lint.to_string(),
        "no engine is to be looked at\nPostgres 12 is older than 13, the oldest that a chain runs on\n"
    );
}

#[test]
fn a_rule_may_have_to_be_asked_for() {
    let chain = chain(&[
        "-- raptor: id=a\n-- raptor:up postgres\nCREATE TABLE t (id uuid PRIMARY KEY, n integer);\n-- raptor:up sqlite\n",
    ]);
    let mut options = LintOptions::default();
    assert_eq!(lint(&chain, &options).findings, []);
    options.also.insert("integer-column".to_owned());
    let found = lint(&chain, &options);
    assert_eq!(found.findings[0].rule, "integer-column");
    assert!(found.holds() && found.count(Severity::Warning) == 1);
}

#[test]
fn the_version_changes_the_safe_way() {
    let (text, _) = file(On::Postgres, "ALTER TABLE notes ALTER body SET NOT NULL");
    let mut options = LintOptions::default();
    let way = |options: &LintOptions| found(&text, options)[0].instead.clone();
    assert!(way(&options).contains("CHECK (body IS NOT NULL) NOT VALID"));
    options.pg_version = 18;
    assert!(way(&options).contains("NOT NULL body NOT VALID"));
    let (text, _) = file(On::Postgres, "ALTER TABLE logs DETACH PARTITION logs_1");
    assert!(
        found(&text, &options)[0]
            .instead
            .contains("DETACH PARTITION logs_1 CONCURRENTLY")
    );
}

#[test]
fn what_a_shared_section_does_is_said_once() {
    let (text, _) = file(On::Shared, "DELETE FROM notes");
    let found = found(&text, &LintOptions::default());
    assert_eq!(
        found
            .iter()
            .map(|it| (it.rule, it.engine))
            .collect::<Vec<_>>(),
        [("whole-table-write", None)]
    );
}

#[test]
fn text_and_json() {
    let (text, _) = file(
        On::Postgres,
        "ALTER TABLE notes\n    ADD COLUMN a uuid DEFAULT gen_random_uuid(), -- new\n    ADD COLUMN b text DEFAULT 'a secret'",
    );
    let mut options = LintOptions::default();
    options.only = Some(["b2".to_owned()].into());
    let lint = lint(&chain_of(&text), &options);
    let shown = lint.to_string();
    let expected = "2.sql:4:16: error column-rewrites-table: revision b2: Adding notes.a writes the whole table anew, as gen_random_uuid() gives every row a value of its own; every read and write waits until that is done.\n  \
        statement: ALTER TABLE notes ADD COLUMN a uuid DEFAULT gen_random_uuid(), ADD COLUMN b text DEFAULT '…'\n  \
        takes: ACCESS EXCLUSIVE on notes, and rewrites the table\n  instead: ";
    assert!(shown.starts_with(expected), "{shown}");
    assert!(
        shown.ends_with("1 error and 0 warnings in 1 revision.\n"),
        "{shown}"
    );
    let json = serde_json::to_value(&lint).unwrap();
    assert_eq!(json["findings"][0]["lock"], "ACCESS EXCLUSIVE");
    assert_eq!(json["findings"][0]["work"], "rewrites the table");
    assert_eq!(json["findings"][0]["severity"], "error");
    assert_eq!(json["locks"][0]["table"], "notes");
    assert!(!json.to_string().contains("a secret"));
}

#[test]
fn the_products_own_chain_holds() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");
    let chain = raptor_migrate::Chain::from_dir(folder).unwrap();
    let lint = lint(&chain, &LintOptions::default());
    assert_eq!(lint.findings, [], "{lint}");
    assert_eq!(
        lint.to_string(),
        format!(
            "Nothing was found in {} revisions; 4 allowed by the files.\n",
            chain.len()
        )
    );
}

#[test]
fn rules_have_names_of_their_own() {
    let mut names: Vec<_> = lint_rules().map(|rule| rule.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    let kebab = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    assert!(names.iter().all(|name| kebab(name)));
}
