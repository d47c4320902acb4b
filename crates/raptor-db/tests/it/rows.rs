//! Rows by name and place, and answers that are not the one row that was asked for.

use crate::backend::{ADD, Backend};
use raptor_db::{ErrorKind, FromRow, Scope, params, sql};

raptor_db::from_row! {
    /// As the tests list it.
    #[derive(Debug, PartialEq)]
    pub(crate) struct Account {
        pub(crate) id: i64,
        pub(crate) name: String,
        pub(crate) nick: Option<String>,
    }
}

pub(crate) async fn by_name_and_by_place(backend: Backend) {
    let row = &backend
        .rows(
            sql!("SELECT 7::bigint AS a, NULL::text AS b, 'x' AS c"),
            params! {},
        )
        .await[0];
    assert_eq!((row.len(), row.is_empty()), (3, false));
    assert_eq!(row.columns().collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(row.get::<i64>("a").unwrap(), row.get::<i64>(0).unwrap());
    assert_eq!(row.get::<Option<&str>>("b").unwrap(), None);
    assert_eq!(row.get::<Option<&str>>(2).unwrap(), Some("x"));
    for (error, words) in [
        (
            row.get::<i64>("d").unwrap_err(),
            "no column \"d\"; the columns are a, b, c",
        ),
        (row.get::<i64>(3).unwrap_err(), "no column 3; there are 3"),
        (
            row.get::<&str>("b").unwrap_err(),
            "column \"b\" is NULL; read it as Option<_>",
        ),
        (
            row.get::<i64>("c").unwrap_err(),
            "column \"c\" is text, not an integer",
        ),
        (row.get::<&str>("a").unwrap_err(), "column \"a\" is "),
        (
            row.get::<uuid::Uuid>("c").unwrap_err(),
            "column \"c\" is text that is no uuid",
        ),
    ] {
        assert_eq!(error.kind(), ErrorKind::Type);
        assert!(error.to_string().contains(words), "{error}");
    }
    // A row's Debug shows names only.
    assert!(!format!("{row:?}").contains('7'));
}

pub(crate) async fn narrow_integers_must_fit(backend: Backend) {
    let row = &backend
        .rows(sql!("SELECT 300::bigint AS n, -1::bigint AS m"), params! {})
        .await[0];
    assert_eq!(row.get::<i16>("n").unwrap(), 300);
    assert_eq!(row.get::<i8>("m").unwrap(), -1);
    assert!(
        row.get::<u8>("n")
            .unwrap_err()
            .to_string()
            .contains("does not fit u8")
    );
    assert!(
        row.get::<u32>("m")
            .unwrap_err()
            .to_string()
            .contains("does not fit u32")
    );
}

pub(crate) async fn a_struct_reads_its_columns(backend: Backend) {
    let scope = Scope::system();
    backend
        .db
        .execute(&scope, &ADD, params! { id: 3 })
        .await
        .unwrap();
    let all = sql!("SELECT id, name, NULL::text AS nick FROM accounts");
    let row = backend.db.query_one(&scope, all, params! {}).await.unwrap();
    let account = Account::from_row(&row).unwrap();
    let wanted = Account {
        id: 3,
        name: "account 3".to_owned(),
        nick: None,
    };
    assert_eq!(account, wanted);
    let partly = sql!("SELECT id, name FROM accounts");
    let row = backend
        .db
        .query_one(&scope, partly, params! {})
        .await
        .unwrap();
    let error = Account::from_row(&row).unwrap_err();
    assert!(error.to_string().contains("no column \"nick\""), "{error}");
}

pub(crate) async fn one_row_is_one_row(backend: Backend) {
    let (db, scope) = (&backend.db, Scope::system());
    static SOME: raptor_db::Sql = raptor_db::Sql::new(
        "SELECT id FROM (VALUES (1::bigint), (2), (3)) AS three (id) WHERE id <= :n::bigint",
    );
    let some = if backend.is_sqlite() {
        sql!("SELECT id FROM (SELECT 1 AS id UNION ALL SELECT 2 UNION ALL SELECT 3) WHERE id <= :n")
    } else {
        &SOME
    };
    let none = db
        .query_one(&scope, some, params! { n: 0 })
        .await
        .unwrap_err();
    assert_eq!(none.kind(), ErrorKind::NotFound);
    assert!(none.to_string().contains("rows.rs:"), "{none}");
    let one = db.query_one(&scope, some, params! { n: 1 }).await.unwrap();
    assert_eq!(one.get::<i64>("id").unwrap(), 1);
    let many = db
        .query_one(&scope, some, params! { n: 3 })
        .await
        .unwrap_err();
    assert_eq!(many.kind(), ErrorKind::TooManyRows);
    assert!(many.to_string().contains("3 came"), "{many}");
    assert!(
        db.query_opt(&scope, some, params! { n: 0 })
            .await
            .unwrap()
            .is_none()
    );
    let many = db
        .query_opt(&scope, some, params! { n: 2 })
        .await
        .unwrap_err();
    assert_eq!(many.kind(), ErrorKind::TooManyRows);
}

pub(crate) async fn affected_rows_are_counted(backend: Backend) {
    let (db, scope) = (&backend.db, Scope::system());
    for id in 1..=3 {
        assert_eq!(db.execute(&scope, &ADD, params! { id }).await.unwrap(), 1);
    }
    let raise = sql!("UPDATE accounts SET cents = cents + 1 WHERE id > :id");
    assert_eq!(
        db.execute(&scope, raise, params! { id: 1 }).await.unwrap(),
        2
    );
    assert_eq!(
        db.execute(&scope, raise, params! { id: 9 }).await.unwrap(),
        0
    );
    let gone = sql!("DELETE FROM accounts WHERE id < 3 RETURNING id");
    assert_eq!(db.execute(&scope, gone, params! {}).await.unwrap(), 2);
    let clash = sql!("INSERT INTO accounts (id, name) VALUES (3, 'c') ON CONFLICT DO NOTHING");
    assert_eq!(db.execute(&scope, clash, params! {}).await.unwrap(), 0);
}
