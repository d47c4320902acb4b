//! A run: the schema, the rows, the keys, and what is missing at the end without a decision.

use crate::ddl::{Ddl, Held, Made};
use crate::error::{Error, ErrorKind, Result};
use crate::load::{Event, Ledger, Load, ranges};
use crate::plan::{Note, Plan};
use crate::source::Source;
use crate::tally::Tally;
use raptor_db::{Db, Scope, Session, Snapshot, SnapshotReader, TxOptions};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// How a run is begun.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Begin {
    /// How many ranges are carried over at once, each with a connection of its own.
    pub workers: usize,
    /// Whether nobody writes to the file, so that it is read where it is, in any mode.
    pub offline: bool,
    /// Whether the first thing that is missing ends the run.
    pub strict: bool,
    /// Whether only the schema is made.
    pub schema_only: bool,
}

impl Default for Begin {
    fn default() -> Self {
        Self {
            workers: 2,
            offline: false,
            strict: false,
            schema_only: false,
        }
    }
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Done {
    /// What became of each table's rows, by the table's name in the file.
    pub tables: BTreeMap<String, TableDone>,
    /// What did not come over as it was, and is to be known.
    pub notes: Vec<Note>,
    /// What is missing, and no decision says so.
    pub missing: Vec<Note>,
}

/// What became of a table's rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct TableDone {
    /// How many came over.
    pub rows: u64,
    /// How many were rejected.
    pub rejected: u64,
}

impl Done {
    /// Whether nothing is missing without a decision.
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty()
    }
}

impl Plan {
    /// Carries a file over. A run that was killed goes on where it was, when the file is as it was then.
    ///
    /// # Errors
    /// [`ErrorKind::Source`], [`ErrorKind::Plan`], [`ErrorKind::Database`]; what was committed stays,
    /// and the next run goes on with it.
    pub async fn run(
        self,
        file: &Path,
        db: &Db,
        begin: Begin,
        on_event: &(dyn Fn(Event<'_>) + Send + Sync),
    ) -> Result<Done> {
        let mut snapshot = match begin.offline {
            true => Snapshot::open_offline(file, begin.workers),
            false => Snapshot::open(file, begin.workers),
        }
        .map_err(Error::source_file)?;
        let readers: Vec<SnapshotReader> = std::iter::from_fn(|| snapshot.take()).collect();
        let first = readers
            .first()
            .ok_or_else(|| Error::new(ErrorKind::Plan, "a run needs one worker at least"))?;
        let source = Source::read(first)?;
        let plan = self.fit(&source)?;
        let ddl = Ddl::make(&source, &plan);
        let state = crate::state::of(file)?;
        let ledger = Ledger::new(&plan.schema);
        ledger.make(db).await?;
        let text = plan.to_string();
        match ledger.begun(db).await? {
            Some(begun) if begun.state == state && begun.plan == text => {}
            begun => {
                let open = ranges(first, &source, &plan)?;
                start(
                    db,
                    &plan,
                    &ddl,
                    &ledger,
                    &state,
                    &text,
                    &open,
                    begun.is_some(),
                )
                .await?;
            }
        }
        let load = Load {
            source: &source,
            plan: &plan,
            db,
            ledger,
        };
        let tallies = load.run(readers, on_event).await?;
        finish(db, &plan, &ddl).await?.report(&load, tallies).await
    }
}

/// Makes the tables and the ledger's entries, or nothing.
#[expect(clippy::too_many_arguments, reason = "one transaction of all of it")]
async fn start(
    db: &Db,
    plan: &Plan,
    ddl: &Ddl,
    ledger: &Ledger,
    state: &str,
    text: &str,
    open: &[crate::load::Open],
    is_again: bool,
) -> Result<()> {
    let mut options = TxOptions::default();
    options.deadline = Duration::from_hours(1);
    let scope = Scope::system();
    let done = db.tx_with(&scope, options, |tx| async move {
        let run = async |text: &str| {
            let done = tx.execute_raw(text).await;
            done.map_err(|error| Error::database(&format!("this cannot be made: {text}"), error))
        };
        if is_again {
            for table in plan.tables.iter().filter(|it| it.skip.is_none()) {
                let name = format!(
                    "{}.{}",
                    crate::ddl::quoted(&plan.schema),
                    crate::ddl::quoted(&table.to)
                );
                run(&format!("DROP TABLE IF EXISTS {name} CASCADE")).await?;
            }
        }
        run(&format!(
            "CREATE SCHEMA IF NOT EXISTS {}",
            crate::ddl::quoted(&plan.schema)
        ))
        .await?;
        for text in &ddl.tables {
            run(text).await?;
        }
        ledger.begin(&tx, &plan.source, state, text, open).await
    });
    done.await
}

/// What came of the keys.
#[derive(Default)]
struct Finished {
    notes: Vec<Note>,
    missing: Vec<Note>,
}

async fn finish(db: &Db, plan: &Plan, ddl: &Ddl) -> Result<Finished> {
    let mut finished = Finished {
        notes: ddl.notes.clone(),
        missing: Vec::new(),
    };
    let session = db.session().await?;
    let path = format!(
        "SET search_path = {}, public, pg_catalog",
        crate::ddl::quoted(&plan.schema)
    );
    session.execute_raw(&path).await?;
    finished.each(&session, &ddl.keys).await;
    for held in &ddl.held {
        finished.hold(&session, held).await;
    }
    finished.each(&session, &ddl.numbers).await;
    finished.each(&session, &ddl.rest).await;
    session.execute_raw("ANALYZE").await?;
    Ok(finished)
}

impl Finished {
    async fn each(&mut self, session: &Session, made: &[Made]) {
        for Made { of, text } in made {
            if let Err(error) = session.execute_raw(text).await
                && !is_there(&error)
            {
                self.missing.push(Note {
                    of: of.clone(),
                    text: format!("{text}: {}", error.message()),
                });
            }
        }
    }

    async fn hold(&mut self, session: &Session, held: &Held) {
        if let Err(error) = session.execute_raw(&held.add).await
            && !is_there(&error)
        {
            self.missing.push(Note {
                of: held.of.clone(),
                text: format!("{}: {}", held.add, error.message()),
            });
            return;
        }
        if let Err(error) = session.execute_raw(&held.validate).await {
            self.notes.push(Note {
                of: format!("{} of {}", held.name, held.of),
                text: format!(
                    "holds new rows alone, as not all that are there do: {}",
                    error.message()
                ),
            });
        }
    }

    async fn report(self, load: &Load<'_>, tallies: BTreeMap<String, Tally>) -> Result<Done> {
        let rejected = load.ledger.rejected(load.db).await?;
        let mut done = Done {
            notes: self.notes,
            missing: self.missing,
            ..Done::default()
        };
        for table in load.plan.tables.iter().filter(|it| it.skip.is_none()) {
            let of_it = TableDone {
                rows: tallies.get(&table.name).map_or(0, |it| it.rows),
                rejected: rejected.get(&table.name).copied().unwrap_or(0),
            };
            if of_it.rejected > table.rejects {
                done.missing.push(Note {
                    of: format!("table {}", table.name),
                    text: format!("{} rows were rejected, and the plan allows {}; they are in raptor_port.rejected", of_it.rejected, table.rejects),
                });
            }
            done.tables.insert(table.name.clone(), of_it);
        }
        Ok(done)
    }
}

/// A run that was killed made it already.
fn is_there(error: &raptor_db::Error) -> bool {
    matches!(error.code(), Some("42P07" | "42710" | "42P16" | "42723"))
}
