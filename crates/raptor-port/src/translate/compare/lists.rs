//! `IN`, `EXISTS`, and queries that stand for a value.

use super::{Compared, Op, compared};
use crate::translate::place::Place;
use crate::translate::value::{Size, Type, Value};
use crate::translate::{Said, no};
use sqlite3_parser::ast::{Expr, Select};

impl Place<'_> {
    pub(in crate::translate) fn in_list(
        &self,
        left: &Expr<'_>,
        not: bool,
        list: &[Expr<'_>],
    ) -> Said<Value> {
        let left = self.value(left)?;
        if list.is_empty() {
            return Ok(Value::truth(not.to_string(), &[]));
        }
        let mut pairs = Vec::with_capacity(list.len());
        let mut nullable = left.is_nullable;
        for item in list {
            // The right side lends nothing to the comparison.
            let item = Value {
                affinity: None,
                collation: None,
                ..self.value(item)?
            };
            nullable |= item.is_nullable;
            pairs.push(if item.is_null() {
                None
            } else {
                Some(compared(&left, Op::Eq, &item)?)
            });
        }
        let mut side = None;
        let mut items = Vec::with_capacity(pairs.len());
        for pair in &pairs {
            match pair {
                None => items.push("NULL".to_owned()),
                Some(Compared::Pair(it, Op::Eq, item)) if side.is_none_or(|side| side == it) => {
                    side = Some(it);
                    items.push(item.clone());
                }
                Some(_) => items.clear(),
            }
        }
        let word = if not { "NOT IN" } else { "IN" };
        let sql = match side {
            Some(side) if items.len() == pairs.len() => {
                format!("({side} {word} ({}))", items.join(", "))
            }
            _ => {
                let one = |pair: &Option<Compared>| match pair {
                    None => "NULL::boolean".to_owned(),
                    Some(Compared::Whole(sql)) => sql.clone(),
                    Some(Compared::Pair(left, op, right)) => {
                        format!("{left} {} {right}", op.sql())
                    }
                };
                let all: Vec<String> = pairs.iter().map(one).collect();
                let all = format!("({})", all.join(" OR "));
                if not { format!("(NOT {all})") } else { all }
            }
        };
        Ok(Value {
            is_nullable: nullable,
            ..Value::truth(sql, &[])
        })
    }

    pub(in crate::translate) fn in_select(
        &self,
        left: &Expr<'_>,
        not: bool,
        select: &Select<'_>,
    ) -> Said<Value> {
        let left = self.value(left)?;
        let query = self.operand_query(select)?;
        let [(_, column)] = &query.columns[..] else {
            return no("IN is asked of a query with more than one column");
        };
        let right = Value {
            collation: None,
            ..column.clone()
        };
        match compared(&left, Op::Eq, &right)? {
            Compared::Pair(left, Op::Eq, it) if it == right.sql => {
                let word = if not { "NOT IN" } else { "IN" };
                let sql = format!("({left} {word} ({}))", query.sql);
                Ok(Value::new(sql, Type::Truth).sized(Size::ZeroOrOne))
            }
            _ => no(format!(
                "{} is looked for in a query whose values have another type on Postgres, or compare otherwise",
                left.said()
            )),
        }
    }

    pub(in crate::translate) fn exists(&self, select: &Select<'_>) -> Said<Value> {
        let query = self.operand_query(select)?;
        Ok(Value::truth(format!("(EXISTS ({}))", query.sql), &[]))
    }

    /// A query as one value.
    pub(in crate::translate) fn one_of(&self, select: &Select<'_>) -> Said<Value> {
        let query = self.operand_query(select)?;
        let [(_, column)] = &query.columns[..] else {
            return no("a query stands for a value and has more than one column");
        };
        Ok(Value {
            sql: format!("({})", query.sql),
            is_nullable: true,
            literal: None,
            moment: None,
            column: None,
            ..column.clone()
        })
    }
}
