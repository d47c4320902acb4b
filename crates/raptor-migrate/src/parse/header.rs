//! The header: `-- raptor: key=value …` lines, and the title below the first of them.

use super::words::words;
use super::{Source, wrong};
use crate::error::{Error, Result};
use crate::place::Place;
use crate::revision::{Dependency, LockWait, MAX_ID, Phase, Replaces};
use raptor_db::lexer::TokenKind;
use std::time::Duration;

/// What the header says.
#[derive(Default)]
pub(super) struct Header {
    pub(super) id: String,
    pub(super) revises: Vec<String>,
    pub(super) depends: Vec<Dependency>,
    pub(super) labels: Vec<String>,
    pub(super) replaces: Option<Replaces>,
    pub(super) transactional: Option<bool>,
    pub(super) phase: Option<Phase>,
    pub(super) role: Option<String>,
    pub(super) lock: Option<LockWait>,
    pub(super) title: Option<String>,
}

const KEYS: &str = "id, revises, depends, labels, replaces, tx, phase, role and lock";

/// Words that a target reads as something else.
const RESERVED: [&str; 4] = ["head", "heads", "base", "current"];

/// Reads the header.
pub(super) fn read(source: &Source) -> Result<Header> {
    let lines = source
        .directives
        .iter()
        .take_while(|line| is_header(source.payload(line)));
    let count = lines.clone().count();
    let mut header = Header::default();
    let mut seen: Vec<&str> = Vec::new();
    for line in lines {
        let found = words(&source.text, line.payload, line.end)?;
        if found.is_empty() {
            let message = format!("the header line says nothing; it takes {KEYS}");
            return Err(wrong(source.place(line.start), message));
        }
        for word in &found {
            let (key, value) = word.pair()?;
            if seen.contains(&key) {
                return Err(wrong(word.place, format!("`{key}` is given twice")));
            }
            header.set(key, value, word.place)?;
            seen.push(word.bare.split('=').next().unwrap_or_default());
        }
    }
    let place = source
        .directives
        .first()
        .map_or(Place::START, |line| source.place(line.start));
    if count == 0 {
        let message = "the header is missing; the file begins with `-- raptor: id=…`";
        return Err(wrong(place, message));
    }
    if header.id.is_empty() {
        return Err(wrong(place, "the header has no `id=…`"));
    }
    if header.revises.contains(&header.id) {
        return Err(wrong(place, format!("{} revises itself", header.id)));
    }
    preamble(source, count, &mut header)?;
    Ok(header)
}

/// Whether a directive is a header line: a blank follows the colon.
pub(super) fn is_header(payload: &str) -> bool {
    payload.chars().next().is_none_or(char::is_whitespace)
}

/// What stands before the first section: comments alone; the first is the title.
fn preamble(source: &Source, header_lines: usize, header: &mut Header) -> Result<()> {
    let end = source
        .directives
        .get(header_lines)
        .map_or(source.text.len(), |line| line.start);
    if let Some(token) = source.code_between(0, end) {
        let message = "SQL stands before the first section; put `-- raptor:up` before it";
        return Err(wrong(source.place(token.start), message));
    }
    header.title = source
        .tokens
        .iter()
        .skip_while(|token| token.start < source.directives[0].start)
        .take_while(|token| token.start < end)
        .filter(|token| token.kind == TokenKind::Comment)
        .filter(|token| {
            source
                .directives
                .iter()
                .all(|line| line.start != token.start)
        })
        .filter_map(|token| token.text(&source.text).strip_prefix("--"))
        .map(|comment| comment.trim_start_matches('-').trim())
        .find(|title| !title.is_empty())
        .map(str::to_owned);
    Ok(())
}

impl Header {
    fn set(&mut self, key: &str, value: &str, place: Place) -> Result<()> {
        let error = |message: String| wrong(place, message);
        match key {
            "id" => self.id = name("id", value, place)?,
            "revises" => self.revises = list(key, value, place)?,
            "labels" => self.labels = list(key, value, place)?,
            "depends" => self.depends = dependencies(value, place)?,
            "replaces" => self.replaces = Some(replaces(value, place)?),
            "tx" => {
                self.transactional = Some(match value {
                    "on" => true,
                    "off" => false,
                    _ => return Err(error(format!("tx={value} is unknown; write on or off"))),
                });
            }
            "phase" => {
                let phase = Phase::ALL.into_iter().find(|phase| phase.as_str() == value);
                self.phase = Some(phase.ok_or_else(|| {
                    error(format!(
                        "phase={value} is unknown; write expand, migrate or contract"
                    ))
                })?);
            }
            "role" => self.role = Some(name("role", value, place)?),
            "lock" => {
                let wait = lock_wait(value);
                self.lock = Some(wait.ok_or_else(|| {
                    error(format!(
                        "lock={value} cannot be read; write a time and the tries, such as lock=2s*20"
                    ))
                })?);
            }
            _ => {
                return Err(error(format!(
                    "`{key}` is no key of the header; it takes {KEYS}"
                )));
            }
        }
        Ok(())
    }
}

fn dependencies(value: &str, place: Place) -> Result<Vec<Dependency>> {
    let read = |item: &str| match item.strip_prefix("label:") {
        Some(label) => name("depends", label, place).map(Dependency::Label),
        None => name("depends", item, place).map(Dependency::Id),
    };
    let items = items(value).map(read).collect::<Result<Vec<_>>>()?;
    unique(&items, |item| item.to_string(), "depends", place)?;
    Ok(items)
}

/// `A..B`, or a list.
fn replaces(value: &str, place: Place) -> Result<Replaces> {
    if let Some((first, last)) = value.split_once("..") {
        let first = name("replaces", first, place)?;
        return Ok(Replaces::Range(first, name("replaces", last, place)?));
    }
    match list("replaces", value, place)? {
        ids if ids.is_empty() => Err(wrong(
            place,
            "`replaces` names the revisions: A..B, or each by its id",
        )),
        ids => Ok(Replaces::Each(ids)),
    }
}

/// The items of a list; an empty value, such as the `revises=` of a base, has none.
fn items(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').filter(move |_| !value.is_empty())
}

fn list(key: &str, value: &str, place: Place) -> Result<Vec<String>> {
    let items = items(value)
        .map(|item| name(key, item, place))
        .collect::<Result<Vec<_>>>()?;
    unique(&items, Clone::clone, key, place)?;
    Ok(items)
}

fn unique<T: PartialEq>(
    items: &[T],
    shown: impl Fn(&T) -> String,
    key: &str,
    place: Place,
) -> Result<()> {
    let twice = items
        .iter()
        .enumerate()
        .find(|(at, item)| items[..*at].contains(item));
    match twice {
        Some((_, item)) => Err(wrong(place, format!("{key} names {} twice", shown(item)))),
        None => Ok(()),
    }
}

/// An id, label or role.
fn name(key: &str, value: &str, place: Place) -> Result<String> {
    let refuse = |message: String| -> Result<String, Error> { Err(wrong(place, message)) };
    if value.is_empty() {
        return refuse(format!(
            "`{key}` has an empty name; leave the key or the comma out"
        ));
    }
    let legal = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    if let Some(illegal) = value.chars().find(|c| !legal(c)) {
        return refuse(format!(
            "{value:?} holds {illegal:?}; names are made of ASCII letters, digits, `_` and `.`"
        ));
    }
    if value.len() > MAX_ID && key != "role" && key != "labels" {
        let length = value.len();
        return refuse(format!(
            "{value} has {length} characters; an id has at most {MAX_ID}, as alembic_version takes no more"
        ));
    }
    if RESERVED.contains(&value) {
        return refuse(format!(
            "`{value}` means something else where a revision is named"
        ));
    }
    Ok(value.to_owned())
}

/// `2s*20`.
fn lock_wait(value: &str) -> Option<LockWait> {
    let (time, tries) = value.split_once('*')?;
    let unit_at = time.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = time[..unit_at].parse().ok()?;
    let timeout = match &time[unit_at..] {
        "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        "m" => Duration::from_secs(number.checked_mul(60)?),
        _ => return None,
    };
    let tries = tries.parse().ok().filter(|tries| *tries > 0)?;
    (!timeout.is_zero()).then_some(LockWait { timeout, tries })
}
