//! A file that is read whole, and files that say what cannot be, each with its line and column.

use raptor_access::{Declaration, ErrorKind, Kind, Rows, Seen, Verb, Way};

const FILE: &str = r#"version = 1
schema = "app"

[roles.app_owner]
is = "owner"

[roles.app_web]
is = "app"
logins = ["app_web_a", "app_web_b"]
settings = { search_path = "app, pg_catalog", statement_timeout = "5s" }
connections = 20

[roles.app_report]
is = "readonly"
logins = ["app_report"]

[roles.app_resolver]
is = "resolver"

[scopes.customer]
type = "uuid"
token = { table = "sessions", hash = "token_hash", gives = "customer_id", when = "ended_at IS NULL" }

[scopes.supported]
type = "uuid"
query = { text = "SELECT customer_id FROM support_grants", reads = { support_grants = ["customer_id"] } }

[database]
grant.app_web = "connect"

[schemas.app]
grant.app_web = "usage"
grant.app_report = "usage"

[tables.notes]
tenant = "customer_id"
rows.app_web = "customer"
rows.app_report = "all"
grant.app_web = "select, insert (customer_id, body), update (body), delete"
grant.app_report = "select (id)"

[tables."audit.events"]
append_only = true
grant.app_web = "select, insert (action)"

[functions."app.touch(uuid)"]
grant.app_web = "execute"
"#;

#[test]
fn a_whole_file() {
    let declared = Declaration::read(FILE).unwrap();
    assert_eq!(declared.owner(), "app_owner");
    let (role, web) = declared.role_of("app_web_b").unwrap();
    assert_eq!(
        (role, web.kind, web.connections),
        ("app_web", Kind::App, Some(20))
    );
    let notes = &declared
        .tables
        .iter()
        .find(|(name, _)| name.name == "notes")
        .unwrap();
    assert_eq!(notes.0.to_string(), "app.notes");
    assert_eq!(
        notes.1.rows["app_web"].it,
        Rows::Of(vec![Seen {
            column: "customer_id".to_owned(),
            scope: "customer".to_owned()
        }])
    );
    let grant = &notes.1.grants["app_web"];
    assert_eq!(
        grant.it.to_string(),
        "select, insert (body, customer_id), update (body), delete"
    );
    assert!(grant.it.of(Verb::Truncate).is_none());
    assert_eq!(grant.place.to_string(), "line 39, column 17");
    assert!(declared.tables.keys().any(|name| name.schema == "audit"));
    assert!(matches!(
        declared.scopes["supported"].way,
        Way::Query { .. }
    ));
}

#[expect(clippy::too_many_lines, reason = "a list")]
#[test]
fn what_cannot_be_is_said_with_its_place() {
    for (from, to, wanted) in [
        (
            "version = 1",
            "version = 2",
            "line 1, column 11: version 2 is not known here",
        ),
        (
            "is = \"app\"",
            "is = \"apps\"",
            "line 8, column 6: unknown variant `apps`",
        ),
        (
            "connections = 20",
            "conections = 20",
            "line 11, column 1: unknown field `conections`",
        ),
        (
            "[roles.app_owner]\nis = \"owner\"",
            "[roles.app_owner]\nis = \"backup\"",
            "no role is the owner",
        ),
        (
            "is = \"resolver\"",
            "is = \"owner\"",
            "line 17, column 8: a second owner",
        ),
        (
            "is = \"resolver\"",
            "is = \"resolver\"\nlogins = [\"x\"]",
            "line 19, column 11: nobody logs in as one that owns",
        ),
        (
            "\"app_report\"]",
            "\"app_web_a\"]",
            "the login app_web_a is of two roles",
        ),
        (
            "\"app_report\"]",
            "\"app_web\"]",
            "app_web is a role of its own",
        ),
        (
            "\ngrant.app_web = \"usage\"",
            "\ngrant.app_wep = \"usage\"",
            "line 32, column 7: there is no role app_wep in this file: app_owner",
        ),
        (
            "\ngrant.app_web = \"usage\"",
            "\ngrant.app_web_a = \"usage\"",
            "app_web_a is a login of app_web: grants are the role's",
        ),
        (
            "\ngrant.app_web = \"usage\"",
            "\ngrant.app_web = \"all\"",
            "line 32, column 17: all is no verb here",
        ),
        (
            "update (body), delete",
            "update (body, delete",
            "has no closing bracket",
        ),
        (
            "update (body), delete",
            "update (body), delete (id)",
            "delete is of a whole table",
        ),
        (
            "update (body), delete",
            "update (body), update",
            "update stands there twice",
        ),
        (
            "rows.app_report = \"all\"\n",
            "",
            "which rows of app.notes does app_report see?",
        ),
        (
            "rows.app_web = \"customer\"",
            "rows.app_web = \"tenant\"",
            "line 37, column 16: there is no scope tenant",
        ),
        (
            "tenant = \"customer_id\"\n",
            "",
            "has no `tenant` column that customer is of",
        ),
        (
            "insert (action)",
            "insert",
            "name the columns that app_web writes",
        ),
        (
            "insert (action)",
            "insert (action), delete",
            "is append_only, and app_web may delete",
        ),
        (
            "type = \"uuid\"\nquery",
            "type = \"uuid\"\ntoken = { table = \"a\", hash = \"b\", gives = \"c\", when = \"true\" }\nquery",
            "not by both",
        ),
        (
            "when = \"ended_at IS NULL\"",
            "when = \"true) OR (true\"",
            "its parentheses do not pair up",
        ),
        (
            "when = \"ended_at IS NULL\"",
            "when = \"id IN (SELECT 1)\"",
            "a scope that asks other tables has a `query`",
        ),
        (
            "is = \"resolver\"",
            "is = \"resolver\"\n[roles.a23456789012345678901234567890123456789012345678901234567]\nis = \"app\"",
            "is longer than 56 bytes",
        ),
        (
            "schema = \"app\"",
            "schema = \"a,b\"",
            "has a comma or a quote in its name",
        ),
        (
            "[tables.\"audit.events\"]",
            "[tables.\"raptor_access.events\"]",
            "raptor_access is the schema of what guards rows",
        ),
        (
            "type = \"uuid\"\nquery",
            "type = \"varchar(3)\"\nquery",
            "its type has no length: a value would be cut to it",
        ),
    ] {
        assert!(FILE.contains(from), "{from}");
        let error = Declaration::read(&FILE.replacen(from, to, 1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Declaration);
        assert!(error.to_string().contains(wanted), "{to}: {error}");
    }
    let error = Declaration::open(std::path::Path::new("/nowhere/access.toml")).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("/nowhere/access.toml cannot be read"),
        "{error}"
    );
}
