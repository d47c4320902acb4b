//! Reads the revisions of a chain and finds what is dangerous to run: statements that hold up the
//! running release, rewrite a table, break what is deployed, lose rows, or weaken protection.
//!
//! It asks no database. What it claims about locks and rewrites is held against a real server by
//! the tests.

mod allow;
mod catalog;
mod claim;
mod cost;
mod data;
mod drops;
mod eye;
mod held;
mod locks;
mod merge;
mod names;
mod options;
mod phase;
mod postgres;
mod report;
mod routines;
mod rule;
mod rules;
mod scene;
mod schema;
mod shared;
mod sql;
mod sqlite;
mod step;
mod tables;
#[cfg(test)]
mod tests;
mod unfinished;
mod walk;

pub use claim::{Lock as TableLock, Work as TableWork};
pub use options::LintOptions;
pub use report::{Lint, LintAllowed, LintFinding, LintLock, Severity};
pub use rule::LintRule;

use crate::chain::Chain;

/// Looks at the revisions of a chain.
///
/// Each is looked at as each engine gets it. What the revisions before it have made is known: a
/// table that a revision makes itself is empty and unknown to the running release, so nothing that
/// is done to it there is dangerous; a type is only changed where the old one is known; a NOT NULL
/// costs nothing once a validated CHECK says the same.
///
/// A comment directly before a statement allows a finding, with a reason:
/// `-- lint: allow drop-column because no release has read it since 2.4`.
///
/// ```
/// use raptor_migrate::{Chain, LintOptions, lint};
/// let chain = Chain::embedded(&[
///     ("1.sql", "-- raptor: id=a1\n-- raptor:up\nCREATE TABLE notes (id text NOT NULL PRIMARY KEY, body text);\n"),
///     ("2.sql", "-- raptor: id=b2 revises=a1\n-- raptor:up postgres\n\
///                ALTER TABLE notes\n    ALTER COLUMN body SET NOT NULL;\n-- raptor:up sqlite\n"),
/// ])?;
/// let found = lint(&chain, &LintOptions::default());
/// let one = &found.findings[0];
/// assert_eq!((one.rule, one.line, one.column), ("set-not-null", 4, 5));
/// assert_eq!(one.lock.map(|lock| lock.as_str()), Some("ACCESS EXCLUSIVE"));
/// assert!(!found.holds());
/// # Ok::<(), raptor_migrate::Error>(())
/// ```
pub fn lint(chain: &Chain, options: &LintOptions) -> Lint {
    walk::walk(chain, options)
}

/// Every rule of [`lint`].
///
/// ```
/// assert!(raptor_migrate::lint_rules().any(|rule| rule.name == "grant-to-public"));
/// ```
pub fn lint_rules() -> impl Iterator<Item = &'static LintRule> {
    rules::ALL.iter().copied()
}
