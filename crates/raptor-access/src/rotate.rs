//! A login's credential, changed while services go on: made, proved, published, and the one before ended and proved dead.
//!
//! Two logins inherit one role. The one that rests is woken with a new password, of which the server gets the SCRAM
//! verifier alone; it has the other's settings, and attempts all that it may and may not before anybody is told of it.
//! Once it is published, services take it, and connections of the other end by themselves, or are ended after a while.
//! Where there is one login alone, its password changes in place: it is published first, so that whoever is refused
//! finds it.

mod login;

use crate::declaration::Declaration;
use crate::error::{Error, ErrorKind, Result};
use crate::proof::{Means, Verdict};
use crate::text::hex;
use login::Login;
use raptor_db::{Config, Db, SecretSource, with_login};
use serde::Serialize;
use std::pin::Pin;
use std::time::Duration;

/// Where services read their credential, and a rotation writes it.
pub trait SecretStore: SecretSource {
    /// Puts a URL there, so that whoever reads next reads it.
    fn publish<'s>(
        &'s self,
        url: &'s str,
    ) -> Pin<Box<dyn Future<Output = raptor_db::Result<()>> + Send + 's>>;
}

/// How a credential is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// Another login of the role takes over.
    Overlap,
    /// The login has another password.
    InPlace,
    /// An earlier rotation is finished: whichever login of the role is not published ends.
    Finish,
}

/// What is rotated, and how.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Rotation {
    /// How.
    pub method: Method,
    /// How long connections of the credential before may take to end by themselves.
    pub drain: Duration,
    /// What the login's proof is made with, beside its new credential; nothing is proved without.
    pub means: Option<Means>,
}

impl Rotation {
    /// A rotation that gives connections a minute.
    pub fn new(method: Method) -> Self {
        Self {
            method,
            drain: Duration::from_mins(1),
            means: Some(Means::default()),
        }
    }
}

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Turn {
    /// The login.
    pub login: String,
    /// What was done.
    pub what: String,
}

/// What came of a rotation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Rotated {
    /// The login that services use now.
    pub login: String,
    /// What was done, in order.
    pub turns: Vec<Turn>,
    /// What could not be done here, with the way out.
    pub left: Vec<String>,
}

/// A rotation under way.
struct Work<'w> {
    declared: &'w Declaration,
    db: &'w Db,
    rotation: &'w Rotation,
    store: &'w dyn SecretStore,
    told: &'w mut (dyn FnMut(&Turn) + Send),
    done: Rotated,
}

impl Declaration {
    /// Changes the credential that a store holds.
    ///
    /// `db` is that of whoever may alter the role's logins. Each turn is told as it is done.
    ///
    /// # Errors
    /// [`ErrorKind::Declaration`] where the store's login is not declared, or no other one rests;
    /// [`ErrorKind::Rotation`] where the new credential does not hold or cannot be published: the one before stays in use
    /// then, and the new one is dead again; [`ErrorKind::Database`].
    pub async fn rotate(
        &self,
        db: &Db,
        rotation: &Rotation,
        store: &dyn SecretStore,
        told: &mut (dyn FnMut(&Turn) + Send),
    ) -> Result<Rotated> {
        let (_, current) = in_use(store).await?;
        let Some((role, _)) = self.role_of(&current) else {
            let message = format!(
                "the credential in use is of {current}, which is no login of the declaration"
            );
            return Err(Error::new(ErrorKind::Declaration, message));
        };
        let _lock = login::lock(db, self, role).await?;
        // Whoever rotated a moment ago has published another one meanwhile.
        let (url, current) = in_use(store).await?;
        if self.role_of(&current).is_none_or(|(it, _)| it != role) {
            let message = format!(
                "the credential in use is of {current} by now, which is no login of {role}"
            );
            return Err(Error::new(ErrorKind::Rotation, message));
        }
        let mut work = Work {
            declared: self,
            db,
            rotation,
            store,
            told,
            done: Rotated::default(),
        };
        match rotation.method {
            Method::Overlap => work.overlap(role, &current, &url).await?,
            Method::InPlace => work.in_place(&current, &url).await?,
            Method::Finish => work.finish(role, &current, &url).await?,
        }
        Ok(work.done)
    }
}

/// So often a credential is published again, with a pause.
const AGAIN: u32 = 5;
const PAUSE: Duration = Duration::from_millis(300);

/// The credential in use, and whose it is.
async fn in_use(store: &dyn SecretStore) -> Result<(String, String)> {
    let url = store.read().await;
    let url =
        url.map_err(|error| Error::database("the credential in use cannot be read", error))?;
    let login = user(&url)?;
    Ok((url, login))
}

/// Who logs in with a URL.
fn user(url: &str) -> Result<String> {
    let user = Config::new(url)?.user().map(str::to_owned);
    user.ok_or_else(|| Error::new(ErrorKind::Rotation, "the credential in use names no login"))
}

/// 256 random bits, as a password that needs no quotes.
fn password() -> Result<String> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)
        .map_err(|_| Error::new(ErrorKind::Rotation, "the system gave no randomness"))?;
    Ok(hex(&bytes))
}

impl Work<'_> {
    fn tell(&mut self, login: &str, what: impl Into<String>) {
        let turn = Turn {
            login: login.to_owned(),
            what: what.into(),
        };
        (self.told)(&turn);
        self.done.turns.push(turn);
    }

    async fn overlap(&mut self, role: &str, old: &str, old_url: &str) -> Result<()> {
        let new = self.resting(role, old).await?;
        for name in [old, &new] {
            Login { db: self.db, name }.check_mine().await?;
        }
        let password = password()?;
        let new_url = with_login(old_url, &new, &password)?;
        let login = Login {
            db: self.db,
            name: &new,
        };
        login.wake(self.declared, &password).await?;
        self.tell(
            &new,
            "can log in, with a new password and the settings that are declared",
        );
        if let Err(error) = self.prove_and_publish(&new, &new_url).await {
            if let Err(unknown) = self.publish_again(old_url).await {
                let message = format!(
                    "{error}; what is published now is not known ({unknown}), so that both {new} and {old} can log in: \
                     look what stands there, and finish it (--method finish)"
                );
                return Err(Error::new(error.kind(), message));
            }
            let rested = login.rest().await;
            let after = match rested {
                Ok(()) => format!("{new} rests again, and {old} stays in use"),
                Err(error) => {
                    format!("{new} could not be put to rest again: {error}; {old} stays in use")
                }
            };
            return Err(Error::new(error.kind(), format!("{error}; {after}")));
        }
        self.retire(old, None).await?;
        self.prove_dead(old, old_url).await;
        self.done.login = new;
        Ok(())
    }

    async fn prove_and_publish(&mut self, new: &str, url: &str) -> Result<()> {
        self.prove(new, url).await?;
        self.publish(new, url).await
    }

    async fn in_place(&mut self, name: &str, old_url: &str) -> Result<()> {
        let password = password()?;
        let url = with_login(old_url, name, &password)?;
        let login = Login { db: self.db, name };
        login.check_mine().await?;
        if let Err(error) = self.publish(name, &url).await {
            let after = match self.publish_again(old_url).await {
                Ok(()) => "the one before is published, and stays in use".to_owned(),
                Err(unknown) => format!(
                    "what is published now is not known ({unknown}); the one before is in use: publish it by hand"
                ),
            };
            return Err(Error::new(error.kind(), format!("{error}; {after}")));
        }
        let before = match login.set_password(&password).await {
            Ok(before) => before,
            Err(error) => {
                let after = match self.publish_again(old_url).await {
                    Ok(()) => "the one before is published again".to_owned(),
                    Err(error) => {
                        format!("and the one before could not be published again: {error}")
                    }
                };
                return Err(Error::new(error.kind(), format!("{error}; {after}")));
            }
        };
        self.tell(name, "has a new password");
        if let Err(error) = self.prove(name, &url).await {
            self.done.left.push(error.to_string());
        }
        self.retire(name, Some(&before)).await?;
        self.prove_dead(name, old_url).await;
        name.clone_into(&mut self.done.login);
        Ok(())
    }

    /// The credential before stands there again.
    async fn publish_again(&self, url: &str) -> Result<(), String> {
        let mut why = String::new();
        for _ in 0..AGAIN {
            // One that failed may have arrived, and the other way round: what is read counts.
            let published = self.store.publish(url).await;
            match self.store.read().await {
                Ok(there) if there.trim() == url.trim() => return Ok(()),
                Ok(_) => "another text is read".clone_into(&mut why),
                Err(error) => error.message().clone_into(&mut why),
            }
            if let Err(error) = published {
                error.message().clone_into(&mut why);
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(why)
    }

    async fn finish(&mut self, role: &str, current: &str, url: &str) -> Result<()> {
        // Nobody is put to rest for a credential that lets nobody in.
        if let Err(why) = login::works(url, current).await {
            let message = format!(
                "the credential that is published does not work, and the others of {role} stay as they are: {why}; \
                 publish one that works, or give {current} a new password (--method in-place)"
            );
            return Err(Error::new(ErrorKind::Rotation, message));
        }
        let others = self.others(role, current).await?;
        for (name, _) in &others {
            Login { db: self.db, name }.check_mine().await?;
        }
        for other in others {
            self.retire(&other.0, None).await?;
        }
        current.clone_into(&mut self.done.login);
        Ok(())
    }

    /// The other logins of a role, each with whether it can log in.
    async fn others(&self, role: &str, current: &str) -> Result<Vec<(String, bool)>> {
        let there = self.declared.facts(self.db).await?;
        let logins = self.declared.roles[role].logins.iter();
        let others = logins.filter(|it| *it != current).map(|it| {
            let can = there.roles.get(it).is_some_and(|it| it.login);
            (it.clone(), can)
        });
        Ok(others.collect())
    }

    /// The login that takes over.
    async fn resting(&self, role: &str, current: &str) -> Result<String> {
        let others = self.others(role, current).await?;
        if let Some((rests, _)) = others.iter().find(|(_, can)| !can) {
            return Ok(rests.clone());
        }
        let message = match others.is_empty() {
            true => format!(
                "{current} is the only login of {role}: declare a second one, or change its password in place (--method in-place)"
            ),
            false => {
                let names: Vec<&str> = others.iter().map(|(name, _)| name.as_str()).collect();
                format!(
                    "no login of {role} rests: {} can log in, too; where an earlier rotation did not end, finish it (--method finish)",
                    names.join(", ")
                )
            }
        };
        Err(Error::new(ErrorKind::Declaration, message))
    }

    /// All that it may works, and nothing else does.
    async fn prove(&mut self, name: &str, url: &str) -> Result<()> {
        let login = Login { db: self.db, name };
        login.check_settings(self.declared, url).await?;
        let Some(mut means) = self.rotation.means.clone() else {
            return Ok(());
        };
        means.logins.insert(name.to_owned(), Config::new(url)?);
        let proof = self.declared.prove_login(self.db, name, &means).await?;
        if proof.holds() {
            self.tell(
                name,
                format!(
                    "attempted what it may and may not: {} lines, no hole",
                    proof.lines.len()
                ),
            );
            return Ok(());
        }
        let is_bad = |verdict: Verdict| {
            matches!(verdict, Verdict::Hole | Verdict::Broken | Verdict::Untried)
        };
        let bad = proof.lines.iter().filter(|it| is_bad(it.verdict));
        let bad: Vec<String> = bad
            .map(|it| format!("{}: {} ({})", it.verdict.as_str(), it.what, it.why))
            .collect();
        let message = format!("{name} is not as declared: {}", bad.join("; "));
        Err(Error::new(ErrorKind::Rotation, message))
    }

    async fn publish(&mut self, name: &str, url: &str) -> Result<()> {
        let published = self.store.publish(url).await;
        // Whether a write that failed arrived all the same is seen by reading.
        let there = match &published {
            Ok(()) => self.store.read().await,
            Err(_) => self
                .store
                .read()
                .await
                .or_else(|_| Ok::<_, raptor_db::Error>(String::new())),
        };
        let there = there
            .map_err(|error| Error::rotation("what was published cannot be read back", &error))?;
        // A store may write it in its own way: the password is what makes it this one.
        let password = url
            .split_once("://")
            .and_then(|(_, it)| it.split('@').next());
        let password = password.and_then(|it| it.split_once(':')).map(|it| it.1);
        if user(&there).is_ok_and(|it| it == name) && password.is_some_and(|it| there.contains(it))
        {
            self.tell(name, "is published");
            return Ok(());
        }
        Err(match published {
            Err(error) => Error::rotation("the new credential cannot be published", &error),
            Ok(()) => Error::new(
                ErrorKind::Rotation,
                "what was published is not what is read back",
            ),
        })
    }

    /// Waits for the connections of a login to end, then ends what is left: those from before where it goes on, all of
    /// them where it is to rest.
    async fn retire(&mut self, name: &str, before: Option<&[i64]>) -> Result<()> {
        let login = Login { db: self.db, name };
        if login.is_own().await? {
            self.tell(name, "rotates itself: its connections go on");
            return Ok(());
        }
        let there = login.connections(before).await?.len();
        if there > 0 {
            let patience = self.rotation.drain;
            self.tell(
                name,
                format!(
                    "has connections that end by themselves, which may take {patience:?}: {there}"
                ),
            );
        }
        let left = login.drain(before, self.rotation.drain).await?;
        self.tell(
            name,
            match left {
                0 => "has no connection left".to_owned(),
                left => format!(
                    "has connections left after {:?}: {left}",
                    self.rotation.drain
                ),
            },
        );
        if before.is_none() {
            login.rest().await?;
            self.tell(
                name,
                "rests: it cannot log in, and its password is nobody's",
            );
        }
        match login.end(before).await? {
            (0, 0) => {}
            (ended, 0) => self.tell(
                name,
                format!("has no connection left: those that were ended: {ended}"),
            ),
            (_, left) => self.done.left.push(format!(
                "{left} connections of {name} are for a superuser or a member of it to end: \
                 SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{name}'"
            )),
        }
        Ok(())
    }

    /// The credential before is refused.
    async fn prove_dead(&mut self, name: &str, url: &str) {
        match login::refused(url).await {
            Ok(why) => self.tell(
                name,
                format!("is refused with the credential before: {why}"),
            ),
            Err(why) => self
                .done
                .left
                .push(format!("the credential before of {name} {why}")),
        }
    }
}
