//! What the log says of the past.

use super::entry::Written;
use raptor_db::from_row;
use std::collections::HashMap;
use time::OffsetDateTime;

from_row! {
    /// What an entry says of a revision's text.
    #[derive(Debug)]
    pub(crate) struct Body {
        pub(crate) revision: String,
        pub(crate) action: String,
        pub(crate) body_sha256: Option<String>,
        pub(crate) finished_at: OffsetDateTime,
    }
}

from_row! {
    /// The revisions that an entry speaks of.
    #[derive(Debug)]
    pub(crate) struct Past {
        pub(crate) revision: String,
        pub(crate) versions: String,
    }
}

from_row! {
    /// A revision that was begun and not brought to its end.
    #[derive(Debug)]
    pub(crate) struct Half {
        pub(crate) revision: String,
        pub(crate) statements: i64,
    }
}

/// What was applied under each id and not taken back since: when, and the text that was accepted
/// last.
pub(crate) fn applied(bodies: &[Body]) -> HashMap<&str, (OffsetDateTime, &str)> {
    let mut applied = HashMap::new();
    for entry in bodies {
        let id = entry.revision.as_str();
        match (entry.action.as_str(), &entry.body_sha256) {
            ("up", Some(body)) => {
                applied.insert(id, (entry.finished_at, body.as_str()));
            }
            ("down", _) => {
                applied.remove(id);
            }
            ("accept", Some(body)) => {
                if let Some((_, known)) = applied.get_mut(id) {
                    *known = body;
                }
            }
            _ => {}
        }
    }
    applied
}

/// All entries, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Logged(pub(crate) Vec<Written>);

impl Logged {
    /// The last text that was applied under each id, which holds its way back.
    pub(crate) fn files(&self) -> HashMap<&str, &str> {
        let ups = self.0.iter().filter(|entry| entry.action == "up");
        ups.filter_map(|entry| Some((entry.revision.as_str(), entry.file.as_deref()?)))
            .collect()
    }

    /// What of a revision's way in one direction is done, when it was begun and not finished: with
    /// `tx=off`, statement by statement.
    pub(crate) fn unfinished(&self, revision: &str) -> Vec<&Written> {
        let is_stamp = |entry: &&Written| entry.action == "stamp";
        let of_it: Vec<&Written> = self
            .0
            .iter()
            .filter(|entry| entry.revision == revision || is_stamp(entry))
            .collect();
        // A stamp says that the rows of the table of versions are all that there is.
        let ended = of_it
            .iter()
            .rposition(|entry| matches!(entry.action.as_str(), "up" | "down" | "stamp"));
        of_it[ended.map_or(0, |at| at + 1)..]
            .iter()
            .copied()
            .filter(|entry| matches!(entry.action.as_str(), "begin" | "statement" | "batch"))
            .collect()
    }

    /// The first place where the log does not follow from itself, and what is wrong there.
    pub(crate) fn broken(&self) -> Option<(i64, &'static str)> {
        let mut previous = "";
        for (number, entry) in (1..).zip(&self.0) {
            let wrong = if entry.position != number {
                "an entry is missing before it"
            } else if entry.previous_sha256 != previous {
                "it does not follow from the entry before it"
            } else if entry.sha256 != entry.hash() {
                "it was changed after it was written"
            } else {
                previous = &entry.sha256;
                continue;
            };
            return Some((entry.position, wrong));
        }
        None
    }
}
