//! Who may do what on Postgres: declared in one file, applied in one transaction, and proved by attempt with
//! the real logins.

mod apply;
mod catalog;
mod context;
mod declaration;
mod error;
mod explain;
mod facts;
mod fits;
mod keep;
mod kept;
mod plan;
mod proof;
mod rotate;
mod sqlite;
mod text;
mod wanted;
mod watch;

pub use apply::Applied;
pub use context::ContextKey;
pub use declaration::{
    At, Declaration, Function, Grant, Grants, Group, Kind, Name, Place, Role, Rows, Scope, Seen,
    Table, Verb, Way,
};
pub use error::{Error, ErrorKind, Result};
pub use explain::{Explained, Why};
pub use facts::{
    Acl, Attributes, Column, Facts, Given, Guard, Here, Member, Object, Policy, Relation, Routine,
};
pub use kept::Kept;
pub use plan::{Plan, Step};
pub use proof::{Line, Means, Proof, Verdict};
pub use rotate::{Method, Rotated, Rotation, SecretStore, Turn};

/// The JSON Schema of the file.
///
/// ```
/// let schema: serde_json::Value = serde_json::from_str(raptor_access::SCHEMA)?;
/// assert_eq!(schema["properties"]["version"]["const"], 1);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub const SCHEMA: &str = include_str!("declaration/schema.json");
