//! Numbered files as one line of revisions.

use super::fit::{Fit, Piece, fit};
use super::folder::{Found, found};
use super::tables;
use super::text::{self, Half};
use crate::chain::Chain;
use crate::draft::Draft;
use crate::error::{Error, ErrorKind, Result};
use crate::fingerprint::hex;
use crate::import::imported::ImportedFile;
use crate::report::counted;
use crate::revision::{Part, Rebuild, Revision, Section};
use raptor_db::{Engine, lexer};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt;
use std::path::Path;

/// A chain made of numbered files.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct SqlChain {
    /// The migrations, in order.
    pub migrations: Vec<Migration>,
    /// One file of ours for each.
    pub files: Vec<ImportedFile>,
    /// What is to be known.
    pub remarks: Vec<String>,
    /// What is for both engines, as no engine was named, and SQLite cannot read: file and line, and
    /// what SQLite says.
    pub unread: Vec<String>,
}

/// One numbered file, and the revision it became.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Migration {
    /// The revision's id, made of the file's name and text.
    pub id: String,
    /// The number in the file's name.
    pub number: String,
    /// The file with the way there.
    pub file: String,
    /// What its runner may have made a checksum of.
    #[serde(skip)]
    pub(super) bytes: Vec<u8>,
    /// What stands behind the number.
    #[serde(skip)]
    pub(super) words: String,
    /// The way there, as it is written.
    #[serde(skip)]
    pub(super) up: String,
}

impl SqlChain {
    /// The files as a chain.
    ///
    /// # Errors
    /// As [`Chain::embedded`]; the files of [`sql`](super::sql()) make one.
    pub fn chain(&self) -> Result<Chain> {
        let files = self
            .files
            .iter()
            .map(|it| (it.name.as_str(), it.text.as_str()));
        Chain::embedded(&files.collect::<Vec<_>>())
    }

    pub(super) fn read(folder: &Path, engine: Option<Engine>) -> Result<Self> {
        let mut remarks = Vec::new();
        let found = found(folder, &mut remarks)?;
        let mut chain = Self {
            migrations: Vec::new(),
            files: Vec::new(),
            remarks,
            unread: Vec::new(),
        };
        for one in found {
            chain.add(one, engine)?;
        }
        chain.chain()?;
        Ok(chain)
    }

    fn add(&mut self, found: Found, engine: Option<Engine>) -> Result<()> {
        let file = found.file.as_str();
        let parts = text::read(file, &found.bytes)?;
        self.remarks.extend(parts.remarks);
        let (down, down_alone) = match &found.down {
            Some((file, bytes)) => {
                let down = text::read(file, bytes)?;
                if let Some(lost) = &down.down {
                    let why = "this file is a way back, and has a mark for one besides";
                    return Err(lost.wrong(0, why));
                }
                if let Some(other) = &parts.down {
                    let why = format!("the way back stands here and in {file} too");
                    return Err(other.wrong(0, why));
                }
                self.remarks.extend(down.remarks);
                (Some(down.up), down.alone)
            }
            None => (parts.down, false),
        };
        let alone = parts.alone || down_alone || found.alone;
        let half = parts.up;
        let knows = |table: &str, column: &str| self.knows(table, column);
        let up = fit(&half, engine, &knows)?;
        let mut down = match &down {
            Some(half) => Some((half, fit(half, engine, &|_, _| true)?)),
            None => None,
        };
        let alone = self.alone(alone, (&half, &up), down.as_ref().map(|it| (it.0, &it.1)))?;
        self.placeholders(&found, &half);
        self.remarks.extend(up.remarks);
        self.unread.extend(up.unread);
        if let Some((_, down)) = &mut down {
            self.remarks.append(&mut down.remarks);
            self.unread.append(&mut down.unread);
        }
        let title = found.name.title();
        let revision = Revision {
            file: file.to_owned(),
            id: id(&found),
            revises: self
                .migrations
                .last()
                .map(|it| it.id.clone())
                .into_iter()
                .collect(),
            depends: Vec::new(),
            replaces: None,
            labels: Vec::new(),
            transactional: !alone,
            phase: None,
            role: None,
            lock: None,
            title: Some(title.clone()).filter(|it| !it.is_empty()),
            up: sections(up.parts, engine),
            down: down.map(|it| sections(it.1.parts, engine)),
            irreversible: None,
            verify: Vec::new(),
            undone: Vec::new(),
        };
        self.push(found, half, &revision, title)
    }

    /// Writes the revision, and reads it to see that it is one.
    fn push(&mut self, found: Found, up: Half, revision: &Revision, title: String) -> Result<()> {
        let draft = Draft {
            id: revision.id.clone(),
            date: found.name.number.clone(),
            message: title,
            ..Draft::default()
        };
        let (name, _) = draft.write(&Chain::default())?;
        let text = revision.to_string();
        Revision::parse(&name, &text).map_err(|error| {
            let message = format!("as {error}");
            Error::new(ErrorKind::Format, message).in_file(&found.file)
        })?;
        self.migrations.push(Migration {
            id: revision.id.clone(),
            number: found.name.number,
            file: found.file,
            bytes: found.bytes,
            words: found.name.words,
            up: up.text,
        });
        self.files.push(ImportedFile { name, text });
        Ok(())
    }

    /// Whether the revision runs outside a transaction; an error for what then has no effect.
    fn alone(
        &mut self,
        is_asked: bool,
        up: (&Half, &Fit),
        down: Option<(&Half, &Fit)>,
    ) -> Result<bool> {
        let halves: Vec<(&Half, &Fit)> = std::iter::once(up).chain(down).collect();
        if halves.iter().any(|it| it.1.is_rebuild()) {
            // A rebuild is a transaction, whatever the file's runner needed for its own way.
            for (half, fit) in &halves {
                if let Some(at) = fit.solitary {
                    let why = "no transaction can hold this, and the file builds a table anew, which is one; give each a file of its own";
                    return Err(half.wrong(at, why));
                }
            }
            return Ok(false);
        }
        let is_alone = is_asked || halves.iter().any(|it| it.1.alone);
        for (half, fit) in &halves {
            for (at, words) in &fit.settings {
                if is_alone {
                    let why = format!(
                        "{words} does not last in a file that runs outside a transaction, statement by statement; write what follows so that it needs no setting"
                    );
                    return Err(half.wrong(*at, why));
                }
                self.remarks.push(format!(
                    "{}: {words} lasts to the end of its revision, and no longer.",
                    half.at(*at)
                ));
            }
        }
        if is_alone {
            self.remarks.push(format!(
                "{}: it runs outside a transaction, statement by statement (tx=off), so its statements are no longer all or nothing.",
                up.0.file
            ));
        }
        Ok(is_alone)
    }

    /// Flyway replaces `${name}`.
    fn placeholders(&mut self, found: &Found, half: &Half) {
        let is_flyway = found.file.contains("__") && found.file.starts_with(['V', 'v']);
        if let Some(at) = half.text.find("${").filter(|_| is_flyway) {
            self.remarks.push(format!(
                "{}: ${{…}} stays as it is written, which Flyway replaces; write what it stands for.",
                half.at(at)
            ));
        }
    }

    /// Whether a statement of an earlier file speaks of both.
    fn knows(&self, table: &str, column: &str) -> bool {
        let speaks = |text: &str| {
            let tokens = lexer::tokens(text).unwrap_or_default();
            let has = |name: &str| {
                tokens.iter().any(|token| {
                    let word = token.text(text).trim_matches(['"', '`', '[', ']']);
                    token.is_code() && word.eq_ignore_ascii_case(name)
                })
            };
            has(table) && has(column)
        };
        let mut ups = self.migrations.iter().map(|it| it.up.as_str());
        ups.any(|up| {
            raptor_db::split(up)
                .unwrap_or_default()
                .into_iter()
                .any(speaks)
        })
    }

    /// The tables that each file makes.
    pub(super) fn tables(&self, engine: Engine) -> Vec<Vec<String>> {
        let made = |it: &Migration| tables::made(&it.up, engine);
        self.migrations.iter().map(made).collect()
    }
}

/// Twelve hexadecimal digits of the hash of the name and the text; the same for every checkout.
fn id(found: &Found) -> String {
    let text = String::from_utf8_lossy(&found.bytes).replace("\r\n", "\n");
    let digest = Sha256::digest(format!("{}\0{text}", found.file));
    hex(&digest)[..12].to_owned()
}

fn sections(pieces: Vec<Piece>, engine: Option<Engine>) -> Vec<Part> {
    let section = |engine: Option<Engine>, text: String| Section {
        engine,
        text,
        statements: Vec::new(),
    };
    let mut parts = Vec::new();
    let Some(engine) = engine else {
        for piece in pieces {
            if let Piece::Sql(text) = piece {
                parts.push(Part::Sql(section(None, text)));
            }
        }
        return parts;
    };
    let starts_with_sql = matches!(pieces.first(), Some(Piece::Sql(_)));
    if engine == Engine::Sqlite {
        parts.push(Part::Sql(section(Some(Engine::Postgres), String::new())));
        if !starts_with_sql {
            parts.push(Part::Sql(section(Some(engine), String::new())));
        }
    }
    for piece in pieces {
        parts.push(match piece {
            Piece::Sql(text) => Part::Sql(section(Some(engine), text)),
            Piece::Rebuild { table, text } => Part::Rebuild(Rebuild {
                table,
                section: section(Some(engine), text),
                line: 0,
            }),
        });
    }
    if engine == Engine::Postgres {
        parts.push(Part::Sql(section(Some(Engine::Sqlite), String::new())));
    }
    parts
}

impl fmt::Display for SqlChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.migrations.len();
        let plural = if count == 1 { "" } else { "s" };
        writeln!(f, "{count} numbered file{plural}, each a revision:")?;
        for migration in &self.migrations {
            writeln!(f, "  {} {}", migration.id, migration.file)?;
        }
        let mut lines = self.remarks.iter().chain(&self.unread);
        lines.try_for_each(|it| writeln!(f, "{it}"))?;
        match self.unread.len() {
            0 => Ok(()),
            count => writeln!(
                f,
                "Without --engine the SQL is for both engines, and {} cannot run on SQLite: import with --engine postgres, \
                 or give each engine a section of its own in the files written.",
                counted(count, "statement")
            ),
        }
    }
}
