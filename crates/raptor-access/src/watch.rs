//! Statements that ask for locks while others work: each waits for a moment, lets those pass who queue behind it, and
//! comes again. Who was in the way is asked on another connection.

use raptor_db::{Db, Error, ErrorKind, Result, Session, Sql, Transaction, params};
use std::pin::pin;
use std::time::Duration;

/// How long a lock is waited for, how often, and the pause for others between.
const WAIT: &str = "1s";
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(500);

/// From when on a statement counts as waiting, and how often it is asked for whom.
const OFTEN: Duration = Duration::from_millis(100);

/// The code of a lock that was not to be had.
pub(crate) const LOCKED: &str = "55P03";

static BEGIN: Sql =
    Sql::new("SELECT set_config('lock_timeout', :wait, true), pg_backend_pid()::bigint AS pid");

static BLOCKERS: Sql = Sql::new(
    "SELECT format('process %s of %s', pid, coalesce(usename::text, 'nobody')) AS who, pid::bigint AS pid \
     FROM pg_stat_activity WHERE pid = ANY (pg_blocking_pids(:pid::int)) ORDER BY pid",
);

/// A transaction whose locks are waited for with patience, and with somebody who sees who is in the way.
pub(crate) struct Watched<'t> {
    tx: &'t Transaction,
    /// The process that it is on the server.
    pid: i64,
    other: Option<Session>,
}

/// Who holds a lock, and how they are ended.
#[derive(Default)]
struct Blockers {
    who: Vec<String>,
    ends: Vec<String>,
}

impl<'t> Watched<'t> {
    /// From now on the transaction waits for a lock no longer than that. Where there is no second connection to be had,
    /// nobody is named.
    pub(crate) async fn new(db: &Db, tx: &'t Transaction) -> Result<Self> {
        let row = tx.query_one(&BEGIN, params! { wait: WAIT }).await?;
        Ok(Self {
            tx,
            pid: row.get("pid")?,
            other: db.session().await.ok(),
        })
    }

    /// Runs a statement, so that where it fails the transaction goes on.
    pub(crate) async fn attempt(&self, sql: &str) -> Result<()> {
        self.patiently(|| self.tx.execute_raw(sql)).await
    }

    /// Does something that may ask for locks, again while others hold one of them.
    pub(crate) async fn patiently<T: Send, F: Future<Output = Result<T>> + Send>(
        &self,
        work: impl Fn() -> F + Sync,
    ) -> Result<T> {
        let mut tried = 0;
        loop {
            tried += 1;
            let (done, by) = self.beside(self.tx.savepoint(&work)).await;
            match done {
                Err(error) if error.code() == Some(LOCKED) && tried < TRIES => {
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) if error.code() == Some(LOCKED) => return Err(by.tell(&error)),
                done => return done,
            }
        }
    }

    async fn beside<T>(&self, work: impl Future<Output = T>) -> (T, Blockers) {
        let mut found = Blockers::default();
        let Some(session) = &self.other else {
            return (work.await, found);
        };
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return (done, found),
                () = tokio::time::sleep(OFTEN) => {}
            }
            // What the server does not tell is not worth an error.
            if let Ok(rows) = session.query(&BLOCKERS, params! { pid: self.pid }).await
                && !rows.is_empty()
            {
                found = Blockers::default();
                for row in rows {
                    found.who.extend(row.get::<String>("who"));
                    let pid = row.get::<i64>("pid").unwrap_or_default();
                    found
                        .ends
                        .push(format!("SELECT pg_terminate_backend({pid})"));
                }
            }
        }
    }
}

impl Blockers {
    fn tell(&self, error: &Error) -> Error {
        let message = match self.who.is_empty() {
            true => format!("{}; the server does not say who holds it", error.message()),
            false => format!(
                "a lock was not to be had in {TRIES} tries, as {} holds it; come again, or end it: {}",
                self.who.join(" and "),
                self.ends.join("; ")
            ),
        };
        Error::new(ErrorKind::Busy, message)
    }
}
