//! Carries an existing SQLite database to Postgres, and proves that nothing was lost on the way.
//!
//! A [`Source`] is what the file holds: tables with all that is declared of them. A [`Profile`] is
//! what its cells really hold, found by looking at every one of them.
//!
//! The SQLite file is only read, at one moment, also while an application writes to it. A run that
//! follows the application ([`Begin::sync`]) alone writes to it.

mod baseline;
mod calendar;
mod cell;
mod ddl;
mod decide;
mod digest;
mod error;
mod existing;
mod folder;
mod framework;
mod kept;
mod kind;
mod left_out;
mod line;
mod load;
mod names;
mod orphans;
mod patience;
mod plan;
mod profile;
mod queue;
mod report;
mod run;
mod source;
mod state;
mod sync;
mod tally;
mod translate;
mod trial;
mod verify;
mod words;
mod zone;

pub use baseline::{Baseline, Home, Settled};
pub use ddl::{Ddl, Held, Made, Named, NewKey, NewObject, NewTable, Thing};
pub use decide::{Decision, Habits, decide};
pub use error::{Error, ErrorKind, Result};
pub use existing::Target;
pub use folder::Folder;
pub use framework::{Framework, Sign};
pub use kept::{Kept, KeptCell};
pub use kind::{Conversion, Epoch, Kind};
pub use load::Event;
pub use plan::{
    Answers, Asked, Choice, ColumnPlan, Dirty, DirtyCells, Ints, KeyPlan, Mode, Nocase, Note, Nul,
    OpenAnswer, Orphans, Plan, Question, TablePlan, TimesWithoutZone,
};
pub use profile::{ColumnProfile, Pattern, Profile, Range};
pub use report::Report;
pub use run::{Begin, Done, TableDone};
pub use source::{
    Affinity, Check, Column, ForeignKey, Generated, Index, IndexColumn, Key, Source, Table,
    TableKind, Trigger, View,
};
pub use sync::{Follow, Followed, Released, is_followed, release};
pub use verify::Verified;
pub use words::{counted, few};
pub use zone::Zone;
