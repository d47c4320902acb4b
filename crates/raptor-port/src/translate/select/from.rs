//! The tables that a query reads.

use crate::translate::compare::{self, Op};
use crate::translate::literal::{name, quoted};
use crate::translate::place::{Place, Seen};
use crate::translate::value::Value;
use crate::translate::{Said, no, view};
use sqlite3_parser::ast::{
    As, FromClause, JoinConstraint, JoinOperator, JoinType, QualifiedName, SelectTable,
};

impl Place<'_> {
    /// Takes the tables in, and answers what stands behind `FROM`.
    pub(in crate::translate) fn from(&mut self, from: &FromClause<'_>) -> Said<String> {
        let Some(first) = from.select else {
            return no("a query reads no table");
        };
        let mut sql = self.table(first)?;
        for join in from.joins.iter().flatten() {
            let start = self.tables.len();
            let table = self.table(&join.table)?;
            let kind = match join.operator {
                JoinOperator::Comma | JoinOperator::TypedJoin(None) => JoinType::INNER,
                JoinOperator::TypedJoin(Some(kind)) => kind,
            };
            if kind.contains(JoinType::NATURAL) {
                return no("NATURAL JOIN has no counterpart: it changes with the tables");
            }
            let (left, right) = (
                kind.contains(JoinType::LEFT),
                kind.contains(JoinType::RIGHT),
            );
            let condition = match &join.constraint {
                None => None,
                Some(JoinConstraint::On(condition)) => Some(self.truth(condition)?),
                Some(JoinConstraint::Using(_)) if right => {
                    return no("RIGHT or FULL JOIN with USING has no counterpart");
                }
                Some(JoinConstraint::Using(names)) => {
                    let same: Vec<String> = names
                        .iter()
                        .map(|it| self.using(start, &name(it.0)))
                        .collect::<Said<_>>()?;
                    Some(same.join(" AND "))
                }
            };
            for (at, seen) in self.tables.iter_mut().enumerate() {
                if at >= start && left || at < start && right {
                    seen.make_nullable();
                }
            }
            let word = match (left, right, condition.is_some()) {
                (false, false, false) => "CROSS JOIN",
                (false, false, true) => "JOIN",
                (true, false, _) => "LEFT JOIN",
                (false, true, _) => "RIGHT JOIN",
                (true, true, _) => "FULL JOIN",
            };
            sql = format!("{sql} {word} {table}");
            if word != "CROSS JOIN" {
                let condition = condition.unwrap_or_else(|| "true".to_owned());
                sql = format!("{sql} ON {condition}");
            }
        }
        Ok(sql)
    }

    fn table(&mut self, table: &SelectTable<'_>) -> Said<String> {
        match table {
            SelectTable::Table(written, alias, _) => self.named_table(written, alias.as_ref()),
            SelectTable::TableCall(written, ..) => no(format!(
                "{}(…) stands for a table and has no counterpart",
                name(written.name.0)
            )),
            SelectTable::Select(select, alias) => {
                let alias = match alias {
                    Some(alias) => name_of(alias),
                    None => format!("query{}", self.tables.len() + 1),
                };
                // What stands beside it is not seen.
                let query = self.outer.unwrap_or(self).subquery(select)?;
                let sql = format!("({}) AS {}", query.sql, quoted(&alias));
                self.tables.push(Seen::of_query(&alias, query.columns));
                Ok(sql)
            }
            SelectTable::Sub(from, None) => Ok(format!("({})", self.from(from)?)),
            SelectTable::Sub(_, Some(_)) => no("joined tables with one name have no counterpart"),
        }
    }

    fn named_table(&mut self, written: &QualifiedName<'_>, alias: Option<&As<'_>>) -> Said<String> {
        if written
            .db_name
            .as_ref()
            .is_some_and(|it| !name(it.0).eq_ignore_ascii_case("main"))
        {
            return no("it reads a table of another file");
        }
        let called = name(written.name.0);
        let alias = alias.map(name_of);
        let names = self.names;
        if let Some(with) = self.with_of(&called) {
            let alias = alias.unwrap_or_else(|| with.name.clone());
            let sql = format!("{} AS {}", quoted(&with.name), quoted(&alias));
            let seen = Seen::of_query(&alias, with.columns.clone());
            self.tables.push(seen);
            return Ok(sql);
        }
        if let Some(table) = names.table_of(&called)? {
            if self.trigger_of.as_deref() == Some(called.to_lowercase().as_str()) {
                return no(format!(
                    "a query reads {called}, the table of the trigger, which Postgres shows after all rows of the statement and SQLite after each"
                ));
            }
            let to = alias.as_ref().unwrap_or(&table.to);
            let prefix = format!("{}.", quoted(to));
            let seen = Seen::of(
                table,
                alias.as_ref().unwrap_or(&table.name),
                &prefix,
                self.used,
            );
            self.tables.push(seen);
            let sql = quoted(&table.to);
            return Ok(match alias {
                Some(alias) => format!("{sql} AS {}", quoted(&alias)),
                None => sql,
            });
        }
        if let Some(found) = names.view_of(&called) {
            let columns = view::columns(found, names)?;
            let alias = alias.unwrap_or(called);
            let sql = format!("{} AS {}", quoted(&found.to), quoted(&alias));
            self.tables.push(Seen::of_query(&alias, columns));
            return Ok(sql);
        }
        no(format!(
            "there is no table {called} on Postgres that it could read"
        ))
    }

    /// `USING (name)`: the same in a table before `start` and in the one that is joined.
    fn using(&mut self, start: usize, name: &str) -> Said<String> {
        let (left, right) = self.tables.split_at_mut(start);
        let find = |tables: &mut [Seen]| -> Option<(usize, usize)> {
            tables.iter().enumerate().find_map(|(at, seen)| {
                let is_it = |it: &crate::translate::place::SeenColumn| {
                    it.name.eq_ignore_ascii_case(name) && !it.is_joined
                };
                Some((at, seen.columns.iter().position(is_it)?))
            })
        };
        let (Some(one), Some(two)) = (find(left), find(right)) else {
            return no(format!(
                "there is no column {name} on both sides of a USING"
            ));
        };
        let other = &mut right[two.0].columns[two.1];
        other.is_joined = true;
        let other: Value = other.value.clone()?;
        let value = left[one.0].columns[one.1].value.clone()?;
        Ok(compare::compare(&value, Op::Eq, &other)?.sql)
    }
}

fn name_of(alias: &As<'_>) -> String {
    match alias {
        As::As(written) | As::Elided(written) => name(written.0),
    }
}
