//! The formats of `strftime`, as `to_char` reads them, or put together of parts where the answer must
//! not depend on settings of the session.

use super::{Form, Moment};
use crate::translate::literal;
use crate::translate::{Said, no};

/// A format with its short forms written out.
pub(super) fn long(format: &str) -> String {
    format
        .replace("%F", "%Y-%m-%d")
        .replace("%T", "%H:%M:%S")
        .replace("%R", "%H:%M")
}

/// The form that a format writes.
pub(super) fn form(format: &str) -> Form {
    let format = format.trim_end_matches('Z').trim_end_matches("+00:00");
    // Digits behind the milliseconds only make them more.
    let format = match format.trim_end_matches('0') {
        short if short.ends_with("%f") => short,
        _ => format,
    };
    match format.replacen('T', " ", 1).as_str() {
        "%Y-%m-%d" => Form::Date,
        "%H:%M:%S" => Form::Time,
        "%Y-%m-%d %H:%M:%S" => Form::Seconds,
        "%Y-%m-%d %H:%M:%f" => Form::Millis,
        "%s" => Form::Epoch,
        "%Y" | "%m" | "%d" | "%H" | "%M" | "%S" | "%j" | "%w" | "%u" => Form::Digits,
        _ => Form::Other,
    }
}

/// The text that SQLite makes by the format.
pub(super) fn shown(moment: &Moment, format: &str, is_fixed: bool) -> Said<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut pattern = String::new();
    let mut word = String::new();
    let mut signs = format.chars();
    while let Some(sign) = signs.next() {
        if sign != '%' {
            word.push(sign);
            continue;
        }
        let Some(letter) = signs.next() else {
            return no(format!("the format {format:?} ends in the middle"));
        };
        if letter == '%' {
            word.push('%');
            continue;
        }
        let (to_char, part) = piece(moment, letter, format)?;
        match to_char {
            Some(to_char) if !is_fixed => {
                pattern.push_str(&quoted(&word)?);
                pattern.push_str(to_char);
            }
            _ => {
                flush(&mut parts, &mut pattern, moment);
                if !word.is_empty() {
                    parts.push(literal::text(&word));
                }
                parts.push(part);
            }
        }
        word.clear();
    }
    if pattern.is_empty() {
        if !word.is_empty() {
            parts.push(literal::text(&word));
        }
    } else {
        pattern.push_str(&quoted(&word)?);
    }
    flush(&mut parts, &mut pattern, moment);
    match &parts[..] {
        [] => no("strftime with a format that has no part of a date"),
        [one] if format.contains('%') => Ok(one.clone()),
        _ => Ok(format!("({})", parts.join(" || "))),
    }
}

fn flush(parts: &mut Vec<String>, pattern: &mut String, moment: &Moment) {
    if !pattern.is_empty() {
        let pattern = literal::text(pattern);
        parts.push(format!("to_char({}, {pattern})", moment.at));
    }
    pattern.clear();
}

/// A text inside a pattern of `to_char`.
fn quoted(word: &str) -> Said<String> {
    if word.contains(['"', '\\']) {
        return no("a format of strftime has a quote or a backslash in it");
    }
    let is_sign = |sign: char| "-:/., ".contains(sign);
    Ok(if word.chars().all(is_sign) {
        word.to_owned()
    } else {
        format!("\"{word}\"")
    })
}

/// A part of a date: what `to_char` calls it, and the same without it.
fn piece(moment: &Moment, letter: char, format: &str) -> Said<(Option<&'static str>, String)> {
    let at = &moment.at;
    let of = |field: &str, width: u8| {
        format!("lpad(floor(extract({field} FROM {at}))::text, {width}, '0')")
    };
    Ok(match letter {
        'Y' => (Some("YYYY"), of("year", 4)),
        'm' => (Some("MM"), of("month", 2)),
        'd' => (Some("DD"), of("day", 2)),
        'H' => (Some("HH24"), of("hour", 2)),
        'M' => (Some("MI"), of("minute", 2)),
        'S' => (Some("SS"), of("second", 2)),
        'j' => (Some("DDD"), of("doy", 3)),
        'w' => (None, format!("extract(dow FROM {at})::text")),
        'u' => (None, format!("extract(isodow FROM {at})::text")),
        's' => (None, format!("{}::text", moment.epoch_seconds())),
        'f' if moment.is_now => (Some("SS.MS"), String::new()),
        'f' => {
            return no(
                "%f of a time in a row: SQLite rounds it to milliseconds in a way of its own",
            );
        }
        _ => return no(format!("%{letter} in {format:?} has no counterpart")),
    })
}
