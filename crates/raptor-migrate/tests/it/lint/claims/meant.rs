//! Whether the way that a finding names comes to the very constraint that was asked for.

use super::with_rows;
use crate::lint::{On, file, found};
use raptor_db::{Session, Sql, params};
use raptor_migrate::LintOptions;

/// What is behind the name of each new constraint.
static NEW: Sql = Sql::new(
    "SELECT string_agg(conname || ': ' || pg_get_constraintdef(oid), '; ' ORDER BY conname) AS is \
     FROM pg_constraint WHERE connamespace = 'raptor'::regnamespace AND oid > (SELECT max(oid) FROM lint_before) AND contype <> 'n'",
);

const CONSTRAINTS: &[&str] = &[
    "ALTER TABLE tags ADD CONSTRAINT c FOREIGN KEY (note_id) REFERENCES notes (id) ON DELETE RESTRICT",
    "ALTER TABLE tags ADD CONSTRAINT c FOREIGN KEY (note_id) REFERENCES notes (id) MATCH FULL ON UPDATE RESTRICT ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED",
    "ALTER TABLE events_2 ADD FOREIGN KEY (id) REFERENCES notes",
    "ALTER TABLE tags ADD COLUMN a bigint DEFAULT 1 CONSTRAINT \"My key\" REFERENCES notes (id) ON UPDATE CASCADE NOT DEFERRABLE",
    "ALTER TABLE notes ADD CONSTRAINT c CHECK (flag > 0) NO INHERIT",
    "ALTER TABLE notes ADD CHECK (body <> 'NOT VALID') NO INHERIT",
    "ALTER TABLE notes ADD COLUMN a int CONSTRAINT c CHECK (a > 0) NO INHERIT DEFAULT 5",
    "ALTER TABLE tags ADD CONSTRAINT c UNIQUE (tag) INCLUDE (mood) DEFERRABLE INITIALLY DEFERRED",
    "ALTER TABLE logs_2 ADD CONSTRAINT c PRIMARY KEY (id) INCLUDE (at) DEFERRABLE",
    "ALTER TABLE notes ADD COLUMN a int CONSTRAINT c UNIQUE DEFERRABLE",
];

/// The constraints that a text makes; it is taken back.
async fn made(session: &Session, text: &str) -> String {
    session.execute_raw("BEGIN").await.unwrap();
    let ran = session.execute_raw(text).await;
    let rows = match &ran {
        Ok(()) => session.query(&NEW, params! {}).await.unwrap(),
        Err(_) => Vec::new(),
    };
    session.execute_raw("ROLLBACK").await.unwrap();
    ran.unwrap_or_else(|error| panic!("{text}: {error}"));
    let is: Option<String> = rows[0].get("is").unwrap();
    is.unwrap_or_default()
}

/// The SQL of a way, as one text that may run in a transaction.
fn sql(instead: &str) -> String {
    let said = [
        "In a revision with tx=off: ",
        " and in the next revision",
        " and in the next one",
        " CONCURRENTLY",
    ];
    let bare = said
        .iter()
        .fold(instead.to_owned(), |text, it| text.replace(it, ""));
    bare.replace("\n", " ")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_way_makes_the_constraint_that_was_asked_for() {
    let (_at, session) = with_rows().await;
    session
        .execute_raw("DELETE FROM logs_2; INSERT INTO lint_before SELECT max(oid), '', 0, 0 FROM pg_constraint")
        .await
        .unwrap();
    let mut wrong = Vec::new();
    for text in CONSTRAINTS {
        let (file, _) = file(On::Postgres, text);
        let found = found(&file, &LintOptions::default());
        let way = found
            .iter()
            .find(|it| it.instead.contains("VALIDATE") || it.instead.contains("USING INDEX"));
        let Some(way) = way else {
            wrong.push(format!("{text}: no way"));
            continue;
        };
        let asked = made(&session, text).await;
        // What the constraint is on is there before.
        let column = text
            .contains("ADD COLUMN a")
            .then(|| text.split("ADD").next().unwrap().to_owned() + "ADD COLUMN a bigint; ");
        let way = made(&session, &(column.unwrap_or_default() + &sql(&way.instead))).await;
        if asked != way || asked.is_empty() {
            wrong.push(format!("{text}\n  asked {asked}\n  way   {way}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
