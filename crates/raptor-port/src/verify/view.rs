//! Views answer the same on both sides: how many rows, the sum of each column's hashes, and the sum of the
//! rows' own. Numbers with a fraction are compared by their sum, as both sides add them up in another order.

use super::Verified;
use crate::cell::{Hasher, Value, hash_sql, read};
use crate::digest::{self, Sum};
use crate::error::{Error, Result};
use crate::existing::{Target, TargetTable};
use crate::kind::{Conversion, Kind};
use crate::plan::{Choice, ColumnPlan, Note, Plan, TablePlan};
use crate::source::{Source, View, quoted};
use crate::words::counted;
use raptor_db::{Db, Go, RawValue, Row, Scope, SnapshotReader, Sql, params};
use std::collections::BTreeSet;

/// How far apart two sums may be, as a share of what was added up.
const APART: f64 = 1e-9;

/// Compares the views that both sides have.
pub(super) async fn compare(
    reader: &SnapshotReader,
    source: &Source,
    plan: &Plan,
    db: &Db,
    rejected: &BTreeSet<String>,
    verified: &mut Verified,
) -> Result<()> {
    if source.views.is_empty() {
        return Ok(());
    }
    let target = Target::views(db, &plan.schema).await?;
    for view in &source.views {
        let Some(there) = target.table(&view.name) else {
            continue;
        };
        let of = format!("view {}", view.name);
        if view.columns.len() != there.columns.len() {
            let text = format!(
                "has {} columns in the file, {} on Postgres",
                view.columns.len(),
                there.columns.len()
            );
            verified.differences.push(Note { of, text });
            continue;
        }
        let both = Both::new(view, there, plan);
        let Some(text) = both.compare(reader, db).await? else {
            continue;
        };
        if let Some(why) = plan.views.get(&view.name) {
            let text = format!("{text}, as the plan has it: {why}");
            verified.notes.push(Note { of, text });
            continue;
        }
        match reads_less(view, source, plan, rejected) {
            false => verified.differences.push(Note { of, text }),
            true => {
                let text =
                    format!("{text}: rows, columns or cells of its tables did not come along");
                verified.notes.push(Note { of, text });
            }
        }
    }
    Ok(())
}

/// Whether a view reads a table of which something did not come along, as the plan has it.
fn reads_less(view: &View, source: &Source, plan: &Plan, rejected: &BTreeSet<String>) -> bool {
    let is_less = |table: &&TablePlan| {
        let skips = |it: &ColumnPlan| it.chosen == Choice::Skip;
        table.skip.is_some() || table.columns.iter().any(skips) || rejected.contains(&table.name)
    };
    let mut less: BTreeSet<String> = BTreeSet::new();
    less.extend(
        plan.tables
            .iter()
            .filter(is_less)
            .map(|it| it.name.to_lowercase()),
    );
    // Views that read such a view read less, too.
    for _ in 0..source.views.len() {
        let reads = |it: &&View| words(&it.text).any(|word| less.contains(&word));
        let more: Vec<String> = source
            .views
            .iter()
            .filter(reads)
            .map(|it| it.name.to_lowercase())
            .collect();
        less.extend(more);
    }
    words(&view.text).any(|word| less.contains(&word))
}

/// The names in a statement, and whatever else looks like one.
fn words(text: &str) -> impl Iterator<Item = String> {
    let quoted = text
        .split(['"', '`', '[', ']', '\''])
        .map(str::to_lowercase);
    let is_sign = |sign: char| !(sign.is_alphanumeric() || sign == '_' || sign == '$');
    let bare = text.split(is_sign).map(str::to_lowercase);
    quoted.chain(bare)
}

/// A view on both sides.
struct Both<'v> {
    view: &'v View,
    /// Its name on Postgres.
    to: String,
    columns: Vec<Column>,
}

struct Column {
    to: String,
    conversion: Conversion,
    way: Way,
}

/// How a column is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Hash,
    /// By the sum of its numbers.
    Sum,
    /// By how many are NULL: a cell cannot be read as the type there.
    Count,
}

/// What a view answers.
#[derive(Debug, Default)]
struct Answer {
    rows: u64,
    /// The sum of the rows' hashes.
    whole: Sum,
    columns: Vec<Cells>,
}

/// What a column of it has.
#[derive(Debug, Clone, Copy, Default)]
struct Cells {
    values: u64,
    hashes: Sum,
    sum: f64,
    /// The sum of the numbers without their signs.
    size: f64,
}

impl<'v> Both<'v> {
    fn new(view: &'v View, there: &TargetTable, plan: &Plan) -> Self {
        let column = |it: &crate::existing::TargetColumn| Column {
            to: it.name.clone(),
            conversion: Conversion {
                zone: plan.answers.zone,
                ..Conversion::plain(it.kind)
            },
            way: match it.kind {
                Kind::Double | Kind::Numeric(_) => Way::Sum,
                // What came over may have been rounded.
                Kind::Real => Way::Count,
                Kind::Cast => Way::Count,
                _ => Way::Hash,
            },
        };
        Self {
            view,
            to: format!("{}.{}", quoted(&plan.schema), quoted(&there.name)),
            columns: there.columns.iter().map(column).collect(),
        }
    }

    /// What is not the same.
    async fn compare(mut self, reader: &SnapshotReader, db: &Db) -> Result<Option<String>> {
        let ours = loop {
            match self.ours(reader)? {
                Ok(answer) => break answer,
                // What type it has in the file depends on the row.
                Err(column) => self.columns[column].way = Way::Count,
            }
        };
        let theirs = self.theirs(db).await?;
        if ours.rows != theirs.rows {
            let text = format!(
                "returns {} in the file, {} on Postgres",
                counted(ours.rows, "row"),
                theirs.rows
            );
            return Ok(Some(text));
        }
        let pairs = ours.columns.iter().zip(&theirs.columns);
        let differs = pairs
            .zip(&self.columns)
            .position(|((one, other), column)| !one.is(other, column.way));
        Ok(match differs {
            Some(at) => Some(format!(
                "returns other values in its column {}",
                self.view.columns[at]
            )),
            None if ours.whole != theirs.whole => {
                Some("returns the same values in other rows".to_owned())
            }
            None => None,
        })
    }

    /// What the file answers, or the column that cannot be compared so.
    fn ours(&self, reader: &SnapshotReader) -> Result<std::result::Result<Answer, usize>> {
        let mut answer = Answer {
            columns: vec![Cells::default(); self.columns.len()],
            ..Answer::default()
        };
        let mut hasher = Hasher::default();
        let mut unread = None;
        let query = format!("SELECT * FROM {}", quoted(&self.view.name));
        let done = reader.each(&query, &[], |row| {
            let mut whole = 0;
            for (at, column) in self.columns.iter().enumerate() {
                let cells = &mut answer.columns[at];
                match column.hash(row.get(at), at, cells, &mut hasher) {
                    Some(hash) => whole ^= hash,
                    None => {
                        unread = Some(at);
                        return Ok(Go::Enough);
                    }
                }
            }
            answer.rows += 1;
            answer.whole.add(digest::integer(whole.cast_signed(), 0));
            Ok(Go::On)
        });
        done.map_err(Error::source_file)?;
        Ok(unread.map_or(Ok(answer), Err))
    }

    /// What Postgres answers.
    async fn theirs(&self, db: &Db) -> Result<Answer> {
        let cannot = |error| Error::database(&format!("{} cannot be compared", self.to), error);
        let ask = Sql::dynamic(self.query());
        let row = db.query_one(&Scope::system(), &ask, params! {}).await;
        row.and_then(|row| self.answer(&row)).map_err(cannot)
    }

    fn query(&self) -> String {
        let mut sums = vec!["count(*) AS rows".to_owned()];
        let (mut cells, mut hashes) = (Vec::new(), Vec::new());
        for (
            at,
            Column {
                to,
                conversion,
                way,
            },
        ) in self.columns.iter().enumerate()
        {
            let name = quoted(to);
            cells.push(format!("{name} IS NOT NULL AS n{at}"));
            sums.push(format!("count(*) FILTER (WHERE n{at}) AS n{at}"));
            match way {
                Way::Hash => {
                    let hash = hash_sql(&name, conversion.kind, &at.to_string());
                    cells.push(format!("{hash} AS h{at}"));
                    sums.push(format!("coalesce(sum(h{at}), 0)::text AS h{at}"));
                    hashes.push(format!("coalesce(h{at}, 0)"));
                }
                Way::Sum => {
                    cells.push(format!("{name}::double precision AS f{at}"));
                    sums.push(format!(
                        "coalesce(sum(f{at}), 0)::double precision AS f{at}"
                    ));
                    sums.push(format!(
                        "coalesce(sum(abs(f{at})), 0)::double precision AS g{at}"
                    ));
                }
                Way::Count => {}
            }
        }
        let whole = match hashes.is_empty() {
            true => "0::bigint".to_owned(),
            false => hashes.join(" # "),
        };
        format!(
            "SELECT {}, coalesce(sum(hashint8extended({whole}, 0)), 0)::text AS whole \
             FROM (SELECT {} FROM {} OFFSET 0) AS raptor_cells",
            sums.join(", "),
            cells.join(", "),
            self.to
        )
    }

    fn answer(&self, row: &Row) -> raptor_db::Result<Answer> {
        let count = |name: &str| row.get::<i64>(name).map(i64::unsigned_abs);
        let sum = |name: &str| -> raptor_db::Result<Sum> {
            let sum: String = row.get(name)?;
            Sum::try_from(sum).map_err(|error| {
                raptor_db::Error::new(raptor_db::ErrorKind::Type, error.to_string())
            })
        };
        let cells = |(at, column): (usize, &Column)| -> raptor_db::Result<Cells> {
            let mut cells = Cells {
                values: count(&format!("n{at}"))?,
                ..Cells::default()
            };
            match column.way {
                Way::Hash => cells.hashes = sum(&format!("h{at}"))?,
                Way::Sum => {
                    cells.sum = row.get(format!("f{at}").as_str())?;
                    cells.size = row.get(format!("g{at}").as_str())?;
                }
                Way::Count => {}
            }
            Ok(cells)
        };
        Ok(Answer {
            rows: count("rows")?,
            whole: sum("whole")?,
            columns: self
                .columns
                .iter()
                .enumerate()
                .map(cells)
                .collect::<raptor_db::Result<_>>()?,
        })
    }
}

impl Column {
    /// Adds a cell, and answers its share of the row's hash; `None` where it cannot be compared so.
    fn hash(
        &self,
        cell: RawValue<'_>,
        at: usize,
        cells: &mut Cells,
        hasher: &mut Hasher,
    ) -> Option<u64> {
        if cell == RawValue::Null {
            return Some(0);
        }
        cells.values += 1;
        match self.way {
            Way::Count => Some(0),
            Way::Sum => {
                let Ok(Value::Double(value)) = read(cell, Conversion::plain(Kind::Double)) else {
                    return None;
                };
                cells.sum += value;
                cells.size += value.abs();
                Some(0)
            }
            Way::Hash => {
                let value = read(cell, self.conversion).ok()?;
                let seed = u64::try_from(at).unwrap_or_default();
                let hash = hasher.of(&value, self.conversion.kind, seed)?;
                cells.hashes.add(hash);
                Some(hash)
            }
        }
    }
}

impl Cells {
    fn is(&self, other: &Self, way: Way) -> bool {
        let is_close = (self.sum - other.sum).abs() <= APART * self.size.max(other.size);
        let is_same = self.sum == other.sum || self.sum.is_nan() && other.sum.is_nan();
        self.values == other.values
            && match way {
                Way::Hash => self.hashes == other.hashes,
                Way::Sum => is_close || is_same,
                Way::Count => true,
            }
    }
}
