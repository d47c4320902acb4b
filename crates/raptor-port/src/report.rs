//! One page for a person who signs off: what came over, what every column became and why, what did not come
//! over, and the commands for the day itself. It needs no network, and reads in print and in the dark.

mod day;
mod known;
mod page;
mod tables;

use crate::ddl::Ddl;
use crate::kept::Kept;
use crate::plan::Plan;
use crate::run::{Done, TableDone};
use crate::source::Source;
use crate::sync::Followed;
use crate::verify::Verified;
use crate::words::{counted, length, were};
use page::Page;
use std::collections::BTreeMap;
use std::fmt;

/// What a report tells of.
///
/// ```
/// use raptor_port::{Asked, Plan, Report, Source};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("app.db");
/// # let db = raptor_db::Config::new(&format!("sqlite:{}", path.display()))?;
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// # let db = raptor_db::Db::open(db).await?;
/// # db.session().await?.execute_raw("CREATE TABLE notes (id INTEGER PRIMARY KEY)").await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// let reader = raptor_db::Snapshot::open(&path, 1)?.take().expect("one");
/// let source = Source::read(&reader)?;
/// let plan = Plan::make(&reader, &source, &Asked::new("app.db"))?;
/// let page = Report::new(&source, &plan).to_string();
/// assert!(page.contains("<h2>notes</h2>") && page.contains("Not carried over yet"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Report<'r> {
    source: &'r Source,
    plan: &'r Plan,
    ddl: Ddl,
    done: Option<&'r Done>,
    verified: Option<&'r Verified>,
    kept: Option<&'r Kept>,
    held: Vec<(&'r str, Option<&'r str>)>,
}

impl<'r> Report<'r> {
    /// A report of a plan.
    pub fn new(source: &'r Source, plan: &'r Plan) -> Self {
        Self {
            source,
            plan,
            ddl: Ddl::make(source, plan),
            done: None,
            verified: None,
            kept: None,
            held: Vec::new(),
        }
    }

    /// Tells what a run did, too.
    #[must_use]
    pub fn with_run(mut self, done: &'r Done) -> Self {
        self.done = Some(done);
        self
    }

    /// Tells what a proof found, too.
    #[must_use]
    pub fn with_proof(mut self, verified: &'r Verified) -> Self {
        self.verified = Some(verified);
        self
    }

    /// Shows the rows and cells that did not come as they were, too.
    #[must_use]
    pub fn with_kept(mut self, kept: &'r Kept) -> Self {
        self.kept = Some(kept);
        self
    }

    /// Tells of a rehearsal, what was to hold in it, such as the application's own check; and what is so
    /// instead, where it does not.
    #[must_use]
    pub fn with(mut self, what: &'r str, fault: Option<&'r str>) -> Self {
        self.held.push((what, fault));
        self
    }

    /// What became of each table's rows, as far as that is known.
    fn fates(&self) -> Option<&'r BTreeMap<String, TableDone>> {
        match (self.done, self.verified) {
            (Some(done), _) => Some(&done.tables),
            (None, Some(verified)) => Some(&verified.carried).filter(|it| !it.is_empty()),
            (None, None) => None,
        }
    }

    /// How the file was followed, where it was.
    fn followed(&self) -> Option<Followed> {
        let of_run = self.done.and_then(|it| it.sync);
        of_run.or_else(|| self.verified.and_then(|it| it.sync))
    }

    /// The verdict in a few sentences, and whether it is a good one.
    fn verdict(&self) -> (String, bool) {
        let mut said = Vec::new();
        let mut is_good = true;
        said.extend(self.fates().map(|it| self.came(it)));
        match self.done.map(|it| length(&it.missing)) {
            Some(0) => said.push("Nothing is missing without a decision.".to_owned()),
            Some(missing) => {
                is_good = false;
                let verb = if missing == 1 { "is" } else { "are" };
                let missing = counted(missing, "thing");
                said.push(format!("{missing} {verb} MISSING without a decision."));
            }
            None => {}
        }
        match (self.verified, self.done) {
            (Some(verified), _) if verified.holds() => {
                said.push("Both sides are proved equal.".to_owned());
            }
            (Some(verified), _) => {
                is_good = false;
                let differences = counted(length(&verified.differences), "difference");
                said.push(format!("Both sides are NOT equal: {differences}."));
            }
            (None, Some(_)) if self.followed().is_some_and(|it| it.is_proved) => {
                said.push("Both sides were proved equal before the cut-over.".to_owned());
            }
            (None, Some(_)) => said.push("Not proved yet.".to_owned()),
            (None, None) => said.push("Not carried over yet: this is the plan.".to_owned()),
        }
        let faults: Vec<&str> = self.held.iter().filter_map(|it| it.1).collect();
        if !faults.is_empty() {
            is_good = false;
            said.push(format!(
                "The rehearsal does not hold: {}.",
                faults.join("; ")
            ));
        }
        (said.join(" "), is_good)
    }

    /// How many rows came over, and how many as they were.
    fn came(&self, fates: &BTreeMap<String, TableDone>) -> String {
        let sum = |of: fn(&TableDone) -> u64| fates.values().map(of).sum::<u64>();
        let rows = counted(sum(|it| it.rows), "row");
        let tables = counted(u64::try_from(fates.len()).unwrap_or(u64::MAX), "table");
        let rejected = match (sum(|it| it.rejected), self.lets(fates)) {
            (0, _) => "none was rejected".to_owned(),
            (some, true) => format!("{} rejected, as the plan allows", were(some, "row")),
            (some, false) => {
                format!("{} rejected, more than the plan allows", were(some, "row"))
            }
        };
        let changed = match sum(|it| it.changed) {
            0 => String::new(),
            some => format!(", {} changed, as the plan has it", were(some, "cell")),
        };
        format!("{rows} of {tables} came over, {rejected}{changed}.")
    }

    /// Whether no more rows were rejected than the plan lets go.
    fn lets(&self, fates: &BTreeMap<String, TableDone>) -> bool {
        let mut fates = fates.iter();
        fates.all(|(name, it)| {
            let allowed = self.plan.table(name).map_or(0, |table| table.rejects);
            it.rejected <= allowed
        })
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (verdict, is_good) = self.verdict();
        let mut page = Page::new(&self.plan.source, &verdict, is_good);
        self.held(&mut page);
        self.notes(&mut page);
        self.tables(&mut page);
        self.kept(&mut page);
        self.questions(&mut page);
        self.objects(&mut page);
        self.columns(&mut page);
        self.day(&mut page, is_good);
        f.write_str(&page.end())
    }
}
