//! The migration chain: one plain SQL file per revision, on SQLite and Postgres.
//!
//! A [`Chain`] is the graph of all [`Revision`]s, read from texts in the binary or from a folder.
//! [`upgrade`] brings a database to a revision, each revision in one transaction with its move of
//! the head; [`current`], [`history`] and [`status`] only look. The table of versions is Alembic's,
//! byte for byte.
//!
//! This crate never writes to a database but in [`upgrade`] and [`downgrade`], and never prints.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use raptor_db::{Config, Db};
//! use raptor_migrate::{Chain, Options, Status, status, upgrade};
//!
//! let chain = Chain::embedded(&[(
//!     "20260101_4f1c0a9be312_customers.sql",
//!     "-- raptor: id=4f1c0a9be312\n\
//!      -- raptor:up\nCREATE TABLE customers (id text PRIMARY KEY);\n\
//!      -- raptor:down\nDROP TABLE customers;\n",
//! )])?;
//! let folder = tempfile::tempdir()?;
//! let db = Db::open(Config::new(&format!("sqlite:{}/dev.db", folder.path().display()))?).await?;
//!
//! let done = upgrade(&db, &chain, "head", &Options::default(), |_| {}).await?;
//! assert_eq!(done.versions, ["4f1c0a9be312"]);
//! assert_eq!(status(&db, &chain, &Options::default()).await?, Status::AtHead);
//! # Ok(())
//! # }
//! ```

mod catalog;
mod chain;
mod check;
mod draft;
mod error;
mod fingerprint;
mod guard;
pub mod import;
mod lint;
mod log;
mod offline;
mod parse;
mod place;
mod plan;
mod print;
mod rehearse;
mod report;
mod revision;
mod runner;
mod solitary;
mod status;
mod steps;
mod target;
mod version;

pub use catalog::{
    Catalog, Column, Constraint, DefaultPrivileges, Difference, DifferenceKind, Extension,
    Generated, Grant, Identity, Index, Other, Policy, Properties, Relation, RelationKind, Routine,
    Rule, Schema, Sequence, Trigger, Type, catalog, catalog_of,
};
pub use chain::Chain;
pub use check::{check, drift, prove_squashes};
pub use draft::Draft;
pub use error::{Error, ErrorKind, Result};
pub use lint::{
    Lint, LintAllowed, LintFinding, LintLock, LintOptions, LintRule, Severity, TableLock,
    TableWork, lint, lint_rules,
};
pub use offline::offline;
pub use rehearse::rehearse;
pub use report::{
    BranchRow, Branches, Checked, Current, CurrentRow, Direction, Finding, History, HistoryRow,
    Observed, Plan, Ran, Rehearsal, Rehearsed, Script, Stamped, StepRow,
};
pub use revision::{
    Call, Dependency, LockWait, Part, Phase, Rebuild, Replaces, Revision, Section, Statement,
};
pub use runner::{Blocker, Event, Options, downgrade, stamp, upgrade};
pub use status::{Status, branches, current, heads, history, plan, show, status};
pub use steps::{Batch, BatchFuture, Progress, Step, Steps};
