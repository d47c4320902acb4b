//! Operators that SQLite lacks or reads otherwise.

use super::Refusal;
use super::piece::Pieces;
use crate::statement::lexer::TokenKind;

/// What each JSON operator becomes; all take their operands as a call's arguments.
const JSON: &[(&str, &str)] = &[
    ("->", "raptor_json_get"),
    ("->>", "raptor_json_text"),
    ("#>", "raptor_json_path"),
    ("#>>", "raptor_json_path_text"),
    ("@>", "raptor_json_contains"),
    ("?", "raptor_json_has"),
];

/// JSON operators become calls, from left to right, so that chains nest.
pub(super) fn json(pieces: &mut Pieces) -> Result<(), Refusal> {
    let mut at = 0;
    while at < pieces.len() {
        if pieces.get(at).kind == TokenKind::Operator {
            let symbol = pieces.get(at).text.clone();
            if let Some((_, name)) = JSON.iter().find(|(known, _)| *known == symbol) {
                let (start, left, end) = operands(pieces, at)?;
                pieces.get_mut(at).kind = TokenKind::Punct;
                ",".clone_into(&mut pieces.get_mut(at).text);
                pieces.wrap(start, end, name);
                let _ = left;
            } else if ["<@", "?|", "?&", "#-", "@?", "@@", "&&"].contains(&symbol.as_str()) {
                return pieces.refuse(at, format!("the operator {symbol} is not done on SQLite"));
            }
        }
        at += 1;
    }
    Ok(())
}

/// Start and end of the left operand, end of the right one.
fn operands(pieces: &Pieces, operator: usize) -> Result<(usize, usize, usize), Refusal> {
    let left = pieces.prev(operator);
    let start = left.and_then(|left| pieces.operand_start(left));
    let end = pieces
        .next(operator)
        .and_then(|right| pieces.operand_end(right));
    match (start, left, end) {
        (Some(start), Some(left), Some(end)) => Ok((start, left, end)),
        _ => pieces.refuse(
            operator,
            "what this operator applies to is not clear; put both sides into parentheses",
        ),
    }
}

/// `ILIKE`, `~` and their kin; `LIKE` itself is registered with Postgres's meaning.
pub(super) fn patterns(pieces: &mut Pieces) -> Result<(), Refusal> {
    for at in 0..pieces.len() {
        let piece = pieces.get(at);
        let text = match (piece.kind, piece.text.to_ascii_lowercase().as_str()) {
            (TokenKind::Word, "ilike") => "MATCH",
            (TokenKind::Operator, "~")
                if pieces
                    .prev(at)
                    .is_some_and(|before| pieces.operand_start(before).is_some()) =>
            {
                " REGEXP "
            }
            (TokenKind::Operator, "!~") => " NOT REGEXP ",
            // || binds more tightly than REGEXP.
            (TokenKind::Operator, "~*") => " REGEXP '(?i)' || ",
            (TokenKind::Operator, "!~*") => " NOT REGEXP '(?i)' || ",
            (TokenKind::Word, "similar") => {
                return pieces.refuse(
                    at,
                    "SIMILAR TO is not done on SQLite; use ~ with a regular expression",
                );
            }
            _ => continue,
        };
        let piece = pieces.get_mut(at);
        piece.kind = TokenKind::Word;
        text.clone_into(&mut piece.text);
    }
    Ok(())
}

/// `x + interval '5 minutes'` and `x - :n * interval '1 second'`.
pub(super) fn intervals(pieces: &mut Pieces) -> Result<(), Refusal> {
    let mut at = 0;
    while at < pieces.len() {
        if pieces.is_word(at, "interval")
            && let Some(literal) = pieces
                .next(at)
                .filter(|next| pieces.get(*next).kind == TokenKind::String)
        {
            interval(pieces, at, literal)?;
        }
        at += 1;
    }
    Ok(())
}

fn interval(pieces: &mut Pieces, word: usize, literal: usize) -> Result<(), Refusal> {
    let unclear =
        "an interval is done on SQLite as `time + interval '…'` or `time + n * interval '…'`";
    let Some(before) = pieces.prev(word) else {
        return pieces.refuse(word, unclear);
    };
    let (sign, factor) = if pieces.is_symbol(before, "*") {
        let end = pieces.prev(before);
        let start = end.and_then(|end| pieces.operand_start(end));
        match (start, end) {
            (Some(start), Some(end)) => (pieces.prev(start), Some((start, end))),
            _ => return pieces.refuse(word, unclear),
        }
    } else {
        (Some(before), None)
    };
    let sign = sign.filter(|sign| pieces.is_symbol(*sign, "+") || pieces.is_symbol(*sign, "-"));
    let time = sign.and_then(|sign| pieces.prev(sign));
    let start = time.and_then(|time| pieces.operand_start(time));
    let (Some(sign), Some(start)) = (sign, start) else {
        return pieces.refuse(word, unclear);
    };
    // raptor_shift(time, sign, 'literal'[, factor])
    let factor = factor.map(|(start, end)| {
        (start..=end)
            .map(|at| (pieces.get(at).kind, pieces.get(at).text.clone()))
            .collect::<Vec<_>>()
    });
    let direction = if pieces.is_symbol(sign, "-") {
        ", -1, "
    } else {
        ", 1, "
    };
    let text = pieces.get(literal).text.clone();
    pieces.remove(sign..=literal);
    let mut place = sign;
    let mut put = |pieces: &mut Pieces, kind, text: &str| {
        pieces.insert(place, kind, text);
        place += 1;
    };
    put(pieces, TokenKind::Punct, direction);
    put(pieces, TokenKind::String, &text);
    if let Some(factor) = factor {
        put(pieces, TokenKind::Punct, ", ");
        for (kind, text) in factor {
            put(pieces, kind, &text);
        }
    }
    let end = place - 1;
    pieces.wrap(start, end, "raptor_shift");
    Ok(())
}
