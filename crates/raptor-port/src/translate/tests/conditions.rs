//! Conditions of checks and of indexes over some rows, and expressions that are kept: what Postgres takes
//! for fixed.

use super::bed::{Bed, Raw, cases, is_same, pairs};
use crate::kind::Conversion;
use crate::translate::{condition, expression};

const CONDITIONS: &str = r#"
n > 0 ;; n ;; NOT n ;; flag ;; flag = 1 ;; NOT flag ;; flag IN (0, 1) ;; s <> '' ;; length(s) > 3 ;; length(trim(u)) > 0 ;; n BETWEEN 0 AND 10
n >= 0 AND m >= 0 OR flag ;; s IN ('Alpha', 'alpha') ;; s IS NULL OR s LIKE '%a%' ;; s GLOB '[A-Z]*' ;; typeof(n) = 'integer'
n IS NULL OR typeof(n) = 'integer' ;; price >= 0 ;; r > n ;; n % 2 = 0 ;; json_valid(j) ;; json_valid(j) OR j IS NULL ;; ts > '2000-01-01 00:00:00'
d >= '2000-01-01' ;; date(ts) = '2024-02-29' ;; date(dt) IS NOT NULL ;; strftime('%Y', ts) = '2024' ;; json_extract(j, '$.a') = 'x'
json_type(j) = 'object' ;; json_array_length(j) > 0 ;; coalesce(n, 0) > 0 ;; nc = 'ADMIN' ;; nl = 'admin' ;; lower(s) = s
(n IS NULL) <> (r IS NULL) ;; n = 5 AND s = 'Alpha' AND "flag" = 1 ;; [n] = 5 ;; `n` = 5 ;; t.n = 5 ;; n = "5" ;; s = "Alpha" ;; 1 ;; NULL
ts IS NOT NULL ;; b IS NOT NULL AND length(b) > 0 ;; flag IS NOT TRUE ;; ep > 0
"#;

/// Kept expressions, and the type of the column; none for an index.
const KEPT: &str = r#"
lower(s) => index ;; lower(nc) => index ;; nl COLLATE NOCASE => index ;; s COLLATE NOCASE => index ;; n + m => index ;; coalesce(n, 0) => index
substr(s, 1, 2) => index ;; s || u => index ;; date(ts) => index ;; strftime('%Y-%m', d) => index ;; json_array_length(j) => index ;; abs(n) => index
n > 0 => index ;; upper(substr(s, 1, 1)) => index ;; -n => index ;; length(s) => index ;; date(dt) => index ;; julianday(ts) => index
n * m => bigint ;; m / 2 => integer ;; s || ' ' || u => text ;; r * 2 => double precision ;; n > 0 => boolean
CASE WHEN n > 0 THEN 1 ELSE 0 END => boolean ;; length(s) => integer ;; lower(u) => character varying(50) ;; n => text ;; n > 0 => integer
round(r) => bigint ;; coalesce(s, u) => text ;; date(ts) => date ;; date(ts) => text ;; datetime(ts) => timestamp
substr(u, instr(u, '@') + 1) => text ;; json_extract(j, '$.c.d') => text ;; json_extract(j, '$.t') => boolean ;; j ->> 'nothing' => bigint
n => numeric ;; price => double precision ;; trim(s) => text ;; strftime('%Y', ts) => text ;; CAST(strftime('%Y', ts) AS INTEGER) => integer
unixepoch(ts) => bigint
"#;

#[tokio::test]
async fn conditions_answer_the_same() {
    let bed = Bed::new("").await;
    let names = bed.names();
    let mut wrong = Vec::new();
    for text in cases(CONDITIONS) {
        let sql = match condition(text, &names) {
            Ok(sql) => sql,
            Err(why) => {
                wrong.push(format!("{text}: refused: {}", why.reason));
                continue;
            }
        };
        let lite = bed
            .in_sqlite(&format!(
                "SELECT CASE WHEN {text} THEN 1 WHEN NOT ({text}) THEN 0 END FROM t ORDER BY id"
            ))
            .unwrap();
        // Postgres itself refuses what is not fixed.
        let index = format!("DROP INDEX IF EXISTS i; CREATE INDEX i ON t (id) WHERE {sql}");
        if let Err(error) = bed.postgres.execute_raw(&index).await {
            wrong.push(format!("{text}: {error}\n      {sql}"));
            continue;
        }
        let post = bed
            .in_postgres(&format!("SELECT ({sql})::boolean AS x FROM t ORDER BY id"))
            .await
            .unwrap();
        for (one, two) in lite.iter().zip(&post) {
            if !is_same(&one[0], &two[0]) {
                wrong.push(format!("{text}: {one:?} is not {two:?}\n      {sql}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn kept_expressions_answer_the_same() {
    let bed = Bed::new("").await;
    let names = bed.names();
    let mut wrong = Vec::new();
    for (text, kind) in pairs(KEPT) {
        let kind = (kind != "index").then_some(kind);
        let want: Option<Conversion> = kind.map(|it| it.parse().unwrap());
        let sql = match expression(text, &names, want) {
            Ok(sql) => sql,
            Err(why) => {
                wrong.push(format!("{text}: refused: {}", why.reason));
                continue;
            }
        };
        let made = match kind {
            None => format!("DROP INDEX IF EXISTS i; CREATE INDEX i ON t (({sql}))"),
            Some(kind) => format!(
                "ALTER TABLE t DROP COLUMN IF EXISTS made CASCADE; ALTER TABLE t ADD COLUMN made {kind} GENERATED ALWAYS AS ({sql}) STORED"
            ),
        };
        if let Err(error) = bed.postgres.execute_raw(&made).await {
            wrong.push(format!("{text}: {error}\n      {sql}"));
            continue;
        }
        let Some(kind) = kind else { continue };
        let declared = kind
            .split('(')
            .next()
            .unwrap_or_default()
            .replace("double precision", "real");
        let lite = bed
            .in_sqlite(&format!(
                "SELECT {} FROM t ORDER BY id",
                as_declared(text, &declared)
            ))
            .unwrap();
        let post = bed
            .in_postgres("SELECT made FROM t ORDER BY id")
            .await
            .unwrap();
        for (one, two) in lite.iter().zip(&post) {
            if !is_same(&one[0], &two[0]) {
                wrong.push(format!("{text}: {one:?} is not {two:?}\n      {sql}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// As a column with that type makes it: of these expressions, only numbers in texts change.
fn as_declared(text: &str, declared: &str) -> String {
    match declared {
        "text" | "character varying" => format!("CAST({text} AS TEXT)"),
        "real" => format!("CAST({text} AS REAL)"),
        "bigint" | "integer" => format!("CAST({text} AS INTEGER)"),
        _ => text.to_owned(),
    }
}

#[test]
fn raw_values_compare() {
    let post = |ty: &str, text: &str| (ty.to_owned(), Some(text.to_owned()));
    assert!(is_same(&Raw::Integer(1), &post("boolean", "true")));
    assert!(!is_same(&Raw::Integer(2), &post("boolean", "true")));
    assert!(!is_same(&Raw::Text("1".to_owned()), &post("integer", "1")));
    assert!(!is_same(
        &Raw::Real(0.1),
        &post("double precision", "0.10000000000000002")
    ));
    assert!(!is_same(&Raw::Null, &post("text", "")));
    assert!(!is_same(&Raw::Integer(0), &("integer".to_owned(), None)));
}
