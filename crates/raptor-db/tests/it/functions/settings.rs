//! Settings, notifications' limits, the clock and new ids.

use super::{Shape, pair::PAIR};
use raptor_db::ErrorKind;

#[test]
fn settings_are_the_transaction_s() {
    for (text, answer) in [
        (
            "SELECT set_config('raptor.x', 'é', true) AS v",
            Ok(vec![Some("é".to_owned())]),
        ),
        (
            "SELECT set_config('raptor.x', NULL, true) AS v",
            Ok(vec![Some(String::new())]),
        ),
        (
            "SELECT current_setting('raptor.never', true) AS v",
            Ok(vec![None]),
        ),
        (
            "SELECT current_setting('raptor.never') AS v",
            Err(ErrorKind::Syntax),
        ),
        (
            "SELECT current_setting('raptor.never', false) AS v",
            Err(ErrorKind::Syntax),
        ),
        ("SELECT current_setting(NULL) AS v", Ok(vec![None])),
        (
            "SELECT set_config('nodot', 'x', true) AS v",
            Err(ErrorKind::Syntax),
        ),
    ] {
        assert_eq!(PAIR.same_text(text, Shape::Text), answer, "{text}");
    }
}

#[test]
fn a_notification_has_limits() {
    for text in [
        "SELECT pg_notify('', 'x') IS NULL AS v",
        "SELECT pg_notify(NULL, 'x') IS NULL AS v",
        "SELECT pg_notify(repeat('x', 64), 'x') IS NULL AS v",
        "SELECT pg_notify('c', repeat('x', 8000)) IS NULL AS v",
    ] {
        assert_eq!(
            PAIR.same_text(text, Shape::Bool),
            Err(ErrorKind::Type),
            "{text}"
        );
    }
    PAIR.same_text(
        "SELECT 1 AS v FROM (SELECT pg_notify('c', repeat('x', 7999)) AS done) AS n",
        Shape::Int,
    )
    .unwrap();
}

#[test]
fn the_clock_stands_still_where_it_should() {
    for text in [
        "SELECT now() = transaction_timestamp() AND now() = CURRENT_TIMESTAMP AS v",
        "SELECT statement_timestamp() = statement_timestamp() AS v",
        "SELECT statement_timestamp() >= now() AND clock_timestamp() >= statement_timestamp() AS v",
        "SELECT CURRENT_DATE = now()::date AS v",
        "SELECT gen_random_uuid() <> gen_random_uuid() AS v",
        "SELECT random() >= 0 AND random() < 1 AND random() <> random() AS v",
        "SELECT substr(gen_random_uuid()::text, 15, 1) = '4' AS v",
    ] {
        assert_eq!(
            PAIR.same_text(text, Shape::Bool),
            Ok(vec![Some("true".to_owned())]),
            "{text}"
        );
    }
}
