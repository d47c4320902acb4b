//! The tables, their columns, and what was asked of them.

use super::Report;
use super::page::{Page, escaped};
use crate::left_out::{is_computed, is_inner};
use crate::plan::{Choice, ColumnPlan, Mode, Note, TablePlan};
use crate::words::{counted, length};

impl Report<'_> {
    pub(super) fn tables(&self, page: &mut Page) {
        const HEAD: [&str; 7] = [
            "table",
            "becomes",
            "rows",
            "came over",
            "rejected",
            "cells changed",
            "proved",
        ];
        page.section("Tables");
        let (inner, tables): (Vec<&TablePlan>, Vec<&TablePlan>) = self
            .plan
            .tables
            .iter()
            .partition(|it| is_inner(self.source, it));
        let mut rows: Vec<Vec<String>> = tables.into_iter().map(|it| self.table(it)).collect();
        if !inner.is_empty() {
            let mut row = vec![
                counted(length(&inner), "inner table"),
                "<em>left out: SQLite's modules keep them</em>".to_owned(),
            ];
            row.resize(HEAD.len(), String::new());
            rows.push(row);
        }
        page.table(&HEAD, rows.into_iter());
    }

    fn table(&self, table: &TablePlan) -> Vec<String> {
        let fate = self.fates().and_then(|it| it.get(&table.name));
        let number = |it: Option<u64>| it.map_or_else(String::new, |it| it.to_string());
        vec![
            escaped(&table.name),
            match &table.skip {
                Some(why) => format!("<em>left out: {}</em>", escaped(why)),
                None => escaped(&table.to),
            },
            table.rows.to_string(),
            number(fate.map(|it| it.rows)),
            number(fate.map(|it| it.rejected)),
            number(fate.map(|it| it.changed)),
            self.proved(table),
        ]
    }

    /// Whether a table is proved equal, and but for what.
    fn proved(&self, table: &TablePlan) -> String {
        let Some(verified) = self.verified else {
            return String::new();
        };
        if !verified.tables.contains_key(&table.name) {
            return String::new();
        }
        let (of, of_column) = (
            format!("table {}", table.name),
            format!("column {}.", table.name),
        );
        let differs = |it: &Note| it.of == of || it.of.starts_with(&of_column);
        if verified.differences.iter().any(differs) {
            return "NOT equal".to_owned();
        }
        let fate = self.fates().and_then(|it| it.get(&table.name));
        let fate = fate.copied().unwrap_or_default();
        let mut proved = "equal".to_owned();
        if fate.rejected > 0 {
            proved.push_str(&format!(", {} rejected", fate.rejected));
        }
        if fate.changed > 0 {
            proved.push_str(&format!(", {} changed", counted(fate.changed, "cell")));
        }
        proved
    }

    pub(super) fn questions(&self, page: &mut Page) {
        let columns = self
            .plan
            .tables
            .iter()
            .flat_map(|table| table.columns.iter().map(move |it| (table, it)));
        let asked: Vec<Vec<String>> = columns
            .filter_map(|(table, column)| Some((table, column, column.question.as_ref()?)))
            .map(|(table, column, question)| {
                let of = format!("{}.{}", table.name, column.name);
                vec![escaped(&of), escaped(question), self.became(table, column)]
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
        let open: Vec<String> = self.plan.answers.ask.iter().map(word).collect();
        if !open.is_empty() {
            page.text(&format!(
                "Nobody has answered <code>{}</code>: what is likely was taken.",
                open.join("</code>, <code>")
            ));
        }
        if asked.is_empty() {
            page.text("No column is asked about.");
        } else {
            page.table(&["column", "question", "answered"], asked.into_iter());
        }
    }

    pub(super) fn columns(&self, page: &mut Page) {
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
        let chosen = self.plan.conversion(column).to_string();
        let others = column.alternatives.iter().map(ToString::to_string);
        let others: Vec<String> = others.filter(|it| *it != chosen).collect();
        let dirty = column
            .dirty
            .as_ref()
            .map(|it| format!("{}: {}", it.count, it.first));
        vec![
            name,
            format!(
                "<code>{}</code> → {}",
                escaped(declared.map_or("", |it| &it.declared)),
                self.became(table, column)
            ),
            escaped(&column.evidence),
            escaped(&others.join(", ")),
            escaped(&dirty.unwrap_or_default()),
        ]
    }

    /// What a column became.
    fn became(&self, table: &TablePlan, column: &ColumnPlan) -> String {
        if column.chosen != Choice::Skip {
            let type_name = self.plan.conversion(column).to_string();
            return format!("<code>{}</code>", escaped(&type_name));
        }
        if self.plan.mode == Mode::Existing && is_computed(self.source, table, column) {
            return "<em>left to Postgres, which computes it</em>".to_owned();
        }
        // Where the plan itself left it out, its note says why.
        let of = format!("column {}.{}", table.name, column.name);
        let is_told = self.plan.notes.iter().any(|it| it.of == of);
        match column.evidence.is_empty() || is_told {
            true => "<em>left out</em>".to_owned(),
            false => format!("<em>left out: {}</em>", escaped(&column.evidence)),
        }
    }
}

/// A word that serde writes for a variant.
fn word(value: &impl serde::Serialize) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    escaped(text.trim_matches('"'))
}
