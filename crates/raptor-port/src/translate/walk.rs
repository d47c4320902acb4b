//! From SQLite's tree to values: which rule is for which form.

use super::call::Call;
use super::compare::Op;
use super::literal::{self, Literal, name};
use super::moment::Form;
use super::names::collation;
use super::place::Place;
use super::value::{Collation, Type, Value};
use super::{Said, bare_of, compare, no};
use sqlite3_parser::ast::{Distinctness, Expr, Literal as Written, Operator, UnaryOperator};

impl Place<'_> {
    /// The value of an expression.
    pub(super) fn value(&self, expression: &Expr<'_>) -> Said<Value> {
        match expression {
            Expr::Literal(written) => self.written(written),
            Expr::Id(id) => self.name(id.0),
            Expr::Name(written) => self.name(written.0),
            Expr::Qualified(table, column) => self.qualified(&name(table.0), &name(column.0)),
            Expr::DoublyQualified(..) => no("it names a column of another file"),
            Expr::Parenthesized(inner) => match &inner[..] {
                [one] => self.value(one),
                _ => no("it compares or holds lists of values"),
            },
            Expr::Unary(op, inner) => self.unary(*op, inner),
            Expr::Binary(left, op, right) => self.binary(left, *op, right),
            Expr::Between {
                lhs,
                not,
                start,
                end,
            } => self.between(lhs, *not, start, end),
            Expr::Case {
                base,
                when_then_pairs,
                else_expr,
            } => self.case(*base, when_then_pairs, *else_expr),
            Expr::Cast { expr, type_name } => self.cast(expr, type_name.as_ref()),
            Expr::Collate(inner, written) => self.collated(inner, written),
            Expr::IsNull(inner) => Ok(compare::is_null(&self.value(inner)?, false)),
            Expr::NotNull(inner) => Ok(compare::is_null(&self.value(inner)?, true)),
            Expr::Like {
                lhs,
                not,
                op,
                rhs,
                escape,
            } => self.like(lhs, *not, *op, rhs, *escape),
            Expr::InList { lhs, not, rhs } => self.in_list(lhs, *not, rhs.unwrap_or_default()),
            Expr::InSelect { lhs, not, rhs } => self.in_select(lhs, *not, rhs),
            Expr::InTable { .. } => no("IN with the name of a table has no counterpart"),
            Expr::Exists(select) => self.exists(select),
            Expr::Subquery(select) => self.one_of(select),
            Expr::FunctionCall { .. } | Expr::FunctionCallStar { .. } => self.called_by(expression),
            Expr::Raise(..) => no("RAISE stands where it has no counterpart"),
            Expr::Variable(_) => no("it has a placeholder"),
        }
    }

    fn called_by(&self, expression: &Expr<'_>) -> Said<Value> {
        match expression {
            Expr::FunctionCall {
                name: written,
                distinctness,
                args,
                order_by,
                filter_over,
            } => self.call(&Call {
                name: name(written.0).to_ascii_lowercase(),
                arguments: args.unwrap_or_default(),
                is_distinct: *distinctness == Some(Distinctness::Distinct),
                is_star: false,
                is_ordered: order_by.is_some(),
                tail: filter_over.as_ref(),
            }),
            Expr::FunctionCallStar {
                name: written,
                filter_over,
            } => self.call(&Call {
                name: name(written.0).to_ascii_lowercase(),
                arguments: &[],
                is_distinct: false,
                is_star: true,
                is_ordered: false,
                tail: filter_over.as_ref(),
            }),
            _ => no("it is no call of a function"),
        }
    }

    /// An expression as a condition.
    pub(super) fn truth(&self, expression: &Expr<'_>) -> Said<String> {
        truth_of(&self.value(expression)?)
    }

    fn written(&self, written: &Written<'_>) -> Said<Value> {
        Ok(Value::literal(match written {
            Written::Null => Literal::Null,
            Written::Numeric(digits) => literal::number(digits)?,
            Written::String(text) => Literal::Text(literal::name(text)),
            Written::Blob(hex) => literal::blob(hex)?,
            Written::Keyword(word) => return no(format!("{word} is no value")),
            Written::CurrentDate => return self.now(Form::Date),
            Written::CurrentTime => return self.now(Form::Time),
            Written::CurrentTimestamp => return self.now(Form::Seconds),
        }))
    }

    fn unary(&self, op: UnaryOperator, inner: &Expr<'_>) -> Said<Value> {
        if op == UnaryOperator::Negative
            && let Expr::Literal(Written::Numeric("9223372036854775808")) = bare_of(inner)
        {
            return Ok(Value::integer(i64::MIN));
        }
        let value = self.value(inner)?;
        match op {
            UnaryOperator::Not => {
                let truth = truth_of(&value)?;
                Ok(Value::truth(format!("(NOT {truth})"), &[&value]))
            }
            UnaryOperator::Positive => Ok(value.plain()),
            UnaryOperator::Negative => match value.literal {
                Some(Literal::Integer(number)) if number != i64::MIN => Ok(Value::integer(-number)),
                Some(Literal::Real(number)) => Ok(Value::literal(Literal::Real(-number))),
                _ => self.negative(&value),
            },
            UnaryOperator::BitwiseNot => self.inverted(&value),
        }
    }

    fn binary(&self, left: &Expr<'_>, op: Operator, right: &Expr<'_>) -> Said<Value> {
        let comparison = match op {
            Operator::Equals => Op::Eq,
            Operator::NotEquals => Op::Ne,
            Operator::Less => Op::Lt,
            Operator::LessEquals => Op::Le,
            Operator::Greater => Op::Gt,
            Operator::GreaterEquals => Op::Ge,
            Operator::Is | Operator::IsNot => {
                if let Some(is) = self.constant(bare_of(right)) {
                    return self.is_constant(left, is, op == Operator::IsNot);
                }
                if op == Operator::Is {
                    Op::Is
                } else {
                    Op::IsNot
                }
            }
            Operator::And | Operator::Or => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                let word = if op == Operator::And { "AND" } else { "OR" };
                let sql = format!("({} {word} {})", truth_of(&left)?, truth_of(&right)?);
                return Ok(Value::truth(sql, &[&left, &right]));
            }
            Operator::ArrowRight | Operator::ArrowRightShift => {
                return self.arrow(left, right, op == Operator::ArrowRightShift);
            }
            Operator::Concat => return self.concat(left, right),
            _ => return self.arithmetic(left, op, right),
        };
        if let Some(value) = self.json_type_is(left, comparison, right)? {
            return Ok(value);
        }
        let (left, right) = (self.value(left)?, self.value(right)?);
        compare::compare(&left, comparison, &right)
    }

    /// `x IS TRUE` and its three sisters.
    fn is_constant(&self, left: &Expr<'_>, is: bool, not: bool) -> Said<Value> {
        let truth = self.truth(left)?;
        let not = if not { " NOT" } else { "" };
        let sql = format!("({truth} IS{not} {})", if is { "TRUE" } else { "FALSE" });
        Ok(Value::truth(sql, &[]))
    }

    fn between(&self, left: &Expr<'_>, not: bool, start: &Expr<'_>, end: &Expr<'_>) -> Said<Value> {
        let left = self.value(left)?;
        let low = compare::compare(&left, Op::Ge, &self.value(start)?)?;
        let high = compare::compare(&left, Op::Le, &self.value(end)?)?;
        let sql = format!("({} AND {})", low.sql, high.sql);
        let sql = if not { format!("(NOT {sql})") } else { sql };
        Ok(Value::truth(sql, &[&low, &high]))
    }

    fn case(
        &self,
        base: Option<&Expr<'_>>,
        pairs: &[(Expr<'_>, Expr<'_>)],
        otherwise: Option<&Expr<'_>>,
    ) -> Said<Value> {
        let base = base.map(|it| self.value(it)).transpose()?;
        let mut conditions = Vec::with_capacity(pairs.len());
        let mut values = Vec::with_capacity(pairs.len() + 1);
        for (when, then) in pairs {
            conditions.push(match &base {
                Some(base) => compare::compare(base, Op::Eq, &self.value(when)?)?.sql,
                None => self.truth(when)?,
            });
            values.push(self.value(then)?);
        }
        values.push(match otherwise {
            Some(it) => self.value(it)?,
            None => Value::literal(Literal::Null),
        });
        let (printed, shape) = super::common::common(&values)?;
        let mut sql = "CASE".to_owned();
        for (condition, value) in conditions.iter().zip(&printed) {
            sql = format!("{sql} WHEN {condition} THEN {value}");
        }
        if let Some(last) = printed.last().filter(|_| otherwise.is_some()) {
            sql = format!("{sql} ELSE {last}");
        }
        Ok(Value {
            sql: format!("({sql} END)"),
            ..shape
        })
    }

    fn collated(&self, inner: &Expr<'_>, written: &str) -> Said<Value> {
        let value = self.value(inner)?;
        let collation = collation(Some(&name(written)))?;
        Ok(Value {
            collation: Some(collation.unwrap_or(Collation::Binary)),
            is_collated: true,
            ..value
        })
    }
}

/// A value as a condition: in SQLite, any number but 0 is true.
pub(super) fn truth_of(value: &Value) -> Said<String> {
    if value.is_loose {
        return no(format!(
            "{} is taken for true or false, and SQLite may hold texts there",
            value.said()
        ));
    }
    match (value.ty, &value.literal) {
        (Type::Null, _) => Ok("NULL::boolean".to_owned()),
        (_, Some(Literal::Integer(number))) => Ok((*number != 0).to_string()),
        (Type::Truth | Type::Boolean, _) => Ok(value.sql.clone()),
        (Type::Int | Type::Real | Type::Number | Type::Decimal, _) => {
            Ok(format!("({} <> 0)", value.sql))
        }
        _ => no(format!(
            "{} is taken for true or false, and is no number",
            value.said()
        )),
    }
}
