//! The point in time that a function of dates starts from.

use crate::cell;
use crate::kind::{Conversion, Epoch, Kind};
use crate::translate::arith::{as_text, double};
use crate::translate::literal::{self, Literal};
use crate::translate::moment::Form;
use crate::translate::place::Place;
use crate::translate::value::{Type, Value};
use crate::translate::{Said, no};
use crate::zone::Zone;
use raptor_db::RawValue;

/// Where a date starts from.
pub(super) struct Source {
    pub(super) at: String,
    pub(super) is_now: bool,
    pub(super) is_nullable: bool,
}

/// Reads the first argument; takes out of `modifiers` what says how.
pub(super) fn source(
    place: &Place<'_>,
    value: Option<&Value>,
    modifiers: &mut Vec<String>,
) -> Said<Source> {
    let is_now = |value: &Value| matches!(&value.literal, Some(Literal::Text(it)) if it.eq_ignore_ascii_case("now"));
    let Some(value) = value.filter(|it| !is_now(it)) else {
        place.fixed("the present time")?;
        return Ok(Source {
            at: "(now() AT TIME ZONE 'UTC')".to_owned(),
            is_now: true,
            is_nullable: false,
        });
    };
    let is_epoch = modifiers.first().is_some_and(|it| it == "unixepoch");
    if is_epoch {
        modifiers.remove(0);
    }
    let at = match (&value.literal, value.ty) {
        (_, Type::Null) => "NULL::timestamp".to_owned(),
        (Some(Literal::Text(text)), _) if !is_epoch => constant(text)?,
        (_, Type::Text) if value.moment.is_some() && !is_epoch => nested(value)?,
        (_, Type::Text) if !is_epoch => of_text(&as_text(value)?),
        (_, Type::Date | Type::Timestamp | Type::Timestamptz) => match (value.epoch, is_epoch) {
            (Epoch::Text, false) | (Epoch::Seconds, true) => in_utc(value)?,
            _ => {
                return no(format!(
                    "{} is read in another way than it is kept in SQLite",
                    value.said()
                ));
            }
        },
        (_, Type::Int | Type::Real | Type::Number) if is_epoch && !value.is_loose => {
            let seconds = double(value)?;
            // Outside of these SQLite answers NULL: the years from 0001 to 9999.
            format!(
                "(CASE WHEN {seconds} BETWEEN -62135596800 AND 253402300799 THEN to_timestamp({seconds}) AT TIME ZONE 'UTC' END)"
            )
        }
        _ => {
            return no(format!(
                "a date is made of {}, which is no time that Postgres knows of",
                value.said()
            ));
        }
    };
    Ok(Source {
        at,
        is_now: false,
        is_nullable: value.is_nullable
            || is_epoch
            || value.ty == Type::Text && value.literal.is_none(),
    })
}

/// A time of Postgres as a `timestamp` in UTC, as SQLite takes its text.
pub(super) fn in_utc(value: &Value) -> Said<String> {
    match value.ty {
        Type::Timestamp => Ok(value.sql.clone()),
        Type::Date => Ok(format!("{}::timestamp", value.sql)),
        Type::Timestamptz if value.zone == Zone::UTC || value.epoch != Epoch::Text => {
            Ok(format!("({} AT TIME ZONE 'UTC')", value.sql))
        }
        Type::Timestamptz => no(format!(
            "{} has texts without a zone in SQLite, which are taken for UTC there",
            value.said()
        )),
        _ => no(format!("{} has no date", value.said())),
    }
}

fn constant(text: &str) -> Said<String> {
    let to = Conversion::plain(Kind::Timestamp);
    match cell::read(RawValue::Text(text.as_bytes()), to) {
        Ok(_) => Ok(format!("timestamp {}", literal::text(text))),
        Err(why) => no(format!("{text:?} is made a date, and {why}")),
    }
}

/// A date made of what another function of dates answers.
fn nested(value: &Value) -> Said<String> {
    match &value.moment {
        Some(it) if matches!(it.form, Form::Date | Form::Seconds | Form::Millis) => Ok(it.cut()),
        _ => no(format!("a date is made of {}", value.said())),
    }
}

/// Reads a text as SQLite does: the 31st of February is the 3rd of March. Where SQLite would take the
/// text for a time of day alone, for a julian day or for the present, Postgres stops with an error.
fn of_text(text: &str) -> String {
    let part = |from: u8, count: u8| format!("substr({text}, {from}, {count})::integer");
    let of_time =
        |pattern: &str, ty: &str| format!("coalesce(substring({text} from '{pattern}')::{ty}, 0)");
    let date = format!(
        "make_date({}, {}, 1) + ({} - 1)",
        part(1, 4),
        part(6, 2),
        part(9, 2)
    );
    let time = format!(
        "make_time({}, {}, {})",
        of_time("[ T]([0-9]{2}):", "integer"),
        of_time("[ T][0-9]{2}:([0-9]{2})", "integer"),
        of_time(
            "[ T][0-9]{2}:[0-9]{2}:([0-9]{2}(?:\\.[0-9]+)?)",
            "double precision"
        ),
    );
    let zone = format!(
        "make_interval(hours => {}, mins => {})",
        of_time("([+-][0-9]{2}):[0-9]{2}$", "integer"),
        format_args!(
            "coalesce((substring({text} from '([+-])[0-9]{{2}}:[0-9]{{2}}$') || right({text}, 2))::integer, 0)"
        ),
    );
    format!(
        "(CASE WHEN {text} ~ '^[0-9]{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])([ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]+)?)? ?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?)?$' \
         THEN {date} + {time} - {zone} \
         WHEN {text} ~* '^( *[-+]?[0-9]{{1,7}}(\\.[0-9]*)?|[0-9]{{2}}:.*|now)$' \
         THEN make_date(0, length({text}), 1)::timestamp END)"
    )
}
