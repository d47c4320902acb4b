//! Statements that run where nothing looks at them: on another server, in another language, or from
//! a text that is only put together when it runs.

use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql;
use crate::lint::step::Step;
use raptor_db::lexer::TokenKind;

pub(in crate::lint) const UNSEEN: LintRule = LintRule::warning(
    "unseen-statement",
    "a statement runs elsewhere, or from a text that is not at hand, and is not looked at",
)
.and_down();

const INSTEAD: &str = "Write the statement out in a section of its own; or see what it does, and allow it here with the reason.";

pub(super) fn look(step: &Step<'_>, _scene: &Scene<'_>, out: &mut Vec<Found>) {
    let mut add = |at: usize, problem: String| {
        out.push(Found::new(&UNSEEN, step, at, problem, INSTEAD));
    };
    for call in sql::calls(&step.words) {
        if call.name == "dblink" || call.name.starts_with("dblink_") {
            let problem = format!(
                "What {}() sends to another server is not looked at, and is no part of the revision's transaction.",
                call.name
            );
            add(call.at, problem);
        }
    }
    let Some(first) = step.words.first() else {
        return;
    };
    let has_text = step
        .words
        .iter()
        .any(|word| matches!(word.kind, TokenKind::String | TokenKind::DollarString));
    if step.is_inner && first.is("execute") && !has_text {
        let problem = "What EXECUTE runs is only put together when it runs, and is not looked at.";
        add(first.at, problem.to_owned());
    }
    if first.is("do")
        && let Some(language) = sql::language(&step.words)
        && language != "plpgsql"
    {
        add(
            first.at,
            format!("A block in {language} is not looked into."),
        );
    }
}
