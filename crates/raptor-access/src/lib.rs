//! Who may do what on Postgres: declared in one file, applied in one transaction, and proved by attempt with
//! the real logins.

mod apply;
mod catalog;
mod context;
mod declaration;
mod error;
mod facts;
mod keep;
mod plan;
mod proof;
mod text;
mod wanted;

pub use apply::Applied;
pub use context::ContextKey;
pub use declaration::{
    At, Declaration, Function, Grant, Grants, Kind, Name, Place, Role, Rows, Scope, Seen, Table,
    Verb, Way,
};
pub use error::{Error, ErrorKind, Result};
pub use facts::{
    Acl, Attributes, Column, Facts, Guard, Here, Member, Object, Policy, Relation, Routine,
};
pub use plan::{Plan, Step};
pub use proof::{Line, Means, Proof, Verdict};
