//! How often a request waits for the network: counted by a proxy that delays, never by a clock.

use crate::backend::{ADD, Backend, Kind, SYSTEM, run};
use raptor_db::{Config, Db, Params, Scope, params, sql};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};

/// What goes out before the next answer is one flight; it counts when its answer comes back.
#[derive(Default)]
struct Count {
    flights: AtomicU32,
    asked: AtomicBool,
    /// Each is a send of the server's own.
    ends: AtomicU32,
}

/// How the server says that it is ready for the next statement, but for its last byte.
const READY: &[u8] = b"Z\0\0\0\x05";

/// One way, so that whatever can be sent together does arrive together.
const LATENCY: Duration = Duration::from_millis(20);

/// Ends with its test.
struct Proxy {
    url: String,
    count: Arc<Count>,
    accepting: tokio::task::JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// A proxy before the socket of `url`.
async fn proxy(url: &str) -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (base, query) = url.split_once('?').unwrap();
    let value = |name: &str| {
        let found = query.split('&').find_map(|pair| pair.strip_prefix(name));
        found.unwrap_or("5432").to_owned()
    };
    let socket = format!("{}/.s.PGSQL.{}", value("host="), value("port="));
    let count = Arc::new(Count::default());
    let counted = Arc::clone(&count);
    let accepting = tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            client.set_nodelay(true).unwrap();
            let server = UnixStream::connect(&socket).await.unwrap();
            let (client_in, client_out) = client.into_split();
            let (server_in, server_out) = server.into_split();
            tokio::spawn(relay(client_in, server_out, Arc::clone(&counted), true));
            tokio::spawn(relay(server_in, client_out, Arc::clone(&counted), false));
        }
    });
    let through = base.replace("@/", &format!("@127.0.0.1:{port}/"));
    Proxy {
        url: format!("{through}?sslmode=disable"),
        count,
        accepting,
    }
}

/// One connection through a proxy.
async fn through_proxy(backend: &Backend) -> (Proxy, Db) {
    let proxy = proxy(backend.url()).await;
    let mut config = Config::new(&proxy.url).unwrap();
    config.pool_size = 1;
    let db = Db::open(config).await.unwrap();
    (proxy, db)
}

async fn relay(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    count: Arc<Count>,
    is_request: bool,
) {
    let mut bytes = vec![0; 65_536];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        if is_request {
            count.asked.store(true, Ordering::SeqCst);
        }
        if !is_request {
            let found = bytes[..length].windows(READY.len());
            let ends = found.filter(|it| *it == READY).count();
            count
                .ends
                .fetch_add(ends.try_into().unwrap(), Ordering::SeqCst);
        }
        if !is_request && count.asked.swap(false, Ordering::SeqCst) {
            count.flights.fetch_add(1, Ordering::SeqCst);
        }
        tokio::time::sleep(LATENCY).await;
        if to.write_all(&bytes[..length]).await.is_err() {
            return;
        }
    }
}

impl Count {
    /// How many flights `work` waits for.
    async fn of<T>(&self, work: impl Future<Output = raptor_db::Result<T>>) -> u32 {
        // What was sent and not waited for has arrived by then.
        tokio::time::sleep(LATENCY * 6).await;
        let before = self.flights.load(Ordering::SeqCst);
        work.await.unwrap();
        self.flights.load(Ordering::SeqCst) - before
    }

    /// How many answers the server ends for `work`.
    async fn ends_of<T>(&self, work: impl Future<Output = raptor_db::Result<T>>) -> u32 {
        let before = self.ends.load(Ordering::SeqCst);
        self.of(work).await;
        self.ends.load(Ordering::SeqCst) - before
    }
}

#[test]
fn a_scope_costs_no_flight() {
    run(Kind::Postgres, async |backend: Backend| {
        let (proxy, db) = &through_proxy(&backend).await;
        let count = &proxy.count;
        let read = sql!("SELECT count(*) FROM accounts WHERE id = :id");
        let scope = &Scope::tenant("t").with_actor("a").with_token("x");
        // Prepared once.
        for sql in [read, &ADD] {
            db.query(&SYSTEM, sql, params! { id: 0 }).await.unwrap();
        }
        assert_eq!(
            count.of(db.query(&SYSTEM, read, params! { id: 0 })).await,
            1
        );
        assert_eq!(count.of(db.query(scope, read, params! { id: 0 })).await, 1);
        assert_eq!(
            count.of(db.execute(scope, &ADD, params! { id: 1 })).await,
            1
        );
        // BEGIN, the scope and the first query; nobody waits for a reader's COMMIT.
        let one = db.read(scope, |tx| async move {
            tx.query(read, params! { id: 0 }).await
        });
        assert_eq!(count.of(one).await, 1);
        let three = db.read(scope, |tx| async move {
            tokio::try_join!(
                tx.query(read, params! { id: 0 }),
                tx.query(read, params! { id: 1 }),
                tx.query(read, params! { id: 2 }),
            )
        });
        assert_eq!(count.of(three).await, 1);
        // A writer's COMMIT is waited for: it says whether the write is there.
        let write = db.tx(scope, |tx| async move {
            tx.execute(&ADD, params! { id: 2 }).await
        });
        assert_eq!(count.of(write).await, 2);
        let ids: Vec<i64> = (100..600).collect();
        let ids = &ids;
        let many = db.tx(scope, |tx| async move {
            let sets: Vec<_> = ids
                .iter()
                .map(|id| [("id", id as &(dyn raptor_db::ToValue + Sync))])
                .collect();
            let sets: Vec<Params<'_>> = sets.iter().map(|set| &set[..]).collect();
            tx.execute_many(&ADD, &sets).await
        });
        let flights = count.of(many).await;
        // Five hundred answers outgrow a socket's buffer or two, never five hundred times.
        assert!((2..20).contains(&flights), "{flights} flights");
    });
}

#[test]
fn a_scope_and_one_statement_have_one_end() {
    run(Kind::Postgres, async |backend: Backend| {
        let (proxy, db) = &through_proxy(&backend).await;
        let count = &proxy.count;
        let read = sql!("SELECT count(*) FROM accounts WHERE id = :id");
        let scope = &Scope::tenant("t").with_token("x");
        for scope in [&SYSTEM, scope] {
            db.query(scope, read, params! { id: 0 }).await.unwrap();
            db.execute(scope, &ADD, params! { id: i64::from(!scope.is_system()) })
                .await
                .unwrap();
        }
        let reads = db.query(scope, read, params! { id: 0 });
        assert_eq!(count.ends_of(reads).await, 1);
        let writes = db.execute(scope, &ADD, params! { id: 2 });
        assert_eq!(count.ends_of(writes).await, 1);
    });
}
