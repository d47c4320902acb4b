//! `import sql`: a folder of numbered `.sql` files, whose runner was written by hand or is one of
//! those that know a line and no graph, becomes a chain; and a database that it migrated is taken
//! over where it stands.

mod adopt;
mod applied;
mod chain;
mod columns;
mod fit;
mod folder;
mod identity;
mod marks;
mod name;
mod old;
mod reader;
mod rebuild;
mod scripts;
mod tables;
mod text;

pub use adopt::{Adopted, adopt, old_state};
pub use applied::OldState;
pub use chain::{Migration, SqlChain};
pub use old::OldTable;
pub use scripts::{Script, Scripts, scripts};

use crate::error::Result;
use raptor_db::Engine;
use std::path::Path;

/// Makes a chain of a folder of numbered files: `0001_name.sql`, `001-name.up.sql` and
/// `.down.sql`, `V1__name.sql`, `20240101120000_name.sql`, also with both ways between comments, as
/// dbmate, goose and sql-migrate have them, and folders with `up.sql` and `down.sql`, as diesel. The
/// numbers order them, by their value.
///
/// With an engine, the SQL goes into the section for it, as it is written, and the section for the
/// other engine is empty; without one, into the section for both. BEGIN and COMMIT around a file are
/// left out, as the runner writes them. What would be lost or mean something else is refused by file
/// and line; what is left out is said. The ids are made of each file's name and text.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # std::fs::write(folder.path().join("0001_users.sql"), "CREATE TABLE users (id text);").unwrap();
/// # let folder = folder.path();
/// let chain = raptor_migrate::import::sql(folder, Some(raptor_db::Engine::Sqlite))?;
/// assert_eq!(chain.migrations[0].file, "0001_users.sql");
/// assert!(chain.files[0].text.contains("-- raptor:up sqlite\nCREATE TABLE users (id text);"));
/// # Ok::<(), raptor_migrate::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Io`](crate::ErrorKind::Io) for what cannot be read,
/// [`ErrorKind::Graph`](crate::ErrorKind::Graph) for numbers that are there twice or have only a way
/// back, and [`ErrorKind::Format`](crate::ErrorKind::Format) for what no revision can hold.
pub fn sql(folder: impl AsRef<Path>, engine: Option<Engine>) -> Result<SqlChain> {
    SqlChain::read(folder.as_ref(), engine)
}
