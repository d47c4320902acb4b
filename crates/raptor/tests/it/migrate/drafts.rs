//! `raptor migrate revision --autogenerate`: the schema that is wanted, written as a revision.

use super::with_two;

const WANTED: &str = "
CREATE TABLE one (id text);
CREATE TABLE two (id text, note text);
CREATE TABLE three (id text NOT NULL PRIMARY KEY);
";

#[test]
fn it_is_written_for_both_engines_and_runs() {
    let folder = with_two();
    std::fs::write(folder.path().join("schema.sql"), WANTED).unwrap();
    let words = "revision -m Third --rev-id c3 --autogenerate schema.sql";
    let path = folder.says(words, 0);
    let text = std::fs::read_to_string(folder.path().join(path.trim())).unwrap();
    assert!(text.starts_with("-- raptor: id=c3 revises=b2\n"), "{text}");
    for section in ["up postgres", "up sqlite", "down postgres", "down sqlite"] {
        assert!(text.contains(&format!("-- raptor:{section}\n")), "{text}");
    }
    for engine in ["sqlite:y.db", "postgres://nowhere/y"] {
        folder.says(
            &format!("rehearse --from base --dir migrations --url {engine}"),
            0,
        );
    }
    let again = folder.says("revision -m Fourth --autogenerate schema.sql", 0);
    assert!(again.starts_with("No difference"), "{again}");
    assert_eq!(folder.files(), 3);
}

#[test]
fn what_is_wrong_is_said_and_writes_nothing() {
    let folder = with_two();
    let schema = folder.path().join("schema.sql");
    let words = "revision -m Third --engine sqlite --autogenerate schema.sql";
    assert!(folder.says(words, 2).contains("schema.sql"));
    for (text, said) in [
        ("CREATE TABLE one (id text DEFAULT 'x);", "schema.sql:1:35"),
        (
            "CREATE TABLE one (id text);\n\nCREATE TABEL two (id text);",
            "schema.sql:3",
        ),
    ] {
        std::fs::write(&schema, text).unwrap();
        let error = folder.says(words, 2);
        assert!(error.contains(said), "{error}");
    }
    let error = folder.says(&format!("{words} --head nope"), 2);
    assert!(error.contains("nope"), "{error}");
    assert_eq!(folder.files(), 2);
}

/// One engine alone: the other's sections say that it was not compared.
#[test]
fn one_engine_is_enough() {
    let folder = with_two();
    std::fs::write(folder.path().join("schema.sql"), WANTED).unwrap();
    let words = "revision -m Third --engine sqlite --autogenerate schema.sql --json";
    let made: serde_json::Value = serde_json::from_str(&folder.says(words, 0)).unwrap();
    let path = folder.path().join(made["file"].as_str().unwrap());
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains("-- postgres was not compared."), "{text}");
}

/// Rows, other schemas, a file with nothing in it: nothing of it is silent.
#[test]
fn what_is_not_compared_is_told() {
    let folder = with_two();
    let schema = folder.path().join("schema.sql");
    let words = "revision -m Third --rev-id c3 --engine postgres --autogenerate schema.sql";
    std::fs::write(&schema, "-- Nothing.\n").unwrap();
    let error = folder.says(words, 2);
    assert!(error.contains("-- raptor:up"), "{error}");
    let rest = "CREATE TABLE public.one (id text); INSERT INTO public.one VALUES ('x'); CREATE SCHEMA beside; CREATE TABLE beside.t (a int);";
    let dump = format!(
        "\\restrict x\nSELECT pg_catalog.set_config('search_path', '', false);\n{rest}\n\
         CREATE TABLE public.two (id text); ALTER TABLE public.two OWNER TO someone;\n\\unrestrict x\n"
    );
    std::fs::write(&schema, dump).unwrap();
    let path = folder.says(words, 0);
    let path = path.lines().last().unwrap_or_default().trim();
    let text = std::fs::read_to_string(folder.path().join(path)).unwrap();
    for said in ["schema beside, table t: ", "schema.sql:3: rows are no part"] {
        assert!(
            text.contains(&format!("To do by hand: on postgres, {said}")),
            "{text}"
        );
    }
    assert!(
        !text.contains("TABLE one") && !text.contains("TABLE two"),
        "{text}"
    );
}
