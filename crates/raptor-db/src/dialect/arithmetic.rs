//! `+ - * / %`: numbers on SQLite, and on Postgres also decimals, dates and intervals.
//!
//! SQLite reads a text as the number it begins with and answers NULL for a division by zero, both in
//! silence: a guard round each operand that is no literal makes them errors. Where a cast says that
//! an operand is a decimal, a date or an interval, the operator becomes a call. Products come before
//! sums, so that a sum finds its products whole.

use super::Refusal;
use super::rewrite::{Change, Rewrite, Type};
use super::types::{NUMERIC_CLOSE, NUMERIC_OPEN};
use crate::statement::lexer::TokenKind;
use std::ops::RangeInclusive;

type Span = RangeInclusive<usize>;

const PRODUCTS: &[&str] = &["*", "/", "%"];
const SUMS: &[&str] = &["+", "-"];

pub(super) fn is_product(symbol: &str) -> bool {
    PRODUCTS.contains(&symbol)
}

pub(super) fn operator(rewrite: &mut Rewrite<'_>, at: usize) -> Change {
    let left = at.checked_sub(1).filter(|end| rewrite.ends_operand(*end));
    let Some(left) = left.and_then(|end| rewrite.operand_before(end)) else {
        return sign(rewrite, at);
    };
    let Some(right) = rewrite.operand_after(at + 1) else {
        // `t.*` and `SELECT x, *` are no products; SQLite finds what is no expression at all.
        return Ok(());
    };
    let types = [rewrite.type_of(&left), rewrite.type_of(&right)];
    if types.contains(&Some(Type::Interval)) {
        return interval(rewrite, at, left, right);
    }
    if types.contains(&Some(Type::Numeric)) {
        return numeric(rewrite, at, left, right);
    }
    if types[0] == Some(Type::Date) && SUMS.contains(&rewrite.text(at)) {
        return date(rewrite, at, left, right);
    }
    match rewrite.text(at) {
        "/" => quotient(rewrite, at, left, right, "op_divide("),
        "%" => quotient(rewrite, at, left, right, "op_modulo("),
        _ => {
            guard(rewrite, left)?;
            guard(rewrite, right)
        }
    }
}

/// Refuses where the operands found are not the operator's whole operands, because an operator that
/// was left to SQLite binds one of them.
fn check_alone(rewrite: &Rewrite<'_>, at: usize, left: &Span, right: &Span) -> Change {
    let is_open = |at: usize, symbols: &[&str]| {
        rewrite.kind(at) == Some(TokenKind::Operator)
            && !rewrite.is_changed(at)
            && symbols.contains(&rewrite.text(at))
    };
    let before = left.start().checked_sub(1);
    let binary = before.filter(|op| *op > 0 && rewrite.ends_operand(op - 1));
    let is_sum = SUMS.contains(&rewrite.text(at));
    let bound = binary.is_some_and(|op| is_open(op, PRODUCTS) || is_sum && is_open(op, SUMS))
        || is_sum && is_open(right.end() + 1, PRODUCTS);
    if bound {
        return rewrite.refuse(at, "a decimal, date or interval among plain numbers; put the inner calculation into parentheses with its cast");
    }
    Ok(())
}

/// Decimals are calculated exactly.
fn numeric(rewrite: &mut Rewrite<'_>, at: usize, left: Span, right: Span) -> Change {
    check_alone(rewrite, at, &left, &right)?;
    let function = match rewrite.text(at) {
        "+" => "numeric_add(",
        "-" => "numeric_sub(",
        "*" => "numeric_mul(",
        "/" => "numeric_div(",
        _ => "op_numeric_mod(",
    };
    for operand in [&left, &right] {
        let start = *operand.start();
        if start == *operand.end() && rewrite.kind(start) == Some(TokenKind::Number) {
            let quoted = format!("'{}'", rewrite.text(start));
            rewrite.replace(start, quoted);
        }
    }
    rewrite.replace(at, ",");
    let (open, close) = (
        format!("{NUMERIC_OPEN}{function}"),
        format!("){NUMERIC_CLOSE}"),
    );
    rewrite.wrap_typed(
        *left.start()..=*right.end(),
        open,
        close,
        Some(Type::Numeric),
    );
    Ok(())
}

/// `date ± integer`.
fn date(rewrite: &mut Rewrite<'_>, at: usize, left: Span, right: Span) -> Change {
    check_alone(rewrite, at, &left, &right)?;
    if rewrite.type_of(&right) == Some(Type::Date) {
        return rewrite.refuse(at, "the days between two dates");
    }
    let function = if rewrite.text(at) == "+" {
        "op_date_add("
    } else {
        "op_date_sub("
    };
    rewrite.replace(at, ",");
    rewrite.wrap_typed(
        *left.start()..=*right.end(),
        function,
        ")",
        Some(Type::Date),
    );
    Ok(())
}

/// `timestamptz ± interval`, `interval * number` and `number * interval`.
fn interval(rewrite: &mut Rewrite<'_>, at: usize, left: Span, right: Span) -> Change {
    check_alone(rewrite, at, &left, &right)?;
    let is_interval = [&left, &right].map(|span| rewrite.type_of(span) == Some(Type::Interval));
    let (function, ty) = match (rewrite.text(at), is_interval) {
        ("+", [false, true]) => ("op_plus_interval(", Type::Other),
        ("-", [false, true]) => ("op_minus_interval(", Type::Other),
        ("*", [true, false]) => ("op_interval_times(", Type::Interval),
        ("*", [false, true]) => ("op_times_interval(", Type::Interval),
        _ => {
            return rewrite.refuse(
                at,
                "an interval that is not added to or taken from a timestamptz",
            );
        }
    };
    rewrite.use_interval(if is_interval[0] {
        left.clone()
    } else {
        right.clone()
    });
    rewrite.replace(at, ",");
    rewrite.wrap_typed(*left.start()..=*right.end(), function, ")", Some(ty));
    Ok(())
}

fn sign(rewrite: &mut Rewrite<'_>, at: usize) -> Change {
    if !SUMS.contains(&rewrite.text(at)) {
        return Ok(());
    }
    let Some(operand) = rewrite.operand_after(at + 1) else {
        return Ok(());
    };
    match rewrite.type_of(&operand) {
        Some(Type::Interval) => {
            rewrite.refuse(at, "a sign before an interval; write it into the interval")
        }
        Some(Type::Numeric) => {
            let function = if rewrite.text(at) == "-" {
                "numeric_uminus("
            } else {
                "op_numeric_plus("
            };
            let (open, close) = (
                format!("{NUMERIC_OPEN}{function}"),
                format!("){NUMERIC_CLOSE}"),
            );
            rewrite.remove(at..=at);
            rewrite.wrap_typed(at..=*operand.end(), open, close, Some(Type::Numeric));
            Ok(())
        }
        _ if rewrite.kind(at + 1) == Some(TokenKind::Number) => Ok(()),
        _ => guard(rewrite, operand),
    }
}

/// A division is a call, so that one by zero is an error, but none where the dividend is NULL.
fn quotient(
    rewrite: &mut Rewrite<'_>,
    at: usize,
    left: Span,
    right: Span,
    function: &str,
) -> Change {
    for operand in [&left, &right] {
        refuse_decimal_literal(rewrite, *operand.start())?;
    }
    // `a * b / c` divides the product.
    let mut start = *left.start();
    while let Some(before) = start.checked_sub(2) {
        let is_product = rewrite.kind(before + 1) == Some(TokenKind::Operator)
            && !rewrite.is_changed(before + 1)
            && is_product(rewrite.text(before + 1));
        match rewrite.operand_before(before) {
            Some(operand) if is_product => start = *operand.start(),
            _ => break,
        }
    }
    rewrite.replace(at, ",");
    rewrite.wrap_typed(start..=*right.end(), function, ")", Some(Type::Other));
    Ok(())
}

fn refuse_decimal_literal(rewrite: &Rewrite<'_>, at: usize) -> Change {
    let is_decimal =
        rewrite.kind(at) == Some(TokenKind::Number) && rewrite.text(at).contains(['.', 'e', 'E']);
    if is_decimal && !rewrite.is_changed(at) && rewrite.wrapped_from(at).is_none() {
        return rewrite.refuse(
            at,
            "a decimal literal in arithmetic: it is numeric on Postgres and a double on SQLite; write 1.5::double precision or numeric '1.5'",
        );
    }
    Ok(())
}

fn guard(rewrite: &mut Rewrite<'_>, operand: Span) -> Change {
    let start = *operand.start();
    // A signed operand is guarded at its sign.
    if rewrite.kind(start) == Some(TokenKind::Operator) {
        return Ok(());
    }
    refuse_decimal_literal(rewrite, start)?;
    let is_literal = start == *operand.end() && rewrite.kind(start) == Some(TokenKind::Number);
    let is_number = matches!(
        rewrite.type_of(&operand),
        Some(Type::Integer | Type::Double)
    );
    if is_literal || is_number || rewrite.is_guarded(&operand) {
        return Ok(());
    }
    rewrite.guard(operand, "op_number(");
    Ok(())
}

/// An interval has no type of its own on SQLite: it may only shift a timestamptz.
pub(super) fn refuse_loose_intervals(rewrite: &Rewrite<'_>) -> Result<(), Refusal> {
    match rewrite.loose_interval() {
        Some(at) => rewrite.refuse(
            at,
            "an interval that is not added to or taken from a timestamptz",
        ),
        None => Ok(()),
    }
}
