//! The file that says what the schema should be, and a database made of it.

use crate::catalog::{Catalog, catalog};
use crate::chain::Chain;
use crate::error::{Error, Result};
use crate::parse;
use crate::plan::{Planned, Ready, Work};
use crate::report::Direction;
use crate::revision::{Part, Revision, Statement};
use crate::runner::Options;
use crate::steps::Steps;
use crate::version::quoted;
use raptor_db::lexer::{self, Token};
use raptor_db::{Db, Engine, Session, Sql, params};

/// What a schema should be: `schema.sql`, with SQL for both engines, or with `-- raptor:up`,
/// `-- raptor:up postgres` and `-- raptor:up sqlite` sections as a revision has them, and no header.
/// What `pg_dump --schema-only` writes is one too.
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

static HERE: Sql = Sql::new(
    "SELECT coalesce(:schema, pg_catalog.current_schema()::text) AS name, \
     EXISTS (SELECT FROM pg_catalog.pg_namespace AS n WHERE n.nspname::text = :schema) AS found",
);

impl Target {
    /// Reads the file; `file` is its name, for messages. An empty schema is a file that says so, with
    /// `-- raptor:up` and nothing below it: one with nothing in it was rather not written.
    ///
    /// # Errors
    /// [`ErrorKind::Format`](crate::ErrorKind::Format), with line and column.
    pub fn parse(file: &str, text: &str) -> Result<Self> {
        let up = parse::schema(text).map_err(|error| error.in_file(file))?;
        Ok(Self {
            revision: revision(file, up),
        })
    }

    /// What the file says that is no part of a schema on that engine, each with its place: rows, and
    /// where sequences stand.
    ///
    /// ```
    /// use raptor_db::Engine;
    /// use raptor_migrate::Target;
    /// let target = Target::parse("schema.sql", "CREATE TABLE t (a text);\nINSERT INTO t VALUES ('x');")?;
    /// assert!(target.passed_over(Engine::Sqlite)[0].starts_with("schema.sql:2: rows are no part"));
    /// # Ok::<(), raptor_migrate::Error>(())
    /// ```
    pub fn passed_over(&self, engine: Engine) -> Vec<String> {
        let sections = self.revision.up.iter().filter_map(|part| match part {
            Part::Sql(section) if section.is_for(engine) => Some(section),
            _ => None,
        });
        let statements = sections.flat_map(|section| &section.statements);
        let of_rows = statements.filter(|it| is_of_rows(&it.text));
        let said = |it: &Statement| {
            let (file, line) = (&self.revision.file, it.line);
            format!(
                "{file}:{line}: rows are no part of a schema, and what this says of them is passed over"
            )
        };
        of_rows.map(said).collect()
    }

    /// Makes the schema in `db`, a throw-away database that is empty, and reads what it came to. Who
    /// owns what is passed over, and so are comments on extensions.
    ///
    /// # Errors
    /// As [`upgrade`](crate::upgrade()): a statement that fails is named with its place in the file.
    pub async fn make(&self, db: &Db, options: &Options) -> Result<Catalog> {
        let chain = Chain::of(vec![self.revision.clone()])?;
        let planned = Planned::new(&chain, 0, Direction::Up, db.engine(), &Steps::default())?;
        let session = db.session().await.map_err(no_database)?;
        let made = self.made(&session, options, &planned).await;
        // What the file set for its session does not stay.
        let end = match (&made, db.engine()) {
            (Ok(()), Engine::Postgres) => "COMMIT; RESET ALL",
            (Err(_), Engine::Postgres) => "ROLLBACK; RESET ALL",
            (Ok(()), Engine::Sqlite) => "COMMIT",
            (Err(_), Engine::Sqlite) => "ROLLBACK",
        };
        let ended = session.execute_raw(end).await;
        made?;
        ended.map_err(|error| Error::failed("the schema cannot be made", error))?;
        drop(session);
        catalog(db, options).await
    }

    /// In one transaction, which stays open.
    async fn made(
        &self,
        session: &Session,
        options: &Options,
        planned: &Planned<'_>,
    ) -> Result<()> {
        let mut here = None;
        if session.engine() == Engine::Postgres {
            here = begin(session, options.schema.as_deref()).await?;
        } else {
            session
                .execute_raw("BEGIN IMMEDIATE")
                .await
                .map_err(no_database)?;
        }
        for work in &planned.work {
            let Work::Statement(statement) = work else {
                continue;
            };
            if session.engine() == Engine::Postgres && is_passed_over(statement, here.as_deref()) {
                continue;
            }
            let ran = session.execute_raw(&statement.text).await;
            ran.map_err(|error| {
                Error::failed("the schema cannot be made, as this statement failed", error)
                    .at(statement.place)
                    .in_file(&self.revision.file)
            })?;
        }
        Ok(())
    }
}

/// Begins, in the schema that is asked for; answers which one it is.
async fn begin(session: &Session, schema: Option<&str>) -> Result<Option<String>> {
    session.execute_raw("BEGIN").await.map_err(no_database)?;
    let rows = session.query(&HERE, params! { schema }).await;
    let rows = rows.map_err(no_database)?;
    let found: bool = rows[0].get("found").map_err(no_database)?;
    if let Some(schema) = schema {
        let name = quoted(schema);
        let make = match found {
            true => String::new(),
            false => format!("CREATE SCHEMA {name}; "),
        };
        let text = format!("{make}SET LOCAL search_path = {name}, pg_catalog");
        session.execute_raw(&text).await.map_err(no_database)?;
    }
    rows[0].get("name").map_err(no_database)
}

fn no_database(error: raptor_db::Error) -> Error {
    Error::database("no database to make the schema in", error)
}

/// The words and signs of a statement, in lower case where they are not quoted.
fn words(text: &str) -> Vec<String> {
    let tokens = lexer::tokens(text).unwrap_or_default();
    let code = tokens.iter().filter(|it| it.is_code());
    let word = |it: &Token| match it.text(text) {
        quoted if quoted.starts_with(['"', '\'', '$']) => quoted.to_owned(),
        plain => plain.to_lowercase(),
    };
    code.map(word).collect()
}

/// Whether a statement says nothing that is compared, and might not be allowed here: who owns what,
/// comments on extensions, and that the schema, which is there, is to be made.
fn is_passed_over(statement: &Ready<'_>, here: Option<&str>) -> bool {
    let words = words(&statement.text);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["alter", .., "owner", "to", _] | ["comment", "on", "extension", ..] => true,
        ["create", "schema", name] => here.is_some_and(|it| it == name || quoted(it) == name),
        _ => false,
    }
}

/// Whether a statement is about rows alone.
fn is_of_rows(text: &str) -> bool {
    let words = words(text);
    let has = |some: &[&str]| words.iter().any(|it| some.contains(&it.as_str()));
    match words.first().map_or("", String::as_str) {
        "insert" | "update" | "delete" | "merge" | "replace" | "truncate" | "copy" => true,
        "with" => has(&["insert", "update", "delete", "merge"]),
        "select" => has(&["setval"]),
        _ => false,
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
