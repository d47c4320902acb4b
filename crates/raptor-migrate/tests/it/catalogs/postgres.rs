//! Changes of a rich schema on Postgres.

use super::changes::{each_shows, run};
use crate::fixture::Fixture;
use raptor_db::{Session, Sql, params};

pub(crate) const RICH: &str = include_str!("rich_postgres.sql");
pub(crate) const CHANGES: &str = include_str!("postgres_changes.txt");

pub(crate) async fn version(session: &Session) -> i64 {
    let version = Sql::dynamic("SELECT current_setting('server_version_num')::bigint / 10000 AS v");
    let rows = session.query(&version, params! {}).await.unwrap();
    rows[0].get("v").unwrap()
}

/// On the server at hand; what only newer ones know is passed over there.
#[tokio::test]
async fn each_change_shows() {
    let at = Fixture::postgres().await;
    let session = at.admin_db().await.session().await.unwrap();
    let version = version(&session).await;
    let begin = "BEGIN; SET LOCAL search_path = raptor, pg_catalog";
    run(&session, begin).await;
    run(&session, RICH).await;
    let count = each_shows(&session, Some("raptor"), CHANGES, version).await;
    assert!(count > 170, "{count}");
}
