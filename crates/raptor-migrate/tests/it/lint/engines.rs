//! SQLite's own traps, and texts that mean something else on each engine.

use super::{Case, On};

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "required-column",
        on: On::Sqlite,
        finds: &[
            "ALTER TABLE notes ADD COLUMN ^a TEXT NOT NULL",
            "ALTER TABLE [notes] ADD ^`a` TEXT NOT NULL DEFAULT NULL",
        ],
        leaves: &[
            "ALTER TABLE notes ADD COLUMN a TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE notes ADD a TEXT",
        ],
    },
    Case {
        rule: "required-column",
        on: On::File,
        finds: &[
            "-- raptor:up postgres\n-- raptor:up sqlite\n-- raptor:rebuild notes\nCREATE TABLE notes (id INTEGER PRIMARY KEY, customer_id TEXT, body TEXT, flag INTEGER, ^a TEXT NOT NULL) STRICT",
        ],
        leaves: &[
            "-- raptor:up postgres\n-- raptor:up sqlite\n-- raptor:rebuild notes\nCREATE TABLE notes (id INTEGER PRIMARY KEY, customer_id TEXT, body TEXT NOT NULL, flag INTEGER, a TEXT NOT NULL DEFAULT '') STRICT",
        ],
    },
    Case {
        rule: "sqlite-column-refused",
        on: On::Sqlite,
        finds: &[
            "ALTER TABLE notes ADD COLUMN ^a TEXT UNIQUE",
            "ALTER TABLE notes ADD COLUMN ^a TEXT PRIMARY KEY",
            "ALTER TABLE notes ADD COLUMN ^a TEXT DEFAULT (datetime('now'))",
            "ALTER TABLE notes ADD COLUMN ^a TEXT DEFAULT CURRENT_TIMESTAMP",
            "ALTER TABLE notes ADD COLUMN ^a TEXT DEFAULT 'x' REFERENCES customers (id)",
            "ALTER TABLE notes ADD COLUMN ^a TEXT AS (body || 'x') STORED",
            "CREATE TABLE fresh (id TEXT PRIMARY KEY) STRICT; ALTER TABLE fresh ADD COLUMN ^a TEXT UNIQUE",
            "ALTER TABLE notes DROP COLUMN ^customer_id",
            "ALTER TABLE customers DROP ^email",
        ],
        leaves: &[
            "ALTER TABLE notes DROP COLUMN body",
            "CREATE TABLE fresh (id TEXT PRIMARY KEY, a TEXT REFERENCES customers) STRICT; ALTER TABLE fresh DROP COLUMN a",
            "ALTER TABLE notes ADD COLUMN a TEXT REFERENCES customers (id)",
            "ALTER TABLE notes ADD COLUMN a TEXT DEFAULT ('x')",
            "ALTER TABLE notes ADD COLUMN a INTEGER DEFAULT -1",
            "ALTER TABLE notes ADD COLUMN a TEXT GENERATED ALWAYS AS (body || 'x') VIRTUAL",
            "CREATE TABLE fresh (id TEXT PRIMARY KEY) STRICT; ALTER TABLE fresh ADD COLUMN a TEXT DEFAULT CURRENT_TIMESTAMP",
        ],
    },
    Case {
        rule: "sqlite-drop-takes-children",
        on: On::Sqlite,
        finds: &[
            "DROP TABLE ^customers",
            "drop table if exists ^\"Customers\"",
        ],
        leaves: &[
            "DROP TABLE tags",
            "DROP TABLE notes",
            "DROP TABLE tags; DROP TABLE notes; DROP TABLE customers",
        ],
    },
    Case {
        rule: "sqlite-drop-takes-children",
        on: On::SqliteDown,
        finds: &["DROP TABLE ^customers; DROP TABLE notes"],
        leaves: &["DROP TABLE notes; DROP TABLE customers"],
    },
    Case {
        rule: "sqlite-replace-takes-children",
        on: On::Sqlite,
        finds: &[
            "^REPLACE INTO customers (id, email, tenant_id) VALUES ('a', 'b', 'c')",
            "^insert or replace into customers (id) values ('a')",
        ],
        leaves: &[
            "INSERT OR IGNORE INTO customers (id) VALUES ('a')",
            "REPLACE INTO settings (key) VALUES ('a')",
            "INSERT INTO customers (id) VALUES ('a') ON CONFLICT (id) DO UPDATE SET email = 'b'",
        ],
    },
    Case {
        rule: "sqlite-rebuild-by-hand",
        on: On::Sqlite,
        finds: &[
            "CREATE TABLE new_notes (id INTEGER PRIMARY KEY) STRICT;\nINSERT INTO new_notes SELECT id FROM notes;\nDROP TABLE notes;\nALTER TABLE new_notes ^RENAME TO notes",
            "ALTER TABLE notes ^RENAME TO old_notes;\nCREATE TABLE notes (id INTEGER PRIMARY KEY) STRICT;\nDROP TABLE old_notes",
        ],
        leaves: &[
            "ALTER TABLE notes RENAME TO pages",
            "CREATE TABLE fresh (id INTEGER PRIMARY KEY) STRICT; ALTER TABLE fresh RENAME TO newer",
            "ALTER TABLE notes RENAME COLUMN body TO text",
        ],
    },
    Case {
        rule: "sqlite-rebuild-by-hand",
        on: On::File,
        finds: &[],
        leaves: &[
            "-- raptor:up postgres\n-- raptor:up sqlite\n-- raptor:rebuild notes\nCREATE TABLE notes (id INTEGER PRIMARY KEY, customer_id TEXT, body TEXT, flag INTEGER) STRICT",
        ],
    },
    Case {
        rule: "drop-column",
        on: On::File,
        finds: &[
            "-- raptor:up postgres\n-- raptor:up sqlite\n-- raptor:rebuild notes\nCREATE TABLE ^notes (id INTEGER PRIMARY KEY, customer_id TEXT, body TEXT) STRICT",
        ],
        leaves: &[
            "-- raptor:up postgres\n-- raptor:up sqlite\n-- raptor:rebuild notes\nCREATE TABLE notes (id INTEGER PRIMARY KEY, customer_id TEXT, body TEXT, flag INTEGER, more TEXT) STRICT",
            "-- raptor: phase=contract\n-- raptor:up postgres\n-- raptor:up sqlite\n-- raptor:rebuild notes\nCREATE TABLE notes (id INTEGER PRIMARY KEY) STRICT",
        ],
    },
    Case {
        rule: "sqlite-not-strict",
        on: On::Sqlite,
        finds: &[
            "CREATE TABLE ^fresh (id TEXT NOT NULL PRIMARY KEY)",
            "create table ^fresh (id TEXT NOT NULL PRIMARY KEY, strict TEXT) without rowid",
        ],
        leaves: &[
            "CREATE TABLE fresh (id TEXT PRIMARY KEY) STRICT",
            "CREATE TABLE fresh (id TEXT PRIMARY KEY) WITHOUT ROWID, strict",
            "CREATE VIRTUAL TABLE fresh USING fts5(body)",
        ],
    },
    Case {
        rule: "sqlite-nullable-key",
        on: On::Shared,
        finds: &[
            "CREATE TABLE fresh (^id text PRIMARY KEY)",
            "CREATE TABLE fresh (a text NOT NULL, ^b bigint, PRIMARY KEY (a, b))",
        ],
        leaves: &[
            "CREATE TABLE fresh (id text NOT NULL PRIMARY KEY)",
            "CREATE TABLE fresh (a text NOT NULL, b bigint NOT NULL, PRIMARY KEY (a, b))",
            "CREATE TABLE fresh (id integer PRIMARY KEY)",
        ],
    },
    Case {
        rule: "sqlite-nullable-key",
        on: On::Sqlite,
        finds: &["CREATE TABLE fresh (^id BIGINT PRIMARY KEY)"],
        leaves: &[
            "CREATE TABLE fresh (id TEXT PRIMARY KEY) STRICT",
            "CREATE TABLE fresh (id TEXT PRIMARY KEY) WITHOUT ROWID",
        ],
    },
    Case {
        rule: "sqlite-foreign-key-mismatch",
        on: On::Sqlite,
        finds: &[
            "CREATE TABLE fresh (id TEXT PRIMARY KEY, a TEXT ^REFERENCES nowhere (id)) STRICT",
            "CREATE TABLE fresh (id TEXT PRIMARY KEY, a TEXT ^REFERENCES customers (tenant_id)) STRICT",
            "CREATE TABLE fresh (id TEXT PRIMARY KEY, a TEXT, FOREIGN KEY (a) ^REFERENCES notes (body)) STRICT",
        ],
        leaves: &[
            "CREATE TABLE fresh (id TEXT PRIMARY KEY, a TEXT REFERENCES customers (email)) STRICT",
            "CREATE TABLE fresh (id TEXT PRIMARY KEY, a TEXT REFERENCES later) STRICT; CREATE TABLE later (id TEXT PRIMARY KEY) STRICT",
            "CREATE TABLE fresh (id TEXT PRIMARY KEY, a TEXT REFERENCES notes (body)) STRICT; CREATE UNIQUE INDEX i ON notes (body)",
            "CREATE TABLE fresh (id TEXT PRIMARY KEY, a TEXT REFERENCES fresh (id)) STRICT",
        ],
    },
    Case {
        rule: "sqlite-pragma",
        on: On::SqliteOff,
        finds: &[
            "^PRAGMA foreign_keys = OFF",
            "^pragma main.foreign_keys(0)",
            "^PRAGMA writable_schema = 1",
            "^PRAGMA synchronous = off",
        ],
        leaves: &[
            "PRAGMA foreign_keys = ON",
            "PRAGMA foreign_keys",
            "PRAGMA journal_mode = wal",
        ],
    },
    Case {
        rule: "differs-on-sqlite",
        on: On::Shared,
        finds: &[
            "CREATE TABLE fresh (id text NOT NULL PRIMARY KEY, a ^varchar(20), b ^char(3), c ^citext, d ^ltree, e ^text[])",
            "CREATE TABLE fresh (id ^integer PRIMARY KEY)",
            "ALTER TABLE notes ADD COLUMN a ^smallint",
            "CREATE TABLE fresh (id text NOT NULL PRIMARY KEY, at text DEFAULT ^CURRENT_TIMESTAMP)",
        ],
        leaves: &[
            "CREATE TABLE fresh (id text NOT NULL PRIMARY KEY, a bigint, b double precision, c varchar, d integer)",
            "CREATE TABLE fresh (id bigint NOT NULL PRIMARY KEY)",
            "CREATE TABLE fresh (id text NOT NULL PRIMARY KEY, a text CHECK (a LIKE 'X%') DEFAULT 'CURRENT_TIMESTAMP')",
            "UPDATE notes SET body = 'x' WHERE body LIKE 'X%'",
            "INSERT INTO settings VALUES ('at', CURRENT_TIMESTAMP)",
        ],
    },
    Case {
        rule: "sqlite-refuses",
        on: On::Shared,
        finds: &[
            "ALTER TABLE notes ^ADD CONSTRAINT c UNIQUE (body)",
            "ALTER TABLE notes ^ADD CONSTRAINT c CHECK (flag > 0) NOT VALID",
            "ALTER TABLE notes ^ALTER COLUMN body TYPE text",
            "ALTER TABLE notes ^ALTER COLUMN body SET DEFAULT 'x'",
            "ALTER TABLE notes ^ADD COLUMN IF NOT EXISTS a text",
            "DROP TABLE IF EXISTS settings; ^DROP TABLE tags, notes",
            "ALTER TABLE notes ADD COLUMN a text, ^ADD COLUMN b text",
            "^GRANT SELECT ON notes TO raptor_app",
            "^CREATE TYPE colour AS ENUM ('red')",
            "^CREATE POLICY p ON notes USING (true)",
            "^TRUNCATE notes",
            "^DO $$ BEGIN NULL; END $$",
            "^CREATE MATERIALIZED VIEW v AS SELECT 1",
        ],
        leaves: &[
            "ALTER TABLE notes ADD COLUMN a text",
            "ALTER TABLE notes ADD CONSTRAINT c CHECK (flag > 0)",
            "ALTER TABLE notes ADD CONSTRAINT c CHECK (flag > 0); ALTER TABLE notes DROP CONSTRAINT c",
            "ALTER TABLE notes ALTER COLUMN body SET NOT NULL",
            "ALTER TABLE notes RENAME COLUMN body TO text",
            "CREATE INDEX i ON notes (body)",
            "DROP TABLE settings",
            "CREATE VIEW v AS SELECT 1 AS one",
            "DELETE FROM notes WHERE id = 9",
        ],
    },
    Case {
        rule: "sqlite-refuses",
        on: On::SqliteDown,
        finds: &["^REVOKE ALL ON notes FROM x"],
        leaves: &["DROP INDEX notes_customer_id_idx"],
    },
    Case {
        rule: "sqlite-syntax",
        on: On::Shared,
        finds: &[
            "CREATE TABLE fresh (\n    id bigint GENERATED ALWAYS AS ^IDENTITY PRIMARY KEY\n)",
            "CREATE TABLE fresh (id text NOT NULL PRIMARY KEY, at text DEFAULT now^())",
            "ALTER TABLE notes ADD COLUMN a bigint GENERATED BY DEFAULT ^AS IDENTITY",
            "CREATE TRIGGER g AFTER INSERT ON notes FOR EACH ROW ^EXECUTE FUNCTION f()",
            "CREATE INDEX i ON notes ^USING gin (body)",
            "UPDATE notes SET flag = 1 WHERE id = 1; ^DELETE FROM notes WHERE body SIMILAR TO 'a'",
            "DELETE FROM notes ^USING customers WHERE notes.customer_id = customers.id AND flag = 'x'::text",
        ],
        leaves: &[
            "CREATE TABLE fresh (id text NOT NULL PRIMARY KEY, at text DEFAULT (now()))",
            "INSERT INTO notes (id, body) SELECT id::bigint, concat('a', email) FROM customers",
            "SELECT f(a) FROM nowhere WHERE b = 1",
            "DELETE FROM notes WHERE id = ANY(ARRAY[1, 2])",
            // Another rule says these in better words.
            "GRANT SELECT ON notes TO x",
            "ALTER TABLE notes ADD a text, ADD b text",
        ],
    },
    Case {
        rule: "sqlite-syntax",
        on: On::Sqlite,
        finds: &[
            "CREATE TABLE fresh (id INTEGER PRIMARY KEY, at TEXT, CONSTRAINT^) STRICT",
            "^CREATE TABLE fresh (id INTEGER PRIMARY KEY, at timestamptz) STRICT",
            "CREATE TRIGGER g INSTEAD OF INSERT ON nowhere BEGIN ^SELEC 1; END",
            "SELECT 'a'^::text",
        ],
        leaves: &[
            "CREATE TABLE fresh (id INTEGER PRIMARY KEY, at TEXT CHECK (f(at))) STRICT",
            "CREATE TRIGGER g INSTEAD OF INSERT ON nowhere BEGIN SELECT 1; END",
        ],
    },
    Case {
        rule: "sqlite-syntax",
        on: On::SqliteDown,
        finds: &["DROP TABLE notes ^WHERE true"],
        leaves: &["DROP TABLE nowhere"],
    },
    Case {
        rule: "sqlite-syntax",
        on: On::File,
        finds: &[
            "-- raptor:up\n-- raptor:verify\n^SELECT true FROM\n",
            "-- raptor:up postgres\n-- raptor:up sqlite\n-- raptor:rebuild notes\nCREATE TABLE notes (id INTEGER PRIMARY KEY ^IDENTITY) STRICT",
        ],
        leaves: &[
            "-- raptor:up\n-- raptor:verify postgres\nSELECT true FROM\n-- raptor:verify sqlite\nSELECT true",
            "-- raptor:up postgres\nSELECT 'a'::text[1]\n-- raptor:up sqlite",
        ],
    },
    Case {
        rule: "differs-on-sqlite",
        on: On::Postgres,
        finds: &[],
        leaves: &["CREATE TABLE fresh (id integer PRIMARY KEY, a varchar(20))"],
    },
];
