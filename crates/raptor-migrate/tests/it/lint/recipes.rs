//! The safe ways that findings name: they run on a database with rows, and nothing is found in them.

use super::claims::ROWS;
use super::world;
use crate::fixture::{Fixture, chain};
use raptor_migrate::{LintOptions, lint};

/// Header and text below `-- raptor:up postgres`, in the order in which they run.
const WAYS: &[(&str, &str)] = &[
    // NOT NULL.
    (
        "",
        "ALTER TABLE notes ADD CONSTRAINT notes_body_not_null CHECK (body IS NOT NULL) NOT VALID",
    ),
    (
        "",
        "ALTER TABLE notes VALIDATE CONSTRAINT notes_body_not_null;\n\
         ALTER TABLE notes ALTER COLUMN body SET NOT NULL;\n\
         ALTER TABLE notes DROP CONSTRAINT notes_body_not_null",
    ),
    // A required column.
    (
        "phase=expand",
        "ALTER TABLE notes ADD COLUMN kind text NOT NULL DEFAULT 'plain'",
    ),
    // A foreign key.
    (
        "",
        "ALTER TABLE tags ADD CONSTRAINT tags_note_fkey FOREIGN KEY (note_id) REFERENCES notes (id) ON DELETE CASCADE NOT VALID",
    ),
    ("", "ALTER TABLE tags VALIDATE CONSTRAINT tags_note_fkey"),
    // A unique constraint.
    (
        "tx=off",
        "CREATE UNIQUE INDEX CONCURRENTLY tags_tag_key ON tags (tag)",
    ),
    (
        "",
        "ALTER TABLE tags ADD CONSTRAINT tags_tag_key UNIQUE USING INDEX tags_tag_key",
    ),
    // An index, and away with it.
    (
        "tx=off",
        "CREATE INDEX CONCURRENTLY notes_title_idx ON notes (title)",
    ),
    ("tx=off", "DROP INDEX CONCURRENTLY notes_title_idx"),
    ("tx=off", "REINDEX TABLE CONCURRENTLY notes"),
    // A primary key.
    (
        "",
        "ALTER TABLE logs_2 ADD CONSTRAINT logs_2_id CHECK (id IS NOT NULL) NOT VALID",
    ),
    ("", "ALTER TABLE logs_2 VALIDATE CONSTRAINT logs_2_id"),
    (
        "tx=off",
        "CREATE UNIQUE INDEX CONCURRENTLY logs_2_pkey ON logs_2 (id)",
    ),
    (
        "",
        "ALTER TABLE logs_2 ADD CONSTRAINT logs_2_pkey PRIMARY KEY USING INDEX logs_2_pkey",
    ),
    // A default that differs from row to row.
    (
        "",
        "ALTER TABLE settings ADD COLUMN token uuid; ALTER TABLE settings ALTER COLUMN token SET DEFAULT gen_random_uuid()",
    ),
    // Another name.
    (
        "",
        "ALTER TABLE settings RENAME TO options; CREATE VIEW settings AS SELECT * FROM options",
    ),
    ("phase=contract", "DROP VIEW settings"),
    // A partition.
    (
        "",
        "CREATE TABLE logs_4 (LIKE logs INCLUDING DEFAULTS INCLUDING CONSTRAINTS);\n\
         ALTER TABLE logs_4 ADD PRIMARY KEY (id, at);\n\
         ALTER TABLE logs ATTACH PARTITION logs_4 FOR VALUES FROM (40) TO (50)",
    ),
    (
        "",
        "ALTER TABLE logs ATTACH PARTITION logs_3 FOR VALUES FROM (30) TO (40)",
    ),
    // A materialized view.
    ("", "REFRESH MATERIALIZED VIEW CONCURRENTLY counts"),
    // Row security, privileges and functions.
    (
        "",
        "CREATE POLICY notes_own ON notes USING (id = 1) WITH CHECK (id = 1);\n\
         ALTER TABLE notes ENABLE ROW LEVEL SECURITY; GRANT SELECT, INSERT ON notes TO raptor_app",
    ),
    (
        "",
        "CREATE FUNCTION answer() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = raptor, pg_temp AS 'SELECT 42';\n\
         REVOKE ALL ON FUNCTION answer() FROM PUBLIC; GRANT EXECUTE ON FUNCTION answer() TO raptor_app",
    ),
    (
        "",
        "DROP POLICY notes_own ON notes; CREATE POLICY notes_own ON notes USING (id = 2)",
    ),
    ("", "ALTER TYPE mood ADD VALUE 'calm' BEFORE 'glad'"),
    (
        "",
        "UPDATE tags SET mood = 'calm' WHERE note_id = 1 AND tag = 'tag1'",
    ),
    // What no release uses any more.
    ("phase=contract", "ALTER TABLE notes DROP COLUMN title"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_safe_ways_run_and_nothing_is_found_in_them() {
    let mut files = vec![world::BASE.to_owned()];
    for (number, (header, text)) in WAYS.iter().enumerate() {
        let before = if number == 0 {
            "a1".to_owned()
        } else {
            format!("c{}", number - 1)
        };
        files.push(format!(
            "-- raptor: id=c{number} revises={before} {header}\n-- raptor:up postgres\n{text};\n-- raptor:up sqlite\n"
        ));
    }
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let chain = chain(&files);
    let mut options = LintOptions::default();
    options.only = Some((0..WAYS.len()).map(|number| format!("c{number}")).collect());
    let found = lint(&chain, &options);
    assert_eq!(found.findings, [], "{found}");
    assert!(found.holds() && found.revisions == WAYS.len());

    let at = Fixture::postgres().await;
    at.upgrade(&chain, "a1").await.unwrap();
    at.run(&format!("SET search_path = raptor;{ROWS}")).await;
    let ran = at.upgrade(&chain, "head").await.unwrap();
    assert_eq!(ran.steps.len(), WAYS.len());
}
