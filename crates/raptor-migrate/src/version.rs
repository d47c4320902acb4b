//! The table `alembic_version`: Alembic 1.20's own, one row for each effective head.
//!
//! Nothing is ever added to it, so that Alembic and Raptor can take turns on one database.

use crate::error::{Error, ErrorKind, Result};
use raptor_db::{Db, Engine, Row, Scope, Session, Sql, params};
use std::collections::BTreeSet;

/// Alembic's DDL, blanks included: SQLite keeps the text.
const COLUMNS: &str = "(\n\tversion_num VARCHAR(32) NOT NULL, \n\
                       \tCONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)\n)";

/// The table, in the schema that was asked for.
pub(crate) struct Versions {
    /// As it is written in statements.
    pub(crate) table: String,
    read: Sql,
    insert: Sql,
    update: Sql,
    delete: Sql,
}

/// How the rows change with one revision.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Move {
    update: Option<(String, String)>,
    insert: Vec<String>,
    delete: Vec<String>,
}

impl Move {
    /// From these rows to those. As Alembic, a row that goes and one that comes are one UPDATE.
    pub(crate) fn between(before: &BTreeSet<String>, after: &BTreeSet<String>) -> Self {
        let mut delete: Vec<String> = before.difference(after).cloned().collect();
        let mut insert: Vec<String> = after.difference(before).cloned().collect();
        let update = match (delete.pop(), insert.pop()) {
            (Some(from), Some(to)) => Some((from, to)),
            (from, to) => {
                delete.extend(from);
                insert.extend(to);
                None
            }
        };
        Self {
            update,
            insert,
            delete,
        }
    }
}

impl Versions {
    /// The table in `schema`, which is ignored on SQLite.
    pub(crate) fn new(engine: Engine, schema: Option<&str>) -> Self {
        let table = match schema {
            Some(schema) if engine == Engine::Postgres => {
                format!("{}.alembic_version", quoted(schema))
            }
            _ => "alembic_version".to_owned(),
        };
        Self {
            read: Sql::dynamic(format!("SELECT version_num FROM {table}")).kept(),
            insert: Sql::dynamic(format!("INSERT INTO {table} (version_num) VALUES (:id)")).kept(),
            update: Sql::dynamic(format!(
                "UPDATE {table} SET version_num = :into WHERE version_num = :id"
            ))
            .kept(),
            delete: Sql::dynamic(format!("DELETE FROM {table} WHERE version_num = :id")).kept(),
            table,
        }
    }

    /// Postgres: others may read; whoever would write, Alembic too, waits for this transaction.
    pub(crate) fn lock(&self) -> String {
        format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", self.table)
    }

    /// The DDL of the table.
    pub(crate) fn ddl(&self) -> String {
        format!("CREATE TABLE {} {COLUMNS}", self.table)
    }

    /// Whether the table is there, without failing when it is not.
    pub(crate) async fn exists(&self, session: &Session) -> Result<bool> {
        let found = match session.engine() {
            Engine::Sqlite => session.query(&SQLITE_HAS_TABLE, params! {}).await,
            Engine::Postgres => {
                let table = self.table.as_str();
                session.query(&POSTGRES_HAS_TABLE, params! { table }).await
            }
        };
        Ok(!found.map_err(cannot_read)?.is_empty())
    }

    /// The rows, in a transaction that is open already.
    pub(crate) async fn rows(&self, session: &Session) -> Result<BTreeSet<String>> {
        ids(session.query(&self.read, params! {}).await)
    }

    /// The rows, or `None` without the table, as any login that may read it: one statement.
    pub(crate) async fn peek(&self, db: &Db) -> Result<Option<BTreeSet<String>>> {
        let error = match db.query(&Scope::system(), &self.read, params! {}).await {
            Ok(rows) => return ids(Ok(rows)).map(Some),
            Err(error) => error,
        };
        match db.engine() {
            Engine::Postgres if matches!(error.code(), Some("42P01" | "3F000")) => Ok(None),
            Engine::Postgres => Err(cannot_read(error)),
            Engine::Sqlite => {
                let found = db
                    .query(&Scope::system(), &SQLITE_HAS_TABLE, params! {})
                    .await;
                if found.map_err(cannot_read)?.is_empty() {
                    return Ok(None);
                }
                // Another deployer may have made it since; what fails now fails for good.
                ids(db.query(&Scope::system(), &self.read, params! {}).await).map(Some)
            }
        }
    }

    /// The statements that [`Versions::apply`] runs, as text.
    pub(crate) fn script(&self, change: &Move) -> Vec<String> {
        let table = &self.table;
        let id = |id: &str| format!("'{}'", id.replace('\'', "''"));
        let mut statements = Vec::new();
        for gone in &change.delete {
            let gone = id(gone);
            statements.push(format!("DELETE FROM {table} WHERE version_num = {gone}"));
        }
        for new in &change.insert {
            let new = id(new);
            statements.push(format!("INSERT INTO {table} (version_num) VALUES ({new})"));
        }
        if let Some((from, into)) = &change.update {
            let (from, into) = (id(from), id(into));
            statements.push(format!(
                "UPDATE {table} SET version_num = {into} WHERE version_num = {from}"
            ));
        }
        statements
    }

    /// Changes the rows. Each statement must hit exactly one.
    pub(crate) async fn apply(&self, session: &Session, change: &Move) -> Result<()> {
        for id in &change.delete {
            let hit = session.execute(&self.delete, params! { id }).await;
            one(hit, id)?;
        }
        for id in &change.insert {
            one(session.execute(&self.insert, params! { id }).await, id)?;
        }
        if let Some((id, into)) = &change.update {
            one(
                session.execute(&self.update, params! { id, into }).await,
                id,
            )?;
        }
        Ok(())
    }
}

static SQLITE_HAS_TABLE: Sql = Sql::new(
    "SELECT 1 AS found FROM sqlite_schema WHERE type = 'table' AND name = 'alembic_version'",
);
static POSTGRES_HAS_TABLE: Sql =
    Sql::new("SELECT 1 AS found WHERE to_regclass(:table) IS NOT NULL");

fn ids(rows: raptor_db::Result<Vec<Row>>) -> Result<BTreeSet<String>> {
    rows.and_then(|rows| rows.iter().map(|row| row.get::<String>(0)).collect())
        .map_err(cannot_read)
}

fn cannot_read(error: raptor_db::Error) -> Error {
    let what = match error.kind() {
        raptor_db::ErrorKind::Permission => {
            "alembic_version cannot be read; the login needs USAGE on its schema and SELECT on it"
        }
        _ => "alembic_version cannot be read",
    };
    Error::database(what, error)
}

fn one(hit: raptor_db::Result<u64>, id: &str) -> Result<()> {
    let hit = hit.map_err(|error| Error::database("the head cannot be moved", error))?;
    if hit == 1 {
        return Ok(());
    }
    let message = format!(
        "the head cannot be moved: {hit} rows of alembic_version were hit for {id}, and one was expected"
    );
    Err(Error::new(ErrorKind::Database, message))
}

/// An identifier in double quotes.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn rows_move_as_alembic_moves_them() {
        let step = |before, after| {
            let Move {
                update,
                insert,
                delete,
            } = Move::between(&set(before), &set(after));
            (update, insert, delete)
        };
        let pair = |from: &str, to: &str| Some((from.to_owned(), to.to_owned()));
        assert_eq!(step(&[], &["a"]), (None, vec!["a".to_owned()], vec![]));
        assert_eq!(step(&["a"], &["b"]), (pair("a", "b"), vec![], vec![]));
        assert_eq!(step(&["a"], &[]), (None, vec![], vec!["a".to_owned()]));
        assert_eq!(
            step(&["a", "b"], &["m"]),
            (pair("b", "m"), vec![], vec!["a".to_owned()])
        );
        assert_eq!(
            step(&["m"], &["a", "b"]),
            (pair("m", "b"), vec!["a".to_owned()], vec![])
        );
    }
}
