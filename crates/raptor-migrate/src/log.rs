//! The table `raptor_migration_log`: what was done to the database, appended and never changed.
//!
//! Each entry holds the hash of the one before, so that one that is changed or taken out shows. An
//! entry of an applied revision holds its way back, so that a release without the file can take it
//! back. `alembic_version` alone says where the database is; the log only says how it came there.

mod entry;
mod read;

pub(crate) use entry::{Action, Entry, Tail, Written};
pub(crate) use read::{Body, Logged, applied};

use read::{Half, Past};

use crate::error::{Error, Result};
use crate::report::HalfRun;
use crate::version::quoted;
use raptor_db::{Db, Engine, FromRow, Row, Scope, Session, Sql, params};
use std::collections::BTreeSet;

/// The table, in the schema that was asked for.
pub(crate) struct Log {
    engine: Engine,
    /// What stands before each name: nothing, or the schema and a dot.
    prefix: String,
    tail: Sql,
    insert: Sql,
    read: Sql,
    bodies: Sql,
    past: Sql,
    half: Sql,
}

const TABLE: &str = "raptor_migration_log";

const COLUMNS: &str = "position, revision, action, statement, progress, versions, body_sha256, file, engine, role, \
                       tool, release, started_at, finished_at, lock_wait_ms, previous_sha256, sha256";

impl Log {
    /// The log in `schema`, which is ignored on SQLite.
    pub(crate) fn new(engine: Engine, schema: Option<&str>) -> Self {
        let prefix = match schema {
            Some(schema) if engine == Engine::Postgres => format!("{}.", quoted(schema)),
            _ => String::new(),
        };
        let table = format!("{prefix}{TABLE}");
        let role = match engine {
            Engine::Postgres => "current_user::text",
            Engine::Sqlite => "NULL",
        };
        let values: Vec<String> = COLUMNS
            .split(',')
            .map(|name| format!(":{}", name.trim()))
            .collect();
        Self {
            engine,
            prefix,
            tail: Sql::dynamic(format!(
                "SELECT (SELECT max(position) FROM {table}) AS position, \
                 (SELECT sha256 FROM {table} ORDER BY position DESC LIMIT 1) AS sha256, \
                 now() AS started_at, clock_timestamp() AS finished_at, {role} AS role"
            ))
            .kept(),
            insert: Sql::dynamic(format!(
                "INSERT INTO {table} ({COLUMNS}) VALUES ({})",
                values.join(", ")
            ))
            .kept(),
            read: Sql::dynamic(format!("SELECT {COLUMNS} FROM {table} ORDER BY position")),
            bodies: Sql::dynamic(format!(
                "SELECT revision, action, body_sha256, finished_at FROM {table} \
                 WHERE action IN ('up', 'down', 'accept') ORDER BY position"
            )),
            half: Sql::dynamic(format!(
                "SELECT l.revision AS revision, count(*) FILTER (WHERE l.action = 'statement') AS statements                  FROM {table} AS l WHERE l.statement IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {table} AS e                  WHERE e.position > l.position AND (e.action = 'stamp' OR e.revision = l.revision AND e.action IN ('up', 'down')))                  GROUP BY l.revision ORDER BY l.revision"
            )),
            past: Sql::dynamic(format!("SELECT revision, versions FROM {table}")),
        }
    }

    /// What makes the table, and keeps others from changing it by mistake.
    pub(crate) fn ddl(&self) -> String {
        let Self { prefix, .. } = self;
        let (text, time, integer) = match self.engine {
            Engine::Postgres => ("text", "timestamptz", "bigint"),
            Engine::Sqlite => ("TEXT", "TEXT", "INTEGER"),
        };
        let table = format!(
            "CREATE TABLE {prefix}{TABLE} (\n\
             \x20   position {integer} NOT NULL CONSTRAINT {TABLE}_pkey PRIMARY KEY,\n\
             \x20   revision {text} NOT NULL,\n\
             \x20   action {text} NOT NULL,\n\
             \x20   statement {integer},\n\
             \x20   progress {text},\n\
             \x20   versions {text} NOT NULL,\n\
             \x20   body_sha256 {text},\n\
             \x20   file {text},\n\
             \x20   engine {text} NOT NULL,\n\
             \x20   role {text},\n\
             \x20   tool {text} NOT NULL,\n\
             \x20   release {text},\n\
             \x20   started_at {time} NOT NULL,\n\
             \x20   finished_at {time} NOT NULL,\n\
             \x20   lock_wait_ms {integer} NOT NULL,\n\
             \x20   previous_sha256 {text} NOT NULL,\n\
             \x20   sha256 {text} NOT NULL\n)"
        );
        match self.engine {
            Engine::Postgres => format!(
                "{table};\n\
                 CREATE FUNCTION {prefix}{TABLE}_stays() RETURNS trigger LANGUAGE plpgsql AS\n\
                 $$BEGIN RAISE EXCEPTION 'raptor_migration_log is append-only'; END$$;\n\
                 CREATE TRIGGER {TABLE}_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {prefix}{TABLE}\n\
                 FOR EACH STATEMENT EXECUTE FUNCTION {prefix}{TABLE}_stays()"
            ),
            Engine::Sqlite => {
                let trigger = |event: &str| {
                    format!(
                        ";\nCREATE TRIGGER {TABLE}_stays_on_{} BEFORE {event} ON {TABLE}\n\
                         BEGIN SELECT RAISE(ABORT, 'raptor_migration_log is append-only'); END",
                        event.to_lowercase()
                    )
                };
                format!("{table} STRICT{}{}", trigger("UPDATE"), trigger("DELETE"))
            }
        }
    }

    /// Whether the table is there.
    pub(crate) async fn exists(&self, session: &Session) -> Result<bool> {
        let table = format!("{}{TABLE}", self.prefix);
        let found = match self.engine {
            Engine::Sqlite => session.query(&SQLITE_HAS, params! { table: TABLE }).await,
            Engine::Postgres => session.query(&POSTGRES_HAS, params! { table }).await,
        };
        Ok(!found.map_err(cannot_read)?.is_empty())
    }

    /// Writes the next entry, in the transaction that is open.
    pub(crate) async fn append(&self, session: &Session, entry: &Entry<'_>) -> Result<Written> {
        let tail = self.tail(session).await?;
        self.write(session, entry, &tail).await
    }

    /// The last entry, and what the clock says.
    pub(crate) async fn tail(&self, session: &Session) -> Result<Tail> {
        let rows = session.query(&self.tail, params! {}).await;
        rows.and_then(|rows| Tail::of(&rows[0]))
            .map_err(cannot_read)
    }

    /// Writes an entry behind the last one, which two can never do: the position is the key.
    pub(crate) async fn write(
        &self,
        session: &Session,
        entry: &Entry<'_>,
        tail: &Tail,
    ) -> Result<Written> {
        let written = entry.after(tail, self.engine);
        match written.insert(session, &self.insert).await {
            Ok(_) => Ok(written),
            Err(error) => Err(Error::database(
                "raptor_migration_log cannot be written",
                error,
            )),
        }
    }

    /// SQLite: as [`Log::append`], without asking for the last entry, which `last` was when this
    /// process committed it. When somebody has written since, its place is taken, and it is asked
    /// for after all.
    pub(crate) async fn append_behind(
        &self,
        session: &Session,
        entry: &Entry<'_>,
        last: Option<Written>,
    ) -> Result<Written> {
        if let Some(last) = last {
            let clock = session.query(&CLOCK, params! {}).await;
            let tail = clock.and_then(|clock| Tail::behind(&last, &clock[0]));
            let tail = tail.map_err(cannot_read)?;
            match self.write(session, entry, &tail).await {
                Err(error) if error.is_unique() => {}
                answer => return answer,
            }
        }
        self.append(session, entry).await
    }

    /// All entries, or none without the table; as any login that may read it.
    pub(crate) async fn read(&self, db: &Db) -> Result<Logged> {
        self.rows(db, &self.read).await.map(Logged)
    }

    /// What the entries say of the revisions' texts, oldest first.
    pub(crate) async fn bodies(&self, db: &Db) -> Result<Vec<Body>> {
        self.rows(db, &self.bodies).await
    }

    /// The revisions that were begun with `tx=off` and not brought to their end.
    pub(crate) async fn half_run(&self, db: &Db) -> Result<Vec<HalfRun>> {
        let half: Vec<Half> = self.rows(db, &self.half).await?;
        let told = |it: Half| HalfRun {
            id: it.revision,
            statements: it.statements,
        };
        Ok(half.into_iter().map(told).collect())
    }

    /// What keeps the log from being changed by mistake, and is not there.
    pub(crate) async fn unguarded(&self, db: &Db, is_empty: bool) -> Result<Vec<&'static str>> {
        let table = format!("{}{TABLE}", self.prefix);
        let (query, guards) = match self.engine {
            Engine::Sqlite => (&SQLITE_GUARDS, 2),
            Engine::Postgres => (&POSTGRES_GUARDS, 1),
        };
        let rows = db.query(&Scope::system(), query, params! { table }).await;
        let found = rows.and_then(|rows| Ok((rows[0].get("has")?, rows[0].get("guards")?)));
        let (has_table, found): (bool, i64) = found.map_err(cannot_read)?;
        let mut wrong = Vec::new();
        if has_table && is_empty {
            wrong.push("raptor_migration_log is empty: its entries were taken out");
        }
        if has_table && found < guards {
            wrong.push(
                "the triggers that keep raptor_migration_log from being changed are gone or disabled",
            );
        }
        Ok(wrong)
    }

    /// The ids of all revisions that it speaks of: those that ran, and those that were stamped.
    pub(crate) async fn past(&self, db: &Db) -> Result<BTreeSet<String>> {
        let entries: Vec<Past> = self.rows(db, &self.past).await?;
        let ids = entries
            .iter()
            .flat_map(|it| it.versions.split(' ').chain([it.revision.as_str()]));
        Ok(ids.filter(|id| !id.is_empty()).map(str::to_owned).collect())
    }

    async fn rows<T: FromRow>(&self, db: &Db, query: &Sql) -> Result<Vec<T>> {
        let ask = async || db.query(&Scope::system(), query, params! {}).await;
        let error = match ask().await {
            Ok(rows) => return read(&rows),
            Err(error) => error,
        };
        match self.engine {
            Engine::Postgres if matches!(error.code(), Some("42P01" | "3F000")) => Ok(Vec::new()),
            Engine::Postgres => Err(cannot_read(error)),
            Engine::Sqlite => {
                let has = params! { table: TABLE };
                let found = db.query(&Scope::system(), &SQLITE_HAS, has).await;
                if found.map_err(cannot_read)?.is_empty() {
                    return Ok(Vec::new());
                }
                // Another deployer may have made it since; what fails now fails for good.
                read(&ask().await.map_err(cannot_read)?)
            }
        }
    }
}

fn read<T: FromRow>(rows: &[Row]) -> Result<Vec<T>> {
    let entries: raptor_db::Result<Vec<_>> = rows.iter().map(FromRow::from_row).collect();
    entries.map_err(cannot_read)
}

static CLOCK: Sql = Sql::new("SELECT now() AS started_at, clock_timestamp() AS finished_at");
static SQLITE_GUARDS: Sql = Sql::new(
    "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = :table) AS has, \
     (SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = :table \
     AND name IN ('raptor_migration_log_stays_on_update', 'raptor_migration_log_stays_on_delete')) AS guards",
);
static POSTGRES_GUARDS: Sql = Sql::new(
    "SELECT to_regclass(:table) IS NOT NULL AS has, (SELECT count(*) FROM pg_catalog.pg_trigger \
     WHERE tgrelid = to_regclass(:table) AND tgname = 'raptor_migration_log_stays' AND tgenabled IN ('O', 'A')) AS guards",
);
static SQLITE_HAS: Sql =
    Sql::new("SELECT 1 AS found FROM sqlite_schema WHERE type = 'table' AND name = :table");
static POSTGRES_HAS: Sql = Sql::new("SELECT 1 AS found WHERE to_regclass(:table) IS NOT NULL");

fn cannot_read(error: raptor_db::Error) -> Error {
    Error::database("raptor_migration_log cannot be read", error)
}
