//! Where an operand begins and ends, told by its tokens.
//!
//! An operand is a literal, a parameter, a (qualified) name, a call with its FILTER and OVER, a
//! bracketed expression, `CASE … END` or an array, with its casts and subscripts.

use super::rewrite::Rewrite;
use crate::statement::lexer::TokenKind;
use std::ops::RangeInclusive;

/// Words that no operand ends with and no name is.
const KEYWORDS: &[&str] = &[
    "all",
    "and",
    "any",
    "as",
    "asc",
    "between",
    "by",
    "case",
    "check",
    "collate",
    "conflict",
    "cross",
    "default",
    "delete",
    "desc",
    "distinct",
    "do",
    "else",
    "escape",
    "except",
    "exists",
    "filter",
    "for",
    "from",
    "full",
    "group",
    "having",
    "ilike",
    "in",
    "inner",
    "insert",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "left",
    "like",
    "limit",
    "natural",
    "not",
    "notnull",
    "offset",
    "on",
    "or",
    "order",
    "outer",
    "over",
    "partition",
    "returning",
    "right",
    "row",
    "select",
    "set",
    "similar",
    "some",
    "then",
    "to",
    "union",
    "update",
    "using",
    "values",
    "when",
    "where",
    "window",
    "with",
];

impl Rewrite<'_> {
    pub(super) fn is_keyword(&self, at: usize) -> bool {
        self.kind(at) == Some(TokenKind::Word) && self.is_any_word(at, KEYWORDS)
    }

    fn is_name(&self, at: usize) -> bool {
        match self.kind(at) {
            Some(TokenKind::Word) => !self.is_keyword(at),
            Some(TokenKind::QuotedIdent) => true,
            _ => false,
        }
    }

    fn is_literal(&self, at: usize) -> bool {
        matches!(
            self.kind(at),
            Some(
                TokenKind::String | TokenKind::DollarString | TokenKind::Number | TokenKind::Param
            )
        )
    }

    /// Whether an operand may end with this token.
    pub(super) fn ends_operand(&self, at: usize) -> bool {
        self.is_literal(at)
            || self.is_name(at)
            || self.is_symbol(at, ")")
            || self.is_symbol(at, "]")
            || self.wrapped_to(at).is_some()
    }

    /// The operand that ends with token `end`.
    pub(super) fn operand_before(&self, end: usize) -> Option<RangeInclusive<usize>> {
        self.start_of(end).map(|start| start..=end)
    }

    fn start_of(&self, end: usize) -> Option<usize> {
        if let Some(start) = self.wrapped_to(end) {
            return Some(start);
        }
        if self.is_symbol(end, ")") {
            return self.start_of_bracketed(self.partner(end));
        }
        if self.is_symbol(end, "]") {
            let open = self.partner(end);
            let before = open.checked_sub(1)?;
            return if self.is_word(before, "array") {
                Some(before)
            } else {
                self.start_of(before)
            };
        }
        if self.is_word(end, "end") {
            return self.start_of_case(end);
        }
        if self.is_literal(end) || self.is_name(end) {
            // `sum(x) OVER w`, `x COLLATE "C"`.
            return match end.checked_sub(1) {
                Some(word) if self.is_any_word(word, &["over", "collate"]) => {
                    self.start_of(word.checked_sub(1)?)
                }
                _ => Some(self.qualified(end)),
            };
        }
        None
    }

    /// From `(` back over the function's name, or over `OVER (`, `FILTER (` to the call itself.
    fn start_of_bracketed(&self, open: usize) -> Option<usize> {
        let Some(before) = open.checked_sub(1) else {
            return Some(open);
        };
        if self.is_any_word(before, &["over", "filter"]) {
            return self.start_of(before.checked_sub(1)?);
        }
        // These words are functions when a bracket follows.
        let is_called = self.is_any_word(
            before,
            &["left", "right", "exists", "array", "any", "some", "all"],
        );
        Some(if is_called || self.is_name(before) {
            self.qualified(before)
        } else {
            open
        })
    }

    fn start_of_case(&self, end: usize) -> Option<usize> {
        let mut depth = 0;
        let mut at = end;
        loop {
            if self.is_symbol(at, ")") || self.is_symbol(at, "]") {
                at = self.partner(at);
            } else if self.is_word(at, "end") {
                depth += 1;
            } else if self.is_word(at, "case") {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            at = at.checked_sub(1)?;
        }
    }

    /// Back over `schema.table.` before a name.
    fn qualified(&self, mut at: usize) -> usize {
        while at >= 2
            && self.is_symbol(at - 1, ".")
            && (self.is_name(at - 2) || self.is_keyword(at - 2))
        {
            at -= 2;
        }
        at
    }

    /// The operand that begins with token `start`, a sign included.
    pub(super) fn operand_after(&self, start: usize) -> Option<RangeInclusive<usize>> {
        self.end_of(start).map(|end| start..=end)
    }

    fn end_of(&self, start: usize) -> Option<usize> {
        if self.kind(start) == Some(TokenKind::Operator) && matches!(self.text(start), "-" | "+") {
            return self.end_of(start + 1);
        }
        let first = if let Some(end) = self.wrapped_from(start) {
            end
        } else if self.is_symbol(start, "(") {
            self.partner(start)
        } else if self.is_word(start, "case") {
            self.end_of_case(start)?
        } else if self.is_word(start, "array") && self.is_symbol(start + 1, "[") {
            self.partner(start + 1)
        } else if self.is_literal(start) {
            start
        } else if self.is_name(start) || self.is_symbol(start + 1, "(") && self.is_keyword(start) {
            self.end_of_name(start)
        } else {
            return None;
        };
        Some(self.end_of_postfix(first))
    }

    fn end_of_case(&self, start: usize) -> Option<usize> {
        let mut depth = 0;
        let mut at = start;
        while at < self.len() {
            if self.is_symbol(at, "(") || self.is_symbol(at, "[") {
                at = self.partner(at);
            } else if self.is_word(at, "case") {
                depth += 1;
            } else if self.is_word(at, "end") {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            at += 1;
        }
        None
    }

    fn end_of_name(&self, start: usize) -> usize {
        let mut at = start;
        while self.is_symbol(at + 1, ".") {
            at += 2;
        }
        if self.is_symbol(at + 1, "(") {
            at = self.partner(at + 1);
            while self.is_any_word(at + 1, &["filter", "over"]) {
                at = if self.is_symbol(at + 2, "(") {
                    self.partner(at + 2)
                } else {
                    at + 2
                };
            }
        } else if self.kind(at + 1) == Some(TokenKind::String) {
            // `date '2026-01-01'`
            at += 1;
        }
        at
    }

    /// Over casts (already removed tokens), subscripts and COLLATE.
    fn end_of_postfix(&self, mut at: usize) -> usize {
        loop {
            let next = at + 1;
            if self.is_symbol(next, "[") {
                at = self.partner(next);
            } else if self.kind(next) == Some(TokenKind::Cast) {
                match super::types::read(self, next + 1) {
                    Ok(named) => at = named.end,
                    Err(_) => return at,
                }
            } else {
                return at;
            }
        }
    }
}
