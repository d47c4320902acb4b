//! Tables that are made, and the types of their columns.

use super::{Case, On};

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "table-without-primary-key",
        on: On::Postgres,
        finds: &[
            "CREATE TABLE ^fresh (id uuid NOT NULL)",
            "create table if not exists ^public.\"Fresh\" (\"primary key\" text, unique (\"primary key\"))",
            "CREATE TABLE ^fresh AS SELECT * FROM notes",
            "CREATE TABLE ^fresh (LIKE notes)",
            "SELECT * INTO ^fresh FROM notes",
        ],
        leaves: &[
            "CREATE TABLE fresh (id uuid PRIMARY KEY)",
            "CREATE TABLE fresh (id uuid, CONSTRAINT x PRIMARY KEY (id))",
            "CREATE TABLE fresh (id uuid); ALTER TABLE fresh ADD PRIMARY KEY (id)",
            "CREATE TABLE fresh (LIKE notes INCLUDING ALL)",
            "CREATE TEMP TABLE fresh (a text)",
            "CREATE TABLE fresh PARTITION OF logs FOR VALUES FROM (50) TO (60)",
            "CREATE TABLE fresh (a text); DROP TABLE fresh",
        ],
    },
    Case {
        rule: "table-without-primary-key",
        on: On::Sqlite,
        finds: &["CREATE TABLE ^fresh (id TEXT) STRICT"],
        leaves: &[
            "CREATE TABLE fresh (id TEXT PRIMARY KEY) STRICT",
            "CREATE VIRTUAL TABLE fresh USING fts5(body)",
        ],
    },
    Case {
        rule: "table-without-primary-key",
        on: On::Shared,
        finds: &["CREATE TABLE ^fresh (id text)"],
        leaves: &[
            "CREATE TABLE fresh (id text NOT NULL PRIMARY KEY)",
            "CREATE INDEX i ON notes (body)",
        ],
    },
    Case {
        rule: "undeclared-table",
        on: On::Postgres,
        finds: &[
            "CREATE TABLE ^fresh (id uuid PRIMARY KEY)",
            "CREATE TABLE raptor.notes (id uuid PRIMARY KEY); CREATE TABLE ^other AS SELECT 1",
        ],
        leaves: &[
            "CREATE TABLE notes (id uuid PRIMARY KEY)",
            "CREATE TEMP TABLE fresh (id uuid)",
            "ALTER TABLE other ADD COLUMN a text",
        ],
    },
    Case {
        rule: "foreign-key-without-index",
        on: On::Postgres,
        finds: &[
            "CREATE TABLE fresh (id uuid PRIMARY KEY, customer_id uuid ^REFERENCES customers)",
            "CREATE TABLE fresh (id uuid PRIMARY KEY, a uuid, b uuid, ^FOREIGN KEY (a, b) REFERENCES other (a, b)); CREATE INDEX i ON fresh (a)",
            "ALTER TABLE customers ADD COLUMN note_id bigint ^REFERENCES notes",
            "ALTER TABLE customers ^ADD CONSTRAINT c FOREIGN KEY (tenant_id) REFERENCES customers NOT VALID",
            "CREATE TABLE fresh (id uuid PRIMARY KEY, customer_id uuid ^REFERENCES customers); CREATE INDEX i ON fresh (customer_id) WHERE id IS NULL",
        ],
        leaves: &[
            "CREATE TABLE fresh (id uuid PRIMARY KEY, customer_id uuid REFERENCES customers); CREATE INDEX i ON fresh (customer_id, id)",
            "CREATE TABLE fresh (id uuid PRIMARY KEY REFERENCES customers)",
            "CREATE TABLE fresh (id uuid PRIMARY KEY, customer_id uuid UNIQUE REFERENCES customers)",
            "CREATE TABLE fresh (a uuid, b uuid, PRIMARY KEY (b, a), FOREIGN KEY (a, b) REFERENCES other (a, b))",
            "ALTER TABLE notes ADD CONSTRAINT c FOREIGN KEY (customer_id) REFERENCES customers NOT VALID",
            "ALTER TABLE unknown ADD COLUMN note_id bigint REFERENCES notes",
        ],
    },
    Case {
        rule: "char-type",
        on: On::Postgres,
        finds: &[
            "CREATE TABLE fresh (id uuid PRIMARY KEY, a ^char(3), b ^character, c ^pg_catalog.bpchar)",
            "ALTER TABLE notes ADD COLUMN a ^national character(5)",
            "ALTER TABLE notes ALTER COLUMN body TYPE ^char(5)",
        ],
        leaves: &[
            "CREATE TABLE fresh (id uuid PRIMARY KEY, a \"char\", b character varying, char text)",
            "ALTER TABLE notes ADD COLUMN a text DEFAULT 'char(3)'",
            "ALTER TABLE notes ADD COLUMN a text DEFAULT 'x'::char(3)",
        ],
    },
    Case {
        rule: "varchar-length",
        on: On::Postgres,
        finds: &[
            "CREATE TABLE fresh (id uuid PRIMARY KEY, a ^varchar(9), b ^character varying ( 9 )[])",
            "ALTER TABLE notes ADD a ^\"varchar\"(9)",
        ],
        leaves: &[
            "CREATE TABLE fresh (id uuid PRIMARY KEY, a varchar, b text CHECK (length(b) < 9))",
            "CREATE TEMP TABLE fresh (a varchar(9))",
            "CREATE TABLE fresh (id uuid PRIMARY KEY, a text DEFAULT CAST('x' AS varchar(9)))",
        ],
    },
    Case {
        rule: "timestamp-without-zone",
        on: On::Postgres,
        finds: &[
            "CREATE TABLE fresh (id uuid PRIMARY KEY, a ^timestamp, b ^timestamp(3) without time zone, c ^timetz)",
            "ALTER TABLE notes ADD COLUMN a ^timestamp DEFAULT now()",
        ],
        leaves: &[
            "CREATE TABLE fresh (id uuid PRIMARY KEY, a timestamptz, b timestamp(3) with time zone, c time, d date)",
            "CREATE TABLE fresh (id uuid PRIMARY KEY, \"timestamp\" timestamptz)",
        ],
    },
    Case {
        rule: "json-type",
        on: On::Postgres,
        finds: &[
            "CREATE TABLE fresh (id uuid PRIMARY KEY, a ^json)",
            "ALTER TABLE notes ADD COLUMN a ^JSON DEFAULT '{}'",
        ],
        leaves: &[
            "CREATE TABLE fresh (id uuid PRIMARY KEY, a jsonb, json text)",
            "ALTER TABLE notes ADD COLUMN a jsonb DEFAULT '{}'::json",
        ],
    },
    Case {
        rule: "money-type",
        on: On::Postgres,
        finds: &["CREATE TABLE fresh (id uuid PRIMARY KEY, a ^money)"],
        leaves: &[
            "CREATE TABLE fresh (id uuid PRIMARY KEY, money numeric(10, 2))",
            "COMMENT ON TABLE notes IS 'money'",
        ],
    },
    Case {
        rule: "serial-type",
        on: On::Postgres,
        finds: &[
            "CREATE TABLE fresh (id ^bigserial PRIMARY KEY, a ^serial4)",
            "ALTER TABLE notes ADD COLUMN a ^smallserial",
        ],
        leaves: &[
            "CREATE TABLE fresh (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)",
            "CREATE TABLE fresh (id uuid PRIMARY KEY, serial text)",
        ],
    },
    Case {
        rule: "integer-key",
        on: On::Postgres,
        finds: &[
            "CREATE TABLE fresh (id ^integer PRIMARY KEY)",
            "CREATE TABLE fresh (a uuid, b ^int2, PRIMARY KEY (a, b))",
            "CREATE TABLE fresh (id uuid PRIMARY KEY, a ^int GENERATED ALWAYS AS IDENTITY)",
            "CREATE TABLE fresh (id ^serial PRIMARY KEY)",
            "ALTER TABLE notes ALTER COLUMN id TYPE ^integer",
        ],
        leaves: &[
            "CREATE TABLE fresh (id bigint PRIMARY KEY, n integer)",
            "CREATE TABLE fresh (id uuid PRIMARY KEY, a integer[])",
            "ALTER TABLE notes ADD COLUMN a integer",
        ],
    },
    Case {
        rule: "integer-column",
        on: On::Postgres,
        finds: &[
            "CREATE TABLE fresh (id bigint PRIMARY KEY, n ^integer)",
            "ALTER TABLE notes ADD COLUMN a ^smallint",
        ],
        leaves: &[
            "CREATE TABLE fresh (id bigint PRIMARY KEY, n bigint)",
            "CREATE TABLE fresh (id bigint PRIMARY KEY, a int[])",
        ],
    },
];
