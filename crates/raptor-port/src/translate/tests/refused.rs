//! What has no counterpart is refused, and the reason names it.

use super::bed::{Bed, pairs, triples};
use crate::kind::Conversion;
use crate::translate::{condition, default, expression, trigger, view};

const CONDITIONS: &str = r#"
s => is no number
s + 1 => used as a number
s AND n => is no number
r % 2 => fractions
price / 2 > 1 => without a fraction
s > 5.5 => compared with the text
length(s) = '5' => does not take for a number
flag = 't' => is a boolean
loose = '5' => may keep numbers
loose > 'a' => may keep numbers
ts > '2024-01-01' => no point in time
ts = '2024' => no point in time
d > 5 => is compared with
ts < datetime('now') => present time
CURRENT_TIMESTAMP > ts => present time
random() > 0 => chance
s REGEXP 'a' => REGEXP
s MATCH 'a' => MATCH
s LIKE u ESCAPE '!' => ESCAPE
s GLOB u => out of a row
ts LIKE '2024%' => does not keep
d GLOB '[0-9]*' => does not keep
my_function(n) > 0 => my_function
sum(n) > 0 => aggregate
nope = 1 => no column nope
[nope] = 1 => no column nope
other.n = 1 => other.n
n = ?1 => placeholder
(n, m) = (1, 2) => lists of values
n IN t => name of a table
s COLLATE custom = 'x' => custom
json_extract(j, '$.a') => is no number
json_extract(j, '$.a') > 'x' => by which is larger
json_extract(j, s) = 1 => path
json_valid(s) => json_valid
json_type(j) = 'integer' => whole numbers
j = '{}' => do not compare
substr(s, n) = 'a' => before the first sign
round(r, n) > 1 => stands in a row
round(r, 2) > 1 => 2.675
printf('%d', n) = '1' => printf
n COLLATE NOCASE = '5' AND changes() > 0 => changes
r || '' = '1' => another form
ts || '' = '' => does not keep
uid || 'x' = '' => does not keep
coalesce(n, '') = '' => no one type
typeof(loose) = 'text' => row to row
uid < 'a0' => do not compare
n > 1; DROP TABLE t => grammar
tz > '2024-01-01 00:00:00' => zones
j -> '0' = 'x' => path
json_extract(j, '$.0') = 1 => path
n > 1) OR (1 => no expression
 => grammar
date(n) = '' => no time
date(ts, s) = '' => stands in a row
date(ts, 'localtime') = '' => zone of the machine
strftime('%W', ts) = '1' => %W
strftime('%f', ts) = '1' => %f
tz LIKE '%Z' => does not keep
n << m > 1 => shifted
max(nc, 'x') = 'x' => case does not count
ep > '2024-01-01' => is a number in SQLite
EXISTS (SELECT 1 FROM t) => allows none
hex(s) = '' => bytes of a text
iif(n, s, m) = 1 => no one type
"#;

const DEFAULTS: &str = r#"
'' | integer | is no value of the type integer
'' | date | date
'' | timestamp | timestamp
'abc' | integer | integer
'' | jsonb | JSON
'' | uuid | UUID
2 | boolean | neither true nor false
1.005 | numeric(5,2) | behind
'toolong' | character varying(3) | longer
'null' | integer | is no value
(datetime('now', 'localtime')) | text | zone of the machine
(datetime('now')) | date | form
CURRENT_TIME | timestamp | form
0 | timestamp | number
(my_default()) | text | my_default
(1.5 * 2) | integer | gives no value
'0000-00-00' | date | month
x'00' | text | blob
(SELECT 1) | integer | allows none
70000 | smallint | larger
1.5 | integer | whole
(strftime('%W', 'now')) | text | %W
CURRENT_TIMESTAMP | integer | gives no value
"#;

const VIEWS: &str = r#"
SELECT s, count(*) AS c FROM t => beside an aggregate
SELECT flag, s, max(n) AS m FROM t GROUP BY flag => beside an aggregate
SELECT json_extract(j, '$.a') AS a FROM t => by what is in each row
SELECT * FROM nowhere => no table nowhere
SELECT id FROM t WHERE nl IN (SELECT nl FROM t) => compare otherwise
SELECT * FROM pragma_table_info('t') => no counterpart
SELECT value FROM json_each('[1]') => no counterpart
SELECT id FROM t NATURAL JOIN o => NATURAL
SELECT id FROM t JOIN o => more than one table
SELECT nl FROM t GROUP BY nl => case does not count
SELECT DISTINCT nc FROM t => case does not count
SELECT s FROM t UNION SELECT n FROM t => no one type
SELECT id FROM t ORDER BY loose => may keep numbers
SELECT id FROM t ORDER BY j => is JSON
SELECT n || r AS x FROM t => another form
SELECT id FROM t LIMIT 1 + 1 => no constant
SELECT sum(n) OVER w AS x FROM t WINDOW w AS (ORDER BY id) => window with a name
SELECT coalesce(n, 'none') AS n FROM t => no one type
SELECT sqlite_version() AS v => sqlite_version
SELECT t.id, t.id FROM t => two columns
SELECT id FROM main.t JOIN temp.o => another file
SELECT price / 2 AS x FROM t => without a fraction
"#;

const TRIGGERS: &str = r#"
INSTEAD OF INSERT ON v BEGIN SELECT 1; END => INSTEAD OF
AFTER INSERT ON nowhere BEGIN SELECT 1; END => no table nowhere
AFTER INSERT ON t BEGIN SELECT 1; END => answers nobody
AFTER INSERT ON t BEGIN INSERT OR REPLACE INTO log (what) VALUES ('x'); END => OR REPLACE
AFTER INSERT ON t BEGIN INSERT INTO nowhere VALUES (1); END => nowhere
AFTER INSERT ON t BEGIN INSERT INTO log (what) VALUES (NEW.j -> 'x'); END => does not keep
BEFORE UPDATE ON t BEGIN UPDATE t SET n = 1; END => own table
BEFORE INSERT ON t BEGIN INSERT INTO log (what, n) VALUES ('x', NEW.id); END => number of the row
AFTER INSERT ON t BEGIN UPDATE log SET n = (SELECT count(*) FROM t); END => table of the trigger
AFTER INSERT ON t BEGIN SELECT RAISE(IGNORE); END => RAISE(IGNORE)
AFTER INSERT ON t BEGIN SELECT RAISE(FAIL, 'x'); END => RAISE(FAIL)
AFTER INSERT ON t BEGIN UPDATE log SET n = OLD.n; END => OLD.n
AFTER INSERT ON t BEGIN UPDATE log SET nope = 1; END => no column nope
AFTER INSERT ON t BEGIN UPDATE log SET n = NEW.s; END => gives no value
"#;

#[tokio::test]
async fn what_has_no_counterpart_is_refused() {
    let bed = Bed::new("").await;
    let (names, all) = (bed.names(), bed.all());
    let mut wrong = Vec::new();
    let mut check =
        |text: &str, made: Result<String, crate::translate::Untranslated>, said: &str| match made {
            Ok(sql) => wrong.push(format!("{text}: is not refused: {sql}")),
            Err(why) if !why.reason.contains(said) => {
                wrong.push(format!("{text}: {} ({said})", why.reason));
            }
            Err(_) => {}
        };
    for (text, said) in pairs(CONDITIONS) {
        check(text, condition(text, &names), said);
    }
    for (text, kind, said) in triples(DEFAULTS) {
        check(text, default(text, kind.parse().unwrap()), said);
    }
    for (text, said) in pairs(VIEWS) {
        check(
            text,
            view(&format!("CREATE VIEW v AS {text}"), &all, "v"),
            said,
        );
    }
    for (text, said) in pairs(TRIGGERS) {
        let made = trigger(&format!("CREATE TRIGGER x {text}"), &all, "x");
        check(text, made.map(|it| it.join(";")), said);
    }
    let kinds: &[(&str, &str, &str)] = &[
        ("s", "integer", "gives no value"),
        ("r", "text", "another form"),
        ("r", "numeric", "gives no value"),
        ("ts", "text", "does not keep"),
        ("n", "boolean", "gives no value"),
        ("loose", "integer", "gives no value"),
        ("datetime(ts)", "date", "form"),
        ("CURRENT_DATE", "text", "present time"),
    ];
    for (text, kind, said) in kinds {
        let to: Conversion = kind.parse().unwrap();
        check(text, expression(text, &names, Some(to)), said);
    }
    check(
        "json_extract(j, '$.a')",
        expression("json_extract(j, '$.a')", &names, None),
        "index",
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
