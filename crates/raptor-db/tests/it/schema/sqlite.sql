-- The tables of the conformance tests; postgres.sql beside it has the same.
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL CONSTRAINT accounts_name_key UNIQUE,
    cents INTEGER NOT NULL DEFAULT 0 CONSTRAINT positive CHECK (cents >= 0)
) STRICT;
CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL CONSTRAINT entries_account_fkey REFERENCES accounts (id)
) STRICT;
CREATE TABLE promises (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL CONSTRAINT promises_account_fkey REFERENCES accounts (id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE TABLE pairs (a INTEGER, b TEXT, c TEXT, CONSTRAINT pairs_key UNIQUE (a, b)) STRICT;
CREATE UNIQUE INDEX pairs_lower ON pairs (lower(c));
CREATE TABLE cells (
    id INTEGER PRIMARY KEY,
    bool_ INTEGER CHECK (bool_ IN (0, 1)),
    i64_ INTEGER,
    f64_ REAL,
    decimal_ TEXT,
    text_ TEXT,
    bytes_ BLOB,
    uuid_ TEXT,
    timestamptz_ TEXT,
    date_ TEXT,
    json_ TEXT CHECK (json_valid(json_)),
    texts_ TEXT,
    i64s_ TEXT,
    uuids_ TEXT
) STRICT;
