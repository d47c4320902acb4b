//! What a file may say, and what is said of one that may not.

use crate::error::ErrorKind;
use crate::revision::{Dependency, Part, Phase, Revision};
use proptest::prelude::*;
use raptor_db::Engine;
use std::time::Duration;

const FULL: &str = "-- Licence: MIT.
-- raptor: id=4f1c0a9be312 revises=9ab1,77c2 depends=label:support,0aa labels=audit
-- raptor: tx=off phase=expand role=owner lock=500ms*20
-- The title.
-- raptor:up
CREATE TABLE a (b text); -- one; really
INSERT INTO a VALUES ('
-- raptor:down
');
/* -- raptor:down
*/
-- raptor:up postgres
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $body$
-- raptor:down
select 1; $body$;
-- raptor:up sqlite
-- raptor:call backfill batch=1000 why=\"as \"\"they\"\" say\"
-- raptor:rebuild sessions
CREATE TABLE sessions (id text PRIMARY KEY) STRICT;
-- raptor:down
DROP TABLE a;
-- raptor:verify
SELECT count(*) = 1 FROM a;
";

fn parse(text: &str) -> Revision {
    Revision::parse("f.sql", text).unwrap()
}

#[test]
fn everything_is_read() {
    let revision = parse(FULL);
    assert_eq!(revision.id(), "4f1c0a9be312");
    assert_eq!(revision.revises(), ["9ab1", "77c2"]);
    let label = Dependency::Label("support".to_owned());
    assert_eq!(
        revision.depends(),
        [label, Dependency::Id("0aa".to_owned())]
    );
    assert_eq!(revision.labels(), ["audit"]);
    assert_eq!(revision.title(), Some("The title."));
    assert!(!revision.is_transactional());
    assert_eq!(revision.phase(), Some(Phase::Expand));
    assert_eq!(revision.role(), Some("owner"));
    let lock = revision.lock().unwrap();
    assert_eq!((lock.timeout, lock.tries), (Duration::from_millis(500), 20));
    assert_eq!(revision.verify()[0].statements[0].line, 23);
    assert_eq!(revision.down().unwrap().len(), 1);
    let [shared, postgres, sqlite, call, rebuild] = revision.up() else {
        panic!("{:?}", revision.up());
    };
    let section = |part: &Part| match part {
        Part::Sql(section) => section.clone(),
        other => panic!("{other:?}"),
    };
    let lines = |part| {
        section(part)
            .statements
            .iter()
            .map(|it| it.line)
            .collect::<Vec<_>>()
    };
    assert_eq!(section(shared).engine, None);
    assert_eq!(lines(shared), [6, 7]);
    assert_eq!(section(postgres).engine, Some(Engine::Postgres));
    assert_eq!(lines(postgres), [13]);
    assert_eq!(section(sqlite).engine, Some(Engine::Sqlite));
    assert!(section(sqlite).text.is_empty());
    match (call, rebuild) {
        (Part::Call(call), Part::Rebuild(rebuild)) => {
            assert_eq!((call.name.as_str(), call.line), ("backfill", 17));
            let why = ("why".to_owned(), "as \"they\" say".to_owned());
            assert_eq!(call.arguments[1], why);
            assert_eq!((rebuild.table.as_str(), rebuild.line), ("sessions", 18));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn windows_files_say_the_same() {
    let windows = format!("\u{feff}{}", FULL.replace('\n', "\r\n"));
    assert_eq!(parse(&windows).to_string(), parse(FULL).to_string());
}

#[test]
fn statements_know_their_line_and_column() {
    let revision = parse("-- raptor: id=a\n-- raptor:up\n\n-- why\n  SELECT 1; SELECT 2;\n");
    let Part::Sql(section) = &revision.up()[0] else {
        panic!()
    };
    let places: Vec<_> = section
        .statements
        .iter()
        .map(|it| (it.line, it.column))
        .collect();
    assert_eq!(places, [(5, 3), (5, 13)]);
}

#[test]
fn an_empty_list_names_nothing() {
    let revision = parse("-- raptor: id=a revises= depends= labels=\n-- raptor:up\n");
    assert!(revision.revises().is_empty() && revision.labels().is_empty());
    assert!(revision.depends().is_empty());
}

/// Each wrong file with its place and a part of what is said.
const WRONG: &[(&str, usize, usize, &str)] = &[
    ("", 1, 1, "the file is empty"),
    (" \n\t\r\n", 1, 1, "the file is empty"),
    ("SELECT 1;", 1, 1, "the header is missing"),
    ("\n-- raptor:up\n", 2, 1, "the header is missing"),
    ("-- raptor:\n-- raptor:up\n", 1, 1, "says nothing"),
    ("-- raptor: tx=on\n-- raptor:up\n", 1, 1, "has no `id=…`"),
    ("-- raptor: id=\n", 1, 12, "empty name"),
    ("-- raptor: id=a-b\n", 1, 12, "holds '-'"),
    ("-- raptor: id=é\n", 1, 12, "holds 'é'"),
    ("-- raptor: id=head\n", 1, 12, "means something else"),
    (
        "-- raptor: id=abcdefghijklmnopqrstuvwxyz0123456\n",
        1,
        12,
        "has 33 characters",
    ),
    ("-- raptor: id=a revises=b,,c\n", 1, 17, "empty name"),
    ("-- raptor: id=a revises=b, c\n", 1, 17, "empty name"),
    ("-- raptor: id=a revises=b,b\n", 1, 17, "names b twice"),
    (
        "-- raptor: id=a revises=a\n-- raptor:up",
        1,
        1,
        "revises itself",
    ),
    (
        "-- raptor: id=a\n-- raptor: id=b\n",
        2,
        12,
        "`id` is given twice",
    ),
    ("-- raptor: id=a colour=red\n", 1, 17, "`colour` is no key"),
    ("-- raptor: id=a tx=maybe\n", 1, 17, "write on or off"),
    (
        "-- raptor: id=a phase=one\n",
        1,
        17,
        "write expand, migrate or contract",
    ),
    ("-- raptor: id=a lock=2s\n", 1, 17, "such as lock=2s*20"),
    ("-- raptor: id=a lock=0s*3\n", 1, 17, "such as lock=2s*20"),
    ("-- raptor: id=a revises\n", 1, 17, "no key=value"),
    ("-- raptor: id=a role=\"x\n", 1, 22, "the quote never ends"),
    (
        "-- raptor: id=a\nSELECT 1;\n-- raptor:up\n",
        2,
        1,
        "before the first section",
    ),
    ("-- raptor: id=a\n", 1, 1, "no `-- raptor:up` section"),
    (
        "-- raptor: id=a\n-- raptor:upp\n",
        2,
        11,
        "`raptor:upp` is no directive",
    ),
    (
        "-- raptor: id=a\n-- raptor:up mysql\n",
        2,
        14,
        "`mysql` is no engine",
    ),
    (
        "-- raptor: id=a\n-- raptor:up sqlite now\n",
        2,
        21,
        "one word too many",
    ),
    ("-- raptor: id=a\n-- Raptor:up\n", 2, 1, "in lower case"),
    ("-- raptor: id=a\n-- raptor :up\n", 2, 1, "in lower case"),
    (
        "-- raptor: id=a\n-- raptor:up\nSELECT 1; -- raptor:down\n",
        3,
        11,
        "line of its own",
    ),
    (
        "-- raptor: id=a\n-- raptor:up\n-- raptor: tx=off\n",
        3,
        1,
        "stands after a section",
    ),
    (
        "-- raptor: id=a\n-- raptor:up postgres\nSELECT 1;\n",
        2,
        1,
        "none for sqlite",
    ),
    (
        "-- raptor: id=a\n-- raptor:up\n-- raptor:down sqlite\n",
        3,
        1,
        "none for postgres",
    ),
    (
        "-- raptor: id=a\n-- raptor:up\n-- raptor:rebuild t\nCREATE TABLE t (a);\n",
        3,
        1,
        "none for postgres",
    ),
    (
        "-- raptor: id=a\n-- raptor:up\n-- raptor:rebuild t\n",
        3,
        1,
        "new text is missing",
    ),
    (
        "-- raptor: id=a\n-- raptor:up\n-- raptor:rebuild\n",
        3,
        1,
        "names the table",
    ),
    ("-- raptor: id=a\n-- raptor:call\n", 2, 1, "names the step"),
    (
        "-- raptor: id=a\n-- raptor:call s\nSELECT 1;\n",
        3,
        1,
        "no SQL belongs to `call`",
    ),
    (
        "-- raptor: id=a\n-- raptor:up\n-- raptor:down irreversible\n",
        3,
        16,
        "say why in quotes",
    ),
    (
        "-- raptor: id=a\n-- raptor:up\n-- raptor:down irreversible \"so\n",
        3,
        29,
        "the quote never ends",
    ),
    (
        "-- raptor: id=a\n-- raptor:up\n-- raptor:down\n-- raptor:down irreversible \"x\"\n",
        4,
        1,
        "exclude each other",
    ),
    (
        "-- raptor: id=a\n-- raptor:up\nSELECT 'abc;\n",
        3,
        8,
        "a string opened here never ends",
    ),
    (
        "-- raptor: id=a\n-- raptor:up\nSELECT 'a;\n-- raptor:down\nSELECT 'b';\n",
        5,
        9,
        "opened at line 3 holds a `-- raptor:` line",
    ),
    (
        "-- raptor: id=a\n-- raptor:up\n/* open\n",
        3,
        1,
        "a comment opened here never ends",
    ),
    (
        "-- raptor: id=a\n-- raptor:up\nSELECT 1;\nCOMMIT;\n",
        4,
        1,
        "COMMIT may not stand here",
    ),
    (
        "-- raptor: id=a\n-- raptor:up\nCOPY t FROM STDIN;\n",
        3,
        1,
        "COPY from or to the client",
    ),
    (
        "-- raptor: id=a\n-- raptor:up\nPRAGMA foreign_keys = off;\n",
        3,
        1,
        "does nothing inside a transaction",
    ),
    (
        "-- raptor: id=a\n-- raptor:up\nSELECT '\0';\n",
        3,
        9,
        "a NUL character",
    ),
];

#[test]
fn a_wrong_file_is_refused_with_its_place() {
    for (text, line, column, said) in WRONG {
        let error = Revision::parse("f.sql", text).expect_err(text);
        assert_eq!(error.kind(), ErrorKind::Format, "{text:?}");
        let place = (error.line(), error.column());
        assert_eq!(place, (Some(*line), Some(*column)), "{text:?}: {error}");
        let shown = error.to_string();
        assert!(shown.contains(said), "{text:?}: {shown}");
        assert!(
            shown.starts_with(&format!("f.sql:{line}:{column}: ")),
            "{shown}"
        );
    }
}

/// Pieces of which files are made, right and wrong.
fn piece() -> impl Strategy<Value = String> {
    let fixed = prop::sample::select(vec![
        "-- raptor: id=a1\n",
        "-- raptor: id=b revises=a1,c depends=label:x labels=y\n",
        "-- raptor: tx=off phase=contract role=r lock=2s*3\n",
        "-- raptor:up\n",
        "-- raptor:up postgres\n",
        "-- raptor:up sqlite\n",
        "-- raptor:down\n",
        "-- raptor:down postgres\n",
        "-- raptor:down sqlite\n",
        "-- raptor:down irreversible \"so \"\"it\"\" is\"\n",
        "-- raptor:verify\n",
        "-- raptor:rebuild t\n",
        "-- raptor:call f a=1 b=\"x y\"\n",
        "-- raptor",
        ":",
        "\n",
        "\r\n",
        "'",
        "\"",
        "$$",
        "$a$",
        "/*",
        "*/",
        "--",
        ";",
        "CREATE TABLE t (a int);\n",
        "INSERT INTO t VALUES ('--');\n",
        "-- a title\n",
        "--- - x\n",
        "---- raptor:up\n",
        "\u{feff}",
        "\u{a0}",
        "\0",
        " ",
        "CREATE TRIGGER x BEGIN SELECT 1; END;\n",
    ]);
    prop_oneof![8 => fixed.prop_map(str::to_owned), 1 => ".{0,6}"]
}

fn file() -> impl Strategy<Value = String> {
    let pieces = || prop::collection::vec(piece(), 0..12).prop_map(|pieces| pieces.concat());
    let headed = pieces().prop_map(|rest| format!("-- raptor: id=a1\n-- raptor:up\n{rest}"));
    prop_oneof![pieces(), headed]
}

fn texts(revision: &Revision) -> Vec<String> {
    let down = revision.down().unwrap_or_default();
    revision
        .up()
        .iter()
        .chain(down)
        .filter_map(|part| match part {
            Part::Sql(section) => Some(section),
            Part::Rebuild(rebuild) => Some(&rebuild.section),
            Part::Call(_) => None,
        })
        .chain(revision.verify())
        .flat_map(|section| &section.statements)
        .map(|statement| statement.text.clone())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_input_panics(text in "\\PC*") {
        let _ = Revision::parse("f.sql", &text);
    }

    #[test]
    fn what_is_printed_is_read_back(text in file()) {
        if let Ok(revision) = Revision::parse("f.sql", &text) {
            let printed = revision.to_string();
            let again = Revision::parse("f.sql", &printed)
                .map_err(|error| TestCaseError::fail(format!("{error}\n{printed}")))?;
            prop_assert_eq!(again.to_string(), printed);
            prop_assert_eq!(texts(&again), texts(&revision));
            prop_assert_eq!(again.title(), revision.title());
            prop_assert_eq!(again.irreversible(), revision.irreversible());
            prop_assert_eq!(again.down().is_some(), revision.down().is_some());
        }
    }
}
