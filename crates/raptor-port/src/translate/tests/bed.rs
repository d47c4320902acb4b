//! A file and a server with the same rows.

use super::rows::{KINDS, TABLES};
use crate::cell::{END, HEAD, put, read};
use crate::kind::{Conversion, Epoch, Kind};
use crate::plan::{Asked, Choice, Plan};
use crate::source::{Column, Source, Table, quoted};
use crate::translate::{Names, default as default_of};
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
            let kinds: Vec<Conversion> = planned
                .columns
                .iter()
                .map(|it| self.plan.conversion(it))
                .collect();
            let columns = table.columns.iter().zip(&kinds);
            let declared: Vec<String> = columns
                .map(|(column, to)| declared(column, *to, table))
                .collect();
            let to = quoted(&planned.to);
            let made = format!("CREATE TABLE {to} ({})", declared.join(", "));
            self.postgres.execute_raw(&made).await.unwrap();
            let bytes = bytes_of(reader, table, &kinds);
            let scope = Scope::system();
            let copied = self.db.tx(&scope, |tx| {
                let copy = Sql::dynamic(format!("COPY {to} FROM STDIN (FORMAT binary)"));
                let bytes = bytes.clone();
                async move {
                    let mut copy = tx.copy_in(&copy).await?;
                    copy.send(bytes).await?;
                    copy.finish().await
                }
            });
            copied.await.unwrap();
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

fn declared(column: &Column, to: Conversion, table: &Table) -> String {
    let null = if column.not_null { " NOT NULL" } else { "" };
    let key = if Some(&column.name) == table.rowid_alias.as_ref() {
        " GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"
    } else {
        ""
    };
    let default = column.default.as_ref();
    let default = default.map(|it| format!(" DEFAULT {}", default_of(it, to).unwrap()));
    let name = quoted(&column.name);
    format!(
        "{name} {}{null}{}{key}",
        to.kind,
        default.unwrap_or_default()
    )
}

/// All rows of a table, as COPY takes them.
fn bytes_of(reader: &SnapshotReader, table: &Table, kinds: &[Conversion]) -> Vec<u8> {
    let mut bytes = HEAD.to_vec();
    let query = format!("SELECT * FROM {}", quoted(&table.name));
    let read_all = reader.each(&query, &[], |row| {
        let count = i16::try_from(kinds.len()).unwrap();
        bytes.extend_from_slice(&count.to_be_bytes());
        for (place, to) in kinds.iter().enumerate() {
            let name = &table.columns[place].name;
            let value = read(row.get(place), *to);
            let value = value.unwrap_or_else(|why| panic!("{} {name}: {why}", table.name));
            put(&mut bytes, &value, to.kind);
        }
        Ok(Go::On)
    });
    read_all.unwrap();
    bytes.extend_from_slice(END);
    bytes
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
        epoch,
        ..Conversion::plain(kind)
    };
    let raw = match lite {
        Raw::Integer(value) => RawValue::Integer(*value),
        Raw::Text(text) => RawValue::Text(text.as_bytes()),
        _ => return false,
    };
    let post = RawValue::Text(post.as_bytes());
    read(raw, to) == read(post, Conversion::plain(kind))
}

/// Cases that stand in a text, between two semicolons or in lines of their own.
pub(super) fn cases(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.trim().lines().flat_map(|line| line.split(" ;; "))
}

/// The same, each with what is expected of it.
pub(super) fn pairs(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    cases(text).map(|case| case.rsplit_once(" => ").unwrap())
}

/// Cases of three parts, one a line.
pub(super) fn triples(
    text: &'static str,
) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    text.trim().lines().map(|line| {
        let (rest, last) = line.rsplit_once(" | ").unwrap();
        let (first, second) = rest.split_once(" | ").unwrap();
        (first, second, last)
    })
}
