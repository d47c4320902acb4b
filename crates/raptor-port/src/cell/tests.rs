//! Each type against a real server: what COPY takes, what the server then shows, and that both sides
//! compute the same hash.

use super::{END, HEAD, Hasher, Value, hash_sql, put, read};
use crate::kind::{Conversion, Epoch, Kind};
use crate::zone::Zone;
use raptor_db::{Config, Db, RawValue, Scope, Sql, params};

const fn text(text: &str) -> RawValue<'_> {
    RawValue::Text(text.as_bytes())
}

fn as_of(kind: Kind, epoch: Epoch, zone: i32) -> Conversion {
    Conversion {
        epoch,
        zone: Zone::offset(zone),
        ..Conversion::plain(kind)
    }
}

type Case = (Conversion, Vec<(RawValue<'static>, &'static str)>);

fn numbers() -> Vec<Case> {
    let plain = Conversion::plain;
    let int = RawValue::Integer;
    let real = RawValue::Real;
    vec![
        (
            plain(Kind::Boolean),
            vec![(int(1), "true"), (text("F"), "false"), (real(0.0), "false")],
        ),
        (
            plain(Kind::Smallint),
            vec![(int(-32768), "-32768"), (text(" 12 "), "12")],
        ),
        (
            plain(Kind::Integer),
            vec![(int(2_147_483_647), "2147483647"), (real(3.0), "3")],
        ),
        (
            plain(Kind::Bigint),
            vec![(int(i64::MIN), "-9223372036854775808"), (int(0), "0")],
        ),
        (
            plain(Kind::Double),
            vec![
                (real(50.142_857_142_857_146), "50.142857142857146"),
                (int(-7), "-7"),
                (real(-0.0), "-0"),
                (real(f64::INFINITY), "Infinity"),
                (text("1e-5"), "1e-05"),
            ],
        ),
        (
            plain(Kind::Numeric(None)),
            vec![
                (text("00012.5000"), "12.5000"),
                (real(0.1), "0.1"),
                (int(i64::MAX), "9223372036854775807"),
                (text("-1.5e-7"), "-0.00000015"),
                (text("10000"), "10000"),
                (text("99999999.00010001"), "99999999.00010001"),
                (text("-0.00"), "0.00"),
                (real(1e22), "10000000000000000000000"),
                (text("0.0001"), "0.0001"),
            ],
        ),
        (
            plain(Kind::Numeric(Some((5, 2)))),
            vec![(real(123.45), "123.45"), (text("7"), "7.00")],
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a list of cases")]
fn texts() -> Vec<Case> {
    let plain = Conversion::plain;
    vec![
        (
            plain(Kind::Text),
            vec![
                (text("Grüße\t\\N 世界"), "Grüße\t\\N 世界"),
                (RawValue::Integer(7), "7"),
                (RawValue::Real(1.0), "1.0"),
                (text(""), ""),
            ],
        ),
        (plain(Kind::Varchar(4)), vec![(text("Grüß"), "Grüß")]),
        (
            plain(Kind::Bytea),
            vec![
                (RawValue::Blob(&[0, 255, 16]), "\\x00ff10"),
                (text("ab"), "\\x6162"),
                (RawValue::Blob(&[]), "\\x"),
            ],
        ),
        (
            plain(Kind::Uuid),
            vec![
                (
                    text("A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11"),
                    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
                ),
                (
                    text("a0eebc999c0b4ef8bb6d6bb9bd380a11"),
                    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
                ),
                (
                    RawValue::Blob(&[1; 16]),
                    "01010101-0101-0101-0101-010101010101",
                ),
            ],
        ),
        (
            plain(Kind::Jsonb),
            vec![
                (
                    text(
                        r#" {"bb":1.50, "a": [true,null , "x\u00e9\n\"\ud83d\ude00/"], "a":[ ], "ccc":{"z":1E3,"y":-0.0, "é": "\u0007"}} "#,
                    ),
                    r#"{"a": [], "bb": 1.50, "ccc": {"y": 0.0, "z": 1000, "é": "\u0007"}}"#,
                ),
                (
                    text(r#"["x\u00e9\n\"\ud83d\ude00/", 1e-3, 12345678901234567890.5, false]"#),
                    r#"["xé\n\"😀/", 0.001, 12345678901234567890.5, false]"#,
                ),
                (
                    text("[0e5, 0.5e3, 0.00e1, -0e2, 5e-1]"),
                    "[0, 500, 0.0, 0, 0.5]",
                ),
                (text("\"a\""), "\"a\""),
                (text("-12"), "-12"),
            ],
        ),
        (
            plain(Kind::Json),
            vec![(text(r#"{"b":1,  "b":2}"#), r#"{"b":1,  "b":2}"#)],
        ),
    ]
}

fn times() -> Vec<Case> {
    let plain = Conversion::plain;
    let int = RawValue::Integer;
    vec![
        (
            plain(Kind::Date),
            vec![
                (text("2024-02-29"), "2024-02-29"),
                (text("0001-01-01 00:00:00"), "0001-01-01"),
                (text("9999-12-31"), "9999-12-31"),
            ],
        ),
        (
            plain(Kind::Time),
            vec![
                (text("23:59:59.5"), "23:59:59.5"),
                (text("00:00"), "00:00:00"),
            ],
        ),
        (
            plain(Kind::Timestamp),
            vec![
                (
                    text("1999-12-31 23:59:59.999999"),
                    "1999-12-31 23:59:59.999999",
                ),
                (text("2024-02-29T12:30"), "2024-02-29 12:30:00"),
                (text("2024-02-29T12:30Z"), "2024-02-29 12:30:00"),
            ],
        ),
        (
            as_of(Kind::Timestamp, Epoch::Millis, 0),
            vec![(int(-1), "1969-12-31 23:59:59.999")],
        ),
        (
            as_of(Kind::Timestamptz, Epoch::Seconds, 3600),
            vec![
                (int(0), "1970-01-01 00:00:00+00"),
                (RawValue::Real(1.25), "1970-01-01 00:00:01.25+00"),
                (text("2024-02-29 12:30:00"), "2024-02-29 11:30:00+00"),
                (text("2024-02-29T12:30:00-05:30"), "2024-02-29 18:00:00+00"),
            ],
        ),
        (
            as_of(Kind::Timestamptz, Epoch::Julian, 0),
            vec![(RawValue::Real(2_440_587.5), "1970-01-01 00:00:00+00")],
        ),
        (
            plain(Kind::Interval),
            vec![
                (text("1970-01-02 01:00:00.5"), "1 day 01:00:00.5"),
                (text("1969-12-31 23:00:00"), "-01:00:00"),
            ],
        ),
    ]
}

#[tokio::test]
async fn a_server_shows_what_was_read_and_hashes_alike() {
    let server = raptor_testkit::Server::start(raptor_testkit::Options::default()).unwrap();
    let urls = server.create_database("cells").unwrap();
    let db = Db::open(Config::new(urls.owner_url()).unwrap())
        .await
        .unwrap();
    let session = db.session().await.unwrap();
    for (to, cells) in numbers().into_iter().chain(texts()).chain(times()) {
        let kind = to.kind;
        let make =
            format!("DROP TABLE IF EXISTS cells; CREATE TABLE cells (n bigint, value {kind})");
        session.execute_raw(&make).await.unwrap();
        let mut bytes = HEAD.to_vec();
        let (mut hashes, mut hasher) = (Vec::new(), Hasher::default());
        for (number, (cell, _)) in (1_i64..).zip(cells.iter().chain([&(RawValue::Null, "")])) {
            let value = read(*cell, to).unwrap_or_else(|why| panic!("{cell:?} as {kind}: {why}"));
            bytes.extend_from_slice(&2_i16.to_be_bytes());
            put(&mut bytes, &Value::Integer(number), Kind::Bigint);
            put(&mut bytes, &value, kind);
            hashes.push(hasher.of(&value, kind, 7).map(u64::cast_signed));
        }
        bytes.extend_from_slice(END);
        db.tx(&Scope::system(), |tx| {
            let bytes = bytes.clone();
            async move {
                let copy = Sql::dynamic("COPY cells FROM STDIN (FORMAT binary)");
                let mut copy = tx.copy_in(&copy).await?;
                copy.send(bytes).await?;
                copy.finish().await
            }
        })
        .await
        .unwrap();
        let ask = Sql::dynamic(format!(
            "SELECT value::text AS shown, {} AS hash FROM cells ORDER BY n",
            hash_sql("value", kind, "7")
        ));
        let rows = db.query(&Scope::system(), &ask, params! {}).await.unwrap();
        for (at, (cell, shown)) in cells.iter().enumerate() {
            assert_eq!(
                rows[at].get::<String>("shown").unwrap(),
                *shown,
                "{cell:?} as {kind}"
            );
        }
        let theirs: Vec<Option<i64>> = rows.iter().map(|row| row.get("hash").unwrap()).collect();
        assert_eq!(theirs, hashes, "{kind}: {cells:?}");
    }
}

#[test]
fn what_a_type_cannot_hold_is_refused() {
    let plain = Conversion::plain;
    let cases: &[(Kind, RawValue<'_>, &str)] = &[
        (Kind::Integer, RawValue::Integer(1 << 31), "larger"),
        (Kind::Integer, RawValue::Real(1.5), "whole"),
        (Kind::Bigint, text("12 monkeys"), "whole"),
        (Kind::Boolean, RawValue::Integer(2), "neither"),
        (Kind::Double, RawValue::Integer(i64::MAX), "double cannot"),
        (Kind::Numeric(Some((5, 2))), RawValue::Real(1.005), "behind"),
        (
            Kind::Numeric(Some((5, 2))),
            RawValue::Integer(1000),
            "before",
        ),
        (Kind::Text, RawValue::Text(b"a\0b"), "NUL"),
        (Kind::Text, RawValue::Text(b"\xff"), "UTF-8"),
        (Kind::Text, RawValue::Blob(b"a"), "blob"),
        (Kind::Varchar(3), text("Grüß"), "longer"),
        (Kind::Uuid, text("nope"), "UUID"),
        (Kind::Date, text("0000-00-00"), "month"),
        (Kind::Date, text("2023-02-29"), "day"),
        (Kind::Date, text("2023-02-28 00:00:01"), "time of day"),
        (Kind::Timestamp, text("2023-02-28 00:00:00+02:00"), "zone"),
        (
            Kind::Timestamp,
            text("2023-02-28 00:00:00.1234567"),
            "microsecond",
        ),
        (Kind::Timestamptz, RawValue::Integer(5), "number"),
        (Kind::Jsonb, text("{'a': 1}"), "JSON"),
        (Kind::Jsonb, text(r#""\u0000""#), "u0000"),
    ];
    for (kind, cell, said) in cases {
        let why = read(*cell, plain(*kind)).unwrap_err().to_string();
        assert!(why.contains(said), "{cell:?} as {kind}: {why}");
    }
}
