//! Names that are too long.

use crate::lint::rule::{Found, LintRule};
use crate::lint::step::Step;
use raptor_db::lexer::TokenKind;

pub(in crate::lint) const LONG: LintRule = LintRule::error(
    "name-too-long",
    "a name of more than 63 bytes, of which Postgres cuts the end off",
)
.and_down();

/// How many bytes of a name Postgres keeps.
const LONGEST: usize = 63;

pub(super) fn look(step: &Step<'_>, out: &mut Vec<Found>) {
    for word in &step.words {
        let bytes = match word.kind {
            TokenKind::Word => word.text.len(),
            TokenKind::QuotedIdent => word.text.trim_matches('"').replace("\"\"", "\"").len(),
            _ => continue,
        };
        if bytes > LONGEST {
            let cut = word.text.trim_matches('"');
            let cut: String = cut.chars().take(20).collect();
            let problem = format!(
                "The name {cut}… has {bytes} bytes: Postgres cuts it after {LONGEST}, so that it is called otherwise than written, and two of them can be the same."
            );
            let instead = format!("A name of {LONGEST} bytes or less.");
            out.push(Found::new(&LONG, step, word.at, problem, instead));
        }
    }
}
