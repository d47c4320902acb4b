//! Casts between the types of the contract.

use super::input::{date, decimal, double, instant, int, nullable};
use proptest::prelude::*;

fn number_text() -> impl Strategy<Value = Option<String>> {
    nullable(prop_oneof![
        2 => any::<i64>().prop_map(|n| n.to_string()),
        2 => (-99i64..99).prop_map(|n| format!(" {n}\t")),
        2 => (-1e9..1e9f64).prop_map(|x| x.to_string()),
        3 => prop::sample::select(vec!["", " ", "1.", ".5", "-.5", "+7", "--1", "1e3", "1e-3", "-1.5E+2", "0x10", "1_000", "é", "9223372036854775808", "1e400", "1e-400", "abc", "1 2", "-", "e5"]).prop_map(str::to_owned),
    ])
}

fn boolean_text() -> impl Strategy<Value = Option<String>> {
    nullable(
        prop::sample::select(vec![
            "t", "T", "true", "tru", "yes", "y", "on", "o", "1", "0", "f", "off", "of", "no", "n",
            " true ", "", "2", "truee", "FALSE",
        ])
        .prop_map(str::to_owned),
    )
}

fn uuid_text() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
        "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}",
        "a0eebc999c0b4ef8bb6d6bb9bd380a11",
        "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1",
        "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11-",
        "-a0eebc999c0b4ef8bb6d6bb9bd380a11",
        "",
        "a0e-ebc999c0b4ef8bb6d6bb9bd380a11",
        "a0eebc99--9c0b-4ef8-bb6d-6bb9bd380a11",
        " a0eebc999c0b4ef8bb6d6bb9bd380a11",
        "a0eebc999c0b4ef8bb6d6bb9bd380a11}",
    ])
    .prop_map(str::to_owned)
}

fn instant_text() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "2026-01-02T03:04:05Z",
        "2026-01-02 03:04:05+00",
        "2026-01-02 03:04:05.123456+05:30",
        "2026-01-02 03:04",
        "2026-01-02",
        "2026-01-02 03:04:05.1-0800",
        "2026-02-30",
        "2026-13-01",
        "",
        "tomorrow-ish",
        "2026-01-02 25:00:00",
        "2026-01-02T03:04:05.5",
    ])
    .prop_map(str::to_owned)
}

differential! {
    text_to_bigint: "SELECT (:a::text)::bigint AS v" => Int, a: number_text();
    text_to_integer: "SELECT (:a::text)::int AS v" => Int, a: number_text();
    text_to_smallint: "SELECT (:a::text)::smallint AS v" => Int, a: number_text();
    text_to_double: "SELECT (:a::text)::double precision AS v" => Double, a: number_text().prop_filter("hexadecimal is refused", |a| a.as_deref() != Some("0x10"));
    text_to_boolean: "SELECT (:a::text)::boolean AS v" => Bool, a: boolean_text();
    text_to_uuid: "SELECT ((:a::text)::uuid)::text AS v" => Text, a: uuid_text();
    text_to_instant: "SELECT (:a::text)::timestamptz AS v" => Instant, a: instant_text();
    text_to_date: "SELECT (:a::text)::date AS v" => Date, a: prop::sample::select(vec!["2026-01-02", " 2026-01-02", "2026-02-30", "", "x", "0001-01-01"]).prop_map(str::to_owned);
    bigint_to_integer: "SELECT (:n::bigint)::int AS v" => Int, n: int();
    bigint_to_smallint: "SELECT (:n::bigint)::smallint AS v" => Int, n: int();
    bigint_to_double: "SELECT (:n::bigint)::double precision AS v" => Double, n: int();
    bigint_to_text: "SELECT CAST(:n::bigint AS text) AS v" => Text, n: int();
    integer_to_boolean: "SELECT (:n::int)::boolean AS v" => Bool, n: -2i64..3;
    boolean_to_integer: "SELECT (:b::boolean)::int AS v" => Int, b: any::<bool>();
    boolean_to_text: "SELECT (:b::boolean)::text AS v" => Text, b: any::<bool>();
    double_to_bigint: "SELECT (:x::double precision)::bigint AS v" => Int, x: double();
    double_to_integer: "SELECT (:x::double precision)::integer AS v" => Int, x: double();
    double_to_text: "SELECT (:x::double precision)::text AS v" => Text, x: double();
    double_to_real: "SELECT (:x::double precision)::real AS v" => Double, x: double();
    double_to_numeric: "SELECT ((:x::double precision)::numeric)::text AS v" => Text, x: nullable(prop_oneof![-1e12..1e12f64, -1.0..1.0f64, (-99i32..99).prop_map(|n| f64::from(n) / 4.0)]);
    numeric_to_bigint: "SELECT (:a::numeric)::bigint AS v" => Int, a: decimal();
    numeric_to_integer: "SELECT CAST(:a::numeric AS integer) AS v" => Int, a: decimal();
    numeric_to_double: "SELECT (:a::numeric)::float8 AS v" => Double, a: decimal();
    numeric_to_text: "SELECT (:a::numeric)::text AS v" => Text, a: decimal();
    numeric_to_scale: "SELECT ((:a::numeric)::numeric(8, 2))::text AS v" => Text, a: decimal();
    numeric_to_whole: "SELECT ((:a::numeric)::numeric(6))::text AS v" => Text, a: decimal();
    text_to_numeric: "SELECT ((:a::text)::numeric)::text AS v" => Text, a: number_text().prop_filter("fits 38 digits", |a| a.as_deref().is_none_or(|a| !a.contains("e400") && !a.contains("e-400") && !a.contains("0x") && !a.contains('_')));
    instant_to_text: "SELECT (date_trunc('microseconds', :t::timestamptz))::text AS v" => Text, t: instant();
    instant_to_date: "SELECT (:t::timestamptz)::date AS v" => Date, t: instant();
    date_of_instant: "SELECT date(:t::timestamptz) AS v" => Date, t: instant();
    date_to_instant: "SELECT (:d::date)::timestamptz AS v" => Instant, d: date();
    date_to_text: "SELECT (:d::date)::text AS v" => Text, d: date();
    to_varchar: "SELECT (:a::text)::varchar(3) AS v" => Text, a: super::input::text();
}
