//! What shows that a database was migrated by these files, and what does not; and files that a
//! revision can hold only in another form.

use super::folders::imported;
use crate::fixture::Fixture;
use raptor_db::Engine;
use raptor_migrate::import::{OldTable, SqlChain, adopt, old_state};
use raptor_migrate::{Chain, ErrorKind};
use std::time::{Duration, Instant};

fn shop(engine: Engine) -> SqlChain {
    let files = [
        (
            "0001_users.sql",
            "CREATE TABLE users (id integer PRIMARY KEY);",
        ),
        (
            "0002_orders.sql",
            "CREATE TABLE orders (id integer PRIMARY KEY);",
        ),
        (
            "0003_items.sql",
            "CREATE TABLE items (id integer PRIMARY KEY);",
        ),
    ];
    imported(&files, Some(engine)).unwrap()
}

/// Why a database with that table is not taken over.
async fn refused(at: &Fixture, chain: &SqlChain, table: &str, old: &OldTable) -> String {
    at.run(table).await;
    let error = adopt(&at.db, chain, old, &at.options).await.unwrap_err();
    assert!(!at.has_version_table().await, "nothing was changed");
    if let Ok(state) = old_state(&at.db, chain, old, &at.options).await {
        assert!(!state.can_be_adopted(old), "{state}");
    }
    let name = table.split_whitespace().nth(2).unwrap();
    at.run(&format!("DROP TABLE {name}")).await;
    error.to_string()
}

pub(crate) async fn a_table_that_is_about_something_else(at: Fixture) {
    let chain = shop(at.engine());
    let cases = [
        (
            "CREATE TABLE migrations (id integer PRIMARY KEY, species text); INSERT INTO migrations VALUES (1, 'swift'), (2, 'stork')",
            "its id only counts the rows",
        ),
        (
            "CREATE TABLE schema_migrations (id integer PRIMARY KEY, name text, applied_at text); \
             INSERT INTO schema_migrations VALUES (1, '0001_users.sql', 'a'), (2, '0002_legacy.sql', 'b')",
            "Applied, and no file is there: 0002_legacy.sql.",
        ),
        (
            "CREATE TABLE schema_migrations (version text, name text); \
             INSERT INTO schema_migrations VALUES ('1', '0001_users.sql'), ('2', '0002_legacy_old.sql')",
            "Named in two ways: version 2 is 0002_orders.sql, name 0002_legacy_old.sql is no file.",
        ),
        (
            "CREATE TABLE _sqlx_migrations (version bigint, description text, success boolean); \
             INSERT INTO _sqlx_migrations VALUES (1, 'birds', true)",
            "Named in two ways: 1 is 0001_users.sql, description birds.",
        ),
    ];
    for (table, said) in cases {
        let error = refused(&at, &chain, table, &OldTable::default()).await;
        assert!(error.contains(said), "{table}\n{error}");
    }
    // Whoever says which column it is, is believed.
    at.run(cases[2].0).await;
    let mut old = OldTable::default();
    old.column = Some("version".to_owned());
    let state = old_state(&at.db, &chain, &old, &at.options).await.unwrap();
    assert_eq!(state.applied.len(), 2, "{state}");
    assert!(state.can_be_adopted(&old), "{state}");
    at.run("DROP TABLE schema_migrations; CREATE TABLE schema_migrations (version text, flavour text); INSERT INTO schema_migrations VALUES ('1', 'x')").await;
    let old = OldTable::default();
    let state = old_state(&at.db, &chain, &old, &at.options).await.unwrap();
    assert!(
        state
            .to_string()
            .contains("Not understood, and so not looked at, in schema_migrations: flavour."),
        "{state}"
    );
    assert!(
        state.to_string().contains(
            "0001_users.sql is applied and makes users, which the database does not have."
        ),
        "{state}"
    );
}

pub(crate) async fn a_runner_that_marks_its_rows(at: Fixture) {
    let chain = shop(at.engine());
    for (column, good, bad) in [
        ("status text", "'success'", "'failed'"),
        ("failed integer", "0", "1"),
        ("applied integer", "1", "0"),
        ("is_applied boolean", "true", "false"),
        ("rolled_back_at text", "NULL", "'2024-01-01'"),
        ("finished_at text", "'2024-01-01'", "NULL"),
        ("error text", "NULL", "'no such table'"),
    ] {
        let table = format!(
            "CREATE TABLE schema_migrations (version text, {column}); INSERT INTO schema_migrations VALUES ('1', {good}), ('2', {bad})"
        );
        let error = refused(&at, &chain, &table, &OldTable::default()).await;
        assert!(error.contains("Marked as failed: 2 ("), "{column}\n{error}");
    }
}

pub(crate) async fn a_table_that_is_empty(at: Fixture) {
    let chain = shop(at.engine());
    at.run("CREATE TABLE users (id integer PRIMARY KEY)").await;
    let table = "CREATE TABLE migrations (id integer PRIMARY KEY, name text)";
    let mut old = OldTable::default();
    let error = refused(&at, &chain, table, &old).await;
    assert!(
        error.contains("the database has tables that they make: users (0001_users.sql)"),
        "{error}"
    );
    at.run(table).await;
    old.empty_is_base = true;
    let adopted = adopt(&at.db, &chain, &old, &at.options).await.unwrap();
    assert_eq!(adopted.versions.len(), 0);
}

pub(crate) async fn a_prefix_that_was_taken_over_before(at: Fixture) {
    let chain = shop(at.engine());
    at.run(
        "CREATE TABLE schema_migrations (version text); INSERT INTO schema_migrations VALUES ('1')",
    )
    .await;
    let old = OldTable::default();
    adopt(&at.db, &chain, &old, &at.options).await.unwrap();
    let state = old_state(&at.db, &chain, &old, &at.options).await.unwrap();
    assert_eq!(state.taken_over, [chain.migrations[0].id.as_str()]);
    assert!(state.is_prefix(&old) && !state.can_be_adopted(&old));
    assert!(state.to_string().contains("already"), "{state}");
}

pub(crate) async fn tables_of_known_runners_with_odd_rows(at: Fixture) {
    let chain = shop(at.engine());
    let flyway = "CREATE TABLE flyway_schema_history (installed_rank integer PRIMARY KEY, version text, description text, type text, script text, checksum integer, success boolean); \
        INSERT INTO flyway_schema_history VALUES (1, '1', 'users', 'SQL', '0001_users.sql', 7, true), (2, NULL, 'views', 'SQL', 'R__views.sql', 8, true)";
    let goose = "CREATE TABLE goose_db_version (id integer PRIMARY KEY, version_id bigint, is_applied boolean, tstamp text); \
        INSERT INTO goose_db_version VALUES (1, 0, true, 'a'), (2, 1, true, 'b'), (3, 2, true, 'c'), (4, 2, false, 'd')";
    for (table, said) in [
        (
            flyway,
            "R__views.sql has no number, so its row was passed over",
        ),
        (goose, "0002_orders.sql was taken back, by its last row."),
    ] {
        at.run(table).await;
        let old = OldTable::default();
        let state = old_state(&at.db, &chain, &old, &at.options).await.unwrap();
        assert!(state.can_be_adopted(&old), "{state}");
        assert_eq!(state.applied, ["0001_users.sql"], "{state}");
        assert!(state.to_string().contains(said), "{state}");
        at.run(&format!("DROP TABLE {}", state.table)).await;
    }
    // Names that stand in another order as text than by their numbers.
    let names: Vec<String> = (1..=11).map(|number| format!("{number}_x.sql")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    let chain = imported(&files, Some(at.engine())).unwrap();
    at.run("CREATE TABLE migrations (id varchar(20) PRIMARY KEY)")
        .await;
    for number in 1..=11 {
        at.run(&format!("INSERT INTO migrations VALUES ('{number}_x')"))
            .await;
    }
    let old = OldTable::default();
    let state = old_state(&at.db, &chain, &old, &at.options).await.unwrap();
    assert!(state.can_be_adopted(&old), "{state}");
    assert_eq!(state.applied.len(), 11);
}

pub(crate) async fn a_prefix_taken_by_three_at_once(at: Fixture) {
    let chain = shop(at.engine());
    at.run(
        "CREATE TABLE schema_migrations (version text); INSERT INTO schema_migrations VALUES ('1')",
    )
    .await;
    if at.engine() == Engine::Sqlite {
        return;
    }
    let (one, two, three) = (at.other().await, at.other().await, at.other().await);
    let old = OldTable::default();
    let take = |db| adopt(db, &chain, &old, &at.options);
    let answers = tokio::join!(take(&one), take(&two), take(&three));
    let (mut good, mut said) = (0, String::new());
    for answer in [answers.0, answers.1, answers.2] {
        match answer {
            Ok(_) => good += 1,
            Err(error) => said.push_str(&format!("{error}\n")),
        }
    }
    assert_eq!((good, said.matches("already").count()), (1, 2), "{said}");
    assert!(!said.contains("duplicate"), "{said}");
}

pub(crate) async fn a_table_that_is_held(mut at: Fixture) {
    let chain = shop(at.engine());
    at.run(
        "CREATE TABLE schema_migrations (version text); INSERT INTO schema_migrations VALUES ('1')",
    )
    .await;
    if at.engine() == Engine::Sqlite {
        return;
    }
    at.options.lock.timeout = Duration::from_millis(200);
    let other = at.other().await;
    let session = other.session().await.unwrap();
    session
        .execute_raw("BEGIN; INSERT INTO schema_migrations VALUES ('2')")
        .await
        .unwrap();
    let started = Instant::now();
    let error = adopt(&at.db, &chain, &OldTable::default(), &at.options)
        .await
        .unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(error.kind(), ErrorKind::Locked, "{error}");
    let said = error.to_string();
    assert!(
        said.contains("schema_migrations is not free") && said.contains("held by process"),
        "{said}"
    );
    assert!(said.contains("INSERT INTO schema_migrations"), "{said}");
    session.execute_raw("ROLLBACK").await.unwrap();
    adopt(&at.db, &chain, &OldTable::default(), &at.options)
        .await
        .unwrap();
}

pub(crate) async fn a_runner_that_sets_the_session(mut at: Fixture) {
    let (set, index) = (
        "SET search_path = app;",
        "CREATE INDEX CONCURRENTLY i ON t (a);",
    );
    let text = format!("CREATE TABLE t (a int);\n{set}\n{index}");
    let error = imported(&[("1_t.sql", &text)], Some(Engine::Postgres)).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("1_t.sql:2:1: SET SEARCH_PATH = APP does not last"),
        "{error}"
    );
    let chain = imported(&[("1_t.sql", set)], Some(Engine::Postgres)).unwrap();
    assert!(
        chain
            .to_string()
            .contains("1_t.sql:1: SET SEARCH_PATH = APP lasts to the end"),
        "{chain}"
    );
    if at.engine() == Engine::Sqlite {
        return;
    }
    // The runner finds its own tables whatever a revision sets.
    at.admin("CREATE SCHEMA app; CREATE SCHEMA own; GRANT ALL ON SCHEMA app, own TO PUBLIC")
        .await;
    at.run("CREATE TABLE app.t (a int)").await;
    for (number, header) in ["", "-- raptor: tx=off\n"].into_iter().enumerate() {
        let text = format!(
            "-- raptor: id=a{number}\n{header}-- raptor:up postgres\nSET search_path = app;\nINSERT INTO app.t VALUES (1);\n-- raptor:up sqlite\n"
        );
        let chain = Chain::embedded(&[("1.sql", text.as_str())]).unwrap();
        at.options.schema = None;
        at.upgrade(&chain, "head").await.unwrap();
        at.run("DELETE FROM alembic_version").await;
    }
    assert_eq!(at.column("SELECT count(*)::text FROM app.t").await, ["2"]);
}

pub(crate) async fn each_convention_of_a_table_built_anew(at: Fixture) {
    if at.engine() == Engine::Postgres {
        return;
    }
    let files = [
        (
            "1_t.sql",
            "CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT); CREATE TABLE child (t_id INTEGER REFERENCES t (id) ON DELETE CASCADE);\n\
             INSERT INTO t VALUES (1, 'a'); INSERT INTO child VALUES (1);",
        ),
        (
            "2_t.sql",
            "PRAGMA foreign_keys=OFF;\nBEGIN;\nCREATE TABLE t2 (id INTEGER PRIMARY KEY, n TEXT NOT NULL, more TEXT DEFAULT 'x');\n\
             INSERT INTO t2 (id, n) SELECT id, n FROM t;\nDROP TABLE t;\nALTER TABLE t2 RENAME TO t;\nCREATE INDEX i ON t (n);\nCOMMIT;\nPRAGMA foreign_keys=ON;",
        ),
    ];
    let chain = imported(&files, Some(Engine::Sqlite)).unwrap();
    assert!(
        chain.files[1].text.contains("-- raptor:rebuild t\n"),
        "{}",
        chain.files[1].text
    );
    assert!(!chain.files[1].text.contains("tx=off"));
    at.upgrade(&chain.chain().unwrap(), "head").await.unwrap();
    assert_eq!(at.column("SELECT t_id::text FROM child").await, ["1"]);
    assert_eq!(at.column("SELECT n || more FROM t").await, ["ax"]);
    assert_eq!(
        at.column("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")
            .await,
        ["i"]
    );
    let error = imported(&files, None).unwrap_err().to_string();
    assert!(
        error.starts_with("2_t.sql:1:1: PRAGMA is SQLite's alone; import with --engine sqlite"),
        "{error}"
    );
}

pub(crate) async fn each_convention_of_diesel(at: Fixture) {
    let files = [
        (
            "2024-01-01-120000_one/up.sql",
            "CREATE TABLE one (id integer PRIMARY KEY);",
        ),
        ("2024-01-01-120000_one/down.sql", "DROP TABLE one;"),
        (
            "2024-01-02-120000_two/up.sql",
            "CREATE TABLE two (id integer PRIMARY KEY);",
        ),
        (
            "2024-01-02-120000_two/metadata.toml",
            "run_in_transaction = false\n",
        ),
        ("notes/x.sql", "SELECT 1;"),
    ];
    let chain = imported(&files, Some(at.engine())).unwrap();
    assert_eq!(chain.migrations.len(), 2);
    assert!(
        chain.files[0].text.contains("-- raptor:down"),
        "{}",
        chain.files[0].text
    );
    assert!(
        chain.files[1].text.contains("tx=off"),
        "{}",
        chain.files[1].text
    );
    assert!(
        chain
            .to_string()
            .contains("notes is a folder and was passed over."),
        "{chain}"
    );
    at.run("CREATE TABLE one (id integer PRIMARY KEY); CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY, run_on text); INSERT INTO __diesel_schema_migrations VALUES ('20240101120000', 'a')").await;
    adopt(&at.db, &chain, &OldTable::default(), &at.options)
        .await
        .unwrap();
    at.upgrade(&chain.chain().unwrap(), "head").await.unwrap();
    assert_eq!(at.column("SELECT count(*)::text FROM two").await, ["0"]);
}
