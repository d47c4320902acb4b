//! Changes of the rich schema on Postgres.

use super::changes::Change;

pub(crate) const CHANGES: &[Change] = &[
    (
        "COMMENT ON SCHEMA raptor IS 'Another.'",
        &["the schema: comment"],
    ),
    (
        "GRANT CREATE ON SCHEMA raptor TO raptor_app",
        &["the schema: grants to raptor_app"],
    ),
    (
        "ALTER SCHEMA raptor OWNER TO postgres",
        &[
            "the schema: owner",
            "default privileges for functions that postgres makes anywhere",
            "default privileges for tables that postgres makes here",
            "default privileges for functions that OWNER makes anywhere",
            "default privileges for tables that OWNER makes here",
        ],
    ),
    ("DROP EXTENSION citext", &["extension citext"]),
    (
        "ALTER EXTENSION citext SET SCHEMA raptor",
        &["extension citext: schema"],
    ),
    (
        "ALTER TYPE status ADD VALUE 'lost' AFTER 'open'",
        &["type status: labels"],
    ),
    (
        "ALTER TYPE status RENAME VALUE 'paid' TO 'settled'",
        &[
            "type status: labels",
            "table customers, constraint customers_balance: definition",
        ],
    ),
    ("COMMENT ON TYPE status IS NULL", &["type status: comment"]),
    (
        "ALTER TYPE status OWNER TO raptor_owner",
        &["type status: owner"],
    ),
    (
        "REVOKE USAGE ON TYPE status FROM PUBLIC",
        &["type status: grants to PUBLIC"],
    ),
    ("ALTER DOMAIN email DROP DEFAULT", &["type email: default"]),
    (
        "ALTER DOMAIN email DROP NOT NULL",
        &["type email: not null"],
    ),
    (
        "ALTER DOMAIN email DROP CONSTRAINT email_at; ALTER DOMAIN email ADD CONSTRAINT email_at CHECK (VALUE LIKE '_%@%') NOT VALID",
        &[
            "type email, constraint email_at: definition",
            "type email, constraint email_at: not valid",
        ],
    ),
    (
        "ALTER TABLE customers DROP COLUMN home; ALTER TYPE address ALTER ATTRIBUTE city TYPE varchar(41)",
        &[
            "type address, attribute city: type",
            "table customers, column home",
        ],
    ),
    (
        "ALTER TYPE address ADD ATTRIBUTE land text",
        &["type address, attribute land"],
    ),
    (
        "ALTER TYPE address RENAME ATTRIBUTE zip TO code",
        &[
            "type address, attribute zip",
            "type address, attribute code",
        ],
    ),
    (
        "DROP TYPE span; CREATE TYPE span AS RANGE (subtype = float8)",
        &["type span: difference"],
    ),
    ("CREATE TYPE mood AS ENUM ('fine')", &["type mood"]),
    (
        "ALTER SEQUENCE numbers INCREMENT 6",
        &["sequence numbers: options"],
    ),
    (
        "ALTER SEQUENCE numbers NO CYCLE",
        &["sequence numbers: options"],
    ),
    (
        "ALTER SEQUENCE numbers OWNED BY NONE",
        &["sequence numbers: owned by"],
    ),
    (
        "COMMENT ON SEQUENCE numbers IS 'For all.'",
        &["sequence numbers: comment"],
    ),
    (
        "GRANT SELECT ON SEQUENCE numbers TO raptor_app",
        &["sequence numbers: grants to raptor_app"],
    ),
    (
        "CREATE OR REPLACE FUNCTION add(a integer, b integer DEFAULT 1) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 7 AS $$ SELECT b + a $$",
        &["routine add(integer, integer): body"],
    ),
    (
        "CREATE OR REPLACE FUNCTION add(a integer, b integer DEFAULT 2) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 7 AS $$ SELECT a + b $$",
        &["routine add(integer, integer): arguments"],
    ),
    (
        "ALTER FUNCTION add(integer, integer) VOLATILE",
        &["routine add(integer, integer): volatility"],
    ),
    (
        "ALTER FUNCTION add(integer, integer) CALLED ON NULL INPUT",
        &["routine add(integer, integer): strict"],
    ),
    (
        "ALTER FUNCTION add(integer, integer) COST 8",
        &["routine add(integer, integer): cost"],
    ),
    (
        "ALTER FUNCTION add(integer, integer) PARALLEL UNSAFE",
        &["routine add(integer, integer): parallel"],
    ),
    (
        "ALTER FUNCTION add(integer, integer) LEAKPROOF",
        &["routine add(integer, integer): leakproof"],
    ),
    (
        "ALTER FUNCTION many(integer) ROWS 11",
        &["routine many(integer): rows"],
    ),
    (
        "ALTER FUNCTION touch() SECURITY INVOKER",
        &["routine touch(): security definer"],
    ),
    (
        "ALTER FUNCTION touch() RESET work_mem",
        &["routine touch(): settings"],
    ),
    (
        "ALTER FUNCTION touch() SET search_path = pg_catalog",
        &["routine touch(): settings"],
    ),
    (
        "GRANT EXECUTE ON FUNCTION touch() TO raptor_app",
        &["routine touch(): grants to raptor_app"],
    ),
    (
        "COMMENT ON FUNCTION add(integer, integer) IS 'Sums.'",
        &["routine add(integer, integer): comment"],
    ),
    (
        "ALTER FUNCTION add(integer, integer) RENAME TO plus",
        &[
            "routine add(integer, integer)",
            "routine plus(integer, integer)",
        ],
    ),
    (
        "ALTER FUNCTION add(integer, integer) OWNER TO raptor_owner",
        &["routine add(integer, integer): owner"],
    ),
    ("DROP PROCEDURE tidy(integer)", &["routine tidy(integer)"]),
    (
        "CREATE OR REPLACE PROCEDURE tidy(INOUT n integer) LANGUAGE plpgsql AS $$BEGIN n := 1; END$$",
        &["routine tidy(integer): body"],
    ),
    (
        "CREATE OR REPLACE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '1')",
        &["routine total(integer): agginitval"],
    ),
    (
        "ALTER OPERATOR === (integer, integer) SET (RESTRICT = eqsel)",
        &["operator ===(integer,integer): oprrest"],
    ),
    (
        "ALTER TEXT SEARCH CONFIGURATION plain DROP MAPPING FOR word",
        &["text search configuration plain: mappings"],
    ),
    (
        "DROP CAST (status AS integer); CREATE CAST (status AS integer) WITH INOUT AS IMPLICIT",
        &[
            "table customers, constraint customers_balance: definition",
            "table customers, index customers_name: definition",
            "cast status AS integer: context",
        ],
    ),
    ("DROP CAST (status AS integer)", &["cast status AS integer"]),
    (
        "ALTER COLLATION german RENAME TO deutsch",
        &[
            "table customers, column nick: collation",
            "collation german",
            "collation deutsch",
        ],
    ),
    (
        "ALTER TABLE customers ALTER COLUMN name SET DEFAULT 'somebody'",
        &["table customers, column name: default"],
    ),
    (
        "ALTER TABLE customers ALTER COLUMN name DROP NOT NULL",
        &["table customers, column name: not null"],
    ),
    (
        "ALTER TABLE customers ADD COLUMN age integer",
        &["table customers, column age"],
    ),
    (
        "ALTER TABLE customers RENAME COLUMN nick TO handle",
        &[
            "table customers, column nick",
            "table customers, constraint customers_nick: definition",
            "table customers, constraint customers_nick: columns",
            "table customers, index customers_nick: definition",
            "table customers, column handle",
            "statistics customers_stats: definition",
        ],
    ),
    (
        "ALTER TABLE customers DROP COLUMN home",
        &["table customers, column home"],
    ),
    (
        "ALTER TABLE customers ALTER COLUMN balance DROP DEFAULT",
        &["table customers, column balance: default"],
    ),
    (
        "ALTER TABLE base ALTER COLUMN a TYPE bigint",
        &[
            "table base, column a: type",
            "table derived, column a: type",
        ],
    ),
    (
        "ALTER TABLE customers ALTER COLUMN nick TYPE text COLLATE \"C\"",
        &[
            "table customers, column nick: collation",
            "table customers, column nick: storage",
        ],
    ),
    (
        "ALTER TABLE customers ALTER COLUMN seen SET DEFAULT TIMESTAMPTZ '2024-01-01 12:00:01+00'",
        &["table customers, column seen: default"],
    ),
    (
        "ALTER TABLE customers ALTER COLUMN id SET GENERATED BY DEFAULT",
        &["table customers, column id: identity"],
    ),
    (
        "ALTER TABLE customers ALTER COLUMN id SET INCREMENT BY 2",
        &["table customers, column id: identity's options"],
    ),
    (
        "ALTER TABLE customers ALTER COLUMN id DROP IDENTITY",
        &[
            "table customers, column id: identity",
            "table customers, column id: identity's sequence",
            "table customers, column id: identity's options",
        ],
    ),
    (
        "GRANT USAGE ON SEQUENCE customers_id_seq TO raptor_app",
        &["table customers, column id: grants on the identity's sequence to raptor_app"],
    ),
    (
        "ALTER TABLE customers DROP COLUMN doubled, ADD COLUMN doubled numeric GENERATED ALWAYS AS (balance * 3) STORED",
        &[
            "table customers: order of columns",
            "table customers, column doubled: generated as",
        ],
    ),
    (
        "ALTER TABLE customers ALTER COLUMN doubled DROP EXPRESSION",
        &[
            "table customers, column doubled: generated",
            "table customers, column doubled: generated as",
        ],
    ),
    (
        "ALTER TABLE customers ALTER COLUMN name SET STATISTICS 200",
        &["table customers, column name: statistics"],
    ),
    (
        "ALTER TABLE customers ALTER COLUMN nick SET STORAGE MAIN",
        &["table customers, column nick: storage"],
    ),
    (
        "ALTER TABLE customers ALTER COLUMN name SET (n_distinct = 5)",
        &["table customers, column name: options"],
    ),
    (
        "COMMENT ON COLUMN customers.email IS NULL",
        &["table customers, column email: comment"],
    ),
    (
        "COMMENT ON TABLE customers IS 'Those.'",
        &["table customers: comment"],
    ),
    (
        "COMMENT ON CONSTRAINT customers_balance ON customers IS 'Debts.'",
        &["table customers, constraint customers_balance: comment"],
    ),
    (
        "COMMENT ON INDEX customers_name IS NULL",
        &["table customers, index customers_name: comment"],
    ),
    (
        "COMMENT ON TRIGGER touch ON customers IS 'If.'",
        &["table customers, trigger touch: comment"],
    ),
    (
        "COMMENT ON POLICY own ON customers IS NULL",
        &["table customers, policy own: comment"],
    ),
    ("COMMENT ON VIEW rich IS NULL", &["view rich: comment"]),
    (
        "ALTER TABLE customers DROP CONSTRAINT customers_balance, ADD CONSTRAINT customers_balance CHECK (balance > 0 OR at = 'paid')",
        &[
            "table customers, constraint customers_balance: definition",
            "table customers, constraint customers_balance: comment",
        ],
    ),
    (
        "ALTER TABLE customers RENAME CONSTRAINT customers_born_check TO born_late",
        &[
            "table customers, constraint customers_born_check",
            "table customers, constraint born_late",
        ],
    ),
    (
        "ALTER TABLE customers DROP CONSTRAINT customers_nick, ADD CONSTRAINT customers_nick UNIQUE (tenant, nick)",
        &[
            "table customers, constraint customers_nick: definition",
            "table customers, constraint customers_nick: deferrable",
            "table customers, constraint customers_nick: deferred",
        ],
    ),
    (
        "ALTER TABLE orders ALTER CONSTRAINT orders_second NOT DEFERRABLE",
        &[
            "table orders, constraint orders_second: definition",
            "table orders, constraint orders_second: deferrable",
        ],
    ),
    (
        "ALTER TABLE orders ALTER CONSTRAINT orders_second DEFERRABLE INITIALLY DEFERRED",
        &[
            "table orders, constraint orders_second: definition",
            "table orders, constraint orders_second: deferred",
        ],
    ),
    (
        "ALTER TABLE orders DROP CONSTRAINT orders_second, ADD CONSTRAINT orders_second FOREIGN KEY (second) REFERENCES customers (id) ON DELETE RESTRICT ON UPDATE CASCADE DEFERRABLE",
        &["table orders, constraint orders_second: definition"],
    ),
    (
        "ALTER TABLE orders VALIDATE CONSTRAINT orders_room",
        &[
            "table orders, constraint orders_room: definition",
            "table orders, constraint orders_room: not valid",
        ],
    ),
    (
        "ALTER TABLE orders DROP CONSTRAINT orders_during_excl",
        &[
            "table orders, constraint orders_during_excl",
            "table orders, index orders_during_excl",
        ],
    ),
    (
        "ALTER TABLE orders DISABLE TRIGGER ALL",
        &[
            "table orders, constraint orders_customer_fkey: triggers",
            "table orders, constraint orders_second: triggers",
        ],
    ),
    (
        "ALTER TABLE customers DISABLE TRIGGER ALL",
        &[
            "table customers, constraint customers_nick: triggers",
            "table customers, trigger late: enabled",
            "table customers, trigger touch: enabled",
            "table orders, constraint orders_customer_fkey: triggers",
            "table orders, constraint orders_second: triggers",
        ],
    ),
    (
        "DROP INDEX customers_name; CREATE INDEX customers_name ON customers (lower(name) text_pattern_ops, born DESC NULLS LAST) INCLUDE (email) WHERE at = 'open'",
        &[
            "table customers, index customers_name: definition",
            "table customers, index customers_name: comment",
        ],
    ),
    (
        "DROP INDEX customers_tags; CREATE INDEX customers_tags ON customers (tenant, balance)",
        &[
            "table customers, index customers_tags: definition",
            "table customers, index customers_tags: unique",
        ],
    ),
    (
        "DROP INDEX customers_tags; CREATE UNIQUE INDEX customers_tags ON customers (balance, tenant)",
        &["table customers, index customers_tags: definition"],
    ),
    (
        "ALTER INDEX customers_tags SET (fillfactor = 50)",
        &["table customers, index customers_tags: definition"],
    ),
    (
        "ALTER INDEX customers_name ALTER COLUMN 1 SET STATISTICS 50",
        &["table customers, index customers_name: statistics"],
    ),
    (
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'customers_tags'::regclass",
        &["table customers, index customers_tags: not valid"],
    ),
    (
        "CLUSTER customers USING customers_tags",
        &["table customers, index customers_tags: clustered"],
    ),
    (
        "CREATE INDEX more ON customers (tenant)",
        &["table customers, index more"],
    ),
    (
        "ALTER INDEX customers_tags RENAME TO tags",
        &[
            "table customers, index customers_tags",
            "table customers, index tags",
        ],
    ),
    (
        "DROP STATISTICS customers_stats",
        &["statistics customers_stats"],
    ),
    (
        "ALTER STATISTICS customers_stats SET STATISTICS 20",
        &["statistics customers_stats: target"],
    ),
    (
        "ALTER TABLE customers DISABLE ROW LEVEL SECURITY",
        &["table customers: row security"],
    ),
    (
        "ALTER TABLE customers FORCE ROW LEVEL SECURITY",
        &["table customers: forced row security"],
    ),
    (
        "ALTER POLICY own ON customers USING (true)",
        &["table customers, policy own: using"],
    ),
    (
        "ALTER POLICY own ON customers TO raptor_owner",
        &["table customers, policy own: roles"],
    ),
    (
        "ALTER POLICY write ON customers WITH CHECK (balance < 1001)",
        &["table customers, policy write: check"],
    ),
    (
        "DROP POLICY write ON customers; CREATE POLICY write ON customers TO PUBLIC USING (true) WITH CHECK (balance < 1000)",
        &["table customers, policy write: kind"],
    ),
    (
        "DROP POLICY own ON customers; CREATE POLICY own ON customers FOR DELETE TO raptor_app USING (tenant = current_setting('raptor.tenant', true)); COMMENT ON POLICY own ON customers IS 'Their own.'",
        &["table customers, policy own: command"],
    ),
    (
        "DROP POLICY write ON customers",
        &["table customers, policy write"],
    ),
    (
        "GRANT DELETE ON customers TO raptor_app",
        &["table customers: grants to raptor_app"],
    ),
    (
        "REVOKE INSERT ON customers FROM raptor_app",
        &["table customers: grants to raptor_app"],
    ),
    (
        "GRANT SELECT ON customers TO raptor_app WITH GRANT OPTION",
        &["table customers: grants to raptor_app"],
    ),
    (
        "GRANT UPDATE (nick) ON customers TO raptor_app",
        &["table customers, column nick: grants to raptor_app"],
    ),
    (
        "REVOKE UPDATE (name) ON customers FROM raptor_app",
        &["table customers, column name: grants to raptor_app"],
    ),
    (
        "REVOKE TRUNCATE ON customers FROM postgres",
        &["table customers: grants to OWNER"],
    ),
    (
        "REVOKE ALL ON base FROM postgres",
        &["table base: grants to OWNER"],
    ),
    (
        "GRANT SELECT ON base TO PUBLIC",
        &["table base: grants to PUBLIC"],
    ),
    (
        "ALTER TABLE customers OWNER TO raptor_owner",
        &["table customers: owner"],
    ),
    (
        "ALTER TABLE customers SET (fillfactor = 80)",
        &["table customers: options"],
    ),
    (
        "ALTER TABLE customers RESET (autovacuum_enabled)",
        &["table customers: options"],
    ),
    (
        "ALTER TABLE customers SET (toast.autovacuum_enabled = false)",
        &["table customers: toast options"],
    ),
    (
        "ALTER TABLE scratch SET LOGGED",
        &["table scratch: persistence"],
    ),
    (
        "ALTER TABLE orders REPLICA IDENTITY DEFAULT",
        &["table orders: replica identity"],
    ),
    (
        "ALTER TABLE customers REPLICA IDENTITY USING INDEX customers_pkey",
        &[
            "table customers: replica identity",
            "table customers, index customers_pkey: replica identity",
        ],
    ),
    (
        "ALTER TABLE customers DISABLE TRIGGER touch",
        &["table customers, trigger touch: enabled"],
    ),
    (
        "ALTER TABLE customers ENABLE ALWAYS TRIGGER touch",
        &["table customers, trigger touch: enabled"],
    ),
    (
        "DROP TRIGGER touch ON customers; CREATE TRIGGER touch BEFORE UPDATE OF name ON customers FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION touch(); COMMENT ON TRIGGER touch ON customers IS 'When.'",
        &["table customers, trigger touch: definition"],
    ),
    (
        "DROP TRIGGER touch ON customers; CREATE TRIGGER touch BEFORE UPDATE OF name, email ON customers FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.nick) EXECUTE FUNCTION touch(); COMMENT ON TRIGGER touch ON customers IS 'When.'",
        &["table customers, trigger touch: definition"],
    ),
    (
        "DROP TRIGGER late ON customers",
        &["table customers, trigger late"],
    ),
    (
        "CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = raptor, pg_catalog SET work_mem = '8MB' AS 'BEGIN\n    NEW.changed_at := clock_timestamp();\n    RETURN NEW;\nEND'",
        &["routine touch(): body"],
    ),
    (
        "ALTER TABLE orders DISABLE RULE quiet",
        &["table orders, rule quiet: enabled"],
    ),
    (
        "DROP RULE quiet ON orders; CREATE RULE quiet AS ON DELETE TO orders WHERE old.kind = 'held' DO INSTEAD NOTHING",
        &["table orders, rule quiet: definition"],
    ),
    (
        "ALTER TABLE events DETACH PARTITION events_2024",
        &[
            "table events_2024: inherits",
            "table events_2024: partition bound",
            "table events_2024, column id: inherited",
            "table events_2024, column at: inherited",
            "table events_2024, column what: inherited",
            "table events_2024, index events_2024_what_idx: part of",
        ],
    ),
    (
        "CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
        &["table events_2025"],
    ),
    (
        "ALTER TABLE derived NO INHERIT base",
        &[
            "table derived: inherits",
            "table derived, column a: inherited",
            "table derived, column b: inherited",
        ],
    ),
    (
        "ALTER TABLE base ALTER COLUMN b SET NOT NULL",
        &[
            "table base, column b: not null",
            "table derived, column b: not null",
        ],
    ),
    (
        "CREATE OR REPLACE VIEW rich WITH (security_barrier = true) AS SELECT id, email, balance FROM customers WHERE balance > 101",
        &["view rich: definition"],
    ),
    (
        "ALTER VIEW rich SET (security_barrier = false)",
        &["view rich: options"],
    ),
    (
        "ALTER VIEW rich RENAME COLUMN balance TO money",
        &[
            "view rich: definition",
            "view rich, column balance",
            "view rich, column money",
        ],
    ),
    (
        "ALTER VIEW rich ALTER COLUMN balance SET DEFAULT 1",
        &["view rich, column balance: default"],
    ),
    (
        "REVOKE GRANT OPTION FOR SELECT ON rich FROM raptor_app",
        &["view rich: grants to raptor_app"],
    ),
    ("DROP VIEW all_orders", &["view all_orders"]),
    (
        "DROP VIEW all_orders; CREATE MATERIALIZED VIEW all_orders AS SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer",
        &["view all_orders", "materialized view all_orders"],
    ),
    (
        "DROP MATERIALIZED VIEW totals; CREATE MATERIALIZED VIEW totals AS SELECT customer, count(*) AS orders FROM orders WHERE kind = 'x' GROUP BY customer; CREATE UNIQUE INDEX totals_customer ON totals (customer)",
        &[
            "materialized view totals: definition",
            "materialized view totals: grants to raptor_app",
        ],
    ),
    (
        "ALTER TABLE base RENAME TO bottom",
        &["table base", "table derived: inherits", "table bottom"],
    ),
    ("DROP TABLE scratch", &["table scratch"]),
    ("CREATE TABLE new (a integer)", &["table new"]),
    (
        "ALTER TABLE base SET SCHEMA public",
        &["table base", "table derived: inherits"],
    ),
    (
        "ALTER DEFAULT PRIVILEGES IN SCHEMA raptor GRANT INSERT ON TABLES TO raptor_app",
        &["default privileges for tables that postgres makes here: grants to raptor_app"],
    ),
    (
        "ALTER DEFAULT PRIVILEGES IN SCHEMA raptor REVOKE SELECT ON TABLES FROM raptor_app",
        &["default privileges for tables that postgres makes here"],
    ),
    (
        "ALTER PUBLICATION feed DROP TABLE orders",
        &["publication feed: tables"],
    ),
    (
        "ALTER PUBLICATION feed SET (publish = 'insert')",
        &["publication feed: pubupdate"],
    ),
    (
        "ALTER SERVER far OPTIONS (SET host 'farther')",
        &["foreign server far: options"],
    ),
    (
        "ALTER FOREIGN TABLE distant OPTIONS (SET what 'y')",
        &["foreign table distant: server options"],
    ),
    (
        "ALTER FOREIGN TABLE distant ALTER COLUMN a OPTIONS (SET name 'B')",
        &["foreign table distant, column a: server options"],
    ),
    (
        "ALTER EVENT TRIGGER ddl DISABLE",
        &["event trigger ddl: enabled"],
    ),
    ("DROP EVENT TRIGGER ddl", &["event trigger ddl"]),
    (
        "INSERT INTO pg_seclabel VALUES ('base'::regclass, 'pg_class'::regclass, 2, 'guard', 'secret')",
        &["security label of guard on table column base.b"],
    ),
    (
        "ALTER TABLE base ADD COLUMN z integer, DROP COLUMN a; ALTER TABLE base ADD COLUMN a integer; ALTER TABLE base DROP COLUMN z",
        &[
            "table base: order of columns",
            "table derived: order of columns",
        ],
    ),
];
