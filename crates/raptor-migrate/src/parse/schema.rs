//! Reads a text that says what a whole schema is: SQL for both engines, or `up` sections; what
//! `pg_dump` writes is one.

use super::statements::statements;
use super::{Source, body, header, wrong};
use crate::error::Result;
use crate::place::Place;
use crate::revision::{Part, Section};
use raptor_db::lexer;

const EMPTY: &str = "the schema is empty, so that all there is would be dropped; if that is meant, \
    write `-- raptor:up` and nothing below it";

/// The parts that make the schema. One that is empty has to say so.
pub(crate) fn schema(text: &str) -> Result<Vec<Part>> {
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        return Err(wrong(Place::START, EMPTY));
    }
    let source = Source::new(&unrestricted(text))?;
    no_commands(&source)?;
    let Some(first) = source.directives.first() else {
        let is_code = |it: &lexer::Token| it.is_code() && !it.is_symbol(&source.text, ";");
        if !source.tokens.iter().any(is_code) {
            return Err(wrong(Place::START, EMPTY));
        }
        let section = Section {
            engine: None,
            text: source.text.clone(),
            statements: statements(&source, 0..source.text.len(), None, true)?,
        };
        return Ok(vec![Part::Sql(section)]);
    };
    if let Some(line) = source
        .directives
        .iter()
        .find(|line| header::is_header(source.payload(line)))
    {
        let message = "a schema is no revision and has no header; it begins with SQL, or with a `-- raptor:up` section";
        return Err(wrong(source.place(line.start), message));
    }
    if let Some(token) = source.code_between(0, first.start) {
        let message =
            "SQL stands before the first section; put `-- raptor:up` above it for both engines";
        return Err(wrong(source.place(token.start), message));
    }
    let body = body::read(&source, true)?;
    if body.down.is_some() || body.irreversible.is_some() || !body.verify.is_empty() {
        let message = "a schema has `-- raptor:up` sections alone: it is never taken back";
        return Err(wrong(Place::START, message));
    }
    for part in &body.up {
        let (what, line) = match part {
            Part::Sql(_) => continue,
            Part::Rebuild(rebuild) => ("rebuild", rebuild.line),
            Part::Call(call) => ("call", call.line),
        };
        let message = format!("a schema has no `{what}`; write the table as it should be");
        return Err(wrong(Place { line, column: 1 }, message));
    }
    Ok(body.up)
}

/// The text without the lines by which `pg_dump` holds psql back, `\\restrict` and `\\unrestrict`:
/// blanks stand for them.
fn unrestricted(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let word = line.split_whitespace().next().unwrap_or_default();
        if matches!(word, "\\restrict" | "\\unrestrict") && line.starts_with(word) {
            all.extend(line.ends_with('\n').then_some('\n'));
        } else {
            all.push_str(line);
        }
    }
    all
}

/// Refuses what psql alone understands.
fn no_commands(source: &Source) -> Result<()> {
    let text = source.text.as_str();
    let is_first = |at: usize| at == 0 || text[..at].ends_with('\n');
    let is_command =
        |it: &&lexer::Token| it.is_code() && it.text(text).starts_with('\\') && is_first(it.start);
    match source.tokens.iter().find(is_command) {
        None => Ok(()),
        Some(token) => {
            let line = text[token.start..].lines().next().unwrap_or_default();
            let message = format!(
                "`{line}` is a command of psql, which nothing here understands; take it out"
            );
            Err(wrong(source.place(token.start), message))
        }
    }
}
