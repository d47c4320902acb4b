//! `phase=`, and what contradicts it.

use super::{Case, On};

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "phase-contradiction",
        on: On::Phase("expand"),
        finds: &[
            "^DROP TABLE notes",
            "ALTER TABLE notes ^DROP COLUMN body",
            "ALTER TABLE notes ^RENAME COLUMN title TO name",
            "ALTER TABLE notes ADD COLUMN ^a text NOT NULL",
            "ALTER TABLE notes ^ALTER body SET NOT NULL",
            "ALTER TABLE notes ^ALTER flag TYPE bigint",
            "ALTER TABLE notes ^ADD CONSTRAINT c CHECK (flag > 5) NOT VALID",
            "ALTER TABLE notes ^ALTER flag DROP DEFAULT",
            "^UPDATE notes SET body = '' WHERE id = 1",
            "^REVOKE SELECT ON notes FROM raptor_app",
            "^ALTER TYPE mood RENAME TO feeling",
            "^TRUNCATE notes",
        ],
        leaves: &[
            "ALTER TABLE notes ADD COLUMN a text, ADD COLUMN b text NOT NULL DEFAULT ''",
            "CREATE TABLE fresh (id uuid PRIMARY KEY); ALTER TABLE fresh ADD COLUMN a text NOT NULL; DROP TABLE fresh",
            "ALTER TABLE notes ADD COLUMN a integer; ALTER TABLE notes ADD CONSTRAINT c CHECK (a > 5) NOT VALID",
            "REVOKE ALL ON notes FROM PUBLIC",
            "DROP VIEW titles; CREATE VIEW titles AS SELECT tag FROM tags",
            "ALTER TABLE notes ALTER title TYPE varchar(100)",
            "INSERT INTO settings VALUES ('a', 'b')",
            "DROP POLICY secrets_own ON secrets; CREATE POLICY secrets_own ON secrets USING (id IS NULL)",
            "ALTER TABLE notes ALTER body DROP NOT NULL",
        ],
    },
    Case {
        rule: "phase-contradiction",
        on: On::Phase("migrate"),
        finds: &["^DROP VIEW titles", "ALTER TABLE notes ^RENAME TO pages"],
        leaves: &[
            "UPDATE notes SET body = '' WHERE body IS NULL",
            "CREATE INDEX i ON notes (body)",
        ],
    },
    Case {
        rule: "phase-contradiction",
        on: On::Phase("contract"),
        finds: &[
            "CREATE TABLE ^fresh (id uuid PRIMARY KEY)",
            "ALTER TABLE notes ADD COLUMN ^a text",
        ],
        leaves: &[
            "DROP TABLE notes",
            "ALTER TABLE notes DROP COLUMN body, ALTER title SET NOT NULL",
            "ALTER TABLE notes VALIDATE CONSTRAINT notes_half",
        ],
    },
    Case {
        rule: "phase-contradiction",
        on: On::Postgres,
        finds: &[],
        leaves: &[
            "DROP TABLE notes",
            "ALTER TABLE notes ADD COLUMN a text NOT NULL",
        ],
    },
];
