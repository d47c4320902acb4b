//! Values in the form of the type that the server described; what does not fit is refused by name.

use super::decode::base;
use crate::error::Result;
use crate::statement::Parsed;
use crate::value::{Array, Decimal, Item, ValueRef, text};
use bytes::{BufMut, BytesMut};
use postgres_protocol::types as wire;
use postgres_protocol::types::ArrayDimension;
use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use time::{Date, OffsetDateTime};
use tokio_postgres::types::{IsNull, Kind, ToSql, Type, to_sql_checked};
use uuid::Uuid;

/// A value in the server's own type.
pub(crate) enum Bound<'a> {
    Null,
    Bool(bool),
    I16(i16),
    I32(i32),
    I64(i64),
    Oid(u32),
    F32(f32),
    F64(f64),
    Numeric(Decimal),
    Text(Cow<'a, str>),
    Bytes(&'a [u8]),
    Uuid(Uuid),
    Micros(i64),
    Days(i32),
    Jsonb(Cow<'a, str>),
    Array { array: &'a Array, member: Type },
}

/// Fits every value to its described type.
///
/// # Errors
/// [`ErrorKind::Type`](crate::ErrorKind::Type), naming the parameter, what it is and what the server wants.
pub(crate) fn bind<'a>(
    parsed: &Parsed,
    values: &'a [ValueRef<'a>],
    types: &[Type],
) -> Result<Vec<Bound<'a>>> {
    let mut bound = Vec::with_capacity(values.len());
    for ((value, ty), name) in values.iter().zip(types).zip(&parsed.names) {
        let what = value.type_name();
        match fit(value, base(ty)) {
            Some(value) => bound.push(value),
            None => {
                let reason = format!(
                    "is {what} and does not fit {ty} without loss; give a {ty}, or write :{name}::TYPE if the statement means another type"
                );
                return Err(parsed.misfit(name, &reason));
            }
        }
    }
    Ok(bound)
}

/// `None` where the value would change.
fn fit<'a>(value: &'a ValueRef<'a>, ty: &Type) -> Option<Bound<'a>> {
    match value {
        ValueRef::Null => Some(Bound::Null),
        ValueRef::Bool(v) => (*ty == Type::BOOL).then_some(Bound::Bool(*v)),
        ValueRef::I64(v) => integer(*v, ty),
        ValueRef::F64(v) => double(*v, ty),
        ValueRef::Decimal(v) => match *ty {
            Type::NUMERIC => Some(Bound::Numeric(*v)),
            _ => integer(v.to_i64()?, ty)
                .filter(|_| matches!(*ty, Type::INT2 | Type::INT4 | Type::INT8)),
        },
        ValueRef::Text(v) => of_text(v, ty),
        ValueRef::Bytes(v) => (*ty == Type::BYTEA).then_some(Bound::Bytes(v)),
        ValueRef::Uuid(v) => of_uuid(*v, ty),
        ValueRef::Timestamptz(v) if *ty == Type::TIMESTAMPTZ => micros(*v).map(Bound::Micros),
        ValueRef::Timestamptz(v) => {
            is_text(ty).then(|| Bound::Text(text::timestamptz_text(*v).into()))
        }
        ValueRef::Date(v) if *ty == Type::DATE => days(*v).map(Bound::Days),
        ValueRef::Date(v) => is_text(ty).then(|| Bound::Text(text::of_date(*v).into())),
        ValueRef::Json(v) => match *ty {
            Type::JSONB => Some(Bound::Jsonb(v.to_string().into())),
            Type::JSON => Some(Bound::Text(v.to_string().into())),
            _ => is_text(ty).then(|| Bound::Text(v.to_string().into())),
        },
        ValueRef::Array(array) => of_array(array, ty),
        ValueRef::Unfit(_) => None,
    }
}

fn is_text(ty: &Type) -> bool {
    matches!(
        *ty,
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN
    ) || matches!(ty.kind(), Kind::Enum(_))
        || ty.name() == "citext"
}

fn integer<'a>(v: i64, ty: &Type) -> Option<Bound<'a>> {
    match *ty {
        Type::INT8 => Some(Bound::I64(v)),
        Type::INT4 => v.try_into().ok().map(Bound::I32),
        Type::INT2 => v.try_into().ok().map(Bound::I16),
        Type::OID => v.try_into().ok().map(Bound::Oid),
        Type::NUMERIC => Some(Bound::Numeric(v.into())),
        // Whole numbers up to 2^53 are doubles, bit for bit.
        Type::FLOAT8 if v.unsigned_abs() <= 1 << 53 => v.to_string().parse().ok().map(Bound::F64),
        Type::FLOAT4 if v.unsigned_abs() <= 1 << 24 => v.to_string().parse().ok().map(Bound::F32),
        _ => None,
    }
}

fn double<'a>(v: f64, ty: &Type) -> Option<Bound<'a>> {
    match *ty {
        Type::FLOAT8 => Some(Bound::F64(v)),
        Type::FLOAT4 => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the next line checks that nothing was cut"
            )]
            let narrow = v as f32;
            (f64::from(narrow).to_bits() == v.to_bits()).then_some(Bound::F32(narrow))
        }
        _ => None,
    }
}

fn of_text<'a>(v: &'a str, ty: &Type) -> Option<Bound<'a>> {
    match *ty {
        _ if is_text(ty) => Some(Bound::Text(v.into())),
        Type::UUID => Uuid::parse_str(v).ok().map(Bound::Uuid),
        Type::TIMESTAMPTZ => micros(text::to_timestamptz(v)?).map(Bound::Micros),
        Type::DATE => days(text::to_date(v)?).map(Bound::Days),
        Type::NUMERIC => v.parse().ok().map(Bound::Numeric),
        Type::INT2 | Type::INT4 | Type::INT8 => {
            let number: i64 = v.parse().ok()?;
            (number.to_string() == v)
                .then(|| integer(number, ty))
                .flatten()
        }
        Type::JSON => is_json(v).then(|| Bound::Text(v.into())),
        Type::JSONB => is_json(v).then(|| Bound::Jsonb(v.into())),
        _ => None,
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

fn of_uuid<'a>(v: Uuid, ty: &Type) -> Option<Bound<'a>> {
    match *ty {
        Type::UUID => Some(Bound::Uuid(v)),
        _ => is_text(ty).then(|| Bound::Text(v.to_string().into())),
    }
}

const EPOCH: OffsetDateTime = time::macros::datetime!(2000-01-01 00:00 UTC);

fn micros(at: OffsetDateTime) -> Option<i64> {
    i64::try_from((at - EPOCH).whole_microseconds()).ok()
}

fn days(date: Date) -> Option<i32> {
    i32::try_from((date - EPOCH.date()).whole_days()).ok()
}

fn of_array<'a>(array: &'a Array, ty: &Type) -> Option<Bound<'a>> {
    let Kind::Array(member) = ty.kind() else {
        return None;
    };
    let fits = array.items.iter().flatten().all(|item| match item {
        Item::Text(v) => of_text(v, base(member)).is_some(),
        Item::I64(v) => integer(*v, base(member)).is_some(),
        Item::Uuid(_) => *base(member) == Type::UUID || is_text(base(member)),
    });
    fits.then(|| Bound::Array {
        array,
        member: base(member).clone(),
    })
}

impl fmt::Debug for Bound<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The driver logs parameters at debug level; values may be secrets.
        f.write_str("…")
    }
}

impl ToSql for Bound<'_> {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self {
            Self::Null => return Ok(IsNull::Yes),
            Self::Bool(v) => wire::bool_to_sql(*v, out),
            Self::I16(v) => wire::int2_to_sql(*v, out),
            Self::I32(v) => wire::int4_to_sql(*v, out),
            Self::I64(v) => wire::int8_to_sql(*v, out),
            Self::Oid(v) => wire::oid_to_sql(*v, out),
            Self::F32(v) => wire::float4_to_sql(*v, out),
            Self::F64(v) => wire::float8_to_sql(*v, out),
            Self::Numeric(v) => numeric_to_sql(*v, out),
            Self::Text(v) => wire::text_to_sql(v, out),
            Self::Bytes(v) => wire::bytea_to_sql(v, out),
            Self::Uuid(v) => wire::uuid_to_sql(*v.as_bytes(), out),
            Self::Micros(v) => wire::timestamp_to_sql(*v, out),
            Self::Days(v) => wire::date_to_sql(*v, out),
            Self::Jsonb(v) => {
                out.put_u8(1);
                wire::text_to_sql(v, out);
            }
            Self::Array { array, member } => array_to_sql(array, member, out)?,
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        // `fit` has decided already.
        true
    }

    to_sql_checked!();
}

fn array_to_sql(
    array: &Array,
    member: &Type,
    out: &mut BytesMut,
) -> Result<(), Box<dyn StdError + Sync + Send>> {
    let dimensions = array
        .dimensions
        .iter()
        .map(|length| {
            Ok(ArrayDimension {
                len: i32::try_from(*length)?,
                lower_bound: 1,
            })
        })
        .collect::<Result<Vec<_>, std::num::TryFromIntError>>()?;
    let item_to_sql = |item: &Option<Item>, out: &mut BytesMut| {
        let bound = match item {
            None => return Ok(postgres_protocol::IsNull::Yes),
            Some(Item::Text(v)) => of_text(v, member),
            Some(Item::I64(v)) => integer(*v, member),
            Some(Item::Uuid(v)) => of_uuid(*v, member),
        };
        bound
            .ok_or("an array item does not fit its type")?
            .to_sql(member, out)?;
        Ok(postgres_protocol::IsNull::No)
    };
    wire::array_to_sql(
        dimensions,
        member.oid(),
        array.items.iter(),
        item_to_sql,
        out,
    )
}

/// Base-10000 digits, most significant first (PostgreSQL, `numeric_send`).
fn numeric_to_sql(v: Decimal, out: &mut BytesMut) {
    let scale = v.scale();
    let unit = 10u128.pow(scale);
    let magnitude = v.mantissa().unsigned_abs();
    let (mut whole, mut fraction) = (magnitude / unit, magnitude % unit);
    let mut digits: Vec<i16> = Vec::with_capacity(20);
    while whole > 0 {
        digits.push(group(whole % 10_000));
        whole /= 10_000;
    }
    digits.reverse();
    let mut weight = i16::try_from(digits.len()).expect("38 digits are 10 groups") - 1;
    let mut width = unit;
    while fraction > 0 {
        // The next four digits after the point; the last group is padded on the right.
        let digit = if width >= 10_000 {
            width /= 10_000;
            let digit = fraction / width;
            fraction %= width;
            digit
        } else {
            let digit = fraction * (10_000 / width);
            fraction = 0;
            digit
        };
        if digits.is_empty() && digit == 0 {
            weight -= 1;
        } else {
            digits.push(group(digit));
        }
    }
    while digits.last() == Some(&0) {
        digits.pop();
    }
    if digits.is_empty() {
        weight = 0;
    }
    out.put_i16(i16::try_from(digits.len()).expect("76 digits are 20 groups"));
    out.put_i16(weight);
    out.put_u16(if v.mantissa() < 0 { 0x4000 } else { 0 });
    out.put_i16(i16::try_from(scale).expect("a scale is at most 38"));
    for digit in digits {
        out.put_i16(digit);
    }
}

fn group(digits: u128) -> i16 {
    i16::try_from(digits).expect("four digits fit")
}
