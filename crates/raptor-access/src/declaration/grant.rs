//! What a role may do, as the file writes it: `select, insert (id, body), update (body), delete`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// A privilege of Postgres, on whatever object has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Verb {
    /// Read rows, or a sequence's state.
    Select,
    /// Add rows.
    Insert,
    /// Change rows, or set a sequence.
    Update,
    /// Take rows away.
    Delete,
    /// Empty a table, past row-level security.
    Truncate,
    /// Point at a table with a foreign key.
    References,
    /// Make triggers on a table.
    Trigger,
    /// VACUUM, ANALYZE and the like (Postgres 17).
    Maintain,
    /// Use a schema, a sequence, a language or a type.
    Usage,
    /// Make objects in a schema, or schemas in a database.
    Create,
    /// Connect to a database.
    Connect,
    /// Make temporary tables.
    Temporary,
    /// Call a function.
    Execute,
    /// Set a parameter (Postgres 15).
    Set,
    /// ALTER SYSTEM a parameter (Postgres 15).
    AlterSystem,
}

impl Verb {
    /// All of them, in the order in which they are written.
    pub const ALL: [Self; 15] = [
        Self::Select,
        Self::Insert,
        Self::Update,
        Self::Delete,
        Self::Truncate,
        Self::References,
        Self::Trigger,
        Self::Maintain,
        Self::Usage,
        Self::Create,
        Self::Connect,
        Self::Temporary,
        Self::Execute,
        Self::Set,
        Self::AlterSystem,
    ];

    /// As SQL writes it.
    pub fn sql(self) -> &'static str {
        match self {
            Self::Select => "SELECT",
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Truncate => "TRUNCATE",
            Self::References => "REFERENCES",
            Self::Trigger => "TRIGGER",
            Self::Maintain => "MAINTAIN",
            Self::Usage => "USAGE",
            Self::Create => "CREATE",
            Self::Connect => "CONNECT",
            Self::Temporary => "TEMPORARY",
            Self::Execute => "EXECUTE",
            Self::Set => "SET",
            Self::AlterSystem => "ALTER SYSTEM",
        }
    }

    /// Whether it can be of single columns.
    pub fn has_columns(self) -> bool {
        matches!(
            self,
            Self::Select | Self::Insert | Self::Update | Self::References
        )
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sql().to_lowercase())
    }
}

/// Verbs, each of all columns or of some.
///
/// ```
/// use raptor_access::{Grant, Verb};
/// let grant: Grant = "select, insert (id, body), update (body)".parse()?;
/// assert!(grant.of(Verb::Select).is_some_and(|columns| columns.is_empty()));
/// assert_eq!(grant.to_string(), "select, insert (body, id), update (body)");
/// assert!("select, drop".parse::<Grant>().unwrap_err().contains("drop"));
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grant {
    verbs: BTreeMap<Verb, BTreeSet<String>>,
}

impl Grant {
    /// The columns that a verb is of, none of which means all; `None` where the verb is not granted.
    pub fn of(&self, verb: Verb) -> Option<&BTreeSet<String>> {
        self.verbs.get(&verb)
    }

    /// Each verb with its columns.
    pub fn verbs(&self) -> impl Iterator<Item = (Verb, &BTreeSet<String>)> {
        self.verbs.iter().map(|(verb, columns)| (*verb, columns))
    }

    /// Whether nothing is granted.
    pub fn is_empty(&self) -> bool {
        self.verbs.is_empty()
    }
}

impl FromStr for Grant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut grant = Self::default();
        for part in parts(text)? {
            let (word, columns) = match part.split_once('(') {
                None => (part, None),
                Some((word, rest)) => {
                    let columns = rest.strip_suffix(')');
                    let columns =
                        columns.ok_or_else(|| format!("{part:?} has no closing bracket"))?;
                    (word, Some(names(columns)?))
                }
            };
            let verb = verb(word.trim())?;
            if columns.is_some() && !verb.has_columns() {
                return Err(format!("{verb} is of a whole table, and not of columns"));
            }
            let before = grant.verbs.insert(verb, columns.unwrap_or_default());
            if before.is_some() {
                return Err(format!("{verb} stands there twice"));
            }
        }
        Ok(grant)
    }
}

fn verb(word: &str) -> Result<Verb, String> {
    let known = Verb::ALL.into_iter().find(|it| it.to_string() == word);
    known.ok_or_else(|| match word {
        "all" | "all privileges" => {
            "all is no verb here: write those that are needed, as TRUNCATE, TRIGGER and REFERENCES come with it".to_owned()
        }
        "" => "a comma too many, or nothing at all".to_owned(),
        other => {
            let all = Verb::ALL.map(|it| it.to_string());
            format!("{other:?} is no verb: {}", all.join(", "))
        }
    })
}

/// The parts between commas that stand in no bracket.
fn parts(text: &str) -> Result<Vec<&str>, String> {
    let (mut parts, mut begin, mut is_inside) = (Vec::new(), 0, false);
    for (at, sign) in text.char_indices() {
        match sign {
            '(' if is_inside => return Err("a bracket within a bracket".to_owned()),
            '(' => is_inside = true,
            ')' => is_inside = false,
            ',' if !is_inside => {
                parts.push(text[begin..at].trim());
                begin = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[begin..].trim());
    Ok(parts)
}

fn names(text: &str) -> Result<BTreeSet<String>, String> {
    let mut names = BTreeSet::new();
    for name in text.split(',').map(str::trim) {
        if name.is_empty() {
            return Err("a name is missing between brackets and commas".to_owned());
        }
        if !names.insert(name.to_owned()) {
            return Err(format!("the column {name} stands there twice"));
        }
    }
    Ok(names)
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (verb, columns)) in self.verbs().enumerate() {
            let comma = if number == 0 { "" } else { ", " };
            write!(f, "{comma}{verb}")?;
            if !columns.is_empty() {
                let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
                write!(f, " ({})", columns.join(", "))?;
            }
        }
        Ok(())
    }
}
