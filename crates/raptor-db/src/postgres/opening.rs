//! What opens a transaction: BEGIN, and the scope.

use crate::error::{Result, from_postgres};
use crate::scope::Scope;
use futures_util::future::join;
use std::fmt::Write;
use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};

/// BEGIN and the settings of a scope, which leave together, ahead of whatever comes next. What the settings hold goes as
/// parameters: `pg_stat_activity` shows a login the text of its other sessions' statements, and a token is in none.
pub(crate) struct Opening {
    begin: String,
    /// `SELECT set_config('raptor.tenant', $1, true), …`, empty where nothing is set.
    settings: String,
    values: Vec<String>,
}

impl Opening {
    pub(crate) fn new(scope: &Scope, mode: &str) -> Self {
        let mut settings = String::new();
        let mut values = Vec::new();
        for (name, value) in scope.settings() {
            let before = if values.is_empty() { "SELECT" } else { "," };
            values.push(value.to_owned());
            let at = values.len();
            let set = write!(
                settings,
                "{before} pg_catalog.set_config('{name}', ${at}, true)"
            );
            set.expect("a String takes all text");
        }
        Self {
            begin: format!("BEGIN {mode}"),
            settings,
            values,
        }
    }

    /// Leaves at the first poll. Where a setting fails, the transaction does, and with it what follows.
    pub(crate) async fn send(&self, client: &Client) -> Result<()> {
        let begin = client.batch_execute(&self.begin);
        if self.values.is_empty() {
            return begin.await.map_err(from_postgres);
        }
        let values = self.values.iter();
        let values: Vec<(&(dyn ToSql + Sync), Type)> = values
            .map(|it| (it as &(dyn ToSql + Sync), Type::TEXT))
            .collect();
        let (begun, set) = join(begin, client.execute_typed(&self.settings, &values)).await;
        begun.and(set).map(drop).map_err(from_postgres)
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
