//! Tables that a module of SQLite made up: what becomes of them, and how they are searched on Postgres.

use super::table::renamed;
use crate::plan::{Plan, TablePlan};
use crate::source::{Source, Table, TableKind, quoted};

/// What is to be known of a table that a module made up, where its rows come along.
pub(super) fn carried(table: &Table, planned: &TablePlan) -> Option<String> {
    let TableKind::Virtual { module } = &table.kind else {
        return None;
    };
    let names: Vec<String> = table.columns.iter().map(|it| it.name.clone()).collect();
    let names = renamed(planned, &names);
    Some(match &module.to_lowercase()[..] {
        "fts3" | "fts4" | "fts5" => format!(
            "was a full-text index ({module}), and becomes a table of its rows; {}",
            searched(&planned.to, &names)
        ),
        "rtree" | "rtree_i32" => format!(
            "was a spatial index ({module}), and becomes a table of its rows: comparisons with its columns go on as they are{}",
            boxed(&planned.to, &names)
        ),
        _ => format!(
            "was made up by a module of SQLite ({module}), and becomes a table of its rows: searches in it are to be written anew"
        ),
    })
}

/// How a full-text index over another table, which is left out, is had there.
pub(super) fn left_out(source: &Source, plan: &Plan, table: &Table) -> Option<String> {
    let TableKind::Virtual { module } = &table.kind else {
        return None;
    };
    if !module.to_lowercase().starts_with("fts") {
        return None;
    }
    let content = source.table(&content(&table.text)?)?;
    let planned = plan.table(&content.name).filter(|it| it.skip.is_none())?;
    let is_there = |name: &str| {
        let mut columns = content.columns.iter();
        columns.any(|it| it.name.eq_ignore_ascii_case(name))
    };
    let names = table.columns.iter().map(|it| it.name.clone());
    let names: Vec<String> = names.filter(|it| is_there(it)).collect();
    match names.is_empty() {
        true => None,
        false => Some(searched(&planned.to, &renamed(planned, &names))),
    }
}

/// The table that an index is over: `content='notes'`.
fn content(text: &str) -> Option<String> {
    let (_, behind) = text.split_once("content")?;
    let behind = behind.trim_start().strip_prefix('=')?.trim_start();
    let end = |sign: char| sign == ',' || sign == ')';
    let name = behind.split(end).next()?.trim();
    let name = name.trim_matches(|sign| matches!(sign, '\'' | '"' | '`' | '[' | ']'));
    (!name.is_empty()).then(|| name.to_owned())
}

/// The index of Postgres that answers what `MATCH` did.
fn searched(table: &str, columns: &[String]) -> String {
    let parts = columns
        .iter()
        .map(|it| format!("coalesce({}, '')", quoted(it)));
    let parts: Vec<String> = parts.collect();
    let words = format!("to_tsvector('simple', {})", parts.join(" || ' ' || "));
    format!(
        "`CREATE INDEX ON {table} USING gin ({words})` answers what MATCH did, as \
         `WHERE {words} @@ websearch_to_tsquery('simple', …)`",
        table = quoted(table)
    )
}

/// The index of Postgres for boxes of two dimensions.
fn boxed(table: &str, columns: &[String]) -> String {
    let [_, low_x, high_x, low_y, high_y] = columns else {
        return String::new();
    };
    let point = |x: &str, y: &str| format!("point({}, {})", quoted(x), quoted(y));
    let (low, high) = (point(low_x, low_y), point(high_x, high_y));
    format!(
        ", by all rows; `CREATE INDEX ON {} USING gist (box({low}, {high}))` is the index for boxes that overlap (`box({low}, {high}) && box(…)`)",
        quoted(table)
    )
}

#[cfg(test)]
mod tests {
    use super::content;

    #[test]
    fn the_table_of_an_index() {
        for (text, name) in [
            (
                "CREATE VIRTUAL TABLE f USING fts5(a, content='notes', content_rowid='id')",
                Some("notes"),
            ),
            (
                "CREATE VIRTUAL TABLE f USING fts5(a, content = \"no tes\")",
                Some("no tes"),
            ),
            ("CREATE VIRTUAL TABLE f USING fts5(a, content='')", None),
            ("CREATE VIRTUAL TABLE f USING fts5(a)", None),
        ] {
            assert_eq!(content(text).as_deref(), name, "{text}");
        }
    }
}
