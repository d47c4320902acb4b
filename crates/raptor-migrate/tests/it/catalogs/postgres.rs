//! On Postgres.

use super::changes::{each_shows, run};
use super::postgres_changes::CHANGES;
use crate::fixture::Fixture;
use raptor_db::Session;

pub(crate) const RICH: &str = include_str!("rich_postgres.sql");

async fn rich(at: &Fixture) -> Session {
    let session = at.admin_db().await.session().await.unwrap();
    run(
        &session,
        "BEGIN; SET LOCAL search_path = raptor, pg_catalog",
    )
    .await;
    run(&session, RICH).await;
    session
}

#[tokio::test]
async fn each_change_shows() {
    let at = Fixture::postgres().await;
    each_shows(&rich(&at).await, Some("raptor"), CHANGES).await;
}
