//! Indexes, partitions, storage and triggers of a table in use.

use super::{Case, On};

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "index-without-concurrently",
        on: On::Postgres,
        finds: &[
            "^CREATE INDEX i ON notes (title)",
            "-- CONCURRENTLY\n  ^create /* concurrently */ unique index if not exists \"concurrently\" on only public.notes using btree (title)",
            "^CREATE INDEX ON elsewhere.t (lower(a), b)",
            "CREATE TABLE fresh (id uuid PRIMARY KEY); ^CREATE INDEX i ON notes (title)",
            "^CREATE INDEX i ON counts (n)",
            "DO $$ BEGIN IF true THEN ^CREATE INDEX i ON notes (title); END IF; END $$",
            "^CREATE INDEX i ON events (id)",
        ],
        leaves: &[
            "CREATE TABLE fresh (id uuid PRIMARY KEY, a text); CREATE INDEX i ON fresh (a)",
            "CREATE TABLE \"Fresh\" (id uuid PRIMARY KEY); CREATE INDEX i ON public.\"Fresh\" (id)",
            "CREATE TEMP TABLE fresh AS SELECT 1 AS a; CREATE INDEX ON fresh (a)",
            "CREATE MATERIALIZED VIEW v AS SELECT 1 AS a; CREATE UNIQUE INDEX ON v (a)",
            "CREATE INDEX i ON ONLY events (id)",
            "SELECT 'CREATE INDEX i ON notes (title)'",
            "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN CREATE INDEX i ON notes (title); END $$",
        ],
    },
    Case {
        rule: "index-without-concurrently",
        on: On::Off,
        finds: &["^CREATE INDEX i ON notes (title)"],
        leaves: &[
            "CREATE INDEX CONCURRENTLY i ON notes (title)",
            "CREATE UNIQUE INDEX CONCURRENTLY i ON notes (title)",
        ],
    },
    Case {
        rule: "index-without-concurrently",
        on: On::Down,
        finds: &["^CREATE INDEX i ON notes (title)"],
        leaves: &["CREATE INDEX i ON notes (title); DROP TABLE notes"],
    },
    Case {
        rule: "index-if-not-exists",
        on: On::Off,
        finds: &["^CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON notes (title)"],
        leaves: &[
            "CREATE INDEX CONCURRENTLY i ON notes (title)",
            "CREATE TABLE IF NOT EXISTS fresh (id uuid PRIMARY KEY)",
        ],
    },
    Case {
        rule: "drop-index-without-concurrently",
        on: On::Postgres,
        finds: &[
            "DROP INDEX ^notes_label_idx",
            "drop index if exists ^public.nowhere, nothing",
            "CREATE TABLE fresh (id uuid PRIMARY KEY); CREATE INDEX i ON fresh (id); DROP INDEX i, ^notes_label_idx",
        ],
        leaves: &[
            "CREATE TABLE fresh (id uuid PRIMARY KEY); CREATE INDEX i ON fresh (id); DROP INDEX i",
            "DROP INDEX notes_label_idx; DROP TABLE notes",
            "COMMENT ON INDEX notes_label_idx IS 'DROP INDEX notes_label_idx'",
        ],
    },
    Case {
        rule: "drop-index-without-concurrently",
        on: On::Off,
        finds: &["DROP INDEX ^notes_label_idx"],
        leaves: &[
            "DROP INDEX CONCURRENTLY notes_label_idx",
            "DROP INDEX CONCURRENTLY IF EXISTS notes_label_idx",
        ],
    },
    Case {
        rule: "reindex-without-concurrently",
        on: On::Postgres,
        finds: &[
            "^REINDEX TABLE notes",
            "^REINDEX INDEX notes_label_idx",
            "^REINDEX (VERBOSE) TABLE public.notes",
        ],
        leaves: &[
            "CREATE TABLE fresh (id uuid PRIMARY KEY); REINDEX TABLE fresh",
            "CREATE TABLE fresh (id uuid PRIMARY KEY); CREATE INDEX i ON fresh (id); REINDEX INDEX i",
        ],
    },
    Case {
        rule: "reindex-without-concurrently",
        on: On::Off,
        finds: &["^REINDEX DATABASE app", "^REINDEX SCHEMA raptor"],
        leaves: &[
            "REINDEX TABLE CONCURRENTLY notes",
            "REINDEX (CONCURRENTLY, VERBOSE) INDEX notes_label_idx",
        ],
    },
    Case {
        rule: "attach-without-check",
        on: On::Postgres,
        finds: &[
            "ALTER TABLE logs ^ATTACH PARTITION logs_2 FOR VALUES FROM (20) TO (30)",
            "ALTER TABLE logs ^ATTACH PARTITION events_3 FOR VALUES FROM (30) TO (50)",
            "ALTER TABLE logs ^ATTACH PARTITION unknown FOR VALUES IN ('a')",
        ],
        leaves: &[
            "ALTER TABLE logs ATTACH PARTITION logs_3 FOR VALUES FROM (30) TO (40)",
            "ALTER TABLE events ATTACH PARTITION events_3 FOR VALUES FROM (30) TO (40)",
            "CREATE TABLE fresh (LIKE logs); ALTER TABLE logs ATTACH PARTITION fresh FOR VALUES FROM (50) TO (60)",
            "ALTER TABLE logs DETACH PARTITION logs_1",
        ],
    },
    Case {
        rule: "default-partition-is-read",
        on: On::Postgres,
        finds: &[
            "ALTER TABLE events ^ATTACH PARTITION events_3 FOR VALUES FROM (30) TO (40)",
            "^CREATE TABLE events_9 PARTITION OF events FOR VALUES FROM (90) TO (100)",
        ],
        leaves: &[
            "ALTER TABLE logs ATTACH PARTITION logs_3 FOR VALUES FROM (30) TO (40)",
            "CREATE TABLE logs_9 PARTITION OF logs FOR VALUES FROM (90) TO (100)",
            "ALTER TABLE events DETACH PARTITION events_rest; CREATE TABLE events_9 PARTITION OF events FOR VALUES FROM (90) TO (100)",
        ],
    },
    Case {
        rule: "create-partition",
        on: On::Postgres,
        finds: &[
            "^CREATE TABLE logs_9 PARTITION OF logs FOR VALUES FROM (90) TO (100)",
            "^create table if not exists x partition of unknown default",
        ],
        leaves: &[
            "CREATE TABLE logs_9 (LIKE logs INCLUDING ALL)",
            "CREATE TABLE fresh (id bigint PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE f1 PARTITION OF fresh FOR VALUES FROM (0) TO (9)",
        ],
    },
    Case {
        rule: "detach-without-concurrently",
        on: On::Postgres,
        finds: &["ALTER TABLE logs ^DETACH PARTITION logs_1"],
        leaves: &[
            "ALTER TABLE logs DETACH PARTITION logs_1 FINALIZE",
            "CREATE TABLE p (id bigint PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p DEFAULT; ALTER TABLE p DETACH PARTITION p1",
        ],
    },
    Case {
        rule: "detach-without-concurrently",
        on: On::Off,
        finds: &[],
        leaves: &["ALTER TABLE logs DETACH PARTITION logs_1 CONCURRENTLY"],
    },
    Case {
        rule: "vacuum-full",
        on: On::Off,
        finds: &[
            "^VACUUM FULL notes",
            "^vacuum (verbose, full) public.notes",
            "^VACUUM FULL",
        ],
        leaves: &["VACUUM notes", "VACUUM (ANALYZE) notes", "VACUUM \"full\""],
    },
    Case {
        rule: "cluster",
        on: On::Postgres,
        finds: &[
            "^CLUSTER notes USING notes_label_idx",
            "^CLUSTER notes_label_idx ON notes",
            "^CLUSTER (VERBOSE) notes",
        ],
        leaves: &[
            "ALTER TABLE notes CLUSTER ON notes_label_idx",
            "CREATE TABLE fresh (id uuid PRIMARY KEY); CLUSTER fresh USING fresh_pkey",
        ],
    },
    Case {
        rule: "lock-table",
        on: On::Postgres,
        finds: &[
            "LOCK TABLE ^notes",
            "lock only ^notes in share row exclusive mode nowait",
        ],
        leaves: &[
            "LOCK TABLE notes IN ACCESS SHARE MODE",
            "CREATE TABLE fresh (id uuid PRIMARY KEY); LOCK TABLE fresh",
            "SELECT 1 FROM notes FOR UPDATE",
        ],
    },
    Case {
        rule: "table-storage",
        on: On::Postgres,
        finds: &[
            "ALTER TABLE ^ALL IN TABLESPACE a SET TABLESPACE b",
            "ALTER TABLE notes ^SET UNLOGGED",
            "ALTER TABLE notes ADD COLUMN a text, ^set tablespace fast",
            "ALTER TABLE notes ^SET ACCESS METHOD heap",
        ],
        leaves: &[
            "ALTER TABLE notes SET (fillfactor = 70)",
            "ALTER TABLE notes ALTER body SET STORAGE external",
            "CREATE UNLOGGED TABLE fresh (id uuid PRIMARY KEY); ALTER TABLE fresh SET LOGGED",
        ],
    },
    Case {
        rule: "refresh-without-concurrently",
        on: On::Postgres,
        finds: &[
            "^REFRESH MATERIALIZED VIEW counts",
            "^refresh materialized view public.counts with no data",
        ],
        leaves: &[
            "REFRESH MATERIALIZED VIEW CONCURRENTLY counts",
            "CREATE MATERIALIZED VIEW v AS SELECT 1 AS a WITH NO DATA; REFRESH MATERIALIZED VIEW v",
        ],
    },
    Case {
        rule: "unlogged-table",
        on: On::Postgres,
        finds: &["CREATE ^UNLOGGED TABLE fresh (id uuid PRIMARY KEY)"],
        leaves: &[
            "CREATE TABLE unlogged (id uuid PRIMARY KEY)",
            "CREATE TEMP TABLE fresh (id uuid PRIMARY KEY)",
        ],
    },
    Case {
        rule: "create-trigger",
        on: On::Postgres,
        finds: &[
            "CREATE TRIGGER ^x BEFORE INSERT OR UPDATE OF body, title ON notes FOR EACH ROW EXECUTE FUNCTION touch()",
            "CREATE CONSTRAINT TRIGGER ^x AFTER INSERT ON public.notes DEFERRABLE FOR EACH ROW EXECUTE FUNCTION touch()",
            "create or replace trigger ^x before insert on notes for each row execute function touch()",
        ],
        leaves: &[
            "CREATE TABLE fresh (id uuid PRIMARY KEY); CREATE TRIGGER x BEFORE INSERT ON fresh FOR EACH ROW EXECUTE FUNCTION touch()",
            "CREATE EVENT TRIGGER x ON ddl_command_end EXECUTE FUNCTION touch()",
        ],
    },
    Case {
        rule: "create-rule",
        on: On::Postgres,
        finds: &["^CREATE RULE r AS ON INSERT TO notes DO ALSO NOTHING"],
        leaves: &[
            "CREATE TABLE fresh (id uuid PRIMARY KEY); CREATE RULE r AS ON INSERT TO fresh DO ALSO NOTHING",
            "DROP RULE r ON notes",
        ],
    },
    Case {
        rule: "triggers-off",
        on: On::Postgres,
        finds: &[
            "ALTER TABLE notes ^DISABLE TRIGGER ALL",
            "ALTER TABLE notes ^disable trigger \"x\", ^ENABLE REPLICA TRIGGER y",
            "^SET LOCAL session_replication_role = replica",
            "^SET session_replication_role TO 'replica'",
        ],
        leaves: &[
            "ALTER TABLE notes ENABLE TRIGGER ALL",
            "ALTER TABLE notes ENABLE ALWAYS TRIGGER x",
            "SET LOCAL session_replication_role = origin",
            "CREATE TABLE fresh (id uuid PRIMARY KEY); ALTER TABLE fresh DISABLE TRIGGER ALL",
        ],
    },
];
