//! What a service's statements may do on SQLite, which has no roles: verbs, tables and columns as they were given, asked of
//! SQLite's authorizer when a statement is prepared; and rows of somebody only in a transaction that acts for somebody.
//!
//! It keeps a service from what Postgres would refuse it, and finds the statement that has no scope before Postgres
//! shows it nothing. It is no wall: whoever opens the file reads all of it.

use super::open::Handle;
use super::session::Session;
use crate::scope::Scope;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::{CachedStatement, Connection, ffi};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Statements that are remembered for needing a scope.
const MOST: usize = 4_096;

/// The rights of one role on SQLite: what stands in no table here is refused.
///
/// ```
/// use raptor_db::{ColumnRights, Config, Db, Scope, SqliteGuard, TableRights, params, sql};
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// # let folder = tempfile::tempdir()?;
/// # let url = format!("sqlite:{}", folder.path().join("app.db").display());
/// # let made = Db::open(Config::new(&url)?).await?;
/// # made.session().await?.execute_raw("CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT)").await?;
/// let mut guard = SqliteGuard::of("app");
/// let mut rights = TableRights::default();
/// rights.select = ColumnRights::All;
/// guard.tables.insert("notes".to_owned(), rights);
/// let mut config = Config::new(&url)?;
/// config.sqlite_guard = Some(guard.into());
/// let db = Db::open(config).await?;
/// let refused = db.execute(&Scope::system(), sql!("DELETE FROM notes"), params! {}).await;
/// assert_eq!(refused.unwrap_err().message(), "app may not delete from notes");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SqliteGuard {
    /// Whose rights they are, for the message.
    pub role: String,
    /// Rights by table.
    pub tables: BTreeMap<String, TableRights>,
}

/// What may be done with a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableRights {
    /// The columns that may be read.
    pub select: ColumnRights,
    /// Whether rows may be added; SQLite does not tell of which columns.
    pub insert: bool,
    /// The columns that may be changed.
    pub update: ColumnRights,
    /// Whether rows may be taken away.
    pub delete: bool,
    /// Whether its rows are somebody's, so that only a transaction with a tenant, a token or a context may touch them.
    pub scoped: bool,
}

/// Columns of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ColumnRights {
    /// None of them.
    #[default]
    None,
    /// All, also those that are yet to be made.
    All,
    /// These.
    Some(BTreeSet<String>),
}

impl ColumnRights {
    fn has(&self, column: &str) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            // What counts rows reads no column by name.
            Self::Some(columns) => column.is_empty() || columns.contains(column),
        }
    }
}

impl SqliteGuard {
    /// A role that may nothing yet.
    pub fn of(role: impl Into<String>) -> Self {
        Self {
            role: role.into(),
            tables: BTreeMap::new(),
        }
    }

    fn schema(&self) -> String {
        format!("{} may not change what the database is made of", self.role)
    }

    /// The table that an action touches, or why it may not.
    fn judge<'a>(&self, action: &AuthAction<'a>) -> Result<Option<&'a str>, String> {
        let may = |what: String, table: &'a str, is: &dyn Fn(&TableRights) -> bool| match self
            .tables
            .get(table)
            .is_some_and(is)
        {
            true => Ok(Some(table)),
            false => Err(format!("{} may not {what}", self.role)),
        };
        match *action {
            AuthAction::Read {
                table_name: table,
                column_name: column,
            } => {
                if is_built_in(table) {
                    return Ok(None);
                }
                let what = match column {
                    "" => format!("read {table}"),
                    column => format!("read {table}.{column}"),
                };
                may(what, table, &|it| it.select.has(column))
            }
            AuthAction::Insert { table_name: table }
            | AuthAction::Update {
                table_name: table, ..
            }
            | AuthAction::Delete { table_name: table }
                if is_built_in(table) =>
            {
                Err(self.schema())
            }
            AuthAction::Insert { table_name: table } => {
                may(format!("insert into {table}"), table, &|it| it.insert)
            }
            AuthAction::Update {
                table_name: table,
                column_name: column,
            } => may(format!("update {table}.{column}"), table, &|it| {
                it.update.has(column)
            }),
            AuthAction::Delete { table_name: table } => {
                may(format!("delete from {table}"), table, &|it| it.delete)
            }
            AuthAction::Select
            | AuthAction::Transaction { .. }
            | AuthAction::Savepoint { .. }
            | AuthAction::Recursive
            | AuthAction::Function { .. } => Ok(None),
            AuthAction::Pragma {
                pragma_name,
                pragma_value: None,
            } if !pragma_name.is_empty() => Ok(None),
            _ => Err(self.schema()),
        }
    }
}

/// What is no table of the application: the catalog, and functions that answer rows.
fn is_built_in(table: &str) -> bool {
    const FUNCTIONS: [&str; 3] = ["json_each", "json_tree", "generate_series"];
    table.starts_with("sqlite_") || table.starts_with("pragma_") || FUNCTIONS.contains(&table)
}

/// A connection's guard.
#[derive(Clone)]
pub(crate) struct Watch(Arc<State>);

struct State {
    guard: Arc<SqliteGuard>,
    /// Why the last statement was refused.
    denied: Mutex<Option<String>>,
    /// A table of somebody's rows that the statement touches which is being prepared.
    touched: Mutex<Option<String>>,
    /// The same of statements that are prepared already.
    scoped: Mutex<HashMap<String, String>>,
}

fn held<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watch {
    /// Guards a connection.
    pub(crate) fn over(conn: &mut Connection, guard: &Arc<SqliteGuard>) -> rusqlite::Result<Self> {
        let watch = Self(Arc::new(State {
            guard: Arc::clone(guard),
            denied: Mutex::default(),
            touched: Mutex::default(),
            scoped: Mutex::default(),
        }));
        let own = watch.clone();
        conn.authorizer(Some(move |context: AuthContext<'_>| own.asked(&context)))?;
        Ok(watch)
    }

    fn asked(&self, context: &AuthContext<'_>) -> Authorization {
        // Whatever asks, also a trigger or a view: they run with the rights of who uses them, as on Postgres. SQLite names
        // a WITH here, too, so that a name proves nothing.
        match self.0.guard.judge(&context.action) {
            Ok(table) => {
                let rights = table.and_then(|it| self.0.guard.tables.get(it));
                if rights.is_some_and(|it| it.scoped) {
                    *held(&self.0.touched) = table.map(str::to_owned);
                }
                Authorization::Allow
            }
            Err(why) => {
                *held(&self.0.denied) = Some(why);
                Authorization::Deny
            }
        }
    }

    fn refused(&self, why: String) -> rusqlite::Error {
        *held(&self.0.denied) = Some(why);
        rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_AUTH), None)
    }

    /// Why the last statement was refused.
    pub(crate) fn denied(&self) -> Option<String> {
        held(&self.0.denied).take()
    }

    /// A statement that may run in this transaction.
    pub(crate) fn prepare<'h>(
        &self,
        handle: &'h Handle,
        text: &str,
    ) -> rusqlite::Result<CachedStatement<'h>> {
        if replaces(text) {
            let why = format!(
                "{} may not replace rows: REPLACE takes others away unasked; write ON CONFLICT … DO UPDATE",
                self.0.guard.role
            );
            return Err(self.refused(why));
        }
        *held(&self.0.touched) = None;
        let statement = handle.conn.prepare_cached(text)?;
        let mut scoped = held(&self.0.scoped);
        if let Some(table) = held(&self.0.touched).take() {
            if scoped.len() >= MOST {
                scoped.clear();
                handle.conn.flush_prepared_statement_cache();
            }
            scoped.insert(text.to_owned(), table);
        }
        match scoped.get(text) {
            Some(table) if !acts_for_somebody(&handle.session) => {
                let why = format!(
                    "{} may touch {table}, whose rows are somebody's, only in a transaction with a tenant, a token or a context",
                    self.0.guard.role
                );
                Err(self.refused(why))
            }
            _ => Ok(statement),
        }
    }
}

/// Whether a statement takes rows away that are in its way, which the authorizer is not asked about.
fn replaces(text: &str) -> bool {
    // What stands in quotes is no word; every second part stands in some.
    let plain = text.split('\'').step_by(2);
    let mut before = String::new();
    for word in plain.flat_map(|it| it.split(|it: char| !it.is_alphanumeric() && it != '_')) {
        let word = word.to_ascii_uppercase();
        if word.is_empty() {
            continue;
        }
        let is_statement = word == "INTO" && before == "REPLACE";
        if is_statement || word == "REPLACE" && before == "OR" {
            return true;
        }
        before = word;
    }
    false
}

fn acts_for_somebody(session: &Session) -> bool {
    let names = [Scope::TENANT, Scope::TOKEN, Scope::CONTEXT];
    let mut set = names.iter().filter_map(|name| session.setting(name));
    set.any(|value| !value.is_empty())
}
