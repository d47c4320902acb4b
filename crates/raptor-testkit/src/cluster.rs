//! One server with one prepared template, and the pool of clones that tests take from it.
//!
//! Clones are made ahead; one that comes back from a test is checked and reset on our own thread,
//! while the test's thread goes on. Roles belong to the whole server: when a test has changed them,
//! they are put right if nobody else is at work, else the server is retired and a new one made.

mod clone;
mod globals;
mod layout;
mod verdict;

use crate::client::{self, block, runtime};
use crate::error::{Error, Result};
use crate::server::{Options, Server, lock};
use crate::template::{Prepared, on_a_thread};
use crate::urls::{Place, Urls};
use crate::warm::Warm;
pub(crate) use clone::CloneDatabase;
use futures_util::future;
use globals::Globals;
use layout::Layout;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;
use tokio_postgres::Client;
use verdict::Verdict;

/// The database that the closure prepares.
const TEMPLATE: &str = "raptor_template";

/// Clones beyond those in use. One will do, while the other is being reset; where tests throw theirs
/// away there are more, because a new one takes longer than a test.
const AHEAD: usize = 1;
const MOST_AHEAD: usize = 3;

/// Failing tests whose databases are kept; ten megabytes of memory each.
const MOST_KEPT: usize = 16;

/// Failures in a row, after which no clone is expected any more.
const MOST_FAILURES: usize = 5;

pub(crate) type Prepare = dyn Fn(&Urls) -> Prepared + Send + Sync;

/// See the module.
pub(crate) struct Cluster {
    server: Server,
    /// The socket in front of it, if the template was made warm.
    warm: Option<Warm>,
    /// Makes clones, one at a time.
    maker: tokio::sync::Mutex<Client>,
    /// Drops them. The server lets a drop wait until every backend has taken note, and one in the
    /// middle of a COPY does not; nothing else may wait behind that.
    dropper: Client,
    /// Asks about roles.
    asker: Client,
    globals: Globals,
    layout: tokio::sync::OnceCell<Layout>,
    /// Held while roles are checked and while they are put right.
    gate: tokio::sync::Mutex<()>,
    pool: Mutex<Pool>,
    changed: Condvar,
}

#[derive(Default)]
struct Pool {
    /// Longest there first.
    ready: VecDeque<CloneDatabase>,
    made: usize,
    waiting: usize,
    live: usize,
    resetting: usize,
    /// Of those being reset, the ones that found the roles changed.
    mending: usize,
    kept: usize,
    /// The most that were wanted at one time.
    peak: usize,
    thrown_away: usize,
    retired: bool,
    /// In a row.
    failures: usize,
    broken: Option<Error>,
}

impl Cluster {
    /// Starts a server and prepares the template on it.
    pub(crate) fn start(options: Options, warm: bool, prepare: &Arc<Prepare>) -> Result<Arc<Self>> {
        let server = Server::start(options)?;
        let urls = server.create_database(TEMPLATE)?;
        let prepare = Arc::clone(prepare);
        on_a_thread(move || prepare(&urls))?;
        let place = server.place().clone();
        let socket_dir = server.socket_dir().to_owned();
        let (maker, dropper, asker, globals) = block(async move {
            let connect = || client::connect(&place, "postgres");
            let (maker, dropper, asker) =
                future::try_join3(connect(), connect(), connect()).await?;
            seal(&maker).await?;
            let globals = Globals::read(&asker, &socket_dir).await?;
            Ok::<_, Error>((maker, dropper, asker, globals))
        })?;
        let warm = warm.then(|| Warm::open(server.place())).transpose()?;
        Ok(Arc::new(Self {
            server,
            warm,
            maker: tokio::sync::Mutex::new(maker),
            dropper,
            asker,
            globals,
            layout: tokio::sync::OnceCell::new(),
            gate: tokio::sync::Mutex::new(()),
            pool: Mutex::default(),
            changed: Condvar::new(),
        }))
    }

    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// Where tests connect.
    fn place(&self) -> &Place {
        let warm = self.warm.as_ref().map(Warm::place);
        warm.unwrap_or_else(|| self.server.place())
    }

    /// Whether a client is at a clone through our socket, or its session is being emptied.
    fn is_in_use(&self, database: &str) -> bool {
        let warm = self.warm.as_ref();
        warm.is_some_and(|warm| warm.is_in_use(database))
    }

    /// The processes of sessions that are kept for a clone, and do not count as left open.
    fn parked(&self, database: &str) -> Vec<i32> {
        let warm = self.warm.as_ref();
        warm.map_or_else(Vec::new, |warm| warm.parked(database))
    }

    /// A clean clone; none if the server is retired, and then for good.
    pub(crate) fn take(self: &Arc<Self>) -> Result<Option<CloneDatabase>> {
        let mut pool = lock(&self.pool);
        pool.waiting += 1;
        let taken = loop {
            pool.retired |= self.is_cut_off();
            if pool.retired {
                break Ok(None);
            }
            if let Some(error) = pool.broken.clone() {
                break Err(error);
            }
            self.fill(&mut pool);
            if let Some(clone) = pool.ready.pop_front() {
                let ending = pool.resetting > 0;
                drop(pool);
                let right = self.check_roles();
                pool = lock(&self.pool);
                if right {
                    pool.live += 1;
                    if let Some(warm) = &self.warm {
                        warm.let_in(clone.urls().database());
                    }
                    break Ok(Some(clone));
                }
                pool.ready.push_front(clone);
                // A test that had just ended may have changed them; its inspection puts them
                // right, if it can, and may have done so by now.
                pool.retired |= !ending;
                if pool.retired || pool.resetting == 0 {
                    continue;
                }
            }
            let waited = self.changed.wait_timeout(pool, Duration::from_millis(100));
            pool = waited.unwrap_or_else(PoisonError::into_inner).0;
        };
        pool.waiting -= 1;
        taken
    }

    /// Takes a clone back: checks it, and resets it or throws it away.
    pub(crate) fn give_back(self: &Arc<Self>, clone: CloneDatabase) {
        let mut pool = lock(&self.pool);
        pool.live -= 1;
        pool.resetting += 1;
        drop(pool);
        let name = clone.urls().database().to_owned();
        if let Some(warm) = &self.warm {
            warm.close(&name);
        }
        let cluster = Arc::clone(self);
        runtime().spawn(async move {
            let kept = cluster.inspect(clone).await;
            if let (None, Some(warm)) = (&kept, &cluster.warm) {
                warm.end(&name);
            }
            let mut pool = lock(&cluster.pool);
            pool.resetting -= 1;
            match kept {
                Some(clone) => pool.ready.push_back(clone),
                None => {
                    pool.made -= 1;
                    pool.thrown_away += 1;
                }
            }
            cluster.fill(&mut pool);
            drop(pool);
            cluster.changed.notify_all();
        });
    }

    /// Leaves a failing test's clone as it is. Says how long it stays, and the server's process id; none
    /// if it is not kept.
    pub(crate) fn keep(&self) -> Option<(Duration, i32)> {
        let mut pool = lock(&self.pool);
        pool.live -= 1;
        pool.made -= 1;
        pool.kept += 1;
        let few = pool.kept <= MOST_KEPT;
        drop(pool);
        few.then(|| self.server.keep()).flatten()
    }

    /// Starts makers until there are enough clones.
    fn fill(self: &Arc<Self>, pool: &mut Pool) {
        pool.peak = pool.peak.max(pool.live + pool.waiting);
        let wanted = pool.peak + (AHEAD + pool.thrown_away).min(MOST_AHEAD);
        while !pool.retired && pool.broken.is_none() && pool.made < wanted {
            pool.made += 1;
            let cluster = Arc::clone(self);
            runtime().spawn(async move {
                let made = CloneDatabase::make(&cluster).await;
                let mut pool = lock(&cluster.pool);
                match made {
                    Ok(clone) => {
                        pool.failures = 0;
                        pool.ready.push_back(clone);
                    }
                    Err(error) => {
                        pool.made -= 1;
                        pool.failures += 1;
                        // A test may have ended a connection that was not its own.
                        if pool.failures == MOST_FAILURES {
                            pool.broken = Some(error);
                        }
                    }
                }
                drop(pool);
                cluster.changed.notify_all();
            });
        }
    }

    /// Whether roles and all else that belongs to the whole server are as they were.
    fn check_roles(self: &Arc<Self>) -> bool {
        let cluster = Arc::clone(self);
        block(async move {
            let _gate = cluster.gate.lock().await;
            cluster.globals.hold(&cluster.asker).await
        })
    }

    /// Whether a test has ended our connections, as by a restart of the server.
    fn is_cut_off(&self) -> bool {
        let maker = self.maker.try_lock();
        self.asker.is_closed()
            || self.dropper.is_closed()
            || maker.is_ok_and(|maker| maker.is_closed())
    }

    /// The clone, clean; or none, and then it is gone.
    async fn inspect(self: &Arc<Self>, mut clone: CloneDatabase) -> Option<CloneDatabase> {
        let verdict = match clone.verdict(self).await {
            Ok(verdict) => verdict,
            Err(_) if self.globals.hold(&self.asker).await => Verdict::Spoilt,
            Err(_) => Verdict::RolesTouched,
        };
        match verdict {
            Verdict::Untouched => return Some(clone),
            Verdict::Dirty(dirty) => {
                let layout = self.layout.get().expect("it is read with the first clone");
                if clone.reset(layout, &dirty).await.is_ok() {
                    return Some(clone);
                }
                self.throw_away(clone);
            }
            Verdict::Spoilt => self.throw_away(clone),
            Verdict::RolesTouched => {
                lock(&self.pool).mending += 1;
                let mended = self.mend_roles(clone).await;
                let mut pool = lock(&self.pool);
                pool.mending -= 1;
                pool.retired |= !mended;
            }
        }
        None
    }

    /// Destroys a clone some time soon.
    fn throw_away(self: &Arc<Self>, clone: CloneDatabase) {
        let cluster = Arc::clone(self);
        runtime().spawn(async move { clone.destroy(&cluster.dropper).await });
    }

    /// Puts roles right after a test, if no other test can have to do with them.
    async fn mend_roles(self: &Arc<Self>, clone: CloneDatabase) -> bool {
        let _gate = self.gate.lock().await;
        loop {
            let (live, ending) = {
                let pool = lock(&self.pool);
                (pool.live, pool.resetting - pool.mending)
            };
            // Others may still work with those roles; whose they are cannot be told.
            if live > 0 {
                self.throw_away(clone);
                return false;
            }
            if ending == 0 {
                clone.destroy(&self.dropper).await;
                return self.globals.restore(&self.asker).await;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// Closes the template to all, so that it can be copied at any time.
async fn seal(admin: &Client) -> Result<()> {
    let statements = format!(
        "ALTER DATABASE {TEMPLATE} WITH ALLOW_CONNECTIONS false;
         SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{TEMPLATE}';"
    );
    admin
        .batch_execute(&statements)
        .await
        .map_err(|cause| Error::sql("close the template", &cause))
}
