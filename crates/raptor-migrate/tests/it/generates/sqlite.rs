//! On SQLite, each of the changes that catalogs are tested with, there and back.

use super::{pairs, random};
use crate::catalogs::changes::texts;
use crate::catalogs::sqlite::{CHANGES, RICH};
use raptor_db::Engine;

#[tokio::test]
async fn each_change_is_written() {
    let before = pairs::made(Engine::Sqlite, RICH).await;
    let (mut wrong, mut right) = (Vec::new(), 0);
    // Its foreign key has no key to point at, which a rebuild is refused for.
    let is_sound = |change: &String| !change.contains("UNIQUE (x, y COLLATE NOCASE)");
    let mut sound = texts(CHANGES, 0);
    sound.retain(is_sound);
    for change in &sound {
        let at = crate::fixture::Fixture::sqlite().await;
        at.run("PRAGMA foreign_keys = OFF").await;
        at.run(&format!("{RICH}\n{change}")).await;
        let after = raptor_migrate::catalog(&at.db, &at.options).await.unwrap();
        match pairs::run(Engine::Sqlite, (RICH, &before), &after, None).await {
            Ok(found) if found.is_empty() => right += 1,
            Ok(found) => wrong.push(format!("{change}\n  {}", found.join("\n  "))),
            Err(error) => wrong.push(format!("{change}\n  {error}")),
        }
    }
    println!("{right} of {} changes", sound.len());
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[tokio::test]
async fn from_nothing_and_to_nothing() {
    let wrong = super::there_and_back(Engine::Sqlite, "", RICH, None).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Schemas by chance, each to another, with the real file.
#[tokio::test]
async fn any_schema_becomes_any_other() {
    let mut chance = random::Chance::new(11);
    let mut wrong = Vec::new();
    for _ in 0..60 {
        let (a, b) = (random::sqlite(&mut chance), random::sqlite(&mut chance));
        let found = super::there_and_back(Engine::Sqlite, &a, &b, None).await;
        if !found.is_empty() {
            wrong.push(format!("{a}\nTO\n{b}\n  {}", found.join("\n  ")));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(3)].join("\n")
    );
}
