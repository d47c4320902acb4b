//! The file that says what the schema should be, and a database made of it.

use crate::catalog::{Catalog, catalog};
use crate::chain::Chain;
use crate::error::Result;
use crate::parse;
use crate::revision::{Part, Revision};
use crate::runner::{Options, upgrade};
use raptor_db::Db;

/// What a schema should be: `schema.sql`, with SQL for both engines, or with `-- raptor:up`,
/// `-- raptor:up postgres` and `-- raptor:up sqlite` sections as a revision has them, and no header.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use raptor_db::{Config, Db};
/// use raptor_migrate::{Options, Target};
/// let target = Target::parse("schema.sql", "CREATE TABLE notes (id text PRIMARY KEY);")?;
/// let folder = tempfile::tempdir()?;
/// let db = Db::open(Config::new(&format!("sqlite:{}/new", folder.path().display()))?).await?;
/// let schema = target.make(&db, &Options::default()).await?;
/// assert!(schema.relation("notes").is_some());
///
/// let error = Target::parse("schema.sql", "CREATE TABLE t (a text DEFAULT 'x);").unwrap_err();
/// assert_eq!((error.file(), error.line(), error.column()), (Some("schema.sql"), Some(1), Some(32)));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Target {
    revision: Revision,
}

impl Target {
    /// Reads the file; `file` is its name, for messages. An empty text is an empty schema.
    ///
    /// # Errors
    /// [`ErrorKind::Format`](crate::ErrorKind::Format), with line and column.
    pub fn parse(file: &str, text: &str) -> Result<Self> {
        let up = parse::schema(text).map_err(|error| error.in_file(file))?;
        Ok(Self {
            revision: revision(file, up),
        })
    }

    /// Makes the schema in `db`, a throw-away database that is empty, and reads what it came to.
    ///
    /// # Errors
    /// As [`upgrade`]: a statement that fails is named with its place in the file.
    pub async fn make(&self, db: &Db, options: &Options) -> Result<Catalog> {
        let chain = Chain::of(vec![self.revision.clone()])?;
        upgrade(db, &chain, "head", options, |_| {}).await?;
        catalog(db, options).await
    }
}

/// The schema as the one revision of a chain of its own.
fn revision(file: &str, up: Vec<Part>) -> Revision {
    Revision {
        file: file.to_owned(),
        id: "schema".to_owned(),
        revises: Vec::new(),
        depends: Vec::new(),
        labels: Vec::new(),
        replaces: None,
        transactional: true,
        phase: None,
        role: None,
        lock: None,
        title: None,
        up,
        down: None,
        irreversible: None,
        verify: Vec::new(),
        undone: Vec::new(),
    }
}
