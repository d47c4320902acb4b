//! What hangs on tables, as nodes.

use crate::catalog::node::Node;
use crate::catalog::part::{Constraint, Index, Policy, Rule, Trigger};

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

pub(super) fn index(index: &Index, fold: bool) -> Node<'_> {
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

pub(super) fn trigger(trigger: &Trigger, fold: bool) -> Node<'_> {
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

pub(super) fn rule(rule: &Rule) -> Node<'_> {
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

pub(super) fn policy(policy: &Policy) -> Node<'_> {
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
