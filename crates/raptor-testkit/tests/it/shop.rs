//! A template with one of everything that a reset has to mind, and the text of all its contents.

use crate::client::{ask, eventually};
use raptor_testkit::{Database, Options, Template};

const SCHEMA: &str = r#"
CREATE TABLE countries (code text PRIMARY KEY, name text NOT NULL,
                        shout text GENERATED ALWAYS AS (upper(name)) STORED);
INSERT INTO countries (code, name) VALUES ('at', 'Österreich'), ('ch', 'Schweiz'), ('xx', E'a\tb\\');
CREATE TABLE customers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                        country text REFERENCES countries ON DELETE CASCADE, note jsonb);
INSERT INTO customers (country, note) VALUES ('at', '{"a": 1}'), ('ch', NULL);
CREATE TABLE orders (id serial PRIMARY KEY,
                     customer bigint NOT NULL REFERENCES customers DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "odd ""table" ("a b" numeric, c bytea);
CREATE TABLE events (at date NOT NULL, what text) PARTITION BY RANGE (at);
CREATE TABLE events_old PARTITION OF events FOR VALUES FROM ('2000-01-01') TO ('2020-01-01');
CREATE TABLE events_new PARTITION OF events DEFAULT;
CREATE TABLE animals (name text);
CREATE TABLE cats (lives int DEFAULT 9) INHERITS (animals);
INSERT INTO cats (name) VALUES ('Tom');
CREATE UNLOGGED TABLE scratch (n int);
CREATE TABLE journal (what text);
CREATE FUNCTION journal() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN INSERT INTO raptor.journal VALUES (TG_OP); RETURN NULL; END $$;
CREATE TRIGGER journal AFTER INSERT OR UPDATE OR DELETE ON orders
    FOR EACH ROW EXECUTE FUNCTION journal();
CREATE RULE no_delete AS ON DELETE TO scratch DO INSTEAD NOTHING;
ALTER TABLE journal ENABLE ROW LEVEL SECURITY;
ALTER TABLE journal FORCE ROW LEVEL SECURITY;
CREATE POLICY writing ON journal FOR INSERT WITH CHECK (true);
CREATE SEQUENCE tickets START 100;
SELECT nextval('tickets');
CREATE SEQUENCE untouched START 7;
CREATE TABLE big AS SELECT n, repeat('x', 100) AS filler FROM generate_series(1, 20000) n;
"#;

/// All rows in the order in which they lie, all sequences, and what else there is.
const CONTENTS: &str = r#"
SELECT * FROM countries; SELECT * FROM customers; SELECT * FROM orders; SELECT * FROM "odd ""table";
SELECT tableoid::regclass, * FROM events; SELECT tableoid::regclass, name FROM animals;
SELECT * FROM cats; SELECT * FROM scratch; SELECT * FROM journal; SELECT count(*), sum(n) FROM big;
SELECT last_value, is_called FROM customers_id_seq; SELECT last_value, is_called FROM orders_id_seq;
SELECT last_value, is_called FROM tickets; SELECT last_value, is_called FROM untouched;
SELECT relname, relkind, relacl FROM pg_class WHERE oid >= 16384 ORDER BY 1;
SELECT proname FROM pg_proc WHERE oid >= 16384 ORDER BY 1;
SELECT count(*) FROM pg_largeobject_metadata; SELECT count(*) FROM pg_description WHERE objoid >= 16384;
SELECT count(*) FROM pg_prepared_xacts; SELECT count(*) FROM pg_statistic WHERE starelid >= 16384;
SELECT datconnlimit, datacl FROM pg_database WHERE datname = current_database();
SELECT setrole::regrole, setconfig FROM pg_db_role_setting LEFT JOIN pg_database d ON d.oid = setdatabase
    WHERE datname IS NULL OR datname = current_database() ORDER BY 1, 2; SELECT rolname FROM pg_roles ORDER BY 1;
SELECT current_setting('statement_timeout');
"#;

/// A new template, on a server that allows prepared transactions.
pub(crate) fn template() -> Template {
    let options = Options {
        settings: vec![("max_prepared_transactions".to_owned(), "5".to_owned())],
        ..Options::default()
    };
    Template::with_options(options, |urls| {
        ask(urls.owner_url(), SCHEMA);
        let name = urls.database();
        let script = format!(
            "REVOKE ALL ON DATABASE {name} FROM PUBLIC; GRANT CONNECT ON DATABASE {name} TO raptor_app;
             ALTER DATABASE {name} SET statement_timeout = '77s';"
        );
        ask(urls.owner_url(), &script);
        Ok(())
    })
}

/// What a test can see of a database.
pub(crate) fn contents(database: &Database) -> String {
    let script = format!("SET search_path = raptor, pg_catalog; {CONTENTS}");
    ask(database.admin_url(), &script)
}

/// Waits until the clone of that name has been reset, and takes it.
pub(crate) fn again(template: &Template, name: &str) -> Database {
    let mut taken = None;
    eventually("the clone comes back", || {
        let database = template.database();
        let same = database.urls().database() == name;
        taken = same.then_some(database);
        same
    });
    taken.expect("the loop has ended with it")
}

/// Waits until there is no database of that name on the server.
pub(crate) fn gone(server_admin_url: &str, name: &str, why: &str) {
    let query = format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'");
    eventually(&format!("the clone is thrown away after {why}"), || {
        ask(server_admin_url, &query) == "0"
    });
}
