//! Defaults: a row without the column on both sides, and what is then in it.

use super::bed::{Bed, Raw, is_same, raw, triples};
use crate::kind::Conversion;
use crate::source::Source;
use crate::translate::default;
use raptor_db::{Config, Db, Go, Snapshot};

/// The declared type, the default as it is written, and the type on Postgres.
const DEFAULTS: &str = r#"
BOOLEAN | 0 | boolean
BOOLEAN | 1 | boolean
BOOLEAN | '1' | boolean
BOOLEAN | FALSE | boolean
BOOLEAN | true | boolean
BOOLEAN | (0) | boolean
BOOLEAN | ((1)) | boolean
INTEGER | 0 | integer
INTEGER | -1 | integer
INTEGER | +5 | bigint
INTEGER | '7' | integer
INTEGER | "8" | integer
INTEGER | 0x10 | integer
INTEGER | (1 + 2 * 3) | integer
INTEGER | (-(5)) | smallint
INTEGER | 3.0 | integer
INTEGER | 9223372036854775807 | bigint
INTEGER | -9223372036854775808 | bigint
INTEGER | NULL | integer
INTEGER | null | integer
INTEGER | (NULL) | text
INTEGER | true | integer
INTEGER | (10 / 3) | integer
INTEGER | (abs(-4)) | integer
REAL | 0 | double precision
REAL | 1.5 | double precision
REAL | -0.1 | double precision
REAL | 1e10 | double precision
REAL | (1 / 2.0) | double precision
DECIMAL(10,2) | 0.00 | numeric(10,2)
DECIMAL(10,2) | 9.99 | numeric(10,2)
NUMERIC | '1.25' | numeric
DECIMAL(10,2) | 5 | numeric(10,2)
TEXT | '' | text
TEXT | 'abc' | text
TEXT | 'it''s' | text
TEXT | "double" | text
TEXT | bare | text
TEXT | 'null' | text
TEXT | 'NULL' | text
TEXT | 5 | text
TEXT | 1.5 | text
TEXT | 'Größe \ 世界' | text
VARCHAR(20) | 'new' | character varying(20)
TEXT | ('a' || 'b') | text
TEXT | (lower('ABC')) | text
TEXT | '{}' | text
TEXT | (json_object()) | text
TEXT COLLATE NOCASE | 'Me' | citext
TEXT | true | text
TEXT | 'CURRENT_TIMESTAMP' | text
TEXT | '{}' | jsonb
TEXT | '[]' | jsonb
TEXT | '{"a": [1, "x''y"]}' | jsonb
TEXT | 'null' | jsonb
TEXT | '{"b":1, "b":2}' | json
JSON | (json_array()) | jsonb
TEXT | NULL | jsonb
TEXT | (json('{}')) | jsonb
BLOB | x'00ff' | bytea
BLOB | X'' | bytea
TEXT | 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11' | uuid
TEXT | 'A0EEBC999C0B4EF8BB6D6BB9BD380A11' | uuid
DATE | '2024-02-29' | date
DATETIME | '2024-02-29 12:30:00' | timestamp
DATETIME | '2024-02-29T12:30:00.5' | timestamp
DATETIME | '1970-01-01' | timestamp
DATETIME | '2024-02-29 12:30:00+02:00' | timestamptz
DATETIME | '0001-01-01 00:00:00' | timestamptz
TIME | '23:59:59' | time
INTEGER | 0 | timestamptz from seconds
INTEGER | 1700000000 | timestamptz from seconds
"#;

/// Those of the present and of chance: what must be alike, as a pattern of signs.
const PRESENT: &str = r#"
TEXT | CURRENT_TIMESTAMP | text
TEXT | current_timestamp | text
TEXT | CURRENT_DATE | text
TEXT | Current_Time | text
TEXT | (datetime('now')) | text
TEXT | (date('now')) | text
TEXT | (time('now')) | text
TEXT | (strftime('%Y-%m-%d %H:%M:%f', 'now')) | text
TEXT | (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) | text
TEXT | (strftime('%Y-%m-%dT%H:%M:%SZ')) | text
TEXT | (strftime('%s', 'now')) | text
TEXT | (datetime('now', '+1 day')) | text
VARCHAR(30) | (datetime()) | character varying(30)
INTEGER | (strftime('%s', 'now')) | bigint
INTEGER | (unixepoch()) | bigint
INTEGER | (unixepoch('now')) | integer
INTEGER | (CAST(strftime('%s','now') AS INTEGER)) | bigint
INTEGER | (strftime('%s','now') * 1) | bigint
INTEGER | (unixepoch() * 1000) | bigint
REAL | (julianday('now')) | double precision
INTEGER | (unixepoch() + 3600) | bigint
DATETIME | CURRENT_TIMESTAMP | timestamp
DATETIME | CURRENT_TIMESTAMP | timestamptz
DATETIME | (datetime('now')) | timestamp
DATETIME | (STRFTIME('%Y-%m-%d %H:%M:%f', 'NOW')) | timestamp
DATETIME | (strftime('%Y-%m-%d %H:%M:%f000', 'now')) | timestamp
DATETIME | (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) | timestamptz
DATE | CURRENT_DATE | date
DATE | (date('now', 'start of month')) | date
DATETIME | (date('now')) | timestamp
DATETIME | (datetime('now', '-7 days')) | timestamptz
INTEGER | (unixepoch()) | timestamptz from seconds
INTEGER | (strftime('%s', 'now')) | timestamp from seconds
TEXT | (lower(hex(randomblob(16)))) | text
TEXT | (hex(randomblob(8))) | text
BLOB | (randomblob(16)) | bytea
INTEGER | (random()) | bigint
INTEGER | (abs(random())) | bigint
TEXT | (lower(hex(randomblob(16)))) | uuid
TEXT | (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))),2) || '-' || substr('89ab',abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))),2) || '-' || lower(hex(randomblob(6)))) | text
TEXT | (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-a' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))) | uuid
"#;

/// What a row without the column has in it, on both sides.
async fn both(
    bed: &Bed,
    number: usize,
    (declared, text, kind): (&str, &str, &str),
) -> Result<(Raw, (String, Option<String>), String), String> {
    let to: Conversion = kind.parse().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.db");
    let file = Db::open(Config::new(&format!("sqlite:{}", path.display())).unwrap())
        .await
        .unwrap();
    let row = if text.contains("random") {
        ""
    } else {
        "INSERT INTO d (y) VALUES (1)"
    };
    let made = format!("CREATE TABLE d (y INTEGER, x {declared} DEFAULT {text}); {row}");
    file.session()
        .await
        .unwrap()
        .execute_raw(&made)
        .await
        .map_err(|it| it.to_string())?;
    let reader = Snapshot::open(&path, 1).unwrap().take().unwrap();
    let source = Source::read(&reader).unwrap();
    let written = source.tables[0].columns[1].default.clone().unwrap();
    let sql = default(&written, to).map_err(|it| format!("refused: {}", it.reason))?;
    let mut lite = Raw::Null;
    // The session has functions of chance of its own.
    let asked = if text.contains("random") {
        format!("SELECT {text}")
    } else {
        "SELECT x FROM d".to_owned()
    };
    reader
        .each(&asked, &[], |row| {
            lite = raw(row.get(0));
            Ok(Go::Enough)
        })
        .unwrap();
    let table = format!("d{number}");
    let made = format!(
        "CREATE TABLE {table} (y integer, x {} DEFAULT {sql}); INSERT INTO {table} (y) VALUES (1)",
        to.kind
    );
    bed.postgres
        .execute_raw(&made)
        .await
        .map_err(|it| format!("{it}: {sql}"))?;
    let post = bed.in_postgres(&format!("SELECT x FROM {table}")).await?;
    Ok((lite, post[0][0].clone(), sql))
}

#[tokio::test]
async fn defaults_are_the_same() {
    let bed = Bed::new("").await;
    let mut wrong = Vec::new();
    for (number, case) in triples(DEFAULTS).enumerate() {
        match both(&bed, number, case).await {
            Ok((lite, post, sql)) => {
                let lite = as_kind(lite, case.2);
                if !is_same(&lite, &post) {
                    wrong.push(format!("{case:?}: {lite:?} is not {post:?}: {sql}"));
                }
            }
            Err(why) => wrong.push(format!("{case:?}: {why}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The value as the port of the column reads it, where that is another class.
fn as_kind(value: Raw, kind: &str) -> Raw {
    match (&value, kind) {
        (Raw::Text(text), "boolean") => {
            Raw::Integer(i64::from(["1", "t", "true"].contains(&text.as_str())))
        }
        (Raw::Integer(number), "text") => Raw::Text(number.to_string()),
        _ => value,
    }
}

/// Digits, letters and signs.
fn shape(text: &str) -> String {
    text.chars()
        .map(|sign| match sign {
            '0'..='9' => '9',
            sign => sign,
        })
        .collect()
}

#[tokio::test]
async fn defaults_of_the_present_are_alike() {
    let bed = Bed::new("").await;
    let mut wrong = Vec::new();
    for (number, case) in triples(PRESENT).enumerate() {
        let (lite, post, sql) = match both(&bed, number, case).await {
            Ok(both) => both,
            Err(why) => {
                wrong.push(format!("{case:?}: {why}"));
                continue;
            }
        };
        let text = post.1.clone().unwrap_or_default();
        let is_alike = match (&lite, post.0.as_str()) {
            (Raw::Text(lite), _) if case.1.contains("random") => {
                lite.replace('-', "").len() == text.replace('-', "").len()
                    && lite.bytes().any(|it| it.is_ascii_lowercase())
                        == text.bytes().any(|it| it.is_ascii_lowercase())
                    && lite.contains('-') <= text.contains('-')
            }
            (Raw::Text(lite), "text" | "character varying") => {
                shape(lite) == shape(&text) && lite[..8] == text[..8]
            }
            (Raw::Text(lite), _) => {
                // Within the minute, whatever the zone of the session.
                let asked = format!(
                    "SELECT abs(extract(epoch FROM ('{lite}'::timestamp AT TIME ZONE 'UTC') - ({}))) < 60 AS x",
                    if post.0 == "timestamp with time zone" {
                        format!("'{text}'::timestamptz")
                    } else {
                        format!("'{text}'::timestamp AT TIME ZONE 'UTC'")
                    }
                );
                bed.in_postgres(&asked).await.unwrap()[0][0].1.as_deref() == Some("true")
            }
            (Raw::Integer(_), "bigint") if case.1.contains("random") => text.parse::<i64>().is_ok(),
            (Raw::Integer(lite), "bigint" | "integer") => {
                (lite - text.parse::<i64>().unwrap()).abs() < 60_000
            }
            (Raw::Integer(lite), _) => {
                let zone = if post.0 == "timestamp with time zone" {
                    ""
                } else {
                    " AT TIME ZONE 'UTC'"
                };
                let asked = format!(
                    "SELECT abs(extract(epoch FROM '{text}'::{}{zone}) - {lite}) < 60 AS x",
                    post.0
                );
                bed.in_postgres(&asked).await.unwrap()[0][0].1.as_deref() == Some("true")
            }
            (Raw::Real(lite), "double precision") => {
                (lite - text.parse::<f64>().unwrap()).abs() < 0.001
            }
            (Raw::Blob(bytes), "bytea") => text.len() == bytes.len() * 2 + 2,
            _ => false,
        };
        if !is_alike {
            wrong.push(format!("{case:?}: {lite:?} is not like {post:?}: {sql}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
