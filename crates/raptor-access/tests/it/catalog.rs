//! What the catalogs say, with what nobody wrote down.

use raptor_access::{Acl, Facts, Object, Verb};
use raptor_db::{Config, Db};
use raptor_testkit::{Options, Server};

async fn facts(text: &str) -> Facts {
    let server = Server::start(Options::default()).unwrap();
    let urls = server.create_database("access").unwrap();
    let db = Db::open(Config::new(urls.admin_url()).unwrap());
    let db = db.await.unwrap();
    db.session().await.unwrap().execute_raw(text).await.unwrap();
    // Any login reads them.
    let db = Db::open(Config::new(urls.url()).unwrap()).await.unwrap();
    Facts::read(&db, &["raptor_owner".to_owned()])
        .await
        .unwrap()
}

fn held<'f>(facts: &'f Facts, object: &str) -> Vec<(&'f str, Verb, bool)> {
    let of_it = |it: &&Acl| it.object.to_string() == object;
    let acls = facts.acls.iter().filter(of_it);
    acls.map(|it| (it.grantee.as_str(), it.verb, it.grantable))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
#[expect(
    clippy::too_many_lines,
    reason = "one database, looked at from all sides"
)]
async fn what_nobody_wrote_down_is_there() {
    let facts = facts(
        "CREATE SCHEMA s; CREATE TABLE s.t (id int, body text); CREATE SEQUENCE s.n; CREATE FUNCTION s.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE TYPE s.mood AS ENUM ('good'); CREATE EXTENSION citext SCHEMA s;
         GRANT SELECT (body), UPDATE (body) ON s.t TO raptor_app; GRANT DELETE ON s.t TO raptor_app WITH GRANT OPTION; GRANT USAGE ON SEQUENCE s.n TO PUBLIC;
         ALTER DEFAULT PRIVILEGES FOR ROLE raptor_owner IN SCHEMA s GRANT SELECT ON TABLES TO raptor_app;
         ALTER DEFAULT PRIVILEGES FOR ROLE raptor_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
         ALTER ROLE raptor_app SET work_mem = '1MB'; ALTER ROLE raptor_app IN DATABASE access SET work_mem = '2MB'; GRANT pg_monitor TO raptor_app",
    )
    .await;
    assert_eq!(
        held(&facts, "function s.f(integer)"),
        [("public", Verb::Execute, false)]
    );
    assert_eq!(
        held(&facts, "type s.mood"),
        [("public", Verb::Usage, false)]
    );
    assert_eq!(
        held(&facts, "sequence s.n"),
        [("public", Verb::Usage, false)]
    );
    assert_eq!(
        held(&facts, "table s.t"),
        [("raptor_app", Verb::Delete, true)]
    );
    assert_eq!(
        held(&facts, "column s.t.body"),
        [
            ("raptor_app", Verb::Select, false),
            ("raptor_app", Verb::Update, false)
        ]
    );
    assert_eq!(
        held(&facts, "tables that raptor_owner makes in s"),
        [("raptor_app", Verb::Select, false)]
    );
    assert!(held(&facts, "functions that raptor_owner makes").is_empty());
    assert_eq!(
        held(&facts, "types that raptor_owner makes"),
        [("public", Verb::Usage, false)]
    );
    assert!(
        held(&facts, "database access").contains(&("public", Verb::Temporary, false))
            || held(&facts, "database access").is_empty()
    );
    // What an extension made is its own business.
    assert!(
        !facts
            .acls
            .iter()
            .any(|it| matches!(&it.object, Object::Function(name) if name.contains("citext")))
    );
    let setting = ("raptor_app".to_owned(), "work_mem".to_owned());
    assert_eq!(facts.settings[&setting], "1MB");
    assert!(facts.here_alone.contains(&setting));
    assert!(
        facts
            .members
            .iter()
            .any(|(it, given)| it.role == "pg_monitor"
                && it.member == "raptor_app"
                && !given[0].admin)
    );
    assert!(facts.roles["raptor_app"].login && !facts.roles["raptor_app"].superuser);
}
