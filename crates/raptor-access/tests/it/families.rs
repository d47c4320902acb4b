//! What shows the rows of a guarded table as its own is guarded as that is, or the file is refused.

use crate::bed::{Bed, FILE, bed};
use raptor_access::Declaration;

const SCHEMA: &str = "
CREATE MATERIALIZED VIEW app.copies AS SELECT * FROM app.notes;
CREATE VIEW app.shown AS SELECT * FROM app.notes;
CREATE EXTENSION postgres_fdw; CREATE SERVER away FOREIGN DATA WRAPPER postgres_fdw;
CREATE FOREIGN TABLE app.afar (customer_id uuid, body text) SERVER away;
CREATE TABLE app.things (id int, customer_id uuid, what text);
CREATE TABLE app.secrets () INHERITS (app.things); CREATE TABLE app.deepest () INHERITS (app.secrets);
CREATE TABLE app.parts (customer_id uuid, year int) PARTITION BY RANGE (year);
CREATE TABLE app.part PARTITION OF app.parts FOR VALUES FROM (2026) TO (2027);
INSERT INTO app.secrets SELECT 1, id, email FROM app.customers; INSERT INTO app.parts SELECT id, 2026 FROM app.customers;
";

const GUARDED: &str = "tenant = \"customer_id\"\nrows.web = \"customer\"\ngrant.web = \"select\"";
const OPEN: &str = "grant.web = \"select\"";
const HELPS: &str = "grant.help = \"select\"";

async fn refused(bed: &Bed, lines: &[(&str, &str)]) -> String {
    let mut text = FILE.to_owned();
    for (table, rest) in lines {
        text.push_str(&format!("[{table}]\n{rest}\n"));
    }
    let declared = Declaration::read(&text).unwrap();
    match declared.plan(&bed.admin).await {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nothing_guards_is_told() {
    let bed = bed().await;
    let admin = bed.admin.session().await.unwrap();
    admin.execute_raw(SCHEMA).await.unwrap();
    for (place, rest, why) in [
        (
            "tables.copies",
            GUARDED,
            "app.copies is a materialized view, whose rows nothing guards",
        ),
        (
            "views.copies",
            OPEN,
            "app.copies is a materialized view, which shows what its owner saw, whoever asks: it stands under `[tables.…]`",
        ),
        ("tables.copies", OPEN, ""),
        (
            "tables.afar",
            GUARDED,
            "app.afar is a foreign table, whose rows nothing guards here",
        ),
        ("views.afar", OPEN, "it stands under `[tables.…]`"),
        ("tables.afar", OPEN, ""),
        (
            "tables.shown",
            GUARDED,
            "app.shown is a view: it stands under `[views.…]`",
        ),
        ("tables.shown", OPEN, "app.shown is a view"),
        ("views.shown", OPEN, ""),
        (
            "views.things",
            OPEN,
            "app.things is a table: it stands under `[tables.…]`",
        ),
    ] {
        let error = refused(&bed, &[(place, rest)]).await;
        assert!(error.contains(why), "{place} {rest}: {error}");
        assert_eq!(error.is_empty(), why.is_empty(), "{place} {rest}: {error}");
        assert!(why.is_empty() || error.starts_with("line 4"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a list")]
async fn rows_are_the_same_by_way_of_every_table() {
    let bed = bed().await;
    let admin = bed.admin.session().await.unwrap();
    admin.execute_raw(SCHEMA).await.unwrap();
    let all = "tenant = \"customer_id\"\nrows.web = \"all\"\ngrant.web = \"select\"";
    let helps = "tenant = \"customer_id\"\nrows.help = \"supported\"\ngrant.help = \"select\"";
    for (lines, why) in [
        (
            [("tables.things", OPEN), ("tables.secrets", GUARDED)],
            "web sees rows of app.secrets by way of app.things, and not the same ones",
        ),
        (
            [("tables.things", OPEN), ("tables.deepest", GUARDED)],
            "web sees rows of app.deepest by way of app.things",
        ),
        (
            [("tables.things", all), ("tables.secrets", GUARDED)],
            "so that `rows.web` has to be the same for both",
        ),
        (
            [("tables.things", helps), ("tables.secrets", GUARDED)],
            "help sees rows of app.secrets by way of app.things",
        ),
        (
            [("tables.things", GUARDED), ("tables.secrets", OPEN)],
            "web sees rows of app.things by way of app.secrets",
        ),
        (
            [("tables.things", GUARDED), ("tables.secrets", GUARDED)],
            "",
        ),
        ([("tables.things", ""), ("tables.secrets", GUARDED)], ""),
        ([("tables.things", GUARDED), ("tables.secrets", "")], ""),
        (
            [("tables.things", HELPS), ("tables.secrets", GUARDED)],
            "help sees rows of app.secrets by way of app.things",
        ),
        (
            [("tables.things", GUARDED), ("tables.secrets", HELPS)],
            "help sees rows of app.things by way of app.secrets",
        ),
        (
            [
                ("tables.things", "[roles.keeper]\nis = \"backup\""),
                ("tables.secrets", GUARDED),
            ],
            "keeper sees rows of app.secrets by way of app.things",
        ),
        (
            [("tables.parts", OPEN), ("tables.part", GUARDED)],
            "web sees rows of app.part by way of app.parts",
        ),
        (
            [("tables.parts", GUARDED), ("tables.part", OPEN)],
            "web sees rows of app.parts by way of app.part",
        ),
        ([("tables.parts", GUARDED), ("tables.part", "")], ""),
    ] {
        let error = refused(&bed, &lines).await;
        assert!(error.contains(why), "{lines:?}: {error}");
        assert_eq!(error.is_empty(), why.is_empty(), "{lines:?}: {error}");
    }
}
