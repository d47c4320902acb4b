//! Dates and times. SQLite compares their texts, or the numbers that they are kept as; those of one
//! column are taken to be written in one form.

use super::{Compared, Op, above_all, numbers};
use crate::kind::{Conversion, Epoch, Kind};
use crate::translate::fit;
use crate::translate::literal::{Literal, number_in};
use crate::translate::moment::{Form, number_of};
use crate::translate::value::{Type, Value};
use crate::translate::{Said, no};
use crate::zone::Zone;

/// Compares a value of a type of times with another.
pub(super) fn compare(time: &Value, op: Op, other: &Value) -> Said<Compared> {
    if other.ty == time.ty && (other.epoch, other.zone) == (time.epoch, time.zone) {
        return Ok(Compared::Pair(time.sql.clone(), op, other.sql.clone()));
    }
    if time.epoch != Epoch::Text {
        let number = match &other.literal {
            Some(Literal::Text(text)) => number_in(text).map(Value::literal),
            _ if other.is_number() => Some(other.clone()),
            _ if other.is_time() && other.epoch != Epoch::Text => Some(number_of(other)?),
            _ => None,
        };
        return match number {
            Some(number) => numbers(&number_of(time)?, op, &number),
            None => no(format!(
                "{} is a number in SQLite, and is compared with {}",
                time.said(),
                other.said()
            )),
        };
    }
    if super::is_empty(other) {
        return Ok(above_all(time, op));
    }
    if time.is_zoned {
        return no(format!(
            "{} has texts with zones, which sort otherwise than the times do",
            time.said()
        ));
    }
    if let Some(moment) = &other.moment {
        return with_moment(time, op, other, moment.form);
    }
    let Some(Literal::Text(text)) = &other.literal else {
        return no(format!(
            "the time {} is compared with {}",
            time.said(),
            other.said()
        ));
    };
    let is_date = text.len() == 10;
    match time.ty {
        Type::Date if is_date => {}
        Type::Timestamp | Type::Timestamptz if text.len() >= 19 => {}
        // `2024-01-01 00:00:00` is behind `2024-01-01`, as a text and as a time alike.
        Type::Timestamp | Type::Timestamptz if is_date && matches!(op, Op::Ge | Op::Lt) => {}
        Type::Time if text.len() == 8 => {}
        _ => {
            return no(format!(
                "the time {} is compared with {}, which as a text is no point in time",
                time.said(),
                other.sql
            ));
        }
    }
    let right = fit::fit(other, conversion(time))?;
    Ok(Compared::Pair(time.sql.clone(), op, right))
}

/// Compares a time with what a function of dates answers.
fn with_moment(time: &Value, op: Op, other: &Value, form: Form) -> Said<Compared> {
    let fits = match (time.ty, form) {
        (Type::Date, Form::Date) => true,
        (Type::Timestamp | Type::Timestamptz, Form::Date) => matches!(op, Op::Ge | Op::Lt),
        (Type::Timestamp | Type::Timestamptz, Form::Seconds | Form::Millis) => true,
        _ => false,
    };
    if !fits || time.zone != Zone::UTC {
        return no(format!(
            "the time {} is compared with {}, which is written in another form or zone",
            time.said(),
            other.sql
        ));
    }
    let right = fit::fit(other, conversion(time))?;
    Ok(Compared::Pair(time.sql.clone(), op, right))
}

fn conversion(time: &Value) -> Conversion {
    let kind = match time.ty {
        Type::Date => Kind::Date,
        Type::Time => Kind::Time,
        Type::Timestamp => Kind::Timestamp,
        _ => Kind::Timestamptz,
    };
    Conversion {
        zone: time.zone,
        ..Conversion::plain(kind)
    }
}
