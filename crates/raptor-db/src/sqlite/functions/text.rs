//! Functions on text, counted in characters.

use super::answer::{Answer, Out, fail};
use super::argument::{int4, is_null, text};
use super::text_form::{self, T_F};
use super::{ANY, Registry};
use rusqlite::functions::Context;
use rusqlite::types::ValueRef;

pub(super) fn register(to: &Registry<'_>) -> rusqlite::Result<()> {
    to.lax("concat", ANY, |ctx| join(ctx, 0, ""))?;
    to.lax("concat_ws", ANY, |ctx| {
        if is_null(ctx, 0) {
            return Ok(Out::Null);
        }
        join(ctx, 1, text(ctx, 0)?)
    })?;
    for name in ["length", "char_length", "character_length"] {
        to.strict(name, 1, |ctx| match ctx.get_raw(0) {
            ValueRef::Blob(bytes) => count(bytes.len()),
            _ => count(text(ctx, 0)?.chars().count()),
        })?;
    }
    to.strict("octet_length", 1, |ctx| match ctx.get_raw(0) {
        ValueRef::Blob(bytes) => count(bytes.len()),
        _ => count(text(ctx, 0)?.len()),
    })?;
    to.strict("btrim", 1, |ctx| trim(ctx, 0, None, Sides::Both))?;
    to.strict("btrim", 2, |ctx| trim(ctx, 0, Some(1), Sides::Both))?;
    to.strict("op_trim", 2, |ctx| trim(ctx, 1, Some(0), Sides::Both))?;
    to.strict("ltrim", 1, |ctx| trim(ctx, 0, None, Sides::Left))?;
    to.strict("ltrim", 2, |ctx| trim(ctx, 0, Some(1), Sides::Left))?;
    to.strict("op_ltrim", 2, |ctx| trim(ctx, 1, Some(0), Sides::Left))?;
    to.strict("rtrim", 1, |ctx| trim(ctx, 0, None, Sides::Right))?;
    to.strict("rtrim", 2, |ctx| trim(ctx, 0, Some(1), Sides::Right))?;
    to.strict("op_rtrim", 2, |ctx| trim(ctx, 1, Some(0), Sides::Right))?;
    to.strict("upper", 1, |ctx| {
        Ok(plain(text(ctx, 0)?.chars().map(upper).collect()))
    })?;
    to.strict("lower", 1, |ctx| {
        Ok(plain(text(ctx, 0)?.chars().map(lower).collect()))
    })?;
    to.strict("initcap", 1, initcap)?;
    to.strict("reverse", 1, |ctx| {
        Ok(plain(text(ctx, 0)?.chars().rev().collect()))
    })?;
    to.strict("repeat", 2, repeat)?;
    to.strict("left", 2, |ctx| side(ctx, true))?;
    to.strict("right", 2, |ctx| side(ctx, false))?;
    parts(to)
}

/// Parts of a text, and what stands where in it.
fn parts(to: &Registry<'_>) -> rusqlite::Result<()> {
    for arity in [2, 3] {
        to.strict("lpad", arity, |ctx| pad(ctx, true))?;
        to.strict("rpad", arity, |ctx| pad(ctx, false))?;
        to.strict("substr", arity, substring)?;
        to.strict("substring", arity, substring)?;
    }
    to.strict("strpos", 2, |ctx| position(text(ctx, 0)?, text(ctx, 1)?))?;
    to.strict("op_position", 2, |ctx| {
        position(text(ctx, 1)?, text(ctx, 0)?)
    })?;
    to.strict("starts_with", 2, |ctx| {
        Ok(Out::Bool(text(ctx, 0)?.starts_with(text(ctx, 1)?)))
    })?;
    to.strict("replace", 3, |ctx| {
        let (text, from, into) = (text(ctx, 0)?, text(ctx, 1)?, text(ctx, 2)?);
        Ok(plain(if from.is_empty() {
            text.to_owned()
        } else {
            text.replace(from, into)
        }))
    })?;
    to.strict("translate", 3, translate)?;
    to.strict("split_part", 3, split_part)?;
    to.strict("ascii", 1, |ctx| {
        Ok(Out::Int(
            text(ctx, 0)?
                .chars()
                .next()
                .map_or(0, |c| u32::from(c).into()),
        ))
    })?;
    to.strict("chr", 1, chr)?;
    to.strict("quote_literal", 1, |ctx| {
        let text = text(ctx, 0)?;
        let quoted = text.replace('\'', "''").replace('\\', "\\\\");
        Ok(plain(if text.contains('\\') {
            format!("E'{quoted}'")
        } else {
            format!("'{quoted}'")
        }))
    })
}

fn plain(text: String) -> Out {
    Out::Plain(text)
}

fn count(n: usize) -> Answer {
    Ok(Out::Int(i64::try_from(n)?))
}

fn join(ctx: &Context<'_>, from: usize, separator: &str) -> Answer {
    let mut joined = String::new();
    let mut is_first = true;
    for at in from..ctx.len() {
        if let Some(text) = text_form::of(ctx, at, T_F)? {
            if !is_first {
                joined.push_str(separator);
            }
            joined.push_str(&text);
            is_first = false;
        }
    }
    Ok(plain(joined))
}

/// One character becomes one, as the C library's `towupper` has it: `ß` stays.
pub(super) fn upper(c: char) -> char {
    // These have a capital of one letter beside their two-letter one.
    let titled = match c {
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => 8,
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => 9,
        _ => 0,
    };
    if titled > 0 {
        return char::from_u32(u32::from(c) + titled).unwrap_or(c);
    }
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

pub(super) fn lower(c: char) -> char {
    if c == 'İ' {
        return 'i';
    }
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

fn initcap(ctx: &Context<'_>) -> Answer {
    let mut is_inside = false;
    let text = text(ctx, 0)?.chars().map(|c| {
        let cased = if is_inside { lower(c) } else { upper(c) };
        is_inside = c.is_alphanumeric();
        cased
    });
    Ok(plain(text.collect()))
}

/// The text without the set's characters at its ends.
fn trim(ctx: &Context<'_>, at: usize, set: Option<usize>, sides: Sides) -> Answer {
    let (mut rest, set) = (text(ctx, at)?, set.map_or(Ok(" "), |at| text(ctx, at))?);
    if sides != Sides::Right {
        rest = rest.trim_start_matches(|c| set.contains(c));
    }
    if sides != Sides::Left {
        rest = rest.trim_end_matches(|c| set.contains(c));
    }
    Ok(plain(rest.to_owned()))
}

#[derive(Clone, Copy, PartialEq)]
enum Sides {
    Both,
    Left,
    Right,
}

/// The longest text Postgres makes (`MaxAllocSize`); SQLite's own limit is near it.
const LONGEST: usize = 0x3fff_ffff;

fn repeat(ctx: &Context<'_>) -> Answer {
    let (text, times) = (text(ctx, 0)?, usize::try_from(int4(ctx, 1)?).unwrap_or(0));
    match text.len().checked_mul(times) {
        Some(length) if length < LONGEST - 4 => Ok(plain(text.repeat(times))),
        _ => fail("requested length too large"),
    }
}

/// A negative count leaves out that many from the other end.
fn side(ctx: &Context<'_>, is_left: bool) -> Answer {
    let (text, n) = (text(ctx, 0)?, int4(ctx, 1)?);
    // Postgres negates the number, which this one has no room for.
    if !is_left && n == i64::from(i32::MIN) {
        return Ok(plain(text.to_owned()));
    }
    let length = i64::try_from(text.chars().count())?;
    let kept = usize::try_from(if n < 0 {
        (length + n).max(0)
    } else {
        n.min(length)
    })?;
    let skipped = if is_left {
        0
    } else {
        usize::try_from(length)? - kept
    };
    Ok(plain(text.chars().skip(skipped).take(kept).collect()))
}

fn pad(ctx: &Context<'_>, is_left: bool) -> Answer {
    let (text, length) = (text(ctx, 0)?, usize::try_from(int4(ctx, 1)?).unwrap_or(0));
    let fill = if ctx.len() == 3 {
        self::text(ctx, 2)?
    } else {
        " "
    };
    if length > LONGEST / 4 {
        return fail("requested length too large");
    }
    let have = text.chars().count();
    if have >= length || fill.is_empty() {
        return Ok(plain(text.chars().take(length).collect()));
    }
    let padding: String = fill.chars().cycle().take(length - have).collect();
    Ok(plain(if is_left {
        padding + text
    } else {
        text.to_owned() + &padding
    }))
}

/// Positions before 1 count, though nothing stands there.
fn substring(ctx: &Context<'_>) -> Answer {
    if let (2, ValueRef::Text(_)) = (ctx.len(), ctx.get_raw(1)) {
        return super::regexp::substring(text(ctx, 0)?, text(ctx, 1)?);
    }
    let start = int4(ctx, 1)?;
    let length = if ctx.len() == 3 {
        Some(int4(ctx, 2)?)
    } else {
        None
    };
    if length.is_some_and(|length| length < 0) {
        return fail("negative substring length not allowed");
    }
    let skipped = usize::try_from((start - 1).max(0))?;
    let kept = length.map_or(Ok(usize::MAX), |length| {
        usize::try_from((start + length - 1 - (start - 1).max(0)).max(0))
    })?;
    Ok(match ctx.get_raw(0) {
        ValueRef::Blob(bytes) => {
            Out::Blob(bytes.iter().skip(skipped).take(kept).copied().collect())
        }
        _ => plain(text(ctx, 0)?.chars().skip(skipped).take(kept).collect()),
    })
}

/// From 1; 0 where the part is not found.
fn position(text: &str, part: &str) -> Answer {
    count(
        text.find(part)
            .map_or(0, |at| text[..at].chars().count() + 1),
    )
}

fn translate(ctx: &Context<'_>) -> Answer {
    let from: Vec<char> = text(ctx, 1)?.chars().collect();
    let into: Vec<char> = text(ctx, 2)?.chars().collect();
    let moved =
        text(ctx, 0)?
            .chars()
            .filter_map(|c| match from.iter().position(|known| *known == c) {
                None => Some(c),
                Some(at) => into.get(at).copied(),
            });
    Ok(plain(moved.collect()))
}

/// A negative field counts from the end (Postgres 14).
fn split_part(ctx: &Context<'_>) -> Answer {
    let (text, separator, field) = (text(ctx, 0)?, text(ctx, 1)?, int4(ctx, 2)?);
    if field == 0 {
        return fail("field position must not be zero");
    }
    let parts: Vec<&str> = if text.is_empty() {
        Vec::new()
    } else if separator.is_empty() {
        vec![text]
    } else {
        text.split(separator).collect()
    };
    let count = i64::try_from(parts.len())?;
    let at = if field > 0 { field - 1 } else { count + field };
    let part = usize::try_from(at).ok().and_then(|at| parts.get(at));
    Ok(plain(part.copied().unwrap_or_default().to_owned()))
}

fn chr(ctx: &Context<'_>) -> Answer {
    match u32::try_from(int4(ctx, 0)?).ok() {
        Some(0) => fail("null character not permitted"),
        Some(code) => match char::from_u32(code) {
            Some(c) => Ok(plain(c.to_string())),
            None => fail("requested character not valid for encoding"),
        },
        None => fail("character number must be positive"),
    }
}
