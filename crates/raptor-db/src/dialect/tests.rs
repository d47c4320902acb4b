//! The rewrites, text by text. Whether SQLite then answers as Postgres does is tested on both
//! engines, in `tests/it/dialect.rs`.

use crate::Sql;

fn rewritten(text: &str) -> String {
    let sql = Sql::dynamic(text);
    sql.sqlite_text()
        .map(str::to_owned)
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refused(text: &str) -> String {
    match Sql::dynamic(text).sqlite_text() {
        Ok(rewritten) => panic!("{text} was not refused but became {rewritten}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn show() {
    for text in [
        "SELECT :id::uuid, a.b::text, (x)::int, now()::date, NULL::text, f(x)::bigint::text, CAST(x AS bigint) FROM a",
        "SELECT id FROM jobs WHERE state = 'q' ORDER BY run_at, id DESC LIMIT :n FOR UPDATE OF jobs SKIP LOCKED",
        "SELECT * FROM t WHERE id = ANY(:ids::uuid[]) AND k <> ALL(:ks) AND n = ANY(SELECT 1)",
        "SELECT extract(epoch FROM now() - interval '1 day')::bigint, extract(year from x) FROM t",
        "UPDATE t SET v = v + 1, at = now() + :n * interval '1 second', e = now() + make_interval(secs => :s) - '1 day'::interval WHERE a / b > -c",
        "SELECT a || ' ' || b, x::jsonb || y, data -> 'a' ->> 'b', d @> :p::jsonb, a #>> '{x}' FROM t WHERE n LIKE 'a%' AND n LIKE :p || '%' AND n ILIKE 'x' AND n !~* 'y'",
        "SELECT string_agg(x, ',' ORDER BY y DESC), sum(DISTINCT x), sum(p::numeric) FILTER (WHERE q), count(*) FROM t OFFSET :o",
        "SELECT x FROM unnest(:a) AS t(x) JOIN unnest(:a, :b) AS u(p, q) ON true",
        "SELECT v.a FROM (VALUES (1, 2)) AS v(a, b) WHERE c IS NOT UNKNOWN AND round(x::numeric, 2)::text = $$it's$$ AND date '2026-01-01' < d",
        "SELECT ARRAY[1, 2], ARRAY[[1],[2]], a[1], substring(x from 2 for 3), position('a' in b), trim(both 'x' from y), trim(y), CURRENT_TIMESTAMP, E'a\\nb'",
    ] {
        println!("{text}\n  {}", rewritten(text));
    }
    for text in [
        "SELECT a::regclass",
        "SELECT p::numeric + 1",
        "SELECT DISTINCT ON (a) a FROM t",
        "SELECT '2026-01-01'",
        "SELECT interval '1 day'",
        "SELECT 1.5 * x",
        "SELECT a::timestamp",
    ] {
        println!("{text}\n  {}", refused(text));
    }
}
