//! Who may do what on Postgres: declared in one file, applied in one transaction, and proved by attempt with
//! the real logins.

mod apply;
mod catalog;
mod declaration;
mod error;
mod facts;
mod plan;
mod wanted;

pub use apply::Applied;
pub use declaration::{
    At, Declaration, Grant, Grants, Kind, Name, Place, Role, Rows, Scope, Table, Verb, Way,
};
pub use error::{Error, ErrorKind, Result};
pub use facts::{Acl, Attributes, Facts, Member, Object};
pub use plan::{Plan, Step};
