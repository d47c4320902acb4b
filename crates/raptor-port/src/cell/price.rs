//! A decimal of few digits, as prices are: a whole number of ten-thousandths, which is written without a text in
//! between.

use super::{Reason, decimal};
use std::fmt::{self, Write};

/// At most four digits behind the point, and fifteen in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Price(i64);

/// How many make one.
const ONE: i64 = 10_000;
/// Numbers of up to so many ten-thousandths are told apart by doubles.
const MOST: i64 = 1_000_000_000_000_000;

impl Price {
    /// A double that needs no more digits. No two numbers of up to fifteen digits are the same double, so that
    /// there are no others that are as short.
    pub(super) fn of_double(value: f64) -> Option<Self> {
        const SCALE: f64 = 10_000.0;
        let scaled = (value * SCALE).round();
        let is_zero_below = value == 0.0 && value.is_sign_negative();
        if scaled.abs() >= 1e15 || scaled / SCALE != value || is_zero_below {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "whole, and in range")]
        Some(Self(scaled as i64))
    }

    pub(super) fn of_whole(value: i64) -> Option<Self> {
        let scaled = value.checked_mul(ONE)?;
        (scaled.abs() < MOST).then_some(Self(scaled))
    }

    /// How many digits stand behind the point.
    fn places(self) -> i16 {
        match self.0 {
            it if it % ONE == 0 => 0,
            it if it % 1_000 == 0 => 1,
            it if it % 100 == 0 => 2,
            it if it % 10 == 0 => 3,
            _ => 4,
        }
    }

    /// Refuses what a `numeric(precision, scale)` would round or could not hold.
    pub(super) fn fits(self, limits: Option<(u16, i16)>) -> Result<(), Reason> {
        let Some((precision, scale)) = limits else {
            return Ok(());
        };
        let most = i32::from(precision) - i32::from(scale);
        if scale < 0 || most < 0 {
            return decimal::fits(&self.to_string(), limits);
        }
        if self.places() > scale {
            return Err(format!("it has more than {scale} digits behind the point").into());
        }
        let whole = (self.0 / ONE).unsigned_abs();
        let digits = whole.checked_ilog10().map_or(0, |it| it + 1);
        match digits > most.unsigned_abs() {
            true => Err(format!("it has more than {most} digits before the point").into()),
            false => Ok(()),
        }
    }

    /// As `numeric_recv` reads it: how many digits to the base 10,000, the weight of the first, the sign, the
    /// digits shown behind the point, and the digits themselves.
    pub(super) fn put(self, out: &mut Vec<u8>) {
        let mut left = self.0.unsigned_abs();
        // From the last to the first; the last one is behind the point.
        let mut groups = [0_u16; 4];
        let mut count = 0_i16;
        for group in &mut groups {
            *group = u16::try_from(left % ONE.unsigned_abs()).unwrap_or_default();
            left /= ONE.unsigned_abs();
            count += i16::from(*group > 0 || left > 0);
        }
        let zeros = groups.iter().take_while(|it| **it == 0).count();
        let last = usize::try_from(count).unwrap_or_default();
        let digits = groups.get(zeros..last).unwrap_or_default();
        let weight = if digits.is_empty() { 0 } else { count - 2 };
        let sign: u16 = if self.0 < 0 { 0x4000 } else { 0 };
        let size = u32::try_from(8 + 2 * digits.len()).unwrap_or(u32::MAX);
        let shown = u16::try_from(digits.len()).unwrap_or(u16::MAX);
        out.extend_from_slice(&size.to_be_bytes());
        out.extend_from_slice(&shown.to_be_bytes());
        out.extend_from_slice(&weight.to_be_bytes());
        out.extend_from_slice(&sign.to_be_bytes());
        out.extend_from_slice(&self.places().to_be_bytes());
        for group in digits.iter().rev() {
            out.extend_from_slice(&group.to_be_bytes());
        }
    }

    /// Its digits, as Postgres writes an equal number without zeros at the end.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        if self.0 < 0 {
            out.push(b'-');
        }
        let mut digits = self.0.unsigned_abs();
        let mut places = 4;
        while places > 0 && digits.is_multiple_of(10) {
            digits /= 10;
            places -= 1;
        }
        let start = out.len();
        let mut count = 0;
        // From the last digit to the first, at least one before the point.
        while digits > 0 || count <= places {
            if count == places && places > 0 {
                out.push(b'.');
            }
            out.push(b'0' + u8::try_from(digits % 10).unwrap_or_default());
            digits /= 10;
            count += 1;
        }
        out[start..].reverse();
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = Vec::new();
        self.write(&mut digits);
        digits
            .into_iter()
            .try_for_each(|it| f.write_char(char::from(it)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Price, decimal};
    use crate::cell::{Value, put};
    use crate::kind::Kind;

    #[test]
    fn they_are_written_as_other_decimals_are() {
        let mut values = vec![
            0.0,
            0.5,
            -0.0001,
            100.0,
            12.34,
            9.999,
            10_000.0,
            -123_456_789.5,
            1e8,
            99_999.999_9,
        ];
        let mut state = 7_u64;
        for _ in 0..50_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            #[expect(clippy::cast_precision_loss, reason = "any number will do")]
            let whole = (state >> 30) as f64;
            values.push(whole / 10_f64.powi(i32::try_from(state % 9).unwrap()));
            values.push(-(whole / 1e3).round() / 100.0);
        }
        let mut seen = 0;
        for value in values {
            let Some(price) = Price::of_double(value) else {
                continue;
            };
            seen += 1;
            let text = format!("{value}");
            assert_eq!(price.to_string(), text);
            let (mut one, mut other) = (Vec::new(), Vec::new());
            put(&mut one, &Value::Price(price), Kind::Numeric(None));
            put(
                &mut other,
                &Value::Decimal(text.as_str().into()),
                Kind::Numeric(None),
            );
            assert_eq!(one, other, "{text}");
            for limits in [
                Some((5, 2)),
                Some((10, 4)),
                Some((3, 3)),
                Some((12, 0)),
                Some((3, -2)),
                Some((2, 4)),
                None,
            ] {
                let fits = decimal::fits(&text, limits);
                assert_eq!(price.fits(limits), fits, "{text} {limits:?}");
            }
        }
        assert!(seen > 10_000, "{seen}");
        assert_eq!(Price::of_double(-0.0), None);
        assert_eq!(
            Price::of_whole(-70_000).map(|it| it.to_string()).as_deref(),
            Some("-70000")
        );
        assert_eq!(Price::of_whole(i64::MAX), None);
    }
}
