//! Every operation is dropped at every await point, one after the other, until it gets through.
//!
//! After each drop the next borrower must find no open transaction and no scope, its own write must
//! be seen by everybody, and what was dropped must be there as a whole or not at all.

use crate::backend::{ADD, Backend, SYSTEM, eventually};
use raptor_db::{Db, Error, Params, Result, Row, Scope, Session, Sql, params, sql};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll};

/// Polls a future and gives up at its `left`-th wait.
struct Impatient<F> {
    work: F,
    left: usize,
}

impl<F: Future + Unpin> Future for Impatient<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match Pin::new(&mut self.work).poll(cx) {
            Poll::Ready(answer) => Poll::Ready(Some(answer)),
            Poll::Pending if self.left == 0 => Poll::Ready(None),
            Poll::Pending => {
                self.left -= 1;
                Poll::Pending
            }
        }
    }
}

/// More waits than any operation here has.
const MOST: usize = 200;

/// `work` adds the accounts `base` to `base + rows - 1`, or none.
async fn at_every_await<F>(backend: Backend, rows: i64, work: F)
where
    F: AsyncFn(&Db, i64) -> Result<()>,
{
    let db = backend.open(|config| config.pool_size = 2).await;
    let admin = backend.admin().await;
    // What is prepared once needs fewer waits afterwards: both ways are gone through.
    for round in 0..2 {
        let mut finished = false;
        for left in 0..MOST {
            let base = (round * 1_000 + i64::try_from(left).unwrap()) * 100;
            let answer = Impatient {
                work: pin!(work(&db, base)),
                left,
            }
            .await;
            next_borrowers_are_safe(&backend, &db, &admin).await;
            let written = in_the_end(&backend, &admin, base, rows).await;
            if let Some(answer) = answer {
                answer.unwrap();
                assert_eq!(written, rows, "acknowledged and not there");
                finished = true;
                break;
            }
            assert!(
                written == 0 || written == rows,
                "{written} of {rows} after {left} waits"
            );
        }
        assert!(finished, "it never got through");
    }
    // The pool is as large as it was.
    let held = tokio::join!(hold(&db), hold(&db));
    held.0.unwrap();
    held.1.unwrap();
}

async fn hold(db: &Db) -> Result<()> {
    db.read(&SYSTEM, |tx| async move {
        tx.query(sql!("SELECT 1"), params! {}).await?;
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        Ok(())
    })
    .await
}

async fn one(session: &Session, sql: &Sql, params: Params<'_>) -> Row {
    session.query(sql, params).await.unwrap().remove(0)
}

static PROBE: AtomicI64 = AtomicI64::new(10_000_000);

async fn next_borrowers_are_safe(backend: &Backend, db: &Db, admin: &Session) {
    static STATE: Sql = Sql::new(
        "SELECT coalesce(current_setting('raptor.tenant', true), '') AS tenant, pg_current_xact_id_if_assigned()::text AS xact",
    );
    for _ in 0..2 {
        let id = PROBE.fetch_add(1, Ordering::Relaxed);
        if !backend.is_sqlite() {
            let row = db.query_one(&SYSTEM, &STATE, params! {}).await.unwrap();
            assert_eq!(
                row.get::<&str>("tenant").unwrap(),
                "",
                "a scope is still set"
            );
            assert_eq!(
                row.get::<Option<&str>>("xact").unwrap(),
                None,
                "a transaction is open"
            );
        } else {
            let tenant =
                sql!("SELECT coalesce(current_setting('raptor.tenant', true), '') AS tenant");
            let row = db.query_one(&SYSTEM, tenant, params! {}).await.unwrap();
            assert_eq!(
                row.get::<&str>("tenant").unwrap(),
                "",
                "a scope is still set"
            );
        }
        db.execute(&SYSTEM, &ADD, params! { id }).await.unwrap();
        let seen = sql!("SELECT count(*) FROM accounts WHERE id = :id");
        let seen: i64 = one(admin, seen, params! { id }).await.get(0).unwrap();
        assert_eq!(seen, 1, "a write was acknowledged that nobody else sees");
    }
}

/// How many of the rows are there once nothing runs any more.
async fn in_the_end(backend: &Backend, admin: &Session, base: i64, rows: i64) -> i64 {
    if !backend.is_sqlite() {
        eventually("nothing runs on the server", || async {
            let running = sql!(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                 AND pid <> pg_backend_pid() AND state <> 'idle'"
            );
            one(admin, running, params! {}).await.get::<i64>(0).unwrap() == 0
        })
        .await;
    } else {
        // Whatever the writer was given is done before this.
        let nothing = sql!("DELETE FROM accounts WHERE id = -1");
        backend
            .db
            .execute(&SYSTEM, nothing, params! {})
            .await
            .unwrap();
    }
    let there = sql!("SELECT count(*) FROM accounts WHERE id >= :base AND id < :base + :rows");
    let count = one(admin, there, params! { base, rows }).await;
    count.get(0).unwrap()
}

fn tenant() -> Scope {
    Scope::tenant("somebody")
}

pub(crate) async fn a_read(backend: Backend) {
    at_every_await(backend, 0, async |db, _| {
        db.query(&SYSTEM, sql!("SELECT count(*) FROM accounts"), params! {})
            .await
            .map(drop)
    })
    .await;
}

pub(crate) async fn a_scoped_read(backend: Backend) {
    at_every_await(backend, 0, async |db, _| {
        db.query(&tenant(), sql!("SELECT count(*) FROM accounts"), params! {})
            .await
            .map(drop)
    })
    .await;
}

pub(crate) async fn a_write(backend: Backend) {
    at_every_await(backend, 1, async |db, id| {
        db.execute(&SYSTEM, &ADD, params! { id }).await.map(drop)
    })
    .await;
}

pub(crate) async fn a_scoped_write(backend: Backend) {
    at_every_await(backend, 1, async |db, id| {
        db.execute(&tenant(), &ADD, params! { id }).await.map(drop)
    })
    .await;
}

pub(crate) async fn a_transaction(backend: Backend) {
    at_every_await(backend, 3, async |db, id| {
        db.tx(&tenant(), |tx| async move {
            tx.execute(&ADD, params! { id }).await?;
            tx.query(sql!("SELECT count(*) FROM accounts"), params! {})
                .await?;
            tokio::try_join!(
                async { tx.execute(&ADD, params! { id: id + 1 }).await },
                async { tx.execute(&ADD, params! { id: id + 2 }).await },
            )?;
            Ok(())
        })
        .await
    })
    .await;
}

pub(crate) async fn a_read_only_transaction(backend: Backend) {
    at_every_await(backend, 0, async |db, _| {
        db.read(&tenant(), |tx| async move {
            tx.query(sql!("SELECT count(*) FROM accounts"), params! {})
                .await?;
            tx.query(sql!("SELECT max(id) FROM accounts"), params! {})
                .await
                .map(drop)
        })
        .await
    })
    .await;
}

pub(crate) async fn savepoints(backend: Backend) {
    at_every_await(backend, 2, async |db, id| {
        db.tx(&tenant(), |tx| async move {
            tx.execute(&ADD, params! { id }).await?;
            tx.savepoint(|| async { tx.execute(&ADD, params! { id: id + 1 }).await })
                .await?;
            let taken_back: Result<()> = tx
                .savepoint(|| async {
                    tx.execute(&ADD, params! { id: id + 50 }).await?;
                    Err(Error::new(raptor_db::ErrorKind::Other, "no"))
                })
                .await;
            assert!(taken_back.is_err());
            Ok(())
        })
        .await
    })
    .await;
}

pub(crate) async fn a_stream(backend: Backend) {
    at_every_await(backend, 1, async |db, id| {
        db.tx(&tenant(), |tx| async move {
            tx.execute(&ADD, params! { id }).await?;
            let upto = sql!(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT i FROM n"
            );
            let mut rows = tx.stream(upto, params! {}).await?;
            let mut count = 0;
            while rows.next().await?.is_some() {
                count += 1;
            }
            assert_eq!(count, 500);
            Ok(())
        })
        .await
    })
    .await;
}

pub(crate) async fn many_sets(backend: Backend) {
    at_every_await(backend, 20, async |db, base| {
        let ids: Vec<i64> = (base..base + 20).collect();
        let ids = &ids;
        db.tx(&tenant(), |tx| async move {
            let sets: Vec<_> = ids
                .iter()
                .map(|id| [("id", id as &(dyn raptor_db::ToValue + Sync))])
                .collect();
            let sets: Vec<Params<'_>> = sets.iter().map(|set| &set[..]).collect();
            tx.execute_many(&ADD, &sets).await.map(drop)
        })
        .await
    })
    .await;
}

pub(crate) async fn copying(backend: Backend) {
    if backend.is_sqlite() {
        // There is no COPY to drop; `copies` tests that it says so.
        return;
    }
    at_every_await(backend, 2, async |db, id| {
        db.tx(&tenant(), |tx| async move {
            let mut copy = tx
                .copy_in(sql!("COPY accounts (id, name) FROM STDIN (FORMAT csv)"))
                .await?;
            copy.send(format!("{id},copied {id}\n")).await?;
            let next = id + 1;
            copy.send(format!("{next},copied {next}\n")).await?;
            copy.finish().await.map(drop)
        })
        .await
    })
    .await;
}

/// The commit itself fails, after everything before it went well.
pub(crate) async fn a_failing_commit(backend: Backend) {
    at_every_await(backend, 0, async |db, id| {
        let promise = sql!("INSERT INTO promises (id, account) VALUES (:id, -5)");
        let broken = db
            .tx(&tenant(), |tx| async move {
                tx.execute(&ADD, params! { id }).await?;
                tx.execute(promise, params! { id }).await
            })
            .await;
        assert_eq!(broken.unwrap_err().kind(), raptor_db::ErrorKind::ForeignKey);
        Ok(())
    })
    .await;
}

/// All connections are taken, so that dropping hits those who wait for one.
pub(crate) async fn waiting_in_line(backend: Backend) {
    at_every_await(backend, 1, async |db, id| {
        let busy = futures_util::future::join_all((0..3).map(|_| hold(db)));
        let (_, written) = tokio::join!(busy, async {
            db.execute(&tenant(), &ADD, params! { id }).await
        });
        written.map(drop)
    })
    .await;
}

pub(crate) async fn listening(backend: Backend) {
    if backend.kind == crate::backend::Kind::PgBouncer {
        // No listener behind a pooler; `listens` tests that it says so.
        return;
    }
    at_every_await(backend, 0, async |db, id| {
        let channel = format!("channel_{id}");
        let mut listener = db.listen(&[&channel]).await?;
        let notify = sql!("SELECT pg_notify(:channel, 'x')");
        db.execute(&SYSTEM, notify, params! { channel: &channel })
            .await?;
        assert!(listener.recv().await.is_some());
        Ok(())
    })
    .await;
}
