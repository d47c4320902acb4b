//! The tables that the texts of the cases are about. Claims are held against them with rows.

/// The revision that every case follows.
pub(crate) const BASE: &str = r"-- raptor: id=a1
-- raptor:up postgres
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE DOMAIN plain AS integer;
CREATE TABLE customers (
    id uuid PRIMARY KEY,
    email text NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT customers_email_key UNIQUE (email)
);
CREATE TABLE notes (
    id bigint PRIMARY KEY,
    customer_id uuid REFERENCES customers (id) ON DELETE CASCADE,
    body text,
    title varchar(80),
    label varchar(80),
    slug varchar(20) CHECK (slug <> ''),
    price numeric(10, 2),
    seen_at timestamptz(3),
    made_at timestamp,
    flag integer,
    code char(3),
    bits varbit(4),
    net cidr,
    doc xml,
    data json,
    span interval(2),
    filled integer,
    half integer,
    size positive,
    names varchar(10)[],
    CONSTRAINT notes_filled CHECK (filled IS NOT NULL)
);
CREATE INDEX notes_customer_id_idx ON notes (customer_id);
CREATE INDEX notes_label_idx ON notes (label);
CREATE UNIQUE INDEX notes_flag_idx ON notes (flag);
CREATE UNIQUE INDEX notes_filled_idx ON notes (filled);
ALTER TABLE notes ADD CONSTRAINT notes_half CHECK (half IS NOT NULL) NOT VALID;
ALTER TABLE notes ADD CONSTRAINT notes_flag_check CHECK (flag > 0) NOT VALID;
CREATE TABLE tags (
    note_id bigint NOT NULL,
    tag text NOT NULL,
    mood mood,
    PRIMARY KEY (note_id, tag)
);
ALTER TABLE tags ADD CONSTRAINT tags_note_id_fkey FOREIGN KEY (note_id) REFERENCES notes (id) NOT VALID;
CREATE TABLE events (id bigint NOT NULL, at bigint NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10);
CREATE TABLE events_rest PARTITION OF events DEFAULT;
CREATE TABLE events_2 (id bigint NOT NULL, at bigint NOT NULL, PRIMARY KEY (id, at));
CREATE TABLE events_3 (id bigint NOT NULL, at bigint NOT NULL, PRIMARY KEY (id, at), CHECK (at >= 30 AND at < 40));
CREATE TABLE logs (id bigint, at bigint) PARTITION BY RANGE (at);
CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (0) TO (10);
CREATE TABLE logs_2 (id bigint, at bigint, CHECK (at >= 20 AND at < 30));
CREATE TABLE logs_3 (id bigint, at bigint, CHECK (at IS NOT NULL AND at >= 30 AND at < 40));
CREATE VIEW titles AS SELECT note_id, tag FROM tags;
CREATE MATERIALIZED VIEW counts AS SELECT tag, count(*) AS n FROM tags GROUP BY tag;
CREATE UNIQUE INDEX counts_tag_idx ON counts (tag);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER tags_touch BEFORE UPDATE ON tags FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TABLE secrets (id uuid PRIMARY KEY, tenant_id uuid NOT NULL);
ALTER TABLE secrets ENABLE ROW LEVEL SECURITY;
ALTER TABLE secrets FORCE ROW LEVEL SECURITY;
CREATE POLICY secrets_read ON secrets FOR SELECT USING (true);
CREATE POLICY secrets_own ON secrets USING (tenant_id = current_setting('app.tenant')::uuid);
CREATE TABLE settings (key text PRIMARY KEY, value text);

-- raptor:up sqlite
CREATE TABLE customers (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    tenant_id TEXT NOT NULL
) STRICT;
CREATE TABLE notes (
    id INTEGER PRIMARY KEY,
    customer_id TEXT REFERENCES customers (id) ON DELETE CASCADE,
    body TEXT,
    flag INTEGER
) STRICT;
CREATE INDEX notes_customer_id_idx ON notes (customer_id);
CREATE TABLE tags (
    note_id INTEGER NOT NULL REFERENCES notes (id),
    tag TEXT NOT NULL,
    PRIMARY KEY (note_id, tag)
) STRICT;
CREATE TABLE settings (key TEXT NOT NULL PRIMARY KEY, value TEXT) STRICT;
";
