//! Sessions that wait as long as it takes.

use crate::error::{Error, ErrorKind, Result};
use raptor_db::{Db, Session, Sql, Transaction, params};
use std::collections::BTreeSet;

/// How often a session is looked at.
const LOOKS: usize = 24;

/// What sets it. Not every server knows of all of these.
macro_rules! waiting {
    ($local:literal) => {
        concat!(
            "SELECT set_config(name, CASE name WHEN 'row_security' THEN 'off' ELSE '0' END, ",
            $local,
            ") AS is FROM pg_catalog.pg_settings WHERE name IN ('row_security', 'statement_timeout', 'lock_timeout', \
             'idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout')"
        )
    };
}

/// What makes the catalogs write constants and names in one way, whoever asks.
macro_rules! showing {
    ($local:literal) => {
        concat!(
            "SELECT set_config('DateStyle', 'ISO, MDY', ",
            $local,
            ") || set_config('IntervalStyle', 'postgres', ",
            $local,
            ") || set_config('bytea_output', 'hex', ",
            $local,
            ") || set_config('quote_all_identifiers', 'off', ",
            $local,
            ") AS is"
        )
    };
}
pub(crate) use showing;

/// A session that no limit of the login ends: how long an index of all rows takes is not for it to say. It
/// sees all rows of a table, or an error, where policies hide some from the login.
///
/// # Errors
/// [`ErrorKind::Database`](crate::ErrorKind::Database).
pub(crate) async fn patient(db: &Db) -> Result<Session> {
    static WAIT: Sql = Sql::new(waiting!("false"));
    static SHOW: Sql = Sql::new(showing!("false"));
    let cannot = |error| Error::database("the database to carry over to gives no session", error);
    let session = db.session().await.map_err(cannot)?;
    session.query(&WAIT, params! {}).await.map_err(cannot)?;
    session.query(&SHOW, params! {}).await.map_err(cannot)?;
    Ok(session)
}

/// The same of a transaction; and constraints that wait for its end look at each statement, as a row that is
/// refused at the end cannot be told from the others.
///
/// # Errors
/// [`ErrorKind::Database`](crate::ErrorKind::Database).
pub(crate) async fn patient_in(tx: &Transaction) -> Result<()> {
    static WAIT: Sql = Sql::new(waiting!("true"));
    let cannot = |error| Error::database("the transaction cannot be set up", error);
    tx.query(&WAIT, params! {}).await.map_err(cannot)?;
    let at_once = tx.execute_raw("SET CONSTRAINTS ALL IMMEDIATE").await;
    at_once.map_err(cannot)
}

/// Refuses a pooler that gives one session several connections of the server: what is set for one would stay
/// behind for whoever comes next, and nobody would be kept out.
///
/// # Errors
/// [`ErrorKind::Plan`] through such a pooler.
pub(crate) async fn straight(db: &Db, one: &Session) -> Result<()> {
    let cannot = |error| Error::database("the database gives no session", error);
    if one.is_direct() {
        return Ok(());
    }
    let other = db.session().await.map_err(cannot)?;
    let (mut ours, mut theirs) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..LOOKS {
        ours.insert(process(one).await.map_err(cannot)?);
        theirs.insert(process(&other).await.map_err(cannot)?);
        // Each session has a process of the server to itself, and keeps it.
        if ours.len() > 1 || theirs.len() > 1 || ours == theirs {
            let message = "a pooler in transaction mode stands between us and the server, where what a session sets is somebody \
                           else's next: give the server's own address";
            return Err(Error::new(ErrorKind::Plan, message));
        }
    }
    Ok(())
}

/// The server's process that answers a session now.
async fn process(session: &Session) -> raptor_db::Result<i64> {
    static ASK: Sql = Sql::new("SELECT pg_backend_pid()::bigint AS process");
    let rows = session.query(&ASK, params! {}).await?;
    rows.first().map_or(Ok(0), |row| row.get("process"))
}
