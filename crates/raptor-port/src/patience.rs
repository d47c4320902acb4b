//! Sessions that wait as long as it takes.

use crate::error::{Error, Result};
use raptor_db::{Db, Session, Sql, params};

/// A session that no limit of the login ends: how long an index of all rows takes is not for it to say. It
/// sees all rows of a table, or an error, where policies hide some from the login.
///
/// # Errors
/// [`ErrorKind::Database`](crate::ErrorKind::Database).
pub(crate) async fn patient(db: &Db) -> Result<Session> {
    // Not every server knows of all of them.
    static WAIT: Sql = Sql::new(
        "SELECT set_config(name, CASE name WHEN 'row_security' THEN 'off' ELSE '0' END, false) AS is \
         FROM pg_catalog.pg_settings WHERE name IN ('row_security', 'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout')",
    );
    let cannot = |error| Error::database("the database to carry over to gives no session", error);
    let session = db.session().await.map_err(cannot)?;
    session.query(&WAIT, params! {}).await.map_err(cannot)?;
    Ok(session)
}
