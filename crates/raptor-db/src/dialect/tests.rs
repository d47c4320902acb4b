use super::*;
use crate::statement::lexer;

fn sqlite(sql: &str) -> String {
    let tokens = lexer::tokens(sql).unwrap();
    to_sqlite(sql, &tokens).unwrap_or_else(|no| panic!("{sql}: {}", no.what))
}

fn refused(sql: &str) -> Refusal {
    let tokens = lexer::tokens(sql).unwrap();
    match to_sqlite(sql, &tokens) {
        Ok(text) => panic!("{sql} became {text}"),
        Err(no) => no,
    }
}

#[test]
fn casts_become_calls() {
    assert_eq!(sqlite("SELECT a.b::text"), "SELECT raptor_text(a.b)");
    assert_eq!(sqlite("SELECT :a::uuid"), "SELECT raptor_uuid(:a)");
    assert_eq!(
        sqlite("SELECT f(x, (1))::bigint::text"),
        "SELECT raptor_text(raptor_int8(f(x, (1))))"
    );
    assert_eq!(
        sqlite("SELECT (1 + 2)::double precision"),
        "SELECT raptor_float8((1 + 2))"
    );
    assert_eq!(sqlite("SELECT CAST(a AS date)"), "SELECT raptor_date(a )");
    assert_eq!(
        sqlite("WHERE x = ANY(:ids::uuid[])"),
        "WHERE x  IN (SELECT value FROM json_each(coalesce(:ids, '[null]')))"
    );
    assert_eq!(
        sqlite("SELECT CASE a WHEN 1 THEN 2 END::text"),
        "SELECT raptor_text(CASE a WHEN 1 THEN 2 END)"
    );
    assert_eq!(
        sqlite("WHERE a::numeric > 5"),
        "WHERE (CAST(raptor_numeric(a) AS TEXT) COLLATE decimal) > 5"
    );
    assert_eq!(refused("SELECT 1::regclass").at, 10);
    assert!(refused("SELECT a::numeric(10, 2)").what.contains("round()"));
}

#[test]
fn calls_spelt_with_words_get_commas() {
    assert_eq!(
        sqlite("SELECT extract(epoch FROM now())"),
        "SELECT raptor_extract('epoch' , now())"
    );
    assert_eq!(
        sqlite("SELECT position('a' in b)"),
        "SELECT raptor_position('a' , b)"
    );
    assert_eq!(
        sqlite("SELECT substring(a from 2 for 3)"),
        "SELECT substring(a , 2 , 3)"
    );
    refused("SELECT trim(both 'x' from a)");
}

#[test]
fn json_operators_nest_from_the_left() {
    assert_eq!(
        sqlite("SELECT a.doc -> 'x' ->> :key FROM a"),
        "SELECT raptor_json_text(raptor_json_get(a.doc , 'x') , :key) FROM a"
    );
    assert_eq!(
        sqlite("SELECT doc @> :part::jsonb"),
        "SELECT raptor_json_contains(doc , raptor_jsonb(:part))"
    );
}

#[test]
fn intervals_shift_times() {
    assert_eq!(
        sqlite("SELECT now() - interval '5 minutes'"),
        "SELECT raptor_shift(now() , -1, '5 minutes')"
    );
    assert_eq!(
        sqlite("WHERE t < now() + :n * interval '1 second' AND b"),
        "WHERE t < raptor_shift(now() , 1, '1 second', :n) AND b"
    );
    refused("SELECT interval '1 day'");
}

#[test]
fn nulls_go_where_postgres_puts_them() {
    assert_eq!(
        sqlite("SELECT a FROM t ORDER BY a, f(b, c) DESC, d NULLS FIRST LIMIT 3"),
        "SELECT a FROM t ORDER BY a NULLS LAST, f(b, c) DESC NULLS FIRST, d NULLS FIRST LIMIT 3"
    );
    assert_eq!(
        sqlite("SELECT string_agg(a, ',' ORDER BY b) OVER (ORDER BY c) FROM t"),
        "SELECT string_agg(a, ',' ORDER BY b NULLS LAST) OVER (ORDER BY c NULLS LAST) FROM t"
    );
}

#[test]
fn locks_patterns_and_literals() {
    assert_eq!(
        sqlite("SELECT 1 FROM a, b FOR NO KEY UPDATE OF a, b SKIP LOCKED").trim(),
        "SELECT 1 FROM a, b"
    );
    assert_eq!(sqlite("a ILIKE b"), "a MATCH b");
    assert_eq!(sqlite("a !~* b"), "a  NOT REGEXP '(?i)' ||  b");
    assert_eq!(
        sqlite(r"SELECT E'it\'s\n', $x$a'b$x$"),
        "SELECT 'it''s\n', 'a''b'"
    );
    assert_eq!(
        sqlite("SELECT timestamptz '2026-01-01'"),
        "SELECT raptor_timestamptz('2026-01-01')"
    );
    assert_eq!(sqlite("LIMIT ALL"), "LIMIT -1");
    refused("SELECT DISTINCT ON (a) a FROM t");
    refused("SELECT a[1] FROM t");
    refused("INSERT INTO t VALUES (1) ON CONFLICT ON CONSTRAINT c DO NOTHING");
}

#[test]
fn what_both_engines_know_stays_as_it_is() {
    for sql in [
        "SELECT a, count(*) FROM t WHERE b IN (:x, :y) GROUP BY a HAVING count(*) > 1",
        "INSERT INTO t (a) VALUES (:a) ON CONFLICT (a) DO UPDATE SET a = excluded.a RETURNING a",
        "SELECT 'x::text ~ [1]' -- ::text\n FROM \"order by\"",
        "SELECT a FROM t UNION ALL (SELECT b FROM u)",
    ] {
        assert_eq!(sqlite(sql), sql);
    }
}
