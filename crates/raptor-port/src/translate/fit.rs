//! A value on its way into a column, as SQLite's affinity and the port of the column make it.

use super::arith::{as_text, double};
use super::call::digits;
use super::literal::{self, Literal};
use super::moment::{Form, Moment};
use super::value::{Size, Type, Value};
use super::{Said, compare, no};
use crate::cell;
use crate::kind::{Conversion, Epoch, Kind};
use crate::zone::Zone;
use raptor_db::RawValue;

/// The value as one of a column with that type.
pub(super) fn fit(value: &Value, to: Conversion) -> Said<String> {
    if value.is_null() {
        return Ok("NULL".to_owned());
    }
    if let Some(literal) = &value.literal {
        return constant(literal, to);
    }
    if value.ty == Type::Extract {
        return extract(value, to.kind);
    }
    if let (Some(moment), true) = (&value.moment, is_point(to.kind)) {
        return point(moment, to);
    }
    let refused = || {
        no(format!(
            "{} gives no value that a column of type {} takes as SQLite does",
            value.said(),
            to.kind
        ))
    };
    match (to.kind, value.ty) {
        _ if value.is_loose && !(value.ty == Type::Text && is_text(to.kind)) => refused(),
        (Kind::Boolean, Type::Truth | Type::Boolean) => Ok(value.sql.clone()),
        (Kind::Boolean, Type::Int) if value.size == Size::ZeroOrOne => {
            Ok(format!("({} = 1)", value.sql))
        }
        (Kind::Smallint | Kind::Integer | Kind::Bigint, ty) => match ty {
            Type::Int | Type::Truth | Type::Boolean => Ok(value.as_int()),
            Type::Real | Type::Number if value.is_whole => Ok(format!("{}::bigint", value.sql)),
            Type::Text
                if value
                    .moment
                    .as_ref()
                    .is_some_and(|it| it.form == Form::Epoch) =>
            {
                Ok(format!("{}::bigint", value.sql))
            }
            _ => refused(),
        },
        (Kind::Double, _) if value.is_number() => double(value),
        (Kind::Numeric(None), Type::Int | Type::Decimal | Type::Truth | Type::Boolean) => {
            Ok(value.as_int())
        }
        (Kind::Numeric(_), Type::Int) => Ok(value.as_int()),
        (Kind::Text | Kind::Citext, _) => as_text(value),
        // A text that is too long stops the row on Postgres, where it would cut it with a cast.
        (Kind::Varchar(_), _) => as_text(value),
        (Kind::Bytea, Type::Bytes)
        | (Kind::Uuid, Type::Uuid)
        | (Kind::Date, Type::Date)
        | (Kind::Time, Type::Time)
        | (Kind::Interval, Type::Interval)
        | (Kind::Json, Type::Json)
        | (Kind::Jsonb, Type::Jsonb | Type::Json) => Ok(value.sql.clone()),
        (Kind::Uuid, Type::Text) if value.is_random => Ok(uuid(value)),
        (Kind::Timestamp, Type::Timestamp) | (Kind::Timestamptz, Type::Timestamptz)
            if (value.epoch, value.zone) == (to.epoch, to.zone) =>
        {
            Ok(value.sql.clone())
        }
        _ => refused(),
    }
}

fn is_text(kind: Kind) -> bool {
    matches!(kind, Kind::Text | Kind::Citext | Kind::Varchar(_))
}

fn is_point(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Date | Kind::Time | Kind::Timestamp | Kind::Timestamptz
    )
}

/// 32 random digits are a UUID, and Postgres makes better ones.
fn uuid(value: &Value) -> String {
    if value.sql.ends_with(&digits(16)) || value.sql.ends_with(&format!("({})", digits(16))) {
        "gen_random_uuid()".to_owned()
    } else {
        format!("{}::uuid", value.sql)
    }
}

/// A constant, read as a cell with that value is.
fn constant(literal: &Literal, to: Conversion) -> Said<String> {
    let raw = match literal {
        Literal::Null => return Ok("NULL".to_owned()),
        Literal::Integer(value) => RawValue::Integer(*value),
        Literal::Real(value) => RawValue::Real(*value),
        Literal::Text(text) => RawValue::Text(text.as_bytes()),
        Literal::Blob(bytes) => RawValue::Blob(bytes),
    };
    if is_text(to.kind) && matches!(literal, Literal::Real(_)) && literal.text().is_none() {
        return no(format!("{} as a text has a form of its own", literal.sql()));
    }
    let read = match cell::read(raw, to) {
        Ok(read) => read,
        Err(why) => {
            return no(format!(
                "{} is no value of the type {}: {why}",
                literal.sql(),
                to.kind
            ));
        }
    };
    Ok(match (read, literal) {
        (cell::Value::Boolean(is), _) => is.to_string(),
        (cell::Value::Integer(value), _) => Literal::Integer(value).sql(),
        (cell::Value::Double(value), _) if value.is_finite() => literal::decimal(value),
        (cell::Value::Decimal(digits), _) => digits.into_owned(),
        (cell::Value::Price(price), _) => price.to_string(),
        (cell::Value::Text(text), _) => literal::text(&text),
        (cell::Value::Bytes(bytes), _) => Literal::Blob(bytes.to_vec()).sql(),
        (cell::Value::Json(text), _) => format!("{}::{}", literal::text(&text), to.kind),
        (cell::Value::Uuid(bytes), _) => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("'{hex}'::uuid")
        }
        (cell::Value::Date(days), _) => format!("'{}'::date", civil(i64::from(days))),
        (cell::Value::Micros(micros), _) if to.kind == Kind::Interval => {
            format!("interval '{micros} microseconds'")
        }
        (cell::Value::Micros(micros), _) if to.kind == Kind::Time => {
            format!("(time '00:00:00' + interval '{micros} microseconds')")
        }
        (cell::Value::Micros(micros), _) => of_micros(micros, to.kind),
        _ => {
            return no(format!(
                "{} is no value of the type {}",
                literal.sql(),
                to.kind
            ));
        }
    })
}

/// A point in time, written as people do.
fn of_micros(micros: i64, kind: Kind) -> String {
    let day = civil(micros.div_euclid(86_400_000_000));
    let rest = micros.rem_euclid(86_400_000_000);
    let seconds = rest / 1_000_000;
    let fraction = match rest % 1_000_000 {
        0 => String::new(),
        some => format!(".{some:06}"),
    };
    let (zone, ty) = if kind == Kind::Timestamptz {
        ("+00", "timestamptz")
    } else {
        ("", "timestamp")
    };
    format!(
        "'{day} {:02}:{:02}:{:02}{fraction}{zone}'::{ty}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// The date that is so many days after 2000-01-01
/// (<https://howardhinnant.github.io/date_algorithms.html>).
fn civil(day: i64) -> String {
    let shifted = day + 730_425;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{date:02}")
}

/// What a function of dates answers, as a time of Postgres.
fn point(moment: &Moment, to: Conversion) -> Said<String> {
    let form = moment.form;
    let is_text = to.epoch == Epoch::Text;
    let is_plain_now = moment.is_now && moment.at.starts_with("(now()");
    match to.kind {
        Kind::Date if form == Form::Date => Ok(format!("{}::date", moment.at)),
        Kind::Time if form == Form::Time => Ok(format!("{}::time", moment.cut())),
        Kind::Timestamp | Kind::Timestamptz => {
            let fits = match form {
                // Where numbers count time, the texts beside them are in UTC, and the present is the present.
                Form::Date | Form::Seconds | Form::Millis => {
                    (is_text || moment.is_now)
                        && (to.zone == Zone::UTC || to.kind == Kind::Timestamp)
                }
                // Seconds that are no text can only be meant as the present.
                Form::Epoch => is_text && moment.is_now || to.epoch == Epoch::Seconds,
                Form::Julian => is_text && moment.is_now || to.epoch == Epoch::Julian,
                Form::Time | Form::Digits | Form::Other => false,
            };
            let is_of_zone = matches!(form, Form::Date | Form::Seconds | Form::Millis)
                && (is_text || moment.is_now);
            if !fits && is_of_zone {
                return no(format!(
                    "SQLite writes it in UTC, and `zone` in the plan says that such times are of {}: one of the two is wrong, \
                     and perhaps all times of the column are; look at some, and answer UTC, or write it by hand",
                    String::from(to.zone)
                ));
            }
            if !fits {
                return no(format!(
                    "a time is written in a form that the type {} does not read",
                    to.kind
                ));
            }
            // The present is as exact as Postgres knows it.
            let is_exact = is_plain_now && form != Form::Date;
            Ok(match (to.kind, is_exact) {
                (Kind::Timestamptz, true) => "CURRENT_TIMESTAMP".to_owned(),
                (_, true) => moment.at.clone(),
                (Kind::Timestamptz, false) => format!("({} AT TIME ZONE 'UTC')", moment.cut()),
                (_, false) => moment.cut(),
            })
        }
        _ => no(format!(
            "a time is written in a form that the type {} does not read",
            to.kind
        )),
    }
}

/// What `json_extract` answers, in a column with a type. What Postgres cannot say as SQLite does, a
/// number with a fraction or JSON in parts as a text, stops the row with an error.
fn extract(value: &Value, kind: Kind) -> Said<String> {
    let at = &value.sql;
    match kind {
        Kind::Text | Kind::Citext | Kind::Varchar(_) => Ok(format!(
            "(CASE jsonb_typeof({at}) WHEN 'string' THEN {at} #>> '{{}}' WHEN 'boolean' THEN {at}::boolean::integer::text ELSE ({at} #>> '{{}}')::bigint::text END)"
        )),
        Kind::Smallint | Kind::Integer | Kind::Bigint => Ok(format!(
            "(CASE jsonb_typeof({at}) WHEN 'boolean' THEN {at}::boolean::integer ELSE ({at} #>> '{{}}')::bigint END)"
        )),
        Kind::Double | Kind::Numeric(_) => Ok(format!(
            "(CASE jsonb_typeof({at}) WHEN 'boolean' THEN {at}::boolean::integer ELSE ({at} #>> '{{}}')::{kind} END)"
        )),
        Kind::Boolean => Ok(format!(
            "(CASE {at} WHEN 'true' THEN true WHEN '1' THEN true WHEN 'false' THEN false WHEN '0' THEN false ELSE ({at} #>> '{{}}')::boolean END)"
        )),
        _ => no(format!(
            "{} is put into a column of type {kind}",
            value.said()
        )),
    }
}

/// A value as an index keeps it.
pub(super) fn key(value: &Value) -> Said<String> {
    match (value.ty, value.collation) {
        (Type::Extract, _) => no(
            "an index is over what json_extract answers, which is a number, a text or JSON by what is in each row",
        ),
        (Type::Text, Some(collation)) if !value.is_citext => Ok(compare::key(value, collation)),
        _ => Ok(value.sql.clone()),
    }
}

/// A value as a query answers it: numbers where SQLite has numbers.
pub(super) fn output(value: &Value) -> Said<String> {
    match (value.ty, &value.literal) {
        (Type::Null, _) => Ok("NULL::text".to_owned()),
        (Type::Truth, _) => Ok(value.as_int()),
        (Type::Text, Some(_)) => Ok(format!("{}::text", value.sql)),
        (Type::Extract, _) => no(format!(
            "{} is a number, a text or JSON by what is in each row, and a column of Postgres has one type",
            value.said()
        )),
        _ => Ok(value.sql.clone()),
    }
}
