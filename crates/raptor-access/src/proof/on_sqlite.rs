//! The proof on SQLite, through the guard of the data layer: what is declared works, what is not is refused. What SQLite
//! cannot enforce is said.

use super::line::{Line, Proof, Verdict};
use crate::declaration::{Declaration, Kind, Name, Role};
use crate::error::{Error, ErrorKind, Result};
use crate::text::quoted;
use raptor_db::{ColumnRights, Config, Db, Scope, Sql, SqliteGuard, TableRights, params};

/// What no guard in a service can do, and what there is instead.
const RESIDUAL: [(&str, &str); 3] = [
    (
        "open the file and read or write all of it",
        "whoever reads the file is its owner: keep it where the service alone can read it",
    ),
    (
        "see rows of somebody else within a transaction that acts for somebody",
        "SQLite has no policies: the service's own WHERE keeps customers apart, and Postgres proves it",
    ),
    (
        "set any column of a row that it adds",
        "SQLite does not tell of which columns an INSERT is",
    ),
];

/// What nobody may who serves.
const NEVER: [(&str, &str); 5] = [
    (
        "make a table",
        "CREATE TABLE raptor_access_probe (a INTEGER)",
    ),
    (
        "make a trigger's place",
        "CREATE TEMPORARY TABLE raptor_access_probe (a INTEGER)",
    ),
    (
        "open another file",
        "ATTACH DATABASE ':memory:' AS raptor_access_probe",
    ),
    ("change the schema by hand", "PRAGMA writable_schema = 1"),
    ("switch foreign keys off", "PRAGMA foreign_keys = 0"),
];

impl Declaration {
    /// Proves on SQLite what can be proved there: each role that somebody logs in as tries every table, verb and column
    /// through its guard. Nothing that it does stays.
    ///
    /// # Errors
    /// [`ErrorKind::Database`](crate::ErrorKind::Database) when the file cannot be opened or read.
    pub async fn prove_on_sqlite(&self, config: &Config) -> Result<Proof> {
        let mut proof = Proof::default();
        let open = Db::open(config.clone()).await?;
        let tables = tables(&open).await?;
        let lacking = self.tables.iter().filter(|(name, _)| {
            let is_there = |(it, _): &(String, Vec<String>)| *it == name.name;
            !tables.iter().any(is_there)
        });
        let lacking: Vec<String> = lacking
            .map(|(name, it)| format!("{}: there is no {}", it.place, name.name))
            .collect();
        if !lacking.is_empty() {
            return Err(Error::new(ErrorKind::Declaration, lacking.join("\n")));
        }
        for (table, _) in &tables {
            let is_listed = self.tables.keys().any(|it| it.name == *table);
            if !is_listed {
                let what = format!("{table} is not in the file");
                proof.add(Line::new("catalogs", what, Verdict::Hole));
            }
        }
        let serves = |role: &Role| !role.logins.is_empty() && role.kind != Kind::Owner;
        for (role, _) in self.roles.iter().filter(|(_, it)| serves(it)) {
            let guard = self.sqlite_guard(role);
            let mut guarded = config.clone();
            guarded.sqlite_guard = Some(guard.clone().into());
            let db = Db::open(guarded).await?;
            for (table, columns) in &tables {
                let tried = Tried {
                    db: &db,
                    role,
                    table,
                    columns,
                };
                tried.all(self, &guard, &mut proof).await?;
            }
            let session = db.session().await?;
            for (what, text) in NEVER {
                let refused = session.execute_raw(text).await.err();
                add(role, what.to_owned(), false, refused, &mut proof)?;
            }
            for (what, why) in RESIDUAL {
                proof.add(Line::new(role, what, Verdict::Residual).why(why));
            }
            db.close().await;
        }
        open.close().await;
        Ok(proof)
    }
}

/// The tables of the file, each with its columns.
async fn tables(db: &Db) -> Result<Vec<(String, Vec<String>)>> {
    static TABLES: Sql = Sql::new(
        "SELECT t.name AS name, c.name AS part FROM sqlite_master AS t, pragma_table_info(t.name) AS c \
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY t.name, c.cid",
    );
    let session = db.session().await?;
    let mut tables: Vec<(String, Vec<String>)> = Vec::new();
    for row in session.query(&TABLES, params! {}).await? {
        let (table, column): (String, String) = (row.get("name")?, row.get("part")?);
        match tables.last_mut() {
            Some((last, columns)) if *last == table => columns.push(column),
            _ => tables.push((table, vec![column])),
        }
    }
    Ok(tables)
}

struct Tried<'t> {
    db: &'t Db,
    role: &'t str,
    table: &'t str,
    columns: &'t [String],
}

impl Tried<'_> {
    async fn all(
        &self,
        declared: &Declaration,
        guard: &SqliteGuard,
        proof: &mut Proof,
    ) -> Result<()> {
        let rights = guard.tables.get(self.table).cloned().unwrap_or_default();
        let place = declared.tables.iter().find(|(it, _)| is_of(it, self.table));
        let place = place
            .and_then(|(_, it)| it.grants.get(self.role))
            .map(|it| it.place);
        let first = proof.lines.len();
        let somebody = Scope::tenant("raptor access probe");
        let table = quoted(self.table);
        for column in self.columns {
            let name = quoted(column);
            let read = format!("SELECT {name} FROM {table} LIMIT 0");
            let what = format!("select on column {}.{column}", self.table);
            self.tried(&somebody, what, &read, has(&rights.select, column), proof)
                .await?;
            let write = format!("UPDATE {table} SET {name} = NULL WHERE 1 = 0");
            let what = format!("update on column {}.{column}", self.table);
            self.tried(&somebody, what, &write, has(&rights.update, column), proof)
                .await?;
        }
        self.hidden(&rights, &somebody, proof).await?;
        let column = self
            .columns
            .first()
            .map(|it| quoted(it))
            .unwrap_or_default();
        let add = format!("INSERT INTO {table} ({column}) SELECT NULL WHERE 1 = 0");
        let take = format!("DELETE FROM {table} WHERE 1 = 0");
        for (verb, sql, may) in [
            ("insert", add, rights.insert),
            ("delete", take, rights.delete),
        ] {
            let what = format!("{verb} on table {}", self.table);
            self.tried(&somebody, what, &sql, may, proof).await?;
        }
        let readable = self.columns.iter().find(|it| has(&rights.select, it));
        if let Some(column) = readable.filter(|_| rights.scoped) {
            let read = format!("SELECT {} FROM {table} LIMIT 0", quoted(column));
            let what = format!("see rows of {} for nobody", self.table);
            self.tried(&Scope::system(), what, &read, false, proof)
                .await?;
        }
        for line in &mut proof.lines[first..] {
            line.place = place;
        }
        Ok(())
    }

    /// A column that is not read, by way of a name that proves nothing.
    async fn hidden(
        &self,
        rights: &TableRights,
        somebody: &Scope,
        proof: &mut Proof,
    ) -> Result<()> {
        let table = quoted(self.table);
        let hidden = self.columns.iter().find(|it| !has(&rights.select, it));
        if let Some(column) = hidden {
            let name = quoted(column);
            let text =
                format!("WITH it AS (SELECT {name} AS x FROM {table}) SELECT x FROM it LIMIT 0");
            let what = format!("select on column {}.{column} by way of a WITH", self.table);
            self.tried(somebody, what, &text, false, proof).await?;
        }
        Ok(())
    }

    async fn tried(
        &self,
        scope: &Scope,
        what: String,
        sql: &str,
        may: bool,
        proof: &mut Proof,
    ) -> Result<()> {
        let text = Sql::dynamic(sql.to_owned());
        let text = &text;
        let done = self.db.tx(scope, |tx| async move {
            tx.query(text, params! {}).await.map(drop)
        });
        let refused = done.await.err();
        add(self.role, what, may, refused, proof)
    }
}

fn is_of(name: &Name, table: &str) -> bool {
    name.name == table
}

fn has(columns: &ColumnRights, column: &str) -> bool {
    match columns {
        ColumnRights::None => false,
        ColumnRights::All => true,
        ColumnRights::Some(columns) => columns.contains(column),
    }
}

fn add(
    role: &str,
    what: String,
    may: bool,
    refused: Option<raptor_db::Error>,
    proof: &mut Proof,
) -> Result<()> {
    let (denied, why) = match refused {
        None => (false, String::new()),
        Some(error) if error.kind() == raptor_db::ErrorKind::Permission => {
            (true, error.message().to_owned())
        }
        // It came past the guard.
        Some(error) if error.code().is_some() => (false, error.message().to_owned()),
        Some(error) => return Err(Error::database(&what, error)),
    };
    let verdict = match (may, denied) {
        (true, false) => Verdict::Allowed,
        (true, true) => Verdict::Broken,
        (false, true) => Verdict::Denied,
        (false, false) => Verdict::Hole,
    };
    proof.add(Line::new(role, what, verdict).why(why));
    Ok(())
}
