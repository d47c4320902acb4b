//! Queries.

mod from;
mod group;
mod one;
pub(super) mod order;
mod with;

use super::literal::{Literal, quoted};
use super::place::{Place, Use};
use super::value::{Type, Value};
use super::{Said, bare_of, fit, no};
use crate::kind::Conversion;
use sqlite3_parser::ast::{
    CompoundOperator, Expr, Limit, Literal as Written, Select, SelectBody, SortedColumn,
};

/// A query as it is to be printed.
#[derive(Debug, Clone)]
pub(super) struct Query {
    pub(super) sql: String,
    /// What it answers: names, and what is known of the values.
    pub(super) columns: Vec<(String, Value)>,
}

/// What a query is asked to be.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wanted<'w> {
    /// What SQLite calls the columns.
    pub(super) names: Option<&'w [String]>,
    /// What the columns are called whatever they are.
    pub(super) given: Option<&'w [String]>,
    /// The columns that the answer is put into.
    pub(super) targets: Option<&'w [Conversion]>,
    /// Whether nobody asks for the names of columns.
    pub(super) is_nameless: bool,
    /// Whether it is joined with others by `UNION` and the like.
    pub(super) is_part: bool,
    /// Whether it reads itself; Postgres then wants the same type everywhere.
    pub(super) is_recursive: bool,
}

impl Place<'_> {
    /// A query that another reads.
    pub(super) fn subquery(&self, select: &Select<'_>) -> Said<Query> {
        self.query(select, Wanted::default())
    }

    /// A query inside of an expression, whose columns need no names.
    pub(super) fn operand_query(&self, select: &Select<'_>) -> Said<Query> {
        if self.used != Use::Query {
            return no("a query stands where Postgres allows none");
        }
        let wanted = Wanted {
            is_nameless: true,
            ..Wanted::default()
        };
        self.query(select, wanted)
    }

    pub(super) fn query(&self, select: &Select<'_>, wanted: Wanted<'_>) -> Said<Query> {
        let mut place = self.inner();
        let with = match &select.with {
            Some(with) => place.with_clause(with)?,
            None => String::new(),
        };
        let order = select.order_by.unwrap_or_default();
        let query = match &select.body.compounds {
            None => place.one(&select.body.select, order, select.limit, wanted)?,
            Some(_) => {
                let mut query = place.compound(&select.body, wanted)?;
                if !order.is_empty() || select.limit.is_some() {
                    query.sql = place.ordered_outside(&query, order)?;
                    query.sql = format!("{}{}", query.sql, place.limit(select.limit)?);
                }
                query
            }
        };
        Ok(Query {
            sql: format!("{with}{}", query.sql),
            ..query
        })
    }

    /// `SELECT … UNION SELECT …`, from left to right.
    fn compound(&self, body: &SelectBody<'_>, wanted: Wanted<'_>) -> Said<Query> {
        let part = Wanted {
            is_part: true,
            ..wanted
        };
        let mut query = self.one(&body.select, &[], None, part)?;
        for (at, compound) in body.compounds.iter().flatten().enumerate() {
            let right = self.one(&compound.select, &[], None, part)?;
            let word = match compound.operator {
                CompoundOperator::Union => "UNION",
                CompoundOperator::UnionAll => "UNION ALL",
                CompoundOperator::Except => "EXCEPT",
                CompoundOperator::Intersect => "INTERSECT",
            };
            if query.columns.len() != right.columns.len() {
                return no("queries with another number of columns are joined");
            }
            let is_all = compound.operator == CompoundOperator::UnionAll;
            for ((_, left), (_, right)) in query.columns.iter_mut().zip(&right.columns) {
                join(left, right, is_all)?;
            }
            let left = if at == 0 {
                query.sql
            } else {
                format!("({})", query.sql)
            };
            query.sql = format!("{left} {word} {}", right.sql);
        }
        for (_, value) in &mut query.columns {
            value.affinity = None;
        }
        Ok(query)
    }

    /// Orders a query from outside, by what it answers.
    fn ordered_outside(&self, query: &Query, order: &[SortedColumn<'_>]) -> Said<String> {
        if order.is_empty() {
            return Ok(query.sql.clone());
        }
        let mut terms = Vec::with_capacity(order.len());
        for sorted in order {
            let column = match bare_of(&sorted.expr) {
                Expr::Literal(Written::Numeric(number)) => number
                    .parse::<usize>()
                    .ok()
                    .and_then(|it| query.columns.get(it.checked_sub(1)?)),
                Expr::Id(id) => {
                    let name = super::literal::name(id.0);
                    let mut columns = query.columns.iter();
                    columns.find(|it| it.0.eq_ignore_ascii_case(&name))
                }
                _ => None,
            };
            let Some((name, value)) = column else {
                return no(
                    "rows of joined or distinct queries are ordered by what is none of their columns",
                );
            };
            let value = Value {
                sql: format!("\"all\".{}", quoted(name)),
                ..value.clone()
            };
            terms.push(order::term(&value, sorted.order, sorted.nulls)?);
        }
        Ok(format!(
            "SELECT * FROM ({}) AS \"all\" ORDER BY {}",
            query.sql,
            terms.join(", ")
        ))
    }

    fn limit(&self, limit: Option<&Limit<'_>>) -> Said<String> {
        let Some(limit) = limit else {
            return Ok(String::new());
        };
        let number = |expression: &Expr<'_>| match self.value(expression)?.literal {
            Some(Literal::Integer(number)) => Ok(number),
            _ => no("LIMIT by what is no constant"),
        };
        let mut count = number(&limit.expr)?;
        let mut skip = limit.offset.as_ref().map(number).transpose()?.unwrap_or(0);
        if limit.offset.is_some() {
            let root = self.root();
            root.offsets.set(root.offsets.get() + 1);
            if !self.has_offset {
                // `LIMIT skip, count`.
                (count, skip) = (skip, count);
            }
        }
        let mut sql = String::new();
        if count >= 0 {
            sql = format!(" LIMIT {count}");
        }
        if skip > 0 {
            sql = format!("{sql} OFFSET {skip}");
        }
        Ok(sql)
    }
}

/// Joins what is known of two columns of queries that are one.
fn join(left: &mut Value, right: &Value, is_all: bool) -> Said<()> {
    if left.is_null() {
        *left = right.clone();
    } else if !right.is_null() && left.ty != right.ty {
        return no(format!(
            "{} and {} are one column of joined queries, and have no one type",
            left.said(),
            right.said()
        ));
    }
    left.is_nullable |= right.is_nullable;
    left.is_loose |= right.is_loose;
    left.is_wide |= right.is_wide;
    left.is_citext |= right.is_citext;
    left.literal = None;
    left.moment = None;
    if !is_all {
        order::group_key(left)?;
        order::group_key(right)?;
    }
    Ok(())
}

/// A column of the answer: what is printed, and what is known of it.
fn answered(value: &Value, at: usize, wanted: Wanted<'_>) -> Said<(String, Value)> {
    if let Some(targets) = wanted.targets {
        let Some(to) = targets.get(at) else {
            return no("more values than columns");
        };
        return Ok((fit::fit(value, *to)?, value.clone()));
    }
    let printed = match value.ty {
        Type::Null if wanted.is_part => "NULL".to_owned(),
        Type::Int if wanted.is_recursive => format!("{}::bigint", value.sql),
        Type::Text if wanted.is_recursive => format!("{}::text", value.sql),
        Type::Decimal if wanted.is_recursive => {
            return no("a query that reads itself sums decimals");
        }
        _ => fit::output(value)?,
    };
    let ty = match value.ty {
        Type::Truth => Type::Int,
        ty => ty,
    };
    let answer = Value {
        sql: printed.clone(),
        ty,
        is_wide: value.is_wide || wanted.is_recursive && ty == Type::Int,
        is_citext: value.is_citext && !wanted.is_recursive,
        ..value.clone()
    };
    Ok((printed, answer))
}
