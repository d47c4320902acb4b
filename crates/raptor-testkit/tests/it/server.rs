//! A server starts, answers, and is gone.

use crate::client::ask;
use raptor_testkit::{Options, Server, Template};

#[test]
fn a_server_answers_and_leaves_nothing() {
    let server = Server::start(Options::default()).unwrap();
    let folder = server.socket_dir().to_owned();
    let urls = server.create_database("orders").unwrap();
    assert_eq!(ask(urls.owner_url(), "SELECT current_user"), "raptor_owner");
    assert_eq!(ask(urls.url(), "SHOW search_path"), "raptor, pg_catalog");
    server.restart().unwrap();
    assert_eq!(ask(urls.url(), "SELECT current_database()"), "orders");
    drop(server);
    assert!(!folder.exists());
}

#[test]
fn a_template_gives_databases() {
    let template = Template::empty();
    let (one, two) = (template.database(), template.database());
    ask(one.owner_url(), "CREATE TABLE t (a int)");
    assert_eq!(ask(two.owner_url(), "SELECT to_regclass('t') IS NULL"), "t");
}
