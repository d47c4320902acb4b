//! Row-level security as a declaration has it: who is guarded, by which policies, and the functions that find out
//! whom a session acts for.
//!
//! A policy compares a column with the value of a function that is asked once a statement, or with an array of such
//! values: nothing that is asked once a row, and nothing that keeps an index from being used.

use super::Wanted;
use super::resolver;
use crate::declaration::{Declaration, Kind, Name, Place, Rows, Scope, Seen, Verb, Way};
use crate::facts::{Facts, Guard, Object, Policy, Relation};
use crate::kept;
use crate::text::quoted;
use std::collections::{BTreeMap, BTreeSet};

/// The schema of what is made here, and not by the application.
pub(crate) const SCHEMA: &str = crate::declaration::OWN;

/// Adds what guards rows.
pub(super) fn add(declared: &Declaration, there: &Facts, wanted: &mut Wanted) {
    for (name, table) in &declared.tables {
        let relation = there.relations.get(name);
        let guarded = !table.rows.is_empty();
        let mut is_to_be = Relation {
            guard: Guard {
                enabled: guarded,
                forced: guarded,
            },
            ..Relation::default()
        };
        for (role, rows) in &table.rows {
            let shown = match &rows.it {
                Rows::All => "true".to_owned(),
                Rows::Of(seen) => predicate(declared, name, relation, (rows.place, seen), wanted),
            };
            let policy = policy("ALL", role, shown);
            is_to_be.policies.insert(format!("raptor_{role}"), policy);
            if let Rows::Of(seen) = &rows.it {
                for it in seen {
                    let function = resolver::signature(&it.scope);
                    wanted.give(Object::Function(function), role, Verb::Execute);
                    wanted.give(Object::Schema(SCHEMA.to_owned()), role, Verb::Usage);
                }
            }
        }
        wanted.facts.relations.insert(name.clone(), is_to_be);
    }
    for name in declared.views.keys() {
        let view = Relation {
            invoker: true,
            ..Relation::default()
        };
        wanted.facts.relations.insert(name.clone(), view);
    }
    if let Some(role) = declared.of_kind(Kind::Resolver)
        && !declared.scopes.is_empty()
    {
        let reads = resolver::reads(declared, there);
        resolver::add(declared, (there, &reads), role, wanted);
        may_read(role, &reads, wanted);
    }
    if declared.keeps_proofs {
        proofs(declared, wanted);
    }
}

/// Where proofs are kept, and all who log in see how they came out.
fn proofs(declared: &Declaration, wanted: &mut Wanted) {
    let (schema, table) = (Object::Schema(SCHEMA.to_owned()), kept::table());
    for object in [schema.clone(), Object::Relation(table.clone())] {
        let owner = declared.owner().to_owned();
        wanted.facts.owners.insert(object, owner);
    }
    let plain = Relation::default();
    wanted.facts.relations.insert(table.clone(), plain);
    for (role, it) in &declared.roles {
        if it.logins.is_empty() || it.kind == Kind::Owner {
            continue;
        }
        wanted.give(schema.clone(), role, Verb::Usage);
        for column in kept::SHOWN {
            let column = Object::Column(table.clone(), column.to_owned());
            wanted.give(column, role, Verb::Select);
        }
    }
}

/// The resolver reads what it needs, of all rows.
fn may_read(role: &str, reads: &BTreeMap<Name, BTreeSet<String>>, wanted: &mut Wanted) {
    for (name, columns) in reads {
        wanted.give(Object::Schema(name.schema.clone()), role, Verb::Usage);
        for column in columns {
            let column = Object::Column(name.clone(), column.clone());
            wanted.give(column, role, Verb::Select);
        }
        if let Some(relation) = wanted.facts.relations.get_mut(name)
            && relation.guard.enabled
        {
            let policy = policy("SELECT", role, "true".to_owned());
            relation.policies.insert(format!("raptor_{role}"), policy);
        }
    }
}

fn policy(command: &'static str, role: &str, shown: String) -> Policy {
    Policy {
        command,
        permissive: true,
        roles: BTreeSet::from([role.to_owned()]),
        shown: Some(shown),
        written: None,
    }
}

/// What is true of a row that is seen, written as Postgres writes it.
fn predicate(
    declared: &Declaration,
    name: &Name,
    relation: Option<&Relation>,
    (place, seen): (Place, &[Seen]),
    wanted: &mut Wanted,
) -> String {
    let mut parts = Vec::new();
    for it in seen {
        let scope = &declared.scopes[&it.scope];
        let of = relation.and_then(|it_is| it_is.columns.get(&it.column));
        match of {
            // That the table or the column is not there is told elsewhere.
            None if relation.is_none() => {}
            None => wanted.refuse(place, format!("{name} has no column {}", it.column)),
            Some(is) if is.type_name != scope.full_type() => wanted.refuse(
                place,
                format!(
                    "{name}.{} is {}, and the scope {} gives {}: they have to be the same, as no index is used through a cast",
                    it.column,
                    is.type_name,
                    it.scope,
                    scope.full_type()
                ),
            ),
            Some(is) if is.loose => wanted.refuse(
                place,
                format!(
                    "{name}.{} has a collation in which texts that differ are equal: rows would be those of several",
                    it.column
                ),
            ),
            Some(_) => {}
        }
        parts.push(compared(&it.column, &it.scope, scope));
    }
    match parts.len() {
        1 => parts.remove(0),
        _ => format!("({})", parts.join(" OR ")),
    }
}

/// `(customer_id = ( SELECT raptor_access.customer() AS customer))`.
fn compared(column: &str, name: &str, scope: &Scope) -> String {
    let type_name = scope.full_type();
    let is_short = type_name == "character varying";
    let column = quoted(column);
    let asked = format!("( SELECT \"{SCHEMA}\".\"{name}\"() AS \"{name}\")");
    match (&scope.way, is_short) {
        (Way::Query { .. }, false) => format!("({column} = ANY ({asked}::{type_name}[]))"),
        (Way::Query { .. }, true) => {
            format!("(({column})::text = ANY (({asked})::text[]))")
        }
        (_, false) => format!("({column} = {asked})"),
        (_, true) => format!("(({column})::text = ({asked})::text)"),
    }
}

impl Scope {
    /// The type's name as Postgres writes it.
    pub(crate) fn full_type(&self) -> String {
        match self.type_name.to_lowercase().as_str() {
            "int8" | "bigint" => "bigint",
            "int" | "int4" | "integer" => "integer",
            "int2" | "smallint" => "smallint",
            "varchar" | "character varying" => "character varying",
            "bool" | "boolean" => "boolean",
            "dec" | "decimal" | "numeric" => "numeric",
            "timestamptz" | "timestamp with time zone" => "timestamp with time zone",
            "timestamp" | "timestamp without time zone" => "timestamp without time zone",
            lower @ ("text" | "uuid" | "date" | "bytea" | "inet" | "macaddr") => {
                return lower.to_owned();
            }
            _ => &self.type_name,
        }
        .to_owned()
    }
}
