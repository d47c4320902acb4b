//! The proof: every login logs in with its real credential and attempts what it may and what it may not, each in a
//! transaction that is rolled back.
//!
//! What is attempted is made from the declaration's complement: every login, every object, every verb, every column.
//! Beside it stand a fixed list of ways round rights, whose rows are seen by whom, what a new table would come with,
//! and what the catalogs say of roles that nobody logs in as.

mod asked;
mod attempt;
mod closed;
mod fixed;
mod future;
mod line;
mod matrix;
mod tenants;

pub use line::{Line, Proof, Verdict};

use crate::context::ContextKey;
use crate::declaration::Declaration;
use crate::error::Result;
use crate::wanted::Wanted;
use attempt::Hand;
use raptor_db::{Config, Db};
use std::collections::BTreeMap;

/// What a proof is made with.
#[derive(Debug, Default, Clone)]
#[non_exhaustive]
pub struct Means {
    /// How each login gets in.
    pub logins: BTreeMap<String, Config>,
    /// A key that the database knows, to act for somebody in their scope.
    pub key: Option<ContextKey>,
}

impl Declaration {
    /// Proves that what is declared works, and that nothing else does. Nothing that it does stays.
    ///
    /// `db` is the owner's or an administrator's: it reads the catalogs, and what tables hold.
    ///
    /// # Errors
    /// What could not be looked at: [`ErrorKind::Declaration`](crate::ErrorKind::Declaration) where it names what is not there,
    /// [`ErrorKind::Database`](crate::ErrorKind::Database). A hole is no error, but an answer.
    pub async fn prove(&self, db: &Db, means: &Means) -> Result<Proof> {
        let there = self.facts(db).await?;
        let wanted = Wanted::of(self, &there)?;
        let mut proof = Proof::default();
        for (role, it) in &self.roles {
            for login in &it.logins {
                let Some(config) = means.logins.get(login) else {
                    proof.add(Line::untried(login, "no credential was given for it"));
                    continue;
                };
                let hand = match Hand::log_in(login, role, config).await {
                    Ok(hand) => hand,
                    Err(error) => {
                        let why = format!("it cannot log in: {error}");
                        proof.add(Line::untried(login, &why));
                        continue;
                    }
                };
                matrix::attempt(self, &wanted, &there, &hand, &mut proof).await?;
                fixed::attempt(self, &wanted, &there, &hand, &mut proof).await?;
                tenants::attempt(self, (&there, db), &hand, means, &mut proof).await?;
            }
        }
        future::attempt(self, db, &mut proof).await?;
        closed::look(self, db, &wanted, &there, &mut proof).await?;
        Ok(proof)
    }
}
