//! One `SELECT`, or the `VALUES` of an `INSERT`.

use super::group::Groups;
use super::{Query, Wanted, answered, order};
use crate::translate::literal::{name, quoted};
use crate::translate::place::Place;
use crate::translate::value::Value;
use crate::translate::walk::truth_of;
use crate::translate::{Said, bare_of, fit, no};
use sqlite3_parser::ast::{
    As, Distinctness, Expr, Limit, Literal as Written, OneSelect, ResultColumn, SortedColumn,
};

/// One column of the answer.
struct Output {
    name: String,
    value: Value,
    printed: String,
}

impl Output {
    fn listed(&self, is_nameless: bool) -> String {
        if is_nameless {
            return self.printed.clone();
        }
        format!("{} AS {}", self.printed, quoted(&self.name))
    }
}

impl Place<'_> {
    pub(super) fn one(
        &self,
        select: &OneSelect<'_>,
        order: &[SortedColumn<'_>],
        limit: Option<&Limit<'_>>,
        wanted: Wanted<'_>,
    ) -> Said<Query> {
        let OneSelect::Select {
            distinctness,
            columns,
            from,
            where_clause,
            group_by,
            having,
            window_clause,
        } = select
        else {
            return self.rows(select, wanted);
        };
        if window_clause.is_some() {
            return no("a window with a name has no counterpart");
        }
        let mut place = self.inner();
        let mut sql = String::new();
        if let Some(from) = from.as_ref().filter(|it| it.select.is_some()) {
            sql = format!(" FROM {}", place.from(from)?);
        }
        place.outputs = columns.iter().filter_map(alias).collect();
        place.sees_outputs.set(true);
        if let Some(condition) = where_clause {
            sql = format!("{sql} WHERE {}", place.truth(condition)?);
        }
        let mut groups = Groups::default();
        if let Some(keys) = group_by {
            place.group(keys, columns, &mut groups)?;
            sql = format!("{sql} GROUP BY {}", groups.printed.join(", "));
        }
        place.allows_aggregates.set(true);
        let outputs = place.outputs_of(columns, wanted, &mut groups)?;
        if let Some(condition) = having {
            let condition = place.watched(&mut groups, |place| place.value(condition))?;
            sql = format!("{sql} HAVING {}", truth_of(&condition)?);
        }
        let is_distinct = *distinctness == Some(Distinctness::Distinct);
        // Distinct rows are ordered from outside.
        let inside = if is_distinct { &[] } else { order };
        let terms = place.terms(inside, &outputs, &mut groups)?;
        if group_by.is_some() || place.has_aggregate.get() {
            place.check(&groups)?;
        }
        let is_nameless = wanted.targets.is_some() || wanted.is_nameless && order.is_empty();
        let list: Vec<String> = outputs.iter().map(|it| it.listed(is_nameless)).collect();
        let distinct = if is_distinct { "DISTINCT " } else { "" };
        let mut query = Query {
            sql: format!("SELECT {distinct}{}{sql}", list.join(", ")),
            columns: outputs.into_iter().map(|it| (it.name, it.value)).collect(),
        };
        if is_distinct {
            for (_, value) in &query.columns {
                order::group_key(value)?;
            }
            query.sql = place.ordered_outside(&query, order)?;
        }
        if !terms.is_empty() {
            query.sql = format!("{} ORDER BY {}", query.sql, terms.join(", "));
        }
        query.sql = format!("{}{}", query.sql, place.limit(limit)?);
        Ok(query)
    }

    /// `VALUES (…), (…)` on their way into columns.
    fn rows(&self, select: &OneSelect<'_>, wanted: Wanted<'_>) -> Said<Query> {
        let (OneSelect::Values(rows), Some(targets)) = (select, wanted.targets) else {
            return no("VALUES that stand for a query have no counterpart");
        };
        let mut printed = Vec::with_capacity(rows.len());
        for row in rows {
            if row.len() != targets.len() {
                return no("a row has another number of values than there are columns");
            }
            let pairs = row.iter().zip(targets);
            let values: Vec<String> = pairs
                .map(|(it, to)| fit::fit(&self.value(it)?, *to))
                .collect::<Said<_>>()?;
            printed.push(format!("({})", values.join(", ")));
        }
        Ok(Query {
            sql: format!("VALUES {}", printed.join(", ")),
            columns: Vec::new(),
        })
    }

    fn outputs_of(
        &self,
        columns: &[ResultColumn<'_>],
        wanted: Wanted<'_>,
        groups: &mut Groups,
    ) -> Said<Vec<Output>> {
        let mut values: Vec<(Option<String>, String, Value)> = Vec::new();
        for column in columns {
            match column {
                ResultColumn::Expr(expression, alias) => {
                    self.sees_outputs.set(false);
                    let value = self.watched(groups, |place| place.value(expression))?;
                    self.sees_outputs.set(true);
                    let is_column =
                        matches!(bare_of(expression), Expr::Id(_) | Expr::Qualified(..));
                    let given = match alias {
                        Some(As::As(it) | As::Elided(it)) => Some(name(it.0)),
                        None if is_column => self.called(&value),
                        None => None,
                    };
                    values.push((given, expression.to_string(), value));
                }
                ResultColumn::Star => self.stars(None, groups, &mut values)?,
                ResultColumn::TableStar(table) => {
                    self.stars(Some(&name(table.0)), groups, &mut values)?;
                }
            }
        }
        let mut outputs: Vec<Output> = Vec::with_capacity(values.len());
        for (at, (given, text, value)) in values.into_iter().enumerate() {
            let said = wanted.names.and_then(|it| it.get(at));
            let is_taken = |name: &str| outputs.iter().any(|it: &Output| it.name == name);
            let forced = wanted.given.and_then(|it| it.get(at)).cloned();
            let mut name = forced.or(given).or(said.cloned()).unwrap_or(text);
            if is_taken(&name) {
                name = match said.filter(|it| !is_taken(it)) {
                    Some(said) => said.clone(),
                    None if wanted.targets.is_some() || wanted.is_nameless => {
                        format!("{name}:{at}")
                    }
                    None => return no(format!("two columns of the answer are called {name}")),
                };
            }
            let (printed, value) = answered(&value, at, wanted)?;
            outputs.push(Output {
                name,
                value,
                printed,
            });
        }
        Ok(outputs)
    }

    /// What a column is called on Postgres.
    fn called(&self, value: &Value) -> Option<String> {
        value.column.as_ref()?;
        let (_, last) = value.sql.strip_suffix('"')?.rsplit_once('"')?;
        // A quote in the name is written twice.
        match value.sql.contains("\"\"") {
            true => value.column.clone(),
            false => Some(last.to_owned()),
        }
    }

    fn stars(
        &self,
        table: Option<&str>,
        groups: &mut Groups,
        values: &mut Vec<(Option<String>, String, Value)>,
    ) -> Said<()> {
        let before = values.len();
        for (at, seen) in self.tables.iter().enumerate() {
            if table.is_some_and(|it| !seen.alias.eq_ignore_ascii_case(it)) || seen.is_apart {
                continue;
            }
            for (place, column) in seen.columns.iter().enumerate() {
                if column.is_joined && table.is_none() {
                    continue;
                }
                let value = column.value.clone()?;
                if !groups.printed.contains(&value.sql) {
                    groups.loose.push((at, place));
                }
                values.push((self.called(&value), column.name.clone(), value));
            }
        }
        if values.len() == before {
            return no("a * stands for no column");
        }
        Ok(())
    }

    fn terms(
        &self,
        order: &[SortedColumn<'_>],
        outputs: &[Output],
        groups: &mut Groups,
    ) -> Said<Vec<String>> {
        let mut terms = Vec::with_capacity(order.len());
        for sorted in order {
            let answered = match bare_of(&sorted.expr) {
                Expr::Literal(Written::Numeric(number)) => {
                    let at = number
                        .parse::<usize>()
                        .ok()
                        .and_then(|it| it.checked_sub(1));
                    match at.and_then(|at| outputs.get(at)) {
                        Some(output) => Some(&output.value),
                        None => return no("ORDER BY the number of a column that is not there"),
                    }
                }
                Expr::Id(id)
                    if self
                        .outputs
                        .iter()
                        .any(|it| it.0.eq_ignore_ascii_case(&name(id.0))) =>
                {
                    let called = name(id.0);
                    outputs
                        .iter()
                        .find(|it| it.name.eq_ignore_ascii_case(&called))
                        .map(|it| &it.value)
                }
                _ => None,
            };
            let value = match answered {
                Some(value) => value.clone(),
                None => self.watched(groups, |place| place.value(&sorted.expr))?,
            };
            if value.literal.is_none() {
                terms.push(order::term(&value, sorted.order, sorted.nulls)?);
            }
        }
        Ok(terms)
    }
}

fn alias<'e, 'a>(column: &'e ResultColumn<'a>) -> Option<(String, &'e Expr<'a>)> {
    match column {
        ResultColumn::Expr(expression, Some(As::As(it) | As::Elided(it))) => {
            Some((name(it.0), expression))
        }
        _ => None,
    }
}
