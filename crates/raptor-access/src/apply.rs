//! A plan carried out: all of it in one transaction, or what this login may do of it.

use crate::declaration::{Declaration, Way};
use crate::error::{Error, ErrorKind, Result};
use crate::facts::Facts;
use crate::plan::{Plan, Step};
use crate::text::{full, literal, quoted};
use crate::wanted::{Wanted, resolver};
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

static BODIES: Sql = Sql::new("SELECT set_config('check_function_bodies', 'off', true)");

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
        for _ in 0..TURNS {
            let looked = watched.patiently(|| Facts::within(tx, &makers));
            let there = looked.await.map_err(cannot)?;
            let mut steps = self.planned(&there)?.steps;
            steps.retain(|it| tried.insert(it.sql.clone()));
            if steps.is_empty() {
                break;
            }
            for step in steps {
                match watched.attempt(&step.sql).await {
                    Ok(()) => applied.done.push(step),
                    Err(error) if is_refused(&error, &applied) => {
                        let why = format!("{}: {}", step.why, error.message());
                        applied.not_closable.push(Step { why, ..step });
                    }
                    Err(error) => {
                        let what = format!("nothing was applied, as `{}` failed", step.sql);
                        return Err(Error::database(&what, error));
                    }
                }
            }
        }
        // What could not be made may be what is asked.
        if applied.not_closable.is_empty() {
            self.asks_what_is_there(tx).await?;
        }
        Ok(applied)
    }

    /// What the file has of SQL names what is there, and gives values of the scope's type: planned, and not run.
    async fn asks_what_is_there(&self, tx: &Transaction) -> Result<()> {
        // Names are found as the functions find them.
        let pinned = resolver::pinned(&self.schema);
        let path = pinned.split_once('=').map_or("", |it| it.1);
        let set = tx.query(&PATH, params! { path }).await;
        set.map_err(|error| Error::database("nothing was applied", error))?;
        for (name, scope) in &self.scopes {
            let text = match &scope.way {
                Way::Token {
                    table,
                    hash,
                    gives,
                    when,
                } => format!(
                    "SELECT s.{} FROM {} AS s WHERE s.{} IS NULL AND ({when})",
                    quoted(gives),
                    full(table),
                    quoted(hash)
                ),
                Way::Query { text, .. } => text.clone(),
                Way::Signed => format!("SELECT NULL::{}", scope.type_name),
            };
            let sql = Sql::dynamic(FITS.replace("@text@", &text));
            let parameters = params! { scope: name, wanted: scope.full_type() };
            let asked = tx.savepoint(|| async {
                let row = tx.query_one(&sql, parameters).await?;
                row.get::<Option<String>>("fault")
            });
            let fault = match asked.await {
                Ok(fault) => fault,
                // Whoever applies need not be let do it.
                Err(error) if error.code() == Some("42501") => None,
                Err(error) => Some(error.message().to_owned()),
            };
            if let Some(fault) = fault {
                let message = format!("{}: the scope {name}: {fault}", scope.place);
                return Err(Error::new(ErrorKind::Declaration, message));
            }
        }
        Ok(())
    }
}

/// What is wrong with what a scope's SQL gives. A value may be taken for another type where Postgres does so of itself; a
/// number that would be rounded, or a list that would be taken apart, is no value of a scope.
const FITS: &str = "\
SELECT CASE WHEN a.is_keyword THEN 'its name is a word of SQL''s own'
WHEN w.typtype = 'd' THEN 'its type is a domain: name the type that ' || :wanted || ' is of'
WHEN w.oid <> g.base AND NOT EXISTS (SELECT FROM pg_cast AS c WHERE c.castsource = g.base AND c.casttarget = w.oid AND c.castcontext = 'i')
THEN 'it gives ' || format_type(a.given, NULL) || ', and not ' || :wanted END AS fault
FROM (SELECT pg_typeof((SELECT * FROM (
@text@
) AS q LIMIT 0))::oid AS given,
EXISTS (SELECT FROM pg_get_keywords() WHERE word = :scope::text AND catcode <> 'U') AS is_keyword) AS a,
LATERAL (SELECT coalesce(nullif(t.typbasetype, 0), t.oid) AS base FROM pg_type AS t WHERE t.oid = a.given) AS g,
pg_type AS w WHERE w.oid = to_regtype(:wanted)::oid";

static PATH: Sql = Sql::new("SELECT set_config('search_path', :path, true)");

/// Whether it takes somebody else: who owns the object, or who may make a role that this needs.
fn is_refused(error: &raptor_db::Error, applied: &Applied) -> bool {
    let makes_role = |it: &Step| it.sql.starts_with("CREATE ROLE ");
    match error.code() {
        Some("42501") => true,
        Some("42704") => applied.not_closable.iter().any(makes_role),
        _ => false,
    }
}
