//! A row of an answer: cells by name and by place.

use crate::cell::{Cell, FromCell, Repr as CellRepr};
use crate::error::{Error, ErrorKind, Result};
use crate::{postgres, sqlite};
use std::fmt;

/// One row of an answer.
#[derive(Clone)]
pub struct Row(Repr);

#[derive(Clone)]
enum Repr {
    Postgres(tokio_postgres::Row),
    Sqlite(sqlite::Row),
}

impl From<tokio_postgres::Row> for Row {
    fn from(row: tokio_postgres::Row) -> Self {
        Self(Repr::Postgres(row))
    }
}

impl From<sqlite::Row> for Row {
    fn from(row: sqlite::Row) -> Self {
        Self(Repr::Sqlite(row))
    }
}

impl Row {
    /// The cell of a column, by name (`"email"`) or place (from 0), as any [`FromCell`] type.
    ///
    /// # Errors
    /// [`ErrorKind::Type`] when there is no such column (the message lists those there are) or the
    /// cell cannot be read as `T` without loss.
    pub fn get<'r, T: FromCell<'r>>(&'r self, column: impl ColumnIndex) -> Result<T> {
        let place = column.place(self)?;
        T::from_cell(self.cell(place)).map_err(|why| {
            let name = self.columns().nth(place).unwrap_or_default();
            Error::new(ErrorKind::Type, format!("column {name:?} {why}"))
        })
    }

    /// The column names, in order.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let names: Box<dyn Iterator<Item = &str>> = match &self.0 {
            Repr::Postgres(row) => Box::new(row.columns().iter().map(tokio_postgres::Column::name)),
            Repr::Sqlite(row) => Box::new(row.columns.iter().map(|name| &**name)),
        };
        names
    }

    /// How many columns there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Repr::Postgres(row) => row.len(),
            Repr::Sqlite(row) => row.columns.len(),
        }
    }

    /// Whether the row has no column at all (`SELECT FROM t`).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn cell(&self, place: usize) -> Cell<'_> {
        Cell(match &self.0 {
            Repr::Postgres(row) => CellRepr::Postgres(postgres::Cell::of(row, place)),
            Repr::Sqlite(row) => CellRepr::Sqlite(&row.values[place]),
        })
    }

    fn place_of(&self, name: &str) -> Option<usize> {
        match &self.0 {
            Repr::Postgres(row) => row
                .columns()
                .iter()
                .position(|column| column.name() == name),
            Repr::Sqlite(row) => row.columns.iter().position(|column| &**column == name),
        }
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may be secrets: the names are enough to recognise a row.
        f.debug_tuple("Row")
            .field(&self.columns().collect::<Vec<_>>())
            .finish()
    }
}

/// A column by name (`&str`) or place (`usize`, from 0).
pub trait ColumnIndex {
    /// The column's place in `row`.
    ///
    /// # Errors
    /// [`ErrorKind::Type`] when `row` has no such column.
    fn place(&self, row: &Row) -> Result<usize>;
}

impl ColumnIndex for &str {
    fn place(&self, row: &Row) -> Result<usize> {
        row.place_of(self).ok_or_else(|| {
            let names: Vec<_> = row.columns().collect();
            Error::new(
                ErrorKind::Type,
                format!("no column {self:?}; the columns are {}", names.join(", ")),
            )
        })
    }
}

impl ColumnIndex for usize {
    fn place(&self, row: &Row) -> Result<usize> {
        if *self < row.len() {
            Ok(*self)
        } else {
            Err(Error::new(
                ErrorKind::Type,
                format!("no column {self}; there are {}", row.len()),
            ))
        }
    }
}

/// A struct that can be read from a row; [`from_row!`](crate::from_row) writes it.
pub trait FromRow: Sized {
    /// Reads the row.
    ///
    /// # Errors
    /// As [`Row::get`].
    fn from_row(row: &Row) -> Result<Self>;
}

/// Declares a struct whose fields are columns of the same name, and reads it from a row.
///
/// ```
/// raptor_db::from_row! {
///     /// A customer, as the list shows it.
///     #[derive(Debug)]
///     pub struct Customer {
///         pub id: uuid::Uuid,
///         pub email: String,
///         pub name: Option<String>,
///     }
/// }
/// ```
#[macro_export]
macro_rules! from_row {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$field_meta:meta])* $field_vis:vis $field:ident : $type:ty),+ $(,)? }) => {
        $(#[$meta])*
        $vis struct $name { $($(#[$field_meta])* $field_vis $field: $type),+ }

        impl $crate::FromRow for $name {
            fn from_row(row: &$crate::Row) -> $crate::Result<Self> {
                Ok(Self { $($field: row.get(stringify!($field))?),+ })
            }
        }
    };
}
