//! Groups of rows, and which columns may stand beside aggregates.

use super::order;
use crate::translate::place::Place;
use crate::translate::value::Value;
use crate::translate::{Said, bare_of, no};
use sqlite3_parser::ast::{Expr, Literal as Written, ResultColumn};

/// What rows are grouped by.
#[derive(Default)]
pub(super) struct Groups {
    pub(super) printed: Vec<String>,
    pub(super) columns: Vec<(usize, usize)>,
    /// Columns that stand outside of aggregates.
    pub(super) loose: Vec<(usize, usize)>,
}

impl Place<'_> {
    pub(super) fn group(
        &self,
        keys: &[Expr<'_>],
        columns: &[ResultColumn<'_>],
        groups: &mut Groups,
    ) -> Said<()> {
        for key in keys {
            let key = match bare_of(key) {
                Expr::Literal(Written::Numeric(number)) => {
                    let at = number
                        .parse::<usize>()
                        .ok()
                        .and_then(|it| it.checked_sub(1));
                    match at.and_then(|at| columns.get(at)) {
                        Some(ResultColumn::Expr(it, _)) => it,
                        _ => return no("GROUP BY the number of a column that is not there"),
                    }
                }
                other => other,
            };
            self.read.borrow_mut().clear();
            let value = self.value(key)?;
            if let (Some(_), [only]) = (&value.column, &self.read.borrow()[..]) {
                groups.columns.push(*only);
            }
            groups.printed.push(order::group_key(&value)?);
        }
        Ok(())
    }

    /// A value, with the columns noted that it reads outside of aggregates.
    pub(super) fn watched(
        &self,
        groups: &mut Groups,
        value: impl FnOnce(&Self) -> Said<Value>,
    ) -> Said<Value> {
        self.read.borrow_mut().clear();
        let value = value(self)?;
        if !groups.printed.contains(&value.sql) {
            groups.loose.extend(self.read.borrow().iter());
        }
        Ok(value)
    }

    /// Columns beside aggregates must have one value in each group.
    pub(super) fn check(&self, groups: &Groups) -> Said<()> {
        for (table, column) in &groups.loose {
            let seen = &self.tables[*table];
            let is_grouped = |at: usize| groups.columns.contains(&(*table, at));
            let is_keyed = !seen.key.is_empty() && seen.key.iter().all(|at| is_grouped(*at));
            if !is_grouped(*column) && !is_keyed {
                return no(format!(
                    "column {} stands beside an aggregate and is not grouped by: SQLite takes it from any row",
                    seen.columns[*column].name
                ));
            }
        }
        Ok(())
    }
}
