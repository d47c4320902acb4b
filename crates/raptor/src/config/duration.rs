//! Spans of time as people write them: `250ms`, `30s`, `5m`, `12h`, `7d`.

use anyhow::{Context, Result, bail};
use std::time::Duration;

/// Reads a whole number with its unit.
pub(crate) fn parse(text: &str) -> Result<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number
        .parse()
        .context("write a whole number and a unit, such as 30s")?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => bail!("the unit is one of ms, s, m, h, d, such as 30s"),
    };
    let millis = number.checked_mul(millis).context("is too long")?;
    Ok(Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_needs_its_unit() {
        assert_eq!(parse("250ms").unwrap(), Duration::from_millis(250));
        assert_eq!(parse("12h").unwrap(), Duration::from_hours(12));
        for text in ["", "5", "s", "-1s", "1 s", "1.5s", "99999999999999999999s"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
