//! Expressions, as columns of views.

use super::bed::{Bed, cases, is_same};
use crate::translate::view;

/// Expressions over the table `t`.
const VALUES: &str = r#"
n ;; m ;; big ;; r ;; price ;; s ;; u ;; nc ;; flag ;; b ;; ts ;; d ;; j ;; uid ;; ep ;; 5 ;; -5 ;; 0x1F ;; 1.5 ;; -0.25 ;; 1e3 ;; 'it''s'
"no such column" ;; x'00ff' ;; NULL ;; true ;; FALSE ;; -9223372036854775808 ;; 1_000 ;; rowid ;; _rowid_ + 1 ;; t.oid ;; 9223372036854775807 ;; n + m
n - m ;; n * m ;; n / m ;; n % m ;; n / 2 ;; n / 0 ;; n % 0 ;; -n ;; +n ;; - -n ;; m * 3000000000 ;; m + m ;; n / -2 ;; -n / 2 ;; -n % 2 ;; n % -2
r + 1 ;; r * n ;; r / 2 ;; r / 0 ;; r / n ;; 1 / r ;; n / 2.0 ;; n * 1.0 / m ;; r - 0.1 ;; price + 1 ;; price * 3 ;; price - 0.01 ;; price * 1.1
price / 3.0 ;; -price ;; flag + 1 ;; flag * n ;; -flag ;; n & 3 ;; n | 8 ;; ~n ;; m << 2 ;; m >> 1 ;; flag | 2 ;; n > 0 ;; NOT flag ;; NOT n
n AND m ;; n OR r ;; flag AND n > 0 ;; (n > 0) + (m > 0) ;; n + NULL ;; 1 + 1 ;; r * r - r ;; (n + m) * 2 - 1 ;; s || u ;; s || n ;; n || ''
flag || '!' ;; nc || 'x' ;; s || NULL ;; 'a' || 'b' ;; length(s) ;; length(n) ;; length(b) ;; length('ü') ;; lower(s) ;; upper(s) ;; lower(nc)
upper('äa') ;; substr(s, 1, 2) ;; substr(s, 2) ;; substr(s, 0) ;; substr(s, 0, 2) ;; substr(s, -2) ;; substr(s, -3, 2) ;; substr(u, -30, 29)
substr(b, 2) ;; hex(NULL) ;; substr(b, 1, 1) ;; substr(u, 1, instr(u, '@') - 1) ;; substr(u, instr(u, '@') + 1) ;; substring(s, 3, 0)
substr(n, 1, 1) ;; instr(s, 'a') ;; instr(s, '') ;; instr(u, '_') ;; replace(s, 'a', 'b') ;; replace(s, '', 'b') ;; replace(u, 'a', '') ;; trim(u)
ltrim(s) ;; rtrim(nc) ;; trim(s, 'Aa') ;; rtrim(u, 'gor.') ;; hex(s) ;; hex(b) ;; hex('aB') ;; unicode(s) ;; concat(s, n, '!')
upper(substr(u, 1, 1)) || lower(substr(u, 2)) ;; length(trim(u)) ;; length(replace(s, 'a', '')) ;; coalesce(n, 0) ;; coalesce(n, m) ;; coalesce(s, '')
ifnull(s, u) ;; ifnull(flag, 0) ;; coalesce(flag, 1) ;; coalesce(r, 0) ;; coalesce(n, r) ;; coalesce(price, 0) ;; coalesce(price, 0.5) ;; nullif(n, 0)
nullif(s, '') ;; nullif(nl, 'admin') ;; nullif(n, m) ;; iif(n > 0, 'pos', 'neg') ;; iif(flag, 1, 0) ;; coalesce(nc, s)
CASE WHEN n > 0 THEN 'a' WHEN n < 0 THEN 'b' ELSE 'c' END ;; CASE n WHEN 5 THEN 'five' WHEN NULL THEN 'null' END
CASE flag WHEN 1 THEN 'on' ELSE 'off' END ;; CASE WHEN flag THEN n ELSE r END ;; CASE WHEN n IS NULL THEN 0 ELSE 1 END
CASE WHEN flag THEN flag ELSE 0 END ;; CASE s WHEN 'Alpha' THEN 1 END ;; CASE WHEN flag = 1 THEN 5 ELSE flag END
coalesce(ts, '2020-01-01 00:00:00') ;; coalesce(j, '{}') ;; min(n, m) ;; max(n, m) ;; max(n, 0) ;; max(0, m) ;; min(s, u) ;; max(s, 'b') ;; max(r, n)
min(n, NULL) ;; max(flag, 0) ;; min(u, 'B') ;; max(ts, ts) ;; abs(n) ;; abs(r) ;; abs(-3) ;; abs(flag) ;; round(r) ;; round(r, 0) ;; round(n, 2)
round(r, -1) ;; round(n) ;; round(price) ;; round(2.5) ;; round(-2.5) ;; round(r * 100) ;; typeof(n) ;; typeof(s) ;; typeof(r) ;; typeof(NULL)
typeof(m) ;; likely(n) ;; typeof(flag) ;; typeof(ts) ;; CAST(n AS TEXT) ;; CAST(s AS INTEGER) ;; CAST(u AS INTEGER) ;; CAST(r AS INTEGER)
CAST(price AS INTEGER) ;; CAST('12abc' AS INTEGER) ;; CAST(u AS REAL) ;; CAST(n AS REAL) ;; CAST(n AS REAL) / m ;; CAST(flag AS INTEGER)
CAST(n AS NUMERIC) ;; CAST(-1.9 AS INT) ;; CAST(flag AS TEXT) ;; CAST(s AS VARCHAR(3)) ;; CAST('1.50' AS REAL) ;; CAST('abc' AS BLOB) ;; n = m
n <> m ;; n == 5 ;; n != 5 ;; n < r ;; r >= 1.5 ;; n > 1.5 ;; s = u ;; s < u ;; s > 'a' ;; s >= 'Alpha' ;; nc = 'ADMIN' ;; nc = s ;; nl = 'ADMIN'
nl < 'b' ;; nc < 'b' ;; nc = 'Ärger' ;; nc = 'ärger' ;; nl COLLATE BINARY = 'admin' ;; s = 'alpha' COLLATE NOCASE ;; s COLLATE NOCASE < u
nc = 'admin ' COLLATE RTRIM ;; nc <> nl ;; flag = 1 ;; flag <> 1 ;; 1 = flag ;; flag = 0 ;; flag > 0 ;; flag = 2 ;; flag IS NOT 1 ;; flag IS TRUE
flag IS NOT TRUE ;; n IS FALSE ;; n IS NOT FALSE ;; n IS m ;; n IS NOT m ;; n IS NULL ;; n NOTNULL ;; s IS 'Alpha' ;; s IS NOT NULL ;; n ISNULL
n IN (1, 5, NULL) ;; n NOT IN (5) ;; n IN () ;; n NOT IN () ;; s IN ('Alpha', '') ;; flag IN (0, 1) ;; flag IN (0, 1, NULL) ;; nc IN ('ADMIN', 'z')
nl IN ('ADMIN', 'z') ;; n IN (m, 5) ;; n IN ('5', 2) ;; n BETWEEN 1 AND 6 ;; n NOT BETWEEN m AND 6 ;; s BETWEEN 'A' AND 'b' ;; r BETWEEN -1 AND 1.5
n = '5' ;; n <> '' ;; n < 'x' ;; s = 12 ;; u > 1 ;; b = x'41' ;; b < x'42' ;; price > 9.99 ;; price = 10 ;; price >= 2.5 ;; loose = 'word'
loose <> 'word' ;; loose IS NULL ;; uid = uid ;; uid <> '' ;; j <> '' ;; n = flag ;; (n > 0) = 1 ;; (n > 0) = flag ;; (n > 0) = (m > 0)
big > 9007199254740992 ;; big = 9007199254740993 ;; r = 0.1 ;; n < 2.5 AND m ;; s LIKE 'al%' ;; s LIKE '%A' ;; s NOT LIKE 'a%' ;; s LIKE 'äöü%'
s LIKE '%ÖÜ S%' ;; u LIKE 'a\_b%' ESCAPE '\' ;; s LIKE '%\x' ;; s LIKE '_l%' ;; n LIKE '1%' ;; nc LIKE 'ADM%' ;; s LIKE u ;; u LIKE '%@%'
s LIKE '___' ;; flag LIKE '1' ;; u LIKE '%!%%' ESCAPE '!' ;; s GLOB 'A*' ;; s GLOB '*a' ;; s GLOB '[Aa]lpha' ;; s GLOB '[^a-z]*'
s NOT GLOB '*[0-9]*' ;; u GLOB '*.org' ;; u GLOB '[0-9][0-9]' ;; s GLOB '???' ;; s GLOB '*\*'
"#;

/// Functions of dates and of JSON, and random ones, whose answers are the same at both.
const MORE: &str = r#"
(s COLLATE NOCASE) || '' = 'ALPHA' ;; coalesce(s COLLATE NOCASE, '') = 'ALPHA' ;; substr(s COLLATE NOCASE, 2, 3) = 'LPH' ;; strftime('%Y', ts) + 0 ;; strftime('%s', ts) * 2 ;; strftime('%m', ts) % 2
nc || '' = 'ADMIN' ;; lower(nc) = nc ;; n IN (SELECT m FROM t) ;; flag IN (SELECT flag FROM t WHERE flag IS NOT NULL) ;; n = (SELECT max(n) FROM t) ;; (SELECT s FROM t AS x WHERE x.id = t.n) ;; CASE WHEN EXISTS (SELECT 1 FROM t AS x WHERE x.n = t.m) THEN 'y' ELSE 'n' END
date(ts) ;; time(ts) ;; datetime(ts) ;; date(d) ;; datetime(d) ;; date(tz) ;; datetime(tz) ;; date(ep, 'unixepoch') ;; datetime(ep, 'unixepoch')
datetime(n, 'unixepoch') ;; date(dt) ;; datetime(dt) ;; time(dt) ;; strftime('%Y', dt) ;; strftime('%Y-%m', ts) ;; strftime('%d.%m.%Y %H:%M', ts)
strftime('%Y-%m-%dT%H:%M:%SZ', ts) ;; strftime('%j', ts) ;; strftime('%w', ts) ;; strftime('%s', ts) ;; strftime('%s', dt) ;; strftime('100%% %Y', d)
strftime('Week %w of %Y', d) ;; date(ts, '+1 day') ;; date(ts, '-1 month') ;; date(ts, '+1 month') ;; date(ts, '+1 year')
date(d, '+13 months', 'start of month', '-1 day') ;; datetime(ts, '+90 minutes') ;; datetime(ts, '-30 seconds') ;; date(ts, 'start of year')
date(d, 'weekday 0') ;; date(d, 'weekday 1') ;; datetime(ts, 'start of day') ;; datetime(dt, '+1 day') ;; date('2024-01-31', '+1 month')
julianday(ts) ;; julianday(d) ;; julianday(ts) - julianday(d) ;; unixepoch(ts) ;; unixepoch(tz) ;; unixepoch(d) ;; CAST(strftime('%Y', ts) AS INTEGER)
CAST(strftime('%s', ts) AS INTEGER) ;; CAST(julianday(ts) - julianday(d) AS INTEGER) ;; date('now') ;; date('now', '+1 day') ;; strftime('%Y', 'now')
CURRENT_DATE ;; length(CURRENT_TIMESTAMP) ;; length(datetime('now')) ;; length(strftime('%Y-%m-%d %H:%M:%f', 'now')) ;; length(strftime('%s', 'now'))
typeof(unixepoch()) ;; strftime('%s', 'now') > '1700000000' ;; unixepoch() > 1700000000 ;; ts < datetime('now') ;; ts < CURRENT_TIMESTAMP
ts >= date('now') ;; d < date('now', '-1 year') ;; d = date('now') ;; ep < unixepoch() ;; ep > 1700000000 ;; ep + 60 > 1700000000
ts > '2024-01-31 00:00:00' ;; ts >= '2024-01-31' ;; ts < '2024-01-31' ;; ts = '2024-02-29 12:30:00' ;; d = '2024-02-29' ;; d > '2024-01-01'
d BETWEEN '2023-01-01' AND '2023-12-31' ;; ts <> '' ;; ts IS NULL ;; date(ts) IS NULL ;; date(ts) = '2024-02-29' ;; date(dt) IS NULL ;; date(ts) = d
d IN ('2024-02-29', '2024-01-31') ;; dt < datetime('now') ;; ts BETWEEN '2024-01-01 00:00:00' AND '2024-12-31 23:59:59'
date(ts) BETWEEN '2024-01-01' AND '2024-12-31' ;; strftime('%m', ts) IN ('01', '02') ;; datetime(ts) > datetime(d) ;; ep IS NULL ;; ep = 0
ep IN (0, 1) ;; json_extract(j, '$.a') = 'x' ;; json_extract(j, '$.a') = 1 ;; json_extract(j, '$.a') <> 1 ;; json_extract(j, '$.a') IS NULL
json_extract(j, '$.c') IS NULL ;; json_extract(j, '$.c.d') = 'x' ;; json_extract(j, '$.a') > 1 ;; json_extract(j, '$.a') <= 1
json_extract(j, '$.b[0]') = 1 ;; json_extract(j, '$.b[#-1]') = 3 ;; json_extract(j, '$."a b"') = 7 ;; json_extract(jt, '$.a') = 'x'
json_extract(jt, '$.b[0].k') = 'v' ;; json_extract(j, '$.a') IS 1 ;; json_extract(j, '$.a') IS NOT 1 ;; json_extract(j, '$.t') = 1
json_extract(j, '$.t') = 0 ;; json_extract(j, '$.t') IS NOT NULL ;; json_array_length(j) ;; json_array_length(j, '$.b')
json_array_length(jt, '$.b') ;; json_valid(j) ;; j -> 'b' ;; j -> 'b' -> 0 ;; j ->> 'a' = 'x' ;; j -> 'c' ->> 'd' = 'x' ;; j ->> '$.c.d' = 'x'
j ->> 0 = 1 ;; json_type(j) = 'array' ;; json_type(j, '$.b') = 'array' ;; json_type(j, '$.a') = 'text' ;; json_type(j, '$.c') = 'null' ;; json(j)
json_object('n', n, 's', s) ;; json_array(n, s, flag) ;; json_object() ;; json_array() ;; json_extract(j, '$') IS NULL ;; length(hex(randomblob(16)))
length(lower(hex(randomblob(4)))) ;; length(hex(randomblob(20))) ;; typeof(random()) ;; abs(random() % 5) < 5 ;; length(randomblob(9))
random() IS NULL ;; lower(hex(randomblob(2))) GLOB '[0-9a-f][0-9a-f][0-9a-f][0-9a-f]'
"#;

#[tokio::test]
async fn expressions_answer_the_same() {
    let bed = Bed::new("").await;
    let names = bed.all();
    let mut wrong = Vec::new();
    let mut count = 0;
    for text in cases(VALUES).chain(cases(MORE)) {
        count += 1;
        let made = format!("CREATE VIEW v AS SELECT id AS \"key\", {text} AS x FROM t ORDER BY id");
        let sql = match view(&made, &names, "v") {
            Ok(sql) => sql,
            Err(why) => {
                wrong.push(format!("{text}: refused: {}", why.reason));
                continue;
            }
        };
        let lite = bed.in_sqlite(&format!("SELECT id, {text} FROM t ORDER BY id"));
        let done = bed
            .postgres
            .execute_raw(&format!("DROP VIEW IF EXISTS v CASCADE; {sql}"))
            .await;
        let post = match done {
            Ok(()) => bed.in_postgres("SELECT * FROM v").await,
            Err(error) => Err(error.to_string()),
        };
        match (lite, post) {
            (Ok(lite), Ok(post)) => {
                for (one, two) in lite.iter().zip(&post) {
                    if !is_same(&one[1], &two[1]) {
                        wrong.push(format!(
                            "{text}, row {:?}: {:?} is not {:?}\n      {sql}",
                            one[0], one[1], two[1]
                        ));
                    }
                }
                if lite.len() != post.len() {
                    wrong.push(format!(
                        "{text}: {} rows are not {}",
                        lite.len(),
                        post.len()
                    ));
                }
            }
            (lite, post) => wrong.push(format!(
                "{text}: {:?} {:?}\n      {sql}",
                lite.err(),
                post.err()
            )),
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Halves, and what is beside them.
#[tokio::test]
async fn rounding_answers_the_same() {
    let bed = Bed::new("CREATE TABLE f (id INTEGER PRIMARY KEY, x REAL); INSERT INTO f WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 20000) SELECT i, CASE i % 5 WHEN 0 THEN i * 0.5 WHEN 1 THEN i / 7.0 WHEN 2 THEN -i * 0.5 WHEN 3 THEN i * 1234567.5 ELSE -i / 80000.0 END FROM c").await;
    for text in [
        "round(x)",
        "CAST(x AS INTEGER)",
        "x / 3 * 7 - x",
        "CAST(x AS INTEGER) % 10",
        "abs(x) > 5.5",
        "-x",
    ] {
        let text = format!("SELECT id, {text} AS x FROM f");
        let sql = view(&format!("CREATE VIEW v AS {text}"), &bed.all(), "v").unwrap();
        bed.postgres
            .execute_raw(&format!("DROP VIEW IF EXISTS v CASCADE; {sql}"))
            .await
            .unwrap();
        let lite = bed.in_sqlite(&format!("{text} ORDER BY id")).unwrap();
        let post = bed
            .in_postgres("SELECT * FROM v ORDER BY id")
            .await
            .unwrap();
        let pairs = lite.iter().zip(&post);
        let wrong: Vec<_> = pairs
            .filter(|(one, two)| !is_same(&one[1], &two[1]))
            .collect();
        assert!(
            wrong.is_empty(),
            "{text}: {} of {}: {:?}",
            wrong.len(),
            lite.len(),
            wrong[0]
        );
    }
}
