//! The schema on Postgres, made of what the file declares and what the plan decides: statements in the
//! order in which they run, before the rows and after them, and a note for whatever has no counterpart.

pub(crate) mod column;
mod foreign;
mod index;
pub(crate) mod table;

use crate::names::Names as Given;
use crate::plan::{Mode, Note, Plan};
use crate::source::{Source, TableKind, View, quoted};
use crate::translate::{self, Names};
use std::collections::BTreeMap;

/// A schema as statements.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ddl {
    /// Extensions, and tables without keys.
    pub tables: Vec<String>,
    /// Indexes, those of keys too: each is built of all rows at once, and several side by side.
    pub indexes: Vec<Made>,
    /// Primary and unique keys, of indexes that are there.
    pub keys: Vec<Made>,
    /// Checks and foreign keys, as `NOT VALID`, each with how it is validated.
    pub held: Vec<Held>,
    /// Numbers that are given go on behind the largest one.
    pub numbers: Vec<Made>,
    /// Views and triggers.
    pub rest: Vec<Made>,
    /// What has no counterpart, or another one than a reader would think.
    pub notes: Vec<Note>,
}

/// A statement, and what it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Made {
    /// The table's name in the file, or what else it is of.
    pub of: String,
    /// The statement.
    pub text: String,
}

/// A constraint that is added unvalidated.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Held {
    /// The table's name in the file.
    pub of: String,
    /// The constraint's name on Postgres.
    pub name: String,
    /// How it is added.
    pub add: String,
    /// How it is validated.
    pub validate: String,
}

impl Ddl {
    /// The schema for a plan; nothing, where it is there.
    pub fn make(source: &Source, plan: &Plan) -> Self {
        let mut ddl = Self::default();
        if plan.mode == Mode::Existing {
            return ddl;
        }
        // Indexes share one room of names with tables.
        let mut given = Given::default();
        plan.tables.iter().for_each(|it| drop(given.give(&it.to)));
        for (table, planned) in source.tables.iter().zip(&plan.tables) {
            if let Some(why) = &planned.skip {
                ddl.note(
                    format!("table {}", table.name),
                    format!("is left out: {why}"),
                );
                continue;
            }
            table::make(&mut ddl, plan, table, planned, &mut given);
            if table.kind != TableKind::Ordinary {
                ddl.note(
                    format!("table {}", table.name),
                    "was made up by a module of SQLite, and becomes a table of its rows: searches in it are to be written anew".to_owned(),
                );
            }
        }
        for (table, planned) in source.tables.iter().zip(&plan.tables) {
            if planned.skip.is_none() {
                foreign::make(&mut ddl, source, plan, table, planned);
            }
        }
        ddl.views_and_triggers(source, plan);
        if ddl.tables.iter().any(|text| text.contains(" citext")) {
            ddl.tables
                .insert(0, "CREATE EXTENSION IF NOT EXISTS citext".to_owned());
        }
        ddl
    }

    fn views_and_triggers(&mut self, source: &Source, plan: &Plan) {
        let mut names = Names::all(plan, source);
        self.views(source, plan, &mut names);
        for trigger in &source.triggers {
            let of = format!("trigger {}", trigger.name);
            match translate::trigger(&trigger.text, &names, &trigger.name) {
                Ok(texts) => {
                    let made = texts.into_iter().map(|text| Made {
                        of: of.clone(),
                        text,
                    });
                    self.rest.extend(made);
                }
                Err(why) => self.note(
                    of,
                    format!(
                        "on {} is to be written by hand: {}",
                        trigger.table, why.reason
                    ),
                ),
            }
        }
    }

    /// Views that read other views come after them.
    fn views(&mut self, source: &Source, _plan: &Plan, names: &mut Names) {
        let mut left: Vec<&View> = source.views.iter().collect();
        let mut reasons: BTreeMap<&str, String> = BTreeMap::new();
        while !left.is_empty() {
            let before = left.len();
            left.retain(
                |view| match translate::view(&view.text, names, &view.name) {
                    Ok(text) => {
                        names.add_view(&view.name, &view.name, &view.text);
                        self.rest.push(Made {
                            of: format!("view {}", view.name),
                            text,
                        });
                        false
                    }
                    Err(why) => {
                        reasons.insert(&view.name, why.reason);
                        true
                    }
                },
            );
            if left.len() == before {
                break;
            }
        }
        for view in left {
            let why = reasons.remove(view.name.as_str()).unwrap_or_default();
            let text = format!("is to be written by hand: {why}");
            self.note(format!("view {}", view.name), text);
        }
    }

    fn note(&mut self, of: String, text: String) {
        self.notes.push(Note { of, text });
    }

    /// All of it as one text, for a file: the rows come before the keys.
    pub fn text(&self) -> String {
        let statements = self.tables.iter().map(String::as_str);
        let statements = statements.chain(self.indexes.iter().map(|it| it.text.as_str()));
        let statements = statements.chain(self.keys.iter().map(|it| it.text.as_str()));
        let statements = statements.chain(self.held.iter().map(|it| it.add.as_str()));
        let statements = statements.chain(self.rest.iter().map(|it| it.text.as_str()));
        statements.map(|it| format!("{it};\n\n")).collect()
    }
}

fn list(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|it| quoted(it)).collect();
    names.join(", ")
}
