//! COPY in and out on Postgres; on SQLite it is refused with what to use instead.

use crate::backend::{ADD, Backend, SYSTEM};
use raptor_db::{Error, ErrorKind, Sql, params, sql};

static IN: Sql = Sql::new("COPY accounts (id, name) FROM STDIN (FORMAT csv)");
static OUT: Sql =
    Sql::new("COPY (SELECT id, name FROM accounts ORDER BY id) TO STDOUT (FORMAT csv)");

async fn refused_on_sqlite(backend: &Backend) -> bool {
    if !backend.is_sqlite() {
        return false;
    }
    let answer = backend
        .db
        .tx(
            &SYSTEM,
            |tx| async move { tx.copy_in(&IN).await.map(|_| ()) },
        )
        .await;
    let error = answer.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("execute_many"), "{error}");
    true
}

pub(crate) async fn what_goes_in_comes_out(backend: Backend) {
    if refused_on_sqlite(&backend).await {
        return;
    }
    let rows = backend
        .db
        .tx(&SYSTEM, |tx| async move {
            let mut copy = tx.copy_in(&IN).await?;
            // Pieces need not end where rows do.
            for piece in ["1,a\n2", ",\"b,", "c\"\n"] {
                copy.send(piece).await?;
            }
            copy.finish().await
        })
        .await;
    assert_eq!(rows.unwrap(), 2);
    let bytes = backend
        .db
        .read(&SYSTEM, |tx| async move {
            let mut copy = tx.copy_out(&OUT).await?;
            let mut bytes = Vec::new();
            while let Some(piece) = copy.next().await? {
                bytes.extend_from_slice(&piece);
            }
            // The connection takes the next statement.
            tx.query(sql!("SELECT 1"), params! {}).await?;
            Ok::<_, Error>(bytes)
        })
        .await;
    assert_eq!(bytes.unwrap(), b"1,a\n2,\"b,c\"\n");
}

pub(crate) async fn a_bad_row_fails_the_transaction(backend: Backend) {
    if refused_on_sqlite(&backend).await {
        return;
    }
    for (piece, kind) in [
        ("1,a\n2,a\n", ErrorKind::Unique),
        ("x,a\n", ErrorKind::Type),
    ] {
        let answer = backend
            .db
            .tx(&SYSTEM, |tx| async move {
                tx.execute(&ADD, params! { id: 7 }).await?;
                let mut copy = tx.copy_in(&IN).await?;
                copy.send(piece).await?;
                assert_eq!(copy.finish().await.unwrap_err().kind(), kind);
                Ok::<_, Error>(())
            })
            .await;
        assert_eq!(answer.unwrap_err().kind(), ErrorKind::Refused);
    }
    assert_eq!(backend.accounts().await, 0);
}

/// The driver loses count of the answers then: nobody may get those of somebody else.
pub(crate) async fn one_that_cannot_begin_gives_its_connection_up(backend: Backend) {
    static GONE: Sql = Sql::new("COPY nothing_there (id) FROM STDIN (FORMAT csv)");
    if refused_on_sqlite(&backend).await {
        return;
    }
    for number in 0..20_i64 {
        let answer = backend
            .db
            .tx(&SYSTEM, |tx| async move {
                let begun = tx
                    .savepoint(|| async { tx.copy_in(&GONE).await.map(drop) })
                    .await;
                let code = begun.unwrap_err().code().map(str::to_owned);
                assert_eq!(code.as_deref(), Some("42P01"));
                tx.query_one(sql!("SELECT :number::bigint AS number"), params! { number })
                    .await
            })
            .await;
        assert_eq!(answer.unwrap_err().kind(), ErrorKind::Refused);
        let ask = sql!("SELECT :number::bigint AS number");
        let row = backend.db.query_one(&SYSTEM, ask, params! { number }).await;
        assert_eq!(row.unwrap().get::<i64>("number").unwrap(), number);
    }
}

pub(crate) async fn an_unfinished_copy_does_not_commit(backend: Backend) {
    if refused_on_sqlite(&backend).await {
        return;
    }
    let answer = backend
        .db
        .tx(&SYSTEM, |tx| async move {
            tx.execute(&ADD, params! { id: 7 }).await?;
            let mut copy = tx.copy_in(&IN).await?;
            copy.send("1,a\n").await?;
            drop(copy);
            Ok::<_, Error>(())
        })
        .await;
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::Refused);
    assert_eq!(backend.accounts().await, 0);
    let (keep, kept) = tokio::sync::oneshot::channel();
    let keep = std::sync::Mutex::new(Some(keep));
    let moved_out = backend
        .db
        .tx(&SYSTEM, |tx| {
            let keep = keep.lock().unwrap().take().unwrap();
            async move {
                let copy = tx.copy_in(&IN).await?;
                assert!(keep.send(copy).is_ok());
                Ok::<_, Error>(())
            }
        })
        .await;
    assert_eq!(moved_out.unwrap_err().kind(), ErrorKind::Refused);
    drop(kept.await);
}

pub(crate) async fn copy_is_no_query_and_a_query_no_copy(backend: Backend) {
    let query = backend.db.query(&SYSTEM, &IN, params! {}).await;
    assert_eq!(query.unwrap_err().kind(), ErrorKind::Refused);
    let copy = backend
        .db
        .tx(&SYSTEM, |tx| async move {
            tx.copy_out(sql!("SELECT 1")).await.map(|_| ())
        })
        .await;
    assert_eq!(copy.unwrap_err().kind(), ErrorKind::Refused);
}
