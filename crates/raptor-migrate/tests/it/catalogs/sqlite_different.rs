//! Texts of SQLite that look alike and make different schemas.

use super::changes::found;
use super::sqlite_same::made;

const DIFFERENT: &[(&str, &str)] = &[
    (
        "CREATE TABLE t (a TEXT DEFAULT 'Open')",
        "CREATE TABLE t (a TEXT DEFAULT 'open')",
    ),
    (
        "CREATE TABLE t (a TEXT DEFAULT Open)",
        "CREATE TABLE t (a TEXT DEFAULT open)",
    ),
    (
        "CREATE TABLE t (a TEXT DEFAULT 'null')",
        "CREATE TABLE t (a TEXT DEFAULT null)",
    ),
    (
        "CREATE TABLE t (a TEXT DEFAULT '')",
        "CREATE TABLE t (a TEXT DEFAULT ' ')",
    ),
    (
        "CREATE TABLE t (a TEXT DEFAULT NULL)",
        "CREATE TABLE t (a TEXT)",
    ),
    (
        "CREATE TABLE t (a TEXT DEFAULT '1')",
        "CREATE TABLE t (a TEXT DEFAULT 1)",
    ),
    (
        "CREATE TABLE t (a TEXT DEFAULT x'41')",
        "CREATE TABLE t (a TEXT DEFAULT 'x''41''')",
    ),
    (
        "CREATE TABLE t (a TEXT DEFAULT 'a  b')",
        "CREATE TABLE t (a TEXT DEFAULT 'a b')",
    ),
    (
        "CREATE TABLE t (a TEXT DEFAULT 'a--b')",
        "CREATE TABLE t (a TEXT DEFAULT 'a')",
    ),
    (
        "CREATE TABLE t (\"null\" INT CHECK (\"null\" > 1))",
        "CREATE TABLE t (\"null\" INT CHECK (null > 1))",
    ),
    (
        "CREATE TABLE t (a INT CHECK (a IN ('x', 'y')))",
        "CREATE TABLE t (a INT CHECK (a IN ('x, y')))",
    ),
    (
        "CREATE TABLE t (a INT CHECK (a - -1 > 0))",
        "CREATE TABLE t (a INT CHECK (a - 1 > 0))",
    ),
    (
        "CREATE TABLE t (a INT CHECK (a > 1 OR a < 0 AND a > 2))",
        "CREATE TABLE t (a INT CHECK ((a > 1 OR a < 0) AND a > 2))",
    ),
    (
        "CREATE TABLE t (a INT CONSTRAINT x NOT NULL CHECK (a > 0))",
        "CREATE TABLE t (a INT CHECK (a > 0) CONSTRAINT x NOT NULL)",
    ),
    (
        "CREATE TABLE t (a INT, CONSTRAINT x CHECK (a > 0))",
        "CREATE TABLE t (a INT, CHECK (a > 0))",
    ),
    (
        "CREATE TABLE t (a INT, CONSTRAINT x CHECK (a > 0) CHECK (a < 9))",
        "CREATE TABLE t (a INT, CONSTRAINT x CHECK (a > 0), CHECK (a < 9))",
    ),
    (
        "CREATE TABLE t (a INT UNIQUE)",
        "CREATE TABLE t (a INT PRIMARY KEY)",
    ),
    (
        "CREATE TABLE t (a INT); CREATE UNIQUE INDEX i ON t (a)",
        "CREATE TABLE t (a INT UNIQUE)",
    ),
    (
        "CREATE TABLE t (a INT, b INT, UNIQUE (a), UNIQUE (b))",
        "CREATE TABLE t (a INT, b INT, UNIQUE (a, b))",
    ),
    (
        "CREATE TABLE t (a INTEGER PRIMARY KEY)",
        "CREATE TABLE t (a INT PRIMARY KEY)",
    ),
    (
        "CREATE TABLE t (a INTEGER PRIMARY KEY)",
        "CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT)",
    ),
    (
        "CREATE TABLE t (a INTEGER PRIMARY KEY)",
        "CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL)",
    ),
    (
        "CREATE TABLE t (a INT, b INT AS (a))",
        "CREATE TABLE t (a INT, b INT AS (a) STORED)",
    ),
    (
        "CREATE TABLE t (a INT, b INT AS (a))",
        "CREATE TABLE t (a INT, b INT DEFAULT 1)",
    ),
    (
        "CREATE TABLE t (a INT REFERENCES p (id))",
        "CREATE TABLE t (a INT REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED)",
    ),
    (
        "CREATE TABLE t (a INT REFERENCES p (id))",
        "CREATE TABLE t (a INT REFERENCES q (id))",
    ),
    (
        "CREATE TABLE t (a INT, b INT REFERENCES p (id))",
        "CREATE TABLE t (a INT REFERENCES p (id), b INT)",
    ),
    (
        "CREATE TABLE t (a INT REFERENCES p ON DELETE SET NULL)",
        "CREATE TABLE t (a INT REFERENCES p ON UPDATE SET NULL)",
    ),
    (
        "CREATE TABLE t (a TEXT); CREATE INDEX i ON t (a)",
        "CREATE TABLE t (a TEXT); CREATE INDEX i ON t (a COLLATE NOCASE)",
    ),
    (
        "CREATE TABLE t (a TEXT); CREATE INDEX i ON t (a)",
        "CREATE TABLE t (a TEXT); CREATE INDEX i ON t (a DESC)",
    ),
    (
        "CREATE TABLE t (a TEXT); CREATE INDEX i ON t (a)",
        "CREATE TABLE t (a TEXT); CREATE INDEX i ON t (a, a)",
    ),
    (
        "CREATE TABLE t (a, b); CREATE INDEX i ON t (a || b)",
        "CREATE TABLE t (a, b); CREATE INDEX i ON t (a, b)",
    ),
    (
        "CREATE TABLE t (a TEXT); CREATE INDEX i ON t (lower('a'))",
        "CREATE TABLE t (a TEXT); CREATE INDEX i ON t (lower(a))",
    ),
    (
        "CREATE TABLE t (a); CREATE VIEW v AS SELECT DISTINCT a FROM t",
        "CREATE TABLE t (a); CREATE VIEW v AS SELECT a FROM t",
    ),
    (
        "CREATE TABLE t (a, \"distinct\"); CREATE VIEW v AS SELECT \"distinct\" a FROM t",
        "CREATE TABLE t (a, \"distinct\"); CREATE VIEW v AS SELECT DISTINCT a FROM t",
    ),
    (
        "CREATE TABLE t (\"left\"); CREATE VIEW v AS SELECT 1 FROM t \"left\" JOIN t ON 1",
        "CREATE TABLE t (\"left\"); CREATE VIEW v AS SELECT 1 FROM t left JOIN t ON 1",
    ),
    (
        "CREATE TABLE t (a); CREATE VIEW v AS SELECT a AS b FROM t",
        "CREATE TABLE t (a); CREATE VIEW v AS SELECT a AS B FROM t",
    ),
    ("CREATE TABLE t (a INT)", "CREATE TABLE t (A INT)"),
    ("CREATE TABLE t (a INT)", "CREATE TABLE T (a INT)"),
    ("CREATE TABLE t (a TEXT)", "CREATE TABLE t (a TEXT) STRICT"),
    ("CREATE TABLE t (a)", "CREATE TABLE t (a ANY)"),
];

#[tokio::test]
async fn not_the_same() {
    for (one, other) in DIFFERENT {
        let (one_made, other_made) = (made(one).await, made(other).await);
        let found = found(&one_made, &other_made);
        assert_ne!(found, [""; 0], "{one}\n{other}\n{one_made}\n{other_made}");
    }
}
