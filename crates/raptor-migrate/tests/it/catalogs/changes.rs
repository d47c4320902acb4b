//! Runs changes one by one on a rich schema, each in a savepoint, and holds what is found against
//! what should be.

use raptor_db::Session;
use raptor_migrate::{Catalog, Options, catalog_of};

/// A change, and `object: fact` of all that it makes different; a fact is missing where the object is.
pub(crate) type Change = (&'static str, &'static [&'static str]);

pub(crate) async fn read(session: &Session, schema: Option<&str>) -> Catalog {
    let mut options = Options::default();
    options.schema = schema.map(str::to_owned);
    catalog_of(session, &options).await.unwrap()
}

pub(crate) async fn run(session: &Session, text: &str) {
    if let Err(error) = session.execute_raw(text).await {
        panic!("{error}: {text}");
    }
}

/// What differs, as `object: fact`.
pub(crate) fn found(here: &Catalog, there: &Catalog) -> Vec<String> {
    let differences = here.differences(there);
    differences
        .iter()
        .map(|it| match &it.fact {
            Some(fact) => format!("{}: {fact}", it.object),
            None => it.object.clone(),
        })
        .collect()
}

/// Each change shows as what it is, from both sides, and goes away with it.
pub(crate) async fn each_shows(session: &Session, schema: Option<&str>, changes: &[Change]) {
    let before = read(session, schema).await;
    let mut wrong = Vec::new();
    for (change, expected) in changes {
        run(session, "SAVEPOINT changed").await;
        if let Err(error) = session.execute_raw(change).await {
            wrong.push(format!("{change}\n  {error}"));
            run(session, "ROLLBACK TO SAVEPOINT changed").await;
            continue;
        }
        let after = read(session, schema).await;
        let found = found(&before, &after);
        if found != *expected {
            let sentences = before.differences(&after);
            let sentences: Vec<_> = sentences.iter().map(ToString::to_string).collect();
            wrong.push(format!(
                "{change}\n  {found:#?}\n  {}",
                sentences.join("\n  ")
            ));
        }
        assert_eq!(before == after, found.is_empty());
        assert_eq!(self::found(&after, &before).len(), found.len(), "{change}");
        run(session, "ROLLBACK TO SAVEPOINT changed").await;
    }
    assert_eq!(found(&before, &read(session, schema).await), [""; 0]);
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
