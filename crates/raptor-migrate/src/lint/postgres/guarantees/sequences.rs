//! `setval`: numbers that go on from where a text says.

use super::sequence;
use crate::lint::rule::Found;
use crate::lint::scene::Scene;
use crate::lint::sql::{self, Called, Object, Statement};
use crate::lint::step::Step;

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    for call in sql::calls(&step.words) {
        let of = call.arguments.first();
        if call.name != "setval" || is_counted(&call) || is_ours(&call, scene) {
            continue;
        }
        let of = of.map_or_else(String::new, |of| sql::text(of));
        out.push(sequence(step, call.at, &of));
    }
}

/// Whether the number is the largest that is there.
fn is_counted(call: &Called<'_, '_>) -> bool {
    let number = call.arguments.get(1).copied().unwrap_or_default();
    number.iter().any(|word| word.is("max"))
}

/// Whether this direction has made the sequence, or the table that it belongs to.
fn is_ours(call: &Called<'_, '_>, scene: &Scene<'_>) -> bool {
    let named = call.arguments.first().copied().unwrap_or_default();
    let strings = named.iter().filter_map(|word| word.content());
    let named: Vec<String> = strings
        .map(|(text, _)| {
            let last = text.rsplit('.').next().unwrap_or(text);
            last.trim_matches('"').to_ascii_lowercase()
        })
        .collect();
    let is = |name: &str| {
        let of_table = format!("{name}_");
        named
            .iter()
            .any(|it| it == name || it.starts_with(&of_table))
    };
    scene
        .earlier()
        .iter()
        .any(|earlier| match &earlier.statement {
            Statement::Create {
                object: Object::Sequence,
                name,
                ..
            } => is(&name.name),
            Statement::CreateTable(table) => scene.is_ours(&table.name) && is(&table.name.name),
            _ => false,
        })
}
