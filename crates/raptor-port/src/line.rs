//! One row on its way: which columns are read, where it stands, and what is wrong with it.

use crate::cell::{Reason, Value, is_twice, read, rounded};
use crate::ddl::column::computed;
use crate::kind::{Conversion, Kind};
use crate::orphans::{self, Pointing};
use crate::plan::{Answers, Choice, KeyPlan, Mode, Nul, Orphans, TablePlan, conversions};
use crate::source::{Source, Table, TableKind, quoted};
use raptor_db::{RawRow, RawValue};
use std::borrow::Cow;

/// How the rows of a table are read.
pub(crate) struct Line {
    table: String,
    /// The columns that are carried, in order; computed ones are not.
    pub(crate) columns: Vec<Carried>,
    /// The primary key's columns.
    pub(crate) key: Vec<String>,
    /// What tells rows apart in the file: `rowid`, or the primary key's columns.
    pub(crate) place: Vec<String>,
    strips: bool,
    /// The foreign keys that are looked at, and what becomes of rows that point at none.
    pointing: Vec<Pointing>,
    orphans: Orphans,
}

/// A column that is carried over.
pub(crate) struct Carried {
    pub(crate) name: String,
    pub(crate) to: String,
    pub(crate) conversion: Conversion,
    /// Where it stands in the plan.
    pub(crate) at: usize,
    /// Whether Postgres takes no NULL in it.
    pub(crate) is_needed: bool,
}

/// A cell that is no value of its type.
pub(crate) struct Flaw {
    /// The column, where it stands in the plan.
    pub(crate) column: usize,
    pub(crate) reason: Reason,
}

impl Line {
    pub(crate) fn new(
        source: &Source,
        table: &Table,
        planned: &TablePlan,
        (mode, answers): (Mode, &Answers),
    ) -> Self {
        let conversions = conversions(planned, answers);
        let key = match (&table.primary_key, planned.key) {
            (Some(key), KeyPlan::Primary) => key.columns.as_slice(),
            _ => &[],
        };
        let in_key = |name: &str| key.iter().any(|it| it == name);
        let columns = table
            .columns
            .iter()
            .zip(&planned.columns)
            .zip(conversions)
            .enumerate();
        let carried = columns.filter(|(_, ((column, to), _))| {
            // What Postgres computes itself is not carried; of a schema that is there the plan says so.
            let computed = || computed(table, planned, answers, column, to);
            let is_computed = mode == Mode::Create && computed().is_some_and(|it| it.is_ok());
            !is_computed && to.chosen != Choice::Skip
        });
        let carried = carried.map(|(at, ((column, planned), conversion))| Carried {
            name: column.name.clone(),
            to: planned.to.clone(),
            conversion,
            at,
            is_needed: column.not_null || in_key(&column.name),
        });
        let place = match &table.primary_key {
            Some(key) if table.without_rowid => key.columns.clone(),
            _ => match rowid(table) {
                Some(rowid) => vec![rowid.to_owned()],
                // Nothing else tells rows apart.
                None => table.columns.iter().map(|it| it.name.clone()).collect(),
            },
        };
        let columns: Vec<Carried> = carried.collect();
        let pointing = match orphans::are_changed(answers) {
            true => Pointing::all(source, table, planned, answers),
            false => Vec::new(),
        };
        Self {
            table: table.name.clone(),
            columns,
            pointing,
            orphans: answers.orphans,
            key: key.to_vec(),
            place,
            strips: answers.nul == Nul::Strip,
        }
    }

    /// The table's name in the file.
    pub(crate) fn name(&self) -> &str {
        &self.table
    }

    /// Whether a cell is what it is by itself, and not by what it points at.
    pub(crate) fn is_plain(&self) -> bool {
        self.pointing.is_empty()
    }

    /// Whether a column of it has that type.
    pub(crate) fn has(&self, kind: Kind) -> bool {
        self.columns.iter().any(|it| it.conversion.kind == kind)
    }

    /// Carries along the row's number too, into the column `to`.
    pub(crate) fn number(&mut self, to: &str) {
        self.columns.push(Carried {
            name: self.place[0].clone(),
            to: to.to_owned(),
            conversion: Conversion::plain(Kind::Bigint),
            // No column of the plan, and never flawed.
            at: usize::MAX,
            is_needed: true,
        });
    }

    /// What tells rows apart, as SQL names it.
    pub(crate) fn place_names(&self) -> Vec<String> {
        let name = |it: &String| match it.as_str() {
            rowid if ROWIDS.contains(&rowid) => rowid.to_owned(),
            name => quoted(name),
        };
        self.place.iter().map(name).collect()
    }

    /// The query of the rows: the columns, then what tells them apart.
    pub(crate) fn query(&self, condition: &str) -> String {
        let names = self.columns.iter().map(|it| quoted(&it.name));
        let tests = self.pointing.iter().map(|it| it.test.clone());
        let all: Vec<String> = names.chain(self.place_names()).chain(tests).collect();
        format!(
            "SELECT {} FROM {}{condition}",
            all.join(", "),
            quoted(&self.table)
        )
    }

    /// Where a row stands: `rowid 5`, `(a, b) = (1, 'x')`.
    pub(crate) fn place(&self, row: &RawRow<'_>) -> String {
        self.place_at(row, self.columns.len())
    }

    /// The same where what tells rows apart begins with another column.
    pub(crate) fn place_at(&self, row: &RawRow<'_>, first: usize) -> String {
        let values: Vec<String> = (first..first + self.place.len())
            .map(|at| shown(row.get(at)))
            .collect();
        match (&self.place[..], &values[..]) {
            ([name], [value]) => format!("{name} {value}"),
            (names, values) => format!("({}) = ({})", names.join(", "), values.join(", ")),
        }
    }

    /// A carried cell as a value.
    pub(crate) fn value<'r>(
        &self,
        row: &'r RawRow<'_>,
        carried: usize,
    ) -> Result<Value<'r>, Reason> {
        let column = &self.columns[carried];
        let cell = match self.pointing.is_empty() {
            true => row.get(carried),
            false => self.pointed(row, carried)?,
        };
        let value = self.converted(cell, column.conversion)?;
        if matches!(value, Value::Null) && column.is_needed {
            return Err(match row.get(carried) {
                RawValue::Null => "it is NULL, which the key or NOT NULL does not allow".into(),
                _ => "it points at no row, and the key or NOT NULL does not allow NULL".into(),
            });
        }
        Ok(value)
    }

    /// A cell as a value of a type.
    pub(crate) fn converted<'r>(
        &self,
        cell: RawValue<'r>,
        to: Conversion,
    ) -> Result<Value<'r>, Reason> {
        match read(cell, to) {
            Err(why) if self.strips => stripped(cell, to).unwrap_or(Err(why)),
            value => value,
        }
    }

    /// A cell, unless it points at no row.
    fn pointed<'r>(&self, row: &'r RawRow<'_>, carried: usize) -> Result<RawValue<'r>, Reason> {
        let first = self.columns.len() + self.place.len();
        for (at, key) in self.pointing.iter().enumerate() {
            let is_of_key = key
                .columns
                .iter()
                .any(|it| it.eq_ignore_ascii_case(&self.columns[carried].name));
            if is_of_key && row.get(first + at) == RawValue::Integer(1) {
                return match self.orphans {
                    Orphans::Null => Ok(RawValue::Null),
                    _ => Err(format!("it points at no row of {}", key.parent).into()),
                };
            }
        }
        Ok(row.get(carried))
    }

    /// Whether a cell points at no row, and its row is to be rejected for it.
    pub(crate) fn is_orphan(&self, row: &RawRow<'_>, carried: usize) -> bool {
        !self.pointing.is_empty()
            && self.orphans == Orphans::Reject
            && self.pointed(row, carried).is_err()
    }

    /// Whether something of a cell is left out, though it comes along, and what.
    pub(crate) fn changed(
        &self,
        row: &RawRow<'_>,
        carried: usize,
        value: &Value<'_>,
    ) -> Option<Reason> {
        match (row.get(carried), value) {
            (RawValue::Text(text), Value::Text(_)) if self.strips && text.contains(&0) => {
                Some("its NULs were left out".into())
            }
            (RawValue::Null, _) => None,
            (_, Value::Double(value)) if self.columns[carried].conversion.kind == Kind::Real => {
                rounded(*value).map(|kept| format!("a real keeps {kept} of it").into())
            }
            (cell, Value::Micros(_)) if is_twice(cell, self.columns[carried].conversion) => Some(
                "the clocks of its zone showed it twice, and it was taken for the first".into(),
            ),
            (_, Value::Null) => Some("it points at no row, and became NULL".into()),
            _ => None,
        }
    }

    /// What is wrong with a row.
    pub(crate) fn flaws<'r>(&'r self, row: &'r RawRow<'_>) -> impl Iterator<Item = Flaw> + 'r {
        (0..self.columns.len()).filter_map(|carried| {
            let reason = self.value(row, carried).err()?;
            Some(Flaw {
                column: self.columns[carried].at,
                reason,
            })
        })
    }
}

/// A text without its NULs, where it is one of them that is in the way.
fn stripped<'r>(cell: RawValue<'r>, to: Conversion) -> Option<Result<Value<'r>, Reason>> {
    let RawValue::Text(text) = cell else {
        return None;
    };
    if !text.contains(&0) || !matches!(to.kind, Kind::Text | Kind::Citext | Kind::Varchar(_)) {
        return None;
    }
    let bytes: Vec<u8> = text.iter().copied().filter(|byte| *byte != 0).collect();
    let text = String::from_utf8(bytes).ok()?;
    let checked = match read(RawValue::Text(text.as_bytes()), to) {
        Ok(_) => Ok(()),
        Err(why) => Err(why),
    };
    Some(checked.map(|()| Value::Text(Cow::Owned(text))))
}

const ROWIDS: [&str; 3] = ["rowid", "_rowid_", "oid"];

/// A name of the row's number: one that no column has taken, or the column that is the number itself. A table
/// can hide it.
pub(crate) fn rowid(table: &Table) -> Option<&str> {
    if let TableKind::Virtual { .. } = table.kind {
        return Some("rowid");
    }
    let free = |name: &&str| table.column(name).is_none();
    let free = ROWIDS.into_iter().find(free);
    free.or(table.rowid_alias.as_deref())
}

/// A cell in full, as a key tells rows apart.
pub(crate) fn shown(value: RawValue<'_>) -> String {
    match value {
        RawValue::Null => "NULL".to_owned(),
        RawValue::Integer(value) => value.to_string(),
        RawValue::Real(value) => format!("{value:?}"),
        RawValue::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => format!("{text:?}"),
            Err(_) => format!("x'{}'", hex(text)),
        },
        RawValue::Blob(blob) => format!("x'{}'", hex(blob)),
    }
}

/// Bytes as digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
