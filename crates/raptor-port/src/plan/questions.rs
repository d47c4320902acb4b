//! What evidence cannot decide, each asked once for all columns that it is asked of.

use super::{Answers, Choice, ColumnPlan, Mode, Note, Plan, TimesWithoutZone};
use crate::decide::IN_ZONE;
use crate::error::{Error, ErrorKind, Result};
use crate::kind::Conversion;
use crate::zone::Zone;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Something that a person has to answer, with an answer that is likely.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Question {
    /// What is asked.
    pub text: String,
    /// Of what, with what is known of it.
    pub of: Vec<String>,
    /// What can be answered, the likely answer first. A zone can be any.
    pub choices: Vec<String>,
    #[serde(skip)]
    subject: Subject,
}

#[derive(Debug, Clone, PartialEq)]
enum Subject {
    /// Columns, by the places of their tables and of themselves.
    Columns(Vec<(usize, usize)>),
    /// `[answers]`.
    TimesWithoutZone,
    Zone,
    Nocase,
    Orphans,
    Dirty,
}

impl Plan {
    /// What is open: what columns ask, those that ask the same together; where the plan is `new`, also what
    /// is answered once for all and touches something here.
    pub fn open_questions(&self, new: bool) -> Vec<Question> {
        let (mut questions, last) = match new {
            true => self.of_all(),
            false => (Vec::new(), None),
        };
        for (at, table) in self.tables.iter().enumerate() {
            for (place, column) in table.columns.iter().enumerate() {
                let Some(text) = &column.question else {
                    continue;
                };
                let choices = choices(column);
                let known = known(&table.name, column);
                let same = questions
                    .iter_mut()
                    .find(|it| it.text == *text && it.choices == choices);
                match same {
                    Some(Question {
                        of,
                        subject: Subject::Columns(columns),
                        ..
                    }) => {
                        of.push(known);
                        columns.push((at, place));
                    }
                    _ => questions.push(Question {
                        text: text.clone(),
                        of: vec![known],
                        choices,
                        subject: Subject::Columns(vec![(at, place)]),
                    }),
                }
            }
        }
        questions.extend(last);
        questions
    }

    /// Questions about `[answers]`; and the one that comes last, as types decide what is asked.
    fn of_all(&self) -> (Vec<Question>, Option<Question>) {
        let Answers {
            times_without_zone,
            zone,
            nocase,
            orphans,
            dirty,
            ..
        } = self.answers;
        let mut questions = Vec::new();
        let mut ask = |subject, text: &str, of: Vec<String>, choices: Vec<String>| {
            if !of.is_empty() {
                let text = text.to_owned();
                questions.push(Question {
                    text,
                    of,
                    choices,
                    subject,
                });
            }
        };
        let naive = self.chosen(Choice::TimesWithoutZone);
        ask(
            Subject::TimesWithoutZone,
            "these times name no zone: are they what a clock on a wall shows (timestamp), or points in time (timestamptz)?",
            naive.clone(),
            first(times_without_zone, &["timestamp", "timestamptz"]),
        );
        ask(
            Subject::Zone,
            "in which zone are the times that name none, where they are points in time? UTC, an offset such as +02:00, or a name such as Europe/Berlin",
            naive.into_iter().chain(self.in_zone()).collect(),
            vec![String::from(zone)],
        );
        if self.mode == Mode::Create {
            ask(
                Subject::Nocase,
                "COLLATE NOCASE: the type citext, keys and indexes over lower(…), or does the case count (ignore)?",
                self.chosen(Choice::Nocase),
                first(nocase, &["citext", "lower", "ignore"]),
            );
        }
        ask(
            Subject::Orphans,
            "rows point at none: do they come along, with a foreign key that holds new rows alone (not_valid)?",
            self.orphaned(),
            first(orphans, &["not_valid", "reject", "null", "stop"]),
        );
        ask(
            Subject::Dirty,
            "cells are no values of their types: is the row rejected and kept in raptor_port.rejected?",
            self.flawed(),
            first(dirty, &["reject", "null", "stop"]),
        );
        let is_last = questions
            .last()
            .is_some_and(|it| it.subject == Subject::Dirty);
        let last = if is_last { questions.pop() } else { None };
        (questions, last)
    }

    /// The columns of points in time some of which name no zone.
    pub(crate) fn in_zone(&self) -> Vec<String> {
        let naive = self
            .columns()
            .filter(|(_, it)| it.evidence.ends_with(IN_ZONE));
        naive
            .map(|(table, column)| known(&table.name, column))
            .collect()
    }

    /// The columns with that choice, with what is known of each.
    fn chosen(&self, choice: Choice) -> Vec<String> {
        self.columns()
            .filter(|(_, column)| column.chosen == choice)
            .map(|(table, column)| known(&table.name, column))
            .collect()
    }

    /// The foreign keys with rows that point at none.
    fn orphaned(&self) -> Vec<String> {
        let is_orphan = |it: &&Note| it.text.contains("`orphans`");
        let notes = self.notes.iter().filter(is_orphan);
        notes.map(|it| format!("{}: {}", it.of, it.text)).collect()
    }

    /// The columns with cells that are no values of their types.
    fn flawed(&self) -> Vec<String> {
        let flawed = self.columns().filter_map(|(table, column)| {
            let dirty = column.dirty.as_ref()?;
            let (table, column) = (&table.name, &column.name);
            let (count, first) = (dirty.count, &dirty.first);
            Some(format!("{table}.{column}: {count}, the first: {first}"))
        });
        flawed.collect()
    }

    /// Answers a question of this plan.
    ///
    /// # Errors
    /// [`ErrorKind::Plan`] when it cannot be answered so.
    pub fn answer(&mut self, question: &Question, answer: &str) -> Result<()> {
        let answers = &mut self.answers;
        match &question.subject {
            Subject::Columns(columns) => {
                let chosen = match answer {
                    "times_without_zone" => Choice::TimesWithoutZone,
                    "nocase" => Choice::Nocase,
                    "skip" => Choice::Skip,
                    own => Choice::Own(own.parse::<Conversion>().map_err(no_answer)?),
                };
                for (table, place) in columns {
                    let column = &mut self.tables[*table].columns[*place];
                    column.chosen = chosen;
                    column.question = None;
                }
            }
            Subject::TimesWithoutZone => answers.times_without_zone = word(question, answer)?,
            Subject::Zone => {
                answers.zone = Zone::try_from(answer.to_owned()).map_err(no_answer)?;
            }
            Subject::Nocase => answers.nocase = word(question, answer)?,
            Subject::Orphans => answers.orphans = word(question, answer)?,
            Subject::Dirty => answers.dirty = word(question, answer)?,
        }
        Ok(())
    }

    /// Whether that question still stands after the others were answered.
    pub fn still_asks(&self, question: &Question) -> bool {
        match question.subject {
            Subject::Zone => {
                self.answers.times_without_zone == TimesWithoutZone::Timestamptz
                    || !self.in_zone().is_empty()
            }
            _ => true,
        }
    }
}

/// `orders.at (declared DATETIME; 12 texts)`.
fn known(table: &str, column: &ColumnPlan) -> String {
    format!("{table}.{} ({})", column.name, column.evidence)
}

fn choices(column: &ColumnPlan) -> Vec<String> {
    let chosen = match column.chosen {
        Choice::Own(own) => own.to_string(),
        Choice::TimesWithoutZone => "times_without_zone".to_owned(),
        Choice::Nocase => "nocase".to_owned(),
        Choice::Skip => "skip".to_owned(),
    };
    let others = column.alternatives.iter().map(ToString::to_string);
    std::iter::once(chosen).chain(others).collect()
}

/// The words, the likely one first.
fn first(likely: impl Serialize, words: &[&str]) -> Vec<String> {
    let likely = serde_json::to_value(likely).unwrap_or_default();
    let likely = likely.as_str().unwrap_or_default();
    let mut words: Vec<String> = words.iter().map(|&it| it.to_owned()).collect();
    words.sort_by_key(|it| it != likely);
    words
}

fn word<T: DeserializeOwned>(question: &Question, answer: &str) -> Result<T> {
    serde_json::from_value(answer.into()).map_err(|_| {
        no_answer(format!(
            "{answer:?} is no answer: {}",
            question.choices.join(", ")
        ))
    })
}

fn no_answer(why: String) -> Error {
    Error::new(ErrorKind::Plan, why)
}
