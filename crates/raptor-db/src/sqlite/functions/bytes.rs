//! Digests, and `encode`/`decode`.

use super::Registry;
use super::answer::{Answer, Out, fail};
use super::argument::text;
use super::text_form::hex;
use rusqlite::functions::Context;
use rusqlite::types::ValueRef;
use sha2::Digest;

pub(super) fn register(to: &Registry<'_>) -> rusqlite::Result<()> {
    to.strict("md5", 1, |ctx| {
        let bytes = match ctx.get_raw(0) {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
            _ => return fail("no such function: md5 takes text or bytea"),
        };
        Ok(Out::Plain(hex(&md5::Md5::digest(bytes))))
    })?;
    to.strict("sha224", 1, |ctx| {
        Ok(Out::Blob(sha2::Sha224::digest(bytea(ctx)?).to_vec()))
    })?;
    to.strict("sha256", 1, |ctx| {
        Ok(Out::Blob(sha2::Sha256::digest(bytea(ctx)?).to_vec()))
    })?;
    to.strict("sha384", 1, |ctx| {
        Ok(Out::Blob(sha2::Sha384::digest(bytea(ctx)?).to_vec()))
    })?;
    to.strict("sha512", 1, |ctx| {
        Ok(Out::Blob(sha2::Sha512::digest(bytea(ctx)?).to_vec()))
    })?;
    to.strict("encode", 2, encode)?;
    to.strict("decode", 2, decode)?;
    to.strict("convert_to", 2, |ctx| {
        utf8_only(ctx)?;
        Ok(Out::Blob(text(ctx, 0)?.as_bytes().to_vec()))
    })?;
    to.strict("convert_from", 2, |ctx| {
        utf8_only(ctx)?;
        let text = super::argument::utf8(bytea(ctx)?)?;
        if text.contains('\0') {
            return fail("invalid byte sequence for encoding \"UTF8\": 0x00");
        }
        Ok(Out::Plain(text.to_owned()))
    })
}

fn utf8_only(ctx: &Context<'_>) -> Answer<()> {
    let name = text(ctx, 1)?;
    if ["utf8", "utf-8"]
        .iter()
        .any(|utf8| name.eq_ignore_ascii_case(utf8))
    {
        return Ok(());
    }
    fail(format!(
        "the encoding {name:?} is not UTF8, which both engines know"
    ))
}

fn bytea<'c>(ctx: &'c Context<'_>) -> Answer<&'c [u8]> {
    match ctx.get_raw(0) {
        ValueRef::Blob(bytes) => Ok(bytes),
        _ => fail("no such function for these types: the first argument is not bytea"),
    }
}

fn encode(ctx: &Context<'_>) -> Answer {
    let bytes = bytea(ctx)?;
    let form = text(ctx, 1)?;
    Ok(Out::Plain(if form.eq_ignore_ascii_case("hex") {
        hex(bytes)
    } else if form.eq_ignore_ascii_case("base64") {
        to_base64(bytes)
    } else {
        return unrecognized(form);
    }))
}

fn decode(ctx: &Context<'_>) -> Answer {
    let form = text(ctx, 1)?;
    let text = text(ctx, 0)?.as_bytes();
    if form.eq_ignore_ascii_case("hex") {
        from_hex(text).map(Out::Blob)
    } else if form.eq_ignore_ascii_case("base64") {
        from_base64(text).map(Out::Blob)
    } else {
        unrecognized(form)
    }
}

fn unrecognized(form: &str) -> Answer {
    fail(format!(
        "unrecognized encoding: {form:?} (both engines know hex and base64)"
    ))
}

/// Blanks may stand between the pairs.
pub(super) fn from_hex(text: &[u8]) -> Answer<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut half = None;
    for c in text {
        if half.is_none() && matches!(c, b' ' | b'\n' | b'\t' | b'\r') {
            continue;
        }
        let Some(digit) = char::from(*c)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
        else {
            return fail("invalid hexadecimal digit");
        };
        half = match half {
            None => Some(digit),
            Some(high) => {
                bytes.push(high << 4 | digit);
                None
            }
        };
    }
    if half.is_some() {
        return fail("invalid hexadecimal data: odd number of digits");
    }
    Ok(bytes)
}

/// `bytea`'s old form: `\\` and `\ooo`, every other byte as it is.
pub(super) fn from_escape(text: &[u8]) -> Answer<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        rest = match (first, tail) {
            (b'\\', [b'\\', tail @ ..]) => {
                bytes.push(b'\\');
                tail
            }
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', tail @ ..]) => {
                bytes.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                tail
            }
            (b'\\', _) => return fail("invalid input syntax for type bytea"),
            (byte, tail) => {
                bytes.push(*byte);
                tail
            }
        };
    }
    Ok(bytes)
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A line ends after 76 characters, as Postgres ends it: also the last one, if it is full.
fn to_base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for (group, chunk) in bytes.chunks(3).enumerate() {
        let word = chunk.iter().enumerate().fold(0u32, |word, (at, byte)| {
            word | u32::from(*byte) << (16 - 8 * at)
        });
        for at in 0..4 {
            let sextet = usize::try_from(word >> (18 - 6 * at) & 63).expect("six bits fit");
            text.push(if at <= chunk.len() {
                char::from(BASE64[sextet])
            } else {
                '='
            });
        }
        if chunk.len() == 3 && group % 19 == 18 {
            text.push('\n');
        }
    }
    text
}

/// As `pg_base64_decode` goes: the first padding decides how much every later group gives.
fn from_base64(text: &[u8]) -> Answer<Vec<u8>> {
    let (mut bytes, mut word, mut digits, mut kept) = (Vec::new(), 0u32, 0, 3);
    for c in text
        .iter()
        .filter(|c| !matches!(c, b' ' | b'\t' | b'\n' | b'\r'))
    {
        let sextet = match BASE64.iter().position(|digit| digit == c) {
            Some(sextet) => u32::try_from(sextet)?,
            None if *c == b'=' => {
                if kept == 3 && digits < 2 {
                    return fail("unexpected \"=\" while decoding base64 sequence");
                }
                kept = if kept == 3 { digits - 1 } else { kept };
                0
            }
            None => return fail("invalid symbol found while decoding base64 sequence"),
        };
        word = word << 6 | sextet;
        digits += 1;
        if digits == 4 {
            let [_, a, b, c] = word.to_be_bytes();
            bytes.extend_from_slice(&[a, b, c][..kept]);
            (word, digits) = (0, 0);
        }
    }
    if digits != 0 {
        return fail("invalid base64 end sequence");
    }
    Ok(bytes)
}
