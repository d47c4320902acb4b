//! SQL in a file fits the database, or nothing is applied.

use crate::bed::{Bed, FILE, bed, hosted};
use raptor_access::Declaration;

const SCHEMA: &str = "
CREATE EXTENSION citext SCHEMA app;
CREATE TYPE app.colour AS ENUM ('red', 'blue'); CREATE DOMAIN app.mail AS text;
CREATE TABLE app.accounts (owner text, acct numeric, small smallint, short varchar(9), blank char(2), login app.citext, net cidr, kind regclass,
 at timestamp, colour app.colour, mail app.mail, found text);
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
        for it in ["TYPE app.colour", "DOMAIN app.mail"] {
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
            "permission denied for table support_grants; what it reads stands in its `reads`",
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
