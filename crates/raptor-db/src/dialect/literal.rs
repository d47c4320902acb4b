//! String literals: SQLite knows the plain one and `X''` alone.

use super::Refusal;
use super::cast::{self, Target};
use super::piece::Pieces;
use crate::statement::lexer::TokenKind;

/// `E'…'` and `$tag$…$tag$` become plain literals.
pub(super) fn strings(pieces: &mut Pieces) -> Result<(), Refusal> {
    for at in 0..pieces.len() {
        let piece = pieces.get(at);
        let plain = match (piece.kind, piece.text.as_bytes()) {
            (TokenKind::DollarString, _) => quote(dollar_body(&piece.text)),
            (TokenKind::String, [b'E' | b'e', ..]) => match escaped(&piece.text) {
                Some(body) => quote(&body),
                None => return pieces.refuse(
                    at,
                    "this escape in an E'' string is not understood; write the character itself",
                ),
            },
            (TokenKind::String, [b'N' | b'n', ..]) => piece.text[1..].to_owned(),
            (TokenKind::String, [b'B' | b'b' | b'U' | b'u', ..])
            | (TokenKind::QuotedIdent, [b'U' | b'u', ..]) => {
                return pieces.refuse(
                    at,
                    "SQLite has no bit strings and no U&'' literals; write a plain one",
                );
            }
            (TokenKind::String, [b'X' | b'x', ..]) => {
                return pieces.refuse(
                    at,
                    "X'' is a bit string on Postgres and bytes on SQLite; write decode('…', 'hex')",
                );
            }
            _ => continue,
        };
        let piece = pieces.get_mut(at);
        piece.kind = TokenKind::String;
        piece.text = plain;
    }
    Ok(())
}

fn quote(body: &str) -> String {
    format!("'{}'", body.replace('\'', "''"))
}

fn dollar_body(text: &str) -> &str {
    let tag = text[1..].find('$').map_or(0, |at| at + 2);
    text.get(tag..text.len().saturating_sub(tag)).unwrap_or("")
}

/// The body of `E'…'` (PostgreSQL manual, 4.1.2.2); `None` for an escape that is not known.
fn escaped(text: &str) -> Option<String> {
    let body = text.get(2..text.len() - 1)?;
    let mut out = String::with_capacity(body.len());
    let mut chars = body.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                chars.next();
                out.push('\'');
            }
            '\\' => match chars.next()? {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                'b' => out.push('\u{8}'),
                'f' => out.push('\u{c}'),
                'u' => {
                    let digits: String = chars.by_ref().take(4).collect();
                    out.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
                }
                c if c.is_ascii_alphanumeric() => return None,
                c => out.push(c),
            },
            c => out.push(c),
        }
    }
    Some(out)
}

/// `timestamptz '…'` is a cast of the literal.
pub(super) fn typed(pieces: &mut Pieces) -> Result<(), Refusal> {
    let mut at = 0;
    while at < pieces.len() {
        let literal = pieces
            .next(at)
            .filter(|next| pieces.get(*next).kind == TokenKind::String);
        if pieces.get(at).kind == TokenKind::Word
            && let Some(literal) = literal
            && let Some(Target::Function(name)) = cast::single_word(&pieces.get(at).text)
        {
            pieces.remove(at..=literal - 1);
            pieces.wrap(at, at, name);
            at += 3;
        }
        at += 1;
    }
    Ok(())
}
