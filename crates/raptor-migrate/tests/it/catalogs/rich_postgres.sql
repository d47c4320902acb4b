COMMENT ON SCHEMA raptor IS 'The product.';
GRANT USAGE ON SCHEMA raptor TO raptor_app;
CREATE EXTENSION citext SCHEMA public;
CREATE TYPE status AS ENUM ('open', 'paid', 'it''s, gone');
COMMENT ON TYPE status IS 'How far it is.';
CREATE DOMAIN email AS text COLLATE "C" DEFAULT 'nobody@example.org' NOT NULL CONSTRAINT email_at CHECK (VALUE LIKE '%@%');
CREATE TYPE address AS (street text, city varchar(40), zip text COLLATE "C");
CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE SEQUENCE numbers AS integer START 10 INCREMENT 5 MINVALUE 5 MAXVALUE 5000 CACHE 3 CYCLE;
COMMENT ON SEQUENCE numbers IS 'For invoices.';
GRANT USAGE ON SEQUENCE numbers TO raptor_app;
CREATE COLLATION german (provider = icu, locale = 'de');

CREATE FUNCTION add(a integer, b integer DEFAULT 1) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    COST 7 AS $$ SELECT a + b $$;
COMMENT ON FUNCTION add(integer, integer) IS 'Adds.';
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = raptor, pg_catalog SET work_mem = '8MB' AS
$$BEGIN
    NEW.changed_at := now();
    RETURN NEW;
END$$;
REVOKE EXECUTE ON FUNCTION touch() FROM PUBLIC;
CREATE FUNCTION many(n integer) RETURNS SETOF integer LANGUAGE sql ROWS 10 AS $$ SELECT generate_series(1, n) $$;
CREATE PROCEDURE tidy(INOUT n integer) LANGUAGE plpgsql AS $$BEGIN n := 0; END$$;
CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0');
CREATE OPERATOR === (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq, COMMUTATOR = ===);
CREATE TEXT SEARCH CONFIGURATION plain (COPY = pg_catalog.simple);
CREATE CAST (status AS integer) WITH INOUT AS ASSIGNMENT;

CREATE TABLE customers (
    id bigint GENERATED ALWAYS AS IDENTITY (START WITH 100) PRIMARY KEY,
    email email UNIQUE,
    name varchar(80) NOT NULL DEFAULT 'nobody',
    nick text COLLATE german,
    born date CHECK (born > DATE '1900-01-01'),
    seen timestamptz DEFAULT TIMESTAMPTZ '2024-01-01 12:00:00+00',
    at status NOT NULL DEFAULT 'open',
    home address,
    tags text[] NOT NULL DEFAULT '{}',
    balance numeric(12, 2) NOT NULL DEFAULT 0,
    doubled numeric GENERATED ALWAYS AS (balance * 2) STORED,
    changed_at timestamptz NOT NULL DEFAULT now(),
    tenant text NOT NULL DEFAULT current_setting('raptor.tenant', true),
    CONSTRAINT customers_balance CHECK (balance >= 0 OR at = 'paid'),
    CONSTRAINT customers_nick UNIQUE (tenant, nick) DEFERRABLE INITIALLY DEFERRED
) WITH (fillfactor = 70, autovacuum_enabled = false);
COMMENT ON TABLE customers IS 'Who buys.';
COMMENT ON COLUMN customers.email IS 'Where to write.';
COMMENT ON CONSTRAINT customers_balance ON customers IS 'No debts.';
CREATE INDEX customers_name ON customers (lower(name) text_pattern_ops, born DESC NULLS LAST) INCLUDE (email) WHERE at <> 'open';
COMMENT ON INDEX customers_name IS 'To search.';
CREATE UNIQUE INDEX customers_tags ON customers (tenant, balance);
CREATE STATISTICS customers_stats (dependencies) ON name, nick FROM customers;
ALTER TABLE customers ALTER COLUMN name SET STATISTICS 300, ALTER COLUMN nick SET STORAGE EXTERNAL;
ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON customers FOR SELECT TO raptor_app USING (tenant = current_setting('raptor.tenant', true));
CREATE POLICY write ON customers AS RESTRICTIVE TO PUBLIC USING (true) WITH CHECK (balance < 1000);
COMMENT ON POLICY own ON customers IS 'Their own.';
GRANT SELECT, INSERT ON customers TO raptor_app;
GRANT UPDATE (name, email) ON customers TO raptor_app;
CREATE TRIGGER touch BEFORE UPDATE OF name, email ON customers FOR EACH ROW
    WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION touch();
COMMENT ON TRIGGER touch ON customers IS 'When.';
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON customers DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION touch();

CREATE TABLE orders (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    customer bigint NOT NULL REFERENCES customers ON DELETE CASCADE,
    second bigint CONSTRAINT orders_second REFERENCES customers (id) ON DELETE SET NULL ON UPDATE CASCADE DEFERRABLE,
    number integer NOT NULL DEFAULT nextval('numbers'),
    during tstzrange,
    kind text,
    room integer,
    EXCLUDE USING gist (during WITH &&) WHERE (kind = 'stay')
);
ALTER SEQUENCE numbers OWNED BY orders.number;
ALTER TABLE orders ADD CONSTRAINT orders_room CHECK (room > 0) NOT VALID;
ALTER TABLE orders REPLICA IDENTITY FULL;
CREATE RULE quiet AS ON DELETE TO orders WHERE old.kind = 'kept' DO INSTEAD NOTHING;

CREATE TABLE events (id bigint NOT NULL, at date NOT NULL, what text) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_rest PARTITION OF events DEFAULT;
CREATE INDEX events_what ON events (what);
CREATE TABLE base (a integer, b text);
CREATE TABLE derived (c integer) INHERITS (base);
CREATE UNLOGGED TABLE scratch (a integer, b bigint GENERATED BY DEFAULT AS IDENTITY);

CREATE VIEW rich WITH (security_barrier = true) AS SELECT id, email, balance FROM customers WHERE balance > 100;
COMMENT ON VIEW rich IS 'Those who have.';
CREATE VIEW all_orders AS SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer;
GRANT SELECT ON rich TO raptor_app WITH GRANT OPTION;
CREATE MATERIALIZED VIEW totals AS SELECT customer, count(*) AS orders FROM orders GROUP BY customer;
CREATE UNIQUE INDEX totals_customer ON totals (customer);
CREATE TRIGGER instead INSTEAD OF INSERT ON rich FOR EACH ROW EXECUTE FUNCTION touch();

ALTER DEFAULT PRIVILEGES IN SCHEMA raptor GRANT SELECT ON TABLES TO raptor_app;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
CREATE PUBLICATION feed FOR TABLE customers, orders WITH (publish = 'insert, update');
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER far FOREIGN DATA WRAPPER nowhere OPTIONS (host 'far');
CREATE FOREIGN TABLE distant (a integer OPTIONS (name 'A'), b text) SERVER far OPTIONS (what 'x');
CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN NULL; END$$;
CREATE EVENT TRIGGER ddl ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'DROP TABLE') EXECUTE FUNCTION on_ddl();
