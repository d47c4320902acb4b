//! A table of chance, and the ways to make it.

use crate::catalogs::changes::Dice;
use raptor_db::Engine;

/// What a column may be, without its name, in which `@` stands for it; whether it can be added later.
const COLUMNS: &[(&str, &str, bool)] = &[
    ("INTEGER", "INTEGER", true),
    (
        "TEXT NOT NULL DEFAULT 'It''s (so)'",
        "text CONSTRAINT @_n NOT NULL DEFAULT 'It''s (so)'",
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
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<(String, String, bool)>,
    constraints: Vec<String>,
    attached: Vec<String>,
}

impl Table {
    pub(super) fn of_chance(number: usize, engine: Engine, dice: &mut Dice) -> Self {
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
            "id INTEGER CONSTRAINT {0}_n NOT NULL CONSTRAINT {0}_pkey PRIMARY KEY",
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
    pub(super) fn at_once(&self) -> Vec<String> {
        let mut steps = vec![self.create(&self.columns, &self.constraints)];
        steps.extend(self.attached.clone());
        steps
    }

    /// Another way to the same.
    pub(super) fn in_steps(&self, dice: &mut Dice) -> Vec<String> {
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
