//! One table that is made.

use super::needs::Unit;
use super::{column, is_inherited, options, q};
use crate::catalog::{Constraint, Relation, RelationKind};

/// The statement that makes it, without foreign keys.
pub(super) fn create(new: &Relation, unit: &mut Unit) {
    let own = |it: &str| new.properties.get(it);
    let mut lines: Vec<String> = Vec::new();
    for it in new
        .columns
        .iter()
        .filter(|it| !is_inherited(&it.properties))
    {
        match own("of type") {
            None => lines.push(column::text(new, it)),
            // The type says the rest.
            Some(_) => {
                let rules = column::rules(new, it);
                let line = format!("{} WITH OPTIONS{rules}", q(&it.name));
                lines.extend(Some(line).filter(|_| !rules.is_empty()));
            }
        }
    }
    for constraint in new.constraints.iter().filter(|it| is_inside(it)) {
        lines.push(constraint_text(constraint));
    }
    let kind = match (new.kind, own("persistence")) {
        (RelationKind::ForeignTable, _) => "FOREIGN TABLE",
        (_, Some("unlogged")) => "UNLOGGED TABLE",
        _ => "TABLE",
    };
    let mut text = format!("CREATE {kind} {}", q(&new.name));
    let body = match &lines[..] {
        [] => String::new(),
        lines => format!("\n    {}\n", lines.join(",\n    ")),
    };
    let short = if lines.is_empty() {
        String::new()
    } else {
        format!(" ({body})")
    };
    match (own("partition bound"), own("inherits")) {
        (Some(bound), Some(parent)) => {
            text.push_str(&format!(" PARTITION OF {parent}{short} {bound}"));
        }
        _ if own("of type").is_some() => {
            let of = own("of type").unwrap_or_default();
            text.push_str(&format!(" OF {of}{short}"));
        }
        (_, inherits) => {
            text.push_str(&format!(" ({body})"));
            if let Some(parents) = inherits {
                text.push_str(&format!(" INHERITS ({parents})"));
            }
        }
    }
    if let Some(key) = own("partition key") {
        text.push_str(&format!(" PARTITION BY {key}"));
    }
    if let Some(server) = own("server") {
        let options = options::foreign(own("server options"));
        text.push_str(&format!(" SERVER {}{options}", q(server)));
    }
    if let Some(with) = options::with(own("options"), own("toast options")) {
        text.push_str(&format!(" WITH {with}"));
    }
    unit.run_needing(text);
}

/// Whether a constraint stands in the statement that makes the table.
pub(super) fn is_inside(constraint: &Constraint) -> bool {
    is_own(constraint) && constraint.kind != "foreign key" && constraint.validated
}

/// Whether a constraint is the table's own, and not its parent's or a trigger's.
pub(super) fn is_own(constraint: &Constraint) -> bool {
    !is_inherited(&constraint.properties) && constraint.kind != "trigger"
}

pub(super) fn constraint_text(constraint: &Constraint) -> String {
    let name = constraint.name.as_ref();
    let name = name.map_or(String::new(), |name| format!("CONSTRAINT {} ", q(name)));
    format!("{name}{}", constraint.definition)
}
