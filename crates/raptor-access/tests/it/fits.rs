//! SQL in a file fits the database, or nothing is applied.

use crate::bed::{Bed, FILE, bed, hosted};
use raptor_access::Declaration;
use raptor_db::{Scope, Sql, params};

const SCHEMA: &str = "
CREATE EXTENSION citext SCHEMA app;
CREATE TYPE app.colour AS ENUM ('red', 'blue'); CREATE DOMAIN app.mail AS text;
CREATE DOMAIN app.deep AS app.mail; CREATE TYPE app.\"Tier\" AS ENUM ('one');
CREATE TABLE app.accounts (owner text, acct numeric, small smallint, short varchar(9), blank char(2), login app.citext, net cidr, kind regclass,
 at timestamp, since timestamptz, good boolean, area box, span interval, deep app.deep, tier app.\"Tier\", colour app.colour, mail app.mail, found text);
ALTER TABLE app.sessions ADD digits text;
";

/// The bed's file with another scope.
fn with(scope: &str) -> String {
    FILE.replace(
        "[scopes.login]",
        &format!("[scopes.more]\n{scope}\n[scopes.login]"),
    )
}

fn query(type_name: &str, column: &str) -> String {
    with(&format!(
        "type = \"{type_name}\"\nquery = {{ text = \"SELECT {column} FROM accounts WHERE owner = raptor_access.staff()\", reads.accounts = [\"{column}\", \"owner\"] }}"
    )) + "[tables.accounts]\n"
}

async fn applied(bed: &Bed, text: &str) -> String {
    let text = text.replace(
        "[roles.app_owner]\nis = \"owner\"",
        match bed.declared.owner() {
            "raptor_owner" => "[roles.raptor_owner]\nis = \"owner\"\nlogins = [\"raptor_owner\"]",
            _ => "[roles.app_owner]\nis = \"owner\"",
        },
    );
    let declared = Declaration::read(&text).unwrap();
    match declared.apply(&bed.owner).await {
        Err(error) => error.to_string(),
        Ok(applied) => {
            assert!(applied.not_closable.is_empty(), "{applied:#?}");
            let left = declared.plan(&bed.owner).await.unwrap();
            assert!(left.is_empty(), "{left:#?}");
            String::new()
        }
    }
}

/// What is given has to be all of what is compared.
async fn types_are_held(bed: &Bed) {
    let session = bed.admin.session().await.unwrap();
    session.execute_raw(SCHEMA).await.unwrap();
    if bed.declared.owner() == "raptor_owner" {
        session
            .execute_raw("ALTER TABLE app.accounts OWNER TO raptor_owner")
            .await
            .unwrap();
        for it in [
            "TYPE app.colour",
            "TYPE app.\"Tier\"",
            "DOMAIN app.mail",
            "DOMAIN app.deep",
        ] {
            let owner = format!("ALTER {it} OWNER TO raptor_owner");
            session.execute_raw(&owner).await.unwrap();
        }
    }
    let no_type = "is no type of a scope, as not all of a value would be compared";
    for (type_name, column, why) in [
        ("bigint", "acct", "it gives numeric, and not bigint"),
        ("real", "small", no_type),
        ("name", "owner", no_type),
        ("character", "blank", no_type),
        ("bit", "small", no_type),
        ("text", "blank", "it gives character, and not text"),
        ("timestamptz", "at", "it gives timestamp without time zone"),
        ("app.citext", "login", no_type),
        ("box", "area", no_type),
        ("interval", "span", no_type),
        ("timestamptz", "since", ""),
        ("bool", "good", ""),
        ("text", "deep", ""),
        ("app.\\\"Tier\\\"", "tier", ""),
        ("cidr", "net", no_type),
        ("regclass", "kind", no_type),
        ("app.mail", "mail", "its type is a domain"),
        ("text", "mail", ""),
        ("bigint", "small", ""),
        ("numeric", "small", ""),
        ("text", "short", ""),
        ("varchar", "owner", ""),
        ("app.colour", "colour", ""),
        ("text", "found", ""),
    ] {
        let error = applied(bed, &query(type_name, column)).await;
        assert!(error.contains(why), "{type_name} {column}: {error}");
        assert_eq!(
            error.is_empty(),
            why.is_empty(),
            "{type_name} {column}: {error}"
        );
        assert!(
            why.is_empty() || error.contains(", column 9: the scope more: "),
            "{error}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_superusers_types_are_held() {
    types_are_held(&bed().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owners_types_are_held() {
    types_are_held(&hosted().await).await;
}

/// What would fail at every statement of a session fails once, here.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_scope_asks_can_be_asked() {
    let bed = bed().await;
    let session = bed.admin.session().await.unwrap();
    session.execute_raw(SCHEMA).await.unwrap();
    for (from, to, why) in [
        ("\"ended_at IS NULL\"", "\"ENDED_AT IS NULL\"", ""),
        (
            "\"ended_at IS NULL\"",
            "\"\\\"ended_at\\\" IS NULL -- any\"",
            "",
        ),
        (
            "\"ended_at IS NULL\"",
            "\"ended IS NULL\"",
            "column \"ended\" does not exist",
        ),
        (
            "\"token_hash\"",
            "\"digits\"",
            "operator does not exist: text = bytea",
        ),
        (
            "[\"customer_id\", \"staff\"]",
            "[\"customer_id\"]",
            "it reads app.support_grants.staff, which resolver may not: what it reads stands in its `reads`",
        ),
        (
            "raptor_access.staff()\"",
            "raptor_access.staff() AND customer_id = ANY (raptor_access.supported())\"",
            "the scope supported asks itself",
        ),
    ] {
        assert!(FILE.contains(from), "{from}");
        let error = applied(&bed, &FILE.replace(from, to)).await;
        assert!(error.contains(why), "{to}: {error}");
        assert_eq!(error.is_empty(), why.is_empty(), "{to}: {error}");
    }
}

/// Whoever owns what the file asks is not to do what whoever applies may: a function of theirs is neither run nor planned.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_others_runs() {
    let bed = bed().await;
    let session = bed.admin.session().await.unwrap();
    let functions = "CREATE SEQUENCE app.runs; \
        CREATE FUNCTION app.ran() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('app.runs'); RETURN 1; END $$; \
        CREATE FUNCTION app.once(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN app.ran(); END $$; \
        CREATE FUNCTION app.me() RETURNS text STABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM app.ran(); RETURN 'ann'; END $$; \
        ALTER SEQUENCE app.runs OWNER TO app_owner; ALTER FUNCTION app.ran OWNER TO app_owner; \
        ALTER FUNCTION app.once OWNER TO app_owner; ALTER FUNCTION app.me OWNER TO app_owner; \
        CREATE INDEX ON app.support_grants ((app.once(1)))";
    session.execute_raw(functions).await.unwrap();
    let runs = Sql::dynamic("SELECT is_called AND last_value > 1 FROM app.runs");
    // Making the index ran it.
    session
        .execute_raw("SELECT setval('app.runs', 1)")
        .await
        .unwrap();
    let grants = "[functions.\"app.once(integer)\"]\ngrant.resolver = \"execute\"\n[functions.\"app.me()\"]\ngrant.resolver = \"execute\"\n\
        [functions.\"app.ran()\"]\n[sequences.runs]\n";
    let text = FILE.replace(
        "ended_at IS NULL",
        "ended_at IS NULL AND id < app.once(1) + 10",
    );
    let text = text.replace(
        "staff = raptor_access.staff()",
        "staff = app.me() AND app.once(1) = 1",
    );
    assert_eq!(applied(&bed, &(text.clone() + grants)).await, "");
    let ran = bed
        .admin
        .query_one(&Scope::system(), &runs, params! {})
        .await
        .unwrap();
    assert!(!ran.get::<bool>(0).unwrap(), "a function of others ran");
    let without = grants.replace(
        "\n[functions.\"app.me()\"]\ngrant.resolver = \"execute\"",
        "\n[functions.\"app.me()\"]",
    );
    let error = applied(&bed, &(text + &without)).await;
    let why = "it calls app.me(), which resolver may not: `grant.resolver = \"execute\"`";
    assert!(error.contains(why), "{error}");
}
