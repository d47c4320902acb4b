//! What a trigger writes into tables.

use crate::kind::Conversion;
use crate::translate::literal::{name, quoted};
use crate::translate::names::{NamedColumn, NamedTable};
use crate::translate::place::{Place, Seen};
use crate::translate::select::Wanted;
use crate::translate::{Said, bare_of, fit, no};
use sqlite3_parser::ast::{
    Expr, Literal as Written, OneSelect, QualifiedName, Select, Set, TriggerCmd, Upsert, UpsertDo,
};

impl Place<'_> {
    /// One statement of a trigger's body.
    pub(super) fn command(&self, command: &TriggerCmd<'_>, is_before: bool) -> Said<Vec<String>> {
        let line = match command {
            TriggerCmd::Select(select) => return self.refusal(select, is_before),
            TriggerCmd::Update {
                or_conflict: None,
                tbl_name,
                sets,
                from,
                where_clause,
            } => {
                if from.as_ref().is_some_and(|it| it.select.is_some()) {
                    return no("UPDATE with FROM has no counterpart");
                }
                let table = self.target(tbl_name, is_before)?;
                let place = self.on(table, &table.to);
                let sets = place.sets(table, sets)?;
                let condition = place.where_of(where_clause.as_ref())?;
                let to = quoted(&table.to);
                format!("UPDATE {to} SET {sets}{condition};")
            }
            TriggerCmd::Delete {
                tbl_name,
                where_clause,
            } => {
                let table = self.target(tbl_name, is_before)?;
                let place = self.on(table, &table.to);
                let condition = place.where_of(where_clause.as_ref())?;
                format!("DELETE FROM {}{condition};", quoted(&table.to))
            }
            TriggerCmd::Insert {
                or_conflict: None,
                tbl_name,
                col_names,
                select,
                upsert,
            } => {
                let table = self.target(tbl_name, is_before)?;
                let columns = match col_names {
                    Some(names) => named(table, names.iter().map(|it| name(it.0)))?,
                    None => table.columns.iter().filter(|it| !it.is_generated).collect(),
                };
                self.insert(table, columns, select, *upsert)?
            }
            TriggerCmd::Update { .. } | TriggerCmd::Insert { .. } => {
                return no(
                    "OR REPLACE, OR IGNORE and the like have no counterpart that does the same",
                );
            }
        };
        Ok(vec![line])
    }

    /// The table that is written to.
    fn target(&self, written: &QualifiedName<'_>, is_before: bool) -> Said<&NamedTable> {
        let called = name(written.name.0);
        if written.alias.is_some() {
            return no("a statement gives another name to the table that it writes to");
        }
        if is_before && self.trigger_of.as_deref() == Some(called.to_lowercase().as_str()) {
            return no("a BEFORE trigger writes to its own table, where SQLite promises nothing");
        }
        match self.names.table_of(&called)? {
            Some(table) => Ok(table),
            None => no(format!(
                "there is no table {called} on Postgres to write to"
            )),
        }
    }

    /// Inside a statement that writes to the table, which Postgres knows by the name `to`.
    fn on<'s>(&'s self, table: &NamedTable, to: &str) -> Place<'s> {
        let prefix = format!("{}.", quoted(to));
        let mut place = self.inner();
        place.tables = vec![Seen::of(table, &table.name, &prefix, self.used)];
        place
    }

    fn where_of(&self, condition: Option<&Expr<'_>>) -> Said<String> {
        match condition {
            Some(condition) => Ok(format!(" WHERE {}", self.truth(condition)?)),
            None => Ok(String::new()),
        }
    }

    fn sets(&self, table: &NamedTable, sets: &[Set<'_>]) -> Said<String> {
        let mut printed = Vec::with_capacity(sets.len());
        for set in sets {
            let [written] = &set.col_names[..] else {
                return no("several columns are set at once");
            };
            let columns = named(table, std::iter::once(name(written.0)))?;
            let column = columns[0];
            let value = self.value(&set.expr)?;
            let value = fit::fit(&value, column.conversion)?;
            printed.push(format!("{} = {value}", quoted(&column.to)));
        }
        Ok(printed.join(", "))
    }

    fn insert(
        &self,
        table: &NamedTable,
        columns: Vec<&NamedColumn>,
        select: &Select<'_>,
        upsert: Option<&Upsert<'_>>,
    ) -> Said<String> {
        let to = quoted(&table.to);
        let of_key = |column: &NamedColumn| {
            table
                .rowid
                .is_some_and(|at| table.columns[at].name == column.name)
        };
        let mut columns = columns;
        let targets: Vec<Conversion> = columns.iter().map(|it| it.conversion).collect();
        let simple = match (&select.with, &select.body.select, &select.body.compounds) {
            (None, OneSelect::Values(rows), None) if rows.len() == 1 => rows.first(),
            _ => None,
        };
        let source = match simple {
            Some(row) if row.len() == columns.len() => {
                let mut kept = Vec::with_capacity(columns.len());
                let mut printed = Vec::with_capacity(columns.len());
                for (column, expression) in columns.iter().zip(row.iter()) {
                    let is_null = matches!(bare_of(expression), Expr::Literal(Written::Null));
                    // NULL asks for the next number.
                    if is_null && of_key(column) {
                        continue;
                    }
                    printed.push(fit::fit(&self.value(expression)?, column.conversion)?);
                    kept.push(*column);
                }
                columns = kept;
                format!("VALUES ({})", printed.join(", "))
            }
            _ => {
                let wanted = Wanted {
                    targets: Some(&targets),
                    ..Wanted::default()
                };
                if select.body.compounds.is_some() {
                    return no("joined queries are inserted");
                }
                let query = self.query(select, wanted)?;
                if !query.columns.is_empty() && query.columns.len() != columns.len() {
                    return no("a query has another number of columns than are inserted");
                }
                query.sql
            }
        };
        let conflict = match upsert {
            Some(upsert) => self.conflict(table, upsert)?,
            None => String::new(),
        };
        let columns: Vec<String> = columns.iter().map(|it| quoted(&it.to)).collect();
        Ok(format!(
            "INSERT INTO {to} ({}) {source}{conflict};",
            columns.join(", ")
        ))
    }

    /// `ON CONFLICT …`.
    fn conflict(&self, table: &NamedTable, upsert: &Upsert<'_>) -> Said<String> {
        if upsert.next.is_some() {
            return no("more than one ON CONFLICT has no counterpart");
        }
        let target = match &upsert.index {
            None => String::new(),
            Some(index) if index.where_clause.is_some() => {
                return no("ON CONFLICT over some of the rows has no counterpart");
            }
            Some(index) => {
                let names = index.targets.iter().map(|it| match bare_of(&it.expr) {
                    Expr::Id(id) => name(id.0),
                    other => other.to_string(),
                });
                let columns = named(table, names)?;
                let columns: Vec<String> = columns.iter().map(|it| quoted(&it.to)).collect();
                format!(" ({})", columns.join(", "))
            }
        };
        let act = match &upsert.do_clause {
            UpsertDo::Nothing => "NOTHING".to_owned(),
            UpsertDo::Set { .. } if target.is_empty() => {
                return no("ON CONFLICT DO UPDATE without columns has no counterpart");
            }
            UpsertDo::Set { sets, where_clause } => {
                let mut place = self.on(table, &table.to);
                place.tables.push(Seen {
                    is_apart: true,
                    ..Seen::of(table, "excluded", "excluded.", self.used)
                });
                let sets = place.sets(table, sets)?;
                let condition = place.where_of(where_clause.as_ref())?;
                format!("UPDATE SET {sets}{condition}")
            }
        };
        Ok(format!(" ON CONFLICT{target} DO {act}"))
    }
}

fn named(table: &NamedTable, names: impl Iterator<Item = String>) -> Said<Vec<&NamedColumn>> {
    let mut columns = Vec::new();
    for name in names {
        match table.column(&name) {
            Some(column) => columns.push(column),
            None => return no(format!("{} has no column {name}", table.name)),
        }
    }
    Ok(columns)
}
