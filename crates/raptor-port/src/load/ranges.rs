//! Cuts tables into ranges of row numbers that workers take one after the other, the largest tables first.

use super::{Open, Range};
use crate::error::{Error, Result};
use crate::line::rowid;
use crate::plan::Plan;
use crate::source::{Source, Table, TableKind, quoted};
use raptor_db::{Go, SnapshotReader};

/// How many rows a range has, where row numbers have no gaps.
const ROWS: i128 = 250_000;
/// Where row numbers have gaps, the rows of a range may be so many times fewer.
const UNEVEN: i128 = 16;
/// More ranges of one table than this only cost.
const MOST: i128 = 4_096;

/// The ranges of all tables that are carried over.
pub(crate) fn ranges(reader: &SnapshotReader, source: &Source, plan: &Plan) -> Result<Vec<Open>> {
    let mut tables: Vec<(&Table, u64)> = Vec::new();
    for table in &source.tables {
        if let Some(planned) = plan.table(&table.name)
            && planned.skip.is_none()
        {
            tables.push((table, planned.rows));
        }
    }
    tables.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
    let mut all = Vec::new();
    for (table, rows) in tables {
        let ranges = of_table(reader, table, rows)?;
        all.extend(ranges.into_iter().map(|range| Open {
            table: table.name.clone(),
            range,
        }));
    }
    Ok(all)
}

fn of_table(reader: &SnapshotReader, table: &Table, rows: u64) -> Result<Vec<Range>> {
    if table.without_rowid || table.kind != TableKind::Ordinary {
        return Ok(vec![Range { rowids: None }]);
    }
    let Some(rowid) = rowid(table) else {
        return Ok(vec![Range { rowids: None }]);
    };
    let rowid = quoted(rowid);
    let name = quoted(&table.name);
    // One end of the tree each; together in one query SQLite would read all of it.
    let ends =
        format!("SELECT (SELECT min({rowid}) FROM {name}), (SELECT max({rowid}) FROM {name})");
    let mut found = None;
    let read = reader.each(&ends, &[], |row| {
        found = row.get(0).as_integer().zip(row.get(1).as_integer());
        Ok(Go::On)
    });
    read.map_err(Error::source_file)?;
    Ok(found.map_or_else(Vec::new, |(first, last)| cut(first, last, rows)))
}

/// Ranges of the same width from the first row number to the last.
fn cut(first: i64, last: i64, rows: u64) -> Vec<Range> {
    let all = i128::from(last) - i128::from(first) + 1;
    let most = (i128::from(rows) * UNEVEN / ROWS).clamp(1, MOST);
    let count = (all / ROWS).clamp(1, most);
    let at = |number: i128| i128::from(first) + all * number / count;
    let narrow = |value: i128| i64::try_from(value).unwrap_or(i64::MAX);
    let range = |number| Range {
        rowids: Some((narrow(at(number)), narrow(at(number + 1) - 1))),
    };
    (0..count).map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn ranges_leave_nothing_out() {
        for (first, last) in [
            (1, 1),
            (1, 249_999),
            (1, 1_000_000),
            (-5, 5_000_003),
            (i64::MIN, i64::MAX),
        ] {
            let ranges: Vec<(i64, i64)> = cut(first, last, u64::MAX)
                .into_iter()
                .filter_map(|it| it.rowids)
                .collect();
            assert_eq!((ranges[0].0, ranges[ranges.len() - 1].1), (first, last));
            for pair in ranges.windows(2) {
                assert_eq!(pair[0].1 + 1, pair[1].0);
            }
        }
        // A few rows are not worth many ranges, however far they are from each other.
        assert_eq!(cut(i64::MIN, i64::MAX, 1_000).len(), 1);
    }
}
