//! What makes no difference on Postgres: order, the schema's name, settings, who reads.

use super::changes::{Dice, found, read, run};
use super::postgres::RICH;
use crate::fixture::Fixture;
use raptor_db::{Session, split};
use raptor_migrate::{Catalog, DifferenceKind, Options, catalog};

/// Runs statements in an order of chance: what needs another one first is tried again later.
async fn run_shuffled(session: &Session, mut texts: Vec<String>, dice: &mut Dice) {
    dice.shuffle(&mut texts);
    let mut failed = Vec::new();
    while !texts.is_empty() {
        let before = texts.len();
        for text in texts.drain(..) {
            run(session, "SAVEPOINT tried").await;
            match session.execute_raw(&text).await {
                Ok(()) => run(session, "RELEASE SAVEPOINT tried").await,
                Err(_) => {
                    run(session, "ROLLBACK TO SAVEPOINT tried").await;
                    failed.push(text);
                }
            }
        }
        assert!(failed.len() < before, "{failed:#?}");
        texts.append(&mut failed);
    }
}

/// What is made after `ALTER DEFAULT PRIVILEGES` has other grants than what is made before, so that
/// nothing comes across those.
#[tokio::test]
async fn another_order_and_another_schema() {
    let one = Fixture::postgres().await;
    let session = one.admin_db().await.session().await.unwrap();
    let begin = "BEGIN; SET LOCAL search_path = raptor, pg_catalog";
    run(&session, begin).await;
    run(&session, RICH).await;
    let first = read(&session, Some("raptor")).await;
    let (before, after) = RICH.split_at(RICH.find("ALTER DEFAULT").unwrap());
    for seed in 0..4 {
        let other = Fixture::postgres().await;
        let session = other.admin_db().await.session().await.unwrap();
        let begin = "BEGIN; CREATE SCHEMA \"Dry run\" AUTHORIZATION raptor_owner; \
                     SET LOCAL search_path = \"Dry run\", pg_catalog";
        run(&session, begin).await;
        let mut dice = Dice(seed);
        for part in [before, after] {
            let part = part
                .replace("SCHEMA raptor", "SCHEMA \"Dry run\"")
                .replace("search_path = raptor", "search_path = \"Dry run\"");
            let all = split(&part).unwrap();
            let (first, rest): (Vec<_>, Vec<_>) = all
                .into_iter()
                .partition(|text| text.contains("ALTER DEFAULT"));
            for texts in [first, rest] {
                let texts = texts.into_iter().map(str::to_owned).collect();
                run_shuffled(&session, texts, &mut dice).await;
            }
        }
        let second = read(&session, Some("Dry run")).await;
        assert_eq!(found(&first, &second), [""; 0], "{seed}");
        assert_eq!(first, second);
    }
}

#[tokio::test]
async fn settings_do_not_show() {
    let at = Fixture::postgres().await;
    let session = at.db.session().await.unwrap();
    let table = "CREATE TABLE raptor.t (a timestamptz DEFAULT TIMESTAMPTZ '2024-01-02 12:00+00', \
        b interval DEFAULT INTERVAL '1 day 2 hours', c float8 DEFAULT 0.1::float8 / 3, d bytea DEFAULT '\\xff00', \
        e date DEFAULT DATE '2024-02-01', f money DEFAULT 3::money, g float8 DEFAULT float8 '0.30000000000000004', \
        h text DEFAULT E'a\\\\b', i regclass DEFAULT 'raptor.t'::regclass)";
    run(&session, table).await;
    run(&session, "CREATE TABLE public.t (i int)").await;
    let first = read(&session, Some("raptor")).await;
    let default = |name: &str| {
        first
            .relation("t")
            .unwrap()
            .column(name)
            .unwrap()
            .default
            .clone()
    };
    assert_eq!(default("i").as_deref(), Some("'t'::regclass"));
    let settings = "SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'SQL, DMY'; SET IntervalStyle = 'iso_8601'; \
        SET extra_float_digits = -5; SET bytea_output = 'escape'; SET quote_all_identifiers = on; \
        SET standard_conforming_strings = off; SET search_path = public, raptor";
    run(&session, settings).await;
    let second = read(&session, Some("raptor")).await;
    assert_eq!(found(&first, &second), [""; 0]);
    assert_eq!(first.to_string(), second.to_string());
}

#[tokio::test]
async fn the_sessions_own_things_stay() {
    let at = Fixture::postgres().await;
    let session = at.db.session().await.unwrap();
    let path = async || {
        let sql = raptor_db::Sql::dynamic("SELECT current_setting('search_path') AS path");
        let rows = session.query(&sql, raptor_db::params! {}).await.unwrap();
        rows[0].get::<String>("path").unwrap()
    };
    let before = path().await;
    run(
        &session,
        "CREATE TEMP TABLE t (a int); CREATE TABLE raptor.t (a int DEFAULT 1)",
    )
    .await;
    let outside = read(&session, Some("raptor")).await;
    assert_eq!(path().await, before);
    run(
        &session,
        "BEGIN; SET LOCAL search_path = pg_catalog; CREATE VIEW raptor.v AS SELECT a FROM raptor.t",
    )
    .await;
    let inside = read(&session, Some("raptor")).await;
    assert_eq!(found(&outside, &inside), ["view v"]);
    assert_eq!(path().await, "pg_catalog");
    let view = inside.relation("v").unwrap().definition.clone().unwrap();
    assert!(!view.contains("raptor"), "{view}");
    run(&session, "COMMIT").await;
    assert_eq!(path().await, before);
    // A transaction that has failed is told, and is left as it is.
    run(&session, "BEGIN").await;
    session.execute_raw("SELECT 1/0").await.unwrap_err();
    let mut options = Options::default();
    options.schema = Some("raptor".to_owned());
    let error = raptor_migrate::catalog_of(&session, &options)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("the schema cannot be read"),
        "{error}"
    );
    run(&session, "ROLLBACK").await;
    assert_eq!(read(&session, Some("raptor")).await, inside);
}

/// Nothing of the schema is called while it is read, whatever its name is.
#[tokio::test]
async fn nothing_of_the_schema_comes_between() {
    let at = Fixture::postgres().await;
    let session = at.db.session().await.unwrap();
    let traps = "CREATE FUNCTION raptor.quote_ident(name) RETURNS text LANGUAGE sql AS $$ SELECT 'trapped' $$; \
        CREATE FUNCTION raptor.format_type(oid, integer) RETURNS text LANGUAGE sql AS $$ SELECT 'trapped' $$; \
        CREATE FUNCTION raptor.lower(varchar) RETURNS text LANGUAGE sql AS $$ SELECT 'trapped' $$;";
    run(&session, traps).await;
    run(&session, "CREATE TABLE raptor.pg_class (a int); CREATE TABLE raptor.t (a varchar CHECK (raptor.lower(a) = a))").await;
    let catalog = read(&session, Some("raptor")).await;
    let table = catalog.relation("t").unwrap();
    assert_eq!(table.column("a").unwrap().type_name, "character varying");
    assert_eq!(catalog.relations.len(), 2);
    assert_eq!(catalog.routines.len(), 3);
}

/// Where Postgres must write the schema's name, and where people wrote it, each schema's own is meant.
#[tokio::test]
async fn what_has_the_name_of_postgres_own() {
    let at = Fixture::postgres().await;
    let session = at.db.session().await.unwrap();
    let make = |schema: &str| {
        format!(
            "CREATE SCHEMA IF NOT EXISTS {schema}; SET search_path = {schema}, pg_catalog; \
             CREATE FUNCTION {schema}.lower(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1::text'; \
             CREATE DOMAIN {schema}.money AS numeric; \
             CREATE FUNCTION f() RETURNS bigint LANGUAGE sql SET search_path FROM CURRENT AS $$SELECT count(*) FROM {schema}.t$$; \
             CREATE TABLE t (a varchar CHECK (lower(a) = a), b {schema}.money, c text DEFAULT '{schema}.x')"
        )
    };
    run(&session, "SET check_function_bodies = off").await;
    run(&session, &make("raptor")).await;
    run(&session, &make("\"Dry run\"")).await;
    let (here, there) = (
        read(&session, Some("raptor")).await,
        read(&session, Some("Dry run")).await,
    );
    let table = here.relation("t").unwrap();
    assert_eq!(table.column("b").unwrap().type_name, "raptor.money");
    assert!(table.constraints[0].definition.contains("raptor.lower"));
    // A string is what it says.
    assert_eq!(found(&here, &there), ["table t, column c: default"]);
    // And what is Postgres's own is not the schema's.
    run(
        &session,
        "ALTER TABLE \"Dry run\".t ALTER b TYPE pg_catalog.money USING 0::pg_catalog.money",
    )
    .await;
    let there = read(&session, Some("Dry run")).await;
    assert_eq!(found(&here, &there)[0], "table t, column b: type");
}

#[tokio::test]
async fn any_login_reads_the_same() {
    let at = Fixture::postgres().await;
    at.admin(&format!("SET search_path = raptor, pg_catalog; {RICH}"))
        .await;
    let mut options = Options::default();
    options.schema = Some("raptor".to_owned());
    let all = catalog(&at.admin_db().await, &options).await.unwrap();
    let same = |read: Catalog| assert_eq!(found(&all, &read), [""; 0]);
    same(catalog(&at.db, &options).await.unwrap());
    same(catalog(&at.app().await, &options).await.unwrap());
    // Without a schema it is the login's own.
    same(catalog(&at.db, &Options::default()).await.unwrap());
    at.admin("REVOKE USAGE ON SCHEMA raptor FROM raptor_app")
        .await;
    let error = catalog(&at.app().await, &options).await.unwrap_err();
    assert!(error.to_string().contains("needs USAGE"), "{error}");
}

#[tokio::test]
async fn owners_and_grants_can_be_passed_over() {
    let at = Fixture::postgres().await;
    let make = "CREATE TABLE t (a int); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE SEQUENCE s; CREATE TYPE e AS ENUM ()";
    let session = at.admin_db().await.session().await.unwrap();
    run(
        &session,
        &format!("SET search_path = raptor; {make}; GRANT SELECT ON t TO raptor_app"),
    )
    .await;
    let one = read(&session, Some("raptor")).await;
    run(&session, &format!("CREATE SCHEMA drift AUTHORIZATION raptor_owner; SET search_path = drift; SET ROLE raptor_owner; {make}")).await;
    let other = read(&session, Some("drift")).await;
    let expected = [
        "type e: owner",
        "sequence s: owner",
        "table t: owner",
        "table t: grants to raptor_app",
        "routine f(): owner",
    ];
    assert_eq!(found(&one, &other), expected);
    let kinds = [DifferenceKind::Owner, DifferenceKind::Grants];
    assert_eq!(one.differences_ignoring(&other, &kinds[..1]).len(), 1);
    assert_eq!(one.differences_ignoring(&other, &kinds), []);
}

#[tokio::test]
async fn a_schema_that_is_not_there_is_empty() {
    let at = Fixture::postgres().await;
    let session = at.db.session().await.unwrap();
    let (here, there) = (
        read(&session, Some("raptor")).await,
        read(&session, Some("nowhere")).await,
    );
    assert!(there.schema.is_none() && there.relations.is_empty());
    assert_eq!(found(&here, &there), ["the schema"]);
    run(&session, "SET search_path = nowhere").await;
    let error = raptor_migrate::catalog_of(&session, &Options::default())
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("name one with --schema"),
        "{error}"
    );
}
