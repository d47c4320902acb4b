//! What was carried over, kept on Postgres beside the rows themselves: `raptor_port`.

use super::rejected::Rejected;
use super::{Carried, Open, Range};
use crate::error::{Error, ErrorKind, Result};
use crate::patience::{patient, straight};
use crate::plan::Note;
use raptor_db::{Db, Params, Row, Scope, Session, Sql, ToValue, Transaction, params};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How often a schema is tried that another run holds, and how long is waited between.
const TRIES: usize = 40;
const PAUSE: Duration = Duration::from_millis(250);

const DDL: &str = "
CREATE SCHEMA IF NOT EXISTS raptor_port;
CREATE TABLE IF NOT EXISTS raptor_port.runs (
    target text PRIMARY KEY,
    source text NOT NULL,
    state text NOT NULL,
    plan text NOT NULL,
    begun timestamptz NOT NULL DEFAULT now(),
    ended timestamptz,
    missing text
);
CREATE TABLE IF NOT EXISTS raptor_port.ranges (
    target text NOT NULL REFERENCES raptor_port.runs ON DELETE CASCADE,
    number integer NOT NULL,
    source_table text NOT NULL,
    first_rowid bigint,
    last_rowid bigint,
    rejected bigint,
    carried bigint,
    done timestamptz,
    PRIMARY KEY (target, number)
);
CREATE TABLE IF NOT EXISTS raptor_port.made (
    target text NOT NULL REFERENCES raptor_port.runs ON DELETE CASCADE,
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    of text NOT NULL,
    statement text NOT NULL,
    kind text NOT NULL,
    relation text NOT NULL,
    name text NOT NULL,
    definition text NOT NULL
);
CREATE TABLE IF NOT EXISTS raptor_port.rejected (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target text NOT NULL REFERENCES raptor_port.runs ON DELETE CASCADE,
    source_table text NOT NULL,
    place text NOT NULL,
    source_column text,
    class text,
    value bytea,
    reason text NOT NULL,
    cells text,
    outcome text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
-- One of an earlier release.
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = 'raptor_port.rejected'::regclass AND attname = 'outcome') THEN
        ALTER TABLE raptor_port.rejected ADD COLUMN outcome text;
        UPDATE raptor_port.rejected AS cell SET outcome = CASE WHEN cells IS NOT NULL THEN 'rejected' WHEN EXISTS (
            SELECT FROM raptor_port.rejected AS whole WHERE whole.target = cell.target AND whole.source_table = cell.source_table
            AND whole.place = cell.place AND whole.cells IS NOT NULL) THEN 'part' ELSE 'changed' END;
        ALTER TABLE raptor_port.rejected ALTER COLUMN outcome SET NOT NULL;
    END IF;
END $$;
";

/// A parameter of a statement that is run many times at once.
type Param<'p> = (&'static str, &'p (dyn ToValue + Sync));

/// The ledger of one schema.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    /// The schema that is filled.
    pub(super) target: String,
}

/// A run that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Begun {
    /// What the file was like.
    pub(crate) state: String,
    pub(crate) plan: String,
    /// What was missing at its end, where it came to one.
    pub(crate) ended: Option<Vec<Note>>,
}

fn cannot(error: raptor_db::Error) -> Error {
    Error::database(
        "the ledger of what was carried over (raptor_port) cannot be kept",
        error,
    )
}

fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| unreadable(&error))
}

fn unreadable(error: &serde_json::Error) -> Error {
    let message = format!("the ledger (raptor_port) cannot be written or read: {error}");
    Error::new(ErrorKind::Database, message)
}

/// What was missing at the end of a run; none where it has not come to one.
fn ended(row: &Row) -> Result<Option<Vec<Note>>> {
    let missing: Option<String> = row.get("missing").map_err(cannot)?;
    let notes = missing.map(|text| serde_json::from_str(&text));
    notes.transpose().map_err(|error| unreadable(&error))
}

impl Ledger {
    pub(crate) fn new(target: &str) -> Self {
        Self {
            target: target.to_owned(),
        }
    }

    /// Keeps other runs out of the schema, as long as the session lives; waits a while for one that was
    /// killed, whose end the server has not noticed yet.
    pub(crate) async fn alone(&self, db: &Db) -> Result<Session> {
        static TRY: Sql = Sql::new(
            "SELECT pg_try_advisory_lock(hashtext('raptor_port'), hashtext(:target)) AS is_ours",
        );
        let (session, target) = (patient(db).await?, &self.target);
        straight(db, &session).await?;
        for _ in 0..TRIES {
            let rows = session
                .query(&TRY, params! { target })
                .await
                .map_err(cannot)?;
            let is_ours = rows.first().map(|row| row.get("is_ours")).transpose();
            if is_ours.map_err(cannot)?.unwrap_or(false) {
                self.end_the_killed(&session).await?;
                return Ok(session);
            }
            tokio::time::sleep(PAUSE).await;
        }
        let message = format!(
            "another run carries rows to the schema {target}; nothing of this one was begun"
        );
        Err(Error::new(ErrorKind::Busy, message))
    }

    /// Has a session's work known as that of a run for this schema, as long as it lives.
    pub(crate) async fn work(&self, session: &Session) -> Result<()> {
        static WORK: Sql = Sql::new(
            "SELECT pg_advisory_lock_shared(hashtext('raptor_port work'), hashtext(:target))::text AS is",
        );
        let target = &self.target;
        let known = session.query(&WORK, params! { target }).await;
        known.map(drop).map_err(cannot)
    }

    /// The same of a transaction that need not wait for the disk.
    pub(crate) async fn work_in(&self, tx: &Transaction) -> Result<()> {
        static WORK: Sql = Sql::new(
            "SELECT set_config('synchronous_commit', 'off', true) \
             || pg_advisory_xact_lock_shared(hashtext('raptor_port work'), hashtext(:target))::text AS is",
        );
        let target = &self.target;
        let known = tx.query(&WORK, params! { target }).await;
        known.map(drop).map_err(cannot)
    }

    /// Ends what the server still does for a run that was killed: it would come in the way.
    async fn end_the_killed(&self, session: &Session) -> Result<()> {
        static END: Sql = Sql::new(
            "SELECT pg_terminate_backend(l.pid) AS is FROM pg_catalog.pg_locks AS l \
             WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.pid <> pg_backend_pid() \
             AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) \
             AND l.classid::bigint = hashtext('raptor_port work')::bigint & 4294967295 \
             AND l.objid::bigint = hashtext(:target)::bigint & 4294967295",
        );
        let target = &self.target;
        for _ in 0..TRIES {
            let rows = session.query(&END, params! { target }).await;
            if rows.map_err(cannot)?.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        let message = format!(
            "the server still works for a run into the schema {target} that was killed; nothing of this one was begun"
        );
        Err(Error::new(ErrorKind::Busy, message))
    }

    /// The rows of a query about this schema.
    async fn asked(&self, db: &Db, sql: &Sql) -> Result<Vec<Row>> {
        let target = &self.target;
        let rows = db.query(&Scope::system(), sql, params! { target }).await;
        rows.map_err(cannot)
    }

    /// Makes the ledger's tables where they are missing.
    pub(crate) async fn make(&self, db: &Db) -> Result<()> {
        let session = db.session().await.map_err(cannot)?;
        session.execute_raw(DDL).await.map_err(cannot)
    }

    /// Whether there are ledgers at all.
    pub(crate) async fn is_there(&self, db: &Db) -> Result<bool> {
        static ASK: Sql = Sql::new("SELECT to_regclass('raptor_port.set_aside') IS NOT NULL AS is");
        let row = db.query_one(&Scope::system(), &ASK, params! {}).await;
        row.and_then(|row| row.get("is")).map_err(cannot)
    }

    /// The run that was begun for this schema.
    pub(crate) async fn begun(&self, db: &Db) -> Result<Option<Begun>> {
        static ASK: Sql =
            Sql::new("SELECT state, plan, missing FROM raptor_port.runs WHERE target = :target");
        let rows = self.asked(db, &ASK).await?;
        let begun = rows.first().map(|row| {
            Ok(Begun {
                state: row.get("state").map_err(cannot)?,
                plan: row.get("plan").map_err(cannot)?,
                ended: ended(row)?,
            })
        });
        begun.transpose()
    }

    /// Notes a run and all that it has to carry over, in the transaction that made the tables.
    pub(crate) async fn begin(
        &self,
        tx: &Transaction,
        source: &str,
        state: &str,
        plan: &str,
        open: &[Open],
    ) -> Result<()> {
        static FORGET: Sql = Sql::new("DELETE FROM raptor_port.runs WHERE target = :target");
        static BEGIN: Sql = Sql::new(
            "INSERT INTO raptor_port.runs (target, source, state, plan) VALUES (:target, :source, :state, :plan)",
        );
        static OPEN: Sql = Sql::new(
            "INSERT INTO raptor_port.ranges (target, number, source_table, first_rowid, last_rowid) VALUES (:target, :number, :table, :first, :last)",
        );
        let target = &self.target;
        tx.execute(&FORGET, params! { target })
            .await
            .map_err(cannot)?;
        tx.execute(&BEGIN, params! { target, source, state, plan })
            .await
            .map_err(cannot)?;
        let rows = (1_i64..).zip(open).map(|(number, open)| {
            let (first, last) = open.range.rowids.unzip();
            (number, &open.table, first, last)
        });
        let rows: Vec<_> = rows.collect();
        let sets = rows
            .iter()
            .map(|(number, table, first, last)| -> [Param<'_>; 5] {
                [
                    ("target", target),
                    ("number", number),
                    ("table", table),
                    ("first", first),
                    ("last", last),
                ]
            });
        let sets: Vec<_> = sets.collect();
        let sets: Vec<Params<'_>> = sets.iter().map(<[_; 5]>::as_slice).collect();
        tx.execute_many(&OPEN, &sets).await.map_err(cannot)?;
        Ok(())
    }

    /// Notes that a run came to its end, and what was missing then: from now on the rows are the
    /// application's.
    pub(crate) async fn end(&self, db: &Db, missing: &[Note]) -> Result<()> {
        static END: Sql = Sql::new(
            "UPDATE raptor_port.runs SET ended = now(), missing = :missing WHERE target = :target",
        );
        let (target, missing) = (&self.target, json(&missing)?);
        let ended = db
            .execute(&Scope::system(), &END, params! { target, missing })
            .await;
        ended.map(drop).map_err(cannot)
    }

    /// Has the next run begin anew.
    pub(crate) async fn unmake(&self, db: &Db) -> Result<()> {
        static UNMAKE: Sql =
            Sql::new("UPDATE raptor_port.runs SET state = '' WHERE target = :target");
        let target = &self.target;
        let unmade = db
            .execute(&Scope::system(), &UNMAKE, params! { target })
            .await;
        unmade.map(drop).map_err(cannot)
    }

    /// What is not carried over yet, in order.
    pub(crate) async fn open(&self, db: &Db) -> Result<Vec<Open>> {
        static ASK: Sql = Sql::new(
            "SELECT source_table, first_rowid, last_rowid FROM raptor_port.ranges WHERE target = :target AND done IS NULL ORDER BY number",
        );
        let rows = self.asked(db, &ASK).await?;
        rows.iter()
            .map(|row| {
                let first: Option<i64> = row.get("first_rowid").map_err(cannot)?;
                let last: Option<i64> = row.get("last_rowid").map_err(cannot)?;
                Ok(Open {
                    table: row.get("source_table").map_err(cannot)?,
                    range: Range {
                        rowids: first.zip(last),
                    },
                })
            })
            .collect()
    }

    /// Notes rows that do not come along.
    pub(crate) async fn reject(
        &self,
        tx: &Transaction,
        table: &str,
        rejected: &[Rejected],
    ) -> Result<()> {
        static PUT: Sql = Sql::new(
            "INSERT INTO raptor_port.rejected (target, source_table, place, source_column, class, value, reason, cells, outcome) \
             VALUES (:target, :table, :place, :column, :class, :value, :reason, :cells, :outcome)",
        );
        let target = &self.target;
        let table = &table;
        let sets = rejected.iter().map(|it| -> [Param<'_>; 9] {
            [
                ("target", target),
                ("table", table),
                ("place", &it.place),
                ("column", &it.column),
                ("class", &it.class),
                ("value", &it.value),
                ("reason", &it.reason),
                ("cells", &it.cells),
                ("outcome", &it.outcome),
            ]
        });
        let sets: Vec<_> = sets.collect();
        let sets: Vec<Params<'_>> = sets.iter().map(<[_; 9]>::as_slice).collect();
        tx.execute_many(&PUT, &sets).await.map_err(cannot)?;
        Ok(())
    }

    /// Has cells be those of a rejected row that were changed before Postgres itself refused the row.
    pub(crate) async fn part(&self, tx: &Transaction, table: &str) -> Result<()> {
        static PART: Sql = Sql::new(
            "UPDATE raptor_port.rejected AS cell SET outcome = 'part' FROM raptor_port.rejected AS whole \
             WHERE cell.target = :target AND cell.source_table = :table AND cell.outcome = 'changed' \
             AND whole.target = cell.target AND whole.source_table = cell.source_table \
             AND whole.place = cell.place AND whole.outcome = 'rejected'",
        );
        let target = &self.target;
        let done = tx.execute(&PART, params! { target, table }).await;
        done.map(drop).map_err(cannot)
    }

    /// Notes that a range is carried over, unless somebody else did it meanwhile.
    pub(crate) async fn done(&self, tx: &Transaction, open: &Open, carried: Carried) -> Result<()> {
        static DONE: Sql = Sql::new(
            "UPDATE raptor_port.ranges SET done = now(), carried = :rows, rejected = :rejected \
             WHERE target = :target AND source_table = :table AND first_rowid IS NOT DISTINCT FROM :first AND done IS NULL",
        );
        let (target, table) = (&self.target, &open.table);
        let first = open.range.rowids.map(|it| it.0);
        let count = |it: u64| i64::try_from(it).unwrap_or(i64::MAX);
        let (rows, rejected) = (count(carried.rows), count(carried.rejected));
        let sets = params! { target, table, first, rows, rejected };
        match tx.execute(&DONE, sets).await.map_err(cannot)? {
            1 => Ok(()),
            _ => Err(Error::new(
                ErrorKind::Database,
                format!(
                    "another run carried a part of {table} over at the same time; nothing of this one stays"
                ),
            )),
        }
    }

    /// Has a table carried over once more, in the transaction that empties it.
    pub(crate) async fn reopen(&self, tx: &Transaction, table: &str) -> Result<()> {
        static REOPEN: Sql = Sql::new(
            "UPDATE raptor_port.ranges SET done = NULL, carried = NULL, rejected = NULL \
             WHERE target = :target AND source_table = :table",
        );
        static FORGET: Sql = Sql::new(
            "DELETE FROM raptor_port.rejected WHERE target = :target AND source_table = :table",
        );
        let target = &self.target;
        for text in [&REOPEN, &FORGET] {
            let done = tx.execute(text, params! { target, table }).await;
            done.map_err(cannot)?;
        }
        Ok(())
    }

    /// How many rows of each table were carried over, and how many were rejected; and how many cells were changed.
    pub(crate) async fn counted(&self, db: &Db) -> Result<BTreeMap<String, Carried>> {
        static ASK: Sql = Sql::new(
            "SELECT source_table, sum(carried)::bigint AS carried, sum(rejected)::bigint AS rejected, sum(changed)::bigint AS changed FROM ( \
             SELECT source_table, coalesce(carried, 0) AS carried, 0 AS rejected, 0 AS changed FROM raptor_port.ranges WHERE target = :target \
             UNION ALL SELECT source_table, 0, (outcome = 'rejected')::int, (outcome = 'changed')::int FROM raptor_port.rejected WHERE target = :target \
             ) AS counted GROUP BY source_table",
        );
        let rows = self.asked(db, &ASK).await?;
        let one = |row: &Row| {
            let count = |name: &str| row.get::<i64>(name).map(i64::unsigned_abs);
            let carried = Carried {
                rows: count("carried")?,
                rejected: count("rejected")?,
                changed: count("changed")?,
            };
            Ok((row.get("source_table")?, carried))
        };
        rows.iter()
            .map(one)
            .collect::<raptor_db::Result<_>>()
            .map_err(cannot)
    }

    /// The tables of which a row or a cell did not come along as it was.
    pub(crate) async fn with_rejected(&self, db: &Db) -> Result<BTreeSet<String>> {
        static ASK: Sql = Sql::new(
            "SELECT DISTINCT source_table FROM raptor_port.rejected WHERE target = :target",
        );
        let target = &self.target;
        let rows = db.query(&Scope::system(), &ASK, params! { target }).await;
        let rows = match rows {
            // Nothing was carried over by us.
            Err(error) if error.code() == Some("42P01") => return Ok(BTreeSet::new()),
            rows => rows.map_err(cannot)?,
        };
        let names = rows.iter().map(|row| row.get("source_table"));
        names.collect::<raptor_db::Result<_>>().map_err(cannot)
    }

    /// The tables of which something is kept that was rejected.
    pub(crate) async fn tables_with_rejected(&self, tx: &Transaction) -> Result<BTreeSet<String>> {
        static ASK: Sql = Sql::new(
            "SELECT DISTINCT source_table FROM raptor_port.rejected WHERE target = :target",
        );
        let target = &self.target;
        let rows = tx.query(&ASK, params! { target }).await.map_err(cannot)?;
        let names = rows.iter().map(|row| row.get("source_table"));
        names.collect::<raptor_db::Result<_>>().map_err(cannot)
    }

    /// Rows that Postgres itself did not take, by table: where they stand, and all of their cells.
    pub(crate) async fn not_taken(
        &self,
        db: &Db,
    ) -> Result<BTreeMap<String, BTreeMap<String, String>>> {
        static ASK: Sql = Sql::new(
            "SELECT source_table, place, coalesce(cells, '') AS cells FROM raptor_port.rejected WHERE target = :target AND source_column IS NULL",
        );
        let target = &self.target;
        let rows = db.query(&Scope::system(), &ASK, params! { target }).await;
        let rows = match rows {
            // Nothing was carried over by us.
            Err(error) if error.code() == Some("42P01") => return Ok(BTreeMap::new()),
            rows => rows.map_err(cannot)?,
        };
        let mut not_taken: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for row in &rows {
            let table: String = row.get("source_table").map_err(cannot)?;
            let place = row.get("place").map_err(cannot)?;
            let cells = row.get("cells").map_err(cannot)?;
            not_taken.entry(table).or_default().insert(place, cells);
        }
        Ok(not_taken)
    }
}
