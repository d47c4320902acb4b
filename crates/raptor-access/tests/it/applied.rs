//! A declaration is applied, and there is nothing left to do.

use raptor_access::Declaration;
use raptor_db::{Config, Db};
use raptor_testkit::{Options, Server};

const SCHEMA: &str = "
CREATE SCHEMA app; CREATE TABLE app.notes (id bigint GENERATED ALWAYS AS IDENTITY, body text, secret text);
CREATE FUNCTION app.touch(bigint) RETURNS void LANGUAGE sql AS 'UPDATE app.notes SET body = body WHERE id = $1';
CREATE ROLE intern; GRANT ALL ON app.notes TO intern; GRANT SELECT ON app.notes TO PUBLIC; GRANT UPDATE (secret) ON app.notes TO PUBLIC;
CREATE ROLE web_a LOGIN CREATEROLE; ALTER ROLE web_a SET work_mem = '1GB'; GRANT pg_read_all_data TO web_a;
";

const FILE: &str = r#"
version = 1
schema = "app"
[roles.app_owner]
is = "owner"
[roles.web]
is = "app"
logins = ["web_a", "web_b"]
settings = { search_path = "app, pg_catalog", statement_timeout = "5s" }
connections = 20
[database]
grant.web = "connect"
[schemas.app]
grant.web = "usage"
[tables.notes]
grant.web = "select (id, body), insert (body), update (body), delete"
[functions."app.touch(bigint)"]
grant.web = "execute"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_second_plan_is_empty() {
    let server = Server::start(Options::default()).unwrap();
    let urls = server.create_database("access").unwrap();
    let db = Db::open(Config::new(urls.admin_url()).unwrap());
    let db = db.await.unwrap();
    db.session()
        .await
        .unwrap()
        .execute_raw(SCHEMA)
        .await
        .unwrap();
    let declared = Declaration::read(FILE).unwrap();
    let plan = declared.plan(&db).await.unwrap();
    let all: Vec<&str> = plan.steps.iter().map(|it| it.sql.as_str()).collect();
    for wanted in [
        "ALTER ROLE \"web_a\" NOCREATEROLE CONNECTION LIMIT 20",
        "ALTER TABLE \"app\".\"notes\" OWNER TO \"app_owner\"",
        "ALTER SCHEMA \"app\" OWNER TO \"app_owner\"",
        "ALTER ROUTINE app.touch(bigint) OWNER TO \"app_owner\"",
        "CREATE ROLE \"web_b\" INHERIT CONNECTION LIMIT 20",
        "ALTER ROLE \"web_a\" RESET work_mem",
        "ALTER ROLE \"web_b\" SET search_path = \"app\", \"pg_catalog\"",
        "REVOKE TRUNCATE ON TABLE \"app\".\"notes\" FROM \"intern\"",
        "REVOKE UPDATE (\"secret\") ON TABLE \"app\".\"notes\" FROM PUBLIC",
        "REVOKE EXECUTE ON ROUTINE app.touch(bigint) FROM PUBLIC",
        "GRANT SELECT (\"body\") ON TABLE \"app\".\"notes\" TO \"web\"",
    ] {
        assert!(all.contains(&wanted), "{wanted}: {all:#?}");
    }
    let revoked = "REVOKE \"pg_read_all_data\" FROM \"web_a\"";
    assert!(all.iter().any(|it| it.starts_with(revoked)), "{all:#?}");
    let applied = declared.apply(&db).await.unwrap();
    assert!(applied.not_closable.is_empty(), "{applied:#?}");
    let again = declared.plan(&db).await.unwrap();
    assert!(again.is_empty(), "{again:#?}");
}
