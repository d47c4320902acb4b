//! Which type of Postgres a column gets, by what is declared and by what is in it, and why.
//!
//! The order of evidence, the strongest first: checks; the declared type, as SQLite itself takes it; then
//! every cell, and what the application does elsewhere. What evidence alone cannot decide is asked, with an answer that is likely.

mod check;
mod declared;
mod habits;
mod numbers;
mod texts;
mod times;
mod view;
mod word;

pub(crate) use check::is_of_type;
pub use habits::Habits;
pub(crate) use numbers::SEVERAL;
pub(crate) use times::IN_ZONE;
pub(crate) use view::depends_on;

use crate::kind::{Conversion, Kind};
use crate::profile::{ColumnProfile, Pattern, Profile};
use crate::source::{Affinity, Column, Table};
use declared::Declared;
use serde::Serialize;

/// What a column becomes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Decision {
    /// The type, and how cells are read as it.
    pub conversion: Conversion,
    /// Why: what is declared, and what was seen in how many cells.
    pub evidence: String,
    /// What else it could become, the likeliest first.
    pub alternatives: Vec<Conversion>,
    /// What a person has to answer, where evidence does not decide.
    pub question: Option<String>,
    /// Whether it holds times that name no zone, of which is asked once for all.
    pub is_naive: bool,
}

/// Decides for each column of a table, in its order. Columns that point at other tables follow these later.
///
/// ```
/// use raptor_port::{Habits, Kind, Profile, Source, decide};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("app.db");
/// # let db = raptor_db::Config::new(&format!("sqlite:{}", path.display()))?;
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// # let db = raptor_db::Db::open(db).await?;
/// # let text = "CREATE TABLE notes (id INTEGER PRIMARY KEY, done BOOL, name VARCHAR(9)); INSERT INTO notes VALUES (1, 0, 'x')";
/// # db.session().await?.execute_raw(text).await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// let reader = raptor_db::Snapshot::open(&path, 1)?.take().expect("one");
/// let source = Source::read(&reader)?;
/// let notes = &source.tables[0];
/// let decided = decide(notes, &Profile::read(&reader, notes)?, Habits::default());
/// let kinds: Vec<Kind> = decided.iter().map(|it| it.conversion.kind).collect();
/// assert_eq!(kinds, [Kind::Integer, Kind::Boolean, Kind::Varchar(9)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn decide(table: &Table, profile: &Profile, habits: Habits) -> Vec<Decision> {
    let columns = table.columns.iter().zip(&profile.columns);
    columns
        .map(|(column, seen)| {
            let case = Case {
                table,
                column,
                declared: Declared::of(&column.declared),
                seen,
                habits,
            };
            case.decide()
        })
        .collect()
}

/// All that is known of one column.
struct Case<'c> {
    table: &'c Table,
    column: &'c Column,
    declared: Declared,
    seen: &'c ColumnProfile,
    habits: Habits,
}

impl Case<'_> {
    fn decide(&self) -> Decision {
        self.by_check()
            .or_else(|| self.by_word())
            .unwrap_or_else(|| match self.column.affinity {
                Affinity::Integer => self.integers(),
                Affinity::Real => self.doubles(),
                Affinity::Numeric => self.numbers(),
                Affinity::Text => self.texts(),
                Affinity::Blob => self.untyped(),
            })
    }

    /// Without a doubt.
    fn take(&self, kind: Kind, seen: &str) -> Decision {
        self.take_as(Conversion::plain(kind), seen)
    }

    fn take_as(&self, conversion: Conversion, seen: &str) -> Decision {
        let declared = match self.column.declared.as_str() {
            "" => "declared without a type".to_owned(),
            declared => format!("declared {declared}"),
        };
        Decision {
            conversion,
            evidence: format!("{declared}; {seen}"),
            alternatives: Vec::new(),
            question: None,
            is_naive: false,
        }
    }

    /// Cells of each class, such as `12 integers, 1 text, 3 NULLs`.
    fn classes(&self) -> String {
        let seen = self.seen;
        let counts = [
            (seen.integers, "integer"),
            (seen.reals, "real"),
            (seen.texts, "text"),
            (seen.blobs, "blob"),
            (seen.nulls, "NULL"),
        ];
        let said: Vec<String> = counts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| counted(count, what))
            .collect();
        if said.is_empty() {
            "no row".to_owned()
        } else {
            said.join(", ")
        }
    }

    /// How many texts look like one of these.
    fn like(&self, patterns: &[Pattern]) -> u64 {
        patterns.iter().map(|it| self.seen.looking_like(*it)).sum()
    }

    /// Whether every value is such a text.
    fn all_like(&self, patterns: &[Pattern]) -> bool {
        self.seen.values() == self.like(patterns)
    }

    fn is_empty(&self) -> bool {
        self.seen.values() == 0
    }
}

impl Decision {
    fn or(mut self, alternative: Kind) -> Self {
        self.alternatives.push(Conversion::plain(alternative));
        self
    }

    fn or_as(mut self, alternative: Conversion) -> Self {
        self.alternatives.push(alternative);
        self
    }

    /// Makes an integer one of 64 bits.
    pub(crate) fn widen(&mut self) {
        let now = self.conversion;
        if matches!(now.kind, Kind::Smallint | Kind::Integer) {
            self.conversion = Conversion::plain(Kind::Bigint);
            self.alternatives.retain(|it| *it != self.conversion);
            self.alternatives.insert(0, now);
            self.evidence.push_str("; 64 bits were asked for");
        }
    }

    fn ask(mut self, question: impl Into<String>) -> Self {
        self.question = Some(question.into());
        self
    }
}

fn counted(count: u64, what: &str) -> String {
    if count == 1 {
        format!("1 {what}")
    } else {
        format!("{count} {what}s")
    }
}
