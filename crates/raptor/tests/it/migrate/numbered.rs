//! `raptor migrate import sql`: numbered files, and a database that another runner migrated.

use super::Folder;

/// Three files of a runner that was written by hand, and a database that has two of them.
fn numbered() -> Folder {
    let folder = Folder::new();
    let files = folder.path().join("db");
    std::fs::create_dir(&files).unwrap();
    for (name, text) in [
        (
            "0001_users.sql",
            "CREATE TABLE users (id text NOT NULL PRIMARY KEY);\n",
        ),
        (
            "0002_orders.sql",
            "CREATE TABLE orders (id text NOT NULL PRIMARY KEY);\n",
        ),
        (
            "0003_notes.sql",
            "CREATE TABLE notes (id text NOT NULL PRIMARY KEY);\n",
        ),
    ] {
        std::fs::write(files.join(name), text).unwrap();
    }
    std::fs::write(folder.path().join("x.db"), "").unwrap();
    folder.change(
        "CREATE TABLE users (id text NOT NULL PRIMARY KEY); CREATE TABLE orders (id text NOT NULL PRIMARY KEY); \
         CREATE TABLE schema_migrations (version text PRIMARY KEY, applied_at text); \
         INSERT INTO schema_migrations VALUES ('0001_users.sql', '2024-01-01'), ('0002_orders.sql', '2024-02-01')",
    );
    folder
}

#[test]
fn a_database_is_taken_over_where_it_stands() {
    let folder = numbered();
    let words = "import sql db --engine sqlite --adopt";
    let said = folder.says(&format!("{words} --dry-run"), 0);
    assert!(
        said.contains("schema_migrations(version): 2 applied, 1 pending."),
        "{said}"
    );
    assert!(
        said.starts_with("3 numbered files, each a revision:"),
        "{said}"
    );
    assert!(said.contains("No file was written"), "{said}");
    assert_eq!(folder.files(), 0);
    let said = folder.says(words, 0);
    assert!(said.contains("Written to migrations: 3 files."), "{said}");
    assert!(said.contains("nothing was run"), "{said}");
    let said = folder.says("upgrade --dir migrations", 0);
    assert!(said.contains("1 revision"), "{said}");
    folder.says("current --check-heads --dir migrations", 0);
    folder.says("check --dir migrations --no-drift", 0);
    let again = folder.says(words, 2);
    assert!(again.contains("already"), "{again}");
    // Looked at alone it is refused too, and with another folder none is left behind.
    let again = folder.says(&format!("{words} --dry-run"), 1);
    assert!(again.contains("already"), "{again}");
    folder.says(&format!("{words} --dir other"), 2);
    assert!(!folder.path().join("other").exists());
    // The next database, with the files that are there.
    std::fs::rename(folder.path().join("x.db"), folder.path().join("z.db")).unwrap();
    std::fs::write(folder.path().join("x.db"), "").unwrap();
    folder.change("CREATE TABLE schema_migrations (version text PRIMARY KEY)");
    let said = folder.says(words, 0);
    assert!(said.contains("the database is at base"), "{said}");
    assert_eq!(folder.files(), 3);
}

#[test]
fn an_empty_table_says_nothing_of_a_database_with_tables() {
    let folder = numbered();
    folder.change("DELETE FROM schema_migrations");
    std::fs::remove_file(folder.path().join("db/0002_orders.sql")).unwrap();
    std::fs::remove_file(folder.path().join("db/0003_notes.sql")).unwrap();
    let words = "import sql db --engine sqlite --adopt";
    let said = folder.says(&format!("{words} --dry-run"), 1);
    assert!(
        said.contains("the database has their tables: users (0001_users.sql)"),
        "{said}"
    );
    let said = folder.says(words, 2);
    assert!(said.contains("--empty-is-base"), "{said}");
    assert_eq!(folder.files(), 0);
    let said = folder.says(&format!("{words} --empty-is-base"), 0);
    assert!(said.contains("Written to migrations: 1 file."), "{said}");
}

#[test]
fn what_cannot_be_taken_over_is_shown_and_writes_nothing() {
    let folder = numbered();
    folder.change(
        "UPDATE schema_migrations SET version = '0003_notes.sql' WHERE version = '0001_users.sql'",
    );
    let words = "import sql db --engine sqlite --adopt";
    let said = folder.says(&format!("{words} --dry-run"), 1);
    assert!(
        said.contains("Not applied, though a later one is: 0001_users.sql."),
        "{said}"
    );
    let said = folder.says(words, 2);
    assert!(
        said.contains("no prefix") && said.contains("0001_users.sql"),
        "{said}"
    );
    assert_eq!(folder.files(), 0);
    let said = folder.says("import sql db --engine postgres --adopt", 2);
    assert!(said.contains("--url"), "{said}");
    // Another chain's folder.
    folder.file(
        "1.sql",
        "-- raptor: id=a1\n-- raptor:up\nCREATE TABLE t (id text);\n",
    );
    assert!(
        folder
            .says("import sql db", 2)
            .contains("holds revisions already")
    );
    assert!(
        folder
            .says(words, 2)
            .contains("was not made from these files")
    );
    assert_eq!(folder.files(), 1);
}

/// Without an engine the SQL is for both, and SQLite's parser is at hand.
#[test]
fn what_one_engine_cannot_read_is_told() {
    let folder = numbered();
    std::fs::write(
        folder.path().join("db/0004_serials.sql"),
        "CREATE TABLE s (\n    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY\n);\n",
    )
    .unwrap();
    let said = folder.says("import sql db", 0);
    assert!(
        said.contains("0004_serials.sql:2: SQLite cannot read this: near \"IDENTITY\"")
            && said.contains("1 statement cannot run on SQLite: import with --engine postgres"),
        "{said}"
    );
    let said = folder.says("lint --engine sqlite --dir migrations", 1);
    assert!(said.contains("sqlite-syntax"), "{said}");
    let said = folder.says("import sql db --engine postgres --dir other", 0);
    assert!(!said.contains("cannot read"), "{said}");
    folder.says("lint --engine sqlite --dir other", 0);
}

#[test]
fn without_a_database_the_files_alone_are_written() {
    let folder = numbered();
    let made: serde_json::Value =
        serde_json::from_str(&folder.says("import sql db --json", 0)).unwrap();
    assert_eq!(made["chain"]["migrations"][2]["file"], "0003_notes.sql");
    assert_eq!(folder.files(), 3);
    folder.says("rehearse --from base --dir migrations --url sqlite:y.db", 0);
}
