//! Regular expressions.

use super::input::nullable;
use super::{Shape, pair::PAIR};
use proptest::prelude::*;
use raptor_db::params;

fn subject() -> impl Strategy<Value = Option<String>> {
    nullable(
        proptest::collection::vec(
            prop::sample::select(vec![
                'a', 'b', 'c', 'A', '1', ' ', '\n', 'é', '_', '-', ']', '.',
            ]),
            0..9,
        )
        .prop_map(String::from_iter),
    )
}

/// Patterns put together from parts, so that most are well formed and some are not.
fn pattern() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "a",
        "b",
        "ab",
        ".",
        "^",
        "$",
        "[ab]",
        "[^a]",
        "[a-c]",
        "[]a]",
        "[[:alpha:]]",
        "[[:digit:]_]",
        r"\d",
        r"\w",
        r"\s",
        r"\D",
        r"\y",
        r"\m",
        r"\M",
        r"\.",
        r"\n",
        "(a|b)",
        "(?:ab)",
        "(ab)",
        "|",
        "{2}",
        "{1,2}",
        "*",
        "+",
        "?",
        "{",
        "}",
        "é",
        "[é]",
        r"\A",
        r"\Z",
        "(",
        ")",
        "[",
        r"\1",
        "a{0,1}",
        "-",
    ]);
    proptest::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
}

/// Without what is refused where the matched part matters.
fn greedy() -> impl Strategy<Value = String> {
    pattern().prop_filter("lazy", |p| {
        !["*?", "+?", "??", "}?"].iter().any(|lazy| p.contains(lazy))
    })
}

fn is_refused(pattern: &str) -> bool {
    pattern.contains(r"\1")
}

differential! {
    matches: "SELECT :a::text ~ :p::text AS v" => Bool, a: subject(), p: pattern().prop_filter("back references", |p| !is_refused(p));
    matches_not: "SELECT :a::text !~ :p::text AS v" => Bool, a: subject(), p: pattern().prop_filter("back references", |p| !is_refused(p));
    matches_any_case: "SELECT :a::text ~* :p::text AS v" => Bool, a: subject(), p: pattern().prop_filter("back references", |p| !is_refused(p));
    replaced: "SELECT regexp_replace(:a::text, :p::text, '<\\&>') AS v" => Text, a: subject(), p: greedy().prop_filter("back references", |p| !is_refused(p));
    replaced_everywhere: "SELECT regexp_replace(:a::text, :p::text, 'x', 'g') AS v" => Text, a: subject(), p: greedy().prop_filter("back references", |p| !is_refused(p));
    replaced_in_any_case: "SELECT regexp_replace(:a::text, :p::text, '', 'gi') AS v" => Text, a: subject(), p: greedy().prop_filter("back references", |p| !is_refused(p));
}

#[test]
fn groups_are_postgres_s_or_refused() {
    let sql = raptor_db::sql!(r"SELECT regexp_replace(:a::text, :p::text, '<\1>', 'g') AS v");
    let matched = raptor_db::sql!("SELECT regexp_match(:a::text, :p::text) AS v");
    let part = raptor_db::sql!("SELECT substring(:a::text FROM :p::text) AS v");
    let mut config = proptest::test_runner::Config::with_cases(600);
    config.failure_persistence = None;
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let grouped = proptest::collection::vec(
        prop::sample::select(vec![
            "(a)", "(a|b)", "(ab|a)", "(b*)", "([ab]+)", "(c)?", "a", "b*", ".", "a?", "[bc]",
        ]),
        1..5,
    )
    .prop_map(|parts| parts.concat());
    runner
        .run(&(subject(), grouped), |(a, p)| {
            for (sql, shape) in [
                (sql, Shape::Text),
                (matched, Shape::Texts),
                (part, Shape::Text),
            ] {
                let [postgres, sqlite] = PAIR.ask(sql, params! { a: &a, p: &p }, shape);
                // What the engines could tell apart is an error, never another answer.
                prop_assert!(
                    sqlite == postgres || sqlite.is_err(),
                    "{} of {:?} and {:?}: {:?}, {:?}",
                    sql.text(),
                    a,
                    p,
                    postgres,
                    sqlite
                );
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn what_is_not_translated_is_refused() {
    for pattern in [
        r"(a)\1",
        "(?=a)",
        "(?!a)",
        "(?<=a)",
        "(?n)a",
        "***=a",
        "[[=a=]]",
        "[[.a.]]",
        "[[:punct:]]",
    ] {
        let [postgres, sqlite] = PAIR.ask(
            raptor_db::sql!("SELECT 'a' ~ :p::text AS v"),
            params! { p: pattern },
            Shape::Bool,
        );
        assert!(
            postgres.is_ok() && sqlite.is_err(),
            "{pattern}: {postgres:?}, {sqlite:?}"
        );
    }
}
