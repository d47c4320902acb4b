//! Takes over what another tool migrated so far.

mod alembic;
mod asked;
mod batch;
mod body;
mod choice;
mod config;
mod graph;
mod imported;
mod project;
mod proof;
mod recorder;
mod scratch;
mod script;
mod source;
mod sql;
mod takes;
mod throwaway;
mod to_do;
mod written;

pub use alembic::alembic;
pub use imported::{Imported, ImportedFile, Note, NoteKind};
pub use project::{Project, UrlBy};
pub use proof::{Compared, Proof, prove};
pub use source::Source;
pub use sql::{
    Adopted, Migration, OldState, OldTable, Script, Scripts, SqlChain, adopt, old_state, scripts,
    sql,
};
