//! Tables and views as nodes.

mod objects;
mod parts;

use super::Catalog;
use super::node::Node;
use super::relation::{Column, Generated, Identity, Relation};
use parts::{constraint, index, policy, rule, trigger};
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
        .optional("type", Some(type_name.as_str()).filter(|it| !it.is_empty()))
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
            comment,
            grants,
        } = identity;
        let kind = if *always { "always" } else { "by default" };
        node = node
            .text("identity", kind)
            .text("identity's sequence", sequence)
            .text("identity's options", options)
            .optional("identity's comment", comment.as_deref())
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
