//! `SELECT RAISE(…)`: the way in which triggers refuse.

use crate::translate::literal::{self, Literal};
use crate::translate::place::Place;
use crate::translate::{Said, bare_of, no};
use sqlite3_parser::ast::{Expr, Literal as Written, OneSelect, ResolveType, ResultColumn, Select};

impl Place<'_> {
    /// `SELECT RAISE(…) [FROM …] [WHERE …]`, or `SELECT CASE WHEN … THEN RAISE(…) END`.
    pub(super) fn refusal(&self, select: &Select<'_>, is_before: bool) -> Said<Vec<String>> {
        let unknown = || no("a SELECT in a trigger that is no RAISE answers nobody");
        let (
            None,
            None,
            OneSelect::Select {
                columns: [ResultColumn::Expr(asked, None)],
                from,
                where_clause,
                group_by: None,
                having: None,
                ..
            },
        ) = (&select.with, &select.body.compounds, &select.body.select)
        else {
            return unknown();
        };
        let has_table = from.as_ref().is_some_and(|it| it.select.is_some());
        let mut lines = match bare_of(asked) {
            Expr::Raise(how, message) => vec![self.raised(*how, *message, is_before)?],
            Expr::Case {
                base: None,
                when_then_pairs,
                else_expr,
            } if !has_table => self.cases(when_then_pairs, *else_expr, is_before)?,
            _ => return unknown(),
        };
        if has_table {
            let mut place = self.inner();
            let from = match from {
                Some(from) => place.from(from)?,
                None => String::new(),
            };
            let condition = match where_clause {
                Some(condition) => format!(" WHERE {}", place.truth(condition)?),
                None => String::new(),
            };
            enclose(
                &mut lines,
                &format!("EXISTS (SELECT 1 FROM {from}{condition})"),
            );
        } else if let Some(condition) = where_clause {
            enclose(&mut lines, &self.truth(condition)?);
        }
        Ok(lines)
    }

    fn cases(
        &self,
        pairs: &[(Expr<'_>, Expr<'_>)],
        otherwise: Option<&Expr<'_>>,
        is_before: bool,
    ) -> Said<Vec<String>> {
        let mut lines = Vec::new();
        for (when, then) in pairs {
            let word = if lines.is_empty() { "IF" } else { "ELSIF" };
            lines.push(format!("{word} {} THEN", self.truth(when)?));
            lines.push(format!("  {}", self.one_case(then, is_before)?));
        }
        if let Some(otherwise) = otherwise {
            lines.push("ELSE".to_owned());
            lines.push(format!("  {}", self.one_case(otherwise, is_before)?));
        }
        lines.push("END IF;".to_owned());
        Ok(lines)
    }

    fn one_case(&self, expression: &Expr<'_>, is_before: bool) -> Said<String> {
        match bare_of(expression) {
            Expr::Raise(how, message) => self.raised(*how, *message, is_before),
            Expr::Literal(Written::Null | Written::Numeric(_) | Written::String(_)) => {
                Ok("NULL;".to_owned())
            }
            _ => no("a SELECT in a trigger that is no RAISE answers nobody"),
        }
    }

    fn raised(
        &self,
        how: ResolveType,
        message: Option<&Expr<'_>>,
        is_before: bool,
    ) -> Said<String> {
        match how {
            ResolveType::Abort | ResolveType::Rollback => {}
            ResolveType::Ignore if is_before => return Ok("RETURN NULL;".to_owned()),
            ResolveType::Ignore => return no("RAISE(IGNORE) behind the row has no counterpart"),
            ResolveType::Fail | ResolveType::Replace => {
                return no(
                    "RAISE(FAIL) keeps what the statement did so far, and Postgres does not",
                );
            }
        }
        let message = match message {
            Some(message) => self.value(message)?,
            None => return no("RAISE without a message"),
        };
        let message = match &message.literal {
            Some(Literal::Text(message)) => literal::text(message),
            _ => crate::translate::arith::as_text(&message)?,
        };
        Ok(format!(
            "RAISE EXCEPTION USING MESSAGE = {message}, ERRCODE = 'integrity_constraint_violation';"
        ))
    }
}

fn enclose(lines: &mut Vec<String>, condition: &str) {
    lines
        .iter_mut()
        .for_each(|line| *line = format!("  {line}"));
    lines.insert(0, format!("IF {condition} THEN"));
    lines.push("END IF;".to_owned());
}
