-- The tables of the conformance tests; sqlite.sql beside it has the same.
CREATE TABLE accounts (
    id bigint PRIMARY KEY,
    name text NOT NULL CONSTRAINT accounts_name_key UNIQUE,
    cents bigint NOT NULL DEFAULT 0 CONSTRAINT positive CHECK (cents >= 0)
);
CREATE TABLE entries (
    id bigint PRIMARY KEY,
    account bigint NOT NULL CONSTRAINT entries_account_fkey REFERENCES accounts (id)
);
CREATE TABLE promises (
    id bigint PRIMARY KEY,
    account bigint NOT NULL CONSTRAINT promises_account_fkey REFERENCES accounts (id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE pairs (a bigint, b text, c text, CONSTRAINT pairs_key UNIQUE (a, b));
CREATE UNIQUE INDEX pairs_lower ON pairs (lower(c));
CREATE TABLE cells (
    id bigint PRIMARY KEY,
    bool_ boolean,
    i64_ bigint,
    f64_ double precision,
    decimal_ numeric,
    text_ text,
    bytes_ bytea,
    uuid_ uuid,
    timestamptz_ timestamptz,
    date_ date,
    json_ jsonb,
    texts_ text[],
    i64s_ bigint[],
    uuids_ uuid[]
);
CREATE TYPE mood AS ENUM ('happy', 'sad');
CREATE DOMAIN percent AS integer CHECK (VALUE BETWEEN 0 AND 100);
CREATE TABLE narrow (
    i16 smallint, i32 integer, f32 real, v varchar(5), c char(3), m mood, p percent,
    j json, ts timestamp, moods mood[], i32s integer[]
);
CREATE TABLE hidden (id bigint);
GRANT USAGE ON SCHEMA raptor TO raptor_app;
GRANT ALL ON ALL TABLES IN SCHEMA raptor TO raptor_app;
REVOKE ALL ON hidden FROM raptor_app;
