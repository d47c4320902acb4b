//! Whether what an earlier run carried over is still there: its ledger may outlive its tables.

use super::Run;
use crate::error::{Error, ErrorKind, Result};
use crate::load::Standing;
use crate::sync;
use crate::words::counted;
use raptor_db::{Scope, Sql, params};

impl Run<'_> {
    /// Whether a run that was killed can be gone on with; where rows of it are gone, it begins anew.
    ///
    /// # Errors
    /// [`ErrorKind::Plan`] where there are more rows than it carried.
    pub(super) async fn has_kept(&self, made: &[Standing]) -> Result<bool> {
        let tables = made.iter().filter(|it| it.is("table"));
        if tables.filter(|it| !it.is_as_made()).count() > 0 {
            return self.anew("a table was made anew since");
        }
        let load = &self.load;
        let mut carried = load.ledger.counted(load.db).await?;
        if self.following.is_some() {
            sync::add_to(load.db, &load.plan.schema, &mut carried).await?;
        }
        for table in load.plan.carried() {
            let wanted = carried.get(&table.name).map_or(0, |it| it.rows);
            let from = load.parted.rows_of(load.plan, table);
            let ask = Sql::dynamic(format!("SELECT count(*) AS rows FROM {from}"));
            let row = load.db.query_one(&Scope::system(), &ask, params! {}).await;
            let rows: i64 = row.and_then(|row| row.get("rows")).map_err(|error| {
                Error::database(&format!("the rows of {from} cannot be counted"), error)
            })?;
            let rows = rows.unsigned_abs();
            if rows > wanted {
                let message = format!(
                    "{from} has {}, and an earlier run, which has not come to its end, carried {wanted}: somebody has written \
                     to it; `--again` replaces them, and nothing was changed",
                    counted(rows, "row")
                );
                return Err(Error::new(ErrorKind::Plan, message));
            }
            if rows < wanted {
                return self.anew(&format!(
                    "{from} has {rows} of the {wanted} rows that were carried to it"
                ));
            }
        }
        Ok(true)
    }

    /// Another begin; of a file that is followed it needs other triggers.
    fn anew(&self, why: &str) -> Result<bool> {
        if self.following.is_none() {
            return Ok(false);
        }
        let message = format!(
            "an earlier run with --sync cannot be gone on with: {why}; `raptor port release` takes its triggers out of the file, and \
             another run begins anew"
        );
        Err(Error::new(ErrorKind::Plan, message))
    }
}
