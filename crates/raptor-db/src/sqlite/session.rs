//! What a connection's functions share: the transaction's settings, its `now()`, what it notifies.
//!
//! Postgres keeps these on the server. Nothing here outlives the transaction: [`Session::end`] takes
//! it all, and [`Session::reset_to`] brings back what a savepoint had. Texts that begin their own
//! transactions (a tool's session) have no `begin`: their `now()` is fixed by their first use of it.

use crate::listen::Notification;
use crate::value::text::timestamptz_text;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use time::OffsetDateTime;

/// Shared by a connection and the functions registered in it.
#[derive(Clone, Default)]
pub(crate) struct Session(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// Between `begin` and `end`.
    is_managed: bool,
    /// `now()`; the text is made at its first use.
    transaction: Option<OffsetDateTime>,
    transaction_text: Option<Arc<str>>,
    statement: Option<OffsetDateTime>,
    settings: Vec<(String, String)>,
    /// What each change of a setting replaced, oldest first.
    undo: Vec<(String, Option<String>)>,
    notifications: Vec<Notification>,
}

/// A point of a transaction that it can return to.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    undo: usize,
    notifications: usize,
}

impl Session {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A transaction begins: its scope's settings, and its `now()`.
    pub(crate) fn begin(&self, settings: impl IntoIterator<Item = (String, String)>) {
        let mut state = self.state();
        *state = State::default();
        state.is_managed = true;
        state.transaction = Some(clock());
        for (name, value) in settings {
            state.set(name, value);
        }
        state.undo.clear();
    }

    /// It has ended; what it notified is delivered when its COMMIT is durable.
    pub(crate) fn end(&self) -> Vec<Notification> {
        std::mem::take(&mut *self.state()).notifications
    }

    /// A statement begins. `is_autocommit` tells whether it is a transaction of its own.
    pub(crate) fn statement(&self, is_autocommit: bool) {
        let mut state = self.state();
        state.statement = None;
        if is_autocommit && !state.is_managed {
            *state = State::default();
        }
    }

    pub(crate) fn mark(&self) -> Mark {
        let state = self.state();
        Mark {
            undo: state.undo.len(),
            notifications: state.notifications.len(),
        }
    }

    pub(crate) fn reset_to(&self, mark: Mark) {
        let mut state = self.state();
        state.notifications.truncate(mark.notifications);
        while state.undo.len() > mark.undo {
            let Some((name, old)) = state.undo.pop() else {
                return;
            };
            state.settings.retain(|(known, _)| *known != name);
            if let Some(value) = old {
                state.settings.push((name, value));
            }
        }
    }

    /// Queues a notification. Postgres delivers one that is repeated in a transaction once.
    pub(super) fn notify(&self, channel: String, payload: String) {
        let notification = Notification { channel, payload };
        let mut state = self.state();
        if !state.notifications.contains(&notification) {
            state.notifications.push(notification);
        }
    }

    /// `now()` in canonical text.
    pub(super) fn transaction_time(&self) -> Arc<str> {
        let mut state = self.state();
        let at = *state.transaction.get_or_insert_with(clock);
        Arc::clone(
            state
                .transaction_text
                .get_or_insert_with(|| timestamptz_text(at).into()),
        )
    }

    /// When the running statement asked first.
    pub(super) fn statement_time(&self) -> OffsetDateTime {
        *self.state().statement.get_or_insert_with(clock)
    }

    pub(super) fn setting(&self, name: &str) -> Option<String> {
        self.state().setting(name).map(str::to_owned)
    }

    pub(super) fn set(&self, name: String, value: String) {
        self.state().set(name, value);
    }
}

impl State {
    fn setting(&self, name: &str) -> Option<&str> {
        self.settings
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    fn set(&mut self, mut name: String, value: String) {
        name.make_ascii_lowercase();
        let old = match self.settings.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => Some(std::mem::replace(known, value)),
            None => {
                self.settings.push((name.clone(), value));
                None
            }
        };
        self.undo.push((name, old));
    }
}

/// The database's clock, which is this machine's.
pub(super) fn clock() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_savepoint_brings_back_settings_and_notifications() {
        let session = Session::default();
        session.begin([("raptor.tenant".to_owned(), "a".to_owned())]);
        session.notify("c".into(), "1".into());
        let mark = session.mark();
        session.set("Raptor.Tenant".into(), "b".into());
        session.set("raptor.tenant".into(), "c".into());
        session.set("x.y".into(), "1".into());
        session.notify("c".into(), "2".into());
        session.reset_to(mark);
        assert_eq!(session.setting("raptor.tenant").as_deref(), Some("a"));
        assert_eq!(session.setting("x.y"), None);
        let payloads: Vec<_> = session.end().into_iter().map(|n| n.payload).collect();
        assert_eq!(payloads, ["1"]);
        assert_eq!(session.setting("raptor.tenant"), None);
    }

    #[test]
    fn now_stands_still_until_the_transaction_ends() {
        let session = Session::default();
        session.begin([]);
        let first = session.transaction_time();
        session.statement(true);
        assert_eq!(session.transaction_time(), first);
        session.end();
        std::thread::sleep(std::time::Duration::from_millis(1));
        session.begin([]);
        assert_ne!(session.transaction_time(), first);
    }
}
