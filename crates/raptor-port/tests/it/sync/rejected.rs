//! Rows that cannot come along are kept while the file is followed as they are in the copy; those that are
//! mended come along, and are kept no more.

use super::{followed, open, whole};
use crate::file;
use crate::runs::{ask, plan_of};
use raptor_port::{Dirty, Nul};
use raptor_testkit::{Options, Server};

const DAYS: &str = "
CREATE TABLE days (id INTEGER PRIMARY KEY, day DATE, note TEXT);
CREATE TABLE words (word TEXT PRIMARY KEY, day DATE) WITHOUT ROWID;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
INSERT INTO days SELECT i, '2024-02-29', 'note ' || i FROM n;
INSERT INTO words SELECT 'word ' || id, day FROM days;
UPDATE days SET day = 'soon' WHERE id IN (1, 2, 3);
UPDATE words SET day = 'soon' WHERE word IN ('word 1', 'word 2');
UPDATE words SET word = 'nul' || char(0) || '!' WHERE word = 'word 300';
";

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_mended_and_broken() {
    let server = Server::start(Options::default()).unwrap();
    for (dirty, nul) in [(Dirty::Reject, Nul::Reject), (Dirty::Null, Nul::Strip)] {
        let (_folder, path) = file(DAYS).await;
        let db = open(&server, &format!("rejected_{dirty:?}").to_lowercase()).await;
        let mut plan = plan_of(&path);
        plan.answers.dirty = dirty;
        plan.answers.nul = nul;
        for table in &mut plan.tables {
            table.rejects = 10;
        }
        // One is mended, one is deleted, one gets another number, and others are broken.
        let copying = "
            UPDATE days SET day = '2025-01-01' WHERE id = 1;
            DELETE FROM days WHERE id = 2;
            UPDATE days SET id = 1003 WHERE id = 3;
            UPDATE days SET day = 'never' WHERE id IN (10, 11);
            UPDATE words SET day = NULL WHERE word = 'word 1';
            UPDATE words SET word = 'another' WHERE word = 'word 2';
            UPDATE words SET day = '2025-02-02' WHERE word LIKE 'nul%';";
        let held = "
            UPDATE days SET day = '2025-01-02' WHERE id = 11;
            INSERT INTO days VALUES (12000, 'new', 'and dirty');
            UPDATE words SET day = 'x' WHERE word = 'word 5';
            DELETE FROM words WHERE word LIKE 'nul%';";
        let done = followed(&plan, &path, &db, [copying, held]).await;
        assert!(done.is_whole(), "{done:#?}");
        let kept = ask(
            &db,
            "SELECT source_table || ' ' || place || ' ' || source_column || ' ' || convert_from(value, 'UTF8') FROM raptor_port.rejected ORDER BY 1",
        )
        .await;
        assert_eq!(
            kept,
            [
                "days rowid 10 day never",
                "days rowid 1003 day soon",
                "days rowid 12000 day new",
                "words word \"another\" day soon",
                "words word \"word 5\" day x",
            ]
        );
        let of = |name: &str| (done.tables[name].rows, done.tables[name].rejected);
        match dirty {
            Dirty::Reject => assert_eq!((of("days"), of("words")), ((297, 3), (297, 2))),
            _ => assert_eq!((of("days"), of("words")), ((300, 0), (299, 0))),
        }
        whole(&plan, &path, &db).await;
    }
}
