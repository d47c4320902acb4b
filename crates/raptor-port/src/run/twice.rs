//! Rows that are two to SQLite and one to Postgres, in a unique key: `1` and `'1'`, or two ways to write the
//! same moment. The first stays, the others are rejected, and the key holds.

use super::Run;
use crate::ddl::Made;
use crate::error::{Error, Result};
use crate::load::{Carried, Event, patient};
use crate::patience::showing;
use crate::source::quoted;
use raptor_db::{Scope, SnapshotReader};
use std::collections::{BTreeMap, BTreeSet};

/// Carries the tables of unique indexes that could not be built over once more, with these indexes there
/// from the beginning, in the order of the file. A run that is killed in between goes on with it.
pub(super) async fn carry_once_more(
    run: &Run<'_>,
    indexes: &[Made],
    reader: SnapshotReader,
    on_event: &(dyn Fn(Event<'_>) + Send + Sync),
) -> Result<BTreeMap<String, Carried>> {
    let load = &run.load;
    let tables: BTreeSet<&str> = indexes.iter().map(|it| it.of.as_str()).collect();
    let (scope, tables) = (Scope::system(), &tables);
    let emptied = load.db.tx_with(&scope, patient(), |tx| async move {
        let doing = async |text: &str| {
            let done = tx.execute_raw(text).await;
            done.map_err(|error| Error::database(text, error))
        };
        doing(&run.finds()).await?;
        doing(showing!("true")).await?;
        for table in tables {
            let planned = load.plan.table(table);
            let name =
                planned.map_or_else(|| quoted(table), |it| load.parted.rows_of(load.plan, it));
            doing(&format!("TRUNCATE {name}")).await?;
            load.ledger.reopen(&tx, table).await?;
        }
        for index in indexes {
            doing(&load.ledger.making(index)).await?;
        }
        Ok::<(), Error>(())
    });
    emptied.await?;
    load.run(vec![reader], on_event).await
}
