//! Which text a revision gets: what offline mode writes, or what was recorded.
//!
//! Where both say the same, nothing is noted. Where they differ, what really ran counts; but a
//! script that looks at rows did nothing with those that were not there, so that its offline text,
//! when it says all of that and more, is better.

use super::body::{self, Body};
use super::imported::{Note, NoteKind};
use super::recorder::{Failure, Take};
use super::takes::Takes;
use crate::report::Direction;
use crate::revision::Revision;
use raptor_db::Engine;

/// What one engine's Alembic said.
pub(super) struct Heard<'a> {
    pub(super) engine: Engine,
    pub(super) offline: Result<Takes, String>,
    /// `None` when there was no database to record in.
    pub(super) online: Option<Takes>,
    pub(super) notes: &'a mut Vec<Note>,
    /// What cannot be imported, and why.
    pub(super) problems: &'a mut Problems,
}

/// What cannot be had, by the reason.
#[derive(Default)]
pub(super) struct Problems(Vec<(String, Vec<String>)>);

impl Problems {
    fn note(&mut self, why: &str, what: String) {
        match self.0.iter_mut().find(|it| it.0 == why) {
            Some((_, known)) => known.push(what),
            None => self.0.push((why.to_owned(), vec![what])),
        }
    }

    /// The reasons, each with what it is the reason for.
    pub(super) fn told(self) -> Vec<String> {
        let told = |(why, what): (String, Vec<String>)| {
            format!("{} cannot be had: {why}", what.join(", "))
        };
        self.0.into_iter().map(told).collect()
    }
}

/// What one direction of a revision is to be.
#[derive(Debug, Clone)]
pub(super) enum Chosen {
    Body(Body),
    /// It has no way back.
    Irreversible(String),
    /// It could not be had; a problem says why.
    Nothing,
}

impl Heard<'_> {
    /// Chooses one direction of the revision at `place`.
    pub(super) fn choose(
        &mut self,
        place: usize,
        revision: &Revision,
        direction: Direction,
    ) -> Chosen {
        let offline = match &self.offline {
            Ok(takes) => side(takes, direction)[place]
                .clone()
                .ok_or_else(String::new),
            Err(why) => Err(why.clone()),
        };
        let offline = offline.and_then(|take| match &take.failure {
            None => Ok(body::of(&take, self.engine)),
            Some(failure) => Err(failure.to_string()),
        });
        let mut noted = Noted {
            engine: self.engine,
            revision,
            direction,
            notes: self.notes,
            problems: self.problems,
        };
        let Some(takes) = &self.online else {
            return noted.offline_alone(offline, None);
        };
        match &side(takes, direction)[place] {
            Some(Take {
                failure: Some(failure),
                ..
            }) if direction == Direction::Down => noted.irreversible(failure),
            Some(take) => noted.both(offline, body::of(take, self.engine)),
            None => {
                let stopped = takes.stopped.as_ref();
                let why = stopped.map(|(at, why)| match *at == place {
                    true => why.clone(),
                    false => "an earlier revision could not be run".to_owned(),
                });
                noted.offline_alone(offline, why.as_ref())
            }
        }
    }
}

fn side(takes: &Takes, direction: Direction) -> &[Option<Take>] {
    match direction {
        Direction::Up => &takes.up,
        Direction::Down => &takes.down,
    }
}

struct Noted<'a> {
    engine: Engine,
    revision: &'a Revision,
    direction: Direction,
    notes: &'a mut Vec<Note>,
    problems: &'a mut Problems,
}

impl Noted<'_> {
    fn note(&mut self, kind: NoteKind, text: impl Into<String>) {
        self.notes.push(Note {
            revision: self.revision.id().to_owned(),
            engine: self.engine.as_str(),
            direction: self.direction,
            kind,
            text: text.into(),
        });
    }

    fn problem(&mut self, why: &str) -> Chosen {
        let what = format!(
            "{} {} on {}",
            self.revision.file(),
            self.direction,
            self.engine
        );
        self.problems.note(why, what);
        Chosen::Nothing
    }

    fn irreversible(&mut self, failure: &Failure) -> Chosen {
        let why = if failure.error == "NotImplementedError" && !failure.message.is_empty() {
            failure.message.clone()
        } else if failure.error == "AttributeError" && failure.line.is_none() {
            "its script has no downgrade()".to_owned()
        } else {
            format!("its downgrade() fails with {failure}")
        };
        self.note(NoteKind::Irreversible, why.clone());
        Chosen::Irreversible(why)
    }

    /// Nothing was recorded, `why` not.
    fn offline_alone(&mut self, offline: Result<Body, String>, why: Option<&String>) -> Chosen {
        let body = match offline {
            Ok(body) => body,
            Err(failure)
                if failure.starts_with("NotImplementedError")
                    && self.direction == Direction::Down =>
            {
                self.note(NoteKind::Irreversible, failure.clone());
                return Chosen::Irreversible(failure);
            }
            Err(failure) => {
                let recorded = match why {
                    Some(why) => format!("recording it failed, too: {why}"),
                    None => "give a throw-away database to record it in".to_owned(),
                };
                return self.problem(&format!("offline mode fails with {failure}; {recorded}"));
            }
        };
        if let Some(why) = why {
            self.note(
                NoteKind::Unproven,
                format!("it could not be recorded: {why}"),
            );
        } else if self.engine == Engine::Postgres && is_doubtful(&body) {
            let text = "it has %% or \\\\, which offline mode may have doubled; compare it with the script, or record it";
            self.note(NoteKind::Unproven, text);
        }
        self.left_out(&body);
        Chosen::Body(body)
    }

    fn both(&mut self, offline: Result<Body, String>, recorded: Body) -> Chosen {
        let reads: Vec<&String> = recorded.reads.iter().filter(|it| !is_catalog(it)).collect();
        let read = reads.first().map(|it| body::shown(it));
        let chosen = match offline {
            Ok(offline) if !recorded.lost.is_empty() => {
                let text = format!(
                    "what it did cannot be written ({}), so its offline text is taken",
                    recorded.lost.join("; ")
                );
                self.note(NoteKind::Unproven, text);
                offline
            }
            _ if !recorded.lost.is_empty() => {
                return self.problem(&format!(
                    "it cannot be written as SQL: {}",
                    recorded.lost.join("; ")
                ));
            }
            Ok(offline) if body::same(&offline, &recorded) => recorded,
            Ok(offline) if read.is_some() && body::within(&recorded, &offline) => {
                let text = "it looks at rows; its offline text is taken, which holds all that it did on an empty database and more";
                self.note(NoteKind::Offline, text);
                offline
            }
            Ok(offline) => {
                self.note(NoteKind::Recorded, differs(&offline, &recorded));
                recorded
            }
            Err(failure) => {
                self.note(
                    NoteKind::Recorded,
                    format!("offline mode fails with {failure}"),
                );
                recorded
            }
        };
        if let Some(read) = read {
            let text = format!(
                "it looks at rows and decides in Python, of which only what an empty database led to is here: {read}"
            );
            self.note(NoteKind::Reads, text);
        }
        self.left_out(&chosen);
        Chosen::Body(chosen)
    }

    fn left_out(&mut self, body: &Body) {
        for dropped in &body.dropped {
            self.note(NoteKind::Dropped, dropped.clone());
        }
    }
}

fn differs(offline: &Body, recorded: &Body) -> String {
    let nothing = || "nothing more".to_owned();
    let (theirs, ours) = body::difference(offline, recorded);
    format!(
        "offline mode writes something else than what runs: {} instead of {}",
        theirs.unwrap_or_else(nothing),
        ours.unwrap_or_else(nothing)
    )
}

fn is_doubtful(body: &Body) -> bool {
    body.statements
        .iter()
        .any(|it| it.text.contains("%%") || it.text.contains("\\\\"))
}

/// Whether a query asks what there is, and not which rows.
fn is_catalog(query: &str) -> bool {
    let query = query.to_ascii_lowercase();
    let words = [
        "pg_catalog",
        "pg_",
        "information_schema",
        "sqlite_master",
        "sqlite_schema",
        "sqlite_temp_",
        "pragma",
        "version()",
        "current_schema",
    ];
    let starts = ["show", "explain", "pragma"];
    words.iter().any(|word| query.contains(word))
        || starts
            .iter()
            .any(|word| query.trim_start().starts_with(word))
}
