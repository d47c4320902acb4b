//! SIGTERM from a platform, SIGINT from a terminal.

use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Both; from here on neither ends the process by itself.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

/// Which of them came.
#[derive(Clone, Copy)]
pub(crate) struct Came {
    pub(crate) name: &'static str,
    /// What a shell answers for a process that it ended.
    pub(crate) code: i32,
}

impl Signals {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) -> Came {
        let (name, kind) = tokio::select! {
            _ = self.terminate.recv() => ("SIGTERM", SignalKind::terminate()),
            _ = self.interrupt.recv() => ("SIGINT", SignalKind::interrupt()),
        };
        Came {
            name,
            code: 128 + kind.as_raw_value(),
        }
    }
}
