//! A file and a server with the same rows.

use crate::cell::{END, HEAD, put, read};
use crate::kind::{Conversion, Epoch, Kind};
use crate::plan::{Asked, Choice, Plan};
use crate::source::{Source, quoted};
use crate::translate::{Names, default};
use raptor_db::{Config, Db, Go, RawValue, Scope, Session, Snapshot, SnapshotReader, Sql, params};
use raptor_testkit::{Options, Server};
use std::path::PathBuf;

/// A value of SQLite, kept.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Raw {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

/// A file and a server.
pub(super) struct Bed {
    folder: tempfile::TempDir,
    _server: Server,
    pub(super) db: Db,
    pub(super) postgres: Session,
    pub(super) sqlite: Session,
    pub(super) plan: Plan,
    pub(super) source: Source,
}

pub(super) fn raw(value: RawValue<'_>) -> Raw {
    match value {
        RawValue::Null => Raw::Null,
        RawValue::Integer(value) => Raw::Integer(value),
        RawValue::Real(value) => Raw::Real(value),
        RawValue::Text(bytes) => Raw::Text(String::from_utf8_lossy(bytes).into_owned()),
        RawValue::Blob(bytes) => Raw::Blob(bytes.to_vec()),
    }
}

/// Types by column; those that are not named are decided by the port.
pub(super) const KINDS: &[(&str, &str)] = &[
    ("n", "integer"),
    ("m", "integer"),
    ("big", "bigint"),
    ("r", "double precision"),
    ("price", "numeric(10,2)"),
    ("s", "text"),
    ("u", "character varying(40)"),
    ("nc", "citext"),
    ("nl", "text"),
    ("flag", "boolean"),
    ("b", "bytea"),
    ("ts", "timestamp"),
    ("tz", "timestamptz"),
    ("d", "date"),
    ("ep", "timestamptz from seconds"),
    ("j", "jsonb"),
    ("jt", "text"),
    ("dt", "text"),
    ("uid", "uuid"),
    ("loose", "text"),
];

const TABLES: &str = "
CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, m INTEGER NOT NULL, big BIGINT, r REAL, price DECIMAL(10,2),
 s TEXT, u VARCHAR(40) NOT NULL, nc TEXT COLLATE NOCASE, nl TEXT COLLATE NOCASE, flag BOOLEAN, b BLOB,
 ts DATETIME, tz TEXT, d DATE, ep INTEGER, j TEXT, jt TEXT, dt TEXT, uid TEXT, loose STRING);
CREATE TABLE o (id INTEGER PRIMARY KEY, t_id INTEGER REFERENCES t, \"Kind of\" TEXT NOT NULL, amount REAL, qty INTEGER NOT NULL);
CREATE TABLE log (id INTEGER PRIMARY KEY, at TEXT, what TEXT NOT NULL, n INTEGER, flag BOOLEAN DEFAULT 0);
INSERT INTO t VALUES
 (1, 5, 2, 5000000000, 1.5, 10, 'Alpha', 'alpha@x.org', 'Admin', 'Admin', 1, x'00ff10', '2024-02-29 12:30:00', '2024-02-29 12:30:00+00:00', '2024-02-29', 1700000000, '{\"a\":1,\"b\":[1,2,3],\"c\":{\"d\":\"x\"},\"t\":true}', '{\"a\":1,\"b\":[1,2,3],\"t\":true}', '2024-02-29', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'word'),
 (2, -7, 3, -9223372036854775807, -2.5, 2.5, 'ÄÖÜ straße', 'B', 'admin', 'admin', 0, x'', '2023-12-31 23:59:59.250', '2023-12-31 23:59:59', '2023-12-31', 0, '{\"a\":\"x\",\"b\":[],\"c\":null,\"t\":false}', '{\"a\":\"x\",\"b\":[]}', '2023-12-31 23:59:59.25', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12', 12),
 (3, NULL, 0, NULL, NULL, NULL, NULL, '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 (4, 0, -4, 0, 0.0, 0, '', '   ', 'Ärger', 'Ärger', 0, x'41', '2024-01-31 00:00:00', '2024-01-31 00:00:00+02:00', '2024-01-31', 1, '[1,\"a\"]', '[1,\"a\"]', '2024-01-31T08:05:09Z', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a13', ''),
 (5, 12, 7, 12, 0.1, 19.99, '%_\\x', 'a_b%c', 'ADMIN ', 'ADMIN ', 1, x'616263', '0012-01-01 00:00:00', '2024-03-10 06:00:00.5Z', '1999-12-31', 951782400, '{\"a\":2.5,\"b\":\"s\"}', '{\"a\":2.5,\"b\":\"s\"}', 'no date', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a14', 'x'),
 (6, 2147483647, 2147483647, 9007199254740993, 1e15, 99999.99, 'alpha', 'ALPHA', 'root', 'root', 1, x'00', '2024-12-30 06:07:08', '2024-12-30 06:07:08', '2024-12-30', 1735538828, '{\"a\":true,\"b\":[{\"k\":\"v\"}],\"a b\":7}', '{\"a\":true,\"b\":[{\"k\":\"v\"}]}', '2023-02-31 10:00:00+05:30', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a15', '7x'),
 (7, 3, 5, 33, -0.49999999999999994, -3, ' 12abc ', '12', 'ROOT', 'ROOT', NULL, x'ff', '2024-02-01 00:00:00', '2024-02-01 00:00:00', '2024-02-01', 1704067200, '{}', '{}', '', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a16', NULL),
 (8, -1, 1, 1, 2.675, 7, '日本語テキスト', '-42.5e1x', 'z', 'z', 0, x'e697a5', '2025-06-15 18:00:01', '2025-06-15 18:00:01', '2025-06-15', 1749981601, '{\"a\":0,\"b\":[[1],[2,3]]}', '{\"a\":0}', '2025-06-15 18:00', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a17', 'Zed');
INSERT INTO o VALUES (1, 1, 'big', 10.5, 2), (2, 1, 'small', NULL, 3), (3, 2, 'big', -1.25, 1), (4, NULL, 'none', 0.1, 0), (5, 4, 'Small', 0.2, 10);
";

impl Bed {
    pub(super) async fn new(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.db");
        let file = Db::open(Config::new(&format!("sqlite:{}", path.display())).unwrap());
        let sqlite = file.await.unwrap().session().await.unwrap();
        sqlite
            .execute_raw(&format!("{TABLES}{more}"))
            .await
            .unwrap();
        let reader = Snapshot::open(&path, 1).unwrap().take().unwrap();
        let source = Source::read(&reader).unwrap();
        let mut plan = Plan::make(&reader, &source, &Asked::new("app.db")).unwrap();
        for (name, kind) in KINDS {
            for column in plan
                .tables
                .iter_mut()
                .filter(|it| it.name == "t")
                .flat_map(|it| &mut it.columns)
            {
                if column.name == *name {
                    column.chosen = Choice::Own(kind.parse().unwrap());
                }
            }
        }
        let server = Server::start(Options::default()).unwrap();
        let urls = server.create_database("bed").unwrap();
        let db = Db::open(Config::new(urls.owner_url()).unwrap())
            .await
            .unwrap();
        let postgres = db.session().await.unwrap();
        postgres
            .execute_raw("CREATE EXTENSION citext; SET TimeZone = '<+09>-09'")
            .await
            .unwrap();
        let schema = Sql::dynamic("SELECT current_schema()::text AS name");
        let schema = postgres.query(&schema, params! {}).await.unwrap();
        plan.schema = schema[0].get("name").unwrap();
        let bed = Self {
            folder,
            _server: server,
            db,
            postgres,
            sqlite,
            plan,
            source,
        };
        bed.copy(&reader).await;
        bed
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("app.db")
    }

    pub(super) fn reader(&self) -> SnapshotReader {
        Snapshot::open(&self.path(), 1).unwrap().take().unwrap()
    }

    /// The names of one table.
    pub(super) fn names(&self) -> Names {
        let table = self.source.table("t").unwrap();
        Names::table(table, self.plan.table("t").unwrap(), &self.plan.answers)
    }

    pub(super) fn all(&self) -> Names {
        Names::all(&self.plan, &self.source)
    }

    async fn copy(&self, reader: &SnapshotReader) {
        for (table, planned) in self.source.tables.iter().zip(&self.plan.tables) {
            let columns: Vec<Conversion> = planned
                .columns
                .iter()
                .map(|it| self.plan.conversion(it))
                .collect();
            let declared: Vec<String> = planned
                .columns
                .iter()
                .zip(&columns)
                .zip(&table.columns)
                .map(|((it, to), column)| {
                    let null = if column.not_null { " NOT NULL" } else { "" };
                    let key = if Some(&it.name) == table.rowid_alias.as_ref() {
                        " GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"
                    } else {
                        ""
                    };
                    let default = column
                        .default
                        .as_ref()
                        .map(|it| format!(" DEFAULT {}", default(it, *to).unwrap()))
                        .unwrap_or_default();
                    format!("{} {}{null}{default}{key}", quoted(&it.to), to.kind)
                })
                .collect();
            let to = quoted(&planned.to);
            self.postgres
                .execute_raw(&format!("CREATE TABLE {to} ({})", declared.join(", ")))
                .await
                .unwrap();
            let mut bytes = HEAD.to_vec();
            let places: Vec<usize> = (0..columns.len()).collect();
            reader
                .each(
                    &format!("SELECT * FROM {}", quoted(&table.name)),
                    &[],
                    |row| {
                        let count = i16::try_from(columns.len()).unwrap();
                        bytes.extend_from_slice(&count.to_be_bytes());
                        for place in &places {
                            let to = columns[*place];
                            let value = read(row.get(*place), to).unwrap_or_else(|why| {
                                panic!("{} {}: {why}", table.name, planned.columns[*place].name)
                            });
                            put(&mut bytes, &value, to.kind);
                        }
                        Ok(Go::On)
                    },
                )
                .unwrap();
            bytes.extend_from_slice(END);
            self.db
                .tx(&Scope::system(), |tx| {
                    let (bytes, to) = (bytes.clone(), to.clone());
                    async move {
                        let mut copy = tx
                            .copy_in(&Sql::dynamic(format!(
                                "COPY {to} FROM STDIN (FORMAT binary)"
                            )))
                            .await?;
                        copy.send(bytes).await?;
                        copy.finish().await
                    }
                })
                .await
                .unwrap();
            if let Some(key) = &table.rowid_alias {
                let next = format!("SELECT setval(pg_get_serial_sequence('{to}', '{key}'), 1000)");
                self.postgres.execute_raw(&next).await.unwrap();
            }
        }
    }

    /// All rows of a query in SQLite.
    pub(super) fn in_sqlite(&self, query: &str) -> Result<Vec<Vec<Raw>>, String> {
        in_sqlite(&self.reader(), query)
    }

    /// All rows of a query on Postgres: each value with its type, as a text.
    pub(super) async fn in_postgres(
        &self,
        query: &str,
    ) -> Result<Vec<Vec<(String, Option<String>)>>, String> {
        let asked = format!("SELECT * FROM ({query}) AS asked LIMIT 0");
        let prepared = format!("DROP VIEW IF EXISTS asked; CREATE TEMP VIEW asked AS {asked}");
        self.postgres
            .execute_raw(&prepared)
            .await
            .map_err(|it| it.to_string())?;
        let names = Sql::dynamic(
            "SELECT attname::text AS name, format_type(atttypid, NULL) AS type FROM pg_attribute WHERE attrelid = 'asked'::regclass AND attnum > 0 ORDER BY attnum",
        );
        let names = self
            .postgres
            .query(&names, params! {})
            .await
            .map_err(|it| it.to_string())?;
        let types: Vec<(String, String)> = names
            .iter()
            .map(|row| (row.get("name").unwrap(), row.get("type").unwrap()))
            .collect();
        let list: Vec<String> = types
            .iter()
            .map(|(name, _)| format!("asked.{}::text", quoted(name)))
            .collect();
        let list = format!(
            "SELECT ARRAY[{}]::text[] AS cells FROM ({query}) AS asked",
            list.join(", ")
        );
        let rows = self
            .postgres
            .query(&Sql::dynamic(list), params! {})
            .await
            .map_err(|it| it.to_string())?;
        Ok(rows
            .iter()
            .map(|row| {
                let cells: Vec<Option<String>> = row.get("cells").unwrap();
                types.iter().map(|it| it.1.clone()).zip(cells).collect()
            })
            .collect())
    }
}

pub(super) fn in_sqlite(reader: &SnapshotReader, query: &str) -> Result<Vec<Vec<Raw>>, String> {
    let columns = reader.columns(query).map_err(|it| it.to_string())?.len();
    let mut rows = Vec::new();
    reader
        .each(query, &[], |row| {
            rows.push((0..columns).map(|it| raw(row.get(it))).collect());
            Ok(Go::On)
        })
        .map_err(|it| it.to_string())?;
    Ok(rows)
}

/// Whether both have the same value.
pub(super) fn is_same(lite: &Raw, (ty, post): &(String, Option<String>)) -> bool {
    let Some(post) = post else {
        return *lite == Raw::Null;
    };
    let number = || post.parse::<f64>().ok();
    match (lite, ty.as_str()) {
        (Raw::Null, _) => false,
        (Raw::Integer(value), "boolean") => {
            *post == (*value != 0).to_string() && (0..=1).contains(value)
        }
        (Raw::Integer(value), "smallint" | "integer" | "bigint") => *post == value.to_string(),
        #[expect(clippy::cast_precision_loss, reason = "compared as doubles")]
        (Raw::Integer(value), "double precision" | "numeric") => number() == Some(*value as f64),
        (Raw::Real(value), "double precision" | "numeric") => number() == Some(*value),
        (Raw::Text(value), "text" | "character varying" | "citext") => value == post,
        (Raw::Text(value), "json" | "jsonb") => {
            serde_json::from_str::<serde_json::Value>(value).unwrap()
                == serde_json::from_str::<serde_json::Value>(post).unwrap()
        }
        (Raw::Text(value), "uuid") => {
            value.replace('-', "").to_lowercase() == post.replace('-', "")
        }
        (Raw::Blob(bytes), "bytea") => {
            let hex: String = bytes.iter().map(|it| format!("{it:02x}")).collect();
            *post == format!("\\x{hex}")
        }
        (
            _,
            "timestamp without time zone"
            | "timestamp with time zone"
            | "date"
            | "time without time zone",
        ) => is_same_time(lite, ty, post),
        _ => false,
    }
}

fn is_same_time(lite: &Raw, ty: &str, post: &str) -> bool {
    let epoch = if matches!(lite, Raw::Integer(_)) {
        Epoch::Seconds
    } else {
        Epoch::Text
    };
    let kind: Kind = ty.parse().unwrap();
    let to = Conversion {
        kind,
        epoch,
        zone: 0,
    };
    let raw = match lite {
        Raw::Integer(value) => RawValue::Integer(*value),
        Raw::Text(text) => RawValue::Text(text.as_bytes()),
        _ => return false,
    };
    let post = RawValue::Text(post.as_bytes());
    read(raw, to)
        == read(
            post,
            Conversion {
                kind,
                epoch: Epoch::Text,
                zone: 0,
            },
        )
}
