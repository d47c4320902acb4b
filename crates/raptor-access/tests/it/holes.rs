//! Holes, each with the way back: made of every kind of right, for every kind of grantee.

use crate::bed::{FILE, SCHEMA};

/// A hole, and what takes it back beyond another `apply`.
pub(crate) struct Hole {
    pub(crate) text: String,
    pub(crate) undo: &'static str,
}

const GRANTEES: [&str; 6] = ["web", "web_a", "help", "resolver", "intern", "PUBLIC"];

/// All of them.
pub(crate) fn all() -> Vec<Hole> {
    let mut holes = Vec::new();
    let plain = |text: String| Hole { text, undo: "" };
    holes.extend(of_tables().into_iter().map(plain));
    holes.extend(of_others().into_iter().map(plain));
    holes.extend(of_roles().into_iter().map(plain));
    holes.extend(of_rows().into_iter().map(plain));
    holes.extend(OF_OBJECTS.map(|(text, undo)| Hole {
        text: text.to_owned(),
        undo,
    }));
    holes
}

#[test]
#[ignore = "bench/holes/run asks for them"]
fn listed() {
    let holes = all().into_iter();
    let holes: Vec<_> = holes
        .map(|it| serde_json::json!({ "text": it.text, "undo": it.undo }))
        .collect();
    let all = serde_json::json!({ "schema": SCHEMA, "file": FILE, "holes": holes });
    println!("{all}");
}

/// Verbs of tables and columns that are not declared.
fn of_tables() -> Vec<String> {
    let mut all = Vec::new();
    for (number, who) in GRANTEES.into_iter().enumerate() {
        for (place, table) in ["customers", "sessions", "notes", "support_grants"]
            .into_iter()
            .enumerate()
        {
            let verb = [
                "TRUNCATE",
                "REFERENCES",
                "TRIGGER",
                "UPDATE",
                "DELETE",
                "INSERT",
                "SELECT",
            ][(number + place) % 7];
            let is_declared = matches!(
                (who, table, verb),
                ("web" | "web_a", "customers", "SELECT" | "INSERT")
                    | ("web" | "web_a", "notes", "DELETE" | "SELECT")
                    | ("web" | "web_a", "sessions", "SELECT")
                    | ("help", "notes", "SELECT")
            );
            if !is_declared {
                all.push(format!("GRANT {verb} ON app.{table} TO {who}"));
            }
        }
        for (table, column) in [
            ("customers", "email"),
            ("sessions", "token_hash"),
            ("support_grants", "staff"),
        ] {
            let verb = ["UPDATE", "REFERENCES"][number % 2];
            all.push(format!("GRANT {verb} ({column}) ON app.{table} TO {who}"));
        }
    }
    all.push("GRANT SELECT ON app.notes TO web WITH GRANT OPTION".to_owned());
    all.push("GRANT UPDATE (body) ON app.notes TO web WITH GRANT OPTION".to_owned());
    all.push("GRANT ALL ON ALL TABLES IN SCHEMA app TO help".to_owned());
    all
}

/// Sequences, functions, schemas, the database, types, what is yet to be made, what Postgres made.
fn of_others() -> Vec<String> {
    let mut all = Vec::new();
    for (number, who) in GRANTEES.into_iter().enumerate() {
        let verb = ["USAGE", "SELECT", "UPDATE"][number % 3];
        all.push(format!(
            "GRANT {verb} ON SEQUENCE app.notes_id_seq TO {who}"
        ));
        let what = ["app", "raptor_access", "public"][number % 3];
        all.push(format!("GRANT CREATE ON SCHEMA {what} TO {who}"));
        let verb = ["CREATE", "TEMPORARY"][number % 2];
        all.push(format!("GRANT {verb} ON DATABASE rows TO {who}"));
        if who != "resolver" {
            all.push(format!(
                "GRANT EXECUTE ON FUNCTION raptor_access.staff() TO {who}"
            ));
            all.push(format!("GRANT SELECT ON raptor_access.keys TO {who}"));
        }
        let (what, verb) = [
            ("TABLES", "SELECT"),
            ("SEQUENCES", "USAGE"),
            ("FUNCTIONS", "EXECUTE"),
            ("TYPES", "USAGE"),
            ("TABLES", "TRUNCATE"),
            ("TABLES", "INSERT"),
        ][number];
        all.push(format!(
            "ALTER DEFAULT PRIVILEGES FOR ROLE app_owner GRANT {verb} ON {what} TO {who}"
        ));
        all.push(format!("ALTER DEFAULT PRIVILEGES FOR ROLE app_owner IN SCHEMA app GRANT {verb} ON {what} TO {who}"));
    }
    let more = [
        "GRANT CONNECT ON DATABASE rows TO PUBLIC",
        "GRANT CONNECT ON DATABASE rows TO intern",
        "GRANT USAGE ON SCHEMA app TO intern",
        "GRANT USAGE ON SCHEMA raptor_access TO PUBLIC",
        "ALTER DEFAULT PRIVILEGES FOR ROLE app_owner GRANT CREATE ON SCHEMAS TO web",
        "GRANT SELECT ON pg_authid TO help",
        "GRANT SELECT (rolpassword) ON pg_authid TO web",
        "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO web",
        "GRANT EXECUTE ON FUNCTION pg_ls_dir(text) TO PUBLIC",
        "GRANT EXECUTE ON FUNCTION lo_export(oid, text) TO help",
        "GRANT SELECT ON pg_statistic TO PUBLIC",
        "GRANT CREATE ON SCHEMA pg_catalog TO web",
        "GRANT SET ON PARAMETER session_replication_role TO web",
        "GRANT ALTER SYSTEM ON PARAMETER work_mem TO help",
        "GRANT CREATE ON TABLESPACE pg_default TO web",
        "GRANT USAGE ON FOREIGN DATA WRAPPER w TO web",
        "GRANT USAGE ON FOREIGN SERVER s TO help",
    ];
    all.extend(more.map(str::to_owned));
    all
}

/// Attributes, memberships, settings, owners.
fn of_roles() -> Vec<String> {
    let all = [
        "ALTER ROLE web_a SUPERUSER",
        "ALTER ROLE web_a BYPASSRLS",
        "ALTER ROLE help_a CREATEROLE",
        "ALTER ROLE help_a CREATEDB",
        "ALTER ROLE web_a REPLICATION",
        "ALTER ROLE web BYPASSRLS",
        "ALTER ROLE web LOGIN",
        "ALTER ROLE app_owner LOGIN",
        "ALTER ROLE resolver LOGIN",
        "ALTER ROLE resolver BYPASSRLS",
        "ALTER ROLE web_a CONNECTION LIMIT 1000",
        "GRANT app_owner TO web_a",
        "GRANT app_owner TO help",
        "GRANT app_owner TO intern",
        "GRANT resolver TO web",
        "GRANT help TO web_a",
        "GRANT web TO intern",
        "GRANT web TO web_a WITH ADMIN OPTION",
        "GRANT pg_read_all_data TO web",
        "GRANT pg_write_all_data TO help_a",
        "GRANT pg_monitor TO web_a",
        "GRANT pg_read_all_settings TO web",
        "GRANT pg_read_server_files TO web_a",
        "GRANT pg_write_server_files TO help",
        "GRANT pg_execute_server_program TO web",
        "GRANT pg_signal_backend TO help_a",
        "GRANT pg_checkpoint TO web",
        "ALTER ROLE web_a SET search_path = public, app",
        "ALTER ROLE web_a RESET search_path",
        "ALTER ROLE web_a SET session_replication_role = replica",
        "ALTER ROLE help_a SET row_security = off",
        "ALTER ROLE help_a IN DATABASE rows SET search_path = public",
        "ALTER DATABASE rows SET search_path = public",
        "ALTER TABLE app.notes OWNER TO web",
        "ALTER TABLE app.support_grants OWNER TO help_a",
        "ALTER VIEW app.bodies OWNER TO web_a",
        "ALTER SCHEMA app OWNER TO web",
        "ALTER SCHEMA raptor_access OWNER TO resolver",
        "ALTER FUNCTION raptor_access.customer() OWNER TO web",
        "ALTER DATABASE rows OWNER TO web",
    ];
    all.map(str::to_owned).to_vec()
}

/// What servers of a later version have more.
pub(crate) fn since(version: i64) -> Vec<Hole> {
    let mut all = Vec::new();
    if version >= 160_000 {
        all.extend([
            "GRANT web TO help_a WITH INHERIT FALSE, SET TRUE",
            "GRANT web TO intern WITH ADMIN TRUE, INHERIT FALSE, SET FALSE",
            "GRANT web TO web_a WITH INHERIT FALSE",
            "GRANT web TO intern WITH ADMIN OPTION; GRANT web TO help_a GRANTED BY intern",
            "GRANT pg_execute_server_program TO app_owner WITH ADMIN TRUE, INHERIT FALSE, SET FALSE",
        ]);
    }
    if version >= 170_000 {
        all.extend([
            "GRANT MAINTAIN ON app.notes TO web",
            "GRANT MAINTAIN ON app.sessions TO PUBLIC",
            "ALTER DEFAULT PRIVILEGES FOR ROLE app_owner GRANT MAINTAIN ON TABLES TO help",
            "GRANT pg_maintain TO web_a",
        ]);
    }
    let hole = |text: &str| Hole {
        text: text.to_owned(),
        undo: "",
    };
    all.into_iter().map(hole).collect()
}

/// Policies, guards, views, functions that say whom a session acts for.
fn of_rows() -> Vec<String> {
    let all = [
        "ALTER POLICY raptor_web ON app.notes USING (true)",
        "ALTER POLICY raptor_web ON app.notes USING (customer_id = (SELECT raptor_access.customer())) WITH CHECK (true)",
        "ALTER POLICY raptor_web ON app.customers USING (email IS NOT NULL)",
        "ALTER POLICY raptor_help ON app.notes USING (true)",
        "ALTER POLICY raptor_help ON app.notes TO web",
        "ALTER POLICY raptor_help ON app.notes TO PUBLIC",
        "CREATE POLICY more ON app.notes USING (true)",
        "CREATE POLICY more ON app.notes FOR SELECT TO web USING (customer_id IS NOT NULL)",
        "CREATE POLICY more ON app.sessions FOR INSERT TO web WITH CHECK (true)",
        "CREATE POLICY more ON app.customers FOR UPDATE TO web USING (true)",
        "CREATE POLICY more ON app.customers FOR DELETE TO help USING (true)",
        "DROP POLICY raptor_web ON app.notes",
        "DROP POLICY raptor_resolver ON app.sessions",
        "ALTER TABLE app.notes DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE app.sessions DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE app.customers NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE app.notes NO FORCE ROW LEVEL SECURITY",
        "ALTER VIEW app.bodies RESET (security_invoker)",
        "ALTER VIEW app.bodies SET (security_invoker = false)",
        "ALTER FUNCTION raptor_access.customer() RESET search_path",
        "ALTER FUNCTION raptor_access.customer() SET search_path = public, pg_catalog",
        "ALTER FUNCTION raptor_access.customer() SECURITY INVOKER",
        "ALTER FUNCTION raptor_access.supported() VOLATILE",
        "CREATE OR REPLACE FUNCTION raptor_access.staff() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$SELECT current_setting('raptor.staff', true)$$",
        "CREATE OR REPLACE FUNCTION raptor_access.login() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$SELECT split_part(current_setting('raptor.context', true), ';', 5)$$",
    ];
    all.map(str::to_owned).to_vec()
}

/// What is new, with what takes it away.
const OF_OBJECTS: [(&str, &str); 17] = [
    (
        "SELECT lo_create(4711); ALTER LARGE OBJECT 4711 OWNER TO web",
        "SELECT lo_unlink(4711)",
    ),
    (
        "CREATE COLLATION app.more (locale = 'C'); ALTER COLLATION app.more OWNER TO web_a",
        "DROP COLLATION app.more",
    ),
    (
        "CREATE VIEW information_schema.more AS SELECT * FROM app.customers; GRANT SELECT ON information_schema.more TO PUBLIC",
        "DROP VIEW information_schema.more",
    ),
    ("CREATE TABLE app.more (id int)", "DROP TABLE app.more"),
    (
        "CREATE TABLE app.more (id int); GRANT SELECT ON app.more TO web",
        "DROP TABLE app.more",
    ),
    (
        "CREATE TABLE public.more (id int); GRANT INSERT ON public.more TO PUBLIC",
        "DROP TABLE public.more",
    ),
    (
        "CREATE VIEW app.more AS SELECT * FROM app.notes; GRANT SELECT ON app.more TO web",
        "DROP VIEW app.more",
    ),
    (
        "CREATE MATERIALIZED VIEW app.more AS SELECT * FROM app.notes; GRANT SELECT ON app.more TO help",
        "DROP MATERIALIZED VIEW app.more",
    ),
    (
        "CREATE SCHEMA more; GRANT USAGE, CREATE ON SCHEMA more TO web",
        "DROP SCHEMA more",
    ),
    (
        "CREATE SCHEMA more; GRANT USAGE ON SCHEMA more TO PUBLIC",
        "DROP SCHEMA more",
    ),
    (
        "CREATE SEQUENCE app.more; GRANT USAGE ON SEQUENCE app.more TO help",
        "DROP SEQUENCE app.more",
    ),
    (
        "CREATE FUNCTION app.more() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'; GRANT EXECUTE ON FUNCTION app.more() TO PUBLIC",
        "DROP FUNCTION app.more()",
    ),
    (
        "CREATE FUNCTION app.more() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM app.notes'; GRANT EXECUTE ON FUNCTION app.more() TO web",
        "DROP FUNCTION app.more()",
    ),
    (
        "CREATE FUNCTION public.more() RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS 'BEGIN RETURN 1; END'; REVOKE ALL ON FUNCTION public.more() FROM PUBLIC; GRANT EXECUTE ON FUNCTION public.more() TO web_a",
        "DROP FUNCTION public.more()",
    ),
    (
        "CREATE TYPE app.more AS ENUM ('a'); GRANT USAGE ON TYPE app.more TO PUBLIC",
        "DROP TYPE app.more",
    ),
    (
        "SELECT lo_create(4711); GRANT SELECT ON LARGE OBJECT 4711 TO web",
        "SELECT lo_unlink(4711)",
    ),
    (
        "CREATE ROLE more LOGIN SUPERUSER IN ROLE web",
        "DROP ROLE more",
    ),
];
