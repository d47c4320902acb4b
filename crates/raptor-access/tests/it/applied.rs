//! A declaration is applied, and there is nothing left to do.

use crate::bed::{self, Bed, bed, hosted};
use raptor_access::Declaration;
use raptor_db::{Config, Db, Scope, Sql, params};
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

/// One scope's name begins another's; both are asked by one policy.
fn changing(bed: &Bed, type_name: &str, column: &str) -> Declaration {
    let text = bed::FILE.replace(
        "[roles.app_owner]\nis = \"owner\"",
        &format!(
            "[roles.{0}]\nis = \"owner\"\n{1}",
            bed.declared.owner(),
            match bed.declared.owner() {
                "raptor_owner" => "logins = [\"raptor_owner\"]",
                _ => "",
            }
        ),
    );
    let more = format!(
        "[scopes.agent]\ntype = \"{type_name}\"\n[scopes.agent_team]\ntype = \"text\"\n[tables.calls]\n\
         rows.web = \"{column} = agent, team = agent_team\"\ngrant.web = \"select\"\n"
    );
    Declaration::read(&(text + &more)).unwrap()
}

async fn a_type_changes(bed: Bed) {
    let session = bed.owner.session().await.unwrap();
    let table = "CREATE TABLE app.calls (name text, number bigint, team text)";
    session.execute_raw(table).await.unwrap();
    for (type_name, column) in [("text", "name"), ("bigint", "number"), ("text", "name")] {
        let declared = changing(&bed, type_name, column);
        let applied = declared.apply(&bed.owner).await.unwrap();
        assert!(applied.not_closable.is_empty(), "{applied:#?}");
        let left = declared.plan(&bed.owner).await.unwrap();
        assert!(left.is_empty(), "{type_name}: {left:#?}");
    }
    // What the application has made of it is not ours to take away.
    session
        .execute_raw("CREATE VIEW app.agents AS SELECT raptor_access.agent() AS agent")
        .await
        .ok();
    let admin = bed.admin.session().await.unwrap();
    admin
        .execute_raw("CREATE OR REPLACE VIEW app.agents AS SELECT raptor_access.agent() AS agent")
        .await
        .unwrap();
    let error = changing(&bed, "bigint", "number")
        .apply(&bed.admin)
        .await
        .unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("DROP FUNCTION raptor_access.agent()` failed"),
        "{error}"
    );
    assert!(error.contains("other objects depend on it"), "{error}");
    let policies = "SELECT count(*) FROM pg_policy WHERE polrelid = 'app.calls'::regclass";
    let policies = Sql::dynamic(policies);
    let row = bed
        .admin
        .query_one(&Scope::system(), &policies, params! {})
        .await
        .unwrap();
    assert_eq!(row.get::<i64>(0).unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scopes_type_changes() {
    a_type_changes(bed().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scopes_type_changes_without_a_superuser() {
    a_type_changes(hosted().await).await;
}

/// A server warns whoever may not take a right back, and says no more.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_only_warns_of_is_not_done() {
    let bed = hosted().await;
    let text = bed::FILE.replace(
        "[roles.app_owner]\nis = \"owner\"",
        "[roles.raptor_owner]\nis = \"owner\"\nlogins = [\"raptor_owner\"]",
    );
    let text = text + "[catalog]\nrequires = \"superuser\"\nsleep = {}\n";
    let applied = Declaration::read(&text)
        .unwrap()
        .apply(&bed.owner)
        .await
        .unwrap();
    let left: Vec<&str> = applied
        .not_closable
        .iter()
        .map(|it| it.why.as_str())
        .collect();
    assert!(!left.is_empty());
    assert!(
        left.iter()
            .all(|it| it.contains("the server took it, and it is so still")),
        "{left:?}"
    );
    assert!(
        applied.done.iter().all(|it| !it.sql.contains("pg_sleep")),
        "{applied:#?}"
    );
}

/// A name that is a word of SQL's own is written with quotes here and without there.
#[tokio::test(flavor = "multi_thread")]
async fn a_schema_may_be_called_as_a_word() {
    let bed = bed().await;
    let session = bed.admin.session().await.unwrap();
    session
        .execute_raw("ALTER SCHEMA app RENAME TO \"order\"")
        .await
        .unwrap();
    let text = bed::FILE.replace("schema = \"app\"", "schema = \"order\"");
    let text = text
        .replace("[schemas.app]", "[schemas.order]")
        .replace("\"app, pg_catalog\"", "\"order, pg_catalog\"");
    let declared = Declaration::read(&text).unwrap();
    declared.apply(&bed.admin).await.unwrap();
    let left = declared.plan(&bed.admin).await.unwrap();
    assert!(left.is_empty(), "{left:#?}");
}

/// What somebody passed on goes with what they had, and what is declared of it comes back.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_passed_on_is_taken_back() {
    let bed = bed().await;
    let session = bed.admin.session().await.unwrap();
    let passed = "GRANT SELECT, DELETE ON app.notes TO web WITH GRANT OPTION; SET ROLE web; \
        GRANT SELECT, DELETE ON app.notes TO help; GRANT SELECT ON app.notes TO PUBLIC; RESET ROLE";
    session.execute_raw(passed).await.unwrap();
    let applied = bed.declared.apply(&bed.admin).await.unwrap();
    assert!(applied.not_closable.is_empty(), "{applied:#?}");
    let left = bed.declared.plan(&bed.admin).await.unwrap();
    assert!(left.is_empty(), "{left:#?}");
}

/// Names of settings are the same in any letters, and lists with any blanks.
#[tokio::test(flavor = "multi_thread")]
async fn a_setting_is_the_same_however_it_is_written() {
    let bed = bed().await;
    let set = "settings = { search_path = \"app, pg_catalog\" }";
    let other = "settings = { Search_Path = \"app,pg_catalog\", TimeZone = \"UTC\", datestyle = \"ISO, DMY\", STATEMENT_TIMEOUT = \"5s\" }";
    let text = bed::FILE.replace(set, other);
    assert_ne!(text, bed::FILE);
    let declared = Declaration::read(&text).unwrap();
    let applied = declared.apply(&bed.admin).await.unwrap();
    assert!(applied.not_closable.is_empty(), "{applied:#?}");
    let left = declared.plan(&bed.admin).await.unwrap();
    assert!(left.is_empty(), "{left:#?}");
    let session = bed.at("web_a").await;
    let show = Sql::dynamic(
        "SELECT current_setting('statement_timeout') || current_setting('search_path')",
    );
    let row = session
        .query_one(&Scope::system(), &show, params! {})
        .await
        .unwrap();
    assert_eq!(row.get::<String>(0).unwrap(), "5sapp, pg_catalog");
}

/// An owner who logs in connects, also to a database of somebody else; and the resolver finds names where the file says
/// that they are, and not in `pg_temp`, where anybody may put something.
#[tokio::test(flavor = "multi_thread")]
async fn who_logs_in_connects_and_who_resolves_finds() {
    let bed = bed().await;
    let session = bed.admin.session().await.unwrap();
    let elsewhere = "CREATE SCHEMA other; ALTER TABLE app.sessions SET SCHEMA other; ALTER TABLE app.support_grants SET SCHEMA other; \
        ALTER DATABASE rows OWNER TO postgres";
    session.execute_raw(elsewhere).await.unwrap();
    let text = bed::FILE
        .replace("\"sessions\"", "\"other.sessions\"")
        .replace("[tables.sessions]", "[tables.\"other.sessions\"]");
    let text = text
        .replace("FROM support_grants", "FROM other.support_grants")
        .replace("reads.support_grants", "reads.\"other.support_grants\"");
    let text = text.replace(
        "[tables.support_grants]",
        "[tables.\"other.support_grants\"]",
    );
    let text = text.replace("is = \"owner\"", "is = \"owner\"\nlogins = [\"app_owner\"]");
    let declared = Declaration::read(&text).unwrap();
    declared.apply(&bed.admin).await.unwrap();
    let left = declared.plan(&bed.admin).await.unwrap();
    assert!(left.is_empty(), "{left:#?}");
    let may = Sql::dynamic(
        "SELECT has_database_privilege('app_owner', current_database(), 'CONNECT') AND has_schema_privilege('resolver', 'app', 'USAGE')",
    );
    let row = bed
        .admin
        .query_one(&Scope::system(), &may, params! {})
        .await
        .unwrap();
    assert!(row.get::<bool>(0).unwrap());
}
