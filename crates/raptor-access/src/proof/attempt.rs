//! A login that tries: each attempt is a transaction of its own that is rolled back.

use crate::declaration::Name;
use crate::error::{Error, Result};
use raptor_db::{Config, Db, ErrorKind, Row, Session, Sql, params};
use std::time::Duration;

/// A login, logged in.
pub(super) struct Hand {
    pub(super) login: String,
    /// The role that it inherits.
    pub(super) role: String,
    session: Session,
    _db: Db,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    /// The server's word.
    Denied(String),
    /// It failed for another reason: its code, and the server's word.
    Failed(String, String),
}

/// Nobody waits long for whoever tries: some statements ask for a lock before they ask for rights.
const PATIENCE: &str = "SET LOCAL lock_timeout = '100ms'; SET LOCAL statement_timeout = '10s'";

/// So often a lock is asked for that others hold, with a pause.
const TURNS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// A server, by when it was started, and a database on it.
pub(super) const HERE: &str = "SELECT current_database()::text || ', on a server started at ' || pg_postmaster_start_time()::text AS here";

/// The code of a lock that was not to be had.
pub(super) const LOCKED: &str = "55P03";

impl Hand {
    /// Logs in.
    pub(super) async fn log_in(
        login: &str,
        role: &str,
        config: &Config,
    ) -> raptor_db::Result<Self> {
        let db = Db::open(config.clone()).await?;
        let session = db.session().await?;
        // Attempts are to find names with their schemas alone, and what is set is set for each attempt.
        session
            .execute_raw("SET search_path = pg_catalog; SET client_min_messages = error")
            .await?;
        Ok(Self {
            login: login.to_owned(),
            role: role.to_owned(),
            session,
            _db: db,
        })
    }

    /// Where it leads, where that is another server or database than these facts are of.
    pub(super) async fn is_elsewhere(&self, wanted: &str) -> Result<Option<String>> {
        let rows = self.ask(&[], HERE).await?;
        let here: Option<String> = rows.first().map(|row| row.get("here")).transpose()?;
        Ok(here.filter(|it| it != wanted))
    }

    /// Whether a table is its own, or that of a role whose rights it has.
    pub(super) async fn owns(&self, table: &Name) -> Result<bool> {
        static OWNS: Sql = Sql::new(
            "SELECT coalesce(bool_or(pg_has_role(session_user, c.relowner, 'USAGE')), false) AS owns FROM pg_class AS c \
             JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = :schema AND c.relname = :name",
        );
        let parameters = params! { schema: table.schema.as_str(), name: table.name.as_str() };
        let rows = self.session.query(&OWNS, parameters).await?;
        Ok(rows.first().map_or(Ok(true), |row| row.get("owns"))?)
    }

    /// Tries a statement, or several; again while others hold a lock that it asks for.
    pub(super) async fn attempt(&self, sql: &str) -> Result<Outcome> {
        self.attempt_with(&[], sql).await
    }

    /// The same with settings, which go as parameters: the text of a statement is shown to others of the same login.
    pub(super) async fn attempt_with(
        &self,
        settings: &[(&str, &str)],
        sql: &str,
    ) -> Result<Outcome> {
        for _ in 1..TURNS {
            match self.once(settings, sql).await? {
                Outcome::Failed(code, _) if code == LOCKED => tokio::time::sleep(PAUSE).await,
                outcome => return Ok(outcome),
            }
        }
        self.once(settings, sql).await
    }

    async fn once(&self, settings: &[(&str, &str)], sql: &str) -> Result<Outcome> {
        let done = async {
            if settings.is_empty() {
                let text = format!("BEGIN; {PATIENCE}; {sql}; ROLLBACK");
                return self.session.execute_raw(&text).await;
            }
            let begin = format!("BEGIN; {PATIENCE}");
            self.session.execute_raw(&begin).await?;
            self.set(settings).await?;
            self.session.execute_raw(&format!("{sql}; ROLLBACK")).await
        };
        let Err(error) = done.await else {
            return Ok(Outcome::Done);
        };
        if error.kind() == ErrorKind::ConnectionLost {
            return Err(Error::database(&format!("{}: {sql}", self.login), error));
        }
        let rolled = self.session.execute_raw("ROLLBACK").await;
        rolled.map_err(|error| Error::database("nothing can be rolled back", error))?;
        let message = error.message().to_owned();
        Ok(match error.code() {
            Some("42501") => Outcome::Denied(message),
            code => Outcome::Failed(code.unwrap_or_default().to_owned(), message),
        })
    }

    async fn set(&self, settings: &[(&str, &str)]) -> raptor_db::Result<()> {
        static SET: Sql = Sql::new("SELECT set_config(:name, :value, true)");
        for (name, value) in settings {
            self.session.query(&SET, params! { name, value }).await?;
        }
        Ok(())
    }

    /// Who it is, where that is somebody else.
    pub(super) async fn is_other(&self) -> Result<Option<String>> {
        let rows = self.ask(&[], "SELECT session_user::text AS login").await?;
        let login: Option<String> = rows.first().map(|row| row.get("login")).transpose()?;
        Ok(login.filter(|it| *it != self.login))
    }

    /// What it sees, with what is set for that alone.
    pub(super) async fn ask(
        &self,
        settings: &[(&str, &str)],
        sql: &str,
    ) -> raptor_db::Result<Vec<Row>> {
        self.ask_within("BEGIN", settings, sql).await
    }

    /// The same in a transaction that begins in a way of its own.
    pub(super) async fn ask_within(
        &self,
        begin: &str,
        settings: &[(&str, &str)],
        sql: &str,
    ) -> raptor_db::Result<Vec<Row>> {
        self.session.execute_raw(begin).await?;
        let asked = async {
            self.set(settings).await?;
            let text = Sql::dynamic(sql.to_owned());
            self.session.query(&text, params! {}).await
        };
        let asked = asked.await;
        self.session.execute_raw("ROLLBACK").await?;
        asked
    }
}
