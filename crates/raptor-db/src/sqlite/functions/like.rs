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

/// One `%` to come back to is enough: linear for one, never worse than the product of the lengths.
fn matches(text: &str, pattern: &str, escape: Option<char>) -> Answer<bool> {
    let (mut rest, mut next) = (text.chars(), pattern.chars());
    let mut back = None;
    loop {
        let before = (rest.clone(), next.clone());
        let is_same = match next.next() {
            Some('%') if escape != Some('%') => {
                back = Some((next.clone(), rest.clone()));
                continue;
            }
            Some('_') if escape != Some('_') => rest.next().is_some(),
            Some(c) if Some(c) == escape => match next.next() {
                Some(c) => rest.next() == Some(c),
                None => return fail("LIKE pattern must not end with escape character"),
            },
            Some(c) => rest.next() == Some(c),
            None => {
                if before.0.as_str().is_empty() {
                    return Ok(true);
                }
                false
            }
        };
        if is_same {
            continue;
        }
        let Some((after, from)) = &mut back else {
            return Ok(false);
        };
        if from.next().is_none() {
            return Ok(false);
        }
        (rest, next) = (from.clone(), after.clone());
    }
}
