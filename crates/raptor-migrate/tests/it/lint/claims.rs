//! Whether a server does what the lint says of locks, rewrites and reads: each statement is run on
//! tables with rows, and the server's own catalogs are asked.

mod meant;
mod texts;

use super::{On, file, world};
use crate::fixture::{Fixture, chain};
use raptor_db::{Session, Sql, params};
use raptor_migrate::{Chain, LintOptions, TableLock as Lock, TableWork as Work, lint};
use std::collections::BTreeMap;

pub(super) const ROWS: &str = "
ALTER TABLE secrets NO FORCE ROW LEVEL SECURITY;
INSERT INTO customers SELECT gen_random_uuid(), g::text, gen_random_uuid() FROM generate_series(1, 50) AS g;
INSERT INTO notes (id, customer_id, body, title, label, slug, price, flag, filled, half, size)
  SELECT g, (SELECT id FROM customers WHERE email = g::text), 'b', 't', 'l', 's', 1, g, g, g, 1 FROM generate_series(1, 50) AS g;
INSERT INTO tags SELECT g, 'tag' || g, 'sad' FROM generate_series(1, 50) AS g;
INSERT INTO events SELECT 1, g FROM generate_series(0, 9) AS g;
INSERT INTO events VALUES (1, 1000);
INSERT INTO events_2 VALUES (1, 25);
INSERT INTO events_3 VALUES (1, 35);
INSERT INTO logs SELECT 1, g FROM generate_series(0, 9) AS g;
INSERT INTO logs_2 VALUES (1, 25);
INSERT INTO logs_3 VALUES (1, 35);
REFRESH MATERIALIZED VIEW counts;
INSERT INTO secrets SELECT gen_random_uuid(), gen_random_uuid() FROM generate_series(1, 50);
INSERT INTO settings SELECT g::text, 'v' FROM generate_series(1, 50) AS g;
";

const NOTE: &str = "
CREATE TABLE lint_before AS SELECT c.oid, c.relname::text AS name, pg_relation_filenode(c.oid) AS node, 0::bigint AS scans
  FROM pg_class AS c WHERE relnamespace = 'raptor'::regnamespace AND relkind IN ('r', 'p', 'm', 'v');
";

static SEEN: Sql = Sql::new(
    "SELECT b.name, (SELECT string_agg(mode, ',') FROM pg_locks AS l WHERE l.relation = b.oid AND pid = pg_backend_pid()) AS locks, \
     b.node IS DISTINCT FROM pg_relation_filenode(b.oid) AND EXISTS (SELECT 1 FROM pg_class AS c WHERE c.oid = b.oid) AS rewritten, \
     pg_stat_get_xact_numscans(b.oid) > b.scans AS scanned \
     FROM lint_before AS b ORDER BY 1",
);

/// What a server did to a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Did {
    lock: Lock,
    rewritten: bool,
    scanned: bool,
}

/// Runs the statements in a transaction that is rolled back, and sees what they did to which table.
async fn run(session: &Session, text: &str) -> Result<BTreeMap<String, Did>, raptor_db::Error> {
    // The count of reads goes on over transactions, so it is noted anew for each.
    let begin = "BEGIN; UPDATE lint_before SET scans = pg_stat_get_xact_numscans(oid)";
    session.execute_raw(begin).await.unwrap();
    let ran = session.execute_raw(text).await;
    let rows = match &ran {
        Ok(()) => session.query(&SEEN, params! {}).await.unwrap(),
        Err(_) => Vec::new(),
    };
    session.execute_raw("ROLLBACK").await.unwrap();
    ran?;
    let mut did = BTreeMap::new();
    for row in &rows {
        let name: String = row.get("name").unwrap();
        let locks: Option<String> = row.get("locks").unwrap();
        if let Some(lock) = locks.and_then(|locks| locks.split(',').filter_map(lock_of).max()) {
            let (rewritten, scanned) = (row.get("rewritten").unwrap(), row.get("scanned").unwrap());
            did.insert(
                name,
                Did {
                    lock,
                    rewritten,
                    scanned,
                },
            );
        }
    }
    did.remove("lint_before");
    Ok(did)
}

fn lock_of(mode: &str) -> Option<Lock> {
    Some(match mode {
        "RowExclusiveLock" => Lock::RowExclusive,
        "ShareUpdateExclusiveLock" => Lock::ShareUpdateExclusive,
        "ShareLock" => Lock::Share,
        "ShareRowExclusiveLock" => Lock::ShareRowExclusive,
        "ExclusiveLock" => Lock::Exclusive,
        "AccessExclusiveLock" => Lock::AccessExclusive,
        _ => return None,
    })
}

fn agrees(work: Option<Work>, did: Did) -> bool {
    match work {
        Some(Work::Rewrites) => did.rewritten,
        Some(Work::MayRewrite) => true,
        Some(Work::Indexes | Work::Reads) => did.scanned && !did.rewritten,
        Some(_) => !did.rewritten,
        // A write finds its rows as it may.
        None => !did.rewritten && (!did.scanned || did.lock == Lock::RowExclusive),
    }
}

/// What the lint says about a text that follows a chain, table by table; and of each finding.
type Claims = (
    BTreeMap<String, (Lock, Option<Work>)>,
    Vec<(String, String, Lock, Option<Work>)>,
);

fn claims(chain: &Chain, pg_version: u32) -> Claims {
    let mut options = LintOptions::default();
    options.only = Some(["b2".to_owned()].into());
    options.pg_version = pg_version;
    let lint = lint(chain, &options);
    let mut tables: BTreeMap<String, (Lock, Option<Work>)> = BTreeMap::new();
    for taken in &lint.locks {
        let entry = tables
            .entry(taken.table.clone())
            .or_insert((taken.lock, None));
        entry.0 = entry.0.max(taken.lock);
        entry.1 = entry.1.or(taken.work);
    }
    let findings = lint.findings.iter().filter_map(|it| {
        let table = it.table.clone()?;
        Some((it.rule.to_owned(), table, it.lock?, it.work))
    });
    (tables, findings.collect())
}

async fn with_rows() -> (Fixture, Session) {
    let at = Fixture::postgres().await;
    at.upgrade(&chain(&[world::BASE]), "head").await.unwrap();
    let session = at.db.session().await.unwrap();
    session
        .execute_raw("SET search_path = raptor")
        .await
        .unwrap();
    session.execute_raw(ROWS).await.unwrap();
    session.execute_raw(NOTE).await.unwrap();
    (at, session)
}

const STATEMENTS: &[&str] = &[
    // Columns.
    "ALTER TABLE notes ADD COLUMN a integer",
    "ALTER TABLE notes ADD COLUMN a integer NOT NULL DEFAULT 5",
    "ALTER TABLE notes ADD COLUMN a timestamptz DEFAULT now()",
    "ALTER TABLE notes ADD COLUMN a text DEFAULT current_user",
    "ALTER TABLE notes ADD COLUMN a uuid DEFAULT gen_random_uuid()",
    "ALTER TABLE notes ADD COLUMN a timestamptz DEFAULT clock_timestamp()",
    "ALTER TABLE notes ADD COLUMN a bigserial",
    "ALTER TABLE notes ADD COLUMN a bigint GENERATED ALWAYS AS IDENTITY",
    "ALTER TABLE notes ADD COLUMN a text GENERATED ALWAYS AS (lower(body)) STORED",
    "ALTER TABLE notes ADD COLUMN a positive",
    "ALTER TABLE notes ADD COLUMN a plain",
    "ALTER TABLE notes ADD COLUMN a positive[]",
    "ALTER TABLE notes ADD COLUMN a integer CHECK (a > 0)",
    "ALTER TABLE notes ADD COLUMN a integer UNIQUE",
    "ALTER TABLE notes ADD COLUMN a uuid REFERENCES customers (id)",
    "ALTER TABLE tags ADD COLUMN a bigint DEFAULT 1 REFERENCES notes (id)",
    "ALTER TABLE customers DROP COLUMN tenant_id",
    "ALTER TABLE notes DROP COLUMN body",
    "ALTER TABLE notes ALTER COLUMN body SET NOT NULL",
    "ALTER TABLE notes ALTER COLUMN filled SET NOT NULL",
    "ALTER TABLE notes VALIDATE CONSTRAINT notes_half; ALTER TABLE notes ALTER half SET NOT NULL",
    "ALTER TABLE customers ALTER COLUMN email DROP NOT NULL",
    "ALTER TABLE notes ALTER COLUMN body SET DEFAULT 'x'",
    "ALTER TABLE notes ALTER COLUMN body SET STATISTICS 500",
    "ALTER TABLE notes ALTER COLUMN body SET STORAGE external",
    // Types; see the matrix too.
    "ALTER TABLE notes ALTER COLUMN title TYPE varchar(100)",
    "ALTER TABLE notes ALTER COLUMN label TYPE text",
    "ALTER TABLE notes ALTER COLUMN slug TYPE text",
    "ALTER TABLE notes ALTER COLUMN label TYPE text COLLATE \"POSIX\"",
    "ALTER TABLE notes ALTER COLUMN body TYPE text COLLATE \"POSIX\"",
    "ALTER TABLE notes ALTER COLUMN title TYPE text USING title::text",
    "ALTER TABLE notes ALTER COLUMN title TYPE text USING lower(title)",
    "ALTER TABLE notes ALTER COLUMN names TYPE text[]",
    "ALTER TABLE notes ALTER COLUMN names TYPE varchar(20)[]",
    // Constraints.
    "ALTER TABLE notes ADD CONSTRAINT c CHECK (flag > 0)",
    "ALTER TABLE notes ADD CONSTRAINT c CHECK (flag > 0) NOT VALID",
    "ALTER TABLE notes VALIDATE CONSTRAINT notes_half",
    "ALTER TABLE notes VALIDATE CONSTRAINT notes_filled",
    "ALTER TABLE tags VALIDATE CONSTRAINT tags_note_id_fkey",
    "ALTER TABLE notes ADD CONSTRAINT c CHECK (flag > 0) NOT VALID; ALTER TABLE notes VALIDATE CONSTRAINT c",
    "ALTER TABLE tags ADD CONSTRAINT c FOREIGN KEY (note_id) REFERENCES notes (id)",
    "ALTER TABLE tags ADD CONSTRAINT c FOREIGN KEY (note_id) REFERENCES notes (id) NOT VALID",
    "ALTER TABLE tags DROP CONSTRAINT tags_note_id_fkey",
    "ALTER TABLE notes DROP CONSTRAINT notes_half",
    "ALTER TABLE notes RENAME CONSTRAINT notes_half TO other",
    "ALTER TABLE tags ALTER CONSTRAINT tags_note_id_fkey DEFERRABLE",
    "ALTER TABLE customers DROP CONSTRAINT customers_email_key",
    "ALTER TABLE tags ADD CONSTRAINT c UNIQUE (tag)",
    "ALTER TABLE notes ADD CONSTRAINT c UNIQUE USING INDEX notes_flag_idx",
    "ALTER TABLE logs_2 ADD PRIMARY KEY (id)",
    "ALTER TABLE notes ADD CONSTRAINT c EXCLUDE USING gist (int4range(flag, flag + 1) WITH &&)",
    // Indexes.
    "CREATE INDEX i ON notes (title)",
    "CREATE UNIQUE INDEX i ON tags (tag)",
    "CREATE INDEX i ON ONLY logs (id)",
    "DROP INDEX notes_label_idx",
    "REINDEX TABLE notes",
    "REINDEX INDEX notes_label_idx",
    "ALTER INDEX notes_label_idx RENAME TO other",
    // Tables.
    "DROP TABLE settings",
    "DROP TABLE tags CASCADE",
    "DROP TABLE logs_1",
    "ALTER TABLE notes RENAME TO pages",
    "ALTER TABLE notes RENAME COLUMN body TO text",
    "ALTER VIEW titles RENAME TO names",
    "CREATE OR REPLACE VIEW titles AS SELECT note_id, tag, 1 AS one FROM tags",
    "DROP VIEW titles",
    "ALTER TABLE settings SET UNLOGGED",
    "ALTER TABLE settings SET (fillfactor = 70)",
    "ALTER TABLE settings CLUSTER ON settings_pkey",
    "CLUSTER settings USING settings_pkey",
    "LOCK TABLE settings",
    "LOCK TABLE settings IN SHARE ROW EXCLUSIVE MODE",
    "REFRESH MATERIALIZED VIEW counts",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY counts",
    "CREATE TABLE fresh (id uuid PRIMARY KEY, customer_id uuid REFERENCES customers (id))",
    "CREATE TABLE fresh () INHERITS (settings)",
    "CREATE TABLE fresh (LIKE notes INCLUDING ALL)",
    "CREATE TABLE fresh (id bigint PRIMARY KEY); CREATE INDEX i ON fresh (id); ALTER TABLE fresh ADD COLUMN a uuid DEFAULT gen_random_uuid()",
    // Partitions.
    "ALTER TABLE logs ATTACH PARTITION logs_2 FOR VALUES FROM (20) TO (30)",
    "ALTER TABLE logs ATTACH PARTITION logs_3 FOR VALUES FROM (30) TO (40)",
    "ALTER TABLE events ATTACH PARTITION events_2 FOR VALUES FROM (20) TO (30)",
    "ALTER TABLE events ATTACH PARTITION events_3 FOR VALUES FROM (30) TO (40)",
    "ALTER TABLE logs DETACH PARTITION logs_1",
    "CREATE TABLE logs_9 PARTITION OF logs FOR VALUES FROM (90) TO (100)",
    "CREATE TABLE events_9 PARTITION OF events FOR VALUES FROM (90) TO (100)",
    // Triggers and policies.
    "CREATE TRIGGER x BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION touch()",
    "DROP TRIGGER tags_touch ON tags",
    "ALTER TABLE tags DISABLE TRIGGER tags_touch",
    "CREATE RULE r AS ON INSERT TO notes DO ALSO NOTHING",
    "ALTER TABLE secrets DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE notes ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY p ON secrets USING (true)",
    "ALTER POLICY secrets_own ON secrets USING (true)",
    "DROP POLICY secrets_own ON secrets",
    "GRANT SELECT ON notes TO PUBLIC",
    "COMMENT ON COLUMN settings.value IS 'x'",
    "ALTER TYPE mood ADD VALUE 'calm' BEFORE 'glad'",
];

/// What only newer servers take, and from which version on.
const NEWER: &[(u32, &str)] = &[
    (
        15,
        "ALTER TABLE tags ADD CONSTRAINT c UNIQUE NULLS NOT DISTINCT (tag)",
    ),
    (
        15,
        "MERGE INTO tags USING notes ON note_id = id WHEN MATCHED THEN DO NOTHING",
    ),
    (
        18,
        "ALTER TABLE notes ADD COLUMN a text GENERATED ALWAYS AS (lower(body)) VIRTUAL",
    ),
    (
        18,
        "ALTER TABLE notes ADD COLUMN a text GENERATED ALWAYS AS (lower(body))",
    ),
    (18, "ALTER TABLE notes ADD CONSTRAINT c NOT NULL body"),
    (
        18,
        "ALTER TABLE notes ADD CONSTRAINT c NOT NULL body NOT VALID",
    ),
    (
        18,
        "ALTER TABLE notes ADD CONSTRAINT c CHECK (flag > 0) NOT ENFORCED",
    ),
];

/// Locks that are taken and not all said: for COMMENT only another change of the table waits, and
/// which views CASCADE takes along no statement says.
const UNSAID: &[&str] = &["COMMENT", "CASCADE"];

async fn version(at: &Fixture) -> u32 {
    let number = at
        .column("SELECT current_setting('server_version_num')")
        .await;
    number[0].parse::<u32>().unwrap() / 10_000
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_takes_the_locks_and_does_the_work_that_is_said() {
    let (at, session) = with_rows().await;
    let version = version(&at).await;
    let mut wrong = Vec::new();
    let newer = NEWER.iter().filter(|(since, _)| *since <= version);
    for statement in STATEMENTS
        .iter()
        .chain(newer.map(|(_, statement)| statement))
    {
        let did = match run(&session, statement).await {
            Ok(did) => did,
            Err(error) => {
                wrong.push(format!("{statement}\n  fails: {error}"));
                continue;
            }
        };
        let (text, _) = file(On::Postgres, statement);
        let (tables, findings) = claims(&chain(&[world::BASE, &text]), version);
        let said: BTreeMap<_, _> = tables
            .iter()
            .map(|(table, (lock, _))| (table.clone(), *lock))
            .collect();
        let taken: BTreeMap<_, _> = did
            .iter()
            .map(|(table, did)| (table.clone(), did.lock))
            .collect();
        let unsaid = UNSAID.iter().any(|word| statement.contains(word));
        let all_taken = said
            .iter()
            .all(|(table, lock)| taken.get(table) == Some(lock));
        if !all_taken || (said != taken && !unsaid) {
            wrong.push(format!("{statement}\n  said {said:?}\n  took {taken:?}"));
        }
        for (table, (_, work)) in &tables {
            if let Some(did) = did.get(table).filter(|did| !agrees(*work, **did)) {
                wrong.push(format!(
                    "{statement}\n  said {work:?} on {table}\n  did {did:?}"
                ));
            }
        }
        for (rule, table, lock, work) in findings {
            let right = did
                .get(&table)
                .is_some_and(|did| did.lock == lock && (work.is_none() || agrees(work, *did)));
            if !right {
                wrong.push(format!(
                    "{statement}\n  {rule} says {lock} {work:?} on {table}\n  did {:?}",
                    did.get(&table)
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

const KINDS: &[&str] = &[
    "smallint",
    "integer",
    "bigint",
    "oid",
    "real",
    "double precision",
    "numeric",
    "numeric(10)",
    "numeric(10,2)",
    "numeric(12,2)",
    "numeric(12,4)",
    "text",
    "varchar",
    "varchar(10)",
    "varchar(20)",
    "bpchar",
    "char(3)",
    "char(5)",
    "timestamp",
    "timestamp(3)",
    "timestamptz",
    "timestamptz(3)",
    "date",
    "time",
    "time(2)",
    "timetz",
    "interval",
    "interval(2)",
    "bit(4)",
    "varbit",
    "varbit(4)",
    "varbit(8)",
    "inet",
    "cidr",
    "json",
    "jsonb",
    "xml",
    "uuid",
    "boolean",
    "bytea",
    "money",
    "name",
    "text[]",
    "varchar[]",
    "varchar(10)[]",
    "integer[]",
    "bigint[]",
    "mood",
];

/// All pairs of types, without an index on the column and with one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_changes_each_type_as_is_said() {
    let (_at, session) = with_rows().await;
    let mut wrong = Vec::new();
    let mut looked = 0;
    for (number, from) in KINDS.iter().enumerate() {
        let make = format!("CREATE TABLE changed (id bigint PRIMARY KEY, a {from})");
        let index = "CREATE INDEX changed_a ON changed (a)";
        for with_index in [false, true] {
            session.execute_raw(&format!("DROP TABLE IF EXISTS changed; {make}; INSERT INTO changed (id) SELECT generate_series(1, 3)")).await.unwrap();
            let more = if with_index { index } else { "SELECT 1" };
            if session.execute_raw(more).await.is_err() {
                continue;
            }
            session
                .execute_raw(&format!("DROP TABLE lint_before; {NOTE}"))
                .await
                .unwrap();
            for (place, to) in KINDS.iter().enumerate() {
                // With an index a third of the pairs is enough: which conversion it is has been seen.
                if with_index && (number + place) % 3 != 0 {
                    continue;
                }
                let statement = format!("ALTER TABLE changed ALTER COLUMN a TYPE {to}");
                // Where a conversion needs USING, it is another statement.
                let Ok(did) = run(&session, &statement).await else {
                    continue;
                };
                let base = format!(
                    "-- raptor: id=a1\n-- raptor:up postgres\n{make}; {more};\n-- raptor:up sqlite\n"
                );
                let (text, _) = file(On::Postgres, &statement);
                let (tables, _) = claims(&chain(&[&base, &text]), 13);
                let (lock, work) = tables["changed"];
                looked += 1;
                if !agrees(work, did["changed"]) || lock != did["changed"].lock {
                    wrong.push(format!(
                        "{from} to {to}, index {with_index}: said {work:?}, did {:?}",
                        did["changed"]
                    ));
                }
            }
        }
    }
    assert!(looked > 500, "{looked}");
    assert!(
        wrong.is_empty(),
        "{} of {looked} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
