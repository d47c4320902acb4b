//! Calls that Postgres spells with words inside the parentheses, and arrays.

use super::Refusal;
use super::piece::Pieces;
use crate::statement::lexer::TokenKind;

/// `extract(year from x)`, `position(a in b)`, `substring(x from 2 for 3)`.
pub(super) fn spelt_with_words(pieces: &mut Pieces) -> Result<(), Refusal> {
    let mut at = 0;
    while at < pieces.len() {
        let close = pieces.call_paren(at).and_then(|open| pieces.close(open));
        if let (TokenKind::Word, Some(open), Some(close)) =
            (pieces.get(at).kind, pieces.call_paren(at), close)
        {
            match pieces.get(at).text.to_ascii_lowercase().as_str() {
                "extract" => extract(pieces, at, open, close)?,
                "position" => {
                    comma(pieces, open, close, "in");
                    "raptor_position".clone_into(&mut pieces.get_mut(at).text);
                }
                "substring" => substring(pieces, open, close)?,
                "trim" => trim(pieces, at, open)?,
                "overlay" => return pieces.refuse(at, "SQLite has no overlay()"),
                _ => {}
            }
        }
        at += 1;
    }
    Ok(())
}

fn extract(pieces: &mut Pieces, name: usize, open: usize, close: usize) -> Result<(), Refusal> {
    let field = pieces.next(open).unwrap_or(open);
    let text = pieces
        .get(field)
        .text
        .trim_matches('\'')
        .to_ascii_lowercase();
    let from = pieces.next(field).filter(|at| pieces.is_word(*at, "from"));
    let Some(from) = from.filter(|from| *from < close) else {
        return pieces.refuse(name, "write extract(field FROM time)");
    };
    pieces.get_mut(from).kind = TokenKind::Punct;
    ",".clone_into(&mut pieces.get_mut(from).text);
    let piece = pieces.get_mut(field);
    piece.kind = TokenKind::String;
    piece.text = format!("'{}'", text.replace('\'', "''"));
    "raptor_extract".clone_into(&mut pieces.get_mut(name).text);
    Ok(())
}

/// Makes the first `word` between the parentheses a comma; whether there was one.
fn comma(pieces: &mut Pieces, open: usize, close: usize, word: &str) -> bool {
    let found = pieces.at_depth(open + 1..close, |at| pieces.is_word(at, word));
    if let Some(found) = found {
        let piece = pieces.get_mut(found);
        piece.kind = TokenKind::Punct;
        ",".clone_into(&mut piece.text);
    }
    found.is_some()
}

fn substring(pieces: &mut Pieces, open: usize, close: usize) -> Result<(), Refusal> {
    let from = pieces.at_depth(open + 1..close, |at| pieces.is_word(at, "from"));
    if let Some(from) = from {
        let pattern = pieces
            .next(from)
            .is_some_and(|at| pieces.get(at).kind == TokenKind::String);
        if pattern {
            return pieces.refuse(
                from,
                "substring(… FROM 'pattern') is not done on SQLite; use regexp_replace",
            );
        }
    }
    let had_from = comma(pieces, open, close, "from");
    let had_for = comma(pieces, open, close, "for");
    if had_for && !had_from {
        return pieces.refuse(open, "write substring(… FROM 1 FOR n)");
    }
    Ok(())
}

fn trim(pieces: &mut Pieces, name: usize, open: usize) -> Result<(), Refusal> {
    let close = pieces.close(open).unwrap_or(open);
    let spelt = pieces.at_depth(open + 1..close, |at| {
        ["both", "leading", "trailing", "from"]
            .iter()
            .any(|word| pieces.is_word(at, word))
    });
    match spelt {
        Some(_) => pieces.refuse(name, "write btrim(x, characters), ltrim(…) or rtrim(…)"),
        None => Ok(()),
    }
}

/// `= ANY(array)`, `<> ALL(array)` and `ARRAY[…]`.
pub(super) fn arrays(pieces: &mut Pieces) -> Result<(), Refusal> {
    let mut at = 0;
    while at < pieces.len() {
        if pieces.is_word(at, "array") {
            constructor(pieces, at)?;
        } else if ["any", "some", "all"]
            .iter()
            .any(|word| pieces.is_word(at, word))
            && pieces.call_paren(at).is_some()
        {
            quantified(pieces, at)?;
        }
        at += 1;
    }
    Ok(())
}

fn constructor(pieces: &mut Pieces, at: usize) -> Result<(), Refusal> {
    let open = pieces.next(at).filter(|open| pieces.is_symbol(*open, "["));
    let Some((open, close)) = open.and_then(|open| Some((open, pieces.close(open)?))) else {
        return pieces.refuse(at, "SQLite has no ARRAY(SELECT …); use array_agg");
    };
    "(".clone_into(&mut pieces.get_mut(open).text);
    ")".clone_into(&mut pieces.get_mut(close).text);
    "json_array".clone_into(&mut pieces.get_mut(at).text);
    Ok(())
}

fn quantified(pieces: &mut Pieces, at: usize) -> Result<(), Refusal> {
    let open = pieces.call_paren(at).unwrap_or(at);
    let (Some(operator), Some(close)) = (pieces.prev(at), pieces.close(open)) else {
        return Ok(());
    };
    let is_all = pieces.is_word(at, "all");
    let membership = match (pieces.get(operator).text.as_str(), is_all) {
        ("=", false) => "IN",
        ("<>" | "!=", true) => "NOT IN",
        // `UNION ALL (SELECT …)` is no comparison.
        _ if pieces.get(operator).kind == TokenKind::Word => return Ok(()),
        (other, _) => {
            let what = format!(
                "{other} {} is not done on SQLite; = ANY and <> ALL are",
                pieces.get(at).text
            );
            return pieces.refuse(at, what);
        }
    };
    let is_query = pieces
        .next(open)
        .is_some_and(|first| pieces.is_word(first, "select") || pieces.is_word(first, "with"));
    if !is_query {
        // [null] stands for a NULL array: membership in it is NULL, as on Postgres.
        pieces.insert(close, TokenKind::Punct, ", '[null]'))");
        pieces.insert(
            open + 1,
            TokenKind::Punct,
            "SELECT value FROM json_each(coalesce(",
        );
    }
    pieces.remove(operator + 1..=at);
    let piece = pieces.get_mut(operator);
    piece.kind = TokenKind::Word;
    piece.text = format!(" {membership} ");
    Ok(())
}
