//! Every way in which SQLite changes rows is noted, also those that fire no trigger of the row.

use super::{application, followed, open, texts, whole};
use crate::file;
use crate::runs::plan_of;
use raptor_testkit::{Options, Server};

const UNIQUE: &str = "
CREATE TABLE mails (id INTEGER PRIMARY KEY, mail TEXT UNIQUE, note TEXT);
CREATE TABLE nocase (id INTEGER PRIMARY KEY, mail TEXT, note TEXT);
CREATE UNIQUE INDEX nocase_mail ON nocase (mail COLLATE NOCASE);
CREATE TABLE computed (id INTEGER PRIMARY KEY, a TEXT, low TEXT AS (lower(a)) UNIQUE);
CREATE TABLE partial (id INTEGER PRIMARY KEY, of INTEGER, is_on INTEGER, note TEXT);
CREATE UNIQUE INDEX one_is_on ON partial (of) WHERE is_on = 1;
CREATE TABLE expressed (id INTEGER PRIMARY KEY, a TEXT, b TEXT);
CREATE UNIQUE INDEX both ON expressed (lower(a), b);
CREATE TABLE texts (word TEXT PRIMARY KEY, other TEXT UNIQUE ON CONFLICT REPLACE);
CREATE TABLE folded (word TEXT COLLATE NOCASE PRIMARY KEY, note TEXT) WITHOUT ROWID;
CREATE TABLE \"new\" (\"old\" INTEGER PRIMARY KEY, \"New\" TEXT UNIQUE);
CREATE TABLE \"a 'b' \"\"c\"\" [d]\" (\"the \"\"key\"\"\" TEXT PRIMARY KEY, \"select\" TEXT UNIQUE, rowid TEXT);
INSERT INTO mails VALUES (1, 'a', NULL), (2, 'b', NULL), (3, 'c', NULL), (4, 'd', NULL), (5, NULL, NULL);
INSERT INTO nocase SELECT * FROM mails;
INSERT INTO computed (id, a) SELECT id, mail FROM mails;
INSERT INTO partial VALUES (1, 1, 1, NULL), (2, 1, 0, NULL), (3, 1, 0, NULL), (4, 2, 1, NULL);
INSERT INTO expressed VALUES (1, 'A', 'x'), (2, 'b', 'x'), (3, 'c', 'x');
INSERT INTO texts VALUES ('a', 'x'), ('b', 'y'), ('c', 'z');
INSERT INTO folded VALUES ('A', 'x'), ('b', 'y'), ('c', 'z');
INSERT INTO \"new\" VALUES (1, 'a'), (2, 'b'), (3, 'c');
INSERT INTO \"a 'b' \"\"c\"\" [d]\" VALUES ('a', 'x', '1'), ('b', 'y', '2'), ('c', 'z', '3');
";

/// `REPLACE` takes out rows that collide on any unique key, and their own triggers are not fired.
#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_replaced() {
    let server = Server::start(Options::default()).unwrap();
    let (_folder, path) = file(UNIQUE).await;
    let db = open(&server, "replaced").await;
    let plan = plan_of(&path);
    let copying = "
        INSERT OR REPLACE INTO mails VALUES (10, 'a', 'new');
        UPDATE OR REPLACE mails SET mail = 'b' WHERE id = 3;
        REPLACE INTO mails VALUES (4, 'e', 'same number');
        INSERT INTO mails VALUES (5, 'f', 'up') ON CONFLICT (id) DO UPDATE SET mail = excluded.mail;
        INSERT OR REPLACE INTO nocase VALUES (10, 'A', 'new'), (11, 'B', 'new');
        UPDATE OR REPLACE nocase SET mail = 'D' WHERE id = 3;
        INSERT OR REPLACE INTO computed (id, a) VALUES (10, 'A');
        UPDATE OR REPLACE computed SET a = 'C' WHERE id = 2;
        INSERT OR REPLACE INTO partial VALUES (10, 1, 1, 'new');
        UPDATE OR REPLACE partial SET is_on = 1, of = 2 WHERE id = 3;
        INSERT OR REPLACE INTO expressed VALUES (10, 'a', 'x');
        UPDATE OR REPLACE expressed SET a = 'B' WHERE id = 3;";
    let held = "
        INSERT OR REPLACE INTO texts VALUES ('d', 'x');
        INSERT INTO texts VALUES ('e', 'y');
        INSERT OR REPLACE INTO texts VALUES ('c', 'c');
        UPDATE texts SET other = 'c' WHERE word = 'e';
        INSERT OR REPLACE INTO folded VALUES ('a', 'new');
        UPDATE OR REPLACE folded SET word = 'B' WHERE word = 'c';
        INSERT OR REPLACE INTO \"new\" VALUES (10, 'a');
        UPDATE OR REPLACE \"new\" SET \"New\" = 'b' WHERE \"old\" = 3;
        INSERT OR REPLACE INTO \"a 'b' \"\"c\"\" [d]\" VALUES ('d', 'x', '4');
        UPDATE OR REPLACE \"a 'b' \"\"c\"\" [d]\" SET \"select\" = 'y' WHERE \"the \"\"key\"\"\" = 'c';";
    let done = followed(&plan, &path, &db, [copying, held]).await;
    assert!(done.is_whole(), "{done:#?}");
    whole(&plan, &path, &db).await;
    let rows = done
        .tables
        .iter()
        .map(|(name, it)| format!("{name} {}", it.rows));
    assert_eq!(
        rows.collect::<Vec<_>>(),
        [
            "a 'b' \"c\" [d] 2",
            "computed 4",
            "expressed 2",
            "folded 2",
            "mails 4",
            "new 2",
            "nocase 4",
            "partial 3",
            "texts 2"
        ]
    );
}

const TIED: &str = "
CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE friends (id INTEGER PRIMARY KEY, name TEXT REFERENCES parents (name) ON DELETE SET NULL ON UPDATE CASCADE);
CREATE TABLE tree (id INTEGER PRIMARY KEY, up INTEGER REFERENCES tree ON DELETE CASCADE);
CREATE TABLE log (id INTEGER PRIMARY KEY, text TEXT);
CREATE TABLE counts (name TEXT PRIMARY KEY, count INTEGER);
CREATE TABLE quiet (id INTEGER PRIMARY KEY, text TEXT);
CREATE VIEW names AS SELECT id, name FROM parents;
CREATE TRIGGER told AFTER INSERT ON parents BEGIN
  INSERT INTO log (text) VALUES ('new ' || NEW.name);
  INSERT OR REPLACE INTO counts VALUES ('last', last_insert_rowid());
END;
CREATE TRIGGER touched AFTER UPDATE ON parents WHEN NEW.name NOT LIKE '%!' BEGIN UPDATE parents SET name = NEW.name || '!' WHERE id = NEW.id; END;
CREATE TRIGGER through INSTEAD OF INSERT ON names BEGIN INSERT INTO parents VALUES (NEW.id, NEW.name); END;
CREATE TRIGGER ignored AFTER INSERT ON quiet BEGIN SELECT RAISE(IGNORE); END;
INSERT INTO parents VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd');
INSERT INTO children VALUES (1, 1), (2, 1), (3, 2), (4, 3), (5, 4);
INSERT INTO friends VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd');
INSERT INTO tree VALUES (1, NULL), (2, 1), (3, 2), (4, 2), (5, NULL);
";

/// What follows from a change: actions of foreign keys, and the application's own triggers.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_change_brings_about() {
    let server = Server::start(Options::default()).unwrap();
    let (_folder, path) = file(TIED).await;
    let db = open(&server, "tied").await;
    let plan = plan_of(&path);
    let copying = "
        PRAGMA foreign_keys = ON;
        DELETE FROM parents WHERE id = 1;
        UPDATE parents SET id = 20 WHERE id = 2;
        DELETE FROM tree WHERE id = 1;
        INSERT INTO quiet VALUES (1, 'is there');";
    let held = "
        PRAGMA foreign_keys = ON;
        INSERT OR REPLACE INTO parents VALUES (30, 'c');
        INSERT INTO names VALUES (40, 'through');
        UPDATE parents SET name = 'e' WHERE id = 4;
        DELETE FROM log WHERE id = 1;";
    let done = followed(&plan, &path, &db, [copying, held]).await;
    whole(&plan, &path, &db).await;
    let rows = done
        .tables
        .iter()
        .map(|(name, it)| format!("{name} {}", it.rows));
    assert_eq!(
        rows.collect::<Vec<_>>(),
        [
            "children 2",
            "counts 1",
            "friends 4",
            "log 5",
            "parents 4",
            "quiet 1",
            "tree 1"
        ]
    );
    let left = super::ask(
        &db,
        "SELECT coalesce(string_agg(name, ',' ORDER BY id), '') FROM public.friends",
    )
    .await;
    assert_eq!(left, ["b!,e!"]);
}

/// What an application asks SQLite about its last statement is answered as if nobody followed.
#[tokio::test(flavor = "multi_thread")]
async fn the_application_does_not_notice() {
    let server = Server::start(Options::default()).unwrap();
    let (_folder, path) = file(&format!("{TIED}{UNIQUE}")).await;
    let asked = |writes: &str| {
        let application = application(&path);
        application.execute(&format!("BEGIN; {writes}")).unwrap();
        let said = texts(
            &application,
            "SELECT last_insert_rowid() || ' ' || changes()",
        );
        application.execute("ROLLBACK").unwrap();
        said
    };
    let writes = [
        "INSERT INTO parents VALUES (70, 'x')",
        "INSERT INTO parents (name) VALUES ('x'), ('y')",
        "UPDATE parents SET name = name || 'q' WHERE id < 3",
        "INSERT OR REPLACE INTO mails VALUES (50, 'a', NULL)",
        "UPDATE OR REPLACE mails SET mail = 'a' WHERE id > 1",
        "DELETE FROM folded",
        "INSERT INTO texts VALUES ('q', 'q')",
    ];
    let before = writes.map(asked);
    let db = open(&server, "unnoticed").await;
    let plan = plan_of(&path);
    let on_event = |event: raptor_port::Event<'_>| {
        if let raptor_port::Event::Held { file } = event {
            assert!(super::ours(&path).len() > 50);
            assert_eq!(writes.map(asked), before);
            std::fs::remove_file(file).unwrap();
        }
    };
    let hold = path.with_file_name("hold");
    let done = plan
        .clone()
        .run(&path, &db, super::following(Some(&hold)), &on_event);
    done.await.unwrap();
    whole(&plan, &path, &db).await;
}

/// Tables of modules, which have no triggers, come over as a whole.
#[tokio::test(flavor = "multi_thread")]
async fn tables_of_modules() {
    let server = Server::start(Options::default()).unwrap();
    let (_folder, path) = file(
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT);
         CREATE VIRTUAL TABLE found USING fts5(body);
         CREATE VIRTUAL TABLE places USING rtree(id, x1, x2);
         INSERT INTO notes VALUES (1, 'one');
         INSERT INTO found VALUES ('one'), ('two'), ('three');
         INSERT INTO places VALUES (1, 0, 1), (2, 3, 4);",
    )
    .await;
    let db = open(&server, "modules").await;
    let plan = plan_of(&path);
    let writes = [
        "DELETE FROM found WHERE rowid = 1; INSERT INTO places VALUES (7, 1, 2)",
        "UPDATE found SET body = 'changed' WHERE rowid = 2; INSERT INTO notes VALUES (2, 'two'); DELETE FROM places WHERE id = 1",
    ];
    let done = followed(&plan, &path, &db, writes).await;
    assert!(done.is_whole(), "{done:#?}");
    let rows = done
        .tables
        .iter()
        .map(|(name, it)| format!("{name} {}", it.rows));
    assert_eq!(rows.collect::<Vec<_>>(), ["found 2", "notes 2", "places 2"]);
    whole(&plan, &path, &db).await;
}

/// Entries of the log that were carried over are taken out of it.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_stays_small() {
    let server = Server::start(Options::default()).unwrap();
    let (_folder, path) = file(
        "CREATE TABLE many (id INTEGER PRIMARY KEY, count INTEGER);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) INSERT INTO many SELECT i, 0 FROM n;",
    )
    .await;
    let db = open(&server, "small").await;
    let plan = plan_of(&path);
    let writes = "UPDATE many SET count = count + 1; UPDATE many SET count = count + 1;";
    let on_event = |event: raptor_port::Event<'_>| match event {
        raptor_port::Event::Carried { .. } => application(&path).execute(writes).unwrap(),
        raptor_port::Event::Held { file } => {
            let left = texts(
                &application(&path),
                "SELECT count(*) || '' FROM raptor_port_changes",
            );
            assert!(left[0].parse::<u64>().unwrap() <= 100_000, "{left:?}");
            std::fs::remove_file(file).unwrap();
        }
        _ => {}
    };
    let hold = path.with_file_name("hold");
    let done = plan
        .clone()
        .run(&path, &db, super::following(Some(&hold)), &on_event)
        .await
        .unwrap();
    assert_eq!(done.sync.unwrap().changes, 120_000);
    whole(&plan, &path, &db).await;
}
