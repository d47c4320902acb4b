//! Functions on instants and dates, and intervals.

use super::input::{date, instant, int};
use super::{Shape, pair::PAIR};
use proptest::prelude::*;
use raptor_db::{Sql, params};

const FIELDS: &[&str] = &[
    "epoch",
    "second",
    "milliseconds",
    "microseconds",
    "minute",
    "hour",
    "day",
    "month",
    "quarter",
    "year",
    "decade",
    "century",
    "millennium",
    "dow",
    "isodow",
    "doy",
    "week",
    "isoyear",
];

#[test]
fn every_field_is_extracted() {
    let instants = proptest::collection::vec(instant(), 60);
    let instants = proptest::strategy::Strategy::new_tree(
        &instants,
        &mut proptest::test_runner::TestRunner::default(),
    );
    let instants = proptest::strategy::ValueTree::current(&instants.unwrap());
    for field in FIELDS {
        let exact = Sql::dynamic(format!(
            "SELECT (extract({field} FROM :t::timestamptz))::numeric AS v"
        ));
        let double = Sql::dynamic(format!("SELECT date_part('{field}', :t::timestamptz) AS v"));
        for t in &instants {
            PAIR.same(&exact, params! { t }, Shape::Decimal).unwrap();
            PAIR.same(&double, params! { t }, Shape::Double).unwrap();
        }
    }
}

#[test]
fn every_unit_is_truncated_to() {
    let units = [
        "microseconds",
        "milliseconds",
        "second",
        "minute",
        "hour",
        "day",
        "week",
        "month",
        "quarter",
        "year",
        "decade",
        "century",
        "millennium",
        "nonsense",
    ];
    let instants = proptest::collection::vec(instant(), 60);
    let instants = proptest::strategy::Strategy::new_tree(
        &instants,
        &mut proptest::test_runner::TestRunner::default(),
    );
    let instants = proptest::strategy::ValueTree::current(&instants.unwrap());
    for unit in units {
        let sql = Sql::dynamic(format!("SELECT date_trunc('{unit}', :t::timestamptz) AS v"));
        for t in &instants {
            let [postgres, sqlite] = PAIR.ask(&sql, params! { t }, Shape::Instant);
            // Postgres goes on into years before 1, which the type contract has not.
            if sqlite.is_err() && t.is_some_and(|t| t.year() < 1_001) {
                continue;
            }
            assert_eq!(postgres, sqlite, "{unit} of {t:?}");
        }
    }
}

#[test]
fn patterns_side_by_side_are_cut_alike_or_refused() {
    let sql = raptor_db::sql!("SELECT to_char(:t::timestamptz, :p::text) AS v");
    let mut config = proptest::test_runner::Config::with_cases(400);
    config.failure_persistence = None;
    proptest::test_runner::TestRunner::new(config)
        .run(&(instant(), pattern("")), |(t, p)| {
            let [postgres, sqlite] = PAIR.ask(sql, params! { t, p: &p }, Shape::Text);
            prop_assert!(
                postgres == sqlite || sqlite.is_err(),
                "{}: {:?}, {:?}",
                p,
                postgres,
                sqlite
            );
            Ok(())
        })
        .unwrap();
}

fn pattern(between: &'static str) -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "YYYY", "YY", "IYYY", "MM", "DD", "DDD", "HH24", "HH12", "HH", "MI", "SS", "MS", "US",
        "Mon", "MON", "mon", "Month", "MONTH", "month", "Day", "DAY", "day", "Dy", "DY", "dy", "D",
        "ID", "IW", "WW", "Q", "AM", "pm", "PM", "am", "TZ", "tz", "OF", "FMMonth", "FMDD",
        "FMDay", "DDth", "FMDDth", "HH24TH", "SSSSS", "-", "/", " ", ":", ".", "\"T\"", "\"at \"",
        ",",
    ]);
    proptest::collection::vec(part, 1..6).prop_map(move |parts| parts.join(between))
}

differential! {
    to_char: "SELECT to_char(:t::timestamptz, :p::text) AS v" => Text, t: instant(), p: pattern("|");
    to_timestamp: "SELECT to_timestamp(:x::double precision) AS v" => Instant, x: prop_oneof![-6e10..2.5e11f64, -1e6..2e9f64, (-4i32..4_000_000).prop_map(|n| f64::from(n) / 4.0)];
    epoch_and_back: "SELECT to_timestamp((extract(epoch FROM :t::timestamptz))::double precision) AS v" => Instant, t: instant();
    make_date: "SELECT make_date(:y::int, :m::int, :d::int) AS v" => Date, y: 1i64..10_000, m: -1i64..14, d: -1i64..33;
    plus_interval: "SELECT :t::timestamptz + interval '1 month 2 days 03:04:05.5' AS v" => Instant, t: instant().prop_filter("stays in range", |t| t.is_none_or(|t| t.year() < 9_999));
    minus_months: "SELECT :t::timestamptz - interval '13 months' - interval '1 day' AS v" => Instant, t: instant().prop_filter("stays in range", |t| t.is_none_or(|t| t.year() > 3));
    times_seconds: "SELECT :t::timestamptz + :n * interval '1 second' AS v" => Instant, t: instant().prop_filter("stays in range", |t| t.is_none_or(|t| (3..9_990).contains(&t.year()))), n: (-1_000_000i64..1_000_000).prop_map(|n| n as f64 / 4.0);
    times_days: "SELECT :t::timestamptz - interval '1 day 1 mon' * :n AS v" => Instant, t: instant().prop_filter("stays in range", |t| t.is_none_or(|t| (100..9_900).contains(&t.year()))), n: (-50i64..50).prop_map(|n| n as f64);
    made_interval: "SELECT :t::timestamptz + make_interval(days => :d::int, secs => :s::double precision) AS v" => Instant, t: instant().prop_filter("stays in range", |t| t.is_none_or(|t| (3..9_990).contains(&t.year()))), d: -99i64..99, s: (-1_000i64..1_000).prop_map(|n| n as f64 / 8.0);
    cast_interval: "SELECT :t::timestamptz + (:n::bigint || ' minutes')::interval AS v" => Instant, t: instant().prop_filter("stays in range", |t| t.is_none_or(|t| (3..9_990).contains(&t.year()))), n: -999i64..999;
    date_arithmetic: "SELECT :d::date + :n::int - 1 AS v" => Date, d: date().prop_filter("stays in range", |d| d.is_none_or(|d| (3..9_990).contains(&d.year()))), n: -400i64..400;
    extract_from_dates: "SELECT extract(doy FROM :d::date)::int + extract(isodow FROM :d::date)::int AS v" => Int, d: date();
    instants_are_ordered: "SELECT :a::timestamptz < :b::timestamptz AS v" => Bool, a: instant(), b: instant();
    a_wrong_field: "SELECT date_part(:f::text, :t::timestamptz) AS v" => Double, f: prop::sample::select(vec!["YEAR", "foo", ""]).prop_map(str::to_owned), t: instant();
    seconds_of_integers: "SELECT to_timestamp(:n::bigint) AS v" => Instant, n: int().prop_map(|n| n.map(|n| n % 100_000_000_000));
}
