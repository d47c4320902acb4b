//! Generated input: NULL, the empty, the extreme and the ordinary.

use proptest::collection::vec;
use proptest::prelude::*;
use raptor_db::Decimal;
use time::{Date, Duration, OffsetDateTime};

/// One NULL in ten.
pub(super) fn nullable<T: std::fmt::Debug + Clone>(
    values: impl Strategy<Value = T>,
) -> impl Strategy<Value = Option<T>> {
    proptest::option::weighted(0.9, values)
}

fn character() -> impl Strategy<Value = char> {
    prop_oneof![
        6 => proptest::char::range('a', 'f'),
        2 => proptest::char::range(' ', '~'),
        1 => prop::sample::select(vec!['ß', 'É', 'ñ', 'ÿ', 'Σ', 'ς', 'ж', 'Я', 'İ', 'ı', '中', '😀', '\u{301}', '\n', '\t']),
    ]
}

pub(super) fn word() -> impl Strategy<Value = String> {
    vec(character(), 0..12).prop_map(String::from_iter)
}

pub(super) fn text() -> impl Strategy<Value = Option<String>> {
    nullable(word())
}

/// Words that often occur in one another.
pub(super) fn piece() -> impl Strategy<Value = Option<String>> {
    nullable(
        vec(prop::sample::select(vec!['a', 'b', 'ñ', ',', ' ']), 0..4).prop_map(String::from_iter),
    )
}

pub(super) fn int() -> impl Strategy<Value = Option<i64>> {
    nullable(prop_oneof![
        4 => -20i64..20,
        1 => any::<i64>(),
        1 => prop::sample::select(vec![i64::MIN, i64::MAX, i64::from(i32::MIN), i64::from(i32::MAX), 1 << 53]),
    ])
}

pub(super) fn count() -> impl Strategy<Value = Option<i64>> {
    nullable(prop_oneof![5 => -8i64..12, 1 => prop::sample::select(vec![i64::from(i32::MIN), 100])])
}

pub(super) fn double() -> impl Strategy<Value = Option<f64>> {
    nullable(prop_oneof![
        3 => (-4_000i32..4_000).prop_map(|n| f64::from(n) / 8.0),
        2 => -1e6..1e6f64,
        2 => prop::num::f64::NORMAL | prop::num::f64::ZERO | prop::num::f64::SUBNORMAL,
        // Texts that lie just between two doubles are among them.
        1 => (1u64..10_000_000_000_000_000, 0u32..8).prop_map(|(digits, power)| format!("{digits}e{power}").parse().unwrap()),
        1 => prop::sample::select(vec![0.5, -0.5, 1.5, 2.5, 1e15, 1e-5, 9.2e18, -9.3e18, f64::MAX, f64::MIN_POSITIVE]),
    ])
}

/// Small enough that products stay within 38 digits.
pub(super) fn decimal() -> impl Strategy<Value = Option<Decimal>> {
    nullable(
        prop_oneof![
            3 => (-9_999i64..9_999, 0u32..4),
            1 => (-999_999_999_999i64..999_999_999_999, 0u32..9),
            1 => (prop::sample::select(vec![0i64, 5, 15, 25, -5, 50, -150, 99_995]), 0u32..4),
        ]
        .prop_map(|(mantissa, scale)| Decimal::new(mantissa.into(), scale).unwrap()),
    )
}

pub(super) fn instant() -> impl Strategy<Value = Option<OffsetDateTime>> {
    let first = time::macros::datetime!(0001-01-01 00:00 UTC);
    let micros =
        |range: std::ops::Range<i64>| range.prop_map(move |n| first + Duration::microseconds(n));
    let century = 3_155_760_000_000_000;
    nullable(prop_oneof![
        2 => micros(0..century * 99),
        3 => micros(century * 20 - century / 10..century * 20 + century / 2),
        1 => prop::sample::select(vec![
            first,
            time::macros::datetime!(9999-12-31 23:59:59.999999 UTC),
            time::macros::datetime!(2000-02-29 12:00 UTC),
            time::macros::datetime!(2026-01-01 00:00 UTC),
            time::macros::datetime!(2027-01-03 23:59:59 UTC),
            time::macros::datetime!(1969-12-31 23:59:59.5 UTC),
        ]),
    ])
}

pub(super) fn date() -> impl Strategy<Value = Option<Date>> {
    nullable(
        (1i32..=9999, 1u16..=365)
            .prop_map(|(year, day)| Date::from_ordinal_date(year, day).unwrap()),
    )
}

pub(super) fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        (-20i64..20).prop_map(Into::into),
        (-1e9..1e9f64).prop_map(Into::into),
        prop::sample::select(vec![1e20, 1.5e-7, 0.0, 1e100]).prop_map(Into::into),
        prop::sample::select(vec!["a", "b", "", "é", "\"\\/\n\u{1}", "1"]).prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let key = prop::sample::select(vec!["a", "b", "bb", "", "é", "1"]);
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            vec((key, inner), 0..4).prop_map(|fields| {
                let fields = fields
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value));
                serde_json::Value::Object(fields.collect())
            }),
        ]
    })
}

pub(super) fn texts() -> impl Strategy<Value = Option<Vec<Option<String>>>> {
    nullable(vec(
        proptest::option::weighted(
            0.9,
            prop::sample::select(vec!["a", "b", "é", ""]).prop_map(str::to_owned),
        ),
        0..4,
    ))
}

pub(super) fn ints() -> impl Strategy<Value = Option<Vec<Option<i64>>>> {
    nullable(vec(proptest::option::weighted(0.9, -2i64..3), 0..4))
}

pub(super) fn bytes() -> impl Strategy<Value = Option<Vec<u8>>> {
    nullable(vec(any::<u8>(), 0..90))
}
