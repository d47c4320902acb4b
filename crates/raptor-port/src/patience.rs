//! Sessions that wait as long as it takes.

use crate::error::{Error, Result};
use raptor_db::{Db, Session, Sql, Transaction, params};

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
