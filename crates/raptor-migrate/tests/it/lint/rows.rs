//! Steps that change rows, and what stands with them in one transaction.

use super::{Case, On};

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "whole-table-write",
        on: On::Postgres,
        finds: &[
            "EXPLAIN ANALYZE ^DELETE FROM notes",
            "EXPLAIN (ANALYZE, VERBOSE) ^UPDATE notes SET flag = 1",
            "PREPARE x AS ^DELETE FROM notes",
            "^UPDATE notes SET body = ''",
            "^delete from only public.notes",
            "^UPDATE notes SET body = 'x' WHERE true",
            "^DELETE FROM notes WHERE ((1 = 1)) RETURNING id",
            "^UPDATE notes AS n SET body = 'WHERE id = 1' WHERE id = 1 OR TRUE -- WHERE id = 1",
            "WITH gone AS (^DELETE FROM tags RETURNING *) SELECT count(*) FROM gone",
            "WITH x AS (SELECT 1) ^UPDATE notes SET flag = 1",
            "^UPDATE notes SET flag = (SELECT max(id) FROM tags WHERE note_id = notes.id)",
            "^UPDATE notes SET flag = 1 WHERE id = id",
            "DO $$ BEGIN ^UPDATE notes SET flag = 1; END $$",
        ],
        leaves: &[
            "CREATE TEMP TABLE notes (a text); DELETE FROM notes",
            "EXPLAIN DELETE FROM notes",
            "UPDATE notes SET body = '' WHERE id = 5",
            "UPDATE notes SET body = '' WHERE body IS NULL",
            "DELETE FROM notes WHERE true = false",
            "CREATE TABLE fresh (id uuid PRIMARY KEY); DELETE FROM fresh",
            "UPDATE notes SET flag = 1 WHERE id = 1 AND true",
            "SELECT 1 FROM notes FOR UPDATE",
            "CREATE RULE r AS ON DELETE TO tags DO INSTEAD DELETE FROM notes",
        ],
    },
    Case {
        rule: "whole-table-write",
        on: On::Shared,
        finds: &["^DELETE FROM notes"],
        leaves: &[
            "DELETE FROM notes WHERE id = 5",
            "INSERT INTO settings VALUES ('a', 'b')",
        ],
    },
    Case {
        rule: "whole-table-write",
        on: On::Down,
        finds: &["^UPDATE notes SET body = ''"],
        leaves: &["UPDATE notes SET body = '' WHERE id IN (1, 2)"],
    },
    Case {
        rule: "large-data-step",
        on: On::Postgres,
        finds: &[
            "^INSERT INTO settings TABLE other",
            "^UPDATE notes SET body = '' WHERE body IS NULL",
            "^DELETE FROM tags WHERE note_id = 5",
            "^INSERT INTO tags SELECT id, 'old' FROM notes",
            "^INSERT INTO settings (key) SELECT title FROM notes JOIN tags ON note_id = id",
            "^MERGE INTO tags USING notes ON note_id = id WHEN MATCHED THEN DELETE",
            "^UPDATE notes SET body = '' WHERE id = 1 OR flag > 3",
            "^COPY notes FROM '/tmp/x'",
        ],
        leaves: &[
            "UPDATE notes SET body = '' WHERE id = 5 AND flag > 0",
            "DELETE FROM tags WHERE note_id = 5 AND tag = 'x'",
            "INSERT INTO tags VALUES (1, 'from notes')",
            "INSERT INTO settings (key) SELECT x FROM generate_series(1, 3) AS x",
            "INSERT INTO settings (key) SELECT unnest(ARRAY['a', 'b'])",
            "CREATE TABLE fresh (id bigint PRIMARY KEY); INSERT INTO fresh SELECT id FROM notes",
            "UPDATE settings SET value = 'x' WHERE key IN ('a', 'b')",
            "DELETE FROM notes WHERE id IN (SELECT id FROM notes LIMIT 100)",
            "WITH x AS (SELECT 1 AS key) INSERT INTO settings SELECT key FROM x",
            "UPDATE unknown SET a = 1 WHERE b = 'x'",
            "COPY notes TO '/tmp/x'",
        ],
    },
    Case {
        rule: "large-data-step",
        on: On::File,
        finds: &["-- raptor:up\n^-- raptor:call fill"],
        leaves: &["-- raptor: tx=off\n-- raptor:up\n-- raptor:call fill"],
    },
    Case {
        rule: "whole-table-write",
        on: On::Sqlite,
        finds: &["^DELETE FROM notes"],
        leaves: &[
            "UPDATE notes SET body = '' WHERE id = 1",
            "DELETE FROM notes WHERE id = 1",
        ],
    },
    Case {
        rule: "large-data-step",
        on: On::Sqlite,
        finds: &[],
        leaves: &["UPDATE notes SET body = '' WHERE body IS NULL"],
    },
    Case {
        rule: "column-assigned-twice",
        on: On::Postgres,
        finds: &[
            "UPDATE notes SET body = 'a', flag = 1, ^body = 'b' WHERE id = 1",
            "INSERT INTO notes (id, body, ^ID) VALUES (1, 'x', 2)",
            "CREATE TABLE fresh (id uuid PRIMARY KEY, a text, ^\"a\" text)",
            "INSERT INTO settings VALUES ('a') ON CONFLICT (key) DO UPDATE SET value = 'x', ^value = 'y' WHERE true",
            "MERGE INTO settings USING notes ON key = body WHEN MATCHED THEN UPDATE SET value = 'x', ^value = 'y' WHEN NOT MATCHED THEN INSERT (key, ^key) VALUES ('a', 'b')",
            "UPDATE notes SET (body, flag) = ('a', 1), ^flag = 2 WHERE id = 1",
        ],
        leaves: &[
            "UPDATE notes SET body = 'a', flag = flag + 1 WHERE body = 'b' AND id = 1",
            "UPDATE notes SET names[1] = 'a', names[2] = 'b' WHERE id = 1",
            "INSERT INTO notes (id, \"ID\") VALUES (1, 2)",
        ],
    },
    Case {
        rule: "column-assigned-twice",
        on: On::Sqlite,
        finds: &["INSERT INTO notes (id, ^\"ID\") VALUES (1, 2)"],
        leaves: &[
            "INSERT INTO notes (id, body) VALUES (1, 'id')",
            "UPDATE notes SET body = 'a', flag = 2 WHERE id = 1",
        ],
    },
    Case {
        rule: "data-under-lock",
        on: On::Postgres,
        finds: &[
            "ALTER TABLE notes ADD COLUMN a text;\n^UPDATE notes SET a = body WHERE a IS NULL",
            "UPDATE notes SET flag = 1 WHERE flag IS NULL;\n^ALTER TABLE notes ALTER flag SET NOT NULL",
            "ALTER TABLE customers ADD COLUMN a text; UPDATE notes SET body = '' WHERE id = 1; ^INSERT INTO tags SELECT id, 'x' FROM notes",
            "DO $$ BEGIN ALTER TABLE notes ADD COLUMN a text; ^UPDATE notes SET a = body; END $$",
        ],
        leaves: &[
            "ALTER TABLE notes ADD COLUMN a text; INSERT INTO settings VALUES ('a', 'b')",
            "ALTER TABLE notes ADD COLUMN a text; UPDATE settings SET value = 'x' WHERE key = 'a'",
            "CREATE TABLE fresh (id bigint PRIMARY KEY); INSERT INTO fresh SELECT id FROM notes; ALTER TABLE fresh ADD COLUMN a text",
            "CREATE TABLE fresh (id bigint PRIMARY KEY); UPDATE notes SET flag = 1 WHERE flag IS NULL",
            "ALTER TABLE notes VALIDATE CONSTRAINT notes_half; UPDATE notes SET flag = 1 WHERE flag IS NULL",
        ],
    },
    Case {
        rule: "data-under-lock",
        on: On::File,
        finds: &[
            "-- raptor:up postgres\nALTER TABLE notes ADD COLUMN a text;\n-- raptor:up sqlite\n^-- raptor:call fill",
        ],
        leaves: &[
            "-- raptor:up postgres\nCREATE TABLE fresh (id bigint PRIMARY KEY);\n-- raptor:up sqlite\n-- raptor:call fill",
            "-- raptor:up\n-- raptor:call fill",
        ],
    },
    Case {
        rule: "data-under-lock",
        on: On::Off,
        finds: &[],
        leaves: &["ALTER TABLE notes ADD COLUMN a text; UPDATE notes SET a = body"],
    },
    Case {
        rule: "lock-pile-up",
        on: On::Postgres,
        finds: &[
            "ALTER TABLE notes ADD COLUMN a text; ALTER TABLE customers ADD COLUMN a text;\n^ALTER TABLE tags ADD COLUMN a text; ALTER TABLE settings ADD COLUMN a text",
        ],
        leaves: &[
            "ALTER TABLE notes ADD COLUMN a text; ALTER TABLE notes ADD COLUMN b text; ALTER TABLE public.notes ADD COLUMN c text; ALTER TABLE tags ADD COLUMN a text",
            "DROP TABLE notes; DROP TABLE tags; DROP TABLE settings",
            "CREATE TABLE a (id uuid PRIMARY KEY); CREATE TABLE b (id uuid PRIMARY KEY); ALTER TABLE a ADD x text; ALTER TABLE b ADD x text; ALTER TABLE tags ADD x text",
        ],
    },
    Case {
        rule: "lock-pile-up",
        on: On::Off,
        finds: &[],
        leaves: &[
            "ALTER TABLE notes ADD COLUMN a text; ALTER TABLE customers ADD COLUMN a text; ALTER TABLE tags ADD COLUMN a text",
        ],
    },
    Case {
        rule: "needs-tx-off",
        on: On::Postgres,
        finds: &[
            "^CREATE INDEX CONCURRENTLY i ON notes (title)",
            "^drop index concurrently notes_label_idx",
            "^REINDEX TABLE CONCURRENTLY notes",
            "^VACUUM notes",
            "ALTER TABLE notes ADD COLUMN a text; ^ALTER TABLE logs DETACH PARTITION logs_1 CONCURRENTLY",
        ],
        leaves: &[
            "REFRESH MATERIALIZED VIEW CONCURRENTLY counts",
            "CREATE INDEX \"concurrently\" ON notes (title)",
            "ALTER TYPE mood ADD VALUE 'calm' BEFORE 'glad'",
        ],
    },
    Case {
        rule: "needs-tx-off",
        on: On::Off,
        finds: &["DO $$ BEGIN ^CREATE INDEX CONCURRENTLY i ON notes (title); END $$"],
        leaves: &[
            "CREATE INDEX CONCURRENTLY i ON notes (title)",
            "VACUUM notes",
        ],
    },
    Case {
        rule: "needs-tx-off",
        on: On::Sqlite,
        finds: &["^VACUUM", "^PRAGMA journal_mode = WAL"],
        leaves: &["ANALYZE", "REINDEX notes_customer_id_idx"],
    },
    Case {
        rule: "transaction-control",
        on: On::Off,
        finds: &[
            "^BEGIN; CREATE SCHEMA IF NOT EXISTS x; ^COMMIT",
            "^savepoint a",
        ],
        leaves: &[
            "DO $$ BEGIN NULL; END $$",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END",
        ],
    },
    Case {
        rule: "not-repeatable",
        on: On::Off,
        finds: &[
            "^CREATE TABLE fresh (id uuid PRIMARY KEY)",
            "^ALTER TABLE notes ADD COLUMN a text",
            "^ALTER TABLE notes DROP CONSTRAINT notes_half",
            "^DROP VIEW titles",
            "^ALTER TYPE mood ADD VALUE 'calm' BEFORE 'glad'",
            "^CREATE SCHEMA x",
        ],
        leaves: &[
            "CREATE TABLE IF NOT EXISTS fresh (id uuid PRIMARY KEY)",
            "ALTER TABLE notes ADD COLUMN IF NOT EXISTS a text",
            "CREATE INDEX CONCURRENTLY i ON notes (title)",
            "DROP VIEW IF EXISTS titles",
            "ALTER TABLE notes VALIDATE CONSTRAINT notes_half",
            "CREATE EXTENSION IF NOT EXISTS citext",
        ],
    },
    Case {
        rule: "not-repeatable",
        on: On::Postgres,
        finds: &[],
        leaves: &[
            "CREATE TABLE fresh (id uuid PRIMARY KEY)",
            "ALTER TABLE notes ADD COLUMN a text",
        ],
    },
    Case {
        rule: "session-setting",
        on: On::Postgres,
        finds: &[
            "^SET work_mem = '1GB'",
            "^set session timezone to 'UTC'",
            "SELECT ^set_config('app.tenant', 'x', false)",
        ],
        leaves: &[
            "SET LOCAL work_mem = '1GB'",
            "SELECT set_config('app.tenant', 'x', true)",
            "SET CONSTRAINTS ALL DEFERRED",
            "UPDATE settings SET value = 'SET x = 1' WHERE key = 'a'",
        ],
    },
    Case {
        rule: "session-setting",
        on: On::Off,
        finds: &["^SET work_mem = '1GB'"],
        leaves: &[
            "SET LOCAL work_mem = '1GB'",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET work_mem = '1GB' AS 'SELECT 1'",
        ],
    },
    Case {
        rule: "runner-setting",
        on: On::Postgres,
        finds: &[
            "^RESET ALL",
            "^SET LOCAL lock_timeout = 0",
            "^SET statement_timeout TO '1h'",
            "^SET ROLE somebody",
            "^set local search_path to public",
            "^RESET ROLE",
            "^SET SESSION AUTHORIZATION somebody",
            "^SET row_security = on",
        ],
        leaves: &[
            "SET LOCAL work_mem = '1GB'",
            "ALTER ROLE somebody SET search_path = raptor",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path = raptor AS 'SELECT 1'",
        ],
    },
];
