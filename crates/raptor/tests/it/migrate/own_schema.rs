//! A database on Postgres as most have it: `public`, and roles of one's own.

use super::{Folder, with_two};
use raptor_testkit::{Options, Server, Urls};

/// A database of a login that looks into `public`.
fn database(server: &Server, name: &str) -> Urls {
    let urls = server.create_database(name).unwrap();
    let path = "SET search_path = \"$user\", public";
    admin(
        &urls,
        &format!("ALTER ROLE raptor_owner IN DATABASE {name} {path}"),
    );
    urls
}

fn admin(urls: &Urls, text: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let config = raptor_db::Config::new(urls.admin_url()).unwrap();
        let db = raptor_db::Db::open(config).await.unwrap();
        db.session().await.unwrap().execute_raw(text).await.unwrap();
        db.close().await;
    });
}

const GRANTS: &str = "-- raptor: id=c3 revises=b2\n-- raptor:up postgres\nGRANT SELECT ON one TO reporting;\n-- raptor:up sqlite\n-- raptor:down postgres\nREVOKE SELECT ON one FROM reporting;\n-- raptor:down sqlite\n";

#[test]
fn there_is_no_drift_right_after_an_upgrade() {
    let server = Server::start(Options::default()).unwrap();
    let urls = database(&server, "shop");
    admin(&urls, "CREATE ROLE reporting; CREATE ROLE someone");
    let folder = with_two();
    folder.file("3.sql", GRANTS);
    let at = format!("--dir migrations --url {}", urls.owner_url());
    folder.says(&format!("upgrade {at}"), 0);
    let said = folder.says(&format!("check {at}"), 0);
    assert!(
        said.contains("All holds of the chain and the database: 3 revisions."),
        "{said}"
    );
    folder.says(&format!("rehearse --from base {at}"), 0);
    // What changed by hand is named, and what is to be left alone is left out.
    admin(
        &urls,
        "ALTER TABLE two OWNER TO someone; CREATE TABLE old_migrations (id integer)",
    );
    let said = folder.says(&format!("check {at}"), 1);
    assert!(said.contains("table two: owner"), "{said}");
    assert!(
        said.contains("table old_migrations is in the database"),
        "{said}"
    );
    let said = folder.says(
        &format!("check --ignore two --ignore old_migrations {at}"),
        0,
    );
    assert!(said.starts_with("All holds"), "{said}");
}

/// What is missing is said, and nothing goes into the server's own schema.
#[test]
fn a_search_path_that_leads_nowhere() {
    let server = Server::start(Options::default()).unwrap();
    let urls = database(&server, "nowhere");
    admin(
        &urls,
        "ALTER ROLE raptor_owner IN DATABASE nowhere SET search_path = shop",
    );
    let folder = with_two();
    let at = format!("--dir migrations --url {}", urls.owner_url());
    for command in ["upgrade", "check"] {
        let said = folder.says(&format!("{command} {at}"), 2);
        assert!(
            said.contains("search_path") && said.contains("--schema"),
            "{said}"
        );
    }
    folder.says(&format!("upgrade --schema shop {at}"), 0);
    folder.says(&format!("check --schema shop {at}"), 0);
}

/// A role that only the text names is made on the throw-away server.
#[test]
fn a_schema_may_name_any_role() {
    let folder = Folder::new();
    let schema = "CREATE TABLE one (id text NOT NULL PRIMARY KEY);\nGRANT SELECT ON one TO reporting, \"Odd name\";\n";
    std::fs::write(folder.path().join("schema.sql"), schema).unwrap();
    let words = "revision -m First --engine postgres --autogenerate schema.sql";
    let path = folder.says(words, 0);
    let text = std::fs::read_to_string(folder.path().join(path.trim())).unwrap();
    assert!(
        text.contains("GRANT SELECT ON TABLE one TO reporting;"),
        "{text}"
    );
}
