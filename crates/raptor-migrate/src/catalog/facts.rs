//! Tables and views as nodes.

mod objects;

use super::Catalog;
use super::node::Node;
use super::relation::{
    Column, Constraint, Generated, Identity, Index, Policy, Relation, Rule, Trigger,
};
use raptor_db::Engine;

impl Catalog {
    /// The whole of it, as one tree.
    pub(super) fn tree(&self) -> Node<'_> {
        let Self {
            engine,
            schema_name: _,
            schema,
            relations,
            sequences,
            routines,
            types,
            extensions,
            default_privileges,
            others,
        } = self;
        let fold = *engine == Engine::Sqlite;
        Node::keyed("", "", String::new())
            .sorted(schema.iter().map(objects::schema))
            .sorted(extensions.iter().map(objects::extension))
            .sorted(types.iter().map(objects::data_type))
            .sorted(sequences.iter().map(objects::sequence))
            .sorted(relations.iter().map(|it| relation(it, fold)))
            .sorted(routines.iter().map(objects::routine))
            .sorted(others.iter().map(objects::other))
            .sorted(default_privileges.iter().map(objects::default_privileges))
    }
}

fn relation(relation: &Relation, fold: bool) -> Node<'_> {
    let Relation {
        name,
        kind,
        owner,
        comment,
        definition,
        text: _,
        columns,
        constraints,
        indexes,
        triggers,
        rules,
        policies,
        row_security,
        force_row_security,
        grants,
        properties,
    } = relation;
    Node::new(kind.as_str(), name)
        .folded(fold)
        .optional("definition", definition.as_deref())
        .flag("row security", *row_security)
        .flag("forced row security", *force_row_security)
        .properties(properties)
        .comment(comment.as_deref())
        .owned(owner.as_deref(), grants)
        .in_order(columns.iter().map(|it| column("column", it, fold)))
        .sorted(constraints.iter().map(|it| constraint(it, fold)))
        .sorted(indexes.iter().map(|it| index(it, fold)))
        .sorted(triggers.iter().map(|it| trigger(it, fold)))
        .sorted(rules.iter().map(rule))
        .sorted(policies.iter().map(policy))
}

pub(super) fn column<'c>(kind: &'c str, column: &'c Column, fold: bool) -> Node<'c> {
    let Column {
        name,
        type_name,
        not_null,
        default,
        identity,
        generated,
        collation,
        comment,
        grants,
        properties,
    } = column;
    let mut node = Node::new(kind, name)
        .folded(fold)
        .text("type", type_name)
        .optional("collation", collation.as_deref())
        .flag("not null", *not_null)
        .optional("default", default.as_deref())
        .properties(properties)
        .comment(comment.as_deref())
        .grants(grants);
    if let Some(identity) = identity {
        let Identity {
            always,
            sequence,
            options,
            grants,
        } = identity;
        let kind = if *always { "always" } else { "by default" };
        node = node
            .text("identity", kind)
            .text("identity's sequence", sequence)
            .text("identity's options", options)
            .granted("grants on the identity's sequence to", grants);
    }
    if let Some(generated) = generated {
        let Generated { expression, stored } = generated;
        let kind = if *stored { "stored" } else { "virtual" };
        node = node
            .text("generated", kind)
            .text("generated as", expression);
    }
    node
}

/// One without a name is recognised by what it is over, and a check by what it says.
pub(super) fn constraint(constraint: &Constraint, fold: bool) -> Node<'_> {
    let Constraint {
        name,
        kind,
        columns,
        definition,
        deferrable,
        deferred,
        validated,
        comment,
        properties,
    } = constraint;
    let node = match name {
        Some(name) => Node::new("constraint", name).folded(fold),
        None if columns.is_empty() => {
            Node::keyed("constraint", definition, format!("\u{1}{definition}"))
        }
        None => {
            let what = format!("{kind} ({})", columns.join(", "));
            let key = format!("\u{1}{what}");
            Node::keyed("constraint", what, key)
        }
    };
    node.text("kind", kind)
        .text("definition", definition)
        .list("columns", columns)
        .flag("deferrable", *deferrable)
        .flag("deferred", *deferred)
        .flag("not valid", !*validated)
        .properties(properties)
        .comment(comment.as_deref())
}

fn index(index: &Index, fold: bool) -> Node<'_> {
    let Index {
        name,
        definition,
        text: _,
        unique,
        partial,
        valid,
        of_constraint,
        comment,
        properties,
    } = index;
    Node::new("index", name)
        .folded(fold)
        .text("definition", definition)
        .flag("unique", *unique)
        .flag("partial", *partial)
        .flag("not valid", !*valid)
        .flag("of a constraint", *of_constraint)
        .properties(properties)
        .comment(comment.as_deref())
}

fn trigger(trigger: &Trigger, fold: bool) -> Node<'_> {
    let Trigger {
        name,
        definition,
        text: _,
        enabled,
        comment,
        properties,
    } = trigger;
    Node::new("trigger", name)
        .folded(fold)
        .text("definition", definition)
        .text("enabled", enabled)
        .properties(properties)
        .comment(comment.as_deref())
}

fn rule(rule: &Rule) -> Node<'_> {
    let Rule {
        name,
        definition,
        enabled,
        comment,
    } = rule;
    Node::new("rule", name)
        .text("definition", definition)
        .text("enabled", enabled)
        .comment(comment.as_deref())
}

fn policy(policy: &Policy) -> Node<'_> {
    let Policy {
        name,
        command,
        permissive,
        roles,
        using,
        check,
        comment,
    } = policy;
    let kind = if *permissive {
        "permissive"
    } else {
        "restrictive"
    };
    Node::new("policy", name)
        .text("kind", kind)
        .text("command", command)
        .list("roles", roles)
        .optional("using", using.as_deref())
        .optional("check", check.as_deref())
        .comment(comment.as_deref())
}
