//! Ctrl-C and SIGTERM ask a run to stop, so that nothing of it goes on in the server.

use crate::cli::terminal;
use crate::signals::Signals;
use raptor_migrate::Stop;
use std::io;
use tokio::task::JoinHandle;

/// Listens for as long as it lives.
pub(super) struct Interrupt(JoinHandle<()>);

impl Interrupt {
    /// The first signal asks `stop`, the second one ends the process at once.
    pub(super) fn asks(stop: &Stop) -> io::Result<Self> {
        let (mut signals, stop) = (Signals::new()?, stop.clone());
        Ok(Self(tokio::spawn(async move {
            let first = signals.next().await;
            stop.ask(first.name);
            terminal::note(format_args!(
                "{}: what runs is cancelled and rolled back; a second signal ends at once",
                first.name
            ));
            let second = signals.next().await;
            std::process::exit(second.code);
        })))
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.0.abort();
    }
}
