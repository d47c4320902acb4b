//! The sections after the header.

use super::statements::statements;
use super::words::{Word, words};
use super::{Directive, Source, header, wrong};
use crate::error::{Error, Result};
use crate::place::Place;
use crate::revision::{Call, Part, Rebuild, Section};
use raptor_db::Engine;

/// What the sections say.
#[derive(Default)]
pub(super) struct Body {
    pub(super) up: Vec<Part>,
    pub(super) down: Option<Vec<Part>>,
    pub(super) irreversible: Option<String>,
    pub(super) verify: Vec<Section>,
    /// Where the first section of one engine stands, for up, down and verify: Postgres, SQLite.
    variants: [[Option<Place>; 2]; 3],
    has_up: bool,
    in_down: bool,
}

const KINDS: [&str; 3] = ["up", "down", "verify"];
const DIRECTIVES: &str = "up, down, verify, rebuild and call";

/// One directive with the text that follows it.
struct Piece<'s> {
    source: &'s Source,
    transactional: bool,
    place: Place,
    words: Vec<Word<'s>>,
    /// Where the text begins and ends.
    start: usize,
    end: usize,
}

/// Reads all sections.
pub(super) fn read(source: &Source, transactional: bool) -> Result<Body> {
    let mut body = Body::default();
    let mut lines = source
        .directives
        .iter()
        .skip_while(|line| header::is_header(source.payload(line)))
        .peekable();
    while let Some(line) = lines.next() {
        let end = lines.peek().map_or(source.text.len(), |next| next.start);
        body.take(&Piece::new(source, transactional, line, end)?)?;
    }
    body.finish()
}

impl<'s> Piece<'s> {
    fn new(source: &'s Source, transactional: bool, line: &Directive, end: usize) -> Result<Self> {
        let place = source.place(line.start);
        if header::is_header(source.payload(line)) {
            return Err(wrong(
                place,
                "a header line stands after a section; all of them come before the first",
            ));
        }
        Ok(Self {
            source,
            transactional,
            place,
            words: words(&source.text, line.payload, line.end)?,
            start: line.end,
            end,
        })
    }

    fn section(&self, engine: Option<Engine>) -> Result<Section> {
        let source = &self.source.text;
        let blank = |c: char| c.is_ascii_whitespace() || c == '\u{b}';
        let text = source[self.start..self.end].trim_matches(blank);
        let offset = source[self.start..self.end].find(text).unwrap_or(0) + self.start;
        Ok(Section {
            engine,
            text: text.to_owned(),
            statements: statements(
                self.source,
                offset..offset + text.len(),
                engine,
                self.transactional,
            )?,
        })
    }

    /// The text after a directive that takes none.
    fn no_text(&self, what: &str) -> Result<()> {
        match self.source.code_between(self.start, self.end) {
            Some(token) => Err(wrong(
                self.source.place(token.start),
                format!("no SQL belongs to `{what}`; begin a section before it"),
            )),
            None => Ok(()),
        }
    }

    /// The engine that the directive names, if it names one.
    fn engine(&self) -> Result<Option<Engine>> {
        let engine = match self.words.get(1) {
            None => return Ok(None),
            Some(word) if word.quoted.is_none() && word.bare == "postgres" => Engine::Postgres,
            Some(word) if word.quoted.is_none() && word.bare == "sqlite" => Engine::Sqlite,
            Some(word) => {
                let shown = word.shown();
                let message =
                    format!("{shown} is no engine; write postgres, sqlite, or nothing for both");
                return Err(wrong(word.place, message));
            }
        };
        self.nothing_after(2)?;
        Ok(Some(engine))
    }

    fn nothing_after(&self, count: usize) -> Result<()> {
        match self.words.get(count) {
            Some(word) => Err(wrong(
                word.place,
                format!("{} is one word too many", word.shown()),
            )),
            None => Ok(()),
        }
    }
}

impl Body {
    fn take(&mut self, piece: &Piece<'_>) -> Result<()> {
        let first = &piece.words[0];
        match first.bare {
            _ if first.quoted.is_some() => Err(unknown(first)),
            "up" => self.up(piece),
            "down" => self.down(piece),
            "verify" => {
                let engine = piece.engine()?;
                self.note(2, engine, piece.place);
                self.verify.push(piece.section(engine)?);
                Ok(())
            }
            "rebuild" => self.rebuild(piece),
            "call" => self.call(piece),
            _ => Err(unknown(first)),
        }
    }

    fn up(&mut self, piece: &Piece<'_>) -> Result<()> {
        self.in_down = false;
        let engine = piece.engine()?;
        self.note(0, engine, piece.place);
        self.push(Part::Sql(piece.section(engine)?));
        Ok(())
    }

    fn down(&mut self, piece: &Piece<'_>) -> Result<()> {
        self.in_down = true;
        let irreversible = piece
            .words
            .get(1)
            .filter(|word| word.bare == "irreversible" && word.quoted.is_none());
        let both = "`down irreversible` and a `down` with text exclude each other";
        if let Some(word) = irreversible {
            let why = match piece.words.get(2) {
                Some(Word {
                    bare: "",
                    quoted: Some(why),
                    ..
                }) if !why.trim().is_empty() => why,
                _ => {
                    let message = "say why in quotes: `-- raptor:down irreversible \"…\"`";
                    return Err(wrong(word.place, message));
                }
            };
            piece.nothing_after(3)?;
            piece.no_text("down irreversible")?;
            if self.irreversible.is_some() {
                return Err(wrong(piece.place, "`down irreversible` is said twice"));
            }
            if self.down.is_some() {
                return Err(wrong(piece.place, both));
            }
            self.irreversible = Some(why.clone());
            return Ok(());
        }
        let engine = piece.engine()?;
        if self.irreversible.is_some() {
            return Err(wrong(piece.place, both));
        }
        self.note(1, engine, piece.place);
        self.down.get_or_insert_default();
        self.push(Part::Sql(piece.section(engine)?));
        Ok(())
    }

    fn rebuild(&mut self, piece: &Piece<'_>) -> Result<()> {
        let legal = |table: &str| {
            table.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                && table.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        };
        let table = match piece.words.get(1) {
            Some(word) if word.quoted.is_none() && legal(word.bare) => word.bare.to_owned(),
            Some(word) => {
                let message = format!("{} is no table's plain name", word.shown());
                return Err(wrong(word.place, message));
            }
            None => {
                return Err(wrong(
                    piece.place,
                    "`rebuild` names the table to build anew",
                ));
            }
        };
        piece.nothing_after(2)?;
        let section = piece.section(Some(Engine::Sqlite))?;
        if section.statements.is_empty() {
            let message = "the table's new text is missing below `rebuild`";
            return Err(wrong(piece.place, message));
        }
        self.note(usize::from(self.in_down), Some(Engine::Sqlite), piece.place);
        self.direct(piece, "rebuild")?;
        self.push(Part::Rebuild(Rebuild {
            table,
            section,
            line: piece.place.line,
        }));
        Ok(())
    }

    fn call(&mut self, piece: &Piece<'_>) -> Result<()> {
        let legal = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let name = match piece.words.get(1) {
            Some(word) if word.quoted.is_none() && legal(word.bare) => word.bare.to_owned(),
            Some(word) => {
                let message = format!("{} is no step's name", word.shown());
                return Err(wrong(word.place, message));
            }
            None => return Err(wrong(piece.place, "`call` names the step to run")),
        };
        let mut arguments: Vec<(String, String)> = Vec::new();
        for word in &piece.words[2..] {
            let (key, value) = word.pair()?;
            if arguments.iter().any(|(known, _)| known == key) {
                return Err(wrong(word.place, format!("`{key}` is given twice")));
            }
            arguments.push((key.to_owned(), value.to_owned()));
        }
        piece.no_text("call")?;
        self.direct(piece, "call")?;
        self.push(Part::Call(Call {
            name,
            arguments,
            line: piece.place.line,
        }));
        Ok(())
    }

    /// `call` and `rebuild` belong to the up or down section they follow, and to up before any.
    fn direct(&self, piece: &Piece<'_>, what: &str) -> Result<()> {
        if self.in_down && self.irreversible.is_some() {
            let message = format!("`{what}` stands below `down irreversible`");
            return Err(wrong(piece.place, message));
        }
        Ok(())
    }

    fn push(&mut self, part: Part) {
        if self.in_down {
            self.down.get_or_insert_default().push(part);
        } else {
            self.has_up = true;
            self.up.push(part);
        }
    }

    fn note(&mut self, kind: usize, engine: Option<Engine>, place: Place) {
        if let Some(engine) = engine {
            self.variants[kind][usize::from(engine == Engine::Sqlite)].get_or_insert(place);
        }
    }

    fn finish(self) -> Result<Body> {
        if !self.has_up {
            let message = "there is no `-- raptor:up` section; a merge has an empty one";
            return Err(wrong(Place::START, message));
        }
        for (kind, variants) in KINDS.iter().zip(&self.variants) {
            let (there, missing, place) = match variants {
                [Some(place), None] => ("postgres", "sqlite", *place),
                [None, Some(place)] => ("sqlite", "postgres", *place),
                _ => continue,
            };
            return Err(wrong(
                place,
                format!(
                    "`{kind}` has a text for {there} and none for {missing}; \
                     write `-- raptor:{kind} {missing}`, empty if nothing is to be done there"
                ),
            ));
        }
        Ok(self)
    }
}

fn unknown(word: &Word<'_>) -> Error {
    let message = format!(
        "`raptor:{}` is no directive; there are {DIRECTIVES}",
        word.bare
    );
    wrong(word.place, message)
}
