//! Reads a cell as the type of its column, or says why it cannot.

use super::moment::{self, DAY, Moment};
use super::price::Price;
use super::{Reason, Value, decimal};
use crate::kind::{Conversion, Epoch, Kind};
use crate::zone::{Instant, Zone};
use raptor_db::RawValue;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// The cell as a value of that type. Nothing is rounded, cut or guessed: what the type cannot hold as it
/// is, is refused.
pub(crate) fn read<'v>(cell: RawValue<'v>, to: Conversion) -> Result<Value<'v>, Reason> {
    if cell == RawValue::Null {
        return Ok(Value::Null);
    }
    match to.kind {
        Kind::Boolean => boolean(cell),
        Kind::Smallint => integer(cell, i64::from(i16::MIN), i64::from(i16::MAX)),
        Kind::Integer => integer(cell, i64::from(i32::MIN), i64::from(i32::MAX)),
        Kind::Bigint => integer(cell, i64::MIN, i64::MAX),
        Kind::Double => double(cell).map(Value::Double),
        Kind::Real => real(cell),
        Kind::Numeric(limits) => {
            let price = match cell {
                RawValue::Integer(value) => Price::of_whole(value),
                RawValue::Real(value) => Price::of_double(value),
                _ => None,
            };
            if let Some(price) = price {
                price.fits(limits)?;
                return Ok(Value::Price(price));
            }
            let value = number(cell)?;
            decimal::fits(&value, limits)?;
            Ok(Value::Decimal(value))
        }
        Kind::Text | Kind::Citext | Kind::Enum | Kind::Cast => text(cell, None),
        Kind::Varchar(0) => text(cell, None),
        Kind::Varchar(length) | Kind::Char(length) => text(cell, Some(length)),
        Kind::Bytea => match cell {
            RawValue::Blob(bytes) | RawValue::Text(bytes) => Ok(Value::Bytes(bytes)),
            _ => Err("it is a number, and no bytes".into()),
        },
        Kind::Uuid => uuid(cell).map(Value::Uuid),
        Kind::Date => date(cell, to),
        Kind::Time => match moment::text(str_of(cell)?)? {
            Moment {
                day: None,
                micros: Some(micros),
                zone: None,
            } => counted(micros, to.digits),
            _ => Err("it is no time of day alone".into()),
        },
        Kind::Timestamp => counted(time(cell, to, false)?, to.digits),
        Kind::Timestamptz => counted(time(cell, to, true)?, to.digits),
        // A duration is kept as a time since 1970.
        Kind::Interval => counted(time(cell, to, false)? + 10_957 * DAY, to.digits),
        Kind::Json => json(cell, false),
        Kind::Jsonb => json(cell, true),
    }
}

fn boolean(cell: RawValue<'_>) -> Result<Value<'_>, Reason> {
    let is = match cell {
        RawValue::Integer(0) => false,
        RawValue::Integer(1) => true,
        RawValue::Real(0.0) => false,
        RawValue::Real(1.0) => true,
        RawValue::Text(text) => match text.to_ascii_lowercase().as_slice() {
            b"0" | b"f" | b"false" | b"n" | b"no" | b"off" => false,
            b"1" | b"t" | b"true" | b"y" | b"yes" | b"on" => true,
            _ => return Err("it is neither true nor false".into()),
        },
        _ => return Err("it is neither true nor false".into()),
    };
    Ok(Value::Boolean(is))
}

fn integer(cell: RawValue<'_>, min: i64, max: i64) -> Result<Value<'_>, Reason> {
    let value = match cell {
        RawValue::Integer(value) => value,
        #[expect(clippy::cast_possible_truncation, reason = "whole, and in range")]
        RawValue::Real(value) if value.fract() == 0.0 && value.abs() < 9.2e18 => value as i64,
        RawValue::Real(_) => return Err("it is no whole number that fits".into()),
        RawValue::Text(_) => {
            let text = str_of(cell)?.trim_ascii();
            text.parse()
                .map_err(|_| "it is no whole number that fits")?
        }
        _ => return Err("it is no number".into()),
    };
    if (min..=max).contains(&value) {
        Ok(Value::Integer(value))
    } else {
        Err("it is a larger number than the type holds".into())
    }
}

fn double(cell: RawValue<'_>) -> Result<f64, Reason> {
    let value = match cell {
        RawValue::Real(value) => value,
        RawValue::Integer(value) => {
            #[expect(clippy::cast_precision_loss, reason = "a loss is refused")]
            let double = value as f64;
            #[expect(clippy::cast_possible_truncation, reason = "compared with what it was")]
            if double as i128 != i128::from(value) {
                return Err("it is a whole number that a double cannot hold".into());
            }
            double
        }
        RawValue::Text(_) => {
            let text = str_of(cell)?.trim_ascii();
            let value: f64 = text.parse().map_err(|_| "it is no number")?;
            if value.is_infinite() && text.bytes().any(|it| it.is_ascii_digit()) {
                return Err("it is a larger number than a double holds".into());
            }
            value
        }
        _ => return Err("it is no number".into()),
    };
    Ok(value)
}

/// The value as it is: what a `real` keeps of it is told apart.
fn real(cell: RawValue<'_>) -> Result<Value<'_>, Reason> {
    let value = double(cell)?;
    let kept = single(value);
    if kept.is_infinite() && value.is_finite() || kept == 0.0 && value != 0.0 {
        return Err("it is out of the range of the type real".into());
    }
    Ok(Value::Double(value))
}

/// What a `real` keeps of a number.
#[expect(clippy::cast_possible_truncation, reason = "that is what is asked for")]
pub(crate) fn single(value: f64) -> f32 {
    value as f32
}

/// What a `real` makes of a number, where that is written with other digits.
pub(crate) fn rounded(value: f64) -> Option<f32> {
    let kept = single(value);
    let is_same = kept.to_string().parse().is_ok_and(|it: f64| it == value);
    (!is_same && !value.is_nan()).then_some(kept)
}

/// The digits of a number.
fn number(cell: RawValue<'_>) -> Result<Cow<'_, str>, Reason> {
    match cell {
        RawValue::Integer(value) => Ok(Cow::Owned(value.to_string())),
        RawValue::Real(value) => decimal::of_double(value).map(Cow::Owned),
        RawValue::Text(text) => decimal::of_text(utf8(text)?),
        _ => Err("it is no number".into()),
    }
}

fn text(cell: RawValue<'_>, most: Option<u32>) -> Result<Value<'_>, Reason> {
    let text = match cell {
        RawValue::Text(text) => Cow::Borrowed(utf8(text)?),
        RawValue::Integer(value) => Cow::Owned(value.to_string()),
        RawValue::Real(value) => Cow::Owned(format!("{value:?}")),
        _ => return Err("it is a blob, and no text".into()),
    };
    if text.as_bytes().contains(&0) {
        return Err("it has a NUL in it, which Postgres cannot hold in a text".into());
    }
    if let Some(most) = most
        && text.len() > most as usize
        && text.chars().count() > most as usize
    {
        return Err(format!("it is longer than {most} characters").into());
    }
    Ok(Value::Text(text))
}

fn uuid(cell: RawValue<'_>) -> Result<[u8; 16], Reason> {
    let no = "it is no UUID";
    match cell {
        RawValue::Blob(bytes) => bytes.try_into().map_err(|_| no.into()),
        RawValue::Text(text) => {
            let mut uuid = [0; 16];
            let mut at = 0;
            for (place, byte) in text.iter().enumerate() {
                if *byte == b'-' && text.len() == 36 && matches!(place, 8 | 13 | 18 | 23) {
                    continue;
                }
                let digit = char::from(*byte).to_digit(16).ok_or(no)?;
                let half = uuid.get_mut(at / 2).ok_or(no)?;
                *half = *half << 4 | u8::try_from(digit).unwrap_or_default();
                at += 1;
            }
            if at == 32 { Ok(uuid) } else { Err(no.into()) }
        }
        _ => Err(no.into()),
    }
}

fn date(cell: RawValue<'_>, to: Conversion) -> Result<Value<'_>, Reason> {
    let no = "it is no date alone";
    let day = match cell {
        RawValue::Text(_) => {
            let moment = moment::text(str_of(cell)?)?;
            if moment.micros.is_some_and(|it| it != 0) || moment.zone.is_some() {
                return Err("it has a time of day, which a date cannot hold".into());
            }
            moment.day.ok_or(no)?
        }
        _ => {
            let micros = moment_of(cell, to.epoch)?;
            if micros.rem_euclid(DAY) != 0 {
                return Err("it has a time of day, which a date cannot hold".into());
            }
            i32::try_from(micros.div_euclid(DAY)).map_err(|_| no)?
        }
    };
    Ok(Value::Date(day))
}

/// Microseconds, where the type keeps all of their digits.
fn counted<'v>(micros: i64, digits: u8) -> Result<Value<'v>, Reason> {
    let step = 10_i64.pow(6_u32.saturating_sub(u32::from(digits)));
    match micros % step {
        0 => Ok(Value::Micros(micros)),
        _ => Err(
            format!("it has more than {digits} digits of a second, which the type keeps").into(),
        ),
    }
}

/// Microseconds since 2000-01-01.
fn time(cell: RawValue<'_>, to: Conversion, with_zone: bool) -> Result<i64, Reason> {
    let RawValue::Text(_) = cell else {
        return moment_of(cell, to.epoch);
    };
    let moment = moment::text(str_of(cell)?)?;
    let day = moment.day.ok_or("it is a time of day without a date")?;
    let local = i64::from(day) * DAY + moment.micros.unwrap_or_default();
    match (with_zone, moment.zone) {
        (true, Some(zone)) => Ok(local - i64::from(zone) * SECOND),
        (true, None) => Ok(in_zone(local, to.zone)?.0),
        (false, None | Some(0)) => Ok(local),
        (false, Some(_)) => Err("it names a zone, which the type would forget".into()),
    }
}

/// What a clock of a zone shows as a point in time, and whether the clock showed it twice; microseconds
/// since 2000-01-01 both.
fn in_zone(clock: i64, zone: Zone) -> Result<(i64, bool), Reason> {
    let seconds = clock.div_euclid(SECOND) + TO_2000;
    let (at, is_twice) = match zone.instant(seconds) {
        Instant::Once(at) => (at, false),
        Instant::Twice(at) => (at, true),
        Instant::Never => {
            let zone = String::from(zone);
            return Err(format!("the clocks of {zone} were set forward over it").into());
        }
    };
    Ok((clock + (at - seconds) * SECOND, is_twice))
}

/// Whether a text is a time that the clocks of its zone showed twice; it was taken for the first then.
pub(crate) fn is_twice(cell: RawValue<'_>, to: Conversion) -> bool {
    let RawValue::Text(_) = cell else {
        return false;
    };
    let twice = || -> Result<bool, Reason> {
        let moment = moment::text(str_of(cell)?)?;
        let day = moment.day.filter(|_| moment.zone.is_none());
        let day = day.ok_or("it is no time of a zone")?;
        let clock = i64::from(day) * DAY + moment.micros.unwrap_or_default();
        in_zone(clock, to.zone).map(|(_, is_twice)| is_twice)
    };
    to.kind == Kind::Timestamptz && to.zone.is_named() && twice().unwrap_or(false)
}

const SECOND: i64 = 1_000_000;
/// Seconds from 1970 to 2000.
const TO_2000: i64 = 946_684_800;

/// Microseconds since 2000-01-01 from a number.
fn moment_of(cell: RawValue<'_>, epoch: Epoch) -> Result<i64, Reason> {
    match cell {
        #[expect(clippy::cast_precision_loss, reason = "the exact number is given too")]
        RawValue::Integer(value) => moment::number(value as f64, Some(value), epoch),
        RawValue::Real(value) => moment::number(value, None, epoch),
        _ => Err("it is no date or time".into()),
    }
}

fn json(cell: RawValue<'_>, is_binary: bool) -> Result<Value<'_>, Reason> {
    let text = match cell {
        RawValue::Text(text) => utf8(text)?,
        // A declared type that SQLite does not know makes a number of the document `12`.
        RawValue::Integer(value) => return Ok(Value::Json(Cow::Owned(value.to_string()))),
        RawValue::Real(value) => {
            let number = serde_json::Number::from_f64(value);
            let number = number.ok_or("it is infinite, which JSON has no word for")?;
            return Ok(Value::Json(Cow::Owned(number.to_string())));
        }
        _ => return Err("it is a blob, and no JSON".into()),
    };
    if is_too_deep(text) {
        return Err(format!("it is nested deeper than {DEEPEST} levels").into());
    }
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        return Err(format!("it is no JSON: {error}").into());
    }
    if is_binary && has_nul(text) {
        return Err("it has \\u0000 in it, which jsonb cannot hold".into());
    }
    Ok(Value::Json(Cow::Borrowed(text)))
}

/// How deep documents may be nested: about as deep as Postgres reads them with the stack that it has.
const DEEPEST: usize = 5_000;

/// Whether a document is nested deeper than is taken.
pub(crate) fn is_too_deep(text: &str) -> bool {
    depth(text) > DEEPEST
}

/// No less than how deep a document is nested.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Whether a valid document has `\u0000` in it, and not behind a backslash that is meant itself.
fn has_nul(text: &str) -> bool {
    let mut rest = text;
    while let Some((_, escape)) = rest.split_once('\\') {
        if escape.starts_with("u0000") {
            return true;
        }
        let mut signs = escape.chars();
        signs.next();
        rest = signs.as_str();
    }
    false
}

fn str_of(cell: RawValue<'_>) -> Result<&str, Reason> {
    match cell {
        RawValue::Text(text) => utf8(text),
        _ => Err("it is no text".into()),
    }
}

fn utf8(text: &[u8]) -> Result<&str, Reason> {
    std::str::from_utf8(text).map_err(|error| {
        let at = error.valid_up_to();
        format!("it is not UTF-8 (byte {at}, counted from 0)").into()
    })
}
