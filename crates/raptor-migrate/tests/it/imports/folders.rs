//! Folders of numbered files, each way of naming them, and databases that their runner left.

use crate::fixture::Fixture;
use raptor_db::Engine;
use raptor_migrate::import::{OldTable, SqlChain, adopt, old_state, sql};
use raptor_migrate::{Error, ErrorKind, Status, status};
use sha2::{Digest, Sha384};

/// A folder of files, imported for an engine.
pub(super) fn imported(files: &[(&str, &str)], engine: Option<Engine>) -> Result<SqlChain, Error> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        if let Some((below, _)) = name.rsplit_once('/') {
            std::fs::create_dir_all(folder.path().join(below)).unwrap();
        }
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    sql(folder.path(), engine)
}

const ONE: &str = "CREATE TABLE one (id integer PRIMARY KEY);\n";
const TWO: &str = "CREATE TABLE two (id integer PRIMARY KEY);\n";
const THREE: &str = "INSERT INTO two (id) VALUES (3);\n";

/// Three files, in each convention.
fn conventions() -> Vec<Vec<(&'static str, String)>> {
    let plain = |names: [&'static str; 3]| {
        let texts = [ONE, TWO, THREE];
        names
            .into_iter()
            .zip(texts.map(str::to_owned))
            .collect::<Vec<_>>()
    };
    let sections = |up: &str, down: &str| {
        let text = |go: &str, back: &str| format!("-- {up}\n{go}\n-- {down}\n{back}\n");
        vec![
            ("20240101120000_one.sql", text(ONE, "DROP TABLE one;")),
            ("20240101120001_two.sql", text(TWO, "DROP TABLE two;")),
            ("20240102120000_three.sql", text(THREE, "DELETE FROM two;")),
        ]
    };
    let mut pairs = plain(["1_one.up.sql", "2_two.up.sql", "10_three.up.sql"]);
    pairs.push(("1_one.down.sql", "DROP TABLE one;".to_owned()));
    pairs.push(("2_two.down.sql", "DROP TABLE two;".to_owned()));
    pairs.push(("10_three.down.sql", "DELETE FROM two;".to_owned()));
    let mut flyway = plain(["V1__One.sql", "V1.1__Two.sql", "V2__Three.sql"]);
    flyway.push(("U2__Three.sql", "DELETE FROM two;".to_owned()));
    vec![
        plain(["0001_one.sql", "0002_two.sql", "0003_three.sql"]),
        plain(["1.sql", "2.sql", "3.sql"]),
        plain(["001-one.sql", "002-two.sql", "003-three.sql"]),
        pairs,
        flyway,
        sections("migrate:up", "migrate:down"),
        sections("+goose Up", "+goose Down"),
    ]
}

pub(crate) async fn each_convention_runs(at: Fixture) {
    for (number, files) in conventions().iter().enumerate() {
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(name, text)| (*name, text.as_str()))
            .collect();
        for engine in [Some(at.engine()), None] {
            let chain = imported(&files, engine).unwrap();
            let made = chain.chain().unwrap();
            assert_eq!(made.len(), 3);
            at.upgrade(&made, "head").await.unwrap();
            assert_eq!(at.tables().await, ["one", "two"], "convention {number}");
            assert_eq!(at.column("SELECT id::text FROM two").await, ["3"]);
            let ways_back = chain
                .files
                .iter()
                .filter(|file| file.text.contains("-- raptor:down"))
                .count();
            let expected = [0, 0, 0, 3, 1, 3, 3][number];
            assert_eq!(ways_back, expected, "convention {number}");
            if expected == 3 {
                at.downgrade(&made, "base").await.unwrap();
            } else {
                at.run("DROP TABLE one; DROP TABLE two").await;
                let table = if at.engine() == Engine::Postgres {
                    "raptor.alembic_version"
                } else {
                    "alembic_version"
                };
                at.run(&format!("DELETE FROM {table}")).await;
            }
        }
    }
}

fn files() -> [(&'static str, &'static str); 3] {
    [
        ("0001_one.sql", ONE),
        ("0002_two.sql", TWO),
        ("0003_three.sql", THREE),
    ]
}

/// A database that the other runner brought somewhere, by a table of its own.
async fn left(at: &Fixture, table: &str) {
    at.run(ONE).await;
    at.run(table).await;
}

pub(crate) async fn a_prefix_is_taken_over(at: Fixture) {
    let chain = imported(&files(), Some(at.engine())).unwrap();
    left(
        &at,
        "CREATE TABLE _migrations (id integer PRIMARY KEY, name text NOT NULL, applied_at text);\
         INSERT INTO _migrations VALUES (1, '0001_one.sql', '2024-01-01'), (2, '0002_two.sql', '2024-01-02')",
    )
    .await;
    at.run(TWO).await;
    let before = at
        .column("SELECT name || applied_at FROM _migrations ORDER BY id")
        .await;
    let adopted = adopt(&at.db, &chain, &OldTable::default(), &at.options)
        .await
        .unwrap();
    assert_eq!(adopted.old.applied, ["0001_one.sql", "0002_two.sql"]);
    assert_eq!(adopted.old.column.as_deref(), Some("name"));
    assert_eq!(adopted.versions, [chain.migrations[1].id.as_str()]);
    assert_eq!(at.versions().await, adopted.versions);
    assert_eq!(
        at.column("SELECT name || applied_at FROM _migrations ORDER BY id")
            .await,
        before
    );
    // What is left runs, and only that.
    let made = chain.chain().unwrap();
    assert!(matches!(
        status(&at.db, &made, &at.options).await.unwrap(),
        Status::Behind(1)
    ));
    let ran = at.upgrade(&made, "head").await.unwrap();
    assert_eq!(ran.steps.len(), 1);
    assert_eq!(at.column("SELECT id::text FROM two").await, ["3"]);
    // A second time there is nothing to take over.
    let error = adopt(&at.db, &chain, &OldTable::default(), &at.options)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("already"), "{error}");
}

pub(crate) async fn tables_of_known_runners(at: Fixture) {
    let cases = [
        (
            "CREATE TABLE schema_migrations (version integer PRIMARY KEY); INSERT INTO schema_migrations VALUES (1), (2)",
            2,
        ),
        (
            "CREATE TABLE schema_migrations (version varchar(20) PRIMARY KEY); INSERT INTO schema_migrations VALUES ('0001')",
            1,
        ),
        (
            "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL); INSERT INTO schema_migrations VALUES (2, false)",
            2,
        ),
        (
            "CREATE TABLE goose_db_version (id integer PRIMARY KEY, version_id bigint, is_applied boolean, tstamp text); \
          INSERT INTO goose_db_version VALUES (1, 0, true, 'a'), (2, 1, true, 'b'), (3, 2, true, 'c'), (4, 2, true, 'd')",
            2,
        ),
        (
            "CREATE TABLE migrations (id integer PRIMARY KEY, migration text); INSERT INTO migrations VALUES (7, 'db/0001_one'), (9, 'db/0002_two')",
            2,
        ),
        (
            "CREATE TABLE schema_version (name text); INSERT INTO schema_version VALUES ('one')",
            1,
        ),
        ("CREATE TABLE schema_migrations (version integer)", 0),
    ];
    let chain = imported(&files(), Some(at.engine())).unwrap();
    for (table, applied) in cases {
        at.run(table).await;
        let state = old_state(&at.db, &chain, &OldTable::default(), &at.options)
            .await
            .unwrap();
        assert!(state.is_prefix(&OldTable::default()), "{table}\n{state}");
        assert_eq!(state.applied.len(), applied, "{table}\n{state}");
        assert_eq!(state.pending.len(), 3 - applied, "{table}\n{state}");
        at.run(&format!("DROP TABLE {}", state.table)).await;
        assert!(!at.has_version_table().await, "a look writes nothing");
    }
}

pub(crate) async fn what_is_no_prefix_is_shown(at: Fixture) {
    let chain = imported(&files(), Some(at.engine())).unwrap();
    let make = "CREATE TABLE schema_migrations (version text, applied_at text, checksum text);";
    let good = |text: &str| {
        let digest = Sha384::digest(text.as_bytes());
        digest
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let (one, two) = (good(ONE), good(TWO));
    let cases = [
        (
            "('1', 'a', NULL), ('3', 'b', NULL)".to_owned(),
            "Not applied, though a later one is: 0002_two.sql.\n",
        ),
        (
            "('1', 'a', NULL), ('2', 'b', NULL), ('9', 'c', NULL)".to_owned(),
            "Applied, and no file is there: 9.\n",
        ),
        (
            "('1', 'b', NULL), ('2', 'a', NULL)".to_owned(),
            "Applied after a later one: 0001_one.sql.\n",
        ),
        (
            format!("('1', 'a', '{one}'), ('2', 'b', '{one}')"),
            "Changed since it was applied: 0002_two.sql.\n",
        ),
    ];
    for (rows, said) in &cases {
        at.run(&format!(
            "{make} INSERT INTO schema_migrations VALUES {rows}"
        ))
        .await;
        let error = adopt(&at.db, &chain, &OldTable::default(), &at.options)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnknownRevision);
        assert!(error.to_string().contains(said.trim_end()), "{error}");
        assert!(!at.has_version_table().await, "nothing was changed");
        at.run("DROP TABLE schema_migrations").await;
    }
    // What is asked for is taken.
    at.run(&format!(
        "{make} INSERT INTO schema_migrations VALUES ('1', 'b', '{one}'), ('2', 'a', '{two}x')"
    ))
    .await;
    let mut old = OldTable::default();
    old.any_order = true;
    let adopted = adopt(&at.db, &chain, &old, &at.options).await.unwrap();
    assert!(
        adopted
            .to_string()
            .contains("checksums are of a kind that is not known"),
        "{adopted}"
    );
    assert_eq!(adopted.old.out_of_order, ["0001_one.sql"]);
}

pub(crate) async fn a_table_that_is_named(at: Fixture) {
    let chain = imported(&files(), Some(at.engine())).unwrap();
    let error = old_state(&at.db, &chain, &OldTable::default(), &at.options)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("no table of another runner"),
        "{error}"
    );
    at.run("CREATE TABLE \"Done\" (what text, \"When\" integer); INSERT INTO \"Done\" VALUES ('0001_one.sql', 1)").await;
    at.run("CREATE TABLE schema_migrations (version text); CREATE TABLE migrations (id text)")
        .await;
    let error = old_state(&at.db, &chain, &OldTable::default(), &at.options)
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("several tables that may be it: schema_migrations, migrations"),
        "{error}"
    );
    let mut old = OldTable::default();
    old.table = Some("Done".to_owned());
    let error = old_state(&at.db, &chain, &old, &at.options)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("it has what, When"), "{error}");
    old.column = Some("nothing".to_owned());
    let error = old_state(&at.db, &chain, &old, &at.options)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("Done has no column nothing"),
        "{error}"
    );
    old.column = Some("what".to_owned());
    let state = old_state(&at.db, &chain, &old, &at.options).await.unwrap();
    assert_eq!(
        (state.applied.len(), state.pending.len()),
        (1, 2),
        "{state}"
    );
    old.table = Some("nowhere".to_owned());
    let error = old_state(&at.db, &chain, &old, &at.options)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("there is no table nowhere"),
        "{error}"
    );
}

pub(crate) async fn a_runner_that_failed(at: Fixture) {
    let chain = imported(&files(), Some(at.engine())).unwrap();
    at.run("CREATE TABLE schema_migrations (version bigint, dirty boolean); INSERT INTO schema_migrations VALUES (2, true)").await;
    let error = adopt(&at.db, &chain, &OldTable::default(), &at.options)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("marked dirty at 2"), "{error}");
    at.run("DROP TABLE schema_migrations; CREATE TABLE _sqlx_migrations (version bigint, success boolean); \
            INSERT INTO _sqlx_migrations VALUES (1, true), (2, false)").await;
    let error = adopt(&at.db, &chain, &OldTable::default(), &at.options)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("Marked as failed: 2."),
        "{error}"
    );
}

/// SQL that only one engine knows stays as it is written.
#[test]
fn the_text_stays() {
    let text = "-- Why it is so.\nCREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT DEFAULT '?');\n\n/* and */ CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; END;";
    let chain = imported(&[("1_t.sql", text)], Some(Engine::Sqlite)).unwrap();
    assert!(
        chain.files[0].text.contains(text),
        "{}",
        chain.files[0].text
    );
    assert!(chain.files[0].name.starts_with("1_") && chain.files[0].name.ends_with("_t.sql"));
    let again = imported(
        &[("1_t.sql", &text.replace('\n', "\r\n"))],
        Some(Engine::Sqlite),
    )
    .unwrap();
    assert_eq!(
        again.migrations[0].id, chain.migrations[0].id,
        "a checkout changes no id"
    );
    let other = imported(&[("2_t.sql", text)], Some(Engine::Sqlite)).unwrap();
    assert_ne!(other.migrations[0].id, chain.migrations[0].id);
}

#[test]
fn transactions_of_their_own() {
    let files = [
        ("1_a.sql", "BEGIN;\nCREATE TABLE a (b integer);\nCOMMIT;\n"),
        (
            "2_b.sql",
            "PRAGMA journal_mode = wal;\nBEGIN;\nDROP TABLE a;\nCOMMIT;\n",
        ),
        ("3_c.sql", ""),
        ("readme.sql", "SELECT 1;"),
        ("README.md", ""),
        ("seed.sh", ""),
    ];
    let chain = imported(&files, Some(Engine::Sqlite)).unwrap();
    let said = chain.to_string();
    assert!(
        chain.files[0]
            .text
            .contains("-- raptor:up sqlite\nCREATE TABLE a (b integer);\n"),
        "{}",
        chain.files[0].text
    );
    assert!(
        chain.files[1].text.contains("tx=off"),
        "{}",
        chain.files[1].text
    );
    assert!(
        said.contains("1_a.sql:1: BEGIN left out") && said.contains("1_a.sql:3: COMMIT left out"),
        "{said}"
    );
    assert!(
        said.contains("2_b.sql: it runs outside a transaction"),
        "{said}"
    );
    for name in ["README.md", "seed.sh"] {
        let passed = format!("{name} is no .sql file and was passed over.");
        assert!(said.contains(&passed), "{said}");
    }
    assert!(
        said.contains("readme.sql has no number and was passed over."),
        "{said}"
    );
}

#[test]
fn what_makes_no_line_is_named() {
    let cases: [(&[(&str, &str)], &str); 8] = [
        (
            &[("01_b.sql", ""), ("1_a.sql", "")],
            "1_a.sql: 01_b.sql has the same number; one of them",
        ),
        (
            &[("1_a.up.sql", ""), ("2_b.down.sql", "")],
            "2_b.down.sql: it takes back number 2, which no file has",
        ),
        (
            &[("1_a.sql", ""), ("1_a.down.sql", ""), ("1_b.down.sql", "")],
            "1_a.down.sql takes back the same number",
        ),
        (&[("a.sql", "")], "there are no numbered .sql files in"),
        (
            &[("1_a.sql", "SELECT 'x")],
            "1_a.sql:1:8: a string opened here never ends",
        ),
        (
            &[("1_a.sql", "\\connect x\nSELECT 1;")],
            "1_a.sql:1:1: a command of psql",
        ),
        (
            &[("1_a.sql", "COPY t FROM stdin;\n")],
            "COPY from or to the client",
        ),
        (&[("1_a.sql", "-- raptor:nonsense\n")], "is no directive"),
    ];
    for (files, said) in cases {
        let error = imported(files, Some(Engine::Postgres))
            .unwrap_err()
            .to_string();
        assert!(error.contains(said), "{error}");
        assert!(
            error.contains(files.last().unwrap().0) || said.contains("no numbered"),
            "{error}"
        );
    }
    let error = sql("/nonexistent/folder", None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
}
