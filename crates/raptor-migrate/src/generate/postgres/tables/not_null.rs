//! NOT NULL as a constraint with a name, which it is from Postgres 18 on. A catalog tells those that say
//! more than their column does; the others have the name that Postgres gives them.

use super::comes_anew;
use crate::catalog::{Column, Constraint, Relation};
use crate::generate::postgres::needs::Unit;
use crate::generate::postgres::table::{constraint_text, is_own};
use crate::generate::postgres::{Sides, is_inherited, q};

pub(in crate::generate::postgres) const KIND: &str = "not null";

/// The constraint that keeps NULL out of a column, where it is told.
pub(in crate::generate::postgres) fn told<'r>(
    relation: &'r Relation,
    column: &str,
) -> Option<&'r Constraint> {
    let mut constraints = relation.constraints.iter();
    constraints.find(|it| it.kind == KIND && is_own(it) && it.columns == [column])
}

/// Makes them what they are to be, for columns that stay and columns that came.
pub(super) fn settle(sides: &Sides<'_>, old: &Relation, new: &Relation, unit: &mut Unit) {
    let table = q(&new.name);
    for column in new.columns.iter().filter(|it| it.not_null) {
        let is = told(new, &column.name);
        let was = old.column(&column.name);
        match was.filter(|was| !comes_anew(sides, old, was, column)) {
            Some(was) if was.not_null => {
                let change = Change { new, was, column };
                change.write(told(old, &column.name), is, unit);
            }
            _ => {
                if let Some(is) = is {
                    add(&table, is, unit);
                }
            }
        }
    }
}

fn add(table: &str, constraint: &Constraint, unit: &mut Unit) {
    let text = constraint_text(constraint);
    unit.run_needing(format!("ALTER TABLE {table} ADD {text}"));
}

/// A column that refuses NULL before and after.
struct Change<'c> {
    new: &'c Relation,
    was: &'c Column,
    column: &'c Column,
}

impl Change<'_> {
    fn write(&self, was: Option<&Constraint>, is: Option<&Constraint>, unit: &mut Unit) {
        let (table, column) = (q(&self.new.name), q(&self.column.name));
        match (was, is) {
            (None, None) => {}
            // It has the parent's, or gets it.
            (None, Some(is)) if is_inherited(&self.was.properties) => add(&table, is, unit),
            (Some(_), None) if is_inherited(&self.column.properties) => {}
            (None, Some(is)) if self.is_plain(is) => self.rename(None, Some(is), unit),
            (Some(was), None) if self.is_plain(was) => self.rename(Some(was), None, unit),
            (Some(was), Some(is)) if was.definition == is.definition => {
                self.rename(Some(was), Some(is), unit);
            }
            (Some(was), Some(is))
                if is.name == was.name && was.definition.starts_with(&is.definition) =>
            {
                let name = self.name(Some(is));
                unit.run(format!("ALTER TABLE {table} VALIDATE CONSTRAINT {name}"));
            }
            _ => {
                unit.run(format!(
                    "ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL"
                ));
                match is {
                    Some(is) => add(&table, is, unit),
                    None => unit.run(format!(
                        "ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL"
                    )),
                }
            }
        }
    }

    fn is_plain(&self, constraint: &Constraint) -> bool {
        constraint.definition == format!("NOT NULL {}", q(&self.column.name))
    }

    fn name(&self, constraint: Option<&Constraint>) -> String {
        let usual = || format!("{}_{}_not_null", self.new.name, self.column.name);
        let name = constraint.and_then(|it| it.name.clone());
        q(&name.unwrap_or_else(usual))
    }

    fn rename(&self, was: Option<&Constraint>, is: Option<&Constraint>, unit: &mut Unit) {
        let table = q(&self.new.name);
        let (old, new) = (self.name(was), self.name(is));
        if old != new {
            unit.run(format!(
                "ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new}"
            ));
        }
        // What it is to have for a comment is said with the comments of the others.
        let is_remarked = |it: Option<&Constraint>| it.is_some_and(|it| it.comment.is_some());
        if is_remarked(was) && is.is_none_or(|it| it.comment.is_none()) {
            unit.run(format!("COMMENT ON CONSTRAINT {new} ON {table} IS NULL"));
        }
    }
}
