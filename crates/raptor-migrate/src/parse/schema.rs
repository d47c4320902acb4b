//! Reads a text that says what a whole schema is: SQL for both engines, or `up` sections.

use super::statements::statements;
use super::{Source, body, header, wrong};
use crate::error::Result;
use crate::place::Place;
use crate::revision::{Part, Section};

/// The parts that make the schema; an empty text makes an empty one.
pub(crate) fn schema(text: &str) -> Result<Vec<Part>> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let source = Source::new(text)?;
    let Some(first) = source.directives.first() else {
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
    Ok(body.up)
}
