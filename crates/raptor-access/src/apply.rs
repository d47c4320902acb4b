//! A plan carried out: all of it in one transaction, or what this login may do of it.

use crate::catalog::ALONE;
use crate::declaration::Declaration;
use crate::error::{Error, Result};
use crate::facts::Facts;
use crate::plan::{Plan, Step};
use crate::text::literal;
use crate::wanted::Wanted;
use crate::watch::Watched;
use raptor_db::{Db, Scope, Sql, Transaction, params};
use serde::Serialize;
use std::collections::BTreeSet;

/// How often a plan is made anew while something is left: what is made may come with rights of its own.
const TURNS: usize = 4;

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Applied {
    /// What was done.
    pub done: Vec<Step>,
    /// What this login may not do here, each with the server's reason.
    pub not_closable: Vec<Step>,
}

/// One applies or rotates at a time: by a comment on the schema that stays what it is, which its owner alone can make (see
/// [`Declaration::rotate`]); before it is the owner's, by a lock that anybody can hold.
const LOCK: &str = "SELECT pg_advisory_xact_lock(hashtextextended('raptor access', 0))";

static BODIES: Sql = Sql::new("SELECT pg_catalog.set_config('check_function_bodies', 'off', true)");

impl Declaration {
    /// What has to be done so that the database is as declared; nothing is done.
    ///
    /// # Errors
    /// [`ErrorKind::Declaration`](crate::ErrorKind::Declaration) where it names what is not there, with line and column;
    /// [`ErrorKind::Database`](crate::ErrorKind::Database).
    pub async fn plan(&self, db: &Db) -> Result<Plan> {
        self.planned(&self.facts(db).await?)
    }

    /// What is so, with what the owner is yet to make.
    pub(crate) async fn facts(&self, db: &Db) -> Result<Facts> {
        Facts::read(db, &[self.owner().to_owned()]).await
    }

    fn planned(&self, there: &Facts) -> Result<Plan> {
        let wanted = Wanted::of(self, there)?;
        Ok(Plan::of(self, &wanted, there))
    }

    /// Does it, in one transaction. What this login may not do is left, and told; anything else that fails leaves
    /// all as it was.
    ///
    /// # Errors
    /// As [`Declaration::plan`], with the statement.
    pub async fn apply(&self, db: &Db) -> Result<Applied> {
        let scope = Scope::system();
        db.tx(&scope, |tx| async move { self.within(db, &tx).await })
            .await
    }

    async fn within(&self, db: &Db, tx: &Transaction) -> Result<Applied> {
        let cannot = |error| Error::database("nothing was applied", error);
        // What is called without a schema is Postgres's own: whoever applies may do more than who owns what is there.
        tx.query(&ALONE, params! {}).await.map_err(cannot)?;
        let watched = Watched::new(db, tx).await.map_err(cannot)?;
        let owners = format!(
            "DO $$ BEGIN EXECUTE (SELECT format('COMMENT ON SCHEMA %I IS %L', nspname, obj_description(oid, 'pg_namespace')) \
             FROM pg_namespace WHERE nspname = {}); END $$",
            literal(&self.schema)
        );
        match watched.attempt(&owners).await {
            // Not its own yet, or not there.
            Err(error) if matches!(error.code(), Some("42501" | "22004")) => {
                watched.attempt(LOCK).await.map_err(cannot)?;
            }
            locked => locked.map_err(cannot)?,
        }
        // A scope's query may ask another that is made after it.
        tx.query(&BODIES, params! {}).await.map_err(cannot)?;
        let makers = [self.owner().to_owned()];
        let (mut applied, mut tried) = (Applied::default(), BTreeSet::new());
        for turn in 1.. {
            let looked = watched.patiently(|| Facts::within(tx, &makers));
            let there = looked.await.map_err(cannot)?;
            let (again, steps): (Vec<_>, Vec<_>) = {
                let steps = self.planned(&there)?.steps.into_iter();
                steps.partition(|it| !it.lends && tried.contains(&it.sql))
            };
            if turn > TURNS || steps.iter().all(|it| it.lends) {
                applied.without_effect(again);
                let is_done = applied.not_closable.is_empty();
                self.asks_what_is_there(tx, is_done).await?;
                break;
            }
            for step in steps {
                tried.insert(step.sql.clone());
                applied.take(step, &watched).await?;
            }
        }
        Ok(applied)
    }
}

impl Applied {
    async fn take(&mut self, step: Step, watched: &Watched<'_>) -> Result<()> {
        match watched.attempt(&step.sql).await {
            Ok(()) => self.done.push(step),
            Err(error) if is_refused(&error, self) => {
                let why = format!("{}: {}", step.why, error.message());
                self.not_closable.push(Step { why, ..step });
            }
            Err(error) => {
                let again = match error.code() {
                    Some("23505" | "42710") if makes_role(&step) => {
                        " (another database's roles are made just now: apply once more)"
                    }
                    _ => "",
                };
                let what = format!("nothing was applied, as `{}` failed{again}", step.sql);
                return Err(Error::database(&what, error));
            }
        }
        Ok(())
    }

    /// What the server took and did not do: it only warns whoever may not.
    fn without_effect(&mut self, again: Vec<Step>) {
        for step in again {
            if let Some(at) = self.done.iter().position(|it| it.sql == step.sql) {
                self.done.remove(at);
                let why = format!("{}: the server took it, and it is so still", step.why);
                self.not_closable.push(Step { why, ..step });
            }
        }
    }
}

fn makes_role(step: &Step) -> bool {
    step.sql.starts_with("CREATE ROLE ")
}

/// Whether it takes somebody else: who owns the object, or who may make a role that this needs.
fn is_refused(error: &raptor_db::Error, applied: &Applied) -> bool {
    match error.code() {
        Some("42501") => true,
        Some("42704") => applied.not_closable.iter().any(makes_role),
        _ => false,
    }
}
