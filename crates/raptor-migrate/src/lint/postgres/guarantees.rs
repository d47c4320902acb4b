//! What the running release relies on and a revision takes away: constraints, unique indexes,
//! defaults, generated values.

mod sequences;

use crate::lint::claim::Lock;
use crate::lint::cost::dotted;
use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::schema::{KnownKind, KnownTable};
use crate::lint::sql::{
    Action, AlterDomain, Change, ConstraintKind, Ident, Name, Object, Statement,
};
use crate::lint::step::Step;
use crate::revision::Phase;

pub(in crate::lint) const CONSTRAINT: LintRule = LintRule::warning(
    "drop-constraint",
    "a constraint or unique index is dropped that the running release may rely on",
);
pub(in crate::lint) const DEFAULT: LintRule = LintRule::warning(
    "drop-default",
    "a NOT NULL column loses its default, so that an INSERT which leaves it out fails",
);
pub(in crate::lint) const GENERATED: LintRule = LintRule::warning(
    "drop-generated",
    "a value that Postgres made by itself is not made any more, or may not be given any more",
);
pub(in crate::lint) const SEQUENCE: LintRule = LintRule::warning(
    "sequence-values",
    "a sequence gives other numbers, which may be there already",
);
pub(in crate::lint) const REPLICA: LintRule = LintRule::warning(
    "replica-identity",
    "a published table takes no UPDATE and no DELETE any more",
);
pub(in crate::lint) const ATTRIBUTE: LintRule = LintRule::warning(
    "composite-attribute",
    "a composite type has another shape, which the running release does not know",
);

const CONTRACT: &str =
    "Put it into a later revision with phase=contract, once no release relies on it.";

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    if scene.phase() == Some(Phase::Contract) {
        return;
    }
    sequences::look(step, scene, out);
    match &step.statement {
        Statement::AlterTable(alter) if !scene.is_ours(&alter.table) => {
            for (at, action) in &alter.actions {
                out.extend(taken(step, scene, *at, &alter.table, action));
            }
        }
        Statement::Drop(drop) if drop.object == Object::Index => {
            for name in &drop.names {
                out.extend(index(step, scene, name));
            }
        }
        Statement::AlterDomain {
            name,
            change: AlterDomain::Drop,
        } if !scene.schema.is_new_type(&name.name) => {
            let problem = format!(
                "Values can come into every column of type {name} that the running release does not expect."
            );
            out.push(Found::new(
                &CONSTRAINT,
                step,
                step.start(),
                problem,
                CONTRACT,
            ));
        }
        Statement::Rename { object, name, .. } if !scene.schema.is_new_type(&name.name) => {
            let says = |words: &[&str]| step.words.iter().skip(3).any(|word| word.is_any(words));
            if *object == Object::Sequence
                && says(&["restart", "increment", "minvalue", "maxvalue", "cycle"])
            {
                out.push(sequence(step, step.start(), &name.to_string()));
            }
            if *object == Object::Type && says(&["attribute"]) {
                let problem = format!(
                    "The running release reads and writes values of {name} with the attributes that it knows."
                );
                let instead = "A second type with the new shape, and a new column of that type beside the old one.";
                out.push(Found::new(&ATTRIBUTE, step, step.start(), problem, instead));
            }
        }
        _ => {}
    }
}

fn taken(
    step: &Step<'_>,
    scene: &Scene<'_>,
    at: usize,
    table: &Name,
    action: &Action<'_>,
) -> Option<Found> {
    let found = match action {
        Action::DropConstraint { name, .. } => return constraint(step, scene, at, table, name),
        Action::AlterColumn(column, Change::DropDefault) => {
            let known = scene.schema.table(table)?.columns.get(&column.text)?;
            if !known.not_null {
                return None;
            }
            let of = dotted(table, &column.to_string());
            let problem = format!(
                "{of} is NOT NULL: an INSERT of the running release that leaves it out fails from here on."
            );
            Found::new(&DEFAULT, step, at, problem, CONTRACT)
        }
        Action::AlterColumn(column, Change::DropGenerated) => {
            let of = dotted(table, &column.to_string());
            let problem = format!(
                "Postgres does not make {of} any more: the running release does not write it, so that it stays NULL or the INSERT fails."
            );
            Found::new(&GENERATED, step, at, problem, CONTRACT)
        }
        Action::AlterColumn(column, Change::GeneratedAlways) => {
            let of = dotted(table, &column.to_string());
            let problem = format!(
                "{of} may not be given any more: an INSERT of the running release that writes it fails."
            );
            Found::new(&GENERATED, step, at, problem, CONTRACT)
        }
        Action::AlterColumn(column, Change::Sequence) => {
            return Some(sequence(step, at, &dotted(table, &column.to_string())));
        }
        Action::ReplicaIdentity { nothing: true } => {
            let problem = format!(
                "With REPLICA IDENTITY NOTHING, every UPDATE and DELETE of {table} fails where the table is published."
            );
            let instead = "REPLICA IDENTITY DEFAULT, with a primary key; or USING INDEX.";
            Found::new(&REPLICA, step, at, problem, instead)
        }
        _ => return None,
    };
    Some(found.locking(Lock::AccessExclusive, table))
}

fn sequence(step: &Step<'_>, at: usize, of: &str) -> Found {
    let problem = format!(
        "The numbers of {of} go on elsewhere: one that is in use already makes the running release's INSERT fail."
    );
    let instead = "setval(…, (SELECT max(…) FROM …)), or leave it as it is.";
    Found::new(&SEQUENCE, step, at, problem, instead)
}

fn constraint(
    step: &Step<'_>,
    scene: &Scene<'_>,
    at: usize,
    table: &Name,
    name: &Ident,
) -> Option<Found> {
    let known_table = scene.schema.table(table);
    let known = known_table
        .and_then(|it| it.constraints.get(&name.text))
        .map(|it| &it.kind);
    if is_put_again(scene, table, name, known) || known_table.is_some_and(|it| is_helper(it, known))
    {
        return None;
    }
    let what = match known {
        Some(KnownKind::Unique(_) | KnownKind::Primary(_)) => {
            "ON CONFLICT that names its columns fails in the running release, look-ups read the whole table, and equal rows can come in"
        }
        Some(KnownKind::Foreign(_)) => "rows can point at nothing from here on",
        Some(KnownKind::Check(_) | KnownKind::Exclude) => {
            "rows can come in that the running release does not expect"
        }
        None => {
            "rows can come in that it kept out, and ON CONFLICT that relies on it fails in the running release"
        }
    };
    let problem = format!("Without {name}, {what}.");
    Some(Found::new(&CONSTRAINT, step, at, problem, CONTRACT).locking(Lock::AccessExclusive, table))
}

/// Whether the revision puts another of its kind, or of its name, in its place.
fn is_put_again(scene: &Scene<'_>, table: &Name, name: &Ident, known: Option<&KnownKind>) -> bool {
    scene.steps.iter().any(|step| {
        let Statement::AlterTable(alter) = &step.statement else {
            return false;
        };
        alter.table.may_be(table)
            && alter.actions.iter().any(|(_, action)| {
                let Action::AddConstraint(added) = action else {
                    return false;
                };
                let same_kind = matches!(
                    (&added.kind, known),
                    (ConstraintKind::Check(_), Some(KnownKind::Check(_)))
                        | (ConstraintKind::Foreign(..), Some(KnownKind::Foreign(_)))
                        | (ConstraintKind::Unique(..), Some(KnownKind::Unique(_)))
                        | (ConstraintKind::Primary(..), Some(KnownKind::Primary(_)))
                );
                same_kind
                    || added
                        .name
                        .as_ref()
                        .is_some_and(|added| added.text == name.text)
            })
    })
}

/// A CHECK that only was there to spare a read: NOT NULL says the same by now, or the table is a
/// partition by now.
fn is_helper(table: &KnownTable, known: Option<&KnownKind>) -> bool {
    let Some(KnownKind::Check(check)) = known else {
        return false;
    };
    let filled = |column: &String| table.columns.get(column).is_some_and(|it| it.not_null);
    let only = check.not_null.len() == 1 && check.words.len() <= 6;
    (only && check.not_null.iter().all(filled)) || table.part_of.is_some()
}

fn index(step: &Step<'_>, scene: &Scene<'_>, name: &Name) -> Option<Found> {
    let (table, index) = scene.schema.index(&name.name)?;
    let index = index.filter(|index| index.is_unique)?;
    let others = table
        .keys()
        .filter(|(columns, is_unique)| *is_unique && **columns == index.columns);
    if scene.is_ours(&table.name) || others.count() > 1 {
        return None;
    }
    let columns = index.columns.join(", ");
    let problem = format!(
        "{name} is unique: ON CONFLICT ({columns}) fails in the running release, and equal rows can come in."
    );
    Some(Found::new(&CONSTRAINT, step, name.at, problem, CONTRACT))
}
