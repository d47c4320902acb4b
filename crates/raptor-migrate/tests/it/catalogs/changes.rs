//! Runs changes one by one on a rich schema, each in a savepoint, and holds what is found against
//! what should be.
//!
//! The changes stand in a text, with an empty line between them: statements, and below them a line
//! `= object: fact` for all that they make different (a fact is missing where the object is). A line
//! `> since 17` before them says which server they need.

use raptor_db::Session;
use raptor_migrate::{Catalog, Options, catalog_of};

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
pub(super) fn found(here: &Catalog, there: &Catalog) -> Vec<String> {
    let differences = here.differences(there);
    differences
        .iter()
        .map(|it| match &it.fact {
            Some(fact) => format!("{}: {fact}", it.object),
            None => it.object.clone(),
        })
        .collect()
}

struct Change {
    since: i64,
    text: String,
    expected: Vec<String>,
}

impl Change {
    fn of(block: &str) -> Self {
        let mut change = Self {
            since: 0,
            text: String::new(),
            expected: Vec::new(),
        };
        for line in block.lines() {
            if let Some(version) = line.strip_prefix("> since ") {
                change.since = version.parse().unwrap();
            } else if let Some(it) = line.strip_prefix("= ") {
                change.expected.push(it.to_owned());
            } else {
                change.text.push_str(line);
                change.text.push('\n');
            }
        }
        change
    }
}

/// The changes that a server of a version can make.
fn known(changes: &str, version: i64) -> impl Iterator<Item = Change> {
    let changes = changes.split("\n\n").map(Change::of);
    changes.filter(move |change| !change.text.is_empty() && change.since <= version)
}

/// Their texts alone.
pub(crate) fn texts(changes: &str, version: i64) -> Vec<String> {
    known(changes, version).map(|change| change.text).collect()
}

/// Each change shows as what it is, from both sides, and goes away with it; answers how many ran.
pub(super) async fn each_shows(
    session: &Session,
    schema: Option<&str>,
    changes: &str,
    version: i64,
) -> usize {
    let before = read(session, schema).await;
    let mut wrong = Vec::new();
    let mut count = 0;
    for Change { text, expected, .. } in known(changes, version) {
        count += 1;
        run(session, "SAVEPOINT changed").await;
        if let Err(error) = session.execute_raw(&text).await {
            wrong.push(format!("{text}{error}"));
            run(session, "ROLLBACK TO SAVEPOINT changed").await;
            continue;
        }
        let after = read(session, schema).await;
        let all = found(&before, &after);
        let mut found = all.clone();
        // From Postgres 18 on NOT NULL has names, and those that are inherited are another's.
        found.retain(|it| !it.contains("_not_null"));
        if found != expected {
            let sentences = before.differences(&after);
            let sentences: Vec<_> = sentences.iter().map(ToString::to_string).collect();
            wrong.push(format!(
                "{text}= {}\n{}\n",
                found.join("\n= "),
                sentences.join("\n")
            ));
        }
        assert_eq!(before == after, all.is_empty());
        assert_eq!(self::found(&after, &before).len(), all.len(), "{text}");
        run(session, "ROLLBACK TO SAVEPOINT changed").await;
    }
    assert_eq!(found(&before, &read(session, schema).await), [""; 0]);
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    count
}

/// Numbers of chance, the same each time.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, end: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % end as u64).unwrap()
    }

    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}
