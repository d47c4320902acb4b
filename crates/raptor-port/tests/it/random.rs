//! Random schemas with random cells: all of it comes over or is named, both sides are proved equal, and a
//! single cell that is changed afterwards is always found.

use crate::file;
use crate::runs::plan_of;
use raptor_db::{Config, Db, Scope, Sql, params};
use raptor_port::{Begin, Kind, Plan};
use raptor_testkit::{Options, Server};
use std::fmt::Write as _;

/// How many files are made.
const FILES: u64 = 12;

/// xorshift64*: a number that says what happened, printed with what failed.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap() % end
    }

    pub(crate) fn one<'o, T: ?Sized>(&mut self, of: &[&'o T]) -> &'o T {
        of[self.below(of.len())]
    }
}

const TYPES: [&str; 32] = [
    "",
    "INTEGER",
    "INT",
    "BIGINT",
    "SMALLINT",
    "TINYINT(1)",
    "UNSIGNED BIG INT",
    "REAL",
    "DOUBLE PRECISION",
    "FLOAT",
    "DECIMAL(10, 2)",
    "NUMERIC",
    "BOOLEAN",
    "TEXT",
    "VARCHAR(5)",
    "VARCHAR(40)",
    "CHAR(32)",
    "CHAR(36)",
    "CLOB",
    "JSON",
    "UUID",
    "BLOB",
    "DATE",
    "TIME",
    "DATETIME",
    "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE",
    "STRING",
    "MONEY",
    "WHAT EVER (3)",
    "TEXT COLLATE NOCASE",
    "INTERVAL",
];

const CELLS: [&str; 46] = [
    "NULL",
    "NULL",
    "0",
    "1",
    "-1",
    "42",
    "9223372036854775807",
    "-9223372036854775808",
    "2147483648",
    "0.5",
    "-1.25",
    "1e300",
    "9e999",
    "50.142857142857146",
    "1709209800",
    "1709209800123",
    "2460369.5",
    "''",
    "'x'",
    "'Größe 世界 😀'",
    "'0'",
    "'true'",
    "'f'",
    "'007'",
    "'1.50'",
    "' 12 '",
    "'1e5'",
    "'2024-02-29'",
    "'2024-02-29 12:30:00'",
    "'2024-02-29T12:30:00.123456Z'",
    "'2024-02-29 12:30:00+02:00'",
    "'12:30'",
    "'0000-00-00'",
    "'1970-01-02 00:00:00'",
    "'{\"b\": 1, \"a\": [1.50, null, \"\\u00e9\"], \"b\": 2e3}'",
    "'[]'",
    "'{'",
    "'6f9619ff8b86d011b42d00c04fc964ff'",
    "'6F9619FF-8B86-D011-B42D-00C04FC964FF'",
    "'a' || char(0) || 'b'",
    "CAST(x'ff41' AS TEXT)",
    "x''",
    "x'00ff'",
    "x'6f9619ff8b86d011b42d00c04fc964ff'",
    "'a much longer text than forty characters, all in all'",
    "'it''s'",
];

/// Some tables, with rows that SQLite takes.
fn text(chance: &mut Chance) -> String {
    let mut text = String::new();
    for table in 0..4 {
        let columns = 1 + chance.below(7);
        let mut parts: Vec<String> = Vec::new();
        // Cells are likely to be of few kinds, as they are in real columns.
        let mut likely: Vec<Vec<&str>> = Vec::new();
        for column in 0..columns {
            let not_null = if chance.below(5) == 0 {
                " NOT NULL"
            } else {
                ""
            };
            parts.push(format!(
                "\"c{column}\" {}{not_null}",
                chance.one(&TYPES.each_ref().map(|it| *it))
            ));
            likely.push(
                (0..1 + chance.below(4))
                    .map(|_| chance.one(&CELLS.each_ref().map(|it| *it)))
                    .collect(),
            );
        }
        // A row's number takes no texts.
        if parts[0].starts_with("\"c0\" INTEGER") {
            parts[0] = parts[0].replacen("INTEGER", "INT", 1);
        }
        let mut rest = "";
        match chance.below(5) {
            0 => parts.push("PRIMARY KEY (c0)".to_owned()),
            1 => parts.insert(0, "id INTEGER PRIMARY KEY".to_owned()),
            2 => parts.insert(0, "id INTEGER PRIMARY KEY AUTOINCREMENT".to_owned()),
            3 => {
                parts.push("PRIMARY KEY (c0)".to_owned());
                rest = " WITHOUT ROWID";
            }
            _ => {}
        }
        writeln!(text, "CREATE TABLE t{table} ({}){rest};", parts.join(", ")).unwrap();
        let names: Vec<String> = (0..columns).map(|it| format!("c{it}")).collect();
        for _ in 0..chance.below(40) {
            let cells = likely.iter().map(|likely| match chance.below(12) {
                0 => chance.one(&CELLS.each_ref().map(|it| *it)),
                _ => likely[chance.below(likely.len())],
            });
            let cells: Vec<&str> = cells.collect();
            writeln!(
                text,
                "INSERT OR IGNORE INTO t{table} ({}) VALUES ({});",
                names.join(", "),
                cells.join(", ")
            )
            .unwrap();
        }
    }
    text
}

/// Another value of the type than the one that is there.
fn other(kind: Kind) -> &'static str {
    match kind {
        Kind::Boolean => "NOT coalesce(c, false)",
        Kind::Smallint | Kind::Integer | Kind::Bigint => {
            "CASE WHEN c > 0 THEN c - 1 ELSE coalesce(c, 0) + 1 END"
        }
        // The smallest step that there is.
        Kind::Double => {
            "CASE WHEN c IS NULL OR abs(c) > 1e308 THEN 0.1 WHEN c = 0 THEN 4.9e-324 ELSE c * (1 + 2.3e-16) + sign(c) * 4.9e-324 END"
        }
        Kind::Numeric(_) => "coalesce(c, 0) + 0.01",
        Kind::Bytea => {
            "CASE WHEN length(c) > 0 THEN set_byte(c, 0, get_byte(c, 0) # 1) ELSE '\\x01' END"
        }
        Kind::Uuid => {
            "coalesce(overlay(c::text placing CASE right(c::text, 1) WHEN '0' THEN '1' ELSE '0' END from 36)::uuid, '00000000-0000-0000-0000-000000000001')"
        }
        Kind::Date => "coalesce(c + 1, '2000-01-01')",
        Kind::Time => "coalesce(c + interval '1 microsecond', '00:00')",
        Kind::Timestamp | Kind::Timestamptz => {
            "coalesce(c + interval '1 microsecond', '2000-01-01')"
        }
        Kind::Interval => "coalesce(c + interval '1 microsecond', '1 s')",
        Kind::Json => "CASE WHEN c IS NULL THEN '1'::json END",
        Kind::Jsonb => "CASE c WHEN '1' THEN '2'::jsonb ELSE '1' END",
        Kind::Varchar(_) => "CASE WHEN c = '' OR c IS NULL THEN 'z' ELSE left(c, -1) END",
        _ => "coalesce(c, '') || 'z'",
    }
}

/// Changes a cell of a row, and answers whether there was one that could be.
async fn damage(db: &Db, plan: &Plan, chance: &mut Chance) -> Option<String> {
    let table = &plan.tables[chance.below(plan.tables.len())];
    let column = &table.columns[chance.below(table.columns.len())];
    let other = other(plan.conversion(column).kind);
    let name = format!("\"{}\"", column.to);
    // `c` alone is the column.
    let words: Vec<String> = other
        .split_inclusive(|it: char| !it.is_alphanumeric() && it != '_')
        .map(|word| {
            match word.strip_prefix('c').filter(|rest| {
                rest.is_empty() || rest.len() == 1 && !rest.chars().all(char::is_alphanumeric)
            }) {
                Some(rest) => format!("{name}{rest}"),
                None => word.to_owned(),
            }
        })
        .collect();
    let text = format!(
        "UPDATE public.\"{0}\" SET {name} = {1} WHERE ctid = (SELECT ctid FROM public.\"{0}\" ORDER BY ctid OFFSET {2} LIMIT 1) RETURNING 1",
        table.to,
        words.concat(),
        chance.below(40)
    );
    match db
        .query(&Scope::system(), &Sql::dynamic(&*text), params! {})
        .await
    {
        Ok(rows) if rows.is_empty() => None,
        Ok(_) => Some(text),
        // A key that is there already, NOT NULL.
        Err(error) if error.code().is_some_and(|it| it.starts_with("23")) => None,
        Err(error) => panic!("{text}: {error}"),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test's own settings, which the product has not"
)]
pub(crate) fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn random_files_are_equal_and_damage_is_found() {
    let seed: u64 = setting("RAPTOR_PORT_SEED").unwrap_or(20_260_101);
    let files = setting("RAPTOR_PORT_FILES").unwrap_or(FILES);
    println!("RAPTOR_PORT_SEED={seed} RAPTOR_PORT_FILES={files}");
    let server = Server::start(Options::default()).unwrap();
    let (mut found, mut rows) = (0, 0);
    for number in 0..files {
        let mut chance = Chance(seed.wrapping_mul(1_000_003).wrapping_add(number) | 1);
        let text = text(&mut chance);
        let (_folder, path) = file(&text).await;
        let urls = server.create_database(&format!("random{number}")).unwrap();
        let db = Db::open(Config::new(urls.admin_url()).unwrap())
            .await
            .unwrap();
        let plan = plan_of(&path);
        let done = plan
            .clone()
            .run(&path, &db, Begin::default(), &|_| {})
            .await;
        let done = done.unwrap_or_else(|error| {
            panic!("seed {seed}, file {number}: {error:?}\n{text}\n{plan}")
        });
        assert!(
            done.is_whole(),
            "seed {seed}, file {number}: {done:#?}\n{text}\n{plan}"
        );
        for table in &plan.tables {
            let of_it = done.tables[&table.name];
            assert_eq!(
                of_it.rows + of_it.rejected,
                table.rows,
                "seed {seed}, file {number}: {}\n{text}",
                table.name
            );
            rows += of_it.rows;
        }
        let verified = plan.clone().verify(&path, &db, 2, false).await.unwrap();
        assert!(
            verified.holds(),
            "seed {seed}, file {number}: {verified:?}\n{text}\n{plan}"
        );
        for _ in 0..6 {
            let Some(damage) = damage(&db, &plan, &mut chance).await else {
                continue;
            };
            let verified = plan.clone().verify(&path, &db, 2, false).await.unwrap();
            assert!(
                !verified.holds(),
                "seed {seed}, file {number}: not found: {damage}\n{text}\n{plan}"
            );
            found += 1;
            break;
        }
    }
    println!("{rows} rows, {found} damages found");
    assert!(rows > 100 && found > 3, "too little was tried");
}
