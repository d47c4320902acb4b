//! Whether a WHERE lets every row through.

use super::word::{Word, split};
use raptor_db::lexer::TokenKind;

/// How deep AND and OR are looked into.
const DEPTH: usize = 16;

/// Whether the condition is true whatever the row: `true`, `1 = 1`, `a = a`, and what AND and OR
/// make of them.
pub(in crate::lint) fn is_always(words: &[Word<'_>]) -> bool {
    is_true(words, DEPTH)
}

fn is_true(words: &[Word<'_>], depth: usize) -> bool {
    let words = bare(words);
    if depth == 0 || words.is_empty() {
        return false;
    }
    let any = split(words, "or");
    if any.len() > 1 {
        return any.iter().any(|part| is_true(part, depth - 1));
    }
    let all = split(words, "and");
    if all.len() > 1 {
        return all.iter().all(|part| is_true(part, depth - 1));
    }
    if let [not, rest @ ..] = words
        && not.is("not")
    {
        return matches!(bare(rest), [only] if only.is("false") || only.text == "0");
    }
    match words {
        [only] => {
            let number = only.kind == TokenKind::Number && only.text != "0";
            only.is("true") || number || only.text.eq_ignore_ascii_case("'t'")
        }
        [left, is, right] if is.is("is") => left.is("true") && right.is("true"),
        [left @ .., right] => same(left, right),
        [] => false,
    }
}

/// `left =`, `<=` or `>=` the same again.
fn same(left: &[Word<'_>], right: &Word<'_>) -> bool {
    let [left, operator] = left else {
        return false;
    };
    let equal = ["=", "<=", ">=", "=="].contains(&operator.text);
    let literal = !left.is("null") && (left.is_literal() || left.kind == TokenKind::Word);
    equal && literal && left.text.eq_ignore_ascii_case(right.text)
}

/// Without the brackets around all of it.
fn bare<'w, 's>(words: &'w [Word<'s>]) -> &'w [Word<'s>] {
    let open = words.iter().take_while(|word| word.is_symbol("(")).count();
    let close = words
        .iter()
        .rev()
        .take_while(|word| word.is_symbol(")"))
        .count();
    if open == 0 || close == 0 || open + close >= words.len() {
        return words;
    }
    // What is as deep as the brackets that stay open all the way stands in them.
    let (mut depth, mut lowest) = (open, open);
    for word in &words[open..words.len() - close] {
        if word.opens() {
            depth += 1;
        } else if word.closes() {
            depth = depth.saturating_sub(1);
            lowest = lowest.min(depth);
        }
    }
    let around = if depth == close {
        lowest
    } else {
        lowest.min(close)
    };
    let around = around.min(close).min(open);
    &words[around..words.len() - around]
}
