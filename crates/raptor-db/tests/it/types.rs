//! The type contract: every logical type comes back from both engines as it went in, and the two
//! engines' answers are the same, cell by cell.

use crate::backend::{Backend, Kind, SYSTEM, block_on};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use raptor_db::{Decimal, ErrorKind, FromCell, Params, Sql, ToValue, params, sql};
use serde_json::{Value as Json, json};
use std::fmt::Debug;
use time::{Date, Duration, OffsetDateTime, UtcOffset};
use uuid::Uuid;

/// Stores the values in `column` and reads them back.
async fn stored<T>(backend: &Backend, column: &str, values: &[Option<T>]) -> Vec<Option<T>>
where
    T: ToValue + Sync + Send + for<'r> FromCell<'r>,
{
    let add = Sql::dynamic(format!("INSERT INTO cells (id, {column}) VALUES (:id, :v)"));
    let all = Sql::dynamic(format!("SELECT {column} FROM cells ORDER BY id"));
    let (add, all) = (&add, &all);
    let answer = backend.db.tx(&SYSTEM, |tx| async move {
        tx.execute(sql!("DELETE FROM cells"), params! {}).await?;
        let ids: Vec<i64> = (0..).take(values.len()).collect();
        let sets: Vec<_> = ids
            .iter()
            .zip(values)
            .map(|(id, v)| {
                [
                    ("id", id as &(dyn ToValue + Sync)),
                    ("v", v as &(dyn ToValue + Sync)),
                ]
            })
            .collect();
        let sets: Vec<Params<'_>> = sets.iter().map(|set| &set[..]).collect();
        tx.execute_many(add, &sets).await?;
        let rows = tx.query(all, params! {}).await?;
        rows.iter().map(|row| row.get(0)).collect()
    });
    answer.await.unwrap()
}

fn round_trip<T, S>(column: &str, values: S, same: impl Fn(&T, &T) -> bool)
where
    T: ToValue + Sync + Send + Clone + Debug + for<'r> FromCell<'r>,
    S: Strategy<Value = T>,
{
    block_on(async {
        let sqlite = Backend::new(Kind::Sqlite).await;
        let postgres = Backend::new(Kind::Postgres).await;
        let many = prop::collection::vec(prop::option::weighted(0.9, values), 1..60);
        let mut runner = TestRunner::new(Config {
            cases: 20,
            failure_persistence: None,
            ..Config::default()
        });
        let equal = |one: &Option<T>, other: &Option<T>| match (one, other) {
            (Some(one), Some(other)) => same(one, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        let check = |given: Vec<Option<T>>| {
            let (from_sqlite, from_postgres) = tokio::task::block_in_place(|| {
                tokio::runtime::Handle::current().block_on(async {
                    tokio::join!(
                        stored(&sqlite, column, &given),
                        stored(&postgres, column, &given)
                    )
                })
            });
            prop_assert_eq!(from_sqlite.len(), given.len());
            for ((given, sqlite), postgres) in given.iter().zip(&from_sqlite).zip(&from_postgres) {
                prop_assert!(
                    equal(given, sqlite),
                    "{:?} came back from SQLite as {:?}",
                    given,
                    sqlite
                );
                prop_assert!(
                    equal(given, postgres),
                    "{:?} came back from Postgres as {:?}",
                    given,
                    postgres
                );
                prop_assert!(
                    equal(sqlite, postgres),
                    "{:?} on SQLite, {:?} on Postgres",
                    sqlite,
                    postgres
                );
            }
            Ok(())
        };
        runner.run(&many, check).unwrap();
    });
}

fn identical<T: PartialEq>(one: &T, other: &T) -> bool {
    one == other
}

#[test]
fn bool() {
    round_trip("bool_", any::<bool>(), identical);
}

#[test]
fn i64() {
    let edge = prop::sample::select(vec![i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX, 1 << 53]);
    round_trip("i64_", prop_oneof![edge, any::<i64>()], identical);
}

#[test]
fn f64() {
    let edge = prop::sample::select(vec![
        0.0,
        1.0,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MIN_POSITIVE,
        f64::from_bits(1),
        f64::MAX,
        f64::EPSILON,
        9_007_199_254_740_993.0,
        0.1,
    ]);
    let any = any::<f64>().prop_filter("these are refused", |v| {
        !v.is_nan() && v.to_bits() != (-0.0_f64).to_bits()
    });
    round_trip("f64_", prop_oneof![edge, any], |a: &f64, b: &f64| {
        a.to_bits() == b.to_bits()
    });
}

#[test]
fn decimal() {
    let limit = 10_i128.pow(38) - 1;
    let mantissa = prop_oneof![
        Just(limit),
        Just(-limit),
        Just(0),
        -limit..=limit,
        -1_000..1_000_i128
    ];
    let decimals = (mantissa, 0..=38_u32).prop_map(|(m, s)| Decimal::new(m, s).unwrap());
    // The scale is kept, too; a zero has no sign to lose.
    round_trip("decimal_", decimals, |a: &Decimal, b: &Decimal| {
        a == b && a.to_string() == b.to_string()
    });
}

#[test]
fn text() {
    let edge = prop::sample::select(vec![
        "",
        " ",
        "'",
        "\\",
        "\u{feff}",
        "e\u{301}é",
        "🦖",
        "\n\r\t",
        "NULL",
        "\u{10ffff}",
    ]);
    let any = any::<String>().prop_map(|text| text.replace('\0', ""));
    round_trip(
        "text_",
        prop_oneof![edge.prop_map(str::to_owned), any],
        identical,
    );
}

#[test]
fn bytes() {
    round_trip("bytes_", any::<Vec<u8>>(), identical);
}

fn uuids() -> impl Strategy<Value = Uuid> {
    prop_oneof![any::<u128>(), Just(0), Just(u128::MAX), (0..10_u128)].prop_map(Uuid::from_u128)
}

#[test]
fn uuid() {
    round_trip("uuid_", uuids(), identical);
}

#[test]
fn timestamptz() {
    let first = time::macros::datetime!(0001-01-02 00:00 UTC);
    let last = time::macros::datetime!(9999-12-30 23:59:59.999999 UTC);
    let span = i64::try_from((last - first).whole_microseconds()).unwrap();
    let micros = prop_oneof![0..=span, Just(0), Just(span)];
    let instants = (micros, -14 * 60..=14 * 60_i32).prop_map(move |(micros, minutes)| {
        let offset = UtcOffset::from_whole_seconds(minutes * 60).unwrap();
        (first + Duration::microseconds(micros)).to_offset(offset)
    });
    round_trip(
        "timestamptz_",
        instants,
        |a: &OffsetDateTime, b: &OffsetDateTime| a == b,
    );
}

#[test]
fn date() {
    let days = Date::from_calendar_date(1, time::Month::January, 1)
        .unwrap()
        .to_julian_day()
        ..=Date::from_calendar_date(9999, time::Month::December, 31)
            .unwrap()
            .to_julian_day();
    let dates = days.prop_map(|day| Date::from_julian_day(day).unwrap());
    round_trip("date_", dates, identical);
}

fn jsons() -> impl Strategy<Value = Json> {
    let text = any::<String>().prop_map(|text| text.replace('\0', ""));
    let number = any::<f64>().prop_filter_map("JSON has no infinity", |v| {
        // A jsonb number is a numeric, which has no signed zero.
        (v.is_finite() && (v != 0.0 || v.is_sign_positive())).then(|| json!(v))
    });
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        number,
        prop::sample::select(vec![0.1, 1e300, 1e-300, 5e-324, 1.0, 1e16, 123456789.5])
            .prop_map(|v| json!(v)),
        text.clone().prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 24, 6, move |inner| {
        let name = prop_oneof![text.clone(), "[a-c]{1,3}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
            prop::collection::vec((name, inner), 0..6)
                .prop_map(|fields| Json::Object(fields.into_iter().collect())),
        ]
    })
}

/// Numbers by value: `1e16` may come back as `10000000000000000`.
fn same_json(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_json(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| same_json(a, b)))
        }
        (a, b) => a == b,
    }
}

#[test]
fn json() {
    round_trip("json_", jsons(), same_json);
}

/// jsonb orders an object's keys by length, then bytes, and prints numbers in full: the text is the
/// same on both engines.
#[test]
fn json_text() {
    block_on(async {
        let sqlite = Backend::new(Kind::Sqlite).await;
        let postgres = Backend::new(Kind::Postgres).await;
        let mut runner = TestRunner::new(Config {
            cases: 40,
            failure_persistence: None,
            ..Config::default()
        });
        let check = |given: Vec<Json>| {
            let given: Vec<Option<Json>> = given.into_iter().map(Some).collect();
            let texts = tokio::task::block_in_place(|| {
                tokio::runtime::Handle::current().block_on(async {
                    let mut texts = Vec::new();
                    for backend in [&sqlite, &postgres] {
                        stored(backend, "json_", &given).await;
                        let all = sql!("SELECT json_::text AS t FROM cells ORDER BY id");
                        let rows = backend.rows(all, params! {}).await;
                        texts.push(
                            rows.iter()
                                .map(|row| row.get::<String>("t").unwrap())
                                .collect::<Vec<_>>(),
                        );
                    }
                    texts
                })
            });
            prop_assert_eq!(&texts[0], &texts[1]);
            Ok(())
        };
        runner
            .run(&prop::collection::vec(jsons(), 1..30), check)
            .unwrap();
    });
}

#[test]
fn arrays_of_text() {
    let text = any::<String>().prop_map(|text| text.replace('\0', ""));
    let edge = prop::sample::select(vec!["", "NULL", "null", "{}", "a,b", "\"", "\\"]);
    let item = prop_oneof![text, edge.prop_map(str::to_owned)];
    let items = prop::collection::vec(prop::option::weighted(0.8, item), 0..8);
    round_trip("texts_", items, identical);
}

#[test]
fn arrays_of_i64() {
    let items = prop::collection::vec(
        prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX)],
        0..8,
    );
    round_trip("i64s_", items, identical);
}

#[test]
fn arrays_of_uuids() {
    let items = prop::collection::vec(prop::option::weighted(0.8, uuids()), 0..8);
    round_trip("uuids_", items, identical);
}

#[test]
fn nested_arrays() {
    let rows = (1..5_usize, 1..4_usize).prop_flat_map(|(height, width)| {
        prop::collection::vec(prop::collection::vec(any::<Option<i64>>(), width), height)
    });
    round_trip("i64s_", rows, identical);
    let cube = (1..3_usize, 1..3_usize, 1..3_usize).prop_flat_map(|(a, b, c)| {
        let text = "[a-z,{}\"\\\\ ]{0,4}";
        prop::collection::vec(prop::collection::vec(prop::collection::vec(text, c), b), a)
    });
    round_trip("texts_", cube, identical);
}

/// What one engine could not keep is refused by both, before it is sent.
#[test]
fn what_cannot_come_back_is_refused() {
    let refused: Vec<(&str, Box<dyn ToValue + Send + Sync>)> = vec![
        ("f64_", Box::new(f64::NAN)),
        ("f64_", Box::new(-0.0_f64)),
        ("text_", Box::new("a\0b")),
        ("json_", Box::new(json!({"a\0": 1}))),
        ("json_", Box::new(json!([-0.0]))),
        ("texts_", Box::new(vec!["a\0"])),
        ("i64s_", Box::new(vec![vec![1_i64], vec![]])),
        ("i64s_", Box::new(vec![Vec::<i64>::new()])),
        (
            "timestamptz_",
            Box::new(time::macros::datetime!(2026-01-01 00:00:00.000_000_1 UTC)),
        ),
        (
            "timestamptz_",
            Box::new(time::macros::datetime!(0000-01-01 00:00 UTC)),
        ),
        (
            "timestamptz_",
            Box::new(time::macros::datetime!(9999-12-31 23:30 -1)),
        ),
        ("date_", Box::new(time::macros::date!(-0001 - 01 - 01))),
    ];
    block_on(async {
        for kind in [Kind::Sqlite, Kind::Postgres, Kind::PgBouncer] {
            let backend = Backend::new(kind).await;
            for (column, value) in &refused {
                let add = Sql::dynamic(format!("INSERT INTO cells (id, {column}) VALUES (1, :v)"));
                let answer = backend
                    .db
                    .execute(&SYSTEM, &add, params! { v: value })
                    .await;
                let error = match answer {
                    Ok(_) => panic!("{column} took {:?}", value.to_value()),
                    Err(error) => error,
                };
                assert_eq!(error.kind(), ErrorKind::Type, "{error:?}");
                assert!(error.to_string().contains("the value of :v "), "{error}");
            }
        }
    });
}
