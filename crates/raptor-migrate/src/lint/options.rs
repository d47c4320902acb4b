//! What to lint, and with which rules.

use raptor_db::Engine;
use std::collections::BTreeSet;

/// What to lint, and with which rules.
///
/// ```
/// let mut options = raptor_migrate::LintOptions::default();
/// options.only = Some(["b2".to_owned()].into());
/// options.leave_out.insert("varchar-length".to_owned());
/// options.pg_version = 17;
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LintOptions {
    /// The ids of the revisions to look at, for example those that are not applied yet; `None` is
    /// all. The others are read all the same: they say which tables there are.
    pub only: Option<BTreeSet<String>>,
    /// Names of rules whose findings are not wanted.
    pub leave_out: BTreeSet<String>,
    /// Names of rules that are not looked at unless they are named here.
    pub also: BTreeSet<String>,
    /// The oldest major version of Postgres that the chain runs on; 13.
    pub pg_version: u32,
    /// The engines whose sections are looked at; both.
    pub engines: Vec<Engine>,
    /// Whether the `down` sections are looked at too, by the rules that mean something there.
    pub down: bool,
    /// The tables that a declaration of access names. A table that is made and is not among them is
    /// found; `None` when there is no declaration.
    pub declared_tables: Option<BTreeSet<String>>,
}

impl Default for LintOptions {
    fn default() -> Self {
        Self {
            only: None,
            leave_out: BTreeSet::new(),
            also: BTreeSet::new(),
            pg_version: 13,
            engines: vec![Engine::Postgres, Engine::Sqlite],
            down: true,
            declared_tables: None,
        }
    }
}
