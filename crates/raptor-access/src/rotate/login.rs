//! A login that is woken, put to rest, and asked who still uses it.

use crate::declaration::Declaration;
use crate::error::{Error, ErrorKind, Result};
use crate::text::{literal, quoted};
use raptor_db::{Config, Db, Scope, Session, Sql, params, scram_verifier};
use std::pin::pin;
use std::time::Duration;
use tokio::time::Instant;

/// From when on a change of a login counts as waiting for somebody.
const IN_THE_WAY: Duration = Duration::from_secs(1);

/// How often is looked who is still connected.
const OFTEN: Duration = Duration::from_millis(100);

/// How long another rotation is waited for.
const PATIENCE: &str = "SET LOCAL lock_timeout = '2s'; SELECT set_config(name, '0', true) FROM pg_settings \
    WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout', 'statement_timeout')";

/// One rotates at a time: the session holds a lock until it ends. It is one that owners of the schema alone can keep, by
/// a comment on it that is never committed; an advisory lock could be kept by the very login that is to be put to rest.
/// A login that rotates itself owns nothing, and has that one after all.
pub(super) async fn lock(db: &Db, declared: &Declaration, role: &str) -> Result<Session> {
    let cannot = |error| Error::database("the rotation cannot begin", error);
    let session = db.session().await.map_err(cannot)?;
    let schema = quoted(&declared.schema);
    let comment = format!("BEGIN; {PATIENCE}; COMMENT ON SCHEMA {schema} IS NULL");
    let mut locked = session.execute_raw(&comment).await;
    if locked.as_ref().is_err_and(|it| it.code() == Some("42501")) {
        let key = literal(&format!("raptor access rotate {role}"));
        let advisory = format!(
            "ROLLBACK; BEGIN; {PATIENCE}; SELECT pg_advisory_xact_lock(hashtextextended({key}, 0))"
        );
        locked = session.execute_raw(&advisory).await;
    }
    match locked {
        Ok(()) => Ok(session),
        Err(error) if error.code() == Some("55P03") => {
            let message = format!("another rotation is under way: {role} stays as it is");
            Err(Error::new(ErrorKind::Rotation, message))
        }
        Err(error) => Err(cannot(error)),
    }
}

/// Whether the server refuses a credential: its word, or why that is not known.
pub(super) async fn refused(url: &str) -> Result<String, String> {
    let opened = async {
        let db = Db::open(Config::new(url)?).await?;
        let session = db.session().await?;
        session.execute_raw("SELECT 1").await
    };
    match opened.await {
        Ok(()) => Err("STILL WORKS: does pg_hba.conf ask for a password?".to_owned()),
        Err(error) if error.kind() == raptor_db::ErrorKind::Auth => Ok(error.message().to_owned()),
        Err(error) => Err(format!("could not be tried: {}", error.message())),
    }
}

/// What is changed of a login may be locked by the login itself.
static PATIENT: Sql = Sql::new("SELECT set_config('lock_timeout', '10s', true)");

/// When each began is not for everybody to see.
static THERE: Sql = Sql::new(
    "SELECT pid::bigint AS pid FROM pg_stat_activity WHERE usename = :name \
     AND (:among::bigint[] IS NULL OR pid = ANY (:among::bigint[]))",
);

fn pids(rows: &[raptor_db::Row]) -> raptor_db::Result<Vec<i64>> {
    rows.iter().map(|row| row.get("pid")).collect()
}

/// Whether a credential lets this login in.
pub(super) async fn works(url: &str, name: &str) -> Result<(), String> {
    static LOGIN: Sql = Sql::new("SELECT session_user::text AS login");
    let asked = async {
        let db = Db::open(Config::new(url)?).await?;
        let row = db.query_one(&Scope::system(), &LOGIN, params! {}).await?;
        row.get::<String>("login")
    };
    match asked.await {
        Ok(login) if login == name => Ok(()),
        Ok(login) => Err(format!("it is of {login}")),
        Err(error) => Err(error.message().to_owned()),
    }
}

/// A login, as whoever may alter it sees it.
pub(super) struct Login<'l> {
    pub(super) db: &'l Db,
    pub(super) name: &'l str,
}

impl Login<'_> {
    fn cannot(&self, what: &str) -> impl Fn(raptor_db::Error) -> Error + use<> {
        let what = format!("{} {what}", self.name);
        move |error| Error::database(&what, error)
    }

    /// Whether whoever rotates may change it, which is known before anything is.
    pub(super) async fn check_mine(&self) -> Result<()> {
        let text = format!(
            "BEGIN; SET LOCAL lock_timeout = '500ms'; ALTER ROLE {} PASSWORD NULL; ROLLBACK",
            quoted(self.name)
        );
        let cannot = self.cannot("cannot be looked at");
        let session = self.db.session().await.map_err(&cannot)?;
        let error = match session.execute_raw(&text).await {
            Ok(()) => return Ok(()),
            // The right is looked at before the lock is asked for.
            Err(error) if error.code() == Some("55P03") => return Ok(()),
            Err(error) => error,
        };
        let message = format!(
            "{} cannot be changed by this login, so that nothing is: {}; rotate as a superuser (--url), or as whoever made it",
            self.name,
            error.message()
        );
        Err(Error::new(ErrorKind::Rotation, message))
    }

    /// It is all that is declared of it, and can log in.
    pub(super) async fn wake(&self, declared: &Declaration, password: &str) -> Result<()> {
        let plan = declared.plan(self.db).await?;
        let steps = plan.steps.into_iter();
        let of_it = steps.filter(|it| it.role.as_deref() == Some(self.name));
        let mut texts: Vec<String> = of_it.map(|it| it.sql).collect();
        texts.push(self.altered("LOGIN ", password));
        let texts = &texts;
        let scope = Scope::system();
        let woken = self.db.tx(&scope, |tx| async move {
            tx.query(&PATIENT, params! {}).await?;
            for text in texts {
                tx.execute_raw(text).await?;
            }
            Ok::<_, raptor_db::Error>(())
        });
        woken.await.map_err(self.cannot("cannot be woken"))
    }

    /// It cannot log in, and has a password that nobody knows. A transaction in which it changes itself is in the way of
    /// that, and ended while this waits: who logs in after that comes behind it.
    pub(super) async fn rest(&self) -> Result<()> {
        let text = self.altered("NOLOGIN ", &super::password()?);
        let mut rested = pin!(self.run(&text));
        loop {
            tokio::select! {
                biased;
                rested = &mut rested => return rested.map_err(self.cannot("cannot be put to rest")),
                () = tokio::time::sleep(IN_THE_WAY) => {}
            }
            // What this login may not end, the waiting one tells.
            let _ = self.end(None).await;
        }
    }

    /// It has another password; answers its connections from before. Nobody who knows the new one is among them, as it
    /// is good from the commit on.
    pub(super) async fn set_password(&self, password: &str) -> Result<Vec<i64>> {
        let text = &self.altered("", password);
        let name = self.name;
        let scope = Scope::system();
        let set = self.db.tx(&scope, |tx| async move {
            tx.query(&PATIENT, params! {}).await?;
            tx.execute_raw(text).await?;
            let parameters = params! { name, among: None::<Vec<i64>> };
            pids(&tx.query(&THERE, parameters).await?)
        });
        set.await
            .map_err(self.cannot("cannot have another password"))
    }

    fn altered(&self, word: &str, password: &str) -> String {
        let verifier = literal(&scram_verifier(password));
        format!("ALTER ROLE {} {word}PASSWORD {verifier}", quoted(self.name))
    }

    /// Whoever is in the way, such as the login itself in a transaction of its own, is not waited for for ever.
    async fn run(&self, text: &str) -> raptor_db::Result<()> {
        let text = format!("BEGIN; SET LOCAL lock_timeout = '10s'; {text}; COMMIT");
        let session = self.db.session().await?;
        let done = session.execute_raw(&text).await;
        if done.is_err() {
            session.execute_raw("ROLLBACK").await?;
        }
        done
    }

    /// What is declared to be set is set when it logs in; what this connection sets itself stands before that.
    pub(super) async fn check_settings(&self, declared: &Declaration, url: &str) -> Result<()> {
        static LACKING: Sql = Sql::new(
            "SELECT string_agg(name, ', ') AS names FROM unnest(:names::text[]) AS name WHERE NOT EXISTS ( \
             SELECT FROM pg_settings AS s WHERE lower(s.name) = lower(name) \
             AND s.source IN ('user', 'database user', 'client', 'override', 'interactive', 'session'))",
        );
        let Some((_, role)) = declared.role_of(self.name) else {
            return Ok(());
        };
        let names: Vec<String> = role.settings.keys().cloned().collect();
        let cannot = self.cannot("cannot log in with the new credential");
        let db = Db::open(Config::new(url)?).await.map_err(&cannot)?;
        let session = db.session().await.map_err(&cannot)?;
        let rows = session.query(&LACKING, params! { names }).await;
        let rows = rows.map_err(&cannot)?;
        let lacking = rows.first().map(|row| row.get::<Option<String>>("names"));
        match lacking.transpose().map_err(&cannot)?.flatten() {
            None => Ok(()),
            Some(names) => {
                let message = format!(
                    "{} logs in without what is declared to be set: {names}",
                    self.name
                );
                Err(Error::new(ErrorKind::Rotation, message))
            }
        }
    }

    /// Whether it is who asks.
    pub(super) async fn is_own(&self) -> Result<bool> {
        static OWN: Sql = Sql::new("SELECT session_user = :name AS own");
        let parameters = params! { name: self.name };
        let row = self.db.query_one(&Scope::system(), &OWN, parameters).await;
        row.and_then(|row| row.get("own"))
            .map_err(self.cannot("is not known to be somebody else"))
    }

    /// Its connections, or those among these that are left.
    pub(super) async fn connections(&self, among: Option<&[i64]>) -> Result<Vec<i64>> {
        let parameters = params! { name: self.name, among: among.map(<[i64]>::to_vec) };
        let rows = self.db.query(&Scope::system(), &THERE, parameters).await;
        rows.and_then(|rows| pids(&rows))
            .map_err(self.cannot("is not known to have connections"))
    }

    /// How many of them are left after so long at most.
    pub(super) async fn drain(&self, among: Option<&[i64]>, patience: Duration) -> Result<usize> {
        let until = Instant::now() + patience;
        loop {
            let left = self.connections(among).await?.len();
            if left == 0 || Instant::now() >= until {
                return Ok(left);
            }
            tokio::time::sleep(OFTEN).await;
        }
    }

    /// Ends those that are left: how many were ended, and how many nobody of ours may end.
    pub(super) async fn end(&self, among: Option<&[i64]>) -> Result<(usize, usize)> {
        static END: Sql =
            Sql::new("SELECT pg_terminate_backend(pid::int) FROM unnest(:left::bigint[]) AS pid");
        let left = self.connections(among).await?;
        let count = left.len();
        if count == 0 {
            return Ok((0, 0));
        }
        match self
            .db
            .query(&Scope::system(), &END, params! { left })
            .await
        {
            Ok(_) => Ok((count, 0)),
            Err(error) if error.code() == Some("42501") => Ok((0, count)),
            Err(error) => Err(Error::database("connections cannot be ended", error)),
        }
    }
}
