//! A plan as TOML: one line a column, with why, and what is asked.

use super::{Answers, Choice, ColumnPlan, KeyPlan, Note, Plan, TablePlan};
use crate::decide::IN_ZONE;
use crate::kind::Conversion;
use std::fmt::{self, Write as _};

impl fmt::Display for Plan {
    /// The text of `port.toml`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "# What becomes of {} on Postgres. Change what is wrong, and keep the file: another",
            comment(&self.source)
        )?;
        writeln!(
            f,
            "# `raptor port plan` leaves what stands here as it is. docs/PORT.md tells of every key."
        )?;
        writeln!(f, "version = 1")?;
        writeln!(f, "source = {}", text(&self.source))?;
        writeln!(f, "mode = {}", word(&self.mode))?;
        writeln!(f, "schema = {}", text(&self.schema))?;
        answers(f, &self.answers, self)?;
        for table in &self.tables {
            one(f, table)?;
        }
        for (view, why) in &self.views {
            writeln!(f, "\n[views.{}]\ndiffers = {}", key(view), text(why))?;
        }
        notes(f, &self.notes)
    }
}

fn answers(f: &mut fmt::Formatter<'_>, answers: &Answers, plan: &Plan) -> fmt::Result {
    writeln!(f, "\n[answers]")?;
    times(f, answers, plan)?;
    writeln!(
        f,
        "# COLLATE NOCASE: \"citext\", the extension's type; \"lower\", keys and indexes over lower(…); or \"ignore\"."
    )?;
    writeln!(f, "nocase = {}", word(&answers.nocase))?;
    writeln!(
        f,
        "# Rows that point at none: \"not_valid\", they come along and their foreign key stays NOT VALID; \"reject\", \"null\" or \"stop\"."
    )?;
    writeln!(f, "orphans = {}", word(&answers.orphans))?;
    writeln!(
        f,
        "# A cell that is no value of its type: \"reject\" its row, make it \"null\", or \"stop\". Rejected rows are kept in raptor_port.rejected."
    )?;
    writeln!(f, "dirty = {}", word(&answers.dirty))?;
    writeln!(
        f,
        "# A NUL in a text, which Postgres cannot hold: \"reject\", as any such cell, or \"strip\" it."
    )?;
    writeln!(f, "nul = {}", word(&answers.nul))?;
    if answers.ask.is_empty() {
        return Ok(());
    }
    let ask: Vec<String> = answers.ask.iter().map(word).collect();
    writeln!(
        f,
        "# What nobody has answered, so that it is what is likely: `raptor port plan` asks at a terminal. Take out what is right."
    )?;
    writeln!(f, "ask = [{}]", ask.join(", "))
}

fn times(f: &mut fmt::Formatter<'_>, answers: &Answers, plan: &Plan) -> fmt::Result {
    let named = |is: fn(&ColumnPlan) -> bool| -> Vec<String> {
        let columns = plan.columns().filter(|(_, column)| is(column));
        let name = |(table, column): (&TablePlan, &ColumnPlan)| {
            comment(&format!("{}.{}", table.name, column.name))
        };
        columns.map(name).collect()
    };
    let naive = named(|it| it.chosen == Choice::TimesWithoutZone);
    let of_zone = named(|it| it.evidence.ends_with(IN_ZONE));
    writeln!(
        f,
        "# What times are that name no zone: \"timestamp\" as a clock on a wall shows them, or \"timestamptz\","
    )?;
    writeln!(f, "# points in time, in that zone. {}", asked_of(&naive))?;
    writeln!(
        f,
        "times_without_zone = {}",
        word(&answers.times_without_zone)
    )?;
    if !of_zone.is_empty() {
        writeln!(
            f,
            "# The zone is also that of times that name none in columns of timestamptz. {}",
            asked_of(&of_zone)
        )?;
    }
    writeln!(f, "zone = {}", text(&String::from(answers.zone)))
}

fn asked_of(columns: &[String]) -> String {
    match columns {
        [] => "No column here is asked about.".to_owned(),
        [one] => format!("Asked of {one}."),
        several if several.len() <= 4 => format!("Asked of {}.", several.join(", ")),
        several => format!(
            "Asked of {} columns: {}, ….",
            several.len(),
            several[..3].join(", ")
        ),
    }
}

fn one(f: &mut fmt::Formatter<'_>, table: &TablePlan) -> fmt::Result {
    let name = key(&table.name);
    writeln!(f, "\n[tables.{name}]")?;
    if table.to != table.name {
        writeln!(f, "to = {}", text(&table.to))?;
    }
    writeln!(f, "rows = {}", table.rows)?;
    if table.rejects > 0 {
        writeln!(
            f,
            "# A run that rejects more rows than this ends with an error."
        )?;
    }
    writeln!(f, "rejects = {}", table.rejects)?;
    if table.key == KeyPlan::Unique {
        writeln!(
            f,
            "# Its key has NULLs, which a primary key on Postgres cannot have."
        )?;
        writeln!(f, "primary_key = \"unique\"")?;
    }
    if table.replaces > 0 {
        writeln!(
            f,
            "# The rows that are there now, and are replaced. A run that finds another number ends with an error."
        )?;
        writeln!(f, "replaces = {}", table.replaces)?;
    }
    if let Some(why) = &table.skip {
        writeln!(f, "skip = {}", text(why))?;
    }
    if !table.columns.is_empty() {
        writeln!(f, "[tables.{name}.columns]")?;
    }
    table.columns.iter().try_for_each(|it| column(f, it))
}

fn column(f: &mut fmt::Formatter<'_>, column: &ColumnPlan) -> fmt::Result {
    let mut line = format!(
        "{} = {{ type = {}",
        key(&column.name),
        chosen(&column.chosen)
    );
    if column.to != column.name {
        // Writing to a String does not fail.
        let _ = write!(line, ", to = {}", text(&column.to));
    }
    let _ = write!(line, ", why = {}", text(&column.evidence));
    if !column.alternatives.is_empty() {
        let others: Vec<String> = column
            .alternatives
            .iter()
            .map(|it| conversion(*it))
            .collect();
        let _ = write!(line, ", or = [{}]", others.join(", "));
    }
    if let Some(question) = &column.question {
        let _ = write!(line, ", ask = {}", text(question));
    }
    if let Some(dirty) = &column.dirty {
        let _ = write!(
            line,
            ", dirty = {}, first_dirty = {}",
            dirty.count,
            text(&dirty.first)
        );
    }
    writeln!(f, "{line} }}")
}

fn chosen(choice: &Choice) -> String {
    match choice {
        Choice::Own(own) => conversion(*own),
        Choice::TimesWithoutZone => "\"times_without_zone\"".to_owned(),
        Choice::Nocase => "\"nocase\"".to_owned(),
        Choice::Skip => "\"skip\"".to_owned(),
    }
}

/// `"timestamptz from seconds"`.
fn conversion(it: Conversion) -> String {
    text(&it.to_string())
}

fn notes(f: &mut fmt::Formatter<'_>, notes: &[Note]) -> fmt::Result {
    for note in notes {
        write!(
            f,
            "\n[[notes]]\nof = {}\ntext = {}\n",
            text(&note.of),
            text(&note.text)
        )?;
    }
    Ok(())
}

/// A word that serde writes for a variant.
fn word(value: &impl serde::Serialize) -> String {
    // The variants have no contents, so that it is a string.
    serde_json::to_string(value).unwrap_or_default()
}

/// A key: bare where it may be.
pub(super) fn key(name: &str) -> String {
    let is_bare = |sign: char| sign.is_ascii_alphanumeric() || sign == '_' || sign == '-';
    if !name.is_empty() && name.chars().all(is_bare) {
        name.to_owned()
    } else {
        text(name)
    }
}

/// A name in a comment, which must not end it.
fn comment(name: &str) -> String {
    let shown = name.chars().map(|sign| match sign.is_control() {
        true => sign.escape_default().to_string(),
        false => sign.to_string(),
    });
    shown.collect()
}

/// A string of TOML.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for sign in text.chars() {
        match sign {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            sign if sign.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(sign));
            }
            sign => out.push(sign),
        }
    }
    out.push('"');
    out
}
