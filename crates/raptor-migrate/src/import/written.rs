//! Revisions written in our format, from what was taken over.

use super::asked;
use super::batch::{self, Piece};
use super::body::Body;
use super::choice::Chosen;
use super::imported::{ImportedFile, Note, NoteKind};
use super::script::Script;
use super::to_do;
use crate::chain::Chain;
use crate::draft::Draft;
use crate::error::Result;
use crate::report::Direction;
use crate::revision::{Part, Rebuild, Revision, Section};
use raptor_db::Engine;
use raptor_db::lexer::{self, TokenKind};

/// Both directions of a revision on one engine.
pub(super) struct Sides {
    pub(super) engine: Engine,
    pub(super) up: Chosen,
    pub(super) down: Chosen,
}

const ENGINES: [Engine; 2] = [Engine::Postgres, Engine::Sqlite];

/// The file of one revision; `bare` is the revision without sections.
pub(super) fn file(
    bare: &Revision,
    script: &Script,
    sides: &[Sides],
    notes: &mut Vec<Note>,
) -> Result<ImportedFile> {
    let mut revision = bare.clone();
    let bodies = sides.iter().flat_map(|side| [&side.up, &side.down]);
    revision.transactional = !bodies
        .clone()
        .any(|it| matches!(it, Chosen::Body(body) if body.alone));
    revision.title = script.title.as_deref().and_then(title);
    revision.irreversible = sides.iter().find_map(|side| match &side.down {
        Chosen::Irreversible(why) => Some(one_line(why)),
        _ => None,
    });
    let mut writer = Writer {
        id: bare.id(),
        notes,
        to_do: Vec::new(),
    };
    let of = |side: &'_ Sides, direction| match direction {
        Direction::Up => body(&side.up),
        Direction::Down => body(&side.down),
    };
    revision.up = writer.parts(sides, Direction::Up, of);
    revision.down = match revision.irreversible {
        Some(_) => None,
        None => Some(writer.parts(sides, Direction::Down, of)),
    };
    let name = name(bare.id(), script)?;
    let left_out = writer.to_do;
    let mut to_do: Vec<String> = notes
        .iter()
        .filter(|note| note.revision == bare.id() && !is_gone(note.direction, &revision))
        .filter_map(to_do::of)
        .collect();
    to_do.extend(left_out);
    let text = to_do::written(revision, &to_do);
    Revision::parse(&name, &text)?;
    Ok(ImportedFile { name, text })
}

/// Whether there is no way back to do anything about.
fn is_gone(direction: Direction, revision: &Revision) -> bool {
    direction == Direction::Down && revision.irreversible.is_some()
}

fn body(chosen: &Chosen) -> Option<Body> {
    match chosen {
        Chosen::Body(body) => Some(body.clone()),
        Chosen::Irreversible(_) | Chosen::Nothing => None,
    }
}

/// `<date>_<id>_<slug>.sql`, as a new revision's file is named.
fn name(id: &str, script: &Script) -> Result<String> {
    let draft = Draft {
        id: id.to_owned(),
        date: script.date.clone().unwrap_or_default(),
        message: script.title.as_deref().and_then(title).unwrap_or_default(),
        ..Draft::default()
    };
    draft.write(&Chain::default()).map(|(name, _)| name)
}

/// A title as one comment line that is no directive.
fn title(text: &str) -> Option<String> {
    let line = one_line(text);
    let line = line.trim_start_matches('-').trim_start();
    let is_directive = line
        .get(..6)
        .is_some_and(|it| it.eq_ignore_ascii_case("raptor"));
    let line = if is_directive {
        format!("\"{line}\"")
    } else {
        line.to_owned()
    };
    (!line.is_empty()).then_some(line)
}

fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace('\0', "")
}

struct Writer<'a> {
    id: &'a str,
    notes: &'a mut Vec<Note>,
    /// What is to be done by hand about statements that were left out.
    to_do: Vec<String>,
}

impl Writer<'_> {
    fn parts(
        &mut self,
        sides: &[Sides],
        direction: Direction,
        of: impl Fn(&Sides, Direction) -> Option<Body>,
    ) -> Vec<Part> {
        let mut parts = Vec::new();
        for engine in ENGINES {
            let side = sides.iter().find(|side| side.engine == engine);
            let body = side
                .and_then(|side| of(side, direction))
                .unwrap_or_default();
            parts.extend(self.engine(&body, engine, direction));
        }
        // Nothing to do anywhere, as in a merge.
        if parts
            .iter()
            .all(|part| matches!(part, Part::Sql(section) if section.text.is_empty()))
        {
            return vec![section(None, &[])];
        }
        parts
    }

    fn engine(&mut self, body: &Body, engine: Engine, direction: Direction) -> Vec<Part> {
        if engine == Engine::Postgres {
            let texts: Vec<String> = body.statements.iter().map(asked::text).collect();
            return vec![section(Some(engine), &texts)];
        }
        let (pieces, by_hand) = batch::pieces(&body.statements);
        let missed = body
            .dropped
            .iter()
            .filter(|it| to_do::is_missed(it, &pieces));
        self.to_do
            .extend(missed.map(|it| to_do::left_out(it, engine, direction)));
        for text in by_hand {
            self.notes.push(Note {
                revision: self.id.to_owned(),
                engine: engine.as_str(),
                direction,
                kind: NoteKind::ByHand,
                text,
            });
        }
        sections(pieces, engine)
    }
}

/// The first part is a section of the engine, to which a rebuild belongs.
fn sections(pieces: Vec<Piece>, engine: Engine) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut open: Vec<String> = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Sql(text) => open.push(text),
            Piece::Rebuild { table, text } => {
                if parts.is_empty() || !open.is_empty() {
                    parts.push(section(Some(engine), &std::mem::take(&mut open)));
                }
                let Part::Sql(section) = section(Some(engine), &text) else {
                    continue;
                };
                parts.push(Part::Rebuild(Rebuild {
                    table,
                    section,
                    line: 0,
                }));
            }
        }
    }
    if parts.is_empty() || !open.is_empty() {
        parts.push(section(Some(engine), &open));
    }
    parts
}

fn section(engine: Option<Engine>, statements: &[String]) -> Part {
    let texts: Vec<String> = statements.iter().map(|it| ended(it)).collect();
    Part::Sql(Section {
        engine,
        text: texts.join("\n\n"),
        statements: Vec::new(),
    })
}

/// With its semicolon, which a comment at the end must not swallow.
fn ended(statement: &str) -> String {
    let statement = statement.trim();
    let tokens = lexer::tokens(statement).unwrap_or_default();
    let is_comment = tokens.last().is_some_and(|last| {
        last.kind == TokenKind::Comment && last.text(statement).starts_with("--")
    });
    if is_comment {
        format!("{statement}\n;")
    } else {
        format!("{statement};")
    }
}
