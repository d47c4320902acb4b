//! Schemas of chance, made twice: in another order, in other steps, written otherwise.
//!
//! A table is a list of statements that depend on each other; tables do not. The second database gets
//! the same tables by a way of its own: all at once, column by column, under other names that are
//! changed later, or with a column too many that is dropped again.

mod table;

use super::changes::{Dice, found, read, run};
use crate::fixture::Fixture;
use raptor_db::{Engine, Session};
use table::Table;

/// The same statement with other blanks, comments and letters of keywords.
fn rewritten(text: &str, dice: &mut Dice) -> String {
    const BLANKS: [&str; 5] = [" ", "  ", "\n\t", " /* (, 'x */ ", "\t"];
    let mut out = String::new();
    for (place, part) in text.split('\'').enumerate() {
        if place > 0 {
            out.push('\'');
        }
        if place % 2 == 1 {
            out.push_str(part);
            continue;
        }
        for (place, word) in part.split(' ').enumerate() {
            if place > 0 {
                out.push_str(BLANKS[dice.below(BLANKS.len())]);
            }
            let is_keyword = word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_uppercase());
            match is_keyword && dice.below(2) == 0 {
                true => out.push_str(&word.to_lowercase()),
                false => out.push_str(word),
            }
        }
    }
    out
}

/// One list out of several, each in its order.
fn interleaved(mut lists: Vec<Vec<String>>, dice: &mut Dice) -> Vec<String> {
    let mut all = Vec::new();
    lists.iter_mut().for_each(|list| list.reverse());
    while !lists.is_empty() {
        let place = dice.below(lists.len());
        match lists[place].pop() {
            Some(step) => all.push(step),
            None => drop(lists.swap_remove(place)),
        }
    }
    all
}

async fn run_all(session: &Session, steps: &[String]) {
    run(
        session,
        "CREATE TABLE parent (id INTEGER NOT NULL CONSTRAINT parent_pkey PRIMARY KEY)",
    )
    .await;
    for step in steps {
        run(session, step).await;
    }
}

pub(crate) async fn two_ways_to_one_schema(at: Fixture) {
    let engine = at.engine();
    let two = match engine {
        Engine::Sqlite => Fixture::sqlite().await,
        Engine::Postgres => Fixture::postgres().await,
    };
    let (one, two) = (
        at.db.session().await.unwrap(),
        two.db.session().await.unwrap(),
    );
    for seed in 0..60 {
        let mut dice = Dice(seed);
        let tables: Vec<Table> = (0..1 + dice.below(4))
            .map(|n| Table::of_chance(n, engine, &mut dice))
            .collect();
        let first = interleaved(tables.iter().map(Table::at_once).collect(), &mut dice);
        let ways = tables
            .iter()
            .map(|table| table.in_steps(&mut dice))
            .collect();
        let second = interleaved(ways, &mut dice);
        let second: Vec<String> = second
            .iter()
            .map(|step| rewritten(step, &mut dice))
            .collect();
        run(&one, "BEGIN").await;
        run_all(&one, &first).await;
        run(&two, "BEGIN").await;
        run_all(&two, &second).await;
        let (here, there) = (read(&one, None).await, read(&two, None).await);
        let texts = format!("{seed}\n{}\n--\n{}", first.join(";\n"), second.join(";\n"));
        assert_eq!(found(&here, &there), [""; 0], "{texts}");
        // And one step more is a difference.
        let table = &tables[dice.below(tables.len())];
        let more = [
            format!("ALTER TABLE {} ADD COLUMN more INTEGER", table.name),
            format!("CREATE INDEX more ON {} (id)", table.name),
            format!(
                "ALTER TABLE {} RENAME COLUMN {} TO more",
                table.name, table.columns[0].0
            ),
            format!("ALTER TABLE {} RENAME TO more", table.name),
        ];
        run(&two, &more[dice.below(more.len())]).await;
        assert_ne!(here, read(&two, None).await, "{texts}");
        run(&one, "ROLLBACK").await;
        run(&two, "ROLLBACK").await;
    }
}
