//! The same mistake is the same kind on every engine, and names what the engine names.

use crate::backend::{ADD, Backend, Kind, SYSTEM};
use raptor_db::{Config, Db, Error, ErrorKind, Params, Scope, Sql, params, sql};

async fn fails(backend: &Backend, sql: &Sql, params: Params<'_>) -> Error {
    for scope in [Scope::tenant("t"), SYSTEM.clone()] {
        // Inside its own BEGIN … COMMIT it fails no differently.
        let error = backend.db.execute(&scope, sql, params).await.unwrap_err();
        if scope.is_system() {
            return error;
        }
    }
    unreachable!("the last scope is nobody's")
}

/// What is expected of (constraint, table, columns) on Postgres, then on SQLite.
type Names<'a> = (Option<&'a str>, Option<&'a str>, &'a [&'a str]);

fn names(backend: &Backend, error: &Error, postgres: Names<'_>, sqlite: Names<'_>) {
    let (constraint, table, columns) = if backend.is_sqlite() {
        sqlite
    } else {
        postgres
    };
    assert_eq!(error.constraint(), constraint, "{error:?}");
    assert_eq!(error.table(), table, "{error:?}");
    assert_eq!(error.columns(), columns, "{error:?}");
    assert!(error.code().is_some());
    assert!(error.to_string().contains("errors.rs:") || error.to_string().contains("backend.rs:"));
}

pub(crate) async fn unique(backend: Backend) {
    backend
        .db
        .execute(&SYSTEM, &ADD, params! { id: 1 })
        .await
        .unwrap();
    let error = fails(&backend, &ADD, params! { id: 1 }).await;
    assert_eq!(error.kind(), ErrorKind::Unique);
    names(
        &backend,
        &error,
        (Some("accounts_pkey"), Some("accounts"), &["id"]),
        (None, Some("accounts"), &["id"]),
    );
    let named = sql!("INSERT INTO accounts (id, name) VALUES (2, :name)");
    let error = fails(&backend, named, params! { name: "account 1" }).await;
    assert_eq!(error.kind(), ErrorKind::Unique);
    names(
        &backend,
        &error,
        (Some("accounts_name_key"), Some("accounts"), &["name"]),
        (None, Some("accounts"), &["name"]),
    );
    // A value may be a secret.
    assert!(
        !format!("{error} {error:?}").contains("account 1"),
        "{error:?}"
    );
    // Only who asks for it has it.
    let detail = error.detail().unwrap_or_default();
    assert_eq!(detail.contains("account 1"), !backend.is_sqlite());
}

pub(crate) async fn unique_over_several_columns_and_expressions(backend: Backend) {
    let pair = sql!("INSERT INTO pairs (a, b, c) VALUES (:a, :b, :c)");
    backend
        .db
        .execute(&SYSTEM, pair, params! { a: 1, b: "x", c: "Word" })
        .await
        .unwrap();
    let error = fails(&backend, pair, params! { a: 1, b: "x", c: "other" }).await;
    assert_eq!(error.kind(), ErrorKind::Unique);
    names(
        &backend,
        &error,
        (Some("pairs_key"), Some("pairs"), &["a", "b"]),
        (None, Some("pairs"), &["a", "b"]),
    );
    let error = fails(&backend, pair, params! { a: 2, b: "x", c: "wORD" }).await;
    assert_eq!(error.kind(), ErrorKind::Unique);
    names(
        &backend,
        &error,
        (Some("pairs_lower"), Some("pairs"), &["lower(c)"]),
        (Some("pairs_lower"), None, &[]),
    );
}

pub(crate) async fn foreign_key(backend: Backend) {
    let entry = sql!("INSERT INTO entries (id, account) VALUES (1, :account)");
    let error = fails(&backend, entry, params! { account: 5 }).await;
    assert_eq!(error.kind(), ErrorKind::ForeignKey);
    names(
        &backend,
        &error,
        (Some("entries_account_fkey"), Some("entries"), &["account"]),
        (None, None, &[]),
    );
    backend
        .db
        .execute(&SYSTEM, &ADD, params! { id: 5 })
        .await
        .unwrap();
    backend
        .db
        .execute(&SYSTEM, entry, params! { account: 5 })
        .await
        .unwrap();
    let error = fails(
        &backend,
        sql!("DELETE FROM accounts WHERE id = 5"),
        params! {},
    )
    .await;
    assert_eq!(error.kind(), ErrorKind::ForeignKey);
}

pub(crate) async fn not_null(backend: Backend) {
    let nameless = sql!("INSERT INTO accounts (id, name) VALUES (1, :name)");
    let error = fails(&backend, nameless, params! { name: None::<String> }).await;
    assert_eq!(error.kind(), ErrorKind::NotNull);
    let wanted: Names<'_> = (None, Some("accounts"), &["name"]);
    names(&backend, &error, wanted, wanted);
}

pub(crate) async fn check(backend: Backend) {
    let debt = sql!("INSERT INTO accounts (id, name, cents) VALUES (1, 'a', -1)");
    let error = fails(&backend, debt, params! {}).await;
    assert_eq!(error.kind(), ErrorKind::Check);
    names(
        &backend,
        &error,
        (Some("positive"), Some("accounts"), &[]),
        (Some("positive"), None, &[]),
    );
}

pub(crate) async fn syntax(backend: Backend) {
    for text in [
        "SELEC 1",
        "SELECT 1 FROM",
        "SELECT * FROM no_such_table",
        "SELECT no_such_column FROM accounts",
        "SELECT no_such_function(1)",
        "INSERT INTO accounts (id, name) VALUES (1)",
        "INSERT INTO accounts VALUES (1, 'a', 2, 3)",
        "INSERT INTO accounts (nothing) VALUES (1)",
        "SELECT id FROM accounts AS a, accounts AS b",
        "SELECT (SELECT id, name FROM accounts)",
        "SELECT count(*) FROM accounts WHERE count(*) > 1",
        "SELECT id FROM accounts ORDER BY 7",
        "DROP TABLE no_such_table",
        "SELECT \"misspelt\"",
    ] {
        let error = fails(&backend, &Sql::dynamic(text), params! {}).await;
        assert_eq!(error.kind(), ErrorKind::Syntax, "{text}: {error:?}");
    }
}

pub(crate) async fn types(backend: Backend) {
    let add = sql!("INSERT INTO accounts (id, name) VALUES (:id, 'a')");
    let error = fails(&backend, add, params! { id: "not a number" }).await;
    assert_eq!(error.kind(), ErrorKind::Type, "{error:?}");
    let day = sql!("SELECT date_trunc('no such field', now())");
    let error = fails(&backend, day, params! {}).await;
    assert_eq!(error.kind(), ErrorKind::Type, "{error:?}");
    let far = sql!("SELECT abs(:least::bigint)");
    let error = fails(&backend, far, params! { least: i64::MIN }).await;
    assert_eq!(error.kind(), ErrorKind::Type, "{error:?}");
}

pub(crate) async fn permission(backend: Backend) {
    if backend.is_sqlite() {
        // A file has no logins; what is refused is writing where only reading is allowed.
        let written = backend
            .db
            .read(&SYSTEM, |tx| async move {
                tx.execute(&ADD, params! { id: 1 }).await
            })
            .await;
        assert_eq!(written.unwrap_err().kind(), ErrorKind::Permission);
        return;
    }
    let error = fails(&backend, sql!("SELECT * FROM hidden"), params! {}).await;
    assert_eq!(error.kind(), ErrorKind::Permission);
}

pub(crate) async fn busy(backend: Backend) {
    if backend.is_sqlite() {
        // `deadlines::waiting_for_a_lock_ends_too` has it.
        let busy = Error::new(ErrorKind::Busy, "locked");
        assert!(!busy.is_retryable(), "only SQLite's own is run again");
        return;
    }
    backend
        .db
        .execute(&SYSTEM, &ADD, params! { id: 1 })
        .await
        .unwrap();
    let lock = sql!("SELECT id FROM accounts FOR UPDATE NOWAIT");
    let db = &backend.db;
    let kinds = db
        .tx(&SYSTEM, |tx| async move {
            tx.query(lock, params! {}).await?;
            let other = db.query(&SYSTEM, lock, params! {}).await;
            Ok::<_, Error>(other.unwrap_err().kind())
        })
        .await;
    assert_eq!(kinds.unwrap(), ErrorKind::Busy);
}

pub(crate) async fn a_closed_database(backend: Backend) {
    let db = backend.db.clone();
    let mut listener = match backend.kind {
        Kind::PgBouncer => None,
        _ => Some(db.listen(&["words"]).await.unwrap()),
    };
    backend.db.clone().close().await;
    for error in [
        db.query(&SYSTEM, sql!("SELECT 1"), params! {})
            .await
            .map(drop),
        db.execute(&SYSTEM, &ADD, params! { id: 1 }).await.map(drop),
        db.tx(&SYSTEM, |tx| async move {
            tx.execute(&ADD, params! { id: 1 }).await.map(drop)
        })
        .await,
        db.read(&SYSTEM, |tx| async move {
            tx.query(sql!("SELECT 1"), params! {}).await.map(drop)
        })
        .await,
    ] {
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error:?}");
        assert!(error.to_string().contains("closed"), "{error}");
    }
    if let Some(listener) = &mut listener {
        assert_eq!(listener.recv().await, None);
        assert!(db.listen(&["words"]).await.is_err());
    }
}

pub(crate) async fn a_lost_connection(backend: Backend) {
    if backend.is_sqlite() {
        // There is no connection to lose but the file itself.
        return;
    }
    let db = backend.open(|config| config.pool_size = 2).await;
    let (endless, admin) = (backend.endless(), backend.admin().await);
    let kill = sql!(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%pg_sleep(300)%' AND state = 'active'"
    );
    let killed = async {
        crate::backend::eventually("the statement runs", || async {
            let rows = admin.query(kill, params! {}).await.unwrap();
            rows[0].get::<i64>(0).unwrap() == 1
        })
        .await;
    };
    let (answer, ()) = tokio::join!(db.query(&SYSTEM, endless, params! {}), killed);
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::ConnectionLost);
    for id in 0..4 {
        db.execute(&SYSTEM, &ADD, params! { id }).await.unwrap();
    }
}

pub(crate) async fn a_wrong_login_or_place(backend: Backend) {
    if backend.is_sqlite() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("no.db");
        std::fs::write(&file, "x".repeat(5_000)).unwrap();
        let missing = folder.path().join("none").join("dev.db");
        for path in [file, missing] {
            let url = format!("sqlite:{}", path.display());
            let error = Db::open(Config::new(&url).unwrap()).await.err().unwrap();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{error:?}");
            assert!(
                error.to_string().contains(&*path.to_string_lossy()),
                "{error}"
            );
        }
        return;
    }
    let url = backend.url();
    let (login, rest) = url.split_once('@').unwrap();
    let (name, password) = login.rsplit_once(':').unwrap();
    let wrong = format!("{name}:{password}x@{rest}");
    let error = Db::open(Config::new(&wrong).unwrap()).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Auth, "{error:?}");
    assert!(!format!("{error:?}{error}").contains(password), "{error:?}");
    if backend.kind == Kind::Postgres {
        let (place, query) = rest.split_once('?').unwrap();
        let elsewhere = format!("{login}@{place}_no_such_database?{query}");
        let error = Db::open(Config::new(&elsewhere).unwrap())
            .await
            .err()
            .unwrap();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error:?}");
        let unreachable = "postgres://a:b@127.0.0.1:1/c";
        let error = Db::open(Config::new(unreachable).unwrap())
            .await
            .err()
            .unwrap();
        assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error:?}");
        assert!(error.to_string().contains("127.0.0.1:1"), "{error}");
    }
}
