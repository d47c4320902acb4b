//! String literals in the spelling SQLite knows, and the ones it would read another way.

use super::rewrite::{Change, Rewrite};
use crate::statement::lexer::TokenKind;
use crate::value::text;
use std::borrow::Cow;

pub(super) fn rewrite(rewrite: &mut Rewrite<'_>) -> Change {
    for at in 0..rewrite.len() {
        let text = rewrite.text(at);
        match rewrite.kind(at) {
            Some(TokenKind::String) if !text.starts_with('\'') => prefixed(rewrite, at, text)?,
            // 'a' on one line and 'b' on the next are one literal on Postgres.
            Some(TokenKind::String) if rewrite.kind(at + 1) == Some(TokenKind::String) => {
                return rewrite.refuse(at + 1, "a string continued by another; write one literal");
            }
            Some(TokenKind::DollarString) => {
                let quoted = quote(&value(text));
                rewrite.replace(at, quoted);
            }
            Some(TokenKind::QuotedIdent) if !text.starts_with('"') => {
                return rewrite.refuse(at, "a U&\"\" identifier");
            }
            Some(TokenKind::Number) => number(rewrite, at, text)?,
            // Postgres folds a bare name to lower case, which the names of result columns show.
            Some(TokenKind::Word) if text.bytes().any(|b| b.is_ascii_uppercase()) => {
                rewrite.replace(at, text.to_ascii_lowercase());
            }
            _ => {}
        }
    }
    Ok(())
}

/// A date or uuid in quotes is of its own type on Postgres and a text on SQLite: it must say its type
/// or be in the form that is stored.
pub(super) fn refuse_untyped(rewrite: &mut Rewrite<'_>) -> Change {
    for at in 0..rewrite.len() {
        if rewrite.kind(at) != Some(TokenKind::String)
            || rewrite.wrapped_from(at).is_some()
            || rewrite.wrapped_to(at).is_some()
        {
            continue;
        }
        let value = value(rewrite.text(at));
        let b = value.as_bytes();
        let shape = |pattern: &[u8]| {
            b.len() >= pattern.len()
                && pattern.iter().zip(b).all(|(p, c)| {
                    if *p == b'0' {
                        c.is_ascii_digit()
                    } else {
                        p == c
                    }
                })
        };
        let is_date = shape(b"0000-00-00")
            && (b.len() == 10 || shape(b"0000-00-00T00:00") || shape(b"0000-00-00 00:00"));
        let is_stored = b.len() == 27 && b[10] == b'T' && text::to_timestamptz(&value).is_some();
        if is_date && !is_stored {
            return rewrite.refuse(
                at,
                "a date or time in quotes without its type; write date '…' or timestamptz '…'",
            );
        }
        if b.len() == 36
            && value.bytes().any(|c| c.is_ascii_uppercase())
            && uuid::Uuid::try_parse(&value).is_ok()
        {
            return rewrite.refuse(at, "a uuid in capitals without its type; write uuid '…'");
        }
    }
    Ok(())
}

fn prefixed(rewrite: &mut Rewrite<'_>, at: usize, text: &str) -> Change {
    match text.as_bytes()[0] | 0x20 {
        b'e' => match escapes(&text[2..text.len() - 1]) {
            Some(value) => {
                rewrite.replace(at, quote(&value));
                Ok(())
            }
            None => rewrite.refuse(
                at,
                "an E'' string with a byte or unicode escape that is no character",
            ),
        },
        b'n' => {
            rewrite.replace(at, text[1..].to_owned());
            Ok(())
        }
        // SQLite's x'' is a blob, Postgres's a bit string.
        b'x' | b'b' => rewrite.refuse(at, "a bit string; write bytes as '\\x…'::bytea"),
        _ => rewrite.refuse(at, "a U&'' string; write the characters themselves"),
    }
}

fn number(rewrite: &mut Rewrite<'_>, at: usize, text: &str) -> Change {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if text.contains(['x', 'X', 'o', 'O', 'b', 'B', '_']) {
        return rewrite.refuse(at, "a number that is not written in plain decimal digits");
    }
    let is_whole = text.bytes().all(|b| b.is_ascii_digit());
    if is_whole && text.parse::<i64>().is_err() || !is_whole && digits > 15 {
        return rewrite.refuse(
            at,
            "a number with more digits than SQLite keeps; write numeric '…'",
        );
    }
    Ok(())
}

/// The value of a plain or dollar-quoted literal.
pub(super) fn value(literal: &str) -> Cow<'_, str> {
    if let Some(rest) = literal.strip_prefix('\'') {
        return Cow::Owned(rest[..rest.len() - 1].replace("''", "'"));
    }
    if let Some(rest) = literal.strip_prefix('$') {
        let tag = rest.find('$').map_or(1, |at| at + 2);
        return Cow::Borrowed(&literal[tag..literal.len() - tag]);
    }
    if literal.starts_with("e'") || literal.starts_with("E'") {
        return Cow::Owned(escapes(&literal[2..literal.len() - 1]).unwrap_or_default());
    }
    Cow::Borrowed(literal)
}

fn quote(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// The value of an `E''` string's inside (PostgreSQL manual, 4.1.2.2); `None` where it is no text.
fn escapes(inside: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(inside.len());
    let mut chars = inside.chars().peekable();
    let digits = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>, radix: u32, most: usize| {
        let mut value = None;
        for _ in 0..most {
            let Some(digit) = chars.peek().and_then(|c| c.to_digit(radix)) else {
                break;
            };
            chars.next();
            value = Some(value.unwrap_or(0) * radix + digit);
        }
        value
    };
    let mut utf8 = [0; 4];
    while let Some(c) = chars.next() {
        if c == '\'' {
            // Doubled.
            chars.next();
        }
        if c != '\\' {
            bytes.extend_from_slice(c.encode_utf8(&mut utf8).as_bytes());
            continue;
        }
        let escaped = chars.next()?;
        match escaped {
            'b' => bytes.push(8),
            'f' => bytes.push(12),
            'n' => bytes.push(b'\n'),
            'r' => bytes.push(b'\r'),
            't' => bytes.push(b'\t'),
            'x' => match digits(&mut chars, 16, 2) {
                Some(value) => bytes.push(u8::try_from(value).ok()?),
                None => bytes.push(b'x'),
            },
            'u' | 'U' => {
                let value = digits(&mut chars, 16, if escaped == 'u' { 4 } else { 8 })?;
                bytes.extend_from_slice(char::from_u32(value)?.encode_utf8(&mut utf8).as_bytes());
            }
            '0'..='7' => {
                let first = escaped.to_digit(8)?;
                let mut value = first;
                for _ in 0..2 {
                    let Some(digit) = chars.peek().and_then(|c| c.to_digit(8)) else {
                        break;
                    };
                    chars.next();
                    value = value * 8 + digit;
                }
                bytes.push(u8::try_from(value & 0xff).ok()?);
            }
            other => bytes.extend_from_slice(other.encode_utf8(&mut utf8).as_bytes()),
        }
    }
    let text = String::from_utf8(bytes).ok()?;
    (!text.contains('\0')).then_some(text)
}
