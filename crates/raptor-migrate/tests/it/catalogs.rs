//! Catalogs: what makes two schemas differ is found and named, and what does not is not.

mod chance;
pub(crate) mod changes;
pub(crate) mod postgres;
mod postgres_same;
pub(crate) mod sqlite;
mod sqlite_different;
mod sqlite_same;

pub(crate) use chance::two_ways_to_one_schema;

use crate::fixture::{Fixture, line};
use raptor_db::Engine;
use raptor_migrate::{Catalog, catalog};

/// What the runner keeps is no part of a schema.
pub(crate) async fn what_the_runner_keeps_is_left_out(at: Fixture) {
    let other = match at.engine() {
        Engine::Sqlite => Fixture::sqlite().await,
        Engine::Postgres => Fixture::postgres().await,
    };
    at.upgrade(&line(), "head").await.unwrap();
    if at.engine() == Engine::Postgres {
        at.run(
            "COMMENT ON TABLE alembic_version IS 'x'; CREATE INDEX x ON raptor_migration_log (file); \
             CREATE POLICY p ON alembic_version USING (true)",
        )
        .await;
    }
    for name in ["one", "two", "three"] {
        other
            .run(&format!("CREATE TABLE {name} (id text PRIMARY KEY)"))
            .await;
    }
    let here = catalog(&at.db, &at.options).await.unwrap();
    let there = catalog(&other.db, &other.options).await.unwrap();
    assert_eq!(changes::found(&here, &there), [""; 0]);
    assert_eq!(here.to_string(), there.to_string());
    assert_eq!(here.relations.len(), 3);
    at.downgrade(&line(), "base").await.unwrap();
    let empty = catalog(&at.db, &at.options).await.unwrap();
    assert_eq!(empty.relations.len(), 0);
    assert_eq!(here.differences(&empty).len(), 3);
}

/// A catalog that was written to a file is the same when it is read again.
pub(crate) async fn it_can_be_kept(at: Fixture) {
    match at.engine() {
        Engine::Sqlite => at.run(sqlite::RICH).await,
        Engine::Postgres => {
            let text = format!("SET search_path = raptor, pg_catalog; {}", postgres::RICH);
            at.admin(&text).await;
        }
    }
    let here = catalog(&at.db, &at.options).await.unwrap();
    let text = serde_json::to_string(&here).unwrap();
    let there: Catalog = serde_json::from_str(&text).unwrap();
    assert_eq!(changes::found(&here, &there), [""; 0]);
    assert_eq!(here, there);
    assert_eq!(text, serde_json::to_string(&there).unwrap());
    assert_eq!(here.to_string(), there.to_string());
}
