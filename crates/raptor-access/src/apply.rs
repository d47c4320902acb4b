//! A plan carried out: all of it in one transaction, or what this login may do of it.

use crate::declaration::{Declaration, Verb};
use crate::error::{Error, Result};
use crate::facts::{Acl, Facts, Object};
use crate::plan::{Plan, Step};
use crate::wanted;
use raptor_db::{Db, Scope, Sql, Transaction, params};
use serde::Serialize;

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Applied {
    /// What was done.
    pub done: Vec<Step>,
    /// What this login may not do here, each with the server's reason.
    pub not_closable: Vec<Step>,
}

impl Declaration {
    /// What has to be done so that the database is as declared; nothing is done.
    ///
    /// # Errors
    /// [`ErrorKind::Database`](crate::ErrorKind::Database).
    pub async fn plan(&self, db: &Db) -> Result<Plan> {
        static NAME: Sql = Sql::new("SELECT current_database()::text AS name");
        let row = db.query_one(&Scope::system(), &NAME, params! {}).await;
        let name: raptor_db::Result<String> = row.and_then(|row| row.get("name"));
        let name = name.map_err(|error| Error::database("the database says no name", error))?;
        let owner = self.owner();
        let mut there = Facts::read(db, &[owner.to_owned()]).await?;
        if !there.roles.contains_key(owner) {
            there.acls.extend(built_in(owner));
        }
        Ok(Plan::of(owner, &wanted::facts(self, &name), &there))
    }

    /// Does it, in one transaction. What this login may not do is left, and told; anything else that fails leaves
    /// all as it was.
    ///
    /// # Errors
    /// [`ErrorKind::Database`](crate::ErrorKind::Database), with the statement.
    pub async fn apply(&self, db: &Db) -> Result<Applied> {
        let plan = &self.plan(db).await?;
        let scope = Scope::system();
        let applied = db.tx(&scope, |tx| async move {
            let mut applied = Applied::default();
            for step in &plan.steps {
                match attempt(&tx, step).await {
                    Ok(()) => applied.done.push(step.clone()),
                    Err(error) if error.code() == Some("42501") => {
                        applied.not_closable.push(Step {
                            sql: step.sql.clone(),
                            why: format!("{}: {}", step.why, error.message()),
                        });
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(applied)
        });
        let applied: raptor_db::Result<Applied> = applied.await;
        applied.map_err(|error| Error::database("nothing was applied", error))
    }
}

/// What everybody may do with what a role makes that is made itself now.
fn built_in(owner: &str) -> [Acl; 2] {
    let everybody = |what: &str, verb| Acl {
        object: Object::Future {
            owner: owner.to_owned(),
            schema: None,
            what: what.to_owned(),
        },
        grantee: "public".to_owned(),
        verb,
        grantable: false,
    };
    [
        everybody("FUNCTIONS", Verb::Execute),
        everybody("TYPES", Verb::Usage),
    ]
}

async fn attempt(tx: &Transaction, step: &Step) -> raptor_db::Result<()> {
    tx.savepoint(|| async { tx.execute_raw(&step.sql).await })
        .await
}
