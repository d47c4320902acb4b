//! The statements inside of another: of a DO block, those of EXECUTE with its text at hand too, and
//! of CREATE SCHEMA.

use super::cursor::Cursor;
use super::word::{Word, split, words};
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
    let other = language(outer).is_some_and(|it| it != "plpgsql");
    let body = outer.iter().find(|word| is_text(word));
    let Some((text, offset)) = body
        .filter(|_| !other && first.is("do"))
        .and_then(Word::content)
    else {
        return Vec::new();
    };
    pieces(&words(text, offset, Engine::Postgres))
}

/// What stands behind LANGUAGE, in small letters.
pub(in crate::lint) fn language(outer: &[Word<'_>]) -> Option<String> {
    let pair = outer.windows(2).find(|pair| pair[0].is("language"))?;
    let name = pair[1].text.trim_matches(['"', '\'']);
    Some(name.to_ascii_lowercase())
}

/// How many arguments a function or procedure has, and the statements that a call of it runs. One in
/// another language than SQL or PL/pgSQL has none.
pub(in crate::lint) fn body<'s>(outer: &[Word<'s>]) -> (usize, Vec<Vec<Word<'s>>>) {
    let open = outer.iter().position(|word| word.opens());
    let mut cursor = Cursor::new(&outer[open.unwrap_or(outer.len())..], Engine::Postgres);
    let arguments = cursor.group().unwrap_or_default();
    let count = if arguments.is_empty() {
        0
    } else {
        split(arguments, ",").len()
    };
    let is_read = language(outer).is_none_or(|it| ["sql", "plpgsql"].contains(&it.as_str()));
    if !is_read {
        return (count, Vec::new());
    }
    let text = outer
        .windows(2)
        .find(|pair| pair[0].is("as") && is_text(&pair[1]));
    let statements = match text.and_then(|pair| pair[1].content()) {
        Some((text, offset)) => pieces(&words(text, offset, Engine::Postgres)),
        None => {
            let atomic = outer.iter().position(|word| word.is("atomic"));
            pieces(atomic.map_or(&[][..], |at| &outer[at + 1..]))
        }
    };
    (count, statements)
}

/// What stands between the semicolons.
fn pieces<'s>(body: &[Word<'s>]) -> Vec<Vec<Word<'s>>> {
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
        let starts = ["begin", "else", "loop", "declare", "exception"];
        if cursor.eat_any(&starts) || cursor.eat_all(&["return", "query"]) {
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
    let rest = cursor.rest();
    if !cursor.is("execute") {
        return Some(rest.to_vec());
    }
    // A text that is only put together when it runs leaves EXECUTE alone.
    match rest
        .iter()
        .find(|word| is_text(word))
        .and_then(Word::content)
    {
        Some((text, offset)) => Some(words(text, offset, Engine::Postgres)),
        None => Some(rest.to_vec()),
    }
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
