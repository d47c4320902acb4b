//! Multiplexing: short reads of several callers share a connection, one behind the other.
//!
//! What a short statement costs is mostly the waking of two processes. When callers queue up their
//! statements on few connections, one waking serves several of them, on both sides. Npgsql calls it
//! [multiplexing](https://www.npgsql.org/doc/performance.html).
//!
//! Only reads that have shown to be short are shared, on at most as many connections as this
//! machine has cores and on half of the pool; whatever else comes has a connection of its own. A
//! read that finds itself behind a slow one leaves it and starts over alone. Who gives up the read
//! that the server is at has it cancelled as always; neighbours that this hits have done nothing
//! yet, and start over alone, too.

use super::conn::Prepared;
use super::pool::{Loan, Pool};
use crate::error::{ErrorKind, Result};
use crate::statement::{Parsed, StatementKind};
use crate::watch::until;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many statements may be under way on one connection.
const DEPTH: usize = 8;

/// A statement that took longer than this is not short.
const SHORT: Duration = Duration::from_millis(20);

/// How many short runs in a row make a statement known to be short.
const KNOWN: u8 = 8;

/// A connection on which nothing has moved for so long has something slow on it.
const STALLED: Duration = Duration::from_millis(5);

/// After this, who is behind a slow statement starts over elsewhere.
const PATIENCE: Duration = Duration::from_millis(50);

/// After this a connection takes nobody in when it is wanted in the pool, or is not fit any more.
const OPEN: Duration = Duration::from_millis(20);

/// Counts the short runs of a statement.
#[derive(Default)]
pub(crate) struct Shortness(AtomicU8);

impl Shortness {
    pub(crate) fn note(&self, took: Duration) {
        let runs = self.0.load(Ordering::Relaxed);
        let now = if took > SHORT {
            0
        } else {
            (runs + 1).min(KNOWN)
        };
        if now != runs {
            self.0.store(now, Ordering::Relaxed);
        }
    }

    fn is_known(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= KNOWN
    }
}

/// The connections that are shared now.
pub(crate) struct Multiplexer {
    lanes: Mutex<Vec<Lane>>,
    /// The short reads under way, shared or not.
    crowd: AtomicUsize,
    /// So many have a connection each before any is shared, and so many are shared.
    width: usize,
}

/// Counts a short read while it is under way.
pub(crate) struct UnderWay<'m> {
    crowd: &'m AtomicUsize,
    others: usize,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.crowd.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Lane {
    loan: Arc<Loan>,
    /// The statements under way, in the order in which they were sent, each by its ticket.
    aboard: VecDeque<u64>,
    tickets: u64,
    opened: Instant,
    moved: Instant,
}

/// Where a statement may run.
pub(crate) enum Place<'m> {
    /// On a connection of its own.
    Alone(Loan),
    /// Beside others, where it is prepared.
    Shared(Seat<'m>, Prepared),
}

/// A statement's share in a connection.
pub(crate) struct Seat<'m> {
    loan: Arc<Loan>,
    ticket: u64,
    landed: bool,
    multiplexer: &'m Multiplexer,
}

impl Multiplexer {
    pub(crate) fn new(pool_size: usize) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            lanes: Mutex::default(),
            crowd: AtomicUsize::new(0),
            width: cores.min(pool_size / 2).max(1),
        }
    }

    /// Counts the statement while it is under way, if it may share a connection.
    pub(crate) fn count(&self, parsed: &Parsed) -> Option<UnderWay<'_>> {
        if parsed.kind != StatementKind::Read || !parsed.shortness.is_known() {
            return None;
        }
        Some(UnderWay {
            crowd: &self.crowd,
            others: self.crowd.fetch_add(1, Ordering::Relaxed),
        })
    }

    /// A place for this statement.
    ///
    /// # Errors
    /// As [`Pool::get`].
    pub(crate) async fn place(
        &self,
        pool: &Pool,
        parsed: &Parsed,
        counted: Option<&UnderWay<'_>>,
    ) -> Result<Place<'_>> {
        // With few of them there is nothing to gain.
        if counted.is_none_or(|counted| counted.others < self.width) {
            return Ok(Place::Alone(pool.get(parsed.call_site).await?));
        }
        if let Some((seat, prepared)) = self.join(pool, parsed) {
            return Ok(Place::Shared(seat, prepared));
        }
        let loan = pool.get(parsed.call_site).await?;
        if !loan.can_be_shared() {
            return Ok(Place::Alone(loan));
        }
        match loan.prepared(parsed) {
            Some(prepared) => Ok(Place::Shared(self.open(loan), prepared)),
            None => Ok(Place::Alone(loan)),
        }
    }

    /// Lets others come to a connection.
    fn open(&self, loan: Loan) -> Seat<'_> {
        let now = Instant::now();
        let mut lane = Lane {
            loan: Arc::new(loan),
            aboard: VecDeque::new(),
            tickets: 0,
            opened: now,
            moved: now,
        };
        let seat = self.board(&mut lane);
        self.lanes().push(lane);
        seat
    }

    /// A place beside others, on the connection with the fewest of them.
    fn join(&self, pool: &Pool, parsed: &Parsed) -> Option<(Seat<'_>, Prepared)> {
        let mut lanes = self.lanes();
        if lanes.len() < self.width {
            return None;
        }
        let now = Instant::now();
        let lane = lanes
            .iter_mut()
            .filter(|lane| lane.admits(pool, now))
            .min_by_key(|lane| lane.aboard.len())?;
        let prepared = lane.loan.prepared(parsed)?;
        Some((self.board(lane), prepared))
    }

    fn board(&self, lane: &mut Lane) -> Seat<'_> {
        lane.tickets += 1;
        lane.aboard.push_back(lane.tickets);
        Seat {
            loan: Arc::clone(&lane.loan),
            ticket: lane.tickets,
            landed: false,
            multiplexer: self,
        }
    }

    fn lanes(&self) -> MutexGuard<'_, Vec<Lane>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lane {
    fn admits(&self, pool: &Pool, now: Instant) -> bool {
        self.aboard.len() < DEPTH
            && now.saturating_duration_since(self.moved) < STALLED
            && self.loan.can_be_shared()
            && (now.saturating_duration_since(self.opened) < OPEN || pool.can_spare(&self.loan))
    }
}

impl Seat<'_> {
    pub(crate) fn connection(&self) -> Arc<Loan> {
        Arc::clone(&self.loan)
    }

    /// Runs the statement; none if it is behind one that takes too long, was cancelled together
    /// with one, or its plan is stale, so that nothing has happened and it is to be run elsewhere.
    pub(crate) async fn ride<T>(
        mut self,
        mut work: Pin<&mut impl Future<Output = Result<T>>>,
        shortness: &Shortness,
    ) -> Option<Result<T>> {
        let answer = match until(Instant::now() + PATIENCE, work.as_mut()).await {
            Ok(answer) => answer,
            // The slow one is this one.
            Err(_) if self.is_first() => {
                shortness.note(PATIENCE);
                work.await
            }
            Err(_) => return None,
        };
        self.landed = true;
        match answer {
            Err(error) if error.kind() == ErrorKind::Cancelled && self.loan.is_broken() => None,
            Err(error) if error.is_stale_plan() => None,
            answer => {
                self.loan.note_loss(&answer);
                Some(answer)
            }
        }
    }

    fn is_first(&self) -> bool {
        let lanes = self.multiplexer.lanes();
        let first = lanes
            .iter()
            .find(|lane| Arc::ptr_eq(&lane.loan, &self.loan))
            .and_then(|lane| lane.aboard.front());
        first == Some(&self.ticket)
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut lanes = self.multiplexer.lanes();
        let of_ours = |lane: &Lane| Arc::ptr_eq(&lane.loan, &self.loan);
        let Some(at) = lanes.iter().position(of_ours) else {
            return;
        };
        let lane = &mut lanes[at];
        let was_first = lane.aboard.front() == Some(&self.ticket);
        lane.aboard.retain(|ticket| *ticket != self.ticket);
        if self.landed {
            lane.moved = Instant::now();
        } else if was_first {
            self.loan.abandon();
        } else {
            // The server is at another's statement, which goes on; then it reads what nobody waits for.
            self.loan.retire();
        }
        if lane.aboard.is_empty() {
            // The statement owns it still, and gives it back when the lock is free again.
            lanes.swap_remove(at);
        }
    }
}
