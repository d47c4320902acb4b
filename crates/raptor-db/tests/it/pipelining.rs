//! A scope and the one statement that it is for are one transaction with one end, and nothing of it is there afterwards.

use crate::backend::{Backend, Kind, SYSTEM, run};
use raptor_db::{Db, ErrorKind, Scope, Sql, params, sql};

static SEEN: Sql = Sql::new(
    "SELECT coalesce(current_setting('raptor.tenant', true), '') AS tenant, current_setting('transaction_read_only') AS reads, :n::bigint AS n",
);
static RENAME: Sql = Sql::new(
    "UPDATE accounts SET name = current_setting('raptor.tenant') || current_setting('transaction_read_only') WHERE id = :id",
);

/// One connection, on which both have run for tenant `a` and with nobody's scope.
async fn warmed(backend: &Backend) -> Db {
    let db = backend.open(|config| config.pool_size = 1).await;
    for scope in [&SYSTEM, &a(), &a()] {
        db.query(scope, &SEEN, params! { n: 1 }).await.unwrap();
        let nothing = db.execute(scope, &RENAME, params! { id: -1 }).await;
        assert_eq!(nothing.unwrap(), 0);
    }
    db
}

fn a() -> Scope {
    Scope::tenant("a")
}

/// Whom a statement sees, and whether its transaction only reads.
async fn seen(db: &Db, scope: &Scope) -> (String, String) {
    let row = db.query_one(scope, &SEEN, params! { n: 1 }).await.unwrap();
    (row.get("tenant").unwrap(), row.get("reads").unwrap())
}

fn are(tenant: &str, reads: &str) -> (String, String) {
    (tenant.to_owned(), reads.to_owned())
}

#[test]
fn a_read_only_reads_and_a_write_is_kept() {
    run(Kind::Postgres, async |backend: Backend| {
        let admin = backend.admin().await;
        let sneaks = "CREATE SEQUENCE counted; GRANT USAGE ON SEQUENCE counted TO PUBLIC; \
             CREATE FUNCTION counts() RETURNS bigint LANGUAGE sql AS $$ SELECT nextval('counted') $$; \
             CREATE FUNCTION lets_write() RETURNS text LANGUAGE sql AS $$ SELECT set_config('transaction_read_only', 'off', true) $$";
        admin.execute_raw(sneaks).await.unwrap();
        let db = warmed(&backend).await;
        let insert = sql!("INSERT INTO accounts (id, name) VALUES (:id, 'x')");
        db.execute(&SYSTEM, insert, params! { id: 1 })
            .await
            .unwrap();
        assert_eq!(seen(&db, &a()).await, are("a", "on"));
        assert_eq!(seen(&db, &SYSTEM).await, are("", "off"));
        db.execute(&a(), &RENAME, params! { id: 1 }).await.unwrap();
        let name = sql!("SELECT name FROM accounts WHERE id = 1");
        let row = backend.db.query_one(&SYSTEM, name, params! {}).await;
        assert_eq!(row.unwrap().get::<String>("name").unwrap(), "aoff");
        // What a read calls must not write.
        let sneaks = [
            (sql!("SELECT counts()"), "25006"),
            (sql!("SELECT lets_write()"), "25001"),
        ];
        for (sql, code) in sneaks.iter().cycle().take(6) {
            let error = db.query(&a(), sql, params! {}).await.unwrap_err();
            assert_eq!(error.code(), Some(*code), "{error}");
        }
        assert_eq!(seen(&db, &SYSTEM).await, are("", "off"));
    });
}

#[test]
fn nothing_is_left_of_a_scope_whose_statement_is_not_sent() {
    run(Kind::Postgres, async |backend: Backend| {
        let db = warmed(&backend).await;
        for _ in 0..3 {
            let error = db.query(&a(), &SEEN, params! { n: "one" }).await;
            assert_eq!(error.unwrap_err().kind(), ErrorKind::Type);
            assert_eq!(seen(&db, &SYSTEM).await, are("", "off"));
            let error = db.execute(&a(), &RENAME, params! { id: "one" }).await;
            assert_eq!(error.unwrap_err().kind(), ErrorKind::Type);
            assert_eq!(seen(&db, &SYSTEM).await, are("", "off"));
        }
    });
}

#[test]
fn what_the_server_has_forgotten_is_said_anew() {
    run(Kind::Postgres, async |backend: Backend| {
        let db = warmed(&backend).await;
        let forget = sql!("DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$");
        // Nothing is left of a scope that could not be set, for a statement that was not sent.
        db.execute(&SYSTEM, forget, params! {}).await.unwrap();
        let error = db.query(&a(), &SEEN, params! { n: "one" }).await;
        assert!(error.is_err());
        assert_eq!(seen(&db, &SYSTEM).await, are("", "off"));
        for _ in 0..3 {
            db.execute(&SYSTEM, forget, params! {}).await.unwrap();
            assert_eq!(seen(&db, &a()).await, are("a", "on"));
        }
        assert_eq!(seen(&db, &SYSTEM).await, are("", "off"));
    });
}

#[test]
fn a_copy_does_not_put_answers_out_of_step() {
    run(Kind::Postgres, async |backend: Backend| {
        let db = warmed(&backend).await;
        let scope = &a();
        for _ in 0..3 {
            let copied = db.tx(scope, |tx| async move {
                let mut copy = tx
                    .copy_in(sql!("COPY accounts (id, name) FROM STDIN"))
                    .await?;
                copy.send("-1\tx\n").await?;
                copy.finish().await?;
                tx.execute(sql!("DELETE FROM accounts WHERE id = -1"), params! {})
                    .await
            });
            assert_eq!(copied.await.unwrap(), 1);
            for _ in 0..3 {
                assert_eq!(seen(&db, &a()).await, are("a", "on"));
                assert_eq!(seen(&db, &SYSTEM).await, are("", "off"));
            }
        }
    });
}

/// What the server finds wrong at the end of the transaction only is the statement's error.
#[test]
fn a_constraint_that_is_held_at_the_end_is_told() {
    run(Kind::Postgres, async |backend: Backend| {
        let db = warmed(&backend).await;
        let twice = sql!("INSERT INTO promises (id, account) VALUES (:id, -1)");
        for scope in [&a(), &a(), &a(), &SYSTEM] {
            let error = db
                .execute(scope, twice, params! { id: 1 })
                .await
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ForeignKey, "{error}");
            assert_eq!(seen(&db, &SYSTEM).await, are("", "off"));
        }
        let count = sql!("SELECT count(*) AS n FROM promises");
        let row = db.query_one(&a(), count, params! {}).await.unwrap();
        assert_eq!(row.get::<i64>("n").unwrap(), 0);
    });
}

/// A row holds its statement: whoever lets go of the last one closes it on the server, at any moment and from any thread.
#[test]
fn what_is_let_go_of_meanwhile_ends_no_transaction() {
    run(Kind::Postgres, async |backend: Backend| {
        let db = warmed(&backend).await;
        let mut kept = Vec::new();
        for _ in 0..300 {
            let one = Sql::dynamic("SELECT 1");
            kept.push(db.query(&SYSTEM, &one, params! {}).await.unwrap());
        }
        let letting_go = std::thread::spawn(move || {
            for rows in kept {
                drop(rows);
                std::thread::sleep(std::time::Duration::from_micros(500));
            }
        });
        while !letting_go.is_finished() {
            assert_eq!(seen(&db, &a()).await, are("a", "on"));
        }
        letting_go.join().unwrap();
    });
}

/// What would end its transaction by itself is within BEGIN and COMMIT, and refused there, at every run.
#[test]
fn a_block_does_not_leave_its_scope() {
    run(Kind::Postgres, async |backend: Backend| {
        let db = warmed(&backend).await;
        let block = sql!(
            "DO $$ BEGIN INSERT INTO accounts (id, name) VALUES (1, 'x'); COMMIT; INSERT INTO accounts (id, name) VALUES (2, 'y'); END $$"
        );
        for _ in 0..3 {
            let error = db.execute(&a(), block, params! {}).await.unwrap_err();
            assert_eq!(error.code(), Some("2D000"), "{error}");
        }
        assert_eq!(backend.accounts().await, 0);
        for _ in 0..3 {
            let lock = sql!("LOCK TABLE accounts IN ACCESS SHARE MODE");
            db.execute(&a(), lock, params! {}).await.unwrap();
        }
    });
}

#[test]
fn a_text_of_somebodys_own_has_no_mark() {
    run(Kind::Postgres, async |backend: Backend| {
        let db = warmed(&backend).await;
        let text = "/* pipelined */ SELECT set_config('raptor.tenant', 'a', true)";
        for text in [Sql::dynamic(text), Sql::new(text)] {
            db.query(&SYSTEM, &text, params! {}).await.unwrap();
            assert_eq!(seen(&db, &SYSTEM).await, are("", "off"));
        }
    });
}

/// The server answers a failure at once, perhaps before anybody waits for it.
#[test]
fn a_scope_that_fails_leaves_nothing_open() {
    run(Kind::Postgres, async |backend: Backend| {
        let admin = backend.admin().await;
        let db = warmed(&backend).await;
        let of_all = "EXECUTE ON FUNCTION set_config(text, text, boolean)";
        for id in 1..20 {
            let revoke = format!("REVOKE {of_all} FROM PUBLIC");
            admin.execute_raw(&revoke).await.unwrap();
            for _ in 0..10 {
                let error = db.query(&a(), &SEEN, params! { n: 1 }).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Permission, "{error}");
            }
            admin
                .execute_raw(&format!("GRANT {of_all} TO PUBLIC"))
                .await
                .unwrap();
            let insert = sql!(
                "INSERT INTO accounts (id, name) VALUES (:id::bigint, current_setting('raptor.tenant') || :id::bigint)"
            );
            let scope = &a();
            let inserted = db.tx(scope, |tx| async move {
                tx.execute(insert, params! { id }).await
            });
            assert_eq!(inserted.await.unwrap(), 1);
        }
        assert_eq!(backend.accounts().await, 19);
        assert_eq!(seen(&db, &a()).await, are("a", "on"));
    });
}
