//! What a function answers: a value, a mark that says what it is, or an error in Postgres's words.

use rusqlite::functions::{SqlFnArg, SqlFnOutput, SubType};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use std::ffi::c_uint;

/// The answer of every function here.
pub(super) type Answer<T = Out> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A function's value.
pub(super) enum Out {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
    /// 0 or 1, known to be a boolean by the function that takes it.
    Bool(bool),
    /// JSON, known as such by the function that takes it.
    Json(String),
    /// Text that is text, whatever it looks like.
    Plain(String),
    /// An argument as it came.
    Same(SqlFnArg),
    Shared(std::sync::Arc<str>),
}

/// What is known of a value that comes straight from another function. SQLite hands it on in the
/// value's subtype, which no column keeps.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    None,
    Bool,
    Json,
    Plain,
}

/// SQLite's own functions mark JSON with this.
const JSON: c_uint = 74;
const BOOL: c_uint = 66;
const PLAIN: c_uint = 84;

impl Mark {
    pub(super) fn of(subtype: c_uint) -> Self {
        match subtype {
            JSON => Self::Json,
            BOOL => Self::Bool,
            PLAIN => Self::Plain,
            _ => Self::None,
        }
    }
}

impl SqlFnOutput for Out {
    fn to_sql(&self) -> rusqlite::Result<(ToSqlOutput<'_>, SubType)> {
        let text = |text| ToSqlOutput::Borrowed(ValueRef::Text(text));
        Ok(match self {
            Self::Null => (ToSqlOutput::Owned(Value::Null), None),
            Self::Int(v) => (ToSqlOutput::Owned(Value::Integer(*v)), None),
            Self::Real(v) => {
                if v.is_nan() {
                    // SQLite would make it NULL in silence.
                    let error = "the answer is NaN, which SQLite cannot keep";
                    return Err(rusqlite::Error::UserFunctionError(error.into()));
                }
                (ToSqlOutput::Owned(Value::Real(*v)), None)
            }
            Self::Text(v) => (text(v.as_bytes()), None),
            Self::Blob(v) => (ToSqlOutput::Borrowed(ValueRef::Blob(v)), None),
            Self::Bool(v) => (ToSqlOutput::Owned(Value::Integer((*v).into())), Some(BOOL)),
            Self::Json(v) => (text(v.as_bytes()), Some(JSON)),
            Self::Plain(v) => (text(v.as_bytes()), Some(PLAIN)),
            Self::Shared(v) => (text(v.as_bytes()), None),
            Self::Same(arg) => (rusqlite::ToSql::to_sql(arg)?, None),
        })
    }
}

/// An error in the words Postgres would use.
pub(super) fn fail<T>(message: impl Into<String>) -> Answer<T> {
    Err(message.into().into())
}
