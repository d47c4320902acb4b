//! Whether all that a run made beside the rows is there, and is what it made.

use super::Verified;
use crate::baseline::missing;
use crate::ddl::Ddl;
use crate::error::{Error, Result};
use crate::load::{Ledger, Standing};
use crate::plan::{Mode, Note, Plan};
use crate::source::Source;
use raptor_db::Db;

/// Tells what is not there of a schema that a run made: keys, checks, foreign keys, indexes, views, triggers.
pub(super) async fn look(
    db: &Db,
    source: &Source,
    plan: &Plan,
    verified: &mut Verified,
) -> Result<()> {
    if plan.mode != Mode::Create {
        return Ok(());
    }
    let mut options = raptor_migrate::Options::default();
    options.schema = Some(plan.schema.clone());
    let there = raptor_migrate::catalog(db, &options).await;
    let there = there.map_err(Error::chain)?;
    let missing = missing(&Ddl::make(source, plan), &there).into_iter();
    verified.differences.extend(missing.map(|of| Note {
        of,
        text: "is not there".to_owned(),
    }));
    let ledger = Ledger::new(&plan.schema);
    if ledger.is_there(db).await? {
        let made = ledger.made(db).await?;
        // Rows are compared wherever they are; and one that is gone is told above.
        let is_other = |it: &&Standing| !it.is("table") && !it.is_gone() && !it.is_as_made();
        let others = made.iter().filter(is_other);
        verified.differences.extend(others.map(|it| Note {
            of: it.title(),
            text: it.change(),
        }));
    }
    Ok(())
}
