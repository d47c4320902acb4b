//! Whether a server reads the texts of the cases, and refuses what the lint says it refuses.

use super::{claims, run, version, with_rows};
use crate::fixture::{Fixture, chain};
use crate::lint::{CASES, On, file, found, world};
use raptor_migrate::LintOptions;

/// Every function of the server that may give another value for each row is taken for one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_volatile_function_is_taken_for_a_stable_one() {
    let at = Fixture::postgres().await;
    let names = "SELECT DISTINCT proname::text FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND provolatile = 'v' AND prokind = 'f' ORDER BY 1";
    let names = at.column(names).await;
    assert!(names.len() > 100, "{}", names.len());
    for name in names {
        let (text, _) = file(
            On::Postgres,
            &format!("ALTER TABLE notes ADD COLUMN a text DEFAULT {name}()"),
        );
        let (_, findings) = claims(&chain(&[world::BASE, &text]), 13);
        assert!(
            findings
                .iter()
                .any(|(rule, ..)| rule == "column-rewrites-table"),
            "{name}"
        );
    }
}

/// What the rule for enums says fails, and what it leaves alone does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_value_of_an_enum_cannot_be_used_before_it_is_committed() {
    let (at, session) = with_rows().await;
    let version = version(&at).await;
    let mut options = LintOptions::default();
    options.pg_version = version;
    let adds = "ALTER TYPE mood ADD VALUE 'calm' BEFORE 'glad';";
    let new = "CREATE TYPE colour AS ENUM ('red'); ALTER TYPE colour ADD VALUE 'blue';";
    for text in [
        format!("{adds} INSERT INTO tags VALUES (100, 'x', 'calm')"),
        format!("{adds} INSERT INTO tags VALUES (100, 'x', 'sad')"),
        format!("{new} CREATE TABLE t (id bigint PRIMARY KEY, c colour DEFAULT 'blue')"),
        format!("{new} CREATE TABLE t (id bigint PRIMARY KEY, c colour DEFAULT 'red')"),
    ] {
        let fails = run(&session, &text)
            .await
            .is_err_and(|error| error.to_string().contains("unsafe use of new value"));
        let (file, _) = file(On::Postgres, &text);
        let found = found(&file, &options)
            .iter()
            .any(|it| it.rule == "enum-value-in-use");
        assert_eq!(found, fails, "{text} on {version}");
    }
}

/// Words of newer servers.
const SINCE: &[(u32, &str)] = &[
    (14, "CONCURRENTLY"),
    (14, "FINALIZE"),
    (14, "CLUSTER ("),
    (14, "or replace trigger"),
    (14, "BEGIN ATOMIC"),
    (15, "nulls not distinct"),
    (15, "MERGE"),
    (15, "SET ACCESS METHOD"),
    (16, "WITH INHERIT"),
    (17, "SET EXPRESSION"),
    (18, "VIRTUAL"),
    (18, "NOT ENFORCED"),
    (18, "CONSTRAINT c NOT NULL"),
    (18, "NO INHERIT not"),
];

/// The texts of the cases are what Postgres reads: a block that returns at once reads all of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cases_are_postgres() {
    let (at, session) = with_rows().await;
    let version = version(&at).await;
    let mut wrong = Vec::new();
    let cases = CASES.iter().copied().flatten();
    let cases =
        cases.filter(|case| matches!(case.on, On::Postgres | On::Off | On::Down | On::Phase(_)));
    for case in cases {
        for text in case.finds.iter().chain(case.leaves) {
            let newer = SINCE
                .iter()
                .any(|(since, word)| version < *since && text.contains(word));
            // INTO means a variable in a block, and transactions are none of its words.
            let other = text.contains(" INTO ^fresh") || case.rule == "transaction-control";
            if newer || other {
                continue;
            }
            let block = format!(
                "DO $case$ BEGIN RETURN; {}\n; END $case$",
                text.replace('^', "")
            );
            if let Err(error) = session.execute_raw(&block).await {
                wrong.push(format!("{}: {text}\n  {error}", case.rule));
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
