//! Privileges, roles, policies and functions.

use super::{Case, On};

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "grant-all",
        on: On::Postgres,
        finds: &[
            "GRANT ^ALL ON notes TO raptor_app",
            "grant ^all privileges on all tables in schema raptor to \"App\"",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA raptor GRANT ^ALL ON TABLES TO raptor_app",
            "DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'x') THEN GRANT ^ALL ON notes TO x; END IF; END $$",
        ],
        leaves: &[
            "GRANT SELECT, INSERT ON notes TO raptor_app",
            "REVOKE ALL ON notes FROM PUBLIC",
            "GRANT SELECT ON ALL TABLES IN SCHEMA raptor TO raptor_app",
            "GRANT \"all\" TO raptor_app",
        ],
    },
    Case {
        rule: "grant-all",
        on: On::Down,
        finds: &["GRANT ^ALL ON notes TO raptor_app"],
        leaves: &["REVOKE ALL ON notes FROM raptor_app"],
    },
    Case {
        rule: "grant-to-public",
        on: On::Postgres,
        finds: &[
            "CREATE SCHEMA s CREATE TABLE t (id uuid PRIMARY KEY) GRANT SELECT ON t TO ^PUBLIC",
            "GRANT SELECT ON notes TO ^PUBLIC",
            "grant select (id, body), update (body) on notes to raptor_app,\n  ^public",
            "DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO ^PUBLIC', current_schema()); END $$",
        ],
        leaves: &[
            "GRANT SELECT ON public.notes TO raptor_app",
            "GRANT USAGE ON SCHEMA public TO raptor_app",
            "REVOKE SELECT ON notes FROM PUBLIC",
            "GRANT SELECT ON notes TO raptor_app -- TO PUBLIC",
            "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
        ],
    },
    Case {
        rule: "grant-option",
        on: On::Postgres,
        finds: &[
            "GRANT SELECT ON notes TO raptor_app ^WITH GRANT OPTION",
            "GRANT somebody TO raptor_app ^WITH ADMIN OPTION",
        ],
        leaves: &[
            "REVOKE GRANT OPTION FOR SELECT ON notes FROM raptor_app",
            "GRANT somebody TO raptor_app WITH INHERIT TRUE",
            "GRANT SELECT ON notes TO raptor_app",
        ],
    },
    Case {
        rule: "default-privileges-to-public",
        on: On::Postgres,
        finds: &[
            "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ^PUBLIC",
            "alter default privileges for role a in schema b grant execute on functions to ^public",
        ],
        leaves: &[
            "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO raptor_app",
        ],
    },
    Case {
        rule: "grant-server-role",
        on: On::Postgres,
        finds: &[
            "CREATE ROLE a IN ROLE ^pg_write_all_data",
            "ALTER GROUP ^pg_read_all_data ADD USER a",
            "GRANT ^pg_read_all_data, ^pg_execute_server_program TO raptor_app",
        ],
        leaves: &[
            "GRANT SELECT ON pg_read_all_data TO raptor_app",
            "GRANT pg_monitor TO raptor_app",
        ],
    },
    Case {
        rule: "owner-change",
        on: On::Postgres,
        finds: &[
            "ALTER TABLE notes ^OWNER TO raptor_app",
            "ALTER FUNCTION touch() OWNER TO ^raptor_app",
            "^REASSIGN OWNED BY a TO b",
        ],
        leaves: &[
            "CREATE TABLE fresh (id uuid PRIMARY KEY); ALTER TABLE fresh OWNER TO somebody",
            "ALTER TABLE notes ADD COLUMN owner text",
        ],
    },
    Case {
        rule: "powerful-role",
        on: On::Postgres,
        finds: &[
            "CREATE ROLE a LOGIN ^BYPASSRLS",
            "ALTER USER a WITH ^superuser ^CREATEROLE",
            "CREATE USER a ^REPLICATION",
        ],
        leaves: &[
            "CREATE ROLE a NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION",
            "CREATE ROLE superuser LOGIN",
            "ALTER ROLE a SET application_name = 'BYPASSRLS'",
            "COMMENT ON ROLE a IS 'SUPERUSER'",
        ],
    },
    Case {
        rule: "password-in-text",
        on: On::Postgres,
        finds: &[
            "CREATE ROLE a LOGIN PASSWORD ^'secret'",
            "alter user a with encrypted password ^E'secret'",
            "CREATE USER MAPPING FOR a SERVER s OPTIONS (user 'a', password ^'secret')",
            "CREATE SUBSCRIPTION s CONNECTION ^'host=x user=a password=secret' PUBLICATION p",
            "INSERT INTO settings VALUES ('url', ^'postgres://a:secret@host/db')",
        ],
        leaves: &[
            "ALTER ROLE a PASSWORD NULL",
            "CREATE TABLE fresh (id uuid PRIMARY KEY, password text DEFAULT 'x')",
            "INSERT INTO settings VALUES ('url', 'postgres://a@host:5432/db')",
            "INSERT INTO settings VALUES ('help', 'password=… is not for here')",
            "ALTER ROLE a PASSWORD ''",
        ],
    },
    Case {
        rule: "password-in-text",
        on: On::Shared,
        finds: &["INSERT INTO settings (key, value) VALUES ('url', ^'https://a:secret@host/db')"],
        leaves: &[
            "INSERT INTO settings (key, value) VALUES ('url', 'https://host:80/a@b')",
            "INSERT INTO settings (key) VALUES ('password')",
        ],
    },
    Case {
        rule: "row-security-disabled",
        on: On::Postgres,
        finds: &[
            "ALTER TABLE secrets ^DISABLE ROW LEVEL SECURITY",
            "alter table only notes add a text, ^disable row level security",
        ],
        leaves: &[
            "ALTER TABLE secrets ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE secrets DISABLE RULE r",
            "COMMENT ON TABLE secrets IS 'DISABLE ROW LEVEL SECURITY'",
        ],
    },
    Case {
        rule: "row-security-disabled",
        on: On::File,
        finds: &[
            "-- raptor:up postgres\nALTER TABLE secrets ADD a text;\n-- raptor:up sqlite\n-- raptor:down postgres\nALTER TABLE secrets ^DISABLE ROW LEVEL SECURITY\n-- raptor:down sqlite",
        ],
        leaves: &[
            "-- raptor:up postgres\nALTER TABLE notes ENABLE ROW LEVEL SECURITY;\n-- raptor:up sqlite\n-- raptor:down postgres\nALTER TABLE notes DISABLE ROW LEVEL SECURITY\n-- raptor:down sqlite",
        ],
    },
    Case {
        rule: "row-security-not-forced",
        on: On::Postgres,
        finds: &["ALTER TABLE secrets ^NO FORCE ROW LEVEL SECURITY"],
        leaves: &[
            "ALTER TABLE secrets FORCE ROW LEVEL SECURITY",
            "ALTER TABLE secrets ENABLE ROW LEVEL SECURITY",
        ],
    },
    Case {
        rule: "drop-policy",
        on: On::Postgres,
        finds: &[
            "DROP POLICY ^secrets_own ON secrets",
            "drop policy if exists ^\"secrets_own\" on public.secrets; create policy other on secrets using (id is null)",
        ],
        leaves: &[
            "DROP POLICY secrets_own ON secrets; CREATE POLICY secrets_own ON secrets USING (id IS NULL)",
            "DROP POLICY secrets_own ON secrets; DROP TABLE secrets",
            "ALTER POLICY secrets_own ON secrets USING (id IS NULL)",
        ],
    },
    Case {
        rule: "drop-policy",
        on: On::File,
        finds: &[],
        leaves: &[
            "-- raptor:up postgres\nCREATE POLICY p ON secrets USING (id IS NULL);\n-- raptor:up sqlite\n-- raptor:down postgres\nDROP POLICY p ON secrets\n-- raptor:down sqlite",
        ],
    },
    Case {
        rule: "policy-lets-all",
        on: On::Postgres,
        finds: &[
            "CREATE POLICY p ON secrets ^USING (true)",
            "create policy p on secrets for insert to raptor_app ^with check ((1 = 1))",
            "CREATE POLICY p ON secrets FOR UPDATE ^USING (tenant_id = id OR true)",
            "ALTER POLICY secrets_own ON secrets ^USING (true)",
        ],
        leaves: &[
            "CREATE POLICY p ON secrets FOR SELECT USING (true)",
            "CREATE POLICY p ON secrets AS RESTRICTIVE USING (true)",
            "CREATE POLICY p ON secrets USING (tenant_id = current_setting('app.tenant')::uuid AND true)",
            "ALTER POLICY secrets_read ON secrets USING (true)",
            "CREATE POLICY p ON secrets USING (false)",
        ],
    },
    Case {
        rule: "row-security-without-policy",
        on: On::Postgres,
        finds: &["ALTER TABLE notes ^ENABLE ROW LEVEL SECURITY"],
        leaves: &[
            "ALTER TABLE notes ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON notes USING (id > 0)",
            "CREATE POLICY p ON notes USING (id > 0); ALTER TABLE notes ENABLE ROW LEVEL SECURITY",
            "CREATE TABLE fresh (id uuid PRIMARY KEY); ALTER TABLE fresh ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE secrets ENABLE ROW LEVEL SECURITY",
        ],
    },
    Case {
        rule: "definer-without-search-path",
        on: On::Postgres,
        finds: &[
            "CREATE FUNCTION f(a int DEFAULT 1) RETURNS int LANGUAGE sql ^SECURITY DEFINER AS $$ SET search_path = x $$",
            "create or replace procedure f() language sql external ^security definer as 'SELECT 1'",
            "ALTER FUNCTION touch() ^SECURITY DEFINER",
        ],
        leaves: &[
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = raptor, pg_temp AS 'SELECT 1'",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path TO '' SECURITY DEFINER AS 'SELECT 1'",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY INVOKER AS 'SELECT 1'",
            "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT 'SECURITY DEFINER' $$",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'; ALTER FUNCTION f() SET search_path = raptor",
        ],
    },
    Case {
        rule: "definer-open-to-public",
        on: On::Postgres,
        finds: &[
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql ^SECURITY DEFINER SET search_path = raptor AS 'SELECT 1'",
        ],
        leaves: &[
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = raptor AS 'SELECT 1'; REVOKE ALL ON FUNCTION f() FROM PUBLIC",
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = raptor AS 'BEGIN RETURN new; END'",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        ],
    },
    Case {
        rule: "view-skips-policies",
        on: On::Postgres,
        finds: &[
            "CREATE VIEW ^v AS SELECT id FROM secrets",
            "create or replace view ^v with (security_invoker = off) as select id from public.\"secrets\"",
        ],
        leaves: &[
            "CREATE VIEW v WITH (security_invoker = true) AS SELECT id FROM secrets",
            "CREATE VIEW v WITH (security_invoker) AS SELECT id FROM secrets",
            "CREATE VIEW v AS SELECT id FROM notes",
            "CREATE VIEW v AS SELECT 'secrets' AS name",
        ],
    },
];
