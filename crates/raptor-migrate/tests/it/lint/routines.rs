//! Functions and procedures that the chain itself defines, and what runs when they are called.

use super::{Case, On};

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "whole-table-write",
        on: On::Postgres,
        finds: &[
            "CREATE FUNCTION wipe() RETURNS void LANGUAGE sql AS 'DELETE FROM notes';\n^SELECT wipe()",
            "CREATE PROCEDURE wipe() LANGUAGE plpgsql AS $x$ BEGIN IF true THEN DELETE FROM notes; END IF; END $x$;\n^CALL public.wipe()",
            "CREATE PROCEDURE wipe() LANGUAGE sql BEGIN ATOMIC DELETE FROM notes; END;\n^call \"wipe\" ()",
            "CREATE FUNCTION wipe() RETURNS SETOF notes LANGUAGE plpgsql AS $x$ BEGIN RETURN QUERY DELETE FROM notes RETURNING *; END $x$;\nSELECT count(*) FROM tags; ^SELECT * FROM wipe()",
            "CREATE FUNCTION wipe(a int) RETURNS void LANGUAGE sql AS 'DELETE FROM notes';\nCREATE FUNCTION outer_one() RETURNS void LANGUAGE sql AS 'SELECT wipe(1)';\n^SELECT outer_one()",
            "CREATE FUNCTION wipe() RETURNS void LANGUAGE plpgsql AS $x$ BEGIN EXECUTE 'UPDATE notes SET flag = 1'; END $x$;\nDO $$ BEGIN ^PERFORM wipe(); END $$",
        ],
        leaves: &[
            "CREATE FUNCTION wipe() RETURNS void LANGUAGE sql AS 'DELETE FROM notes'",
            "CREATE FUNCTION wipe() RETURNS void LANGUAGE sql AS 'DELETE FROM notes'; REVOKE ALL ON FUNCTION wipe() FROM PUBLIC; COMMENT ON FUNCTION wipe() IS 'x'",
            "CREATE FUNCTION wipe() RETURNS trigger LANGUAGE plpgsql AS $x$ BEGIN DELETE FROM notes; END $x$; CREATE TRIGGER t AFTER UPDATE ON settings EXECUTE FUNCTION wipe()",
            "CREATE FUNCTION wipe() RETURNS void LANGUAGE sql AS 'DELETE FROM notes'; CREATE OR REPLACE FUNCTION wipe() RETURNS void LANGUAGE sql AS 'SELECT 1'; SELECT wipe()",
            "CREATE FUNCTION wipe() RETURNS void LANGUAGE sql AS 'DELETE FROM notes'; DROP FUNCTION wipe(); SELECT wipe()",
            "CREATE FUNCTION a() RETURNS void LANGUAGE sql AS 'SELECT a()'; SELECT a()",
            "CREATE FUNCTION wipe() RETURNS void LANGUAGE sql AS 'DELETE FROM notes'; SELECT 'wipe()', wipe FROM tags",
        ],
    },
    Case {
        rule: "whole-table-write",
        on: On::Down,
        finds: &[],
        leaves: &["SELECT wipe()", "CALL other()"],
    },
    Case {
        rule: "drop-table",
        on: On::Postgres,
        finds: &[
            "CREATE PROCEDURE gone() LANGUAGE plpgsql AS $x$ BEGIN DROP TABLE notes; END $x$;\n^CALL gone()",
        ],
        leaves: &[
            "CREATE PROCEDURE made() LANGUAGE plpgsql AS $x$ BEGIN CREATE TABLE fresh (id uuid PRIMARY KEY); DROP TABLE fresh; END $x$; CALL made()",
        ],
    },
    Case {
        rule: "whole-table-write",
        on: On::Postgres,
        finds: &[
            "COPY (^DELETE FROM notes RETURNING *) TO '/tmp/x'",
            "^DELETE FROM notes WHERE id IN (SELECT id FROM notes)",
            "^delete from public.notes n where (n.id in (select distinct x.id from notes as x)) returning 1",
            "^UPDATE notes SET flag = 1 WHERE EXISTS (SELECT 1 FROM notes)",
        ],
        leaves: &[
            "COPY (SELECT * FROM notes) TO '/tmp/x'",
            "DELETE FROM notes WHERE id IN (SELECT id FROM notes WHERE flag = 1)",
            "DELETE FROM notes WHERE id IN (SELECT id FROM notes LIMIT 10)",
            "DELETE FROM notes WHERE id IN (SELECT id FROM tags)",
            "DELETE FROM notes WHERE id NOT IN (SELECT id FROM notes)",
            "DELETE FROM notes WHERE flag IN (SELECT id FROM notes)",
        ],
    },
    Case {
        rule: "whole-table-write",
        on: On::Sqlite,
        finds: &[
            "^UPDATE notes SET body = ''",
            "^update or ignore Notes set body = '' where 1 = 1",
            "^DELETE FROM notes WHERE id IN (SELECT id FROM Notes)",
        ],
        leaves: &[
            "UPDATE notes SET body = '' WHERE body IS NULL",
            "CREATE TABLE fresh (id TEXT PRIMARY KEY) STRICT; UPDATE fresh SET id = ''",
        ],
    },
    Case {
        rule: "triggers-off",
        on: On::Postgres,
        finds: &[
            "SELECT ^set_config('session_replication_role','replica',true)",
            "DO $$ BEGIN PERFORM pg_catalog.^set_config('Session_Replication_Role', 'REPLICA', false); END $$",
        ],
        leaves: &[
            "SELECT set_config('session_replication_role', 'origin', true)",
            "SELECT set_config('app.tenant', 'replica', true)",
        ],
    },
    Case {
        rule: "runner-setting",
        on: On::Postgres,
        finds: &["SELECT ^set_config('search_path', 'public', true)"],
        leaves: &["SELECT set_config('app.search_path', 'x', true)"],
    },
    Case {
        rule: "sequence-values",
        on: On::Postgres,
        finds: &[
            "SELECT ^setval('s', 5)",
            "select pg_catalog.^SETVAL(pg_get_serial_sequence('notes', 'id'), 1, false)",
        ],
        leaves: &[
            "SELECT setval('s', (SELECT max(id) FROM notes))",
            "CREATE SEQUENCE fresh; SELECT setval('fresh', 5)",
            "CREATE TABLE fresh (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY); SELECT setval('public.fresh_id_seq', 5)",
        ],
    },
    Case {
        rule: "rename-table",
        on: On::Sqlite,
        finds: &[
            "ALTER TABLE notes ^RENAME TO pages",
            "ALTER TABLE notes ^RENAME TO pages; CREATE VIEW notes AS SELECT * FROM pages",
        ],
        leaves: &[
            "CREATE TABLE fresh (id TEXT PRIMARY KEY) STRICT; ALTER TABLE fresh RENAME TO newer",
            "ALTER TABLE notes RENAME TO old; CREATE TABLE notes (id INTEGER PRIMARY KEY) STRICT",
            "ALTER TABLE notes RENAME TO pages; CREATE VIEW notes AS SELECT * FROM pages; CREATE TRIGGER t INSTEAD OF INSERT ON notes BEGIN SELECT 1; END",
        ],
    },
    Case {
        rule: "rename-column",
        on: On::Sqlite,
        finds: &[
            "ALTER TABLE notes ^RENAME COLUMN body TO text",
            "alter table [notes] ^rename body to text",
        ],
        leaves: &[
            "CREATE TABLE fresh (id TEXT PRIMARY KEY, a TEXT) STRICT; ALTER TABLE fresh RENAME a TO b",
            "ALTER TABLE notes ADD COLUMN a TEXT",
        ],
    },
    Case {
        rule: "rename-column",
        on: On::Shared,
        finds: &["ALTER TABLE notes ^RENAME COLUMN body TO text"],
        leaves: &["ALTER TABLE notes ADD COLUMN rename text"],
    },
    Case {
        rule: "drop-column",
        on: On::File,
        finds: &[
            "-- raptor:up postgres\n-- raptor:up sqlite\n-- raptor:rebuild notes\nCREATE TABLE ^NOTES (ID INTEGER PRIMARY KEY, Customer_Id TEXT, \"BODY\" TEXT) STRICT",
        ],
        leaves: &[
            "-- raptor:up postgres\n-- raptor:up sqlite\n-- raptor:rebuild notes\nCREATE TABLE \"Notes\" (ID INTEGER PRIMARY KEY, Customer_Id TEXT, \"BODY\" TEXT, [Flag] INTEGER) STRICT",
        ],
    },
];
