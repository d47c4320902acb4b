//! Deadlines without a timer of their own.
//!
//! A new timer takes a lock and, as the earliest one, wakes the runtime's driver with a system
//! call, which costs as much as the rest of a statement. So timers are kept when their work is
//! done, and pushed later for the next one, which is a single compare-and-swap.

use std::cell::RefCell;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;
use tokio::runtime::{Handle, Id};
use tokio::time::Sleep;

/// How many unused timers a thread keeps.
const KEPT: usize = 64;

thread_local! {
    /// Unused timers, each with the runtime that wakes it.
    static KEPT_TIMERS: RefCell<Vec<Timer>> = const { RefCell::new(Vec::new()) };
}

struct Timer {
    runtime: Id,
    sleep: Pin<Box<Sleep>>,
}

/// The deadline passed.
pub(crate) struct Passed;

/// Runs `work` until `deadline`; past it, the caller drops it by returning.
///
/// Work that never waits never touches a timer. It is given pinned because an async function that
/// takes a future by value has room for it twice, and a statement has several of them inside each
/// other.
pub(crate) async fn until<T>(
    deadline: Instant,
    mut work: Pin<&mut impl Future<Output = T>>,
) -> Result<T, Passed> {
    let mut alarm = Alarm::default();
    std::future::poll_fn(move |cx| match work.as_mut().poll(cx) {
        Poll::Ready(answer) => Poll::Ready(Ok(answer)),
        Poll::Pending if Instant::now() >= deadline => Poll::Ready(Err(Passed)),
        Poll::Pending => {
            alarm.set(deadline, cx);
            Poll::Pending
        }
    })
    .await
}

/// Holds a timer while somebody waits.
#[derive(Default)]
struct Alarm(Option<Timer>);

impl Alarm {
    /// Wakes the task at the deadline.
    fn set(&mut self, deadline: Instant, cx: &mut Context<'_>) {
        let timer = self.0.get_or_insert_with(|| Timer::taken(deadline));
        if timer.sleep.as_mut().poll(cx).is_ready() {
            // It rang a moment early, by the runtime's coarser clock.
            timer.sleep.as_mut().reset(deadline.into());
            cx.waker().wake_by_ref();
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some(timer) = self.0.take() {
            timer.keep();
        }
    }
}

impl Timer {
    fn taken(deadline: Instant) -> Self {
        let runtime = Handle::current().id();
        let kept = KEPT_TIMERS.try_with(|kept| {
            let mut kept = kept.borrow_mut();
            let at = kept.iter().rposition(|timer| timer.runtime == runtime)?;
            Some(kept.swap_remove(at))
        });
        match kept {
            Ok(Some(mut timer)) => {
                timer.sleep.as_mut().reset(deadline.into());
                timer
            }
            _ => Self {
                runtime,
                sleep: Box::pin(tokio::time::sleep_until(deadline.into())),
            },
        }
    }

    fn keep(mut self) {
        // It must not hold the task that it would have woken. A timer that has rung needs none of
        // this: it is set anew when it is taken.
        let _ = self
            .sleep
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        // A thread that ends keeps nothing.
        let _ = KEPT_TIMERS.try_with(|kept| {
            let mut kept = kept.borrow_mut();
            if kept.len() < KEPT {
                kept.push(self);
            }
        });
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

    fn kept() -> usize {
        KEPT_TIMERS.with(|kept| kept.borrow().len())
    }

    async fn rings(deadline: Instant) {
        let never = std::future::pending::<()>();
        assert!(until(deadline, pin!(never)).await.is_err());
        assert!(Instant::now() >= deadline);
    }

    #[tokio::test]
    async fn work_that_never_waits_takes_no_timer() {
        let work = pin!(async { 7 });
        assert!(until(in_ms(0), work).await.is_ok_and(|v| v == 7));
        assert_eq!(kept(), 0);
    }

    #[tokio::test]
    async fn a_kept_timer_rings_again_earlier_and_later() {
        for millis in [20, 5, 40] {
            rings(in_ms(millis)).await;
            assert_eq!(kept(), 1);
        }
        let work = pin!(tokio::time::sleep(Duration::from_millis(5)));
        assert!(until(in_ms(10_000), work).await.is_ok());
        rings(in_ms(5)).await;
        assert_eq!(kept(), 1);
    }

    #[test]
    fn a_timer_of_a_runtime_that_ended_is_not_taken() {
        for _ in 0..2 {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .build()
                .unwrap();
            runtime.block_on(async { rings(in_ms(5)).await });
        }
        assert_eq!(kept(), 2);
    }
}
