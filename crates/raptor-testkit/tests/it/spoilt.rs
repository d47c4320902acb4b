//! A clone whose test did more than write rows is thrown away, and the next test is clean.

use crate::client::ask;
use crate::shop::{contents, gone, template};
use raptor_testkit::{Database, Template};

/// What `raptor_owner` may do and a reset does not mend.
const BY_OWNER: [&str; 14] = [
    "CREATE TABLE more (a int)",
    "CREATE TABLE more (a int); DROP TABLE more",
    "ALTER TABLE orders ADD COLUMN more int",
    "CREATE INDEX ON orders (customer)",
    "TRUNCATE orders RESTART IDENTITY CASCADE",
    "ALTER SEQUENCE tickets RESTART WITH 5",
    "GRANT SELECT ON orders TO raptor_app",
    "COMMENT ON TABLE orders IS 'more'",
    "CREATE TEMP TABLE more AS SELECT 1",
    "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "DROP POLICY writing ON journal",
    "SELECT lo_create(0)",
    "ANALYZE big",
    "UPDATE big SET filler = ''",
];

/// The same, of what the server's own catalogs say of the database.
const OF_DATABASE: [&str; 5] = [
    "ALTER DATABASE {} SET statement_timeout = '1s'",
    "ALTER ROLE raptor_app IN DATABASE {} SET statement_timeout = '1s'",
    "ALTER DATABASE {} CONNECTION LIMIT 3",
    "REVOKE CONNECT ON DATABASE {} FROM raptor_app",
    "SELECT pg_stat_reset()",
];

fn is_thrown_away(template: &Template, clean: &str, act: impl FnOnce(&Database), what: &str) {
    let database = template.database();
    let (name, server) = (
        database.urls().database().to_owned(),
        database.server().admin_url("postgres"),
    );
    act(&database);
    drop(database);
    gone(&server, &name, what);
    assert_eq!(contents(&template.database()), clean, "{what}");
}

#[test]
fn ddl_settings_and_large_writes_throw_the_clone_away() {
    let template = template();
    let clean = contents(&template.database());
    for act in BY_OWNER {
        is_thrown_away(&template, &clean, |d| drop(ask(d.owner_url(), act)), act);
    }
    for act in OF_DATABASE {
        let run = |database: &Database| {
            let script = act.replace("{}", database.urls().database());
            ask(database.admin_url(), &script);
        };
        is_thrown_away(&template, &clean, run, act);
    }
}

#[test]
fn a_prepared_transaction_is_rolled_back_with_its_clone() {
    let template = template();
    let clean = contents(&template.database());
    let act = "BEGIN; INSERT INTO scratch VALUES (1); PREPARE TRANSACTION 'left'";
    is_thrown_away(&template, &clean, |d| drop(ask(d.owner_url(), act)), act);
}

#[test]
fn a_connection_left_open_is_ended_with_its_clone() {
    let template = template();
    let clean = contents(&template.database());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut held = None;
    let act = |database: &Database| {
        let url = database.owner_url().to_owned();
        held = Some(runtime.block_on(async move {
            let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
                .await
                .unwrap();
            tokio::spawn(connection);
            let hold = "BEGIN; INSERT INTO scratch VALUES (1); LISTEN letters;
                        SELECT pg_advisory_lock(1)";
            client.batch_execute(hold).await.unwrap();
            client
        }));
    };
    is_thrown_away(&template, &clean, act, "an open connection");
    let client = held.unwrap();
    let after = runtime.block_on(client.batch_execute("SELECT 1"));
    assert!(after.is_err(), "the connection is ended");
}

#[test]
fn a_pool_that_closes_after_the_test_spoils_nothing() {
    let template = template();
    let name = {
        let database = template.database();
        // Current-thread, as `#[tokio::test]`: its tasks stand still while the database is dropped.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let url = database.owner_url().to_owned();
        let name = database.urls().database().to_owned();
        runtime.block_on(async move {
            let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
                .await
                .unwrap();
            tokio::spawn(connection);
            client
                .batch_execute("INSERT INTO scratch VALUES (1)")
                .await
                .unwrap();
            drop(client);
            drop(database);
        });
        name
    };
    let again = crate::shop::again(&template, &name);
    assert_eq!(ask(again.owner_url(), "SELECT count(*) FROM scratch"), "0");
}

#[test]
fn a_test_that_drops_or_renames_its_database_harms_nobody() {
    let template = template();
    let clean = contents(&template.database());
    for act in [
        "DROP DATABASE {} WITH (FORCE)",
        "ALTER DATABASE {} RENAME TO other",
    ] {
        let run = |database: &Database| {
            let name = database.urls().database();
            let server = database.server().admin_url("postgres");
            let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                       WHERE datname LIKE 'raptor_test_%' AND pid <> pg_backend_pid()";
            ask(&server, end);
            ask(&server, &act.replace("{}", name));
        };
        is_thrown_away(&template, &clean, run, act);
    }
}
