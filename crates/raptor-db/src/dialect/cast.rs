//! `x::type`, `CAST(x AS type)` and `type 'literal'`.

use super::Refusal;
use super::rewrite::{Change, Rewrite, Type};
use super::types::{self, Cast};
use crate::statement::lexer::TokenKind;
use std::ops::RangeInclusive;

/// `date '2026-01-01'`, told at the string.
pub(super) fn prefixed(rewrite: &mut Rewrite<'_>, at: usize) -> Change {
    let Some(word) = at.checked_sub(1) else {
        return Ok(());
    };
    let is_prefixed = rewrite.kind(word) == Some(TokenKind::Word)
        && types::is_literal_prefix(rewrite.text(word))
        && !(word > 0 && rewrite.is_symbol(word - 1, "."));
    if !is_prefixed {
        return Ok(());
    }
    let named = types::read(rewrite, word)?;
    rewrite.remove(word..=word);
    apply(rewrite, word..=at, &(at..=at), &named.ty)
}

/// Answers the last token of the type.
pub(super) fn postfix(rewrite: &mut Rewrite<'_>, at: usize) -> Result<usize, Refusal> {
    let operand = at
        .checked_sub(1)
        .and_then(|end| rewrite.operand_before(end));
    let Some(operand) = operand else {
        return rewrite.refuse(at, "a cast of what is no operand");
    };
    let named = types::read(rewrite, at + 1)?;
    rewrite.remove(at..=named.end);
    apply(rewrite, *operand.start()..=named.end, &operand, &named.ty)?;
    Ok(named.end)
}

/// `CAST(x AS type)`.
pub(super) fn spelled_out(rewrite: &mut Rewrite<'_>, at: usize) -> Change {
    let (open, close) = (at + 1, rewrite.partner(at + 1));
    let mut split = open + 1;
    while split < close && !rewrite.is_word(split, "as") {
        split = if rewrite.is_symbol(split, "(") || rewrite.is_symbol(split, "[") {
            rewrite.partner(split) + 1
        } else {
            split + 1
        };
    }
    if split >= close || split == open + 1 {
        return rewrite.refuse(at, "a CAST without AS");
    }
    let named = types::read(rewrite, split + 1)?;
    if named.end + 1 != close {
        return rewrite.refuse(split + 1, "a CAST to what is no type");
    }
    rewrite.remove(at..=at);
    rewrite.remove(split..=named.end);
    apply(rewrite, at..=close, &(open + 1..=split - 1), &named.ty)
}

/// Puts the cast's call round `span`, of which `operand` is what is cast.
fn apply(
    rewrite: &mut Rewrite<'_>,
    span: RangeInclusive<usize>,
    operand: &RangeInclusive<usize>,
    cast: &Cast,
) -> Change {
    let source = *operand.end();
    let from = rewrite.type_of(operand);
    if from == Some(Type::Interval) && cast.ty != Type::Interval {
        return rewrite.refuse(
            source,
            "an interval that is cast: on SQLite it stands beside + or - only",
        );
    }
    let is_alone = *operand.start() == source;
    let (mut open, mut close) = (cast.open.clone(), cast.close.clone());
    if is_alone && rewrite.is_word(source, "null") {
        (open, close) = (String::new(), String::new());
    } else if is_alone && rewrite.kind(source) == Some(TokenKind::Param) && open == "cast_text(" {
        open = "cast_param_text(".to_owned();
    } else if from == Some(Type::Numeric) && cast.ty == Type::Integer {
        open = cast.open.replace("cast_", "cast_numeric_");
    } else if cast.ty == Type::Interval && rewrite.kind(source) == Some(TokenKind::String) {
        let text = super::literal::value(rewrite.text(source));
        let Ok(interval) = crate::sqlite::parse_interval(&text) else {
            return rewrite.refuse(
                source,
                "an interval in this form; write pairs such as '1 day 30 minutes'",
            );
        };
        rewrite.replace(source, format!("'{interval}'"));
        (open, close) = (String::new(), String::new());
    }
    rewrite.wrap_typed(span, open, close, Some(cast.ty));
    Ok(())
}
