//! LIKE with a pattern that is not a plain literal, and ILIKE.
//!
//! A literal pattern stays with SQLite's own LIKE, made case-sensitive, which can use an index.
//! Everything else comes here with an escape character written by the dialect: `\` for LIKE, and
//! the word `ilike` for ILIKE, whose escape character is `\` too.

use super::Registry;
use super::answer::{Answer, Out, fail};
use super::argument::text;
use super::text::lower;
use rusqlite::functions::Context;
use std::str::Chars;

pub(super) fn register(to: &Registry<'_>) -> rusqlite::Result<()> {
    to.conn.execute_batch("PRAGMA case_sensitive_like = ON")?;
    // SQLite hands the pattern over first.
    to.strict("like", 3, like)
}

fn like(ctx: &Context<'_>) -> Answer {
    let (pattern, text, escape) = (text(ctx, 0)?, text(ctx, 1)?, text(ctx, 2)?);
    if escape == "ilike" {
        let fold = |text: &str| text.chars().map(lower).collect::<String>();
        return matches(&fold(text), &fold(pattern), Some('\\')).map(Out::Bool);
    }
    let mut escape = escape.chars();
    match (escape.next(), escape.next()) {
        (escape, None) => matches(text, pattern, escape).map(Out::Bool),
        _ => fail("invalid escape string"),
    }
}

/// As Postgres's `MatchText` goes: a pattern's mistake is found only where the match gets to it, and
/// nothing more is looked at once the text is used up. One `%` to come back to is enough: linear for
/// one, never worse than the product of the lengths.
fn matches(text: &str, pattern: &str, escape: Option<char>) -> Answer<bool> {
    let (mut rest, mut next) = (text.chars(), pattern.chars());
    let mut back = None;
    while let Some(found) = rest.clone().next() {
        let is_same = match next.next() {
            Some(c) if Some(c) == escape => match next.next() {
                Some(c) => c == found,
                None => return unended(),
            },
            Some('%') => {
                if !wildcards(&mut rest, &mut next) {
                    return Ok(false);
                }
                if next.as_str().is_empty() {
                    return Ok(true);
                }
                let mut after = next.clone();
                if after.next() == escape && after.next().is_none() {
                    return unended();
                }
                back = Some((next.clone(), rest.clone()));
                continue;
            }
            Some('_') => true,
            Some(c) => c == found,
            None => false,
        };
        if is_same {
            rest.next();
            continue;
        }
        let Some((after, from)) = &mut back else {
            return Ok(false);
        };
        from.next();
        (rest, next) = (from.clone(), after.clone());
    }
    Ok(next.as_str().trim_start_matches('%').is_empty())
}

fn unended<T>() -> Answer<T> {
    fail("LIKE pattern must not end with escape character")
}

/// Passes more `%` and `_` after a `%`; false where the text has too few characters for them.
fn wildcards(rest: &mut Chars<'_>, next: &mut Chars<'_>) -> bool {
    loop {
        match next.clone().next() {
            Some('%') => {}
            Some('_') if rest.next().is_none() => return false,
            Some('_') => {}
            _ => return true,
        }
        next.next();
    }
}
