//! What is dropped, emptied or renamed.

use super::{Case, On};

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "drop-table",
        on: On::Postgres,
        finds: &[
            "DROP TABLE ^notes",
            "drop table if exists ^public.other",
            "DROP TABLE ^\"Notes\", ^tags CASCADE",
            "DO $do$ BEGIN EXECUTE 'DROP TABLE ^notes'; END $do$",
        ],
        leaves: &[
            "CREATE TABLE fresh (id uuid PRIMARY KEY); DROP TABLE fresh",
            "CREATE TEMP TABLE fresh AS SELECT 1; DROP TABLE fresh",
            "SELECT 'DROP TABLE notes' -- DROP TABLE notes",
            "DROP VIEW titles",
        ],
    },
    Case {
        rule: "drop-table",
        on: On::Sqlite,
        finds: &["DROP TABLE ^[notes]", "DROP TABLE IF EXISTS ^main.`tags`"],
        leaves: &[
            "CREATE TABLE fresh (id TEXT PRIMARY KEY) STRICT; DROP TABLE fresh",
            "DROP INDEX notes_customer_id_idx",
        ],
    },
    Case {
        rule: "drop-table",
        on: On::Phase("contract"),
        finds: &[],
        leaves: &["DROP TABLE notes"],
    },
    Case {
        rule: "drop-table",
        on: On::Down,
        finds: &[],
        leaves: &["DROP TABLE notes"],
    },
    Case {
        rule: "drop-column",
        on: On::Postgres,
        finds: &[
            "ALTER TABLE notes ^DROP COLUMN body",
            "ALTER TABLE notes ^drop if exists body, ADD COLUMN a text, ^DROP \"Title\" CASCADE",
        ],
        leaves: &[
            "ALTER TABLE notes DROP CONSTRAINT notes_half",
            "ALTER TABLE notes ALTER body DROP DEFAULT",
            "CREATE TABLE fresh (id uuid PRIMARY KEY, a text); ALTER TABLE fresh DROP COLUMN a",
        ],
    },
    Case {
        rule: "drop-column",
        on: On::Sqlite,
        finds: &[
            "ALTER TABLE notes ^DROP COLUMN body",
            "ALTER TABLE \"NOTES\" ^DROP [body]",
        ],
        leaves: &[
            "ALTER TABLE notes ADD COLUMN a TEXT",
            "ALTER TABLE notes RENAME COLUMN body TO text",
        ],
    },
    Case {
        rule: "drop-column",
        on: On::Phase("contract"),
        finds: &[],
        leaves: &["ALTER TABLE notes DROP COLUMN body"],
    },
    Case {
        rule: "drop-schema",
        on: On::Postgres,
        finds: &["DROP SCHEMA ^old CASCADE", "DROP OWNED BY ^somebody"],
        leaves: &["CREATE SCHEMA fresh", "ALTER SCHEMA old RENAME TO older"],
    },
    Case {
        rule: "drop-database",
        on: On::Off,
        finds: &[
            "DROP DATABASE ^app",
            "drop database if exists ^\"App\" with (force)",
        ],
        leaves: &[
            "CREATE DATABASE app",
            "COMMENT ON DATABASE app IS 'DROP DATABASE app'",
        ],
    },
    Case {
        rule: "truncate",
        on: On::Postgres,
        finds: &[
            "TRUNCATE ^notes",
            "truncate table only ^public.notes, ^tags restart identity",
        ],
        leaves: &[
            "CREATE TABLE fresh (id uuid PRIMARY KEY); TRUNCATE fresh",
            "CREATE TRIGGER x AFTER TRUNCATE ON notes EXECUTE FUNCTION touch()",
        ],
    },
    Case {
        rule: "cascade",
        on: On::Postgres,
        finds: &[
            "DROP TABLE notes ^CASCADE",
            "TRUNCATE notes ^cascade",
            "ALTER TABLE notes ^DROP COLUMN body CASCADE",
            "ALTER TABLE customers ^DROP CONSTRAINT customers_pkey CASCADE",
            "DROP FUNCTION f(int, text) ^CASCADE",
        ],
        leaves: &[
            "DROP TABLE notes RESTRICT",
            "CREATE TABLE fresh (id uuid PRIMARY KEY REFERENCES customers ON DELETE CASCADE)",
            "DROP TABLE \"cascade\"",
        ],
    },
    Case {
        rule: "drop-object",
        on: On::Postgres,
        finds: &[
            "CREATE OR REPLACE VIEW titles AS SELECT 1; DROP VIEW ^titles",
            "DO $$ BEGIN CREATE TYPE mood AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN NULL; END $$; DROP TYPE ^mood",
            "DROP VIEW ^titles",
            "DROP MATERIALIZED VIEW IF EXISTS ^counts",
            "DROP FUNCTION ^public.touch(), ^other(int, text)",
            "DROP TYPE ^mood; CREATE TYPE other AS ENUM ('a')",
            "DROP EXTENSION ^citext",
            "DROP SEQUENCE ^s",
        ],
        leaves: &[
            "DROP VIEW titles; CREATE VIEW titles AS SELECT tag FROM tags",
            "DROP FUNCTION touch(); CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN old; END'",
            "CREATE TYPE fresh AS ENUM ('a'); DROP TYPE fresh",
            "CREATE VIEW v AS SELECT 1; DROP VIEW v",
            "DROP INDEX i",
        ],
    },
    Case {
        rule: "drop-object",
        on: On::Off,
        finds: &["DROP VIEW ^titles; CREATE VIEW titles AS SELECT tag FROM tags"],
        leaves: &["CREATE OR REPLACE VIEW titles AS SELECT note_id, tag FROM tags"],
    },
    Case {
        rule: "drop-trigger",
        on: On::Postgres,
        finds: &[
            "DROP TRIGGER ^tags_touch ON tags",
            "DROP TRIGGER IF EXISTS ^\"Tags\" ON public.tags CASCADE",
        ],
        leaves: &[
            "DROP TRIGGER tags_touch ON tags; CREATE TRIGGER tags_touch AFTER UPDATE ON tags FOR EACH ROW EXECUTE FUNCTION touch()",
            "DROP TRIGGER tags_touch ON tags; DROP TABLE tags",
            "DROP EVENT TRIGGER x",
        ],
    },
    Case {
        rule: "rename-table",
        on: On::Postgres,
        finds: &[
            "ALTER TABLE notes ^RENAME TO pages",
            "alter table if exists public.\"notes\" ^set schema other",
            "ALTER VIEW ^titles RENAME TO names",
            "ALTER MATERIALIZED VIEW ^counts SET SCHEMA other",
        ],
        leaves: &[
            "ALTER TABLE notes RENAME TO pages; CREATE VIEW notes AS SELECT * FROM pages",
            "CREATE TABLE fresh (id uuid PRIMARY KEY); ALTER TABLE fresh RENAME TO newer",
            "ALTER INDEX notes_label_idx RENAME TO other",
            "ALTER TABLE notes RENAME CONSTRAINT notes_half TO other",
        ],
    },
    Case {
        rule: "rename-column",
        on: On::Postgres,
        finds: &[
            "ALTER TABLE notes ^RENAME COLUMN body TO text",
            "ALTER TABLE notes ^rename body to \"to\"",
        ],
        leaves: &[
            "CREATE TABLE fresh (id uuid PRIMARY KEY); ALTER TABLE fresh RENAME id TO key",
            "ALTER TABLE notes RENAME CONSTRAINT notes_half TO body",
        ],
    },
    Case {
        rule: "rename-object",
        on: On::Postgres,
        finds: &[
            "ALTER TYPE ^mood RENAME TO feeling",
            "ALTER FUNCTION ^touch() RENAME TO touched",
            "ALTER SCHEMA ^old RENAME TO older",
            "ALTER TYPE mood RENAME VALUE ^'sad' TO 'blue'",
        ],
        leaves: &[
            "CREATE TYPE fresh AS ENUM ('a'); ALTER TYPE fresh RENAME TO newer",
            "ALTER TRIGGER tags_touch ON tags RENAME TO other",
            "ALTER TYPE mood ADD VALUE 'calm' BEFORE 'glad'",
        ],
    },
    Case {
        rule: "name-too-long",
        on: On::Postgres,
        finds: &[
            "CREATE TABLE ^a234567890123456789012345678901234567890123456789012345678901234 (id uuid PRIMARY KEY)",
            "ALTER TABLE notes ADD COLUMN ^\"ä23456789012345678901234567890123456789012345678901234567890123\" text",
        ],
        leaves: &[
            "CREATE TABLE a23456789012345678901234567890123456789012345678901234567890123 (id uuid PRIMARY KEY)",
            "SELECT 'a23456789012345678901234567890123456789012345678901234567890123456789'",
        ],
    },
];
