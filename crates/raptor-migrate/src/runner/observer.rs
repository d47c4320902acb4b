//! Watches what each statement of a revision takes and rewrites, on a throw-away Postgres.
//!
//! It asks in the revision's own transaction: locks stay until its end, so those that a statement
//! added are those that were not there before it. Tables that the revision itself made are nobody
//! else's yet and are left out.

use crate::error::{Error, Result};
use crate::plan::Work;
use crate::report::Observed;
use raptor_db::{Row, Session, Sql, params};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

static LOCKS: Sql = Sql::new(
    "SELECT c.oid::bigint AS id, c.relname::text AS name, l.mode \
     FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_class AS c ON c.oid = l.relation \
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
     WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.granted AND c.relkind IN ('r', 'p', 'm', 'v', 'f') \
       AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%' \
       AND c.relname NOT IN ('alembic_version', 'raptor_migration_log')",
);

static FILES: Sql = Sql::new(
    "SELECT c.oid::bigint AS id, c.relname::text AS name, coalesce(pg_relation_filenode(c.oid), 0)::bigint AS file \
     FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
     WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema') \
       AND n.nspname NOT LIKE 'pg\\_toast%'",
);

/// What was seen of all revisions so far.
#[derive(Default)]
pub(super) struct Observer(Mutex<State>);

#[derive(Default)]
struct State {
    /// The tables that were there when the transaction began, with the file that holds each.
    files: BTreeMap<i64, i64>,
    locks: BTreeSet<(i64, String)>,
    seen: Vec<Observed>,
}

impl Observer {
    /// A revision's transaction has begun.
    pub(super) async fn begin(&self, session: &Session) -> Result<()> {
        let files = files(session).await?;
        let mut state = self.state();
        state.files = files.into_iter().map(|(id, _, file)| (id, file)).collect();
        state.locks.clear();
        Ok(())
    }

    /// A statement has run.
    pub(super) async fn after(
        &self,
        session: &Session,
        revision: &str,
        number: usize,
        work: &Work<'_>,
    ) -> Result<()> {
        let locks = locks(session).await?;
        let files = files(session).await?;
        let mut state = self.state();
        let mut taken: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (id, name, mode) in locks {
            let is_new = state.locks.insert((id, mode.clone()));
            if is_new && state.files.contains_key(&id) {
                taken.entry(name).or_default().insert(mode);
            }
        }
        let mut rewritten = Vec::new();
        for (id, name, file) in files {
            match state.files.get_mut(&id) {
                Some(known) if *known != file => {
                    *known = file;
                    rewritten.push(name);
                }
                _ => {}
            }
        }
        let (line, statement) = work.shown();
        state.seen.push(Observed {
            revision: revision.to_owned(),
            number,
            line,
            statement,
            locks: taken
                .into_iter()
                .filter_map(|(table, modes)| Some((table, strongest(&modes)?.to_owned())))
                .collect(),
            rewritten,
        });
        Ok(())
    }

    pub(super) fn take(&self) -> Vec<Observed> {
        std::mem::take(&mut self.state().seen)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The modes from weak to strong, as `pg_locks` spells them and as the manual does
/// (<https://www.postgresql.org/docs/current/explicit-locking.html>).
const MODES: [(&str, &str); 8] = [
    ("AccessShareLock", "ACCESS SHARE"),
    ("RowShareLock", "ROW SHARE"),
    ("RowExclusiveLock", "ROW EXCLUSIVE"),
    ("ShareUpdateExclusiveLock", "SHARE UPDATE EXCLUSIVE"),
    ("ShareLock", "SHARE"),
    ("ShareRowExclusiveLock", "SHARE ROW EXCLUSIVE"),
    ("ExclusiveLock", "EXCLUSIVE"),
    ("AccessExclusiveLock", "ACCESS EXCLUSIVE"),
];

fn strongest(modes: &BTreeSet<String>) -> Option<&'static str> {
    let of_them = MODES.iter().rev().find(|(mode, _)| modes.contains(*mode));
    of_them.map(|(_, name)| *name)
}

async fn locks(session: &Session) -> Result<Vec<(i64, String, String)>> {
    let rows = session.query(&LOCKS, params! {}).await.map_err(cannot)?;
    let one = |row: &Row| Ok((row.get("id")?, row.get("name")?, row.get("mode")?));
    rows.iter()
        .map(one)
        .collect::<raptor_db::Result<_>>()
        .map_err(cannot)
}

async fn files(session: &Session) -> Result<Vec<(i64, String, i64)>> {
    let rows = session.query(&FILES, params! {}).await.map_err(cannot)?;
    let one = |row: &Row| Ok((row.get("id")?, row.get("name")?, row.get("file")?));
    rows.iter()
        .map(one)
        .collect::<raptor_db::Result<_>>()
        .map_err(cannot)
}

fn cannot(error: raptor_db::Error) -> Error {
    Error::database("locks and files cannot be seen", error)
}
