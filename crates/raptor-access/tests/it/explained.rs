//! Why a statement is denied, or sees no rows.

use crate::bed::{Bed, bed, digits};
use raptor_access::Explained;
use raptor_db::Config;

async fn asked(bed: &Bed, login: &str, settings: &[(&str, &str)], sql: &str) -> Explained {
    let settings: Vec<(String, String)> = settings
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    // Once with the login's own credential, and once as a superuser that becomes it: the same.
    let config = Config::new(&bed.url(login)).unwrap();
    let (declared, admin) = (&bed.declared, &bed.admin);
    let own = declared
        .explain(admin, login, Some(&config), &settings, sql)
        .await
        .unwrap();
    let become_it = declared
        .explain(admin, login, None, &settings, sql)
        .await
        .unwrap();
    assert_eq!(own, become_it);
    own
}

fn told(explained: &Explained) -> String {
    let lines = explained.why.iter().map(|it| {
        let place = it.place.map_or_else(String::new, |it| format!(" ({it})"));
        format!("{}: {}{place}", it.of, it.text)
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn it_names_the_right_the_column_the_scope_and_the_line() {
    let bed = bed().await;
    let denied = asked(&bed, "web_a", &[], "UPDATE notes SET customer_id = NULL").await;
    assert!(!denied.allowed);
    assert_eq!(
        denied.error.as_deref(),
        Some("permission denied for table notes")
    );
    let why = told(&denied);
    assert!(why.contains("app.notes: web may select, insert (body, customer_id), update (body), delete (line 41, column 13)"), "{why}");
    assert!(
        why.contains("app.notes: it may not update customer_id, id"),
        "{why}"
    );
    let empty = asked(&bed, "web_a", &[], "SELECT body FROM notes").await;
    assert!(empty.allowed);
    assert!(told(&empty).contains("app.notes: it sees no rows by customer_id = customer: raptor.token is that of no session that is good now"), "{}", told(&empty));
    let written = asked(&bed, "web_a", &[], "UPDATE notes SET body = ''").await;
    assert!(written.allowed);
    assert!(told(&written).contains("app.notes: a row that it writes there is refused when it runs, unless its customer_id is what the scope customer gives (line 39, column 12)"), "{}", told(&written));
    for parameters in ["customer_id = $1", "customer_id = :customer::uuid LIMIT :n"] {
        let text = format!("SELECT body FROM notes WHERE {parameters}");
        let asked = asked(&bed, "web_a", &[], &text).await;
        assert!(asked.allowed, "{asked:?}");
    }
    let token = digits(1);
    let seen = asked(
        &bed,
        "web_a",
        &[("raptor.token", &token)],
        "SELECT body FROM notes",
    )
    .await;
    assert!(told(&seen).contains("it sees rows of which customer_id is 00000000-0000-7000-8000-000000000001, by the scope customer"), "{}", told(&seen));
    let nothing = asked(&bed, "help_a", &[], "SELECT * FROM support_grants").await;
    assert!(
        !nothing.allowed
            && told(&nothing).contains("app.support_grants: help may do nothing with it"),
        "{}",
        told(&nothing)
    );
    let own = bed
        .declared
        .explain(&bed.admin, "web_a", None, &[], "SELEC 1");
    let own = own.await.unwrap();
    assert!(!own.allowed && !own.denied, "{own:?}");
    let error = bed
        .declared
        .explain(&bed.admin, "nobody", None, &[], "SELECT 1")
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("nobody is no login of this file: help_a, web_a"),
        "{error}"
    );
}
