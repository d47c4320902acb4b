//! What every Rust peer shares: reads commands, drives a load, reports one slot.
//!
//! A command is a line `WORKLOAD CLIENTS SECONDS`; the answer is a line of JSON. Between commands
//! the peer is idle, so that `run` can let the peers take turns. Never knows what is measured.

use std::io::{BufRead, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A random number below `below`; xorshift, seeded by the client's number.
pub struct Dice(u64);

impl Dice {
    pub fn new(client: usize) -> Self {
        static SEED: AtomicU64 = AtomicU64::new(0x9E37_79B9_7F4A_7C15);
        let seed = SEED.fetch_add(0xD1B5_4A32_D192_ED03, Ordering::Relaxed);
        Self(seed ^ (client as u64 + 1) << 17)
    }

    pub fn roll(&mut self, below: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 1) as i64 % below
    }
}

fn cpu() -> Duration {
    use nix::sys::resource::{UsageWho, getrusage};
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("a process may ask for its own usage");
    let micros = |t: nix::sys::time::TimeVal| t.tv_sec() as u64 * 1_000_000 + t.tv_usec() as u64;
    Duration::from_micros(micros(usage.user_time()) + micros(usage.system_time()))
}

/// Runs `op(client, dice)` over and over in `clients` tasks for `seconds`.
pub async fn tasks<F, Fut>(clients: usize, seconds: f64, op: F) -> String
where
    F: Fn(usize, i64) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send,
{
    let op = Arc::new(op);
    let (began, spent) = (Instant::now(), cpu());
    let end = began + Duration::from_secs_f64(seconds);
    let running: Vec<_> = (0..clients)
        .map(|client| {
            let op = Arc::clone(&op);
            tokio::spawn(async move {
                let mut dice = Dice::new(client);
                let mut took = Vec::with_capacity(1 << 16);
                let mut now = Instant::now();
                while now < end {
                    op(client, dice.roll(i64::MAX)).await;
                    let then = std::mem::replace(&mut now, Instant::now());
                    took.push((now - then).as_nanos() as u64);
                }
                took
            })
        })
        .collect();
    let mut took = Vec::new();
    for client in running {
        took.extend(client.await.expect("a client failed"));
    }
    slot(took, began.elapsed(), cpu() - spent)
}

/// The same with a thread for each client; `make(client)` gives the thread its operation.
#[allow(dead_code, reason = "not every peer has blocking clients")]
pub fn threads<F, O>(clients: usize, seconds: f64, make: F) -> String
where
    F: Fn(usize) -> O + Sync,
    O: FnMut(i64),
{
    let barrier = std::sync::Barrier::new(clients + 1);
    let (took, wall, spent) = std::thread::scope(|scope| {
        let running: Vec<_> = (0..clients)
            .map(|client| {
                let (make, barrier) = (&make, &barrier);
                scope.spawn(move || {
                    let mut op = make(client);
                    let mut dice = Dice::new(client);
                    let mut took = Vec::with_capacity(1 << 16);
                    barrier.wait();
                    let mut now = Instant::now();
                    let end = now + Duration::from_secs_f64(seconds);
                    while now < end {
                        op(dice.roll(i64::MAX));
                        let then = std::mem::replace(&mut now, Instant::now());
                        took.push((now - then).as_nanos() as u64);
                    }
                    took
                })
            })
            .collect();
        barrier.wait();
        let (began, spent) = (Instant::now(), cpu());
        let took: Vec<_> = running
            .into_iter()
            .flat_map(|client| client.join().expect("a client failed"))
            .collect();
        (took, began.elapsed(), cpu() - spent)
    });
    slot(took, wall, spent)
}

fn slot(mut took: Vec<u64>, wall: Duration, spent: Duration) -> String {
    took.sort_unstable();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize] as f64 / 1_000.0;
    format!(
        r#"{{"ops": {:.1}, "p50": {:.1}, "p99": {:.1}, "cpu": {:.2}}}"#,
        took.len() as f64 / wall.as_secs_f64(),
        at(0.5),
        at(0.99),
        spent.as_secs_f64() * 1e6 / took.len() as f64
    )
}

/// Serves commands from standard input until it ends.
pub fn serve(mut run: impl FnMut(&str, usize, f64) -> String) {
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("standard input is text");
        let [workload, clients, seconds] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("a command is WORKLOAD CLIENTS SECONDS, not {line:?}");
        };
        let answer = run(
            workload,
            clients.parse().expect("a number of clients"),
            seconds.parse().expect("seconds"),
        );
        println!("{answer}");
        std::io::stdout().flush().expect("standard output is open");
    }
}

/// The runtime of every asynchronous peer: two worker threads.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime starts")
}
