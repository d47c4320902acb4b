//! What Directus says itself of its columns of times, in the table of its fields.

use crate::error::{Error, Result};
use crate::kind::{Conversion, Kind};
use crate::plan::{Choice, Plan};
use crate::source::Source;
use raptor_db::{Go, SnapshotReader};

/// Fields without the mark that Directus gives its points in time on SQLite.
const CLOCKS: &str = "SELECT collection, field FROM directus_fields \
    WHERE ',' || coalesce(special, '') || ',' NOT LIKE '%,cast-timestamp,%'";

/// Columns that show what a clock on a wall does: on SQLite they are declared as points in time are.
pub(crate) fn wall_clocks(reader: &SnapshotReader, source: &Source, plan: &mut Plan) -> Result<()> {
    if source.table("directus_fields").is_none() {
        return Ok(());
    }
    let read = reader.each(CLOCKS, &[], |row| {
        let (of, name) = (row.get(0), row.get(1));
        let mut tables = plan.tables.iter_mut();
        let table = tables.find(|it| of.as_str() == Some(&it.name));
        let column = table.and_then(|it| {
            let mut columns = it.columns.iter_mut();
            columns.find(|it| name.as_str() == Some(&it.name))
        });
        if let Some(column) = column {
            let own = match column.chosen {
                Choice::Own(own) if own.kind == Kind::Timestamptz => own,
                Choice::TimesWithoutZone => Conversion::plain(Kind::Timestamptz),
                _ => return Ok(Go::On),
            };
            column.chosen = Choice::Own(Conversion {
                kind: Kind::Timestamp,
                ..own
            });
            column.alternatives.retain(|it| it.kind != Kind::Timestamp);
            column.alternatives.insert(0, own);
            column
                .evidence
                .push_str("; directus_fields has it as dateTime, not as timestamp");
        }
        Ok(Go::On)
    });
    read.map_err(Error::source_file)
}
