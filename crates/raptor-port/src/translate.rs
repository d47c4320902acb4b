//! Expressions and queries that stand in an SQLite schema, said in Postgres's language.
//!
//! What cannot be shown to answer the same on the rows of a port is never printed: it is
//! [`Untranslated`], with the part that has no counterpart.

mod arith;
mod call;
mod cast;
mod common;
mod compare;
mod fit;
mod literal;
mod moment;
mod names;
mod pattern;
mod place;
mod select;
mod trigger;
mod value;
mod view;
mod walk;

#[cfg(test)]
mod tests;

pub(crate) use names::Names;

use crate::kind::Conversion;
use literal::{Literal, Quote};
use place::{Place, Use};
use sqlite3_parser::ast::{Cmd, Expr, OneSelect, ResultColumn, Stmt};
use sqlite3_parser::lexer::sql::Parser;
use sqlite3_parser::{Bump, FallibleIterator};
use value::Value;

/// Why a text has no translation: the part that has no counterpart, in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Untranslated {
    /// The reason, to be read after the name of the thing.
    pub(crate) reason: String,
}

type Said<T> = Result<T, Untranslated>;

/// No translation, and why.
fn no<T>(reason: impl Into<String>) -> Said<T> {
    Err(Untranslated {
        reason: reason.into(),
    })
}

/// The expression of a `DEFAULT`, for a column of that type.
pub(crate) fn default(text: &str, to: Conversion) -> Said<String> {
    let arena = Bump::new();
    let expression = expression_of(&arena, text)?;
    let names = Names::default();
    let place = Place::top(&names, Use::Default);
    let value = match expression {
        // SQLite takes a word that stands alone for a text.
        Expr::Id(id) => match literal::bare(id.0) {
            (word, Quote::None) if word.eq_ignore_ascii_case("true") => Value::integer(1),
            (word, Quote::None) if word.eq_ignore_ascii_case("false") => Value::integer(0),
            (word, _) => Value::literal(Literal::Text(word)),
        },
        expression => place.value(expression)?,
    };
    // Some operators need the brackets there.
    fit::fit(&value, to)
}

/// A condition that rows are held to: of a `CHECK`, or of an index over some of the rows.
pub(crate) fn condition(text: &str, names: &Names) -> Said<String> {
    let arena = Bump::new();
    let expression = expression_of(&arena, text)?;
    let place = Place::top(names, Use::Fixed);
    Ok(outer(place.truth(expression)?))
}

/// The expression of a generated column, whose type is `want`, or of an index.
pub(crate) fn expression(text: &str, names: &Names, want: Option<Conversion>) -> Said<String> {
    let arena = Bump::new();
    let expression = expression_of(&arena, text)?;
    let used = match want {
        Some(_) => Use::Generated,
        None => Use::Fixed,
    };
    let value = Place::top(names, used).value(expression)?;
    Ok(outer(match want {
        Some(to) => fit::fit(&value, to)?,
        None => fit::key(&value)?,
    }))
}

/// A `CREATE VIEW`, with the name `to`.
pub(crate) fn view(text: &str, names: &Names, to: &str) -> Said<String> {
    let arena = Bump::new();
    view::view(&statement(&arena, text)?, text, names, to)
}

/// A `CREATE TRIGGER`: the function that Postgres runs, and the trigger, both with the name `to`.
pub(crate) fn trigger(text: &str, names: &Names, to: &str) -> Said<Vec<String>> {
    let arena = Bump::new();
    trigger::trigger(&statement(&arena, text)?, text, names, to)
}

fn statement<'a>(arena: &'a Bump, text: &'a str) -> Said<Stmt<'a>> {
    let mut parser = Parser::new(arena, text.as_bytes());
    match parser.next() {
        Ok(Some(Cmd::Stmt(statement))) => match parser.next() {
            Ok(None) => Ok(statement),
            _ => no("there is more than one statement"),
        },
        Ok(_) => no("there is no statement"),
        Err(error) => no(format!("SQLite's grammar does not read it: {error}")),
    }
}

/// Reads an expression that stands without brackets around it.
fn expression_of<'a>(arena: &'a Bump, text: &str) -> Said<&'a Expr<'a>> {
    let asked = arena.alloc_str(&format!("SELECT ({text}\n)"));
    let Stmt::Select(select) = statement(arena, asked)? else {
        return no("it is no expression");
    };
    match &select.body.select {
        OneSelect::Select {
            columns: [ResultColumn::Expr(Expr::Parenthesized(inner), None)],
            from: None,
            where_clause: None,
            ..
        } if select.body.compounds.is_none() => match &inner[..] {
            [one] => Ok(bare_of(one)),
            _ => no("it is a list of values, which no column can hold"),
        },
        // `(SELECT …)` is read as the brackets of a query.
        _ => no("it is no expression of one value"),
    }
}

/// An expression without the brackets around it.
fn bare_of<'e, 'a>(mut expression: &'e Expr<'a>) -> &'e Expr<'a> {
    while let Expr::Parenthesized(inner) = expression {
        match &inner[..] {
            [one] => expression = one,
            _ => break,
        }
    }
    expression
}

/// The same without the brackets around all of it.
fn outer(sql: String) -> String {
    let Some(inner) = sql.strip_prefix('(').and_then(|it| it.strip_suffix(')')) else {
        return sql;
    };
    let (mut depth, mut quote) = (0_i32, None);
    for sign in inner.chars() {
        match (quote, sign) {
            (Some(open), sign) if open == sign => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(sign),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return sql;
        }
    }
    inner.to_owned()
}
