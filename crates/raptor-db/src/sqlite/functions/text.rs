//! Text, character by character as Postgres counts it.

use super::{Answer, cast, integer_of, pure, refuse, strict, text_of};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rusqlite::Connection;
use rusqlite::functions::Context;
use rusqlite::types::{Value, ValueRef};
use sha2::Digest;

/// The longest text that a function makes, as Postgres's palloc limit.
const LONGEST: usize = 1 << 30;

pub(super) fn register(conn: &Connection) -> rusqlite::Result<()> {
    conn.create_scalar_function("concat", -1, pure(), |context| {
        joined(context, 0, "").map_err(refuse)
    })?;
    conn.create_scalar_function("concat_ws", -1, pure(), |context| {
        if context.is_empty() || context.get_raw(0) == ValueRef::Null {
            return Ok(Value::Null);
        }
        let separator = text_of(context.get_raw(0)).map_err(refuse)?.to_owned();
        joined(context, 1, &separator).map_err(refuse)
    })?;
    cases(conn)?;
    parts(conn)?;
    padding(conn)?;
    hashes(conn)
}

fn joined(context: &Context<'_>, from: usize, separator: &str) -> Answer {
    let mut out = String::new();
    let mut is_first = true;
    for at in from..context.len() {
        let value = context.get_raw(at);
        if value != ValueRef::Null {
            if !is_first {
                out.push_str(separator);
            }
            is_first = false;
            out.push_str(&cast::to_text(value)?);
        }
    }
    Ok(Value::Text(out))
}

/// One character to one, as the C library does: `ß` has no single upper-case letter and stays.
fn map_case(text: &str, upper: bool) -> String {
    let one = |c: char| {
        let single =
            |mut mapped: Box<dyn Iterator<Item = char>>| match (mapped.next(), mapped.next()) {
                (Some(only), None) => only,
                _ => c,
            };
        if upper {
            single(Box::new(c.to_uppercase()))
        } else {
            single(Box::new(c.to_lowercase()))
        }
    };
    if text.is_ascii() {
        return if upper {
            text.to_ascii_uppercase()
        } else {
            text.to_ascii_lowercase()
        };
    }
    text.chars().map(one).collect()
}

fn cases(conn: &Connection) -> rusqlite::Result<()> {
    strict(conn, "upper", 1, |args| {
        Ok(Value::Text(map_case(text_of(args[0])?, true)))
    })?;
    strict(conn, "lower", 1, |args| {
        Ok(Value::Text(map_case(text_of(args[0])?, false)))
    })?;
    strict(conn, "initcap", 1, |args| {
        let mut inside = false;
        let mut out = String::new();
        for c in text_of(args[0])?.chars() {
            out.push_str(&map_case(c.encode_utf8(&mut [0; 4]), !inside));
            inside = c.is_alphanumeric();
        }
        Ok(Value::Text(out))
    })
}

/// `count` characters, or all but the last `-count` of them.
fn prefix_length(text: &str, count: i64) -> usize {
    let length = text.chars().count();
    let magnitude = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    if count >= 0 {
        magnitude.min(length)
    } else {
        length.saturating_sub(magnitude)
    }
}

fn parts(conn: &Connection) -> rusqlite::Result<()> {
    strict(conn, "left", 2, |args| {
        let text = text_of(args[0])?;
        let keep = prefix_length(text, integer_of(args[1])?);
        Ok(Value::Text(text.chars().take(keep).collect()))
    })?;
    strict(conn, "right", 2, |args| {
        let text = text_of(args[0])?;
        let keep = prefix_length(text, integer_of(args[1])?);
        let skip = text.chars().count() - keep;
        Ok(Value::Text(text.chars().skip(skip).collect()))
    })?;
    for name in ["substr", "substring"] {
        for count in [2, 3] {
            strict(conn, name, count, substring)?;
        }
    }
    strict(conn, "split_part", 3, split_part)?;
    strict(conn, "strpos", 2, |args| position(args[0], args[1]))?;
    strict(conn, "raptor_position", 2, |args| {
        position(args[1], args[0])
    })?;
    for name in ["char_length", "character_length"] {
        strict(conn, name, 1, |args| {
            count(text_of(args[0])?.chars().count())
        })?;
    }
    strict(conn, "octet_length", 1, |args| match args[0] {
        ValueRef::Blob(bytes) => count(bytes.len()),
        value => count(text_of(value)?.len()),
    })?;
    strict(conn, "reverse", 1, |args| {
        Ok(Value::Text(text_of(args[0])?.chars().rev().collect()))
    })?;
    strict(conn, "translate", 3, |args| {
        let (from, to): (Vec<char>, Vec<char>) = (
            text_of(args[1])?.chars().collect(),
            text_of(args[2])?.chars().collect(),
        );
        let mapped = text_of(args[0])?.chars().filter_map(|c| {
            match from.iter().position(|known| *known == c) {
                Some(at) => to.get(at).copied(),
                None => Some(c),
            }
        });
        Ok(Value::Text(mapped.collect()))
    })
}

fn count(number: usize) -> Answer {
    i64::try_from(number)
        .map(Value::Integer)
        .map_err(|_| "is too long".to_owned())
}

fn position(text: ValueRef<'_>, part: ValueRef<'_>) -> Answer {
    let (text, part) = (text_of(text)?, text_of(part)?);
    match text.find(part) {
        Some(at) => count(text[..at].chars().count() + 1),
        None => Ok(Value::Integer(0)),
    }
}

/// Positions before the first character count towards the length.
fn substring(args: &[ValueRef<'_>]) -> Answer {
    let text = text_of(args[0])?;
    let from = integer_of(args[1])?;
    let end = match args.get(2) {
        None => i64::MAX,
        Some(length) => {
            let length = integer_of(*length)?;
            if length < 0 {
                return Err("negative substring length not allowed".to_owned());
            }
            from.saturating_add(length)
        }
    };
    let start = from.max(1);
    let skip = usize::try_from(start - 1).unwrap_or(usize::MAX);
    let take = usize::try_from(end.saturating_sub(start).max(0)).unwrap_or(usize::MAX);
    Ok(Value::Text(text.chars().skip(skip).take(take).collect()))
}

fn split_part(args: &[ValueRef<'_>]) -> Answer {
    let (text, separator, field) = (text_of(args[0])?, text_of(args[1])?, integer_of(args[2])?);
    if field == 0 {
        return Err("field position must not be zero".to_owned());
    }
    let nth = usize::try_from(field.unsigned_abs() - 1).unwrap_or(usize::MAX);
    if separator.is_empty() {
        let whole = nth == 0 && !text.is_empty();
        return Ok(Value::Text(if whole { text } else { "" }.to_owned()));
    }
    let parts: Vec<&str> = text.split(separator).collect();
    let part = if field > 0 {
        parts.get(nth)
    } else {
        parts.iter().rev().nth(nth)
    };
    Ok(Value::Text((*part.unwrap_or(&"")).to_owned()))
}

fn padding(conn: &Connection) -> rusqlite::Result<()> {
    for count in [2, 3] {
        strict(conn, "lpad", count, |args| pad(args, true))?;
        strict(conn, "rpad", count, |args| pad(args, false))?;
    }
    strict(conn, "repeat", 2, |args| {
        let text = text_of(args[0])?;
        let times = usize::try_from(integer_of(args[1])?).unwrap_or(0);
        if text.len().saturating_mul(times) > LONGEST {
            return Err("requested length too large".to_owned());
        }
        Ok(Value::Text(text.repeat(times)))
    })?;
    for count in [1, 2] {
        strict(conn, "btrim", count, |args| trim(args, true, true))?;
        strict(conn, "trim", count, |args| trim(args, true, true))?;
        strict(conn, "ltrim", count, |args| trim(args, true, false))?;
        strict(conn, "rtrim", count, |args| trim(args, false, true))?;
    }
    Ok(())
}

fn pad(args: &[ValueRef<'_>], is_left: bool) -> Answer {
    let text = text_of(args[0])?;
    let wanted = usize::try_from(integer_of(args[1])?).unwrap_or(0);
    let fill = args.get(2).map_or(Ok(" "), |fill| text_of(*fill))?;
    if wanted > LONGEST {
        return Err("requested length too large".to_owned());
    }
    let length = text.chars().count();
    let missing = wanted.saturating_sub(length);
    let kept: String = text.chars().take(wanted).collect();
    let filling: String = fill.chars().cycle().take(missing).collect();
    Ok(Value::Text(if is_left {
        filling + &kept
    } else {
        kept + &filling
    }))
}

fn trim(args: &[ValueRef<'_>], left: bool, right: bool) -> Answer {
    let mut text = text_of(args[0])?;
    let set: Vec<char> = args
        .get(1)
        .map_or(Ok(" "), |set| text_of(*set))?
        .chars()
        .collect();
    if left {
        text = text.trim_start_matches(&*set);
    }
    if right {
        text = text.trim_end_matches(&*set);
    }
    Ok(Value::Text(text.to_owned()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes of hexadecimal digits.
pub(super) fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let digits = digits.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let nibble = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|n| u8::try_from(n).ok())
    };
    digits
        .chunks_exact(2)
        .map(|pair| Some(nibble(pair[0])? << 4 | nibble(pair[1])?))
        .collect()
}

fn bytes_of(value: ValueRef<'_>) -> Result<&[u8], String> {
    match value {
        ValueRef::Blob(bytes) => Ok(bytes),
        _ => Err("needs bytes".to_owned()),
    }
}

fn hashes(conn: &Connection) -> rusqlite::Result<()> {
    strict(conn, "md5", 1, |args| {
        let bytes = match args[0] {
            ValueRef::Blob(bytes) => bytes,
            value => text_of(value)?.as_bytes(),
        };
        Ok(Value::Text(hex(&md5::Md5::digest(bytes))))
    })?;
    strict(conn, "sha256", 1, |args| {
        Ok(Value::Blob(
            sha2::Sha256::digest(bytes_of(args[0])?).to_vec(),
        ))
    })?;
    strict(conn, "encode", 2, |args| {
        let bytes = bytes_of(args[0])?;
        match text_of(args[1])? {
            "hex" => Ok(Value::Text(hex(bytes))),
            "base64" => Ok(Value::Text(in_lines(&STANDARD.encode(bytes)))),
            _ => Err("knows hex and base64".to_owned()),
        }
    })?;
    strict(conn, "decode", 2, |args| {
        let text = text_of(args[0])?;
        let plain: String = text
            .chars()
            .filter(|c| !matches!(c, ' ' | '\n' | '\r' | '\t'))
            .collect();
        let bytes = match text_of(args[1])? {
            "hex" => from_hex(&plain),
            "base64" => STANDARD.decode(plain).ok(),
            _ => return Err("knows hex and base64".to_owned()),
        };
        bytes
            .map(Value::Blob)
            .ok_or_else(|| "is not of that encoding".to_owned())
    })
}

/// Postgres breaks base64 after 76 characters (RFC 2045).
fn in_lines(text: &str) -> String {
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(76)
        .map(|line| std::str::from_utf8(line).unwrap_or_default())
        .collect();
    lines.join("\n")
}
