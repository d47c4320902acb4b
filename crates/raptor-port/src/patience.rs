//! Sessions that wait as long as it takes.

use crate::error::{Error, ErrorKind, Result};
use raptor_db::{Db, Scope, Session, Sql, Transaction, params};
use std::time::Duration;

/// How long an answer may take that needs no work.
const WAIT: Duration = Duration::from_secs(20);

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

/// A session that no limit of the login ends: how long an index of all rows takes is not for it to say. It
/// sees all rows of a table, or an error, where policies hide some from the login.
///
/// # Errors
/// [`ErrorKind::Database`](crate::ErrorKind::Database).
pub(crate) async fn patient(db: &Db) -> Result<Session> {
    static WAIT: Sql = Sql::new(waiting!("false"));
    let cannot = |error| Error::database("the database to carry over to gives no session", error);
    let session = db.session().await.map_err(cannot)?;
    session.query(&WAIT, params! {}).await.map_err(cannot)?;
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
/// [`ErrorKind::Plan`](crate::ErrorKind::Plan) through such a pooler.
pub(crate) async fn straight(db: &Db) -> Result<()> {
    static MARK: Sql = Sql::new("SELECT set_config('raptor.session', 'same', false) AS is");
    static SEEN: Sql = Sql::new("SELECT current_setting('raptor.session', true) = 'same' AS is");
    static HOLD: Sql = Sql::new("SELECT 1 AS is");
    let cannot = |error| Error::database("the database gives no session", error);
    let session = &db.session().await.map_err(cannot)?;
    session.query(&MARK, params! {}).await.map_err(cannot)?;
    // Where connections are handed round, the one that was marked is taken by now.
    let scope = Scope::system();
    let seen = db.read(&scope, |tx| async move {
        tx.query(&HOLD, params! {}).await?;
        let seen = tokio::time::timeout(WAIT, session.query(&SEEN, params! {})).await;
        let Ok(rows) = seen else {
            return Ok(false);
        };
        let seen: Option<bool> = match rows?.first() {
            Some(row) => row.get("is")?,
            None => None,
        };
        Ok(seen == Some(true))
    });
    if seen.await.map_err(cannot)? {
        return Ok(());
    }
    let message = "a pooler in transaction mode stands between us and the server, where what a session sets is somebody else's next: \
                   give the server's own address";
    Err(Error::new(ErrorKind::Plan, message))
}
