//! An exact decimal of up to 38 digits that keeps its trailing zeros, as Postgres's `numeric` does.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

const MAX_DIGITS: u32 = 38;

/// `mantissa × 10^-scale`, exact, with at most 38 digits on either side of the point together.
///
/// Equality and order are by value (`1.5 == 1.50`); [`fmt::Display`] keeps the scale it was made
/// with. A `numeric` wider than this can be read as text, digit by digit.
///
/// ```
/// use raptor_db::Decimal;
/// let price: Decimal = "12.50".parse()?;
/// assert_eq!(price.to_string(), "12.50");
/// assert_eq!(price, Decimal::new(125, 1)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Decimal {
    mantissa: i128,
    scale: u32,
}

/// Why a text is no [`Decimal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParseDecimalError {
    /// Not `[-+]digits[.digits]`.
    Syntax,
    /// More than 38 digits.
    TooWide,
}

impl fmt::Display for ParseDecimalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Syntax => "not a decimal number",
            Self::TooWide => "more than 38 digits; read it as text",
        })
    }
}

impl std::error::Error for ParseDecimalError {}

impl Decimal {
    /// `mantissa × 10^-scale`.
    ///
    /// # Errors
    /// [`ParseDecimalError::TooWide`] when either has more than 38 digits.
    pub fn new(mantissa: i128, scale: u32) -> Result<Self, ParseDecimalError> {
        let fits = scale <= MAX_DIGITS && mantissa.unsigned_abs() < 10u128.pow(MAX_DIGITS);
        fits.then_some(Self { mantissa, scale })
            .ok_or(ParseDecimalError::TooWide)
    }

    /// The digits without the point.
    pub fn mantissa(self) -> i128 {
        self.mantissa
    }

    /// How many digits stand after the point.
    pub fn scale(self) -> u32 {
        self.scale
    }

    /// The whole number this is, if it is one and fits.
    pub fn to_i64(self) -> Option<i64> {
        let plain = self.normalized();
        (plain.scale == 0)
            .then(|| i64::try_from(plain.mantissa).ok())
            .flatten()
    }

    /// The same value without trailing zeros after the point.
    #[must_use]
    pub fn normalized(self) -> Self {
        let Self {
            mut mantissa,
            mut scale,
        } = self;
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        Self { mantissa, scale }
    }
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Self {
            mantissa: value.into(),
            scale: 0,
        }
    }
}

impl FromStr for Decimal {
    type Err = ParseDecimalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (negative, digits) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && fraction.is_empty() {
            return Err(ParseDecimalError::Syntax);
        }
        let mut mantissa: i128 = 0;
        for byte in whole.bytes().chain(fraction.bytes()) {
            if !byte.is_ascii_digit() {
                return Err(ParseDecimalError::Syntax);
            }
            mantissa = mantissa
                .checked_mul(10)
                .and_then(|m| m.checked_add((byte - b'0').into()))
                .ok_or(ParseDecimalError::TooWide)?;
        }
        let scale = u32::try_from(fraction.len()).map_err(|_| ParseDecimalError::TooWide)?;
        Self::new(if negative { -mantissa } else { mantissa }, scale)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let digits = self.mantissa.unsigned_abs().to_string();
        let scale = self.scale as usize;
        if scale == 0 {
            return write!(f, "{sign}{digits}");
        }
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        write!(f, "{sign}{whole}.{fraction}")
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decimal({self})")
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (self.normalized(), other.normalized());
        a.mantissa == b.mantissa && a.scale == b.scale
    }
}

impl Eq for Decimal {}

impl Hash for Decimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let plain = self.normalized();
        (plain.mantissa, plain.scale).hash(state);
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = self.mantissa.signum().cmp(&other.mantissa.signum());
        if sign != Ordering::Equal {
            return sign;
        }
        let order = magnitude(self.normalized(), other.normalized());
        if self.mantissa < 0 {
            order.reverse()
        } else {
            order
        }
    }
}

/// Compares two values of one sign without widening: whole parts first, then the fractions' digits.
fn magnitude(a: Decimal, b: Decimal) -> Ordering {
    let split = |d: Decimal| {
        let unit = 10u128.pow(d.scale);
        (
            d.mantissa.unsigned_abs() / unit,
            format!(
                "{:0>width$}",
                d.mantissa.unsigned_abs() % unit,
                width = d.scale as usize
            ),
        )
    };
    let ((whole_a, fraction_a), (whole_b, fraction_b)) = (split(a), split(b));
    // A fraction is compared digit by digit from the point; `normalized` cut its trailing zeros,
    // and a scale of 0 leaves the one digit "0", which sorts before every other fraction.
    whole_a
        .cmp(&whole_b)
        .then_with(|| fraction_a.cmp(&fraction_b))
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decimal() -> impl Strategy<Value = Decimal> {
        let limit = 10i128.pow(MAX_DIGITS) - 1;
        (-limit..=limit, 0..=MAX_DIGITS).prop_map(|(m, s)| Decimal::new(m, s).unwrap())
    }

    proptest! {
        #[test]
        fn text_round_trips(d in decimal()) {
            let back: Decimal = d.to_string().parse().unwrap();
            prop_assert_eq!((back.mantissa, back.scale), (d.mantissa, d.scale));
        }

        #[test]
        fn order_is_by_value(a in -10_000i64..10_000, sa in 0u32..6, b in -10_000i64..10_000, sb in 0u32..6) {
            let (x, y) = (Decimal::new(a.into(), sa).unwrap(), Decimal::new(b.into(), sb).unwrap());
            let wide = |m: i64, s: u32| i128::from(m) * 10i128.pow(6 - s);
            prop_assert_eq!(x.cmp(&y), wide(a, sa).cmp(&wide(b, sb)));
            prop_assert_eq!(x == y, wide(a, sa) == wide(b, sb));
        }
    }

    #[test]
    fn what_is_no_decimal_is_refused() {
        for text in ["", ".", "-", "1e5", "NaN", "1.2.3", " 1"] {
            assert_eq!(
                text.parse::<Decimal>(),
                Err(ParseDecimalError::Syntax),
                "{text:?}"
            );
        }
        assert_eq!(
            "1".repeat(39).parse::<Decimal>(),
            Err(ParseDecimalError::TooWide)
        );
    }
}
