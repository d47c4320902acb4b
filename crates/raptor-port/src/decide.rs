//! Which type of Postgres a column gets, by what is declared and by what is in it, and why.
//!
//! The order of evidence, the strongest first: STRICT and checks; the declared type, as SQLite itself takes
//! it; then every cell. What evidence alone cannot decide is asked, with an answer that is likely.

mod declared;
mod numbers;
mod texts;

use crate::kind::Conversion;
use crate::profile::{ColumnProfile, Profile};
use crate::source::{Affinity, Column, Table};
use declared::Declared;
use serde::Serialize;

/// What a column becomes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Decision {
    /// The type, and how cells are read as it.
    pub conversion: Conversion,
    /// Why: what is declared, and what was seen in how many cells.
    pub evidence: String,
    /// What else it could become, the likeliest first.
    pub alternatives: Vec<Conversion>,
    /// What a person has to answer, where evidence does not decide.
    pub question: Option<String>,
}

/// Decides for each column of a table, in its order. Columns that point at other tables follow these later.
///
/// ```
/// use raptor_port::{Kind, Profile, Source, decide};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("app.db");
/// # let db = raptor_db::Config::new(&format!("sqlite:{}", path.display()))?;
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// # let db = raptor_db::Db::open(db).await?;
/// # let text = "CREATE TABLE notes (id INTEGER PRIMARY KEY, done BOOL, name VARCHAR(9)); INSERT INTO notes VALUES (1, 0, 'x')";
/// # db.session().await?.execute_raw(text).await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// let reader = raptor_db::Snapshot::open(&path, 1)?.take().expect("one");
/// let source = Source::read(&reader)?;
/// let notes = &source.tables[0];
/// let decided = decide(notes, &Profile::read(&reader, notes)?);
/// let kinds: Vec<Kind> = decided.iter().map(|it| it.conversion.kind).collect();
/// assert_eq!(kinds, [Kind::Bigint, Kind::Boolean, Kind::Varchar(9)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn decide(table: &Table, profile: &Profile) -> Vec<Decision> {
    let columns = table.columns.iter().zip(&profile.columns);
    columns
        .map(|(column, seen)| {
            let case = Case {
                table,
                column,
                declared: Declared::of(&column.declared),
                seen,
                rows: profile.rows,
            };
            case.decide()
        })
        .collect()
}

/// All that is known of one column.
struct Case<'c> {
    table: &'c Table,
    column: &'c Column,
    declared: Declared,
    seen: &'c ColumnProfile,
    rows: u64,
}

impl Case<'_> {
    fn decide(&self) -> Decision {
        self.by_check()
            .or_else(|| self.by_word())
            .unwrap_or_else(|| match self.column.affinity {
                Affinity::Integer => self.integers(),
                Affinity::Real => self.doubles(),
                Affinity::Numeric => self.numbers(),
                Affinity::Text => self.texts(),
                Affinity::Blob => self.untyped(),
            })
    }
}
