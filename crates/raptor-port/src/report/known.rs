//! What is to be known: what is missing, not equal, left out, rejected or changed, and what views and triggers
//! became.

use super::Report;
use super::page::{Page, escaped};
use crate::left_out;
use crate::plan::{Mode, Note, Orphans};
use crate::words::counted;

impl Report<'_> {
    pub(super) fn notes(&self, page: &mut Page) {
        let row = |note: &Note| vec![escaped(&note.of), escaped(&note.text)];
        if let Some(done) = self.done.filter(|it| !it.missing.is_empty()) {
            page.section("Missing");
            page.table(&["what", "why"], done.missing.iter().map(row));
        }
        if let Some(verified) = self.verified.filter(|it| !it.holds()) {
            page.section("Not equal");
            page.table(&["where", "what"], verified.differences.iter().map(row));
        }
        let notes = self.to_be_known();
        page.section("To be known");
        if notes.is_empty() {
            page.text("Nothing: all of it has a counterpart.");
        } else {
            page.table(&["what", "what to know"], notes.iter().map(row));
        }
    }

    fn to_be_known(&self) -> Vec<Note> {
        let mut told: Vec<&Note> = self.plan.notes.iter().chain(&self.ddl.notes).collect();
        if let Some(done) = self.done {
            told.extend(&done.notes);
        }
        if let Some(verified) = self.verified {
            told.extend(&verified.notes);
        }
        let left_out = left_out::notes(self.source, self.plan, &told);
        let fates = self.fates().into_iter().flatten();
        let fates = fates.flat_map(|(name, it)| {
            let allowed = self.plan.table(name).map_or(0, |table| table.rejects);
            left_out::fate(name, *it, allowed)
        });
        let told = told.into_iter().map(|it| self.answered(it));
        let mut notes: Vec<Note> = told.chain(left_out).chain(fates).collect();
        notes.sort();
        notes.dedup();
        notes
    }

    /// A note with what the plan answers in the place of where it does.
    fn answered(&self, note: &Note) -> Note {
        let text = match note.text.split_once("; `orphans` says what becomes of ") {
            Some((what, _)) => {
                let became = match self.plan.answers.orphans {
                    Orphans::NotValid => "comes along, and the key holds new rows alone",
                    Orphans::Reject => "is rejected",
                    Orphans::Null => "comes along, and points with NULL",
                    Orphans::Stop => "stops the run",
                };
                format!("{what}: what points so {became}")
            }
            None => note.text.clone(),
        };
        let of = note.of.clone();
        Note { of, text }
    }

    /// The rows and cells themselves that did not come as they were.
    pub(super) fn kept(&self, page: &mut Page) {
        let Some(kept) = self.kept.filter(|it| !it.cells.is_empty()) else {
            return;
        };
        page.section("Rejected and changed");
        let rows = kept.cells.iter().map(|it| {
            let outcome = match it.outcome.as_str() {
                "rejected" => "the row did not come",
                "part" => "of such a row, too",
                "changed" => "the row came, this cell was changed",
                other => other,
            };
            vec![
                escaped(&it.table),
                escaped(&it.place),
                escaped(it.column.as_deref().unwrap_or("the whole row")),
                format!("<code>{}</code>", escaped(&it.value)),
                escaped(outcome),
                escaped(&it.reason),
            ]
        });
        let head = [
            "table",
            "place",
            "column",
            "the file has",
            "what became of it",
            "why",
        ];
        page.table(&head, rows);
        let more = match kept.more {
            0 => "All of it is in <code>raptor_port.rejected</code>, whole.".to_owned(),
            some => format!(
                "And {} more: all of it is in <code>raptor_port.rejected</code>, whole.",
                counted(some, "cell")
            ),
        };
        page.text(&more);
    }

    /// Views and triggers beside what they became.
    pub(super) fn objects(&self, page: &mut Page) {
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
                vec![
                    escaped(&of),
                    format!("<pre>{}</pre>", escaped(text)),
                    self.object(&of),
                ]
            })
            .collect();
        if !rows.is_empty() {
            page.section("Views and triggers");
            page.table(&["what", "on SQLite", "on Postgres"], rows.into_iter());
        }
    }

    /// What a view or trigger became, and what the proof says of it.
    fn object(&self, of: &str) -> String {
        let made = self.ddl.objects.iter().filter(|it| it.of() == of);
        let made: Vec<&str> = made.flat_map(|it| &it.texts).map(String::as_str).collect();
        let is_there = self.plan.mode == Mode::Existing;
        let mut became = match (made.is_empty(), is_there) {
            (true, true) => "<em>the one that is there, if there is one</em>".to_owned(),
            (true, false) => "<em>to be written by hand</em>".to_owned(),
            (false, _) => format!("<pre>{}</pre>", escaped(&made.join(";\n"))),
        };
        if let Some(verified) = self.verified {
            let remarks = verified.differences.iter().chain(&verified.notes);
            for remark in remarks.filter(|it| it.of == of) {
                became.push_str(&format!("<p>{}</p>", escaped(&remark.text)));
            }
        }
        became
    }

    pub(super) fn held(&self, page: &mut Page) {
        if self.held.is_empty() {
            return;
        }
        page.section("What was to hold");
        let rows = self.held.iter().map(|(what, fault)| {
            let said = fault.map_or_else(|| "holds".to_owned(), |it| format!("NOT so: {it}"));
            vec![escaped(what), escaped(&said)]
        });
        page.table(&["what", ""], rows);
    }
}
