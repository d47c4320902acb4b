//! `||`, which is text's on SQLite and text's, an array's or jsonb's on Postgres.

use super::rewrite::{Change, Rewrite, Type};
use crate::statement::lexer::TokenKind;
use std::ops::RangeInclusive;

/// Operators of one precedence, between arithmetic and comparison.
const SAME_LEVEL: &[&str] = &["||", "->", "->>"];

fn is_same_level(rewrite: &Rewrite<'_>, at: usize) -> bool {
    rewrite.kind(at) == Some(TokenKind::Operator)
        && SAME_LEVEL.contains(&rewrite.text(at))
        && !rewrite.is_changed(at)
}

/// Back over `a -> b ||` before an operand that begins at `start`.
pub(super) fn chain_start(rewrite: &Rewrite<'_>, mut start: usize) -> usize {
    while start >= 2 && is_same_level(rewrite, start - 1) {
        match rewrite.operand_before(start - 2) {
            Some(operand) => start = *operand.start(),
            None => break,
        }
    }
    start
}

/// On over `|| a -> b` after an operand that ends at `end`.
pub(super) fn chain_end(rewrite: &Rewrite<'_>, mut end: usize) -> usize {
    while is_same_level(rewrite, end + 1) {
        match rewrite.operand_after(end + 2) {
            Some(operand) => end = *operand.end(),
            None => break,
        }
    }
    end
}

pub(super) fn operator(rewrite: &mut Rewrite<'_>, at: usize) -> Change {
    let left = at
        .checked_sub(1)
        .and_then(|end| rewrite.operand_before(end));
    let (Some(left), Some(right)) = (left, rewrite.operand_after(at + 1)) else {
        return rewrite.refuse(at, "the operator || without two operands");
    };
    let types = [rewrite.type_of(&left), rewrite.type_of(&right)];
    if types.contains(&Some(Type::Json)) {
        let start = chain_start(rewrite, *left.start());
        rewrite.replace(at, ",");
        rewrite.wrap_typed(
            start..=*right.end(),
            "op_jsonb_concat(",
            ")",
            Some(Type::Json),
        );
        return Ok(());
    }
    if types.contains(&Some(Type::Array)) {
        return rewrite.refuse(at, "|| of arrays");
    }
    for operand in [left, right] {
        guard(rewrite, operand);
    }
    Ok(())
}

/// A literal, a parameter and what is known to be text need no look at their value.
fn guard(rewrite: &mut Rewrite<'_>, operand: RangeInclusive<usize>) {
    let is_plain = operand.start() == operand.end()
        && matches!(
            rewrite.kind(*operand.start()),
            Some(
                TokenKind::String | TokenKind::DollarString | TokenKind::Number | TokenKind::Param
            )
        );
    if is_plain || rewrite.type_of(&operand) == Some(Type::Text) || rewrite.is_guarded(&operand) {
        return;
    }
    rewrite.guard(operand, "op_operand(");
}
