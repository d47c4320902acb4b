//! Reads a statement as far as the rules need it. It judges nothing, runs nothing, and takes any
//! text: what it does not know is [`Statement::Other`].

mod access;
mod alter;
mod call;
mod column;
mod constraint;
mod create;
mod cursor;
mod data;
mod index;
mod inner;
mod key;
mod kind;
mod object;
mod query;
mod routine;
mod statement;
mod table;
mod truth;
mod upkeep;
mod word;

pub(super) use access::{Grant, Policy, Role};
pub(super) use alter::{Action, AlterTable, Change, RowSecurity};
pub(super) use call::{Called, calls};
pub(super) use column::{Column, OnDelete, Reference};
pub(super) use constraint::{Constraint, ConstraintKind};
pub(super) use data::{Verb, Write};
pub(super) use index::{Index, Reindex};
pub(super) use inner::{body, inner, language};
pub(super) use key::Key;
pub(super) use kind::Kind;
pub(super) use object::{AlterDomain, Drop, EnumValue, Object, Rename};
pub(super) use query::select_from;
pub(super) use routine::Routine;
pub(super) use statement::{Statement, read};
pub(super) use table::Table;
pub(super) use truth::is_always;
pub(super) use word::{Ident, Name, Word, fold, split, text, words};
