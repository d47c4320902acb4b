//! On SQLite.

use super::changes::{each_shows, read, run};
use super::sqlite_changes::CHANGES;
use crate::fixture::Fixture;
use raptor_db::Session;

pub(crate) const RICH: &str = include_str!("rich_sqlite.sql");

async fn rich(at: &Fixture) -> Session {
    let session = at.db.session().await.unwrap();
    run(&session, "PRAGMA foreign_keys = OFF; BEGIN").await;
    run(&session, RICH).await;
    session
}

#[tokio::test]
async fn each_change_shows() {
    let at = Fixture::sqlite().await;
    let session = rich(&at).await;
    println!("{}", read(&session, None).await);
    each_shows(&session, None, CHANGES).await;
}
