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
mod moment;
mod on_sqlite;
mod oracles;
mod queried;
mod strays;
mod tenants;
mod whole;

pub use line::{Line, Proof, Verdict};

use crate::context::ContextKey;
use crate::declaration::Declaration;
use crate::error::{Error, ErrorKind, Result};
use crate::facts::Facts;
use crate::wanted::{Wanted, resolver};
use attempt::Hand;
use raptor_db::{Config, Db, Scope, Sql, params};
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
        let means = &self.known(db, &there, means, &mut proof).await?;
        for (role, it) in &self.roles {
            for login in &it.logins {
                if it.rests(login, &there) {
                    let line = Line::new(login, "log in", Verdict::Denied);
                    proof.add(line.why("it rests until it is rotated to"));
                    continue;
                }
                let found = (&wanted, &there);
                self.attempts((login, role), db, found, means, &mut proof)
                    .await?;
            }
        }
        future::attempt(self, db, &mut proof).await?;
        oracles::look(self, db, &mut proof).await?;
        closed::look(self, db, &wanted, &there, &mut proof).await?;
        strays::look(self, db, &mut proof).await?;
        Ok(proof)
    }

    /// The same of one login alone: what it attempts.
    ///
    /// # Errors
    /// As [`Declaration::prove`], and [`ErrorKind::Declaration`](crate::ErrorKind::Declaration) for a login that is not declared.
    pub async fn prove_login(&self, db: &Db, login: &str, means: &Means) -> Result<Proof> {
        let Some((role, _)) = self.role_of(login) else {
            let message = format!("the login {login} is not declared");
            return Err(Error::new(ErrorKind::Declaration, message));
        };
        let there = self.facts(db).await?;
        let wanted = Wanted::of(self, &there)?;
        let mut proof = Proof::default();
        let means = &self.known(db, &there, means, &mut proof).await?;
        self.attempts((login, role), db, (&wanted, &there), means, &mut proof)
            .await?;
        Ok(proof)
    }

    /// The same means, without a key that the database does not know: that is said once, and not of each table.
    async fn known(
        &self,
        db: &Db,
        there: &Facts,
        means: &Means,
        proof: &mut Proof,
    ) -> Result<Means> {
        let mut means = means.clone();
        let keeps_keys = there.relations.contains_key(&resolver::keys());
        if let Some(key) = means.key.take_if(|_| keeps_keys) {
            match key.is_known(db).await? {
                true => means.key = Some(key),
                false => {
                    let why = format!(
                        "the database does not know RAPTOR_CONTEXT_KEY ({}): as the owner, raptor access key keep",
                        key.name()
                    );
                    let what = "act for somebody";
                    proof.add(Line::new("context key", what, Verdict::Untried).why(why));
                }
            }
        }
        Ok(means)
    }

    async fn attempts(
        &self,
        (login, role): (&str, &str),
        db: &Db,
        (wanted, there): (&Wanted, &Facts),
        means: &Means,
        proof: &mut Proof,
    ) -> Result<()> {
        let Some(config) = means.logins.get(login) else {
            proof.add(Line::untried(
                login,
                "no credential was given for it: DATABASE_URL, or a line in the file of --logins",
            ));
            return Ok(());
        };
        let hand = match Hand::log_in(login, role, config).await {
            Ok(hand) => hand,
            Err(error) => {
                let why = format!("it cannot log in: {error}");
                proof.add(Line::untried(login, &why));
                return Ok(());
            }
        };
        if let Some(other) = hand.is_other().await? {
            let why = format!("the credential that was given for it is of {other}");
            proof.add(Line::untried(login, &why));
            return Ok(());
        }
        let here = db
            .query_one(
                &Scope::system(),
                &Sql::dynamic(attempt::HERE.to_owned()),
                params! {},
            )
            .await?;
        if let Some(there) = hand.is_elsewhere(&here.get::<String>("here")?).await? {
            let why =
                format!("the credential that was given for it leads to another database: {there}");
            proof.add(Line::untried(login, &why));
            return Ok(());
        }
        matrix::attempt(self, wanted, there, &hand, proof).await?;
        fixed::attempt(self, wanted, there, &hand, proof).await?;
        tenants::attempt(self, (there, db), &hand, means, proof).await
    }
}
