//! Where an expression stands: which names it sees, and what Postgres allows there.

use super::literal::{Quote, bare, quoted};
use super::names::{NamedTable, Names};
use super::value::Value;
use super::{Said, no};
use sqlite3_parser::ast::Expr;
use std::cell::{Cell, RefCell};

/// What an expression is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// A default: no column is seen.
    Default,
    /// A check or an index: the same row must always have the same answer.
    Fixed,
    /// The same of a generated column, which sees no other of its kind.
    Generated,
    /// A view or a trigger.
    Query,
}

/// A column that is seen.
#[derive(Debug, Clone)]
pub(super) struct SeenColumn {
    pub(super) name: String,
    pub(super) value: Said<Value>,
    /// Whether `*` and names without a qualifier leave it out: the second column of a `USING`.
    pub(super) is_joined: bool,
}

/// A table that is seen, or what stands for one.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// What qualifies its columns.
    pub(super) alias: String,
    pub(super) columns: Vec<SeenColumn>,
    pub(super) rowid: Option<usize>,
    pub(super) key: Vec<usize>,
    /// Whether its columns need a qualifier: `NEW` and `OLD`.
    pub(super) is_apart: bool,
}

/// A query with a name.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) columns: Vec<(String, Value)>,
}

/// Where an expression stands.
#[derive(Debug)]
pub(super) struct Place<'p> {
    pub(super) names: &'p Names,
    pub(super) used: Use,
    pub(super) tables: Vec<Seen>,
    /// Queries of a `WITH`.
    pub(super) with: Vec<Named>,
    pub(super) outer: Option<&'p Self>,
    /// What the query answers under a name of its own.
    pub(super) outputs: Vec<(String, &'p Expr<'p>)>,
    pub(super) sees_outputs: Cell<bool>,
    /// Columns that were read outside of aggregates: table and place in it.
    pub(super) read: RefCell<Vec<(usize, usize)>>,
    pub(super) allows_aggregates: Cell<bool>,
    pub(super) is_in_aggregate: Cell<bool>,
    pub(super) has_aggregate: Cell<bool>,
    /// Whether the text has the word `OFFSET`; without it `LIMIT a, b` skips `a` rows.
    pub(super) has_offset: bool,
    /// How many limits with two numbers were printed; counted in the outermost place.
    pub(super) offsets: Cell<usize>,
    /// The table of the trigger that this stands in, in lower case.
    pub(super) trigger_of: Option<String>,
}

pub(super) fn is_rowid(name: &str) -> bool {
    ["rowid", "oid", "_rowid_"]
        .iter()
        .any(|it| name.eq_ignore_ascii_case(it))
}

impl<'p> Place<'p> {
    /// A place that stands in no query.
    pub(super) fn top(names: &'p Names, used: Use) -> Self {
        let of = names.only_table();
        Self {
            names,
            used,
            tables: of
                .map(|table| Seen::of(table, &table.name, "", used))
                .into_iter()
                .collect(),
            with: Vec::new(),
            outer: None,
            outputs: Vec::new(),
            sees_outputs: Cell::new(false),
            read: RefCell::default(),
            allows_aggregates: Cell::new(false),
            is_in_aggregate: Cell::new(false),
            has_aggregate: Cell::new(false),
            has_offset: false,
            offsets: Cell::new(0),
            trigger_of: None,
        }
    }

    /// A query inside of this place.
    pub(super) fn inner(&'p self) -> Self {
        Self {
            tables: Vec::new(),
            outer: Some(self),
            has_offset: self.has_offset,
            trigger_of: self.trigger_of.clone(),
            ..Self::top(self.names, self.used)
        }
    }

    pub(super) fn root(&self) -> &Self {
        self.outer.map_or(self, Self::root)
    }

    /// Refuses what does not give the same answer for the same row at all times.
    pub(super) fn fixed(&self, what: &str) -> Said<()> {
        match self.used {
            Use::Fixed | Use::Generated => no(format!(
                "{what} depends on more than the row, and Postgres allows no such thing there"
            )),
            Use::Default | Use::Query => Ok(()),
        }
    }

    pub(super) fn is_fixed(&self) -> bool {
        matches!(self.used, Use::Fixed | Use::Generated)
    }

    /// What a name without a qualifier means.
    pub(super) fn name(&self, written: &str) -> Said<Value> {
        let (name, quote) = bare(written);
        if let Some(value) = self.find(None, &name)? {
            return Ok(value);
        }
        match quote {
            Quote::None if name.eq_ignore_ascii_case("true") => Ok(Value::integer(1)),
            Quote::None if name.eq_ignore_ascii_case("false") => Ok(Value::integer(0)),
            // SQLite takes what names no column for a text.
            Quote::Double | Quote::Single => {
                Ok(Value::literal(super::literal::Literal::Text(name)))
            }
            _ if is_rowid(&name) => no(format!(
                "{name} is the number of the row, which no column holds"
            )),
            _ => no(format!("there is no column {name}")),
        }
    }

    /// What a name with a qualifier means.
    pub(super) fn qualified(&self, table: &str, name: &str) -> Said<Value> {
        match self.find(Some(table), name)? {
            Some(value) => Ok(value),
            None if is_rowid(name) => no(format!(
                "{table}.{name} is the number of the row, which no column holds"
            )),
            None => no(format!("there is no column {table}.{name}")),
        }
    }

    /// Whether a word is `TRUE` or `FALSE`, and no column.
    pub(super) fn constant(&self, expression: &Expr<'_>) -> Option<bool> {
        let Expr::Id(id) = expression else {
            return None;
        };
        let is = id.0.eq_ignore_ascii_case("true");
        let is_constant = is || id.0.eq_ignore_ascii_case("false");
        let is_column = || matches!(self.find(None, id.0), Ok(Some(_)) | Err(_));
        (is_constant && !is_column()).then_some(is)
    }

    fn find(&self, table: Option<&str>, name: &str) -> Said<Option<Value>> {
        let mut found = Vec::new();
        for (at, seen) in self.tables.iter().enumerate() {
            let is_meant = match table {
                Some(table) => seen.alias.eq_ignore_ascii_case(table),
                None => !seen.is_apart,
            };
            if let Some(column) = seen.column(name, table.is_none()).filter(|_| is_meant) {
                found.push((at, column));
            }
        }
        match (&found[..], table) {
            ([], _) => {}
            ([(at, column)], _) => {
                if !self.is_in_aggregate.get() {
                    self.read.borrow_mut().push((*at, *column));
                }
                return self.tables[*at].columns[*column].value.clone().map(Some);
            }
            _ => return no(format!("{name} is a column of more than one table")),
        }
        if table.is_none()
            && self.sees_outputs.get()
            && let Some((_, expression)) = self
                .outputs
                .iter()
                .find(|it| it.0.eq_ignore_ascii_case(name))
        {
            self.sees_outputs.set(false);
            let value = self.value(expression);
            self.sees_outputs.set(true);
            return value.map(Some);
        }
        match self.outer {
            Some(outer) => outer.find(table, name),
            None => Ok(None),
        }
    }

    /// The query of a `WITH` that has that name.
    pub(super) fn with_of(&self, name: &str) -> Option<&Named> {
        let mut with = self.with.iter().rev();
        with.find(|it| it.name.eq_ignore_ascii_case(name))
            .or_else(|| self.outer?.with_of(name))
    }
}

impl Seen {
    /// A table whose columns are printed behind `prefix`, which has its point.
    pub(super) fn of(table: &NamedTable, alias: &str, prefix: &str, used: Use) -> Self {
        let columns = table.columns.iter().map(|column| SeenColumn {
            name: column.name.clone(),
            value: column.value(prefix, used),
            is_joined: false,
        });
        Self {
            alias: alias.to_owned(),
            columns: columns.collect(),
            rowid: table.rowid,
            key: table.key.clone(),
            is_apart: false,
        }
    }

    /// The answer of a query, under a name.
    pub(super) fn of_query(alias: &str, columns: Vec<(String, Value)>) -> Self {
        let prefix = quoted(alias);
        let columns = columns.into_iter().map(|(name, value)| SeenColumn {
            value: Ok(Value {
                sql: format!("{prefix}.{}", quoted(&name)),
                literal: None,
                moment: None,
                column: Some(name.clone()),
                ..value
            }),
            name,
            is_joined: false,
        });
        Self {
            alias: alias.to_owned(),
            columns: columns.collect(),
            ..Self::default()
        }
    }

    /// Refuses columns that have no value yet.
    pub(super) fn refuse(&mut self, is_meant: impl Fn(usize) -> bool, why: &str) {
        for (at, column) in self.columns.iter_mut().enumerate() {
            if is_meant(at) {
                column.value = no(format!("{} {why}", column.name));
            }
        }
    }

    /// All columns may be NULL: no row was found for them.
    pub(super) fn make_nullable(&mut self) {
        for column in &mut self.columns {
            if let Ok(value) = &mut column.value {
                value.is_nullable = true;
            }
        }
    }

    fn column(&self, name: &str, is_bare: bool) -> Option<usize> {
        let is_it =
            |it: &SeenColumn| it.name.eq_ignore_ascii_case(name) && !(is_bare && it.is_joined);
        let found = self.columns.iter().position(is_it);
        found.or_else(|| self.rowid.filter(|_| is_rowid(name)))
    }
}
