//! What the recorder tells, one JSON object a line.

use super::Described;
use serde::Deserialize;

/// One line.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Message {
    Hello(Hello),
    Next,
    Restored {
        ok: bool,
    },
    Several,
    Scripts {
        scripts: Vec<Described>,
    },
    Sql {
        text: String,
        #[serde(default)]
        attached: Vec<(String, String)>,
    },
    Read {
        text: String,
    },
    Lost {
        why: String,
    },
    Commit,
    Rollback,
    Autocommit,
    End(End),
}

/// What Alembic works on.
#[derive(Debug, Default, Clone, Deserialize)]
pub(in crate::import) struct Hello {
    pub(in crate::import) dialect: String,
    pub(in crate::import) driver: String,
    pub(in crate::import) version_table: String,
    pub(in crate::import) version_schema: Option<String>,
    /// Whether env.py opened the transaction, which then ends with the whole run.
    pub(in crate::import) external: bool,
    /// Which database this is; see [`super::super::scratch`].
    pub(in crate::import) target: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct End {
    ok: bool,
    #[serde(default)]
    error: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    line: Option<usize>,
    /// Whether Alembic goes on after a failure.
    #[serde(default)]
    alive: bool,
}

impl End {
    pub(super) fn goes_on(&self) -> bool {
        self.ok || self.alive
    }

    pub(super) fn failure(self) -> Option<Failure> {
        (!self.ok).then_some(Failure {
            error: self.error,
            message: self.message,
            line: self.line,
        })
    }
}

/// Why a step failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::import) struct Failure {
    /// The class of the exception.
    pub(in crate::import) error: String,
    /// Its first line.
    pub(in crate::import) message: String,
    /// The line of the script.
    pub(in crate::import) line: Option<usize>,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.error)?;
        if !self.message.is_empty() {
            write!(f, ": {}", short(&self.message))?;
        }
        match self.line {
            Some(line) => write!(f, " (line {line})"),
            None => Ok(()),
        }
    }
}

/// The first sentence of a long message.
fn short(message: &str) -> &str {
    match message.match_indices(". ").next() {
        Some((at, _)) if message.len() > 200 => &message[..=at],
        _ => message,
    }
}

/// What a step did, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::import) enum Event {
    /// Text that the database got, and what hung on the table that it builds anew: kind and name.
    Sql {
        text: String,
        attached: Vec<(String, String)>,
    },
    /// A query whose rows were looked at.
    Read(String),
    /// Something that cannot be written as SQL.
    Lost(String),
    Commit,
    Rollback,
    /// What follows is outside a transaction.
    Autocommit,
}

impl Event {
    pub(super) fn of(message: Message) -> Result<Self, Message> {
        Ok(match message {
            Message::Sql { text, attached } => Self::Sql { text, attached },
            Message::Read { text } => Self::Read(text),
            Message::Lost { why } => Self::Lost(why),
            Message::Commit => Self::Commit,
            Message::Rollback => Self::Rollback,
            Message::Autocommit => Self::Autocommit,
            other => return Err(other),
        })
    }
}

/// A step as it was recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::import) struct Take {
    pub(in crate::import) events: Vec<Event>,
    pub(in crate::import) failure: Option<Failure>,
}
