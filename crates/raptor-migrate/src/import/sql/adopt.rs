//! Takes a database over from another runner: its rows are a prefix of the chain, and our table says
//! the same. One transaction; the other runner's table stays as it is.

use super::applied::OldState;
use super::chain::SqlChain;
use super::old::{self, OldTable};
use super::tables;
use crate::error::{Error, ErrorKind, Result};
use crate::log::{Action, Entry, Log};
use crate::runner::{Options, hold_in_transaction, holders};
use crate::version::{Move, Versions, quoted};
use raptor_db::{Db, Engine, Session, Sql, params};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;
use std::fmt::Write;
use std::time::Duration;

/// What taking a database over did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Adopted {
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// What the other runner's table says.
    pub old: OldState,
    /// The rows of `alembic_version` afterwards.
    pub versions: Vec<String>,
}

/// What another runner applied, beside the chain, and whether the database was taken over before;
/// nothing is written.
///
/// # Errors
/// [`ErrorKind::Database`] when there is no such table, or several, or it cannot be read.
pub async fn old_state(
    db: &Db,
    chain: &SqlChain,
    old: &OldTable,
    options: &Options,
) -> Result<OldState> {
    let session = db.session().await.map_err(cannot)?;
    session.execute_raw("BEGIN").await.map_err(cannot)?;
    let state = match old::find(&session, old).await {
        Ok((table, columns)) => look(&session, chain, table, columns, old, options).await,
        Err(error) => Err(error),
    };
    // Nothing was written.
    session.execute_raw("ROLLBACK").await.map_err(cannot)?;
    state
}

/// What the table says and the database shows, in the transaction that is open.
async fn look(
    session: &Session,
    chain: &SqlChain,
    table: String,
    columns: Vec<String>,
    wanted: &OldTable,
    options: &Options,
) -> Result<OldState> {
    let old = old::read(session, table, columns, wanted).await?;
    let mut state = OldState::of(chain, &old)?;
    let versions = Versions::new(session.engine(), options.schema.as_deref());
    if versions.exists(session).await? {
        state.taken_over = versions.rows(session).await?.into_iter().collect();
    }
    compare(session, chain, &mut state).await?;
    Ok(state)
}

/// Compares what is applied with the tables that there are.
async fn compare(session: &Session, chain: &SqlChain, state: &mut OldState) -> Result<()> {
    let engine = session.engine();
    let tables = chain.tables(engine);
    let mut gone: Vec<String> = Vec::new();
    for migration in &chain.migrations {
        if state.applied.contains(&migration.file) {
            gone.extend(tables::gone(&migration.up, engine));
        }
    }
    for (migration, tables) in chain.migrations.iter().zip(&tables) {
        let is_applied = state.applied.contains(&migration.file);
        for table in tables {
            let is_there = !old::columns(session, table).await?.is_empty();
            let file = &migration.file;
            match (is_applied, is_there) {
                (false, true) if *table == state.table => {}
                (false, true) if state.applied.is_empty() => {
                    state.there.push(format!("{table} ({file})"));
                }
                (false, true) => state.remarks.push(format!(
                    "{file} is not applied and makes {table}, which the database has."
                )),
                (true, false) if !gone.iter().any(|it| it.eq_ignore_ascii_case(table)) => {
                    state.remarks.push(format!(
                        "{file} is applied and makes {table}, which the database does not have."
                    ));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// Takes a database over from another runner: what it applied must be a prefix of the chain, and
/// then `alembic_version` says so. Nothing of the chain is run, and the other runner's table stays
/// as it is.
///
/// ```no_run
/// # async fn example(db: &raptor_db::Db) -> raptor_migrate::Result<()> {
/// use raptor_migrate::{Options, import};
/// let chain = import::sql("db/migrations", Some(raptor_db::Engine::Sqlite))?;
/// let adopted = import::adopt(db, &chain, &import::OldTable::default(), &Options::default()).await?;
/// print!("{adopted}");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`ErrorKind::UnknownRevision`] when it is no prefix, with all that differs, when nothing is
/// applied and the database has tables of the files, or when `alembic_version` has rows already;
/// [`ErrorKind::Locked`] with who holds the table; [`ErrorKind::Database`]. Nothing has changed then.
pub async fn adopt(
    db: &Db,
    chain: &SqlChain,
    old: &OldTable,
    options: &Options,
) -> Result<Adopted> {
    let session = db.session().await.map_err(cannot)?;
    let begin = match session.engine() {
        Engine::Sqlite => "BEGIN IMMEDIATE",
        Engine::Postgres => "BEGIN",
    };
    session.execute_raw(begin).await.map_err(cannot)?;
    let done = match take(&session, chain, old, options).await {
        Ok(adopted) => session
            .execute_raw("COMMIT")
            .await
            .map(|()| adopted)
            .map_err(cannot),
        Err(error) => Err(error),
    };
    if done.is_err()
        && let Err(failed) = session.execute_raw("ROLLBACK").await
    {
        tracing::debug!(%failed, "the engine had rolled back already");
    }
    done
}

async fn take(
    session: &Session,
    chain: &SqlChain,
    wanted: &OldTable,
    options: &Options,
) -> Result<Adopted> {
    let (table, columns) = held(session, wanted, options).await?;
    let state = look(session, chain, table, columns, wanted, options).await?;
    if !state.can_be_adopted(wanted) {
        let message = if !state.is_prefix(wanted) {
            format!("what was applied is no prefix of the chain, and nothing was changed\n{state}")
        } else if !state.taken_over.is_empty() {
            state.already()
        } else {
            format!(
                "{} says of no file that it is applied, and the database has tables that they make: {}; name the table that the runner keeps, or say that the database is at base all the same (--empty-is-base)",
                state.table,
                state.there.join(", ")
            )
        };
        return Err(Error::new(ErrorKind::UnknownRevision, message.trim_end()));
    }
    let after = state.applied.last().and_then(|file| {
        let mut migrations = chain.migrations.iter();
        migrations.find(|it| it.file == *file)
    });
    let after: BTreeSet<String> = after.map(|it| it.id.clone()).into_iter().collect();
    settle(session, options).await?;
    stamp(session, &after, options).await?;
    Ok(Adopted {
        engine: session.engine().as_str(),
        old: state,
        versions: after.into_iter().collect(),
    })
}

/// The table and its columns, with the lock of those who migrate, and nobody writing to it.
async fn held(
    session: &Session,
    wanted: &OldTable,
    options: &Options,
) -> Result<(String, Vec<String>)> {
    if session.engine() == Engine::Sqlite {
        return old::find(session, wanted).await;
    }
    hold_in_transaction(session, options).await?;
    let (table, columns) = old::find(session, wanted).await?;
    let Err(error) = old::lock(session, &table, options.lock.timeout).await else {
        return Ok((table, columns));
    };
    if !error.is_lock_timeout() {
        return Err(error);
    }
    session.execute_raw("ROLLBACK").await.map_err(cannot)?;
    let holders = holders(session, &old::written(&table))
        .await
        .map_err(cannot)?;
    let who: Vec<String> = holders.iter().map(ToString::to_string).collect();
    let who = match who.is_empty() {
        true => "the server does not say who holds it".to_owned(),
        false => format!("held by {}", who.join("; ")),
    };
    let what = format!("{table} is not free to be read, and nothing was changed; {who}");
    Err(error.because(ErrorKind::Locked, &what))
}

/// Schema and role, as the runner has them.
async fn settle(session: &Session, options: &Options) -> Result<()> {
    if session.engine() == Engine::Sqlite {
        return Ok(());
    }
    let mut text = String::new();
    // Writing to a String does not fail.
    if let Some(role) = &options.role {
        let _ = write!(text, "SET LOCAL ROLE {};", quoted(role));
    }
    if let Some(name) = &options.schema {
        let schema = quoted(name);
        // Asked first: IF NOT EXISTS needs the right to make one even when it is there.
        let there = session.query(&HAS_SCHEMA, params! { name }).await;
        if there.map_err(cannot)?.is_empty() {
            let _ = write!(text, "CREATE SCHEMA {schema};");
        }
        let _ = write!(text, "SET LOCAL search_path = {schema}, pg_catalog;");
    }
    session.execute_raw(&text).await.map_err(cannot)
}

static HAS_SCHEMA: Sql =
    Sql::new("SELECT 1 AS found FROM pg_catalog.pg_namespace WHERE nspname = :name");

async fn stamp(session: &Session, after: &BTreeSet<String>, options: &Options) -> Result<()> {
    let schema = options.schema.as_deref();
    let (versions, log) = (
        Versions::new(session.engine(), schema),
        Log::new(session.engine(), schema),
    );
    if !versions.exists(session).await? {
        session.execute_raw(&versions.ddl()).await.map_err(cannot)?;
    }
    if !log.exists(session).await? {
        session.execute_raw(&log.ddl()).await.map_err(cannot)?;
    }
    versions
        .apply(session, &Move::between(&BTreeSet::new(), after))
        .await?;
    let entry = Entry {
        action: Action::Stamp,
        revision: "",
        statement: None,
        progress: None,
        versions: after,
        body: None,
        file: None,
        release: options.release.as_deref(),
        lock_wait: Duration::ZERO,
    };
    log.append(session, &entry).await.map(drop)
}

fn cannot(error: raptor_db::Error) -> Error {
    Error::database("the database cannot be taken over", error)
}

impl fmt::Display for Adopted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.old)?;
        match self.versions.first() {
            Some(id) => writeln!(f, "Taken over: the database is at {id}; nothing was run."),
            None => writeln!(f, "Taken over: the database is at base; nothing was run."),
        }
    }
}
