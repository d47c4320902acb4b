//! What an application does everywhere, by which a column is read that says too little by itself.

use super::Case;
use super::declared::Declared;
use crate::framework::Framework;
use crate::kind::{Epoch, Kind};
use crate::profile::Profile;
use crate::source::{Source, Table};

/// What a file's application does everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Habits {
    /// How numbers in columns of dates and times count, where it writes such.
    pub epoch: Option<Epoch>,
    /// The type of its points in time on Postgres, where that is known.
    pub moments: Option<Kind>,
    /// Whether it declares integers of 64 bits as such, so that others are meant to have 32.
    pub tells_widths: bool,
    /// The type of its documents on Postgres.
    pub documents: Kind,
}

impl Default for Habits {
    /// Those of an application of which nothing is known.
    fn default() -> Self {
        Self {
            epoch: None,
            moments: None,
            tells_widths: false,
            documents: Kind::Jsonb,
        }
    }
}

impl Habits {
    /// What most columns of times do whose numbers can only be meant one way, or else what is known of the
    /// application's framework. The profiles are those of the source's tables, in their order.
    pub fn of(source: &Source, profiles: &[Option<Profile>]) -> Self {
        let mut habits = Self::default();
        for sign in Framework::found(source) {
            habits.epoch = habits.epoch.or(sign.framework.epoch());
            habits.moments = habits.moments.or(sign.framework.moments());
            if let Some(documents) = sign.framework.documents() {
                habits.documents = documents;
            }
        }
        let mut columns = source.tables.iter().flat_map(|it| &it.columns);
        habits.tells_widths = columns.any(|it| Declared::of(&it.declared).is_wide());
        let tables = source.tables.iter().zip(profiles);
        let seen: Vec<Epoch> = tables
            .filter_map(|(table, profile)| Some((table, profile.as_ref()?)))
            .flat_map(|(table, profile)| epochs(table, profile))
            .collect();
        let count = |epoch: &Epoch| seen.iter().filter(|it| *it == epoch).count();
        habits.epoch = seen.iter().copied().max_by_key(count).or(habits.epoch);
        habits
    }
}

/// How the numbers count in those of a table's columns that are declared as times.
fn epochs(table: &Table, profile: &Profile) -> Vec<Epoch> {
    let columns = table.columns.iter().zip(&profile.columns);
    let cases = columns.map(|(column, seen)| Case {
        table,
        column,
        declared: Declared::of(&column.declared),
        seen,
        habits: Habits::default(),
    });
    cases
        .filter(|case| case.declared.is_moment() || case.declared.has(&["date"]))
        .filter_map(|case| case.epoch())
        .collect()
}
