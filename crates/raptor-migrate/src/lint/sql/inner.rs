//! The statements inside of another: of a DO block, those of EXECUTE with its text at hand too, and
//! of CREATE SCHEMA.

use super::cursor::Cursor;
use super::word::{Word, words};
use raptor_db::Engine;
use raptor_db::lexer::TokenKind;

/// The words of each statement inside of `outer`. A body in another language than PL/pgSQL has none.
pub(in crate::lint) fn inner<'s>(outer: &[Word<'s>]) -> Vec<Vec<Word<'s>>> {
    let Some(first) = outer.first() else {
        return Vec::new();
    };
    if first.is("create") && outer.get(1).is_some_and(|word| word.is("schema")) {
        return elements(outer);
    }
    let language = outer.windows(2).find(|pair| pair[0].is("language"));
    let other = language.is_some_and(|pair| {
        !pair[1]
            .text
            .trim_matches(['"', '\''])
            .eq_ignore_ascii_case("plpgsql")
    });
    let body = outer.iter().find(|word| is_text(word));
    let Some((text, offset)) = body
        .filter(|_| !other && first.is("do"))
        .and_then(Word::content)
    else {
        return Vec::new();
    };
    let body = words(text, offset, Engine::Postgres);
    let pieces = body.split(|word| word.is_symbol(";"));
    pieces.filter_map(piece).collect()
}

fn is_text(word: &Word<'_>) -> bool {
    matches!(word.kind, TokenKind::String | TokenKind::DollarString)
}

/// What stands between two semicolons, without the words that only say when it runs.
fn piece<'s>(piece: &[Word<'s>]) -> Option<Vec<Word<'s>>> {
    let mut cursor = Cursor::new(piece, Engine::Postgres);
    loop {
        if cursor.eat_any(&["begin", "else", "loop", "declare", "exception"]) {
            continue;
        }
        let conditions = [
            "if", "elsif", "elseif", "when", "case", "for", "foreach", "while",
        ];
        if !cursor.peek()?.is_any(&conditions) {
            break;
        }
        // A CASE of the language: what is between it and WHEN is no statement.
        if cursor.eat("case") {
            while !cursor.is_at_end() && !cursor.is("when") {
                cursor.bump();
            }
            continue;
        }
        cursor.until(|next| next.is("then") || next.is("loop"));
        cursor.bump()?;
    }
    if !cursor.eat("execute") {
        return Some(cursor.rest().to_vec());
    }
    let (text, offset) = cursor.rest().iter().find(|word| is_text(word))?.content()?;
    Some(words(text, offset, Engine::Postgres))
}

/// CREATE SCHEMA s CREATE TABLE … GRANT …: what is made in it at once.
fn elements<'s>(outer: &[Word<'s>]) -> Vec<Vec<Word<'s>>> {
    let mut depth = 0usize;
    let mut elements: Vec<Vec<Word<'s>>> = Vec::new();
    for word in &outer[1..] {
        if depth == 0 && word.is_any(&["create", "grant"]) {
            elements.push(Vec::new());
        }
        if word.opens() {
            depth += 1;
        } else if word.closes() {
            depth = depth.saturating_sub(1);
        }
        if let Some(last) = elements.last_mut() {
            last.push(*word);
        }
    }
    elements
}
