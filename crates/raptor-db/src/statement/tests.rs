//! Names become numbers, and what is wrong with a text or its parameters is said by name.

use super::{Sql, StatementKind, split};
use crate::{ErrorKind, params};

#[test]
fn one_number_per_name() {
    let sql = Sql::new("SELECT :a, ':b', :c, :a::text FROM t WHERE x[1:2] = :c");
    assert_eq!(sql.parameters().unwrap(), ["a", "c"]);
    assert_eq!(
        sql.postgres_text().unwrap(),
        "SELECT $1, ':b', $2, $1::text FROM t WHERE x[1:2] = $2"
    );
}

#[test]
fn wrong_parameters_are_named_with_the_call_site() {
    let sql = Sql::new("SELECT :id, :email");
    let bind = |params| sql.parsed().unwrap().bind(params).map(|_| ()).unwrap_err();
    let missing = bind(params! { id: 1 });
    assert_eq!(missing.kind(), ErrorKind::Parameter);
    let text = missing.to_string();
    assert!(
        text.contains("needs :email, which was not given") && text.contains("tests.rs:"),
        "{text}"
    );
    let text = bind(params! { id: 1, email: "a", name: "b" }).to_string();
    assert!(text.contains("has no parameter :name"), "{text}");
    let text = bind(params! { id: 1, emial: "a" }).to_string();
    assert!(text.contains("needs :email and was given :emial"), "{text}");
}

#[test]
fn what_no_engine_can_keep_is_refused_by_name() {
    let sql = Sql::new("SELECT :v");
    let bind = |params| sql.parsed().unwrap().bind(params).map(|_| ()).unwrap_err();
    for error in [
        bind(params! { v: f64::NAN }),
        bind(params! { v: "a\0b" }),
        bind(params! { v: time::macros::datetime!(2026-01-01 00:00:00.0000001 UTC) }),
        bind(params! { v: vec![vec!["a"], vec![]] }),
        bind(params! { v: serde_json::json!({"a": ["\0"]}) }),
    ] {
        assert_eq!(error.kind(), ErrorKind::Type);
        assert!(error.to_string().contains(":v"), "{error}");
    }
}

#[test]
fn control_statements_are_refused_by_kind() {
    for text in [
        "begin",
        "COMMIT;",
        "/* x */ set role a",
        "SAVEPOINT a",
        "listen c",
        "(select 1); select 2",
        " -- nothing\n",
    ] {
        assert_eq!(
            Sql::dynamic(text).kind().unwrap_err().kind(),
            ErrorKind::Refused,
            "{text}"
        );
    }
}

#[test]
fn kinds() {
    for (text, kind) in [
        ("SELECT 1", StatementKind::Read),
        ("(VALUES (1)) ORDER BY 1", StatementKind::Read),
        ("WITH a AS (SELECT 1) SELECT * FROM a", StatementKind::Read),
        ("SELECT updated_at, \"delete\" FROM t", StatementKind::Read),
        (
            "WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a",
            StatementKind::Write,
        ),
        ("SELECT * FROM t FOR NO KEY UPDATE", StatementKind::Write),
        ("SELECT pg_notify('a', 'b')", StatementKind::Write),
        ("INSERT INTO t VALUES (1)", StatementKind::Write),
        ("CREATE TABLE t (a int)", StatementKind::Definition),
        ("COPY t FROM STDIN", StatementKind::Copy),
    ] {
        assert_eq!(Sql::dynamic(text).kind().unwrap(), kind, "{text}");
    }
}

#[test]
fn an_open_quote_is_placed() {
    let error = Sql::dynamic("SELECT 1,\n  'abc").kind().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Syntax);
    assert!(error.to_string().contains("line 2, column 3"), "{error}");
}

#[test]
fn scripts_are_cut_between_statements_only() {
    let trigger = "CREATE TRIGGER x AFTER INSERT ON t BEGIN UPDATE t SET a = CASE WHEN 1 THEN 2 END; DELETE FROM u; END";
    let function = "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ begin return 1; end $$";
    let atomic = "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END";
    let script = format!("{trigger};\n;{function};{atomic} ; SELECT ';' -- ;\n");
    let cut = split(&script).unwrap();
    assert_eq!(cut, [trigger, function, atomic, "SELECT ';' -- ;"]);
}
