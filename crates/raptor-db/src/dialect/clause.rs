//! Clauses: locks that SQLite does not need, the order of NULLs, and what is refused.

use super::Refusal;
use super::piece::Pieces;
use crate::statement::lexer::TokenKind;

/// Constructs that SQLite has not, with what to write instead.
const REFUSED: &[(&[&str], &str)] = &[
    (
        &["distinct", "on"],
        "SQLite has no DISTINCT ON; use GROUP BY or row_number()",
    ),
    (
        &["on", "constraint"],
        "SQLite has no ON CONSTRAINT; name the columns: ON CONFLICT (…)",
    ),
    (&["lateral"], "SQLite has no LATERAL"),
    (&["fetch", "first"], "write LIMIT"),
    (&["fetch", "next"], "write LIMIT"),
    (
        &["at", "time", "zone"],
        "SQLite keeps no time zones; convert in the program",
    ),
    (&["localtimestamp"], "times have a zone here; use now()"),
    (&["localtime"], "times have a zone here; use now()"),
    (&["current_time"], "times have a zone here; use now()"),
    (&["tablesample"], "SQLite has no TABLESAMPLE"),
    (&["within", "group"], "SQLite has no WITHIN GROUP"),
    (&["grouping", "sets"], "SQLite has no GROUPING SETS"),
];

/// Refuses what SQLite cannot do, and positions in arrays.
pub(super) fn refuse(pieces: &mut Pieces) -> Result<(), Refusal> {
    for at in 0..pieces.len() {
        for (words, instead) in REFUSED {
            // A column may be called like a word when it is qualified or quoted.
            let is_name = pieces
                .prev(at)
                .is_some_and(|before| pieces.is_symbol(before, "."));
            if !is_name && pieces.words(at, words).is_some() {
                return pieces.refuse(at, *instead);
            }
        }
        if pieces.is_symbol(at, "[") && pieces.get(at).kind == TokenKind::Punct {
            let is_constructor = pieces
                .prev(at)
                .is_some_and(|before| pieces.is_word(before, "array"));
            let is_type = pieces
                .next(at)
                .is_some_and(|next| pieces.is_symbol(next, "]"));
            if !is_constructor && !is_type {
                return pieces.refuse(
                    at,
                    "SQLite has no array positions; unnest the array in the program",
                );
            }
        }
    }
    Ok(())
}

/// Single words that stand for a call or for nothing.
pub(super) fn words(pieces: &mut Pieces) -> Result<(), Refusal> {
    for at in 0..pieces.len() {
        let text = if pieces.is_word(at, "current_timestamp") {
            "now()"
        } else if pieces.is_word(at, "current_date") {
            "raptor_date(now())"
        } else if pieces.is_word(at, "collate")
            && pieces
                .next(at)
                .is_some_and(|next| pieces.get(next).text == "\"C\"")
        {
            let name = pieces.next(at).unwrap_or(at);
            "BINARY".clone_into(&mut pieces.get_mut(name).text);
            continue;
        } else if let Some(all) = pieces.words(at, &["limit", "all"]) {
            "-1".clone_into(&mut pieces.get_mut(all).text);
            continue;
        } else {
            continue;
        };
        text.clone_into(&mut pieces.get_mut(at).text);
    }
    Ok(())
}

/// `FOR UPDATE OF t SKIP LOCKED`: the one writer holds the only lock there is.
pub(super) fn locks(pieces: &mut Pieces) -> Result<(), Refusal> {
    const STRENGTHS: &[&[&str]] = &[
        &["for", "update"],
        &["for", "no", "key", "update"],
        &["for", "share"],
        &["for", "key", "share"],
    ];
    let mut at = 0;
    while at < pieces.len() {
        if let Some(mut end) = STRENGTHS.iter().find_map(|words| pieces.words(at, words)) {
            let mut next = pieces.next(end);
            if let Some(of) = next.filter(|next| pieces.is_word(*next, "of")) {
                end = pieces.next(of).unwrap_or(of);
                while let Some(comma) = pieces.next(end).filter(|at| pieces.is_symbol(*at, ",")) {
                    end = pieces.next(comma).unwrap_or(comma);
                }
                next = pieces.next(end);
            }
            if let Some(next) = next {
                if pieces.is_word(next, "nowait") {
                    end = next;
                } else if let Some(locked) = pieces.words(next, &["skip", "locked"]) {
                    end = locked;
                }
            }
            pieces.remove(at..=end);
        }
        at += 1;
    }
    Ok(())
}

/// What ends a list of ORDER BY at its own depth.
const ENDS: &[&str] = &[
    "limit",
    "offset",
    "rows",
    "range",
    "groups",
    "union",
    "intersect",
    "except",
    "returning",
    "for",
    "fetch",
];

/// Postgres puts NULLs last, and first where the order is descending; SQLite does the opposite.
pub(super) fn null_order(pieces: &mut Pieces) -> Result<(), Refusal> {
    let mut at = 0;
    while at < pieces.len() {
        if let Some(by) = pieces.words(at, &["order", "by"]) {
            order_list(pieces, by);
            at = by;
        }
        at += 1;
    }
    Ok(())
}

fn order_list(pieces: &mut Pieces, by: usize) {
    let mut item = by + 1;
    loop {
        let end = pieces
            .at_depth(item..pieces.len(), |at| {
                pieces.is_symbol(at, ",")
                    || pieces.is_symbol(at, ";")
                    || pieces.is_symbol(at, ")")
                    || ENDS.iter().any(|word| pieces.is_word(at, word))
            })
            .unwrap_or(pieces.len());
        let is_comma = end < pieces.len() && pieces.is_symbol(end, ",");
        let last = pieces.prev(end).filter(|last| *last >= item);
        let mut shift = 0;
        if let Some(last) = last {
            let says = pieces
                .prev(last)
                .is_some_and(|before| pieces.is_word(before, "nulls"));
            if !says {
                let order = if pieces.is_word(last, "desc") {
                    " NULLS FIRST"
                } else {
                    " NULLS LAST"
                };
                pieces.insert(last + 1, TokenKind::Word, order);
                shift = 1;
            }
        }
        if !is_comma {
            return;
        }
        item = end + shift + 1;
    }
}
