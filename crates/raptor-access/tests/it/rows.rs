//! Whose rows somebody sees is for the database to find out: what is forged gains nothing.

use crate::bed::{FILE, bed, digits};
use raptor_access::{ContextKey, Declaration};
use raptor_db::{Db, Scope, Sql, params};

/// What the setting holds of the token of a customer.
fn token(number: u32) -> Scope {
    Scope::system().with_token(digits(number))
}

async fn now(db: &Db) -> i64 {
    let now = Sql::new("SELECT extract(epoch FROM clock_timestamp())::bigint AS now");
    let row = db.query_one(&Scope::system(), &now, params! {}).await;
    row.unwrap().get("now").unwrap()
}

async fn count(db: &Db, scope: &Scope, table: &str) -> i64 {
    let text = format!("SELECT count(*) AS n FROM {table}");
    let row = db.query_one(scope, &Sql::dynamic(text), params! {}).await;
    row.unwrap().get("n").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_sees_their_own() {
    let bed = bed().await;
    let again = bed.declared.plan(&bed.admin).await.unwrap();
    assert!(again.is_empty(), "{again:#?}");
    let web = bed.at("web_a").await;
    for (scope, notes, sessions) in [
        (Scope::system(), 0, 0),
        (token(1), 100, 1),
        (token(4), 0, 0),
        (Scope::system().with_token("forged"), 0, 0),
        (Scope::tenant("00000000-0000-7000-8000-000000000002"), 0, 0),
    ] {
        assert_eq!(count(&web, &scope, "notes").await, notes, "{scope:?}");
        assert_eq!(count(&web, &scope, "bodies").await, notes, "{scope:?}");
        assert_eq!(count(&web, &scope, "sessions").await, sessions, "{scope:?}");
    }
    // A row of somebody else is not written.
    let insert = Sql::new("INSERT INTO notes (customer_id, body) VALUES (:id::uuid, 'x')");
    let (own, other) = (
        "00000000-0000-7000-8000-000000000001",
        "00000000-0000-7000-8000-000000000002",
    );
    web.execute(&token(1), &insert, params! { id: own.to_owned() })
        .await
        .unwrap();
    let refused = web
        .execute(&token(1), &insert, params! { id: other.to_owned() })
        .await;
    assert_eq!(refused.unwrap_err().code(), Some("42501"));
    // The owner of the tables sees nothing either, and so does a view that asks with its rights.
    let owner = bed.admin.session().await.unwrap();
    owner
        .execute_raw(
            "SET ROLE app_owner; DO $$ BEGIN ASSERT (SELECT count(*) FROM app.notes) = 0; END $$",
        )
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ended_sees_nothing_at_the_next_statement() {
    let bed = bed().await;
    let web = bed.at("web_a").await;
    let (admin, count) = (&bed.admin, &Sql::new("SELECT count(*) AS n FROM notes"));
    let scope = token(2);
    let seen = web.tx(&scope, |tx| async move {
        let before: i64 = tx.query_one(count, params! {}).await?.get("n")?;
        let end = Sql::new("UPDATE app.sessions SET ended_at = now() WHERE id = 2");
        admin.execute(&Scope::system(), &end, params! {}).await?;
        let after: i64 = tx.query_one(count, params! {}).await?.get("n")?;
        Ok::<_, raptor_db::Error>((before, after))
    });
    assert_eq!(seen.await.unwrap(), (100, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_may_hold_what_parts_the_others() {
    let bed = bed().await;
    let key = ContextKey::new([9; 32]);
    key.keep(&bed.admin, "first").await.unwrap();
    let until = now(&bed.admin).await + 60;
    let web = bed.at("web_a").await;
    for odd in [";7;;@a.example;", "", " ", "\n;'\\\u{e9}"] {
        let name = Sql::new(
            "UPDATE app.customers SET email = :odd WHERE id = '00000000-0000-7000-8000-000000000008'",
        );
        bed.admin
            .execute(&Scope::system(), &name, params! { odd })
            .await
            .unwrap();
        let signed = key.sign("login", odd, "web", until).unwrap();
        let scope = Scope::system().with_context(signed);
        assert_eq!(count(&web, &scope, "customers").await, 1, "{odd:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_context_is_good_for_its_role_and_time() {
    let bed = bed().await;
    let key = ContextKey::new([9; 32]);
    let now = now(&bed.admin).await;
    let (until, past) = (now + 60, now - 1);
    let context = |key: &ContextKey, scope: &str, value: &str, role: &str, until| {
        Scope::system().with_context(key.sign(scope, value, role, until).unwrap())
    };
    let (web, help) = (bed.at("web_a").await, bed.at("help_a").await);
    let good = context(&key, "login", "7@a.example", "web", until);
    // A key that the database does not know.
    assert_eq!(count(&web, &good, "customers").await, 0);
    key.keep(&bed.admin, "first").await.unwrap();
    assert_eq!(count(&web, &good, "customers").await, 1);
    for bad in [
        context(&key, "login", "7@a.example", "help", until),
        context(&key, "login", "7@a.example", "web", past),
        context(&key, "customer", "7@a.example", "web", past),
        context(
            &ContextKey::new([8; 32]),
            "login",
            "7@a.example",
            "web",
            until,
        ),
    ] {
        assert_eq!(count(&web, &bad, "customers").await, 0, "{bad:?}");
    }
    let ann = context(&key, "staff", "ann", "help", until);
    assert_eq!(count(&help, &ann, "notes").await, 200);
    let bob = context(&key, "staff", "bob", "help", until);
    assert_eq!(count(&help, &bob, "notes").await, 0);
    let customer = context(
        &key,
        "customer",
        "00000000-0000-7000-8000-000000000009",
        "web",
        until,
    );
    assert_eq!(count(&web, &customer, "notes").await, 100);
    // With another key in its place, what the old one signed is nothing.
    ContextKey::new([10; 32])
        .keep(&bed.admin, "second")
        .await
        .unwrap();
    assert_eq!(count(&web, &good, "customers").await, 1);
    ContextKey::forget_others(&bed.admin, "second")
        .await
        .unwrap();
    assert_eq!(count(&web, &good, "customers").await, 0);
    // Nobody who serves reads the keys, or asks the function that checks.
    for text in [
        "SELECT * FROM raptor_access.keys",
        "SELECT raptor_access.staff()",
    ] {
        let refused = web
            .query(&good, &Sql::dynamic(text.to_owned()), params! {})
            .await;
        assert_eq!(refused.unwrap_err().code(), Some("42501"), "{text}");
    }
}

/// No text that somebody made up is believed, and none is an error.
#[tokio::test(flavor = "multi_thread")]
async fn a_context_that_was_changed_is_nobodys() {
    let bed = bed().await;
    let key = ContextKey::new([9; 32]);
    key.keep(&bed.admin, "first").await.unwrap();
    let until = now(&bed.admin).await + 60;
    let good = key.sign("login", "7@a.example", "web", until).unwrap();
    let (mac, message) = good.split_once(';').unwrap();
    let web = bed.at("web_a").await;
    let seen = |text: String| {
        let web = &web;
        async move {
            let scope = Scope::system().with_context(text);
            count(web, &scope, "customers").await
        }
    };
    assert_eq!(seen(good.clone()).await, 1);
    let zeros = "0".repeat(64);
    for text in [
        String::new(),
        ";".to_owned(),
        ";;;;".to_owned(),
        mac.to_owned(),
        message.to_owned(),
        format!("{mac};"),
        format!("{mac}{message}"),
        format!("{mac};;{message}"),
        format!("{mac}x;{message}"),
        format!(";{mac};{message}"),
        format!("{};{message}", mac.to_uppercase()),
        format!("{zeros};{message}"),
        format!("{mac};{message};"),
        format!("{mac};{}", message.replace("login", "customer")),
        format!("{mac};{}", message.replace("7@", "8@")),
        format!("{zeros};login;099999999999;web;7@a.example"),
        format!("{zeros};login;1e400;nobody;7@a.example"),
        format!("{zeros};login;x;web;\u{e9}"),
        format!("{mac}\u{e9}\u{1f40a};;;"),
    ] {
        assert_eq!(seen(text.clone()).await, 0, "{text}");
    }
    // What parts the MAC from what it covers is not read, and moves nothing of it.
    assert_eq!(seen(format!("{mac}x{message}")).await, 1);
}

#[test]
fn what_cannot_be_read_back_is_not_signed() {
    let key = ContextKey::new([9; 32]);
    for (scope, role, until) in [
        ("a;b", "web", 1),
        ("login", "we;b", 1),
        ("", "web", 1),
        ("login", "", 1),
        ("login", "web", -1),
        ("login", "web", 1_000_000_000_000),
        ("login", "web", i64::MAX),
    ] {
        key.sign(scope, "7", role, until).unwrap_err();
    }
    key.sign("login", "7", "web", 999_999_999_999).unwrap();
}

/// A type of `pg_temp` that is called as one of Postgres's own is no way into a function that runs with others' rights.
#[tokio::test(flavor = "multi_thread")]
async fn a_shadowed_type_is_not_asked() {
    let bed = bed().await;
    let admin = bed.admin.session().await.unwrap();
    let temporary = "GRANT TEMPORARY ON DATABASE rows TO web";
    admin.execute_raw(temporary).await.unwrap();
    let web = bed.at("web_a").await.session().await.unwrap();
    let shadow = "CREATE FUNCTION pg_temp.f(pg_catalog.text) RETURNS bool LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'asked'; END$$; \
        CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (pg_temp.f(VALUE)); \
        CREATE DOMAIN pg_temp.uuid AS pg_catalog.uuid CHECK (pg_temp.f(VALUE::pg_catalog.text)); \
        CREATE DOMAIN pg_temp.bytea AS pg_catalog.bytea CHECK (pg_temp.f('x'))";
    web.execute_raw(shadow).await.unwrap();
    for path in ["pg_catalog", "pg_temp, app, pg_catalog"] {
        for function in ["login", "customer"] {
            let asked = format!("SET search_path = {path}; SELECT raptor_access.{function}()");
            web.execute_raw(&asked).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_widened_is_mended() {
    let bed = bed().await;
    let session = bed.admin.session().await.unwrap();
    for (change, wanted) in [
        (
            "ALTER POLICY raptor_web ON app.notes USING (true)",
            "DROP POLICY \"raptor_web\" ON \"app\".\"notes\"",
        ),
        (
            "CREATE POLICY more ON app.notes USING (true)",
            "DROP POLICY \"more\" ON \"app\".\"notes\"",
        ),
        (
            "ALTER TABLE app.notes NO FORCE ROW LEVEL SECURITY",
            "ALTER TABLE \"app\".\"notes\" FORCE ROW LEVEL SECURITY",
        ),
        (
            "ALTER TABLE app.notes DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE \"app\".\"notes\" ENABLE ROW LEVEL SECURITY",
        ),
        (
            "ALTER VIEW app.bodies RESET (security_invoker)",
            "ALTER VIEW \"app\".\"bodies\" SET (security_invoker = true)",
        ),
        (
            "ALTER FUNCTION raptor_access.customer() RESET search_path",
            "CREATE OR REPLACE FUNCTION raptor_access.customer()",
        ),
        (
            "ALTER FUNCTION raptor_access.customer() OWNER TO app_owner",
            "ALTER ROUTINE raptor_access.customer() OWNER TO \"resolver\"",
        ),
        (
            "CREATE FUNCTION app.all_notes() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM app.notes'",
            "ALTER ROUTINE app.all_notes() SECURITY INVOKER",
        ),
    ] {
        session.execute_raw(change).await.unwrap();
        let plan = bed.declared.plan(&bed.admin).await.unwrap();
        assert!(
            plan.steps.iter().any(|it| it.sql.starts_with(wanted)),
            "{change}: {plan:#?}"
        );
        bed.declared.apply(&bed.admin).await.unwrap();
        let again = bed.declared.plan(&bed.admin).await.unwrap();
        assert!(again.is_empty(), "{change}: {again:#?}");
    }
}

/// Asked for its plan on a filled table, not judged by how it is written.
#[tokio::test(flavor = "multi_thread")]
async fn policies_use_the_index() {
    let bed = bed().await;
    let key = ContextKey::new([9; 32]);
    key.keep(&bed.admin, "first").await.unwrap();
    let until = now(&bed.admin).await + 60;
    let ann = Scope::system().with_context(key.sign("staff", "ann", "help", until).unwrap());
    for (login, scope) in [("web_a", token(1)), ("help_a", ann)] {
        let db = bed.at(login).await;
        let explain = Sql::new("EXPLAIN (ANALYZE, COSTS OFF) SELECT * FROM notes ORDER BY id");
        let rows = db.query(&scope, &explain, params! {}).await.unwrap();
        let lines: Vec<String> = rows
            .iter()
            .map(|it| it.get("QUERY PLAN").unwrap())
            .collect();
        let plan = lines.join("\n");
        assert!(
            plan.contains("Index Cond: (customer_id = ") && plan.contains("InitPlan"),
            "{plan}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_named_with_its_line() {
    let bed = bed().await;
    for (from, to, wanted) in [
        (
            "[tables.notes]",
            "[tables.note]",
            "line 37, column 9: there is no app.note",
        ),
        (
            "insert (customer_id, body)",
            "insert (customer_id, bodi)",
            "line 41, column 13: app.notes has no column bodi",
        ),
        (
            "rows.web = \"customer\"\nrows.help",
            "rows.web = \"customer, body = customer\"\nrows.help",
            "app.notes.body is text, and the scope customer gives uuid",
        ),
        ("ended_at IS NULL", "ended_at IS NULL", ""),
        (
            "settings = { search_path",
            "settings = { statement_timout = \"5s\", search_path",
            "this server has no setting statement_timout",
        ),
        (
            "hash = \"token_hash\"",
            "hash = \"token\"",
            "a scope reads app.sessions.token, which is not there",
        ),
        (
            "[views.bodies]",
            "[functions.\"app.f(int)\"]",
            "there is no function app.f(int); write it as",
        ),
        ("[schemas.app]", "[schemas.apps]", "there is no schema apps"),
    ] {
        assert!(FILE.contains(from), "{from}");
        let declared = Declaration::read(&FILE.replacen(from, to, 1)).unwrap();
        match declared.plan(&bed.admin).await {
            Err(error) => assert!(error.to_string().contains(wanted), "{to}: {error}"),
            Ok(plan) => assert!(wanted.is_empty(), "{to}: {plan:#?}"),
        }
    }
}
