//! Changes of the rich schema on SQLite.

use super::changes::Change;

pub(crate) const CHANGES: &[Change] = &[
    (
        "ALTER TABLE customers ADD COLUMN age INTEGER",
        &["table customers, column age"],
    ),
    (
        "ALTER TABLE plain RENAME TO simple",
        &[
            "table customers, trigger customers_log: definition",
            "table plain",
            "table simple",
        ],
    ),
    (
        "ALTER TABLE plain RENAME COLUMN b TO bb",
        &["table plain, column b", "table plain, column bb"],
    ),
    (
        "ALTER TABLE plain RENAME COLUMN b TO B",
        &["table plain, column b: name"],
    ),
    (
        "ALTER TABLE plain DROP COLUMN d",
        &["table plain, column d"],
    ),
    (
        "DROP TABLE plain; CREATE TABLE plain (a, b INT, c NUMERIC(10, 3), d DOUBLE PRECISION)",
        &["table plain, column c: type"],
    ),
    (
        "DROP TABLE plain; CREATE TABLE plain (a, b INTEGER, c NUMERIC(10, 2), d DOUBLE PRECISION)",
        &["table plain, column b: type"],
    ),
    (
        "DROP TABLE keyed; CREATE TABLE keyed (a INTEGER PRIMARY KEY DESC, b TEXT) STRICT",
        &["table keyed: strict"],
    ),
    (
        "DROP TABLE plain; CREATE TABLE plain (a, b INT, d DOUBLE PRECISION, c NUMERIC(10, 2))",
        &["table plain: order of columns"],
    ),
    (
        "DROP TABLE plain; CREATE TABLE plain (a, b INT NOT NULL, c NUMERIC(10, 2), d DOUBLE PRECISION)",
        &["table plain, column b: not null"],
    ),
    (
        "DROP TABLE plain; CREATE TABLE plain (a, b INT PRIMARY KEY, c NUMERIC(10, 2), d DOUBLE PRECISION)",
        &["table plain, constraint primary key (b)"],
    ),
    (
        "DROP TABLE plain; CREATE TABLE plain (a, b INT, c NUMERIC(10, 2), d DOUBLE PRECISION, UNIQUE (a))",
        &["table plain, constraint unique (a)"],
    ),
    (
        "DROP TABLE plain; CREATE TABLE plain (a, b INT, c NUMERIC(10, 2), d DOUBLE PRECISION, UNIQUE (a), UNIQUE (a))",
        &[
            "table plain, constraint unique (a)",
            "table plain, constraint unique (a)",
        ],
    ),
    (
        "DROP TABLE plain; CREATE TABLE plain (a COLLATE NOCASE, b INT, c NUMERIC(10, 2), d DOUBLE PRECISION)",
        &["table plain, column a: collation"],
    ),
    (
        "DROP TABLE plain; CREATE TABLE plain (a DEFAULT 1, b INT, c NUMERIC(10, 2), d DOUBLE PRECISION)",
        &["table plain, column a: default"],
    ),
    (
        "DROP TABLE plain; CREATE TABLE plain (a DEFAULT Open, b INT, c NUMERIC(10, 2), d DOUBLE PRECISION)",
        &["table plain, column a: default"],
    ),
    (
        "DROP TABLE plain; CREATE VIEW plain AS SELECT 1 AS a",
        &["table plain", "view plain"],
    ),
    (
        "DROP TABLE pairs; CREATE TABLE pairs (x INTEGER, y TEXT, UNIQUE (x, y))",
        &["table pairs, constraint unique (x, y): definition"],
    ),
    (
        "DROP TABLE pairs; CREATE TABLE pairs (x INTEGER, y TEXT, UNIQUE (y, x) ON CONFLICT REPLACE)",
        &[
            "table pairs, constraint unique (x, y)",
            "table pairs, constraint unique (y, x)",
        ],
    ),
    (
        "DROP TABLE pairs; CREATE TABLE pairs (x INTEGER, y TEXT, UNIQUE (x, y DESC) ON CONFLICT REPLACE)",
        &["table pairs, constraint unique (x, y): definition"],
    ),
    (
        "DROP TABLE pairs; CREATE TABLE pairs (x INTEGER, y TEXT, UNIQUE (x, y COLLATE NOCASE) ON CONFLICT REPLACE)",
        &["table pairs, constraint unique (x, y): definition"],
    ),
    (
        "DROP TABLE pairs; CREATE TABLE pairs (x INTEGER, y TEXT, CONSTRAINT it UNIQUE (x, y) ON CONFLICT REPLACE)",
        &[
            "table pairs, constraint unique (x, y)",
            "table pairs, constraint it",
        ],
    ),
    (
        "DROP TABLE pairs; CREATE TABLE pairs (x INTEGER, y TEXT, PRIMARY KEY (x, y) ON CONFLICT REPLACE)",
        &[
            "table pairs, constraint unique (x, y)",
            "table pairs, constraint primary key (x, y)",
        ],
    ),
    (
        "DROP TABLE keyed; CREATE TABLE keyed (a INTEGER PRIMARY KEY, b TEXT)",
        &["table keyed, constraint primary key (a): definition"],
    ),
    (
        "DROP TABLE keyed; CREATE TABLE keyed (a INTEGER, b TEXT, PRIMARY KEY (a DESC))",
        &["table keyed, constraint primary key (a): definition"],
    ),
    (
        "DROP TABLE keyed; CREATE TABLE keyed (a INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT)",
        &["table keyed, constraint primary key (a): definition"],
    ),
    (
        "DROP TABLE orders; CREATE TABLE orders (a INTEGER NOT NULL, b TEXT COLLATE \"rtrim\", customer INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE, second INTEGER CONSTRAINT second_one REFERENCES customers ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED, note VARCHAR(40) NOT NULL ON CONFLICT IGNORE, PRIMARY KEY (a, b DESC), FOREIGN KEY (a, b) REFERENCES pairs (x, y) ON DELETE RESTRICT)",
        &["table orders: without rowid"],
    ),
    (
        "DROP TABLE orders; CREATE TABLE orders (a INTEGER NOT NULL, b TEXT COLLATE \"rtrim\", customer INTEGER NOT NULL REFERENCES customers (id) ON DELETE SET NULL, second INTEGER CONSTRAINT second_one REFERENCES customers ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED, note VARCHAR(40) NOT NULL ON CONFLICT IGNORE, PRIMARY KEY (a, b DESC), FOREIGN KEY (a, b) REFERENCES pairs (x, y) ON DELETE RESTRICT) WITHOUT ROWID",
        &["table orders, constraint foreign key (customer): definition"],
    ),
    (
        "DROP TABLE orders; CREATE TABLE orders (a INTEGER NOT NULL, b TEXT COLLATE \"rtrim\", customer INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE, second INTEGER CONSTRAINT second_one REFERENCES customers ON UPDATE SET NULL DEFERRABLE INITIALLY IMMEDIATE, note VARCHAR(40) NOT NULL ON CONFLICT IGNORE, PRIMARY KEY (a, b DESC), FOREIGN KEY (a, b) REFERENCES pairs (x, y) ON DELETE RESTRICT) WITHOUT ROWID",
        &[
            "table orders, constraint second_one: definition",
            "table orders, constraint second_one: deferred",
        ],
    ),
    (
        "DROP TABLE orders; CREATE TABLE orders (a INTEGER NOT NULL, b TEXT COLLATE \"rtrim\", customer INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE, second INTEGER CONSTRAINT second_one REFERENCES customers ON UPDATE SET DEFAULT DEFERRABLE INITIALLY DEFERRED, note VARCHAR(40) NOT NULL ON CONFLICT IGNORE, PRIMARY KEY (a, b DESC), FOREIGN KEY (a, b) REFERENCES pairs (x, y) ON DELETE RESTRICT) WITHOUT ROWID",
        &["table orders, constraint second_one: definition"],
    ),
    (
        "DROP TABLE orders; CREATE TABLE orders (a INTEGER NOT NULL, b TEXT COLLATE \"rtrim\", customer INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE, second INTEGER CONSTRAINT second_two REFERENCES customers ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED, note VARCHAR(40) NOT NULL ON CONFLICT IGNORE, PRIMARY KEY (a, b DESC), FOREIGN KEY (a, b) REFERENCES pairs (x, y) ON DELETE RESTRICT) WITHOUT ROWID",
        &[
            "table orders, constraint second_one",
            "table orders, constraint second_two",
        ],
    ),
    (
        "DROP TABLE orders; CREATE TABLE orders (a INTEGER NOT NULL, b TEXT COLLATE \"rtrim\", customer INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE, second INTEGER CONSTRAINT second_one REFERENCES customers ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED, note VARCHAR(40) NOT NULL ON CONFLICT FAIL, PRIMARY KEY (a, b DESC), FOREIGN KEY (a, b) REFERENCES pairs (x, y) ON DELETE RESTRICT) WITHOUT ROWID",
        &["table orders, column note: not null as"],
    ),
    (
        "DROP TABLE orders; CREATE TABLE orders (a INTEGER NOT NULL, b TEXT COLLATE \"rtrim\", customer INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE, second INTEGER CONSTRAINT second_one REFERENCES customers ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED, note VARCHAR(40) NOT NULL ON CONFLICT IGNORE, PRIMARY KEY (a, b), FOREIGN KEY (a, b) REFERENCES pairs (x, y) ON DELETE RESTRICT) WITHOUT ROWID",
        &["table orders, constraint primary key (a, b): definition"],
    ),
    (
        "DROP TABLE orders; CREATE TABLE orders (a INTEGER NOT NULL, b TEXT COLLATE \"rtrim\", customer INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE, second INTEGER CONSTRAINT second_one REFERENCES customers ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED, note VARCHAR(40) NOT NULL ON CONFLICT IGNORE, PRIMARY KEY (a, b DESC), FOREIGN KEY (a, b) REFERENCES pairs (y, x) ON DELETE RESTRICT) WITHOUT ROWID",
        &["table orders, constraint foreign key (a, b): definition"],
    ),
    (
        "DROP TABLE orders; CREATE TABLE orders (a INTEGER NOT NULL, b TEXT COLLATE \"rtrim\", customer INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE, second INTEGER CONSTRAINT second_one REFERENCES customers ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED, note VARCHAR(40) NOT NULL ON CONFLICT IGNORE, PRIMARY KEY (a, b DESC)) WITHOUT ROWID",
        &["table orders, constraint foreign key (a, b)"],
    ),
    ("DROP TABLE orders", &["table orders"]),
    ("CREATE TABLE more (a)", &["table more"]),
    (
        "DROP INDEX customers_name",
        &["table customers, index customers_name"],
    ),
    (
        "DROP INDEX customers_name; CREATE INDEX customers_name ON customers (lower(name), at) WHERE status <> 'open'",
        &["table customers, index customers_name: definition"],
    ),
    (
        "DROP INDEX customers_name; CREATE INDEX customers_name ON customers (upper(name), at DESC) WHERE status <> 'open'",
        &["table customers, index customers_name: definition"],
    ),
    (
        "DROP INDEX customers_name; CREATE INDEX customers_name ON customers (lower(name), at DESC) WHERE status <> 'Open'",
        &["table customers, index customers_name: definition"],
    ),
    (
        "DROP INDEX customers_name; CREATE INDEX customers_name ON customers (lower(name), at DESC)",
        &[
            "table customers, index customers_name: definition",
            "table customers, index customers_name: partial",
        ],
    ),
    (
        "DROP INDEX customers_at; CREATE INDEX customers_at ON customers (at COLLATE NOCASE, name)",
        &[
            "table customers, index customers_at: definition",
            "table customers, index customers_at: unique",
        ],
    ),
    (
        "DROP INDEX customers_at; CREATE UNIQUE INDEX customers_at ON customers (at COLLATE BINARY, name)",
        &["table customers, index customers_at: definition"],
    ),
    (
        "DROP INDEX customers_at; CREATE UNIQUE INDEX Customers_at ON customers (at COLLATE NOCASE, name)",
        &["table customers, index customers_at: name"],
    ),
    (
        "DROP TRIGGER customers_log",
        &["table customers, trigger customers_log"],
    ),
    (
        "DROP TRIGGER customers_log; CREATE TRIGGER customers_log BEFORE UPDATE OF name ON customers FOR EACH ROW WHEN old.name <> new.name BEGIN INSERT INTO plain (a) VALUES (new.name); DELETE FROM pairs WHERE x = 1; END",
        &["table customers, trigger customers_log: definition"],
    ),
    (
        "DROP TRIGGER customers_log; CREATE TRIGGER customers_log AFTER UPDATE OF name ON customers FOR EACH ROW WHEN old.name <> new.name BEGIN INSERT INTO plain (a) VALUES (new.name); DELETE FROM pairs WHERE x = 2; END",
        &["table customers, trigger customers_log: definition"],
    ),
    (
        "DROP TRIGGER customers_log; CREATE TRIGGER customers_log AFTER UPDATE OF name, email ON customers FOR EACH ROW WHEN old.name <> new.name BEGIN INSERT INTO plain (a) VALUES (new.name); DELETE FROM pairs WHERE x = 1; END",
        &["table customers, trigger customers_log: definition"],
    ),
    (
        "DROP TRIGGER customers_log; CREATE TRIGGER customers_log AFTER UPDATE OF name ON customers FOR EACH ROW WHEN old.name = new.name BEGIN INSERT INTO plain (a) VALUES (new.name); DELETE FROM pairs WHERE x = 1; END",
        &["table customers, trigger customers_log: definition"],
    ),
    (
        "DROP TRIGGER rich_insert; CREATE TRIGGER rich_insert INSTEAD OF INSERT ON rich BEGIN SELECT RAISE(ABORT, 'no'); END",
        &["view rich, trigger rich_insert: definition"],
    ),
    ("DROP VIEW rich", &["view rich"]),
    (
        "DROP VIEW rich; CREATE VIEW rich (id, name) AS SELECT id, name FROM customers WHERE balance > 101",
        &["view rich: definition", "view rich, trigger rich_insert"],
    ),
    (
        "DROP VIEW rich; CREATE VIEW rich (id, title) AS SELECT id, name FROM customers WHERE balance > 100",
        &[
            "view rich: definition",
            "view rich, column name",
            "view rich, trigger rich_insert",
            "view rich, column title",
        ],
    ),
    (
        "DROP TABLE words; CREATE VIRTUAL TABLE words USING fts5(word, tokenize = 'unicode61')",
        &["virtual table words: definition"],
    ),
    ("DROP TABLE words", &["virtual table words"]),
    (
        "ALTER TABLE customers RENAME TO people",
        &[
            "table customers",
            "table orders, constraint foreign key (customer): definition",
            "table orders, constraint second_one: definition",
            "view rich: definition",
            "table people",
        ],
    ),
    (
        "ALTER TABLE customers RENAME COLUMN name TO title",
        &[
            "table customers, column name",
            "table customers, constraint CHECK (length(name) > 1)",
            "table customers, constraint both: definition",
            "table customers, constraint both: columns",
            "table customers, index customers_at: definition",
            "table customers, index customers_name: definition",
            "table customers, trigger customers_log: definition",
            "table customers, column title",
            "table customers, constraint CHECK (length(title) > 1)",
            "view rich: definition",
        ],
    ),
    (
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'length(name) > 1', 'length(name) > 2') WHERE name = 'customers'; PRAGMA writable_schema = OFF",
        &[
            "table customers, constraint CHECK (length(name) > 1)",
            "table customers, constraint CHECK (length(name) > 2)",
        ],
    ),
    (
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'known CHECK', 'unknown CHECK') WHERE name = 'customers'; PRAGMA writable_schema = OFF",
        &[
            "table customers, constraint known",
            "table customers, constraint unknown",
        ],
    ),
    (
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, '''Paid''', '''paid''') WHERE name = 'customers'; PRAGMA writable_schema = OFF",
        &["table customers, constraint known: definition"],
    ),
    (
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (balance > 0', 'CHECK (balance >= 0') WHERE name = 'customers'; PRAGMA writable_schema = OFF",
        &[
            "table customers, constraint CHECK (balance > 0 or status = 'open')",
            "table customers, constraint CHECK (balance >= 0 or status = 'open')",
        ],
    ),
    (
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'balance * 2) STORED', 'balance * 4) STORED') WHERE name = 'customers'; PRAGMA writable_schema = OFF",
        &["table customers, column doubled: generated as"],
    ),
    (
        "ALTER TABLE customers ALTER COLUMN email DROP NOT NULL",
        &["table customers, column email: not null"],
    ),
    (
        "ALTER TABLE plain ADD CONSTRAINT positive CHECK (b > 0)",
        &["table plain, constraint positive"],
    ),
    (
        "ALTER TABLE plain ADD CHECK (b > 0)",
        &["table plain, constraint CHECK (b > 0)"],
    ),
];
