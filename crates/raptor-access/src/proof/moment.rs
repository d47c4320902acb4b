//! One moment of the database, which two logins look at: rows are counted on both sides while others write.

use super::attempt::Hand;
use crate::error::{Error, Result};
use raptor_db::{Db, Params, Row, Session, Sql, params};

/// A snapshot, and whoever made it.
pub(super) struct Moment {
    session: Session,
    name: String,
}

impl Moment {
    /// Now. (PostgreSQL manual, "Snapshot Synchronization Functions".)
    pub(super) async fn now(db: &Db) -> Result<Self> {
        static NAME: Sql = Sql::new("SELECT pg_export_snapshot() AS name");
        let made = async {
            let session = db.session().await?;
            session
                .execute_raw("BEGIN ISOLATION LEVEL REPEATABLE READ")
                .await?;
            let rows = session.query(&NAME, params! {}).await?;
            let name = rows.first().map(|row| row.get("name")).transpose()?;
            Ok(Self {
                session,
                name: name.unwrap_or_default(),
            })
        };
        let made: raptor_db::Result<Self> = made.await;
        made.map_err(|error| Error::database("no snapshot can be made", error))
    }

    /// What a login sees then, with what is set for that alone.
    pub(super) async fn seen_by(
        &self,
        hand: &Hand,
        settings: &[(&str, &str)],
        sql: &str,
    ) -> raptor_db::Result<Vec<Row>> {
        let begin = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ; SET TRANSACTION SNAPSHOT '{}'",
            self.name
        );
        hand.ask_within(&begin, settings, sql).await
    }

    /// What whoever proves it sees then.
    pub(super) async fn ask(
        &self,
        sql: &Sql,
        parameters: Params<'_>,
    ) -> raptor_db::Result<Vec<Row>> {
        self.session.query(sql, parameters).await
    }

    /// Sets something for what is asked next.
    pub(super) async fn set(&self, text: &str) -> raptor_db::Result<()> {
        self.session.execute_raw(text).await
    }

    /// It is over.
    pub(super) async fn end(self) -> Result<()> {
        let ended = self.session.execute_raw("ROLLBACK").await;
        ended.map_err(|error| Error::database("nothing can be rolled back", error))
    }
}
