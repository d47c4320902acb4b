//! A value is bound to the type that the server describes, where it fits without loss.
//!
//! SQLite describes nothing: a STRICT column takes its own storage class, or what becomes it without
//! loss, and refuses the rest with the same kind.

use crate::backend::{Backend, Kind, SYSTEM, run};
use raptor_db::{Decimal, Error, ErrorKind, Sql, ToValue, params, sql};
use serde_json::json;
use time::macros::{date, datetime};

type Value = Box<dyn ToValue + Send + Sync>;

fn boxed(value: impl ToValue + Send + Sync + 'static) -> Value {
    Box::new(value)
}

async fn bound(backend: &Backend, value: &Value, ty: &str) -> Result<String, Error> {
    let sql = Sql::dynamic(format!("SELECT (:v::{ty})::text AS v"));
    let row = backend
        .db
        .query_one(&SYSTEM, &sql, params! { v: value })
        .await?;
    row.get("v")
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn fitting() -> Vec<(Value, &'static str, &'static str)> {
    let id = uuid::Uuid::from_u128(7);
    vec![
        (boxed(300_i64), "smallint", "300"),
        (boxed(-5_i32), "bigint", "-5"),
        (boxed(2_147_483_647_i64), "integer", "2147483647"),
        (boxed(4_000_000_000_u32), "oid", "4000000000"),
        (boxed(12_i64), "numeric", "12"),
        (
            boxed(1_i64 << 53),
            "double precision",
            "9.007199254740992e+15",
        ),
        (boxed(1_i64 << 24), "real", "1.6777216e+07"),
        (boxed(0.5_f64), "real", "0.5"),
        (boxed(0.1_f32), "double precision", "0.10000000149011612"),
        (boxed(decimal("5.00")), "bigint", "5"),
        (boxed(decimal("5.00")), "numeric", "5.00"),
        (
            boxed("00000000-0000-0000-0000-000000000007"),
            "uuid",
            "00000000-0000-0000-0000-000000000007",
        ),
        (boxed(id), "text", "00000000-0000-0000-0000-000000000007"),
        (
            boxed("2026-01-02T03:04:05.5+05:30"),
            "timestamptz",
            "2026-01-01 21:34:05.5+00",
        ),
        (
            boxed(datetime!(2026-01-02 03:04:05 +1)),
            "text",
            "2026-01-02T02:04:05.000000Z",
        ),
        (boxed("2026-01-02"), "date", "2026-01-02"),
        (boxed(date!(2026 - 01 - 02)), "varchar", "2026-01-02"),
        (boxed("17"), "integer", "17"),
        (boxed("1.50"), "numeric", "1.50"),
        (boxed("{\"a\": 1}"), "jsonb", "{\"a\": 1}"),
        (boxed(json!({"a": [1]})), "text", "{\"a\":[1]}"),
        (boxed("happy"), "mood", "happy"),
        (boxed(50_i64), "percent", "50"),
        (boxed(vec![1_i64, 2]), "integer[]", "{1,2}"),
        (boxed(vec!["sad"]), "mood[]", "{sad}"),
        (boxed(vec![Some("1"), None]), "bigint[]", "{1,NULL}"),
        (
            boxed(vec![id]),
            "text[]",
            "{00000000-0000-0000-0000-000000000007}",
        ),
        (boxed(true), "boolean", "true"),
        (boxed(vec![0_u8, 255]), "bytea", "\\x00ff"),
    ]
}

fn refused() -> Vec<(Value, &'static str)> {
    vec![
        (boxed(40_000_i64), "smallint"),
        (boxed(1_i64 << 31), "integer"),
        (boxed(-1_i64), "oid"),
        (boxed((1_i64 << 53) + 1), "double precision"),
        (boxed((1_i64 << 24) + 1), "real"),
        (boxed(0.1_f64), "real"),
        (boxed(1.0_f64), "bigint"),
        (boxed(1.0_f64), "numeric"),
        (boxed(decimal("5.5")), "bigint"),
        (boxed(decimal("5.5")), "double precision"),
        (boxed(1_i64), "boolean"),
        (boxed(true), "integer"),
        (boxed(true), "text"),
        (boxed(1_i64), "text"),
        (boxed("1 "), "integer"),
        (boxed("01"), "integer"),
        (boxed("1.5"), "double precision"),
        (boxed("true"), "boolean"),
        (boxed("no uuid"), "uuid"),
        (boxed("yesterday"), "timestamptz"),
        (boxed("2026-01-02T03:04:05"), "timestamptz"),
        (boxed("2026-01-02T03:04:05.1234567Z"), "timestamptz"),
        (boxed("2026-02-30"), "date"),
        (boxed("{"), "jsonb"),
        (boxed("text"), "bytea"),
        (boxed(b"bytes".to_vec()), "text"),
        (boxed(datetime!(2026-01-02 03:04:05 UTC)), "timestamp"),
        (boxed(datetime!(2026-01-02 03:04:05 UTC)), "date"),
        (boxed(date!(2026 - 01 - 02)), "timestamptz"),
        (boxed(vec![1_i64 << 40]), "integer[]"),
        (boxed(vec!["a"]), "bigint[]"),
        (boxed(vec![1_i64]), "bigint"),
        (boxed(1_i64), "interval"),
    ]
}

#[test]
fn what_fits_without_loss_is_bound() {
    for kind in [Kind::Postgres, Kind::PgBouncer] {
        run(kind, async |backend: Backend| {
            for (value, ty, wanted) in fitting() {
                let text = bound(&backend, &value, ty).await;
                assert_eq!(text.unwrap(), wanted, "{:?} to {ty}", value.to_value());
                let none: Value = boxed(None::<i64>);
                let null = bound(&backend, &none, ty).await.unwrap_err();
                assert!(null.to_string().contains("is NULL"), "{null}");
            }
        });
    }
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    for kind in [Kind::Postgres, Kind::PgBouncer] {
        run(kind, async |backend: Backend| {
            for (value, ty) in refused() {
                let error = match bound(&backend, &value, ty).await {
                    Ok(text) => panic!("{:?} became {text} as {ty}", value.to_value()),
                    Err(error) => error,
                };
                assert_eq!(error.kind(), ErrorKind::Type, "{error:?}");
                let text = error.to_string();
                let named = text.contains("the value of :v is ") && text.contains("bindings.rs:");
                assert!(named && text.contains("without loss"), "{text}");
            }
            // What only the server can judge has the same kind.
            let error = bound(&backend, &boxed("furious"), "mood")
                .await
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Type, "{error:?}");
            let error = bound(&backend, &boxed(101_i64), "percent")
                .await
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Check, "{error:?}");
            let long = sql!("INSERT INTO narrow (v) VALUES (:v)");
            let error = backend
                .db
                .execute(&SYSTEM, long, params! { v: "too long" })
                .await
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Type, "{error:?}");
        });
    }
}

#[test]
fn a_strict_column_takes_its_own() {
    run(Kind::Sqlite, async |backend: Backend| {
        let put = async |column: &str, value: Value| {
            let sql = Sql::dynamic(format!("INSERT INTO cells ({column}) VALUES (:v)"));
            backend
                .db
                .execute(&SYSTEM, &sql, params! { v: &value })
                .await
        };
        for (column, value) in [
            ("i64_", boxed("17")),
            ("f64_", boxed(1_i64 << 53)),
            ("text_", boxed("a")),
            ("bytes_", boxed(vec![1_u8])),
        ] {
            assert_eq!(put(column, value).await.unwrap(), 1, "{column}");
        }
        for (column, value) in [
            ("i64_", boxed("x")),
            ("i64_", boxed(1.5_f64)),
            ("i64_", boxed(vec![1_u8])),
            ("f64_", boxed("x")),
            ("text_", boxed(vec![1_u8])),
            ("bytes_", boxed("a")),
        ] {
            let error = put(column, value).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Type, "{column}: {error:?}");
        }
        let error = put("json_", boxed("{")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Check, "{error:?}");
    });
}
