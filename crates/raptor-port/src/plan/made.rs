//! Makes a plan: what is declared, then every cell, then every cell once more as what it is to become.

use super::answers::TimesWithoutZone;
use super::tied;
use super::written;
use super::{Answers, Choice, ColumnPlan, KeyPlan, Mode, Note, OpenAnswer, Plan, TablePlan};
use crate::decide::{Decision, Habits, decide, depends_on};
use crate::error::Result;
use crate::existing::Target;
use crate::framework::directus;
use crate::kind::{Conversion, Kind};
use crate::names::Names;
use crate::orphans::{self, Orphaned};
use crate::profile::Profile;
use crate::source::{Column, Source, Table, TableKind};
use crate::trial::Trial;
use raptor_db::SnapshotReader;
use std::collections::BTreeMap;

/// What a plan is asked to be.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Asked {
    /// The file, as messages and the plan name it.
    pub source: String,
    /// Whether the schema is made or there.
    pub mode: Mode,
    /// The schema on Postgres.
    pub schema: String,
    /// Whether names are written in lower case.
    pub fold: bool,
    /// How wide integers are.
    pub ints: Ints,
    /// The schema that is there, where the mode is [`Mode::Existing`].
    pub target: Option<Target>,
    /// What stands in the plan that there was; it stays.
    pub before: Option<Plan>,
}

/// How wide integers are in a schema that is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ints {
    /// As wide as they are declared and fit, with room: drivers that read 32 bits go on.
    #[default]
    Fit,
    /// 64 bits, as in SQLite.
    Bigint,
}

impl Asked {
    /// A schema to be made in `public`, with names as they are.
    pub fn new(source: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            mode: Mode::Create,
            schema: "public".to_owned(),
            fold: false,
            ints: Ints::Fit,
            target: None,
            before: None,
        }
    }
}

impl Plan {
    /// Looks at a file, and answers what it can.
    ///
    /// ```
    /// use raptor_port::{Asked, Plan, Source};
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("app.db");
    /// # let db = raptor_db::Config::new(&format!("sqlite:{}", path.display()))?;
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let db = raptor_db::Db::open(db).await?;
    /// # let text = "CREATE TABLE notes (id INTEGER PRIMARY KEY, at DATETIME); INSERT INTO notes VALUES (1, '2024-02-29 12:30:00')";
    /// # db.session().await?.execute_raw(text).await?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// let reader = raptor_db::Snapshot::open(&path, 1)?.take().expect("one");
    /// let plan = Plan::make(&reader, &Source::read(&reader)?, &Asked::new("app.db"))?;
    /// assert_eq!(plan.conversion(&plan.tables[0].columns[1]).to_string(), "timestamp without time zone");
    /// assert_eq!(Plan::read(&plan.to_string())?, plan);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Source`](crate::ErrorKind::Source).
    pub fn make(reader: &SnapshotReader, source: &Source, asked: &Asked) -> Result<Self> {
        let before = asked.before.as_ref();
        let profiles = profiles(reader, source)?;
        let habits = Habits::of(source, &profiles);
        let mut plan = Self {
            source: asked.source.clone(),
            mode: asked.mode,
            schema: asked.schema.clone(),
            answers: before.map_or_else(|| likely(habits), |it| it.answers.clone()),
            tables: Vec::new(),
            views: before.map_or_else(BTreeMap::new, |it| it.views.clone()),
            notes: Vec::new(),
        };
        plan.views
            .retain(|name, _| source.views.iter().any(|it| it.name == *name));
        let mut names = Names::new(asked.fold);
        for (table, profile) in source.tables.iter().zip(&profiles) {
            let to = names.give(&table.name);
            let planned = match profile {
                Some(profile) => decided(table, profile, habits, to, asked),
                None => TablePlan {
                    name: table.name.clone(),
                    to,
                    skip: skip(source, table),
                    key: KeyPlan::Primary,
                    rows: 0,
                    rejects: 0,
                    replaces: 0,
                    columns: Vec::new(),
                },
            };
            plan.tables.push(planned);
        }
        plan.renamed(asked.fold);
        directus::wall_clocks(reader, source, &mut plan)?;
        match &asked.target {
            Some(target) => target.meet(source, &mut plan),
            None => tied::follow(source, &mut plan, before),
        }
        // Types that were made are none of a schema that is there, nor the other way round.
        let before = before.filter(|it| it.mode == asked.mode);
        if let Some(before) = before {
            plan.keep(source, before);
        }
        let pointed = asked
            .target
            .as_ref()
            .map(|it| it.point(source.clone(), &plan));
        let source = pointed.as_ref().unwrap_or(source);
        plan.tried(reader, source, before)?;
        let orphans = orphans::found(reader, source, &plan)?;
        plan.notes.extend(orphans.iter().map(Orphaned::note));
        plan.whims(source);
        plan.asked(asked.before.as_ref());
        Ok(plan)
    }
}

impl Plan {
    /// Reads every cell once more as what it is to become; types that are not of a plan before are eased where
    /// they are too narrow.
    fn tried(
        &mut self,
        reader: &SnapshotReader,
        source: &Source,
        before: Option<&Self>,
    ) -> Result<()> {
        let (how, mut notes) = ((self.mode, &self.answers), Vec::new());
        for (table, planned) in source.tables.iter().zip(&mut self.tables) {
            if planned.skip.is_some() {
                continue;
            }
            let is_new = before.is_none_or(|it| it.table(&table.name).is_none());
            if is_new {
                Trial::sample(reader, source, table, planned, how)?;
            }
            let mut trial = Trial::of(reader, source, table, planned, how)?;
            // Each easing widens, so that it ends.
            while self.mode == Mode::Create && is_new && trial.ease(planned) {
                trial = Trial::of(reader, source, table, planned, how)?;
            }
            notes.extend(trial.note(planned));
        }
        self.notes.extend(notes);
        Ok(())
    }

    /// Notes the views that may answer otherwise on Postgres by themselves.
    fn whims(&mut self, source: &Source) {
        for view in &source.views {
            let Some(what) = depends_on(view).filter(|_| !self.views.contains_key(&view.name))
            else {
                continue;
            };
            self.notes.push(Note {
                of: format!("view {}", view.name),
                text: format!(
                    "depends on {what}, so that it may differ by itself on Postgres: `differs = \"why\"` below [views.{}] says that \
                     it may",
                    written::key(&view.name)
                ),
            });
        }
    }

    /// Notes what nobody has answered.
    fn asked(&mut self, before: Option<&Self>) {
        let mut ask = self.open_answers();
        if let Some(before) = before {
            ask.retain(|it| before.answers.ask.contains(it));
        }
        // Another answer has answered it.
        if !ask.contains(&OpenAnswer::TimesWithoutZone) {
            ask.retain(|it| self.is_open(*it));
        }
        self.answers.ask = ask;
    }

    /// What stood in the plan before stays.
    fn keep(&mut self, source: &Source, before: &Self) {
        let mut notes = Vec::new();
        let gone = before.tables.iter();
        for table in gone.filter(|it| source.table(&it.name).is_none()) {
            notes.push(Note {
                of: format!("table {}", table.name),
                text: "was in the plan before, and is not in the file".to_owned(),
            });
        }
        for planned in &mut self.tables {
            if let Some(before) = before.table(&planned.name) {
                keep(planned, before, &mut notes);
            }
        }
        self.notes.extend(notes);
    }

    /// Notes the names that Postgres does not take.
    fn renamed(&mut self, fold: bool) {
        let is_other = |name: &str, to: &str| name != to && !(fold && name.to_lowercase() == to);
        for table in &self.tables {
            let tables = std::iter::once((format!("table {}", table.name), &table.name, &table.to));
            let columns = table.columns.iter().map(|it| {
                let of = format!("column {}.{}", table.name, it.name);
                (of, &it.name, &it.to)
            });
            let other = tables.chain(columns);
            let other = other.filter(|(_, name, to)| is_other(name, to));
            self.notes.extend(other.map(|(of, _, to)| Note {
                of,
                text: format!(
                    "is called {to} there, as Postgres does not take its name, or has it already"
                ),
            }));
        }
    }
}

/// What the cells of each table hold, apart from those that are left out.
fn profiles(reader: &SnapshotReader, source: &Source) -> Result<Vec<Option<Profile>>> {
    let tables = source.tables.iter();
    tables
        .map(|table| match skip(source, table) {
            None => Profile::read(reader, table).map(Some),
            Some(_) => Ok(None),
        })
        .collect()
}

/// What is likely right for the application that the file is of.
fn likely(habits: Habits) -> Answers {
    // One that counts time since 1970 means points in time, and its texts are from `CURRENT_TIMESTAMP`.
    let counts = habits.epoch.map(|_| Kind::Timestamptz);
    Answers {
        times_without_zone: match habits.moments.or(counts) {
            Some(Kind::Timestamptz) => TimesWithoutZone::Timestamptz,
            _ => TimesWithoutZone::Timestamp,
        },
        ..Answers::default()
    }
}

/// Why a table is left out.
fn skip(source: &Source, table: &Table) -> Option<String> {
    match &table.kind {
        TableKind::Ordinary => None,
        TableKind::Shadow => {
            let is_of = |it: &&Table| {
                matches!(it.kind, TableKind::Virtual { .. })
                    && table.name.starts_with(&format!("{}_", it.name))
            };
            let of = source.tables.iter().find(is_of);
            let of = of.map_or_else(String::new, |it| format!(" of {}", it.name));
            Some(format!("the inner table{of}, which SQLite's module keeps"))
        }
        TableKind::Virtual { module } => {
            let text = table.text.to_lowercase();
            let is_external = text.contains("content=") || text.contains("content =");
            match module.to_lowercase().as_str() {
                "fts3" | "fts4" | "fts5" if is_external => Some(format!(
                    "a full-text index ({module}) over another table, which holds its texts"
                )),
                // Nothing else has their rows.
                "fts3" | "fts4" | "fts5" | "rtree" | "rtree_i32" | "geopoly" => None,
                _ => Some(format!("a virtual table, made up by the module {module}")),
            }
        }
    }
}

fn decided(
    table: &Table,
    profile: &Profile,
    habits: Habits,
    to: String,
    asked: &Asked,
) -> TablePlan {
    let mut names = Names::of_columns(asked.fold);
    let mut decided = decide(table, profile, habits);
    if asked.ints == Ints::Bigint {
        decided.iter_mut().for_each(Decision::widen);
    }
    let columns = table.columns.iter().zip(decided).map(|(column, decision)| {
        let Decision {
            conversion,
            evidence,
            alternatives,
            question,
            is_naive,
        } = decision;
        ColumnPlan {
            name: column.name.clone(),
            to: names.give(&column.name),
            chosen: match conversion.kind {
                _ if is_naive => Choice::TimesWithoutZone,
                Kind::Text | Kind::Varchar(_) if is_nocase(column) => Choice::Nocase,
                _ => Choice::Own(conversion),
            },
            evidence,
            alternatives,
            question,
            dirty: None,
        }
    });
    TablePlan {
        name: table.name.clone(),
        to,
        skip: None,
        key: key(table, profile),
        rows: profile.rows,
        rejects: 0,
        replaces: 0,
        columns: columns.collect(),
    }
}

/// SQLite lets NULLs into a primary key that is not the row's number.
fn key(table: &Table, profile: &Profile) -> KeyPlan {
    let Some(key) = &table.primary_key else {
        return KeyPlan::Primary;
    };
    let mut columns = table.columns.iter().zip(&profile.columns);
    let has_nulls =
        columns.any(|(column, seen)| key.columns.contains(&column.name) && seen.nulls > 0);
    if has_nulls {
        KeyPlan::Unique
    } else {
        KeyPlan::Primary
    }
}

fn is_nocase(column: &Column) -> bool {
    let collation = column.collation.as_ref();
    collation.is_some_and(|it| it.eq_ignore_ascii_case("nocase"))
}

/// What a person wrote stays; what would be decided otherwise now is told.
fn keep(planned: &mut TablePlan, before: &TablePlan, notes: &mut Vec<Note>) {
    planned.to.clone_from(&before.to);
    planned.skip.clone_from(&before.skip);
    planned.key = before.key;
    for column in &mut planned.columns {
        let Some(before) = before.column(&column.name) else {
            let of = format!("column {}.{}", planned.name, column.name);
            let text = "is new since the plan before".to_owned();
            notes.push(Note { of, text });
            continue;
        };
        if column.chosen != before.chosen {
            if let Choice::Own(now) = column.chosen {
                column.alternatives.insert(0, now);
            }
            column.chosen = before.chosen;
            column.evidence.clone_from(&before.evidence);
            // Somebody has chosen.
            column.question = None;
        }
        column.to.clone_from(&before.to);
        // It was answered.
        if before.question.is_none() {
            column.question = None;
        }
    }
}

/// The conversions of a table's columns, in their order.
pub(crate) fn conversions(table: &TablePlan, answers: &Answers) -> Vec<Conversion> {
    table
        .columns
        .iter()
        .map(|it| answers.conversion(&it.chosen))
        .collect()
}
