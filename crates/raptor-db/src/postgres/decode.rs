//! Postgres's binary format to Rust values, by the column's own type.

use super::Cell;
use crate::cell::{Misread, NULL, Reading, other_type};
use crate::value::{Array, Decimal, Element, Item};
use postgres_protocol::types;
use std::fmt::Display;
use time::{Date, Duration, OffsetDateTime};
use tokio_postgres::types::{Kind, Type};
use uuid::Uuid;

/// The type behind a domain.
pub(crate) fn base(mut ty: &Type) -> &Type {
    while let Kind::Domain(inner) = ty.kind() {
        ty = inner;
    }
    ty
}

fn raw<'r>(cell: Cell<'r>) -> Reading<&'r [u8]> {
    cell.raw.ok_or(NULL.into())
}

fn wrong<T>(cell: Cell<'_>, wanted: &str) -> Reading<T> {
    Err(other_type(cell.ty.name(), wanted))
}

fn broken(error: impl Display) -> Misread {
    Misread::new(format!("came in a form that is not its type's: {error}"))
}

pub(crate) fn bool(cell: Cell<'_>) -> Reading<bool> {
    match *base(cell.ty) {
        Type::BOOL => types::bool_from_sql(raw(cell)?).map_err(broken),
        _ => wrong(cell, "a bool"),
    }
}

pub(crate) fn i64(cell: Cell<'_>) -> Reading<i64> {
    let raw = raw(cell)?;
    match *base(cell.ty) {
        Type::INT2 => types::int2_from_sql(raw).map(i64::from).map_err(broken),
        Type::INT4 => types::int4_from_sql(raw).map(i64::from).map_err(broken),
        Type::INT8 => types::int8_from_sql(raw).map_err(broken),
        Type::OID => types::oid_from_sql(raw).map(i64::from).map_err(broken),
        // sum(bigint) and count-like arithmetic answer numeric.
        Type::NUMERIC => numeric(raw)?
            .parse::<Decimal>()
            .ok()
            .and_then(Decimal::to_i64)
            .ok_or("is no whole number that fits i64".into()),
        _ => wrong(cell, "an integer"),
    }
}

pub(crate) fn f64(cell: Cell<'_>) -> Reading<f64> {
    let raw = raw(cell)?;
    match *base(cell.ty) {
        Type::FLOAT8 => types::float8_from_sql(raw).map_err(broken),
        Type::FLOAT4 => types::float4_from_sql(raw).map(f64::from).map_err(broken),
        Type::INT2 => types::int2_from_sql(raw).map(f64::from).map_err(broken),
        Type::INT4 => types::int4_from_sql(raw).map(f64::from).map_err(broken),
        _ => wrong(cell, "a double"),
    }
}

pub(crate) fn decimal(cell: Cell<'_>) -> Reading<Decimal> {
    match *base(cell.ty) {
        Type::NUMERIC => numeric(raw(cell)?)?
            .parse()
            .map_err(|why| Misread::new(format!("is {why}"))),
        Type::INT2 | Type::INT4 | Type::INT8 => i64(cell).map(Decimal::from),
        _ => wrong(cell, "a decimal"),
    }
}

pub(crate) fn str(cell: Cell<'_>) -> Reading<&str> {
    let ty = base(cell.ty);
    match *ty {
        Type::TEXT
        | Type::VARCHAR
        | Type::BPCHAR
        | Type::NAME
        | Type::UNKNOWN
        | Type::JSON
        | Type::XML => types::text_from_sql(raw(cell)?).map_err(broken),
        Type::JSONB => types::text_from_sql(jsonb(raw(cell)?)?).map_err(broken),
        _ if matches!(ty.kind(), Kind::Enum(_)) || ty.name() == "citext" => {
            types::text_from_sql(raw(cell)?).map_err(broken)
        }
        _ => wrong(cell, "text"),
    }
}

pub(crate) fn text(cell: Cell<'_>) -> Reading<String> {
    match *base(cell.ty) {
        Type::NUMERIC => numeric(raw(cell)?),
        Type::UUID => uuid(cell).map(|id| id.to_string()),
        Type::CHAR => types::char_from_sql(raw(cell)?)
            .map(|c| char::from(c.cast_unsigned()).to_string())
            .map_err(broken),
        _ => str(cell).map(str::to_owned),
    }
}

pub(crate) fn bytes(cell: Cell<'_>) -> Reading<&[u8]> {
    match *base(cell.ty) {
        Type::BYTEA => raw(cell),
        _ => wrong(cell, "bytes"),
    }
}

pub(crate) fn uuid(cell: Cell<'_>) -> Reading<Uuid> {
    match *base(cell.ty) {
        Type::UUID => types::uuid_from_sql(raw(cell)?)
            .map(Uuid::from_bytes)
            .map_err(broken),
        Type::TEXT | Type::VARCHAR => {
            Uuid::parse_str(str(cell)?).map_err(|_| "is text that is no uuid".into())
        }
        _ => wrong(cell, "a uuid"),
    }
}

const EPOCH: OffsetDateTime = time::macros::datetime!(2000-01-01 00:00 UTC);

pub(crate) fn timestamptz(cell: Cell<'_>) -> Reading<OffsetDateTime> {
    match *base(cell.ty) {
        Type::TIMESTAMPTZ => {
            let micros = types::timestamp_from_sql(raw(cell)?).map_err(broken)?;
            let instant = EPOCH.checked_add(Duration::microseconds(micros));
            instant
                .filter(|at| at.year() >= 1)
                .ok_or("is infinite or outside the years 1 to 9999".into())
        }
        Type::TIMESTAMP => {
            Err("is a timestamp without time zone; make the column timestamptz".into())
        }
        _ => wrong(cell, "a timestamptz"),
    }
}

pub(crate) fn date(cell: Cell<'_>) -> Reading<Date> {
    match *base(cell.ty) {
        Type::DATE => {
            let days = types::date_from_sql(raw(cell)?).map_err(broken)?;
            let date = EPOCH.date().checked_add(Duration::days(days.into()));
            date.filter(|date| date.year() >= 1)
                .ok_or("is infinite or outside the years 1 to 9999".into())
        }
        _ => wrong(cell, "a date"),
    }
}

pub(crate) fn json(cell: Cell<'_>) -> Reading<serde_json::Value> {
    let text = match *base(cell.ty) {
        Type::JSON => raw(cell)?,
        Type::JSONB => jsonb(raw(cell)?)?,
        _ => return wrong(cell, "json"),
    };
    serde_json::from_slice(text).map_err(broken)
}

/// Binary jsonb is a version byte and the text.
fn jsonb(raw: &[u8]) -> Reading<&[u8]> {
    match raw.split_first() {
        Some((1, text)) => Ok(text),
        _ => Err("is jsonb of an unknown version".into()),
    }
}

pub(crate) fn array(cell: Cell<'_>, element: Element) -> Reading<Array> {
    let raw = raw(cell)?;
    let Kind::Array(member) = base(cell.ty).kind() else {
        return wrong(cell, "an array");
    };
    let array = types::array_from_sql(raw).map_err(broken)?;
    let mut dimensions = Vec::new();
    let mut walk = array.dimensions();
    while let Some(dimension) =
        fallible_iterator::FallibleIterator::next(&mut walk).map_err(broken)?
    {
        if dimension.lower_bound != 1 {
            return Err("is an array that does not start at 1".into());
        }
        dimensions.push(usize::try_from(dimension.len).map_err(broken)?);
    }
    let mut items = Vec::new();
    let mut walk = array.values();
    while let Some(value) = fallible_iterator::FallibleIterator::next(&mut walk).map_err(broken)? {
        let cell = Cell {
            ty: member,
            raw: value,
        };
        items.push(match (value, element) {
            (None, _) => None,
            (Some(_), Element::Text) => Some(Item::Text(text(cell)?)),
            (Some(_), Element::I64) => Some(Item::I64(i64(cell)?)),
            (Some(_), Element::Uuid) => Some(Item::Uuid(uuid(cell)?)),
        });
    }
    Ok(Array {
        element,
        dimensions,
        items,
    })
}

/// The exact text of a binary numeric, as the server itself would print it.
fn numeric(raw: &[u8]) -> Reading<String> {
    let word = |at: usize| {
        raw.get(at..at + 2)
            .map(|b| u16::from_be_bytes([b[0], b[1]]))
            .ok_or(Misread::from("is a cut numeric"))
    };
    let count = usize::from(word(0)?);
    let weight = i32::from(word(2)?.cast_signed());
    let sign = word(4)?;
    let scale = usize::from(word(6)?);
    let negative = match sign {
        0x0000 => false,
        0x4000 => true,
        0xC000 => return Err("is NaN".into()),
        _ => return Err("is infinite".into()),
    };
    let digit = |place: i32| -> Reading<u16> {
        let at = usize::try_from(weight - place)
            .ok()
            .filter(|at| *at < count);
        at.map_or(Ok(0), |at| word(8 + 2 * at))
    };
    let mut text = String::from(if negative { "-" } else { "" });
    text.push_str(&digit(weight.max(0))?.to_string());
    for place in (0..weight.max(0)).rev() {
        text.push_str(&format!("{:04}", digit(place)?));
    }
    if scale > 0 {
        text.push('.');
        let whole = text.len();
        let mut place = -1;
        while text.len() < whole + scale {
            text.push_str(&format!("{:04}", digit(place)?));
            place -= 1;
        }
        text.truncate(whole + scale);
    }
    Ok(text)
}
