//! One revision, as its file says it: header and parts. It knows no database.

use crate::place::Place;
use raptor_db::Engine;
use std::fmt;
use std::time::Duration;

/// The longest id that Alembic's table of versions takes.
pub(crate) const MAX_ID: usize = 32;

/// One revision of the chain: what one `.sql` file says.
///
/// ```
/// let text = "-- raptor: id=b2 revises=a1 labels=audit\n\
///             -- The audit log.\n\
///             -- raptor:up\nCREATE TABLE events (id text PRIMARY KEY);\n\
///             -- raptor:down irreversible \"the log must not vanish\"\n";
/// let revision = raptor_migrate::Revision::parse("b2_audit.sql", text)?;
/// assert_eq!(revision.id(), "b2");
/// assert_eq!(revision.revises(), ["a1"]);
/// assert_eq!(revision.title(), Some("The audit log."));
/// assert_eq!(revision.irreversible(), Some("the log must not vanish"));
/// # Ok::<(), raptor_migrate::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Revision {
    pub(crate) file: String,
    pub(crate) id: String,
    pub(crate) revises: Vec<String>,
    pub(crate) depends: Vec<Dependency>,
    pub(crate) labels: Vec<String>,
    pub(crate) replaces: Option<Replaces>,
    pub(crate) transactional: bool,
    pub(crate) phase: Option<Phase>,
    pub(crate) role: Option<String>,
    pub(crate) lock: Option<LockWait>,
    pub(crate) title: Option<String>,
    pub(crate) up: Vec<Part>,
    pub(crate) down: Option<Vec<Part>>,
    pub(crate) irreversible: Option<String>,
    pub(crate) verify: Vec<Section>,
    pub(crate) undone: Vec<Undone>,
}

/// A line in which the file says what is still to be done by hand.
#[derive(Debug, Clone)]
pub(crate) struct Undone {
    pub(crate) place: Place,
    pub(crate) text: String,
    /// Whether it stands below `-- raptor:down`.
    pub(crate) in_down: bool,
}

impl Undone {
    /// What the line says, behind its number.
    pub(crate) fn says(&self) -> String {
        match self.text.trim_end_matches('.') {
            "" => "says that something is still to do by hand, and not what".to_owned(),
            text => format!("says what is still to do by hand: {text}"),
        }
    }
}

/// What `depends=` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dependency {
    /// A revision's id.
    Id(String),
    /// The revision that carries a label: `label:NAME`.
    Label(String),
}

/// What `replaces=` names: the revisions that one stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replaces {
    /// `A..B`: both, and all between them.
    Range(String, String),
    /// Each by its id, the last one at the end.
    Each(Vec<String>),
}

/// What `phase=` says of a change that is rolled out in steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Only adds; the release before still works.
    Expand,
    /// Moves data from the old shape to the new.
    Migrate,
    /// Takes away what no release uses any more.
    Contract,
}

/// `lock=2s*20`: how long one try waits for a lock, and how many tries there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockWait {
    /// How long one try waits.
    pub timeout: Duration,
    /// How many tries.
    pub tries: u32,
}

/// A part of a direction; parts run in the order of the file.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Part {
    /// SQL, for one engine or both.
    Sql(Section),
    /// A step of the application's own.
    Call(Call),
    /// A table of SQLite that is built anew.
    Rebuild(Rebuild),
}

/// SQL text under one directive.
#[derive(Debug, Clone)]
pub struct Section {
    /// The engine it is for; `None` is both.
    pub engine: Option<Engine>,
    /// The text as written, blanks around it cut off.
    pub text: String,
    /// The text, cut into statements.
    pub statements: Vec<Statement>,
}

/// One statement of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The text without its semicolon; comments before it belong to it.
    pub text: String,
    /// The line its first word stands on, from 1.
    pub line: usize,
    /// The column of its first word, in characters from 1.
    pub column: usize,
    /// What it does, as a hash.
    pub(crate) digest: [u8; 32],
}

/// `-- raptor:call NAME key=value …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The step's registered name.
    pub name: String,
    /// Its arguments, in the order of the file.
    pub arguments: Vec<(String, String)>,
    /// The line of the directive, from 1.
    pub line: usize,
}

/// `-- raptor:rebuild TABLE`, followed by the table's new text.
#[derive(Debug, Clone)]
pub struct Rebuild {
    /// The table.
    pub table: String,
    /// What makes it.
    pub section: Section,
    /// The line of the directive, from 1.
    pub line: usize,
}

impl Revision {
    /// The file's name, as it was given.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The id: at most 32 letters, digits, `_` and `.`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The ids of the revisions this one follows; none for a base, several for a merge.
    pub fn revises(&self) -> &[String] {
        &self.revises
    }

    /// What must have been applied before, on other branches.
    pub fn depends(&self) -> &[Dependency] {
        &self.depends
    }

    /// The labels of the branch that begins here.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The revisions that it stands for.
    pub fn replaces(&self) -> Option<&Replaces> {
        self.replaces.as_ref()
    }

    /// Whether it runs as one transaction; `tx=off` says no.
    pub fn is_transactional(&self) -> bool {
        self.transactional
    }

    /// Which step of a change in steps it is.
    pub fn phase(&self) -> Option<Phase> {
        self.phase
    }

    /// The role it is to run as.
    pub fn role(&self) -> Option<&str> {
        self.role.as_deref()
    }

    /// How it waits for locks.
    pub fn lock(&self) -> Option<LockWait> {
        self.lock
    }

    /// The first plain comment line between the header and the first section.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// What applies it.
    pub fn up(&self) -> &[Part] {
        &self.up
    }

    /// What takes it back, if the file says how.
    pub fn down(&self) -> Option<&[Part]> {
        self.down.as_deref()
    }

    /// Why it cannot be taken back, if the file says that.
    pub fn irreversible(&self) -> Option<&str> {
        self.irreversible.as_deref()
    }

    /// Why it cannot be taken back, if it cannot.
    pub(crate) fn no_way_back(&self) -> Option<String> {
        match (&self.irreversible, &self.down) {
            (Some(why), _) => Some(why.clone()),
            (None, None) => Some("it has no `-- raptor:down` section".to_owned()),
            (None, Some(_)) => None,
        }
    }

    /// The revision as a file that can only be taken back.
    pub(crate) fn way_back(&self) -> String {
        let mut back = self.clone();
        back.up = vec![Part::Sql(Section {
            engine: None,
            text: String::new(),
            statements: Vec::new(),
        })];
        back.verify = Vec::new();
        back.to_string()
    }

    /// The queries that must answer true after it was applied.
    pub fn verify(&self) -> &[Section] {
        &self.verify
    }
}

impl Phase {
    pub(crate) const ALL: [Self; 3] = [Self::Expand, Self::Migrate, Self::Contract];

    /// The word in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expand => "expand",
            Self::Migrate => "migrate",
            Self::Contract => "contract",
        }
    }
}

impl Dependency {
    /// The id, if it names one.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Id(id) => Some(id),
            Self::Label(_) => None,
        }
    }
}

impl fmt::Display for Dependency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => f.write_str(id),
            Self::Label(label) => write!(f, "label:{label}"),
        }
    }
}

impl fmt::Display for Replaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(first, last) => write!(f, "{first}..{last}"),
            Self::Each(ids) => f.write_str(&ids.join(",")),
        }
    }
}

impl fmt::Display for LockWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.timeout.as_millis();
        if millis.is_multiple_of(1_000) {
            write!(f, "{}s*{}", millis / 1_000, self.tries)
        } else {
            write!(f, "{millis}ms*{}", self.tries)
        }
    }
}

impl Section {
    /// Whether it runs on `engine`.
    pub fn is_for(&self, engine: Engine) -> bool {
        self.engine.is_none_or(|only| only == engine)
    }
}
