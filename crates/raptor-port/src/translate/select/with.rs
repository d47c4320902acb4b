//! Queries with names: `WITH`.

use super::{Query, Wanted};
use crate::translate::literal::{name, quoted};
use crate::translate::place::{Named, Place};
use crate::translate::value::Value;
use crate::translate::{Said, no};
use sqlite3_parser::ast::{CommonTableExpr, With};

impl Place<'_> {
    /// Takes the queries in, and answers the text before the query that reads them.
    pub(super) fn with_clause(&mut self, with: &With<'_>) -> Said<String> {
        let mut printed = Vec::with_capacity(with.ctes.len());
        let mut is_recursive = false;
        for cte in with.ctes {
            let called = name(cte.tbl_name.0);
            let query = match (
                self.query(cte.select, Wanted::default()),
                cte.select.body.compounds.is_some(),
            ) {
                (Ok(query), _) => query,
                (Err(why), false) => return Err(why),
                (Err(_), true) => {
                    is_recursive = true;
                    self.recursive(cte, &called)?
                }
            };
            let columns = columns(cte, &query)?;
            let names: Vec<String> = columns.iter().map(|it| quoted(&it.0)).collect();
            printed.push(format!(
                "{} ({}) AS ({})",
                quoted(&called),
                names.join(", "),
                query.sql
            ));
            self.with.retain(|it| it.name != called);
            self.with.push(Named {
                name: called,
                columns,
            });
        }
        let word = if is_recursive {
            "WITH RECURSIVE"
        } else {
            "WITH"
        };
        Ok(format!("{word} {} ", printed.join(", ")))
    }

    /// A query that reads itself: its first part says what the columns are.
    fn recursive(&mut self, cte: &CommonTableExpr<'_>, called: &str) -> Said<Query> {
        let select = cte.select;
        if select.with.is_some() || select.order_by.is_some() || select.limit.is_some() {
            return no("a query that reads itself in an order or up to a limit has no counterpart");
        }
        let wanted = Wanted {
            is_recursive: true,
            ..Wanted::default()
        };
        let first = self.one(&select.body.select, &[], None, wanted)?;
        let columns = columns(cte, &first)?.into_iter().map(|(name, value)| {
            let value = Value {
                is_nullable: true,
                ..value
            };
            (name, value)
        });
        let columns = columns.collect();
        self.with.push(Named {
            name: called.to_owned(),
            columns,
        });
        self.compound(&select.body, wanted)
    }
}

fn columns(cte: &CommonTableExpr<'_>, query: &Query) -> Said<Vec<(String, Value)>> {
    let Some(named) = cte.columns else {
        return Ok(query.columns.clone());
    };
    if named.len() != query.columns.len() {
        return no("a query of WITH has another number of columns than names");
    }
    let pairs = named.iter().zip(&query.columns);
    Ok(pairs
        .map(|(it, (_, value))| (name(it.col_name.0), value.clone()))
        .collect())
}
