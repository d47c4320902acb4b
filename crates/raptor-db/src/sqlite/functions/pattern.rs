//! LIKE, ILIKE and regular expressions, with Postgres's meaning.
//!
//! SQLite lets `LIKE`, `MATCH` and `REGEXP` be functions; the dialect writes ILIKE as MATCH and `~`
//! as REGEXP. Expressions are Postgres's "advanced" ones (manual, 9.7.3) as far as they mean the
//! same to the `regex` crate; back references and look-around are refused by it.

use super::{Answer, pure, refuse, strict, text_of};
use regex::{Regex, RegexBuilder};
use rusqlite::Connection;
use rusqlite::functions::Context;
use rusqlite::types::{Value, ValueRef};
use std::sync::Arc;

pub(super) fn register(conn: &Connection) -> rusqlite::Result<()> {
    // SQLite hands the pattern over first.
    strict(conn, "like", 2, |args| {
        like(args[1], args[0], Some('\\'), false)
    })?;
    strict(conn, "like", 3, |args| {
        let mut escape = text_of(args[2])?.chars();
        match (escape.next(), escape.next()) {
            (escape, None) => like(args[1], args[0], escape, false),
            _ => Err("invalid escape string".to_owned()),
        }
    })?;
    strict(conn, "match", 2, |args| {
        like(args[1], args[0], Some('\\'), true)
    })?;
    conn.create_scalar_function("regexp", 2, pure(), |context| {
        let (pattern, text) = (context.get_raw(0), context.get_raw(1));
        if pattern == ValueRef::Null || text == ValueRef::Null {
            return Ok(Value::Null);
        }
        let regex = compiled(context, 0, "")?;
        let text = text_of(text).map_err(refuse)?;
        Ok(Value::Integer(regex.is_match(text).into()))
    })?;
    for count in [3, 4] {
        conn.create_scalar_function("regexp_replace", count, pure(), replace)?;
    }
    Ok(())
}

fn like(text: ValueRef<'_>, pattern: ValueRef<'_>, escape: Option<char>, fold: bool) -> Answer {
    let (text, pattern) = (text_of(text)?, text_of(pattern)?);
    if !fold {
        return matches(text, pattern, escape).map(|yes| Value::Integer(yes.into()));
    }
    let (text, pattern) = (text.to_lowercase(), pattern.to_lowercase());
    matches(&text, &pattern, escape).map(|yes| Value::Integer(yes.into()))
}

/// Greedy with one point to come back to: linear for one `%`, and never worse than the product.
fn matches(text: &str, pattern: &str, escape: Option<char>) -> Result<bool, String> {
    let pattern = wildcards(pattern, escape)?;
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut next) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    loop {
        match pattern.get(next) {
            Some(Wild::Any) => {
                back = Some((next + 1, at));
                next += 1;
                continue;
            }
            Some(Wild::One) if at < text.len() => {
                (at, next) = (at + 1, next + 1);
                continue;
            }
            Some(Wild::Char(c)) if text.get(at) == Some(c) => {
                (at, next) = (at + 1, next + 1);
                continue;
            }
            None if at == text.len() => return Ok(true),
            _ => {}
        }
        match back {
            Some((after, from)) if from < text.len() => {
                back = Some((after, from + 1));
                (at, next) = (from + 1, after);
            }
            _ => return Ok(false),
        }
    }
}

enum Wild {
    Any,
    One,
    Char(char),
}

fn wildcards(pattern: &str, escape: Option<char>) -> Result<Vec<Wild>, String> {
    let mut out = Vec::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            c if Some(c) == escape => match chars.next() {
                Some(c) => Wild::Char(c),
                None => return Err("LIKE pattern must not end with escape character".to_owned()),
            },
            '%' => Wild::Any,
            '_' => Wild::One,
            c => Wild::Char(c),
        });
    }
    Ok(out)
}

/// The compiled pattern; SQLite keeps it while the argument is constant.
fn compiled(context: &Context<'_>, place: i32, flags: &str) -> rusqlite::Result<Arc<Regex>> {
    let flags = flags.to_owned();
    context.get_or_create_aux(
        place,
        move |value| -> Result<Regex, Box<dyn std::error::Error + Send + Sync>> {
            let (pattern, mut flags) = (text_of(value)?, flags);
            let pattern = match pattern.strip_prefix("(?i)") {
                Some(rest) => {
                    flags.push('i');
                    rest
                }
                None => pattern,
            };
            RegexBuilder::new(&translated(pattern))
                .case_insensitive(flags.contains('i'))
                .dot_matches_new_line(true)
                .build()
                .map_err(|_| "this regular expression is not done on SQLite".into())
        },
    )
}

/// What Postgres spells otherwise: word boundaries, and `\d` as digits alone.
fn translated(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('m') => out.push_str(r"\b{start}"),
            Some('M') => out.push_str(r"\b{end}"),
            Some('y') => out.push_str(r"\b"),
            Some('Y') => out.push_str(r"\B"),
            Some('Z') => out.push_str(r"\z"),
            Some(c) => {
                out.push('\\');
                out.push(c);
            }
            None => out.push('\\'),
        }
    }
    out
}

fn replace(context: &mut Context<'_>) -> rusqlite::Result<Value> {
    if (0..context.len()).any(|at| context.get_raw(at) == ValueRef::Null) {
        return Ok(Value::Null);
    }
    let argument = |at: usize| text_of(context.get_raw(at)).map_err(refuse);
    let (text, pattern, with) = (argument(0)?, argument(1)?, argument(2)?);
    let flags = if context.len() == 4 { argument(3)? } else { "" };
    if !flags.chars().all(|flag| matches!(flag, 'g' | 'i')) {
        return Err(refuse(
            "regexp_replace: the flags g and i are done on SQLite",
        ));
    }
    // Postgres takes the longest match, regex the first alternative that matches: where those can
    // differ, the answer would.
    if pattern.contains('|')
        || ["*?", "+?", "??", "}?"]
            .iter()
            .any(|lazy| pattern.contains(lazy))
    {
        return Err(refuse(
            "regexp_replace: alternatives and lazy quantifiers are not done on SQLite",
        ));
    }
    let regex = compiled(context, 1, flags)?;
    let with = replacement(with);
    let out = if flags.contains('g') {
        regex.replace_all(text, with.as_str())
    } else {
        regex.replace(text, with.as_str())
    };
    Ok(Value::Text(out.into_owned()))
}

/// `\1`, `\&` and `\\` in the regex crate's spelling.
fn replacement(with: &str) -> String {
    let mut out = String::new();
    let mut chars = with.chars();
    while let Some(c) = chars.next() {
        match c {
            '$' => out.push_str("$$"),
            '\\' => match chars.next() {
                Some('&') => out.push_str("${0}"),
                Some(digit @ '1'..='9') => {
                    out.push_str("${");
                    out.push(digit);
                    out.push('}');
                }
                Some('\\') | None => out.push('\\'),
                Some(other) => {
                    out.push('\\');
                    out.push(other);
                }
            },
            c => out.push(c),
        }
    }
    out
}
