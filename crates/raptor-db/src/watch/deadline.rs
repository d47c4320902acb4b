//! Deadlines without a timer of the runtime's for each.
//!
//! Setting one takes a lock and, as the earliest, wakes the runtime's driver with a system call;
//! while one is set, every sleep of the driver has to be timed by the kernel. Statements hardly
//! ever reach their deadline, so one thread watches over all of them: it sleeps until the earliest
//! deadline it has seen, although that statement has long ended when it wakes.

use std::pin::Pin;
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

/// The deadline passed.
pub(crate) struct Passed;

/// Runs `work` until `deadline`; past it, the caller drops it by returning.
///
/// Work that never waits is not watched over. It is given pinned because an async function that
/// takes a future by value has room for it twice, and a statement has several of them inside each
/// other.
pub(crate) async fn until<T>(
    deadline: Instant,
    mut work: Pin<&mut impl Future<Output = T>>,
) -> Result<T, Passed> {
    let mut alarm = Alarm(None);
    std::future::poll_fn(move |cx| match work.as_mut().poll(cx) {
        Poll::Ready(answer) => Poll::Ready(Ok(answer)),
        Poll::Pending if alarm.has_rung(deadline, cx) => Poll::Ready(Err(Passed)),
        Poll::Pending => Poll::Pending,
    })
    .await
}

/// Somebody's place among those who wait.
struct Alarm(Option<usize>);

impl Alarm {
    /// Whether the deadline has passed; if not, the task is woken when it does. The thread is
    /// asked, because reading the clock costs more.
    fn has_rung(&mut self, deadline: Instant, cx: &mut Context<'_>) -> bool {
        let mut waiting = WATCH.waiting();
        match self.0 {
            Some(place) => {
                let seat = &mut waiting.seats[place];
                let has_rung = matches!(seat, Seat::Called);
                let before = seat.change(cx.waker());
                // A waker may be the last owner of a task: it goes outside the lock.
                drop(waiting);
                drop(before);
                has_rung
            }
            None => {
                let seat = Seat::Taken(deadline, cx.waker().clone());
                self.0 = Some(waiting.sit(seat));
                if waiting.wakes_at.is_none_or(|at| deadline < at) {
                    waiting.wakes_at = Some(deadline);
                    WATCH.earlier.notify_one();
                }
                false
            }
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some(place) = self.0 {
            let left = WATCH.waiting().leave(place);
            // Outside the lock, as above.
            drop(left);
        }
    }
}

static WATCH: LazyLock<Watch> = LazyLock::new(|| {
    std::thread::Builder::new()
        .name("raptor-deadlines".to_owned())
        .spawn(|| WATCH.keep())
        .expect("the process may start a thread");
    Watch::default()
});

#[derive(Default)]
struct Watch {
    waiting: Mutex<Waiting>,
    /// Somebody's deadline is before the one that the thread sleeps until.
    earlier: Condvar,
}

#[derive(Default)]
struct Waiting {
    seats: Vec<Seat>,
    /// The seats that are free.
    free: Vec<usize>,
    wakes_at: Option<Instant>,
}

enum Seat {
    Free,
    Taken(Instant, Waker),
    /// Its deadline passed and its task was woken.
    Called,
}

impl Seat {
    /// Answers the waker that is no longer needed.
    fn change(&mut self, waker: &Waker) -> Option<Waker> {
        match self {
            Self::Taken(_, known) if !known.will_wake(waker) => {
                Some(std::mem::replace(known, waker.clone()))
            }
            _ => None,
        }
    }
}

impl Waiting {
    fn sit(&mut self, seat: Seat) -> usize {
        match self.free.pop() {
            Some(place) => {
                self.seats[place] = seat;
                place
            }
            None => {
                self.seats.push(seat);
                self.seats.len() - 1
            }
        }
    }

    fn leave(&mut self, place: usize) -> Seat {
        self.free.push(place);
        std::mem::replace(&mut self.seats[place], Seat::Free)
    }

    /// Those whose deadline has passed; and notes when the next one's will.
    fn due(&mut self, now: Instant) -> Vec<Waker> {
        self.wakes_at = None;
        let mut due = Vec::new();
        for seat in &mut self.seats {
            match *seat {
                Seat::Taken(deadline, _) if deadline <= now => {
                    if let Seat::Taken(_, waker) = std::mem::replace(seat, Seat::Called) {
                        due.push(waker);
                    }
                }
                Seat::Taken(deadline, _) => {
                    let next = self.wakes_at.map_or(deadline, |at| at.min(deadline));
                    self.wakes_at = Some(next);
                }
                Seat::Free | Seat::Called => {}
            }
        }
        due
    }
}

impl Watch {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self) {
        let mut waiting = self.waiting();
        loop {
            let now = Instant::now();
            match waiting.wakes_at {
                None => {
                    waiting = self
                        .earlier
                        .wait(waiting)
                        .unwrap_or_else(PoisonError::into_inner);
                }
                Some(at) if at > now => {
                    (waiting, _) = self
                        .earlier
                        .wait_timeout(waiting, at - now)
                        .unwrap_or_else(PoisonError::into_inner);
                }
                Some(_) => {
                    let due = waiting.due(now);
                    drop(waiting);
                    due.into_iter().for_each(Waker::wake);
                    waiting = self.waiting();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::time::Duration;

    fn in_ms(millis: u64) -> Instant {
        Instant::now() + Duration::from_millis(millis)
    }

    async fn passes(deadline: Instant) {
        let never = std::future::pending::<()>();
        assert!(until(deadline, pin!(never)).await.is_err());
        assert!(Instant::now() >= deadline);
    }

    #[tokio::test]
    async fn work_that_is_ready_needs_no_time() {
        let work = pin!(async { 7 });
        assert!(until(in_ms(0), work).await.is_ok_and(|v| v == 7));
    }

    #[tokio::test]
    async fn deadlines_pass_in_any_order() {
        let many = (0..200_u64).map(|n| passes(in_ms(5 + n * 7 % 50)));
        futures_util::future::join_all(many).await;
        let work = pin!(tokio::time::sleep(Duration::from_millis(5)));
        assert!(until(in_ms(10_000), work).await.is_ok());
        // An earlier one, while the thread sleeps for the one before.
        passes(in_ms(5)).await;
    }

    #[test]
    fn seats_are_taken_again() {
        let mut waiting = Waiting::default();
        let seat = || Seat::Taken(in_ms(0), Waker::noop().clone());
        let places = [waiting.sit(seat()), waiting.sit(seat())];
        waiting.leave(places[0]);
        assert_eq!(waiting.sit(seat()), places[0]);
        assert_eq!(waiting.due(in_ms(1)).len(), 2);
        assert!(waiting.due(in_ms(1)).is_empty());
        assert_eq!(waiting.wakes_at, None);
    }
}
