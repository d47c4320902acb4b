//! Who holds up a statement, asked on another connection while it waits.

use super::hands::Hands;
use raptor_db::{Session, Sql, params};
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

/// A session that holds a lock which a revision waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Blocker {
    /// The process id of its backend.
    pub pid: i64,
    /// Its login.
    pub login: Option<String>,
    /// What it calls itself.
    pub application: Option<String>,
    /// `active`, `idle in transaction` and their like.
    pub state: Option<String>,
    /// How long its transaction has been open, in seconds.
    pub seconds: Option<i64>,
    /// The beginning of its last statement, if we may see it, up to the first string in it.
    pub query: Option<String>,
}

static PID: Sql = Sql::new("SELECT pg_backend_pid() AS pid");

static BLOCKERS: Sql = Sql::new(
    "SELECT pid, usename::text AS login, application_name AS application, state, \
            extract(epoch FROM clock_timestamp() - xact_start)::bigint AS seconds, left(query, 200) AS query \
     FROM pg_catalog.pg_stat_activity WHERE pid = ANY(pg_blocking_pids(:pid)) ORDER BY pid",
);

static HOLDERS: Sql = Sql::new(
    "SELECT pid, usename::text AS login, application_name AS application, state, \
            extract(epoch FROM clock_timestamp() - xact_start)::bigint AS seconds, left(query, 200) AS query \
     FROM pg_catalog.pg_stat_activity WHERE pid <> pg_backend_pid() AND pid IN \
     (SELECT pid FROM pg_catalog.pg_locks WHERE relation = to_regclass(:table) AND granted \
      AND mode NOT IN ('AccessShareLock', 'RowShareLock', 'ShareLock')) ORDER BY pid",
);

/// Who keeps others from holding the table still.
pub(crate) async fn holders(session: &Session, table: &str) -> raptor_db::Result<Vec<Blocker>> {
    let rows = session.query(&HOLDERS, params! { table }).await?;
    rows.iter().map(blocker).collect()
}

/// From when on a statement counts as waiting, and how often it is asked for whom it waits.
const PAUSE: Duration = Duration::from_millis(100);

/// Runs `work`, which `hands` does; beside its answer, who blocked it last.
pub(super) async fn watched<T>(hands: &Hands, work: impl Future<Output = T>) -> (T, Vec<Blocker>) {
    let mut found = Vec::new();
    let Some((other, pid)) = hands.other() else {
        return (work.await, found);
    };
    let mut work = pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return (done, found),
            () = tokio::time::sleep(PAUSE) => {}
        }
        // What the server does not tell is not worth an error.
        if let Ok(rows) = other.query(&BLOCKERS, params! { pid }).await {
            let seen: Vec<Blocker> = rows.iter().filter_map(|row| blocker(row).ok()).collect();
            if !seen.is_empty() {
                found = seen;
            }
        }
    }
}

/// The process id of the session's backend.
pub(super) async fn pid(session: &Session) -> raptor_db::Result<i64> {
    let rows = session.query(&PID, params! {}).await?;
    rows.first().map_or(Ok(0), |row| row.get("pid"))
}

fn blocker(row: &raptor_db::Row) -> raptor_db::Result<Blocker> {
    Ok(Blocker {
        pid: row.get("pid")?,
        login: row.get("login")?,
        application: row.get("application")?,
        state: row.get("state")?,
        seconds: row.get("seconds")?,
        query: row.get::<Option<String>>("query")?.map(without_strings),
    })
}

/// What stands in strings may be a customer's, or a password.
fn without_strings(query: String) -> String {
    match query.find(['\'', '$']) {
        Some(at) => format!("{}…", &query[..at]),
        None => query,
    }
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or = |text: &Option<String>, other: &str| match text {
            Some(text) if !text.is_empty() => text.clone(),
            _ => other.to_owned(),
        };
        write!(
            f,
            "process {} of {} ({}, {}",
            self.pid,
            or(&self.login, "an unknown login"),
            or(&self.application, "no application name"),
            or(&self.state, "unknown state")
        )?;
        if let Some(seconds) = self.seconds {
            write!(f, ", transaction open for {seconds} s")?;
        }
        f.write_str(")")?;
        match &self.query {
            Some(query) if !query.is_empty() => write!(f, ": {query}"),
            _ => Ok(()),
        }
    }
}
