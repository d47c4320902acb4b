CREATE TABLE customers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL COLLATE NOCASE UNIQUE,
    name TEXT NOT NULL DEFAULT 'nobody' CHECK (length(name) > 1),
    "order" INTEGER DEFAULT -1,
    at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    status TEXT NOT NULL DEFAULT (lower('OPEN')) CONSTRAINT known CHECK (status IN ('open', 'Paid')),
    balance REAL,
    doubled REAL GENERATED ALWAYS AS (balance * 2) STORED,
    tripled REAL AS (balance * 3),
    mark BLOB DEFAULT x'00FF',
    CONSTRAINT both UNIQUE (name, status),
    CHECK (balance > 0 OR status = 'open')
) STRICT;
CREATE TABLE orders (
    a INTEGER NOT NULL,
    b TEXT COLLATE "rtrim",
    customer INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    second INTEGER CONSTRAINT second_one REFERENCES customers ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED,
    note VARCHAR(40) NOT NULL ON CONFLICT IGNORE,
    PRIMARY KEY (a, b DESC),
    FOREIGN KEY (a, b) REFERENCES pairs (x, y) ON DELETE RESTRICT
) WITHOUT ROWID;
CREATE TABLE pairs (x INTEGER, y TEXT, UNIQUE (x, y) ON CONFLICT REPLACE);
CREATE TABLE plain (a, b INT, c NUMERIC(10, 2), d DOUBLE PRECISION);
CREATE TABLE keyed (a INTEGER PRIMARY KEY DESC, b TEXT);
CREATE INDEX customers_name ON customers (lower(name), at DESC) WHERE status <> 'open';
CREATE UNIQUE INDEX customers_at ON customers (at COLLATE NOCASE, name);
CREATE TRIGGER customers_log AFTER UPDATE OF name ON customers FOR EACH ROW WHEN old.name <> new.name
BEGIN
    INSERT INTO plain (a) VALUES (new.name);
    DELETE FROM pairs WHERE x = 1;
END;
CREATE VIEW rich (id, name) AS SELECT id, name FROM customers WHERE balance > 100;
CREATE TRIGGER rich_insert INSTEAD OF INSERT ON rich BEGIN SELECT RAISE(ABORT, 'No'); END;
CREATE VIRTUAL TABLE words USING fts5(word, tokenize = 'porter');
