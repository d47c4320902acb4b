//! What reaches past the tables that a chain makes: the catalogs of the server, and what runs where
//! it cannot be seen; and what nobody has done yet.

use super::{Case, On, chain_of, found};
use raptor_migrate::{Direction, LintOptions, lint};

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "catalog-write",
        on: On::Postgres,
        finds: &[
            "^UPDATE pg_class SET relhastriggers = false WHERE oid = 'notes'::regclass",
            "^delete from pg_catalog.pg_attribute where attname = 'body'",
            "^INSERT INTO pg_catalog.\"pg_depend\" VALUES (1)",
            "DO $$ BEGIN ^UPDATE pg_index SET indisvalid = true; END $$",
        ],
        leaves: &[
            "INSERT INTO settings SELECT relname, 'x' FROM pg_class LIMIT 5",
            "UPDATE app.pg_class SET a = 1 WHERE id = 1",
            "CREATE TABLE pg_own (id bigint PRIMARY KEY); UPDATE pg_own SET id = 1 WHERE id = 2",
        ],
    },
    Case {
        rule: "catalog-write",
        on: On::Down,
        finds: &["^DELETE FROM pg_enum WHERE enumlabel = 'calm'"],
        leaves: &["DELETE FROM settings WHERE key = 'pg_enum'"],
    },
    Case {
        rule: "catalog-write",
        on: On::Sqlite,
        finds: &[
            "^UPDATE sqlite_schema SET sql = 'x' WHERE name = 'notes'",
            "^delete from main.[SQLITE_MASTER] where name = 'notes'",
        ],
        leaves: &[
            "UPDATE sqlite_sequence SET seq = 5 WHERE name = 'notes'",
            "INSERT INTO settings SELECT name, 'x' FROM sqlite_schema",
        ],
    },
    Case {
        rule: "unseen-statement",
        on: On::Postgres,
        finds: &[
            "SELECT ^dblink_exec('dbname=other', 'drop table t')",
            "SELECT * FROM public.^dblink('other', 'DELETE FROM t RETURNING id') AS t (id int)",
            "DO $$ BEGIN PERFORM ^dblink_exec('other', 'x'); END $$",
            "^DO LANGUAGE plpython3u $$ plpy.execute('DROP TABLE notes') $$",
            "DO $$ DECLARE what text := 'x'; BEGIN ^EXECUTE what; END $$",
        ],
        leaves: &[
            "CREATE EXTENSION dblink",
            "GRANT EXECUTE ON FUNCTION dblink_exec(text) TO raptor_app",
            "DO $$ BEGIN EXECUTE format('ALTER TABLE %I ADD COLUMN a text', 'notes'); END $$",
            "INSERT INTO settings VALUES ('dblink_exec(', 'x')",
        ],
    },
    Case {
        rule: "unfinished",
        on: On::File,
        finds: &[
            "-- A title.\n^-- To do by hand: on sqlite, table orders: column note goes.\n\n-- raptor:up\n",
            "^-- To do by hand: the title\n-- raptor:up\n",
            "-- raptor:up\nSELECT 1;\n  ^-- To do by hand: a view\nSELECT 2;\n",
            "-- raptor:up\nSELECT\n^-- To do by hand: inside\n2;\n",
            "-- raptor:up\n-- raptor:call fill\n^-- To do by hand: below a call\n",
            "-- raptor:up\n-- raptor:down irreversible \"x\"\n^-- To do by hand: back\n",
            "-- raptor:up\n-- raptor:down\n^--to do by hand:back\n",
            "-- raptor:up\n-- raptor:verify\n^-- To do by hand: a question\nSELECT true;\n",
            "-- raptor:up\nSELECT 1; ^-- To do by hand: at the end",
        ],
        leaves: &[
            "-- raptor:up\nINSERT INTO settings VALUES ('a', '\n-- To do by hand: a text\n');\n",
            "-- raptor:up postgres\nDO $$\n-- To do by hand: a text\nBEGIN END $$;\n-- raptor:up sqlite\n",
            "-- raptor:up\n/*\n-- To do by hand: a text\n*/\n",
            "-- raptor:up\n-- Nothing is left. To do by hand: nothing.\n",
            "-- raptor:up\n-- To do by hand\n",
        ],
    },
];

#[test]
fn what_nobody_has_done_is_named_with_its_line_and_the_way_out() {
    let text = "-- raptor: id=b2 revises=a1\n-- A title.\n-- To do by hand: on sqlite, it's a view.\n\
                -- raptor:up\n-- raptor:down\n-- To do by hand:\n";
    let lint = lint(&chain_of(text), &{
        let mut options = LintOptions::default();
        options.only = Some(["b2".to_owned()].into());
        options
    });
    assert!(!lint.holds());
    let shown: Vec<_> = lint.findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown[0],
        "2.sql:3:1: error unfinished: revision b2: Line 3 says what is still to do by hand: on sqlite, it's a view.\n  \
         instead: Do it, in this file or before the revision runs, and take the line away."
    );
    assert_eq!(
        (lint.findings[1].line, lint.findings[1].direction),
        (6, Direction::Down)
    );
    assert_eq!(lint.findings.len(), 2);
}

#[test]
fn what_nobody_has_done_is_no_matter_of_engine_and_can_be_left_out() {
    let text = "-- raptor: id=b2 revises=a1\n-- To do by hand: x\n-- raptor:up\n-- raptor:down\n-- To do by hand: y\n";
    let lines = |options: &LintOptions| {
        let found = found(text, options);
        found.iter().map(|it| it.line).collect::<Vec<_>>()
    };
    let mut options = LintOptions::default();
    options.engines = vec![raptor_db::Engine::Postgres];
    assert_eq!(lines(&options), [2, 5]);
    options.down = false;
    assert_eq!(lines(&options), [2]);
    options.leave_out = ["unfinished".to_owned()].into();
    assert_eq!(lines(&options), [0; 0]);
}
