//! How migrations run, and what is told on the way.

use super::blockers::Blocker;
use super::stop::Stop;
use crate::report::{Direction, StepRow};
use crate::revision::LockWait;
use crate::steps::Steps;
use std::time::Duration;

/// How migrations run.
///
/// ```
/// let mut options = raptor_migrate::Options::default();
/// options.schema = Some("raptor".to_owned());
/// options.role = Some("raptor_owner".to_owned());
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// Postgres: the schema to work in; made if it is missing, and alone on the search path. `None`
    /// leaves the login's own. SQLite has no schemas and ignores it.
    pub schema: Option<String>,
    /// Postgres: the role to become, which then owns what is made; a revision's `role=` comes first.
    /// `None` stays the login. SQLite has no roles and ignores it.
    pub role: Option<String>,
    /// How long to wait while another deployer migrates; 15 min.
    pub lock_wait: Duration,
    /// Postgres: how long a statement waits for a lock that others hold, and how many tries a
    /// revision has; a revision's `lock=` comes first. 2 s, 20 tries.
    pub lock: LockWait,
    /// How long all of it may take, waits included; 50 min. Postgres stops a statement at its end;
    /// on SQLite it is looked at between revisions.
    pub budget: Duration,
    /// Whether a row that the chain does not know is an error, and not a newer release.
    pub strict: bool,
    /// Revisions whose file may differ from what was applied; the new text is noted.
    pub allow_edited: Vec<String>,
    /// The steps that `-- raptor:call` can run.
    pub steps: Steps,
    /// What the log calls this release.
    pub release: Option<String>,
    /// Asks the run to stop before its end.
    pub stop: Stop,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            schema: None,
            role: None,
            lock_wait: Duration::from_mins(15),
            lock: LockWait {
                timeout: Duration::from_secs(2),
                tries: 20,
            },
            budget: Duration::from_mins(50),
            strict: false,
            allow_edited: Vec::new(),
            steps: Steps::new(),
            release: None,
            stop: Stop::default(),
        }
    }
}

/// What happens, while it happens.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'e> {
    /// Another deployer migrates; said once.
    Waiting,
    /// A revision begins.
    Started {
        /// Its id.
        id: &'e str,
        /// Its title, if its file has one.
        title: Option<&'e str>,
        /// Which way it runs.
        direction: Direction,
        /// Which one it is of this run, from 1.
        number: usize,
        /// How many there are in this run.
        of: usize,
    },
    /// A statement, a batch of a step, or the rebuild of a table begins.
    Working {
        /// The revision's id.
        id: &'e str,
        /// Which statement or step of the revision it is, from 1.
        number: usize,
        /// How many the revision has.
        of: usize,
    },
    /// A lock was not given in time. The revision was rolled back and is tried again after a pause.
    Blocked {
        /// The revision's id.
        id: &'e str,
        /// Who held the lock, as far as the server tells.
        by: &'e [Blocker],
        /// Which try this was, from 1.
        tried: u32,
        /// How many there are.
        of: u32,
    },
    /// A revision is committed.
    Finished(&'e StepRow),
    /// A revision with `tx=off` ended before its end, and those of its statements stay that the log
    /// has noted; the error follows.
    HalfRun(&'e StepRow),
}
