//! SQLite's functions of dates and times (<https://sqlite.org/lang_datefunc.html>). They answer texts
//! and numbers; what the point in time is on Postgres stays known beside.

mod format;
mod modifier;
mod source;

use super::literal::Literal;
use super::place::Place;
use super::value::{Size, Type, Value};
use super::{Said, no};
use crate::kind::Epoch;
use sqlite3_parser::ast::Expr;

/// The form that a point in time is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `2024-02-29`.
    Date,
    /// `12:30:00`.
    Time,
    /// `2024-02-29 12:30:00`.
    Seconds,
    /// The same with milliseconds.
    Millis,
    /// Whole seconds since 1970.
    Epoch,
    /// Days since noon on 24 November 4714 BC.
    Julian,
    /// A part that is a number, such as the year.
    Digits,
    /// Any other.
    Other,
}

/// A point in time that an expression is of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Moment {
    /// A `timestamp` in UTC, as Postgres reads it.
    pub(super) at: String,
    pub(super) form: Form,
    pub(super) is_now: bool,
}

impl Moment {
    /// The point in time without what its form leaves out.
    pub(super) fn cut(&self) -> String {
        let unit = match self.form {
            Form::Date => "day",
            Form::Seconds | Form::Time | Form::Epoch => "second",
            Form::Millis | Form::Julian | Form::Digits | Form::Other => "milliseconds",
        };
        format!("date_trunc('{unit}', {})", self.at)
    }

    /// SQLite counts in milliseconds.
    fn millis(&self) -> String {
        if self.is_now {
            self.at.clone()
        } else {
            format!("{}::timestamp(3)", self.at)
        }
    }

    pub(super) fn epoch_seconds(&self) -> String {
        format!("floor(extract(epoch FROM {}))::bigint", self.millis())
    }

    fn julian(&self) -> String {
        format!(
            "((floor(extract(epoch FROM {}) * 1000) + 210866760000000)::double precision / 86400000.0)",
            self.millis()
        )
    }

    /// The text or number that SQLite answers.
    fn shown(self, place: &Place<'_>, format: &str, is_nullable: bool) -> Said<Value> {
        let sql = format::shown(&self, format, place.is_fixed())?;
        Ok(Value {
            is_nullable,
            moment: Some(self),
            ..Value::new(sql, Type::Text)
        })
    }
}

/// A time that SQLite keeps as a number, as that number.
pub(super) fn number_of(time: &Value) -> Said<Value> {
    let at = source::in_utc(time)?;
    let seconds = format!("extract(epoch FROM {at})");
    let sql = match time.epoch {
        Epoch::Seconds => format!("{seconds}::double precision"),
        Epoch::Millis => format!("({seconds} * 1000)::double precision"),
        Epoch::Micros => format!("({seconds} * 1000000)::double precision"),
        Epoch::Text | Epoch::Julian => {
            return no(format!(
                "{} is used as a number, which Postgres does not keep",
                time.said()
            ));
        }
    };
    Ok(Value {
        affinity: time.affinity,
        column: time.column.clone(),
        ..Value::new(sql, Type::Number).nulls_of(&[time])
    })
}

impl Place<'_> {
    /// `CURRENT_TIMESTAMP` and its sisters.
    pub(super) fn now(&self, form: Form) -> Said<Value> {
        let format = match form {
            Form::Date => "%Y-%m-%d",
            Form::Time => "%H:%M:%S",
            _ => "%Y-%m-%d %H:%M:%S",
        };
        self.moment(form, &[])?.0.shown(self, format, false)
    }

    /// A call of a function of dates; `None` for any other function.
    pub(super) fn moment_call(
        &self,
        function: &str,
        arguments: &[Expr<'_>],
    ) -> Said<Option<Value>> {
        let (form, format) = match function {
            "date" => (Form::Date, "%Y-%m-%d".to_owned()),
            "time" => (Form::Time, "%H:%M:%S".to_owned()),
            "datetime" => (Form::Seconds, "%Y-%m-%d %H:%M:%S".to_owned()),
            "unixepoch" => (Form::Epoch, String::new()),
            "julianday" => (Form::Julian, String::new()),
            "strftime" => {
                let [format, rest @ ..] = arguments else {
                    return no("strftime without a format");
                };
                let Some(Literal::Text(written)) = self.value(format)?.literal else {
                    return no("strftime with a format out of a row has no counterpart");
                };
                let format = format::long(&written);
                let (moment, is_nullable) = self.moment(format::form(&format), rest)?;
                return moment.shown(self, &format, is_nullable).map(Some);
            }
            "timediff" => return no("timediff has no counterpart"),
            _ => return Ok(None),
        };
        let (moment, is_nullable) = self.moment(form, arguments)?;
        Ok(Some(match form {
            Form::Epoch => Value {
                is_nullable,
                moment: Some(moment.clone()),
                size: if moment.is_now {
                    Size::NotNegative
                } else {
                    Size::Any
                },
                ..Value::new(moment.epoch_seconds(), Type::Int)
            },
            Form::Julian => Value {
                is_nullable,
                moment: Some(moment.clone()),
                ..Value::new(moment.julian(), Type::Real)
            },
            _ => moment.shown(self, &format, is_nullable)?,
        }))
    }

    /// The point in time that the arguments name, and whether there may be none.
    fn moment(&self, form: Form, arguments: &[Expr<'_>]) -> Said<(Moment, bool)> {
        let mut modifiers = Vec::new();
        for argument in arguments.iter().skip(1) {
            match self.value(argument)?.literal {
                Some(Literal::Text(text)) => modifiers.push(text.trim().to_ascii_lowercase()),
                _ => return no("a date is changed by what stands in a row"),
            }
        }
        let source = match arguments.first() {
            None => None,
            Some(first) => Some(self.value(first)?),
        };
        let source = source::source(self, source.as_ref(), &mut modifiers)?;
        let mut at = source.at;
        if !modifiers.is_empty() && !source.is_now {
            at = format!("{at}::timestamp(3)");
        }
        for modifier in &modifiers {
            at = modifier::modified(&at, modifier)?;
        }
        let moment = Moment {
            at,
            form,
            is_now: source.is_now,
        };
        Ok((moment, source.is_nullable))
    }
}
