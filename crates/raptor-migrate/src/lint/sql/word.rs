//! The words of a statement: its tokens without blanks and comments, each with its place.

use raptor_db::Engine;
use raptor_db::lexer::{self, TokenKind};
use std::fmt;

/// One token that means something to an engine.
#[derive(Debug, Clone, Copy)]
pub(in crate::lint) struct Word<'s> {
    pub(in crate::lint) kind: TokenKind,
    pub(in crate::lint) text: &'s str,
    /// Its first byte in the statement.
    pub(in crate::lint) at: usize,
}

/// A name as the engine folds it, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::lint) struct Ident {
    pub(in crate::lint) text: String,
    pub(in crate::lint) at: usize,
}

/// A name that may have a schema.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::lint) struct Name {
    pub(in crate::lint) schema: Option<String>,
    pub(in crate::lint) name: String,
    pub(in crate::lint) at: usize,
}

impl<'s> Word<'s> {
    /// Whether this is the unquoted word `word`.
    pub(in crate::lint) fn is(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(word)
    }

    pub(in crate::lint) fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }

    /// Whether this is the punctuation or operator `text`.
    pub(in crate::lint) fn is_symbol(&self, text: &str) -> bool {
        let symbol = matches!(
            self.kind,
            TokenKind::Punct | TokenKind::Operator | TokenKind::Cast
        );
        symbol && self.text == text
    }

    /// Whether it stands for a value as it is written.
    pub(in crate::lint) fn is_literal(&self) -> bool {
        matches!(
            self.kind,
            TokenKind::String | TokenKind::DollarString | TokenKind::Number
        ) || self.is_any(&["true", "false", "null"])
    }

    pub(in crate::lint) fn opens(&self) -> bool {
        self.is_symbol("(") || self.is_symbol("[")
    }

    pub(in crate::lint) fn closes(&self) -> bool {
        self.is_symbol(")") || self.is_symbol("]")
    }

    /// What a string or dollar quote holds, still with its doubled quotes, and where that begins.
    pub(in crate::lint) fn content(&self) -> Option<(&'s str, usize)> {
        let (open, close) = match self.kind {
            TokenKind::String => (self.text.find('\'')? + 1, 1),
            TokenKind::DollarString => {
                let tag = self.text[1..].find('$')? + 2;
                (tag, tag)
            }
            _ => return None,
        };
        let end = self.text.len().checked_sub(close)?;
        Some((self.text.get(open..end)?, self.at + open))
    }
}

impl Name {
    /// Whether both can mean the same table: a name without a schema may be in any.
    pub(in crate::lint) fn may_be(&self, other: &Self) -> bool {
        let schemas = match (&self.schema, &other.schema) {
            (Some(one), Some(two)) => one == two,
            _ => true,
        };
        schemas && self.name == other.name
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{}.", written(schema))?;
        }
        f.write_str(&written(&self.name))
    }
}

impl fmt::Display for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&written(&self.text))
    }
}

/// A folded name as it can be written in SQL.
fn written(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

/// A name as the engine folds it: Postgres keeps the case of what is quoted, SQLite of nothing.
pub(in crate::lint) fn fold(word: &Word<'_>, engine: Engine) -> Option<String> {
    let text = match word.kind {
        TokenKind::Word => word.text.to_ascii_lowercase(),
        TokenKind::QuotedIdent => unquoted(word.text),
        TokenKind::String if engine == Engine::Sqlite => word.content()?.0.replace("''", "'"),
        _ => return None,
    };
    Some(match engine {
        Engine::Postgres => text,
        Engine::Sqlite => text.to_ascii_lowercase(),
    })
}

fn unquoted(text: &str) -> String {
    let open = text.find(['"', '[', '`']).map_or(0, |at| at + 1);
    let mut end = text.len();
    while end > open && !text.is_char_boundary(end - 1) {
        end -= 1;
    }
    let inner = text.get(open..end.saturating_sub(1)).unwrap_or_default();
    inner.replace("\"\"", "\"")
}

/// The words of `text`, whose first byte stands at `offset`. A text that cannot be cut has none.
pub(in crate::lint) fn words(text: &str, offset: usize, engine: Engine) -> Vec<Word<'_>> {
    let tokens = lexer::tokens(text).unwrap_or_default();
    let code = tokens.iter().filter(|token| token.is_code());
    let words: Vec<Word<'_>> = code
        .map(|token| Word {
            kind: token.kind,
            text: token.text(text),
            at: offset + token.start,
        })
        .collect();
    if engine == Engine::Sqlite && text.contains(['[', '`']) {
        return quoted_as_sqlite(text, offset, &words);
    }
    words
}

/// SQLite also quotes names as `[name]` and `` `name` ``.
fn quoted_as_sqlite<'s>(text: &'s str, offset: usize, words: &[Word<'s>]) -> Vec<Word<'s>> {
    let mut merged = Vec::with_capacity(words.len());
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let close = match word.text {
            "[" => "]",
            "`" => "`",
            _ => {
                merged.push(*word);
                at += 1;
                continue;
            }
        };
        let rest = &words[at + 1..];
        let Some(length) = rest.iter().position(|word| word.text == close) else {
            merged.push(*word);
            at += 1;
            continue;
        };
        let end = rest[length].at + 1;
        merged.push(Word {
            kind: TokenKind::QuotedIdent,
            text: &text[word.at - offset..end - offset],
            at: word.at,
        });
        at += length + 2;
    }
    merged
}

/// The words on one line, with a blank where blanks or comments stood.
pub(in crate::lint) fn text(words: &[Word<'_>]) -> String {
    let mut text = String::new();
    let mut end = None;
    for word in words {
        if end.is_some_and(|end| end < word.at) {
            text.push(' ');
        }
        end = Some(word.at + word.text.len());
        text.push_str(word.text);
    }
    text
}

/// Cuts words at a symbol that stands in no brackets.
pub(in crate::lint) fn split<'w, 's>(words: &'w [Word<'s>], at: &str) -> Vec<&'w [Word<'s>]> {
    let mut depth = 0usize;
    let mut parts = Vec::new();
    let mut start = 0;
    for (place, word) in words.iter().enumerate() {
        if word.opens() {
            depth += 1;
        } else if word.closes() {
            depth = depth.saturating_sub(1);
        } else if depth == 0 && (word.is_symbol(at) || word.is(at)) {
            parts.push(&words[start..place]);
            start = place + 1;
        }
    }
    parts.push(&words[start..]);
    parts
}
