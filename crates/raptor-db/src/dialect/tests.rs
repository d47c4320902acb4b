//! The rewrites, text by text. Whether SQLite then answers as Postgres does is tested on both
//! engines, in `tests/it`.

use crate::{ErrorKind, Sql};

/// The text for SQLite, its blanks made one.
fn rewritten(text: &str) -> String {
    let sql = Sql::dynamic(text);
    let rewritten = sql
        .sqlite_text()
        .unwrap_or_else(|error| panic!("{text}: {error}"));
    rewritten.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn become_these(cases: &[(&str, &str)]) {
    for (text, sqlite) in cases {
        assert_eq!(rewritten(text), *sqlite, "{text}");
    }
}

#[test]
fn casts_become_calls_of_their_operand() {
    become_these(&[
        (
            "SELECT :id::uuid, a.b::text",
            "select cast_uuid(:id), cast_text(a.b)",
        ),
        (
            "SELECT :t::text, NULL::bigint",
            "select cast_param_text(:t), null",
        ),
        (
            "SELECT f(x, (1))::bigint::text",
            "select cast_text(cast_bigint(f(x, (1))))",
        ),
        (
            "SELECT count(*) FILTER (WHERE x)::int",
            "select cast_integer(count(*) filter (where x))",
        ),
        (
            "SELECT CASE WHEN a THEN b END::date",
            "select cast_date(case when a then b end)",
        ),
        (
            "SELECT CAST(a + b AS double precision)",
            "select cast_double((op_number(a) + op_number(b) ))",
        ),
        (
            "SELECT timestamptz '2026-01-02'",
            "select cast_timestamptz( '2026-01-02')",
        ),
        ("SELECT x::varchar(3)", "select left(cast_text(x), 3)"),
        (
            "SELECT a::numeric(8, 2) > 5",
            "select (CAST(cast_numeric(a , 8, 2) AS TEXT) COLLATE decimal) > 5",
        ),
        (
            "SELECT (:a::text[])[1]",
            "select op_element((cast_array(:a, 'text')),1)",
        ),
    ]);
}

#[test]
fn operators_become_calls_where_sqlite_has_none() {
    become_these(&[
        ("SELECT a -> 'x' ->> 'y'", "select a -> 'x' ->> 'y'"),
        (
            "SELECT a -> 'x' @> b::jsonb",
            "select op_contains(a -> 'x' , cast_jsonb(b))",
        ),
        (
            "SELECT a #>> '{x}' = 'y'",
            "select op_path_text(a , '{x}') = 'y'",
        ),
        (
            "SELECT n + 1, -n, 2 * n",
            "select op_number(n) + 1, -op_number(n), 2 * op_number(n)",
        ),
        (
            "SELECT a * b / c % 2",
            "select op_modulo(op_divide(op_number(a) * op_number(b) , c) , 2)",
        ),
        ("SELECT t.*, count(*) FROM t", "select t.*, count(*) from t"),
        (
            "SELECT sum(a) OVER w - 1",
            "select op_number(sum(op_number(a)) over w) - 1",
        ),
        (
            "SELECT a COLLATE \"C\" || 'x'",
            "select op_operand(a collate binary) || 'x'",
        ),
        (
            "SELECT CURRENT_DATE - 1",
            "select op_date_sub(op_current_date() , 1)",
        ),
        (
            "SELECT a || b !~* (b || 'c')",
            "select op_operand(a) || op_operand(b) not regexp op_any_case((op_operand(b) || 'c'))",
        ),
        (
            "SELECT a LIKE 'x%' AND b LIKE :p",
            r"select a like 'x%' and b like :p escape '\'",
        ),
        (
            "SELECT a ILIKE '%' || :p || '%'",
            "select a like '%' || :p || '%' escape 'ilike'",
        ),
        (
            "SELECT x = ANY(:a) OR x <> ALL(ARRAY[1])",
            "select x in (SELECT value FROM json_each(op_any(:a))) or x not in (SELECT value FROM json_each(op_any(json_array(1))))",
        ),
        (
            "SELECT now() - :n * interval '1 day 2 hours'",
            "select op_minus_interval(now() , op_times_interval(:n , '0:1:7200000000'))",
        ),
        (
            "SELECT extract(epoch FROM a) - 1",
            "select (CAST(numeric_sub((CAST(op_extract('epoch' , a) AS TEXT) COLLATE decimal) , '1') AS TEXT) COLLATE decimal)",
        ),
    ]);
}

#[test]
fn clauses_say_what_postgres_means() {
    become_these(&[
        (
            "SELECT a FROM t ORDER BY f(a, b), c DESC, d NULLS FIRST LIMIT :n FOR UPDATE OF t, u SKIP LOCKED",
            "select a from t order by f(a, b) nulls last, c desc nulls first, d nulls first limit op_limit(:n)",
        ),
        (
            "SELECT sum(x) OVER (PARTITION BY a ORDER BY b ROWS 1 PRECEDING) FROM t",
            "select sum(op_number(x)) over (partition by a order by b nulls last rows 1 preceding) from t",
        ),
        (
            "SELECT a FROM t OFFSET 3 ROWS",
            "select a from t limit -1 offset 3",
        ),
        ("SELECT a FROM t LIMIT ALL", "select a from t"),
        (
            "SELECT x FROM unnest(:a::bigint[]) AS t(x)",
            "select x from (SELECT value AS x FROM json_each(op_rows(cast_array(:a, 'bigint')))) as t",
        ),
        (
            "SELECT v.a FROM (VALUES (1)) AS v(a)",
            "select v.a from (with v( a ) as (values (1)) select * from v) as v",
        ),
    ]);
}

#[test]
fn literals_and_names_are_sqlite_s() {
    become_these(&[
        (
            r"SELECT E'it\'s \x41\u00e9', $x$a'b$x$",
            "select 'it''s Aé', 'a''b'",
        ),
        (
            "SELECT Id AS \"Id\" FROM T /* a /* b */ */",
            "select id as \"Id\" from t",
        ),
        (
            "SELECT 'x::text ~ [1]' FROM \"order by\" -- ::text",
            "select 'x::text ~ [1]' from \"order by\"",
        ),
        (
            "INSERT INTO t (a) VALUES (:a) ON CONFLICT (a) DO UPDATE SET a = excluded.a RETURNING a",
            "insert into t (a) values (:a) on conflict (a) do update set a = excluded.a returning a",
        ),
        (
            "INSERT INTO date (age, format) SELECT 1, 2",
            "insert into date (age, format) select 1, 2",
        ),
        (
            "WITH age(x) AS (SELECT 1) SELECT x FROM age",
            "with age(x) as (select 1) select x from age",
        ),
        (
            "SELECT a FROM t UNION ALL (SELECT b FROM u)",
            "select a from t union all (select b from u)",
        ),
    ]);
    let definition = "CREATE TABLE T (a TEXT CHECK (a <> '2026-01-01')) STRICT";
    assert_eq!(rewritten(definition), definition);
}

#[test]
fn what_cannot_be_done_is_refused_with_its_place() {
    for (text, column, words) in [
        ("SELECT a::regclass", 11, "regclass"),
        ("SELECT a FROM t WHERE b > ANY(:c)", 25, "> ANY"),
        ("SELECT a[1:2]", 11, "slice"),
        ("SELECT DISTINCT ON (a) a FROM t", 8, "row_number"),
        ("SELECT 1.5 * x", 8, "1.5::double precision"),
        ("SELECT interval '1 day'", 8, "interval"),
        ("SELECT '2026-01-01 10:00'", 8, "timestamptz '…'"),
        ("SELECT y - x - a::numeric", 14, "parentheses"),
        ("SELECT json_agg(x)", 8, "jsonb_agg"),
        ("SELECT a ^ b", 10, "power"),
        ("SELECT x ? y ? (", 16, "never closed"),
        ("SELECT a ~ b || c", 10, "parentheses"),
    ] {
        match Sql::dynamic(text).sqlite_text() {
            Ok(sqlite) => panic!("{text} became {sqlite}"),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Unsupported);
                let message = error.to_string();
                assert!(message.contains(words), "{text}: {message}");
                let place = format!("line 1, column {column})");
                assert!(message.contains(&place), "{text}: {message}");
            }
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..proptest::test_runner::Config::with_cases(2_000) })]

    /// Whatever the text is, it is rewritten or refused.
    #[test]
    fn no_text_is_too_odd(words in proptest::collection::vec(proptest::sample::select(vec![
        "SELECT", "FROM", "x", "t", ".", ",", "(", ")", "[", "]", "::", "int", "numeric", "(8, 2)", "interval", "'1 day'", "'a'", "+", "-",
        "*", "/", "||", "->", "@>", "~", "~*", "=", "ANY", "ALL", "ARRAY", "CAST", "AS", "extract", "epoch", "CASE", "END", "WHEN", "ORDER",
        "BY", "DESC", "LIMIT", "OFFSET", "NULL", "FOR", "UPDATE", "OF", "SKIP", "LOCKED", "LIKE", "ILIKE", "COLLATE", "\"C\"", "unnest",
        "substring", "trim", "both", "position", "IN", "sum", "OVER", "FILTER", ":p", "1", "1.5", "round", "make_interval", "=>", "date",
        "'2026-01-01'", "E'\\n'", "$$a$$", "CURRENT_DATE", "IS", "UNKNOWN", ";", "AT", "TIME", "ZONE", "VALUES", "WITH", "?", ":",
    ]), 0..14)) {
        let _ = Sql::dynamic(words.join(" ")).sqlite_text();
    }
}
