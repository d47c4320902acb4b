//! What an SQLite file declares: its tables, views and triggers, each with all that is said of it.
//!
//! Pragmas tell what SQLite itself understood, and the texts of the schema what pragmas leave out:
//! checks, collations, names of constraints, AUTOINCREMENT, when a foreign key is looked at. No row is
//! read.

mod affinity;
mod pragma;
mod table;
mod text;

pub use affinity::Affinity;
pub use table::{
    Check, Column, ForeignKey, Generated, Index, IndexColumn, Key, Table, TableKind, Trigger, View,
};

use crate::error::Result;
use crate::sync::is_ours;
pub(crate) use pragma::{quoted, quoted_text};

use pragma::Pragmas;
use raptor_db::SnapshotReader;
use serde::Serialize;

/// What an SQLite file declares.
///
/// ```
/// use raptor_port::Source;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("app.db");
/// let db = raptor_db::Config::new(&format!("sqlite:{}", path.display()))?;
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let db = raptor_db::Db::open(db).await?;
/// let text = "CREATE TABLE notes (id INTEGER PRIMARY KEY, body VARCHAR(80) NOT NULL CHECK (body <> ''))";
/// db.session().await?.execute_raw(text).await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// let reader = raptor_db::Snapshot::open(&path, 1)?.take().expect("one");
/// let source = Source::read(&reader)?;
/// let notes = source.table("notes").expect("it is there");
/// assert_eq!(notes.rowid_alias.as_deref(), Some("id"));
/// assert_eq!(notes.columns[1].declared, "VARCHAR(80)");
/// assert_eq!(notes.checks[0].expression, "body <> ''");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct Source {
    /// Tables, by name; SQLite's own are left out.
    pub tables: Vec<Table>,
    /// Views, by name.
    pub views: Vec<View>,
    /// Triggers, by name.
    pub triggers: Vec<Trigger>,
}

impl Source {
    /// Reads what is declared.
    ///
    /// # Errors
    /// [`ErrorKind::Source`](crate::ErrorKind::Source).
    pub fn read(reader: &SnapshotReader) -> Result<Self> {
        let pragmas = Pragmas::new(reader);
        let mut source = Self::default();
        let objects = pragmas.objects()?;
        // What a run puts into a file that it follows is none of the application's.
        for object in objects.into_iter().filter(|it| !is_ours(&it.name)) {
            match object.kind.as_str() {
                "table" if object.name.to_ascii_lowercase().starts_with("sqlite_") => {}
                "table" => source.tables.push(pragmas.table(object)?),
                "view" => source.views.push(View {
                    columns: pragmas.view_columns(&object.name),
                    name: object.name,
                    text: object.text,
                }),
                "trigger" => source.triggers.push(Trigger {
                    name: object.name,
                    table: object.of,
                    text: object.text,
                }),
                _ => {}
            }
        }
        Ok(source)
    }

    /// The table of that name, in any case.
    pub fn table(&self, name: &str) -> Option<&Table> {
        let mut tables = self.tables.iter();
        tables.find(|table| table.name.eq_ignore_ascii_case(name))
    }
}
