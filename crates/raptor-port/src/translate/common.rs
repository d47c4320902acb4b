//! The one type of several values: the branches of a `CASE`, the arguments of `coalesce`.

use super::literal::{Literal, decimal};
use super::value::{Size, Type, Value};
use super::{Said, fit, no};
use crate::kind::{Conversion, Epoch, Kind};
use crate::zone::Zone;

/// Each value as it is to be printed, and what is known of all of them; its `sql` is empty.
pub(super) fn common(values: &[Value]) -> Said<(Vec<String>, Value)> {
    let known: Vec<&Value> = values.iter().filter(|it| !it.is_null()).collect();
    if let Some(json) = values.iter().find(|it| it.ty == Type::Extract) {
        return no(format!(
            "{} is a number, a text or JSON by what is in each row",
            json.said()
        ));
    }
    let ty = one_type(&known)?;
    let first = known.iter().find(|it| it.ty == ty && it.literal.is_none());
    let printed: Vec<String> = values
        .iter()
        .map(|value| as_type(value, ty, first.copied()))
        .collect::<Said<_>>()?;
    let mut shape = Value::new("", ty).nulls_of(&values.iter().collect::<Vec<_>>());
    shape.size = known.iter().map(|it| it.size).min().unwrap_or(Size::Any);
    shape.is_loose = known.iter().any(|it| it.is_loose);
    shape.is_wide = known.iter().any(|it| it.is_wide);
    shape.is_whole = !known.is_empty() && known.iter().all(|it| it.is_whole);
    if let Some(first) = first {
        (shape.epoch, shape.zone) = (first.epoch, first.zone);
    }
    Ok((printed, shape))
}

fn one_type(known: &[&Value]) -> Said<Type> {
    let all = |is: &dyn Fn(&Value) -> bool| known.iter().all(|it| is(it));
    let any = |ty: Type| known.iter().any(|it| it.ty == ty);
    let Some(first) = known.first() else {
        return Ok(Type::Null);
    };
    let times = known.iter().filter(|it| it.is_time());
    if let [one, rest @ ..] = &times.collect::<Vec<_>>()[..]
        && rest
            .iter()
            .any(|it| (it.epoch, it.zone) != (one.epoch, one.zone))
    {
        return no("it mixes times that SQLite keeps in different ways");
    }
    if all(&|it| it.ty == first.ty) {
        return Ok(first.ty);
    }
    if any(Type::Boolean) && all(&is_bit) || all(&Value::is_boolean) {
        return Ok(Type::Boolean);
    }
    if all(&|it| it.ty == Type::Int || it.is_boolean()) {
        return Ok(Type::Int);
    }
    if all(&Value::is_number) {
        let is_decimal = any(Type::Decimal) && all(&is_exact);
        return Ok(if is_decimal {
            Type::Decimal
        } else {
            Type::Number
        });
    }
    for ty in [
        Type::Json,
        Type::Jsonb,
        Type::Date,
        Type::Timestamp,
        Type::Timestamptz,
    ] {
        let is_like = |it: &Value| {
            let is_text = matches!(it.literal, Some(Literal::Text(_)));
            it.ty == ty || it.ty == Type::Text && (is_text || it.moment.is_some())
        };
        if any(ty) && all(&is_like) {
            return Ok(ty);
        }
    }
    let other = known.iter().find(|it| it.ty != first.ty);
    no(format!(
        "{} and {} have no one type: which of them it is depends on the row",
        first.said(),
        other.map_or_else(String::new, |it| it.said())
    ))
}

/// Whether it is 0 or 1, or a boolean.
fn is_bit(value: &Value) -> bool {
    matches!(value.literal, Some(Literal::Integer(0 | 1))) || value.is_boolean()
}

/// Whether it has the same digits as a `numeric`.
fn is_exact(value: &Value) -> bool {
    matches!(value.ty, Type::Int | Type::Decimal) || matches!(value.literal, Some(Literal::Real(_)))
}

/// A value printed as one of that type; `like` is one that has it of its own.
fn as_type(value: &Value, ty: Type, like: Option<&Value>) -> Said<String> {
    if value.is_null() {
        return Ok("NULL".to_owned());
    }
    Ok(match (ty, value.ty, &value.literal) {
        (Type::Boolean, _, Some(Literal::Integer(bit))) => (*bit == 1).to_string(),
        (Type::Int, _, _) => value.as_int(),
        (Type::Decimal, _, Some(Literal::Real(number))) => decimal(*number),
        (Type::Real | Type::Number, Type::Real, _) => value.sql.clone(),
        (Type::Real | Type::Number, _, _) => super::arith::double(value)?,
        (Type::Text, _, _) if value.is_citext => format!("{}::text", value.sql),
        (one, two, _) if one == two => value.sql.clone(),
        (Type::Json | Type::Jsonb, _, _) => fit::fit(value, Conversion::plain(kind(ty)))?,
        (Type::Date | Type::Timestamp | Type::Timestamptz, _, _) => {
            let (epoch, zone) = like.map_or((Epoch::Text, Zone::UTC), |it| (it.epoch, it.zone));
            if epoch != Epoch::Text {
                return no(format!(
                    "{} is a text beside times that SQLite keeps as numbers",
                    value.said()
                ));
            }
            let kind = kind(ty);
            let to = Conversion {
                epoch,
                zone,
                ..Conversion::plain(kind)
            };
            fit::fit(value, to)?
        }
        _ => value.sql.clone(),
    })
}

fn kind(ty: Type) -> Kind {
    match ty {
        Type::Json => Kind::Json,
        Type::Jsonb => Kind::Jsonb,
        Type::Date => Kind::Date,
        Type::Timestamp => Kind::Timestamp,
        _ => Kind::Timestamptz,
    }
}
