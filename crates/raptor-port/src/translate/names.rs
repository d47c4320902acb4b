//! What names mean inside an expression: tables and columns, with what they are called and typed on
//! Postgres.

use super::literal::quoted;
use super::place::Use;
use super::value::{Collation, Value};
use super::{Said, no};
use crate::kind::{Conversion, Epoch, Kind};
use crate::plan::{Answers, Choice, Plan, TablePlan};
use crate::source::{Affinity, Source, Table};
use std::collections::BTreeMap;

/// What names mean inside an expression.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    tables: Vec<NamedTable>,
    /// Views that are there already, by their name in the file.
    views: BTreeMap<String, NamedView>,
    /// The names of views' columns, as SQLite gives them.
    view_columns: BTreeMap<String, Vec<String>>,
    /// Tables with triggers, in lower case.
    triggered: Vec<String>,
    /// The table that names without a qualifier belong to.
    pub(super) of: Option<usize>,
}

/// A table.
#[derive(Debug, Clone)]
pub(crate) struct NamedTable {
    pub(super) name: String,
    pub(super) to: String,
    /// Why it is not carried over.
    pub(super) skip: Option<String>,
    pub(super) columns: Vec<NamedColumn>,
    /// The column that `rowid` is another name of.
    pub(super) rowid: Option<usize>,
    /// The columns of the primary key.
    pub(super) key: Vec<usize>,
}

/// A column.
#[derive(Debug, Clone)]
pub(crate) struct NamedColumn {
    pub(super) name: String,
    pub(super) to: String,
    pub(super) conversion: Conversion,
    pub(super) affinity: Affinity,
    pub(super) collation: Said<Option<Collation>>,
    pub(super) is_nullable: bool,
    pub(super) is_generated: bool,
    /// Whether its texts may name zones.
    pub(super) is_zoned: bool,
}

/// A view that is there already.
#[derive(Debug, Clone)]
pub(super) struct NamedView {
    pub(super) to: String,
    pub(super) text: String,
}

impl Names {
    /// One table, whose columns need no qualifier.
    pub(crate) fn table(table: &Table, planned: &TablePlan, answers: &Answers) -> Self {
        Self {
            tables: vec![NamedTable::new(table, planned, answers)],
            of: Some(0),
            ..Self::default()
        }
    }

    /// All tables of a file.
    pub(crate) fn all(plan: &Plan, source: &Source) -> Self {
        let tables = source.tables.iter().filter_map(|table| {
            let planned = plan.table(&table.name)?;
            Some(NamedTable::new(table, planned, &plan.answers))
        });
        let columns = source.views.iter();
        let triggers = source.triggers.iter();
        Self {
            tables: tables.collect(),
            views: BTreeMap::new(),
            view_columns: columns
                .map(|it| (it.name.to_lowercase(), it.columns.clone()))
                .collect(),
            triggered: triggers.map(|it| it.table.to_lowercase()).collect(),
            of: None,
        }
    }

    /// A view that is on Postgres as `to`, so that others can read it.
    pub(crate) fn add_view(&mut self, name: &str, to: &str, text: &str) {
        let view = NamedView {
            to: to.to_owned(),
            text: text.to_owned(),
        };
        self.views.insert(name.to_lowercase(), view);
    }

    /// The table of that name, in any case; why it is of no use, where it is not carried over.
    pub(super) fn table_of(&self, name: &str) -> Said<Option<&NamedTable>> {
        let mut tables = self.tables.iter();
        match tables.find(|it| it.name.eq_ignore_ascii_case(name)) {
            Some(NamedTable {
                skip: Some(why), ..
            }) => no(format!("the table {name} is left out: {why}")),
            found => Ok(found),
        }
    }

    pub(super) fn only_table(&self) -> Option<&NamedTable> {
        self.tables.get(self.of?)
    }

    pub(super) fn view_of(&self, name: &str) -> Option<&NamedView> {
        self.views.get(&name.to_lowercase())
    }

    /// What SQLite calls the columns of a view.
    pub(super) fn columns_of_view(&self, name: &str) -> Option<&[String]> {
        let columns = self.view_columns.get(&name.to_lowercase())?;
        (!columns.is_empty()).then_some(columns)
    }

    pub(super) fn is_triggered(&self, table: &str) -> bool {
        self.triggered.contains(&table.to_lowercase())
    }
}

impl NamedTable {
    fn new(table: &Table, planned: &TablePlan, answers: &Answers) -> Self {
        let key = table.primary_key.as_ref();
        let columns = table.columns.iter().filter_map(|column| {
            let to = planned.column(&column.name)?;
            let is_alias = table.rowid_alias.as_ref() == Some(&column.name);
            let of_key = key.is_some_and(|it| it.columns.contains(&column.name));
            Some(NamedColumn {
                name: column.name.clone(),
                to: to.to.clone(),
                conversion: answers.conversion(&to.chosen),
                affinity: column.affinity,
                collation: collation(column.collation.as_deref()),
                is_nullable: !(column.not_null || is_alias || of_key && table.without_rowid),
                is_generated: column.generated.is_some(),
                is_zoned: matches!(to.chosen, Choice::Own(own) if own.kind == Kind::Timestamptz && own.epoch == Epoch::Text),
            })
        });
        let columns: Vec<NamedColumn> = columns.collect();
        let place = |name: &String| columns.iter().position(|it| it.name == *name);
        Self {
            name: table.name.clone(),
            to: planned.to.clone(),
            skip: planned.skip.clone(),
            rowid: table.rowid_alias.as_ref().and_then(place),
            key: key.map_or_else(Vec::new, |key| {
                key.columns.iter().filter_map(place).collect()
            }),
            columns,
        }
    }

    pub(super) fn column(&self, name: &str) -> Option<&NamedColumn> {
        let mut columns = self.columns.iter();
        columns
            .find(|it| it.name.eq_ignore_ascii_case(name))
            .or_else(|| {
                let is_rowid = super::place::is_rowid(name);
                self.rowid.filter(|_| is_rowid).map(|at| &self.columns[at])
            })
    }
}

impl NamedColumn {
    /// The column behind `prefix`, which has its point.
    pub(super) fn value(&self, prefix: &str, used: Use) -> Said<Value> {
        if self.is_generated && used == Use::Generated {
            return no(format!(
                "column {} is generated itself, and Postgres lets no generated column read another",
                self.name
            ));
        }
        let sql = format!("{prefix}{}", quoted(&self.to));
        let value = Value::column(sql, &self.name, self.conversion, self.affinity);
        Ok(Value {
            collation: self.collation.clone()?,
            is_nullable: self.is_nullable,
            is_zoned: self.is_zoned,
            ..value
        })
    }
}

/// The collation of that name.
pub(super) fn collation(name: Option<&str>) -> Said<Option<Collation>> {
    let Some(name) = name else { return Ok(None) };
    match name.to_ascii_lowercase().as_str() {
        "binary" => Ok(Some(Collation::Binary)),
        "nocase" => Ok(Some(Collation::Nocase)),
        "rtrim" => Ok(Some(Collation::Rtrim)),
        _ => no(format!(
            "the collation {name} is the application's own, and nothing says how it compares"
        )),
    }
}
