//! A server starts, answers, and is gone.

use raptor_testkit::{Options, Server, Template};
use std::process::Command;

fn psql(url: &str, statement: &str) -> String {
    let output = Command::new("psql")
        .args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement, url])
        .output()
        .expect("psql runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout)
        .expect("text")
        .trim()
        .to_owned()
}

#[test]
fn a_server_answers_and_leaves_nothing() {
    let server = Server::start(Options::default()).unwrap();
    let folder = server.socket_dir().to_owned();
    let urls = server.create_database("orders").unwrap();
    assert_eq!(
        psql(urls.owner_url(), "SELECT current_user"),
        "raptor_owner"
    );
    assert_eq!(psql(urls.url(), "SHOW search_path"), "raptor, pg_catalog");
    server.restart().unwrap();
    assert_eq!(psql(urls.url(), "SELECT current_database()"), "orders");
    drop(server);
    assert!(!folder.exists());
}

#[test]
fn a_template_gives_databases() {
    let template = Template::empty();
    let (one, two) = (template.database(), template.database());
    psql(one.owner_url(), "CREATE TABLE t (a int)");
    assert_eq!(
        psql(two.owner_url(), "SELECT to_regclass('t') IS NULL"),
        "t"
    );
}
