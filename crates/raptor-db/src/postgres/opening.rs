//! What opens a transaction: BEGIN, and the scope.

use super::conn::Conn;
use crate::error::{Error, Result, from_postgres};
use crate::scope::Scope;
use futures_util::future::{join, join3};
use std::fmt::Write;
use tokio_postgres::Statement;
use tokio_postgres::types::{ToSql, Type};

/// BEGIN and the settings of a scope, which leave together, ahead of whatever comes next. What the settings hold goes as
/// parameters: `pg_stat_activity` shows a login the text of its other sessions' statements, and a token is in none.
pub(crate) struct Opening {
    begin: String,
    /// Which settings there are, a bit each.
    which: usize,
    /// `SELECT set_config('raptor.tenant', $1, true), …`, empty where nothing is set.
    settings: String,
    values: Vec<String>,
}

/// How a connection knows what sets a scope, by which settings there are.
pub(crate) type Known = [Option<Statement>; 1 << Scope::SETTINGS.len()];

impl Opening {
    pub(crate) fn new(scope: &Scope, mode: &str) -> Self {
        let mut settings = String::new();
        let (mut which, mut values) = (0, Vec::new());
        for (name, value) in scope.settings() {
            let before = if values.is_empty() { "SELECT" } else { "," };
            values.push(value.to_owned());
            let at = values.len();
            let set = write!(
                settings,
                "{before} pg_catalog.set_config('{name}', ${at}, true)"
            );
            set.expect("a String takes all text");
            let bit = Scope::SETTINGS.iter().position(|it| *it == name);
            which |= 1 << bit.expect("a scope has these settings alone");
        }
        Self {
            begin: format!("BEGIN {mode}"),
            which,
            settings,
            values,
        }
    }

    /// Leaves at the first poll. Where a setting fails, the transaction does, and with it what follows.
    pub(crate) async fn send(&self, conn: &Conn) -> Result<()> {
        let client = &conn.client;
        let begin = client.batch_execute(&self.begin);
        if self.values.is_empty() {
            return begin.await.map_err(from_postgres);
        }
        let values = self.values.iter().map(|it| it as &(dyn ToSql + Sync));
        if let Some(known) = conn.scope(self.which) {
            let (begun, set) = join(begin, client.execute_raw(&known, values)).await;
            let set = set.map_err(from_postgres);
            if set.as_ref().is_err_and(Error::is_stale_plan) {
                conn.forget_scopes();
            }
            return begun.map_err(from_postgres).and(set.map(drop));
        }
        let typed: Vec<_> = values.map(|it| (it, Type::TEXT)).collect();
        let set = client.execute_typed(&self.settings, &typed);
        if !conn.can_be_shared() {
            let (begun, set) = join(begin, set).await;
            return begun.and(set.map(drop)).map_err(from_postgres);
        }
        // The next one finds it prepared; who prepares it waits no longer for that.
        let types = vec![Type::TEXT; typed.len()];
        let prepare = client.prepare_typed(&self.settings, &types);
        let (begun, set, prepared) = join3(begin, set, prepare).await;
        if let Ok(prepared) = prepared {
            conn.keep_scope(self.which, prepared);
        }
        begun.and(set.map(drop)).map_err(from_postgres)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_scope_holds_is_in_no_text() {
        let system = Opening::new(&Scope::system(), "");
        assert_eq!(
            (system.begin.as_str(), system.settings.as_str()),
            ("BEGIN ", "")
        );
        let scope = Scope::tenant("a'b\\").with_token("c");
        let opening = Opening::new(&scope, "READ ONLY");
        assert_eq!(opening.begin, "BEGIN READ ONLY");
        assert_eq!(
            opening.settings,
            "SELECT pg_catalog.set_config('raptor.tenant', $1, true), pg_catalog.set_config('raptor.token', $2, true)"
        );
        assert_eq!(opening.values, ["a'b\\", "c"]);
    }
}
