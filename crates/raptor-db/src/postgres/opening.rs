//! What opens a transaction: BEGIN, and the scope. For one statement the scope alone, without BEGIN and COMMIT.

use super::conn::Conn;
use super::pipeline::MARK;
use crate::error::{Error, Result, from_postgres};
use crate::scope::Scope;
use crate::statement::StatementKind;
use futures_util::FutureExt;
use futures_util::future::{join, join3};
use std::fmt::Write;
use std::pin::pin;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Statement};

/// BEGIN and the settings of a scope, which leave together, ahead of whatever comes next. What the settings hold goes as
/// parameters: `pg_stat_activity` shows a login the text of its other sessions' statements, and a token is in none.
pub(crate) struct Opening {
    mode: String,
    of: Of,
    /// Which settings there are, a bit each.
    which: usize,
    values: Vec<String>,
}

/// What is opened.
#[derive(Clone, Copy, PartialEq)]
enum Of {
    Transaction,
    OneWrite,
    OneRead,
}

/// Every choice of settings.
const ALL: usize = 1 << Scope::SETTINGS.len();

/// How a connection knows what sets a scope, by what is opened and by which settings there are.
pub(crate) struct Known([Option<Statement>; 3 * ALL]);

impl Default for Known {
    fn default() -> Self {
        Self([const { None }; 3 * ALL])
    }
}

impl Known {
    pub(crate) fn get(&self, opening: &Opening) -> Option<Statement> {
        self.0[opening.place()].clone()
    }

    pub(crate) fn keep(&mut self, opening: &Opening, statement: Statement) {
        self.0[opening.place()] = Some(statement);
    }
}

impl Opening {
    pub(crate) fn new(scope: &Scope, mode: &str) -> Self {
        let (mut which, mut values) = (0, Vec::new());
        for (name, value) in scope.settings() {
            let bit = Scope::SETTINGS.iter().position(|it| *it == name);
            which |= 1 << bit.expect("a scope has these settings alone");
            values.push(value.to_owned());
        }
        Self {
            mode: mode.to_owned(),
            of: Of::Transaction,
            which,
            values,
        }
    }

    /// Of one statement, on this connection.
    pub(crate) fn of_one(scope: &Scope, kind: StatementKind, conn: &Conn) -> Self {
        let (mode, of) = match kind {
            StatementKind::Read => ("READ ONLY", Of::OneRead),
            StatementKind::Write => ("", Of::OneWrite),
            // DO and CALL would end the transaction by themselves, and LOCK wants a BEGIN.
            _ => ("", Of::Transaction),
        };
        Self {
            of: if conn.can_pipeline() {
                of
            } else {
                Of::Transaction
            },
            ..Self::new(scope, mode)
        }
    }

    fn place(&self) -> usize {
        self.of as usize * ALL + self.which
    }

    /// `SELECT set_config('raptor.tenant', $1, true), …`
    fn settings(&self) -> String {
        let mut text = String::new();
        let names = Scope::SETTINGS.iter().enumerate();
        let names = names.filter(|(bit, _)| self.which & 1 << bit != 0);
        for (at, (_, name)) in (1..).zip(names) {
            let before = if at == 1 { "SELECT" } else { "," };
            let set = write!(
                text,
                "{before} pg_catalog.set_config('{name}', ${at}, true)"
            );
            set.expect("a String takes all text");
        }
        text
    }

    /// The text that the connection prepares.
    fn text(&self) -> String {
        let settings = self.settings();
        match self.of {
            Of::Transaction => settings,
            Of::OneWrite => format!("{MARK}{settings}"),
            Of::OneRead => format!(
                "{MARK}{settings}, pg_catalog.set_config('transaction_read_only', 'on', true)"
            ),
        }
    }

    /// What opens one statement without BEGIN and COMMIT, where it was prepared on this connection.
    pub(crate) fn pipelined(&self, conn: &Conn) -> Option<Statement> {
        (self.of != Of::Transaction)
            .then(|| conn.scope(self))
            .flatten()
    }

    /// Sets the scope and runs one statement, which are one transaction as no Sync is between them. All leaves at the
    /// first poll.
    pub(crate) async fn run_pipelined<T>(
        &self,
        conn: &Conn,
        known: &Statement,
        run: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let mut set = pin!(conn.client.execute_raw(known, self.values()));
        let mut run = pin!(run);
        let gap = Gap(Some(&conn.client));
        // A failure may be answered before anybody waits for it.
        let set_at_once = set.as_mut().now_or_never();
        if let Some(Err(error)) = set_at_once {
            return Err(self.noted(conn, error));
        }
        let answer_at_once = run.as_mut().now_or_never();
        match answer_at_once {
            // Perhaps it did not leave.
            Some(_) => drop(gap),
            None => gap.bridged(),
        }
        let set = async {
            match set_at_once {
                Some(set) => set,
                None => set.await,
            }
        };
        let run = async {
            match answer_at_once {
                Some(answer) => answer,
                None => run.await,
            }
        };
        let (set, answer) = join(set, run).await;
        set.map_err(|error| self.noted(conn, error)).and(answer)
    }

    fn values(&self) -> impl ExactSizeIterator<Item = &(dyn ToSql + Sync)> {
        self.values.iter().map(|it| it as &(dyn ToSql + Sync))
    }

    fn noted(&self, conn: &Conn, error: tokio_postgres::Error) -> Error {
        let error = from_postgres(error);
        if error.is_stale_plan() {
            conn.forget_scopes();
        }
        error
    }

    /// Leaves at the first poll. Where a setting fails, the transaction does, and with it what follows.
    pub(crate) async fn send(&self, conn: &Conn) -> Result<()> {
        let client = &conn.client;
        let begin = format!("BEGIN {}", self.mode);
        let begin = client.batch_execute(&begin);
        if self.values.is_empty() {
            return begin.await.map_err(from_postgres);
        }
        if self.of == Of::Transaction
            && let Some(known) = conn.scope(self)
        {
            let (begun, set) = join(begin, client.execute_raw(&known, self.values())).await;
            let set = set.map_err(|error| self.noted(conn, error));
            return begun.map_err(from_postgres).and(set.map(drop));
        }
        let settings = self.settings();
        let typed: Vec<_> = self.values().map(|it| (it, Type::TEXT)).collect();
        let set = client.execute_typed(&settings, &typed);
        if !conn.can_be_shared() {
            let (begun, set) = join(begin, set).await;
            return begun.and(set.map(drop)).map_err(from_postgres);
        }
        // The next one finds it prepared; who prepares it waits no longer for that.
        let types = vec![Type::TEXT; typed.len()];
        let text = self.text();
        let prepare = client.prepare_typed(&text, &types);
        let (begun, set, prepared) = join3(begin, set, prepare).await;
        if let Ok(prepared) = prepared {
            conn.keep_scope(self, prepared);
        }
        begun.and(set.map(drop)).map_err(from_postgres)
    }
}

/// A scope is on its way, and not yet the statement that it is for. Without one it would be that of whoever comes next:
/// what leaves then ends the transaction, with a Sync, as the server reads nothing else behind a failure.
struct Gap<'c>(Option<&'c Client>);

impl Gap<'_> {
    fn bridged(mut self) {
        self.0 = None;
    }
}

impl Drop for Gap<'_> {
    fn drop(&mut self) {
        if let Some(client) = self.0 {
            // Whatever it answers is read by the connection.
            let _ = client.execute_typed("", &[]).now_or_never();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_scope_holds_is_in_no_text() {
        let system = Opening::new(&Scope::system(), "");
        assert_eq!((system.mode.as_str(), system.which), ("", 0));
        let scope = Scope::tenant("a'b\\").with_token("c");
        let mut opening = Opening::new(&scope, "READ ONLY");
        assert_eq!(opening.mode, "READ ONLY");
        let settings = "SELECT pg_catalog.set_config('raptor.tenant', $1, true), pg_catalog.set_config('raptor.token', $2, true)";
        assert_eq!(opening.text(), settings);
        assert_eq!(opening.values, ["a'b\\", "c"]);
        opening.of = Of::OneWrite;
        assert_eq!(opening.text(), format!("{MARK}{settings}"));
        opening.of = Of::OneRead;
        let read_only = "pg_catalog.set_config('transaction_read_only', 'on', true)";
        assert_eq!(opening.text(), format!("{MARK}{settings}, {read_only}"));
    }
}
