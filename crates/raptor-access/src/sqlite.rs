//! The same declaration on SQLite, where a guard in the data layer takes the place of roles and policies.

use crate::declaration::{At, Declaration, Grant, Rows, Table, Verb};
use raptor_db::{ColumnRights, SqliteGuard, TableRights};

impl Declaration {
    /// What a role's statements may do on SQLite: its verbs, tables and columns, and rows of somebody only in a
    /// transaction that acts for somebody. Which rows those are SQLite does not know.
    ///
    /// ```
    /// use raptor_access::Declaration;
    /// let declared = Declaration::read(r#"
    ///     version = 1
    ///     [roles.owner]
    ///     is = "owner"
    ///     [roles.web]
    ///     is = "app"
    ///     [tables.notes]
    ///     grant.web = "select, update (body)"
    /// "#)?;
    /// let guard = declared.sqlite_guard("web");
    /// assert!(!guard.tables["notes"].delete);
    /// # Ok::<(), raptor_access::Error>(())
    /// ```
    pub fn sqlite_guard(&self, role: &str) -> SqliteGuard {
        let mut guard = SqliteGuard::of(role);
        for (name, table) in &self.tables {
            guard.tables.insert(name.name.clone(), rights(table, role));
        }
        for (name, grants) in &self.views {
            let mut rights = TableRights::default();
            rights.select = columns(grants.get(role), Verb::Select);
            guard.tables.insert(name.name.clone(), rights);
        }
        guard
    }
}

fn columns(grant: Option<&At<Grant>>, verb: Verb) -> ColumnRights {
    match grant.and_then(|it| it.it.of(verb)) {
        None => ColumnRights::None,
        Some(columns) if columns.is_empty() => ColumnRights::All,
        Some(columns) => ColumnRights::Some(columns.clone()),
    }
}

fn rights(table: &Table, role: &str) -> TableRights {
    let grant = table.grants.get(role);
    let columns = |verb| columns(grant, verb);
    let mut rights = TableRights::default();
    rights.select = columns(Verb::Select);
    rights.insert = columns(Verb::Insert) != ColumnRights::None;
    rights.update = columns(Verb::Update);
    rights.delete = columns(Verb::Delete) != ColumnRights::None;
    let rows = table.rows.get(role);
    rights.scoped = rows.is_some_and(|it| matches!(it.it, Rows::Of(_)));
    rights
}
