//! Indexes with a statement of their own: partial, over expressions, descending.

use super::{Ddl, Named, NewTable};
use crate::kind::Kind;
use crate::plan::{Nocase, Plan, TablePlan};
use crate::source::{Index, IndexColumn, Table, quoted};
use crate::translate::{self, Names, Untranslated};

pub(super) fn make(
    ddl: &mut Ddl,
    new: &mut NewTable,
    plan: &Plan,
    table: &Table,
    planned: &TablePlan,
    (index, name): (&Index, &str),
) {
    let of = format!("index {}", index.name);
    if let Some(why) = &index.unread {
        ddl.note(
            of,
            format!("on {} is to be written by hand: {why}", table.name),
        );
        return;
    }
    match text(plan, table, planned, index) {
        Ok(rest) => {
            let unique = if index.unique { "UNIQUE " } else { "" };
            new.indexes.push(Named {
                text: format!("CREATE {unique}INDEX {} ON {rest}", quoted(name)),
                name: name.to_owned(),
            });
        }
        Err(why) => ddl.note(
            of,
            format!("on {} is to be written by hand: {}", table.name, why.reason),
        ),
    }
}

fn text(
    plan: &Plan,
    table: &Table,
    planned: &TablePlan,
    index: &Index,
) -> Result<String, Untranslated> {
    let names = Names::table(table, planned, &plan.answers);
    let parts = index
        .columns
        .iter()
        .map(|it| part(plan, table, planned, it, &names));
    let parts = parts.collect::<Result<Vec<_>, _>>()?;
    let condition = match &index.condition {
        Some(condition) => format!(" WHERE {}", translate::condition(condition, &names)?),
        None => String::new(),
    };
    Ok(format!(
        "{} ({}){condition}",
        quoted(&planned.to),
        parts.join(", ")
    ))
}

fn part(
    plan: &Plan,
    table: &Table,
    planned: &TablePlan,
    part: &IndexColumn,
    names: &Names,
) -> Result<String, Untranslated> {
    let is_nocase = |collation: &Option<String>| {
        collation
            .as_ref()
            .is_some_and(|it| it.eq_ignore_ascii_case("nocase"))
    };
    let mut text = match (&part.column, &part.expression) {
        (Some(name), _) => {
            let at = table
                .columns
                .iter()
                .position(|it| it.name.eq_ignore_ascii_case(name));
            let of_column = at.map(|at| (&table.columns[at], &planned.columns[at]));
            let Some((column, to)) = of_column else {
                return translate::expression(name, names, None).map(|it| format!("({it})"));
            };
            let folds = is_nocase(&part.collation)
                || part.collation.is_none() && is_nocase(&column.collation);
            let is_citext = plan.conversion(to).kind == Kind::Citext;
            if folds && !is_citext && plan.answers.nocase != Nocase::Ignore {
                format!("lower({})", quoted(&to.to))
            } else {
                quoted(&to.to)
            }
        }
        (None, Some(expression)) => {
            format!("({})", translate::expression(expression, names, None)?)
        }
        (None, None) => {
            let reason = "a part of it is neither a column nor an expression".to_owned();
            return Err(Untranslated { reason });
        }
    };
    if part.descending {
        // NULLs are SQLite's smallest.
        text.push_str(" DESC NULLS LAST");
    }
    Ok(text)
}
