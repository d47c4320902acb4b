//! A schema as the statements of a run: tables before the rows, all else after them, where an index is
//! built of all rows at once and a constraint is added before the rows that are there are looked at.

use super::{Ddl, NewKey, NewObject, NewTable};
use crate::source::quoted;

/// A statement, and what it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Made {
    /// The table's name in the file, or what else it is of.
    pub of: String,
    /// The statement.
    pub text: String,
    /// What there is when it has run.
    pub things: Vec<Thing>,
}

/// Something that a statement makes, by its name on Postgres, with that of its table where it is of one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Thing {
    /// An index, that of a key too.
    Index(String),
    /// A key, a check or a foreign key of a table.
    Constraint(String, String),
    /// A view.
    View(String),
    /// A trigger of a table.
    Trigger(String, String),
    /// A function without arguments.
    Function(String),
}

/// A constraint that is added unvalidated.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Held {
    /// The table's name in the file.
    pub of: String,
    /// The table's name on Postgres.
    pub table: String,
    /// The constraint's name there.
    pub name: String,
    /// How it is added.
    pub add: String,
    /// How it is validated.
    pub validate: String,
}

impl Ddl {
    /// Tables without keys, and before them what they need, in `schema`.
    pub fn tables(&self, schema: &str) -> Vec<String> {
        let extension = |name: &String| {
            format!(
                "CREATE EXTENSION IF NOT EXISTS {name} WITH SCHEMA {}",
                quoted(schema)
            )
        };
        let extensions = self.extensions.iter().map(extension);
        extensions
            .chain(self.tables.iter().map(|it| it.text(&[])))
            .collect()
    }

    /// Indexes, those of keys too: several can be built side by side.
    pub fn indexes(&self) -> Vec<Made> {
        self.of_tables(|table| {
            let index = |name: &String| Thing::Index(name.clone());
            let keys = table.keys.iter();
            let keys = keys.map(|key| (key.index(table), index(&key.name)));
            let indexes = table.indexes.iter();
            let indexes = indexes.map(|it| (it.text.clone(), index(&it.name)));
            keys.chain(indexes).collect()
        })
    }

    /// Primary and unique keys, of indexes that are there.
    pub fn keys(&self) -> Vec<Made> {
        self.of_tables(|table| {
            let key = |key: &NewKey| {
                let (name, what) = (quoted(&key.name), key.what());
                let text = format!(
                    "ALTER TABLE {} ADD CONSTRAINT {name} {what} USING INDEX {name}",
                    quoted(&table.name)
                );
                (
                    text,
                    Thing::Constraint(table.name.clone(), key.name.clone()),
                )
            };
            table.keys.iter().map(key).collect()
        })
    }

    /// Checks and foreign keys.
    pub fn held(&self) -> Vec<Held> {
        let of_table = |(table, is_check): (&NewTable, bool)| {
            let alter = format!("ALTER TABLE {}", quoted(&table.name));
            let held = match is_check {
                true => &table.checks,
                false => &table.foreign_keys,
            };
            let held = held.iter().map(|it| Held {
                of: table.of.clone(),
                table: table.name.clone(),
                name: it.name.clone(),
                add: format!(
                    "{alter} ADD CONSTRAINT {} {} NOT VALID",
                    quoted(&it.name),
                    it.text
                ),
                validate: format!("{alter} VALIDATE CONSTRAINT {}", quoted(&it.name)),
            });
            held.collect::<Vec<_>>()
        };
        let checks = self.tables.iter().map(|it| (it, true));
        let all = checks.chain(self.tables.iter().map(|it| (it, false)));
        all.flat_map(of_table).collect()
    }

    /// Views and triggers.
    pub fn rest(&self) -> Vec<Made> {
        let objects = self.objects.iter();
        // Together: a trigger must not call what somebody else's function does.
        let made = objects.map(|it| Made {
            of: it.of(),
            text: it.texts.join(";\n"),
            things: it.things(),
        });
        made.collect()
    }

    fn of_tables(&self, made: impl Fn(&NewTable) -> Vec<(String, Thing)>) -> Vec<Made> {
        let tables = self.tables.iter();
        let made = tables.flat_map(|table| {
            let of = |(text, thing)| Made {
                of: table.of.clone(),
                text,
                things: vec![thing],
            };
            made(table).into_iter().map(of)
        });
        made.collect()
    }
}

impl NewTable {
    /// The statement that makes it, with some of its constraints.
    pub(crate) fn text(&self, constraints: &[String]) -> String {
        let lines: Vec<&str> = self
            .columns
            .iter()
            .chain(constraints)
            .map(String::as_str)
            .collect();
        format!(
            "CREATE TABLE {} (\n    {}\n)",
            quoted(&self.name),
            lines.join(",\n    ")
        )
    }
}

impl NewObject {
    fn things(&self) -> Vec<Thing> {
        let name = || self.name.clone();
        match &self.table {
            None => vec![Thing::View(name())],
            Some(table) => vec![
                Thing::Function(name()),
                Thing::Trigger(table.clone(), name()),
            ],
        }
    }
}

impl Held {
    /// How it is added, as what it makes.
    pub(crate) fn made(&self) -> Made {
        Made {
            of: self.of.clone(),
            text: self.add.clone(),
            things: vec![Thing::Constraint(self.table.clone(), self.name.clone())],
        }
    }
}

impl NewKey {
    /// `PRIMARY KEY` or `UNIQUE`.
    pub(crate) fn what(&self) -> &'static str {
        match self.primary {
            true => "PRIMARY KEY",
            false => "UNIQUE",
        }
    }

    /// The index that it is made of.
    pub(crate) fn index(&self, table: &NewTable) -> String {
        format!(
            "CREATE UNIQUE INDEX {} ON {} ({})",
            quoted(&self.name),
            quoted(&table.name),
            self.columns
        )
    }
}
