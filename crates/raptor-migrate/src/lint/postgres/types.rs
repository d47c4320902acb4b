//! Domains and enums.

use crate::lint::claim::{Lock, Work};
use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql::{AlterDomain, EnumValue, Statement};
use crate::lint::step::Step;
use raptor_db::lexer::TokenKind;

pub(in crate::lint) const DOMAIN: LintRule = LintRule::warning(
    "domain-constraint",
    "a domain demands something, which cannot be changed later without reading every table that uses it",
);
pub(in crate::lint) const ALTER_DOMAIN: LintRule = LintRule::error(
    "alter-domain",
    "a domain's new demand is looked at in every table that uses it while writes wait",
)
.and_down();
pub(in crate::lint) const ENUM_IN_USE: LintRule = LintRule::error(
    "enum-value-in-use",
    "a value is added to an enum and used in the same transaction, which Postgres refuses",
)
.and_down();
pub(in crate::lint) const ENUM_PLACE: LintRule = LintRule::warning(
    "enum-value-unplaced",
    "a value is added to an enum without BEFORE or AFTER, and sorts last",
)
.opt_in();

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    match &step.statement {
        Statement::CreateDomain {
            name,
            constrained: Some(at),
            ..
        } => {
            let problem = format!(
                "Whatever {name} demands is demanded of every column of that type: to change it later, all of their tables are read while writes to them wait, and a new column of that type rewrites its table."
            );
            let instead = "A plain type, and a CHECK on each column, which can be added with NOT VALID and validated later.";
            out.push(Found::new(&DOMAIN, step, *at, problem, instead));
        }
        Statement::AlterDomain { name, change } if !scene.schema.is_new_type(&name.name) => {
            let reads = match change {
                AlterDomain::Add { not_valid } => !not_valid,
                AlterDomain::SetNotNull | AlterDomain::Validate => true,
                AlterDomain::Drop | AlterDomain::Other => false,
            };
            if reads {
                let problem = format!(
                    "Every table with a column of type {name} is read, and all writes to it wait meanwhile; VALIDATE CONSTRAINT of a domain is no better."
                );
                let instead = format!(
                    "ALTER DOMAIN {name} ADD … NOT VALID binds new rows and reads nothing. For the old ones use a CHECK on each table, added with NOT VALID and validated, which lets writes go on."
                );
                let found = Found::new(&ALTER_DOMAIN, step, step.start(), problem, instead);
                out.push(
                    Found {
                        lock: Some(Lock::Share),
                        ..found
                    }
                    .working(Work::Reads),
                );
            }
        }
        Statement::EnumValue(value) if !value.renames => {
            if !value.is_placed {
                let problem = format!("The value sorts after all others of {}.", value.name);
                let instead = "Say BEFORE or AFTER which value it stands.";
                out.push(Found::new(
                    &ENUM_PLACE,
                    step,
                    value.value.at,
                    problem,
                    instead,
                ));
            }
            out.extend(in_use(step, scene, value));
        }
        _ => {}
    }
}

/// The first later statement of the same transaction that names the new value.
fn in_use(step: &Step<'_>, scene: &Scene<'_>, value: &EnumValue<'_>) -> Option<Found> {
    // Postgres 17 and later know that a type is new itself.
    let is_new = scene.pg_version >= 17 && scene.schema.is_new_type(&value.name.name);
    if !scene.is_whole() || is_new || value.value.kind != TokenKind::String {
        return None;
    }
    let written = value.value.text;
    let (user, word) = scene.later().iter().find_map(|later| {
        let word = later
            .words
            .iter()
            .find(|word| word.kind == TokenKind::String && word.text == written)?;
        Some((later, word))
    })?;
    let name = &value.name;
    let problem = format!(
        "{written} was added to {name} in this transaction, and cannot be used before it has been committed: the statement fails."
    );
    let added = step.place(value.value.at).line;
    let instead =
        format!("Leave line {added} here and put what uses the value into the next revision.");
    Some(Found::new(&ENUM_IN_USE, user, word.at, problem, instead))
}
