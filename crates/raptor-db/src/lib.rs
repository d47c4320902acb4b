//! One SQL text on SQLite and Postgres.
//!
//! A [`Sql`] is a statement with `:named` parameters, written in Postgres's spelling. A [`Db`] runs
//! it on either engine with the same values, the same rows and the same [`ErrorKind`]s. Start with
//! [`Db::open`]; work in transactions with [`Db::tx`]; what acts for whom is a [`Scope`].
//!
//! This crate knows no table's name, and nothing of HTTP, roles or migrations.

mod cell;
mod config;
mod db;
mod dialect;
mod error;
mod listen;
mod postgres;
mod row;
mod scope;
mod session;
mod sqlite;
mod statement;
mod stream;
mod transaction;
mod value;
mod watch;

pub use cell::{Cell, FromCell, Misread, Reading};
pub use config::{Config, Engine};
pub use db::{Db, TxOptions};
pub use error::{Error, ErrorKind, Result};
pub use listen::{Listener, Notification, Wake};
pub use postgres::{
    CopyIn, CopyOut, Credential, CredentialProvider, Refreshed, RotatingCredentials, SecretSource,
    SslMode, scram_verifier, with_login,
};
pub use row::{ColumnIndex, FromRow, Row};
pub use scope::Scope;
pub use session::{Canceller, Session};
pub use sqlite::{
    ColumnRights, Go, RawRow, RawValue, ScriptError, Snapshot, SnapshotReader, SqliteGrammar,
    SqliteGuard, SqliteMisread, SqliteScripts, TableRights,
};
pub use statement::{Sql, StatementKind, lexer, split};
pub use stream::RowStream;
pub use transaction::{Transaction, TransactionError};
pub use value::{
    Array, ArrayElement, Decimal, Element, Params, ParseDecimalError, ToValue, ValueRef,
    timestamptz_text, truncate_to_micros,
};
