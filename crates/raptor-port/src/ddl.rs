//! The schema on Postgres, made of what the file declares and what the plan decides: its tables with all
//! that hangs on them, views and triggers, and a note for whatever has no counterpart.
//!
//! It names no schema: all of it is made where the search path begins.

pub(crate) mod column;
mod foreign;
mod index;
mod module;
mod steps;
pub(crate) mod table;

pub use steps::{Held, Made, Thing};

use crate::left_out;
use crate::names::Names as Given;
use crate::plan::{Mode, Note, Plan};
use crate::source::{Source, View};
use crate::translate::{self, Names};
use std::collections::BTreeMap;

/// A schema. Its steps are statements in the order in which they run: before the rows and after them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ddl {
    /// Extensions that it needs, by name.
    pub extensions: Vec<String>,
    /// Its tables, in the order of the file.
    pub tables: Vec<NewTable>,
    /// Views and triggers, in an order in which they can be made.
    pub objects: Vec<NewObject>,
    /// What has no counterpart, or another one than a reader would think.
    pub notes: Vec<Note>,
}

/// A table, with all that hangs on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewTable {
    /// Its name in the file.
    pub of: String,
    /// Its name on Postgres.
    pub name: String,
    /// Its columns, as they are defined.
    pub columns: Vec<String>,
    /// Its primary key and its unique keys.
    pub keys: Vec<NewKey>,
    /// Its indexes that are no keys: the statements that make them.
    pub indexes: Vec<Named>,
    /// Its checks: `CHECK (…)`.
    pub checks: Vec<Named>,
    /// Its foreign keys: `FOREIGN KEY (…) REFERENCES …`.
    pub foreign_keys: Vec<Named>,
    /// What makes the numbers that are given go on behind the largest one.
    pub numbers: Option<String>,
}

/// A primary or unique key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewKey {
    /// Its name.
    pub name: String,
    /// Whether it is the primary one.
    pub primary: bool,
    /// Its columns, with commas between them.
    pub columns: String,
}

/// A part of a table that has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Named {
    /// Its name on Postgres.
    pub name: String,
    /// What it is.
    pub text: String,
}

/// A view or a trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewObject {
    /// Its name, which a trigger's function has too.
    pub name: String,
    /// The table that a trigger is of, as Postgres names it; none of a view.
    pub table: Option<String>,
    /// The statements that make it.
    pub texts: Vec<String>,
}

impl NewObject {
    /// What it is, as notes have it.
    pub fn of(&self) -> String {
        match self.table {
            None => format!("view {}", self.name),
            Some(_) => format!("trigger {}", self.name),
        }
    }
}

impl Ddl {
    /// The schema for a plan; nothing, where it is there.
    pub fn make(source: &Source, plan: &Plan) -> Self {
        let mut ddl = Self::default();
        if plan.mode == Mode::Existing {
            return ddl;
        }
        let mut given = Given::default();
        plan.tables.iter().for_each(|it| given.keep(&it.to));
        source.views.iter().for_each(|it| given.keep(&it.name));
        // What the file names itself goes before what is named after it: all share one room of names.
        let indexes = source.tables.iter().flat_map(|it| &it.indexes);
        let indexes = indexes.map(|it| (it.name.clone(), given.give(&it.name)));
        let indexes: BTreeMap<String, String> = indexes.collect();
        for (table, planned) in source.tables.iter().zip(&plan.tables) {
            if left_out::is_inner(source, planned) {
                continue;
            }
            if let Some(why) = &planned.skip {
                let how = module::left_out(source, plan, table);
                let how = how.map_or_else(String::new, |it| format!("; {it}"));
                ddl.note(
                    format!("table {}", table.name),
                    format!("is left out: {why}{how}"),
                );
                continue;
            }
            table::make(&mut ddl, plan, table, planned, (&mut given, &indexes));
            if let Some(text) = module::carried(table, planned) {
                ddl.note(format!("table {}", table.name), text);
            }
        }
        for (table, planned) in source.tables.iter().zip(&plan.tables) {
            if planned.skip.is_none() {
                foreign::make(&mut ddl, source, plan, table, planned);
            }
        }
        ddl.notes.extend(left_out::inner(source, plan));
        ddl.views_and_triggers(source, plan);
        let is_citext = |text: &String| text.contains(" citext");
        if ddl.tables.iter().any(|it| it.columns.iter().any(is_citext)) {
            ddl.extensions.push("citext".to_owned());
        }
        ddl
    }

    fn views_and_triggers(&mut self, source: &Source, plan: &Plan) {
        let mut names = Names::all(plan, source);
        self.views(source, &mut names);
        for trigger in &source.triggers {
            match translate::trigger(&trigger.text, &names, &trigger.name) {
                Ok(texts) => {
                    let table = source.table(&trigger.table);
                    let table = table.and_then(|it| plan.table(&it.name));
                    self.objects.push(NewObject {
                        name: trigger.name.clone(),
                        table: Some(table.map_or(&trigger.table, |it| &it.to).clone()),
                        texts,
                    });
                }
                Err(why) => self.note(
                    format!("trigger {}", trigger.name),
                    format!(
                        "on {} is to be written by hand: {}",
                        trigger.table, why.reason
                    ),
                ),
            }
        }
    }

    /// Views that read other views come after them.
    fn views(&mut self, source: &Source, names: &mut Names) {
        let mut left: Vec<&View> = source.views.iter().collect();
        let mut reasons: BTreeMap<&str, String> = BTreeMap::new();
        while !left.is_empty() {
            let before = left.len();
            left.retain(
                |view| match translate::view(&view.text, names, &view.name) {
                    Ok(text) => {
                        names.add_view(&view.name, &view.name, &view.text);
                        self.objects.push(NewObject {
                            name: view.name.clone(),
                            table: None,
                            texts: vec![text],
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
}
