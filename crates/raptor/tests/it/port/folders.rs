//! A folder of `.sql` files in the place of a file.

use super::Bed;
use std::path::Path;

const FILES: [(&str, &str); 5] = [
    (
        "1_users.sql",
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT \"nobody\");\n",
    ),
    (
        "2_notes.up.sql",
        "BEGIN;\nCREATE TABLE notes (id INTEGER PRIMARY KEY, user INTEGER REFERENCES users, at DATETIME DEFAULT CURRENT_TIMESTAMP, secret TEXT DEFAULT (hex(randomblob(8))));\nCOMMIT;\n",
    ),
    ("2_notes.down.sql", "DROP TABLE notes;\n"),
    // Behind 2, by its value.
    (
        "10_trigger.sql",
        "CREATE TRIGGER shout AFTER INSERT ON users BEGIN UPDATE users SET name = upper(name); END;\n-- A view.\nCREATE VIEW all_notes AS SELECT n.id, u.name FROM notes n JOIN users u ON u.id = n.user;\n",
    ),
    ("readme.txt", "Not a script."),
];

impl Bed {
    /// With a folder `schema` of files, and no file.
    fn of_files(files: &[(&str, &str)]) -> Self {
        let bed = Self::new("SELECT 1");
        std::fs::create_dir(bed.path().join("schema")).unwrap();
        files.iter().for_each(|(name, text)| bed.put(name, text));
        bed
    }

    fn put(&self, name: &str, text: &str) {
        std::fs::write(self.path().join("schema").join(name), text).unwrap();
    }

    /// The files that are made beside the plan.
    fn made(&self) -> Vec<String> {
        let names = self.files(".").into_iter();
        let is_made = |name: &String| {
            name.starts_with("port.") && Path::new(name).extension().is_some_and(|it| it == "db")
        };
        names.filter(is_made).collect()
    }
}

#[test]
fn a_schema_without_rows() {
    let bed = Bed::of_files(&FILES);
    let said = bed.says("plan schema/", 0);
    assert!(
        said.starts_with("schema/: 2 tables with 6 columns and 0 rows"),
        "{said}"
    );
    let plan = std::fs::read_to_string(bed.path().join("port.toml")).unwrap();
    assert!(plan.contains("source = \"schema/\""), "{plan}");
    let said = bed.says("run", 0);
    assert!(said.contains("0 rows of 2 tables"), "{said}");
    bed.migrate("check --dir migrations --schema public", 0);
    assert!(bed.says("verify", 0).starts_with("Equal: 0 rows"));
    bed.says("rehearse -- test -n DATABASE_URL", 0);
    let made = bed.made();
    assert_eq!(made.len(), 1, "{made:?}");
    // A table more, and no plan that knows it.
    bed.put("11_more.sql", "CREATE TABLE more (id INTEGER PRIMARY KEY);");
    let said = bed.says("run --again", 2);
    assert!(
        said.contains("a table more, of which the plan says nothing"),
        "{said}"
    );
    bed.says("plan schema/", 0);
    bed.says("run --again", 0);
    bed.migrate("check --dir migrations --schema public", 0);
    assert_ne!(bed.made(), made);
    assert_eq!(bed.made().len(), 1);
}

#[test]
fn rows_that_files_put_there_come_along() {
    let mut files = FILES.to_vec();
    files.push((
        "20_seeds.sql",
        "INSERT INTO users (id, name) VALUES (1, \"ann\"), (2, 'bob');\nINSERT INTO notes (user) VALUES (1), (2), (2);\n",
    ));
    let bed = Bed::of_files(&files);
    assert!(bed.says("plan schema", 0).contains("and 5 rows"));
    bed.says("run", 0);
    // Though they have the moment and random numbers in them.
    assert!(
        bed.says("verify", 0)
            .starts_with("Equal: 5 rows of 2 tables")
    );
    assert!(bed.says("run", 0).contains("5 rows of 2 tables"));
    // Another row: the run before was of another state.
    bed.put("21_more.sql", "INSERT INTO users VALUES (3, 'eve');");
    assert!(bed.says("run", 2).contains("`--again` replaces"));
    bed.says("run --again", 0);
    assert!(
        bed.says("verify", 0)
            .starts_with("Equal: 6 rows of 2 tables")
    );
}

#[test]
fn a_file_that_fails_is_named() {
    let cases = [
        (
            "3_bad.sql",
            "CREATE TABLE ok (id);\n\nINSERT INTO nodes VALUES (1);",
            "schema/3_bad.sql:3:1: no such table: nodes",
        ),
        (
            "3_bad.sql",
            "-- One.\nCREATE TABLE t (id INT;\n",
            "schema/3_bad.sql:2:23: near \";\": syntax error",
        ),
        (
            "3_bad.sql",
            "INSERT INTO users VALUES (1, 'a');\nINSERT INTO users\n VALUES (1, 'b');",
            "schema/3_bad.sql:2:1: UNIQUE constraint failed: users.id",
        ),
        (
            "3_bad.sql",
            "BEGIN;\nCREATE TABLE t (id);",
            "schema/3_bad.sql:1:1: the transaction that begins here never ends",
        ),
        (
            "bad.sql",
            "CREATE TABLE t (id);",
            "bad.sql: it has no number",
        ),
        ("2_other.sql", "", "2_other.sql"),
    ];
    for (file, text, why) in cases {
        let bed = Bed::of_files(&FILES);
        bed.put(file, text);
        let said = bed.says("plan schema", 2);
        assert!(said.contains(why), "{why}: {said}");
        assert_eq!(bed.made(), [""; 0]);
    }
    let bed = Bed::of_files(&[]);
    assert!(
        bed.says("plan schema", 2)
            .contains("there are no .sql files in schema")
    );
    // Without numbers, by their names.
    bed.put("b.sql", "INSERT INTO t VALUES (1);");
    bed.put("a.sql", "CREATE TABLE t (id INT);");
    assert!(
        bed.says("plan schema", 0)
            .contains("1 table with 1 column and 1 row")
    );
}
