//! Cuts what a directive says into words; a word may be, or end in, a `"quoted text"`.

use super::wrong;
use crate::error::Result;
use crate::place::Place;

/// One word of a directive.
#[derive(Debug)]
pub(super) struct Word<'t> {
    /// What stands before the quote, or all of an unquoted word.
    pub(super) bare: &'t str,
    /// What the quote holds.
    pub(super) quoted: Option<String>,
    pub(super) place: Place,
}

/// The words of `text[start..end]`, which is part of one line.
pub(super) fn words(text: &str, start: usize, end: usize) -> Result<Vec<Word<'_>>> {
    let mut words = Vec::new();
    let mut at = start;
    loop {
        let rest = &text[at..end];
        at += rest.len() - rest.trim_start().len();
        if at >= end {
            return Ok(words);
        }
        let place = Place::of(text, at);
        let rest = &text[at..end];
        let stop = rest
            .find(|c: char| c.is_whitespace() || c == '"')
            .unwrap_or(rest.len());
        let bare = &rest[..stop];
        at += stop;
        let quoted = if text[at..end].starts_with('"') {
            let (value, length) = quote(&text[at..end])
                .ok_or_else(|| wrong(Place::of(text, at), "the quote never ends on its line"))?;
            at += length;
            if text[at..end].starts_with(|c: char| !c.is_whitespace()) {
                let message = "a blank must follow the quote (a quote inside is written twice)";
                return Err(wrong(Place::of(text, at), message));
            }
            Some(value)
        } else {
            None
        };
        words.push(Word {
            bare,
            quoted,
            place,
        });
    }
}

/// What the quote that `text` begins with holds, and how long it is with its marks.
fn quote(text: &str) -> Option<(String, usize)> {
    let mut at = 1;
    let mut value = String::new();
    loop {
        let close = at + text[at..].find('"')?;
        value.push_str(&text[at..close]);
        at = close + 1;
        if !text[at..].starts_with('"') {
            return Some((value, at));
        }
        value.push('"');
        at += 1;
    }
}

impl Word<'_> {
    /// The word as `key=value` or `key="value"`.
    pub(super) fn pair(&self) -> Result<(&str, &str)> {
        let pair = match &self.quoted {
            Some(value) => self.bare.strip_suffix('=').map(|key| (key, value.as_str())),
            None => self.bare.split_once('='),
        };
        match pair {
            Some((key, value)) if !key.is_empty() && !key.contains('=') => Ok((key, value)),
            _ => {
                let shown = self.shown();
                let message = format!("{shown} is no key=value (a list has commas and no blanks)");
                Err(wrong(self.place, message))
            }
        }
    }

    /// The word as it was written, near enough for a message.
    pub(super) fn shown(&self) -> String {
        match &self.quoted {
            Some(quoted) => format!("`{}\"{quoted}\"`", self.bare),
            None => format!("`{}`", self.bare),
        }
    }
}
