//! Parameters by name, and what may not stand in a statement's text.

use crate::backend::{ADD, Backend, SYSTEM};
use raptor_db::{Error, ErrorKind, Params, Scope, Sql, params, sql};

async fn refused(backend: &Backend, sql: &Sql, params: Params<'_>) -> Error {
    let scope = Scope::system();
    backend.db.query(&scope, sql, params).await.unwrap_err()
}

pub(crate) async fn wrong_ones_are_named_with_the_call_site(backend: Backend) {
    let line = line!() + 1;
    static TWO: Sql = Sql::new("SELECT :id::bigint, :email::text");
    for (error, words) in [
        (
            refused(&backend, &TWO, params! { id: 1 }).await,
            "needs :email, which was not given",
        ),
        (
            refused(&backend, &TWO, params! { id: 1, email: "a", name: "b" }).await,
            "has no parameter :name",
        ),
        (
            refused(&backend, &TWO, params! { id: 1, emial: "a" }).await,
            "needs :email and was given :emial",
        ),
        (
            refused(&backend, &TWO, params! { id: 1, email: "a", id: 2 }).await,
            "given twice",
        ),
    ] {
        assert_eq!(error.kind(), ErrorKind::Parameter);
        let text = error.to_string();
        assert!(text.contains(words), "{text}");
        assert!(text.contains(&format!("parameters.rs:{line}")), "{text}");
    }
}

pub(crate) async fn one_name_used_twice_is_one_value(backend: Backend) {
    let both = sql!("SELECT :a::bigint AS x, :b::text AS y, :a::bigint + 1 AS z, ':a' AS quoted");
    let row = &backend.rows(both, params! { b: "text", a: 41 }).await[0];
    assert_eq!(row.get::<i64>("x").unwrap(), 41);
    assert_eq!(row.get::<&str>("y").unwrap(), "text");
    assert_eq!(row.get::<i64>("z").unwrap(), 42);
    assert_eq!(row.get::<&str>("quoted").unwrap(), ":a");
}

pub(crate) async fn raw_identifiers_lose_their_prefix(backend: Backend) {
    let r#type = "word";
    let row = &backend
        .rows(sql!("SELECT :type::text AS t"), params! { r#type })
        .await[0];
    assert_eq!(row.get::<&str>("t").unwrap(), "word");
}

pub(crate) async fn control_statements_are_refused_everywhere(backend: Backend) {
    for text in [
        "BEGIN",
        "commit",
        "ROLLBACK",
        "SAVEPOINT a",
        "SET search_path = raptor",
        "SET LOCAL raptor.tenant = 'a'",
        "PREPARE TRANSACTION 'a'",
        "DISCARD ALL",
        "DEALLOCATE ALL",
        "PRAGMA query_only = OFF",
        "SELECT 1; COMMIT",
        "SELECT set_config('raptor.tenant', 'a', false)",
    ] {
        let sql = Sql::dynamic(text);
        let error = refused(&backend, &sql, params! {}).await;
        assert_eq!(error.kind(), ErrorKind::Refused, "{text}");
        let inside = backend
            .db
            .tx(&SYSTEM, |tx| async move {
                tx.execute(&ADD, params! { id: 1 }).await?;
                tx.execute_raw(text).await
            })
            .await;
        assert_eq!(inside.unwrap_err().kind(), ErrorKind::Refused, "{text}");
    }
    assert_eq!(backend.accounts().await, 0);
}

pub(crate) async fn a_nul_is_refused_before_anything_is_sent(backend: Backend) {
    let nul = Sql::dynamic("SELECT 1 -- \0");
    assert_eq!(
        refused(&backend, &nul, params! {}).await.kind(),
        ErrorKind::Syntax
    );
    // BEGIN and the scope leave together with the statement: neither may leave alone.
    let scope = Scope::tenant("a\0b");
    let written = backend.db.execute(&scope, &ADD, params! { id: 1 }).await;
    assert_eq!(written.unwrap_err().kind(), ErrorKind::Parameter);
    let written = backend
        .db
        .tx(&scope, |tx| async move {
            tx.execute(&ADD, params! { id: 2 }).await
        })
        .await;
    assert_eq!(written.unwrap_err().kind(), ErrorKind::Parameter);
    assert_eq!(backend.accounts().await, 0);
}

pub(crate) async fn definitions_write_no_rows(backend: Backend) {
    if backend.is_sqlite() {
        let scope = Scope::system();
        backend
            .db
            .execute(&scope, &ADD, params! { id: 1 })
            .await
            .unwrap();
        let made = sql!("CREATE TABLE fresh (id INTEGER) STRICT");
        assert_eq!(
            backend.db.execute(&scope, made, params! {}).await.unwrap(),
            0
        );
    } else {
        // The run-time login may not define anything.
        let made = sql!("CREATE TABLE fresh (id bigint)");
        let error = refused(&backend, made, params! {}).await;
        assert_eq!(error.kind(), ErrorKind::Permission);
    }
}
