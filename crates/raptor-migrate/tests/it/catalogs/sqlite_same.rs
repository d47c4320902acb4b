//! Texts of SQLite that make the same schema.

use super::changes::{found, read, run};
use crate::fixture::Fixture;
use raptor_migrate::Catalog;

pub(super) async fn made(text: &str) -> Catalog {
    let at = Fixture::sqlite().await;
    let session = at.db.session().await.unwrap();
    run(&session, text).await;
    read(&session, None).await
}

const SAME: &[(&str, &str)] = &[
    // How it is written.
    (
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT 'It''s', CHECK (length(name) > 1 AND id <> 3))",
        "create table \"t\"( -- a comment (with brackets\n\t[id] integer PRIMARY key ASC,`name` text not null default('It''s') /* , */,\n\
         check(LENGTH(\"name\")>1 and id!=3 ) );",
    ),
    (
        "CREATE TABLE t (a VARCHAR(40), b NUMERIC(10,2))",
        "CREATE TABLE t (a varchar ( 40 ) NULL, b Numeric( 10 , 2 ))",
    ),
    (
        "CREATE TABLE t (a INT DEFAULT -1, b INT DEFAULT (+5))",
        "CREATE TABLE t (a INT DEFAULT (-1), b INT DEFAULT + 5)",
    ),
    (
        "CREATE TABLE t (a TEXT DEFAULT Open)",
        "CREATE TABLE t (a TEXT DEFAULT 'Open')",
    ),
    (
        "CREATE TABLE t (a TEXT COLLATE NOCASE)",
        "CREATE TABLE t (a TEXT COLLATE \"nocase\")",
    ),
    (
        "CREATE TABLE t (a INT PRIMARY KEY) STRICT, WITHOUT ROWID",
        "CREATE TABLE t (a INT PRIMARY KEY) without rowid,strict",
    ),
    (
        "CREATE TABLE t (a INT, b INT AS (a + 1))",
        "CREATE TABLE t (a INT, b INT GENERATED ALWAYS AS (a+1) VIRTUAL)",
    ),
    // In the column or behind the columns.
    (
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (a INT REFERENCES p (id) ON DELETE CASCADE, b INT UNIQUE CHECK (b > 0))",
        "CREATE TABLE p (id INTEGER, PRIMARY KEY (id)); CREATE TABLE t (a INT, b INT, CHECK (b > 0) UNIQUE (b), \
         FOREIGN KEY (a) REFERENCES p (id) ON UPDATE NO ACTION ON DELETE CASCADE NOT DEFERRABLE)",
    ),
    (
        "CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT, b INT CONSTRAINT c CHECK (b > 0))",
        "CREATE TABLE t (a INTEGER, b INT, CONSTRAINT c CHECK (b > 0), PRIMARY KEY (a AUTOINCREMENT))",
    ),
    // One statement or several.
    (
        "CREATE TABLE p (id INTEGER PRIMARY KEY);\
         CREATE TABLE t (a INT, b TEXT NOT NULL DEFAULT '', c INT REFERENCES p (id), d INT CHECK (d > a), CHECK (a > 0))",
        "CREATE TABLE t (a INT, CHECK (a > 0)); CREATE TABLE p (id INTEGER PRIMARY KEY);\
         ALTER TABLE t ADD COLUMN b TEXT NOT NULL DEFAULT '' ; ALTER TABLE t ADD c INT\nREFERENCES p(id) /* why */;\
         ALTER TABLE t ADD COLUMN d INT CHECK (\"d\">A)",
    ),
    (
        "CREATE TABLE t (a INT, b INT); CREATE INDEX i ON t (a)",
        "CREATE TABLE t (a INT, c INT, b INT); CREATE INDEX i ON t (a); ALTER TABLE t DROP COLUMN c",
    ),
    (
        "CREATE TABLE t (a INT NOT NULL, b INT, CONSTRAINT c CHECK (b > 0))",
        "CREATE TABLE t (a INT, b INT); ALTER TABLE t ALTER COLUMN a SET NOT NULL; ALTER TABLE t ADD CONSTRAINT c CHECK (b > 0)",
    ),
    // Under another name before: what names it is rewritten with quotes.
    (
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT CHECK (name <> 'x'), up INT REFERENCES t (id));\
         CREATE TABLE log (what TEXT); CREATE INDEX i ON t (name, lower(name)) WHERE name > 'a';\
         CREATE VIEW v AS SELECT t.name AS n FROM t WHERE t.name > 'a';\
         CREATE TRIGGER g AFTER UPDATE OF name ON t WHEN new.name > 'a' BEGIN INSERT INTO log (what) SELECT name FROM t; END",
        "CREATE TABLE old (id INTEGER PRIMARY KEY, title TEXT CHECK (title <> 'x'), up INT REFERENCES old (id));\
         CREATE TABLE log (what TEXT); CREATE INDEX i ON old (title, lower(title)) WHERE title > 'a';\
         CREATE VIEW v AS SELECT old.title AS n FROM old WHERE old.title > 'a';\
         CREATE TRIGGER g AFTER UPDATE OF title ON old WHEN new.title > 'a' BEGIN INSERT INTO log (what) SELECT title FROM old; END;\
         ALTER TABLE old RENAME TO t; ALTER TABLE t RENAME COLUMN title TO name",
    ),
    (
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (a INT, \"b c\" INT, p INT REFERENCES p (id)); CREATE INDEX i ON t (\"b c\")",
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t_new (a INT, x INT, p INT REFERENCES p (id)); CREATE INDEX i ON t_new (x);\
         ALTER TABLE t_new RENAME COLUMN x TO \"b c\"; ALTER TABLE t_new RENAME TO t",
    ),
    // The order of what has none.
    (
        "CREATE TABLE a (x INT); CREATE TABLE b (x INT, CHECK (x > 1), CHECK (x < 9), UNIQUE (x)); CREATE INDEX i ON b (x ASC); CREATE INDEX j ON a ('x')",
        "CREATE TABLE b (x INT, UNIQUE (x), CHECK (x < 9) CHECK (x > 1)); CREATE INDEX i ON b (x); CREATE TABLE a (x INT); CREATE INDEX j ON a (x)",
    ),
];

#[tokio::test]
async fn the_same() {
    for (one, other) in SAME {
        let (one_made, other_made) = (made(one).await, made(other).await);
        assert_eq!(
            found(&one_made, &other_made),
            [""; 0],
            "{one}\n{other}\n{one_made}\n{other_made}"
        );
        assert_eq!(one_made.to_string(), other_made.to_string());
        for catalog in [&one_made, &other_made] {
            let whole = |relation: &raptor_migrate::Relation| {
                relation.kind == raptor_migrate::RelationKind::Table
                    && relation.definition.is_some()
            };
            assert!(!catalog.relations.iter().any(whole), "{one}\n{catalog}");
        }
    }
}
