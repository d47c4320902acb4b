//! What becomes of one table or view.

mod added;

use crate::catalog::{Catalog, Column, Constraint, DifferenceKind, Relation, RelationKind};
use crate::generate::Change;
use crate::generate::name::ident;
use crate::generate::way::Way;
use crate::generate::words::Words;
use raptor_db::Engine;

/// What becomes of a relation.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Comes,
    Goes,
    Stays,
    /// It goes, and another one of that name comes.
    Replaced,
    /// It gets these columns.
    Added(Vec<String>),
    Rebuilt,
    /// It is to be built anew, which `-- raptor:rebuild` does not do for a name like its.
    ByHand,
}

impl Fate {
    pub(super) fn between(old: &Relation, new: &Relation) -> Self {
        if old.kind != new.kind {
            return Self::Replaced;
        }
        match new.kind {
            RelationKind::View | RelationKind::VirtualTable => {
                // What its columns are follows from what it is over.
                if old.definition == new.definition && old.name == new.name {
                    Self::Stays
                } else {
                    Self::Replaced
                }
            }
            _ if same(&bare(old), &bare(new)) => Self::Stays,
            _ => match added::columns(old, new) {
                Some(columns) => Self::Added(columns),
                None if !has_common_column(old, new) => Self::Replaced,
                None if is_plain(&new.name) => Self::Rebuilt,
                None => Self::ByHand,
            },
        }
    }

    pub(super) fn carry_out(&self, old: Option<&Relation>, new: &Relation, way: &mut Way) {
        match self {
            Self::Comes | Self::Replaced => match &new.text {
                Some(text) => way.run(text.clone()),
                None => way.note(format!("table {}: its text is not known", new.name)),
            },
            Self::Added(columns) => {
                for column in columns {
                    let name = ident(&new.name, true);
                    way.run(format!("ALTER TABLE {name} ADD COLUMN {column}"));
                }
            }
            Self::Rebuilt => {
                if let Some(old) = old {
                    rebuild(old, new, way);
                }
            }
            Self::ByHand => way.note(format!(
                "table {} differs and is to be built anew by hand, as its name is none that `-- raptor:rebuild` takes; so are its indexes",
                new.name
            )),
            Self::Goes | Self::Stays => {}
        }
    }
}

/// The table without what is made and dropped on its own.
fn bare(relation: &Relation) -> Relation {
    Relation {
        indexes: Vec::new(),
        triggers: Vec::new(),
        ..relation.clone()
    }
}

fn same(old: &Relation, new: &Relation) -> bool {
    let alone = |it: &Relation| Catalog {
        relations: vec![it.clone()],
        ..Catalog::empty(Engine::Sqlite)
    };
    let found = alone(old).differences_ignoring(&alone(new), &[DifferenceKind::Order]);
    found.is_empty()
}

fn find<'c>(relation: &'c Relation, name: &str) -> Option<&'c Column> {
    let mut columns = relation.columns.iter();
    columns.find(|it| it.name.eq_ignore_ascii_case(name))
}

/// Whether there is a column whose values can be copied.
fn has_common_column(old: &Relation, new: &Relation) -> bool {
    let mut written = new.columns.iter().filter(|it| it.generated.is_none());
    written.any(|it| find(old, &it.name).is_some_and(|old| old.generated.is_none()))
}

fn is_plain(name: &str) -> bool {
    let mut chars = name.chars();
    chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
}

fn rebuild(old: &Relation, new: &Relation, way: &mut Way) {
    let name = &new.name;
    let Some(text) = &new.text else {
        way.note(format!("table {name}: its text is not known"));
        return;
    };
    notes(old, new, way);
    way.changes.push(Change::Rebuild {
        table: name.clone(),
        text: text.clone(),
    });
}

fn notes(old: &Relation, new: &Relation, way: &mut Way) {
    let name = &new.name;
    let mut gone = Vec::new();
    for column in &old.columns {
        let Some(now) = find(new, &column.name) else {
            if column.generated.is_none() {
                way.gone(format!(
                    "table {name}: column {} goes with what it holds",
                    column.name
                ));
            }
            gone.push((column.name.as_str(), column.type_name.as_str()));
            continue;
        };
        if now.type_name != column.type_name {
            way.note(format!(
                "table {name}, column {}: {} becomes {}; a value that does not fit is changed, or stops it",
                now.name,
                shown(&column.type_name),
                shown(&now.type_name)
            ));
        }
        if now.not_null && !column.not_null {
            way.note(format!(
                "table {name}, column {}: rows with NULL are to be filled before, as it refuses them",
                now.name
            ));
        }
        if column.generated.is_none() && now.generated.is_some() {
            way.gone(format!(
                "table {name}: column {} is computed from now on, and what it holds goes",
                now.name
            ));
        }
    }
    let mut came = Vec::new();
    for column in &new.columns {
        if find(old, &column.name).is_none() {
            came.push((column.name.as_str(), column.type_name.as_str()));
            let is_filled = column.default.is_some() || column.generated.is_some();
            if column.not_null && !is_filled {
                way.note(format!(
                    "table {name}, column {}: it refuses NULL and has no default, so a table with rows needs values for it first",
                    column.name
                ));
            }
        }
    }
    way.renames(name, gone.into_iter(), &came);
    rules(old, new, way);
}

/// What the rows have to be from now on.
fn rules(old: &Relation, new: &Relation, way: &mut Way) {
    // What happens to rows when others change, and how they are numbered, is no matter.
    let rule = |it: &Constraint| {
        let parts = [
            " ON UPDATE ",
            " ON DELETE ",
            " DEFERRABLE",
            " AUTOINCREMENT",
        ];
        let ends = parts.iter().filter_map(|part| it.definition.find(part));
        let text = &it.definition[..ends.min().unwrap_or(it.definition.len())];
        (it.kind.clone(), text.to_owned())
    };
    for constraint in &new.constraints {
        let is_there = old
            .constraints
            .iter()
            .any(|it| rule(it) == rule(constraint));
        let words = Words::of(&constraint.definition);
        // A new column without a default holds NULL, which all allow.
        let mut holding = new.columns.iter().filter(|it| {
            find(old, &it.name).is_some() || it.default.is_some() || it.generated.is_some()
        });
        let is_of_rows = holding.any(|it| words.has(&it.name.to_ascii_lowercase()));
        if !is_there && is_of_rows {
            let called = match &constraint.name {
                Some(name) => format!("constraint {name}"),
                None => constraint.definition.clone(),
            };
            way.note(format!(
                "table {}, {called}: rows that it does not allow stop it, and are to be mended before",
                new.name
            ));
        }
    }
}

fn shown(type_name: &str) -> &str {
    if type_name.is_empty() {
        "no type"
    } else {
        type_name
    }
}
