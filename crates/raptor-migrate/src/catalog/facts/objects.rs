//! What stands beside tables and views, as nodes.

use super::column;
use super::parts::constraint;
use crate::catalog::difference::DifferenceKind;
use crate::catalog::node::Node;
use crate::catalog::object::{
    DefaultPrivileges, Extension, Other, Routine, Schema, Sequence, Type,
};

pub(super) fn schema(schema: &Schema) -> Node<'_> {
    let Schema {
        owner,
        comment,
        grants,
    } = schema;
    // Its name is not compared: two schemas of different names can be the same.
    Node::keyed("the schema", "", String::new())
        .comment(comment.as_deref())
        .owned(owner.as_deref(), grants)
}

pub(super) fn sequence(sequence: &Sequence) -> Node<'_> {
    let Sequence {
        name,
        options,
        owned_by,
        owner,
        comment,
        grants,
        properties,
    } = sequence;
    Node::new("sequence", name)
        .text("options", options)
        .optional("owned by", owned_by.as_deref())
        .properties(properties)
        .comment(comment.as_deref())
        .owned(owner.as_deref(), grants)
}

pub(super) fn routine(routine: &Routine) -> Node<'_> {
    let Routine {
        name,
        kind,
        language,
        arguments,
        result,
        body,
        definition: _,
        owner,
        comment,
        grants,
        properties,
    } = routine;
    Node::new("routine", name)
        .text("kind", kind)
        .text("language", language)
        .text("arguments", arguments)
        .optional("result", result.as_deref())
        .properties(properties)
        .text("body", body)
        .comment(comment.as_deref())
        .owned(owner.as_deref(), grants)
}

pub(super) fn data_type(it: &Type) -> Node<'_> {
    let Type {
        name,
        kind,
        labels,
        base,
        not_null,
        default,
        collation,
        constraints,
        attributes,
        owner,
        comment,
        grants,
        properties,
    } = it;
    Node::new("type", name)
        .text("kind", kind)
        .list("labels", labels)
        .optional("base", base.as_deref())
        .optional("collation", collation.as_deref())
        .flag("not null", *not_null)
        .optional("default", default.as_deref())
        .properties(properties)
        .comment(comment.as_deref())
        .owned(owner.as_deref(), grants)
        .in_order(attributes.iter().map(|it| column("attribute", it, false)))
        .sorted(constraints.iter().map(|it| constraint(it, false)))
}

pub(super) fn extension(extension: &Extension) -> Node<'_> {
    let Extension {
        name,
        version,
        schema,
    } = extension;
    Node::new("extension", name)
        .version(version)
        .optional("schema", schema.as_deref())
}

pub(super) fn default_privileges(it: &DefaultPrivileges) -> Node<'_> {
    let DefaultPrivileges { name, grants } = it;
    let mut node = Node::new("default privileges for", name).grants(grants);
    node.missing = DifferenceKind::Grants;
    node
}

pub(super) fn other(other: &Other) -> Node<'_> {
    let Other {
        kind,
        name,
        definition,
        owner,
        comment,
        grants,
        properties,
    } = other;
    Node::new(kind, name)
        .optional("definition", definition.as_deref())
        .properties(properties)
        .comment(comment.as_deref())
        .owned(owner.as_deref(), grants)
}
