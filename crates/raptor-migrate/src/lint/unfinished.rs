//! Lines in which a file says what is still to be done by hand. It looks at no statement.

use super::rule::{Found, LintRule};
use super::step::Key;
use crate::report::Direction;
use crate::revision::Revision;

pub(super) const UNFINISHED: LintRule = LintRule::error(
    "unfinished",
    "a line that begins with `-- To do by hand:`, which nobody has read and done yet",
)
.and_down();

/// A statement that there is not: what is still to be done cannot be allowed away.
const NOWHERE: Key = Key {
    part: usize::MAX,
    statement: usize::MAX,
};

/// The lines of one direction; what stands above the first section belongs to the way up.
pub(super) fn found(revision: &Revision, direction: Direction) -> impl Iterator<Item = Found> {
    let of_direction = move |in_down: bool| in_down == (direction == Direction::Down);
    let lines = revision
        .undone
        .iter()
        .filter(move |it| of_direction(it.in_down));
    lines.map(|it| {
        let problem = format!("Line {} {}.", it.place.line, it.says());
        Found {
            rule: &UNFINISHED,
            key: NOWHERE,
            engine: None,
            place: it.place,
            statement: String::new(),
            lock: None,
            table: None,
            work: None,
            problem,
            instead: "Do it, in this file or before the revision runs, and take the line away."
                .to_owned(),
        }
    })
}
