//! The calls of functions in a statement that runs them.

use super::word::{Word, fold, split};
use raptor_db::Engine;

/// A call: the function's name without its schema, where that stands, and the arguments.
#[derive(Debug, Clone)]
pub(in crate::lint) struct Called<'w, 's> {
    pub(in crate::lint) name: String,
    pub(in crate::lint) at: usize,
    pub(in crate::lint) arguments: Vec<&'w [Word<'s>]>,
}

impl Called<'_, '_> {
    /// What an argument says, if it is one string.
    pub(in crate::lint) fn string(&self, argument: usize) -> Option<String> {
        let text = self.arguments.get(argument)?.first()?.content()?.0;
        Some(text.to_ascii_lowercase())
    }
}

/// What is called when the statement runs, in the order in which it stands there. A definition only
/// names what others will call.
pub(in crate::lint) fn calls<'w, 's>(words: &'w [Word<'s>]) -> Vec<Called<'w, 's>> {
    let words = running(words);
    let mut calls = Vec::new();
    for (place, pair) in words.windows(2).enumerate() {
        let is_list = place
            .checked_sub(1)
            .is_some_and(|before| words[before].is_any(&["into", "table"]));
        if !pair[1].is_symbol("(") || is_list {
            continue;
        }
        if let Some(name) = fold(&pair[0], Engine::Postgres) {
            calls.push(Called {
                name,
                at: pair[0].at,
                arguments: arguments(&words[place + 1..]),
            });
        }
    }
    calls
}

/// The words that are worked out when the statement runs.
fn running<'w, 's>(words: &'w [Word<'s>]) -> &'w [Word<'s>] {
    let Some(first) = words.first() else {
        return words;
    };
    if first.is_any(&["alter", "drop", "grant", "revoke", "comment", "security"]) {
        return &[];
    }
    if !first.is("create") {
        return words;
    }
    // A table or view that a query fills.
    let fills = words
        .iter()
        .take(4)
        .any(|word| word.is_any(&["table", "materialized"]));
    let query = split(words, "as").first().map_or(0, |head| head.len());
    if fills {
        words.get(query..).unwrap_or_default()
    } else {
        &[]
    }
}

/// What stands between the bracket that `words` begin with and its other half.
fn arguments<'w, 's>(words: &'w [Word<'s>]) -> Vec<&'w [Word<'s>]> {
    let mut depth = 0usize;
    let end = words.iter().position(|word| {
        if word.opens() {
            depth += 1;
        } else if word.closes() {
            depth = depth.saturating_sub(1);
        }
        depth == 0
    });
    let inside = words.get(1..end.unwrap_or(words.len()));
    split(inside.unwrap_or_default(), ",")
}
