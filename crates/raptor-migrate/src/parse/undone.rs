//! The comments in which a file says what is still to be done by hand. They may stand anywhere; what
//! a string, a dollar quote or a block comment holds is none.

use super::{Source, header};
use crate::revision::Undone;
use raptor_db::lexer::TokenKind;

/// What such a comment begins with, behind its dashes.
const MARK: &str = "to do by hand:";

/// All of them, in the order of the file.
pub(super) fn read(source: &Source) -> Vec<Undone> {
    let mut undone = Vec::new();
    let mut directives = source.directives.iter().peekable();
    let mut in_down = false;
    for token in &source.tokens {
        while let Some(directive) = directives.next_if(|it| it.start <= token.start) {
            in_down = is_down(source.payload(directive), in_down);
        }
        if token.kind != TokenKind::Comment {
            continue;
        }
        let Some(text) = said(token.text(&source.text)) else {
            continue;
        };
        undone.push(Undone {
            place: source.place(token.start),
            text: text.to_owned(),
            in_down,
        });
    }
    undone
}

fn said(comment: &str) -> Option<&str> {
    let comment = comment.strip_prefix("--")?.trim_start_matches('-').trim();
    let begins = comment.get(..MARK.len())?.eq_ignore_ascii_case(MARK);
    begins.then(|| comment[MARK.len()..].trim())
}

/// `call` and `rebuild` belong to the direction that they stand in.
fn is_down(payload: &str, in_down: bool) -> bool {
    match payload.split_whitespace().next() {
        _ if header::is_header(payload) => false,
        Some("down") => true,
        Some("up" | "verify") => false,
        _ => in_down,
    }
}
