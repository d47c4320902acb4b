//! What a target's file may say beside a schema, and enums whose new values wait.

use crate::fixture::Fixture;
use raptor_db::Engine;
use raptor_migrate::{Chain, Draft, Target, catalog, generate};

use super::pairs::{differences, made};

/// Nothing at all is rather a file that was not written than a schema that is empty.
#[test]
fn an_empty_file_is_refused() {
    for text in ["", " \n\n", "-- Nothing.\n", "/* Nothing. */\n;\n"] {
        let error = Target::parse("schema.sql", text).unwrap_err().to_string();
        assert!(error.contains("-- raptor:up"), "{text}: {error}");
    }
    for text in [
        "-- raptor:up\n",
        "-- raptor:up postgres\n-- raptor:up sqlite\n",
    ] {
        assert!(Target::parse("schema.sql", text).is_ok(), "{text}");
    }
}

#[test]
fn rows_are_named() {
    let text = "CREATE TABLE t (a int);\nINSERT INTO t VALUES (1);\n\nSELECT pg_catalog.setval('s', 3);\n\
        WITH x AS (SELECT 1) DELETE FROM t;\nSELECT 1;\n";
    let target = Target::parse("schema.sql", text).unwrap();
    let notes = target.passed_over(Engine::Postgres);
    let places: Vec<_> = notes
        .iter()
        .filter_map(|it| it.split(": ").next())
        .collect();
    assert_eq!(
        places,
        ["schema.sql:2", "schema.sql:4", "schema.sql:5"],
        "{notes:?}"
    );
    assert!(
        notes[0].contains("rows are no part of a schema"),
        "{notes:?}"
    );
    let text = "-- raptor:up postgres\nINSERT INTO t VALUES (1);\n-- raptor:up sqlite\nCREATE TABLE t (a);\n";
    let target = Target::parse("schema.sql", text).unwrap();
    assert_eq!(target.passed_over(Engine::Postgres).len(), 1);
    assert_eq!(target.passed_over(Engine::Sqlite), [""; 0]);
}

/// What `pg_dump --schema-only` writes.
const DUMP: &str = "\\restrict 8iVGfKzq\n\nSET statement_timeout = 0;\nSET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\n\
    SELECT pg_catalog.set_config('search_path', '', false);\nSET check_function_bodies = false;\nSET row_security = off;\n\
    CREATE SCHEMA raptor;\nALTER SCHEMA raptor OWNER TO someone;\n\
    CREATE EXTENSION IF NOT EXISTS plpgsql WITH SCHEMA pg_catalog;\nCOMMENT ON EXTENSION plpgsql IS 'PL/pgSQL procedural language';\n\
    SET default_tablespace = '';\nSET default_table_access_method = heap;\n\
    CREATE TABLE raptor.t (\n    id bigint NOT NULL,\n    note text\n);\nALTER TABLE raptor.t OWNER TO someone;\n\
    CREATE SEQUENCE raptor.t_id_seq\n    START WITH 1\n    INCREMENT BY 1\n    NO MINVALUE\n    NO MAXVALUE\n    CACHE 1;\n\
    ALTER TABLE raptor.t_id_seq OWNER TO someone;\nALTER SEQUENCE raptor.t_id_seq OWNED BY raptor.t.id;\n\
    ALTER TABLE ONLY raptor.t ALTER COLUMN id SET DEFAULT nextval('raptor.t_id_seq'::regclass);\n\
    ALTER TABLE ONLY raptor.t\n    ADD CONSTRAINT t_pkey PRIMARY KEY (id);\n\\unrestrict 8iVGfKzq\n";

#[tokio::test]
async fn what_pg_dump_writes() {
    let at = Fixture::postgres().await;
    let target = Target::parse("schema.sql", DUMP).unwrap();
    let to = target.make(&at.db, &at.options).await.unwrap();
    let wanted = made(
        Engine::Postgres,
        "CREATE TABLE t (id bigserial PRIMARY KEY, note text)",
    )
    .await;
    assert_eq!(differences(&wanted, &to), [""; 0]);
    // Its connection goes on as it was.
    let path = at.column("SELECT current_setting('search_path')").await;
    assert_ne!(path, [""]);
    let error = Target::parse("schema.sql", "CREATE TABLE t (a int);\n\\connect other\n");
    let error = error.unwrap_err();
    assert_eq!(
        (error.line(), error.column()),
        (Some(2), Some(1)),
        "{error}"
    );
    assert!(error.to_string().contains("psql"), "{error}");
}

/// What stands in other schemas is named, as it is not compared.
#[tokio::test]
async fn other_schemas_are_named() {
    let (at, other) = (Fixture::postgres().await, Fixture::postgres().await);
    at.admin("CREATE SCHEMA beside AUTHORIZATION raptor_owner")
        .await;
    at.run("CREATE TABLE beside.t (id serial PRIMARY KEY); CREATE TYPE beside.e AS ENUM ('a'); CREATE VIEW beside.v AS SELECT 1 AS one; \
         CREATE FUNCTION beside.f(a int) RETURNS int LANGUAGE sql AS 'SELECT a'")
        .await;
    let here = raptor_migrate::elsewhere(&at.db, &at.options)
        .await
        .unwrap();
    let there = raptor_migrate::elsewhere(&other.db, &other.options)
        .await
        .unwrap();
    let differ = there.notes(&here);
    for name in [
        "schema beside, table t: ",
        "schema beside, sequence t_id_seq: ",
        "schema beside, type e: ",
        "schema beside, view v: ",
        "schema beside, function f(integer): ",
    ] {
        assert!(
            differ.iter().any(|it| it.starts_with(name)),
            "{name} {differ:?}"
        );
    }
    assert_eq!(differ, here.notes(&there));
    assert_eq!(here.notes(&here), [""; 0]);
    assert_eq!(here.not_compared().len(), 5, "{:?}", here.not_compared());
    assert_eq!(there.not_compared(), [""; 0]);
}

const ENUM_A: &str = "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (x e DEFAULT 'a', y e); CREATE VIEW v AS SELECT x FROM t WHERE x = 'a'";
const ENUM_B: &str = "CREATE TYPE e AS ENUM ('a', 'b', 'c'); \
    CREATE TABLE t (x e DEFAULT 'c', y e CONSTRAINT not_c CHECK (y <> 'c'), z e NOT NULL DEFAULT 'c', n int); \
    CREATE INDEX by_y ON t (n) WHERE y = 'c'; CREATE INDEX by_z ON t (z); CREATE VIEW v AS SELECT x FROM t WHERE x = 'c'; CREATE VIEW w AS SELECT x FROM v; \
    CREATE TABLE u (id int PRIMARY KEY, x e DEFAULT 'c'); CREATE TABLE parts (x e) PARTITION BY LIST (x); \
    CREATE TABLE parts_c PARTITION OF parts FOR VALUES IN ('c')";

/// A new value cannot be used by the revision that makes it: what uses it comes with the next one.
#[tokio::test]
async fn a_new_value_is_used_by_the_next_revision() {
    let (from, to) = (
        made(Engine::Postgres, ENUM_A).await,
        made(Engine::Postgres, ENUM_B).await,
    );
    let at = Fixture::postgres().await;
    let first = format!("-- raptor: id=a1\n-- raptor:up\n{ENUM_A};\n");
    let mut files = vec![("a1.sql".to_owned(), first)];
    let mut now = from.clone();
    for (id, waits) in [("b2", true), ("c3", false)] {
        let way = generate(&now, &to);
        let notes = way.notes.join("\n");
        for name in [
            "table t, column x: ",
            "constraint not_c: ",
            "view v: ",
            "index by_y: ",
            "column z: ",
            "table parts_c: ",
        ] {
            let is_told = way
                .notes
                .iter()
                .any(|it| it.contains(name) && it.contains("next revision"));
            assert_eq!(is_told, waits, "{name}\n{notes}");
        }
        let chain = chain(&files);
        let draft = Draft {
            id: id.into(),
            message: "Next".into(),
            ..Draft::default()
        };
        let (file, text) = draft
            .autogenerate(&chain, Some(&way), None)
            .unwrap()
            .unwrap();
        files.push((file, text));
        let ran = at.upgrade(&self::chain(&files), "head").await;
        assert!(ran.is_ok(), "{:?}\n{way:#?}", ran.err());
        now = catalog(&at.db, &at.options).await.unwrap();
    }
    assert_eq!(differences(&to, &now), [""; 0]);
    at.downgrade(&chain(&files), "a1").await.unwrap();
    let now = catalog(&at.db, &at.options).await.unwrap();
    let mut back = differences(&from, &now);
    back.retain(|it| !it.starts_with("type e: labels"));
    assert_eq!(back, [""; 0]);
}

fn chain(files: &[(String, String)]) -> Chain {
    let files: Vec<_> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    Chain::embedded(&files).unwrap()
}
