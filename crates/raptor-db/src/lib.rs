//! One SQL text on SQLite and Postgres.
mod dialect;
mod error;
mod scope;
mod statement;
mod value;

pub use error::{Error, ErrorKind, Result};
pub use scope::Scope;
pub use statement::{Sql, StatementKind, lexer, split};
pub use value::{Array, ArrayElement, Decimal, Element, Params, ParseDecimalError, ToValue, ValueRef, truncate_to_micros};
