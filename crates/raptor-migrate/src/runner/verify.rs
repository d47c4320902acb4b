//! The queries that must hold once a revision has run.

use crate::error::{Error, ErrorKind, Result};
use crate::place::Place;
use raptor_db::{Session, Sql, params};

/// At least one row, and true in the first column of each; `stays` says what becomes of the revision
/// otherwise.
pub(super) async fn holds(session: &Session, place: Place, query: &Sql, stays: &str) -> Result<()> {
    let refuse = |message: String| Err(Error::new(ErrorKind::Verify, message).at(place));
    let rows = session.query(query, params! {}).await.map_err(|error| {
        Error::failed(&format!("{stays}, as this `verify` query failed"), error).at(place)
    })?;
    if rows.is_empty() {
        return refuse(format!("{stays}, as this `verify` query answered no row"));
    }
    for (number, row) in rows.iter().enumerate() {
        let answer = row.get::<Option<bool>>(0).map_err(|error| {
            let message = format!(
                "`verify` takes queries that answer true or false: {}",
                error.message()
            );
            Error::new(ErrorKind::Verify, message)
                .with_source(error)
                .at(place)
        })?;
        if answer != Some(true) {
            let shown = answer.map_or("null", |_| "false");
            return refuse(format!(
                "{stays}, as this `verify` query answered {shown} (row {})",
                number + 1
            ));
        }
    }
    Ok(())
}
