//! One text, two engines, one answer: the constructs that the dialect rewrites, over a table.

use crate::functions::{Pair, Shape};
use raptor_db::{Decimal, ErrorKind, Sql, params, sql};
use std::sync::LazyLock;

/// The rows hold every type of the contract, NULLs and ties.
static PAIR: LazyLock<Pair> = LazyLock::new(|| {
    let pair = Pair::new();
    pair.define(
        "CREATE TABLE item (id bigint PRIMARY KEY, name text, price numeric, at timestamptz, on_day date, data jsonb,
                            tags text[], live boolean, size double precision)",
        "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, price TEXT COLLATE decimal, at TEXT, on_day TEXT, data TEXT,
                            tags TEXT, live INTEGER, size REAL) STRICT",
    );
    let insert = sql!(
        "INSERT INTO item (id, name, price, at, on_day, data, tags, live, size)
         VALUES (:id, :name, :price, :at, :on_day, :data, :tags, :live, :size) RETURNING id AS v"
    );
    for id in 0..12i64 {
        let some = |of: i64| id % of != 0;
        let price = Decimal::new((id * 175 - 500).into(), 2).unwrap();
        let at =
            time::macros::datetime!(2026-01-30 10:00:00.25 UTC) + time::Duration::hours(id * 13);
        let asked = params! {
            id,
            name: some(5).then(|| ["b", "a", "É", "a b", "B%"][usize::try_from(id % 5).unwrap()].to_owned()),
            price: some(4).then_some(price),
            at: some(7).then_some(at),
            on_day: some(3).then_some(at.date()),
            data: some(6).then(|| serde_json::json!({"n": id, "t": "x", "b": id > 5, "l": [id, "y"], "o": {"k": null}})),
            tags: some(5).then(|| vec!["x".to_owned(), format!("t{id}")]),
            live: some(4).then_some(id % 2 == 0),
            size: some(3).then_some(1.5 * id as f64),
        };
        pair.same(insert, asked, Shape::Int).unwrap();
    }
    pair
});

/// `v` of every text is the same, and there is a `v`.
fn same(shape: Shape, texts: &[&str]) {
    for text in texts {
        let answer = PAIR.same_text(text, shape);
        assert!(
            answer.as_ref().is_ok_and(|rows| !rows.is_empty()),
            "{text}: {answer:?}"
        );
    }
}

#[test]
fn nulls_are_sorted_as_the_largest() {
    same(
        Shape::Int,
        &[
            "SELECT id AS v FROM item ORDER BY name, id",
            "SELECT id AS v FROM item ORDER BY name DESC, id",
            "SELECT id AS v FROM item ORDER BY name NULLS FIRST, price DESC NULLS LAST, id LIMIT 7",
            "SELECT id AS v FROM item ORDER BY price, id DESC",
            "SELECT id AS v FROM (SELECT id, size FROM item ORDER BY size DESC, id LIMIT 5) AS s ORDER BY id",
            "SELECT row_number() OVER (PARTITION BY live ORDER BY at DESC, id) AS v FROM item ORDER BY id",
            "SELECT (array_agg(id ORDER BY price DESC, id))[1] AS v FROM item",
            "SELECT id AS v FROM item ORDER BY CASE WHEN live THEN size END, (price), id",
            "SELECT v FROM (SELECT id AS v, at FROM item UNION ALL SELECT 99, NULL) AS u ORDER BY at, v",
            "SELECT first_value(id) OVER (ORDER BY size, id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS v FROM item ORDER BY id",
        ],
    );
}

#[test]
fn decimals_are_compared_by_value() {
    same(
        Shape::Int,
        &[
            "SELECT id AS v FROM item WHERE price > 5 ORDER BY id",
            "SELECT id AS v FROM item WHERE price = numeric '1.750' OR price <= -1.5 ORDER BY id",
            "SELECT id AS v FROM item WHERE price BETWEEN 0 AND 10 ORDER BY price, id",
            "SELECT count(*) AS v FROM item GROUP BY price ORDER BY price",
            "SELECT id AS v FROM item WHERE price::numeric * 2 - 1 >= 12.5 ORDER BY id",
            "SELECT id AS v FROM item WHERE coalesce(price::numeric, 0) < 3 ORDER BY coalesce(price::numeric, 0), id",
            "SELECT sum(price::numeric)::int AS v FROM item",
            "SELECT id AS v FROM item WHERE price = (SELECT max(price) FROM item)",
        ],
    );
    same(
        Shape::Decimal,
        &[
            "SELECT sum(price::numeric) AS v FROM item WHERE live",
            "SELECT max(price) AS v FROM item",
            "SELECT round(price::numeric / 3, 4) AS v FROM item ORDER BY id",
            "SELECT numeric_add(price, 1) AS v FROM item ORDER BY id",
        ],
    );
}

#[test]
fn times_and_dates() {
    same(
        Shape::Int,
        &[
            "SELECT id AS v FROM item WHERE at >= timestamptz '2026-02-01' ORDER BY at, id",
            "SELECT id AS v FROM item WHERE at < '2026-02-01T00:00:00.000000Z' ORDER BY id",
            "SELECT id AS v FROM item WHERE on_day = date '2026-01-31' ORDER BY id",
            "SELECT id AS v FROM item WHERE at::date = on_day AND at > now() - interval '100 years' ORDER BY id",
            "SELECT extract(hour FROM at) AS v FROM item ORDER BY id",
            "SELECT extract(epoch FROM at)::bigint AS v FROM item ORDER BY id",
            "SELECT floor(extract(epoch FROM at) - extract(epoch FROM at - interval '90 minutes'))::int AS v FROM item ORDER BY id",
            "SELECT count(*) AS v FROM item GROUP BY date_trunc('day', at) ORDER BY date_trunc('day', at)",
        ],
    );
    same(
        Shape::Instant,
        &[
            "SELECT at + interval '1 month' AS v FROM item ORDER BY id",
            "SELECT date_trunc('week', at) AS v FROM item ORDER BY id",
            "SELECT at - id * interval '1 day' AS v FROM item ORDER BY id",
            "SELECT at - make_interval(hours => id::int) AS v FROM item ORDER BY id",
            "SELECT at + (id || ' seconds')::interval AS v FROM item ORDER BY id",
            "SELECT greatest(at, timestamptz '2026-02-01 00:00+00') AS v FROM item ORDER BY id",
        ],
    );
    same(
        Shape::Text,
        &[
            "SELECT at::text AS v FROM item ORDER BY id",
            "SELECT name || ' ' || at || on_day AS v FROM item ORDER BY id",
            "SELECT to_char(at, 'YYYY-MM-DD HH24:MI:SS.US') AS v FROM item ORDER BY id",
            "SELECT to_char(at, 'FMDay, DDth FMMonth, \"week\" IW') AS v FROM item ORDER BY id",
            "SELECT concat(at, '|', on_day, '|', price, '|', size) AS v FROM item ORDER BY id",
        ],
    );
}

#[test]
fn json_from_columns() {
    same(
        Shape::Text,
        &[
            "SELECT data ->> 'n' AS v FROM item ORDER BY id",
            "SELECT data ->> 'b' AS v FROM item ORDER BY id",
            "SELECT data -> 'l' ->> 1 AS v FROM item ORDER BY id",
            "SELECT data #>> '{l,0}' AS v FROM item ORDER BY id",
            "SELECT data::text AS v FROM item ORDER BY id",
            "SELECT jsonb_typeof(data -> 'o' -> 'k') AS v FROM item ORDER BY id",
            "SELECT x.e AS v FROM item JOIN (SELECT 'n' AS e) AS x ON item.data ? x.e ORDER BY item.id",
        ],
    );
    same(
        Shape::Json,
        &[
            "SELECT data AS v FROM item ORDER BY id",
            "SELECT data::jsonb || jsonb_build_object('at', at, 'day', on_day, 'p', price::numeric, 'live', live::boolean, 's', size) AS v FROM item ORDER BY id",
            "SELECT jsonb_agg(jsonb_build_object('id', id, 'name', name, 'data', data::jsonb) ORDER BY id) AS v FROM item",
            "SELECT jsonb_build_object('is', id > 3 AND live, 'null', name IS NULL, 'in', id IN (1, 2)) AS v FROM item ORDER BY id",
            "SELECT jsonb_set(data, '{o,k}', to_jsonb(id)) AS v FROM item ORDER BY id",
        ],
    );
    same(
        Shape::Int,
        &[
            "SELECT id AS v FROM item WHERE data @> '{\"b\": true}' ORDER BY id",
            "SELECT id AS v FROM item WHERE (data ->> 'n')::int > 4 ORDER BY (data ->> 'n')::int DESC, id",
            "SELECT id AS v FROM item WHERE data -> 'l' @> '[7]' ORDER BY id",
            "SELECT jsonb_array_length(data -> 'l') AS v FROM item ORDER BY id",
            "SELECT id AS v FROM item WHERE data ?& ARRAY['n', 't'] ORDER BY id",
        ],
    );
}

#[test]
fn arrays_from_columns() {
    same(
        Shape::Int,
        &[
            "SELECT id AS v FROM item WHERE 't4' = ANY(tags) OR id = 1 ORDER BY id",
            "SELECT id AS v FROM item WHERE NOT (name = ANY(ARRAY['a', 'É'])) ORDER BY id",
            "SELECT id AS v FROM item WHERE id <> ALL(ARRAY[1, 2, 3]) ORDER BY id",
            "SELECT id AS v FROM item WHERE tags @> ARRAY['t7'] ORDER BY id",
            "SELECT id AS v FROM item WHERE id = ANY(SELECT id FROM item WHERE live) ORDER BY id",
            "SELECT id AS v FROM item WHERE id = SOME('{1,5,99}'::bigint[]) ORDER BY id",
            "SELECT v.a + v.b AS v FROM (VALUES (1, 2), (3, 4)) AS v(a, b) ORDER BY 1",
        ],
    );
    same(
        Shape::Text,
        &[
            "SELECT tags[2] AS v FROM item ORDER BY id",
            "SELECT (ARRAY['a', 'b'])[1] AS v",
        ],
    );
    same(
        Shape::Texts,
        &[
            "SELECT tags AS v FROM item ORDER BY id",
            "SELECT array_agg(name ORDER BY id) AS v FROM item",
        ],
    );
}

#[test]
fn limits_and_locks() {
    same(
        Shape::Int,
        &[
            "SELECT id AS v FROM item ORDER BY id LIMIT ALL",
            "SELECT id AS v FROM item ORDER BY id LIMIT NULL OFFSET 3",
            "SELECT id AS v FROM item ORDER BY id OFFSET 2 ROWS",
            "SELECT id AS v FROM item ORDER BY id LIMIT 1 + 1 OFFSET NULL",
            "SELECT id AS v FROM item ORDER BY id LIMIT (SELECT 3)",
            "SELECT id AS v FROM item ORDER BY id LIMIT 2 FOR UPDATE SKIP LOCKED",
            "SELECT i.id AS v FROM item AS i ORDER BY i.id FOR NO KEY UPDATE OF i NOWAIT",
            "SELECT id AS v FROM item WHERE id IN (SELECT id FROM item WHERE live ORDER BY id FOR SHARE LIMIT 2) ORDER BY id",
        ],
    );
    for limit in [Some(2i64), None, Some(0), Some(-1)] {
        let sql = sql!("SELECT id AS v FROM item ORDER BY id LIMIT :limit OFFSET :offset");
        for offset in [Some(1i64), None, Some(-2)] {
            // SQLite does not look at the OFFSET of no rows.
            if limit == Some(0) && offset == Some(-2) {
                continue;
            }
            let [postgres, sqlite] = PAIR.ask(sql, params! { limit, offset }, Shape::Int);
            assert_eq!(postgres, sqlite, "{limit:?} {offset:?}");
        }
    }
}

#[test]
fn texts_and_operators() {
    same(
        Shape::Bool,
        &[
            "SELECT name LIKE 'a%' AS v FROM item ORDER BY id",
            "SELECT name ILIKE 'é' AS v FROM item ORDER BY id",
            r"SELECT name LIKE 'B\%' AS v FROM item ORDER BY id",
            "SELECT name NOT LIKE '%' || lower(name) || '%' AS v FROM item ORDER BY id",
            "SELECT name ~ '^[a-z]' AS v FROM item ORDER BY id",
            "SELECT name !~* '^É$' AS v FROM item ORDER BY id",
            "SELECT name IS NOT DISTINCT FROM NULL AS v FROM item ORDER BY id",
            "SELECT (id > 3) IS UNKNOWN OR live IS NOT TRUE AS v FROM item ORDER BY id",
            "SELECT live IS UNKNOWN AS v FROM item ORDER BY id",
            r"SELECT E'a\u00e9\x41\\\'' = $q$aéA\'$q$ AS v",
            "SELECT name < 'b' COLLATE \"C\" AS v FROM item ORDER BY id",
            "SELECT (id, name) > (3, 'a') AS v FROM item ORDER BY id",
        ],
    );
    same(
        Shape::Text,
        &[
            "SELECT 'x' || name AS v FROM item ORDER BY id",
            "SELECT id || name AS v FROM item ORDER BY id",
            "SELECT CASE WHEN live THEN name ELSE 'none' END || '!' AS v FROM item ORDER BY id",
            "SELECT string_agg(name, ', ' ORDER BY id) AS v FROM item",
            "SELECT substring(name FROM '[a-z]+') AS v FROM item ORDER BY id",
            "SELECT -- a comment /* within\n /* nested /* twice */ */ 'x' AS V",
        ],
    );
    same(
        Shape::Int,
        &[
            "SELECT id / 2 * 2 + id % 2 - -1 AS v FROM item ORDER BY id",
            "SELECT count(*) FILTER (WHERE live) * 2 AS v FROM item",
            "SELECT sum(id) - max(id) AS v FROM item",
            "SELECT sum(id) OVER w - 1 AS v FROM item WINDOW w AS (ORDER BY id) ORDER BY id",
            "SELECT (CURRENT_DATE - 1 < CURRENT_DATE)::int AS v",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i AS v FROM n ORDER BY i",
            "SELECT length(name) + 1 AS v FROM item ORDER BY id",
        ],
    );
    for text in [
        "SELECT 1 / (id - 3) AS v FROM item ORDER BY id",
        "SELECT size / 0 AS v FROM item WHERE size IS NOT NULL",
        "SELECT id % 0 AS v FROM item",
    ] {
        assert_eq!(
            PAIR.same_text(text, Shape::Int),
            Err(ErrorKind::Type),
            "{text}"
        );
    }
}

#[test]
fn writing() {
    let pair = Pair::new();
    pair.define(
        "CREATE TABLE counter (name text PRIMARY KEY, n bigint NOT NULL, at timestamptz NOT NULL, doc jsonb)",
        "CREATE TABLE counter (name TEXT PRIMARY KEY, n INTEGER NOT NULL, at TEXT NOT NULL, doc TEXT) STRICT",
    );
    let up = sql!(
        "INSERT INTO counter AS c (name, n, at, doc) SELECT x, 1, now(), '{\"b\": 1, \"a\": [1,2]}'::jsonb FROM unnest(:names::text[]) AS x WHERE true
         ON CONFLICT (name) DO UPDATE SET n = c.n + excluded.n, doc = c.doc::jsonb || jsonb_build_object('n', c.n) RETURNING n AS v"
    );
    for names in [vec!["a", "b"], vec!["b"], vec![]] {
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        pair.same(up, params! { names }, Shape::Int).unwrap();
    }
    for (text, shape) in [
        ("SELECT doc AS v FROM counter ORDER BY name", Shape::Json),
        (
            "UPDATE counter SET n = n * 10 WHERE name = ANY(ARRAY['a']) RETURNING n AS v",
            Shape::Int,
        ),
        (
            "WITH gone AS (SELECT name FROM counter ORDER BY n DESC LIMIT 1) DELETE FROM counter WHERE name IN (SELECT name FROM gone) RETURNING name AS v",
            Shape::Text,
        ),
        (
            "UPDATE counter SET n = t.n FROM (VALUES ('b', 7)) AS t(name, n) WHERE counter.name = t.name RETURNING counter.n AS v",
            Shape::Int,
        ),
    ] {
        assert!(
            pair.same_text(text, shape)
                .is_ok_and(|rows| !rows.is_empty()),
            "{text}"
        );
    }
}

/// What SQLite would do otherwise is an error, told by the text or by the value.
#[test]
fn what_sqlite_would_do_otherwise_is_refused() {
    for text in [
        "SELECT price + 1 AS v FROM item",
        "SELECT -price AS v FROM item",
        "SELECT sum(price) AS v FROM item",
        "SELECT avg(price) AS v FROM item",
        "SELECT at - at AS v FROM item",
        "SELECT on_day + 1 AS v FROM item",
        "SELECT data || data AS v FROM item",
        "SELECT tags || 'x' AS v FROM item",
        "SELECT jsonb_build_object('d', data) AS v FROM item",
        "SELECT greatest(price, '9') AS v FROM item",
        "SELECT round(size, 1) AS v FROM item",
        "SELECT set_config('raptor.x', 'y', false) AS v",
    ] {
        let [_, sqlite] = PAIR.ask(&Sql::dynamic(text), &[], Shape::Text);
        assert!(sqlite.is_err(), "{text}: {sqlite:?}");
    }
    for text in [
        "SELECT DISTINCT ON (name) id FROM item",
        "SELECT id FROM item FETCH FIRST 1 ROW ONLY",
        "SELECT at AT TIME ZONE 'UTC' FROM item",
        "SELECT id FROM item, LATERAL (SELECT 1) AS x",
        "INSERT INTO item (id) VALUES (1) ON CONFLICT ON CONSTRAINT item_pkey DO NOTHING",
        "SELECT at::timestamp FROM item",
        "SELECT interval '1 day'",
        "SELECT 0.1 + id FROM item",
        "SELECT '2026-01-01' < on_day FROM item",
        "SELECT age(at) FROM item",
        "SELECT id FROM item ORDER BY id USING >",
        "SELECT max(1, 2)",
        "SELECT name > ANY(tags) FROM item",
        "SELECT B'101'",
        "SELECT a FROM unnest(:a::text[]) WITH ORDINALITY AS a",
    ] {
        let sql = Sql::dynamic(text);
        let Err(error) = sql.sqlite_text() else {
            panic!("{text} is not refused");
        };
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{text}: {error}");
        assert!(
            error.to_string().contains("line 1, column "),
            "{text}: {error}"
        );
    }
}
