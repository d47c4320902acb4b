//! The pool: connections are checked for age, generation and health without a round trip.

use super::conn::Conn;
use super::connect::Connector;
use crate::error::{Error, ErrorKind, Result};
use deadpool::managed::{
    Manager, Metrics, Object, PoolError, QueueMode, RecycleError, RecycleResult, TimeoutType,
};
use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::watch;

/// The deadpool manager: makes connections and decides which may be used again.
pub(crate) struct Connections {
    pub(crate) connector: Connector,
    /// Every connection there is, for the message that says who holds them.
    all: Mutex<Vec<Weak<Conn>>>,
}

impl Manager for Connections {
    type Type = Arc<Conn>;
    type Error = Error;

    async fn create(&self) -> Result<Arc<Conn>> {
        // On the heap: most who wait for a connection get one that is there.
        let conn = Arc::new(Box::pin(self.connector.connect()).await?);
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|known| known.strong_count() > 0);
        all.push(Arc::downgrade(&conn));
        Ok(conn)
    }

    async fn recycle(&self, conn: &mut Arc<Conn>, metrics: &Metrics) -> RecycleResult<Error> {
        let generation = self.connector.generation();
        if conn.is_outdated(generation) {
            // The new one is there before the old one goes. Where it cannot be made the old one does its work still.
            match self.create().await {
                Ok(new) => *conn = new,
                Err(error) => tracing::warn!(%error, "no connection with the newest credential"),
            }
            return Ok(());
        }
        if let Some(why) = conn.unfit(generation) {
            return Err(RecycleError::message(why));
        }
        if metrics.last_used() >= self.connector.config.ping_after && !Box::pin(conn.ping()).await {
            return Err(RecycleError::message("silent"));
        }
        Ok(())
    }
}

/// The pool, and who holds what of it.
#[derive(Clone)]
pub(crate) struct Pool {
    pool: deadpool::managed::Pool<Connections>,
    timeout: Duration,
    closed: Arc<watch::Sender<bool>>,
}

/// A connection on loan.
pub(crate) struct Loan(Object<Connections>);

impl std::ops::Deref for Loan {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.0
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        self.held_by(None);
    }
}

impl Pool {
    pub(crate) fn new(connector: Connector) -> Result<Self> {
        let (size, timeout) = (connector.config.pool_size, connector.config.acquire_timeout);
        let manager = Connections {
            connector,
            all: Mutex::default(),
        };
        let pool = deadpool::managed::Pool::builder(manager)
            .max_size(size.max(1))
            .wait_timeout(Some(timeout))
            // The one used last, whose backend and task are still warm.
            .queue_mode(QueueMode::Lifo)
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(|error| Error::new(ErrorKind::Configuration, error.to_string()))?;
        Ok(Self {
            pool,
            timeout,
            closed: Arc::new(watch::Sender::new(false)),
        })
    }

    pub(crate) fn connector(&self) -> &Connector {
        &self.pool.manager().connector
    }

    /// A fit connection, for the statement at `waiter`.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`], saying who waits and who holds the connections; or why none could
    /// be made.
    pub(crate) async fn get(&self, waiter: &'static Location<'static>) -> Result<Loan> {
        let object = self
            .pool
            .get()
            .await
            .map_err(|error| self.refused(error, waiter))?;
        let loan = Loan(object);
        loan.held_by(Some(waiter));
        Ok(loan)
    }

    fn refused(&self, error: PoolError<Error>, waiter: &'static Location<'static>) -> Error {
        match error {
            PoolError::Backend(error) => error.at(waiter),
            PoolError::Timeout(TimeoutType::Wait) => {
                let message = format!(
                    "no connection came free within {:?}: {}",
                    self.timeout,
                    self.holding()
                );
                Error::new(ErrorKind::Timeout, message).at(waiter)
            }
            PoolError::Closed => {
                Error::new(ErrorKind::ConnectionLost, "the database was closed").at(waiter)
            }
            other => Error::new(ErrorKind::ConnectionLost, other.to_string()).at(waiter),
        }
    }

    /// `10 of 10 are in use, longest by src/jobs.rs:41 (8.2s), src/sessions.rs:12 (3.1s)`.
    fn holding(&self) -> String {
        let all = &self.pool.manager().all;
        let mut holders: Vec<_> = all
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .filter_map(|conn| conn.upgrade()?.holder())
            .collect();
        holders.sort();
        let named: Vec<_> = holders
            .iter()
            .take(3)
            .map(|(since, at)| format!("{}:{} ({:.1?})", at.file(), at.line(), since.elapsed()))
            .collect();
        let status = self.pool.status();
        format!(
            "{} of {} are in use, longest by {}",
            holders.len(),
            status.max_size,
            named.join(", ")
        )
    }

    /// Closes the idle connections of an older credential, once there is one of the newest.
    pub(crate) async fn shed(&self) {
        let generation = self.connector().generation();
        let mut outdated = 0;
        self.pool.retain(|conn, _| {
            outdated += usize::from(conn.is_outdated(generation));
            true
        });
        if outdated == 0 {
            return;
        }
        // Whoever gets one has it replaced; it goes back when the others are gone.
        let renewed = self.pool.get().await;
        if renewed.is_ok_and(|conn| !conn.is_outdated(generation)) {
            self.pool.retain(|conn, _| !conn.is_outdated(generation));
        }
    }

    pub(crate) fn close(&self) {
        self.pool.close();
        self.closed.send_replace(true);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.pool.is_closed()
    }

    /// Ends when the pool is closed.
    pub(crate) async fn until_closed(&self) {
        // The sender lives as long as `self`.
        let _ = self.closed.subscribe().wait_for(|closed| *closed).await;
    }

    /// Whether a connection may stay on loan: nobody waits for one, and it is fit.
    pub(crate) fn can_spare(&self, conn: &Conn) -> bool {
        self.pool.status().waiting == 0 && conn.unfit(self.connector().generation()).is_none()
    }

    /// Connections open and idle, for metrics.
    pub(crate) fn sizes(&self) -> (usize, usize) {
        let status = self.pool.status();
        (status.size, status.available)
    }
}
