//! Schemas of chance, made twice: in another order, in other steps, written otherwise.
//!
//! A table is a list of statements that depend on each other; tables do not. The second database gets
//! the same tables by a way of its own: all at once, column by column, under other names that are
//! changed later, or with a column too many that is dropped again.

use super::changes::{Dice, found, read, run};
use crate::fixture::Fixture;
use raptor_db::{Engine, Session};

/// What a column may be, without its name, in which `@` stands for it; whether it can be added later.
const COLUMNS: &[(&str, &str, bool)] = &[
    ("INTEGER", "INTEGER", true),
    (
        "TEXT NOT NULL DEFAULT 'It''s (so)'",
        "text NOT NULL DEFAULT 'It''s (so)'",
        true,
    ),
    ("REAL DEFAULT -1.5", "double precision DEFAULT -1.5", true),
    ("TEXT COLLATE NOCASE", "text COLLATE \"C\"", true),
    (
        "NUMERIC(10, 2) CONSTRAINT @_c CHECK (@ > 0 AND @ <> 7)",
        "numeric(10, 2) CONSTRAINT @_c CHECK (@ > 0 AND @ <> 7)",
        true,
    ),
    (
        "INTEGER CONSTRAINT @_r REFERENCES parent (id) ON DELETE SET NULL",
        "integer CONSTRAINT @_r REFERENCES parent (id) ON DELETE SET NULL",
        true,
    ),
    (
        "TEXT CONSTRAINT @_u UNIQUE",
        "text CONSTRAINT @_u UNIQUE",
        false,
    ),
    (
        "INTEGER GENERATED ALWAYS AS (id * 2) VIRTUAL",
        "integer GENERATED ALWAYS AS (id * 2) STORED",
        true,
    ),
    ("BLOB DEFAULT x'00FF'", "bytea DEFAULT '\\x00ff'", true),
    (
        "TEXT DEFAULT CURRENT_TIMESTAMP",
        "timestamptz DEFAULT now()",
        false,
    ),
];

/// One table: its columns' names and definitions, and what hangs on it.
struct Table {
    name: String,
    columns: Vec<(String, String, bool)>,
    constraints: Vec<String>,
    attached: Vec<String>,
}

impl Table {
    fn of_chance(number: usize, engine: Engine, dice: &mut Dice) -> Self {
        let name = format!("t{number}");
        let mut columns = Vec::new();
        for place in 0..1 + dice.below(6) {
            let column = format!("{}{number}_{place}", ["a", "name_", "x"][dice.below(3)]);
            let (sqlite, postgres, can_wait) = COLUMNS[dice.below(COLUMNS.len())];
            let text = if engine == Engine::Sqlite {
                sqlite
            } else {
                postgres
            };
            columns.push((column.clone(), text.replace('@', &column), can_wait));
        }
        let (first, last) = (columns[0].0.clone(), columns[columns.len() - 1].0.clone());
        let constraints = [
            format!("CONSTRAINT {name}_check CHECK (id > 0 OR {first} IS NOT NULL)"),
            format!("CONSTRAINT {name}_both UNIQUE (id, {first})"),
        ];
        let attached = [
            format!("CREATE INDEX {name}_i ON {name} ({first}, id DESC)"),
            format!(
                "CREATE UNIQUE INDEX {name}_j ON {name} (id, {last}) WHERE {first} IS NOT NULL"
            ),
            format!(
                "CREATE VIEW {name}_v AS SELECT {first}, {last} AS last FROM {name} WHERE id > 10"
            ),
        ];
        let some = |all: &[String], dice: &mut Dice| -> Vec<String> {
            all.iter().filter(|_| dice.below(2) == 0).cloned().collect()
        };
        Self {
            constraints: some(&constraints, dice),
            attached: some(&attached, dice),
            name,
            columns,
        }
    }

    fn create(&self, columns: &[(String, String, bool)], constraints: &[String]) -> String {
        let key = format!(
            "id INTEGER NOT NULL CONSTRAINT {}_pkey PRIMARY KEY",
            self.name
        );
        let columns = columns
            .iter()
            .map(|(name, text, _)| format!("{name} {text}"));
        let all: Vec<String> = [key]
            .into_iter()
            .chain(columns)
            .chain(constraints.to_vec())
            .collect();
        format!("CREATE TABLE {} ({})", self.name, all.join(", "))
    }

    /// The plain way.
    fn at_once(&self) -> Vec<String> {
        let mut steps = vec![self.create(&self.columns, &self.constraints)];
        steps.extend(self.attached.clone());
        steps
    }

    /// Another way to the same.
    fn in_steps(&self, dice: &mut Dice) -> Vec<String> {
        let (name, columns) = (&self.name, &self.columns);
        let mut attached = self.attached.clone();
        dice.shuffle(&mut attached);
        let add = |(column, text, _): &(String, String, bool)| {
            format!("ALTER TABLE {name} ADD COLUMN {column} {text}")
        };
        // The columns at the end that can wait, but for the first, which constraints name.
        let waiting = columns
            .iter()
            .rev()
            .take_while(|(_, _, can_wait)| *can_wait)
            .count();
        let early = (columns.len() - waiting).max(1);
        let mut steps = match dice.below(4) {
            0 => vec![self.create(columns, &self.constraints)],
            1 => {
                let mut steps = vec![self.create(&columns[..early], &self.constraints)];
                steps.extend(columns[early..].iter().map(add));
                steps
            }
            2 => {
                let mut more = columns.clone();
                more.insert(
                    dice.below(more.len() + 1),
                    ("gone".to_owned(), "INTEGER".to_owned(), true),
                );
                vec![
                    self.create(&more, &self.constraints),
                    format!("ALTER TABLE {name} DROP COLUMN gone"),
                ]
            }
            _ => {
                let first = &columns[0].0;
                let renamed = |text: &String| {
                    text.replace(&format!(" {name} "), &format!(" {name}_old "))
                        .replace(&format!("{first} "), "before ")
                        .replace(&format!("({first},"), "(before,")
                        .replace(&format!(", {first})"), ", before)")
                        .replace(&format!(" {first},"), " before,")
                };
                let all = self.at_once();
                let mut steps: Vec<String> = all.iter().map(renamed).collect();
                // A view's column keeps the name it had; it is made afterwards.
                steps.retain(|step| !step.starts_with("CREATE VIEW"));
                steps.push(format!("ALTER TABLE {name}_old RENAME TO {name}"));
                steps.push(format!(
                    "ALTER TABLE {name} RENAME COLUMN before TO {first}"
                ));
                attached.retain(|step| step.starts_with("CREATE VIEW"));
                steps
            }
        };
        steps.extend(attached);
        steps
    }
}

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
