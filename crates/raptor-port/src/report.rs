//! One page for a person who signs off: what came over, what every column became and why, what did not come
//! over, and the commands for the day itself. It needs no network, and reads in print and in the dark.

mod page;

use crate::ddl::Ddl;
use crate::plan::{ColumnPlan, Note, Plan, TablePlan};
use crate::run::Done;
use crate::source::Source;
use crate::verify::Verified;
use page::{Page, escaped};
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
    held: Vec<(&'r str, bool)>,
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

    /// Tells of something else that was to hold, such as the application's own check.
    #[must_use]
    pub fn with(mut self, what: &'r str, holds: bool) -> Self {
        self.held.push((what, holds));
        self
    }

    /// The verdict in one line, and whether it is a good one.
    fn verdict(&self) -> (String, bool) {
        let (verdict, is_good) = self.of_rows();
        let failed = self.held.iter().filter(|it| !it.1).map(|it| it.0);
        let failed: Vec<&str> = failed.collect();
        match failed.is_empty() {
            true => (verdict, is_good),
            false => (
                format!("{verdict} This does NOT hold: {}.", failed.join("; ")),
                false,
            ),
        }
    }

    fn of_rows(&self) -> (String, bool) {
        let Some(done) = self.done else {
            return match self.verified {
                None => ("Not carried over yet: this is the plan.".to_owned(), true),
                Some(verified) if verified.holds() => {
                    ("Both sides are proved equal.".to_owned(), true)
                }
                Some(verified) => (
                    format!(
                        "Both sides are NOT equal: {} differences.",
                        verified.differences.len()
                    ),
                    false,
                ),
            };
        };
        let rows: u64 = done.tables.values().map(|it| it.rows).sum();
        let rejected: u64 = done.tables.values().map(|it| it.rejected).sum();
        let came = format!(
            "{rows} rows of {} tables came over, {rejected} were rejected",
            done.tables.len()
        );
        match (done.missing.len(), self.verified) {
            (0, None) => (
                format!("{came}. Nothing is missing without a decision. Not proved yet."),
                true,
            ),
            (0, Some(verified)) if verified.holds() => {
                (format!("{came}. Both sides are proved equal."), true)
            }
            (0, Some(verified)) => (
                format!(
                    "{came}. Both sides are NOT equal: {} differences.",
                    verified.differences.len()
                ),
                false,
            ),
            (missing, _) => (
                format!("{came}. {missing} things are MISSING without a decision."),
                false,
            ),
        }
    }

    fn tables(&self, page: &mut Page) {
        page.section("Tables");
        page.table(
            &[
                "table",
                "becomes",
                "rows",
                "came over",
                "rejected",
                "proved",
            ],
            self.plan.tables.iter().map(|table| {
                let done = self.done.and_then(|done| done.tables.get(&table.name));
                let number = |it: Option<u64>| it.map_or_else(String::new, |it| it.to_string());
                let of = format!("table {}", table.name);
                let of_column = format!("column {}.", table.name);
                let proved = self
                    .verified
                    .filter(|it| it.tables.contains_key(&table.name))
                    .map(|verified| {
                        let differs = |it: &Note| it.of == of || it.of.starts_with(&of_column);
                        if verified.differences.iter().any(differs) {
                            "NOT equal"
                        } else {
                            "equal"
                        }
                    });
                vec![
                    escaped(&table.name),
                    match &table.skip {
                        Some(why) => format!("<em>left out: {}</em>", escaped(why)),
                        None => escaped(&table.to),
                    },
                    table.rows.to_string(),
                    number(done.map(|it| it.rows)),
                    number(done.map(|it| it.rejected)),
                    proved.unwrap_or_default().to_owned(),
                ]
            }),
        );
    }

    fn questions(&self, page: &mut Page) {
        let columns = self
            .plan
            .tables
            .iter()
            .flat_map(|table| table.columns.iter().map(move |it| (table, it)));
        let asked: Vec<Vec<String>> = columns
            .filter_map(|(table, column)| Some((table, column, column.question.as_ref()?)))
            .map(|(table, column, question)| {
                let of = format!("{}.{}", table.name, column.name);
                vec![
                    escaped(&of),
                    escaped(question),
                    escaped(&self.plan.conversion(column).to_string()),
                ]
            })
            .collect();
        page.section("Questions");
        page.text(&format!(
            "Times without a zone are <code>{}</code> ({}), COLLATE NOCASE is <code>{}</code>, orphans <code>{}</code>, cells that are no values <code>{}</code>, NULs in texts <code>{}</code>.",
            word(&self.plan.answers.times_without_zone),
            escaped(&String::from(self.plan.answers.zone)),
            word(&self.plan.answers.nocase),
            word(&self.plan.answers.orphans),
            word(&self.plan.answers.dirty),
            word(&self.plan.answers.nul),
        ));
        if asked.is_empty() {
            page.text("No column is asked about.");
        } else {
            page.table(&["column", "question", "answered"], asked.into_iter());
        }
    }

    fn columns(&self, page: &mut Page) {
        page.section("Columns");
        for table in self.plan.tables.iter().filter(|it| it.skip.is_none()) {
            page.heading(&table.name);
            page.table(
                &["column", "becomes", "why", "could be", "no values"],
                table
                    .columns
                    .iter()
                    .map(|column| self.column(table, column)),
            );
        }
    }

    fn column(&self, table: &TablePlan, column: &ColumnPlan) -> Vec<String> {
        let declared = self
            .source
            .table(&table.name)
            .and_then(|it| it.column(&column.name));
        let name = match column.to == column.name {
            true => escaped(&column.name),
            false => format!("{} → {}", escaped(&column.name), escaped(&column.to)),
        };
        let others: Vec<String> = column
            .alternatives
            .iter()
            .map(ToString::to_string)
            .collect();
        let dirty = column
            .dirty
            .as_ref()
            .map(|it| format!("{}: {}", it.count, it.first));
        vec![
            name,
            format!(
                "<code>{}</code> → <code>{}</code>",
                escaped(declared.map_or("", |it| &it.declared)),
                escaped(&self.plan.conversion(column).to_string())
            ),
            escaped(&column.evidence),
            escaped(&others.join(", ")),
            escaped(&dirty.unwrap_or_default()),
        ]
    }

    fn notes(&self, page: &mut Page) {
        let mut notes: Vec<&Note> = self.plan.notes.iter().chain(&self.ddl.notes).collect();
        if let Some(done) = self.done {
            notes.extend(&done.notes);
        }
        notes.sort();
        notes.dedup();
        let row = |note: &Note| vec![escaped(&note.of), escaped(&note.text)];
        if let Some(done) = self.done.filter(|it| !it.missing.is_empty()) {
            page.section("Missing");
            page.table(&["what", "why"], done.missing.iter().map(row));
        }
        if let Some(verified) = self.verified.filter(|it| !it.holds()) {
            page.section("Not equal");
            page.table(&["where", "what"], verified.differences.iter().map(row));
        }
        page.section("To be known");
        if notes.is_empty() {
            page.text("Nothing: all of it has a counterpart.");
        } else {
            page.table(&["what", "what to know"], notes.into_iter().map(row));
        }
    }

    /// Views and triggers beside what they became.
    fn objects(&self, page: &mut Page) {
        let views = self
            .source
            .views
            .iter()
            .map(|it| (format!("view {}", it.name), &it.text));
        let triggers = self
            .source
            .triggers
            .iter()
            .map(|it| (format!("trigger {}", it.name), &it.text));
        let rows: Vec<Vec<String>> = views
            .chain(triggers)
            .map(|(of, text)| {
                let made = self.ddl.objects.iter().filter(|it| it.of() == of);
                let made: Vec<&str> = made.flat_map(|it| &it.texts).map(String::as_str).collect();
                let became = match made.is_empty() {
                    true => "<em>to be written by hand</em>".to_owned(),
                    false => format!("<pre>{}</pre>", escaped(&made.join(";\n"))),
                };
                vec![
                    escaped(&of),
                    format!("<pre>{}</pre>", escaped(text)),
                    became,
                ]
            })
            .collect();
        if !rows.is_empty() {
            page.section("Views and triggers");
            page.table(&["what", "on SQLite", "on Postgres"], rows.into_iter());
        }
    }

    fn held(&self, page: &mut Page) {
        if self.held.is_empty() {
            return;
        }
        page.section("What was to hold");
        let rows = self.held.iter().map(|(what, holds)| {
            let said = if *holds { "holds" } else { "does NOT hold" };
            vec![escaped(what), said.to_owned()]
        });
        page.table(&["what", ""], rows);
    }

    fn commands(&self, page: &mut Page) {
        page.section("The day itself");
        if self.done.is_some_and(|it| it.sync.is_some()) {
            page.text("The file is cut over, and refuses writes: start the application with its database's URL on Postgres. To go back, while nothing was written there:");
            page.code("raptor port release port.toml");
            page.text("Then start it with the SQLite file.");
            return;
        }
        page.text("Stop the application, or let it only read. Then, with the same plan:");
        page.code("raptor port run port.toml --to postgres://…\nraptor port verify port.toml --to postgres://…");
        page.text("Start the application with its database's URL on Postgres. To go back, start it with the SQLite file, which was only read; what was written to Postgres meanwhile stays there.");
    }
}

/// A word that serde writes for a variant.
fn word(value: &impl serde::Serialize) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    escaped(text.trim_matches('"'))
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (verdict, is_good) = self.verdict();
        let mut page = Page::new(&self.plan.source, &verdict, is_good);
        self.held(&mut page);
        self.notes(&mut page);
        self.tables(&mut page);
        self.questions(&mut page);
        self.objects(&mut page);
        self.columns(&mut page);
        self.commands(&mut page);
        f.write_str(&page.end())
    }
}
