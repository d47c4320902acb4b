//! No text makes the lint fall over, and what a statement says is read whatever it looks like.

use super::sql::{self, Action, ConstraintKind, Statement};
use super::{LintOptions, lint};
use crate::chain::Chain;
use proptest::prelude::*;
use raptor_db::Engine;

const WORDS: &str = "create alter drop table index view materialized type domain function trigger policy role \
    add column constraint check unique primary key foreign references not null default generated always as \
    identity stored set using rename to owner attach detach partition of for values from in by range if exists \
    only concurrently cascade restrict enable disable row level security force no grant revoke all on public with \
    option admin update delete insert into select where or and true false is case when then else end begin loop \
    do execute language security definer search_path local session truncate vacuum full cluster lock refresh \
    reindex pragma foreign_keys valid validate including like inherits temp unlogged varchar integer numeric \
    timestamp interval bit varying text strict without rowid replace merge copy password superuser limit returning";

const OTHERS: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    ",",
    ";",
    ".",
    "=",
    "::",
    ":",
    "*",
    "%",
    "<>",
    "1",
    "0",
    "1.5",
    "'a'",
    "''",
    "E'\\''",
    "$$ begin x; end $$",
    "$a$ $$ $a$",
    "\"a\"",
    "\"\"\"\"",
    "\"",
    "'",
    "$$",
    "/*",
    "*/",
    "-- x\n",
    "/* y */",
    "`",
    "`a`",
    "[a]",
    "t",
    "a",
    "Ä",
    "\u{a0}",
    "%I",
    "U&\"d\\0061t\"",
    "$1",
    ":name",
    "\n",
];

fn soup() -> impl Strategy<Value = String> {
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let word = prop_oneof![
        3 => prop::sample::select(words),
        2 => prop::sample::select(OTHERS.to_vec()),
    ];
    prop::collection::vec(
        (word, prop::sample::select(vec![" ", " ", " ", "", "\n"])),
        0..40,
    )
    .prop_map(|parts| {
        parts
            .into_iter()
            .flat_map(|(word, gap)| [word, gap])
            .collect()
    })
}

fn file(body: &str, engine: &str) -> String {
    let other = if engine == "sqlite" {
        "postgres"
    } else {
        "sqlite"
    };
    format!("-- raptor: id=a phase=expand\n-- raptor:up {engine}\n{body}\n-- raptor:up {other}\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn no_text_makes_it_fall_over(text in soup()) {
        for engine in [Engine::Postgres, Engine::Sqlite] {
            let words = sql::words(&text, 0, engine);
            let _ = sql::read(&words, engine);
            let _ = sql::inner(&words);
            let _ = sql::is_always(&words);
        }
        for engine in ["postgres", "sqlite"] {
            for body in [text.clone(), format!("DO $body$ {text} $body$"), format!("ALTER TABLE t {text}")] {
                if let Ok(chain) = Chain::embedded(&[("a.sql", &file(&body, engine))]) {
                    let found = lint(&chain, &LintOptions::default());
                    let lines = body.lines().count() + 3;
                    for finding in &found.findings {
                        prop_assert!(finding.line >= 1 && finding.line <= lines, "{finding}");
                    }
                    prop_assert!(!found.to_string().is_empty());
                }
            }
        }
    }

    #[test]
    fn nor_does_any_text_at_all(text in "\\PC*") {
        for engine in [Engine::Postgres, Engine::Sqlite] {
            let words = sql::words(&text, 0, engine);
            let _ = sql::read(&words, engine);
            let _ = sql::inner(&words);
        }
    }
}

#[test]
fn depth_is_no_matter() {
    let deep = format!(
        "UPDATE t SET a = 1 WHERE {}true{}",
        "(".repeat(50_000),
        ")".repeat(50_000)
    );
    let words = sql::words(&deep, 0, Engine::Postgres);
    let Statement::Writes(writes) = sql::read(&words, Engine::Postgres) else {
        panic!("no write");
    };
    assert!(sql::is_always(
        writes[0].filter.as_deref().unwrap_or_default()
    ));
    let ors = format!("DELETE FROM t WHERE {}", vec!["a = 1"; 20_000].join(" OR "));
    let words = sql::words(&ors, 0, Engine::Postgres);
    assert!(matches!(
        sql::read(&words, Engine::Postgres),
        Statement::Writes(_)
    ));
}

fn read(text: &str) -> Statement<'_> {
    let words = sql::words(text, 0, Engine::Postgres);
    sql::read(&words, Engine::Postgres)
}

#[test]
fn an_alter_table_is_cut_at_its_own_commas() {
    let text = "alter table if exists only \"S x\".T\n add \"a,b\" numeric(10, 2) default coalesce(1, 2), -- , \n \
                drop column if exists c cascade, alter \"D\" type varchar(3)[] using f(d, ','), \
                add constraint x check (a in (1, 2) or b = ',') not valid /* , */, rename to y";
    let Statement::AlterTable(alter) = read(text) else {
        panic!("no ALTER TABLE");
    };
    assert_eq!(alter.table.to_string(), "\"S x\".t");
    let [add, drop, change, check, rename] = &alter.actions[..] else {
        panic!("{:?}", alter.actions);
    };
    let Action::AddColumn { column, .. } = &add.1 else {
        panic!("{add:?}")
    };
    assert_eq!(column.name.text, "a,b");
    assert_eq!(
        column.kind.as_ref().map(ToString::to_string).as_deref(),
        Some("numeric(10, 2)")
    );
    assert!(column.has_default() && &text[add.0..add.0 + 3] == "add");
    assert!(
        matches!(&drop.1, Action::DropColumn { column, cascade: true, if_exists: true } if column.text == "c")
    );
    assert!(
        matches!(&change.1, Action::AlterColumn(column, super::sql::Change::Type { kind, using: Some(_), .. })
        if column.text == "D" && kind.is_array && kind.number(0) == Some(3))
    );
    assert!(
        matches!(&check.1, Action::AddConstraint(it) if it.not_valid && matches!(it.kind, ConstraintKind::Check(_)))
    );
    assert!(matches!(&rename.1, Action::RenameTable(to) if to.name == "y"));
}

#[test]
fn types_have_one_name() {
    let kinds = [
        ("character varying (20)", "varchar(20)"),
        ("CHAR", "char(1)"),
        ("national character varying(3)", "varchar(3)"),
        ("double  precision", "double precision"),
        ("timestamp (3) with /* x */ time zone", "timestamptz(3)"),
        ("time without time zone", "time"),
        ("bit varying(4)[3][]", "varbit(4)[]"),
        ("interval day to second (2)", "interval(2)"),
        ("pg_catalog.int4", "integer"),
        ("\"char\"", "\"char\""),
        ("app.\"Mood\"", "app.Mood"),
        ("integer ARRAY[4]", "integer[]"),
        ("decimal(8)", "numeric(8)"),
    ];
    for (written, name) in kinds {
        let text = format!("ALTER TABLE t ADD COLUMN a {written} NOT NULL");
        let Statement::AlterTable(alter) = read(&text) else {
            panic!("{text}")
        };
        let Action::AddColumn { column, .. } = &alter.actions[0].1 else {
            panic!("{text}")
        };
        assert_eq!(
            column.kind.as_ref().map(ToString::to_string).as_deref(),
            Some(name),
            "{written}"
        );
        assert!(column.not_null, "{written}");
    }
}

#[test]
fn what_is_always_true() {
    let is = |text: &str| sql::is_always(&sql::words(text, 0, Engine::Postgres));
    for always in [
        "true",
        "((TRUE))",
        "1 = 1",
        "'a'='a'",
        "id = id",
        "a = 1 or true",
        "true and (1=1)",
        "not false",
        "(a) or (true)",
        "1",
    ] {
        assert!(is(always), "{always}");
    }
    for not in [
        "",
        "a",
        "a = b",
        "false",
        "0",
        "1 = 2",
        "true and a = 1",
        "null = null",
        "not true",
        "a between 1 and 1",
        "'true'",
    ] {
        assert!(!is(not), "{not}");
    }
}

#[test]
fn do_blocks_are_looked_into() {
    let text = "DO LANGUAGE plpgsql $x$ DECLARE r record; n int := 1; BEGIN\n\
        IF EXISTS (SELECT 1) THEN DROP TABLE a; ELSIF n > 1 THEN DROP TABLE b; ELSE DROP TABLE c; END IF;\n\
        FOR r IN SELECT 1 LOOP EXECUTE format('DROP TABLE %I', r.x); END LOOP;\n\
        EXECUTE 'DROP TABLE d'; CASE n WHEN 1 THEN DROP TABLE e; END CASE;\n\
        EXCEPTION WHEN others THEN DROP TABLE f; END $x$";
    let words = sql::words(text, 0, Engine::Postgres);
    let inner = sql::inner(&words);
    let dropped = inner
        .iter()
        .filter_map(|words| match sql::read(words, Engine::Postgres) {
            Statement::Drop(drop) => Some(drop.names[0].name.clone()),
            _ => None,
        });
    assert_eq!(
        dropped.collect::<Vec<_>>(),
        ["a", "b", "c", "%", "d", "e", "f"]
    );
    let python = sql::words(
        "DO LANGUAGE plpython3u $$ DROP TABLE a $$",
        0,
        Engine::Postgres,
    );
    assert_eq!(sql::inner(&python).len(), 0);
}
