//! Roles belong to the whole server; no test begins with another one's.

use crate::client::{ask, eventually};
use crate::shop::{contents, template};

const ROLES: &str = "SELECT string_agg(rolname, ',' ORDER BY rolname) FROM pg_roles
                     WHERE rolname NOT LIKE 'pg\\_%'";
const OURS: &str = "postgres,raptor_app,raptor_owner";

#[test]
fn new_roles_are_dropped_when_nobody_else_is_at_work() {
    let template = template();
    // One clone alone: another that is still being put right would be somebody at work.
    let database = template.database();
    let clean = contents(&database);
    let server = database.server().socket_dir().to_owned();
    let act = "CREATE ROLE reader; GRANT USAGE ON SCHEMA raptor TO reader;
               CREATE TABLE theirs (); GRANT ALL ON theirs TO reader; GRANT reader TO raptor_app";
    ask(database.owner_url(), act);
    drop(database);
    let next = template.database();
    assert_eq!(ask(next.owner_url(), ROLES), OURS);
    assert_eq!(contents(&next), clean);
    assert_eq!(
        next.server().socket_dir(),
        server,
        "the server is put right"
    );
}

#[test]
fn a_test_beside_one_that_changes_roles_gets_another_server() {
    let template = template();
    let changing = template.database();
    ask(changing.owner_url(), "CREATE ROLE reader");
    let beside = template.database();
    assert_eq!(ask(beside.owner_url(), ROLES), OURS);
    assert_ne!(beside.server().socket_dir(), changing.server().socket_dir());
    assert!(
        ask(changing.owner_url(), ROLES).contains("reader"),
        "its own server goes on"
    );
    let retired = changing.server().socket_dir().to_owned();
    drop(changing);
    eventually("the retired server is gone", || !retired.exists());
    assert_eq!(ask(beside.owner_url(), ROLES), OURS);
}

#[test]
fn what_cannot_be_put_right_ends_the_server() {
    let template = template();
    let acts = [
        "ALTER ROLE raptor_app SET work_mem = '1MB'",
        "ALTER ROLE raptor_app PASSWORD 'other'",
        "ALTER ROLE raptor_owner BYPASSRLS",
        "ALTER SYSTEM SET work_mem = '1MB'",
        "CREATE DATABASE other",
    ];
    let clean = contents(&template.database());
    for act in acts {
        let database = template.database();
        let server = database.server().socket_dir().to_owned();
        ask(database.admin_url(), act);
        drop(database);
        let next = template.database();
        assert_eq!(contents(&next), clean, "{act}");
        assert_eq!(ask(next.url(), "SHOW work_mem"), "4MB", "{act}");
        assert_ne!(next.server().socket_dir(), server, "{act}");
    }
}

#[test]
fn a_test_that_restarts_the_server_does_not_break_the_next() {
    let template = template();
    let clean = contents(&template.database());
    let database = template.database();
    database.server().restart().unwrap();
    assert_eq!(
        contents(&database),
        clean,
        "its own database is there again"
    );
    drop(database);
    assert_eq!(contents(&template.database()), clean);
}
