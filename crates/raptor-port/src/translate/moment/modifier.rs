//! What changes a date on its way: `'+1 day'`, `'start of month'`.

use crate::translate::{Said, no};

/// The point in time `at`, changed.
pub(super) fn modified(at: &str, modifier: &str) -> Said<String> {
    let refused = || {
        no(match modifier {
            "localtime" | "utc" => format!(
                "'{modifier}' is of the zone of the machine, which need not be the database server's"
            ),
            _ => format!("'{modifier}' has no counterpart"),
        })
    };
    if let Some(unit) = modifier.strip_prefix("start of ") {
        return match unit {
            "day" | "month" | "year" => Ok(format!("date_trunc('{unit}', {at})")),
            _ => refused(),
        };
    }
    if let Some(day) = modifier.strip_prefix("weekday ") {
        return match day.parse::<u8>() {
            Ok(day @ 0..=6) => Ok(format!(
                "({at} + make_interval(days => ({} - extract(dow FROM {at})::integer) % 7))",
                day + 7
            )),
            _ => refused(),
        };
    }
    let Some((number, unit)) = modifier.split_once(' ') else {
        return refused();
    };
    let Ok(number) = number.parse::<i32>() else {
        return refused();
    };
    let unit = unit.trim();
    match unit.strip_suffix('s').unwrap_or(unit) {
        unit @ ("day" | "hour" | "minute" | "second") => {
            Ok(format!("({at} + interval '{number} {unit}')"))
        }
        unit @ ("month" | "year") => {
            // The 31st of a month with 30 days is the 1st of the next in SQLite, and the 30th in
            // Postgres.
            let start = format!("date_trunc('month', {at})");
            Ok(format!(
                "({start} + interval '{number} {unit}' + ({at} - {start}))"
            ))
        }
        _ => refused(),
    }
}
