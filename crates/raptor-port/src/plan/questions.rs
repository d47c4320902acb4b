//! What evidence cannot decide, each asked once for all columns that it is asked of.

use super::{Answers, Choice, ColumnPlan, Mode, Note, OpenAnswer, Plan, TimesWithoutZone};
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
    Answer(OpenAnswer),
}

impl Plan {
    /// What is open: what is answered once for all and touches something here, and what columns ask, those that
    /// ask the same together.
    pub fn open_questions(&self) -> Vec<Question> {
        let ask = self.answers.ask.iter();
        // Which cells are none depends on what the others say.
        let (last, first): (Vec<OpenAnswer>, Vec<OpenAnswer>) =
            ask.partition(|it| **it == OpenAnswer::Dirty);
        let question = |open| self.question(open);
        let mut questions: Vec<Question> = first.into_iter().map(question).collect();
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
        questions.extend(last.into_iter().map(question));
        questions.retain(|it| self.may_ask(it));
        questions
    }

    /// Whether it is asked, or may still be when the others are answered.
    fn may_ask(&self, question: &Question) -> bool {
        self.still_asks(question) || self.answers.ask.contains(&OpenAnswer::TimesWithoutZone)
    }

    /// A question about `[answers]`.
    fn question(&self, open: OpenAnswer) -> Question {
        let Answers {
            times_without_zone,
            zone,
            nocase,
            orphans,
            dirty,
            ..
        } = self.answers;
        let (text, choices) = match open {
            OpenAnswer::TimesWithoutZone => (
                "these times name no zone: are they what a clock on a wall shows (timestamp), or points in time (timestamptz)?",
                first(times_without_zone, &["timestamp", "timestamptz"]),
            ),
            OpenAnswer::Zone => (
                "in which zone are the times that name none, where they are points in time? UTC, an offset such as +02:00, or a name such as Europe/Berlin",
                vec![String::from(zone)],
            ),
            OpenAnswer::Nocase => (
                "COLLATE NOCASE: the type citext, keys and indexes over lower(…), or does the case count (ignore)?",
                first(nocase, &["citext", "lower", "ignore"]),
            ),
            OpenAnswer::Orphans => (
                "rows point at none: do they come along, with a foreign key that holds new rows alone (not_valid)?",
                first(orphans, &["not_valid", "reject", "null", "stop"]),
            ),
            OpenAnswer::Dirty => (
                "cells are no values of their types: is the row rejected and kept in raptor_port.rejected?",
                first(dirty, &["reject", "null", "stop"]),
            ),
        };
        Question {
            text: text.to_owned(),
            of: self.touched(open),
            choices,
            subject: Subject::Answer(open),
        }
    }

    /// What an answer is about here, each with what is known of it.
    fn touched(&self, open: OpenAnswer) -> Vec<String> {
        match open {
            OpenAnswer::TimesWithoutZone => self.chosen(Choice::TimesWithoutZone),
            OpenAnswer::Zone => {
                let naive = self.chosen(Choice::TimesWithoutZone);
                naive.into_iter().chain(self.in_zone()).collect()
            }
            OpenAnswer::Nocase if self.mode == Mode::Existing => Vec::new(),
            OpenAnswer::Nocase => self.chosen(Choice::Nocase),
            OpenAnswer::Orphans => self.orphaned(),
            OpenAnswer::Dirty => self.flawed(),
        }
    }

    /// What of `[answers]` is about something here.
    pub(super) fn open_answers(&self) -> Vec<OpenAnswer> {
        let is_about = |it: &OpenAnswer| !self.touched(*it).is_empty();
        OpenAnswer::ALL.into_iter().filter(is_about).collect()
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

    /// Answers a question of this plan; says how it was understood.
    ///
    /// # Errors
    /// [`ErrorKind::Plan`] when it cannot be answered so.
    pub fn answer(&mut self, question: &Question, answer: &str) -> Result<String> {
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
            Subject::Answer(open) => {
                match open {
                    OpenAnswer::TimesWithoutZone => {
                        answers.times_without_zone = word(question, answer)?;
                    }
                    OpenAnswer::Zone => {
                        answers.zone = Zone::try_from(answer.to_owned()).map_err(no_answer)?;
                    }
                    OpenAnswer::Nocase => answers.nocase = word(question, answer)?,
                    OpenAnswer::Orphans => answers.orphans = word(question, answer)?,
                    OpenAnswer::Dirty => answers.dirty = word(question, answer)?,
                }
                answers.ask.retain(|it| it != open);
                if *open == OpenAnswer::Zone {
                    return Ok(String::from(answers.zone));
                }
            }
        }
        Ok(answer.to_owned())
    }

    /// Whether that question still stands after the others were answered.
    pub fn still_asks(&self, question: &Question) -> bool {
        match question.subject {
            Subject::Answer(open) => self.is_open(open),
            Subject::Columns(_) => true,
        }
    }

    /// Whether an answer changes something, as the others are.
    pub(super) fn is_open(&self, open: OpenAnswer) -> bool {
        open != OpenAnswer::Zone
            || self.answers.times_without_zone == TimesWithoutZone::Timestamptz
            || !self.in_zone().is_empty()
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
