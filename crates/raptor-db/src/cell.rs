//! One cell of a row, and the Rust types that can be read from it without loss.

use crate::value::{Array, ArrayElement, Decimal};
use crate::{postgres, sqlite};
use std::borrow::Cow;
use std::fmt;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// One cell as the engine gave it; read it with [`FromCell`].
#[derive(Clone, Copy)]
pub struct Cell<'r>(pub(crate) Repr<'r>);

#[derive(Clone, Copy)]
pub(crate) enum Repr<'r> {
    Postgres(postgres::Cell<'r>),
    Sqlite(&'r rusqlite::types::Value),
}

/// Why a cell cannot be read as a type; [`Row::get`](crate::Row::get) adds the column's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misread(pub(crate) Cow<'static, str>);

impl Misread {
    /// A reason of your own: `is no valid e-mail address`.
    pub fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self(reason.into())
    }
}

impl From<&'static str> for Misread {
    fn from(reason: &'static str) -> Self {
        Self(Cow::Borrowed(reason))
    }
}

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The answer of a reading.
pub type Reading<T> = Result<T, Misread>;

/// A Rust type that can be read from a cell. A newtype reads its inner type and wraps it.
///
/// ```
/// use raptor_db::{Cell, FromCell, Reading};
/// struct CustomerId(uuid::Uuid);
/// impl<'r> FromCell<'r> for CustomerId {
///     fn from_cell(cell: Cell<'r>) -> Reading<Self> {
///         uuid::Uuid::from_cell(cell).map(Self)
///     }
/// }
/// ```
pub trait FromCell<'r>: Sized {
    /// Reads the cell.
    ///
    /// # Errors
    /// [`Misread`] when the cell is NULL or holds another type.
    fn from_cell(cell: Cell<'r>) -> Reading<Self>;
}

impl Cell<'_> {
    /// Whether the cell is NULL.
    pub fn is_null(&self) -> bool {
        match self.0 {
            Repr::Postgres(cell) => cell.raw.is_none(),
            Repr::Sqlite(value) => matches!(value, rusqlite::types::Value::Null),
        }
    }
}

macro_rules! from_cell {
    ($($type:ty => $read:ident;)+) => {$(
        impl<'r> FromCell<'r> for $type {
            fn from_cell(cell: Cell<'r>) -> Reading<Self> {
                match cell.0 {
                    Repr::Postgres(cell) => postgres::decode::$read(cell),
                    Repr::Sqlite(value) => sqlite::decode::$read(value),
                }
            }
        }
    )+};
}

from_cell! {
    bool => bool;
    i64 => i64;
    f64 => f64;
    Decimal => decimal;
    &'r str => str;
    String => text;
    &'r [u8] => bytes;
    Uuid => uuid;
    OffsetDateTime => timestamptz;
    Date => date;
    serde_json::Value => json;
}

macro_rules! narrower {
    ($($type:ty),+) => {$(
        impl<'r> FromCell<'r> for $type {
            fn from_cell(cell: Cell<'r>) -> Reading<Self> {
                let wide = i64::from_cell(cell)?;
                Self::try_from(wide).map_err(|_| concat!("does not fit ", stringify!($type)).into())
            }
        }
    )+};
}

narrower!(i8, i16, i32, u8, u16, u32);

impl<'r> FromCell<'r> for Vec<u8> {
    fn from_cell(cell: Cell<'r>) -> Reading<Self> {
        <&[u8]>::from_cell(cell).map(<[u8]>::to_vec)
    }
}

impl<'r, T: ArrayElement> FromCell<'r> for Vec<T> {
    fn from_cell(cell: Cell<'r>) -> Reading<Self> {
        let array: Array = match cell.0 {
            Repr::Postgres(cell) => postgres::decode::array(cell, T::ELEMENT)?,
            Repr::Sqlite(value) => sqlite::decode::array(value, T::ELEMENT)?,
        };
        Self::try_from(array).map_err(Misread::from)
    }
}

impl<'r, T: FromCell<'r>> FromCell<'r> for Option<T> {
    fn from_cell(cell: Cell<'r>) -> Reading<Self> {
        if cell.is_null() {
            Ok(None)
        } else {
            T::from_cell(cell).map(Some)
        }
    }
}

/// What every reader says of a NULL.
pub(crate) const NULL: &str = "is NULL; read it as Option<_>";

/// `is text, not a uuid`.
pub(crate) fn other_type(found: &str, wanted: &str) -> Misread {
    Misread(Cow::Owned(format!("is {found}, not {wanted}")))
}
